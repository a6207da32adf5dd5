"""The consent worker: seals the ledger, tells the referral service what happened to consents, and minds the clock.

What meetings under RSL § 11 e need at a moment, the queue's jobs do; each minute it is looked whether one was missed.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import structlog

from services.consent.actions import clock
from services.consent.actions.context import TO_REFERRAL
from services.consent.actions.section11e import clock as section11e
from services.consent.actions.section11e.around import JOBS
from services.consent.domain.section11e.duties import Duty
from services.consent.settings import WorkerSettings
from services.consent.store.section11e_jobs import Job
from shared.auth import ServiceIdentity
from shared.clock import now
from shared.db import Database
from shared.http import Upstream
from shared.ids import new_id
from shared.logging import set_up
from shared.outbox import Carrier, Message
from shared.problems import Unavailable
from shared.queue import NotYet, Queue, Work
from shared.sealer import NoteSigner, Sealer
from shared.units import UnitMirror
from shared.work import run_until_told

log = structlog.get_logger()
_EVER = datetime(1900, 1, 1, tzinfo=UTC)
_LATELY = timedelta(days=14)
_Do = Callable[[UUID, datetime], Awaitable[timedelta | None]]
_EACH_MINUTE, _EACH_TEN_MINUTES = "* * * * *", "*/10 * * * *"


async def work(settings: WorkerSettings) -> None:
    """Seal and carry until told to stop."""
    database = Database(settings.database_url, 2, "consent-worker")
    referral = Upstream("referral", settings.referral_url, ServiceIdentity("consent", settings.identity_key))
    directory = Upstream("directory", settings.directory_url, ServiceIdentity("consent", settings.identity_key))
    ledger = Database(settings.sealer_database_url, 1, "consent-sealer")
    sealer = Sealer(ledger, NoteSigner(settings.ledger_origin, settings.ledger_key), pause_s=settings.seal_every_s)

    async def tell(message: Message) -> None:
        await referral.call("POST", "/internal/consent-events", message.payload, request_id=message.request_id)

    carrier = Carrier(database, {TO_REFERRAL: tell})
    minding = _minding(database, directory, settings.look_every_s)
    rooms = Database(settings.database_url, 4, "consent-section11e")
    queue = Queue(settings.database_url, "consent-queue", dead_after=timedelta(seconds=settings.queue_dead_after_s))
    await run_until_told(
        [database, rooms, ledger, referral, directory], [sealer.run(), carrier.run(), minding, meetings(queue, rooms)]
    )


def meetings(queue: Queue, database: Database) -> Coroutine[Any, Any, None]:
    """Return what does the jobs of meetings under RSL § 11 e, and looks each minute for what they missed."""

    async def look() -> None:
        found = await section11e.sweep(database, now())
        if found.ended or found.told:
            log.info("meetings_minded", ended=found.ended, told=found.told)

    async def tidy() -> None:
        await section11e.tidy(database)

    return queue.run(
        works(database), {"section11e_look": (_EACH_MINUTE, look), "queue_tidy": (_EACH_TEN_MINUTES, tidy)}
    )


def works(database: Database) -> Mapping[str, Work]:
    """Return what does each job: where the service's clock says it is too early, the job is kept till it is time."""

    async def end(meeting: UUID, at: datetime) -> timedelta | None:
        return await section11e.end(database, meeting, at)

    def look_at(duty: Duty) -> _Do:
        async def escalate(meeting: UUID, at: datetime) -> timedelta | None:
            return await section11e.escalate(database, meeting, duty, at)

        return escalate

    async def overwrite(_: bytes) -> None:
        await section11e.overwrite(database)

    done: dict[str, Work] = {job: _once_due(look_at(duty)) for duty, job in JOBS.items()}
    return {Job.END: _once_due(end), Job.OVERWRITE: overwrite} | done


def _once_due(do: _Do) -> Work:
    async def work(payload: bytes) -> None:
        early = await do(UUID(payload.decode()), now())
        if early is not None:
            raise NotYet(early)

    return work


async def _minding(database: Database, directory: Upstream, every_s: float) -> None:
    """Look at the clock for ever; when something is down, look again later."""
    units, since = UnitMirror(), _EVER
    while True:
        try:
            at = now()
            await look(database, units, directory, at, since=since)
            since = at - _LATELY
        except Unavailable as error:
            log.warning("clock_not_minded", what=error.what)
        await asyncio.sleep(every_s)


async def look(
    database: Database, units: UnitMirror, directory: Upstream, at: datetime, *, since: datetime = _EVER
) -> None:
    """Do once what time brings: write what has ended since, remind before ends, greet who turned 15, tell of mergers.

    Raises:
        Unavailable: the database or the directory does not answer.
    """
    written = await clock.write_expired(database, at, since=since)
    reminded = await clock.remind_of_ends(database, at)
    turned = await clock.greet_fifteen(database, at)
    known = await units.all(directory, str(new_id()))
    moved = await clock.notice_regions(database, known, at)
    if written or reminded or moved:
        log.info("clock_minded", expired=written, reminded=reminded, moved=moved, fifteen=turned)


if __name__ == "__main__":
    told = WorkerSettings()
    set_up("consent-worker", told.log_level)
    asyncio.run(work(told))
