"""A commit that fails is never answered 2xx, and leaves nothing: shown by constraints that bite at the commit."""

from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from shared.auth import Role
from tests.conftest import Databases
from tests.consent.conftest import Headers
from tests.support.keys import Keys
from tests.support.town import assert_problem, commits_failing, counted, sealed
from tests.support.wire import consent_in, decision_in, person_in, question_in, refusal_in

WORD = ("consent", "ledger_entry", "outbox", "idempotency")
WRITES = [
    *[("person", table) for table in ("person", "ledger_entry", "idempotency")],
    *[("consent", table) for table in WORD],
    ("superseding", "consent_event"),
    *[("refusal", table) for table in WORD],
    *[("withdrawal", table) for table in ("consent_event", "ledger_entry", "outbox")],
]
READS = ["decision", "consents", "own", "disclosures", "checkpoint", "export"]


@pytest.fixture
async def given(consent: httpx.AsyncClient, midwife: Headers, subject: str) -> dict[str, Any]:
    """A consent that was recorded, with its id."""
    body = consent_in(subject)
    answer = await consent.post("/consents", json=body, headers=midwife)
    assert answer.status_code == 201
    return body | {"id": answer.json()["id"]}


@pytest.fixture
def requests(keys: Keys, midwife: Headers, service: Headers, given: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """One request of every kind, which would succeed."""
    subject, need, number = given["subject"], given["need"], given["id"]
    auditor = keys.party("consent", Role.AUDITOR)
    once = midwife | {"Idempotency-Key": str(uuid4())}
    again = consent_in(subject, need=need, supersedes=[number])
    audit = {"method": "GET", "headers": auditor}
    return {
        "person": {"method": "POST", "url": "/persons", "json": person_in(), "headers": once},
        "consent": {"method": "POST", "url": "/consents", "json": consent_in(subject), "headers": once},
        "superseding": {"method": "POST", "url": "/consents", "json": again, "headers": once},
        "refusal": {"method": "POST", "url": "/refusals", "json": refusal_in(subject), "headers": once},
        "withdrawal": {"method": "POST", "url": f"/consents/{number}/withdrawal", "json": {}, "headers": midwife},
        "decision": {"method": "POST", "url": "/internal/decisions", "headers": service,
                     "json": decision_in(question_in(subject, need))},
        "consents": {"method": "GET", "url": f"/consents?need={need}", "headers": midwife},
        "disclosures": audit | {"url": "/audit/disclosures"},
        "checkpoint": audit | {"url": "/audit/ledger/checkpoint"},
        "export": audit | {"url": "/audit/ledger/export"},
    }  # fmt: skip


async def _own(consent: httpx.AsyncClient, keys: Keys, midwife: Headers) -> dict[str, Any]:
    login = f"login-{uuid4().hex}"
    await consent.post("/persons", json=person_in(login=login), headers=midwife)
    headers = keys.party("consent", Role.CITIZEN, citizen=login)
    return {"method": "GET", "url": "/my/consents", "headers": headers}


@pytest.mark.parametrize(("what", "table"), WRITES, ids="-".join)
async def test_a_write_whose_commit_fails_is_a_5xx_and_stores_nothing(
    consent: httpx.AsyncClient, dbs: Databases, requests: dict[str, dict[str, Any]], what: str, table: str
) -> None:
    before = await counted(dbs.admin("consent"))
    async with commits_failing(dbs.admin("consent"), [table]):
        answer = await consent.request(**requests[what])
    assert_problem(answer, 500, "internal")
    assert "the commit fails" not in answer.text
    assert await counted(dbs.admin("consent")) == before
    assert (await consent.request(**requests[what])).status_code == 201


@pytest.mark.parametrize("what", READS)
async def test_a_reading_that_cannot_be_written_down_tells_nothing(
    consent: httpx.AsyncClient, dbs: Databases, keys: Keys, midwife: Headers, requests: dict[str, dict[str, Any]],
    what: str,
) -> None:  # fmt: skip
    await sealed(dbs, keys, "consent")
    asked = await _own(consent, keys, midwife) if what == "own" else requests[what]
    before = await counted(dbs.admin("consent"))
    async with commits_failing(dbs.admin("consent"), ["ledger_entry"]):
        answer = await consent.request(**asked)
    assert_problem(answer, 500, "internal")
    assert await counted(dbs.admin("consent")) == before


_PERSON = """
INSERT INTO person (id, identity, facts, registered_by, registered_at) VALUES ($1, $1, '{}', 'unit', now())
"""


async def test_the_failure_is_at_the_commit_and_not_before(dbs: Databases) -> None:
    """Without this, a constraint that bites earlier would show nothing."""
    connection = await asyncpg.connect(dbs.app("consent"))
    async with commits_failing(dbs.admin("consent"), ["person"]):
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute(_PERSON, uuid4())
        with pytest.raises(asyncpg.RaiseError, match="the commit fails"):
            await transaction.commit()
    await connection.close()
