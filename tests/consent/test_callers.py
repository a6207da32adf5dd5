"""Every address of the consent service, called by every kind of caller."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from shared.auth import Role
from tests.conftest import Databases
from tests.consent.conftest import Headers
from tests.consent.test_overrides import ground_in
from tests.support.callers import CALLERS, UNPROVEN
from tests.support.families import Desk, days, new_need, replacement_number, somebody
from tests.support.keys import Keys
from tests.support.town import (
    DAYCARE,
    FAMILY_HOUSE,
    MIDWIFERY,
    NORTH,
    NORTH_VISITING,
    acquainted,
    addresses_of,
    assert_problem,
    consent_app,
    entries_of,
    rows,
    sealed,
)
from tests.support.wire import NOW, consent_in, decision_in, person_in, question_in, refusal_in, representative_in

# Who is known here, but not consent's own service identity: it never calls itself.
UNKNOWN = (*UNPROVEN, "service consent")
KNOWN = tuple(name for name in CALLERS if name not in UNKNOWN)
SYSTEM, JOB, DECIDES = "midwife system", "jobcenter", "overrider"
NOT_THEIRS = {name: 404 for name in KNOWN if name != SYSTEM}
READS = {SYSTEM: 200, JOB: 404}
WRITES = {SYSTEM: 201, JOB: 404}
ANYBODY = dict.fromkeys((*UNKNOWN, *KNOWN), 200)
# For each address, the callers that get something else than 403. The jobcenter is a unit as good as any, and has not
# met these people; whoever may come to a word is told that it is not there.
ALLOWED: Mapping[str, Mapping[str, int]] = {
    "POST /persons": {SYSTEM: 201, JOB: 201},
    "POST /persons/lookup": READS,
    "GET /persons/{person}": READS,
    "GET /persons/{person}/history": READS,
    "POST /persons/{person}/identifiers": WRITES,
    "POST /persons/{unborn}/birth": WRITES,
    "POST /persons/{child}/custody": WRITES,
    "POST /persons/{person}/residence": WRITES,
    "POST /persons/{person}/protection": WRITES,
    "POST /persons/{person}/representative": {DECIDES: 201},
    "POST /persons/{person}/merger": WRITES,
    "POST /persons/{child}/merger/undoing": WRITES,
    "POST /consents": {SYSTEM: 201},
    "POST /refusals": {SYSTEM: 201},
    "GET /consents": {SYSTEM: 200, JOB: 200},
    "POST /consents/{consent}/withdrawal": {SYSTEM: 201} | NOT_THEIRS,
    "POST /refusals/{refusal}/withdrawal": {SYSTEM: 201} | NOT_THEIRS,
    "POST /consents/{renewed}/renewal": WRITES,
    "POST /consents/{invalid}/invalidation": WRITES,
    "GET /consents/{consent}/sheet": {SYSTEM: 200} | NOT_THEIRS,
    "GET /consents/{consent}/record": {SYSTEM: 200} | NOT_THEIRS,
    "GET /consents/{consent}/fhir": {SYSTEM: 200} | NOT_THEIRS,
    "GET /consents/{consent}/effects": {SYSTEM: 200} | NOT_THEIRS,
    "POST /disclosures/check": READS,
    "GET /overrides": {DECIDES: 200},
    "POST /overrides": {DECIDES: 201},
    "POST /overrides/{override}/revocation": {DECIDES: 201},
    "POST /overrides/{override}/informed": {DECIDES: 201},
    "GET /follow-ups": {SYSTEM: 200, JOB: 200, DECIDES: 200},
    "POST /follow-ups/{follow_up}/done": WRITES | {DECIDES: 201},
    "GET /my/consents": {"citizen": 200},
    "GET /my/disclosures": {"citizen": 200},
    "GET /my/overrides": {"citizen": 200},
    "GET /my/overview": {"citizen": 200},
    "GET /my/section-11e-meetings": {"citizen": 200},
    "GET /section-11e/prompts": {"convener": 200},
    "GET /section-11e/overdue": {"leader": 200},
    "GET /notices": ANYBODY,
    "GET /notices/{notice}": ANYBODY,
    "POST /internal/decisions": {"service referral": 201},
    "POST /internal/task-endings": {"service referral": 201},
    "POST /internal/speakers": {"service referral": 200},
    "POST /section-11e/matters": {"convener": 201},
    "GET /section-11e/matters/{matter}": {"convener": 200, "leader": 200},
    "POST /section-11e/matters/{matter}/approval": {"leader": 409},
    "POST /section-11e/matters/{matter}/meetings": {"convener": 409},
    "GET /section-11e/meetings": {"convener": 200},
    "GET /section-11e/meetings/{meeting}": {"convener": 200, "leader": 200},
    "POST /section-11e/meetings/{meeting}/approval": {"leader": 409},
    "POST /section-11e/meetings/{meeting}/attendees": {"convener": 409},
    "POST /section-11e/meetings/{meeting}/cancellation": {"convener": 409},
    "POST /section-11e/meetings/{meeting}/opening": {"convener": 409},
    "POST /section-11e/meetings/{meeting}/presence": {"convener": 200},
    "POST /section-11e/meetings/{meeting}/choice": {"convener": 200},
    "POST /section-11e/meetings/{meeting}/brought": {"convener": 201},
    "GET /section-11e/meetings/{meeting}/room": {"convener": 200},
    "POST /section-11e/meetings/{meeting}/departure": {"convener": 200},
    "POST /section-11e/meetings/{meeting}/end": {"convener": 200},
    "POST /section-11e/meetings/{meeting}/outcome": {"convener": 409},
    "POST /section-11e/meetings/{meeting}/informing": {"convener": 409},
    "GET /section-11e/waiting": {"leader": 200},
    "POST /section-11e/terms": {"leader": 201},
    "GET /audit/disclosures": {"auditor": 200},
    "GET /audit/overrides": {"auditor": 200},
    "GET /audit/section-11e/meetings": {"auditor": 200},
    "GET /audit/section-11e/refused": {"auditor": 200},
    "GET /audit/section-11e/uninformed": {"auditor": 200},
    "GET /audit/section-11e/figures": {"auditor": 200},
    "GET /audit/ledger/checkpoint": {"auditor": 200},
    "GET /audit/ledger/export": {"auditor": 200},
}  # fmt: skip


def ending_in(person: str, need: str) -> dict[str, Any]:
    """Return what the referral service tells of a task that ended."""
    return {"id": str(uuid4()), "kind": "ended", "need": need, "referral": str(uuid4()), "task": str(uuid4()),
            "recipient": FAMILY_HOUSE, "subjects": [person], "at": NOW.isoformat()}  # fmt: skip


def call_in() -> dict[str, Any]:
    """Return a call to a meeting with the health visitors, half an hour from now."""
    at = datetime.now(UTC) + timedelta(minutes=30)
    return {"purpose": "tidligt_forebyggende_samarbejde", "starts_at": at.isoformat(), "profession": "pedagogue",
            "ends_at": (at + timedelta(hours=1)).isoformat(), "necessity": "Støtten skal passe sammen.",
            "leader": "leader-1", "consent_attempt": {"impossible": "not_reached", "why": "Ringet tre gange."},
            "attendees": [{"user": "visitor-1", "profession": "health_visitor", "unit": NORTH_VISITING}]}  # fmt: skip


async def convened(consent: httpx.AsyncClient, dbs: Databases, keys: Keys, given: dict[str, Any]) -> None:
    """Let the convener have a matter about a child, and its meeting's room be open, with them in it."""
    convener, url = CALLERS["convener"](keys, "consent"), dbs.admin("consent")
    await acquainted(dbs, given["child"], DAYCARE)
    await rows(url, "UPDATE section11e_presence SET left_at = greatest(now(), came_at) WHERE left_at IS NULL")
    child = await Desk(consent, keys).child()
    await acquainted(dbs, child, DAYCARE)

    async def done(path: str, body: Any = None) -> dict[str, Any]:
        answer = await consent.post(f"/section-11e{path}", json=body, headers=convener)
        assert answer.is_success, answer.text
        told: dict[str, Any] = answer.json()
        return told

    given["matter"] = (await done("/matters", {"child": child, "about": "Trivsel"}))["id"]
    given["meeting"] = meeting = (await done(f"/matters/{given['matter']}/meetings", call_in()))["id"]
    await rows(url, "UPDATE section11e_meeting SET starts_at = now() WHERE id = $1", meeting)
    await done(f"/meetings/{meeting}/opening")
    await done(f"/meetings/{meeting}/choice", {"shares": True})


def bodies(desk: Desk, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return for each address that takes one a body that is right."""
    person, need, day = given["person"], given["need"], days(-1)
    word = desk.word(person)
    asks = ("method", "given_at", "valid_until", "notice", "told_of_withdrawal", "active_choice")
    question = {"subject": person, "recipient": FAMILY_HOUSE, "purpose": "early_support", "need": need,
                "categories": ["health"]}  # fmt: skip
    return {
        "POST /persons": person_in(),
        "POST /persons/lookup": {"identifier": given["number"]},
        "POST /persons/{person}/identifiers": replacement_number(somebody()),
        "POST /persons/{unborn}/birth": {"born_on": days(0)},
        "POST /persons/{child}/custody": {"holders": [person], "since": day},
        "POST /persons/{person}/residence": {
            "municipality": NORTH,
            "acting_municipality": NORTH,
            "basis": "cpr_address",
            "since": day,
        },
        "POST /persons/{person}/protection": {"protected": True, "since": day},
        "POST /persons/{person}/representative": representative_in(None, day),
        "POST /persons/{person}/merger": {"other": given["again"], "reason": "Den samme."},
        "POST /persons/{child}/merger/undoing": {"other": given["twin"], "reason": "Ikke den samme."},
        "POST /consents": consent_in(person),
        "POST /refusals": refusal_in(person),
        "POST /consents/{consent}/withdrawal": {},
        "POST /refusals/{refusal}/withdrawal": {},
        "POST /consents/{renewed}/renewal": {name: word[name] for name in asks},
        "POST /consents/{invalid}/invalidation": {"cause": "recorded_in_error"},
        "POST /disclosures/check": {"questions": [question]},
        "POST /overrides": ground_in(person, need),
        "POST /overrides/{override}/revocation": {},
        "POST /overrides/{override}/informed": {"informed_at": NOW.isoformat()},
        "POST /follow-ups/{follow_up}/done": {},
        "POST /section-11e/matters": {"child": given["child"], "about": "Trivsel"},
        "POST /section-11e/matters/{matter}/approval": {"approves": True},
        "POST /section-11e/matters/{matter}/meetings": call_in(),
        "POST /section-11e/meetings/{meeting}/approval": {"approves": True},
        "POST /section-11e/meetings/{meeting}/attendees": {"attendees": call_in()["attendees"]},
        "POST /section-11e/meetings/{meeting}/choice": {"shares": False},
        "POST /section-11e/meetings/{meeting}/brought": {"category": "health", "text": "Sover dårligt."},
        "POST /section-11e/meetings/{meeting}/outcome": {"outcome": "nothing"},
        "POST /section-11e/meetings/{meeting}/informing": {"informed_at": NOW.isoformat()},
        "POST /section-11e/terms": {"ppr": True, "unborn": False},
        "POST /internal/decisions": decision_in(question_in(person, need)),
        "POST /internal/task-endings": ending_in(person, need),
        "POST /internal/speakers": {"citizen": "nobodys-login", "user": "user-1"},
    }


@pytest.fixture
async def given(consent: httpx.AsyncClient, keys: Keys) -> dict[str, Any]:
    """A family that the midwives have met, what was said, and what follows."""
    desk, need, number = Desk(consent, keys), new_need(), replacement_number(somebody())
    made = {"need": need, "number": number, "notice": "samtykke-da-1"}
    made["person"] = person = await desk.person(identifiers=[number])
    made["again"], made["unborn"] = await desk.person(), await desk.expected(person)
    made["child"], made["twin"] = await desk.child(person), await desk.child()
    await desk.done(f"/persons/{made['child']}/merger", {"other": made["twin"], "reason": "Den samme."})
    for name in ("consent", "renewed", "invalid"):
        made[name] = await desk.yes(person, need)
    made["refusal"] = await desk.no(person, need, categories=["network"])
    body = ground_in(person, need, "sul_43_2_1")
    made["override"] = (await desk.done("/overrides", body))["id"]
    await desk.done("/overrides", body)
    made["follow_up"], made["another"] = [each["id"] for each in await desk.follow_ups(person)]
    return made


@pytest.mark.parametrize("address", ALLOWED)
async def test_each_address_knows_its_callers(
    consent: httpx.AsyncClient, dbs: Databases, keys: Keys, given: dict[str, Any], address: str
) -> None:
    """Everybody who may not comes first: what one of them might do would show in the answer to who may."""
    if "ledger" in address:
        await sealed(dbs, keys, "consent")
    if " /section-11e" in address:
        await convened(consent, dbs, keys, given)
    expected = {name: ALLOWED[address].get(name, 401 if name in UNKNOWN else 403) for name in CALLERS}
    method, _, path = address.partition(" ")
    body = bodies(Desk(consent, keys), given).get(address)
    told = {} if body is None else {"json": body}
    if address == "GET /consents":
        told = {"params": {"need": given["need"]}}
    found = {}
    for caller in sorted(expected, key=lambda name: -expected[name]):
        named = given | ({"follow_up": given["another"]} if caller == DECIDES else {})  # what is done is done once
        answer = await consent.request(method, path.format(**named), headers=CALLERS[caller](keys, "consent"), **told)
        found[caller] = answer.status_code
        if answer.status_code >= 400:
            assert_problem(answer, answer.status_code)
            assert not [name for name, held in given.items() if isinstance(held, str) and held in answer.text]
    assert found == expected


def test_no_address_is_left_out(dbs: Databases, keys: Keys) -> None:
    called = {re.sub(r"\{(unborn|child)\}", "{person}", address) for address in ALLOWED}
    called = {re.sub(r"\{(renewed|invalid)\}", "{consent}", address) for address in called}
    assert addresses_of(consent_app(dbs, keys, "http://127.0.0.1:1")) == called


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
    for number in (given["consent"], str(uuid4())):
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
    named = keys.party("consent", Role.RECORD_CONSENT, unit=FAMILY_HOUSE)
    assert (await consent.post(f"/consents/{given['consent']}/withdrawal", json={}, headers=named)).status_code == 201


async def test_a_unit_sees_only_the_consents_that_name_it(
    consent: httpx.AsyncClient, keys: Keys, midwife: Headers, given: dict[str, Any]
) -> None:
    need = {"need": given["need"]}
    seen = (await consent.get("/consents", params=need, headers=midwife)).json()["consents"]
    assert [each["id"] for each in seen] == [given[name] for name in ("consent", "renewed", "invalid", "refusal")]
    other = keys.party("consent", Role.RECORD_CONSENT, unit="health-visiting")
    assert (await consent.get("/consents", params=need, headers=other)).json() == {"consents": []}
    assert seen[0]["sender"] == MIDWIFERY
