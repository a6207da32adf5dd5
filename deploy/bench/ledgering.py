"""The ledger: several writers at once against a plain insert, and how fast a sealer keeps up."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

import uvloop

from deploy import databases
from deploy.bench import scratch
from deploy.bench.bench import Bench
from deploy.bench.costs import LOAD
from deploy.bench.figures import Round, Row
from shared import ledger
from shared.clock import now
from shared.db import Connection, Database
from shared.ids import new_id
from shared.ledger import Actor
from shared.sealer import NoteSigner, Sealer

WRITERS = 8
_PLAIN = "INSERT INTO plain_entry (id, entry) VALUES ($1, $2::json)"
Write = Callable[[Connection, ledger.Entry], Awaitable[None]]


def appending_and_sealing(bench: Bench) -> Sequence[Row]:
    """Append by several writers, insert the same plainly, seal what was appended; round by round."""
    return uvloop.run(_measured(bench))


async def _measured(bench: Bench) -> Sequence[Row]:
    database = Database(_url(bench, databases.app("consent")), WRITERS, "bench")
    ledger = Database(_url(bench, databases.sealer("consent")), 1, "bench-sealer")
    sealer = Sealer(ledger, NoteSigner("familiebro/bench", bench.system.keys.ledger("consent")))
    await database.open()
    await ledger.open()
    try:
        await _seal(sealer)
        return await _rounds(bench, database, sealer)
    finally:
        await database.close()
        await ledger.close()


def _url(bench: Bench, role: str) -> str:
    return bench.system.server.url(scratch.NAME, role, bench.system.keys.passwords()[role])


async def _rounds(bench: Bench, database: Database, sealer: Sealer) -> Sequence[Row]:
    appended: list[Round] = []
    plain: list[float] = []
    sealed: list[Round] = []
    for place in range(bench.pace.rounds):
        appended.append(await _write(database, ledger.append, bench.pace.bare_s))
        plain.append((await _write(database, _insert, bench.pace.bare_s)).rate)
        sealed.append(await _seal(sealer))
        bench.tell(f"ledger: round {place + 1} of {bench.pace.rounds}, append {appended[-1].rate:,.0f}/s, "
                   f"plain {plain[-1]:,.0f}/s, seal {sealed[-1].rate:,.0f}/s")  # fmt: skip
    mine = frozenset({LOAD})
    return [
        Row("ledger append, 8 writers", appended, plain,
            "the same row inserted into a plain table (id, entry) by the same 8 asyncpg connections, one process: "
            "close to 100 % means that writers do not wait for one another", ours_are=mine),
        Row("ledger seal", sealed, [each.rate for each in appended],
            "the 8 writers' rate just before: how much faster sealing is than writing", ours_are=mine),
    ]  # fmt: skip


async def _insert(connection: Connection, written: ledger.Entry) -> None:
    await connection.execute(_PLAIN, written.id, written.text)


async def _write(database: Database, write: Write, seconds: float) -> Round:
    latencies: list[float] = []
    cpu, begun = time.process_time(), time.perf_counter()
    until = begun + seconds
    await asyncio.gather(*(_writer(database, write, until, latencies) for _ in range(WRITERS)))
    return Round(len(latencies), time.perf_counter() - begun, latencies, {LOAD: time.process_time() - cpu})


async def _writer(database: Database, write: Write, until: float, latencies: list[float]) -> None:
    actor, request = Actor("bench", "bench"), str(new_id())
    while (at := time.perf_counter()) < until:
        entry = ledger.entry("bench", at=now(), actor=actor, request_id=request, subject=request, need=request)
        async with database.connection() as connection:
            await write(connection, entry)
        latencies.append(1000 * (time.perf_counter() - at))


async def _seal(sealer: Sealer) -> Round:
    """Seal all there is."""
    cpu, begun = time.process_time(), time.perf_counter()
    rows = 0
    while sealed := await sealer.seal():
        rows += sealed
    return Round(rows, time.perf_counter() - begun, (), {LOAD: time.process_time() - cpu})
