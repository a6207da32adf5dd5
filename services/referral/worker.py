"""The referral worker: seals the ledger, looks anew at referrals whose consents changed, and tells what that ended."""

import asyncio
from uuid import UUID

from services.referral.actions.following import TASK_ENDING, Surroundings, reconsider, tell_endings
from services.referral.actions.posting import RECONSIDER
from services.referral.domain.model import ReferralId
from services.referral.settings import WorkerSettings
from shared.auth import ServiceIdentity
from shared.clock import now
from shared.db import Database
from shared.http import Upstream
from shared.logging import set_up
from shared.outbox import Carrier, Message
from shared.sealer import NoteSigner, Sealer
from shared.work import run_until_told


async def work(settings: WorkerSettings) -> None:
    """Seal and carry until told to stop."""
    database = Database(settings.database_url, 2, "referral-worker")
    consent = Upstream("consent", settings.consent_url, ServiceIdentity("referral", settings.identity_key))
    ledger = Database(settings.sealer_database_url, 1, "referral-sealer")
    sealer = Sealer(ledger, NoteSigner(settings.ledger_origin, settings.ledger_key), pause_s=settings.seal_every_s)
    around = Surroundings(database, consent)

    async def look_anew(message: Message) -> None:
        await reconsider(around, ReferralId(UUID(message.payload["referral"])), now(), message.request_id)

    carrier = Carrier(database, {RECONSIDER: look_anew, TASK_ENDING: tell_endings(consent)})
    await run_until_told([database, ledger, consent], [sealer.run(), carrier.run()])


if __name__ == "__main__":
    told = WorkerSettings()
    set_up("referral-worker", told.log_level)
    asyncio.run(work(told))
