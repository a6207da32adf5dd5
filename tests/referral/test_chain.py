"""Tasks that come from others: passed on, split off, taken up again; and a request that is closed."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.referral.domain.lifecycle import TaskState
from tests.referral.deciding import World
from tests.referral.test_lifecycle import S
from tests.referral.test_steps import standing
from tests.support.story import Sent
from tests.support.town import FAMILY_HOUSE, JOBCENTER, MIDWIFERY, VISITING, assert_problem, rows
from tests.support.wire import message_in


async def proposed(world: World, *, course: bool = True) -> Sent:
    """Bring a task to where its recipient has proposed the health visitors instead."""
    sent = await standing(world, S.RECEIVED, course=course)
    body, path = {"proposed": {"unit": VISITING}}, f"/tasks/{sent.task}/proposal"
    answer = await world.play.referral.post(path, json=body, headers=world.play.recipient() | {"If-Match": '"7"'})
    assert (answer.status_code, answer.json()["state"]) == (200, "redirect_proposed")
    return sent


async def agree(world: World, sent: Sent) -> httpx.Response:
    """Agree to the proposal, as the sender."""
    headers = world.play.sender() | {"If-Match": '"8"'}
    return await world.play.referral.post(f"/tasks/{sent.task}/proposal/agreement", json={}, headers=headers)


def by_recipient(told: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return tasks by their recipient."""
    return {each["recipient"]: each for each in told["tasks"]}


async def test_what_is_passed_on_waits_for_consent_to_name_the_new_recipient(world: World) -> None:
    """R19: a proposal moves nothing, an agreement makes a task that nobody reads before it is covered."""
    sent = await proposed(world)
    assert_problem(await world.play.read(sent.referral, world.play.recipient(VISITING)), 404, "not_there")
    told = by_recipient((await agree(world, sent)).json())
    assert (told[FAMILY_HOUSE]["state"], told[VISITING]["state"]) == ("passed_on", "awaiting_consent")
    assert told[VISITING]["origin"] == {"task": sent.task, "relation": "passed_on", "reason": None}
    assert_problem(await world.play.read(sent.referral, world.play.recipient(VISITING)), 404, "not_there")
    world.consent.permit([(sent.subject, "own_wish")], recipient=VISITING)
    await world.hear(sent)
    seen = (await world.play.read(sent.referral, world.play.recipient(VISITING))).json()
    assert [each["category"] for each in seen["information"]] == ["own_wish", "own_wish"]
    assert [each["recipient"] for each in seen["tasks"]] == [VISITING]
    before = (await world.play.read(sent.referral, world.play.recipient())).json()
    assert before["information"] == [], "it is none of the first recipient's any more (R59)"


async def test_a_proposal_that_may_not_be_told_is_not_agreed_to(world: World) -> None:
    sent = await proposed(world, course=False)
    told = await world.task(sent)
    assert (told["state"], told["alternative"]) == ("redirect_proposed", None)
    assert told["alternative_withheld"] == "no_consent"
    assert assert_problem(await agree(world, sent), 409, "step_refused")["lacks"] == ["proposal_withheld"]


async def test_another_offer_of_the_same_house_is_proposed_and_agreed_to(world: World) -> None:
    """Whoever has the offer is looked up: the one who proposes it need not name its unit."""
    sent = await standing(world, S.RECEIVED)
    body, path = {"proposed": {"offer": "network-group"}}, f"/tasks/{sent.task}/proposal"
    answer = await world.play.referral.post(path, json=body, headers=world.play.recipient() | {"If-Match": '"7"'})
    assert answer.json()["alternative"] | {"authority": None} == {
        "offer": "network-group", "unit": FAMILY_HOUSE, "authority": None,
    }  # fmt: skip
    told = (await agree(world, sent)).json()["tasks"]
    assert [(each["recipient"], each["state"]) for each in told] == [
        (FAMILY_HOUSE, "passed_on"),
        (FAMILY_HOUSE, "sent"),
    ]


async def test_a_yes_can_be_taken_back_with_a_reason_before_it_has_begun(world: World) -> None:
    for state in (S.ACCEPTED, S.WAITING):
        sent = await standing(world, state)
        answer = await world.play.decline(sent.task, 7)
        assert (answer.status_code, answer.json()["state"]) == (200, "declined")


@pytest.mark.parametrize(("asked", "turn"), [("sender", "in_dialogue"), ("family", "awaiting_family")])
async def test_after_a_refused_proposal_it_is_the_turn_of_who_was_asked(world: World, asked: str, turn: str) -> None:
    sent = await standing(world, S.RECEIVED)
    body = message_in(sent.subject) | {"to": asked}
    said = await world.play.referral.post(f"/tasks/{sent.task}/messages", json=body, headers=world.play.recipient())
    headers = world.play.recipient() | {"If-Match": said.headers["etag"]}
    path = f"/tasks/{sent.task}/proposal"
    offered = await world.play.referral.post(path, json={"proposed": {"unit": VISITING}}, headers=headers)
    headers = world.play.sender() | {"If-Match": offered.headers["etag"]}
    told = (await world.play.referral.post(f"{path}/refusal", json={}, headers=headers)).json()
    assert (told["state"], told["stands_since"] is not None) == (turn, True)


async def test_after_closing_the_sender_adds_nothing_and_is_asked_nothing(world: World) -> None:
    sent = await standing(world, S.IN_PROGRESS)
    assert (await close(world, sent)).status_code == 201
    assert (await world.heard(sent))[0][-1] == "closed"
    told = {"information": [{"subject": sent.subject, "category": "health", "text": "Mere."}]}
    for path, body, who in (
        (f"/referrals/{sent.referral}/information", told, world.play.sender()),
        (f"/referrals/{sent.referral}/recipients", {"recipients": [VISITING]}, world.play.sender()),
        (f"/tasks/{sent.task}/messages", {"kind": "question", **told}, world.play.recipient()),
    ):
        assert_problem(await world.play.referral.post(path, json=body, headers=who), 409, "referral_closed")
    asked = {"kind": "question", "to": "family", **told}
    path = f"/tasks/{sent.task}/messages"
    assert (await world.play.referral.post(path, json=asked, headers=world.play.recipient())).status_code == 201


async def test_a_recipient_is_not_told_who_else_had_it(world: World) -> None:
    """A task that was split off or passed on names where it comes from to the sender alone."""
    sent = await standing(world, S.RECEIVED)
    world.consent.permit([(sent.subject, "health")], recipient=VISITING)
    path = f"/referrals/{sent.referral}/recipients"
    made = await world.play.referral.post(path, json={"recipients": [VISITING]}, headers=world.play.sender())
    told = by_recipient(made.json())
    assert told[VISITING]["origin"] == {"task": sent.task, "relation": "split", "reason": None}
    seen = (await world.play.read(sent.referral, world.play.recipient(VISITING))).json()
    assert [each["origin"] for each in seen["tasks"]] == [None]


async def test_every_task_that_moves_has_its_entry(world: World) -> None:
    """Nothing happens without a ledger entry: not the tasks that end because another was taken on."""
    subject = str(uuid4())
    for unit in (FAMILY_HOUSE, VISITING):
        world.consent.permit([(subject, "health")], recipient=unit)
    told = await world.play.post(
        subject, need=str(uuid4()), recipients=[FAMILY_HOUSE, VISITING], first_accepts=True, offers=[]
    )
    ids = {each["recipient"]: each["id"] for each in told["tasks"]}
    read = await world.play.read(told["id"], world.play.recipient())
    assert (await world.play.accept(ids[FAMILY_HOUSE], int(read.headers["etag"].strip('"')))).status_code == 200
    found = await rows(
        world.play.dbs.admin("referral"),
        "SELECT entry->>'kind' AS kind FROM ledger_entry WHERE entry->>'task' = $1 ORDER BY n", ids[VISITING],
    )  # fmt: skip
    assert [row["kind"] for row in found] == ["task_withdrawn"]


@pytest.mark.parametrize("unit", [FAMILY_HOUSE, MIDWIFERY])
async def test_nobody_proposes_oneself_or_the_sender(world: World, unit: str) -> None:
    sent = await standing(world, S.RECEIVED)
    path, headers = f"/tasks/{sent.task}/proposal", world.play.recipient() | {"If-Match": '"7"'}
    answer = await world.play.referral.post(path, json={"proposed": {"unit": unit}}, headers=headers)
    assert_problem(answer, 422, "sender_among_recipients")


async def test_who_has_an_open_task_already_gets_no_second(world: World) -> None:
    sent = await proposed(world)
    path = f"/referrals/{sent.referral}/recipients"
    split = await world.play.referral.post(path, json={"recipients": [VISITING]}, headers=world.play.sender())
    assert split.status_code == 201
    assert_problem(await agree(world, sent), 409, "already_there")
    again = await world.play.referral.post(path, json={"recipients": [VISITING]}, headers=world.play.sender())
    assert_problem(again, 409, "already_there")
    assert (await world.task(sent))["state"] == "redirect_proposed", "nothing has moved"


@pytest.mark.parametrize(
    ("recipients", "status", "code"),
    [
        ([MIDWIFERY], 422, "sender_among_recipients"), (["no-such-unit"], 422, "unknown_recipient"),
        ([], 422, "malformed"), ([VISITING, VISITING], 422, "malformed"), (None, 422, "malformed"),
    ],
)  # fmt: skip
async def test_more_recipients_are_units_that_are_there_each_once(
    world: World, recipients: Any, status: int, code: str
) -> None:
    sent = await standing(world, S.RECEIVED)
    path = f"/referrals/{sent.referral}/recipients"
    answer = await world.play.referral.post(path, json={"recipients": recipients}, headers=world.play.sender())
    assert_problem(answer, status, code)


@pytest.mark.parametrize("state", [S.DECLINED, S.COMPLETED, S.CONSENT_ENDED, S.WITHDRAWN, S.DROPPED_OUT])
async def test_what_is_taken_up_again_is_a_new_task_with_a_reason_and_the_old_one_stands(
    world: World, state: TaskState
) -> None:
    sent = await standing(world, state)
    path, body = f"/tasks/{sent.task}/reopening", {"reason": "new_consent"}
    answer = await world.play.referral.post(path, json=body, headers=world.play.sender())
    assert answer.status_code == 201, answer.text
    old, new = answer.json()["tasks"]
    assert (old["id"], old["state"], new["state"]) == (sent.task, state, "sent")
    assert new["origin"] == {"task": sent.task, "relation": "reopened", "reason": "new_consent"}
    assert_problem(await world.play.referral.post(path, json=body, headers=world.play.sender()), 409, "already_there")


@pytest.mark.parametrize("state", [S.RECEIVED, S.ACCEPTED, S.ENTERED_IN_ERROR])
async def test_what_goes_on_or_was_a_mistake_is_not_taken_up_again(world: World, state: TaskState) -> None:
    sent = await standing(world, state)
    path = f"/tasks/{sent.task}/reopening"
    answer = await world.play.referral.post(path, json={"reason": "new_need"}, headers=world.play.sender())
    assert assert_problem(answer, 409, "wrong_state")["state"] == state


async def close(world: World, sent: Sent) -> httpx.Response:
    """Close the request."""
    return await world.play.referral.post(f"/referrals/{sent.referral}/closing", json={}, headers=world.play.sender())


@pytest.mark.parametrize("kind", ["bridging", "handover"])
async def test_the_sender_lets_go_only_when_the_receiver_has_taken_over(world: World, kind: str) -> None:
    """Aalborg's warm handover (seed 001): and not on a yes alone, nor where it may not hear that it has begun."""
    for state, course, status in (
        (S.RECEIVED, True, 409), (S.ACCEPTED, True, 409), (S.IN_PROGRESS, False, 409), (S.IN_PROGRESS, True, 201),
        (S.COMPLETED, True, 201), (S.DECLINED, True, 201),
    ):  # fmt: skip
        sent = await standing(world, state, course=course, kind=kind)
        answer = await close(world, sent)
        assert answer.status_code == status, (state, course)
        if status == 409:
            assert_problem(answer, 409, "still_open")


async def test_closing_takes_back_what_nobody_answered_and_lets_the_rest_go_on(world: World) -> None:
    waiting, begun = await standing(world, S.RECEIVED), await standing(world, S.IN_PROGRESS)
    assert (await close(world, waiting)).json()["tasks"][0]["state"] == "withdrawn"
    assert (await close(world, begun)).json()["tasks"][0]["state"] == "in_progress"
    assert (await close(world, begun)).status_code == 201, "once more changes nothing"
    seen = (await world.play.read(begun.referral, world.play.sender())).json()
    assert seen["closed_at"] is not None
    split = {"recipients": [JOBCENTER]}
    path = f"/referrals/{begun.referral}/recipients"
    assert_problem(
        await world.play.referral.post(path, json=split, headers=world.play.sender()), 409, "referral_closed"
    )
    found = await rows(
        world.play.dbs.admin("referral"),
        "SELECT unit FROM referral_closing WHERE referral_id::text = $1", begun.referral,
    )  # fmt: skip
    assert [row["unit"] for row in found] == [MIDWIFERY]
