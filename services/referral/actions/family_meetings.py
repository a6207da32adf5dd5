"""The family at meetings and with what is agreed there: it sees its own, says whether it comes, and does its part.

Nobody is shown the other parent's words or steps; whether and why somebody else of the family was not there is not
told either (R57).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.referral.actions import agreeing
from services.referral.actions.context import Context, find_by_task, party_to, refuse
from services.referral.actions.family import as_it_sent
from services.referral.domain import errors
from services.referral.domain.family import May, concerns_nobody_else, may_see, seen_task
from services.referral.domain.lifecycle import Party
from services.referral.domain.meetings import FAMILY, TO_COME, Answer, Held, Meeting, NextStep
from services.referral.domain.model import Piece, Referral, Task, TaskId, by_family
from services.referral.store import meetings
from shared import ledger
from shared.db import Connection


@dataclass(frozen=True, slots=True)
class FamilyMeeting:
    """A meeting as somebody of the family sees it: the units' answers and their own, and the pieces that are theirs.

    `alone`: it concerns nobody the reader does not speak for; only then is it told who of the family was there.
    """

    meeting: Meeting
    mine: Answer | None
    units: tuple[Answer, ...]
    held: Held | None
    pieces: tuple[Piece, ...]
    alone: bool
    may_answer: bool


@dataclass(frozen=True, slots=True)
class FamilyStep:
    """A next step as somebody of the family sees it; `mine`: it is the family's to do, and about the reader's."""

    step: NextStep
    piece: Piece
    mine: bool


async def of_task(context: Context, number: TaskId) -> list[FamilyMeeting]:
    """Return the meetings about a task that the caller is invited to; the reading is on the ledger (R50).

    Raises:
        NotAParty: the task is not theirs; the attempt is on the ledger.
    """
    acting, referral, task, _ = await _reach(context, number)
    async with acting.database.connection() as connection:
        found = [each for each in await meetings.of_task(connection, task.id) if _invited(acting, each)]
        return await _seen(connection, acting, referral, found)


async def read(context: Context, number: UUID) -> FamilyMeeting:
    """Return a meeting that the caller is invited to; the reading is on the ledger.

    Raises:
        NotAParty: it is not there for them; the attempt is on the ledger.
    """
    acting, referral, meeting, _ = await _meeting(context, number)
    async with acting.database.connection() as connection:
        (seen,) = await _seen(connection, acting, referral, [meeting])
    return seen


async def answer(context: Context, number: UUID, given: Answer) -> FamilyMeeting:
    """Say whether the caller comes, for themselves alone; the last word counts. A no needs no reason.

    Raises:
        NotAParty: the meeting is not there for them.
        WrongState: it has been held or called off, or the caller's part has ended.
        WrongDay: the time is none of those proposed, nor the one agreed.
    """
    acting, referral, meeting, by = await _meeting(context, number)
    task = referral.task(meeting.task)
    if May.WRITE not in seen_task(referral, task, acting.reader).allowed:
        raise errors.WrongState(meeting.state, [])
    if given.time is not None and given.time not in {*meeting.times, meeting.confirmed_for}:
        raise errors.WrongDay("time")
    async with acting.database.transaction() as transaction:
        if not await meetings.still_to_come(transaction, number):
            raise errors.WrongState(meeting.state, [])
        await meetings.answer(transaction, number, given, acting.caller.user, acting.at)
        for unit in meeting.units:
            if not by_family(unit):
                await agreeing.tell(transaction, acting, referral, task.id, unit, "meeting_answered")
        entry = acting.entry(
            "meeting_answered", referral, task=str(task.id), meeting=str(number), comes=given.comes, by=by
        )  # fmt: skip
        await ledger.append(transaction, entry)
    return await read(context, number)


async def steps(context: Context, number: TaskId) -> Sequence[FamilyStep]:
    """Return what is agreed that is the caller's to see, what is due first first; the reading is on the ledger.

    Raises:
        NotAParty: the task is not theirs; the attempt is on the ledger.
    """
    acting, referral, task, _ = await _reach(context, number)
    async with acting.database.connection() as connection:
        found = [each for each in await meetings.steps(connection, referral.id) if each.task == task.id]
        told = await meetings.words(connection, referral, {each.message for each in found})
        newest = agreeing.latest(told)
        seen = [
            FamilyStep(each, newest[each.piece], _is_mine(acting, each))
            for each in found
            if each.piece is not None and may_see(newest[each.piece], acting.reader)
        ]
        await _note(connection, acting, referral, task, [each.piece for each in seen])
    return seen


async def done(context: Context, number: UUID) -> NextStep:
    """Note that a step of the family's is done; twice is once, and a step about another is not there.

    Raises:
        NotAParty: the step is not there for them; the attempt is on the ledger.
        NotYourTurn: a unit does it.
    """
    async with context.database.connection() as connection:
        found = await meetings.step(connection, number)
    if found is None:
        await refuse(context, number)
        raise errors.NotAParty
    acting, referral, _, _ = await _reach(context, found.task)
    async with context.database.connection() as connection:
        told = agreeing.latest(await meetings.words(connection, referral, {found.message}))
    if found.piece is None or not may_see(told[found.piece], acting.reader):
        await refuse(context, number, referral.need)
        raise errors.NotAParty
    return await agreeing.done(acting, number)


def _is_mine(context: Context, step: NextStep) -> bool:
    return step.owner == FAMILY or context.reader.wrote(step.owner)


async def _reach(context: Context, number: TaskId) -> tuple[Context, Referral, Task, Party]:
    referral = await find_by_task(context, number)
    task = referral.task(number)
    acting = as_it_sent(context, referral)
    return acting, referral, task, await party_to(acting, referral, task)


async def _meeting(context: Context, number: UUID) -> tuple[Context, Referral, Meeting, Party]:
    async with context.database.connection() as connection:
        meeting = await meetings.find(connection, number)
    if meeting is None:
        await refuse(context, number)
        raise errors.NotAParty
    acting, referral, _, by = await _reach(context, meeting.task)
    if not _invited(acting, meeting):
        await refuse(context, number, referral.need)
        raise errors.NotAParty
    return acting, referral, meeting, by


def _invited(context: Context, meeting: Meeting) -> bool:
    """Say whether the reader is invited: with the family, or as the one who asked for help."""
    return meeting.family_invited or context.me in meeting.units


async def _seen(
    connection: Connection, context: Context, referral: Referral, found: Sequence[Meeting]
) -> list[FamilyMeeting]:
    told = await meetings.words(connection, referral, [each.held.message for each in found if each.held])
    seen = [_one(context, referral, each, told) for each in found]
    for number in dict.fromkeys(each.task for each in found):
        pieces = [piece for each in seen if each.meeting.task == number for piece in each.pieces]
        await _note(connection, context, referral, referral.task(number), pieces)
    if not found:
        await ledger.append(connection, context.entry("record_read", referral, need=str(referral.need), about=[]))
    return seen


def _one(context: Context, referral: Referral, each: Meeting, told: Sequence[Piece]) -> FamilyMeeting:
    reader, task = context.reader, referral.task(each.task)
    message = None if each.held is None else each.held.message
    return FamilyMeeting(
        each,
        next((given for given in each.answers if reader.wrote(given.unit)), None),
        tuple(given for given in each.answers if not by_family(given.unit)),
        each.held,
        tuple(piece for piece in told if message and piece.message == message and may_see(piece, reader)),
        concerns_nobody_else(referral, reader),
        each.state in TO_COME and May.WRITE in seen_task(referral, task, reader).allowed,
    )


async def _note(
    connection: Connection, context: Context, referral: Referral, task: Task, shown: Sequence[Piece]
) -> None:
    """Write that the family has read, and whom it was about (R50)."""
    about = sorted({str(piece.subject) for piece in shown})
    entry = context.entry("record_read", referral, need=str(referral.need), task=str(task.id), about=about)
    await ledger.append(connection, entry)
