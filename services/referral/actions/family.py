"""The family as a party: it reads what is its own, asks and answers, says no thank you, and asks for help itself."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from uuid import UUID

from services.referral.actions import adding, answering, chaining, dialogue, posting
from services.referral.actions.context import Context, find, find_by_task, party_to, places_told, refuse
from services.referral.actions.dialogue import Saying, put
from services.referral.actions.stepping import Move, move
from services.referral.domain import errors
from services.referral.domain.asking import Draft
from services.referral.domain.family import (
    FamilyMessage,
    FamilyTask,
    FamilyView,
    May,
    asked_of,
    concerns_nobody_else,
    coordinated,
    knows,
    seen_task,
    speaks_of,
    view,
)
from services.referral.domain.kinds import REASON_DANISH, DropOutReason, FamilyReason
from services.referral.domain.lifecycle import Party, Step, TaskState
from services.referral.domain.model import (
    Message,
    MessageId,
    MessageKind,
    Piece,
    Referral,
    ReferralId,
    Task,
    TaskId,
    UnitId,
    as_author,
    by_family,
    family_member,
)
from services.referral.store import courses, family, referrals
from shared import ledger
from shared.cursor import Cursor
from shared.db import Connection
from shared.idempotency import Once, made_before
from shared.ids import new_id
from shared.problems import StaleVersion
from shared.vocabulary import Category

_T = TypeVar("_T")
_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Heard:
    """One event for somebody of the family: ids and a code."""

    cursor: str
    id: UUID
    kind: str
    referral: UUID
    task: UUID
    at: Any


async def mine(context: Context, after: UUID, most: int) -> list[FamilyView]:
    """Return what there is about the caller and those they speak for, oldest first; the reading is on the ledger."""
    async with context.database.connection() as connection:
        found = await family.known(connection, context.reader, after, most)
        written = ledger.entry(
            "own_list_read", at=context.at, actor=context.actor, request_id=context.request_id,
            referrals=[str(each.id) for each in found],
        )  # fmt: skip
        await ledger.append(connection, written)
    return [view(each, context.reader, await places_told(context, each)) for each in found]


async def read(context: Context, number: ReferralId) -> FamilyView:
    """Return a request as the caller may see it now; the reading is on the ledger, with whom it was about (R50).

    Raises:
        NotAParty: it is not there for them; the attempt is on the ledger.
    """
    referral = await find(context, number)
    if not knows(referral, context.reader):
        await refuse(context, referral.id, referral.need)
        raise errors.NotAParty
    seen = await _view(context, referral)
    written = context.entry(
        "record_read", referral, need=str(referral.need), about=sorted(str(person) for person in seen.about)
    )
    async with context.database.connection() as connection:
        await ledger.append(connection, written)
    return seen


async def ask_for_help(context: Context, draft: Draft, once: Once) -> tuple[FamilyView, bool]:
    """Keep and send what the family itself asks for; return it, and whether it was there before (R25, R73).

    It is told by whom it is about, so nobody's silence is broken, and no consent is waited for.

    Raises:
        UnknownSubject: it tells of somebody the caller does not speak for; the attempt is on the ledger.
        ReferralError: the draft is not allowed.
    """
    foreign = {told.subject for told in draft.told} - context.speaks_for
    if foreign:
        await refuse(context, min(foreign))
        raise errors.UnknownSubject
    whole, again = await posting.post(context, draft, once)
    return await _view(context, whole), again


async def withdraw(context: Context, number: ReferralId) -> FamilyView:
    """Take back what the family itself has asked for.

    Raises:
        NotAParty: it is not theirs.
        WrongState: nothing of it is open.
    """
    acting = as_it_sent(context, await find(context, number))
    return await _view(context, await answering.withdraw(acting, number))


async def correct(context: Context, number: ReferralId, wrong: UUID, text: str, once: Once) -> None:
    """Put right words in place of one's own; the old ones are kept, and shown as corrected (R57).

    Raises:
        NotAParty: the request is not theirs; the attempt is on the ledger.
        UnknownPiece: it is not their own, or about somebody they no longer speak for; so is that attempt.
        Corrected: it has been corrected already.
    """
    referral = await find(context, number)
    if not knows(referral, context.reader):
        await refuse(context, referral.id, referral.need)
        raise errors.NotAParty
    wrote = await _own_words(context, referral, wrong)
    await adding.correct(replace(context, me=wrote), number, wrong, text, once)


async def _own_words(context: Context, referral: Referral, wrong: UUID) -> UnitId:
    """Return under which of the caller's ids the words were written, if they may still be theirs to mend."""
    if all(each.id != wrong for each in referral.pieces):
        async with context.database.connection() as connection:
            referral = await referrals.around(connection, referral, wrong)  # said long ago in a long thread
    for each in referral.pieces:
        if each.id == wrong and context.reader.wrote(each.author) and each.subject in context.speaks_for:
            return each.author
    await refuse(context, referral.id, referral.need)
    raise errors.UnknownPiece


async def say(context: Context, number: TaskId, saying: Saying, once: Once) -> tuple[MessageId, FamilyTask, bool]:
    """Ask, answer, or make something clear; return the message, the task after it, and whether it was said before.

    Raises:
        NotAParty: the task is not theirs.
        WrongState: nothing can be said now.
        NotYourTurn: nobody has asked them.
        UnknownMessage: what it answers is no open question to them, or it must be named which one is.
        UnknownSubject: it tells of somebody the request is not about, or whom they do not speak for.
    """
    acting, referral, task = await _task(context, number)
    async with context.database.connection() as connection:
        before = await made_before(connection, once)
    if before is None and saying.kind is MessageKind.ANSWER:
        saying = replace(saying, answers=_what_is_answered(context, referral, task, saying))
    said = await in_its_words(context, number, lambda: dialogue.say(acting, number, saying, once))
    now_there = await find_by_task(context, number)
    return said.message, seen_task(now_there, now_there.task(number), context.reader), said.again


async def page(
    context: Context, number: TaskId, before: UUID | None, most: int
) -> tuple[Sequence[FamilyMessage], Mapping[UUID, UUID], UUID | None]:
    """Return the newest messages of a thread written before one that are the caller's to see, oldest first.

    With them: which piece took the place of which, and where to go on. What is not theirs is not counted either: a
    part is as long as what they may see of the thread lets it be.

    Raises:
        NotAParty: the task is not theirs; the attempt is on the ledger.
    """
    acting, referral, task = await _task(context, number)
    async with context.database.connection() as connection:
        found = await _told(connection, acting, referral, task, before, most + 1)
        shown = [each for each, _ in found[-most:]]
        about = sorted({str(piece.subject) for each in shown for piece in each.pieces})
        written = acting.entry("record_read", referral, need=str(referral.need), task=str(number), about=about)
        await ledger.append(connection, written)
    corrected: dict[UUID, UUID] = {}
    for _, each in found:
        corrected |= each
    return shown, corrected, shown[0].message.id if len(found) > most else None


async def earlier(context: Context, seen: FamilyView) -> Mapping[TaskId, MessageId]:
    """Return where to go on in the threads of which the caller may see more than is shown."""
    told = {each.task.id for each in seen.tasks}
    async with context.database.connection() as connection:
        return {
            task: first
            for task, first in seen.referral.earlier.items()
            if task in told and await _told(connection, context, seen.referral, seen.referral.task(task), first, 1)
        }


async def _told(
    connection: Connection, context: Context, referral: Referral, task: Task, before: UUID | None, most: int
) -> list[tuple[FamilyMessage, Mapping[UUID, UUID]]]:
    """Return the newest messages before one that are the reader's to see, with what took the place of what there."""
    found: list[tuple[FamilyMessage, Mapping[UUID, UUID]]] = []
    while len(found) < most:
        told = await referrals.page(connection, referral, task.id, before, _AT_ONCE)
        corrected: Mapping[UUID, UUID] = {each.corrects: each.id for each in told.pieces if each.corrects is not None}
        found = [(each, corrected) for each in view(told, context.reader, {task.id}).messages] + found
        if len(told.messages) < _AT_ONCE:
            break
        before = told.messages[0].id
    return found[-most:]


async def decline(context: Context, number: TaskId, version: int, reason: FamilyReason) -> FamilyTask:
    """Say no thank you. Where others are concerned, too, it is for one's own part, and the others go on.

    Raises:
        NotAParty: the task is not theirs.
        StaleVersion: it has changed since they read it.
        WrongState: it cannot be done now.
    """
    return await _let_go(
        context, number, version, May.DECLINE, reason,
        lambda acting, task: _decline(acting, task, reason),
    )  # fmt: skip


async def drop_out(context: Context, number: TaskId, version: int, reason: DropOutReason) -> FamilyTask:
    """Stop on the way, for oneself or for all; raises as `decline`."""
    return await _let_go(
        context, number, version, May.DROP_OUT, reason,
        lambda acting, task: answering.drop_out(acting, task.id, task.version, reason),
    )  # fmt: skip


async def refuse_proposal(context: Context, number: TaskId, version: int) -> FamilyTask:
    """Say no to what is proposed instead: it is the place's turn again; raises as `decline`."""
    acting, _, _ = await _may(context, number, version, May.REFUSE_PROPOSAL)
    await in_its_words(context, number, lambda: chaining.disagree(acting, number, version))
    return await _seen(context, number)


async def agree(context: Context, number: TaskId, version: int) -> FamilyView:
    """Let the place one has asked pass it on as proposed; one's own words go along, and nothing others wrote.

    Raises:
        StepRefused: what is proposed names no other place.
        AlreadyThere: that place has it already.
        NotAParty, StaleVersion, WrongState, ClosedUnit: as elsewhere.
    """
    acting, _, _ = await _may(context, number, version, May.AGREE)
    made = await in_its_words(context, number, lambda: chaining.agree(acting, number, version))
    return await _view(context, made.referral)


async def hear(context: Context, after: Cursor, most: int) -> list[Heard]:
    """Return what has happened, oldest first: to what the caller sent, and what those they speak for are asked.

    Of a task the caller is not told of, nothing is heard either.

    Raises:
        Unavailable: consent does not answer, and must say what they are told of.
    """
    people = sorted(as_author(person) for person in context.myself | context.speaks_for)
    told: dict[UUID, frozenset[TaskId]] = {}
    heard: list[Heard] = []
    while len(heard) < most:
        async with context.database.connection() as connection:
            rows = await family.feed(connection, people, after, most)
        for row in rows:
            after = Cursor(int(row["xid_text"]), row["id"])
            number = row["referral_id"]
            if number not in told:
                told[number] = await _told_of(context, ReferralId(number))
            if row["task_id"] in told[number]:
                heard.append(Heard(str(after), row["id"], row["kind"], number, row["task_id"], row["at"]))
        if len(rows) < most:
            break
    return heard[:most]


async def _told_of(context: Context, number: ReferralId) -> frozenset[TaskId]:
    """Return of which tasks of a request the caller hears."""
    async with context.database.connection() as connection:
        referral = await referrals.find(connection, number)
    known = referral is not None and knows(referral, context.reader)
    return await places_told(context, referral) if referral is not None and known else frozenset()


async def _view(context: Context, referral: Referral) -> FamilyView:
    """Return the request as the caller is told of it now, with who coordinates its course."""
    async with context.database.connection() as connection:
        named = await courses.coordinator_of(connection, referral.need)
    return coordinated(view(referral, context.reader, await places_told(context, referral)), named)


def as_it_sent(context: Context, referral: Referral) -> Context:
    """Return the context under the id the caller sent it with: somebody may have been known by another then."""
    known = by_family(referral.sender) and family_member(referral.sender) in context.myself
    return replace(context, me=referral.sender) if known else context


async def _task(context: Context, number: TaskId) -> tuple[Context, Referral, Task]:
    referral = await find_by_task(context, number)
    task = referral.task(number)
    acting = as_it_sent(context, referral)
    await party_to(acting, referral, task)
    return acting, referral, task


async def _may(context: Context, number: TaskId, version: int, wanted: May) -> tuple[Context, Referral, Task]:
    acting, referral, task = await _task(context, number)
    if task.version != version:
        raise StaleVersion
    seen = seen_task(referral, task, context.reader)
    if wanted not in seen.allowed:
        raise errors.WrongState(seen.stage, seen.allowed)
    return acting, referral, task


async def _seen(context: Context, number: TaskId) -> FamilyTask:
    referral = await find_by_task(context, number)
    return seen_task(referral, referral.task(number), context.reader)


async def in_its_words(context: Context, number: TaskId, act: Callable[[], Awaitable[_T]]) -> _T:
    """Do it; where it cannot be done, say so in the family's words: how it stands for others is not told."""
    try:
        return await act()
    except errors.WrongState as error:
        seen = await _seen(context, number)
        raise errors.WrongState(seen.stage, seen.allowed) from error


async def _let_go(
    context: Context, number: TaskId, version: int, wanted: May, reason: str,
    end: Callable[[Context, Task], Awaitable[Task]],
) -> FamilyTask:  # fmt: skip
    acting, referral, task = await _may(context, number, version, wanted)
    if concerns_nobody_else(referral, context.reader):
        await in_its_words(context, number, lambda: end(acting, task))
    else:
        await _no_thank_you(acting, referral, task, reason)
    return await _seen(context, number)


async def _decline(context: Context, task: Task, reason: FamilyReason) -> Task:
    """End it; what had not gone out never does, and the family's reason for that is nobody's to be told."""
    if task.state is TaskState.AWAITING_CONSENT:
        return await move(context, task.id, task.version, Move(Step.FAMILY_DECLINES))
    return await answering.family_declines(context, task.id, task.version, reason)


async def _no_thank_you(context: Context, referral: Referral, task: Task, reason: str) -> None:
    """Tell the units that one of several says no for their own part; the task is the others', too, and goes on."""
    message = Message(MessageId(new_id()), task.id, MessageKind.NO_THANK_YOU, context.me, context.at)
    text = f"Nej tak for min del. {REASON_DANISH.get(reason, 'Andet')}."
    piece = Piece(
        new_id(), speaks_of(referral, context.reader), Category.OWN_WISH, text, context.me, message.id, at=context.at
    )
    async with context.database.transaction() as transaction:
        await put(transaction, context, referral, task, message, [piece], Party.FAMILY)


def _what_is_answered(context: Context, referral: Referral, task: Task, saying: Saying) -> MessageId:
    """Return the one question that is answered: an answer closes no question to another of the family."""
    asked = [each.id for each in asked_of(referral, task, context.reader)]
    if not asked:
        raise errors.NotYourTurn
    if saying.answers is None and len(asked) == 1:
        return asked[0]
    if saying.answers not in asked:
        raise errors.UnknownMessage
    return saying.answers
