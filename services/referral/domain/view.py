"""What one party sees of a referral, given what consent permits now; everything else is withheld by name of kind."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from services.referral.domain.errors import NotAParty
from services.referral.domain.lifecycle import TOLD_NO_LONGER, ended
from services.referral.domain.model import (
    Message,
    MessageId,
    Missing,
    Piece,
    Referral,
    Task,
    TaskId,
    UnitId,
    by_family,
)
from services.referral.domain.permit import Permits, Question, missing_for, questions_for
from shared.vocabulary import Category, Reason


@dataclass(frozen=True, slots=True)
class SeenTask:
    """A task as the reader may see it; `hidden` says why its course is not told, `hides_ahead` why no proposal is."""

    task: Task
    hidden: Reason | None
    hides_ahead: Reason | None = None


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
    earlier: Mapping[TaskId, MessageId] = field(default_factory=dict)


def reachable_by(referral: Referral, reader: UnitId) -> None:
    """Let pass only the sender, and a recipient to whom it went out.

    Raises:
        NotAParty: for everybody else, named in a consent or not: need to know comes first (R59).
    """
    if reader != referral.sender and not referral.tasks_of(reader):
        raise NotAParty


def questions(referral: Referral, reader: UnitId) -> list[Question]:
    """Return everything to ask consent before `reader` sees the referral."""
    asked = questions_for(_in_reach(referral, reader), reader)
    if reader == referral.sender:
        asked += [course for task in referral.tasks for course in course_questions(referral, task)]
    return asked


def course_questions(referral: Referral, task: Task) -> list[Question]:
    """Return what to ask before the sender hears the recipient's answer; nothing, while there is none.

    Nor where the family itself sent it, or nobody is told of: an answer to them breaks nobody's silence.
    """
    if _needs_no_word(referral):
        return []
    told = _answered(referral, task)
    return [
        Question(subject, each.recipient, referral.sender, frozenset({Category.COURSE}))
        for each in (told if task.ahead is None or task in told else (*told, task))
        for subject in sorted(referral.subjects)
    ]


def tells_of_an_answer(referral: Referral, task: Task) -> bool:
    """Say whether how the task stands tells what a recipient has answered: it, or another who had it first."""
    return bool(_answered(referral, task))


def answered_since(referral: Referral, task: Task) -> datetime | None:
    """Return since when the task's own doings would tell of an answer: its own, or another's who had it first."""
    return min((each.answered_at for each in _answered(referral, task) if each.answered_at is not None), default=None)


def _answered(referral: Referral, task: Task) -> tuple[Task, ...]:
    """Return the tasks whose answers this one's state tells of.

    Where the first who accepts has it, a yes ends the others' tasks: then every one tells of every answer.
    """
    among = referral.tasks if referral.first_accepts else (task,)
    return tuple(each for each in among if each.tells_an_answer)


def course_reason(referral: Referral, task: Task, permits: Permits) -> Reason:
    """Return whether the course may be told: everyone it is about must permit it, else the first no counts (R26)."""
    if _needs_no_word(referral):
        return Reason.COVERED
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
    mine = tuple(SeenTask(task, None) for task in referral.tasks_of(reader))
    tasks = tasks_to_sender(referral, permits) if as_sender else mine
    reach = {seen.task.id: seen for seen in tasks}
    heard = (_seen(message, told, reader, permits) for message in referral.messages if message.task in reach)
    return View(
        referral,
        as_sender,
        tuple(piece for piece in own if permits.allow(piece, reader)),
        missing_for(own, reader, permits),
        tasks,
        tuple(
            each for each in heard if not _tells_of_a_hidden_course(each, reach[each.message.task], referral, reader)
        ),
        {task: first for task, first in referral.earlier.items() if task in reach},
    )


def tasks_to_sender(referral: Referral, permits: Permits) -> tuple[SeenTask, ...]:
    """Return the tasks as their sender may see them: a recipient's answer only where consent covers it."""
    return tuple(
        SeenTask(task, hidden_from_sender(referral, task, permits), _hides_ahead(referral, task, permits))
        for task in referral.tasks
    )


def hidden_from_sender(referral: Referral, task: Task, permits: Permits) -> Reason | None:
    """Return why the sender may not hear of the task's course; None, if it may.

    A task that was answered stays hidden for one reason whatever became of it: taken back after a yes, ended with
    its consent, or declined, it looks the same.
    """
    reasons = (course_reason(referral, each, permits) for each in _answered(referral, task))
    return next((reason for reason in reasons if not reason.permits), None)


def _hides_ahead(referral: Referral, task: Task, permits: Permits) -> Reason | None:
    """Return why the sender may not hear what is proposed instead: that, too, is the recipient's telling."""
    reason = Reason.COVERED if task.ahead is None else course_reason(referral, task, permits)
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


def _tells_of_a_hidden_course(seen: SeenMessage, of: SeenTask, referral: Referral, reader: UnitId) -> bool:
    """Say whether a message of which nothing may be read would tell, by being there, that the answer was no no."""
    since = answered_since(referral, of.task)
    after = since is not None and seen.message.at >= since and seen.message.author != reader
    return of.hidden is not None and after and not seen.pieces


def page_questions(referral: Referral, reader: UnitId) -> list[Question]:
    """Return what to ask before `reader` sees one page of a thread: of its pieces alone, and of the course."""
    said = [piece for piece in _in_reach(referral, reader) if piece.message is not None]
    asked = questions_for(said, reader)
    if reader == referral.sender:
        threads = {message.task for message in referral.messages}
        asked += [each for task in referral.tasks if task.id in threads for each in course_questions(referral, task)]
    return asked


def _in_reach(referral: Referral, reader: UnitId) -> list[Piece]:
    """Return the referral's own pieces and those of threads the reader is in; once it is over, the reader's own."""
    if reader == referral.sender:
        return list(referral.pieces)
    live = {task.id for task in referral.tasks_of(reader) if task.state not in TOLD_NO_LONGER}
    threads = {message.id for message in referral.messages if message.task in live}
    return [
        piece
        for piece in referral.pieces
        if piece.author == reader or (live and piece.message is None) or piece.message in threads
    ]


def _needs_no_word(referral: Referral) -> bool:
    return by_family(referral.sender) or referral.rule.anonymous
