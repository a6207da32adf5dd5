"""The authority's steps over HTTP: from where each may be taken, by whom, once, and with what on the ledger (R32)."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.concern.office import BEGUN, CALM, STATES, TOLD_SOUTH, Office, minutes
from tests.support.town import SOUTH, assert_problem

# Written anew, and not read off the rules: what may be done from where; else the code of the refusal.
STEPS: dict[str, Any] = {
    "assessment": CALM, "acknowledgement": {}, "informing": {"why_not": "not_reached"},
    "passing-on": {"municipality": SOUTH, "facts": TOLD_SOUTH}, "closing": {"outcomes": ["nothing_more"]},
    "feedback": {"begun": BEGUN},
}  # fmt: skip
MAY = {
    "received": {"assessment", "acknowledgement", "informing", "dialogue"},
    "assessed": {*STEPS, "dialogue"},
    "passed_on": {"acknowledgement", "informing"},
    "closed": {"acknowledgement", "informing", "feedback"},
}


@pytest.mark.rule("R32", enforced_by="services.concern.actions.stepping:hold")
@pytest.mark.parametrize("state", STATES)
async def test_r32_each_step_is_taken_from_where_it_may_and_else_refused_with_what_may_be_done(
    office: Office, state: str
) -> None:
    ahead = (office.now + timedelta(days=2)).isoformat()
    bodies = STEPS | {"dialogue": {"planned_at": ahead}}
    report = await office.in_state(state)
    for what, body in sorted(bodies.items()):
        if what in MAY[state]:
            continue
        before = await office.row(report)
        answer = await office.step(report, what, body)
        told = assert_problem(answer, 409)
        if state == "received":
            assert told["code"] == "assess_first"
        else:
            assert told["code"] == "wrong_state"
            assert told["state"] == state
            assert {"acknowledge", "inform_parents"} <= set(told["allowed"])
        assert await office.row(report) == before
        (entry,) = await office.entries(answer)
        assert (entry["kind"], entry["rule"], entry["report"]) == ("concern_refused", "R32", report)
    # What ends a report comes last, from a report of its own.
    for what in sorted(MAY[state], key=lambda each: each in {"passing-on", "closing"}):
        fresh = report if what not in {"passing-on", "closing"} else await office.in_state(state)
        if what == "closing":
            await office.done(fresh, "informing", {"informed_at": office.now.isoformat()})
        before = await office.row(fresh)
        answer = await office.step(fresh, what, bodies[what])
        assert answer.status_code == 200, (state, what, answer.text)
        assert answer.headers["etag"] == f'"{before["version"] + 1}"'
        (entry,) = [each for each in await office.entries(answer) if each["kind"] == "concern_step"]
        assert entry["report"] == fresh
        kept = await office.of(fresh, "SELECT * FROM step WHERE report = $1 ORDER BY id DESC")
        assert (str(kept[0]["ledger_id"]), kept[0]["by_user"]) == (entry["id"], "adviser-1")


@pytest.mark.rule("R32", enforced_by="services.concern.actions.assessing:assess")
async def test_r32_the_first_assessment_is_the_one_whose_moment_counts(office: Office) -> None:
    report = await office.reported()
    first = await office.done(report, "assessment", CALM)
    again = await office.done(report, "assessment", {**CALM, "danger": True, "acute_measures": True})
    assert again["assessed_at"] == first["assessed_at"]
    row = await office.row(report)
    assert (row["danger"], row["acute_measures"], row["state"]) == (True, True, "assessed")
    refused = await office.step(report, "assessment", {**CALM, "acute_measures": True})
    assert_problem(refused, 422, "acute_without_danger")


@pytest.mark.rule("R34", enforced_by="services.concern.actions.assessing:assess")
async def test_r34_where_help_runs_already_the_caseworker_sees_that_somebody_new_must_take_part(office: Office) -> None:
    report = await office.reported()
    assert (await office.done(report, "assessment", CALM))["reassess"] is None
    running = {**CALM, "running_measures": True}
    told = await office.done(report, "assessment", running)
    assert "barnets lov § 137" in told["reassess"]
    assert told["involved_before"] is True
    assert (await office.done(report, "assessment", {**running, "with_user": "adviser-9"}))["involved_before"] is False
    fresh = office.reception(user="adviser-8")
    assert (await office.done(report, "assessment", running, headers=fresh))["involved_before"] is False


@pytest.mark.rule("R32", enforced_by="services.concern.actions.assessing:acknowledge")
async def test_r32_the_reporter_is_acknowledged_once_also_after_it_has_ended(office: Office) -> None:
    report = await office.in_state("closed")
    told = await office.done(report, "acknowledgement")
    assert told["acknowledged_at"]
    assert_problem(await office.step(report, "acknowledgement"), 409, "already_acknowledged")
    assert (await office.row(report))["acknowledged_at"].isoformat().startswith(told["acknowledged_at"][:19])


async def test_of_two_at_once_one_is_told_that_it_has_changed(office: Office) -> None:
    report = await office.reported()
    both = await asyncio.gather(*(office.step(report, "acknowledgement", version=1) for _ in range(2)))
    assert sorted(answer.status_code for answer in both) == [200, 412]
    counted = await office.of(report, "SELECT count(*) FROM step WHERE report = $1 AND step = 'acknowledge'")
    assert counted[0][0] == 1


@pytest.mark.rule("R33", enforced_by="services.concern.domain.lifecycle:must_close")
async def test_r33_a_report_ends_with_what_came_of_it_once_it_is_said_whether_the_parents_know(office: Office) -> None:
    report = await office.in_state("assessed")
    assert_problem(await office.step(report, "closing", {"outcomes": ["mapping"]}), 409, "parents_unanswered")
    told = await office.done(report, "informing", {"why_not": "suspected_abuse"})
    assert (told["parents_answered"], told["parents_to_tell"]) == (True, False)
    for wrong in ([], ["nothing_more", "mapping"], ["passed_on"]):
        refused = await office.step(report, "closing", {"outcomes": wrong})
        assert_problem(refused, 422, "outcomes_contradict")
    ended = await office.done(report, "closing", {"outcomes": ["measures", "mapping", "mapping"]})
    assert (ended["state"], ended["outcomes"]) == ("closed", ["mapping", "measures"])
    assert ended["ended_at"]


async def test_the_parents_are_told_or_why_not_and_every_answer_is_kept(office: Office) -> None:
    report = await office.reported()
    later = (office.now + timedelta(hours=1)).isoformat()
    now = office.now.isoformat()
    for body, code in (
        ({}, "not_informed"), ({"informed_at": now, "why_not": "dbl_22"}, "not_informed"),
        ({"why_not": "left_to_authority"}, "not_informed"), ({"informed_at": later}, "told_in_the_future"),
    ):  # fmt: skip
        assert_problem(await office.step(report, "informing", body), 422, code)
    still = await office.done(report, "informing", {"why_not": "not_reached"})
    assert (still["parents_answered"], still["parents_to_tell"]) == (True, True)
    told = await office.done(report, "informing", {"informed_at": now})
    assert (told["parents_answered"], told["parents_to_tell"]) == (True, False)
    kept = await office.of(report, "SELECT by_party, why_not FROM informing WHERE report = $1 ORDER BY id")
    assert [tuple(each) for each in kept] == [
        ("reporter", "left_to_authority"), ("authority", "not_reached"), ("authority", None),
    ]  # fmt: skip


@pytest.mark.parametrize("what", [*STEPS, "dialogue", "dialogue/minutes", "dialogue/decline", "dialogue/cancellation"])
async def test_another_municipalitys_report_answers_as_one_that_is_not_there(office: Office, what: str) -> None:
    at = office.now
    body = STEPS.get(what, {})
    if what == "dialogue":
        body = {"planned_at": (at + timedelta(days=1)).isoformat()}
    if what == "dialogue/minutes":
        body = minutes(at)
    theirs = await office.in_state("assessed")
    before = await office.row(theirs)
    answers = []
    for number in (theirs, str(uuid4())):
        sent = office.southern() | {"If-Match": '"1"'}
        answer = await office.client.post(f"/concern-reports/{number}/{what}", headers=sent, json=body)
        told = assert_problem(answer, 404)
        told.pop("instance")
        answers.append((told, sorted(set(answer.headers) - {"x-request-id"})))
        (entry,) = await office.entries(answer)
        assert (entry["kind"], entry["report"]) == ("access_refused", number)
    assert answers[0] == answers[1]
    assert await office.row(theirs) == before


BAD: list[tuple[str, Any]] = [
    ("assessment", {}), ("assessment", {**CALM, "danger": "yes"}), ("assessment", {**CALM, "why": "x"}),
    ("assessment", {**CALM, "running_measures": None}), ("assessment", {**CALM, "with_user": "6101901234"}),
    ("acknowledgement", {"to": "somebody"}), ("informing", {"why_not": "because"}), ("informing", {"informed_at": 12}),
    ("informing", {"informed_at": "2026-11-22T10:00:00"}), ("closing", {}), ("closing", {"outcomes": ["other"]}),
    ("closing", {"outcomes": ["mapping"] * 7}), ("passing-on", {"municipality": "219", "facts": TOLD_SOUTH}),
    ("passing-on", {"municipality": SOUTH}), ("passing-on", {"municipality": SOUTH, "facts": {}}),
    ("passing-on", {"municipality": SOUTH, "facts": TOLD_SOUTH, "why": "x"}), ("feedback", {"begun": {}}),
    ("feedback", {"begun": {**BEGUN, "case": "x"}}), ("feedback", {"withheld": "because"}),
    ("feedback", {"begun": BEGUN, "more": {"types": ["advice"], "weeks": "8", "why": "x"}}),
    ("feedback", {"begun": BEGUN, "more": {"types": ["spell"], "why": "x"}}),
    ("feedback", {"begun": BEGUN, "more": {"types": ["advice"], "why": "610190-1234"}}),
    ("feedback", {"begun": BEGUN, "more": {"types": ["advice"], "why": "x" * 2001}}),
]  # fmt: skip


async def test_a_misshapen_step_changes_nothing_and_is_not_repeated(office: Office) -> None:
    report = await office.in_state("assessed")
    before = await office.row(report)
    for what, body in BAD:
        answer = await office.step(report, what, body)
        told = assert_problem(answer, 422)
        assert told["code"] in {"malformed", "cpr_refused"}, (what, body, told)
        assert "610190" not in answer.text
    for headers, status in (({}, 428), ({"If-Match": "*"}, 412), ({"If-Match": '"99"'}, 412)):
        sent = await office.client.post(
            f"/concern-reports/{report}/acknowledgement", headers=office.headers | headers, json={}
        )
        assert_problem(sent, status)
    assert await office.row(report) == before
