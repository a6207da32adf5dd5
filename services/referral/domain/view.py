"""What one party sees of a referral, given what consent permits now; everything else is withheld by name of kind."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from services.referral.domain.errors import NotAParty
from services.referral.domain.lifecycle import HIDDEN_FROM_RECIPIENT, TOLD_NO_LONGER, ended
from services.referral.domain.model import Message, Missing, Piece, Referral, Task, UnitId
from services.referral.domain.permit import Permits, Question, missing_for, questions_for
from shared.vocabulary import Category, Reason


@dataclass(frozen=True, slots=True)
class SeenTask:
    """A task as the reader may see it; `hidden` says why its course is not told."""

    task: Task
    hidden: Reason | None


@dataclass(frozen=True, slots=True)
class SeenMessage:
    """A message, with the pieces the reader may have."""

    message: Message
    pieces: tuple[Piece, ...]
    withheld: tuple[Missing, ...]


@dataclass(frozen=True, slots=True)
class View:
    """A referral as one party sees it now."""

    referral: Referral
    as_sender: bool
    pieces: tuple[Piece, ...]
    withheld: tuple[Missing, ...]
    tasks: tuple[SeenTask, ...]
    messages: tuple[SeenMessage, ...]


def reachable_by(referral: Referral, reader: UnitId) -> None:
    """Let pass only the sender, and a recipient to whom it went out.

    Raises:
        NotAParty: for everybody else, named in a consent or not: need to know comes first (R59).
    """
    if reader == referral.sender:
        return
    task = referral.task_of(reader)
    if task is None or task.state in HIDDEN_FROM_RECIPIENT:
        raise NotAParty


def questions(referral: Referral, reader: UnitId) -> list[Question]:
    """Return everything to ask consent before `reader` sees the referral."""
    asked = questions_for(_in_reach(referral, reader), reader)
    if reader == referral.sender:
        asked += [course for task in referral.tasks for course in course_questions(referral, task)]
    return asked


def course_questions(referral: Referral, task: Task) -> list[Question]:
    """Return what to ask before the sender hears the recipient's answer; nothing, while there is none."""
    if not task.tells_an_answer:
        return []
    return [
        Question(subject, task.recipient, referral.sender, frozenset({Category.COURSE}))
        for subject in sorted(referral.subjects)
    ]


def course_reason(referral: Referral, task: Task, permits: Permits) -> Reason:
    """Return whether the course may be told: everyone it is about must permit it, else the first no counts (R26)."""
    reasons = [
        permits.reason(subject, task.recipient, referral.sender, Category.COURSE)
        for subject in sorted(referral.subjects)
    ] or [Reason.NO_CONSENT]
    return next((reason for reason in reasons if not reason.permits), reasons[0])


def view(referral: Referral, reader: UnitId, permits: Permits) -> View:
    """Return what `reader` sees. Withheld is told by person, kind and reason, never by content or number."""
    reachable_by(referral, reader)
    as_sender = reader == referral.sender
    told = _in_reach(referral, reader)
    own = [piece for piece in told if piece.message is None]
    mine = tuple(SeenTask(task, None) for task in referral.tasks if task.recipient == reader)
    tasks = tasks_to_sender(referral, permits) if as_sender else mine
    reach = {seen.task.id for seen in tasks}
    return View(
        referral,
        as_sender,
        tuple(piece for piece in own if permits.allow(piece, reader)),
        missing_for(own, reader, permits),
        tasks,
        tuple(_seen(message, told, reader, permits) for message in referral.messages if message.task in reach),
    )


def tasks_to_sender(referral: Referral, permits: Permits) -> tuple[SeenTask, ...]:
    """Return the tasks as their sender may see them: a recipient's answer only where consent covers it."""
    return tuple(SeenTask(task, hidden_from_sender(referral, task, permits)) for task in referral.tasks)


def hidden_from_sender(referral: Referral, task: Task, permits: Permits) -> Reason | None:
    """Return why the sender may not hear of the task's course; None, if it may.

    A task that was answered stays hidden for one reason whatever became of it: taken back after a yes, ended with
    its consent, or declined, it looks the same.
    """
    if not task.tells_an_answer:
        return None
    reason = course_reason(referral, task, permits)
    return None if reason.permits else reason


def check_questions(referral: Referral, tasks: Iterable[SeenTask]) -> list[Question]:
    """Return what to ask for the sender to see what each recipient of an open task may get now."""
    return [
        question
        for seen in tasks
        if _open(seen)
        for question in questions_for(referral.own, seen.task.recipient)
    ]  # fmt: skip


def checked(referral: Referral, tasks: Iterable[SeenTask], permits: Permits) -> tuple[SeenTask, ...]:
    """Return the tasks with what is missing now, instead of what was when they last changed."""
    return tuple(
        replace(seen, task=replace(seen.task, missing=missing_for(referral.own, seen.task.recipient, permits)))
        if _open(seen)
        else seen
        for seen in tasks
    )


def _open(seen: SeenTask) -> bool:
    return seen.hidden is None and not ended(seen.task.state)


def _seen(message: Message, told: list[Piece], reader: UnitId, permits: Permits) -> SeenMessage:
    pieces = [piece for piece in told if piece.message == message.id]
    return SeenMessage(
        message,
        tuple(piece for piece in pieces if permits.allow(piece, reader)),
        missing_for(pieces, reader, permits),
    )


def _in_reach(referral: Referral, reader: UnitId) -> list[Piece]:
    """Return the referral's own pieces and those of threads the reader is in; once it is over, the reader's own."""
    task = referral.task_of(reader)
    if task is not None and task.state in TOLD_NO_LONGER:
        return [piece for piece in referral.pieces if piece.author == reader]
    threads = {
        message.id
        for message in referral.messages
        if reader == referral.sender or (task is not None and message.task == task.id)
    }
    return [piece for piece in referral.pieces if piece.message is None or piece.message in threads]
