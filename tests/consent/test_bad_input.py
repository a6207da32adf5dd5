"""Bad input to the consent service, as its own process on a real socket: a clear answer that never repeats it."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from shared.auth import Role
from tests.conftest import Databases
from tests.consent.conftest import Headers
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
from tests.support.keys import Keys
from tests.support.serving import Process, process
from tests.support.town import assert_problem
from tests.support.wire import consent_in, decision_in, person_in, question_in, refusal_in

SOMEBODY = UUID(int=1)
CONSENT = consent_in(SOMEBODY, method="oral", oral_note="Sagt.", not_written_because="Haster.", supersedes=[])
DECISION = decision_in(question_in(SOMEBODY, SOMEBODY))
PATHS = ("/persons", "/consents", "/refusals", f"/consents/{SOMEBODY}/withdrawal", "/internal/decisions")
LISTS: dict[str, Any] = {
    "a text for a list": MARKER,
    "an empty list": [],
    "null for a list": None,
    "an object for a list": {"a": 1},
}


def _cases() -> Iterator[tuple[str, Spoilt]]:
    for place, values in {
        "subject": IDS, "given_by": IDS, "need": IDS, "sender": CODES, "notice": CODES, "purpose": CHOICES,
        "method": CHOICES, "given_at": MOMENTS, "recipients": LISTS, "categories": LISTS,
        "recipients.0": CODES, "categories.0": CHOICES,
        "oral_note": {name: value for name, value in TEXTS.items() if value is not None},
    }.items():  # fmt: skip
        for one in spoilt(CONSENT, place, values):
            yield "/consents", one
    for place, values in {
        "valid_until": MOMENTS, "mutual": TRUTHS, "told_of_withdrawal": TRUTHS,
        "not_written_because": {name: value for name, value in TEXTS.items() if value is not None},
        "supersedes": {"no UUID": [MARKER], "a text for a list": MARKER, "null for a list": None},
    }.items():  # fmt: skip
        for one in spoilt(CONSENT, place, values):
            yield "/consents", one
    for place, values in {"birth_date": DATES, "login": {k: v for k, v in CODES.items() if v is not None}}.items():
        for one in spoilt(person_in(login="login"), place, values):
            yield "/persons", one
    for place, values in {
        "occasion": CHOICES, "unit": CODES, "user": CODES, "referral": IDS, "questions": LISTS,
        "questions.0.subject": IDS, "questions.0.sender": CODES, "questions.0.categories.0": CHOICES,
        "questions.0.purpose": CHOICES, "questions.0.categories": LISTS,
    }.items():  # fmt: skip
        for one in spoilt(DECISION, place, values):
            yield "/internal/decisions", one


CASES = list(_cases())


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


def who(keys: Keys, midwife: Headers, path: str) -> Headers:
    return keys.service("referral", "consent") if "decisions" in path else midwife


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("content", BODIES.values(), ids=BODIES)
def test_a_body_that_no_address_takes_is_malformed(
    client: httpx.Client, running: Process, keys: Keys, midwife: Headers, path: str, content: bytes
) -> None:
    assert_problem(send(client, running, who(keys, midwife, path), path, content), 422, "malformed")


@pytest.mark.parametrize(("path", "case"), CASES, ids=[f"{path} {case.name}" for path, case in CASES])
def test_a_value_that_no_field_takes_is_refused_and_never_repeated(
    client: httpx.Client, running: Process, keys: Keys, midwife: Headers, path: str, case: Spoilt
) -> None:
    answer = send(client, running, who(keys, midwife, path), path, json.dumps(case.body).encode())
    told = assert_problem(answer, 422, "cpr_refused" if case.personal else "malformed")
    assert told["errors"]
    assert all(error.keys() == {"where", "kind", "said"} for error in told["errors"])


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


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("told", ["its length", "nothing"])
def test_a_megabyte_is_too_large(
    client: httpx.Client, running: Process, keys: Keys, midwife: Headers, path: str, told: str
) -> None:
    content = json.dumps({"notice": MARKER + "x" * 1_000_000}).encode()
    sent: Any = content if told == "its length" else iter([content[:600_000], content[600_000:]])
    answer = client.post(path, content=sent, headers=who(keys, midwife, path) | {"Content-Type": "application/json"})
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


def test_the_right_bodies_are_right(client: httpx.Client, midwife: Headers) -> None:
    """Without this the tests above would pass whatever the service refused them for."""
    person = client.post("/persons", json=person_in(login=f"login-{uuid4().hex}"), headers=midwife)
    assert person.status_code == 201
    subject = person.json()["id"]
    told = CONSENT | {"subject": subject, "given_by": subject}
    assert client.post("/consents", json=told, headers=midwife).status_code == 201
    assert client.post("/refusals", json=refusal_in(subject), headers=midwife).status_code == 201
