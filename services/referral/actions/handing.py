"""A handover: what both sides have seen to, who was there, and the receipt when the receiver takes over."""

from dataclasses import dataclass, replace
from datetime import date

from services.referral.actions.context import Context, find_by_task, party_to
from services.referral.actions.course import hidden, must_know, unreadable
from services.referral.domain import errors
from services.referral.domain.handing import (
    Attendance,
    Handover,
    Screening,
    Template,
    first,
    lacks,
    unknown,
)
from services.referral.domain.kinds import Kind
from services.referral.domain.lifecycle import HIDDEN_FROM_RECIPIENT, TOLD_NO_LONGER, Party, TaskState, allowed, ended
from services.referral.domain.model import Referral, Task, TaskId
from services.referral.store import events, handovers
from shared import ledger
from shared.clock import danish_date
from shared.db import Transaction
from shared.ids import new_id
from shared.problems import StaleVersion
from shared.vocabulary import Reason


@dataclass(frozen=True, slots=True)
class Written:
    """What one side writes: its own ticks, and what both share."""

    template: Template | None
    ticked: frozenset[str]
    meeting_on: date | None
    attendance: Attendance | None


@dataclass(frozen=True, slots=True)
class Seen:
    """A handover as a reader sees it; of one that is hidden, nothing that differs with what became of it."""

    handover: Handover | None
    hidden: Reason | None
    by: Party


async def read(context: Context, number: TaskId) -> Seen:
    """Return where a handover stands, as the caller may see it now.

    What the recipient has ticked is the recipient's telling: to the sender it is the course. What the sender has
    written of the family the recipient gets as long as it may read anything of what was sent.

    Raises:
        NotAParty, OwnUnitClosed, Unavailable.
        KindRefused: the request is no handover.
    """
    referral, task, by = await _reach(context, number)
    async with context.database.connection() as connection:
        found = await handovers.find(connection, number)
        await ledger.append(connection, context.entry("handover_read", referral, need=str(referral.need)))
    if by is Party.RECIPIENT and task.state in TOLD_NO_LONGER:
        return Seen(await _first(context, referral, task), None, by)
    why = await _withheld(context, referral, task, by, found)
    return Seen(None if why else found or await _first(context, referral, task), why, by)


async def write(context: Context, number: TaskId, version: int, told: Written) -> Seen:
    """Write the caller's side of a handover.

    Raises:
        NotAParty, OwnUnitClosed, StaleVersion, Unavailable.
        KindRefused: the request is no handover.
        UnknownCheck: what is ticked is not on the list.
        WrongDay: a meeting that was attended is yet to come.
        WrongState: the receiver has taken over, or it has ended or not gone out; or the caller may not know.
    """
    referral, task, by = await _reach(context, number)
    await must_know(context, referral, task, by)
    async with context.database.connection() as connection:
        found = await handovers.find(connection, number)
    if await _withheld(context, referral, task, by, found):
        raise errors.WrongState(None, [])
    before = found or await _first(context, referral, task)
    if before.version != version:
        raise StaleVersion
    if ended(task.state) or task.state in HIDDEN_FROM_RECIPIENT | {TaskState.IN_PROGRESS}:
        raise errors.WrongState(task.state, allowed(task.state, by, referral.rule.without))
    after = _after(context, before, told, by)
    async with context.database.transaction() as transaction:
        made = await handovers.write(transaction, number, after, context.caller.user, context.at)
        other = task.recipient if by is Party.SENDER else referral.sender
        event = events.Event(new_id(), other, "handover_changed", task.id)
        await events.add(transaction, event, referral.id, context.at)
        there = after.attendance
        entry = context.entry(
            "handover_written", referral, task=str(task.id), template=after.template, ticked=sorted(told.ticked),
            meeting_on=after.meeting_on and after.meeting_on.isoformat(), family_present=there and there.family.present,
            absence=there and there.family.absence,
        )  # fmt: skip
        await ledger.append(transaction, entry)
    return Seen(replace(after, version=made), None, by)


async def take_over(transaction: Transaction, context: Context, referral: Referral, task: Task) -> None:
    """Take over with the start: the receipt. The sender hears of it as far as it may hear of the course.

    Raises:
        StepRefused: something that a warm handover needs is missing.
    """
    found = await handovers.lock(transaction, task.id)
    missing = lacks(found or await _first(context, referral, task))
    if missing:
        raise errors.StepRefused(missing)
    await handovers.take_over(transaction, task.id, context.at)
    event = events.Event(new_id(), referral.sender, "taken_over", task.id)
    await events.add(transaction, event, referral.id, context.at)
    await ledger.append(transaction, context.entry("taken_over", referral, task=str(task.id)))


async def screen(context: Context, number: TaskId, made: Screening) -> Screening:
    """Note the authority's screening, before it decides (R35); what it may decide is not ours to say.

    Raises:
        NotAParty, OwnUnitClosed.
        NotYourTurn: the caller is not the authority.
        KindRefused: it is no request to the authority.
        WrongDay: the screening is yet to come.
        WrongState: it has ended, or the sender may not know.
    """
    referral, task, by = await _screened(context, number)
    await must_know(context, referral, task, by)
    if by is not Party.RECIPIENT:
        raise errors.NotYourTurn
    if ended(task.state) or task.state is TaskState.SENT:
        raise errors.WrongState(task.state, allowed(task.state, by, referral.rule.without))
    if made.on > danish_date(context.at):
        raise errors.WrongDay("on")
    async with context.database.transaction() as transaction:
        await handovers.screened(transaction, number, made, context.caller.user, context.at)
        entry = context.entry(
            "screening_recorded", referral, task=str(number), screening_ref=made.ref, paragraph=made.paragraph,
            on=made.on.isoformat(),
        )  # fmt: skip
        await ledger.append(transaction, entry)
    return made


async def screening(context: Context, number: TaskId) -> tuple[Screening | None, Reason | None]:
    """Return the screening, and why it may not be told: to the sender it is the course.

    Raises:
        NotAParty, OwnUnitClosed, KindRefused, Unavailable.
    """
    referral, task, by = await _screened(context, number)
    async with context.database.connection() as connection:
        found = await handovers.screening(connection, number)
        await ledger.append(connection, context.entry("screening_read", referral, need=str(referral.need)))
    if by is Party.RECIPIENT and task.state in TOLD_NO_LONGER:
        return None, None
    why = await hidden(context, referral, task, by, told=found is not None)
    return (None if why else found), why


async def _reach(context: Context, number: TaskId) -> tuple[Referral, Task, Party]:
    referral, task, by = await _party(context, number)
    if not referral.rule.handed_over:
        raise errors.KindRefused(referral.kind, ["kind"])
    return referral, task, by


async def _screened(context: Context, number: TaskId) -> tuple[Referral, Task, Party]:
    referral, task, by = await _party(context, number)
    if referral.kind is not Kind.AUTHORITY_REQUEST:
        raise errors.KindRefused(referral.kind, ["kind"])
    return referral, task, by


async def _party(context: Context, number: TaskId) -> tuple[Referral, Task, Party]:
    referral = await find_by_task(context, number)
    task = referral.task(number)
    by = await party_to(context, referral, task)
    await context.may_read()
    return referral, task, by


async def _first(context: Context, referral: Referral, task: Task) -> Handover:
    units = await context.units()
    sectors = [units[each].sector if each in units else None for each in (referral.sender, task.recipient)]
    return first(referral.kind, *sectors)


async def _withheld(
    context: Context, referral: Referral, task: Task, by: Party, found: Handover | None
) -> Reason | None:
    """Return why a handover may not be told: to the sender the course, to a recipient what it may not read."""
    if by is Party.RECIPIENT:
        return await unreadable(context, referral)
    ticked = found is not None and (bool(found.by_recipient) or found.written_by == task.recipient)
    return await hidden(context, referral, task, by, told=ticked)


def _after(context: Context, before: Handover, told: Written, by: Party) -> Handover:
    template = told.template or before.template
    kept = before if template is before.template else replace(before, by_sender=frozenset(), by_recipient=frozenset())
    if unknown(template, told.ticked):
        raise errors.UnknownCheck
    if told.attendance is not None and (told.meeting_on is None or told.meeting_on > danish_date(context.at)):
        raise errors.WrongDay("meeting_on")
    shared = replace(
        kept, template=template, meeting_on=told.meeting_on, attendance=told.attendance, written_by=context.me
    )
    if by is Party.SENDER:
        return replace(shared, by_sender=told.ticked)
    return replace(shared, by_recipient=told.ticked)
