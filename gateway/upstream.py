"""Ask the services: one pooled client, timeouts, and only the headers that are named here.

A request is sent once. Only what RFC 9110 calls idempotent is sent again, once, by aiohttp, and only when a kept
connection turns out to be closed; a POST never is: the sender repeats it with the same `Idempotency-Key`.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from http import HTTPStatus

import aiohttp
import structlog
from yarl import URL

from gateway import problems
from gateway.exchange import Answer
from gateway.problems import Refused
from gateway.routes import public
from shared.problems import MEDIA_TYPE, Unavailable

log = structlog.get_logger()
_CONNECT_S = 1.0
_KEEP_ALIVE_S = 20  # services close an idle connection after 75
_CONNECTIONS = 100
_MOST_WAITING = 400
_READ_WHOLE = 1024 * 1024
TO_SERVICE = (
    "content-type", "accept", "accept-language", "if-match", "if-none-match", "if-modified-since", "idempotency-key",
    "prefer",
)  # fmt: skip
TO_CALLER = frozenset(
    {
        b"content-type", b"content-disposition", b"etag", b"last-modified", b"location", b"retry-after",
        b"idempotency-replayed", b"cache-control", b"vary", b"link", b"preference-applied",
        b"content-security-policy",
    }
)  # fmt: skip
_FAILURES = (aiohttp.ClientError, TimeoutError, OSError, ValueError)


class Upstreams:
    """Every service, reached through one pool of connections."""

    def __init__(self, addresses: Mapping[str, str]) -> None:
        self._addresses = {name: address.rstrip("/") for name, address in addresses.items()}
        self._waiting = dict.fromkeys(addresses, 0)
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Make the pool; needs a running event loop."""
        connector = aiohttp.TCPConnector(
            limit=0, limit_per_host=_CONNECTIONS, keepalive_timeout=_KEEP_ALIVE_S, use_dns_cache=True
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
        )

    async def close(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()

    async def ask(
        self,
        service: str,
        method: str,
        target: str,
        *,
        headers: Mapping[str, str],
        body: bytes | AsyncIterator[bytes] | None = None,
        patience_s: float,
    ) -> aiohttp.ClientResponse:
        """Return the service's answer, its body still to be read.

        Raises:
            Unavailable: refused, too slow, broken, or too many wait for it already.
        """
        if self._session is None or self._waiting[service] >= _MOST_WAITING:
            raise Unavailable(service)
        self._waiting[service] += 1
        try:
            return await self._session.request(
                method,
                URL(self._addresses[service] + target, encoded=True),
                headers=headers,
                data=body,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=patience_s, sock_connect=_CONNECT_S),
            )
        except _FAILURES as error:
            raise _down(service, error, headers) from error
        finally:
            self._waiting[service] -= 1

    async def pass_on(
        self,
        service: str,
        method: str,
        target: str,
        *,
        headers: Mapping[str, str],
        body: bytes | AsyncIterator[bytes] | None,
        patience_s: float,
    ) -> Answer:
        """Return the service's answer as the caller may see it."""
        answer = await self.ask(service, method, target, headers=headers, body=body, patience_s=patience_s)
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR and answer.content_type != MEDIA_TYPE:
            answer.close()
            log.warning("upstream_failed", upstream=service, status=answer.status, request_id=headers["X-Request-Id"])
            raise Refused(problems.UNAVAILABLE, what=service)
        told = [(name.lower(), value) for name, value in answer.raw_headers if name.lower() in TO_CALLER]
        if "location" in answer.headers:
            told = [pair for pair in told if pair[0] != b"location"] + self._location(service, answer)
        if answer.status == HTTPStatus.UNAUTHORIZED:
            told.append((b"www-authenticate", b'Bearer realm="familiebro"'))
        if answer.content_length is not None and answer.content_length > _READ_WHOLE:
            return Answer(answer.status, told, _pieces(answer, service, headers))
        if answer.content_length is None and answer.status not in (204, 304):
            return Answer(answer.status, told, _pieces(answer, service, headers))
        try:
            return Answer(answer.status, told, await answer.read())
        except _FAILURES as error:
            raise _down(service, error, headers) from error

    async def read(
        self, service: str, target: str, *, headers: Mapping[str, str], patience_s: float, most: int
    ) -> tuple[bytes, int]:
        """Return body and status of a service's answer of at most `most` bytes.

        Raises:
            Unavailable: no answer, or a longer one.
        """
        answer = await self.ask(service, "GET", target, headers=headers, patience_s=patience_s)
        try:
            raw = await answer.content.readexactly(most + 1)
        except asyncio.IncompleteReadError as end:
            return end.partial, answer.status
        except _FAILURES as error:
            raise _down(service, error, headers) from error
        finally:
            answer.close()
        log.warning("upstream_too_long", upstream=service, bytes=len(raw), request_id=headers["X-Request-Id"])
        raise Unavailable(service)

    def _location(self, service: str, answer: aiohttp.ClientResponse) -> list[tuple[bytes, bytes]]:
        """Return where the service points, as a public address; what points elsewhere is left out."""
        told = answer.headers["location"].removeprefix(self._addresses[service])
        if not told.startswith("/") or told.startswith("//"):
            return []
        return [(b"location", public(service, told).encode())]


async def _pieces(answer: aiohttp.ClientResponse, service: str, headers: Mapping[str, str]) -> AsyncIterator[bytes]:
    try:
        async for piece in answer.content.iter_any():
            yield piece
    except _FAILURES as error:
        raise _down(service, error, headers) from error
    finally:
        answer.close()


def _down(service: str, error: Exception, headers: Mapping[str, str]) -> Unavailable:
    log.warning(
        "upstream_down", upstream=service, error=type(error).__qualname__, request_id=headers.get("X-Request-Id")
    )
    return Unavailable(service)
