"""The dialogue meeting over HTTP: who plans, minutes and reads it; the report stands whatever becomes of it."""

from datetime import timedelta
from typing import Any

import pytest

from shared.auth import Role
from tests.concern.office import CALM, STATES, Office, day, minutes
from tests.concern.world import SECRET
from tests.support.town import assert_problem, rows

R31 = pytest.mark.rule("R31", enforced_by="services.concern.actions.dialogue:plan")


def _ahead(office: Office, days: int = 2) -> dict[str, str]:
    return {"planned_at": (office.now + timedelta(days=days)).isoformat()}


async def _as_reporter(office: Office, report: str, what: str = "", body: dict[str, Any] | None = None) -> Any:
    return await office.client.post(
        f"/concern-reports/{report}/dialogue{what}", headers=office.daycare(), json=body or {}
    )


@R31
async def test_r31_reporter_and_authority_plan_and_move_it_and_the_clocks_run_on(office: Office) -> None:
    report = await office.reported(form="dialogue")
    before = await office.row(report)
    first = await _as_reporter(office, report, "", _ahead(office))
    assert (first.status_code, first.json()["state"]) == (200, "planned")
    assert "etag" not in first.headers, "from a version, the reporter could count what the authority does"
    moved = await office.done(report, "dialogue", _ahead(office, 3))
    assert moved["may"] == ["plan_dialogue", "hold_dialogue", "decline_dialogue", "cancel_dialogue"]
    after = await office.row(report)
    assert after["dialogue_at"] > before["received_at"] + timedelta(days=2, hours=23)
    for clock in ("assess_by", "acknowledge_by", "inform_by", "received_at", "state"):
        assert after[clock] == before[clock]
    past = await _as_reporter(office, report, "", {"planned_at": office.now.isoformat()})
    assert_problem(past, 422, "dialogue_not_ahead")


@R31
@pytest.mark.parametrize(("what", "state"), [("/decline", "declined"), ("/cancellation", "cancelled")])
async def test_r31_not_held_the_report_stands_and_another_may_be_planned(office: Office, what: str, state: str) -> None:
    report = await office.reported()
    if state == "cancelled":
        assert_problem(await _as_reporter(office, report, what), 409, "dialogue_not_open")
    await _as_reporter(office, report, "", _ahead(office))
    told = (await _as_reporter(office, report, what)).json()
    assert told["state"] == state
    assert "Underretningen gælder stadig" in told["says"]
    assert (await office.row(report))["state"] == "received"
    assert (await office.done(report, "assessment", CALM))["state"] == "assessed"
    assert (await _as_reporter(office, report, "", _ahead(office))).json()["state"] == "planned"


@pytest.mark.rule("R31", enforced_by="services.concern.actions.dialogue:minute")
async def test_r31_the_minutes_hold_both_understandings_and_the_agreed_steps_for_those_who_met(office: Office) -> None:
    report = await office.reported(form="dialogue")
    body = minutes(office.now)
    assert_problem(await office.step(report, "dialogue/minutes", body), 409, "dialogue_not_open")
    await _as_reporter(office, report, "", _ahead(office))
    assert_problem(await _as_reporter(office, report, "/minutes", body), 403)
    answer = await office.step(report, "dialogue/minutes", body)
    assert (answer.status_code, answer.json()["state"]) == (200, "held")
    for headers in (office.headers, office.daycare()):
        read = (await office.client.get(f"/concern-reports/{report}/dialogue", headers=headers)).json()
        (told,) = read["minutes"]
        assert (told["family_view"], told["professional_view"]) == (body["family_view"], body["professional_view"])
        (step,) = told["steps"]
        assert (step["owner"], step["by"], step["overdue"]) == ("adviser", body["steps"][0]["by"], False)
    office.at = office.now + timedelta(days=9)
    later = await office.client.get(f"/concern-reports/{report}/dialogue", headers=office.daycare())
    assert later.json()["minutes"][0]["steps"][0]["overdue"] is True
    entries = str(await office.entries(answer))
    assert SECRET not in entries
    kept = await office.of(report, "SELECT sealed FROM words WHERE original = $1 AND what = 'minutes'")
    assert SECRET.encode() not in kept[0][0]
    said = await office.of(report, "SELECT said::text FROM step WHERE report = $1")
    assert SECRET not in str([each[0] for each in said])
    assert_problem(await office.step(report, "dialogue", _ahead(office, 20)), 409, "dialogue_not_open")


@pytest.mark.rule("R31", enforced_by="services.concern.domain.dialogue:must_be_minuted")
async def test_r31_what_is_no_meeting_of_the_three_is_not_minuted(office: Office) -> None:
    report = await office.reported()
    await office.done(report, "dialogue", _ahead(office))
    at = office.now
    step = {"what": "Morgenhjælp", "owner": "adviser", "by": day(at, 1).isoformat()}
    for changes, code, wants in (
        ({"present": ["reporter", "adviser"]}, "dialogue_incomplete", ["present:family"]),
        ({"family_view": " "}, "dialogue_incomplete", ["family_view"]),
        ({"professional_view": ""}, "dialogue_incomplete", ["professional_view"]),
        ({"steps": []}, "dialogue_incomplete", ["steps"]),
        ({"steps": [step | {"what": " "}]}, "dialogue_incomplete", ["steps"]),
        ({"steps": [step | {"by": day(at, -1).isoformat()}]}, "dialogue_incomplete", ["steps"]),
        ({"held_at": (at + timedelta(hours=1)).isoformat()}, "told_in_the_future", None),
        ({"steps": [step] * 21}, "malformed", None), ({"steps": [step | {"owner": "x"}]}, "malformed", None),
        ({"steps": [step | {"by": "snart"}]}, "malformed", None), ({"present": "all"}, "malformed", None),
        ({"family_view": "x" * 20_001}, "malformed", None), ({"family_view": "610190-1234"}, "cpr_refused", None),
        ({"steps": [step | {"what": "610190-1234"}]}, "cpr_refused", None), ({"notes": "x"}, "malformed", None),
    ):  # fmt: skip
        answer = await office.step(report, "dialogue/minutes", minutes(at) | changes)
        told = assert_problem(answer, 422, code)
        assert told.get("wants") == wants
        assert "610190" not in answer.text
    assert (await office.row(report))["dialogue"] == "planned"


@pytest.mark.rule("R31", enforced_by="services.concern.domain.dialogue:must_suit")
async def test_r31_nobody_meets_a_family_without_a_name(office: Office) -> None:
    report = await office.by_citizen()
    answer = await office.step(report, "dialogue", _ahead(office))
    assert_problem(answer, 422, "dialogue_needs_name")
    told = await office.client.get(f"/concern-reports/{report}/dialogue", headers=office.headers)
    assert (told.json()["state"], told.json()["may"]) == (None, [])


async def test_where_abuse_is_suspected_it_says_what_to_think_of_before_the_family_is_asked(office: Office) -> None:
    report = await office.reported(form="dialogue", ground="abuse", parents={"why_not": "suspected_abuse"})
    told = await _as_reporter(office, report, "", _ahead(office))
    assert "politiet" in told.json()["caution"]


@pytest.mark.parametrize("state", STATES)
async def test_once_a_report_has_ended_no_meeting_is_planned_there(office: Office, state: str) -> None:
    report = await office.in_state(state)
    answer = await office.step(report, "dialogue", _ahead(office))
    if state in {"received", "assessed"}:
        assert answer.status_code == 200
    else:
        assert_problem(answer, 409, "wrong_state")


async def test_the_authority_names_the_version_it_read_and_others_are_not_there(office: Office) -> None:
    report = await office.reported()
    address = f"/concern-reports/{report}/dialogue"
    assert_problem(await office.client.post(address, headers=office.headers, json=_ahead(office)), 428)
    assert_problem(await office.step(report, "dialogue", _ahead(office), version=9), 412)
    assert_problem(await office.client.get(address, headers=office.southern()), 404)
    other = office.keys.party("concern", Role.REPORT, unit="north-house", user="helper-1")
    for method in ("GET", "POST"):
        answer = await office.client.request(method, address, headers=other, json=_ahead(office))
        assert_problem(answer, 404)
        (entry,) = await office.entries(answer)
        assert (entry["kind"], entry["report"]) == ("access_refused", report)
    assert not await rows(office.dbs.admin("concern"), "SELECT 1 FROM words WHERE what = 'minutes' AND by_user IS NULL")


async def test_a_citizen_with_a_login_takes_part_as_any_reporter(office: Office) -> None:
    citizen = office.keys.party("concern", Role.CITIZEN, citizen="citizen-9", user="subject-9")
    body = {"ground": "neglect", "where": {"stays_in": "0217"}, "words": {"concern": "Barnet er alene."},
            "reporter": {"name": "Pia Prøve"}, "form": "dialogue"}  # fmt: skip
    sent = await office.client.post("/concern-reports/citizen", headers=citizen, json=body)
    report = sent.json()["id"]
    address = f"/concern-reports/{report}/dialogue"
    planned = await office.client.post(address, headers=citizen, json=_ahead(office))
    assert (planned.status_code, planned.json()["state"]) == (200, "planned")
    stranger = office.keys.party("concern", Role.CITIZEN, citizen="citizen-8", user="subject-8")
    assert_problem(await office.client.get(address, headers=stranger), 404)
