"""An address answered ahead of the framework is answered as every other: same doorway, same problems, same log."""

from collections.abc import AsyncIterator, Mapping
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError

from shared import app as kit
from shared.problems import MissingScope, NotThere, Problem, Unavailable
from tests.support.town import assert_problem, client_of

LIMIT = 1000
WAYS = ["straight", "routed"]
router = APIRouter()


class _Gone(Exception):
    """A domain's own error, with something to add."""

    extra: Mapping[str, object] = {"rule": "R19"}


_RAISED: Mapping[str, Exception] = {
    "known": MissingScope(), "lookup": NotThere(), "down": Unavailable("database"), "own": _Gone(),
    "unexpected": LookupError("6101901234"),
    "malformed": RequestValidationError([{"type": "missing", "loc": ("body", "unit"), "msg": "", "input": None}]),
}  # fmt: skip
_TOLD = {
    "known": (403, "missing_scope"), "lookup": (404, "not_there"), "down": (503, "unavailable"),
    "own": (410, "gone"), "unexpected": (500, "internal"), "malformed": (422, "malformed"),
}  # fmt: skip


async def _endpoint(request: Request) -> Response:
    body = (await request.body()).decode()
    if body in _RAISED:
        raise _RAISED[body]
    headers = {"Cache-Control": "max-age=60"} if body == "kept" else None
    return Response(f"{request.app.title} {body}", 201, headers)


@router.post("/straight")
async def straight(request: Request) -> Response:
    """Answer; found ahead of the router."""
    return await _endpoint(request)


@router.post("/routed")
async def routed(request: Request) -> Response:
    """Answer the same; found by the router."""
    return await _endpoint(request)


async def _ready(_app: FastAPI) -> Mapping[str, bool]:
    return {}


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application with both addresses."""
    app = kit.create(
        title="kit", summary="", routers=[router], problems={_Gone: Problem(410, "gone", "It is gone.", "Væk.")},
        resources=[], ready=_ready, max_body_bytes=LIMIT, straight={("POST", "/straight"): straight},
    )  # fmt: skip
    async with client_of(app) as made:
        yield made


def _comparable(answer: httpx.Response) -> tuple[Any, ...]:
    told = {name: value for name, value in answer.headers.multi_items() if name != "x-request-id"}
    return answer.status_code, told, answer.text.replace(answer.headers["x-request-id"], "")


@pytest.mark.parametrize("body", ["", "ord", "kept", *_RAISED, "x" * LIMIT, "x" * (LIMIT + 1)])
async def test_both_ways_answer_alike(client: httpx.AsyncClient, body: str) -> None:
    ways = [await client.post(f"/{way}", content=body) for way in WAYS]
    assert _comparable(ways[0]) == _comparable(ways[1])
    assert all(len(answer.headers.get_list("x-request-id")) == 1 for answer in ways)


@pytest.mark.parametrize("body", sorted(_TOLD))
async def test_what_is_raised_is_told_as_a_problem(client: httpx.AsyncClient, body: str) -> None:
    status, code = _TOLD[body]
    told = assert_problem(await client.post("/straight", content=body), status, code)
    assert "6101901234" not in str(told)


async def test_a_body_sent_in_parts_is_bounded(client: httpx.AsyncClient) -> None:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"x" * (LIMIT // 2)

    assert_problem(await client.post("/straight", content=parts()), 413, "too_large")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_other_methods_are_refused_as_anywhere(client: httpx.AsyncClient, method: str) -> None:
    assert_problem(await client.request(method, "/straight"), 405, "method_not_allowed")


class _Log:
    """Keeps what is logged."""

    def __init__(self) -> None:
        self.lines: list[dict[str, object]] = []

    def info(self, event: str, **told: object) -> None:
        """Keep a line."""
        self.lines.append({"event": event, **told, "ms": 0})


@pytest.mark.parametrize("way", WAYS)
async def test_a_request_keeps_its_id_and_is_logged_without_content(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    log, number = _Log(), str(uuid4())
    monkeypatch.setattr(kit, "log", log)
    answer = await client.post(f"/{way}", content="ord", headers={"X-Request-Id": number})
    assert answer.headers["x-request-id"] == number
    assert answer.headers["cache-control"] == "no-store"
    assert log.lines == [
        {"event": "request", "method": "POST", "path": f"/{way}", "status": 201, "ms": 0, "unit": None}
    ]  # fmt: skip
