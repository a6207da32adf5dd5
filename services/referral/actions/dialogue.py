"""The parties ask and answer; every piece says whom it is about and of what kind, and waits for its permit."""

from dataclasses import dataclass, replace

from services.referral import store, upstream
from services.referral.actions.context import Context, find_by_task, refuse, unless_moved
from services.referral.actions.posting import ADDRESS
from services.referral.domain import errors
from services.referral.domain.lifecycle import HIDDEN_FROM_RECIPIENT, TOLD_NO_LONGER, TaskState, ended, step
from services.referral.domain.model import (
    Message,
    MessageId,
    MessageKind,
    Missing,
    PersonId,
    Piece,
    Referral,
    Task,
    TaskId,
    UnitId,
)
from services.referral.domain.permit import Permits, missing_for, questions_for
from services.referral.domain.view import course_questions, hidden_from_sender
from shared import ledger
from shared.idempotency import Once, claim, made_before
from shared.ids import new_id
from shared.problems import Unavailable
from shared.vocabulary import Category, Occasion, Reason

Pieces = tuple[tuple[PersonId, Category, str], ...]


@dataclass(frozen=True, slots=True)
class Said:
    """The message as kept, the task after it, and what the other party may not read of it now.

    `hidden` says why the writer may not hear of the task's course.
    """

    message: MessageId
    task: Task
    withheld: tuple[Missing, ...]
    again: bool
    hidden: Reason | None = None


async def say(context: Context, number: TaskId, kind: MessageKind, told: Pieces, once: Once) -> Said:
    """Keep a question or an answer, and say what of it the other party may read now.

    Where the other party moves the task on between reading and writing, it is read and written anew: a
    message needs no version, and nothing that was written is thrown away.

    Raises:
        NotAParty: the task is not this caller's.
        NotYourTurn: the recipient asks, the sender answers.
        WrongState: the task has ended, or has not gone out.
        UnknownSubject: it speaks of somebody the referral is not about.
        ClosedUnit: the other party, or the caller's own unit, is closed.
        Unavailable: consent does not answer; the message is kept and readable once it does.
    """
    return await unless_moved(lambda: _say(context, number, kind, told, once))


async def _say(context: Context, number: TaskId, kind: MessageKind, told: Pieces, once: Once) -> Said:
    referral = await find_by_task(context, number)
    task = next(task for task in referral.tasks if task.id == number)
    await _check_party(context, referral, task)
    _check_turn(context, referral, kind)
    if not {who for who, _, _ in told} <= referral.subjects:
        raise errors.UnknownSubject
    await context.may_send([_other(referral, task, context.unit)])
    message = Message(MessageId(new_id()), task.id, kind, context.unit, context.at)
    pieces = [Piece(new_id(), who, what, text, context.unit, message.id) for who, what, text in told]
    said = await _said_before(context, task, once)
    if said is None:
        said = await _keep(context, referral, task, _state_after(context, referral, task, kind), message, pieces, once)
    try:
        permits = await _ask(context, referral, said.task, pieces)
    except Unavailable as error:
        raise Unavailable(error.what, ADDRESS + str(referral.id)) from error
    hidden = hidden_from_sender(referral, said.task, permits) if context.unit == referral.sender else None
    return replace(said, withheld=missing_for(pieces, _other(referral, task, context.unit), permits), hidden=hidden)


async def _said_before(context: Context, task: Task, once: Once) -> Said | None:
    """Return what the same post has said before, wherever the task has gone since."""
    async with context.database.connection() as connection:
        made = await made_before(connection, once)
    return None if made is None else Said(MessageId(made), task, (), again=True)


async def _check_party(context: Context, referral: Referral, task: Task) -> None:
    to_it = task.recipient == context.unit and task.state not in HIDDEN_FROM_RECIPIENT
    if context.unit != referral.sender and not to_it:
        await refuse(context, task.id, referral.need)
        raise errors.NotAParty


def _check_turn(context: Context, referral: Referral, kind: MessageKind) -> None:
    asks = kind is MessageKind.QUESTION
    if asks == (context.unit == referral.sender):
        raise errors.NotYourTurn


def _state_after(context: Context, referral: Referral, task: Task, kind: MessageKind) -> TaskState:
    """Return where the task stands after the message: a question gives the turn away, an answer gives it back.

    What a sender answers is kept whatever the recipient has decided meanwhile: a no to the answer would tell of
    the decision, which only consent may.
    """
    if context.unit == referral.sender and task.tells_an_answer:
        return task.state
    if ended(task.state) or task.state in {TaskState.AWAITING_CONSENT, TaskState.SENT}:
        raise errors.WrongState(task.state, [])
    if kind is MessageKind.QUESTION and task.state is TaskState.RECEIVED:
        return step(task.state, TaskState.IN_DIALOGUE)
    if kind is MessageKind.ANSWER and task.state is TaskState.IN_DIALOGUE:
        return step(task.state, TaskState.RECEIVED)
    return task.state


async def _keep(
    context: Context, referral: Referral, task: Task, state: TaskState, message: Message, pieces: list[Piece],
    once: Once,
) -> Said:  # fmt: skip
    written = context.entry(
        "message_kept", referral, task=str(task.id), message=str(message.id), to=_other(referral, task, context.unit),
        message_kind=message.kind,
        about=sorted({(str(piece.subject), piece.category.value) for piece in pieces}),
    )  # fmt: skip
    event = store.Event(new_id(), _other(referral, task, context.unit), message.kind.value, task.id)
    async with context.database.transaction() as transaction:
        made = await claim(transaction, once, message.id)
        if made is not None:
            return Said(MessageId(made), task, (), again=True)
        await store.add_message(transaction, message, pieces, referral.id, context.caller.user)
        version = task.version
        if state is not task.state:
            version = await store.change_task(transaction, task, state, context.at)
        if task.state not in TOLD_NO_LONGER:  # else it is the recipient's no more, and the sender is not told so
            await store.add_event(transaction, event, referral.id, context.at)
        await ledger.append(transaction, written)
    return Said(message.id, replace(task, state=state, version=version), (), again=False)


async def _ask(context: Context, referral: Referral, task: Task, pieces: list[Piece]) -> Permits:
    questions = questions_for(pieces, _other(referral, task, context.unit))
    if context.unit == referral.sender:
        questions += course_questions(referral, task)
    return await upstream.ask(context.consent, referral, questions, Occasion.SEND, context.actor, context.request_id)


def _other(referral: Referral, task: Task, unit: UnitId) -> UnitId:
    return task.recipient if unit == referral.sender else referral.sender
