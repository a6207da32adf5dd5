"""A report is passed on to the municipality that acts: new clocks there, and the words are read only there (R39)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.concern.domain.acting import Basis, Custody, Facts
from services.concern.domain.clocks import due
from services.concern.domain.errors import FactsPointElsewhere
from services.concern.domain.informing import Informer, Informing, WhyNot
from services.concern.domain.passing import carried, must_act
from tests.concern.office import CALM, TOLD_SOUTH, Office, minutes
from tests.concern.world import SECRET, unborn
from tests.support.town import NORTH, NORTH_AUTHORITY, SOUTH, SOUTH_AUTHORITY, assert_problem

TO_SOUTH = {"municipality": SOUTH, "facts": TOLD_SOUTH}


async def _passed_on(office: Office, report: str, body: dict[str, Any] | None = None) -> tuple[dict[str, Any], str]:
    """Return the answer, and the id of the report in the south."""
    told = await office.done(report, "passing-on", body or TO_SOUTH)
    (row,) = await office.of(report, "SELECT id FROM report WHERE came_from = $1")
    return told, str(row[0])


@pytest.mark.rule("R39", enforced_by="services.concern.actions.passing:pass_on")
async def test_r39_it_is_read_at_the_municipality_that_acts_and_no_more_where_it_was(office: Office) -> None:
    report = await office.in_state("assessed")
    told, there = await _passed_on(office, report)
    assert (told["state"], told["municipality"], told["unit"], told["basis"]) == (
        "passed_on", SOUTH, SOUTH_AUTHORITY, "custody_holder",
    )  # fmt: skip
    assert told["outcomes"] == ["passed_on"]
    here = await office.client.get(f"/concern-reports/{report}", headers=office.headers)
    assert here.status_code == 200, "it stays in the register"
    assert SECRET not in here.text
    read = await office.client.get(f"/concern-reports/{there}", headers=office.southern())
    assert SECRET in read.text
    for headers, number in ((office.headers, there), (office.southern(), report)):
        assert_problem(await office.client.get(f"/concern-reports/{number}", headers=headers), 404)
    own = await office.client.get(f"/concern-reports/{report}", headers=office.daycare())
    assert SECRET in own.text, "to whoever reported, it is one report still"
    assert_problem(await office.client.get(f"/concern-reports/{there}", headers=office.daycare()), 404)


@pytest.mark.rule("R32", enforced_by="services.concern.domain.clocks:passed_on")
async def test_r32_the_clocks_begin_anew_where_it_goes_and_the_acknowledgement_is_owed_here_still(
    office: Office,
) -> None:
    office.at = datetime.now(UTC) - timedelta(hours=20)
    report = await office.in_state("assessed")
    office.at = datetime.now(UTC) - timedelta(hours=1)
    told, there = await _passed_on(office, report)
    row, before = await office.row(there), await office.row(report)
    by = due(office.at)
    assert (row["received_at"], row["assess_by"], row["acknowledge_by"]) == (
        office.at, by.assess_by, by.acknowledge_by,
    )  # fmt: skip
    assert row["inform_by"] == office.at + timedelta(days=14)
    assert (row["state"], row["assessed_at"], row["acknowledged_at"]) == ("received", None, None)
    assert before["acknowledge_by"].isoformat().startswith(told["acknowledge_by"][:19])
    assert (before["acknowledged_at"], before["parents_to_tell"]) == (None, False)
    jobs = await office.of(there, "SELECT dedupe_key FROM queue.pgqueuer WHERE dedupe_key LIKE '%' || $1::uuid || '%'")
    assert len(jobs) == 3
    assert (await office.done(report, "acknowledgement"))["acknowledged_at"]


@pytest.mark.rule("R39", enforced_by="services.concern.domain.passing:must_act")
async def test_r39_the_facts_and_the_municipality_that_is_named_must_agree(office: Office) -> None:
    report = await office.in_state("assessed")
    before = await office.row(report)
    for body, status, code in (
        ({"municipality": NORTH, "facts": TOLD_SOUTH}, 422, "passed_to_itself"),
        ({"municipality": "0999", "facts": TOLD_SOUTH}, 422, "unknown_municipality"),
        ({"municipality": SOUTH, "facts": {**TOLD_SOUTH, "holder_in": "0998"}}, 422, "unknown_municipality"),
        ({"municipality": SOUTH, "facts": {**TOLD_SOUTH, "holder_in": "0101"}}, 422, "facts_point_elsewhere"),
        ({"municipality": "0101", "facts": {"stays_in": "0101"}}, 409, "municipality_not_connected"),
    ):
        answer = await office.step(report, "passing-on", body)
        told = assert_problem(answer, status, code)
        if code == "facts_point_elsewhere":
            assert told["municipality"] == "0101"
        (entry,) = await office.entries(answer)
        assert (entry["kind"], entry["code"]) == ("concern_refused", code)
    assert await office.row(report) == before
    assert not await office.of(report, "SELECT 1 FROM report WHERE came_from = $1")


@pytest.mark.rule("R39", enforced_by="services.concern.actions.passing:pass_on")
async def test_r39_an_unborn_child_follows_the_pregnant_woman(office: Office) -> None:
    report = await office.reported(**unborn())
    await office.done(report, "assessment", CALM)
    facts = {"stays_in": NORTH, "mother_in": SOUTH}
    told, there = await _passed_on(office, report, {"municipality": SOUTH, "facts": facts})
    assert told["basis"] == "mother"
    assert (await office.row(there))["subject"] == "unborn"


async def test_what_is_found_goes_along_and_who_passed_it_on_binds_nobody(office: Office) -> None:
    report = await office.reported()
    await office.done(report, "assessment", {**CALM, "danger": True, "acute_measures": True})
    await office.done(report, "informing", {"why_not": "suspected_abuse"})
    _, there = await _passed_on(office, report)
    (step,) = await office.of(there, "SELECT said::text FROM step WHERE report = $1 AND step = 'receive'")
    for code in (NORTH_AUTHORITY, NORTH, '"danger": true', '"acute_measures": true', "suspected_abuse"):
        assert code in step[0]
    row = await office.row(there)
    assert (row["parents_to_tell"], row["parents_answered"]) == (True, False)
    sent = await office.step(there, "assessment", CALM, headers=office.southern())
    assert sent.status_code == 200, "the other municipality assesses for itself"


async def test_what_the_parents_were_told_is_told_once(office: Office) -> None:
    report = await office.in_state("assessed")
    await office.done(report, "informing", {"informed_at": office.now.isoformat()})
    _, there = await _passed_on(office, report)
    row = await office.row(there)
    assert (row["parents_to_tell"], row["parents_answered"]) == (False, True)


async def test_a_meeting_that_was_planned_is_called_off_and_the_minutes_of_one_that_was_held_go_along(
    office: Office,
) -> None:
    planned, held = await office.in_state("assessed"), await office.in_state("assessed")
    for report in (planned, held):
        await office.done(report, "dialogue", {"planned_at": (office.now + timedelta(days=1)).isoformat()})
    await office.done(held, "dialogue/minutes", minutes(office.now))
    for report, state in ((planned, "cancelled"), (held, "held")):
        _, there = await _passed_on(office, report)
        assert (await office.row(report))["dialogue"] == state
        here = await office.client.get(f"/concern-reports/{report}/dialogue", headers=office.headers)
        assert here.json()["minutes"] == []
        read = await office.client.get(f"/concern-reports/{there}/dialogue", headers=office.southern())
        own = await office.client.get(f"/concern-reports/{report}/dialogue", headers=office.daycare())
        assert len(read.json()["minutes"]) == len(own.json()["minutes"]) == (state == "held")
        assert SOUTH_AUTHORITY not in own.text
        # Who reported meets whoever has it now, under the id that they know.
        body = {"planned_at": (office.now + timedelta(days=3)).isoformat()}
        again = await office.client.post(f"/concern-reports/{report}/dialogue", headers=office.daycare(), json=body)
        assert (again.status_code, again.json()["state"]) == (200, "planned")
        assert (await office.row(there))["dialogue"] == "planned"


@pytest.mark.rule("R39", enforced_by="services.concern.domain.passing:must_act")
def test_r39_what_is_known_says_who_acts_and_why() -> None:
    acting = must_act(Facts(SOUTH, custody=Custody.ONE, holder_in=SOUTH), SOUTH)
    assert (acting.municipality, acting.basis) == (SOUTH, Basis.CUSTODY_HOLDER)
    with pytest.raises(FactsPointElsewhere) as refused:
        must_act(Facts(SOUTH, custody=Custody.ONE, holder_in=NORTH), SOUTH)
    assert refused.value.extra == {"rule": "R39", "municipality": NORTH}


def test_the_first_authoritys_reason_goes_no_further_and_what_was_told_does() -> None:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    told = Informing(Informer.AUTHORITY, at)
    reporters = Informing(Informer.REPORTER, None, WhyNot.LEFT_TO_AUTHORITY)
    theirs = Informing(Informer.AUTHORITY, None, WhyNot.SUSPECTED_ABUSE)
    assert carried([reporters, theirs, told]) == [reporters, told]
