"""Every address of the consent service, called by every kind of caller."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import httpx
import pytest

from shared.auth import Role
from tests.conftest import Databases
from tests.consent.conftest import Headers
from tests.support.callers import CALLERS, UNPROVEN
from tests.support.keys import Keys
from tests.support.town import MIDWIFERY, addresses_of, assert_problem, consent_app, entries_of, sealed
from tests.support.wire import consent_in, decision_in, person_in, question_in, refusal_in

# Who is known here, but not consent's own service identity: it never calls itself.
UNKNOWN = (*UNPROVEN, "service consent")
KNOWN = tuple(name for name in CALLERS if name not in UNKNOWN)
# For each address, the callers that get something else than 403.
ALLOWED: Mapping[str, Mapping[str, int]] = {
    "POST /persons": {"midwife system": 201, "jobcenter": 201},
    "POST /consents": {"midwife system": 201},
    "POST /refusals": {"midwife system": 201},
    "GET /consents": {"midwife system": 200, "jobcenter": 200},
    "GET /my/consents": {"citizen": 200},
    "POST /consents/{consent}/withdrawal": {"midwife system": 201} | {
        name: 404 for name in KNOWN if name != "midwife system"
    },
    "POST /internal/decisions": {"service referral": 201},
    "GET /audit/disclosures": {"auditor": 200},
    "GET /audit/ledger/checkpoint": {"auditor": 200},
    "GET /audit/ledger/export": {"auditor": 200},
}  # fmt: skip


def asked(address: str, subject: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a request to the address that is right in everything but perhaps its caller."""
    method, _, path = address.partition(" ")
    bodies = {
        "POST /persons": person_in(),
        "POST /consents": consent_in(subject),
        "POST /refusals": refusal_in(subject),
        "POST /consents/{consent}/withdrawal": {},
        "POST /internal/decisions": decision_in(question_in(subject, given["need"])),
    }
    query = {"params": {"need": given["need"]}} if address == "GET /consents" else {}
    told = {"json": bodies[address]} if address in bodies else {}
    return {"method": method, "url": path.replace("{consent}", given["id"]), **told, **query}


@pytest.fixture
async def given(consent: httpx.AsyncClient, midwife: Headers, subject: str) -> dict[str, Any]:
    """A consent that was recorded."""
    body = consent_in(subject)
    answer = await consent.post("/consents", json=body, headers=midwife)
    return body | {"id": answer.json()["id"]}


@pytest.mark.parametrize("address", ALLOWED)
@pytest.mark.parametrize("caller", CALLERS)
async def test_each_address_knows_its_callers(
    consent: httpx.AsyncClient, dbs: Databases, keys: Keys, subject: str, given: dict[str, Any], address: str,
    caller: str,
) -> None:  # fmt: skip
    if "ledger" in address:
        await sealed(dbs, keys, "consent")
    expected = 401 if caller in UNKNOWN else ALLOWED[address].get(caller, 403)
    answer = await consent.request(**asked(address, subject, given), headers=CALLERS[caller](keys, "consent"))
    assert answer.status_code == expected, answer.text
    if expected >= 400:
        assert_problem(answer, expected)
        assert given["id"] not in answer.text


def test_no_address_is_left_out(dbs: Databases, keys: Keys) -> None:
    assert addresses_of(consent_app(dbs, keys, "http://127.0.0.1:1")) == set(ALLOWED)


async def test_a_unit_may_not_record_consent_to_what_another_would_tell(
    consent: httpx.AsyncClient, keys: Keys, subject: str
) -> None:
    headers = keys.party("consent", Role.RECORD_CONSENT, unit="health-visiting")
    for path, body in (("/consents", consent_in(subject)), ("/refusals", refusal_in(subject))):
        told = assert_problem(await consent.post(path, json=body, headers=headers), 403, "foreign_sender")
        assert told["rule"] == "R18"


async def test_a_citizen_withdraws_their_own_and_nobody_elses(
    consent: httpx.AsyncClient, keys: Keys, midwife: Headers
) -> None:
    login = f"login-{uuid4().hex}"
    person = (await consent.post("/persons", json=person_in(login=login), headers=midwife)).json()["id"]
    number = (await consent.post("/consents", json=consent_in(person), headers=midwife)).json()["id"]
    stranger = keys.party("consent", Role.CITIZEN, citizen=f"login-{uuid4().hex}")
    self = keys.party("consent", Role.CITIZEN, citizen=login)
    assert_problem(await consent.post(f"/consents/{number}/withdrawal", json={}, headers=stranger), 404, "not_there")
    assert (await consent.post(f"/consents/{number}/withdrawal", json={}, headers=self)).status_code == 201
    own = (await consent.get("/my/consents", headers=self)).json()["consents"]
    assert [(each["id"], each["withdrawn_at"] is not None) for each in own] == [(number, True)]


async def test_reaching_for_anothers_consent_is_on_the_ledger_before_the_answer_leaves(
    consent: httpx.AsyncClient, dbs: Databases, keys: Keys, given: dict[str, Any]
) -> None:
    stranger = keys.party("consent", Role.CITIZEN, citizen=f"login-{uuid4().hex}")
    for number in (given["id"], str(uuid4())):
        answer = await consent.post(f"/consents/{number}/withdrawal", json={}, headers=stranger)
        told = assert_problem(answer, 404, "not_there")
        entries = await entries_of(dbs.admin("consent"), told["instance"].removeprefix("urn:uuid:"))
        assert [(each["kind"], each["consent"]) for each in entries] == [("access_refused", number)]


async def test_a_citizen_about_whom_nothing_is_kept_hears_just_that(consent: httpx.AsyncClient, keys: Keys) -> None:
    stranger = keys.party("consent", Role.CITIZEN, citizen=f"login-{uuid4().hex}")
    assert (await consent.get("/my/consents", headers=stranger)).json() == {"consents": []}


async def test_any_unit_that_a_consent_names_may_record_its_withdrawal(
    consent: httpx.AsyncClient, keys: Keys, given: dict[str, Any]
) -> None:
    named = keys.party("consent", Role.RECORD_CONSENT, unit=given["recipients"][0])
    assert (await consent.post(f"/consents/{given['id']}/withdrawal", json={}, headers=named)).status_code == 201


async def test_a_unit_sees_only_the_consents_that_name_it(
    consent: httpx.AsyncClient, keys: Keys, midwife: Headers, given: dict[str, Any]
) -> None:
    need = {"need": given["need"]}
    seen = (await consent.get("/consents", params=need, headers=midwife)).json()["consents"]
    assert [each["id"] for each in seen] == [given["id"]]
    other = keys.party("consent", Role.RECORD_CONSENT, unit="health-visiting")
    assert (await consent.get("/consents", params=need, headers=other)).json() == {"consents": []}
    assert seen[0]["sender"] == MIDWIFERY
