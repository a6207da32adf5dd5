"""What an attacker, a sceptical jurist and bad luck try with concern reports, and do not get (R29–R36, R39)."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from shared.auth import Role
from tests.concern.office import BEGUN, CALM, TOLD_SOUTH, Office
from tests.concern.world import CITIZEN, REPORTS, Headers, citizens, login, sent, sent_by_citizen
from tests.conftest import Databases
from tests.support.keys import Keys
from tests.support.town import DAYCARE, NORTH, SOUTH, assert_problem, client_of, concern_app

NOWHERE = "01a20262-ff72-74e6-9f69-e7e0788311b4"


@pytest.mark.rule("R32", enforced_by="services.concern.store.audit:listed")
async def test_r32_parents_told_too_late_are_found_though_no_worker_ran_meanwhile(office: Office) -> None:
    """Nobody was told of it, and it was done in the end: it was late all the same, for the auditor and the figures."""
    office.at = datetime(2041, 3, 1, 8, tzinfo=UTC)
    late, held, passed = [await office.reported() for _ in range(3)]
    for report in (late, held, passed):
        await office.done(report, "assessment", CALM)
        await office.done(report, "acknowledgement")
    begin = office.at
    office.at = begin + timedelta(days=13)
    await office.done(passed, "passing-on", {"municipality": SOUTH, "facts": TOLD_SOUTH})
    office.at = begin + timedelta(days=15)
    await office.done(late, "informing", {"informed_at": office.at.isoformat()})
    await office.done(held, "informing", {"informed_at": (begin + timedelta(days=10)).isoformat()})
    period = {"municipality": NORTH, "since": begin.isoformat(), "before": office.at.isoformat()}
    address, auditor = "/audit/concern-reports", office.auditor()
    listed = await office.client.get(address, headers=auditor, params=period | {"late": "true"})
    assert [each["id"] for each in listed.json()["reports"]] == [late]
    figures = await office.client.get(f"{address}/figures", headers=auditor, params=period)
    assert figures.json()["clocks"]["parents"] == {"held": 2, "missed": 1, "running": 0}


async def test_a_reception_without_a_unit_learns_of_no_report_that_it_is_there(
    concern: httpx.AsyncClient, daycare: Headers, keys: Keys
) -> None:
    """Another answer for an id that there is would tell that there is one."""
    report = (await sent(concern, daycare))["id"]
    half = keys.party("concern", Role.RECEIVE_REPORTS) | {"If-Match": '"1"'}
    for address, body in (("assessment", CALM), ("acknowledgement", {}), ("dialogue/decline", {})):
        for each in (report, NOWHERE):
            refused = await concern.post(f"{REPORTS}/{each}/{address}", headers=half, json=body)
            assert_problem(refused, 404)
    for address in (f"{REPORTS}/{report}", f"{REPORTS}/{NOWHERE}"):
        for end in ("", "/dialogue"):
            assert_problem(await concern.get(address + end, headers=half), 404)


@pytest.mark.rule("R36", enforced_by="services.concern.api.telling:whole")
async def test_r36_a_citizens_login_is_told_to_no_authority(
    concern: httpx.AsyncClient, keys: Keys, reception: Headers
) -> None:
    """Who they are is what they have written themselves; the pseudonym of their login is nobody's to read."""
    mine = login(keys, "pseudonym-Heron", "subject-Heron")
    report = (await sent_by_citizen(concern, mine))["id"]
    added = await concern.post(f"{REPORTS}/{report}/additions", headers=mine, json={"text": "Også i går."})
    assert added.status_code == 201
    await concern.post(
        f"{REPORTS}/{report}/dialogue",
        headers=mine,
        json={"planned_at": (datetime.now(UTC) + timedelta(days=2)).isoformat()},
    )
    read = await concern.get(f"{REPORTS}/{report}", headers=reception)
    assert [each["step"] for each in read.json()["steps"]] == ["add", "plan_dialogue"]
    assert "Heron" not in read.text


@pytest.mark.rule("R33", enforced_by="services.concern.actions.reading:own")
async def test_r33_what_the_reporter_was_told_does_not_vanish_when_the_report_moves_on(office: Office) -> None:
    """It would be an answer taken back, and would tell that the family has moved."""
    report = await office.in_state("assessed")
    await office.done(report, "feedback", {"begun": BEGUN})
    before = (await office.client.get(f"{REPORTS}/{report}", headers=office.daycare())).json()
    await office.done(report, "passing-on", {"municipality": SOUTH, "facts": TOLD_SOUTH})
    after = (await office.client.get(f"{REPORTS}/{report}", headers=office.daycare())).json()
    assert before["feedback"]["measures"] is True
    assert after == before


@pytest.mark.rule("R33", enforced_by="services.concern.actions.dialogue:_hold")
async def test_r33_a_reporter_who_would_plan_a_meeting_is_not_told_where_the_report_stands(office: Office) -> None:
    report = await office.in_state("closed")
    body = {"planned_at": (office.now + timedelta(days=1)).isoformat()}
    refused = await office.client.post(f"{REPORTS}/{report}/dialogue", headers=office.daycare(), json=body)
    told = assert_problem(refused, 409, "report_ended")
    assert told.keys().isdisjoint({"state", "allowed"})


@pytest.mark.rule("R36", enforced_by="services.concern.api.context:ByAnybody")
async def test_r36_a_login_that_is_a_citizens_and_a_units_at_once_makes_no_professional_anonymous(
    concern: httpx.AsyncClient, keys: Keys
) -> None:
    both = keys.party("concern", Role.CITIZEN, Role.REPORT, unit=DAYCARE, citizen="citizen-both")
    for body in (citizens(), citizens(anonymous=True)):
        assert_problem(await concern.post(CITIZEN, headers=both, json=body), 403, "missing_scope")


@pytest.mark.rule("R29", enforced_by="services.concern.actions.knowing:KnownUnits")
async def test_r29_a_process_that_starts_while_the_directory_is_down_receives_reports_all_the_same(
    concern: httpx.AsyncClient, dbs: Databases, keys: Keys, daycare: Headers, reception: Headers
) -> None:
    """Which units there are is kept in the service's own database: nothing else stands in a report's way."""
    await sent(concern, daycare)
    async with client_of(concern_app(dbs, keys, "http://127.0.0.1:9")) as alone:
        for told in (await sent(alone, daycare), await sent_by_citizen(alone, {})):
            assert told["where"]["municipality"] == NORTH
            assert (await alone.get(f"{REPORTS}/{told['id']}", headers=reception)).json()["seen_as"] == "authority"


@pytest.mark.rule("R29", enforced_by="services.concern.actions.knowing:KnownUnits")
async def test_r29_a_directory_that_has_lost_its_units_takes_none_from_those_who_receive_reports(
    concern: httpx.AsyncClient, daycare: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Restored empty, say: what it told before holds."""
    await sent(concern, daycare)
    state = concern._transport.app.state  # type: ignore[attr-defined]
    monkeypatch.setattr(state.units, "_units", {})
    monkeypatch.setattr(state.units, "_ask_again_at", 0.0)

    async def empty(*_asked: object, **_how: object) -> dict[str, list[object]]:
        return {"units": []}

    monkeypatch.setattr(state.directory, "call", empty)
    assert (await sent(concern, daycare))["where"]["municipality"] == NORTH


@pytest.mark.rule("R32", enforced_by="services.concern.store.reports:register")
async def test_r32_what_is_said_after_the_assessment_is_seen_until_it_is_assessed_anew(office: Office) -> None:
    """No clock runs for it: so that nobody overlooks that the child is worse off, the register says so."""
    office.at = begin = datetime(2040, 3, 3, 8, tzinfo=UTC)
    report = await office.in_state("assessed")

    async def told() -> tuple[bool, bool, int]:
        found = await office.client.get(REPORTS, headers=office.headers, params={"since": begin.isoformat()})
        (mine,) = [each for each in found.json()["reports"] if each["id"] == report]
        read = (await office.client.get(f"{REPORTS}/{report}", headers=office.headers)).json()
        return mine["said_since"], read["said_since"], len(read["notices"])

    before = await told()
    assert before[:2] == (False, False)
    office.at = begin + timedelta(hours=1)
    worse = {"text": "I dag er barnet blevet slået."}
    added = await office.client.post(f"{REPORTS}/{report}/additions", headers=office.daycare(), json=worse)
    assert added.status_code == 201
    assert await told() == (True, True, before[2] + 1)
    office.at = begin + timedelta(hours=2)
    await office.done(report, "assessment", {"danger": True, "acute_measures": False, "running_measures": False})
    assert (await told())[:2] == (False, False)


@pytest.mark.rule("R29", enforced_by="services.concern.domain.informing:by_our_clock")
async def test_r29_a_clock_of_theirs_that_runs_a_little_ahead_stops_no_report(office: Office) -> None:
    office.at = datetime(2040, 5, 3, 8, tzinfo=UTC)
    report = await office.reported(parents={"informed_at": (office.at + timedelta(minutes=2)).isoformat()})
    (row,) = await office.of(report, "SELECT informed_at FROM informing WHERE report = $1")
    assert row["informed_at"] == office.at
