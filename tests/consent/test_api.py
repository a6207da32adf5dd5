"""What the consent service keeps: each write with its ledger entry and message, once however often it is sent."""

import asyncio
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from secrets import token_bytes
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from services.consent.actions import people
from services.consent.actions.context import TO_REFERRAL, Request
from services.consent.domain import errors
from services.consent.vault import Vault
from shared.auth import Role, VerifiedClaims
from shared.db import Database
from shared.idempotency import Once
from tests.conftest import Databases
from tests.consent.conftest import Headers
from tests.support.keys import Keys
from tests.support.serving import ROOT, Teller, serving
from tests.support.town import (
    FAMILY_HOUSE,
    MIDWIFERY,
    assert_problem,
    client_of,
    consent_app,
    entries_of,
    messages_of,
    rows,
)
from tests.support.wire import HOUR, NOW, consent_in, decision_in, person_in, question_in, refusal_in


def request_id() -> dict[str, str]:
    return {"X-Request-Id": str(uuid4())}


async def traces(dbs: Databases, sent: Headers) -> tuple[list[str], list[str]]:
    """Return the kinds of ledger entry and of message that a request left."""
    url, number = dbs.admin("consent"), sent["X-Request-Id"]
    entries = await entries_of(url, number)
    return [entry["kind"] for entry in entries], [told["kind"] for _, told in await messages_of(url, number)]


async def ask(consent: httpx.AsyncClient, service: Headers, *questions: dict[str, Any]) -> list[tuple[str, str]]:
    """Return category and reason of every answer."""
    answer = await consent.post("/internal/decisions", json=decision_in(*questions), headers=service)
    assert answer.status_code == 201, answer.text
    return [(each["category"], each["reason"]) for each in answer.json()["answers"]]


async def test_each_write_leaves_its_entry_and_its_message(
    consent: httpx.AsyncClient, dbs: Databases, midwife: Headers
) -> None:
    registered = request_id()
    subject = (await consent.post("/persons", json=person_in(), headers=midwife | registered)).json()["id"]
    assert await traces(dbs, registered) == (["person_registered"], [])
    said = request_id()
    number = (await consent.post("/consents", json=consent_in(subject), headers=midwife | said)).json()["id"]
    assert await traces(dbs, said) == (["consent_given"], ["consent_given"])
    refused = request_id()
    await consent.post("/refusals", json=refusal_in(subject), headers=midwife | refused)
    assert await traces(dbs, refused) == (["consent_refused"], ["consent_refused"])
    taken = request_id()
    await consent.post(f"/consents/{number}/withdrawal", json={}, headers=midwife | taken)
    assert await traces(dbs, taken) == (["consent_withdrawn"], ["consent_withdrawn"])


async def test_the_entry_of_a_consent_tells_every_element_and_no_word_that_was_said(
    consent: httpx.AsyncClient, dbs: Databases, midwife: Headers, subject: str
) -> None:
    body = consent_in(subject, method="oral", oral_note="Sagt hjemme.", not_written_because="Haster.")
    sent = request_id()
    number = (await consent.post("/consents", json=body, headers=midwife | sent)).json()["id"]
    (entry,) = await entries_of(dbs.admin("consent"), sent["X-Request-Id"])
    assert entry["consent"] == number
    assert entry["actor"] == {"unit": MIDWIFERY, "user": "user-1"}
    told = {name: entry[name] for name in ("subject", "sender", "recipients", "categories", "purpose", "need")}
    assert told == {name: body[name] for name in told}
    assert "Sagt hjemme" not in str(entry)
    assert "Haster" not in str(entry)
    ((topic, message),) = await messages_of(dbs.admin("consent"), sent["X-Request-Id"])
    assert topic == TO_REFERRAL
    assert message.keys() == {"id", "kind", "need", "subject"}


async def test_a_denial_is_on_the_ledger_when_the_answer_leaves(
    consent: httpx.AsyncClient, dbs: Databases, service: Headers, subject: str
) -> None:
    sent, body = request_id(), decision_in(question_in(subject, uuid4()))
    answer = await consent.post("/internal/decisions", json=body, headers=service | sent)
    assert answer.json()["answers"][0]["permitted"] is False
    (entry,) = await entries_of(dbs.app("consent"), sent["X-Request-Id"])
    assert entry["id"] == answer.json()["id"]
    assert entry["kind"] == "decision"
    assert entry["actor"] == {"unit": FAMILY_HOUSE, "user": "user-1"}
    assert entry["questions"][0]["answers"][0]["reason"] == "no_consent"


async def test_the_auditor_sees_who_asked_what_about_whom_and_why_it_was_denied(
    consent: httpx.AsyncClient, keys: Keys, service: Headers, subject: str
) -> None:
    body = decision_in(question_in(subject, uuid4(), categories=["health", "network"]))
    await consent.post("/internal/decisions", json=body, headers=service)
    auditor, asked = keys.party("consent", Role.AUDITOR), {"referral": body["referral"]}
    told = (await consent.get("/audit/disclosures", params=asked, headers=auditor)).json()["disclosures"]
    assert [(line["category"], line["permitted"], line["reason"]) for line in told] == [
        ("health", False, "no_consent"),
        ("network", False, "no_consent"),
    ]
    assert {(line["told_by"], line["told_to"], line["unit"]) for line in told} == {
        (MIDWIFERY, FAMILY_HOUSE, FAMILY_HOUSE)
    }


async def test_an_auditor_asks_about_one_person_whichever_id_was_used_and_about_nobody_else(
    consent: httpx.AsyncClient, keys: Keys, midwife: Headers, service: Headers, subject: str
) -> None:
    again, other = [(await consent.post("/persons", json=person_in(), headers=midwife)).json()["id"] for _ in range(2)]
    merger = {"other": again, "reason": "Den samme."}
    assert (await consent.post(f"/persons/{subject}/merger", json=merger, headers=midwife)).status_code == 201
    for each in (subject, again, other):
        assert await ask(consent, service, question_in(each, uuid4())) == [("health", "no_consent")]
    auditor = keys.party("consent", Role.AUDITOR)
    for named, about in ((subject, [subject, again]), (again, [subject, again]), (other, [other]), (str(uuid4()), [])):
        answer = await consent.get("/audit/disclosures", params={"subject": named}, headers=auditor)
        assert [each["subject"] for each in answer.json()["disclosures"]] == about


async def test_the_life_of_a_consent_is_heard_in_the_very_next_decision(
    consent: httpx.AsyncClient, midwife: Headers, service: Headers, subject: str
) -> None:
    body = consent_in(subject)
    question = question_in(subject, body["need"])
    assert await ask(consent, service, question) == [("health", "no_consent")]
    first = (await consent.post("/consents", json=body, headers=midwife)).json()["id"]
    assert await ask(consent, service, question) == [("health", "covered")]
    await consent.post(f"/consents/{first}/withdrawal", json={}, headers=midwife)
    assert await ask(consent, service, question) == [("health", "withdrawn")]
    again = consent_in(subject, need=body["need"])
    await consent.post("/consents", json=again, headers=midwife)
    assert await ask(consent, service, question) == [("health", "withdrawn")]
    said_before = await consent.post("/consents", json=again | {"supersedes": [first]}, headers=midwife)
    assert (said_before.status_code, said_before.json()["code"]) == (422, "supersedes_another")
    again |= {"supersedes": [first], "given_at": datetime.now(UTC).isoformat()}
    second = await consent.post("/consents", json=again, headers=midwife)
    assert second.status_code == 201
    late = await consent.post(f"/consents/{first}/withdrawal", json={}, headers=midwife)
    assert (late.status_code, late.json()["code"]) == (409, "already_withdrawn")
    assert await ask(consent, service, question) == [("health", "covered")]
    refused = refusal_in(subject, need=body["need"], purpose="practical_help")
    await consent.post("/refusals", json=refused, headers=midwife)
    assert await ask(consent, service, question) == [("health", "refused")]


@pytest.mark.parametrize("event", ["refusal", "withdrawal", "superseding"])
async def test_a_word_that_is_committed_counts_though_another_clock_was_ahead(
    consent: httpx.AsyncClient, dbs: Databases, midwife: Headers, service: Headers, subject: str, event: str
) -> None:
    """R23: a withdrawal, a refusal or a narrower word works at once, whichever machine recorded it."""
    body = consent_in(subject)
    number = UUID((await consent.post("/consents", json=body, headers=midwife)).json()["id"])
    ahead = datetime.now(UTC) + timedelta(minutes=5)
    if event == "refusal":
        sql = """INSERT INTO consent (id, effect, subject, given_by, capacity, sender, recipients, categories, purpose,
                 need, mutual, method, given_at, told_of_withdrawal, notice, basis, recorded_by_unit, recorded_by_user,
                 recorded_at)
                 SELECT $1, 'forbid', subject, given_by, capacity, sender, recipients, categories, purpose,
                 need, false, method, $2, false, notice, '[]', recorded_by_unit, recorded_by_user, $2
                 FROM consent WHERE id = $3"""
        await rows(dbs.app("consent"), sql, uuid4(), ahead, number)
    else:
        kind = "withdrawn" if event == "withdrawal" else "superseded"
        sql = """INSERT INTO consent_event (id, consent_id, kind, at, by_user, ledger_id)
                 VALUES ($4, $1, $2, $3, 'user', $4)"""
        await rows(dbs.app("consent"), sql, number, kind, ahead, uuid4())
    assert "covered" not in dict(await ask(consent, service, question_in(subject, body["need"]))).values()


async def test_questions_are_answered_in_their_order_each_about_its_own_person(
    consent: httpx.AsyncClient, midwife: Headers, service: Headers, subject: str
) -> None:
    body = consent_in(subject)
    await consent.post("/consents", json=body, headers=midwife)
    asked = decision_in(question_in(uuid4(), body["need"]), question_in(subject, body["need"]))
    answers = (await consent.post("/internal/decisions", json=asked, headers=service)).json()["answers"]
    assert [(each["question"], each["permitted"]) for each in answers] == [(0, False), (1, True)]


async def test_withdrawing_twice_is_a_conflict(consent: httpx.AsyncClient, midwife: Headers, subject: str) -> None:
    number = (await consent.post("/consents", json=consent_in(subject), headers=midwife)).json()["id"]
    assert (await consent.post(f"/consents/{number}/withdrawal", json={}, headers=midwife)).status_code == 201
    assert_problem(
        await consent.post(f"/consents/{number}/withdrawal", json={}, headers=midwife), 409, "already_withdrawn"
    )


async def test_of_twenty_withdrawals_at_once_one_is_made(
    consent: httpx.AsyncClient, dbs: Databases, midwife: Headers, subject: str
) -> None:
    number = (await consent.post("/consents", json=consent_in(subject), headers=midwife)).json()["id"]
    path = f"/consents/{number}/withdrawal"
    answers = await asyncio.gather(*[consent.post(path, json={}, headers=midwife) for _ in range(20)])
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 19
    sql = "SELECT * FROM ledger_entry WHERE entry->>'kind' = 'consent_withdrawn' AND entry->>'consent' = $1"
    assert len(await rows(dbs.admin("consent"), sql, number)) == 1


@pytest.mark.parametrize("path", ["/persons", "/consents", "/refusals"])
async def test_the_same_post_again_is_the_same_answer_and_other_content_is_a_conflict(
    consent: httpx.AsyncClient, midwife: Headers, subject: str, path: str
) -> None:
    body: dict[str, Any] = {"/persons": person_in(), "/consents": consent_in(subject)}.get(path, refusal_in(subject))
    once = midwife | {"Idempotency-Key": str(uuid4())}
    first = await consent.post(path, json=body, headers=once)
    again = await consent.post(path, json=body, headers=once)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    other = body | ({"birth_date": "2000-01-01"} if path == "/persons" else {"notice": "notice-2"})
    assert_problem(await consent.post(path, json=other, headers=once), 409, "idempotency_conflict")


async def test_a_key_belongs_to_its_unit(consent: httpx.AsyncClient, keys: Keys, midwife: Headers) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    other = keys.party("consent", Role.RECORD_CONSENT, unit=FAMILY_HOUSE)
    answers = [await consent.post("/persons", json=person_in(), headers=who | key) for who in (midwife, other)]
    assert len({answer.json()["id"] for answer in answers}) == 2


async def test_a_yes_and_a_no_with_one_key_are_two_posts(
    consent: httpx.AsyncClient, midwife: Headers, subject: str
) -> None:
    once = midwife | {"Idempotency-Key": str(uuid4())}
    body = refusal_in(subject)
    assert (await consent.post("/refusals", json=body, headers=once)).status_code == 201
    assert_problem(await consent.post("/persons", json=person_in(), headers=once), 409, "idempotency_conflict")


async def test_twenty_equal_posts_at_once_keep_one_consent(
    consent: httpx.AsyncClient, dbs: Databases, midwife: Headers, subject: str
) -> None:
    body, once = consent_in(subject), midwife | {"Idempotency-Key": str(uuid4())}
    answers = await asyncio.gather(*[consent.post("/consents", json=body, headers=once) for _ in range(20)])
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sum("idempotency-replayed" in answer.headers for answer in answers) == 19
    assert len(await rows(dbs.admin("consent"), "SELECT 1 FROM consent WHERE subject = $1", UUID(subject))) == 1


def test_the_same_content_is_the_same_in_every_process() -> None:
    """A set has another order in another process; the key must hold across a restart."""
    script = (
        "from services.consent.api.consents import RefusalIn; from shared.idempotency import once;"
        "import json, sys; print(once('u', 'a-long-key', RefusalIn.model_validate_json(sys.argv[1])).digest.hex())"
    )
    categories = ["health", "network", "couple", "contact", "pregnancy", "wellbeing"]
    body = refusal_in(UUID(int=1), categories=categories, need=str(UUID(int=2)))
    told = [body, body | {"categories": categories[::-1]}]
    digests = {
        subprocess.run(
            [sys.executable, "-c", script, httpx.Response(200, json=each).text],
            env={**os.environ, "PYTHONHASHSEED": str(seed)}, cwd=ROOT, check=True, capture_output=True,
        ).stdout
        for seed, each in enumerate(told * 2)
    }  # fmt: skip
    assert len(digests) == 1


async def test_a_login_belongs_to_one_person(consent: httpx.AsyncClient, midwife: Headers) -> None:
    body = person_in(login=f"login-{uuid4().hex}")
    assert (await consent.post("/persons", json=body, headers=midwife)).status_code == 201
    assert_problem(await consent.post("/persons", json=body, headers=midwife), 409, "login_taken")


async def test_a_child_born_today_in_denmark_can_be_registered_though_it_is_still_yesterday_in_utc(
    dbs: Databases,
) -> None:
    database = Database(dbs.app("consent"), 1, "test")
    await database.open()
    vault = Vault("1", {"1": token_bytes(32)}, token_bytes(32))
    at = datetime(2026, 6, 30, 22, 30, tzinfo=UTC)
    caller = VerifiedClaims("gateway", "user-1", at, frozenset({Role.RECORD_CONSENT}), MIDWIFERY)
    async with database.transaction() as transaction:
        for day, post in (("2026-07-01", Once(MIDWIFERY, None, b"")), ("2026-07-02", Once(MIDWIFERY, None, b""))):
            born = datetime.fromisoformat(day).date()
            request = Request(caller, at, str(uuid4()))
            asked = people.register(transaction, people.Newcomer(born, None, None, None, ()), {}, vault, post, request)
            if day == "2026-07-01":
                assert (await asked)[1] is False
            else:
                with pytest.raises(errors.BornInTheFuture):
                    await asked
    await database.close()


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"subject": str(UUID(int=5)), "given_by": str(UUID(int=5))}, 404, "not_there"),
        ({"given_by": str(UUID(int=5))}, 404, "not_there"),
        ({"recipients": ["no-such-unit"]}, 422, "unknown_unit"),
        ({"recipients": [MIDWIFERY]}, 422, "sender_among_recipients"),
        ({"told_of_withdrawal": False}, 422, "not_told_of_withdrawal"),
        ({"method": "oral"}, 422, "oral_note_missing"),
        ({"method": "oral", "oral_note": "Sagt hjemme."}, 422, "must_be_written"),
        ({"valid_until": (NOW + timedelta(days=400)).isoformat()}, 422, "too_long"),
        ({"valid_until": (NOW - 2 * HOUR).isoformat()}, 422, "ends_before_it_begins"),
        ({"given_at": (NOW + 2 * HOUR).isoformat()}, 422, "given_in_the_future"),
        ({"supersedes": [str(UUID(int=5))]}, 422, "supersedes_another"),
    ],
)
async def test_what_the_rules_refuse_is_told_with_its_code_and_keeps_nothing(
    consent: httpx.AsyncClient, dbs: Databases, midwife: Headers, subject: str, changes: dict[str, Any], status: int,
    code: str,
) -> None:  # fmt: skip
    body = consent_in(subject) | changes
    assert_problem(await consent.post("/consents", json=body, headers=midwife), status, code)
    assert await rows(dbs.admin("consent"), "SELECT 1 FROM consent WHERE need = $1", UUID(body["need"])) == []


@pytest.mark.parametrize("told", [(b"{", 200), (b"{}", 200), (b'{"units": [{}]}', 200), (b"{}", 404), (b"", 500)])
async def test_a_directory_that_answers_rubbish_is_down(
    dbs: Databases, keys: Keys, midwife: Headers, told: tuple[bytes, int]
) -> None:
    teller = Teller(told[1], told[0])
    with serving(lambda: teller) as server:
        async with client_of(consent_app(dbs, keys, server.url)) as consent:
            subject = (await consent.post("/persons", json=person_in(), headers=midwife)).json()["id"]
            answer = await consent.post("/consents", json=consent_in(subject), headers=midwife)
    assert assert_problem(answer, 503, "unavailable")["what"] == "directory"
    assert answer.headers["retry-after"]


async def test_the_database_refuses_a_row_the_rules_would_never_write(dbs: Databases, subject: str) -> None:
    """A yes without an end and an unknown effect are stopped by the table itself."""
    for effect in ("permit", "maybe"):
        sql = """INSERT INTO consent (id, effect, subject, given_by, capacity, sender, recipients, categories, purpose,
                 need, mutual, method, given_at, told_of_withdrawal, notice, basis, recorded_by_unit, recorded_by_user,
                 recorded_at)
                 VALUES ($1, $3, $2, $2, 'self', 'a', '{b}', '{health}', 'early_support', $1, false, 'written', now(),
                 true, 'n', '[]', 'a', 'u', now())"""
        with pytest.raises(asyncpg.CheckViolationError):
            await rows(dbs.app("consent"), sql, uuid4(), UUID(subject), effect)
