"""Handovers: the receiver takes over when all that matters is seen to, and the sender lets go only then."""

from typing import Any
from uuid import uuid4

import pytest

from services.referral.domain.handing import CHECKLISTS, Attendance, Handover, Template, first, lacks
from services.referral.domain.kinds import Kind
from services.referral.domain.meetings import Presence
from shared.vocabulary import Sector
from tests.referral.deciding import World
from tests.referral.test_meetings import TODAY, call
from tests.support.story import Headers, Sent
from tests.support.town import AUTHORITY, FAMILY_HOUSE, MIDWIFERY, assert_problem, entries_of, rows

REQUIRED = [check.code for check in CHECKLISTS[Template.MIDWIFE_TO_HOUSE] if check.required]
ATTENDED = {"sender": True, "recipient": True, "family": {"present": True}}
WHOLE = {"ticked": REQUIRED, "meeting_on": TODAY.isoformat(), "attendance": ATTENDED}


async def accepted(world: World, **changes: Any) -> Sent:
    """Return a handover that the family house has accepted, and whose course the midwives may hear."""
    subject = str(uuid4())
    changes = {"kind": "handover"} | changes
    sent = await world.posted((subject, "health"), (subject, "own_wish"), subject=subject, **changes)
    world.consent.permit([(subject, "course")], FAMILY_HOUSE, MIDWIFERY)
    assert (await world.play.read(sent.referral, world.play.recipient())).status_code == 200
    assert (await world.play.accept(sent.task, 2)).status_code == 200
    return sent


async def written(world: World, sent: Sent, who: Headers, version: int, **changes: Any) -> Any:
    """Write a side of the handover."""
    return await call(world, "PUT", f"/tasks/{sent.task}/handover", who, WHOLE | changes, version)


async def started(world: World, sent: Sent) -> Any:
    """Let the family house begin."""
    return await call(world, "POST", f"/tasks/{sent.task}/start", world.play.recipient(), {}, 3)


@pytest.mark.parametrize("code", [*REQUIRED, "meeting_on", "attendance", "both_sides_present"])
def test_each_required_thing_keeps_the_receiver_from_taking_over(code: str) -> None:
    there = Attendance(sender=code != "both_sides_present", recipient=True, family=Presence(present=True))
    whole = Handover(
        Template.MIDWIFE_TO_HOUSE,
        by_sender=frozenset(REQUIRED[:2]) - {code},
        by_recipient=frozenset(REQUIRED[2:]) - {code},
        meeting_on=None if code == "meeting_on" else TODAY,
        attendance=None if code == "attendance" else there,
    )
    assert lacks(whole) == [code]


def test_the_checklist_fits_the_two_sides() -> None:
    health, house, daycare = Sector.REGIONAL_HEALTH, Sector.MUNICIPAL_SOCIAL, Sector.MUNICIPAL_DAYCARE
    assert first(Kind.HANDOVER, health, house).template is Template.MIDWIFE_TO_HOUSE
    assert first(Kind.HANDOVER, Sector.MUNICIPAL_HEALTH, daycare).template is Template.HEALTH_VISITING_TO_DAYCARE
    assert first(Kind.BRIDGING, health, house).template is Template.BRIDGING


@pytest.mark.parametrize("kind", ["handover", "bridging"])
async def test_it_starts_only_when_complete_and_only_then_the_sender_lets_go(world: World, kind: str) -> None:
    sent = await accepted(world, kind=kind)
    close = f"/referrals/{sent.referral}/closing"
    assert "attendance" in assert_problem(await started(world, sent), 409, "step_refused")["lacks"]
    assert_problem(await call(world, "POST", close, world.play.sender()), 409, "still_open")
    seen = (await call(world, "GET", f"/tasks/{sent.task}/handover", world.play.sender())).json()
    assert (seen["responsible"], seen["version"]) == ("sender", 0)
    ticked = [each["code"] for each in seen["checklist"] if each["required"]]
    one = await written(world, sent, world.play.sender(), 0, ticked=ticked[:1], meeting_on=None, attendance=None)
    assert one.status_code == 200, one.text
    assert_problem(await started(world, sent), 409, "step_refused")
    two = await written(world, sent, world.play.recipient(), 1, ticked=ticked[1:])
    assert (two.json()["lacks"], two.json()["checklist"][0]["by_sender"]) == ([], True)
    begun = await started(world, sent)
    assert begun.status_code == 200, begun.text
    kinds = [each["kind"] for each in await entries_of(world.play.dbs.admin("referral"), begun.headers["x-request-id"])]
    assert kinds == ["taken_over", "task_in_progress"]
    assert "taken_over" in (await world.heard(sent))[1]
    seen = (await call(world, "GET", f"/tasks/{sent.task}/handover", world.play.sender())).json()
    assert (seen["responsible"], seen["taken_over_at"] is None) == ("recipient", False)
    assert (await call(world, "POST", close, world.play.sender())).status_code == 201
    assert_problem(await written(world, sent, world.play.recipient(), 2), 409, "wrong_state")


async def test_of_a_hidden_course_a_handover_tells_the_sender_nothing(world: World) -> None:
    told = []
    for takes_over in (True, False):
        sent = await accepted(world)
        assert (await written(world, sent, world.play.recipient(), 0)).status_code == 200
        if takes_over:
            assert (await started(world, sent)).status_code == 200
        world.consent.permit([], FAMILY_HOUSE, MIDWIFERY)
        answer = await call(world, "GET", f"/tasks/{sent.task}/handover", world.play.sender())
        assert "etag" not in answer.headers
        refusal = await written(world, sent, world.play.sender(), 1)
        closing = await call(world, "POST", f"/referrals/{sent.referral}/closing", world.play.sender())
        assert "taken_over" not in (await world.heard(sent))[1]
        codes = [(each.status_code, each.json()["code"], each.json().get("allowed")) for each in (refusal, closing)]
        told.append((answer.json() | {"task": ""}, codes))
    assert told[0] == told[1]
    assert told[0][0]["responsible"] is None
    assert told[0][0]["withheld"] == "no_consent"


async def test_what_the_recipient_ticks_before_its_answer_is_the_course_too(world: World) -> None:
    subject = str(uuid4())
    sent = await world.posted((subject, "health"), subject=subject, kind="handover")
    assert (await world.play.read(sent.referral, world.play.recipient())).status_code == 200
    mine = await call(world, "GET", f"/tasks/{sent.task}/handover", world.play.sender())
    assert mine.json()["responsible"] == "sender"
    assert (await written(world, sent, world.play.recipient(), 0)).status_code == 200
    seen = (await call(world, "GET", f"/tasks/{sent.task}/handover", world.play.sender())).json()
    assert (seen["checklist"], seen["withheld"]) == (None, "no_consent")


async def test_of_two_who_write_at_once_one_is_told_to_read_again(world: World) -> None:
    sent = await accepted(world)
    assert (await written(world, sent, world.play.sender(), 0)).status_code == 200
    assert_problem(await written(world, sent, world.play.recipient(), 0), 412)
    assert (await written(world, sent, world.play.recipient(), 1)).headers["etag"] == '"2"'


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"ticked": ["hanne_jensen"]}, "unknown_check"),
        ({"meeting_on": "2099-01-01"}, "wrong_day"),
        ({"meeting_on": None}, "wrong_day"),
        ({"attendance": {"sender": True, "recipient": True, "family": {"present": False}}}, None),
        ({"attendance": {"sender": 1, "recipient": True, "family": {"present": True}}}, None),
        ({"template": "home"}, None),
        ({"note": "Hanne"}, None),
    ],
)
async def test_a_handover_with_something_wrong_is_refused_whole(world: World, changes: Any, code: str | None) -> None:
    sent = await accepted(world)
    answer = await written(world, sent, world.play.recipient(), 0, **changes)
    assert_problem(answer, 422, code)
    assert "hanne" not in answer.text.lower()
    sql = "SELECT 1 FROM handover WHERE task_id::text = $1"
    assert await rows(world.play.dbs.admin("referral"), sql, sent.task) == []


async def test_a_referral_is_no_handover_and_starts_without(world: World) -> None:
    sent = await accepted(world, kind="referral")
    answer = await call(world, "GET", f"/tasks/{sent.task}/handover", world.play.recipient())
    assert_problem(answer, 422, "kind_refused")
    assert (await started(world, sent)).status_code == 200


@pytest.mark.rule(
    "R35", enforced_by=("services.referral.actions.handing:screen", "services.referral.actions.answering:start")
)
async def test_the_authority_notes_its_screening_and_the_limits_are_only_told(world: World) -> None:
    """R35, R69: what expectant parents may be given after § 32, stk. 5, is said and never decided here."""
    subject = str(uuid4())
    for road in ((MIDWIFERY, AUTHORITY), (AUTHORITY, MIDWIFERY)):
        world.consent.permit([(subject, "health"), (subject, "course")], *road)
    told = await world.play.post(subject, kind="authority_request", recipients=[AUTHORITY], serious_concern=False)
    sent = Sent(subject, told["need"], "", told["id"], told["tasks"][0]["id"])
    path, authority = f"/tasks/{sent.task}/screening", world.play.recipient(AUTHORITY)
    body = {"screening_ref": "2026-77", "paragraph": "section_24", "on": TODAY.isoformat()}
    assert_problem(await call(world, "PUT", path, authority, body), 409, "wrong_state")
    assert (await world.play.read(sent.referral, authority)).status_code == 200
    assert_problem(await call(world, "PUT", path, authority, body | {"on": "2099-01-01"}), 422, "wrong_day")
    made = await call(world, "PUT", path, authority, body)
    assert made.status_code == 200, made.text
    assert "§ 32, stk. 5" in made.json()["told"]
    (entry,) = await entries_of(world.play.dbs.admin("referral"), made.headers["x-request-id"])
    assert (entry["kind"], entry["screening_ref"]) == ("screening_recorded", "2026-77")
    accepting = await call(world, "POST", f"/tasks/{sent.task}/acceptance", authority, {}, 2)
    assert accepting.status_code == 200, accepting.text
    begins = await call(world, "POST", f"/tasks/{sent.task}/start", authority, {}, 3)
    assert assert_problem(begins, 409, "step_refused")["lacks"] == ["decision_ref"]
    assert (await call(world, "GET", path, world.play.sender())).json()["screening_ref"] == "2026-77"
    world.consent.permit([], AUTHORITY, MIDWIFERY)
    seen = (await call(world, "GET", path, world.play.sender())).json()
    assert (seen["screening_ref"], seen["told"], seen["withheld"]) == (None, None, "no_consent")
