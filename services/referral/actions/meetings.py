"""Meetings between the parties of a task: proposed, answered, held with both understandings of the problem, or not."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from services.referral import upstream
from services.referral.actions import agreeing
from services.referral.actions.agreeing import Agreed
from services.referral.actions.context import Context, find_by_task, refuse, unless_moved
from services.referral.actions.course import hidden, must_know, unreadable
from services.referral.actions.dialogue import Saying, Words, check, pieces_of, put, written
from services.referral.domain import errors
from services.referral.domain.lifecycle import Party, allowed, ended
from services.referral.domain.meetings import (
    TO_COME,
    Answer,
    Attendee,
    Held,
    Meeting,
    MeetingKind,
    MeetingState,
    Presence,
    live_task,
    may_be_invited,
)
from services.referral.domain.model import (
    MessageKind,
    Missing,
    Piece,
    Referral,
    Task,
    TaskId,
    UnitId,
    by_family,
)
from services.referral.domain.permit import Permits, missing_for, questions_for
from services.referral.domain.view import answered_since
from services.referral.store import meetings
from shared import ledger
from shared.db import Transaction
from shared.idempotency import Once, claim, made_before
from shared.ids import new_id
from shared.problems import StaleVersion
from shared.vocabulary import Occasion


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is proposed: which kind, when, with which other units, with or without the family, and why."""

    kind: MeetingKind
    times: tuple[datetime, ...]
    units: tuple[UnitId, ...]
    family: bool
    words: tuple[Words, ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """What is written of a meeting that was held."""

    on: date
    family: Presence
    attended: tuple[Attendee, ...]
    words: tuple[Words, ...]
    agreed: tuple[Agreed, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """A meeting as a reader sees it now.

    `state`, `held` and `confirmed_for` are None where they may not be told; `units` are those the reader may know of.
    """

    meeting: Meeting
    state: MeetingState | None
    units: tuple[UnitId, ...]
    answers: tuple[Answer, ...]
    held: Held | None
    pieces: tuple[Piece, ...]
    withheld: tuple[Missing, ...]
    confirmed_for: datetime | None = None


async def propose(context: Context, number: TaskId, proposal: Proposal, once: Once) -> tuple[UUID, bool]:
    """Propose a meeting: an invitation in the thread, and a word to every other unit that is invited.

    Raises:
        NotAParty, OwnUnitClosed, ClosedUnit, UnknownSubject.
        WrongState: the task has ended or was not read yet, or the sender may not know.
        KindRefused: it is about nobody.
        NotInvited: somebody invited is no party that the caller knows of.
        StepRefused: consent does not let the invited units know of one another.
        WrongDay: a time has passed.
    """
    return await unless_moved(lambda: _propose(context, number, proposal, once))


async def _propose(context: Context, number: TaskId, proposal: Proposal, once: Once) -> tuple[UUID, bool]:
    referral, task, by = await agreeing.reach(context, number)
    async with context.database.connection() as connection:
        before = await made_before(connection, once)
    if before is not None:
        return before, True
    saying = Saying(MessageKind.INVITATION, proposal.words)
    await _may_arrange(context, referral, task, by, saying)
    units = tuple(sorted({referral.sender, task.recipient, *proposal.units}))
    if not may_be_invited(referral, task, context.me, proposal.units):
        raise errors.NotInvited
    if any(time < context.at for time in proposal.times):
        raise errors.WrongDay("times")
    await context.may_send([unit for unit in units if unit != context.me and not by_family(unit)])
    await _may_meet(context, referral, units)
    made = Meeting(
        new_id(), task.id, proposal.kind, proposal.times, units, proposal.family, MeetingState.PROPOSED, 1,
        context.me, context.at,
    )  # fmt: skip
    async with context.database.transaction() as transaction:
        again = await claim(transaction, once, made.id)
        if again is not None:
            return again, True
        message = written(context, task, saying, by)
        await put(transaction, context, referral, task, message, pieces_of(context, message, saying), by)
        await meetings.add(transaction, made, context.caller.user)
        for unit in set(units) - {referral.sender, task.recipient}:
            await agreeing.tell(transaction, context, referral, task.id, unit, MessageKind.INVITATION.value)
        if made.family_invited:
            await agreeing.tell_family(
                transaction, context, referral, task.id, referral.subjects, MessageKind.INVITATION.value
            )
        entry = context.entry(
            "meeting_proposed", referral, task=str(task.id), meeting=str(made.id), meeting_kind=made.kind,
            units=list(units), family_invited=made.family_invited,
        )  # fmt: skip
        await ledger.append(transaction, entry)
    return made.id, False


async def answer(context: Context, number: UUID, given: Answer) -> Seen:
    """Say whether the caller's unit comes; its last word counts.

    Raises:
        NotAParty, OwnUnitClosed.
        WrongState: the meeting has been held or cancelled, or the sender may not know.
        WrongDay: the time is none of those proposed, nor the one agreed.
    """
    referral, meeting, by = await _reach(context, number)
    task = referral.task(meeting.task)
    await must_know(context, referral, task, by)
    if given.time is not None and given.time not in {*meeting.times, meeting.confirmed_for}:
        raise errors.WrongDay("time")
    async with context.database.transaction() as transaction:
        if not await meetings.still_to_come(transaction, number):
            raise errors.WrongState(meeting.state, [])
        await meetings.answer(transaction, number, given, context.caller.user, context.at)
        if meeting.proposed_by != context.me:
            await agreeing.tell(transaction, context, referral, task.id, meeting.proposed_by, "meeting_answered")
        entry = context.entry(
            "meeting_answered", referral, task=str(task.id), meeting=str(number), comes=given.comes
        )  # fmt: skip
        await ledger.append(transaction, entry)
    return await read(context, number)


async def confirm(context: Context, number: UUID, version: int, time: datetime) -> Seen:
    """Set the time that is agreed, by who proposed it; all who are invited hear of it. To move it is to confirm anew.

    Raises:
        NotAParty, OwnUnitClosed, StaleVersion.
        NotYourTurn: another proposed it.
        WrongState: it has been held or cancelled, or the sender may not know.
        WrongDay: the time has passed.
    """
    referral, meeting, by = await _reach(context, number)
    await must_know(context, referral, referral.task(meeting.task), by)
    if meeting.proposed_by != context.me:
        raise errors.NotYourTurn
    _must_stand(meeting, version)
    if time < context.at:
        raise errors.WrongDay("at")
    async with context.database.transaction() as transaction:
        await meetings.confirm(transaction, meeting, time)
        await _tell_invited(transaction, context, referral, meeting, "meeting_confirmed")
        entry = context.entry(
            "meeting_confirmed", referral, task=str(meeting.task), meeting=str(number), confirmed_for=time.isoformat()
        )
        await ledger.append(transaction, entry)
    return await read(context, number)


async def cancel(context: Context, number: UUID, version: int) -> Seen:
    """Call a meeting off, by who proposed it; the others hear of it.

    Raises:
        NotAParty, OwnUnitClosed, StaleVersion.
        NotYourTurn: another proposed it.
        WrongState: it has been held or cancelled, or the sender may not know.
    """
    referral, meeting, by = await _reach(context, number)
    await must_know(context, referral, referral.task(meeting.task), by)
    if meeting.proposed_by != context.me:
        raise errors.NotYourTurn
    _must_stand(meeting, version)
    async with context.database.transaction() as transaction:
        await meetings.cancel(transaction, meeting)
        await _tell_invited(transaction, context, referral, meeting, "meeting_cancelled")
        entry = context.entry("meeting_cancelled", referral, task=str(meeting.task), meeting=str(number))
        await ledger.append(transaction, entry)
    return await read(context, number)


async def record(context: Context, number: UUID, version: int, told: Record) -> Seen:
    """Write what was said and agreed at a meeting, with both understandings of the problem; it is held by that.

    Raises:
        NotAParty, OwnUnitClosed, StaleVersion, UnknownSubject, WrongDay.
        NotYourTurn: the caller was invited from outside the task's two parties.
        NotInvited: somebody who attended, or has a step, was not invited.
        WrongState: it has been held or cancelled, the task has ended, or the sender may not know.
    """
    referral, meeting, by = await _reach(context, number)
    task = referral.task(meeting.task)
    saying = Saying(MessageKind.MEETING, told.words)
    spoken = (*told.words, *(each.words for each in told.agreed if each.words is not None))
    if context.me not in {referral.sender, task.recipient}:
        raise errors.NotYourTurn
    await _may_arrange(context, referral, task, by, replace(saying, words=spoken))
    _must_stand(meeting, version)
    agreeing.check_days(context, told.agreed, told.on)
    agreeing.check_owners(told.agreed, meeting.units)
    if not {each.unit for each in told.attended} <= set(meeting.units):
        raise errors.NotInvited
    async with context.database.transaction() as transaction:
        message = await agreeing.write(
            transaction, context, referral, task, by, saying, told.agreed, meeting.units
        )  # fmt: skip
        held = Held(told.on, told.family, told.attended, message, context.me, context.at)
        await meetings.hold(transaction, meeting, held)
        for unit in set(meeting.units) - {referral.sender, task.recipient}:
            await agreeing.tell(transaction, context, referral, task.id, unit, MessageKind.MEETING.value)
        entry = context.entry(
            "meeting_held", referral, task=str(task.id), meeting=str(number), message=str(message),
            family_present=told.family.present, absence=told.family.absence, steps=len(told.agreed),
        )  # fmt: skip
        await ledger.append(transaction, entry)
    return await read(context, number)


async def read(context: Context, number: UUID) -> Seen:
    """Return a meeting as the caller may see it at this moment.

    Raises:
        NotAParty, OwnUnitClosed, Unavailable.
    """
    referral, meeting, _ = await _reach(context, number)
    seen = await _seen(context, referral, [meeting])
    if not seen:
        await refuse(context, number, referral.need)
        raise errors.NotAParty
    return seen[0]


async def of_task(context: Context, number: TaskId) -> Sequence[Seen]:
    """Return the meetings of a task, and for a recipient all of the referral's it is invited to, as it may see them.

    Raises:
        NotAParty, OwnUnitClosed, Unavailable.
    """
    referral, task, by = await agreeing.reach(context, number)
    async with context.database.connection() as connection:
        if by is Party.SENDER:
            found = await meetings.of_task(connection, task.id)
        else:
            found = await meetings.invited_to(connection, referral.id, context.me)
    if by is not Party.SENDER and (live_task(referral, context.me) is None or await unreadable(context, referral)):
        found = []
    return await _seen(context, referral, found)


async def _reach(context: Context, number: UUID) -> tuple[Referral, Meeting, Party]:
    async with context.database.connection() as connection:
        meeting = await meetings.find(connection, number)
    referral = None if meeting is None else await find_by_task(context, meeting.task)
    if meeting is not None and referral is not None and _is_for(context, referral, meeting):
        await context.may_read()
        if await unreadable(context, referral) is None:
            return referral, meeting, Party.SENDER if context.me == referral.sender else Party.RECIPIENT
    await refuse(context, number, None if referral is None else referral.need)
    raise errors.NotAParty


async def _tell_invited(
    transaction: Transaction, context: Context, referral: Referral, meeting: Meeting, kind: str
) -> None:
    for unit in sorted(set(meeting.units) - {context.me}):
        await agreeing.tell(transaction, context, referral, meeting.task, unit, kind)
    if meeting.family_invited:
        await agreeing.tell_family(transaction, context, referral, meeting.task, referral.subjects, kind)


def _is_for(context: Context, referral: Referral, meeting: Meeting) -> bool:
    live = context.me == referral.sender or live_task(referral, context.me) is not None
    return live and context.me in meeting.units


async def _may_arrange(context: Context, referral: Referral, task: Task, by: Party, saying: Saying) -> None:
    await must_know(context, referral, task, by)
    if referral.rule.anonymous:
        raise errors.KindRefused(referral.kind, ["no_person"])
    check(context, referral, task, saying, by)
    if ended(task.state):
        raise errors.WrongState(task.state, allowed(task.state, by, referral.rule.without))


def _must_stand(meeting: Meeting, version: int) -> None:
    if meeting.version != version:
        raise StaleVersion
    if meeting.state not in TO_COME:
        raise errors.WrongState(meeting.state, [])


async def _may_meet(context: Context, referral: Referral, units: Sequence[UnitId]) -> None:
    asked = [question for unit in units for question in agreeing.others_questions(referral, unit, units)]
    if not asked:
        return
    permits = await upstream.ask(context.consent, referral, asked, Occasion.SEND, context.actor, context.request_id)
    if not all(agreeing.may_know(referral, unit, units, permits) for unit in units):
        raise errors.StepRefused(["consent"])


async def _seen(context: Context, referral: Referral, found: Sequence[Meeting]) -> list[Seen]:
    by = Party.SENDER if context.me == referral.sender else Party.RECIPIENT
    untold = {
        number: await hidden(context, referral, referral.task(number), by) for number in {each.task for each in found}
    }
    async with context.database.connection() as connection:
        told = await meetings.words(connection, referral, [each.held.message for each in found if each.held])
    asked = questions_for(told, context.me)
    asked += agreeing.others_questions(referral, context.me, {unit for each in found for unit in each.units})
    permits = await agreeing.permits_of(context, referral, asked)
    seen = []
    for each in found:
        since = answered_since(referral, referral.task(each.task)) if untold[each.task] is not None else None
        if since is None:
            seen.append(_whole(context, referral, each, told, permits))
        elif each.at < since:
            seen.append(_before(context, each, since, told, permits))
    return seen


def _whole(context: Context, referral: Referral, each: Meeting, told: Sequence[Piece], permits: Permits) -> Seen:
    known = set(each.units)
    if not agreeing.may_know(referral, context.me, each.units, permits):
        known &= {referral.sender, context.me}
    held = each.held and replace(each.held, attended=tuple(who for who in each.held.attended if who.unit in known))
    pieces = [piece for piece in told if each.held and piece.message == each.held.message]
    return Seen(
        each, each.state, tuple(unit for unit in each.units if unit in known),
        tuple(given for given in each.answers if given.unit in known or by_family(given.unit)), held,
        tuple(piece for piece in pieces if permits.allow(piece, context.me)),
        missing_for(pieces, context.me, permits), each.confirmed_for,
    )  # fmt: skip


def _before(context: Context, each: Meeting, since: datetime, told: Sequence[Piece], permits: Permits) -> Seen:
    """Return a meeting of a hidden course as its sender knew it before the answer: alike whatever became of it."""
    held = each.held if each.held is not None and each.held.at < since else None
    pieces = [piece for piece in told if held is not None and piece.message == held.message]
    return Seen(
        each, None if held is None else each.state, each.units,
        tuple(given for given in each.answers if given.unit == context.me), held,
        tuple(piece for piece in pieces if permits.allow(piece, context.me)),
        missing_for(pieces, context.me, permits),
    )  # fmt: skip
