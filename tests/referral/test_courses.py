"""A course: everything under one need as each party may see it, and its coordinator, who thereby sees nothing."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from shared.auth import Role
from shared.clock import danish_date, now
from tests.referral.deciding import World
from tests.referral.holding import House
from tests.support.story import Headers, Sent
from tests.support.town import (
    FAMILY_HOUSE,
    JOBCENTER,
    MIDWIFERY,
    VISITING,
    VOLUNTEERS,
    assert_problem,
    counted,
    entries_of,
    refused_once,
    rows,
)

SINCE = "2026-05-04"


@pytest.fixture
def house(world: World) -> House:
    """The family house, and somebody it helps."""
    return House(world)


async def course(house: House, need: str, headers: Headers, **params: Any) -> Any:
    """Return the course as a party sees it."""
    answer = await house.world.play.referral.get(f"/courses/{need}", params=params, headers=headers)
    assert answer.status_code == 200, answer.text
    assert house.subject not in answer.text
    return answer.json()


async def name(house: House, need: str, headers: Headers, **changes: Any) -> Any:
    """Name a coordinator."""
    body = {"unit": FAMILY_HOUSE, "user": "user-7", "since": SINCE} | changes
    return await house.world.play.referral.put(f"/courses/{need}/coordinator", json=body, headers=headers)


async def two_under_one_need(house: House) -> tuple[Sent, Sent]:
    """Return a referral to the family house, and one it led to, to the volunteers, under the same need."""
    first = await house.received()
    kinds = [(house.subject, "health"), (house.subject, "own_wish")]
    house.world.consent.permit(kinds, MIDWIFERY, VOLUNTEERS)
    second = await house.world.posted(
        *kinds, subject=house.subject, need=first.need, recipients=[VOLUNTEERS], continues=first.referral
    )
    return first, second


async def test_the_sender_sees_the_course_in_order_with_its_chain(house: House) -> None:
    first, second = await two_under_one_need(house)
    told = await course(house, first.need, house.world.play.sender())
    assert [each["id"] for each in told["referrals"]] == [first.referral, second.referral]
    assert [each["continues"] for each in told["referrals"]] == [None, first.referral]
    assert [each["tasks"][0]["state"] for each in told["referrals"]] == ["received", "sent"]


async def test_a_recipient_sees_its_own_part_and_no_count_of_the_rest(house: House) -> None:
    first, second = await two_under_one_need(house)
    told = await course(house, first.need, house.world.play.recipient())
    assert [each["id"] for each in told["referrals"]] == [first.referral]
    assert [each["recipient"] for each in told["referrals"][0]["tasks"]] == [FAMILY_HOUSE]
    assert second.referral not in str(told)
    assert VOLUNTEERS not in str(told)
    theirs = await course(house, first.need, house.world.play.recipient(VOLUNTEERS))
    assert [(each["id"], each["continues"]) for each in theirs["referrals"]] == [(second.referral, None)]


async def test_a_page_tells_nothing_of_what_is_not_there(house: House) -> None:
    first, _ = await two_under_one_need(house)
    full = await course(house, first.need, house.world.play.sender(), limit=1)
    assert len(full["referrals"]) == 1
    rest = await course(house, first.need, house.world.play.sender(), limit=1, after=full["next"])
    assert rest["referrals"][0]["id"] != full["referrals"][0]["id"]
    mine = await course(house, first.need, house.world.play.recipient(), limit=2)
    assert mine["next"] is None


async def test_a_course_that_may_not_be_told_is_hidden_here_too(house: House) -> None:
    told = []
    for how in ("accept", "decline"):
        sent = await house.received(course=False)
        await (house.world.play.accept if how == "accept" else house.world.play.decline)(sent.task, 2)
        (stage,) = (await course(house, sent.need, house.world.play.sender()))["referrals"]
        (task,) = stage["tasks"]
        told.append(task | {"id": None})
        assert (task["state"], task["withheld"]) == (None, "no_consent")
    assert told[0] == told[1]


async def test_nothing_is_shown_while_consent_does_not_answer(house: House) -> None:
    sent = await house.taken_on()
    house.world.consent.down_for = frozenset({"hear"})
    answer = await house.world.play.referral.get(f"/courses/{sent.need}", headers=house.world.play.sender())
    assert_problem(answer, 503)


async def test_who_has_no_part_in_it_gets_no_and_the_attempt_is_on_the_ledger(house: House) -> None:
    sent = await house.received()
    play = house.world.play
    other = play.keys.party("referral", Role.REFER, Role.RECEIVE, unit=JOBCENTER)
    before = await counted(play.dbs.admin("referral"))
    number = {"X-Request-Id": str(uuid4())}
    theirs = assert_problem(await play.referral.get(f"/courses/{sent.need}", headers=other | number), 404, "not_there")
    assert await counted(play.dbs.admin("referral")) == refused_once(before)
    (entry,) = await entries_of(play.dbs.admin("referral"), number["X-Request-Id"])
    assert (entry["kind"], entry["need"]) == ("access_refused", sent.need)
    nowhere = assert_problem(await play.referral.get(f"/courses/{uuid4()}", headers=other), 404, "not_there")
    assert theirs | {"instance": ""} == nowhere | {"instance": ""}
    assert_problem(await name(house, sent.need, other), 404, "not_there")


async def test_what_never_went_out_makes_nobody_a_party(house: House) -> None:
    sent = await house.world.posted(subject=house.subject)
    answer = await house.world.play.referral.get(f"/courses/{sent.need}", headers=house.world.play.recipient())
    assert_problem(answer, 404, "not_there")


async def test_each_reading_of_a_course_is_on_the_ledger(house: House) -> None:
    sent, number = await house.received(), {"X-Request-Id": str(uuid4())}
    await course(house, sent.need, house.world.play.recipient() | number)
    (entry,) = await entries_of(house.world.play.dbs.admin("referral"), number["X-Request-Id"])
    assert (entry["kind"], entry["need"], entry["actor"]["unit"]) == ("course_read", sent.need, FAMILY_HOUSE)


async def test_a_coordinator_is_named_by_a_party_and_those_before_are_kept(house: House) -> None:
    sent = await house.received()
    for unit, user, since in ((MIDWIFERY, "user-1", "2026-03-01"), (FAMILY_HOUSE, "user-7", SINCE)):
        answer = await name(house, sent.need, house.world.play.sender(), unit=unit, user=user, since=since)
        assert (answer.status_code, answer.json()["unit"]) == (200, unit)
    assert (await name(house, sent.need, house.world.play.sender())).status_code == 200, "said twice, kept once"
    for party in (house.world.play.sender(), house.world.play.recipient()):
        told = await course(house, sent.need, party)
        assert told["coordinator"] == {"unit": FAMILY_HOUSE, "user": "user-7", "since": SINCE}
        assert [each["user"] for each in told["coordinators"]] == ["user-7", "user-1"]
    found = await rows(
        house.world.play.dbs.admin("referral"),
        "SELECT entry->>'unit' AS unit FROM ledger_entry WHERE entry->>'kind' = 'coordinator_named' "
        "AND entry->>'need' = $1 ORDER BY n", sent.need,
    )  # fmt: skip
    assert [row["unit"] for row in found] == [MIDWIFERY, FAMILY_HOUSE]


async def test_being_named_opens_nothing(house: House) -> None:
    """Seeing still needs consent (R59)."""
    sent = await house.received()
    assert (await name(house, sent.need, house.world.play.sender(), unit=VISITING)).status_code == 200
    visiting = house.world.play.keys.party("referral", Role.REFER, Role.RECEIVE, unit=VISITING)
    for path in (f"/courses/{sent.need}", f"/referrals/{sent.referral}"):
        assert_problem(await house.world.play.referral.get(path, headers=visiting), 404, "not_there")
    assert sent.task not in (await house.world.play.referral.get("/tasks", headers=visiting)).text


async def test_a_coordinator_at_a_unit_one_does_not_know_of_is_not_told(house: House) -> None:
    """That another unit takes part is for the family to tell."""
    first, _ = await two_under_one_need(house)
    assert (await name(house, first.need, house.world.play.recipient(VOLUNTEERS), unit=VOLUNTEERS)).status_code == 200
    told = await course(house, first.need, house.world.play.recipient())
    assert (told["coordinator"], told["coordinators"]) == (None, [])
    house.world.consent.permit([(house.subject, "course")], VOLUNTEERS, MIDWIFERY)
    assert (await course(house, first.need, house.world.play.sender()))["coordinator"]["unit"] == VOLUNTEERS


@pytest.mark.parametrize("named", [FAMILY_HOUSE, MIDWIFERY])
async def test_a_coordinator_that_a_recipient_has_named_is_the_course_for_the_sender(house: House, named: str) -> None:
    """R26."""
    sent = await house.taken_on(course=False)
    assert (await name(house, sent.need, house.world.play.sender(), user="user-1")).status_code == 200
    assert (await name(house, sent.need, house.world.play.recipient(), unit=named)).status_code == 200
    told = await course(house, sent.need, house.world.play.sender())
    assert told["coordinator"]["user"] == "user-1"
    assert [each["user"] for each in told["coordinators"]] == ["user-1"]
    assert (await course(house, sent.need, house.world.play.recipient()))["coordinator"]["user"] == "user-7"
    house.world.consent.permit([(house.subject, "course")], FAMILY_HOUSE, MIDWIFERY)
    told = await course(house, sent.need, house.world.play.sender())
    assert [each["user"] for each in told["coordinators"]] == ["user-7", "user-1"]
    house.world.consent.permit([], FAMILY_HOUSE, MIDWIFERY)
    house.world.consent.down_for = frozenset({"hear"})
    answer = await house.world.play.referral.get(f"/courses/{sent.need}", headers=house.world.play.sender())
    assert_problem(answer, 503)


async def test_whose_part_is_over_names_nobody(house: House) -> None:
    """R18."""
    sent = await house.received()
    await house.world.permit(sent)
    answer = await name(house, sent.need, house.world.play.recipient())
    assert_problem(answer, 409, "wrong_state")
    sql = "SELECT 1 FROM coordinator WHERE need::text = $1"
    assert await rows(house.world.play.dbs.admin("referral"), sql, sent.need) == []


async def test_who_only_posts_under_a_need_names_nobody_and_hides_nobody(house: House) -> None:
    sent = await house.received()
    assert (await name(house, sent.need, house.world.play.sender())).status_code == 200
    play = house.world.play
    stranger = play.keys.party("referral", Role.REFER, Role.RECEIVE, unit=JOBCENTER)
    await play.post(house.subject, stranger, need=sent.need)
    assert_problem(await name(house, sent.need, stranger, unit=JOBCENTER), 409, "wrong_state")
    assert (await course(house, sent.need, play.recipient()))["coordinator"]["unit"] == FAMILY_HOUSE


async def test_a_newer_coordinator_one_does_not_know_of_hides_none_that_one_does(house: House) -> None:
    first, _ = await two_under_one_need(house)
    assert (await name(house, first.need, house.world.play.sender())).status_code == 200
    assert (await name(house, first.need, house.world.play.recipient(VOLUNTEERS), unit=VOLUNTEERS)).status_code == 200
    assert (await course(house, first.need, house.world.play.recipient()))["coordinator"]["unit"] == FAMILY_HOUSE


async def test_a_sender_may_name_one_whatever_was_answered(house: House) -> None:
    for how in ("accept", "decline"):
        sent = await house.received(course=False)
        await (house.world.play.accept if how == "accept" else house.world.play.decline)(sent.task, 2)
        assert (await name(house, sent.need, house.world.play.sender())).status_code == 200


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"unit": "nowhere"}, "unknown_unit"),
        ({"since": str(danish_date(now()) + timedelta(days=1))}, "since_in_the_future"),
        ({"since": "i går"}, None),
        ({"user": "Anna Hansen"}, None),
        ({"user": "6101901234"}, None),
        ({"unit": None}, None),
        ({"opens": True}, None),
    ],
)
async def test_a_coordinator_that_is_wrong_in_a_field_is_refused(
    house: House, wrong: dict[str, Any], code: str | None
) -> None:
    sent = await house.received()
    answer = await name(house, sent.need, house.world.play.sender(), **wrong)
    assert_problem(answer, 422, code)
    assert "6101901234" not in answer.text
    assert (await course(house, sent.need, house.world.play.sender()))["coordinators"] == []
