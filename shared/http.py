"""Calls from one service to another: one pooled client, a service identity, timeouts, the request id.

aiohttp and not httpx: a hop costs a sixth (docs/adr/0005).
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import aiohttp
import orjson
import structlog

from shared.auth import ServiceIdentity
from shared.problems import Unavailable

log = structlog.get_logger()
_TIMEOUT = aiohttp.ClientTimeout(total=4, sock_connect=1)
_KEEP_ALIVE_S = 20


class UpstreamRefused(Unavailable):
    """Another service answered, and the answer was no: between services that is a fault, and nothing is let through."""

    def __init__(self, service: str, status: int, code: str) -> None:
        super().__init__(service)
        self.status = status
        self.code = code


class Upstream:
    """One other service, spoken to with this service's own identity."""

    def __init__(self, name: str, base_url: str, identity: ServiceIdentity) -> None:
        self._name = name
        self._base = base_url.rstrip("/")
        self._identity = identity
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Make the pooled session; needs a running event loop."""
        connector = aiohttp.TCPConnector(limit=64, keepalive_timeout=_KEEP_ALIVE_S, use_dns_cache=True)
        self._session = aiohttp.ClientSession(
            connector=connector, timeout=_TIMEOUT, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False
        )

    async def close(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()

    async def call(self, method: str, path: str, body: Mapping[str, Any] | None = None, *, request_id: str) -> Any:  # noqa: ANN401 - the caller checks the shape
        """Return the other service's JSON answer.

        Raises:
            Unavailable: no answer, a 5xx, or an answer that cannot be read.
            UpstreamRefused: a 4xx; it is an Unavailable too.
        """
        if self._session is None:
            raise Unavailable(self._name)
        headers = {
            "Authorization": "Bearer " + self._identity.token(self._name),
            "Content-Type": "application/json",
            "X-Request-Id": request_id,
        }
        content = orjson.dumps(body) if body is not None else None
        try:
            async with self._session.request(method, self._base + path, data=content, headers=headers) as answer:
                raw = await answer.read()
                status = answer.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            log.warning("upstream_down", upstream=self._name, error=type(error).__qualname__)
            raise Unavailable(self._name) from error
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            log.warning("upstream_failed", upstream=self._name, status=status)
            raise Unavailable(self._name)
        if status >= HTTPStatus.BAD_REQUEST:
            code = _code_of(raw)
            log.error("upstream_refused", upstream=self._name, status=status, code=code)
            raise UpstreamRefused(self._name, status, code)
        try:
            return orjson.loads(raw) if raw else None
        except orjson.JSONDecodeError as error:
            log.warning("upstream_unreadable", upstream=self._name, status=status)
            raise Unavailable(self._name) from error


def _code_of(raw: bytes) -> str:
    try:
        return str(orjson.loads(raw)["code"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return "unknown"
