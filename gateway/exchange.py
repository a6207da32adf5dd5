"""One request and one answer, as the gateway sees them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from gateway import problems
from gateway.problems import Refused
from shared.clock import monotonic
from shared.problems import MEDIA_TYPE, problem_body

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

_BODY_PATIENCE_S = 10.0
_WHOLE_BODY_PATIENCE_S = 30.0
_WHOLE_FILE_PATIENCE_S = 90.0
_DRAIN_BYTES = 8 * 1024 * 1024
_DRAIN_S = 2.0
_LONGEST_HEADER = 8192
_MOST_HEADER_BYTES = 32 * 1024
# Headers that are read here; any other is neither looked at nor passed on. None may come twice.
READ = frozenset(
    {
        b"authorization", b"content-type", b"content-length", b"content-encoding", b"accept", b"accept-language",
        b"if-match", b"if-none-match", b"if-modified-since", b"idempotency-key", b"prefer", b"x-request-id",
        b"familiebro-acting-user", b"familiebro-acting-organisation", b"x-forwarded-for",
    }
)  # fmt: skip
_MAY_REPEAT = frozenset({b"accept", b"accept-language", b"x-forwarded-for"})
_SECURITY: Headers = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
_NOTHING_LOADS = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")


@dataclass(slots=True)
class Request:
    """What came in. `shown_path` and `unit` are what the access log may tell of it."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    address: str
    request_id: str
    receive: Receive
    shown_path: str = "*"
    unit: str | None = None
    refused: Refused | None = None

    async def pieces(self, limit: int) -> AsyncIterator[bytes]:
        """Yield the body as it comes. What stops it stands in `refused`: whoever sends it on tells another story.

        Raises:
            Refused: longer than `limit`, or too slow in coming.
        """
        size, ends = 0, monotonic() + _WHOLE_FILE_PATIENCE_S
        message: dict[str, Any] = {"more_body": True}
        try:
            while message.get("more_body", False):
                message = await self._next(min(_BODY_PATIENCE_S, ends - monotonic()))
                size += len(message.get("body", b""))
                if size > limit:
                    await self._drain(message)
                    raise Refused(problems.TOO_LARGE, {"Connection": "close"})  # noqa: TRY301 - noted just below
                yield message.get("body", b"")
        except Refused as refused:
            self.refused = refused
            raise

    async def body(self, limit: int) -> bytes:
        """Return the whole body.

        Raises:
            Refused: longer than `limit`, or too slow in coming.
        """
        declared = self.headers.get("content-length", "0")
        too_large = not declared.isdecimal() or int(declared) > limit
        ends = monotonic() + _WHOLE_BODY_PATIENCE_S
        message = await self._next(_BODY_PATIENCE_S)
        body: bytes = message.get("body", b"")
        if message.get("more_body", False) and not too_large:
            parts, size = [body], len(body)
            while message.get("more_body", False) and size <= limit:
                message = await self._next(min(_BODY_PATIENCE_S, ends - monotonic()))
                parts.append(message.get("body", b""))
                size += len(parts[-1])
            body = b"".join(parts)
        if too_large or len(body) > limit:
            await self._drain(message)
            raise Refused(problems.TOO_LARGE, {"Connection": "close"})
        return body

    async def _next(self, patience_s: float) -> dict[str, Any]:
        try:
            async with asyncio.timeout(patience_s):
                message = await self.receive()
        except TimeoutError as error:
            raise Refused(problems.TOO_SLOW, {"Connection": "close"}) from error
        if message["type"] == "http.disconnect":
            raise Disconnected
        return message

    async def _drain(self, message: dict[str, Any]) -> None:
        """Read on for a while, so that a sender busy sending gets to see the answer."""
        seen = 0
        try:
            async with asyncio.timeout(_DRAIN_S):
                while message.get("more_body", False) and seen < _DRAIN_BYTES:
                    message = await self.receive()
                    seen += len(message.get("body", b""))
        except TimeoutError:
            pass


class Disconnected(Exception):
    """The caller left before the request was whole."""


@dataclass(slots=True)
class Answer:
    """What goes out; a body may come in pieces."""

    status: int
    headers: Headers = field(default_factory=list)
    body: bytes | AsyncIterator[bytes] = b""


def headers_of(raw: Headers) -> dict[str, str]:
    """Return the headers the gateway reads.

    Raises:
        Refused: one came twice, or holds what a header may not.
    """
    found: dict[str, str] = {}
    size = 0
    for name, value in raw:
        size += len(name) + len(value)
        if name not in READ:
            continue
        key, text = name.decode(), value.decode("latin-1")
        if key in found:
            if name not in _MAY_REPEAT:
                raise Refused(problems.MALFORMED_HEADER, where=key)
            text = f"{found[key]}, {text}"
        if len(text) > _LONGEST_HEADER or not text.isascii() or not text.isprintable():
            raise Refused(problems.MALFORMED_HEADER, where=key)
        found[key] = text
    if size > _MOST_HEADER_BYTES:
        raise Refused(problems.MALFORMED_HEADER, where="headers")
    return found


def told(refused: Refused, request_id: str) -> Answer:
    """Return a refusal as the answer: an RFC 9457 problem."""
    problem = refused.problem
    headers = [(b"content-type", MEDIA_TYPE.encode())]
    headers += [(name.lower().encode(), value.encode()) for name, value in refused.headers.items()]
    if problem.retry_after and "Retry-After" not in refused.headers:
        headers.append((b"retry-after", str(problem.retry_after).encode()))
    if problem.status == HTTPStatus.UNAUTHORIZED:
        headers.append((b"www-authenticate", b'Bearer realm="familiebro"'))
    return Answer(problem.status, headers, problem_body(problem, request_id, **refused.extra))


async def deliver(answer: Answer, request: Request, send: Send) -> None:
    """Send the answer, with what every answer carries."""
    headers = [*answer.headers, (b"x-request-id", request.request_id.encode()), *_SECURITY]
    names = {name for name, _ in answer.headers}
    if b"cache-control" not in names:
        headers.append((b"cache-control", b"no-store"))
    if b"content-security-policy" not in names:
        headers.append(_NOTHING_LOADS)
    whole = answer.body if isinstance(answer.body, bytes) else None
    if whole is not None and answer.status not in (204, 304):
        headers.append((b"content-length", str(len(whole)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    if whole is not None:
        await send({"type": "http.response.body", "body": whole if request.method != "HEAD" else b""})
        return
    if not isinstance(answer.body, bytes):
        async for piece in answer.body:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
