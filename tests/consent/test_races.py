"""What happens at once, on a real database: two hundred calls, and none of them wrong (R23, R24, R28).

The ledger is the judge: no decision that permits stands after the entry of what closed it, as it was committed.
"""

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.conftest import Databases
from tests.consent.conftest import Headers
from tests.support.town import rows
from tests.support.wire import NOW, consent_in, decision_in, person_in, question_in

AT_ONCE = 200


async def made(consent: httpx.AsyncClient, headers: Headers, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Post something that is right; return the answer."""
    answer = await consent.post(path, json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def entries(dbs: Databases, subject: str) -> list[tuple[str, bool | None]]:
    """Return what the ledger says about a person in the order it was committed: kind, and whether it permitted.

    No row's transaction id tells when it was committed; the moments do, because what closes takes its own once it
    holds the person's row, and no decision is written meanwhile.
    """
    sql = """SELECT entry->>'kind' AS kind, entry->'questions'->0->'answers'->0->>'reason' AS reason
             FROM ledger_entry WHERE entry->>'subject' = $1 OR entry->'questions'->0->>'subject' = $1
             ORDER BY (entry->>'at')::timestamptz, n"""
    found = await rows(dbs.admin("consent"), sql, subject)
    return [(row["kind"], None if row["reason"] is None else row["reason"] == "covered") for row in found]


def assert_closed_for_good(told: Sequence[tuple[str, bool | None]], closing: str) -> None:
    """Assert that nothing permits after the entry that closes; a denial may tell of a moment before it."""
    kinds = [kind for kind, _ in told]
    assert kinds.count(closing) == 1, kinds
    place = kinds.index(closing)
    assert not [each for each in told[place:] if each[1]], "a permit stands after what closed it"


async def all_at_once(*calls: Awaitable[httpx.Response]) -> list[httpx.Response]:
    """Make every call at once."""
    return list(await asyncio.gather(*calls))


async def test_two_hundred_decisions_around_a_withdrawal_are_each_on_its_right_side(
    consent: httpx.AsyncClient, dbs: Databases, midwife: Headers, service: Headers, subject: str
) -> None:
    body = consent_in(subject)
    number = (await made(consent, midwife, "/consents", body))["id"]
    asked = decision_in(question_in(subject, body["need"]))

    def decide() -> Awaitable[httpx.Response]:
        return consent.post("/internal/decisions", json=asked, headers=service)

    async def withdraw() -> httpx.Response:
        answer = await consent.post(f"/consents/{number}/withdrawal", json={}, headers=midwife)
        after = await decide()
        assert after.json()["answers"][0]["reason"] == "withdrawn"
        return answer

    half = [decide() for _ in range(AT_ONCE // 2)]
    answers = await all_at_once(*half, withdraw(), *[decide() for _ in range(AT_ONCE // 2)])
    assert {answer.status_code for answer in answers} == {201}
    assert_closed_for_good(await entries(dbs, subject), "consent_withdrawn")


async def test_of_two_hundred_withdrawals_of_parts_each_part_is_taken_back_once(
    consent: httpx.AsyncClient, dbs: Databases, midwife: Headers, subject: str
) -> None:
    kinds = ["contact", "health", "network", "pregnancy"]
    number = (await made(consent, midwife, "/consents", consent_in(subject, categories=kinds)))["id"]
    answers = await all_at_once(*[
        consent.post(f"/consents/{number}/withdrawal", json={"categories": [kinds[place % 4]]}, headers=midwife)
        for place in range(AT_ONCE)
    ])  # fmt: skip
    assert sorted(answer.status_code for answer in answers) == [201] * 4 + [409] * (AT_ONCE - 4)
    found = await rows(dbs.admin("consent"), "SELECT categories FROM consent_event WHERE consent_id = $1::uuid", number)
    assert sorted(row["categories"] for row in found) == [[kind] for kind in kinds]


async def test_what_the_mother_says_while_the_birth_is_recorded_never_opens_what_is_the_childs(
    consent: httpx.AsyncClient, midwife: Headers, service: Headers, subject: str
) -> None:
    expected = {"mother": subject, "due_date": (NOW.date()).isoformat()}
    for _ in range(8):
        child = (await made(consent, midwife, "/persons", {"expected": expected}))["id"]
        body = consent_in(child, given_by=subject, given_at=NOW.isoformat())
        birth = {"born_on": NOW.date().isoformat(), "custody_holders": [subject]}
        given, born = await all_at_once(
            consent.post("/consents", json=body, headers=midwife),
            consent.post(f"/persons/{child}/birth", json=birth, headers=midwife),
        )
        assert born.status_code == 201, born.text
        asked = decision_in(question_in(child, body["need"]))
        (answer,) = (await consent.post("/internal/decisions", json=asked, headers=service)).json()["answers"]
        capacity = (
            (await consent.get("/consents", params={"need": body["need"]}, headers=midwife)).json()["consents"][0]
            if given.status_code == 201
            else {"capacity": None}
        )["capacity"]
        assert answer["permitted"] is (capacity == "custody")
        assert given.status_code in {201, 422}


async def test_a_merger_and_decisions_at_once_never_pass_by_a_refusal(
    consent: httpx.AsyncClient, dbs: Databases, midwife: Headers, service: Headers
) -> None:
    one, other = [(await made(consent, midwife, "/persons", person_in()))["id"] for _ in range(2)]
    body = consent_in(one)
    await made(consent, midwife, "/consents", body)
    refusal = {name: value for name, value in consent_in(other, need=body["need"]).items()
               if name not in {"valid_until", "mutual", "told_of_withdrawal", "active_choice"}}  # fmt: skip
    await made(consent, midwife, "/refusals", refusal)
    asked = decision_in(question_in(one, body["need"]))
    merger = {"other": other, "reason": "Samme person."}
    calls = [consent.post("/internal/decisions", json=asked, headers=service) for _ in range(AT_ONCE)]
    answers = await all_at_once(
        *calls[:100], consent.post(f"/persons/{one}/merger", json=merger, headers=midwife), *calls[100:]
    )
    assert {answer.status_code for answer in answers} == {201}
    told = [each for each in await entries(dbs, one) if each[0] in {"decision", "persons_merged"}]
    assert_closed_for_good(told, "persons_merged")


async def test_custody_that_changes_during_decisions_closes_for_good(
    consent: httpx.AsyncClient, dbs: Databases, midwife: Headers, service: Headers
) -> None:
    one, other = [(await made(consent, midwife, "/persons", person_in()))["id"] for _ in range(2)]
    child = (await made(consent, midwife, "/persons", {"birth_date": "2024-02-03"}))["id"]
    custody = {"holders": [one], "since": "2024-02-03"}
    await made(consent, midwife, f"/persons/{child}/custody", custody)
    body = consent_in(child, given_by=one)
    await made(consent, midwife, "/consents", body)
    asked = decision_in(question_in(child, body["need"]))
    both = {"holders": [one, other], "since": NOW.date().isoformat()}
    calls = [consent.post("/internal/decisions", json=asked, headers=service) for _ in range(AT_ONCE)]
    answers = await all_at_once(
        *calls[:100], consent.post(f"/persons/{child}/custody", json=both, headers=midwife), *calls[100:]
    )
    assert {answer.status_code for answer in answers} == {201}
    told = await entries(dbs, child)
    first = next(place for place, each in enumerate(told) if each[0] == "custody_recorded")
    assert_closed_for_good(told[first + 1 :], "custody_recorded")


@pytest.mark.parametrize("kind", ["consents", "refusals"])
async def test_two_hundred_posts_of_one_word_are_one_word(
    consent: httpx.AsyncClient, dbs: Databases, midwife: Headers, subject: str, kind: str
) -> None:
    body = consent_in(subject)
    if kind == "refusals":
        for name in ("valid_until", "mutual", "told_of_withdrawal", "active_choice"):
            del body[name]
    key = {"Idempotency-Key": str(uuid4())}
    answers = await all_at_once(*[consent.post(f"/{kind}", json=body, headers=midwife | key) for _ in range(AT_ONCE)])
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    found = await rows(dbs.admin("consent"), "SELECT 1 FROM consent WHERE need = $1::uuid", body["need"])
    assert len(found) == 1


async def test_two_hundred_different_things_at_once_leave_no_contradiction(
    consent: httpx.AsyncClient, dbs: Databases, midwife: Headers, service: Headers, subject: str
) -> None:
    """Yes, no, taking back and asking, all about one person and one need: after each close nothing opens by itself."""
    need = str(uuid4())
    first = await made(consent, midwife, "/consents", consent_in(subject, need=need))
    asked = decision_in(question_in(subject, need))
    refusal = {name: value for name, value in consent_in(subject, need=need).items()
               if name not in {"valid_until", "mutual", "told_of_withdrawal", "active_choice"}}  # fmt: skip
    calls = []
    for place in range(AT_ONCE):
        if place == AT_ONCE // 3:
            calls.append(consent.post("/refusals", json=refusal, headers=midwife))
        elif place == AT_ONCE // 2:
            calls.append(consent.post(f"/consents/{first['id']}/withdrawal", json={}, headers=midwife))
        elif place % 10 == 0:
            calls.append(consent.post("/consents", json=consent_in(subject, need=need), headers=midwife))
        else:
            calls.append(consent.post("/internal/decisions", json=asked, headers=service))
    answers = await all_at_once(*calls)
    assert {answer.status_code for answer in answers} == {201}
    told = await entries(dbs, subject)
    closings = [place for place, each in enumerate(told) if each[0] in {"consent_refused", "consent_withdrawn"}]
    assert len(closings) == 2
    assert not [each for each in told[min(closings) :] if each[1]]
    after = await consent.post("/internal/decisions", json=asked, headers=service)
    assert after.json()["answers"][0]["reason"] == "refused"
