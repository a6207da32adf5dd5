"""Meetings: both understandings of the problem, who does what by when, and each reader's own view of it."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from shared.clock import danish_date, now
from tests.referral.deciding import World
from tests.support.story import Headers, Sent
from tests.support.town import FAMILY_HOUSE, MIDWIFERY, VISITING, assert_problem, entries_of, rows

TODAY = danish_date(now())
SOON = (now() + timedelta(days=5)).replace(microsecond=0).isoformat()
SEES = "Vi er mest trætte, ikke bekymrede."
WE_SEE = "Mor sover dårligt."
DOES = "Ringer mandag."


def proposal(**changes: Any) -> dict[str, Any]:
    """Return a proposal of a dialogue meeting with the family."""
    return {"times": [SOON], "family_invited": True} | changes


def record(subject: str, **changes: Any) -> dict[str, Any]:
    """Return the record of a meeting today: each view of its own kind, and one step for each side."""
    return {
        "on": TODAY.isoformat(),
        "family": {"present": True},
        "attended": [
            {"unit": MIDWIFERY, "profession": "midwife"},
            {"unit": FAMILY_HOUSE, "profession": "psychologist"},
        ],
        "familys_view": [{"subject": subject, "category": "own_wish", "text": SEES}],
        "professionals_view": [{"subject": subject, "category": "health", "text": WE_SEE}],
        "next_steps": [
            step(subject, FAMILY_HOUSE),
            step(subject, MIDWIFERY, "wellbeing"),
            {"information": piece(subject), "owner": "family", "due": TODAY.isoformat()},
        ],
    } | changes


def piece(subject: str, category: str = "health") -> dict[str, Any]:
    """Return what is to be done, as a piece."""
    return {"subject": subject, "category": category, "text": DOES}


def step(subject: str, unit: str, category: str = "health") -> dict[str, Any]:
    """Return a step that a unit does today."""
    return {"information": piece(subject, category), "owner": "unit", "unit": unit, "due": TODAY.isoformat()}


async def received(world: World, **changes: Any) -> Sent:
    """Return a referral that the family house has read, and whose course the midwives may hear."""
    subject = str(uuid4())
    sent = await world.posted((subject, "health"), (subject, "own_wish"), subject=subject, **changes)
    road = [(subject, each) for each in ("health", "own_wish", "course")]
    world.consent.permit(road, FAMILY_HOUSE, MIDWIFERY)
    assert (await world.play.read(sent.referral, world.play.recipient())).status_code == 200
    return sent


async def call(world: World, method: str, path: str, who: Headers, body: Any = None, version: Any = None) -> Any:
    """Ask, as a party, with the version it has read."""
    headers = who | ({} if version is None else {"If-Match": f'"{version}"'}) | {"X-Request-Id": str(uuid4())}
    told = None if method == "GET" else {} if body is None else body
    return await world.play.referral.request(method, path, headers=headers, json=told)


async def proposed(world: World, sent: Sent, who: Headers | None = None, **changes: Any) -> str:
    """Propose a meeting, by the midwives unless told otherwise."""
    answer = await call(world, "POST", f"/tasks/{sent.task}/meetings", who or world.play.sender(), proposal(**changes))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def held(world: World, sent: Sent, who: Headers | None = None, **changes: Any) -> str:
    """Propose a meeting and record it."""
    number = await proposed(world, sent)
    told = record(sent.subject, **changes)
    answer = await call(world, "POST", f"/meetings/{number}/record", who or world.play.recipient(), told, 1)
    assert answer.status_code == 200, answer.text
    return number


async def steps(world: World, sent: Sent, who: Headers) -> dict[str, Any]:
    """Return what a party sees as agreed."""
    answer = await call(world, "GET", f"/tasks/{sent.task}/steps", who)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def assert_tells_nothing(answer: httpx.Response) -> None:
    """Check that nothing of what was written stands in an answer."""
    for words in (SEES, WE_SEE, DOES):
        assert words not in answer.text


async def test_a_meeting_is_proposed_answered_and_held_and_each_step_of_it_is_heard_and_on_the_ledger(
    world: World,
) -> None:
    sent = await received(world)
    midwives, house = world.play.sender(), world.play.recipient()
    number = await proposed(world, sent)
    answered = await call(world, "POST", f"/meetings/{number}/answers", house, {"comes": True, "time": SOON})
    assert [each["unit"] for each in answered.json()["answers"]] == [FAMILY_HOUSE]
    written = await call(world, "POST", f"/meetings/{number}/record", house, record(sent.subject), 1)
    assert (written.json()["state"], written.headers["etag"]) == ("held", '"2"')
    to_house, to_midwives = await world.heard(sent)
    assert to_house == ["referral_arrived", "invitation"]
    assert to_midwives == ["sent", "received", "meeting_answered", "meeting", "step_agreed"]
    told = await entries_of(world.play.dbs.admin("referral"), written.headers["x-request-id"])
    assert {"message_kept", "meeting_held"} <= {each["kind"] for each in told}
    assert not any(words in str(told) for words in (SEES, WE_SEE, DOES))
    assert (await call(world, "GET", f"/meetings/{number}", midwives)).json()["record"]["family_present"] is True


async def test_both_understandings_are_kept_apart_and_each_reader_sees_what_is_permitted_now(world: World) -> None:
    sent = await received(world)
    number = await held(world, sent)
    seen = (await call(world, "GET", f"/meetings/{number}", world.play.sender())).json()["record"]
    labels = {each["label"]: each["text"] for each in seen["information"]}
    assert labels == {"familys_view": SEES, "professionals_view": WE_SEE, "next_step": DOES}
    assert [each["category"] for each in seen["withheld"]] == ["wellbeing"]
    world.consent.permit([(sent.subject, "own_wish"), (sent.subject, "course")], FAMILY_HOUSE, MIDWIFERY)
    seen = (await call(world, "GET", f"/meetings/{number}", world.play.sender())).json()["record"]
    assert {each["label"] for each in seen["information"]} == {"familys_view"}
    assert {each["category"] for each in seen["withheld"]} == {"health", "wellbeing"}


async def test_steps_that_may_not_be_read_are_not_counted_but_their_kind_is_told(world: World) -> None:
    sent = await received(world)
    await held(world, sent)
    own = await steps(world, sent, world.play.recipient())
    other = await steps(world, sent, world.play.sender())
    assert (len(own["steps"]), own["withheld"]) == (3, [])
    assert {each["owner"] for each in other["steps"]} == {FAMILY_HOUSE, "family"}
    assert [each["category"] for each in other["withheld"]] == ["wellbeing"]


async def test_a_step_is_done_by_its_owner_alone_and_once(world: World) -> None:
    sent = await received(world)
    await held(world, sent)
    of = {each["owner"]: each["id"] for each in (await steps(world, sent, world.play.recipient()))["steps"]}
    midwives, house = world.play.sender(), world.play.recipient()
    assert_problem(await call(world, "POST", f"/steps/{of[FAMILY_HOUSE]}/done", midwives), 409, "not_your_turn")
    assert_problem(await call(world, "POST", f"/steps/{of['family']}/done", house), 409, "not_your_turn")
    stranger = world.play.recipient(VISITING)
    assert_problem(await call(world, "POST", f"/steps/{of[FAMILY_HOUSE]}/done", stranger), 404, "not_there")
    first = await call(world, "POST", f"/steps/{of[FAMILY_HOUSE]}/done", house)
    second = await call(world, "POST", f"/steps/{of[FAMILY_HOUSE]}/done", house)
    assert first.status_code == second.status_code == 200
    assert first.json()["done_at"] == second.json()["done_at"]
    assert (await world.heard(sent))[1][-1] == "step_done"


async def test_a_step_is_overdue_from_the_day_after_and_not_once_it_is_done(world: World) -> None:
    sent = await received(world)
    await held(world, sent)
    house = world.play.recipient()
    assert {each["overdue"] for each in (await steps(world, sent, house))["steps"]} == {False}
    await rows(
        world.play.dbs.admin("referral"), "UPDATE next_step SET due = due - 1 WHERE task_id::text = $1", sent.task
    )
    found = (await steps(world, sent, house))["steps"]
    assert {each["overdue"] for each in found} == {True}
    own = next(each["id"] for each in found if each["owner"] == FAMILY_HOUSE)
    await call(world, "POST", f"/steps/{own}/done", house)
    assert [each["overdue"] for each in (await steps(world, sent, house))["steps"] if each["id"] == own] == [False]


async def test_of_two_who_record_at_once_one_is_told_to_read_again_and_nothing_of_it_is_kept(world: World) -> None:
    sent = await received(world)
    number = await proposed(world, sent)
    path, told = f"/meetings/{number}/record", record(sent.subject)
    both = (world.play.recipient(), world.play.sender())
    answers = await asyncio.gather(*(call(world, "POST", path, each, told, 1) for each in both))
    assert sorted(each.status_code for each in answers) == [200, 412]
    sql = "SELECT 1 FROM message WHERE task_id::text = $1 AND kind = 'meeting'"
    assert len(await rows(world.play.dbs.admin("referral"), sql, sent.task)) == 1
    assert_problem(await call(world, "POST", path, world.play.sender(), told, 2), 409, "wrong_state")


async def test_a_meeting_is_called_off_by_who_proposed_it(world: World) -> None:
    sent = await received(world)
    number = await proposed(world, sent)
    path = f"/meetings/{number}/cancellation"
    assert_problem(await call(world, "POST", path, world.play.recipient(), None, 1), 409, "not_your_turn")
    assert (await call(world, "POST", path, world.play.sender(), None, 1)).json()["state"] == "cancelled"
    again = await call(world, "POST", f"/meetings/{number}/answers", world.play.recipient(), {"comes": True})
    assert_problem(again, 409, "wrong_state")


async def test_of_a_hidden_course_the_sender_sees_meetings_alike_whatever_was_answered(world: World) -> None:
    seen = []
    for accepts in (True, False):
        sent = await received(world)
        number = await proposed(world, sent)
        world.consent.permit([], FAMILY_HOUSE, MIDWIFERY)
        answer = await (world.play.accept(sent.task, 2) if accepts else world.play.decline(sent.task, 2))
        assert answer.status_code == 200, answer.text
        if accepts:
            done = await call(world, "POST", f"/meetings/{number}/record", world.play.recipient(),
                              record(sent.subject), 1)  # fmt: skip
            assert done.status_code == 200, done.text
            assert len((await steps(world, sent, world.play.recipient()))["steps"]) == 3
        told = (await call(world, "GET", f"/tasks/{sent.task}/meetings", world.play.sender())).json()
        (meeting,) = told["meetings"]
        assert (meeting["state"], meeting["version"], meeting["record"]) == (None, None, None)
        listed = await steps(world, sent, world.play.sender())
        no = await call(world, "POST", f"/meetings/{number}/answers", world.play.sender(), {"comes": True})
        new = await call(world, "POST", f"/tasks/{sent.task}/meetings", world.play.sender(), proposal())
        assert [each.json()["code"] for each in (no, new)] == ["wrong_state"] * 2, (no.text, new.text)
        codes = [(each.status_code, each.json().get("state"), each.json()["allowed"]) for each in (no, new)]
        seen.append((meeting | {"id": "", "task": ""}, listed, codes))
    assert seen[0] == seen[1]


async def test_a_third_unit_is_invited_only_where_all_may_know_of_one_another(world: World) -> None:
    subject = str(uuid4())
    world.consent.permit([(subject, "health")], MIDWIFERY, VISITING)
    sent = await world.posted((subject, "health"), subject=subject, recipients=[FAMILY_HOUSE, VISITING])
    for who in (world.play.recipient(), world.play.recipient(VISITING)):
        assert (await world.play.read(sent.referral, who)).status_code == 200
    path, third = f"/tasks/{sent.task}/meetings", proposal(kind="network", units=[VISITING])
    no = await call(world, "POST", path, world.play.sender(), third)
    assert assert_problem(no, 409, "step_refused")["lacks"] == ["consent"]
    blind = await call(world, "POST", path, world.play.recipient(), third)
    assert_problem(blind, 422, "not_invited")
    for unit in (FAMILY_HOUSE, VISITING):
        world.consent.permit([(subject, "health"), (subject, "course")], MIDWIFERY, unit)
    made = await call(world, "POST", path, world.play.sender(), third)
    assert made.status_code == 201, made.text
    meeting, visitor = f"/meetings/{made.json()['id']}", world.play.recipient(VISITING)
    assert set((await call(world, "GET", meeting, visitor)).json()["units"]) == {MIDWIFERY, FAMILY_HOUSE, VISITING}
    world.consent.permit([(subject, "health")], MIDWIFERY, VISITING)
    assert set((await call(world, "GET", meeting, visitor)).json()["units"]) == {MIDWIFERY, VISITING}
    told = record(subject, next_steps=[step(subject, VISITING)])
    assert_problem(await call(world, "POST", f"{meeting}/record", visitor, told, 1), 409, "not_your_turn")
    assert (await call(world, "POST", f"{meeting}/record", world.play.sender(), told, 1)).status_code == 200
    assert [each["owner"] for each in (await steps(world, sent, world.play.recipient()))["steps"]] == [VISITING]
    world.consent.permit([(subject, "health")], MIDWIFERY, FAMILY_HOUSE)
    assert await steps(world, sent, world.play.recipient()) == {"steps": [], "withheld": []}
    seen = (await call(world, "GET", meeting, visitor)).json()["record"]
    assert {each["category"] for each in seen["information"]} == {"health"}
    assert {each["category"] for each in seen["withheld"]} == {"own_wish"}


async def test_nothing_is_told_of_a_meeting_while_consent_does_not_answer(world: World) -> None:
    sent = await received(world)
    number = await held(world, sent)
    world.consent.down_for = frozenset({"read", "hear"})
    for path in (f"/meetings/{number}", f"/tasks/{sent.task}/meetings", f"/tasks/{sent.task}/steps"):
        answer = await call(world, "GET", path, world.play.sender())
        assert_problem(answer, 503)
        assert_tells_nothing(answer)


async def test_a_recipient_whose_task_has_ended_finds_no_meeting_and_no_step(world: World) -> None:
    sent = await received(world)
    number = await held(world, sent)
    assert (await world.play.decline(sent.task, 2)).status_code == 200
    house = world.play.recipient()
    assert_problem(await call(world, "GET", f"/meetings/{number}", house), 404, "not_there")
    assert (await call(world, "GET", f"/tasks/{sent.task}/meetings", house)).json() == {"meetings": []}
    assert await steps(world, sent, house) == {"steps": [], "withheld": []}


BAD: list[tuple[dict[str, Any], int, str]] = [
    ({"on": (TODAY + timedelta(days=1)).isoformat()}, 422, "wrong_day"),
    ({"family": {"present": False}}, 422, "invalid_request"),
    ({"family": {"present": True, "absence": "could_not"}}, 422, "invalid_request"),
    ({"familys_view": []}, 422, "invalid_request"),
    ({"professionals_view": []}, 422, "invalid_request"),
    ({"attended": []}, 422, "invalid_request"),
    ({"attended": [{"unit": MIDWIFERY, "profession": "Hanne Jensen"}]}, 422, "invalid_request"),
    ({"attended": [{"unit": VISITING, "profession": "midwife"}]}, 422, "not_invited"),
    ({"familys_view": [{"subject": str(uuid4()), "category": "health", "text": SEES}]}, 422, "unknown_subject"),
    ({"familys_view": [{"subject": str(uuid4()), "category": "health", "text": "6101901234"}]}, 422, "invalid_request"),
    ({"next_steps": [{"owner": "unit", "due": TODAY.isoformat()}]}, 422, "invalid_request"),
    ({"names": ["Hanne"]}, 422, "invalid_request"),
]


@pytest.mark.parametrize(("changes", "status", "code"), BAD)
async def test_a_record_with_something_wrong_is_refused_whole(
    world: World, changes: dict[str, Any], status: int, code: str
) -> None:
    sent = await received(world)
    number = await proposed(world, sent)
    told = record(sent.subject, **changes)
    answer = await call(world, "POST", f"/meetings/{number}/record", world.play.recipient(), told, 1)
    assert_problem(answer, status)
    assert answer.json()["code"] in {code, "malformed", "validation"} or code == "invalid_request"
    assert_tells_nothing(answer)
    assert "Hanne" not in answer.text
    sql = "SELECT state FROM meeting WHERE id::text = $1"
    assert [each["state"] for each in await rows(world.play.dbs.admin("referral"), sql, number)] == ["proposed"]


@pytest.mark.parametrize(
    ("owner", "due", "code"),
    [(VISITING, TODAY, "not_invited"), (FAMILY_HOUSE, TODAY - timedelta(days=1), "wrong_day")],
)
async def test_a_step_has_an_owner_who_is_there_and_a_day_to_come(
    world: World, owner: str, due: Any, code: str
) -> None:
    sent = await received(world)
    number = await proposed(world, sent)
    told = record(sent.subject, next_steps=[step(sent.subject, owner) | {"due": due.isoformat()}])
    answer = await call(world, "POST", f"/meetings/{number}/record", world.play.recipient(), told, 1)
    assert_problem(answer, 422, code)


async def test_the_same_proposal_twice_is_one_meeting(world: World) -> None:
    sent = await received(world)
    key = {"Idempotency-Key": "meeting-" + sent.task}
    path = f"/tasks/{sent.task}/meetings"
    first = await call(world, "POST", path, world.play.sender() | key, proposal())
    second = await call(world, "POST", path, world.play.sender() | key, proposal())
    assert (first.json(), second.headers["idempotency-replayed"]) == (second.json(), "true")
    assert len((await call(world, "GET", path, world.play.sender())).json()["meetings"]) == 1


async def test_a_plan_for_the_time_after_is_the_recipients_and_goes_through_the_same_gate(world: World) -> None:
    sent = await received(world)
    house, path = world.play.recipient(), f"/tasks/{sent.task}/aftercare"
    body = {"plan": [piece(sent.subject)], "next_steps": [step(sent.subject, MIDWIFERY, "wellbeing")]}
    assert_problem(await call(world, "POST", path, house, body), 409, "wrong_state")
    assert (await world.play.accept(sent.task, 2)).status_code == 200
    assert (await call(world, "POST", f"/tasks/{sent.task}/start", house, {}, 3)).status_code == 200
    done = await call(world, "POST", f"/tasks/{sent.task}/completion", house, {"outcome": "goal_reached"}, 4)
    assert done.status_code == 200
    key = {"Idempotency-Key": "aftercare-" + sent.task}
    made = await call(world, "POST", path, house | key, body)
    assert made.status_code == 201, made.text
    assert (await call(world, "POST", path, house | key, body)).json() == made.json()
    told = (await world.play.read(sent.referral, world.play.sender())).json()["dialogue"]
    assert [
        [each["label"] for each in message["information"]] for message in told if message["kind"] == "aftercare"
    ] == [["plan"]]
    assert (await steps(world, sent, world.play.sender()))["steps"] == []
    world.consent.permit([], FAMILY_HOUSE, MIDWIFERY)
    told = (await world.play.read(sent.referral, world.play.sender())).json()["dialogue"]
    assert [each for each in told if each["kind"] == "aftercare"] == []
    assert await steps(world, sent, world.play.sender()) == {"steps": [], "withheld": []}
