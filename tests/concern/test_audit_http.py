"""What an auditor asks of concern reports: codes, clocks, who and when; never what was said (R32, R33, R53)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.concern.actions import clock
from shared.auth import Role
from shared.db import Database
from tests.concern.office import BEGUN, CALM, TOLD_SOUTH, Office, minutes
from tests.concern.world import SECRET
from tests.support.town import DAYCARE, NORTH, SOUTH, assert_problem

REPORTS = "/audit/concern-reports"
FIGURES = REPORTS + "/figures"


async def _read(office: Office, address: str, **asked: Any) -> Any:
    answer = await office.client.get(address, headers=office.auditor(), params=asked)
    assert answer.status_code == 200, answer.text
    (entry,) = [each for each in await office.entries(answer) if each["kind"] == "audit_read"]
    assert entry["what"] == ("concern_figures" if address == FIGURES else "concern_reports")
    assert SECRET not in answer.text
    return answer.json()


async def _looked(office: Office) -> None:
    database = Database(office.dbs.app("concern"), 2, "test-look")
    await database.open()
    await clock.look(database, office.now)
    await database.close()


@pytest.mark.rule("R32", enforced_by="services.concern.actions.auditing:reports")
async def test_r32_the_auditor_sees_each_clock_who_was_told_and_every_step_and_no_words(office: Office) -> None:
    """A year of its own, so that nothing else stands in it."""
    office.at = datetime(2031, 5, 6, 8, tzinfo=UTC)
    held = await office.reported(parents={"why_not": "left_to_authority"})
    missed = await office.reported(parents={"why_not": "left_to_authority"})
    await office.done(held, "assessment", CALM)
    await office.done(held, "dialogue", {"planned_at": (office.at + timedelta(hours=1)).isoformat()})
    office.at += timedelta(hours=25)
    await office.done(held, "dialogue/minutes", minutes(office.at))
    await _looked(office)
    await office.done(missed, "assessment", CALM)
    period = {"municipality": NORTH, "since": "2031-05-01T00:00:00Z", "before": "2031-06-01T00:00:00Z"}
    found = await _read(office, REPORTS, **period)
    told = {each["id"]: each for each in found["reports"]}
    assert told.keys() == {held, missed}
    assert {each["clock"]: each["missed"] for each in told[held]["clocks"]} == {
        "assess": False, "acknowledge": False, "parents": False,
    }  # fmt: skip
    late = next(each for each in told[missed]["clocks"] if each["clock"] == "assess")
    assert late["missed"] is True
    assert late["told"]
    assert late["done_at"] > late["due_by"]
    assert [each["step"] for each in told[held]["steps"]] == ["assess", "plan_dialogue", "hold_dialogue"]
    assert {each["user"] for each in told[held]["steps"]} == {"adviser-1"}
    assert (told[held]["reporter"], told[held]["reporter_unit"]) == ("pedagogue-1", DAYCARE)
    assert [each["why_not"] for each in told[held]["informing"]] == ["left_to_authority"]
    only = await _read(office, REPORTS, **period, late=True)
    assert [each["id"] for each in only["reports"]] == [missed]
    first = await _read(office, REPORTS, **period, limit=1)
    rest = await _read(office, REPORTS, **period, limit=5, after=first["next"])
    assert [each["id"] for each in first["reports"] + rest["reports"]] == [held, missed]
    assert (await _read(office, REPORTS, **period | {"municipality": SOUTH}))["reports"] == []


async def test_a_citizen_is_not_named_to_the_auditor(office: Office) -> None:
    office.at = datetime(2033, 5, 6, 8, tzinfo=UTC)
    citizen = office.keys.party("concern", Role.CITIZEN, citizen="citizen-77", user="subject-77")
    body = {"ground": "neglect", "where": {"stays_in": NORTH}, "words": {"concern": "Barnet er alene."},
            "reporter": {"name": "Pia Prøve"}}  # fmt: skip
    sent = await office.client.post("/concern-reports/citizen", headers=citizen, json=body)
    address = f"/concern-reports/{sent.json()['id']}/dialogue"
    planned = {"planned_at": (office.at + timedelta(days=1)).isoformat()}
    assert (await office.client.post(address, headers=citizen, json=planned)).status_code == 200
    found = await _read(office, REPORTS, since="2033-01-01T00:00:00Z", before="2034-01-01T00:00:00Z")
    assert len(found["reports"]) == 1
    assert "citizen-77" not in str(found)
    assert "subject-77" not in str(found)


@pytest.mark.rule("R32", enforced_by="services.concern.actions.auditing:figures")
@pytest.mark.rule("R33", enforced_by="services.concern.actions.auditing:figures")
async def test_r32_r33_the_figures_say_how_the_clocks_are_held_and_who_was_answered(office: Office) -> None:
    office.at = start = datetime(2032, 5, 4, 8, tzinfo=UTC)
    told, withheld, silent, waiting, gone = [await office.reported() for _ in range(5)]
    citizens = await office.by_citizen()
    for hours, reports in ((2, (told, withheld)), (4, (silent, gone)), (30, (citizens,))):
        office.at = start + timedelta(hours=hours)
        for report in reports:
            await office.done(report, "assessment", CALM)
    await _looked(office)
    for report, parents in ((told, {"informed_at": office.at.isoformat()}), (withheld, {"why_not": "suspected_abuse"}),
                            (silent, {"why_not": "not_reached"})):  # fmt: skip
        await office.done(report, "informing", parents)
        await office.done(report, "closing", {"outcomes": ["mapping", "measures"]})
    await office.done(told, "feedback", {"withheld": "police_case"})
    await office.done(told, "feedback", {"begun": BEGUN})
    await office.done(withheld, "feedback", {"withheld": "police_case"})
    await office.done(told, "acknowledgement")
    await office.done(gone, "passing-on", {"municipality": SOUTH, "facts": TOLD_SOUTH})
    period = {"since": start.isoformat(), "before": (start + timedelta(days=1)).isoformat()}
    found = await _read(office, FIGURES, municipality=NORTH, **period)
    assert (found["reports"], found["passed_on"], found["passed_here"]) == (6, 1, 0)
    assert {(each["reporter_kind"], each["ground"]): each["reports"] for each in found["received"]} == {
        ("citizen_135", "neglect"): 1, ("professional", "may_need_support"): 5,
    }  # fmt: skip
    assert found["clocks"]["assess"] == {"held": 4, "missed": 2, "running": 0}, "one late, and one not looked at"
    assert found["clocks"]["acknowledge"] == {"held": 1, "missed": 0, "running": 5}
    assert found["told"] == 1, f"{waiting} has run out; the citizen's was assessed before the look"
    assert found["median_hours_to_assessment"] == pytest.approx(4)
    assert found["feedback"] == {"given": 1, "withheld": 1, "outstanding": 1}
    assert found["parents"] == {
        "informed": 1, "suspected_abuse": 1, "not_reached": 1, "left_to_authority": 2, "unanswered": 1,
    }  # fmt: skip
    south = await _read(office, FIGURES, municipality=SOUTH, since=start.isoformat(),
                        before=(start + timedelta(days=9)).isoformat())  # fmt: skip
    assert (south["reports"], south["passed_here"]) == (1, 1)
    none = await _read(office, FIGURES, municipality="0101")
    assert (none["reports"], none["median_hours_to_assessment"], none["parents"]) == (0, None, {})
    office.at = start + timedelta(days=20)
    later = await _read(office, FIGURES, municipality=NORTH, **period)
    assert later["clocks"]["acknowledge"] == {"held": 1, "missed": 5, "running": 0}
    assert later["clocks"]["parents"]["missed"] == 3


@pytest.mark.parametrize("address", [REPORTS, FIGURES])
async def test_only_an_auditor_asks_and_only_of_what_is_one(office: Office, address: str) -> None:
    for headers in (office.headers, office.leader(), office.daycare()):
        assert_problem(await office.client.get(address, headers=headers), 403)
    for wrong in ({"municipality": "x"}, {"since": "yesterday"}, {"before": "2026-01-01"}, {"since": "1"}):
        assert_problem(await office.client.get(address, headers=office.auditor(), params=wrong), 422)
