"""Citizens report: with a login, by a name as they write it, or as nobody, of whom nothing is kept (R30, R36)."""

import json

import httpx
import pytest

from shared.auth import Role
from tests.concern.world import (
    CITIZEN,
    REPORTER,
    REPORTS,
    SECRET,
    Headers,
    citizens,
    kept,
    login,
    registered,
    sent_by_citizen,
    unborn,
)
from tests.conftest import Databases
from tests.support.keys import Keys
from tests.support.logs import everything_logged
from tests.support.town import DAYCARE, NORTH_AUTHORITY, assert_problem, counted, entries_of, rows

NETWORK = "203.0.113.77"
LOGIN, SUBJECT = "pseudonym-Zebra", "subject-Zebra"


@pytest.mark.rule("R30", enforced_by="services.concern.actions.reporting:by_citizen")
async def test_r30_anybody_reports_without_a_token_by_the_law_for_everybody(concern: httpx.AsyncClient) -> None:
    told = await sent_by_citizen(concern, {})
    assert (told["reporter_kind"], told["provision"], told["duty"]) == ("citizen_135", "BL § 135", True)
    assert told["where"]["unit"] == NORTH_AUTHORITY
    for ground in ("may_need_support", "abuse", "needs_help", "moved"):
        refused = await concern.post(CITIZEN, json=citizens(ground=ground))
        assert assert_problem(refused, 422, "not_a_reason")["rule"] == "R30"


async def test_a_citizen_may_be_concerned_for_a_child_that_is_not_born(concern: httpx.AsyncClient) -> None:
    told = await sent_by_citizen(concern, {}, **unborn(ground="other_concern"))
    assert (told["duty"], told["where"]["basis"]) == (False, "mother")


@pytest.mark.rule("R36", enforced_by="services.concern.actions.reporting:by_citizen")
@pytest.mark.parametrize("logged_in", [False, True])
async def test_r36_of_whoever_is_anonymous_nothing_is_kept(
    concern: httpx.AsyncClient, keys: Keys, dbs: Databases, monkeypatch: pytest.MonkeyPatch, *, logged_in: bool
) -> None:
    """No user, no unit, no address of the network, and no receipt or key in clear: anywhere, the logs included."""
    logs = everything_logged(monkeypatch)
    headers = login(keys, LOGIN, SUBJECT) if logged_in else {}
    headers |= {"X-Forwarded-For": NETWORK, "User-Agent": "Zebrabrowser", "Idempotency-Key": f"Zebra-key-{logged_in}"}
    answer = await concern.post(CITIZEN, headers=headers, json=citizens(anonymous=True))
    told = answer.json()
    assert (answer.status_code, told["anonymous"]) == (201, True)
    row = await registered(dbs, told["id"])
    assert (row["reporter_unit"], row["reporter_user"], row["by_unit"], row["by_user"]) == (None, None, None, None)
    (entry,) = await entries_of(dbs.admin("concern"), answer.headers["x-request-id"])
    assert entry["actor"] == {"unit": None, "user": "anonymous"}
    everything = await kept(dbs) + logs.getvalue()
    for trace in ("Zebra", NETWORK, told["receipt"], told["receipt"].replace("-", "")):
        assert trace not in everything
    assert str(row["id"]) in everything


@pytest.mark.rule("R36", enforced_by="services.concern.api.context:NotedOpen")
async def test_r36_an_anonymous_report_that_is_refused_leaves_no_trace_of_a_login_either(
    concern: httpx.AsyncClient, keys: Keys, dbs: Databases
) -> None:
    body = citizens(anonymous=True, ground="moved")
    answer = await concern.post(CITIZEN, headers=login(keys, LOGIN, SUBJECT), json=body)
    assert_problem(answer, 422, "not_a_reason")
    (entry,) = await entries_of(dbs.admin("concern"), answer.headers["x-request-id"])
    assert (entry["kind"], entry["actor"]) == ("concern_refused", {"unit": None, "user": "anonymous"})
    assert "Zebra" not in await kept(dbs)


@pytest.mark.rule("R36", enforced_by="services.concern.actions.reporting:by_citizen")
async def test_r36_who_is_anonymous_and_gives_a_name_has_made_a_slip_and_nothing_is_kept(
    concern: httpx.AsyncClient, dbs: Databases
) -> None:
    before = await counted(dbs.admin("concern"))
    answer = await concern.post(CITIZEN, json=citizens(anonymous=True, reporter=REPORTER))
    assert_problem(answer, 422, "anonymous_with_name")
    assert await counted(dbs.admin("concern")) == before | {"ledger_entry": before["ledger_entry"] + 1}


async def test_a_name_alone_is_sealed_and_is_no_login(
    concern: httpx.AsyncClient, reception: Headers, dbs: Databases
) -> None:
    told = await sent_by_citizen(concern, {}, reporter=REPORTER)
    row = await registered(dbs, told["id"])
    assert (told["anonymous"], row["anonymous"], row["reporter_user"]) == (False, False, None)
    read = (await concern.get(f"{REPORTS}/{told['id']}", headers=reception)).json()
    assert read["reporter"] == REPORTER
    assert SECRET not in await kept(dbs)


async def test_with_a_login_the_pseudonym_is_kept_and_the_report_is_found_again(
    concern: httpx.AsyncClient, keys: Keys, dbs: Databases
) -> None:
    mine, other = login(keys, "citizen-own"), login(keys, "citizen-other")
    told = await sent_by_citizen(concern, mine)
    assert (await registered(dbs, told["id"]))["reporter_user"] == "citizen-own"
    listed = (await concern.get("/my/concern-reports", headers=mine)).json()["reports"]
    assert [each["id"] for each in listed] == [told["id"]]
    assert SECRET not in json.dumps(listed)
    assert (await concern.get("/my/concern-reports", headers=other)).json() == {"reports": [], "next": None}
    anonymous = await sent_by_citizen(concern, mine, anonymous=True)
    listed = (await concern.get("/my/concern-reports", headers=mine)).json()["reports"]
    assert anonymous["id"] not in [each["id"] for each in listed]


async def test_a_professionals_token_opens_no_citizens_door(concern: httpx.AsyncClient, keys: Keys) -> None:
    """Whoever reports for a unit does so by name, at their own address (R36)."""
    answer = await concern.post(CITIZEN, headers=keys.party("concern", Role.REPORT, unit=DAYCARE), json=citizens())
    assert_problem(answer, 403, "missing_scope")
    half = keys.party("concern", Role.CITIZEN)
    assert_problem(await concern.post(CITIZEN, headers=half, json=citizens()), 403, "missing_scope")
    assert_problem(await concern.post(CITIZEN, headers={"Authorization": "Bearer x"}, json=citizens()), 401)


async def test_nobody_meets_a_family_without_a_name_and_the_report_may_be_sent_all_the_same(
    concern: httpx.AsyncClient,
) -> None:
    answer = await concern.post(CITIZEN, json=citizens(form="dialogue"))
    assert_problem(answer, 422, "dialogue_needs_name")
    assert (await concern.post(CITIZEN, json=citizens(form="dialogue", reporter=REPORTER))).status_code == 201


@pytest.mark.parametrize("logged_in", [False, True])
async def test_the_same_post_twice_gives_the_same_receipt(
    concern: httpx.AsyncClient, keys: Keys, dbs: Databases, *, logged_in: bool
) -> None:
    """The line broke before the answer came: who asks again has the receipt in hand, and there is one report."""
    headers = (login(keys, "citizen-twice") if logged_in else {}) | {"Idempotency-Key": f"twice-{logged_in}"}
    first, second = [await concern.post(CITIZEN, headers=headers, json=citizens()) for _ in range(2)]
    assert first.json() == second.json()
    assert second.headers["idempotency-replayed"] == "true"
    other = await concern.post(CITIZEN, headers=headers, json=citizens(ground="danger"))
    assert_problem(other, 409, "idempotency_conflict")
    (row,) = await rows(dbs.admin("concern"), "SELECT unit, key FROM idempotency WHERE made = $1::text::uuid",
                        first.json()["id"])  # fmt: skip
    assert row["unit"] == ("citizen:citizen-twice" if logged_in else "nobody:")
    assert len(row["key"]) == len("0" * 64)


async def test_a_key_of_somebody_elses_is_nobodys(concern: httpx.AsyncClient, keys: Keys) -> None:
    ids = {
        (await sent_by_citizen(concern, who | {"Idempotency-Key": "shared-key-1"}))["id"]
        for who in ({}, login(keys, "citizen-a"), login(keys, "citizen-b"))
    }
    assert len(ids) == len(("nobody", "a", "b"))
