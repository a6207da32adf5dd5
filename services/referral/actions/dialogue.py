"""The parties talk: every piece says whom it is about and of what kind, and waits for its permit."""

from dataclasses import dataclass, replace

from services.referral import upstream
from services.referral.actions.context import Context, find_by_task, party_to, unless_moved
from services.referral.actions.posting import ADDRESS
from services.referral.domain import errors
from services.referral.domain.anonymity import points_to_somebody
from services.referral.domain.asking import Told
from services.referral.domain.deadlines import stands, ticking
from services.referral.domain.lifecycle import (
    HIDDEN_FROM_RECIPIENT,
    TOLD_NO_LONGER,
    Party,
    TaskState,
    after_talking,
    allowed,
    ended,
)
from services.referral.domain.model import (
    Label,
    Message,
    MessageId,
    MessageKind,
    Missing,
    Piece,
    Referral,
    Task,
    TaskId,
    UnitId,
    as_author,
    by_family,
)
from services.referral.domain.permit import NOTHING_ASKED, Permits, missing_for, questions_for
from services.referral.domain.thread import open_questions, waits_for
from services.referral.domain.view import course_questions, hidden_from_sender, tells_of_an_answer
from services.referral.store import events, tasks
from shared import ledger
from shared.db import Transaction
from shared.idempotency import Once, claim, made_before
from shared.ids import new_id
from shared.problems import Unavailable
from shared.vocabulary import Occasion, Reason


@dataclass(frozen=True, slots=True)
class Words:
    """One thing said in a thread, and what it is there, where that matters."""

    told: Told
    label: Label | None = None


@dataclass(frozen=True, slots=True)
class Saying:
    """What somebody wants to say. `to`: who must answer a question; `about_nobody`: in an anonymous consultation."""

    kind: MessageKind
    words: tuple[Words, ...] = ()
    to: Party | None = None
    answers: MessageId | None = None
    about_nobody: str | None = None


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


async def say(context: Context, number: TaskId, saying: Saying, once: Once) -> Said:
    """Keep what is said, and say what of it the other party may read now.

    Where another party moves the task on between reading and writing, it is read and written anew: a message needs
    no version, and nothing that was written is thrown away.

    Raises:
        NotAParty: the task is not this caller's.
        NotYourTurn: an answer to nothing, a question to oneself, advice by another than the recipient.
        WrongState: the task has ended, or has not gone out.
        UnknownSubject: it speaks of somebody the referral is not about.
        UnknownMessage: what it answers is no open question to this party.
        IdentityRefused: in an anonymous consultation, it points to somebody.
        ClosedUnit: the other party, or the caller's own unit, is closed.
        Unavailable: consent does not answer; the message is kept and readable once it does.
    """
    return await unless_moved(lambda: _say(context, number, saying, once))


async def _say(context: Context, number: TaskId, saying: Saying, once: Once) -> Said:
    referral = await find_by_task(context, number)
    task = referral.task(number)
    by = await party_to(context, referral, task)
    said = await _said_before(context, task, once)
    if saying.to is Party.FAMILY and by_family(referral.sender):
        saying = replace(saying, to=Party.SENDER)  # the family that asks for help itself is who is asked
    message = written(context, task, saying, by)
    pieces = pieces_of(context, message, saying)
    if said is None:
        check(context, referral, task, saying, by)
        await context.may_send([unit for unit in _others(referral, task, context.me) if not by_family(unit)])
        said = await _keep(context, referral, task, (message, pieces), by, once)
    try:
        permits = await _ask(context, referral, said.task, pieces)
    except Unavailable as error:
        raise Unavailable(error.what, ADDRESS + str(referral.id)) from error
    hidden = hidden_from_sender(referral, said.task, permits) if by is Party.SENDER else None
    other = _other(referral, task, context.me)
    withheld = () if by_family(other) else missing_for(pieces, other, permits)  # what is theirs, a family sees itself
    return replace(said, withheld=withheld, hidden=hidden)


def written(context: Context, task: Task, saying: Saying, by: Party) -> Message:
    """Return the message; a question that names nobody goes to the other professional party."""
    to = saying.to
    if saying.kind is MessageKind.QUESTION and to is None:
        to = Party.RECIPIENT if by is Party.SENDER else Party.SENDER
    return Message(
        MessageId(new_id()), task.id, saying.kind, context.me, context.at, to, saying.answers, saying.about_nobody
    )


def pieces_of(context: Context, message: Message, saying: Saying) -> list[Piece]:
    """Return the pieces of a message, each with an id of its own."""
    return [
        Piece(new_id(), each.told.subject, each.told.category, each.told.text, context.me, message.id,
              each.told.offer, each.label, each.told.level, at=context.at)
        for each in saying.words
    ]  # fmt: skip


def check(context: Context, referral: Referral, task: Task, saying: Saying, by: Party) -> None:
    """Let pass what this party may say now; raises as `say`."""
    check_content(context, referral, saying)
    if saying.kind is MessageKind.QUESTION and saying.to is by:
        raise errors.NotYourTurn
    if saying.kind is MessageKind.ADVICE and by is not Party.RECIPIENT:
        raise errors.NotYourTurn
    if by is Party.SENDER and tells_of_an_answer(referral, task) and not by_family(context.me):
        return  # kept whatever the recipient has decided: a no would tell of the decision, which only consent may
    if ended(task.state) or task.state in {TaskState.DRAFT, TaskState.AWAITING_CONSENT, TaskState.SENT}:
        raise errors.WrongState(task.state, allowed(task.state, by, referral.rule.without))
    if referral.closed_at is not None and saying.kind is MessageKind.QUESTION and saying.to in {None, Party.SENDER}:
        raise errors.ReferralClosed  # who let go answers no more: the family can be asked
    if saying.kind is MessageKind.ANSWER:
        _check_answer(referral, task, saying, by)


def _check_answer(referral: Referral, task: Task, saying: Saying, by: Party) -> None:
    waiting = [each for each in open_questions(referral, referral.thread(task.id)) if each.to is by]
    if saying.answers is not None and saying.answers not in {each.id for each in waiting}:
        raise errors.UnknownMessage
    if by is Party.RECIPIENT and not waiting:
        raise errors.NotYourTurn


def check_content(context: Context, referral: Referral, saying: Saying) -> None:
    """Let pass words about those the referral is about, or about nobody where it is; raises as `say`."""
    anonymous = referral.rule.anonymous
    if anonymous is not (saying.about_nobody is not None) or (anonymous and saying.words):
        raise errors.KindRefused(referral.kind, ["words" if anonymous else "information"])
    if anonymous and saying.to is Party.FAMILY:
        raise errors.KindRefused(referral.kind, ["no_person"])
    if saying.about_nobody is not None and points_to_somebody(saying.about_nobody):
        raise errors.IdentityRefused
    about = {each.told.subject for each in saying.words}
    if not about <= referral.subjects or (by_family(context.me) and not about <= context.speaks_for):
        raise errors.UnknownSubject


async def _said_before(context: Context, task: Task, once: Once) -> Said | None:
    """Return what the same post has said before, wherever the task has gone since."""
    async with context.database.connection() as connection:
        made = await made_before(connection, once)
    return None if made is None else Said(MessageId(made), task, (), again=True)


async def _keep(
    context: Context, referral: Referral, task: Task, said: tuple[Message, list[Piece]], by: Party, once: Once
) -> Said:
    message, pieces = said
    async with context.database.transaction() as transaction:
        made = await claim(transaction, once, message.id)
        if made is not None:
            return Said(MessageId(made), task, (), again=True)
        changed = await put(transaction, context, referral, task, message, pieces, by)
    return Said(message.id, changed, (), again=False)


async def put(
    transaction: Transaction, context: Context, referral: Referral, task: Task, message: Message, pieces: list[Piece],
    by: Party,
) -> Task:  # fmt: skip
    """Write a message with its pieces, events and ledger entry; return the task as it stands after it."""
    await tasks.say(transaction, message, pieces, referral.id, context.caller.user)
    changed = await _after(transaction, context, referral, task, message)
    silent = by is Party.SENDER and task.state in TOLD_NO_LONGER | HIDDEN_FROM_RECIPIENT
    for unit in () if silent else _others(referral, task, context.me):
        event = events.Event(new_id(), unit, message.kind.value, task.id)
        await events.add(transaction, event, referral.id, context.at)
    for person in sorted({piece.subject for piece in pieces}) if message.to is Party.FAMILY else ():
        event = events.Event(new_id(), as_author(person), message.kind.value, task.id)
        await events.add(transaction, event, referral.id, context.at)
    kept = context.entry(
        "message_kept", referral, task=str(task.id), message=str(message.id), to=_other(referral, task, context.me),
        message_kind=message.kind, asks=message.to,
        about=sorted({(str(piece.subject), piece.category.value) for piece in pieces}),
    )  # fmt: skip
    await ledger.append(transaction, kept)
    return changed


async def _after(transaction: Transaction, context: Context, referral: Referral, task: Task, message: Message) -> Task:
    """Write where the task stands after a message: whose turn it is, and whether its clock stands."""
    if ended(task.state):
        return task
    waits = waits_for(referral, (*referral.thread(task.id), message))
    state = after_talking(task.state, waits)
    after = replace(task, state=state, clock=ticking(task.clock, context.at, stands=stands(state, waits)))
    return task if after == task else await tasks.change(transaction, task, after, context.at)


async def _ask(context: Context, referral: Referral, task: Task, pieces: list[Piece]) -> Permits:
    if by_family(context.me) or by_family(_other(referral, task, context.me)):
        return NOTHING_ASKED
    questions = questions_for(pieces, _other(referral, task, context.me))
    if context.me == referral.sender:
        questions += course_questions(referral, task)
    return await upstream.ask(context.consent, referral, questions, Occasion.SEND, context.actor, context.request_id)


def _other(referral: Referral, task: Task, me: UnitId) -> UnitId:
    return task.recipient if me == referral.sender else referral.sender


def _others(referral: Referral, task: Task, me: UnitId) -> list[UnitId]:
    """Return who of the two that work with it hear of a message."""
    return [unit for unit in (referral.sender, task.recipient) if unit != me]
