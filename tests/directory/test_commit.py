"""A change whose commit fails is never answered 2xx, and leaves nothing: all of it is written, or none."""

from typing import Any
from uuid import uuid4

import pytest

from services.directory.store import versions
from shared.db import Database
from tests.directory.edited_world import B, World
from tests.directory.edited_world import edited as edited
from tests.directory.edited_world import the_world as the_world
from tests.directory.test_closing import new_unit
from tests.support.town import assert_problem, commits_failing, counted, rows

VERSION = ("offer_version", "ledger_entry", "offer", "showing", "pulse")
WRITES = [
    *[("create", table) for table in (*VERSION, "idempotency")],
    *[(what, table) for what in ("change", "confirm", "hand over") for table in VERSION],
    *[("end", table) for table in ("offer_version", "ledger_entry", "offer")],
    *[("close", table) for table in (*VERSION, "unit")],
]


async def request_of(world: World, what: str) -> dict[str, Any]:
    """Return a request of a kind that would succeed."""
    if what == "create":
        once = {**world.by(), "Idempotency-Key": str(uuid4())}
        return {"method": "POST", "url": "/offers", "json": {"offer": world.said()}, "headers": once}
    if what == "close":
        unit = await new_unit(world)
        await world.make(unit=unit)
        closing = {"on": str(world.today), "successor": B, "reason": "Nedlagt"}
        return {"method": "POST", "url": f"/units/{unit}/closing", "json": closing, "headers": world.editor()}
    number = await world.make()
    said, tag = await world.document(number)
    sent: dict[str, tuple[str, str, Any]] = {
        "change": ("PUT", "", {"offer": said | {"summary": "Andet."}}),
        "confirm": ("POST", "/confirmation", {}),
        "hand over": ("POST", "/owner", {"unit": B, "reason": "Flyttet"}),
        "end": ("POST", "/end", {"on": str(world.after(3)), "reason": "Slut"}),
    }
    method, path, body = sent[what]
    return {
        "method": method,
        "url": f"/offers/{number}{path}",
        "json": body,
        "headers": {**world.by(), "If-Match": tag},
    }


async def everything(world: World) -> dict[str, Any]:
    """Return how many rows there are of each table, and what the changeable ones say."""
    told = {
        table: [
            tuple(map(str, row.values()))
            for row in await rows(world.admin_url, f"SELECT t::text FROM {table} t ORDER BY 1")
        ]
        for table in ("offer", "showing", "pulse", "unit")
    }
    return told | await counted(world.admin_url)


@pytest.mark.parametrize(("what", "table"), WRITES)
async def test_a_write_whose_commit_fails_is_a_5xx_and_stores_nothing(world: World, what: str, table: str) -> None:
    request = await request_of(world, what)
    before = await everything(world)
    async with commits_failing(world.admin_url, [table]):
        answer = await world.client.request(**request)
    assert_problem(answer, 500, "internal")
    assert "the commit fails" not in answer.text
    assert await everything(world) == before
    assert (await world.client.request(**request)).is_success


@pytest.mark.parametrize("what", ["create", "change", "confirm", "end", "hand over", "close"])
@pytest.mark.parametrize("step", ["_put_heads", "_put_showings"])
async def test_what_fails_half_way_leaves_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, what: str, step: str
) -> None:
    request = await request_of(world, what)
    before = await everything(world)

    async def fails(*_arguments: Any) -> None:
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr(versions, step, fails)
        assert_problem(await world.client.request(**request), 500, "internal")
    assert await everything(world) == before
    assert (await world.client.request(**request)).is_success


async def test_an_answer_leaves_after_the_commit(world: World) -> None:
    """Another connection sees the change as soon as its answer is there, and its search at once."""
    number = await world.make()
    assert len(await rows(world.app_url, "SELECT FROM offer_version WHERE offer = $1", number)) == 1
    await world.change(number, name="Helt andet navn")
    assert {each["id"]: each["name"] for each in await world.found()}[number] == "Helt andet navn"


async def test_a_database_that_has_no_time_is_said_to_be_down_and_nothing_is_kept(world: World) -> None:
    request = await request_of(world, "confirm")
    before = await everything(world)
    other = Database(world.app_url, 1, "tests")
    await other.open()
    async with other.transaction() as transaction:
        await transaction.execute("SELECT FROM pulse FOR UPDATE")
        assert_problem(await world.client.request(**request), 503, "unavailable")
    await other.close()
    assert await everything(world) == before
    assert (await world.client.request(**request)).is_success
