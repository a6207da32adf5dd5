"""The waiting list: by recorded recommendation, then by time; who waits has not dropped out (requirement 25)."""

import asyncio
import itertools
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.referral.domain.lifecycle import Party, Step, TaskState, allowed
from services.referral.domain.model import ReferralId, TaskId
from services.referral.domain.runs import Form, Ground, Recommendation, Waiting, in_order
from shared.auth import Role
from tests.referral.deciding import World
from tests.referral.holding import House
from tests.support.town import MIDWIFERY, assert_problem, rows

AT = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)


@pytest.fixture
def house(world: World) -> House:
    """The family house, and somebody it helps."""
    return House(world)


def waits(number: int, recommendation: Recommendation, days: int) -> Waiting:
    """Return somebody on a list."""
    since = AT - timedelta(days=days)
    return Waiting(
        TaskId(UUID(int=number)), ReferralId(UUID(int=9)), "offer", None, recommendation, Form.ANY, Ground.OTHER, since,
        AT, "user",
    )  # fmt: skip


def test_the_stronger_recommendation_goes_first_and_then_the_longer_wait() -> None:
    expected = [
        waits(4, Recommendation.STRONGLY, 9),
        waits(1, Recommendation.STRONGLY, 2),
        waits(3, Recommendation.RECOMMENDED, 30),
        waits(2, Recommendation.RECOMMENDED, 1),
        waits(5, Recommendation.POSSIBLE, 400),
    ]
    for mixed in itertools.permutations(expected):
        assert in_order(mixed) == expected


def test_a_newer_assessment_of_the_same_strength_does_not_move_anybody_back() -> None:
    first, second = waits(1, Recommendation.POSSIBLE, 9), waits(2, Recommendation.POSSIBLE, 8)
    assert in_order([second, replace(first, at=AT + timedelta(days=1))])[0].task == first.task


def test_who_waits_can_say_no_but_never_drops_out() -> None:
    for by in Party:
        assert Step.DROP_OUT not in allowed(TaskState.WAITING, by)
    assert Step.FAMILY_DECLINES in allowed(TaskState.WAITING, Party.FAMILY)
    assert Step.FAMILY_DECLINES in allowed(TaskState.WAITING, Party.RECIPIENT)


async def test_the_list_goes_by_recommendation_and_keeps_the_time_when_assessed_anew(house: House) -> None:
    run = await house.run()
    possible, first, second = [await house.listed(each) for each in ("possible", "recommended", "recommended")]
    assert await house.order(run) == [first.task, second.task, possible.task]
    since = (await house.get(f"/tasks/{possible.task}/waiting"))["since"]
    assert (await house.put_on_list(possible, "strongly", reason="several_needs")).status_code == 200
    assert (await house.put_on_list(first, "recommended", form="online")).status_code == 200
    assert await house.order(run) == [possible.task, first.task, second.task]
    told = await house.get(f"/tasks/{possible.task}/waiting")
    assert [(each["recommendation"], each["reason"], each["by"]) for each in told["assessed"]] == [
        ("possible", "birth_is_near", "therapist-1"),
        ("strongly", "several_needs", "therapist-1"),
    ]
    assert told["since"] == since
    assert (await house.row(possible))["state"] == "waiting"


async def test_putting_on_the_list_lets_a_place_go(house: House) -> None:
    run, sent = await house.run(1), await house.taken_on()
    assert (await house.step(sent, "place", {"run": run})).status_code == 200
    assert (await house.put_on_list(sent, offer=None, run=run)).status_code == 200
    assert await house.places(run) == (0, 1)
    assert await house.order(run) == [sent.task]


async def test_who_waits_for_one_run_is_not_on_the_list_of_another(house: House) -> None:
    one, other, elsewhere = await house.run(), await house.run(), await house.run(offer="another-group")
    for_one, for_any = await house.listed(offer=None, run=one), await house.listed()
    assert await house.order(one) == [for_one.task, for_any.task]
    assert await house.order(other) == [for_any.task]
    assert await house.order(elsewhere) == []
    headers = house.world.play.recipient() | {"If-Match": '"1"'}
    closed = await house.world.play.referral.post(f"/runs/{one}/closing", json={}, headers=headers)
    assert closed.status_code == 200
    assert await house.order(other) == [for_one.task, for_any.task], "who waited for what closed waits for the offer"


async def test_a_round_invites_the_next_ones_and_tells_their_senders(house: House) -> None:
    run = await house.run(2)
    possible, strongly, recommended = [await house.listed(each) for each in ("possible", "strongly", "recommended")]
    answer = await house.invite(run, 3)
    assert (answer.status_code, answer.json()["tasks"]) == (201, [strongly.task, recommended.task]), "two places"
    assert await house.order(run) == [possible.task]
    assert await house.places(run) == (2, 0)
    assert_problem(await house.invite(run, 1), 409, "run_full")
    assert (await house.world.heard(strongly))[1][-2:] == ["waiting", "accepted"]
    assert (await house.world.heard(possible))[1][-1] == "waiting"
    (told,) = (await house.get(f"/runs/{run}"))["rounds"]
    assert (told["tasks"], told["by"]) == ([strongly.task, recommended.task], "therapist-1")


async def test_a_sender_who_may_not_hear_the_course_hears_nothing_of_the_list(house: House) -> None:
    run, sent = await house.run(), await house.taken_on(course=False)
    assert (await house.put_on_list(sent)).status_code == 200
    assert (await house.invite(run, 1)).json()["tasks"] == [sent.task]
    hidden = (await house.world.heard(sent))[1]
    other = await house.received(course=False)
    await house.world.play.decline(other.task, 2)
    assert hidden == (await house.world.heard(other))[1], "it looks like a no"


async def test_the_same_invitation_posted_twice_invites_once(house: House) -> None:
    run, key = await house.run(5), {"Idempotency-Key": str(uuid4())}
    sent = [await house.listed() for _ in range(3)]
    first, second = await house.invite(run, 1, **key), await house.invite(run, 1, **key)
    assert first.json() == second.json()
    assert (first.json()["tasks"], second.headers["idempotency-replayed"]) == ([sent[0].task], "true")
    assert await house.places(run) == (1, 4)
    assert_problem(await house.invite(run, 2, **key), 409)


async def test_rounds_at_once_invite_nobody_twice_and_no_more_than_there_are_places(house: House) -> None:
    run = await house.run(4)
    sent = {(await house.listed()).task for _ in range(7)}
    answers = await asyncio.gather(*(house.invite(run, 1) for _ in range(6)))
    invited = [task for answer in answers if answer.status_code == 201 for task in answer.json()["tasks"]]
    assert (len(invited), len(set(invited))) == (4, 4)
    assert set(invited) < sent
    assert await house.places(run) == (4, 0)


async def test_who_leaves_while_a_round_goes_out_is_not_invited_and_the_next_one_is(house: House) -> None:
    for _ in range(4):
        run = await house.run(1, offer="group-raced")
        sent = [await house.listed(offer="group-raced") for _ in range(2)]
        steps = [house.invite(run, 1), house.step(sent[0], "family-decline", {"reason": "waited_too_long"})]
        random.shuffle(steps)
        await asyncio.gather(*steps)
        states = [(await house.row(each))["state"] for each in sent]
        assert states in (["family_declined", "accepted"], ["accepted", "waiting"], ["family_declined", "waiting"])
        taken, _ = await house.places(run)
        assert taken == states.count("accepted")
        for each in sent:
            await house.step(each, "family-decline", {"reason": "timing"})


async def test_leaving_the_list_is_the_familys_no_with_its_own_reason(house: House) -> None:
    run, sent = await house.run(), await house.listed()
    assert_problem(await house.step(sent, "drop-out", {"reason": "moved"}), 409, "wrong_state")
    answer = await house.step(sent, "family-decline", {"reason": "waited_too_long"})
    assert (answer.json()["state"], answer.json()["reason"]) == ("family_declined", "waited_too_long")
    assert await house.order(run) == []


async def test_who_lost_the_consent_is_off_the_list(house: House) -> None:
    run, sent = await house.run(), await house.listed()
    await house.world.permit(sent)
    assert await house.order(run) == []
    assert (await house.invite(run, 1)).json()["tasks"] == []


async def test_the_list_holds_codes_and_nobodys_words(house: House) -> None:
    run, sent = await house.run(), await house.listed()
    answer = await house.world.play.referral.get(f"/runs/{run}/waiting", headers=house.world.play.recipient())
    assert sent.subject not in answer.text
    assert set(answer.json()["waiting"][0]) == {
        "place", "task", "referral", "recommendation", "form", "reason", "since", "assessed_at",
    }  # fmt: skip


async def test_a_long_list_comes_in_pages(house: House) -> None:
    run = await house.run()
    sent = [(await house.listed()).task for _ in range(5)]
    first = await house.get(f"/runs/{run}/waiting", limit=2)
    second = await house.get(f"/runs/{run}/waiting", limit=2, after=first["next"])
    third = await house.get(f"/runs/{run}/waiting", limit=2, after=second["next"])
    told = [each for page in (first, second, third) for each in page["waiting"]]
    assert [each["task"] for each in told] == sent
    assert [each["place"] for each in told] == [1, 2, 3, 4, 5]
    assert third["next"] is None


async def test_the_sender_hears_nothing_of_how_its_task_was_assessed(house: House) -> None:
    sent = await house.listed("possible")
    both = house.world.play.keys.party("referral", Role.REFER, Role.RECEIVE, unit=MIDWIFERY)
    answer = await house.world.play.referral.get(f"/tasks/{sent.task}/waiting", headers=both)
    assert_problem(answer, 409, "not_your_turn")
    assert "possible" not in (await house.world.play.read(sent.referral, house.world.play.sender())).text


async def test_every_recording_is_on_the_ledger(house: House) -> None:
    run, sent = await house.run(), await house.listed()
    await house.put_on_list(sent, "strongly")
    await house.invite(run, 1)
    found = await rows(
        house.world.play.dbs.admin("referral"),
        "SELECT entry->>'kind' AS kind FROM ledger_entry WHERE entry->>'task' = $1 ORDER BY n", sent.task,
    )  # fmt: skip
    assert [each["kind"] for each in found][-3:] == ["task_waiting", "task_reassessed", "task_accepted"]


@pytest.mark.parametrize(
    "wrong",
    [{"offer": None}, {"run": str(uuid4())}, {"recommendation": "must"}, {"recommendation": None}, {"form": "letter"},
     {"form": None}, {"reason": "hun er ked af det"}, {"reason": None}, {"offer": "610190-1234"}, {"words": "x"}],
)  # fmt: skip
async def test_a_recommendation_that_is_wrong_in_a_field_is_refused(house: House, wrong: dict[str, Any]) -> None:
    sent = await house.taken_on()
    assert_problem(await house.put_on_list(sent, **wrong), 422)
    assert (await house.row(sent))["state"] == "accepted"


@pytest.mark.parametrize("count", [0, -1, "2", None, 10_001, True])
async def test_an_invitation_of_no_number_is_refused(house: House, count: Any) -> None:
    assert_problem(await house.invite(await house.run(), count), 422)


async def test_what_has_not_been_taken_on_cannot_wait(house: House) -> None:
    assert_problem(await house.put_on_list(await house.received()), 409, "wrong_state")
