"""A path, or all below it, may take larger bodies than the rest; however a body is sent, its bound holds."""

from collections.abc import AsyncIterator, Mapping

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request

from shared import app as kit

router = APIRouter()
SMALL, LARGE, LARGER = 10, 100, 1000


@router.put("/{_path:path}")
async def take(_path: str, request: Request) -> int:
    """Say how much came."""
    return len(await request.body())


async def _ready(_app: FastAPI) -> Mapping[str, bool]:
    return {}


def made() -> FastAPI:
    return kit.create(
        title="t", summary="t", routers=[router], problems={}, resources=[], ready=_ready, max_body_bytes=SMALL,
        larger_bodies={"/imports": LARGE, "/files/": LARGER},
    )  # fmt: skip


async def pieces(size: int) -> AsyncIterator[bytes]:
    for _ in range(size):
        yield b"x"


@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize(
    ("path", "bound"),
    [
        ("/else", SMALL), ("/imports", LARGE), ("/imports/x", SMALL), ("/files/1/content", LARGER), ("/files/", LARGER),
        ("/files", SMALL), ("/filesystem", SMALL), ("/x/files/1", SMALL),
    ],
)  # fmt: skip
async def test_a_body_is_bounded_by_where_it_goes(path: str, bound: int, *, declared: bool) -> None:
    transport = httpx.ASGITransport(made(), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://t") as client:
        whole = await client.put(path, content=b"x" * bound if declared else pieces(bound))
        beyond = await client.put(path, content=b"x" * (bound + 1) if declared else pieces(bound + 1))
    assert (whole.status_code, whole.json()) == (200, bound)
    assert (beyond.status_code, beyond.json()["code"]) == (413, "too_large")
