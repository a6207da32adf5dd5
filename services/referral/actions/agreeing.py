"""What is agreed: words with next steps, each with an owner and a day; listed, done, and planned for afterwards."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from services.referral import upstream
from services.referral.actions.context import Context, find, find_by_task, party_to, refuse, unless_moved
from services.referral.actions.course import hidden, must_know
from services.referral.actions.dialogue import Saying, Words, check_content, pieces_of, put, written
from services.referral.domain import errors
from services.referral.domain.lifecycle import Party, TaskState, allowed
from services.referral.domain.meetings import FAMILY, NextStep, task_for
from services.referral.domain.model import (
    MessageId,
    MessageKind,
    Missing,
    PersonId,
    Piece,
    Referral,
    Task,
    TaskId,
    UnitId,
    as_author,
    by_family,
)
from services.referral.domain.permit import NOTHING_ASKED, Permits, Question, missing_for, questions_for
from services.referral.domain.view import answered_since
from services.referral.store import events, meetings
from shared import ledger
from shared.clock import danish_date
from shared.db import Transaction
from shared.idempotency import Once, claim, made_before
from shared.ids import new_id
from shared.vocabulary import Category, Occasion


@dataclass(frozen=True, slots=True)
class Agreed:
    """A next step as it is written: its words (none in a matter about nobody), who does it, and by when."""

    words: Words | None
    owner: UnitId
    due: date


@dataclass(frozen=True, slots=True)
class SeenStep:
    """A step as a reader sees it now: with its words, where it has some; `tells_done`: how far it is may be told."""

    step: NextStep
    piece: Piece | None
    tells_done: bool


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps a reader sees, and the kinds of what it may not."""

    steps: tuple[SeenStep, ...]
    withheld: tuple[Missing, ...]


async def reach(context: Context, number: TaskId) -> tuple[Referral, Task, Party]:
    """Return a task and what the caller is to it.

    Raises:
        NotAParty: nothing; the attempt is on the ledger.
        OwnUnitClosed: the caller's unit is closed.
    """
    referral = await find_by_task(context, number)
    task = referral.task(number)
    by = await party_to(context, referral, task)
    await context.may_read()
    return referral, task, by


async def permits_of(context: Context, referral: Referral, asked: Sequence[Question]) -> Permits:
    """Ask consent now; what is read without a decision is on the ledger, too (R50).

    Raises:
        Unavailable: consent does not answer: nothing is shown.
    """
    if asked:
        return await upstream.ask(
            context.consent, referral, asked, Occasion.READ, context.actor, context.request_id
        )  # fmt: skip
    kind = "own_record_read" if referral.sender == context.me else "record_read"
    async with context.database.connection() as connection:
        await ledger.append(connection, context.entry(kind, referral, need=str(referral.need)))
    return NOTHING_ASKED


def check_days(context: Context, agreed: Iterable[Agreed], happened: date | None = None) -> None:
    """Let pass days that can be: what has happened is not to come, and what is agreed is not past.

    Raises:
        WrongDay: one is not.
    """
    today = danish_date(context.at)
    if happened is not None and happened > today:
        raise errors.WrongDay("on")
    if any(each.due < today for each in agreed):
        raise errors.WrongDay("due")


def check_owners(agreed: Iterable[Agreed], readers: Iterable[UnitId]) -> None:
    """Let pass owners that are there: one of the units it is agreed between, or the family.

    Raises:
        NotInvited: one is another.
    """
    if not {each.owner for each in agreed} <= {FAMILY, *readers}:
        raise errors.NotInvited


async def write(
    transaction: Transaction, context: Context, referral: Referral, task: Task, by: Party, saying: Saying,
    agreed: Sequence[Agreed], readers: Iterable[UnitId], number: MessageId | None = None,
) -> MessageId:  # fmt: skip
    """Write what was said and agreed, in one message; each owner hears of it."""
    spoken = tuple(each.words for each in agreed if each.words is not None)
    whole = replace(saying, words=saying.words + spoken)
    message = written(context, task, whole, by)
    message = message if number is None else replace(message, id=number)
    pieces = pieces_of(context, message, whole)
    await put(transaction, context, referral, task, message, pieces, by)
    of_steps = iter(pieces[len(saying.words) :])
    between = frozenset(readers)
    steps = [
        NextStep(new_id(), referral.id, task.id, message.id, None if each.words is None else next(of_steps).id,
                 each.owner, between, each.due, context.at)
        for each in agreed
    ]  # fmt: skip
    await meetings.add_steps(transaction, steps)
    for owner in sorted({each.owner for each in agreed} - {FAMILY, context.me}):
        await tell(transaction, context, referral, task.id, owner, "step_agreed")
    theirs = {piece.subject for step in steps for piece in pieces if step.owner == FAMILY and step.piece == piece.id}
    await tell_family(transaction, context, referral, task.id, {piece.subject for piece in pieces}, message.kind)
    if any(step.owner == FAMILY for step in steps):
        await tell_family(transaction, context, referral, task.id, theirs, "step_agreed")
        if by_family(referral.sender):
            await tell(transaction, context, referral, task.id, referral.sender, "step_agreed")
    return message.id


async def tell(
    transaction: Transaction, context: Context, referral: Referral, about: TaskId, unit: UnitId, kind: str
) -> None:
    """Write what a unit hears, under a task that it knows; nothing, where it is told of none any more."""
    task = task_for(referral, unit, about)
    if task is not None:
        await events.add(transaction, events.Event(new_id(), unit, kind, task), referral.id, context.at)


async def tell_family(
    transaction: Transaction, context: Context, referral: Referral, about: TaskId, people: Iterable[PersonId], kind: str
) -> None:
    """Write what the family hears: each by those who speak for whom it is about.

    What one of them has asked for in their own name, they hear of as its sender, and the others do not (R57).
    """
    for person in () if by_family(referral.sender) else sorted(people):
        event = events.Event(new_id(), as_author(person), kind, about)
        await events.add(transaction, event, referral.id, context.at)


def others_questions(referral: Referral, reader: UnitId, units: Iterable[UnitId]) -> list[Question]:
    """Return what to ask before a recipient hears of the others: that they have the family, too, is the course."""
    if reader == referral.sender or by_family(referral.sender) or set(units) <= {referral.sender, reader}:
        return []
    course = frozenset({Category.COURSE})
    return [Question(subject, referral.sender, reader, course) for subject in sorted(referral.subjects)]


def may_know(referral: Referral, reader: UnitId, units: Iterable[UnitId], permits: Permits) -> bool:
    """Say whether a recipient may hear of the other units."""
    asked = others_questions(referral, reader, units)
    return all(permits.reason(each.subject, each.sender, reader, Category.COURSE).permits for each in asked)


async def steps(context: Context, number: TaskId) -> Steps:
    """Return what was agreed in a task, or with the caller's unit elsewhere in the referral, as it may be read now.

    A step of which the words may not be read is not there; its kind is withheld. Nor is one of a unit that the caller
    may not know of. Of a hidden course, the sender is
    not told of others' steps that they are done, nor of any kind that was added after the answer.

    Raises:
        NotAParty, OwnUnitClosed, Unavailable.
    """
    referral, task, by = await reach(context, number)
    why = await hidden(context, referral, task, by)
    async with context.database.connection() as connection:
        found = [each for each in await meetings.steps(connection, referral.id) if _is_for(context, each, task, by)]
        if by is Party.RECIPIENT and task_for(referral, context.me, task.id) is None:
            found = []
        told = await meetings.words(connection, referral, {each.message for each in found})
    newest = latest(told)
    mine = {each.id: newest[each.piece] for each in found if each.piece is not None}
    owners = {each.owner for each in found} - {FAMILY}
    asked = [*questions_for(mine.values(), context.me), *others_questions(referral, context.me, owners)]
    permits = await permits_of(context, referral, asked)
    since = answered_since(referral, task)
    found = [each for each in found if may_know(referral, context.me, {each.owner} - {FAMILY}, permits)]
    shown, missed = [], []
    for each in found:
        piece = mine.get(each.id)
        if piece is None or permits.allow(piece, context.me):
            shown.append(SeenStep(each, piece, why is None or each.owner == context.me))
        elif why is None or (since is not None and each.at < since):
            missed.append(piece)
    return Steps(tuple(shown), missing_for(missed, context.me, permits))


def latest(told: Iterable[Piece]) -> Mapping[UUID, Piece]:
    """Return, of each piece, what stands in its place now (R57)."""
    by_id = {piece.id: piece for piece in told}
    instead = {piece.corrects: piece.id for piece in by_id.values() if piece.corrects is not None}

    def standing(number: UUID) -> Piece:
        while number in instead:
            number = instead[number]
        return by_id[number]

    return {number: standing(number) for number in by_id}


async def done(context: Context, number: UUID) -> NextStep:
    """Note that a step is done; only its owner may, and twice is once.

    Raises:
        NotAParty: the step is not there for the caller.
        NotYourTurn: it is another's.
        OwnUnitClosed: the caller's unit is closed.
    """
    async with context.database.connection() as connection:
        found = await meetings.step(connection, number)
    referral = None if found is None else await find(context, found.referral)
    if found is None or referral is None or not _reaches(context, referral, found):
        await refuse(context, number, None if referral is None else referral.need)
        raise errors.NotAParty
    if found.owner != (FAMILY if by_family(context.me) else context.me):
        raise errors.NotYourTurn
    await context.may_read()
    task = referral.task(found.task)
    async with context.database.transaction() as transaction:
        if await meetings.do(transaction, number, context.me, context.at):
            for unit in {referral.sender, task.recipient} - {context.me}:
                await tell(transaction, context, referral, task.id, unit, "step_done")
            written_ = context.entry("step_done", referral, task=str(task.id), step=str(number))
            await ledger.append(transaction, written_)
    return replace(found, done_at=found.done_at or context.at)


def _is_for(context: Context, step: NextStep, task: Task, by: Party) -> bool:
    return step.task == task.id if by is not Party.RECIPIENT else context.me in step.readers


def _reaches(context: Context, referral: Referral, step: NextStep) -> bool:
    if by_family(context.me):
        return bool(context.speaks_for & referral.subjects)
    return context.me in step.readers and task_for(referral, context.me, step.task) is not None


async def plan(
    context: Context, number: TaskId, words: Sequence[Words], agreed: Sequence[Agreed], once: Once
) -> tuple[MessageId, bool]:
    """Write a plan for the time after (efterværn), by the recipient, while it goes on or once it is completed.

    Raises:
        NotAParty, NotYourTurn, OwnUnitClosed.
        WrongState: it has not begun, or ended otherwise; to the sender nothing is told of where it stands.
        UnknownSubject, WrongDay, NotInvited, KindRefused.
    """
    return await unless_moved(lambda: _plan(context, number, words, agreed, once))


async def _plan(
    context: Context, number: TaskId, words: Sequence[Words], agreed: Sequence[Agreed], once: Once
) -> tuple[MessageId, bool]:
    referral, task, by = await reach(context, number)
    await must_know(context, referral, task, by)
    if by is not Party.RECIPIENT:
        raise errors.NotYourTurn
    async with context.database.connection() as connection:
        made = await made_before(connection, once)
    if made is not None:
        return MessageId(made), True
    if task.state not in {TaskState.IN_PROGRESS, TaskState.COMPLETED}:
        raise errors.WrongState(task.state, allowed(task.state, by, referral.rule.without))
    between = (referral.sender, task.recipient)
    saying = Saying(MessageKind.AFTERCARE, tuple(words))
    check_days(context, agreed)
    check_owners(agreed, between)
    check_content(context, referral, Saying(MessageKind.AFTERCARE, (*words, *(e.words for e in agreed if e.words))))
    message = MessageId(new_id())
    async with context.database.transaction() as transaction:
        claimed = await claim(transaction, once, message)
        if claimed is not None:
            return MessageId(claimed), True
        await write(transaction, context, referral, task, by, saying, agreed, between, message)
        entry = context.entry("aftercare_planned", referral, task=str(task.id), message=str(message))
        await ledger.append(transaction, entry)
    return message, False
