"""A meeting gets a time: who proposed it confirms it, may move it, and all who are invited hear of it."""

from datetime import timedelta
from typing import Any

import pytest

from shared.clock import now
from tests.referral.deciding import World
from tests.referral.families import parent
from tests.referral.test_meetings import SOON, call, proposed, received, record
from tests.support.story import Headers, Sent
from tests.support.town import FAMILY_HOUSE, MIDWIFERY, VISITING, assert_problem, entries_of

LATER = (now() + timedelta(days=9)).replace(microsecond=0).isoformat()


async def confirm(world: World, number: str, who: Headers, version: Any, at: Any = SOON) -> Any:
    """Confirm when a meeting is."""
    return await call(world, "POST", f"/meetings/{number}/confirmation", who, {"at": at}, version)


async def met(world: World) -> tuple[Sent, str]:
    """Return a request and a meeting about it that the midwives have proposed."""
    sent = await received(world)
    return sent, await proposed(world, sent)


async def test_a_meeting_is_confirmed_and_moved_and_the_invited_hear_of_it_each_time(world: World) -> None:
    sent, number = await met(world)
    done = await confirm(world, number, world.play.sender(), 1)
    assert (done.status_code, done.json()["state"], done.headers["etag"]) == (200, "confirmed", '"2"')
    (entry,) = [
        each
        for each in await entries_of(world.play.dbs.admin("referral"), done.headers["x-request-id"])
        if each["kind"] == "meeting_confirmed"
    ]
    assert (entry["meeting"], entry["task"]) == (number, sent.task)
    moved = await confirm(world, number, world.play.sender(), 2, LATER)
    assert moved.status_code == 200, moved.text
    seen = (await call(world, "GET", f"/meetings/{number}", world.play.recipient())).json()
    assert (seen["state"], seen["version"]) == ("confirmed", 3)
    assert seen["confirmed_for"].startswith(LATER[:16])
    assert (await world.heard(sent))[0][-2:] == ["meeting_confirmed", "meeting_confirmed"]


async def test_the_family_that_is_invited_hears_of_it(world: World) -> None:
    mother = parent(world)
    mother.speaks_for()
    road = [(mother.person, "health"), (mother.person, "own_wish")]
    sent = await world.posted(*road, subject=mother.person)
    assert (await world.play.read(sent.referral, world.play.recipient())).status_code == 200
    number = await proposed(world, sent, family_invited=True)
    assert (await confirm(world, number, world.play.sender(), 1)).status_code == 200
    told = (await mother.get("/my/events")).json()["events"]
    assert [each["kind"] for each in told if each["referral"] == sent.referral][-1] == "meeting_confirmed"
    assert (await mother.get(f"/my/meetings/{number}")).json()["state"] == "confirmed"


async def test_only_who_proposed_it_confirms_it_and_to_strangers_it_is_not_there(world: World) -> None:
    _, number = await met(world)
    assert_problem(await confirm(world, number, world.play.recipient(), 1), 409, "not_your_turn")
    assert_problem(await confirm(world, number, world.play.recipient(VISITING), 1), 404, "not_there")


@pytest.mark.parametrize(
    ("at", "code"), [("2020-01-01T10:00:00Z", "wrong_day"), (None, None), ("i morgen", None), ("6101901234", None)]
)
async def test_a_time_that_cannot_be_is_refused(world: World, at: Any, code: str | None) -> None:
    _, number = await met(world)
    answer = await confirm(world, number, world.play.sender(), 1, at)
    assert_problem(answer, 422, code)
    assert "6101901234" not in answer.text


async def test_it_is_confirmed_as_it_was_read_and_not_once_it_is_over(world: World) -> None:
    sent, number = await met(world)
    midwives = world.play.sender()
    assert_problem(await confirm(world, number, midwives, 7), 412)
    assert (await confirm(world, number, midwives, 1)).status_code == 200
    written = await call(world, "POST", f"/meetings/{number}/record", midwives, record(sent.subject), 2)
    assert (written.status_code, written.json()["state"]) == (200, "held")
    assert_problem(await confirm(world, number, midwives, 3), 409, "wrong_state")


async def test_a_confirmed_meeting_may_be_answered_for_its_time_and_called_off(world: World) -> None:
    _, number = await met(world)
    midwives, house = world.play.sender(), world.play.recipient()
    assert (await confirm(world, number, midwives, 1, LATER)).status_code == 200
    answered = await call(world, "POST", f"/meetings/{number}/answers", house, {"comes": True, "time": LATER})
    assert [each["unit"] for each in answered.json()["answers"]] == [FAMILY_HOUSE]
    off = await call(world, "POST", f"/meetings/{number}/cancellation", midwives, {}, 2)
    assert off.json()["state"] == "cancelled"


async def test_a_confirmed_meeting_ends_with_its_task(world: World) -> None:
    sent, number = await met(world)
    assert (await confirm(world, number, world.play.sender(), 1)).status_code == 200
    assert (await world.play.decline(sent.task, 2)).status_code == 200
    seen = await call(world, "GET", f"/meetings/{number}", world.play.sender())
    assert seen.json()["state"] == "cancelled"


async def test_of_a_hidden_course_the_sender_cannot_confirm_nor_see_the_time(world: World) -> None:
    told = []
    for answer in (world.play.accept, world.play.decline):
        sent, number = await met(world)
        assert (await confirm(world, number, world.play.sender(), 1)).status_code == 200
        world.consent.permit([], FAMILY_HOUSE, MIDWIFERY)
        assert (await answer(sent.task, 2)).status_code == 200
        seen = (await call(world, "GET", f"/meetings/{number}", world.play.sender())).json()
        again = await confirm(world, number, world.play.sender(), 2)
        assert_problem(again, 409, "wrong_state")
        told.append((seen["state"], seen["confirmed_for"], again.json()["allowed"]))
    assert told[0] == told[1] == (None, None, [])
