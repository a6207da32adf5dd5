"""Ways around § 11 e that somebody might try, or bad luck might open; none of them is one."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from shared.auth import Role
from shared.ids import new_id
from tests.conftest import Databases
from tests.consent.section11e_steps import called, clocked, follow_up, held, hold, no, posted, refused_for
from tests.consent.section11e_world import (
    AUTHORITY,
    CONTRACTED,
    DAYCARE,
    GP,
    JOBCENTER,
    NEIGHBOUR,
    SCHOOL,
    SECRET,
    VISITORS,
    VOLUNTEERS,
    World,
    the_world,
)
from tests.support.keys import Keys
from tests.support.town import assert_problem, rows

TOLD = {"category": "health", "text": SECRET}


@pytest.fixture
async def world(dbs: Databases, keys: Keys) -> AsyncIterator[World]:
    """The municipality."""
    async with the_world(dbs, keys) as lent:
        yield lent


async def does(world: World, meeting: str, unit: str, *steps: str) -> Any:
    """Take steps of a meeting one after the other; return the last answer."""
    for step in steps:
        answer = await world.ask("POST", f"/meetings/{meeting}/{step}", world.by(unit))
        assert answer.status_code == 200, answer.text
    return answer.json()


async def seen(world: World, meeting: str, unit: str) -> dict[str, Any]:
    """Return a meeting as somebody of the unit sees it."""
    answer = await world.ask("GET", f"/meetings/{meeting}", world.by(unit))
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def merged(world: World, kept: str, gone: str, undone: str = "") -> None:
    """Let two records be one child's, or again be two."""
    await posted(world, f"/persons/{kept}/merger{undone}", {"other": gone, "reason": "Det samme barn."})


async def test_what_one_left_on_the_table_and_another_saw_who_came_later_spends_the_meeting(world: World) -> None:
    _, meeting = await called(world)
    await world.now(meeting)
    await does(world, meeting, VISITORS, "opening")
    assert (await world.bring(meeting, VISITORS)).status_code == 201
    await does(world, meeting, VISITORS, "departure")
    await does(world, meeting, DAYCARE, "presence")
    assert SECRET in (await world.ask("GET", f"/meetings/{meeting}/room", world.by(DAYCARE))).text
    await does(world, meeting, DAYCARE, "departure")
    assert (await does(world, meeting, VISITORS, "end"))["state"] == "held"


async def test_it_does_so_by_a_clock_that_was_set_back_too(world: World) -> None:
    clock = clocked(world)
    _, meeting = await called(world)
    await world.now(meeting)
    await does(world, meeting, VISITORS, "opening")
    clock.goes(minutes=5)
    assert (await world.bring(meeting, VISITORS)).status_code == 201
    clock.goes(minutes=-5)
    await does(world, meeting, VISITORS, "departure")
    await does(world, meeting, DAYCARE, "presence", "departure")
    assert (await does(world, meeting, VISITORS, "end"))["state"] == "held"


async def test_who_had_gone_before_anything_was_on_the_table_and_met_nobody_spends_nothing(world: World) -> None:
    _, meeting = await called(world)
    await world.now(meeting)
    await does(world, meeting, VISITORS, "opening", "departure")
    await does(world, meeting, DAYCARE, "presence", "departure")
    await does(world, meeting, VISITORS, "presence")
    assert (await world.bring(meeting, VISITORS)).status_code == 201
    assert (await does(world, meeting, VISITORS, "end"))["state"] == "not_held"


@pytest.mark.parametrize("unit", [JOBCENTER, VOLUNTEERS, GP, CONTRACTED])
async def test_a_leader_of_what_is_no_authority_around_children_leads_nothing(world: World, unit: str) -> None:
    matter, meeting = await held(world)
    number = (await world.call(matter, kind="follow_up", special_circumstances="Nyt.")).json()["id"]
    leader = world.leader(unit)
    for method, path, body in (
        ("GET", f"/matters/{matter}", None), ("GET", f"/meetings/{meeting}", None),
        ("POST", f"/meetings/{number}/approval", {"approves": True}),
    ):  # fmt: skip
        assert_problem(await world.ask(method, path, leader, json=body), 404, "not_there")
    assert (await world.ask("GET", "/waiting", leader)).json() == {"waiting": []}
    over = (await world.ask("GET", "/overdue", leader)).json()
    assert (over["municipality"], over["overdue"], over["counts"]) == (None, [], {"outcome": 0, "informing": 0})
    terms = {"ppr": False, "unborn": True, "unborn_basis": "Det mener vi."}
    assert (await world.ask("POST", "/terms", leader, json=terms)).status_code in {403, 404}


async def test_a_guest_is_not_told_what_it_led_to_or_why_the_family_is_not_told(world: World) -> None:
    meeting = await world.held(
        attendees=[world.guest(DAYCARE), world.guest(NEIGHBOUR, elsewhere_because="Barnet har gået der.")]
    )
    visitor = world.by(VISITORS)
    for step, body in (("outcome", {"outcome": "concern_report"}),
                       ("informing", {"not_informed_because": "mistanke_overgreb"})):  # fmt: skip
        assert (await world.ask("POST", f"/meetings/{meeting}/{step}", visitor, json=body)).status_code == 200
    for guest in (DAYCARE, NEIGHBOUR):
        listed = (await world.ask("GET", "/meetings", world.by(guest), params={"limit": 200})).json()["meetings"]
        lines = [each for each in listed if each["id"] == meeting]
        assert len(lines) == 1
        for told in (*lines, await seen(world, meeting, guest)):
            assert (told["outcome"], told["not_informed_because"]) == (None, None)
    told = await seen(world, meeting, VISITORS)
    assert (told["outcome"], told["not_informed_because"]) == ("concern_report", "mistanke_overgreb")
    (line,) = [each for each in (await world.ask("GET", "/meetings", visitor, params={"limit": 200})).json()["meetings"]
               if each["id"] == meeting]  # fmt: skip
    assert (line["outcome"], line["not_informed_because"]) == ("concern_report", "mistanke_overgreb")


async def test_a_guest_is_told_which_child_in_the_room_and_not_before_or_after(world: World) -> None:
    child = await world.child()
    meeting = await world.opened(
        child, attendees=[world.guest(DAYCARE), world.guest(NEIGHBOUR, elsewhere_because="Barnet har gået der.")]
    )
    assert (await seen(world, meeting, NEIGHBOUR))["child"] is None  # invited, and not there
    await does(world, meeting, NEIGHBOUR, "presence")
    assert (await seen(world, meeting, NEIGHBOUR))["child"] == child
    await does(world, meeting, NEIGHBOUR, "departure")
    assert (await seen(world, meeting, NEIGHBOUR))["child"] is None
    assert (await seen(world, meeting, DAYCARE))["child"] == child


async def test_whether_a_colleague_chose_to_share_is_for_them_and_the_auditor(world: World) -> None:
    meeting = await world.opened()
    for who, shares in ((DAYCARE, False), (VISITORS, True)):
        choice = await world.ask("POST", f"/meetings/{meeting}/choice", world.by(who), json={"shares": shares})
        assert choice.status_code == 200, choice.text

    async def shown(who: Any) -> dict[str, Any]:
        told = (await world.ask("GET", f"/meetings/{meeting}", who)).json()
        return {each["unit"]: each["shares"] for each in told["attendees"]}

    assert await shown(world.by(VISITORS)) == {VISITORS: True, DAYCARE: None}
    assert await shown(world.by(DAYCARE)) == {VISITORS: None, DAYCARE: False}
    for other in (world.by(VISITORS, "a-colleague"), world.leader(), world.by(DAYCARE, "leader-2", Role.LEAD)):
        assert await shown(other) == {VISITORS: None, DAYCARE: None}
    for who in (VISITORS, DAYCARE):
        room = await world.ask("GET", f"/meetings/{meeting}/room", world.by(who))
        assert "shares" not in room.text
    audit = await world.client.get("/audit/section-11e/meetings", params={"state": "open", "limit": 500},
                                   headers=world.keys.party("consent", Role.AUDITOR))  # fmt: skip
    (told,) = [each for each in audit.json()["meetings"] if each["id"] == meeting]
    assert {each["unit"]: each["shares"] for each in told["attendees"]} == {VISITORS: True, DAYCARE: False}


async def test_a_meeting_whose_no_stands_no_more_is_not_opened(world: World) -> None:
    child = await world.child()
    refusal, said = await refused_for(world, child)
    _, meeting = await called(world, child, consent_attempt={"refusal": refusal})
    until = (datetime.now(UTC) + timedelta(days=90)).isoformat()
    yes = {"valid_until": until, "mutual": False, "told_of_withdrawal": True, "active_choice": True}
    await posted(world, "/consents", said | yes | {"supersedes": [refusal]})
    await world.now(meeting)
    answer = await world.ask("POST", f"/meetings/{meeting}/opening", world.by(VISITORS))
    await no(world, answer, 422, "section_11e_consent_not_tried", "R9")
    assert (await world.state(meeting))["state"] == "scheduled"
    assert_problem(await world.ask("POST", f"/meetings/{meeting}/presence", world.by(DAYCARE)), 403)


async def test_a_no_that_was_taken_back_is_no_attempt_and_opens_nothing(world: World) -> None:
    child = await world.child()
    refusal, _ = await refused_for(world, child)
    matter, meeting = await called(world, child, consent_attempt={"refusal": refusal})
    await posted(world, f"/refusals/{refusal}/withdrawal", {})
    await world.now(meeting)
    opening = await world.ask("POST", f"/meetings/{meeting}/opening", world.by(VISITORS))
    await no(world, opening, 422, "section_11e_consent_not_tried", "R9")
    await world.ask("POST", f"/meetings/{meeting}/cancellation", world.by(VISITORS))
    again = await world.call(matter, consent_attempt={"refusal": refusal})
    assert await no(world, again, 422, "section_11e_consent_not_tried", "R9")


async def test_two_records_of_one_child_do_not_give_it_two_first_meetings(world: World) -> None:
    one, other = await world.child(units=(VISITORS,)), await world.child(units=(VISITORS,))
    (_, first), (_, second) = await called(world, one), await called(world, other)
    third = (await world.matter(await world.child(units=(VISITORS,)))).json()["id"]
    await merged(world, one, other)
    assert await hold(world, first) == "held"
    await world.now(second)
    answer = await world.ask("POST", f"/meetings/{second}/opening", world.by(VISITORS))
    await no(world, answer, 409, "section_11e_not_approved")
    assert (await world.call(third)).status_code == 201  # of another child


async def test_nor_is_another_called_once_they_are_known_to_be_one(world: World) -> None:
    one, other = await world.child(units=(VISITORS,)), await world.child(units=(VISITORS,))
    await called(world, one)
    matter = (await world.matter(other)).json()["id"]
    await merged(world, one, other)
    assert await no(world, await world.call(matter), 409, "section_11e_not_approved")


async def test_a_meeting_stays_with_the_child_it_was_called_for_when_two_children_are_parted_again(
    world: World,
) -> None:
    one, other = await world.child(units=(VISITORS,)), await world.child(units=(VISITORS,))
    await merged(world, one, other)
    matter, _ = await called(world, other)
    await merged(world, one, other, "/undoing")
    told = (await world.ask("GET", f"/matters/{matter}", world.by(VISITORS))).json()
    assert told["child"] == other
    assert (await world.matter(one)).json()["state"] == "open"  # it has had none
    assert (await world.matter(other)).json()["code"] == "section_11e_new_matter_needs_reason"


async def _as_the_service(world: World, sql: str, *given: Any) -> str:
    connection = await asyncpg.connect(world.dbs.app("consent"))
    try:
        return str(await connection.execute(sql, *given))
    finally:
        await connection.close()


@pytest.mark.parametrize("state", ["cancelled", "not_held", "lapsed", "declined", "open", "scheduled"])
async def test_the_database_itself_lets_no_held_meeting_be_anything_else(world: World, state: str) -> None:
    _, meeting = await held(world)
    with pytest.raises(asyncpg.CheckViolationError):
        await _as_the_service(world, "UPDATE section11e_meeting SET state = $2 WHERE id = $1", UUID(meeting), state)


async def _copied(world: World, meeting: str, **changed: str) -> str:
    columns = [row["name"] for row in await rows(world.dbs.admin("consent"), "SELECT column_name AS name FROM "
               "information_schema.columns WHERE table_name = 'section11e_meeting'")]  # fmt: skip
    told = ", ".join({"id": "$1", **changed}.get(name, name) for name in columns)
    sql = f"INSERT INTO section11e_meeting ({', '.join(columns)}) SELECT {told} FROM section11e_meeting WHERE id = $2"
    return await _as_the_service(world, sql, new_id(), UUID(meeting))


async def test_the_database_itself_asks_for_a_held_meeting_a_reason_an_attempt_and_a_leader(world: World) -> None:
    _, meeting = await called(world)
    follow = {"kind": "'follow_up'", "special_circumstances": "'Nyt.'", "state": "'awaiting_approval'"}
    for changed in (
        follow,
        {"state": "'cancelled'", "necessity": "' '"},
        {"state": "'cancelled'", "consent_impossible_why": "' '"},
        {"state": "'cancelled'", "consent_impossible_why": "NULL"},
        {"state": "'cancelled'", "consent_impossible": "NULL"},
        {"state": "'cancelled'", "leader": "by_user"},
        follow | {"state": "'cancelled'", "special_circumstances": "' '"},
    ):  # fmt: skip
        with pytest.raises(asyncpg.CheckViolationError):
            await _copied(world, meeting, **changed)
    await hold(world, meeting)
    assert await _copied(world, meeting, **follow) == "INSERT 0 1"


async def test_the_database_itself_lets_no_meeting_be_called_in_a_matter_no_leader_approved(world: World) -> None:
    child = await world.child()
    _, meeting = await called(world, child)
    waits = (await world.matter(child, reason="Nye forhold.")).json()["id"]
    with pytest.raises(asyncpg.CheckViolationError):
        await _copied(world, meeting, matter=f"'{waits}'::uuid")
    decline = {"approves": False}
    assert (await world.ask("POST", f"/matters/{waits}/approval", world.leader(), json=decline)).status_code == 200
    with pytest.raises(asyncpg.CheckViolationError):
        await _copied(world, meeting, matter=f"'{waits}'::uuid")
    with pytest.raises(asyncpg.CheckViolationError):
        await _as_the_service(world, "UPDATE section11e_matter SET state = 'open', approved_by = 'leader-1' "
                              "WHERE id = $1", UUID(waits))  # fmt: skip


async def test_the_planners_statistics_keep_nothing_of_what_was_brought(world: World) -> None:
    meeting = await world.opened()
    for n in range(3):
        assert (await world.bring(meeting, text=f"{SECRET} {n}")).status_code == 201
    admin = world.dbs.admin("consent")
    await rows(admin, "ANALYZE section11e_brought")
    try:
        kept = await rows(admin, "SELECT attname FROM pg_stats WHERE tablename = 'section11e_brought'")
        assert "sealed" not in {row["attname"] for row in kept}
        assert kept != []
    finally:
        await rows(admin, "DELETE FROM section11e_brought WHERE meeting = $1", UUID(meeting))
        await rows(admin, "ANALYZE section11e_brought")


async def test_a_leaders_look_at_what_waits_is_on_the_ledger(world: World) -> None:
    answer = await world.ask("GET", "/waiting", world.leader())
    sql = "SELECT entry->>'kind', entry->>'municipality' FROM ledger_entry WHERE entry->>'request' = $1"
    number = answer.headers["x-request-id"]
    kept = await rows(world.dbs.admin("consent"), sql, number)
    assert [tuple(each) for each in kept] == [("section11e_waiting_read", "0217")]


async def test_who_comes_is_for_the_unit_that_called_it_to_say(world: World) -> None:
    matter, _ = await held(world)
    number = await follow_up(world, matter)
    more = {"attendees": [world.guest(SCHOOL)]}
    for who in (world.by(DAYCARE), world.by(AUTHORITY), world.by(SCHOOL)):
        answer = await world.ask("POST", f"/meetings/{number}/attendees", who, json=more)
        assert_problem(answer, 404, "not_there")
