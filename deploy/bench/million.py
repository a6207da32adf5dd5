"""A million consents: the families' own, copied within the database, for a decision to be found among them.

Half a family's consents are under the need it is asked about, half under an earlier one; some of the earlier ones
were withdrawn. Both the service's database and the one bare PostgreSQL works on are filled alike.
"""

import asyncio
from collections.abc import Sequence

import asyncpg

from deploy.bench import family, scratch
from deploy.bench.family import FAMILIES, PLACES, Kind, number
from deploy.demo.playing import HEALTH_VISITING
from deploy.system import System
from shared.db import Connection

CONSENTS = 1_000_000
QUICK_CONSENTS = 50_000
_NEEDS = 2
_ONE_WITHDRAWN_IN = 10
_DAYS_BACK = 150
_SEED_S = 120
_COLUMNS = "SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped"
_BIRTHDAYS = 6000
_BORN_BEFORE = (
    f"facts || jsonb_build_object('born', to_char((facts->>'born')::date - (place % {_BIRTHDAYS})::int, 'YYYY-MM-DD'))"
)
_WITHDRAWN = """
INSERT INTO consent_event (id, consent_id, kind, at, by_user, ledger_id)
SELECT uuidv7(), id, 'withdrawn', given_at + interval '1 day', recorded_by_user, uuidv7() FROM consent
WHERE need >= $1 AND need < $2 AND recipients = ARRAY[$3] AND right(need::text, 12)::bigint % $4 = 0
"""
_TIDY = (
    "VACUUM (ANALYZE) person",
    "VACUUM (ANALYZE) consent",
    "VACUUM (ANALYZE) consent_event",
    "ANALYZE",
    "CHECKPOINT",
)


def families_for(consents: int) -> int:
    """Return how many families have so many consents, each under two needs."""
    return consents // (family.CONSENTS * _NEEDS)


def fill(system: System, consents: int) -> None:
    """Bring both databases to so many consents, of `families_for(consents)` families numbered from 0."""
    asyncio.run(_fill_both(system, families_for(consents)))


async def _fill_both(system: System, families: int) -> None:
    addresses = (system.database_url("consent", role="admin"), system.server.url(scratch.NAME))
    await asyncio.gather(*(_fill(address, families) for address in addresses))


async def _fill(address: str, families: int) -> None:
    connection = await asyncpg.connect(address, command_timeout=_SEED_S)
    try:
        # The copies' references hold as the originals' do; looking each up again would take longer than the rest.
        await connection.execute("SET session_replication_role = replica")
        earlier = Kind.EARLIER_NEED * PLACES
        needs = [number(Kind.NEED, 0)]
        people = [number(Kind.THILDE, 0), number(Kind.JONATHAN, 0)]
        await _multiply(connection, "person", "id = ANY($1)", people, FAMILIES, families)
        await _multiply(connection, "consent", "need = ANY($1)", needs, FAMILIES, families)
        await _multiply(connection, "consent", "need = ANY($1)", needs, 0, families, earlier - Kind.NEED * PLACES)
        await connection.execute(
            _WITHDRAWN, number(Kind.EARLIER_NEED, 0), number(Kind.EARLIER_NEED, PLACES - 1), HEALTH_VISITING,
            _ONE_WITHDRAWN_IN,
        )  # fmt: skip
        for each in _TIDY:
            await connection.execute(each)
    finally:
        await connection.close()


async def _multiply(
    connection: Connection, table: str, which: str, of: Sequence[object], first: int, end: int, on: int = 0
) -> None:
    """Copy the first family's rows for each family from `first` to before `end`; `on` is added to its need."""
    columns = [row["attname"] for row in await connection.fetch(_COLUMNS, table)]
    copied = {
        **{name: name for name in columns},
        **{name: _of_place(name) for name in ("identity", "subject", "given_by")},
        "id": _of_place("id") if table == "person" else "uuidv7()",
        "need": _of_place("need", on),
        "facts": _BORN_BEFORE,
        **{name: f"{name} - make_interval(days => place % {_DAYS_BACK})" for name in ("given_at", "valid_until")},
    }
    told = ", ".join(copied[name] for name in columns)
    await connection.execute(
        f"INSERT INTO {table} ({', '.join(columns)}) "  # noqa: S608 - our own names
        f"SELECT {told} FROM generate_series({first}, {end} - 1) AS place, "
        f"(SELECT * FROM {table} WHERE {which}) AS one",
        of,
    )


def _of_place(name: str, on: int = 0) -> str:
    """Return the SQL of a family's id, made from the first family's."""
    return f"(left({name}::text, 24) || (right({name}::text, 12)::bigint + {on} + place))::uuid"
