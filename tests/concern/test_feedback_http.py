"""What the reporter is told of what came of it, by kind of reporter, over HTTP (R33)."""

from typing import Any

import pytest

from shared.auth import Role
from tests.concern.office import BEGUN, CALM, Office
from tests.concern.world import SECRET, movers
from tests.support.town import NORTH_AUTHORITY, assert_problem, rows

MORE = {"types": ["support_at_home", "advice"], "weeks": 12, "why": f"Vi skal støtte {SECRET} om morgenen."}


async def _own(office: Office, report: str) -> Any:
    answer = await office.client.get(f"/concern-reports/{report}", headers=office.daycare())
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.rule("R33", enforced_by="services.concern.domain.feedback:must_be_told")
async def test_r33_who_reported_under_section_133_is_told_yes_or_no_of_each_and_nothing_else(office: Office) -> None:
    report = await office.in_state("closed")
    assert (await _own(office, report))["feedback"] is None
    assert_problem(await office.step(report, "feedback", {}), 422, "feedback_incomplete")
    answer = await office.step(report, "feedback", {"begun": BEGUN})
    assert answer.status_code == 200
    told = await _own(office, report)
    assert {name: told["feedback"][name] for name in BEGUN} == BEGUN
    assert "outcomes" not in told
    assert "danger" not in told
    entry = next(each for each in await office.entries(answer) if each["kind"] == "concern_step")
    assert (entry["told"], entry["begun"]) == (True, ["mapping", "measures"])


@pytest.mark.rule("R33", enforced_by="services.concern.domain.feedback:must_be_told")
async def test_r33_what_is_told_is_what_it_was_closed_with(office: Office) -> None:
    report = await office.in_state("closed")
    for begun in ({**BEGUN, "measures": False}, {**BEGUN, "examination": True}):
        assert_problem(await office.step(report, "feedback", {"begun": begun}), 422, "feedback_contradicts")


@pytest.mark.rule("R33", enforced_by="services.concern.actions.feedback:tell")
async def test_r33_more_is_told_only_with_a_reason_that_is_kept_and_not_shown(office: Office) -> None:
    report = await office.in_state("closed")
    for more, code in (
        ({**MORE, "why": " "}, "feedback_incomplete"), ({**MORE, "types": []}, "feedback_incomplete"),
        ({**MORE, "weeks": 0}, "feedback_incomplete"), ({**MORE, "weeks": 261}, "feedback_incomplete"),
    ):  # fmt: skip
        assert_problem(await office.step(report, "feedback", {"begun": BEGUN, "more": more}), 422, code)
    answer = await office.step(report, "feedback", {"begun": BEGUN, "more": MORE})
    assert answer.status_code == 200, answer.text
    assert SECRET not in answer.text
    own = await _own(office, report)
    assert (sorted(own["feedback"]["types"]), own["feedback"]["weeks"]) == (["advice", "support_at_home"], 12)
    assert "om morgenen" not in str(own)
    kept = await rows(office.dbs.admin("concern"), "SELECT * FROM feedback ORDER BY id DESC LIMIT 1")
    assert SECRET not in str(kept)
    (words,) = await office.of(report, "SELECT sealed FROM words WHERE original = $1 AND what = 'feedback'")
    assert SECRET.encode() not in words[0]


@pytest.mark.rule("R33", enforced_by="services.concern.actions.feedback:tell")
async def test_r33_for_special_reasons_it_is_withheld_and_may_be_told_later(office: Office) -> None:
    report = await office.in_state("closed")
    both = await office.step(report, "feedback", {"begun": BEGUN, "withheld": "police_case"})
    assert_problem(both, 422, "feedback_contradicts")
    await office.done(report, "feedback", {"withheld": "police_case"})
    assert (await _own(office, report))["feedback"]["examination"] is None
    await office.done(report, "feedback", {"begun": BEGUN})
    assert (await _own(office, report))["feedback"]["measures"] is True
    counted = await office.of(report, "SELECT count(*) FROM feedback WHERE report = $1")
    assert counted[0][0] == 2, "both answers are kept"


@pytest.mark.rule("R33", enforced_by="services.concern.domain.feedback:must_be_told")
async def test_r33_citizens_are_told_that_it_is_received_and_no_more(office: Office) -> None:
    report = await office.by_citizen()
    await office.done(report, "assessment", CALM)
    for body in ({"begun": BEGUN}, {"withheld": "childs_safety"}):
        answer = await office.step(report, "feedback", body)
        assert_problem(answer, 409, "no_feedback_here")
        (entry,) = await office.entries(answer)
        assert (entry["code"], entry["rule"]) == ("no_feedback_here", "R33")
    assert (await office.done(report, "acknowledgement"))["acknowledged_at"]


@pytest.mark.rule("R37", enforced_by="services.concern.domain.feedback:must_be_told")
async def test_r37_the_municipality_a_family_has_left_is_told_that_it_is_received_by_the_same_clocks(
    office: Office,
) -> None:
    authority = office.keys.party("concern", Role.REPORT, unit=NORTH_AUTHORITY, user="adviser-1")
    sent = await office.client.post("/concern-reports", headers=authority, json=movers())
    assert sent.status_code == 201, sent.text
    report = sent.json()["id"]
    south = office.southern()
    assert (await office.row(report))["reporter_kind"] == "authority_132"
    await office.done(report, "assessment", CALM, headers=south)
    answer = await office.step(report, "feedback", {"begun": BEGUN}, headers=south)
    assert_problem(answer, 409, "no_feedback_here")
    assert (await office.done(report, "acknowledgement", headers=south))["acknowledged_at"]
    assert_problem(await office.step(report, "assessment", CALM), 404)
