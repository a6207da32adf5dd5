"""A course (forløb): everything under one need that the caller is a party to, and who coordinates it."""

from uuid import UUID

from services.referral.actions import course, reading
from services.referral.actions.context import Context, refuse
from services.referral.domain import errors
from services.referral.domain.courses import Coordinator, Course, Stage, check_since
from services.referral.domain.model import Referral
from services.referral.domain.view import SeenTask
from services.referral.store import courses, referrals
from shared import ledger
from shared.clock import danish_date
from shared.ids import new_id

_START = UUID(int=0)


async def read(context: Context, need: UUID, after: UUID | None, most: int) -> Course:
    """Return a course, its referrals oldest first: what the caller may not see is not there, and not counted.

    Raises:
        NotAParty: the caller has part in none of it; the attempt is on the ledger.
        OwnUnitClosed: the unit is closed.
        Unavailable: consent does not answer, and a recipient has: then nothing is shown.
    """
    await _check_party(context, need)
    async with context.database.connection() as connection:
        numbers = await courses.reached(connection, need, context.me, after or _START, most)
        found = [await referrals.find(connection, number) for number in numbers]
        named = await courses.coordinators_of(connection, need)
        known = await courses.known_to(connection, need, context.me)
    stages = [await _stage(context, each) for each in found if each is not None]
    written = ledger.entry(
        "course_read", at=context.at, actor=context.actor, request_id=context.request_id, need=str(need)
    )
    async with context.database.connection() as connection:
        await ledger.append(connection, written)
    shown = [each for each in named if each.by == context.me or each.unit in known]
    told = [each for each in shown if await _may_hear(context, need, each)]
    return Course(told[0] if told else None, told, stages)


async def name_coordinator(context: Context, need: UUID, named: Coordinator) -> None:
    """Name who coordinates the course from a day on; those before are kept. Naming opens nothing to anybody.

    Raises:
        NotAParty: the caller has part in none of it; the attempt is on the ledger.
        WrongState: the caller's part in it is over, or nothing has gone out.
        SinceInTheFuture: the day has not come.
        UnknownUnit, ClosedUnit, OwnUnitClosed, Unavailable: of the unit that is named, or the caller's.
    """
    await _check_party(context, need)
    async with context.database.connection() as connection:
        if not await courses.takes_part(connection, need, context.me):
            raise errors.WrongState(None, [])
    check_since(named.since, danish_date(context.at))
    if named.unit not in await context.units():
        raise errors.UnknownUnit
    await context.may_send([named.unit])
    async with context.database.transaction() as transaction:
        if await courses.coordinator_of(transaction, need) == named:
            return
        await courses.name_coordinator(transaction, new_id(), need, named, context.me, context.caller.user, context.at)
        written = ledger.entry(
            "coordinator_named", at=context.at, actor=context.actor, request_id=context.request_id, need=str(need),
            unit=named.unit, user=named.user, since=named.since.isoformat(),
        )  # fmt: skip
        await ledger.append(transaction, written)


async def _may_hear(context: Context, need: UUID, named: Coordinator) -> bool:
    """Say whether the caller may hear of a coordinator: one that a recipient of its own named, or is, is the course."""
    if named.by == context.me:
        return True
    units = {named.unit, named.by}
    async with context.database.connection() as connection:
        if named.by in await courses.senders_to(connection, need, context.me):
            units = {named.by}  # told by who has sent to the caller: the course only if it got something, too
        sent = [await referrals.find(connection, each)
                for each in await courses.sent_to(connection, need, context.me, units)]  # fmt: skip
    for referral in filter(None, sent):
        for task in referral.tasks:
            if task.recipient in units and await course.hidden(context, referral, task, told=True) is not None:
                return False
    return True


async def _check_party(context: Context, need: UUID) -> None:
    await context.may_read()
    async with context.database.connection() as connection:
        some = await courses.reached(connection, need, context.me, _START, 1)
    if not some:
        await refuse(context, need, need)
        raise errors.NotAParty


async def _stage(context: Context, referral: Referral) -> Stage:
    """Return a referral as its reader may see it: the sender's tasks through the gate, a recipient's own."""
    if context.me == referral.sender:
        return Stage(referral, await reading.own_tasks(context, referral), as_sender=True)
    own = tuple(SeenTask(task, None) for task in referral.tasks_of(context.me))
    return Stage(referral, own, as_sender=False)
