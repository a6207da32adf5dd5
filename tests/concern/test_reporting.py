"""A professional reports a concern: who they are, which municipality gets it, and that nothing stands in the way."""

import asyncio
import json
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from shared.auth import Role
from shared.problems import Unavailable
from tests.concern.world import (
    REPORTS,
    SECRET,
    Headers,
    movers,
    professionals,
    registered,
    sent,
    unborn,
)
from tests.conftest import Databases
from tests.support.keys import Keys
from tests.support.town import (
    DAYCARE,
    JOBCENTER,
    NORTH,
    NORTH_AUTHORITY,
    SOUTH,
    SOUTH_AUTHORITY,
    SOUTH_HOUSE,
    VOLUNTEERS,
    addresses_of,
    assert_problem,
    concern_app,
    counted,
    entries_of,
    referral_app,
    rows,
)

NOWHERE = "http://127.0.0.1:1"


@pytest.mark.rule("R29", enforced_by="services.concern.actions.reporting:by_professional")
async def test_r29_a_daycares_report_is_received_without_anybodys_consent(
    concern: httpx.AsyncClient, daycare: Headers, dbs: Databases
) -> None:
    told = await sent(concern, daycare)
    assert (told["reporter_kind"], told["provision"], told["duty"]) == ("professional", "BL § 133, stk. 1, nr. 1", True)
    assert (told["where"]["municipality"], told["where"]["unit"]) == (NORTH, NORTH_AUTHORITY)
    assert told["receipt"] is None
    row = await registered(dbs, told["id"])
    assert (row["reporter_unit"], row["reporter_user"], row["anonymous"]) == (DAYCARE, "pedagogue-1", False)
    assert row["state"] == "received"


async def test_the_answer_says_who_has_it_what_happens_now_and_by_when(
    concern: httpx.AsyncClient, daycare: Headers
) -> None:
    told = await sent(concern, daycare)
    at = datetime.fromisoformat(told["received_at"])
    by = {each["clock"]: datetime.fromisoformat(each["by"]) for each in told["clocks"]}
    assert by["assess"] == at + timedelta(hours=24)
    assert timedelta(days=6) < by["acknowledge"] - at < timedelta(days=14)
    assert told["where"]["says"].startswith("Barnet hører til i den kommune, hvor forældremyndighedens")
    said = " ".join(told["says"])
    for part in ("vurderer inden for 24 timer", "inden for 6 hverdage", "§ 138, stk. 2", "ring 112"):
        assert part in said
    assert SECRET not in json.dumps(told)


async def test_a_report_is_one_entry_on_the_ledger_with_ids_and_codes_alone(
    concern: httpx.AsyncClient, daycare: Headers, dbs: Databases
) -> None:
    answer = await concern.post(REPORTS, headers=daycare, json=professionals())
    (entry,) = await entries_of(dbs.admin("concern"), answer.headers["x-request-id"])
    assert entry["kind"] == "concern_received"
    assert entry["actor"] == {"unit": DAYCARE, "user": "pedagogue-1"}
    assert entry["report"] == answer.json()["id"]
    assert (entry["municipality"], entry["to"], entry["ground"]) == (NORTH, NORTH_AUTHORITY, "may_need_support")
    assert SECRET not in json.dumps(entry)


async def test_its_clocks_are_on_the_queue_with_it(
    concern: httpx.AsyncClient, daycare: Headers, dbs: Databases
) -> None:
    told = await sent(concern, daycare, parents={"why_not": "left_to_authority"})
    jobs = await rows(dbs.admin("concern"), "SELECT convert_from(payload, 'UTF8') AS job FROM queue.pgqueuer")
    assert {f"{told['id']}:{clock}" for clock in ("assess", "acknowledge", "parents")} <= {row["job"] for row in jobs}


@pytest.mark.rule("R29", enforced_by="services.concern.domain.kinds:must_be_stated")
async def test_r29_a_child_not_born_is_reported_by_its_own_reason_and_a_born_one_by_others(
    concern: httpx.AsyncClient, daycare: Headers
) -> None:
    told = await sent(concern, daycare, **unborn())
    assert (told["provision"], told["where"]["basis"]) == ("BL § 133, stk. 1, nr. 2", "mother")
    for body in (professionals(ground="unborn_may_need_support"), professionals(**unborn(ground="absence"))):
        refused = assert_problem(await concern.post(REPORTS, headers=daycare, json=body), 422, "not_a_reason")
        assert body["ground"] not in refused["wants"]


@pytest.mark.rule("R30", enforced_by="services.concern.domain.kinds:reporter_kind")
async def test_r30_who_is_no_public_service_reports_by_the_law_for_everybody(
    concern: httpx.AsyncClient, keys: Keys, dbs: Databases
) -> None:
    """The directory says what the unit is; nothing in the body does."""
    volunteer = keys.party("concern", Role.REPORT, unit=VOLUNTEERS, user="volunteer-1")
    told = await sent(concern, volunteer, ground="neglect")
    assert (told["reporter_kind"], told["provision"]) == ("citizen_135", "BL § 135")
    refused = await concern.post(REPORTS, headers=volunteer, json=professionals())
    assert_problem(refused, 422, "not_a_reason")
    claims = professionals(reporter_kind="professional")
    assert_problem(await concern.post(REPORTS, headers=volunteer, json=claims), 422, "malformed")
    assert (await registered(dbs, told["id"]))["reporter_unit"] == VOLUNTEERS


@pytest.mark.rule("R36", enforced_by="services.concern.actions.reporting:by_professional")
@pytest.mark.parametrize("changes", [{"anonymous": True}, {"reporter": None}, {"anonymous": True, "reporter": None}])
async def test_r36_a_professional_is_never_anonymous(
    concern: httpx.AsyncClient, daycare: Headers, dbs: Databases, changes: dict[str, Any]
) -> None:
    before = await counted(dbs.admin("concern"))
    answer = await concern.post(REPORTS, headers=daycare, json=professionals(**changes))
    assert assert_problem(answer, 422, "not_anonymous")["rule"] == "R36"
    assert await counted(dbs.admin("concern")) == before | {"ledger_entry": before["ledger_entry"] + 1}
    (entry,) = await entries_of(dbs.admin("concern"), answer.headers["x-request-id"])
    assert (entry["kind"], entry["code"], entry["rule"]) == ("concern_refused", "not_anonymous", "R36")


async def test_behind_a_system_it_is_the_named_person_who_reports(
    concern: httpx.AsyncClient, keys: Keys, dbs: Databases
) -> None:
    system = keys.party("concern", Role.REPORT, unit=DAYCARE, user="system-1", acting_user="pedagogue-7", system=True)
    told = await sent(concern, system)
    assert (await registered(dbs, told["id"]))["reporter_user"] == "pedagogue-7"


@pytest.mark.rule("R37", enforced_by="services.concern.actions.reporting:_receive")
async def test_r37_the_authority_a_family_has_left_tells_the_new_one_with_a_summary(
    concern: httpx.AsyncClient, keys: Keys, dbs: Databases
) -> None:
    old = keys.party("concern", Role.REPORT, unit=NORTH_AUTHORITY, user="adviser-9")
    answer = await concern.post(REPORTS, headers=old, json=movers())
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert (told["reporter_kind"], told["provision"]) == ("authority_132", "BL § 132")
    assert (told["where"]["municipality"], told["where"]["unit"]) == (SOUTH, SOUTH_AUTHORITY)
    kept = await rows(
        dbs.admin("concern"), "SELECT what FROM words WHERE original = $1::text::uuid ORDER BY what", told["id"]
    )
    assert [row["what"] for row in kept] == ["child", "original", "reporter", "summary"]


@pytest.mark.rule("R37", enforced_by="services.concern.domain.kinds:must_be_stated")
@pytest.mark.parametrize(
    ("unit", "body", "code"),
    [
        (DAYCARE, movers(), "not_an_authority"),
        (JOBCENTER, movers(), "not_an_authority"),
        (NORTH_AUTHORITY, movers(summary=None), "summary_missing"),
        (SOUTH_AUTHORITY, movers(), "same_municipality"),
        (NORTH_AUTHORITY, movers(ground="abuse"), "not_a_reason"),
        (DAYCARE, professionals(summary="Et resumé."), "summary_not_asked"),
        (DAYCARE, professionals(ground="moved"), "not_a_reason"),
    ],
)
async def test_r37_only_the_authority_of_the_old_municipality_reports_a_move(
    concern: httpx.AsyncClient, keys: Keys, unit: str, body: dict[str, Any], code: str
) -> None:
    headers = keys.party("concern", Role.REPORT, unit=unit)
    assert_problem(await concern.post(REPORTS, headers=headers, json=body), 422, code)


async def test_of_a_move_the_parents_and_the_name_are_asked_as_of_any_report(
    concern: httpx.AsyncClient, keys: Keys
) -> None:
    old = keys.party("concern", Role.REPORT, unit=NORTH_AUTHORITY)
    assert_problem(await concern.post(REPORTS, headers=old, json=movers(parents=None)), 422, "not_informed")
    assert_problem(await concern.post(REPORTS, headers=old, json=movers(reporter=None)), 422, "not_anonymous")


@pytest.mark.rule("R39", enforced_by="services.concern.actions.reporting:_receive")
async def test_r39_it_goes_to_the_municipality_that_acts_and_not_to_the_reporters(
    concern: httpx.AsyncClient, daycare: Headers
) -> None:
    apart = {"stays_in": NORTH, "custody": "joint_apart", "living": "mostly_one", "mostly_in": SOUTH}
    told = await sent(concern, daycare, where=apart)
    assert (told["where"]["municipality"], told["where"]["basis"]) == (SOUTH, "lives_most")
    assert told["where"]["missing"] == []


@pytest.mark.rule("R39", enforced_by="services.concern.domain.acting:acting_municipality")
async def test_r39_who_knows_too_little_is_told_what_to_find_out_and_the_report_goes_out(
    concern: httpx.AsyncClient, daycare: Headers
) -> None:
    told = await sent(concern, daycare, where={"stays_in": SOUTH}, child={}, adults=[])
    assert (told["where"]["municipality"], told["where"]["basis"]) == (SOUTH, "stays_there")
    assert [each["code"] for each in told["where"]["missing"]] == ["custody"]
    assert told["where"]["missing"][0]["question"].endswith("?")


@pytest.mark.rule("R39", enforced_by="services.concern.actions.receiving:receiving_unit")
async def test_r39_where_nobody_would_read_it_it_is_not_taken_and_that_is_said_plainly(
    concern: httpx.AsyncClient, daycare: Headers, dbs: Databases
) -> None:
    """0101 has no unit in the town's directory."""
    before = await counted(dbs.admin("concern"))
    answer = await concern.post(REPORTS, headers=daycare, json=professionals(where={"stays_in": "0101"}))
    told = assert_problem(answer, 409, "municipality_not_connected")
    assert (told["municipality"], "IKKE modtaget" in told["detail"], "112" in told["detail"]) == ("0101", True, True)
    assert await counted(dbs.admin("concern")) == before | {"ledger_entry": before["ledger_entry"] + 1}
    (entry,) = await entries_of(dbs.admin("concern"), answer.headers["x-request-id"])
    assert (entry["kind"], entry["code"]) == ("concern_refused", "municipality_not_connected")
    assert SECRET not in json.dumps(entry)


@pytest.fixture
async def named(dbs: Databases) -> Any:
    """A way to say who receives for a municipality; it is forgotten afterwards."""
    url = dbs.admin("concern")

    async def name(unit: str) -> None:
        sql = (
            "INSERT INTO reception (id, municipality, unit, responsible, escalates_to, by_unit, by_user, at, "
            "ledger_id) VALUES (gen_random_uuid(), $1, $2, 'adviser-1', 'leader-1', 'u', 'u', now(), gen_random_uuid())"
        )
        await rows(url, sql, NORTH, unit)

    yield name
    await rows(url, "ALTER TABLE reception DISABLE TRIGGER USER")
    await rows(url, "DELETE FROM reception WHERE by_user = 'u'")
    await rows(url, "ALTER TABLE reception ENABLE TRIGGER USER")


@pytest.mark.parametrize("unit", [SOUTH_HOUSE, SOUTH_AUTHORITY, DAYCARE, "gone"])
async def test_a_named_unit_that_is_no_authority_there_receives_nothing(
    concern: httpx.AsyncClient, daycare: Headers, named: Any, unit: str
) -> None:
    await named(unit)
    assert (await sent(concern, daycare))["where"]["unit"] == NORTH_AUTHORITY


@pytest.mark.rule("R31", enforced_by="services.concern.actions.reporting:by_professional")
async def test_r31_no_address_leads_from_a_referral_to_a_report_or_back(dbs: Databases, keys: Keys) -> None:
    """They share no address, no id and no table; a body cannot name the other."""
    reports = concern_app(dbs, keys, NOWHERE)
    referrals = referral_app(dbs, keys, NOWHERE, NOWHERE)
    assert not [each for each in addresses_of(reports) if "referral" in each or "consent" in each]
    assert not [each for each in addresses_of(referrals) if "concern" in each]
    fields = json.dumps(reports.openapi()["components"]["schemas"])
    assert '"referral"' not in fields
    assert '"consent"' not in fields
    assert not hasattr(reports.state, "consent")
    assert not hasattr(reports.state, "referral")


@pytest.mark.rule("R31", enforced_by="services.concern.actions.reporting:by_professional")
@pytest.mark.parametrize(
    "more", [{"referral": "01a20262-ff72-74e6-9f69-e7e0788311b4"}, {"consent": "x"}, {"offer": "x"}]
)
async def test_r31_a_report_names_no_referral_consent_or_offer(
    concern: httpx.AsyncClient, daycare: Headers, more: dict[str, str]
) -> None:
    assert_problem(await concern.post(REPORTS, headers=daycare, json=professionals(**more)), 422, "malformed")


@pytest.mark.rule("R31", enforced_by="services.concern.actions.reporting:_receive")
async def test_r31_a_dialogue_report_is_received_at_once_and_its_clocks_run(
    concern: httpx.AsyncClient, daycare: Headers, dbs: Databases
) -> None:
    told = await sent(concern, daycare, form="dialogue", ground="abuse")
    row = await registered(dbs, told["id"])
    assert (row["form"], row["state"], row["dialogue"]) == ("dialogue", "received", None)
    assert row["assess_by"] == row["received_at"] + timedelta(hours=24)
    assert any("Ved mistanke om overgreb" in each for each in told["says"])


async def test_the_same_post_twice_is_one_report(concern: httpx.AsyncClient, daycare: Headers, dbs: Databases) -> None:
    headers = daycare | {"Idempotency-Key": "report-once-1"}
    body = professionals()
    first, second = [await concern.post(REPORTS, headers=headers, json=body) for _ in range(2)]
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert (second.headers.get("idempotency-replayed"), first.headers.get("idempotency-replayed")) == ("true", None)
    changed = await concern.post(REPORTS, headers=headers, json=professionals(ground="absence"))
    assert_problem(changed, 409, "idempotency_conflict")
    (kept,) = await rows(
        dbs.admin("concern"), "SELECT * FROM idempotency WHERE made = $1::text::uuid", first.json()["id"]
    )
    assert (kept["unit"], "report-once-1" in str(dict(kept))) == (DAYCARE, False)


@pytest.mark.rule("R29", enforced_by="services.concern.main:create_app")
async def test_r29_a_directory_gone_since_stops_no_report(
    concern: httpx.AsyncClient, daycare: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Consent and referral are not there at all in these tests; the directory goes after it was heard once."""
    await sent(concern, daycare)
    app = concern._transport.app  # type: ignore[attr-defined]
    monkeypatch.setattr(app.state.units, "_ask_again_at", 0.0)

    async def down(*_asked: Any, **_how: Any) -> None:
        raise Unavailable("directory")

    monkeypatch.setattr(app.state.directory, "call", down)
    assert (await sent(concern, daycare))["where"]["unit"] == NORTH_AUTHORITY


async def test_the_same_post_at_once_is_one_report(concern: httpx.AsyncClient, daycare: Headers) -> None:
    headers, body = daycare | {"Idempotency-Key": "report-at-once-1"}, professionals()
    answers = await asyncio.gather(*(concern.post(REPORTS, headers=headers, json=body) for _ in range(5)))
    assert {each.status_code for each in answers} == {201}
    assert len({each.json()["id"] for each in answers}) == 1


async def test_reports_about_the_same_child_are_each_received(concern: httpx.AsyncClient, daycare: Headers) -> None:
    assert (await sent(concern, daycare))["id"] != (await sent(concern, daycare))["id"]
