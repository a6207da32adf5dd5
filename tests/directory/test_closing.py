"""A unit closes: whoever takes over owns its offers from that day, and none is left without an owner."""

import asyncio
import json
from typing import Any

import asyncpg
import httpx
import pytest

from services.directory.domain.model import UnitId
from services.directory.domain.rights import Editor, may_edit
from services.directory.store import reference
from shared.auth import Role
from shared.db import teach_json
from tests.directory.edited_world import ALONE, CLOSED, DAY, HERE, NEIGHBOUR, ONLY, A, B, C, World, unit
from tests.directory.edited_world import edited as edited
from tests.directory.edited_world import the_world as the_world
from tests.support.town import assert_problem, counted, entries_of, rows

_NUMBERS = iter(range(1, 1000))


async def new_unit(world: World, of: str = HERE, **changes: Any) -> UnitId:
    """Return a unit of its own for one test, known to the database alone."""
    made = unit(UnitId(f"proeve-ny-{next(_NUMBERS)}"), of, **changes)  # type: ignore[arg-type]
    said = {
        "id": made.id, "name": made.name, "organisation": of, "kind": made.kind, "sector": made.sector,
        "municipality": made.municipality, "source": [{"seed": "000", "lines": "1"}],
    }  # fmt: skip
    connection = await asyncpg.connect(world.owner_url)
    await connection.execute(
        "INSERT INTO unit (id, organisation, sort_name, said) VALUES ($1, $2, $1, $3::json)", made.id, of,
        json.dumps(said, sort_keys=True),
    )  # fmt: skip
    await connection.execute("UPDATE pulse SET base = base + 1")
    await connection.close()
    return made.id


async def close(world: World, number: str, successor: str | None = B, days: int = 0, **changes: Any) -> httpx.Response:
    """Close a unit, as its organisation's editor."""
    body = {"on": str(world.after(days)), "successor": successor, "reason": "Enheden nedlægges"} | changes
    by = world.editor(changes.pop("by", B))
    body.pop("by", None)
    return await world.client.post(f"/units/{number}/closing", json=body, headers=by)


async def test_a_successor_has_the_offers_from_that_very_moment(world: World) -> None:
    old = await new_unit(world)
    offers = [await world.make(unit=old) for _ in range(3)]
    over = await world.make(unit=old, valid_to=str(world.today))
    answer = await close(world, old)
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "unit": old, "on": str(world.today), "successor": B, "handed_over": sorted(offers), "left": [],
    }  # fmt: skip
    for number in offers:
        assert (await world.shown(number))["unit"]["id"] == B
        assert_problem(await world.change(number, world.by(old), summary="Gammel"), 403, "not_owner")
        assert (await world.change(number, world.by(B), summary="Ny")).status_code == 200
    assert [each["kind"] for each in await world.versions(over)] == ["created"]
    told = (await world.client.get(f"/units/{old}")).json()
    assert (told["valid_to"], told["successor"]) == (str(world.today), B)
    assert {each["unit"]["id"] for each in await world.found() if each["id"] in offers} == {B}


async def test_each_offer_says_who_handed_it_over_and_why(world: World) -> None:
    old = await new_unit(world)
    number = await world.make(unit=old)
    await close(world, old)
    told = (await world.versions(number))[-1]
    assert (told["kind"], told["reason"], told["unit"], told["changed"]) == (
        "handed_over", "Enheden nedlægges", B, ["unit"])  # fmt: skip
    [kept] = await rows(world.admin_url, "SELECT closed_because FROM unit WHERE id = $1", old)
    assert kept["closed_because"] == "Enheden nedlægges"


async def test_the_ledger_tells_of_the_closing_once(world: World) -> None:
    old = await new_unit(world)
    number = await world.make(unit=old)
    request = (await close(world, old)).headers["X-Request-Id"]
    told = await entries_of(world.admin_url, request)
    assert sorted((each["kind"], each.get("unit"), each.get("offer")) for each in told) == [
        ("offer_handed_over", None, number), ("unit_closed", old, None)]  # fmt: skip
    [entry] = [each for each in told if each["kind"] == "unit_closed"]
    assert (entry["on"], entry["successor"], entry["actor"]) == (
        str(world.today), B, {"unit": B, "user": "editor-1"})  # fmt: skip
    assert "nedlægges" not in str(told)


async def test_until_a_planned_closing_the_unit_keeps_its_offers(world: World) -> None:
    old = await new_unit(world)
    number = await world.make(unit=old, price_kr=0)
    await world.change(number, world.by(old), price_kr=50, holds_from=world.after(20))
    assert (await close(world, old, days=10)).status_code == 200
    owners = [(await world.shown(number, on=world.after(day)))["unit"]["id"] for day in (0, 9, 10, 20)]
    assert owners == [old, old, B, B]
    assert [(await world.shown(number, on=world.after(day)))["price_kr"] for day in (0, 19, 20)] == [0, 0, 50]
    # Its people still change it, and what they say goes on to the successor too.
    assert_problem(await world.change(number, world.by(B), summary="For tidligt"), 403, "not_owner")
    answer = await world.change(number, world.by(old), summary="Rettet")
    assert answer.status_code == 200, answer.text
    told = [await world.shown(number, on=world.after(day)) for day in (0, 9, 10)]
    assert [(each["unit"]["id"], each["summary"]) for each in told] == [
        (old, "Rettet"), (old, "Rettet"), (B, "Rettet")]  # fmt: skip


async def test_a_new_offer_of_a_unit_that_is_to_close_goes_on_too(world: World) -> None:
    old = await new_unit(world)
    await close(world, old, days=10)
    number = await world.make(unit=old)
    assert [(await world.shown(number, on=world.after(day)))["unit"]["id"] for day in (0, 10)] == [old, B]
    assert [each["kind"] for each in await world.versions(number)] == ["created", "handed_over"]


async def test_without_a_successor_the_organisations_editors_own_what_is_left(world: World) -> None:
    old = await new_unit(world)
    number = await world.make(unit=old)
    answer = await close(world, old, successor=None)
    assert (answer.json()["handed_over"], answer.json()["left"]) == ([], [number])
    assert (await world.shown(number))["unit"]["id"] == old
    assert_problem(await world.change(number, world.by(A), summary="Fremmed"), 403, "not_owner")
    answer = await world.send("POST", f"{number}/owner", {"unit": C, "reason": "Ny enhed"}, world.editor())
    assert answer.status_code == 200
    assert (await world.change(number, world.by(C), summary="Ny ejer")).status_code == 200


@pytest.mark.parametrize("successor", ["self", NEIGHBOUR, CLOSED, "findes-ikke"])
async def test_only_another_open_unit_of_the_organisation_takes_over(world: World, successor: str) -> None:
    old = await new_unit(world)
    before = await counted(world.admin_url)
    answer = await close(world, old, successor=old if successor == "self" else successor)
    assert_problem(answer, 422, "bad_successor")
    assert await counted(world.admin_url) == before


async def test_units_do_not_follow_one_another_in_a_circle(world: World) -> None:
    one, other = await new_unit(world), await new_unit(world)
    assert (await close(world, other, successor=one, days=20)).status_code == 200
    assert_problem(await close(world, one, successor=other, days=10), 422, "bad_successor")
    assert (await world.client.get(f"/units/{one}")).json()["valid_to"] is None


async def test_the_last_unit_with_offers_does_not_close_without_a_successor(world: World) -> None:
    await world.make(unit=ONLY)
    assert_problem(await close(world, ONLY, successor=None, by=ONLY), 422, "heir_needed")
    assert (await world.client.get(f"/units/{ONLY}")).json()["valid_to"] is None
    assert (await world.client.get(f"/units/{ONLY}")).json()["organisation"] == ALONE


async def test_a_unit_closes_once_and_not_in_the_past(world: World) -> None:
    old = await new_unit(world)
    assert_problem(await close(world, old, days=-1), 422, "closed_in_the_past")
    assert (await close(world, old, days=5)).status_code == 200
    assert_problem(await close(world, old, successor=C, days=7), 409, "unit_closed")
    assert_problem(await close(world, CLOSED), 409, "unit_closed")
    assert_problem(await close(world, "findes-ikke"), 404, "not_there")
    assert_problem(await close(world, NEIGHBOUR), 403, "not_owner")


async def test_of_two_who_close_a_unit_at_once_one_does(world: World) -> None:
    old = await new_unit(world)
    number = await world.make(unit=old)
    answers = await asyncio.gather(*(close(world, old, successor=heir) for heir in (A, B, C)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    heir = next(answer.json()["successor"] for answer in answers if answer.status_code == 200)
    assert (await world.shown(number))["unit"]["id"] == heir


async def test_whoever_writes_while_a_unit_closes_orphans_nothing(world: World) -> None:
    old = await new_unit(world)
    first = await world.make(unit=old)
    said, tag = await world.document(first)
    creating = [
        world.client.post("/offers", json={"offer": world.said(unit=old)}, headers=world.by(old)) for _ in range(3)
    ]
    changing = world.send("PUT", first, {"offer": said | {"summary": "Rettet"}}, world.by(old), **{"If-Match": tag})
    closing, changed, *created = await asyncio.gather(close(world, old), changing, *creating)
    assert closing.status_code == 200
    assert changed.status_code in {200, 403}
    assert {answer.status_code for answer in created} <= {201, 403}
    made = [first, *(answer.json()["id"] for answer in created if answer.status_code == 201)]
    assert {(await world.shown(number))["unit"]["id"] for number in made} == {B}


async def test_the_app_role_itself_reads_what_was_closed(world: World) -> None:
    """What is kept of the unit is what the catalogue reads of it, in every process."""
    old = await new_unit(world)
    await close(world, old, days=10)
    connection = await asyncpg.connect(world.app_url)
    await teach_json(connection)
    told = await reference.catalogue(connection)
    await connection.close()
    assert (told.units[old].valid_to, told.units[old].successor, told.units[old].name) == (
        world.after(10), B, old.title())  # fmt: skip
    own, heir = (Editor(each, whole_organisation=False) for each in (old, B))
    assert [may_edit(own, old, told, day) for day in (world.after(9), world.after(10))] == [True, False]
    assert [may_edit(heir, old, told, day) for day in (world.after(10) - DAY, world.after(10))] == [False, True]


@pytest.mark.parametrize(
    "changes",
    [
        {"on": None}, {"on": "2026-02-30"}, {"on": "0001-01-01"}, {"on": "9999-12-31"}, {"on": 20261122},
        {"reason": ""}, {"reason": "Om 610190-1234"}, {"reason": None}, {"successor": 7}, {"successor": "<b>"},
        {"andet": 1},
    ],
    ids=str,
)  # fmt: skip
async def test_a_closing_that_is_wrong_closes_nothing(world: World, changes: dict[str, Any]) -> None:
    before = await counted(world.admin_url)
    told = assert_problem(await close(world, A, **({"successor": B} | changes)), 422)
    assert "1234" not in str(told["errors"])
    assert await counted(world.admin_url) == before


async def test_a_wrong_closing_needs_the_role(world: World) -> None:
    answer = await world.client.post(f"/units/{A}/closing", json={}, headers=world.by(A, Role.EDIT_OFFERS))
    assert_problem(answer, 403, "missing_scope")
