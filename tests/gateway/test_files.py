"""A file of offers passes through as it comes: nothing of it is kept in the gateway, and its size has a limit."""

from collections.abc import Iterator

import httpx
import pytest

from gateway import routes
from shared.auth import Role
from tests.gateway.support import Echo, Issuers, app, serving

IMPORTS = "/api/v1/imports"
OTHERS = "/api/v1/offers"
PIECE = b"x" * 65_536


def pieces(count: int) -> Iterator[bytes]:
    yield from (PIECE for _ in range(count))


@pytest.fixture
def narrow(issuers: Issuers, upstreams: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    """A gateway that takes files of at most ten pieces."""
    monkeypatch.setitem(routes.SEGMENTS, "imports", routes.Route("directory", largest_body=10 * len(PIECE)))
    with serving(app(issuers, upstreams)) as port, httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        yield client


@pytest.fixture
def editor(issuers: Issuers) -> dict[str, str]:
    """The headers of somebody who may send files."""
    return {**issuers.person(Role.EDIT_ORGANISATION), "content-type": "text/csv"}


@pytest.mark.parametrize("declared", [True, False])
def test_a_file_larger_than_other_bodies_passes_whole(
    door: httpx.Client, editor: dict[str, str], *, declared: bool
) -> None:
    sent = PIECE * 30
    got = door.post(IMPORTS, content=sent if declared else pieces(30), headers=editor)
    assert got.status_code == 200
    assert got.json()["body"].encode() == sent
    refused = door.post(OTHERS, content=sent, headers=editor)
    assert (refused.status_code, refused.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize("declared", [True, False])
def test_a_file_beyond_the_limit_is_refused_however_it_is_sent(
    narrow: httpx.Client, echo: Echo, editor: dict[str, str], *, declared: bool
) -> None:
    sent = b"".join(pieces(11)) if declared else pieces(11)
    got = narrow.post(IMPORTS, content=sent, headers=editor)
    assert (got.status_code, got.json()["code"]) == (413, "too_large")
    assert all(len(seen["body"]) <= 10 * len(PIECE) for seen in echo.seen)
    assert narrow.post(IMPORTS, content=b"".join(pieces(10)), headers=editor).status_code == 200


def test_a_file_by_nobody_is_refused_before_it_is_sent(door: httpx.Client, echo: Echo) -> None:
    assert door.post(IMPORTS, content=PIECE, headers={"content-type": "text/csv"}).status_code == 401
    assert echo.seen == []


def test_what_a_reader_has_and_prefers_is_passed_on_and_what_a_file_is_comes_back(
    door: httpx.Client, echo: Echo
) -> None:
    told = {"if-modified-since": "Sun, 22 Nov 2026 09:00:00 GMT", "prefer": "wait=5"}
    seen = dict(door.get("/api/v1/offers", headers=told).json()["headers"])
    assert {name: seen[name] for name in told} == told
    back = {"last-modified": "x", "vary": "Accept", "content-disposition": "attachment", "preference-applied": "wait=5"}
    echo.says("/offers", 200, back)
    answered = door.get("/api/v1/offers").headers
    assert {name: answered[name] for name in back} == back
