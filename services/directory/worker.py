"""The directory worker: seals the ledger, carries files of offers out, and reminds owners of unconfirmed offers."""

import asyncio
from datetime import timedelta
from uuid import UUID

import structlog

from services.directory.actions.importing import IMPORT, carry_out
from services.directory.actions.reminding import follow_the_law, remind
from services.directory.settings import WorkerSettings
from shared.clock import now
from shared.db import Database
from shared.logging import set_up
from shared.outbox import Carrier, Message
from shared.problems import Unavailable
from shared.sealer import NoteSigner, Sealer
from shared.work import run_until_told

log = structlog.get_logger()
_EVERY_S = 600.0


async def work(settings: WorkerSettings) -> None:
    """Seal, carry out and remind until told to stop."""
    database = Database(settings.database_url, 4, "directory-worker")
    ledger = Database(settings.sealer_database_url, 1, "directory-sealer")
    sealer = Sealer(ledger, NoteSigner(settings.ledger_origin, settings.ledger_key), pause_s=settings.seal_every_s)

    async def carry(message: Message) -> None:
        await carry_out(database, UUID(message.payload["job"]), message.attempts)

    carrier = Carrier(database, {IMPORT: carry})
    await run_until_told([database, ledger], [sealer.run(), carrier.run(), _remind(database, settings)])


async def _remind(database: Database, settings: WorkerSettings) -> None:
    again = timedelta(days=settings.remind_again_after_days)
    while True:
        try:
            async with database.transaction() as transaction:
                count = await remind(transaction, now(), settings.flagged_after, again)
                followed = await follow_the_law(transaction, now())
            if followed:
                log.info("organisations_followed")
            if count:
                log.info("reminded", reminders=count)
        except Unavailable:
            log.warning("not_reminded")
        await asyncio.sleep(_EVERY_S)


if __name__ == "__main__":
    told = WorkerSettings()
    set_up("directory-worker", told.log_level)
    asyncio.run(work(told))
