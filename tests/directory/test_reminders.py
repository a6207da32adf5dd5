"""The directory stays true: what nobody has confirmed for long is flagged, comes later, and its owner is reminded."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest

from services.directory.actions.reminding import remind
from services.directory.domain.document import from_document
from services.directory.domain.versions import ALWAYS, Kind
from services.directory.store import versions
from services.directory.store.versions import NewVersion
from shared.db import Database
from shared.ids import new_id
from shared.ledger import Actor
from tests.directory.edited_world import CLOSED, CLOSED_ON, MOVED, NEIGHBOUR, A, B, World
from tests.directory.edited_world import edited as edited
from tests.directory.edited_world import the_world as the_world
from tests.support.town import rows

_NUMBERS = count(1)
QUARTER, MONTH = timedelta(days=90), timedelta(days=30)


async def keep(world: World, number: str, age: int = 0, **changes: Any) -> str:
    """Keep an offer as an import does that nobody has confirmed: its text is so many days old."""
    number = f"proeve-{number}-{next(_NUMBERS)}"
    said = world.said(id=number, as_of=str(world.after(-age)), **changes)
    new = NewVersion(1, Kind.IMPORTED, from_document(said), ALWAYS, world.at, Actor(None, "import"), None,
                     str(new_id()), None)  # fmt: skip
    database = Database(world.app_url, 1, "tests")
    await database.open()
    async with database.transaction() as transaction:
        await versions.add(transaction, [new], world.catalogue)
    await database.close()
    return number


async def reminded(world: World, at: datetime | None = None) -> int:
    """Remind as the worker does; return of how many."""
    database = Database(world.app_url, 1, "tests")
    await database.open()
    async with database.transaction() as transaction:
        count = await remind(transaction, at or world.at, QUARTER, MONTH)
    await database.close()
    return count


async def overdue(world: World, number: str, unit: str = A, *, whole: bool = False) -> list[dict[str, Any]]:
    """Return what an owner is told of one offer."""
    by = world.editor(unit) if whole else world.by(unit)
    answer = await world.client.get("/reminders", params={"limit": 500}, headers=by)
    assert answer.status_code == 200, answer.text
    return [each for each in answer.json()["reminders"] if each["id"] == number]


@pytest.mark.parametrize(("age", "old"), [(0, False), (89, False), (90, False), (91, True), (400, True)])
async def test_an_offer_is_flagged_and_its_owner_reminded_from_the_same_day(
    world: World, age: int, old: bool  # noqa: FBT001
) -> None:  # fmt: skip
    number = await keep(world, "alder", age)
    assert (await world.shown(number))["flagged"] is old
    assert {each["id"]: each["flagged"] for each in await world.found()}[number] is old
    await reminded(world)
    told = await overdue(world, number)
    assert [(each["kind"], each["since"], each["times"]) for each in told] == (
        [("unconfirmed", str(world.after(-age)), 1)] if old else [])  # fmt: skip


async def test_the_flag_comes_with_time_alone(world: World) -> None:
    number = await world.make()
    for days, flagged in ((90, False), (1, True)):
        world.at += timedelta(days=days)
        assert (await world.shown(number))["flagged"] is flagged


async def test_what_nobody_has_confirmed_for_long_comes_after_its_equals(world: World) -> None:
    ages = {
        await keep(world, f"orden-{age}", age, name=f"Orden {'abc'[place]}", themes=["grief"]): age
        for place, age in enumerate((121, 120, 0))
    }
    found = [ages[each["id"]] for each in await world.found(theme=["grief"]) if each["id"] in ages]
    assert found == [120, 0, 121]


async def test_confirming_takes_flag_and_reminder_away(world: World) -> None:
    number = await keep(world, "bekraeft", 200)
    await reminded(world)
    [told] = await overdue(world, number)
    answer = await world.send("POST", f"{number}/confirmation", {}, world.by(), **{"If-Match": f'"{told["version"]}"'})
    assert answer.status_code == 200
    assert await overdue(world, number) == []
    shown = await world.shown(number)
    assert (shown["flagged"], shown["confirmed"]["by"]["id"], shown["last_said_on"]) == (False, A, str(world.today))
    await reminded(world)
    assert await overdue(world, number) == []


async def test_nobody_is_reminded_twice_within_thirty_days(world: World) -> None:
    number = await keep(world, "to-gange", 100)
    for hours, times in ((0, 1), (1, 1), (24 * 30 - 1, 1), (24 * 30, 2), (24 * 30 + 1, 2), (24 * 60, 3)):
        await reminded(world, world.at + timedelta(hours=hours))
        assert [each["times"] for each in await overdue(world, number)] == [times], hours


async def test_two_workers_remind_once(world: World) -> None:
    number = await keep(world, "to-arbejdere", 100)
    one, other = Database(world.app_url, 1, "one"), Database(world.app_url, 1, "other")
    await one.open()
    await other.open()
    async with one.transaction() as first, other.transaction() as second:
        assert await remind(first, world.at, QUARTER, MONTH) >= 1
        assert await remind(second, world.at + timedelta(seconds=1), QUARTER, MONTH) == 0
    await one.close()
    await other.close()
    kept = await rows(world.admin_url, "SELECT FROM reminder WHERE offer = $1", number)
    assert len(kept) == 1


async def test_an_owner_sees_its_own_and_an_editor_the_organisations(world: World) -> None:
    number = await keep(world, "hvem", 100)
    await reminded(world)
    seen = {
        (unit, whole): len(await overdue(world, number, unit, whole=whole))
        for unit in (A, B, NEIGHBOUR, CLOSED)
        for whole in (False, True)
    }
    assert {who for who, times in seen.items() if times} == {(A, False), (A, True), (B, True)}


@pytest.mark.parametrize(("days", "told"), [(-1, False), (0, True), (60, True), (61, False), (None, False)])
async def test_money_that_ends_soon_is_said(world: World, days: int | None, told: bool) -> None:  # noqa: FBT001
    until = {} if days is None else {"funding_until": str(world.after(days))}
    number = await keep(world, "penge", 0, **until)
    await reminded(world)
    found = [(each["kind"], each["since"]) for each in await overdue(world, number)]
    assert found == ([("funding_ends", until["funding_until"])] if told else [])


async def test_new_money_ends_the_reminder(world: World) -> None:
    number = await keep(world, "bevilling", 0, funding_until=str(world.after(10)))
    await reminded(world)
    assert len(await overdue(world, number)) == 1
    assert (await world.change(number, funding_until=str(world.after(400)))).status_code == 200
    assert await overdue(world, number) == []


async def test_what_a_closed_unit_left_is_said_to_the_organisations_editors_once_a_month(world: World) -> None:
    number = await keep(world, "forladt", 0, unit=CLOSED)
    for hours, times in ((0, 1), (24 * 29, 1), (24 * 30, 2)):
        await reminded(world, world.at + timedelta(hours=hours))
        told = await overdue(world, number, B, whole=True)
        assert [(each["kind"], each["since"], each["times"]) for each in told] == [
            ("unit_closed", str(CLOSED_ON), times)]  # fmt: skip
    assert await overdue(world, number, A) == []
    await world.send("POST", f"{number}/owner", {"unit": B, "reason": "Ny enhed"}, world.editor(A))
    assert await overdue(world, number, B, whole=True) == []


async def test_what_somebody_took_over_is_its_new_owners_to_confirm(world: World) -> None:
    number = await keep(world, "overtaget", 100, unit=MOVED)
    await reminded(world)
    assert [each["kind"] for each in await overdue(world, number, A)] == ["unconfirmed"]


@pytest.mark.parametrize("changes", [{"example": True}, {"valid_to": 0}, {"valid_from": 1}], ids=str)
async def test_nobody_is_reminded_of_what_is_no_offer_today(world: World, changes: dict[str, Any]) -> None:
    days = {key: str(world.after(value)) for key, value in changes.items() if key != "example"}
    number = await keep(world, "ikke", 500, **(changes | days), unit=CLOSED, funding_until=str(world.after(5)))
    await reminded(world)
    assert await rows(world.admin_url, "SELECT FROM reminder WHERE offer = $1", number) == []


async def test_a_reminder_of_what_has_ended_since_is_gone(world: World) -> None:
    number = await keep(world, "slut", 100)
    await reminded(world)
    await world.send("POST", f"{number}/end", {"on": str(world.today), "reason": "Slut"}, world.by())
    assert await overdue(world, number) == []


async def test_an_offer_is_its_old_owners_until_the_day_it_changes_hands(world: World) -> None:
    number = await keep(world, "planlagt", 100)
    said = (await world.document(number))[0] | {"unit": B, "as_of": str(world.after(-100))}
    body = {"offer": said, "holds_from": str(world.after(150))}
    assert (await world.send("PUT", number, body, world.editor())).status_code == 200
    shown = {unit: await world.shown(number, on=world.after(day)) for unit, day in ((A, 0), (B, 150))}
    assert {unit: each["unit"]["id"] for unit, each in shown.items()} == {A: A, B: B}
    for days, times in ((100, [1, 0]), (60, [0, 1])):
        world.at += timedelta(days=days)
        await reminded(world)
        assert [len(await overdue(world, number, unit)) for unit in (A, B)] == times


@pytest.mark.parametrize("asked", [{"limit": 0}, {"limit": 501}, {"limit": "x"}], ids=str)
async def test_a_limit_that_is_none_is_refused(world: World, asked: dict[str, Any]) -> None:
    assert (await world.client.get("/reminders", params=asked, headers=world.by())).status_code == 422
