"""A database of the first shape, with people and their words in it, comes whole into the second."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from alembic import command
from pydantic import SecretStr

from deploy import databases, postgres
from services.consent import main
from services.consent.domain.people import Facts, turns_capable
from services.consent.settings import Settings
from shared.auth import Role
from shared.migrations import config_for, upgrade
from tests.conftest import PASSWORD, SERVICES_DIR
from tests.support.families import Desk
from tests.support.keys import Keys
from tests.support.town import FAMILY_HOUSE, MIDWIFERY, VISITING, VOLUNTEERS, assert_problem, client_of, rows

BEFORE = "consent_before"
AT = datetime.now(UTC).replace(microsecond=0) - timedelta(days=2)
END = AT + timedelta(days=90)
THILDE, LEAP, YOUNG = uuid4(), uuid4(), uuid4()
BORN = {THILDE: date(2004, 11, 3), LEAP: date(2008, 2, 29), YOUNG: date(2012, 3, 1)}
NEED, OTHER_NEED, REFERRAL, DECISION, OLD_DECISION = (uuid4() for _ in range(5))
YES, TAKEN, REPLACED, NO = (uuid4() for _ in range(4))
ROAD = json.dumps([[MIDWIFERY, FAMILY_HOUSE, "SUL § 43, stk. 1, og § 44"]])


def decision(number: UUID, *subjects: UUID) -> str:
    """Return a decision as the first shape wrote it."""
    questions = [
        {"subject": str(each), "from": MIDWIFERY, "to": FAMILY_HOUSE, "purpose": "early_support", "need": str(NEED),
         "back": False,
         "answers": [{"category": "health", "reason": "covered", "records": [str(YES)],
                      "basis": ["SUL § 43, stk. 1, og § 44"]}]}
        for each in subjects
    ]  # fmt: skip
    return json.dumps({
        "id": str(number), "kind": "decision", "at": AT.isoformat(), "request": str(uuid4()), "occasion": "read",
        "actor": {"unit": FAMILY_HOUSE, "user": "user-1"}, "referral": str(REFERRAL), "questions": questions,
    })  # fmt: skip


async def fill(url: str) -> None:
    """Write what the first shape's app role wrote."""
    connection = await asyncpg.connect(url)
    for person, born in BORN.items():
        login = "thildes-login" if person == THILDE else None
        await connection.execute("INSERT INTO person VALUES ($1, $2, $3, $4, $5)", person, born, login, MIDWIFERY, AT)
    for number, effect, need, recipients in (
        (YES, "permit", NEED, [FAMILY_HOUSE]), (TAKEN, "permit", OTHER_NEED, [VISITING]),
        (REPLACED, "permit", NEED, [FAMILY_HOUSE]), (NO, "forbid", OTHER_NEED, [VOLUNTEERS]),
    ):  # fmt: skip
        await connection.execute(
            "INSERT INTO consent VALUES ($1, $2, $3, $3, $4, $5, '{health}', 'early_support', $6, true, 'oral', $7, $8,"
            " true, 'notice-1', 'Sagt hjemme.', 'Haster.', $9, $4, 'user-1', $7)",
            number, effect, THILDE, MIDWIFERY, recipients, need, AT, END if effect == "permit" else None, ROAD,
        )  # fmt: skip
    for number, kind in ((TAKEN, "withdrawn"), (REPLACED, "superseded")):
        await connection.execute(
            "INSERT INTO consent_event VALUES ($1, $2, $3, $4, 'user-1', $5)", number, kind, AT, MIDWIFERY, uuid4()
        )
    for number, subjects in ((OLD_DECISION, [THILDE]), (DECISION, [THILDE, YOUNG, THILDE])):
        text = decision(number, *subjects)
        await connection.execute("INSERT INTO ledger_entry (id, entry) VALUES ($1, $2)", number, text)
    other = json.dumps({"id": str(uuid4()), "kind": "person_registered", "subject": str(THILDE)})
    await connection.execute("INSERT INTO ledger_entry (id, entry) VALUES ($1, $2)", uuid4(), other)
    await connection.close()


async def read(url: str, *tables: str) -> dict[str, list[Any]]:
    return {each: [dict(row) for row in await rows(url, f"SELECT * FROM {each} ORDER BY 1")] for each in tables}


async def _drop(server: postgres.Server) -> None:
    connection = await asyncpg.connect(server.url())
    await connection.execute(f"DROP DATABASE IF EXISTS {BEFORE} WITH (FORCE)")
    await connection.close()


@pytest.fixture(scope="module")
def migrated(server: postgres.Server) -> Iterator[tuple[postgres.Server, dict[str, list[Any]]]]:
    """A database that was filled at 0001 and then migrated; and what was in it before."""
    roles = [role for service in databases.SERVICES for role in databases.roles(service)]
    databases.prepare(server.url(), dict.fromkeys(roles, PASSWORD), {"consent": BEFORE})
    owner = server.url(BEFORE, databases.owner("consent"), PASSWORD)
    command.upgrade(config_for(SERVICES_DIR / "consent", owner), "0001")
    app = server.url(BEFORE, databases.app("consent"), PASSWORD)
    asyncio.run(fill(app))
    before = asyncio.run(read(app, "person", "consent", "consent_event", "ledger_entry"))
    upgrade(SERVICES_DIR / "consent", owner)
    yield server, before
    asyncio.run(_drop(server))


def looking(migrated: tuple[postgres.Server, dict[str, list[Any]]]) -> str:
    return migrated[0].url(BEFORE)


Migrated = tuple[postgres.Server, dict[str, list[Any]]]


async def test_nothing_that_was_kept_is_lost_or_changed(migrated: Migrated) -> None:
    after = await read(looking(migrated), *migrated[1])
    for table, kept in migrated[1].items():
        by_key = [{name: value for name, value in row.items() if name != "birth_date"} for row in kept]
        same = [{name: row[name] for name in kept[0] if name != "birth_date"} for row in after[table]]
        assert sorted(map(str, same)) == sorted(map(str, by_key)), table


async def test_everybody_is_who_they_were_and_turns_fifteen_on_the_day_the_rules_say(migrated: Migrated) -> None:
    sql = "SELECT id, identity, version, facts::text AS facts, others, overridden, turns_capable FROM person"
    found = {row["id"]: row for row in await rows(looking(migrated), sql)}
    assert found.keys() == BORN.keys()
    for person, row in found.items():
        assert (row["identity"], row["version"], row["others"], row["overridden"]) == (person, 1, [], False)
        assert json.loads(row["facts"]) == {"born": BORN[person].isoformat()}
        assert row["turns_capable"] == turns_capable(Facts(born=BORN[person]))


async def test_each_decision_is_found_by_everybody_it_was_about(migrated: Migrated) -> None:
    found = await rows(looking(migrated), "SELECT subject, entry_id, referral FROM decision_about")
    assert {tuple(row) for row in found} == {
        (THILDE, OLD_DECISION, REFERRAL), (THILDE, DECISION, REFERRAL), (YOUNG, DECISION, REFERRAL),
    }  # fmt: skip


async def test_who_was_told_of_somebody_has_to_do_with_them(migrated: Migrated) -> None:
    """Whoever a consent names, too; whoever a refusal names has not met them (R59)."""
    found = await rows(looking(migrated), "SELECT unit, person FROM acquaintance")
    expected = {(MIDWIFERY, each) for each in BORN} | {(FAMILY_HOUSE, THILDE), (VISITING, THILDE)}
    assert {tuple(row) for row in found} == expected


async def test_the_service_goes_on_where_it_was(migrated: Migrated, keys: Keys, directory_url: str) -> None:
    """The words decide as before, can be withdrawn and read, and the family sees what was told before."""
    app = main.create_app(
        Settings(
            port=1, database_url=SecretStr(migrated[0].url(BEFORE, databases.app("consent"), PASSWORD)), pool_size=4,
            trusted_keys=keys.trusted, identity_key=keys.private("consent"), directory_url=directory_url,
            identifier_keys=keys.identifiers,
        )
    )  # fmt: skip
    async with client_of(app) as client:
        desk, person = Desk(client, keys), str(THILDE)
        assert await desk.reason(person, str(NEED)) == "covered"
        assert await desk.reason(person, str(OTHER_NEED), recipient=VISITING) == "withdrawn"
        assert await desk.reason(person, str(OTHER_NEED), recipient=VOLUNTEERS) == "refused"
        assert (await desk.told(f"/persons/{person}"))["ask"][0]["capacity"] == "self"
        assert_problem(await desk.at(VOLUNTEERS).get(f"/persons/{person}"), 404)
        assert (await desk.get(f"/consents/{YES}/sheet")).status_code == 200
        assert (await desk.get(f"/consents/{YES}/fhir")).status_code == 200
        assert (await desk.get(f"/consents/{YES}/record")).status_code == 200
        own = keys.party("consent", Role.CITIZEN, citizen="thildes-login")
        await check_own(client, own)
        await desk.done(f"/consents/{YES}/withdrawal", {})
        assert_problem(await desk.post(f"/consents/{TAKEN}/withdrawal", {}), 409, "already_withdrawn")
        assert await desk.reason(person, str(NEED)) == "withdrawn"


async def check_own(client: httpx.AsyncClient, own: dict[str, str]) -> None:
    consents = (await client.get("/my/consents", headers=own)).json()["consents"]
    assert {each["id"] for each in consents} == {str(each) for each in (YES, TAKEN, REPLACED, NO)}
    seen = (await client.get("/my/disclosures", headers=own)).json()["disclosures"]
    assert [(each["subject"], each["told_to"]) for each in seen][:2] == [(str(THILDE), FAMILY_HOUSE)] * 2
    assert (await client.get("/my/overview", headers=own)).status_code == 200
