"""The referral worker: seals the ledger, follows what becomes of consents, and reminds of what is late."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog

from services.referral.actions.following import TASK_ENDING, Surroundings, reconsider, tell_endings
from services.referral.actions.posting import RECONSIDER
from services.referral.actions.publishing import SCAN, scan
from services.referral.actions.reminding import Looking, remind
from services.referral.domain.model import ReferralId
from services.referral.domain.reminding import Patience
from services.referral.hooks import hooks
from services.referral.scanning import Scanner
from services.referral.settings import WorkerSettings
from shared.auth import ServiceIdentity
from shared.clock import now
from shared.db import Database
from shared.http import Upstream
from shared.ids import new_id
from shared.logging import set_up
from shared.outbox import Carrier, Message
from shared.problems import Unavailable
from shared.sealer import NoteSigner, Sealer
from shared.work import run_until_told

log = structlog.get_logger()
_EVER = datetime(1900, 1, 1, tzinfo=UTC)
_LATELY = timedelta(days=14)
_SCANS_AT_ONCE = 2  # on one lease of 30 seconds: a scanner that does not answer takes 10 of them for each


async def work(settings: WorkerSettings) -> None:
    """Seal and carry until told to stop."""
    database = Database(settings.database_url, 2, "referral-worker")
    consent = Upstream("consent", settings.consent_url, ServiceIdentity("referral", settings.identity_key))
    ledger = Database(settings.sealer_database_url, 1, "referral-sealer")
    sealer = Sealer(ledger, NoteSigner(settings.ledger_origin, settings.ledger_key), pause_s=settings.seal_every_s)
    around = Surroundings(database, consent)
    hooked = hooks(settings, consent)
    waits = (settings.remind_days_before, settings.escalate_days_after, settings.answer_days)
    patience = Patience(*(timedelta(days=days) for days in waits))
    await run_until_told(
        [database, ledger, consent, *hooked.resources],
        [
            sealer.run(), *(each.run() for each in carriers(around, settings.clamd_url)),
            reminding(database, patience, settings.remind_every_s), *hooked.loops(),
        ],
    )  # fmt: skip


def carriers(around: Surroundings, clamd_url: str) -> Sequence[Carrier]:
    """Return what carries messages out: what consents say never waits behind a scanner that is slow."""
    scanner = Scanner(clamd_url) if clamd_url else None

    async def look_anew(message: Message) -> None:
        await reconsider(around, ReferralId(UUID(message.payload["referral"])), now(), message.request_id)

    async def have_scanned(message: Message) -> None:
        await scan(around, scanner, UUID(message.payload["attachment"]), now(), message.request_id)

    return [
        Carrier(around.database, {RECONSIDER: look_anew, TASK_ENDING: tell_endings(around.consent)}),
        Carrier(around.database, {SCAN: have_scanned}, batch=_SCANS_AT_ONCE),
    ]


async def reminding(database: Database, patience: Patience, every_s: float) -> None:
    """Look for what is late for ever: at everything when it starts, then at what passed in the last days."""
    since = _EVER
    while True:
        at = now()
        try:
            sent = await remind(Looking(database, at, since, patience, str(new_id())))
            since = at - _LATELY
        except Unavailable as error:
            log.warning("late_not_looked_for", what=error.what)
        else:
            if sent:
                log.info("reminded", sent=sent)
        await asyncio.sleep(every_s)


if __name__ == "__main__":
    told = WorkerSettings()
    set_up("referral-worker", told.log_level)
    asyncio.run(work(told))
