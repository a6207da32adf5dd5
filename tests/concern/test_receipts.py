"""A receipt shows that a report was received and confirmed, to whoever has it in hand, and nothing else."""

import hashlib

import httpx
import pytest

from services.concern.actions.receipts import fingerprint, new_receipt
from shared.personal import looks_like_cpr
from tests.concern.world import RECEIPTS, Headers, kept, login, registered, sent, sent_by_citizen
from tests.conftest import Databases
from tests.support.keys import Keys
from tests.support.town import assert_problem, entries_of

BITS = 128


def test_a_receipt_is_not_guessed_and_looks_like_no_personal_number() -> None:
    made = {new_receipt() for _ in range(1000)}
    signs = {sign for each in made for sign in each.replace("-", "")}
    length = len(new_receipt().replace("-", ""))
    assert len(made) == len(range(1000))
    assert len(signs) ** length >= 2**BITS
    assert not any(looks_like_cpr(each) for each in made)
    assert not signs & set("IO0123456789")


@pytest.mark.parametrize("written", [str.lower, lambda each: each.replace("-", ""), lambda each: f" {each} "])
async def test_it_shows_when_it_was_received_and_no_more(concern: httpx.AsyncClient, written: object) -> None:
    told = await sent_by_citizen(concern, {})
    assert callable(written)
    answer = await concern.post(RECEIPTS, json={"receipt": written(told["receipt"])})
    assert answer.status_code == 200
    assert answer.json().keys() == {"received_at", "acknowledged_at", "says"}
    assert (answer.json()["received_at"], answer.json()["acknowledged_at"]) == (told["received_at"], None)
    assert "ikke bekræftet" in answer.json()["says"]


async def test_once_the_authority_has_confirmed_it_says_so(concern: httpx.AsyncClient, reception: Headers) -> None:
    told = await sent_by_citizen(concern, {})
    done = await concern.post(
        f"/concern-reports/{told['id']}/acknowledgement", headers=reception | {"If-Match": '"1"'}, json={}
    )
    assert done.status_code == 200, done.text
    shown = (await concern.post(RECEIPTS, json={"receipt": told["receipt"]})).json()
    assert shown["acknowledged_at"] is not None
    assert "bekræftet" in shown["says"]


async def test_what_is_kept_is_its_fingerprint(concern: httpx.AsyncClient, dbs: Databases) -> None:
    told = await sent_by_citizen(concern, {})
    plain = told["receipt"].replace("-", "")
    row = await registered(dbs, told["id"])
    assert row["receipt"] == hashlib.sha256(plain.encode()).digest() == fingerprint(told["receipt"])
    everything = await kept(dbs)
    assert told["receipt"] not in everything
    assert plain not in everything


async def test_another_receipt_is_not_there_and_who_tries_is_on_the_ledger_as_nobody(
    concern: httpx.AsyncClient, keys: Keys, dbs: Databases
) -> None:
    answer = await concern.post(RECEIPTS, headers=login(keys, "Zebra", "Zebra"), json={"receipt": new_receipt()})
    assert_problem(answer, 404, "not_there")
    (entry,) = await entries_of(dbs.admin("concern"), answer.headers["x-request-id"])
    assert (entry["kind"], entry["actor"]) == ("access_refused", {"unit": None, "user": "anonymous"})
    assert entry["address"] == f"POST {RECEIPTS}"


async def test_looking_is_on_the_ledger_without_saying_who(concern: httpx.AsyncClient, dbs: Databases) -> None:
    told = await sent_by_citizen(concern, {})
    answer = await concern.post(RECEIPTS, json={"receipt": told["receipt"]})
    (entry,) = await entries_of(dbs.admin("concern"), answer.headers["x-request-id"])
    assert (entry["kind"], entry["report"]) == ("concern_receipt_read", told["id"])
    assert entry["actor"] == {"unit": None, "user": "anonymous"}


async def test_a_professional_has_a_login_and_no_receipt(
    concern: httpx.AsyncClient, daycare: Headers, dbs: Databases
) -> None:
    assert (await registered(dbs, (await sent(concern, daycare))["id"]))["receipt"] is None
