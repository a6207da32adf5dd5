"""Every address of the concern service, called by every kind of caller."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.concern.office import minutes
from tests.concern.test_reception import NAMED
from tests.concern.test_steps import STEPS
from tests.concern.world import citizens, professionals, sent, sent_by_citizen
from tests.conftest import Databases
from tests.support.callers import CALLERS, UNPROVEN
from tests.support.keys import Keys
from tests.support.town import addresses_of, assert_problem, concern_app, entries_of, sealed

# No service calls this one: what another service says never stands between a report and the authority (R29).
UNKNOWN = (*UNPROVEN, "service referral", "service consent")
KNOWN = tuple(name for name in CALLERS if name not in UNKNOWN)
REPORTER, RECEPTION, LEADER, AUDITOR = "reporter", "reception", "leader", "auditor"
NOBODY, CITIZEN = "nobody", "citizen"
# For each address, the callers that get something else than 403.
ALLOWED: Mapping[str, Mapping[str, int]] = {
    "POST /concern-reports": {REPORTER: 201},
    # Whoever has no token is welcome; one that is none opens nothing (R36).
    "POST /concern-reports/citizen": {NOBODY: 201, CITIZEN: 201},
    # Nobody is asked who they are: what counts is what they have in hand.
    "POST /concern-reports/receipts": dict.fromkeys(CALLERS, 200),
    "GET /concern-reports": {RECEPTION: 200},
    "GET /concern-reports/filed": {REPORTER: 200},
    "GET /my/concern-reports": {CITIZEN: 200},
    "GET /concern-reports/{report}": {REPORTER: 200, RECEPTION: 200, CITIZEN: 404},
    "POST /concern-reports/{report}/additions": {REPORTER: 201, CITIZEN: 404},
    "POST /concern-reports/{report}/corrections": {REPORTER: 201, CITIZEN: 404},
    "GET /concern-reports/reception": {RECEPTION: 200, LEADER: 200},
    "PUT /concern-reports/reception": {LEADER: 200},
    "GET /concern-reports/overdue": {RECEPTION: 200, LEADER: 200},
    "POST /concern-reports/{report}/assessment": {RECEPTION: 200},
    "POST /concern-reports/{report}/acknowledgement": {RECEPTION: 200},
    "POST /concern-reports/{report}/informing": {RECEPTION: 200},
    # Let in, and told to assess it first.
    "POST /concern-reports/{report}/passing-on": {RECEPTION: 409},
    "POST /concern-reports/{report}/closing": {RECEPTION: 409},
    "POST /concern-reports/{report}/feedback": {RECEPTION: 409},
    # The authority names the version it has read; the reporter is told none, and needs none.
    "GET /concern-reports/{report}/dialogue": {REPORTER: 200, RECEPTION: 200, CITIZEN: 404},
    "POST /concern-reports/{report}/dialogue": {REPORTER: 200, RECEPTION: 428, CITIZEN: 404},
    "POST /concern-reports/{report}/dialogue/decline": {REPORTER: 200, RECEPTION: 428, CITIZEN: 404},
    "POST /concern-reports/{report}/dialogue/cancellation": {REPORTER: 409, RECEPTION: 428, CITIZEN: 404},
    "POST /concern-reports/{report}/dialogue/minutes": {RECEPTION: 409},
    "GET /audit/concern-reports": {AUDITOR: 200},
    "GET /audit/concern-reports/figures": {AUDITOR: 200},
    "GET /audit/ledger/checkpoint": {AUDITOR: 200},
    "GET /audit/ledger/export": {AUDITOR: 200},
}


def bodies(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return for each address that takes one a body that is right."""
    return {
        "POST /concern-reports": professionals(),
        "POST /concern-reports/citizen": citizens(),
        "POST /concern-reports/receipts": {"receipt": given["receipt"]},
        "POST /concern-reports/{report}/additions": {"text": "Mere."},
        "POST /concern-reports/{report}/corrections": {"text": "Rettet.", "corrects": given["piece"]},
        "PUT /concern-reports/reception": NAMED,
        **{f"POST /concern-reports/{{report}}/{what}": body for what, body in STEPS.items()},
        "POST /concern-reports/{report}/dialogue": {"planned_at": (datetime.now(UTC) + timedelta(days=1)).isoformat()},
        "POST /concern-reports/{report}/dialogue/decline": {},
        "POST /concern-reports/{report}/dialogue/cancellation": {},
        "POST /concern-reports/{report}/dialogue/minutes": minutes(datetime.now(UTC)),
    }


# What takes a step names the version it read: a report is as it was received.
VERSIONED = {"POST /concern-reports/{report}/dialogue/minutes"} | {
    f"POST /concern-reports/{{report}}/{what}" for what in STEPS
}


@pytest.fixture
async def given(concern: httpx.AsyncClient, keys: Keys, dbs: Databases) -> dict[str, Any]:
    """What is there to be reached for, by the name in the address."""
    # An auditor's reading is on the ledger, even where nothing is sealed: so there is something to seal.
    await concern.get("/audit/ledger/export", headers=CALLERS[AUDITOR](keys, "concern"))
    await sealed(dbs, keys, "concern")
    daycare = CALLERS[REPORTER](keys, "concern")
    report = (await sent(concern, daycare))["id"]
    read = (await concern.get(f"/concern-reports/{report}", headers=daycare)).json()
    receipt = (await sent_by_citizen(concern, {}))["receipt"]
    return {"report": report, "piece": read["said"][0]["id"], "receipt": receipt}


@pytest.mark.parametrize("address", ALLOWED)
async def test_each_address_knows_its_callers(
    concern: httpx.AsyncClient, keys: Keys, given: dict[str, Any], address: str
) -> None:
    """Everybody who may not comes first: what one of them might do would show in the answer to who may."""
    expected = {name: ALLOWED[address].get(name, 401 if name in UNKNOWN else 403) for name in CALLERS}
    method, _, path = address.partition(" ")
    body = bodies(given).get(address)
    told = {} if body is None else {"json": body}
    found = {}
    for caller in sorted(expected, key=lambda name: -expected[name]):
        headers = CALLERS[caller](keys, "concern") | ({"If-Match": '"1"'} if address in VERSIONED else {})
        answer = await concern.request(method, path.format(**given), headers=headers, **told)
        found[caller] = answer.status_code
        if answer.status_code >= 400:
            assert_problem(answer, answer.status_code)
            assert not [name for name, held in given.items() if isinstance(held, str) and held in answer.text]
    assert found == expected


def test_no_address_is_left_out(dbs: Databases, keys: Keys) -> None:
    assert addresses_of(concern_app(dbs, keys, "http://127.0.0.1:1")) == ALLOWED.keys()


async def test_an_auditors_reading_is_itself_on_the_ledger(
    concern: httpx.AsyncClient, dbs: Databases, keys: Keys, given: dict[str, Any]
) -> None:
    answer = await concern.get("/audit/ledger/export", headers=CALLERS[AUDITOR](keys, "concern"))
    assert answer.status_code == 200, given
    (entry,) = await entries_of(dbs.admin("concern"), answer.headers["x-request-id"])
    assert (entry["kind"], entry["what"]) == ("audit_read", "export")


@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
async def test_its_health_is_asked_without_a_token(concern: httpx.AsyncClient, path: str) -> None:
    assert (await concern.get(path)).status_code == 200


async def test_it_is_ready_while_the_directory_is_down(dbs: Databases, keys: Keys) -> None:
    app = concern_app(dbs, keys, "http://127.0.0.1:1")
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://t") as client:
            assert (await client.get("/health/ready")).json() == {"ready": True, "parts": {"database": True}}
