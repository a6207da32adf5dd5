"""The concern worker: seals the ledger, and minds the clocks of reports."""

import asyncio

from services.concern.actions import clock
from services.concern.settings import WorkerSettings
from services.concern.store import jobs
from shared.clock import now
from shared.db import Database
from shared.logging import set_up
from shared.queue import NotYet, Queue, tidy
from shared.sealer import NoteSigner, Sealer
from shared.work import run_until_told

EVERY_MINUTE, EVERY_TEN = "* * * * *", "*/10 * * * *"


async def work(settings: WorkerSettings) -> None:
    """Work until told to stop."""
    database = Database(settings.database_url, 4, "concern-worker")
    ledger = Database(settings.sealer_database_url, 1, "concern-sealer")
    sealer = Sealer(ledger, NoteSigner(settings.ledger_origin, settings.ledger_key), pause_s=settings.seal_every_s)
    queue = Queue(settings.database_url, "concern-queue")
    await run_until_told([database, ledger], [sealer.run(), minding(queue, database)])


async def minding(queue: Queue, database: Database) -> None:
    """Mind the clocks for ever: each job at its moment, and once a minute whatever no job was done for."""

    async def serve(payload: bytes) -> None:
        wait = await clock.serve(database, payload, now())
        if wait is not None:
            raise NotYet(wait)

    async def look() -> None:
        await clock.look(database, now())

    async def sweep() -> None:
        async with database.connection() as connection:
            await tidy(connection)

    looks = {"concern-look": (EVERY_MINUTE, look), "concern-tidy": (EVERY_TEN, sweep)}
    await queue.run({jobs.CLOCK: serve}, looks)


if __name__ == "__main__":
    told = WorkerSettings()
    set_up("concern-worker", told.log_level)
    asyncio.run(work(told))
