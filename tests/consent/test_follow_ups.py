"""What a unit should do next about consents: told once, to the unit it concerns, till it is done (R28, R38)."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.consent.actions import clock
from services.consent.domain.following import DANISH, Kind
from shared.db import Database
from tests.conftest import Databases
from tests.support.families import Desk, days, new_need
from tests.support.keys import Keys
from tests.support.town import FAMILY_HOUSE, MIDWIFERY, NORTH, NORTH_HOUSE, VISITING, assert_problem, entries_of, rows


@pytest.fixture
def midwives(consent: httpx.AsyncClient, keys: Keys) -> Desk:
    """The midwives' desk, of a unit that no other test follows up."""
    return Desk(consent, keys)


async def born(desk: Desk, *senders: str) -> str:
    """Return a child that was just born, about whom units had words of its mother's."""
    mother = await desk.person()
    child, need = await desk.expected(mother), new_need()
    await desk.yes(child, need, given_by=mother, recipients=list({MIDWIFERY, *senders} - {desk.unit}) or [FAMILY_HOUSE])
    for sender in senders:
        await desk.at(sender).yes(child, need, given_by=mother, recipients=[MIDWIFERY])
    await desk.done(f"/persons/{child}/birth", {"born_on": days(0)})
    return child


async def test_each_unit_that_told_something_is_told_once_what_to_do(midwives: Desk, dbs: Databases) -> None:
    child = await born(midwives, VISITING)
    for desk in (midwives, midwives.at(VISITING)):
        (told,) = await desk.follow_ups(child)
        assert (told["kind"], told["says"], told["due"]) == ("birth", DANISH[Kind.BIRTH], days(0))
        sql = "SELECT id::text FROM consent WHERE subject = $1::uuid AND sender = $2"
        ((own,),) = await rows(dbs.admin("consent"), sql, child, desk.unit)
        assert (told["consent"], told["override"]) == (own, None)
    assert await midwives.at(FAMILY_HOUSE).follow_ups(child) == []


async def test_at_birth_the_mother_s_words_about_herself_stand_and_each_about_the_child_is_asked_about(
    midwives: Desk,
) -> None:
    mother, needs = await midwives.person(), [new_need(), new_need()]
    child = await midwives.expected(mother)
    await midwives.yes(mother, needs[0])
    words = [await midwives.yes(child, need, given_by=mother) for need in needs]
    await midwives.done(f"/persons/{child}/birth", {"born_on": days(0), "custody_holders": [mother]})
    assert await midwives.reason(mother, needs[0]) == "covered"
    told = await midwives.follow_ups(child)
    assert {(each["kind"], each["consent"]) for each in told} == {("birth", word) for word in words}
    assert len(told) == len(words)


async def test_what_is_done_is_noted_once_and_shown_no_more(midwives: Desk, dbs: Databases) -> None:
    child = await born(midwives)
    (told,) = await midwives.follow_ups(child)
    path = f"/follow-ups/{told['id']}/done"
    assert_problem(await midwives.at(FAMILY_HOUSE).post(path, {}), 404, "not_there")
    answer = await midwives.post(path, {})
    assert (answer.status_code, answer.json()) == (201, {"id": told["id"]})
    (entry,) = await entries_of(dbs.admin("consent"), answer.headers["x-request-id"])
    assert (entry["kind"], entry["follow_up"], entry["about"]) == ("follow_up_done", told["id"], "birth")
    assert await midwives.follow_ups(child) == []
    assert_problem(await midwives.post(path, {}), 404, "not_there")


async def test_reading_them_is_on_the_ledger(midwives: Desk, dbs: Databases) -> None:
    await born(midwives)
    answer = await midwives.get("/follow-ups", limit="200")
    shown = {each["subject"] for each in answer.json()["follow_ups"]}
    (entry,) = await entries_of(dbs.admin("consent"), answer.headers["x-request-id"])
    assert entry["kind"] == "follow_ups_read"
    assert shown
    assert set(entry["subjects"]) == shown


async def test_page_by_page_each_is_told_once(midwives: Desk) -> None:
    desk = midwives.at(VISITING)
    children = {await born(desk) for _ in range(3)}
    seen: list[str] = []
    page = await desk.told("/follow-ups", limit="2")
    while True:
        assert len(page["follow_ups"]) <= 2
        seen += [each["subject"] for each in page["follow_ups"]]
        if page["next"] is None:
            break
        page = await desk.told("/follow-ups", limit="2", after=page["next"])
    assert sorted(each for each in seen if each in children) == sorted(children)


async def test_what_nobody_told_anything_about_is_nothing_to_do(midwives: Desk) -> None:
    mother = await midwives.person()
    child = await midwives.expected(mother)
    await midwives.no(child, new_need(), given_by=mother)
    await midwives.done(f"/persons/{child}/birth", {"born_on": days(0)})
    assert await midwives.to_do(child) == []


async def test_custody_recorded_for_the_first_time_changes_nothing_and_then_each_change_is_told(midwives: Desk) -> None:
    mother, father, child = await midwives.person(), await midwives.person(), await midwives.child()
    need, path = new_need(), f"/persons/{child}/custody"
    await midwives.done(path, {"holders": [mother], "since": days(-9)})
    await midwives.yes(child, need, given_by=mother)
    await midwives.done(path, {"holders": [mother], "since": days(-9)})
    assert await midwives.to_do(child) == []
    await midwives.done(path, {"holders": [mother, father], "since": days(-2)})
    await midwives.done(path, {"holders": [mother, father], "since": days(-2)})
    assert await midwives.to_do(child) == ["custody_changed"]
    await midwives.done(path, {"holders": [father], "since": days(-1)})
    assert await midwives.to_do(child) == ["custody_changed"] * 2


@pytest.mark.parametrize("ends", ["withdrawal", "renewal", "invalidation", "moving"])
async def test_of_a_consent_that_has_ended_or_for_which_another_stands_nobody_is_reminded(
    midwives: Desk, dbs: Databases, ends: str
) -> None:
    """R16: a renewal ends the reminder by itself, and so does everything else that ends the consent."""
    person, need, at = await midwives.person(), new_need(), datetime.now(UTC)
    near = (at + timedelta(days=20)).isoformat()
    number = await midwives.yes(person, need, recipients=[NORTH_HOUSE], valid_until=near)
    await remind(dbs, at)
    (told,) = await midwives.follow_ups(person)
    assert (told["kind"], told["consent"]) == ("expiring", number)
    if ends == "moving":
        home = {"municipality": NORTH, "acting_municipality": NORTH, "basis": "cpr_address", "since": days(-9)}
        await midwives.done(f"/persons/{person}/residence", home)
        away = home | {"acting_municipality": "0219", "since": days(-1)}
        await midwives.done(f"/persons/{person}/residence", away)
        assert await midwives.to_do(person) == ["moved"]
        return
    word = midwives.word(person)
    bodies: dict[str, dict[str, Any]] = {
        "withdrawal": {},
        "renewal": {name: word[name] for name in (
            "method", "given_at", "valid_until", "notice", "told_of_withdrawal", "active_choice")},
        "invalidation": {"cause": "recorded_in_error"},
    }  # fmt: skip
    await midwives.done(f"/consents/{number}/{ends}", bodies[ends])
    assert await midwives.follow_ups(person) == []
    await remind(dbs, at)
    assert await midwives.follow_ups(person) == []


async def test_what_was_done_by_whom_and_when_is_kept(midwives: Desk, dbs: Databases) -> None:
    child = await born(midwives)
    (told,) = await midwives.follow_ups(child)
    await midwives.done(f"/follow-ups/{told['id']}/done", {})
    sql = "SELECT done_by, done_at >= made_at AS later FROM follow_up WHERE id = $1::uuid"
    ((by, later),) = await rows(dbs.admin("consent"), sql, told["id"])
    assert (by, later) == ("user-1", True)


@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "201"}, {"after": "x"}, {"after": "6101901234"}])
async def test_a_page_that_cannot_be_is_refused(midwives: Desk, query: dict[str, str]) -> None:
    assert_problem(await midwives.get("/follow-ups", **query), 422)


async def test_what_is_done_is_named_by_an_id(midwives: Desk) -> None:
    assert_problem(await midwives.post(f"/follow-ups/{uuid4()}/done", {}), 404, "not_there")


async def remind(dbs: Databases, at: datetime) -> None:
    """Have the worker look for what ends soon."""
    database = Database(dbs.app("consent"), 1, "test")
    await database.open()
    await clock.remind_of_ends(database, at)
    await database.close()
