"""Every address of the referral service, called by every kind of caller, and by the other party."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import pytest

from services.referral.api.steps import ADDRESSES
from services.referral.domain.lifecycle import Step
from shared.auth import Role
from tests.conftest import Databases
from tests.support.callers import CALLERS, UNPROVEN
from tests.support.keys import Keys
from tests.support.story import Sent, Story
from tests.support.town import (
    FAMILY_HOUSE,
    VISITING,
    VOLUNTEERS,
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
    "GET /referrals/{referral}/print": {"midwife system": 200, "family house": 200, "jobcenter": 404},
    "POST /referrals/{referral}/attachments": {"midwife system": 201, "family house": 422, "jobcenter": 404},
    "PUT /attachments/{attachment}/content": {"midwife system": 404, "family house": 404, "jobcenter": 404},
    "GET /attachments/{attachment}": {"midwife system": 404, "family house": 404, "jobcenter": 404},
    "GET /attachments/{attachment}/content": {"midwife system": 404, "family house": 404, "jobcenter": 404},
    "POST /referrals/{referral}/withdrawal": {"midwife system": 201, "jobcenter": 404},
    "GET /referrals": {"midwife system": 200, "jobcenter": 200},
    "POST /referrals/{referral}/sending": {"midwife system": 409, "jobcenter": 404},
    "POST /referrals/{referral}/information": {"midwife system": 201, "jobcenter": 404},
    "POST /referrals/{referral}/corrections": {"midwife system": 404, "family house": 404, "jobcenter": 404},
    "POST /referrals/{referral}/recipients": {"midwife system": 201, "jobcenter": 404},
    "POST /referrals/{referral}/closing": {"midwife system": 201, "jobcenter": 404},
    "POST /referrals/{referral}/duty-to-report": {"midwife system": 201, "jobcenter": 404},
    "GET /referrals/{referral}/duty-to-report": {"midwife system": 200, "jobcenter": 404},
    "GET /tasks": {"family house": 200, "jobcenter": 200},
    "GET /tasks/{task}/messages": {"midwife system": 200, "family house": 200, "jobcenter": 404},
    "POST /tasks/{task}/messages": {"midwife system": 201, "family house": 201, "jobcenter": 404},
    "POST /tasks/{task}/family-decline": {"family house": 200, "jobcenter": 404},
    "POST /tasks/{task}/start": {"family house": 409, "jobcenter": 404},
    "POST /tasks/{task}/completion": {"family house": 409, "jobcenter": 404},
    "POST /tasks/{task}/advice": {"family house": 409, "jobcenter": 404},
    "POST /tasks/{task}/drop-out": {"family house": 409, "jobcenter": 404},
    "POST /tasks/{task}/not-reached": {"family house": 200, "jobcenter": 404},
    "POST /tasks/{task}/withdrawal": {"midwife system": 200, "jobcenter": 404},
    "POST /tasks/{task}/error": {"midwife system": 200, "jobcenter": 404},
    "POST /tasks/{task}/proposal": {"family house": 200, "jobcenter": 404},
    "POST /tasks/{task}/proposal/agreement": {"midwife system": 409, "jobcenter": 404},
    "POST /tasks/{task}/proposal/refusal": {"midwife system": 409, "family house": 409, "jobcenter": 404},
    "POST /tasks/{task}/reopening": {"midwife system": 409, "jobcenter": 404},
    "POST /tasks/{task}/acceptance": {"family house": 200, "jobcenter": 404},
    "POST /tasks/{task}/decline": {"family house": 200, "jobcenter": 404},
    "GET /events": {"midwife system": 200, "family house": 200, "jobcenter": 200},
    "GET /my/referrals": {"citizen": 200},
    "POST /my/referrals": {"citizen": 422},
    "GET /my/referrals/{referral}": {"citizen": 404},
    "POST /my/referrals/{referral}/withdrawal": {"citizen": 404},
    "POST /my/referrals/{referral}/corrections": {"citizen": 404},
    "POST /my/tasks/{task}/messages": {"citizen": 404},
    "POST /my/tasks/{task}/decline": {"citizen": 404},
    "POST /my/tasks/{task}/drop-out": {"citizen": 404},
    "POST /my/tasks/{task}/proposal/refusal": {"citizen": 404},
    "POST /my/tasks/{task}/proposal/agreement": {"citizen": 404},
    "GET /my/tasks/{task}/messages": {"citizen": 404},
    "GET /my/tasks/{task}/meetings": {"citizen": 404},
    "GET /my/tasks/{task}/steps": {"citizen": 404},
    "POST /my/tasks/{task}/attachments": {"citizen": 404},
    "PUT /my/attachments/{attachment}/content": {"citizen": 404},
    "GET /my/meetings/{meeting}": {"citizen": 404},
    "POST /my/meetings/{meeting}/answers": {"citizen": 404},
    "POST /my/steps/{step}/done": {"citizen": 404},
    "GET /my/events": {"citizen": 200},
    "GET /my/attachments/{attachment}/content": {"citizen": 404},
    "GET /courses/{need}": {"midwife system": 200, "family house": 200, "jobcenter": 404},
    "PUT /courses/{need}/coordinator": {"midwife system": 200, "family house": 200, "jobcenter": 404},
    "GET /tasks/late": {"family house": 200, "jobcenter": 200},
    "GET /referrals/late": {"midwife system": 200, "jobcenter": 200},
    "PUT /tasks/{task}/owner": {"midwife system": 200, "jobcenter": 404},
    "POST /runs": {"family house": 201, "jobcenter": 201},
    "GET /runs": {"family house": 200, "jobcenter": 200},
    "GET /runs/{run}": {"family house": 404, "jobcenter": 404},
    "PATCH /runs/{run}": {"family house": 404, "jobcenter": 404},
    "POST /runs/{run}/closing": {"family house": 404, "jobcenter": 404},
    "GET /runs/{run}/waiting": {"family house": 404, "jobcenter": 404},
    "POST /runs/{run}/invitations": {"family house": 404, "jobcenter": 404},
    "POST /tasks/{task}/place": {"family house": 409, "jobcenter": 404},
    "POST /tasks/{task}/waiting": {"family house": 409, "jobcenter": 404},
    "GET /tasks/{task}/waiting": {"family house": 200, "jobcenter": 404},
    "POST /tasks/{task}/meetings": {"midwife system": 201, "family house": 201, "jobcenter": 404},
    "GET /tasks/{task}/meetings": {"midwife system": 200, "family house": 200, "jobcenter": 404},
    "GET /meetings/{meeting}": {"midwife system": 404, "family house": 404, "jobcenter": 404},
    "POST /meetings/{meeting}/answers": {"midwife system": 404, "family house": 404, "jobcenter": 404},
    "POST /meetings/{meeting}/confirmation": {"midwife system": 404, "family house": 404, "jobcenter": 404},
    "POST /meetings/{meeting}/cancellation": {"midwife system": 404, "family house": 404, "jobcenter": 404},
    "POST /meetings/{meeting}/record": {"midwife system": 404, "family house": 404, "jobcenter": 404},
    "GET /tasks/{task}/steps": {"midwife system": 200, "family house": 200, "jobcenter": 404},
    "POST /steps/{step}/done": {"midwife system": 404, "family house": 404, "jobcenter": 404},
    "POST /tasks/{task}/aftercare": {"family house": 409, "jobcenter": 404},
    "GET /tasks/{task}/handover": {"midwife system": 422, "family house": 422, "jobcenter": 404},
    "PUT /tasks/{task}/handover": {"midwife system": 422, "family house": 422, "jobcenter": 404},
    "GET /tasks/{task}/screening": {"midwife system": 422, "family house": 422, "jobcenter": 404},
    "PUT /tasks/{task}/screening": {"family house": 422, "jobcenter": 404},
    "POST /forums": {"midwife system": 201, "family house": 201, "jobcenter": 201},
    "GET /forums": {"midwife system": 200, "family house": 200, "jobcenter": 200},
    "GET /forums/{forum}": {"midwife system": 404, "family house": 404, "jobcenter": 404},
    "POST /forums/{forum}/items": {"midwife system": 404, "jobcenter": 404},
    "GET /forums/{forum}/items/{item}": {"midwife system": 404, "family house": 404, "jobcenter": 404},
    "POST /forums/{forum}/items/{item}/decision": {"midwife system": 404, "family house": 404, "jobcenter": 404},
    "POST /webhooks": {"midwife system": 201, "family house": 201, "jobcenter": 201},
    "GET /webhooks": {"midwife system": 200, "family house": 200, "jobcenter": 200},
    "GET /webhooks/{webhook}": {"midwife system": 404, "family house": 404, "jobcenter": 404},
    "DELETE /webhooks/{webhook}": {"midwife system": 404, "family house": 404, "jobcenter": 404},
    "POST /webhooks/{webhook}/secret": {"midwife system": 404, "family house": 404, "jobcenter": 404},
    "POST /webhooks/{webhook}/test": {"midwife system": 404, "family house": 404, "jobcenter": 404},
    "GET /webhooks/{webhook}/deliveries": {"midwife system": 404, "family house": 404, "jobcenter": 404},
    "POST /webhooks/{webhook}/replay": {"midwife system": 404, "family house": 404, "jobcenter": 404},
    "POST /internal/consent-events": {"service consent": 201},
    "GET /audit/accesses": {"auditor": 200},
    "GET /audit/duty-answers": {"auditor": 200},
    "GET /audit/ledger/checkpoint": {"auditor": 200},
    "GET /audit/ledger/export": {"auditor": 200},
}

# What is a family's to reach is in test_family_callers.py; whose a file is, in test_attachments.py; a run or a course,
# in test_runs.py and test_courses.py.
OF_UNITS = [
    address for address in ALLOWED if ("{referral}" in address or "{task}" in address) and " /my/" not in address
]


def asked(address: str, sent: Sent) -> dict[str, Any]:
    """Return a request to the address that is right in everything but perhaps its caller."""
    method, _, path = address.partition(" ")
    said = {"subject": sent.subject, "category": "health", "text": "Sover bedre."}
    bodies: dict[str, Any] = {
        "POST /my/referrals": {
            "purpose": "early_support", "recipients": [VISITING], "own_words": {"text": "Vi vil gerne tale."},
        },
        "POST /my/tasks/{task}/messages": message_in(sent.subject),
        "POST /my/tasks/{task}/attachments": {
            "category": "health", "name": "brev.pdf", "media_type": "application/pdf", "size": 7,
        },
        "POST /my/meetings/{meeting}/answers": {"comes": True},
        "POST /my/referrals/{referral}/corrections": {"piece": str(uuid4()), "text": "Rettet."},
        "POST /referrals": referral_in(sent.subject, recipients=[VISITING]),
        "POST /tasks/{task}/messages": message_in(sent.subject),
        "POST /referrals/{referral}/information": {
            "information": [{"subject": sent.subject, "category": "health", "text": "Sover bedre."}],
        },
        "POST /referrals/{referral}/attachments": {
            "subject": sent.subject, "category": "health", "name": "brev.pdf", "media_type": "application/pdf",
            "size": 7,
        },
        "POST /referrals/{referral}/corrections": {"piece": str(uuid4()), "text": "Sover godt."},
        "POST /referrals/{referral}/recipients": {"recipients": [VOLUNTEERS]},
        "POST /referrals/{referral}/duty-to-report": {"serious_concern": False},
        "POST /tasks/{task}/decline": {"reason": "other", "no_alternative": True},
        "POST /tasks/{task}/family-decline": {"reason": "timing"},
        "POST /tasks/{task}/completion": {"outcome": "goal_reached"},
        "POST /tasks/{task}/advice": {"outcome": "advice_given"},
        "POST /tasks/{task}/drop-out": {"reason": "moved"},
        "POST /tasks/{task}/proposal": {"proposed": {"unit": VOLUNTEERS}},
        "POST /tasks/{task}/reopening": {"reason": "family_asked"},
        "PUT /courses/{need}/coordinator": {"unit": VOLUNTEERS, "user": "user-7", "since": "2026-05-04"},
        "PUT /tasks/{task}/owner": {"user": "user-7"},
        "POST /runs": {"offer": "network-group", "starts_on": "2027-01-11", "places": 8},
        "PATCH /runs/{run}": {"places": 9},
        "POST /runs/{run}/invitations": {"count": 1},
        "POST /tasks/{task}/place": {"run": str(uuid4())},
        "POST /tasks/{task}/waiting": {
            "offer": "network-group", "recommendation": "strongly", "form": "any", "reason": "other",
        },
        "POST /tasks/{task}/meetings": {"times": ["2099-01-01T10:00:00Z"], "family_invited": True},
        "POST /meetings/{meeting}/answers": {"comes": True},
        "POST /meetings/{meeting}/confirmation": {"at": "2099-01-01T10:00:00Z"},
        "POST /meetings/{meeting}/record": {
            "on": "2026-05-04", "family": {"present": True}, "familys_view": [said], "professionals_view": [said],
            "attended": [{"unit": FAMILY_HOUSE, "profession": "psychologist"}],
        },
        "POST /tasks/{task}/aftercare": {"plan": [said]},
        "PUT /tasks/{task}/handover": {"ticked": []},
        "PUT /tasks/{task}/screening": {"screening_ref": "2026-7", "paragraph": "section_18", "on": "2026-05-04"},
        "POST /forums": {"kind": "tf", "municipality": "0217", "on": "2099-01-01", "units": [VOLUNTEERS]},
        "POST /forums/{forum}/items": {"referral": sent.referral},
        "POST /forums/{forum}/items/{item}/decision": {"decision": "offer", "family": {"present": True}},
        "POST /webhooks": {"url": "http://127.0.0.1:9/hook"},
        "POST /webhooks/{webhook}/replay": {"since": "2026-05-04T10:00:00Z"},
        "POST /internal/consent-events": {
            "id": str(uuid4()), "kind": "consent_given", "need": sent.need, "subject": sent.subject,
        },
    }  # fmt: skip
    told = {"json": bodies.get(address, {})} if method in {"POST", "PUT", "PATCH"} else {}
    path = path.replace("{referral}", sent.referral).replace("{task}", sent.task).replace("{need}", sent.need)
    path = path.replace("{run}", sent.referral).replace("{attachment}", sent.referral)
    for name in ("{meeting}", "{step}", "{forum}", "{item}", "{webhook}"):
        path = path.replace(name, sent.referral)
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


@pytest.mark.parametrize("address", OF_UNITS)
async def test_anothers_referral_or_task_is_not_there_and_the_attempt_is_on_the_ledger(
    play: Story, sent: Sent, address: str
) -> None:
    number = {"X-Request-Id": str(uuid4())}
    other = play.keys.party("referral", Role.REFER, Role.RECEIVE, unit=VISITING)
    headers = other | {"If-Match": '"2"'} | number
    answer = await play.referral.request(**asked(address, sent), headers=headers)
    assert_problem(answer, 404, "not_there")
    (entry,) = await entries_of(play.dbs.admin("referral"), number["X-Request-Id"])
    assert (entry["kind"], entry["actor"]["unit"], entry["need"]) == ("access_refused", VISITING, sent.need)
    assert entry["referral"] in {sent.referral, sent.task}
    auditor = play.keys.party("referral", Role.AUDITOR)
    told = await play.referral.get("/audit/accesses", params={"referral": entry["referral"]}, headers=auditor)
    assert [each["kind"] for each in told.json()["accesses"]] == ["access_refused"]


@pytest.mark.parametrize("address", OF_UNITS)
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
        ("sender", "question", 201, None),
        ("sender", "advice", 409, "not_your_turn"),
    ],
)
async def test_each_party_asks_and_only_who_was_asked_answers(
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


def test_every_step_a_party_is_told_it_may_take_has_an_address() -> None:
    """What `allowed` names can be done; only what consent or its withdrawal does has none."""
    assert set(Step) - ADDRESSES.keys() == {Step.DELIVER, Step.END_CONSENT}
    known = {route.split(" ", 1)[1] for route in ALLOWED}
    assert {path for path in ADDRESSES.values() if path not in known} == set()
