"""Bad input to the consent service, as its own process on a real socket: a clear answer that never repeats it."""

import asyncio
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from shared.auth import Role
from tests.conftest import Databases
from tests.consent.conftest import Headers
from tests.consent.test_overrides import ground_in
from tests.support.bad_input import (
    BODIES,
    CHOICES,
    CODES,
    DATES,
    IDS,
    MANY,
    MARKER,
    MOMENTS,
    NUMBERS,
    TEXTS,
    TRUTHS,
    Spoilt,
    spoilt,
)
from tests.support.families import days
from tests.support.keys import Keys
from tests.support.serving import Process, process
from tests.support.town import FAMILY_HOUSE, MIDWIFERY, addresses_of, assert_problem, consent_app, counted
from tests.support.wire import consent_in, decision_in, person_in, question_in, refusal_in, representative_in

SOMEBODY = UUID(int=1)
CONSENT = consent_in(SOMEBODY, method="oral", oral_note="Sagt.", not_written_because="Haster.", supersedes=[])
DECISION = decision_in(question_in(SOMEBODY, SOMEBODY))
NUMBER = {"kind": "d-ecpr", "value": "1206550VK9", "issuer": "urn:oid:1.2.208.176.1.6.1.3.181"}
PERSON = person_in(login="login", identifiers=[NUMBER])
EXPECTED = {"expected": {"mother": str(SOMEBODY), "due_date": days(60)}}
OVERRIDE = ground_in(str(SOMEBODY), str(SOMEBODY), "sul_43_2_2", not_informed_because="x", consent_tried="x")
HOME = {"municipality": "0217", "acting_municipality": "0217", "basis": "cpr_address", "since": days(0)}
MERGER = {"other": str(SOMEBODY), "reason": "Den samme."}
CHECK = {"questions": [{"subject": str(SOMEBODY), "recipient": FAMILY_HOUSE, "purpose": "early_support",
                        "need": str(SOMEBODY), "categories": ["health"]}]}  # fmt: skip
ENDING = {"id": str(SOMEBODY), "kind": "ended", "need": str(SOMEBODY), "referral": str(SOMEBODY),
          "task": str(SOMEBODY), "recipient": FAMILY_HOUSE, "subjects": [str(SOMEBODY)],
          "at": CONSENT["given_at"]}  # fmt: skip
RENEWAL = {name: CONSENT[name] for name in (
    "method", "given_at", "valid_until", "notice", "told_of_withdrawal", "active_choice")}  # fmt: skip
# Every address that takes a body, with one that is right.
RIGHT: Mapping[str, Any] = {
    "/persons": PERSON,
    "/persons/lookup": {"identifier": NUMBER},
    f"/persons/{SOMEBODY}/identifiers": NUMBER,
    f"/persons/{SOMEBODY}/birth": {"born_on": days(0), "custody_holders": [str(SOMEBODY)]},
    f"/persons/{SOMEBODY}/custody": {"holders": [str(SOMEBODY)], "since": days(0)},
    f"/persons/{SOMEBODY}/residence": HOME,
    f"/persons/{SOMEBODY}/protection": {"protected": True, "since": days(0)},
    f"/persons/{SOMEBODY}/representative": representative_in(str(SOMEBODY), days(0)),
    f"/persons/{SOMEBODY}/merger": MERGER,
    f"/persons/{SOMEBODY}/merger/undoing": MERGER,
    "/consents": CONSENT,
    "/refusals": refusal_in(SOMEBODY),
    f"/consents/{SOMEBODY}/withdrawal": {"recipients": [FAMILY_HOUSE], "categories": ["health"]},
    f"/refusals/{SOMEBODY}/withdrawal": {"recipients": [FAMILY_HOUSE], "categories": ["health"]},
    f"/consents/{SOMEBODY}/renewal": RENEWAL,
    f"/consents/{SOMEBODY}/invalidation": {"cause": "recorded_in_error"},
    "/disclosures/check": CHECK,
    "/overrides": OVERRIDE,
    f"/overrides/{SOMEBODY}/informed": {"informed_at": CONSENT["given_at"]},
    "/internal/decisions": DECISION,
    "/internal/task-endings": ENDING,
    "/internal/speakers": {"citizen": "nobodys-login", "user": "user-1"},
}
LISTS: dict[str, Any] = {
    "a text for a list": MARKER,
    "an empty list": [],
    "null for a list": None,
    "an object for a list": {"a": 1},
}
FEW: dict[str, Any] = {name: value for name, value in LISTS.items() if name != "an empty list"}
PAIR: dict[str, Any] = FEW | {"three": [str(SOMEBODY)] * 3, "no UUID": [MARKER], "a personal number": [NUMBERS[0]]}
MANY_CODES: dict[str, Any] = {
    "an unknown code": [MARKER],
    "a number": [7],
    "ten thousand": [f"Z{n}" for n in range(MANY)],
}
CATEGORIES = LISTS | MANY_CODES
SECRETS: dict[str, Any] = {
    "a number for a number": 6101901234, "null for a number": None, "a list for a number": [MARKER],
    "an empty number": "", "a number too long": MARKER * 4,
}  # fmt: skip
MUNICIPALITIES: dict[str, Any] = {
    "a name": MARKER, "three digits": "217", "five digits": "02170", "a region": "1084", "a number": 217,
    "null": None, "digits of another script": "0\u0662\u0661\u0667", "a line's end": "0217\n",
}  # fmt: skip
WORDS = {name: value for name, value in TEXTS.items() if value is not None}
LINES = dict(TEXTS)
ALONE: dict[str, Any] = {name: value for name, value in CHOICES.items() if value is not None} | {
    "a reason of one's own": "Ikke en væsentlig beslutning."
}
SOME_CODES = {name: value for name, value in CODES.items() if value is not None}
SOME_DATES = {name: value for name, value in DATES.items() if value is not None}
SOME_MOMENTS = {name: value for name, value in MOMENTS.items() if value is not None}
SOME_IDS = {name: value for name, value in IDS.items() if value is not None}
# What to spoil: address, place in its body, and with what.
PLACES: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "/consents": {
        "subject": IDS, "given_by": IDS, "need": IDS, "sender": CODES, "notice": CODES, "purpose": CHOICES,
        "method": CHOICES, "given_at": MOMENTS, "recipients": LISTS, "categories": CATEGORIES, "recipients.0": CODES,
        "categories.0": CHOICES, "oral_note": WORDS, "valid_until": MOMENTS, "mutual": TRUTHS,
        "told_of_withdrawal": TRUTHS, "active_choice": TRUTHS, "collected": TRUTHS, "protected_address": TRUTHS,
        "not_written_because": WORDS, "alone_because": ALONE, "supersedes": FEW | {"no UUID": [MARKER]},
    },
    "/refusals": {"subject": IDS, "oral_note": WORDS, "categories": CATEGORIES, "recipients": LISTS},
    "/persons": {
        "birth_date": SOME_DATES, "login": SOME_CODES,
        "identifiers": FEW | {"four": [NUMBER] * 4, "a text": [MARKER], "null": [None]},
        "identifiers.0.kind": {**CHOICES, "an internal one": "internal"}, "identifiers.0.value": SECRETS,
        "identifiers.0.issuer": {name: value for name, value in CHOICES.items() if value is not None},
        "expected": {"a text": MARKER, "a list": [MARKER], "nothing in it": {}, "no due date": {"mother": MARKER}},
    },
    "/persons/lookup": {"identifier": {"a text": MARKER, "null": None, "a number": NUMBERS[0]},
                        "identifier.value": SECRETS, "identifier.kind": CHOICES},
    f"/persons/{SOMEBODY}/identifiers": {"value": SECRETS, "kind": CHOICES},
    f"/persons/{SOMEBODY}/birth": {"born_on": DATES, "custody_holders": PAIR},
    f"/persons/{SOMEBODY}/custody": {"since": DATES, "holders": PAIR | {"nobody": []}, "holders.0": IDS},
    f"/persons/{SOMEBODY}/residence": {
        "since": DATES, "municipality": MUNICIPALITIES, "acting_municipality": MUNICIPALITIES, "basis": CHOICES},
    f"/persons/{SOMEBODY}/protection": {"since": DATES, "protected": TRUTHS},
    f"/persons/{SOMEBODY}/representative": {"since": DATES, "person": SOME_IDS, "basis": LINES},
    f"/persons/{SOMEBODY}/merger": {"other": IDS, "reason": LINES},
    f"/persons/{SOMEBODY}/merger/undoing": {"other": IDS, "reason": LINES},
    f"/consents/{SOMEBODY}/withdrawal": {"recipients": {"a text": MARKER}, "categories": MANY_CODES},
    f"/refusals/{SOMEBODY}/withdrawal": {"recipients.0": CODES, "categories.0": CHOICES},
    f"/consents/{SOMEBODY}/renewal": {
        "given_at": MOMENTS, "valid_until": MOMENTS, "notice": CODES, "method": CHOICES, "active_choice": TRUTHS,
        "oral_note": WORDS, "alone_because": ALONE, "not_written_because": WORDS},
    f"/consents/{SOMEBODY}/invalidation": {"cause": {**CHOICES, "not theirs to say": "moved"}},
    "/disclosures/check": {
        "questions": LISTS | {"too many": CHECK["questions"] * 51}, "questions.0.subject": IDS,
        "questions.0.recipient": CODES, "questions.0.categories": CATEGORIES, "questions.0.need": IDS},
    "/overrides": {
        "subject": IDS, "sender": CODES, "recipients": LISTS | {"six": [f"unit-{n}" for n in range(6)]},
        "categories": CATEGORIES, "need": IDS, "ground": CHOICES, "reason": TEXTS, "consent_tried": WORDS,
        "informed_at": SOME_MOMENTS, "not_informed_because": WORDS, "valid_until": MOMENTS},
    f"/overrides/{SOMEBODY}/informed": {"informed_at": MOMENTS},
    "/internal/decisions": {
        "occasion": CHOICES, "unit": CODES, "user": CODES, "referral": IDS, "questions": LISTS,
        "questions.0.subject": IDS, "questions.0.sender": CODES, "questions.0.categories.0": CHOICES,
        "questions.0.purpose": CHOICES, "questions.0.categories": LISTS},
    "/internal/speakers": {"citizen": CODES, "user": CODES},
    "/internal/task-endings": {"id": IDS, "kind": CHOICES, "recipient": CODES, "subjects": FEW, "at": MOMENTS},
}  # fmt: skip
CASES = [(path, place, list(spoilt(RIGHT[path], place, values)))
         for path, places in PLACES.items() for place, values in places.items()]  # fmt: skip


@pytest.fixture(scope="module")
def running(
    dbs: Databases, keys: Keys, directory_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Process]:
    """The consent service as its own process, logging everything it ever logs."""
    told = {
        "DATABASE_URL": dbs.app("consent"),
        "TRUSTED_KEYS": str(keys.trusted),
        "IDENTITY_KEY": str(keys.private("consent")),
        "DIRECTORY_URL": directory_url,
        "IDENTIFIER_KEYS": str(keys.identifiers),
    }
    with process("services.consent", told, "CONSENT_", tmp_path_factory.mktemp("consent") / "log") as made:
        yield made


@pytest.fixture(scope="module")
def client(running: Process) -> Iterator[httpx.Client]:
    """A client of the process."""
    with httpx.Client(base_url=running.url, timeout=15) as made:
        yield made


def send(client: httpx.Client, running: Process, headers: Headers, path: str, content: bytes) -> httpx.Response:
    """Send a body; assert that neither the answer nor the log repeats anything of it."""
    told = headers | {"Content-Type": "application/json"}
    answer = client.post(path, content=content, headers=told)
    seen = answer.text + running.log_of(answer.headers["x-request-id"])
    assert MARKER not in seen
    assert not [number for number in NUMBERS if number in seen]
    return answer


def who(keys: Keys, path: str) -> Headers:
    """Return the header of somebody who may."""
    if path.startswith("/internal"):
        return keys.service("referral", "consent")
    return keys.party("consent", Role.RECORD_CONSENT, Role.LEGAL_OVERRIDE, unit=MIDWIFERY)


@pytest.fixture
def stores() -> None:
    """The test sends what is right."""


@pytest.fixture(autouse=True)
def nothing_stored(request: pytest.FixtureRequest, dbs: Databases) -> Iterator[None]:
    """Whatever a test of this file sends, nothing of it is kept."""
    if "stores" in request.fixturenames:
        yield
        return
    before = asyncio.run(counted(dbs.admin("consent")))
    yield
    assert asyncio.run(counted(dbs.admin("consent"))) == before


def test_every_address_that_takes_a_body_is_here(dbs: Databases, keys: Keys) -> None:
    """Those of § 11 e are in test_section11e_bad_input.py."""
    every = addresses_of(consent_app(dbs, keys, "http://127.0.0.1:1"))
    posts = {each for each in every if each.startswith("POST") and not each.startswith("POST /section-11e")}
    told = {re.sub(r"\{.*?\}", str(SOMEBODY), each.partition(" ")[2]) for each in posts}
    without = {f"/overrides/{SOMEBODY}/revocation", f"/follow-ups/{SOMEBODY}/done"}
    assert told == set(RIGHT) | without
    assert set(PLACES) == set(RIGHT)


@pytest.mark.parametrize("path", RIGHT)
def test_a_body_that_no_address_takes_is_malformed(
    client: httpx.Client, running: Process, keys: Keys, path: str
) -> None:
    for content in BODIES.values():
        assert_problem(send(client, running, who(keys, path), path, content), 422, "malformed")


@pytest.mark.parametrize(("path", "place", "cases"), CASES, ids=[f"{path} {place}" for path, place, _ in CASES])
def test_a_value_that_no_field_takes_is_refused_and_never_repeated(
    client: httpx.Client, running: Process, keys: Keys, path: str, place: str, cases: list[Spoilt]
) -> None:
    assert cases, place
    for case in cases:
        answer = send(client, running, who(keys, path), path, json.dumps(case.body).encode())
        told = assert_problem(answer, 422, "cpr_refused" if case.personal else "malformed")
        assert told["errors"], case.name
        assert all(error.keys() == {"where", "kind", "said"} for error in told["errors"])


@pytest.mark.parametrize("path", RIGHT)
def test_a_personal_number_in_an_unknown_field_is_not_repeated(
    client: httpx.Client, running: Process, keys: Keys, path: str
) -> None:
    for name, value in (("cpr", NUMBERS[0]), (NUMBERS[1], MARKER), ("note", f"{MARKER} {NUMBERS[2]}")):
        content = json.dumps(RIGHT[path] | {name: value}).encode()
        assert_problem(send(client, running, who(keys, path), path, content), 422, "malformed")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"birth_date": "1899-12-31"}, "impossible_birth_date"),
        ({"birth_date": "0001-01-01"}, "impossible_birth_date"),
        ({"birth_date": "9999-12-31"}, "impossible_birth_date"),
        ({"birth_date": days(1)}, "impossible_birth_date"),
        ({"birth_date": days(0)} | EXPECTED, "born_or_expected"),
        ({"birth_date": None, "expected": None}, "born_or_expected"),
        ({}, "born_or_expected"),
        *(
            (person_in(identifiers=[{"kind": kind, "value": value}]), "identifier_refused")
            for kind, value in (
                ("cpr", "0000000000"), ("cpr", "9102901234"), ("cpr", "610190123"), ("cpr", "61019012345"),
                ("cpr", "610190-123A"), ("cpr", "\u0661\u0660" * 5), ("cpr", MARKER), ("cpr", "6101901234\x00"),
                ("x-ecpr", "6101901234"), ("x-ecpr", "1206550VK9"), ("d-ecpr", "1206557VK9"), ("cpr", " - "),
            )
        ),
        (person_in(identifiers=[{"kind": "cpr", "value": "6101901234", "issuer": NUMBER["issuer"]}]),
         "identifier_refused"),
    ],
    ids=str,
)  # fmt: skip
def test_a_person_who_cannot_be_is_not_registered(
    client: httpx.Client, running: Process, keys: Keys, body: dict[str, Any], code: str
) -> None:
    answer = send(client, running, who(keys, "/persons"), "/persons", json.dumps(body).encode())
    assert_problem(answer, 422, code)
    assert "6101901234" not in answer.text + running.log()


@pytest.mark.parametrize("number", [*NUMBERS, "6101901234", "610190-1234"])
@pytest.mark.parametrize("path", [
    "/persons/{}", "/persons/{}/history", "/consents/{}/sheet", "/notices/{}", "/consents?need={}",
    "/follow-ups?after={}", "/persons?cpr={}", "/{}", "/persons/lookup/{}",
])  # fmt: skip
def test_a_personal_number_in_an_address_is_refused_and_not_logged(
    client: httpx.Client, running: Process, keys: Keys, path: str, number: str
) -> None:
    """R45."""
    answer = client.get(path.format(number), headers=who(keys, path))
    assert answer.status_code in {404, 405, 422}
    seen = answer.text + running.log_of(answer.headers["x-request-id"])
    assert number not in seen
    assert number.replace(" ", "%20") not in seen


def test_a_statement_of_a_million_signs_is_too_large(client: httpx.Client, keys: Keys) -> None:
    for path, place in (
        ("/consents", "oral_note"),
        ("/overrides", "reason"),
        (f"/persons/{SOMEBODY}/merger", "reason"),
    ):
        body = RIGHT[path] | {place: "Ja. " * 250_000}
        assert_problem(client.post(path, json=body, headers=who(keys, path)), 413, "too_large")


@pytest.mark.parametrize("field", ["recipients", "categories", "supersedes"])
def test_ten_thousand_wrong_entries_get_a_short_answer(
    client: httpx.Client, running: Process, midwife: Headers, field: str
) -> None:
    body = consent_in(SOMEBODY, **{field: [f"{MARKER} {number}" for number in range(MANY - 1)] + ["!"]})
    content = json.dumps(body).replace(", ", ",").encode()
    answer = send(client, running, midwife, "/consents", content)
    assert len(answer.content) < 20_000
    assert_problem(answer, 413 if len(content) > 256 * 1024 else 422)


def test_ten_thousand_categories_are_refused(client: httpx.Client, running: Process, midwife: Headers) -> None:
    body = consent_in(SOMEBODY, categories=[f"Z{number}" for number in range(MANY)])
    answer = send(client, running, midwife, "/consents", json.dumps(body).encode())
    assert_problem(answer, 422, "malformed")
    assert len(answer.content) < 20_000


@pytest.mark.parametrize("path", RIGHT)
@pytest.mark.parametrize("told", ["its length", "nothing"])
def test_a_megabyte_is_too_large(client: httpx.Client, running: Process, keys: Keys, path: str, told: str) -> None:
    content = json.dumps({"notice": MARKER + "x" * 1_000_000}).encode()
    sent: Any = content if told == "its length" else iter([content[:600_000], content[600_000:]])
    answer = client.post(path, content=sent, headers=who(keys, path) | {"Content-Type": "application/json"})
    assert_problem(answer, 413, "too_large")
    assert MARKER not in answer.text + running.log_of(answer.headers["x-request-id"])


@pytest.mark.parametrize("path", [f"/consents?need={MARKER}", "/consents", f"/consents?need={NUMBERS[0]}"])
def test_an_address_that_cannot_be_read_is_malformed(
    client: httpx.Client, running: Process, midwife: Headers, path: str
) -> None:
    answer = client.get(path, headers=midwife)
    assert_problem(answer, 422, "malformed")
    assert MARKER not in answer.text + running.log_of(answer.headers["x-request-id"])


@pytest.mark.parametrize(
    "query",
    [
        {"since": value}
        for value in (MARKER, "2026-02-30T00:00:00Z", "2026-01-01T00:00:00", "9999-12-31T23:59:59-14:00", "0")
    ]
    + [{"unit": "a b"}, {"unit": NUMBERS[0]}, {"referral": "x"}, {"after": "x"}]
    + [{"limit": value} for value in ("0", "501", "x", "9" * 30)],
    ids=str,
)
def test_an_audit_that_cannot_be_read_is_malformed(
    client: httpx.Client, running: Process, keys: Keys, query: dict[str, str]
) -> None:
    answer = client.get("/audit/disclosures", params=query, headers=keys.party("consent", Role.AUDITOR))
    assert_problem(answer, 422)
    assert MARKER not in answer.text + running.log_of(answer.headers["x-request-id"])


@pytest.mark.parametrize("key", ["short", "x" * 129, "with space", MARKER + "/", ""])
def test_an_idempotency_key_has_a_form(client: httpx.Client, midwife: Headers, key: str) -> None:
    answer = client.post("/persons", json=person_in(), headers=midwife | {"Idempotency-Key": key})
    assert_problem(answer, 422, "malformed")
    assert MARKER not in answer.text


@pytest.mark.parametrize(("method", "path", "status"), [("PUT", "/consents", 405), ("GET", f"/{MARKER}", 404)])
def test_an_unknown_address_or_method_is_a_problem_too(
    client: httpx.Client, running: Process, midwife: Headers, method: str, path: str, status: int
) -> None:
    answer = client.request(method, path, headers=midwife)
    assert_problem(answer, status)
    assert MARKER not in answer.text + running.log_of(answer.headers["x-request-id"])


@pytest.mark.usefixtures("stores")
@pytest.mark.parametrize("path", RIGHT)
def test_the_right_bodies_are_right(client: httpx.Client, keys: Keys, path: str) -> None:
    """Without this the tests above would pass whatever the service refused them for."""
    answer = client.post(path, json=RIGHT[path], headers=who(keys, path))
    # A second run finds the login taken, and the number to be this unit's own person's.
    right = {"/persons": {201, 409}, "/persons/lookup": {200, 404}}.get(path, {404})
    assert answer.status_code in ({200, 201} if path.startswith("/internal") else right), answer.text


@pytest.mark.usefixtures("stores")
def test_a_word_with_every_field_is_right(client: httpx.Client, midwife: Headers) -> None:
    person = client.post("/persons", json=person_in(login=f"login-{uuid4().hex}"), headers=midwife)
    assert person.status_code == 201
    subject = person.json()["id"]
    told = CONSENT | {"subject": subject, "given_by": subject}
    assert client.post("/consents", json=told, headers=midwife).status_code == 201
    assert client.post("/refusals", json=refusal_in(subject), headers=midwife).status_code == 201
