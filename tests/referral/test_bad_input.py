"""Bad input to the referral service, as its own process on a real socket: a clear answer that never repeats it."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import httpx
import pytest

from shared.auth import Role
from tests.conftest import Databases
from tests.support.bad_input import (
    BODIES,
    CHOICES,
    CODES,
    IDS,
    MANY,
    MARKER,
    MOMENTS,
    NUMBERS,
    TEXTS,
    Spoilt,
    spoilt,
)
from tests.support.keys import Keys
from tests.support.serving import Process, ThreadServer, process
from tests.support.town import FAMILY_HOUSE, MIDWIFERY, assert_problem
from tests.support.wire import NOW, message_in, referral_in

Headers = dict[str, str]
SOMEBODY = UUID(int=1)
REFERRAL = referral_in(SOMEBODY, need=str(SOMEBODY))
HEARD = {"id": str(SOMEBODY), "kind": "consent_given", "need": str(SOMEBODY), "subject": str(SOMEBODY)}
MESSAGES, ACCEPTANCE, DECLINE = (f"/tasks/{SOMEBODY}/{what}" for what in ("messages", "acceptance", "decline"))
DUTY = f"/referrals/{SOMEBODY}/duty-to-report"
NO_DUTY = {"serious_concern": True, "duty_to_report": {"answer": "no_duty", "reason": "Zebra"}}
WITHDRAWAL, WORD = f"/referrals/{SOMEBODY}/withdrawal", "/internal/consent-events"
PATHS = ("/referrals", MESSAGES, ACCEPTANCE, DECLINE, WITHDRAWAL, DUTY, WORD)
LISTS: dict[str, Any] = {"a text for a list": MARKER, "null for a list": None, "an object for a list": {"a": 1}}
EMPTY: dict[str, Any] = {"an empty list": []}
NEED = {name: value for name, value in IDS.items() if value is not None}
FIELDS: dict[str, tuple[dict[str, Any], dict[str, dict[str, Any]]]] = {
    "/referrals": (REFERRAL, {
        "need": NEED, "purpose": dict(CHOICES), "recipients": LISTS | EMPTY, "recipients.0": dict(CODES),
        "own_words": LISTS | EMPTY, "own_words.subject": dict(IDS), "own_words.text": dict(TEXTS),
        "seen_by_family_at": {name: value for name, value in MOMENTS.items() if value is not None},
        "information": LISTS, "information.0": LISTS | EMPTY,
        "information.0.subject": dict(IDS), "information.0.category": dict(CHOICES),
        "information.0.text": dict(TEXTS), "offers": LISTS, "offers.0.offer": dict(CODES),
        "offers.0.category": dict(CHOICES), "offers.0.subject": dict(IDS),
    }),
    MESSAGES: (message_in(SOMEBODY), {
        "kind": dict(CHOICES), "information": LISTS | EMPTY, "information.0.text": dict(TEXTS),
        "information.0.category": dict(CHOICES), "information.0.subject": dict(IDS),
    }),
    DUTY: (NO_DUTY, {
        "duty_to_report": EMPTY, "duty_to_report.answer": dict(CHOICES), "duty_to_report.reason": dict(TEXTS),
    }),
    DECLINE: ({"reason": "other"}, {"reason": dict(CHOICES)}),
    WORD: (HEARD, {"id": dict(IDS), "kind": dict(CODES), "need": dict(IDS), "subject": dict(IDS)}),
}  # fmt: skip
CASES = [
    (path, one)
    for path, (right, places) in FIELDS.items()
    for place, values in places.items()
    for one in spoilt(right, place, values)
]


@pytest.fixture(scope="module")
def running(
    dbs: Databases, keys: Keys, directory_url: str, consent_server: ThreadServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Process]:  # fmt: skip
    """The referral service as its own process, logging everything it ever logs."""
    told = {
        "DATABASE_URL": dbs.app("referral"),
        "TRUSTED_KEYS": str(keys.trusted),
        "IDENTITY_KEY": str(keys.private("referral")),
        "DIRECTORY_URL": directory_url,
        "CONSENT_URL": consent_server.url,
        "WEBHOOK_KEYS": str(keys.webhooks),
    }
    with process("services.referral", told, "REFERRAL_", tmp_path_factory.mktemp("referral") / "log") as made:
        yield made


@pytest.fixture(scope="module")
def client(running: Process) -> Iterator[httpx.Client]:
    """A client of the process."""
    with httpx.Client(base_url=running.url, timeout=15) as made:
        yield made


def who(keys: Keys, path: str) -> Headers:
    """Return the header of somebody who may use the address."""
    if path == WORD:
        return keys.service("consent", "referral")
    return keys.party("referral", Role.REFER, Role.RECEIVE, unit=MIDWIFERY) | {"If-Match": '"1"'}


def send(client: httpx.Client, running: Process, keys: Keys, path: str, content: Any) -> httpx.Response:
    """Send a body; assert that neither the answer nor the log repeats anything of it."""
    answer = client.post(path, content=content, headers=who(keys, path) | {"Content-Type": "application/json"})
    seen = answer.text + running.log_of(answer.headers["x-request-id"])
    assert MARKER not in seen
    assert not [number for number in NUMBERS if number in seen]
    return answer


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("content", BODIES.values(), ids=BODIES)
def test_a_body_that_no_address_takes_is_malformed(
    client: httpx.Client, running: Process, keys: Keys, path: str, content: bytes
) -> None:
    assert_problem(send(client, running, keys, path, content), 422, "malformed")


@pytest.mark.parametrize(("path", "case"), CASES, ids=[f"{path[-11:]} {case.name}" for path, case in CASES])
def test_a_value_that_no_field_takes_is_refused_and_never_repeated(
    client: httpx.Client, running: Process, keys: Keys, path: str, case: Spoilt
) -> None:
    answer = send(client, running, keys, path, json.dumps(case.body).encode())
    told = assert_problem(answer, 422, "cpr_refused" if case.personal else "malformed")
    assert told["errors"]
    assert all(error.keys() == {"where", "kind", "said"} for error in told["errors"])


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("told", ["its length", "nothing"])
def test_a_megabyte_is_too_large(client: httpx.Client, running: Process, keys: Keys, path: str, told: str) -> None:
    content = json.dumps({"notice": MARKER + "x" * 1_000_000}).encode()
    sent: Any = content if told == "its length" else iter([content[:600_000], content[600_000:]])
    assert_problem(send(client, running, keys, path, sent), 413, "too_large")


@pytest.mark.parametrize("field", ["recipients", "information", "offers"])
def test_ten_thousand_entries_are_refused_shortly(
    client: httpx.Client, running: Process, keys: Keys, field: str
) -> None:
    content = json.dumps(REFERRAL | {field: [7] * MANY}).encode()
    answer = send(client, running, keys, "/referrals", content)
    assert_problem(answer, 422, "malformed")
    assert len(answer.content) < 20_000


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"recipients": [FAMILY_HOUSE, FAMILY_HOUSE]}, "malformed"),
        ({"recipients": ["no-such-unit"]}, "unknown_recipient"),
        ({"recipients": [MIDWIFERY]}, "sender_among_recipients"),
        ({"seen_by_family_at": NOW.replace(year=NOW.year + 1, day=1).isoformat()}, "seen_in_the_future"),
        ({"discussed_with_parents_at": NOW.replace(year=NOW.year + 1, day=1).isoformat()}, "seen_in_the_future"),
        ({"seen_by_family_at": None}, "kind_refused"),
    ],
    ids=lambda given: given if isinstance(given, str) else next(iter(given)),
)
def test_what_the_rules_refuse_is_told_with_its_code(
    client: httpx.Client, running: Process, keys: Keys, changes: dict[str, Any], code: str
) -> None:
    answer = send(client, running, keys, "/referrals", json.dumps(REFERRAL | changes).encode())
    assert_problem(answer, 422, code)


LETTERS = str.maketrans("0123456789", "ghjkmnpqrs")
CURSORS = {
    "a word": MARKER,
    "no id": "gh.",
    "no number": f".{SOMEBODY}",
    "a negative number": f"-h.{SOMEBODY}",
    "a number beyond every transaction": f"{'s' * 22}.{SOMEBODY}",
    "one more than the last transaction": f"{str(2**64).translate(LETTERS)}.{SOMEBODY}",
    "a personal number": f"{NUMBERS[0]}.x",
    "too long": "g" * 61,
    "a NUL": f"\x00.{SOMEBODY}",
}


@pytest.mark.parametrize("cursor", CURSORS.values(), ids=CURSORS)
def test_a_cursor_that_is_not_ours_is_refused(client: httpx.Client, running: Process, keys: Keys, cursor: str) -> None:
    answer = client.get("/events", params={"after": cursor}, headers=who(keys, "/events"))
    assert_problem(answer, 422)
    assert MARKER not in answer.text + running.log_of(answer.headers["x-request-id"])


@pytest.mark.parametrize(
    "path",
    [f"/referrals/{MARKER}", f"/referrals/{NUMBERS[0]}", "/tasks?limit=0", "/tasks?limit=201", "/tasks?after=x",
     f"/events?limit={'9' * 40}", "/audit/accesses?referral=x", "/audit/ledger/export?start=-1"],
)  # fmt: skip
def test_an_address_that_cannot_be_read_is_malformed(
    client: httpx.Client, running: Process, keys: Keys, path: str
) -> None:
    everything = keys.party("referral", Role.REFER, Role.RECEIVE, Role.AUDITOR, unit=MIDWIFERY)
    answer = client.get(path, headers=everything)
    assert_problem(answer, 422, "malformed")
    log = running.log_of(answer.headers["x-request-id"])
    assert not [word for word in (MARKER, NUMBERS[0]) if word in answer.text + log]


def test_the_right_body_is_right_and_none_of_it_is_logged(client: httpx.Client, running: Process, keys: Keys) -> None:
    """Without this the tests above would pass whatever the service refused them for."""
    told = REFERRAL | {"information": [{"subject": str(SOMEBODY), "category": "health", "text": MARKER}]}
    answer = send(client, running, keys, "/referrals", json.dumps(told).encode())
    assert answer.status_code == 201
    log = running.log_of(answer.headers["x-request-id"])
    assert not [word for word in ("møde", "network-group") if word in log]
