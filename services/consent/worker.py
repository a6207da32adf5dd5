"""The consent worker: seals the ledger, and tells the referral service what happened to consents."""

import asyncio

from services.consent.actions import TO_REFERRAL
from services.consent.settings import WorkerSettings
from shared.auth import ServiceIdentity
from shared.db import Database
from shared.http import Upstream
from shared.logging import set_up
from shared.outbox import Carrier, Message
from shared.sealer import NoteSigner, Sealer
from shared.work import run_until_told


async def work(settings: WorkerSettings) -> None:
    """Seal and carry until told to stop."""
    database = Database(settings.database_url, 2, "consent-worker")
    referral = Upstream("referral", settings.referral_url, ServiceIdentity("consent", settings.identity_key))
    ledger = Database(settings.sealer_database_url, 1, "consent-sealer")
    sealer = Sealer(ledger, NoteSigner(settings.ledger_origin, settings.ledger_key), pause_s=settings.seal_every_s)

    async def tell(message: Message) -> None:
        await referral.call("POST", "/internal/consent-events", message.payload, request_id=message.request_id)

    await run_until_told([database, ledger, referral], [sealer.run(), Carrier(database, {TO_REFERRAL: tell}).run()])


if __name__ == "__main__":
    told = WorkerSettings()
    set_up("consent-worker", told.log_level)
    asyncio.run(work(told))
