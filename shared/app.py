"""Build a service's FastAPI application: request id, access log, body limit, health, problems."""

import gc
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cached_property, partial
from typing import Any, Protocol
from uuid import UUID

import orjson
import structlog
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import Response
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.middleware.exceptions import ExceptionMiddleware

from shared.clock import monotonic
from shared.ids import new_id
from shared.problems import DESCRIBED, PROBLEMS, Problem, TooLarge, install, listed, problem_body

log = structlog.get_logger()
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Endpoint = Callable[[Request], Awaitable[Response]]
_HEALTH = ("/health/live", "/health/ready")
_SAFE_SEGMENT = re.compile(r"^[a-z][a-z0-9_.-]{0,40}$|^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$")


def safe_path(path: str) -> str:
    """Return a path fit for a log: words and UUIDs as they are, anything else as `*`."""
    return "/".join(part if not part or _SAFE_SEGMENT.match(part) else "*" for part in path[:400].split("/"))


def accepted_request_id(given: str | None) -> str:
    """Return the caller's request id if it is a UUID, otherwise a new one."""
    if given is not None:
        try:
            return str(UUID(given))
        except ValueError:
            pass
    return str(new_id())


class Doorway:
    """The outermost layer: gives each request its id, bounds its body, and logs its outcome without content."""

    def __init__(
        self, app: Callable[[Scope, Receive, Send], Awaitable[None]], max_body_bytes: int, larger: Mapping[str, int]
    ) -> None:
        self._app = app
        self._limit = max_body_bytes
        self._larger = larger
        self._below = tuple(path for path in larger if path.endswith("/"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI event stream."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        request_id = accepted_request_id(headers.get(b"x-request-id", b"").decode("latin-1") or None)
        scope["familiebro.request_id"] = request_id
        bound = structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            await self._serve(scope, receive, send, headers)
        finally:
            structlog.contextvars.reset_contextvars(**bound)

    def _limit_of(self, path: str) -> int:
        for below in self._below:
            if path.startswith(below):
                return self._larger[below]
        return self._larger.get(path, self._limit)

    async def _serve(self, scope: Scope, receive: Receive, send: Send, headers: Mapping[bytes, bytes]) -> None:
        started, status, taken = monotonic(), 500, 0
        limit = self._limit_of(scope["path"])
        request_id: str = scope["familiebro.request_id"]

        async def bounded() -> MutableMapping[str, Any]:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > limit:
                raise TooLarge
            return message

        async def noted(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                told = message.get("headers", [])
                extra = [(b"x-request-id", request_id.encode())]
                if not any(name == b"cache-control" for name, _ in told):
                    extra.append((b"cache-control", b"no-store"))
                message["headers"] = [*told, *extra]
            await send(message)

        try:
            if int(headers.get(b"content-length", b"0") or b"0") > limit:
                await _too_large(noted, request_id)
            else:
                await self._app(scope, bounded, noted)
        finally:
            caller = scope.get("familiebro.caller")
            if scope["path"] not in _HEALTH:
                log.info(
                    "request",
                    method=scope["method"],
                    path=safe_path(scope["path"]),
                    status=status,
                    ms=round((monotonic() - started) * 1000, 1),
                    unit=getattr(caller, "unit", None),
                )


async def _too_large(send: Send, request_id: str) -> None:
    problem = PROBLEMS[TooLarge]
    body = problem_body(problem, request_id)
    await send(
        {
            "type": "http.response.start",
            "status": problem.status,
            "headers": [
                (b"content-type", b"application/problem+json"),
                (b"connection", b"close"),
                (b"content-length", str(len(body)).encode()),
            ],
        }
    )
    await send({"type": "http.response.body", "body": body})


class Service(FastAPI):
    """An application that answers its busiest addresses ahead of the framework's layers.

    They are routes as all others, with the same doorway and the same problems; `straight` says which endpoint
    answers a method and path without being looked up and resolved anew: that is a sixth of what a decision costs.
    """

    def __init__(
        self, *, straight: Mapping[tuple[str, str], Endpoint], max_body_bytes: int, larger: Mapping[str, int],
        **told: Any,  # noqa: ANN401 - FastAPI's own
    ) -> None:  # fmt: skip
        super().__init__(**told)
        self._straight = straight
        self._doorway = partial(Doorway, max_body_bytes=max_body_bytes, larger=larger)
        self.add_middleware(Doorway, max_body_bytes=max_body_bytes, larger=larger)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
        """Serve one ASGI event stream."""
        if scope["type"] == "http" and (scope["method"], scope["path"]) in self._straight:
            scope["app"] = self
            await self._ahead(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    @cached_property
    def _ahead(self) -> ServerErrorMiddleware:
        """The layers around a straight address, as the framework puts them around a route; made once all are known."""
        told = {kind: how for kind, how in self.exception_handlers.items() if kind is not Exception}
        door = self._doorway(ExceptionMiddleware(self._answer, told))
        return ServerErrorMiddleware(door, self.exception_handlers[Exception])

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
        answer = await self._straight[scope["method"], scope["path"]](Request(scope, receive))
        await answer(scope, receive, send)


class Resource(Protocol):
    """Something a service opens when it starts and closes when it ends."""

    async def open(self) -> None:
        """Make it ready."""

    async def close(self) -> None:
        """Let it go."""


def create(
    *,
    title: str,
    summary: str,
    routers: Sequence[APIRouter],
    problems: Mapping[type[Exception], Problem],
    resources: Sequence[Resource],
    ready: Callable[[FastAPI], Awaitable[Mapping[str, bool]]],
    max_body_bytes: int,
    larger_bodies: Mapping[str, int] | None = None,
    straight: Mapping[tuple[str, str], Endpoint] | None = None,
) -> FastAPI:
    """Return the application, with everything in `resources` opened at start-up and closed at the end.

    `larger_bodies`: path -> bytes, for those that take files; one that ends with `/` stands for all below it.
    `straight`: (method, path) -> endpoint, for routes that are answered ahead of the framework.
    """

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        for resource in resources:
            await resource.open()
        calm_the_collector()
        try:
            yield
        finally:
            for resource in reversed(resources):
                await resource.close()

    opened: Callable[[FastAPI], AbstractAsyncContextManager[None]] = lifespan
    app = Service(
        straight=straight or {},
        max_body_bytes=max_body_bytes,
        larger=larger_bodies or {},
        title=title,
        summary=summary,
        description=listed(problems),
        version="1",
        lifespan=opened,
        docs_url=None,
        redoc_url=None,
        servers=[{"url": "/api/v1"}],
        responses={"default": dict(DESCRIBED)},
    )
    for router in routers:
        app.include_router(router)
    install(app, problems)

    @app.get("/health/live", include_in_schema=False)
    async def live() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/health/ready", include_in_schema=False)
    async def readiness(request: Request) -> Response:
        parts = await ready(request.app)
        everything = all(parts.values())
        body = orjson.dumps({"ready": everything, "parts": dict(parts)})
        return Response(body, 200 if everything else 503, media_type="application/json")

    return app


def calm_the_collector() -> None:
    """Keep the garbage collector from pausing requests to look at what lives as long as the process."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
