"""The queue's jobs: one for each clock of a report, put in the transaction that it belongs to."""

from datetime import timedelta
from uuid import UUID

from services.concern.domain.overdue import Watched
from shared.db import Connection
from shared.queue import enqueue

CLOCK = "concern-clock"
_NOTHING = timedelta()


async def put(connection: Connection, report: UUID, clock: Watched, wait: timedelta) -> None:
    """Put the job that looks at one clock of a report after `wait`; one that is there already is enough."""
    job = f"{report}:{clock.value}"
    await enqueue(connection, CLOCK, [(job.encode(), f"{CLOCK}:{job}")], max(wait, _NOTHING))


def read(payload: bytes) -> tuple[UUID, Watched]:
    """Return which report and which clock a job is about."""
    report, _, clock = payload.decode().partition(":")
    return UUID(report), Watched(clock)
