"""A million referrals: the story's own, copied within the database; one is posted, read and listed among them."""

import asyncio
from collections.abc import Iterator, Sequence
from random import Random

import asyncpg

from deploy.bench import bare, wire
from deploy.bench.bench import QUICK, Bench
from deploy.bench.family import FAMILIES, PLACES, PREFIX, Kind, number
from deploy.bench.figures import Factor, Mark, Row
from deploy.bench.over_http import P99_MS, Plan, measured, posts
from deploy.bench.stored import Stored
from deploy.demo.playing import HOUSE
from deploy.system import System

REFERRALS = 1_000_000
QUICK_REFERRALS = 20_000
MOST_GROWTH = 1.3
LIST = 50
LIST_RATIO = 0.15
_PIECES = 3
_REQUESTS = 20_000
_SEED = 5051
_FILL_S = 1200
_COLUMNS = "SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped"
_TABLES = ("referral", "piece", "task", "event")
_LIST = f"work list of {LIST}"


def listing(bench: Bench) -> Row:
    """List the first fifty tasks of a recipient that has a few hundred."""
    request = wire.request("GET", f"/api/v1/tasks?limit={LIST}", bench.seeded.reader)
    return measured(bench, Plan(
        _LIST, "gateway", [request] * 100, bare.listing(HOUSE, LIST),
        "bare PostgreSQL, same rows: the service's own SELECT; pgbench, 8 clients, prepared",
        Mark(LIST_RATIO, P99_MS),
    ))  # fmt: skip


def among_many(bench: Bench, few: Sequence[Row]) -> Stored:
    """Store a million referrals and do again what was measured with a few hundred: post, read, list."""
    referrals = QUICK_REFERRALS if bench.pace is QUICK else REFERRALS
    bench.tell(f"storing {referrals:,} referrals")
    asyncio.run(fill(bench.system, referrals))
    rng = Random(_SEED)  # noqa: S311 - which referral is read
    places = [rng.randrange(referrals) for _ in range(_REQUESTS)]
    read = [wire.request("GET", f"/api/v1/referrals/{number(Kind.REFERRAL, place)}", bench.seeded.reader)
            for place in places]  # fmt: skip
    listed = list(_lists(bench, rng, referrals))
    plans = (
        Plan(_name("post a referral", referrals), "gateway", posts(bench), bare.posting(bench.seeded),
             _against(few[0]), Mark(p99_ms=P99_MS), unique=True),
        Plan(_name("read a referral as recipient", referrals), "gateway", read, bare.reading(bench.seeded),
             _against(few[1]), Mark(p99_ms=P99_MS)),
        Plan(_name(_LIST, referrals), "gateway", listed, bare.listing(HOUSE, LIST), _against(few[2]),
             Mark(p99_ms=P99_MS)),
    )  # fmt: skip
    many = [measured(bench, plan) for plan in plans]
    return Stored(many, [
        Factor(f"{after.name}, against a few hundred, p50", (after.at(0.5) or 0) / (before.at(0.5) or 1), MOST_GROWTH)
        for before, after in zip(few, many, strict=True)
    ])  # fmt: skip


def _lists(bench: Bench, rng: Random, referrals: int) -> Iterator[bytes]:
    """Ask for pages anywhere in a work list of a million."""
    for _ in range(_REQUESTS // 10):
        after = _task(rng.randrange(referrals - LIST))
        yield wire.request("GET", f"/api/v1/tasks?limit={LIST}&after={after}", bench.seeded.reader)


def _name(name: str, referrals: int) -> str:
    return f"{name}, {referrals:,} stored"


def _against(row: Row) -> str:
    return f"what {row.name} was held against, with a few hundred stored"


async def fill(system: System, referrals: int) -> None:
    """Copy one referral of the story, with three of its pieces and the house's task, so many times."""
    connection = await asyncpg.connect(system.database_url("referral", role="admin"), command_timeout=_FILL_S)
    try:
        # The copies' references hold as the original's do; looking each up again would take longer than the rest.
        await connection.execute("SET session_replication_role = replica")
        await connection.execute("SET synchronous_commit = off")
        sample = await connection.fetchval("SELECT referral_id FROM task WHERE recipient = $1 LIMIT 1", HOUSE)
        for table in _TABLES:
            columns = [row["attname"] for row in await connection.fetch(_COLUMNS, table)]
            copied = {name: _copied(table, name) for name in columns}
            await connection.execute(
                f"INSERT INTO {table} ({', '.join(columns)}) "  # noqa: S608 - our own names
                f"SELECT {', '.join(copied[name] for name in columns)} "
                f"FROM generate_series(0, {referrals} - 1) AS place, {_SAMPLE[table]}",
                sample, *([HOUSE] if table in {"task", "event"} else []),
            )  # fmt: skip
        for table in _TABLES:
            await connection.execute(f"VACUUM (ANALYZE) {table}")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()


_SAMPLE = {
    "referral": "(SELECT * FROM referral WHERE id = $1) AS one",
    "piece": f"(SELECT * FROM piece WHERE referral_id = $1 ORDER BY id LIMIT {_PIECES}) AS one",  # noqa: S608
    "task": "(SELECT * FROM task WHERE referral_id = $1 AND recipient = $2) AS one",
    "event": "(SELECT * FROM event WHERE referral_id = $1 AND unit = $2) AS one",
}
_TASK_KIND = 8


def _copied(table: str, name: str) -> str:
    """Return the SQL of a copied column: ids by place, people and need of one of the families, the rest as it is."""
    ids = {
        ("referral", "id"): _of(Kind.REFERRAL), ("task", "id"): _of(_TASK_KIND), ("piece", "id"): "uuidv7()",
        ("event", "id"): "uuidv7()", ("referral", "need"): _of(Kind.NEED, FAMILIES),
    }  # fmt: skip
    by_name = {"referral_id": _of(Kind.REFERRAL), "task_id": _of(_TASK_KIND)}
    if (table, name) == ("piece", "subject"):
        return (
            f"CASE WHEN right(subject::text, 12)::bigint / {PLACES} = {int(Kind.THILDE)} "
            f"THEN {_of(Kind.THILDE, FAMILIES)} ELSE {_of(Kind.JONATHAN, FAMILIES)} END"
        )
    return ids.get((table, name)) or by_name.get(name, name)


def _of(kind: int, modulo: int | None = None) -> str:
    place = "place" if modulo is None else f"(place % {modulo})"
    return f"('{PREFIX}' || ({kind * PLACES} + {place})::text)::uuid"


def _task(place: int) -> str:
    return f"{PREFIX}{_TASK_KIND * PLACES + place}"
