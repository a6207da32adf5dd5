"""Fill the running system: one family through the public API, the others as copies of its rows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import httpx

from deploy.bench import family
from deploy.demo import identities
from deploy.system import System
from shared.db import Connection
from shared.ids import new_id

Headers = Mapping[str, str]
READER = "family-therapist"
_BY_THE_SERVER = frozenset({"xid", "n"})
_ENTRY = "SELECT entry::text FROM ledger_entry WHERE entry->>'kind' = $1 AND coalesce(entry->>'occasion', '') = $2"

_VERSIONS = "SELECT version FROM person WHERE id = ANY($1::uuid[]) ORDER BY id"
_PIECES = "SELECT subject, category, text, offer FROM piece WHERE referral_id = $1 ORDER BY id"
_TASKS = "SELECT id, recipient, missing::text FROM task WHERE referral_id = $1 ORDER BY id"
_EVENTS = """
SELECT task_id, unit, kind FROM event WHERE referral_id = $1 AND kind IN ('referral_arrived', 'sent') ORDER BY id
"""


@dataclass(frozen=True, slots=True)
class Seeded:
    """What is in the system: who may call, the referrals to read, and one posting as it was written, row by row."""

    midwives: Headers
    reader: Headers
    referrals: Sequence[str]
    sent_decision: str
    read_decision: str
    posted: str
    pieces: Sequence[Any]
    tasks: Sequence[Any]
    events: Sequence[Any]
    # The version of the two people, as a decision reads and checks it.
    versions: Sequence[int]


async def seed(system: System) -> Seeded:
    """Register and consent once through the gateway, copy that, then post and open one referral a family."""
    midwives = {"Authorization": "Bearer " + identities.system_token(system.keys, system.url("gateway")),
                **identities.ACTING}  # fmt: skip
    reader = {"Authorization": "Bearer " + identities.token(system.keys, READER)}
    address = system.url("gateway") + "/api/v1"
    async with httpx.AsyncClient(base_url=address, headers=midwives, timeout=20) as client:
        template = await _one_family(client)
        await _copies(system, template)
        referrals = [await _post(client, "/referrals", family.referral(each)) for each in family.families()]
    async with httpx.AsyncClient(base_url=address, headers=reader, timeout=20) as client:
        for each in referrals:
            (await client.get(f"/referrals/{each}")).raise_for_status()
    return await _seeded(system, midwives, reader, referrals)


async def _one_family(client: httpx.AsyncClient) -> Mapping[str, str]:
    born = {"thilde": "2005-03-14", "jonathan": "2006-01-27"}
    made = {who: await _post(client, "/persons", {"birth_date": day}) for who, day in born.items()}
    made["need"] = str(new_id())
    for word in family.words(made):
        await _post(client, "/consents", word)
    return made


async def _post(client: httpx.AsyncClient, path: str, body: Mapping[str, Any]) -> str:
    answer = await client.post(path, json=body, headers={"Idempotency-Key": str(new_id())})
    if not answer.is_success:
        msg = f"{path}: {answer.status_code} {answer.text}"
        raise RuntimeError(msg)
    return str(answer.json()["id"])


async def _copies(system: System, template: Mapping[str, str]) -> None:
    connection = await asyncpg.connect(system.database_url("consent", role="admin"))
    try:
        need = UUID(template["need"])
        people = await connection.fetch("SELECT * FROM person WHERE id = ANY($1::uuid[])", list(template.values()))
        consents = await connection.fetch("SELECT * FROM consent WHERE need = $1", need)
        each = [{UUID(template[name]): UUID(told) for name, told in made.items()} for made in family.families()]
        known = await connection.fetch(
            "SELECT * FROM acquaintance WHERE person = ANY($1::uuid[])", list(template.values())
        )
        await copy(connection, "person", people, each)
        await copy(connection, "acquaintance", known, each)
        await copy(connection, "consent", consents, each)
    finally:
        await connection.close()


async def copy(connection: Connection, table: str, rows: Sequence[Any], each: Iterable[Mapping[UUID, UUID]]) -> None:
    """Write `rows` once for each mapping, the ids it names exchanged; an id it does not name is made anew."""
    columns = [name for name in rows[0].keys() if name not in _BY_THE_SERVER]  # noqa: SIM118 - a record is no dict
    copied = [tuple(_exchanged(name, row[name], ids) for name in columns) for ids in each for row in rows]
    await connection.copy_records_to_table(table, records=copied, columns=columns)


def _exchanged(name: str, value: object, ids: Mapping[UUID, UUID]) -> object:
    if not isinstance(value, UUID):
        return value
    return ids.get(value, new_id() if name == "id" else value)


async def _seeded(system: System, midwives: Headers, reader: Headers, referrals: Sequence[str]) -> Seeded:
    consent = await asyncpg.connect(system.database_url("consent", role="admin"))
    referral = await asyncpg.connect(system.database_url("referral", role="admin"))
    try:
        # As the database bare PostgreSQL works on: fresh rows are planned for as what they are.
        for each in (consent, referral):
            await each.execute("ANALYZE")
        sample, made = UUID(referrals[0]), family.made(0)
        return Seeded(
            midwives, reader, referrals,
            await consent.fetchval(_ENTRY, "decision", "send"), await consent.fetchval(_ENTRY, "decision", "read"),
            await referral.fetchval(_ENTRY, "referral_posted", ""),
            await referral.fetch(_PIECES, sample), await referral.fetch(_TASKS, sample),
            await referral.fetch(_EVENTS, sample),
            [row["version"] for row in await consent.fetch(_VERSIONS, [UUID(made["thilde"]), UUID(made["jonathan"])])],
        )  # fmt: skip
    finally:
        await consent.close()
        await referral.close()
