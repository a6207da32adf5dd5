"""The clocks of a report: put on the queue as it is received, and somebody told, once, when one has run out (R32).

A job a clock is done at its moment. Whatever becomes of a job, a look at the register, once a minute, finds what has
run out: the register is what counts, and no job and no process is.
"""

from datetime import datetime, timedelta
from uuid import UUID

import structlog

from services.concern.actions.context import Clockwork
from services.concern.domain.overdue import Watched, escalates_to, run_out, running
from services.concern.store import clocks, jobs, reports
from services.concern.store.reports import Filed
from shared import ledger
from shared.db import Connection, Database
from shared.ids import new_id

log = structlog.get_logger()
_BATCH = 200
# A job whose moment is ahead comes again now and then: should the clock be set forward, it is not the last to hear.
_LONGEST_WAIT = timedelta(hours=1)


async def start(connection: Connection, filed: Filed, at: datetime) -> None:
    """Put a job for each clock of a report, in the transaction that receives it; `at`: the present moment."""
    until = {Watched.ASSESS: filed.assess_by, Watched.ACKNOWLEDGE: filed.acknowledge_by}
    if filed.parents_to_tell:
        until[Watched.PARENTS] = filed.inform_by
    for clock, moment in until.items():
        await jobs.put(connection, filed.id, clock, moment - at)


async def start_parents(connection: Connection, report: UUID, inform_by: datetime, at: datetime) -> None:
    """Put the job of the parents' clock again, where an answer says that somebody still has to tell them."""
    await jobs.put(connection, report, Watched.PARENTS, inform_by - at)


async def serve(database: Database, payload: bytes, at: datetime) -> timedelta | None:
    """Do a job: tell somebody if that clock has run out by `at`; while its moment is ahead, return how long to wait.

    Raises:
        Unavailable: the database does not answer; the queue does it again.
    """
    report, clock = jobs.read(payload)
    async with database.connection() as connection:
        row = await reports.find(connection, report)
    until = None if row is None else running(clocks.watch(row)).get(clock)
    if until is None:
        return None
    if at < until:
        return min(until - at, _LONGEST_WAIT)
    await escalate(database, report, clock, Clockwork(at, str(new_id())))
    return None


async def look(database: Database, at: datetime) -> int:
    """Tell somebody of each clock that has run out by that moment and nobody was told of; return how many.

    Raises:
        Unavailable: the database does not answer; what was not told is found by the next look.
    """
    told = 0
    while True:
        async with database.connection() as connection:
            found = await clocks.untold(connection, at, _BATCH)
        done = sum([await escalate(database, each.report, each.clock, Clockwork(at, str(new_id()))) for each in found])
        told += done
        if not done or len(found) < _BATCH:
            break
    if told:
        log.warning("clocks_run_out", told=told)
    return told


async def escalate(database: Database, report: UUID, clock: Watched, by: Clockwork) -> bool:
    """Tell the person named by the municipality of one clock, if it still has run out; say whether it was told now.

    Held meanwhile, the report is not assessed at the same moment: either it was in time, or somebody is told.

    Raises:
        Unavailable: the database does not answer.
    """
    async with database.transaction() as transaction:
        row = await reports.find(transaction, report, hold=True)
        until = None if row is None else run_out(clocks.watch(row), by.at).get(clock)
        if until is None:
            return False
        named = await reports.reception_of(transaction, row["municipality"])
        to = escalates_to(None if named is None else named["escalates_to"], row["unit"])
        entry = by.entry(
            "concern_clock_run_out", report=str(report), clock=clock.value, to=to, due_by=until.isoformat()
        )
        if not await clocks.tell_once(transaction, report, clock, to, by.at, entry.id):
            return False
        await ledger.append(transaction, entry)
    return True
