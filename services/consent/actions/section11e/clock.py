"""What the clock brings to meetings: rooms close by themselves, and a leader is told of what is overdue (R12–R14).

Nothing depends on this for being refused: whoever comes to a room after its end is, whether or not anything has closed
it. Each deed stands in a transaction of its own, and is done once, however many look: a second one finds it done.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.consent import store
from services.consent.actions.context import Clockwork, Request
from services.consent.actions.section11e.around import Parties, led, settle
from services.consent.domain.section11e import duties
from services.consent.domain.section11e.duties import Duty
from services.consent.domain.section11e.meetings import TAKES_PLACE, State
from shared import ledger
from shared.db import Connection, Database, Transaction
from shared.ids import new_id

_MOST = 1_000


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep found to do: meetings ended, and leaders told."""

    ended: int
    told: int


@dataclass(frozen=True, slots=True)
class Overdue:
    """What is overdue in a municipality: how much of each, and the longest of it."""

    municipality: str | None
    counts: Mapping[Duty, int]
    rows: list[Any]


async def end(database: Database, meeting: UUID, at: datetime) -> timedelta | None:
    """End a meeting whose time is up, as of the end it was called with; return how long it has still, if it has.

    Nothing is done to one that somebody ended, or called off, or that is not there.
    """
    async with database.transaction() as transaction:
        row = await store.section11e.meeting(transaction, meeting, hold=True)
        if row is None or State(row["state"]) not in TAKES_PLACE - {State.HELD}:
            return None
        ends_at: datetime = row["ends_at"]
        if at < ends_at:
            return ends_at - at
        await settle(transaction, row, _clockwork(at))
    return None


async def escalate(database: Database, meeting: UUID, duty: Duty, at: datetime) -> timedelta | None:
    """Tell the leader whom the call names, once, of what is overdue; return how long there is still, if there is.

    Nothing is done where the duty was, or where the meeting was not held. What is done the moment before is done: the
    meeting is held as it is until it is written that the leader was told.
    """
    async with database.transaction() as transaction:
        row = await store.section11e.meeting(transaction, meeting, hold=True)
        if row is None or not _owed(duty, row):
            return None
        due = duties.due(duty, row["ended_at"])
        if at < due:
            return due - at
        await _tell(transaction, row, duty, due, _clockwork(at))
    return None


async def sweep(database: Database, at: datetime) -> Swept:
    """Find and do what is due, whatever became of its jobs; what is too much for once is found again.

    Raises:
        Unavailable: the database does not answer, or somebody holds a meeting for long; the rest comes with the next.
    """
    async with database.connection() as connection:
        over = await store.section11e_clock.to_end(connection, at, _MOST)
    for meeting in over:
        await end(database, meeting, at)
    async with database.connection() as connection:
        late = await store.section11e_clock.to_tell(connection, at, _MOST)
    for meeting, duty in late:
        await escalate(database, meeting, duty, at)
    return Swept(len(over), len(late))


async def overwrite(database: Database) -> None:
    """Have what was deleted from rooms overwritten; not in a transaction, and harmless where it does not come about."""
    async with database.connection() as connection:
        await store.section11e_clock.overwrite(connection)


async def tidy(database: Database) -> None:
    """Put again what the queue has parked, and have it forget what it did long ago."""
    async with database.connection() as connection:
        await store.section11e_jobs.tidy(connection)


async def overdue(transaction: Transaction, units: Parties, request: Request, most: int) -> Overdue:
    """Return what is overdue in the municipality of a leader's unit; that they looked is on the ledger."""
    place = led(units, request)
    await ledger.append(transaction, request.entry("section11e_overdue_read", None, municipality=place))
    if place is None:
        return Overdue(None, dict.fromkeys(Duty, 0), [])
    counts = await store.section11e_clock.counted(transaction, place, request.at)
    return Overdue(place, counts, await store.section11e_clock.overdue(transaction, place, request.at, most))


async def prompts(connection: Connection, request: Request, most: int) -> list[Any]:
    """Return what the caller's unit owes after its meetings, what is due soonest first: no person is named."""
    return await store.section11e_clock.owed_by(connection, request.unit, most)


async def _tell(transaction: Transaction, row: Any, duty: Duty, due: datetime, acting: Clockwork) -> None:  # noqa: ANN401 - a database row
    """Keep that the leader was told, and have it on the ledger; who was told before is not told again."""
    if await store.section11e_clock.escalate(transaction, row["id"], duty, row["leader"], acting.at):
        await ledger.append(transaction, acting.entry(
            "section11e_overdue", None, meeting=str(row["id"]), matter=str(row["matter"]), what=duty, unit=row["unit"],
            municipality=row["municipality"], due=due.isoformat(), leader=row["leader"],
        ))  # fmt: skip


def _owed(duty: Duty, row: Any) -> bool:  # noqa: ANN401 - a database row
    informed = row["informed_at"] is not None or row["not_informed_because"] is not None
    return duties.owed(duty, State(row["state"]), concluded=row["outcome"] is not None, informed=informed)


def _clockwork(at: datetime) -> Clockwork:
    return Clockwork(at, str(new_id()))
