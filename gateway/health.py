"""Is the gateway alive, and is what it leads to?"""

import asyncio
from http import HTTPStatus

import orjson

from gateway.exchange import Answer, Request
from gateway.routes import SERVICES
from gateway.upstream import Upstreams
from shared.clock import monotonic
from shared.problems import Unavailable

_PATIENCE_S = 1.5
_KEPT_S = 1.0
_JSON = [(b"content-type", b"application/json")]


class Health:
    """Tells engines and people whether to send requests here."""

    def __init__(self, upstreams: Upstreams) -> None:
        self._upstreams = upstreams
        self._asking = asyncio.Lock()
        self._known: tuple[float, dict[str, bool]] | None = None

    async def live(self, _request: Request) -> Answer:
        """Say that this process serves."""
        return Answer(200, [*_JSON], b'{"status":"alive"}')

    async def ready(self, request: Request) -> Answer:
        """Say whether every service is ready: 200, or 503 and which is not."""
        async with self._asking:
            if self._known is None or monotonic() - self._known[0] > _KEPT_S:
                answers = await asyncio.gather(*(self._is_ready(name, request.request_id) for name in SERVICES))
                self._known = (monotonic(), dict(zip(SERVICES, answers, strict=True)))
        parts = self._known[1]
        everything = all(parts.values())
        headers = [*_JSON] if everything else [*_JSON, (b"retry-after", b"5")]
        return Answer(200 if everything else 503, headers, orjson.dumps({"ready": everything, "parts": parts}))

    async def _is_ready(self, service: str, request_id: str) -> bool:
        try:
            answer = await self._upstreams.ask(
                service, "GET", "/health/ready", headers={"X-Request-Id": request_id}, patience_s=_PATIENCE_S
            )
        except Unavailable:
            return False
        answer.release()
        return answer.status == HTTPStatus.OK
