"""Every step from every state by every party, over HTTP; and how the hidden course looks alike (R26)."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.referral.domain.lifecycle import COURSE, HIDDEN_FROM_RECIPIENT, Party, TaskState
from services.referral.domain.lifecycle import Step as St
from shared.auth import Role
from tests.referral.deciding import World
from tests.referral.test_lifecycle import TO, S
from tests.support.story import Sent
from tests.support.town import FAMILY_HOUSE, JOBCENTER, MIDWIFERY, VISITING, VOLUNTEERS, assert_problem, rows
from tests.support.wire import message_in

# What each step is called by, who of the units may call it at all, and the state it leads to where it may be taken.
CALLS: dict[str, tuple[St, dict[str, Any], Party]] = {
    "acceptance": (St.ACCEPT, {}, Party.RECIPIENT),
    "decline": (St.DECLINE, {"reason": "no_capacity", "no_alternative": True}, Party.RECIPIENT),
    "family-decline": (St.FAMILY_DECLINES, {"reason": "timing"}, Party.RECIPIENT),
    "start": (St.START, {}, Party.RECIPIENT),
    "completion": (St.COMPLETE, {"outcome": "goal_reached"}, Party.RECIPIENT),
    "advice": (St.ADVISE, {"outcome": "advice_given"}, Party.RECIPIENT),
    "drop-out": (St.DROP_OUT, {"reason": "moved"}, Party.RECIPIENT),
    "not-reached": (St.NOT_REACHED, {}, Party.RECIPIENT),
    "proposal": (St.PROPOSE_REDIRECT, {"proposed": {"unit": VISITING}}, Party.RECIPIENT),
    "proposal/refusal": (St.DISAGREE, {}, Party.RECIPIENT),
    "proposal/agreement": (St.AGREE, {}, Party.SENDER),
    "error": (St.MARK_ERROR, {}, Party.SENDER),
}
REASONS = {
    S.DECLINED: "no_capacity", S.FAMILY_DECLINED: "timing", S.DROPPED_OUT: "moved", S.COMPLETED: "goal_reached",
}  # fmt: skip


async def standing(world: World, state: TaskState, *, course: bool = True, kind: str = "advice") -> Sent:
    """Post a request and put its task where a test wants it, by the database's owner."""
    subject = str(uuid4())
    world.consent.permit([(subject, "course")] if course else [], FAMILY_HOUSE, MIDWIFERY)
    sent = await world.posted((subject, "health"), (subject, "own_wish"), subject=subject, kind=kind)
    proposed = VISITING if state in {S.ALTERNATIVE_PROPOSED, S.REDIRECT_PROPOSED} else None
    await rows(
        world.play.dbs.admin("referral"),
        "UPDATE task SET state = $2, reason = $3, ahead_unit = $4, version = 7, answered = $5, "
        "answered_at = CASE WHEN $5 THEN now() END WHERE id::text = $1",
        sent.task, state, REASONS.get(state), proposed, state in COURSE,
    )  # fmt: skip
    return sent


def both(world: World, unit: str) -> dict[str, str]:
    """Return the header of somebody who may send and receive for a unit."""
    return world.play.keys.party("referral", Role.REFER, Role.RECEIVE, unit=unit) | {"If-Match": '"7"'}


async def take(world: World, sent: Sent, call: str, unit: str) -> httpx.Response:
    """Take a step for a unit."""
    path = f"/tasks/{sent.task}/{call}"
    return await world.play.referral.post(path, json=CALLS[call][1], headers=both(world, unit))


@pytest.mark.parametrize("state", TaskState)
async def test_every_step_is_taken_by_whose_it_is_or_refused_with_what_is_allowed(
    world: World, state: TaskState
) -> None:
    """The full table: each step called by the sender, the recipient and a stranger, against the story itself."""
    for call, (step, _, _) in CALLS.items():
        for unit, by in ((MIDWIFERY, Party.SENDER), (FAMILY_HOUSE, Party.RECIPIENT), (JOBCENTER, None)):
            sent = await standing(world, state)
            answer = await take(world, sent, call, unit)
            if by is None or (by is Party.RECIPIENT and state in HIDDEN_FROM_RECIPIENT):
                assert_problem(answer, 404, "not_there")
            elif (state, step, by) in TO:
                assert answer.is_success, (state, call, unit, answer.text)
                told = answer.json()
                mine = told["tasks"][0] if "tasks" in told else told
                assert mine["state"] == TO[state, step, by]
            elif any((state, step, other) in TO for other in Party):
                assert_problem(answer, 409, "not_your_turn")
            else:
                told = assert_problem(answer, 409, "wrong_state")
                mine = sorted({each for before, each, party in TO if before is state and party is by})
                assert (told["state"], told["allowed"]) == (state, mine)


@pytest.mark.parametrize("state", [S.RECEIVED, S.ACCEPTED, S.IN_PROGRESS, S.DECLINED])
@pytest.mark.parametrize("call", CALLS)
async def test_an_old_version_changes_nothing(world: World, state: TaskState, call: str) -> None:
    sent = await standing(world, state)
    unit = MIDWIFERY if CALLS[call][2] is Party.SENDER else FAMILY_HOUSE
    headers = both(world, unit) | {"If-Match": '"6"'}
    answer = await world.play.referral.post(f"/tasks/{sent.task}/{call}", json=CALLS[call][1], headers=headers)
    assert answer.status_code in {409, 412}
    (row,) = await rows(
        world.play.dbs.admin("referral"), "SELECT state, version FROM task WHERE id::text = $1", sent.task
    )
    assert (row["state"], row["version"]) == (state, 7)


@pytest.mark.parametrize("call", ["error", "proposal/agreement", "proposal/refusal"])
async def test_a_sender_that_may_not_hear_the_course_can_do_nothing_that_tells_it(world: World, call: str) -> None:
    """R26: whatever became of it, each of the sender's own steps is refused in the same words."""
    told = set()
    for state in sorted(COURSE):
        sent = await standing(world, state, course=False)
        answer = assert_problem(await take(world, sent, call, MIDWIFERY), 409, "wrong_state")
        told.add(str({key: value for key, value in answer.items() if key != "instance"}))
    assert len(told) == 1


async def test_reopening_a_hidden_task_tells_nothing_either(world: World) -> None:
    told = set()
    for state in sorted(COURSE):
        sent = await standing(world, state, course=False)
        path, body = f"/tasks/{sent.task}/reopening", {"reason": "family_asked"}
        answer = await world.play.referral.post(path, json=body, headers=world.play.sender())
        problem = assert_problem(answer, 409, "wrong_state")
        told.add(str({key: value for key, value in problem.items() if key != "instance"}))
    assert len(told) == 1


async def test_the_events_of_a_hidden_course_do_not_tell_by_their_number(world: World) -> None:
    """A yes is followed by a start, an end, a question; a no by nothing: the feed has one line for either."""
    feeds = []
    for calls in (["decline"], ["acceptance", "start", "completion"], ["acceptance", "family-decline"]):
        sent = await standing(world, S.RECEIVED, course=False)
        version = 7
        for call in calls:
            answer = await world.play.referral.post(
                f"/tasks/{sent.task}/{call}", json=CALLS[call][1],
                headers=world.play.recipient() | {"If-Match": f'"{version}"'},
            )  # fmt: skip
            assert answer.status_code == 200, answer.text
            version += 1
        heard = await world.play.events(world.play.sender(), sent.referral)
        feeds.append([(each["kind"], each["withheld"]) for each in heard])
    assert feeds[1:] == feeds[:-1]
    assert feeds[0][-1] == (None, "no_consent")


async def test_once_the_course_may_be_told_the_feed_has_all_of_it(world: World) -> None:
    sent = await standing(world, S.RECEIVED, course=False)
    for version, call in enumerate(["acceptance", "start", "completion"], start=7):
        headers = world.play.recipient() | {"If-Match": f'"{version}"'}
        await world.play.referral.post(f"/tasks/{sent.task}/{call}", json=CALLS[call][1], headers=headers)
    world.consent.permit([(sent.subject, "course")], FAMILY_HOUSE, MIDWIFERY)
    heard = await world.play.events(world.play.sender(), sent.referral)
    assert [each["kind"] for each in heard][-3:] == ["accepted", "in_progress", "completed"]


async def test_a_question_after_an_unseen_yes_is_there_only_if_something_of_it_may_be_read(world: World) -> None:
    """That somebody asks on tells that the answer was no no."""
    for permitted in (False, True):
        sent = await standing(world, S.ACCEPTED, course=False)
        world.consent.permit([(sent.subject, "health")] if permitted else [], FAMILY_HOUSE, MIDWIFERY)
        path = f"/tasks/{sent.task}/messages"
        said = await world.play.referral.post(path, json=message_in(sent.subject), headers=world.play.recipient())
        assert said.status_code == 201
        seen = (await world.play.read(sent.referral, world.play.sender())).json()
        page = (await world.play.referral.get(path, headers=world.play.sender())).json()
        heard = [each["kind"] for each in await world.play.events(world.play.sender(), sent.referral)]
        assert [len(seen["dialogue"]), len(page["messages"]), heard.count("question")] == [int(permitted)] * 3
        assert seen["tasks"][0]["state"] is None


def in_what_the_sender_lists(listed: dict[str, Any], sent: Sent) -> dict[str, Any]:
    """Return a request's task as it stands in its sender's list, without its own ids."""
    (line,) = [each for each in listed["referrals"] if each["id"] == sent.referral]
    return {key: value for key, value in line["tasks"][0].items() if key != "id"}


async def test_a_hidden_task_stands_in_the_senders_list_as_any_other(world: World) -> None:
    sent = [await standing(world, state, course=False) for state in sorted(COURSE)]
    after, lines = "", list[dict[str, Any]]()
    while True:
        query = {"limit": "100"} | ({"after": after} if after else {})
        page = (await world.play.referral.get("/referrals", params=query, headers=world.play.sender())).json()
        lines += page["referrals"]
        if page["next"] is None:
            break
        after = page["next"]
    told = [in_what_the_sender_lists({"referrals": lines}, each) for each in sent]
    assert told[1:] == told[:-1]
    assert (told[0]["state"], told[0]["version"], told[0]["allowed"]) == (None, None, [])


async def test_of_twenty_who_accept_at_once_exactly_one_has_it(world: World) -> None:
    """Several candidates, and the first who takes it on: the others' tasks are taken back in the same moment."""
    subject, recipients = str(uuid4()), [FAMILY_HOUSE, VISITING, VOLUNTEERS, JOBCENTER]
    for _ in range(5):
        for unit in recipients:
            world.consent.permit([(subject, "health")], recipient=unit)
            world.consent.permit([(subject, "course")], unit, MIDWIFERY)
        posted = await world.play.post(subject, need=str(uuid4()), recipients=recipients, first_accepts=True)
        calls = []
        for task in posted["tasks"]:
            read = await world.play.read(posted["id"], world.play.recipient(task["recipient"]))
            headers = world.play.recipient(task["recipient"]) | {"If-Match": read.headers["etag"]}
            calls.append(world.play.referral.post(f"/tasks/{task['id']}/acceptance", json={}, headers=headers))
        answers = await asyncio.gather(*calls)
        assert [answer.status_code for answer in answers].count(200) == 1
        assert {answer.status_code for answer in answers} <= {200, 409, 412}
        found = await rows(
            world.play.dbs.admin("referral"), "SELECT state FROM task WHERE referral_id::text = $1", posted["id"]
        )
        assert sorted(row["state"] for row in found) == ["accepted", "withdrawn", "withdrawn", "withdrawn"]


@pytest.mark.rule("R35", enforced_by="services.referral.actions.answering:start")
async def test_a_course_under_a_decision_begins_with_it_and_keeps_it(world: World) -> None:
    """R35, R69: the authority's own units do not begin either without the decision's reference."""
    sent = await standing(world, S.ACCEPTED)
    admin = world.play.dbs.admin("referral")
    await rows(admin, "ALTER TABLE referral DISABLE TRIGGER referral_append_only")
    await rows(admin, "UPDATE referral SET kind = 'authority_request' WHERE id::text = $1", sent.referral)
    await rows(admin, "ALTER TABLE referral ENABLE TRIGGER referral_append_only")
    path = f"/tasks/{sent.task}/start"
    answer = await world.play.referral.post(path, json={}, headers=both(world, FAMILY_HOUSE))
    assert assert_problem(answer, 409, "step_refused")["lacks"] == ["decision_ref"]
    begun = await world.play.referral.post(path, json={"decision_ref": "2026-1"}, headers=both(world, FAMILY_HOUSE))
    assert begun.json()["state"] == "in_progress"
    (row,) = await rows(admin, "SELECT decision_ref FROM task WHERE id::text = $1", sent.task)
    assert row["decision_ref"] == "2026-1"


@pytest.mark.parametrize(
    ("call", "body"),
    [
        ("decline", {"reason": "no_capacity"}),
        ("decline", {"reason": "no_capacity", "no_alternative": True, "alternative": {"unit": VISITING}}),
        ("decline", {"reason": "family_declined", "no_alternative": True}),
        ("decline", {"reason": "no_capacity", "no_alternative": True, "family_reason": "timing"}),
        ("decline", {"reason": "no_capacity", "no_alternative": "true"}),
        ("decline", {"reason": "family_declined", "family_reason": "timing", "alternative": {"unit": VISITING}}),
        ("decline", {"reason": "no_capacity", "alternative": {}}),
        ("decline", {"reason": "no_capacity", "alternative": {"unit": "x y"}}),
        ("family-decline", {"reason": "no_capacity"}),
        ("drop-out", {"reason": "timing", "more": 1}),
        ("completion", {}),
        ("completion", {"outcome": None}),
        ("advice", {"outcome": 7}),
        ("start", {"decision_ref": "6101901234"}),
        ("proposal", {"proposed": {}}),
        ("proposal", {}),
        ("reopening", {"reason": "because"}),
        ("acceptance", {"yes": True}),
    ],
)
async def test_a_step_that_does_not_say_what_it_must_is_malformed(
    world: World, call: str, body: dict[str, Any]
) -> None:
    sent = await standing(world, S.RECEIVED)
    unit = MIDWIFERY if call == "reopening" else FAMILY_HOUSE
    answer = await world.play.referral.post(f"/tasks/{sent.task}/{call}", json=body, headers=both(world, unit))
    assert answer.status_code == 422
    assert assert_problem(answer, 422)["code"] in {"malformed", "cpr_refused"}
    assert "6101901234" not in answer.text


@pytest.mark.parametrize("call", ["decline", "proposal"])
async def test_another_way_leads_to_a_unit_that_is_there(world: World, call: str) -> None:
    sent = await standing(world, S.RECEIVED)
    body = {"decline": {"reason": "wrong_recipient", "alternative": {"unit": "no-such-unit"}},
            "proposal": {"proposed": {"unit": "no-such-unit"}}}[call]  # fmt: skip
    path = f"/tasks/{sent.task}/{call}"
    assert_problem(
        await world.play.referral.post(path, json=body, headers=both(world, FAMILY_HOUSE)), 422, "unknown_recipient"
    )


async def test_the_familys_own_no_is_kept_with_its_own_reason_and_reads_as_theirs(world: World) -> None:
    """Requirement 17: the family's refusal is not the recipient's decline, and has its own list of reasons."""
    sent = await standing(world, S.RECEIVED)
    body = {"reason": "family_declined", "family_reason": "childcare"}
    answer = await world.play.referral.post(f"/tasks/{sent.task}/decline", json=body, headers=both(world, FAMILY_HOUSE))
    assert (answer.json()["state"], answer.json()["reason"]) == ("family_declined", "childcare")
    assert answer.json()["reason_name"] == "Der mangler børnepasning"
