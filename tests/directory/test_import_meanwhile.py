"""A file is not the last word: what others have said since it was made, and what is planned, is not lost unsaid."""

import re
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import orjson
import pytest

from services.directory.actions.importing import carry_out
from services.directory.domain.hsds.ids import service_id
from shared.db import Database
from tests.directory.edited_world import NEIGHBOUR, A, B, World
from tests.directory.edited_world import edited as edited
from tests.directory.edited_world import the_world as the_world
from tests.directory.test_closing import close, new_unit

NOON, LATER = {"days": ["tue"], "starts_at": "12:00"}, {"days": ["tue"], "starts_at": "13:00"}


@pytest.fixture
async def database(world: World) -> AsyncIterator[Database]:
    """The world's database, as the worker reaches it."""
    made = Database(world.app_url, 3, "tests")
    await made.open()
    yield made
    await made.close()


async def exported(world: World, *numbers: str) -> list[dict[str, Any]]:
    """Return offers as the export has them today."""
    told = (await world.client.get("/offers/export", params={"format": "json"})).json()["offers"]
    return [each for each in told if each["id"] in numbers]


async def imported(
    world: World,
    database: Database,
    said: list[dict[str, Any]],
    unit: str = A,
    *,
    dry_run: bool = False,
    profile: str = "own",
) -> dict[str, Any]:
    """Send offers in as a file, carry it out, and return how its sender sees it."""
    asked = {"dry_run": str(dry_run).lower(), "profile": profile}
    headers = {**world.by(unit), "Content-Type": "application/json"}
    sent = await world.client.post("/imports", content=orjson.dumps(said), headers=headers, params=asked)
    assert sent.status_code == 202, sent.text
    await carry_out(database, UUID(sent.json()["id"]), clock=lambda: world.at)
    told: dict[str, Any] = (await world.client.get(f"/imports/{sent.json()['id']}", headers=headers)).json()
    return told


def counts(seen: dict[str, Any]) -> tuple[int, int, int]:
    """Return how many were created, changed and unchanged."""
    report = seen["report"]
    return report["created"], report["changed"], report["unchanged"]


def codes(seen: dict[str, Any]) -> list[str]:
    """Return the codes of what was found, but for suspicions."""
    return [each["code"] for each in seen["report"]["findings"] if each["code"] != "suspected_duplicate"]


async def starts(world: World, number: str, days: int) -> str:
    """Return when an offer begins, on the day so many days from today."""
    told: str = (await world.shown(number, on=world.after(days)))["dose"]["starts_at"]
    return told


async def test_an_unchanged_export_leaves_a_planned_change_alone(world: World, database: Database) -> None:
    number = await world.make(dose=NOON)
    assert (await world.change(number, dose=LATER, holds_from=world.after(46))).status_code == 200
    before = await world.versions(number)
    [row] = await exported(world, number)
    assert (row["dose"], row["version"]) == (NOON, len(before))
    seen = await imported(world, database, [row])
    assert (seen["state"], counts(seen), codes(seen)) == ("done", (0, 0, 1), [])
    assert await world.versions(number) == before
    assert [await starts(world, number, days) for days in (0, 45, 46)] == ["12:00", "12:00", "13:00"]


async def test_a_change_that_drops_a_planned_one_says_so(world: World, database: Database) -> None:
    number = await world.make(dose=NOON)
    await world.change(number, dose=LATER, holds_from=world.after(46))
    [row] = await exported(world, number)
    for dry_run in (True, False):
        seen = await imported(world, database, [row | {"price_kr": 20}], dry_run=dry_run)
        assert (counts(seen), codes(seen)) == ((0, 1, 0), ["planned_lost"])
        [lost] = [each for each in seen["report"]["findings"] if each["code"] == "planned_lost"]
        assert (lost["line"], lost["severity"]) == (1, "warning")
        assert re.search(r"fra \d{1,2}\. [a-z]+ 20\d\d, bortfalder", lost["said"])
    assert [await starts(world, number, days) for days in (0, 46)] == ["12:00", "12:00"]


async def test_what_a_colleague_said_meanwhile_is_not_overwritten(world: World, database: Database) -> None:
    number = await world.make(summary="Som det var.")
    [row] = await exported(world, number)
    assert (await world.change(number, summary="Som kollegaen siger.")).status_code == 200
    before = await world.versions(number)
    seen = await imported(world, database, [row])
    assert (seen["state"], codes(seen)) == ("refused", ["changed_since"])
    [found] = [each for each in seen["report"]["findings"] if each["code"] == "changed_since"]
    assert found["said"] == "er ændret, siden filen blev hentet (udgave 2; filen har 1). Hent tilbuddet igen."
    assert await world.versions(number) == before
    [fresh] = await exported(world, number)
    again = await imported(world, database, [fresh | {"price_kr": 20}])
    assert (counts(again), codes(again)) == ((0, 1, 0), [])
    told = (await world.document(number))[0]
    assert (told["summary"], told["price_kr"]) == ("Som kollegaen siger.", 20)


async def test_a_file_without_versions_is_warned_of_what_it_replaces(world: World, database: Database) -> None:
    number, other = await world.make(), await world.make()
    told = await exported(world, number, other)
    rows = [{key: value for key, value in row.items() if key != "version"} for row in told]
    seen = await imported(world, database, [row | ({"price_kr": 20} if row["id"] == number else {}) for row in rows])
    assert (counts(seen), codes(seen)) == ((0, 1, 1), ["no_version"])
    assert seen["report"]["written"]


async def test_the_same_file_may_be_sent_again(world: World, database: Database) -> None:
    number = await world.make()
    rows = [row | {"price_kr": 20} for row in await exported(world, number)]
    assert counts(await imported(world, database, rows)) == (0, 1, 0)
    again = await imported(world, database, rows)
    assert (again["state"], counts(again), codes(again)) == ("done", (0, 0, 1), [])


async def test_others_offers_that_are_as_they_were_are_passed_over(world: World, database: Database) -> None:
    own, foreign = await world.make(), await world.make(unit=NEIGHBOUR)
    rows = await exported(world, own, foreign)
    seen = await imported(world, database, [row | ({"price_kr": 20} if row["id"] == own else {}) for row in rows])
    assert (seen["state"], counts(seen), codes(seen)) == ("done", (0, 1, 1), [])
    refused = await imported(world, database, [row | {"price_kr": 30} for row in await exported(world, own, foreign)])
    assert (refused["state"], set(codes(refused))) == ("refused", {"not_yours"})


async def test_an_offer_still_goes_to_the_successor_of_its_unit(world: World, database: Database) -> None:
    old = await new_unit(world)
    number = await world.make(unit=old)
    assert (await close(world, old, days=30)).status_code == 200
    rows = [row | {"price_kr": 20} for row in await exported(world, number)]
    seen = await imported(world, database, rows, unit=old)
    assert (counts(seen), codes(seen)) == ((0, 1, 0), [])
    told = [await world.shown(number, on=world.after(days)) for days in (29, 30)]
    assert [(each["unit"]["id"], each["price_kr"]) for each in told] == [(old, 20), (B, 20)]


async def test_a_file_of_hsds_leaves_a_planned_change_alone_and_warns_of_what_it_replaces(
    world: World, database: Database
) -> None:
    number, foreign = await world.make(dose=NOON), await world.make(unit=NEIGHBOUR)
    await world.change(number, dose=LATER, holds_from=world.after(46))
    before = await world.versions(number)
    path = "/hsds/3.0/services/"
    services = [(await world.client.get(f"{path}{service_id(each)}")).json() for each in (number, foreign)]
    seen = await imported(world, database, services, profile="hsds")
    assert (seen["state"], counts(seen), codes(seen)) == ("done", (0, 0, 2), [])
    assert await world.versions(number) == before
    changed = await imported(world, database, [services[0] | {"description": "Et andet."}], profile="hsds")
    assert (counts(changed), codes(changed)) == ((0, 1, 0), ["planned_lost", "no_version"])


async def test_how_far_it_is_is_told_only_while_it_runs(world: World, database: Database) -> None:
    number = await world.make()
    seen = await imported(world, database, [row | {"price_kr": 20} for row in await exported(world, number)])
    assert (seen["state"], seen["progress"]) == ("done", None)
    async with database.connection() as connection:
        kept = await connection.fetchval("SELECT phase FROM import_progress WHERE job = $1", UUID(seen["id"]))
    assert kept == "writing"


async def test_an_older_place_that_says_nothing_is_in_no_export(world: World, database: Database) -> None:
    number = await world.make(venues=[{"name": "Huset"}])
    async with database.transaction() as transaction:
        await transaction.execute(
            "UPDATE showing SET said = jsonb_set(said::jsonb, '{venues}', '[{}, {\"name\": \"Huset\"}]')::json "
            "WHERE offer = $1", number,
        )  # fmt: skip
    [row] = await exported(world, number)
    assert row["venues"] == [{"name": "Huset"}]
