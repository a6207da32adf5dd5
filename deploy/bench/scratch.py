"""The database bare PostgreSQL works on: the services' own migrations in two schemas, the same rows in them.

One database, so that one pgbench script can do what a request makes two services do; no sealer and no worker
touches it.
"""

import asyncio
from uuid import UUID

import asyncpg

from deploy import databases
from deploy.bench.family import FAMILIES, Kind, number
from deploy.bench.seeding import Seeded, copy
from deploy.demo.playing import HOUSE
from deploy.system import ROOT, System
from shared.db import Connection
from shared.ids import new_id
from shared.migrations import upgrade
from shared.queue import SCHEMA

NAME = "bench"
SERVICES = ("consent", "referral")
MANY = 1000


async def make(system: System) -> None:
    """Make the database, with a schema a service."""
    admin = await asyncpg.connect(system.server.url())
    try:
        await admin.execute(f"CREATE DATABASE {NAME}")
        await admin.execute(f"ALTER DATABASE {NAME} SET search_path = consent, referral")
    finally:
        await admin.close()
    inside = await asyncpg.connect(system.server.url(NAME))
    try:
        for service in SERVICES:
            owner, *others = databases.roles(service)
            await inside.execute(f"GRANT CREATE ON DATABASE {NAME} TO {owner}")  # its queue
            await inside.execute(f"CREATE SCHEMA {service} AUTHORIZATION {owner}")
            await inside.execute(f"GRANT USAGE ON SCHEMA {service} TO {', '.join(others)}")
            for role in (owner, *others):
                await inside.execute(f"ALTER ROLE {role} IN DATABASE {NAME} SET search_path = {service}")
    finally:
        await inside.close()


def migrate(system: System) -> None:
    """Run the services' own migrations in it, as their owners; the queue each makes has a name of its own here."""
    for service in SERVICES:
        owner = databases.owner(service)
        upgrade(ROOT / "services" / service, system.server.url(NAME, owner, system.keys.passwords()[owner]))
        asyncio.run(_rename_queue(system, service))


async def _rename_queue(system: System, service: str) -> None:
    inside = await asyncpg.connect(system.server.url(NAME))
    try:
        await inside.execute(f"ALTER SCHEMA {SCHEMA} RENAME TO {service}_{SCHEMA}")
    finally:
        await inside.close()


async def fill(system: System, seeded: Seeded) -> None:
    """Copy the families' people and consents as they are, and a referral for each."""
    inside = await asyncpg.connect(system.server.url(NAME))
    consent = await asyncpg.connect(system.database_url("consent", role="admin"))
    referral = await asyncpg.connect(system.database_url("referral", role="admin"))
    try:
        for table in ("person", "consent"):
            rows = await consent.fetch(f"SELECT * FROM {table}")  # noqa: S608 - our own names
            await copy(inside, table, rows, [{row["id"]: row["id"] for row in rows}])
        await _referrals(inside, referral, UUID(seeded.referrals[0]))
        await _for_deciding(inside)
        await inside.execute("CREATE TABLE consent.plain_entry (id uuid PRIMARY KEY, entry json NOT NULL)")
        await inside.execute("GRANT INSERT ON consent.plain_entry TO consent_app")
        await inside.execute("ANALYZE")
    finally:
        for each in (inside, consent, referral):
            await each.close()


async def _referrals(inside: Connection, source: Connection, sample: UUID) -> None:
    tasks = await source.fetch("SELECT id FROM task WHERE referral_id = $1", sample)
    each = [
        {sample: number(Kind.REFERRAL, place), **{task["id"]: new_id() for task in tasks}} for place in range(FAMILIES)
    ]
    for table, column in (
        ("referral", "id"),
        ("piece", "referral_id"),
        ("task", "referral_id"),
        ("event", "referral_id"),
    ):
        rows = await source.fetch(f"SELECT * FROM {table} WHERE {column} = $1", sample)  # noqa: S608 - our own names
        await copy(inside, table, rows, each)


async def _for_deciding(inside: Connection) -> None:
    """One need with one consent of Thilde's, and one with a thousand, of which one names the house."""
    of_one = await inside.fetch(
        "SELECT * FROM consent WHERE need = $1 AND subject = $2 AND recipients = $3",
        number(Kind.NEED, 0), number(Kind.THILDE, 0), [HOUSE],
    )  # fmt: skip
    old = number(Kind.NEED, 0)
    await copy(inside, "consent", of_one, [{old: number(Kind.NEED_OF_ONE, 0)}])
    await copy(inside, "consent", of_one, [{old: number(Kind.NEED_OF_MANY, 0)}])
    columns = [name for name in of_one[0].keys() if name not in {"id", "recipients"}]  # noqa: SIM118 - a record
    kept = ", ".join(columns)
    await inside.execute(
        f"INSERT INTO consent (id, recipients, {kept}) SELECT uuidv7(), ARRAY['unit-' || n], {kept} "  # noqa: S608
        "FROM consent, generate_series(2, $2) n WHERE need = $1",
        number(Kind.NEED_OF_MANY, 0), MANY,
    )  # fmt: skip
