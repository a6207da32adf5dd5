"""Every address of the referral service, called by every kind of caller, and by the other party."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import pytest

from shared.auth import Role
from tests.conftest import Databases
from tests.support.callers import CALLERS, UNPROVEN
from tests.support.keys import Keys
from tests.support.story import Sent, Story
from tests.support.town import (
    FAMILY_HOUSE,
    VISITING,
    addresses_of,
    assert_problem,
    entries_of,
    referral_app,
    sealed,
)
from tests.support.wire import message_in, referral_in

# Who is known here, but not referral's own service identity: it never calls itself.
UNKNOWN = (*UNPROVEN, "service referral")
# For each address, the callers that get something else than 403. The jobcenter may do all, but is no party.
ALLOWED: Mapping[str, Mapping[str, int]] = {
    "POST /referrals": {"midwife system": 201, "jobcenter": 201},
    "GET /referrals/{referral}": {"midwife system": 200, "family house": 200, "jobcenter": 404},
    "POST /referrals/{referral}/withdrawal": {"midwife system": 201, "jobcenter": 404},
    "GET /tasks": {"family house": 200, "jobcenter": 200},
    "POST /tasks/{task}/messages": {"midwife system": 409, "family house": 201, "jobcenter": 404},
    "POST /tasks/{task}/acceptance": {"family house": 200, "jobcenter": 404},
    "POST /tasks/{task}/decline": {"family house": 200, "jobcenter": 404},
    "GET /events": {"midwife system": 200, "family house": 200, "jobcenter": 200},
    "POST /internal/consent-events": {"service consent": 201},
    "GET /audit/accesses": {"auditor": 200},
    "GET /audit/ledger/checkpoint": {"auditor": 200},
    "GET /audit/ledger/export": {"auditor": 200},
}


def asked(address: str, sent: Sent) -> dict[str, Any]:
    """Return a request to the address that is right in everything but perhaps its caller."""
    method, _, path = address.partition(" ")
    bodies: dict[str, Any] = {
        "POST /referrals": referral_in(sent.subject, recipients=[VISITING]),
        "POST /tasks/{task}/messages": message_in(sent.subject),
        "POST /tasks/{task}/decline": {"reason": "other"},
        "POST /internal/consent-events": {
            "id": str(uuid4()), "kind": "consent_given", "need": sent.need, "subject": sent.subject,
        },
    }  # fmt: skip
    told = {"json": bodies.get(address, {})} if method == "POST" else {}
    path = path.replace("{referral}", sent.referral).replace("{task}", sent.task)
    return {"method": method, "url": path, **told}


@pytest.fixture
async def sent(play: Story) -> Sent:
    """A referral that was received."""
    return await play.received()


@pytest.mark.parametrize("caller", CALLERS)
async def test_each_address_knows_its_callers(play: Story, sent: Sent, caller: str) -> None:
    await sealed(play.dbs, play.keys, "referral")
    headers = CALLERS[caller](play.keys, "referral") | {"If-Match": '"2"'}
    wrong = {}
    for address in ALLOWED:
        expected = 401 if caller in UNKNOWN else ALLOWED[address].get(caller, 403)
        begun = sent if expected in {401, 403} else await play.received()
        answer = await play.referral.request(**asked(address, begun), headers=headers)
        if answer.status_code != expected:
            wrong[address] = (answer.status_code, expected, answer.text)
        if expected >= 400:
            assert_problem(answer, answer.status_code)
            assert sent.subject not in answer.text
    assert wrong == {}


def test_no_address_is_left_out(dbs: Databases, keys: Keys) -> None:
    app = referral_app(dbs, keys, "http://127.0.0.1:1", "http://127.0.0.1:1")
    assert addresses_of(app) == set(ALLOWED)


def test_the_api_description_lists_every_public_address_and_no_inner_one(dbs: Databases, keys: Keys) -> None:
    app = referral_app(dbs, keys, "http://127.0.0.1:1", "http://127.0.0.1:1")
    told = {f"{method.upper()} {path}" for path, methods in app.openapi()["paths"].items() for method in methods}
    assert told == {address for address in ALLOWED if "/internal/" not in address}


def as_other_party(play: Story, address: str) -> dict[str, str]:
    return (play.sender() if "withdrawal" in address else play.recipient(VISITING)) | {"If-Match": '"2"'}


@pytest.mark.parametrize("address", [address for address in ALLOWED if "{" in address and "withdrawal" not in address])
async def test_anothers_referral_or_task_is_not_there_and_the_attempt_is_on_the_ledger(
    play: Story, sent: Sent, address: str
) -> None:
    number = {"X-Request-Id": str(uuid4())}
    headers = play.recipient(VISITING) | {"If-Match": '"2"'} | number
    answer = await play.referral.request(**asked(address, sent), headers=headers)
    assert_problem(answer, 404, "not_there")
    (entry,) = await entries_of(play.dbs.admin("referral"), number["X-Request-Id"])
    assert (entry["kind"], entry["actor"]["unit"], entry["need"]) == ("access_refused", VISITING, sent.need)
    assert entry["referral"] in {sent.referral, sent.task}
    auditor = play.keys.party("referral", Role.AUDITOR)
    told = await play.referral.get("/audit/accesses", params={"referral": entry["referral"]}, headers=auditor)
    assert [each["kind"] for each in told.json()["accesses"]] == ["access_refused"]


@pytest.mark.parametrize("address", [address for address in ALLOWED if "{" in address])
async def test_what_is_not_there_is_told_like_what_is_anothers(play: Story, sent: Sent, address: str) -> None:
    nowhere = Sent(sent.subject, sent.need, sent.consent, str(uuid4()), str(uuid4()))
    number = {"X-Request-Id": str(uuid4())}
    headers = play.keys.party("referral", Role.REFER, Role.RECEIVE, unit=FAMILY_HOUSE) | {"If-Match": '"2"'} | number
    told = assert_problem(await play.referral.request(**asked(address, nowhere), headers=headers), 404, "not_there")
    other = play.keys.party("referral", Role.REFER, Role.RECEIVE, unit="jobcenter") | {"If-Match": '"2"'}
    same = assert_problem(await play.referral.request(**asked(address, sent), headers=other), 404, "not_there")
    assert told | {"instance": ""} == same | {"instance": ""}
    (entry,) = await entries_of(play.dbs.admin("referral"), number["X-Request-Id"])
    assert entry["kind"] == "access_refused"


async def test_a_recipient_may_not_take_back_what_another_sent(play: Story, sent: Sent) -> None:
    headers = play.keys.party("referral", Role.REFER, unit=FAMILY_HOUSE)
    answer = await play.referral.post(f"/referrals/{sent.referral}/withdrawal", json={}, headers=headers)
    assert_problem(answer, 404, "not_there")
    assert (await play.read(sent.referral, play.sender())).json()["tasks"][0]["state"] == "received"


async def test_only_consent_tells_of_consents(play: Story, sent: Sent) -> None:
    body = asked("POST /internal/consent-events", sent)["json"]
    answer = await play.referral.post("/internal/consent-events", json=body, headers=play.sender())
    assert_problem(answer, 403, "missing_scope")


@pytest.mark.parametrize(
    ("who", "kind", "status", "code"),
    [
        ("recipient", "question", 201, None),
        ("recipient", "answer", 409, "not_your_turn"),
        ("sender", "answer", 201, None),
        ("sender", "question", 409, "not_your_turn"),
    ],
)
async def test_the_recipient_asks_and_the_sender_answers(
    play: Story, sent: Sent, who: str, kind: str, status: int, code: str | None
) -> None:
    answer = await play.say(sent, kind, play.recipient() if who == "recipient" else play.sender())
    if code is None:
        assert answer.status_code == status
    else:
        assert_problem(answer, status, code)


@pytest.mark.parametrize("kind", ["question", "answer"])
async def test_nothing_is_said_before_it_was_read_or_after_it_ended(play: Story, kind: str) -> None:
    unread, ended = await play.sent(), await play.received()
    taken_back = await play.referral.post(f"/referrals/{ended.referral}/withdrawal", json={}, headers=play.sender())
    assert taken_back.status_code == 201
    headers = play.recipient() if kind == "question" else play.sender()
    assert_problem(await play.say(unread, kind, headers), 409, "wrong_state")
    assert_problem(await play.say(ended, kind, headers), 409, "wrong_state")


async def test_an_answer_to_a_declined_task_is_kept_and_reaches_nobody(play: Story) -> None:
    """A no to the answer would tell the sender what was decided; the recipient has no more to read (R59)."""
    ended = await play.received()
    assert (await play.decline(ended.task, 2)).status_code == 200
    assert_problem(await play.say(ended, "question", play.recipient()), 409, "wrong_state")
    answered = await play.say(ended, "answer", play.sender())
    assert answered.status_code == 201
    seen = (await play.read(ended.referral, play.recipient())).json()
    assert seen["information"] == []
    assert [piece for message in seen["dialogue"] for piece in message["information"]] == []


async def test_a_message_is_about_those_the_referral_is_about(play: Story, sent: Sent) -> None:
    body = message_in(str(uuid4()))
    answer = await play.referral.post(f"/tasks/{sent.task}/messages", json=body, headers=play.recipient())
    assert_problem(answer, 422, "unknown_subject")
