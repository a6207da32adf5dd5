"""Who is reminded of a deadline, and when: before it, when it has passed, and when nothing has come of that."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from services.referral.domain.deadlines import NOT_BEGUN, UNANSWERED, overdue
from services.referral.domain.lifecycle import Party, TaskState
from services.referral.domain.model import Clock, Message, Referral, Task, UnitId, as_author


class Reminder(StrEnum):
    """What is told; each once for a task's answer and once for its offer."""

    DUE_SOON = "due_soon"
    LATE = "late"
    ESCALATED = "escalated"


class Due(StrEnum):
    """What is waited for: the recipient's answer, or that an offer begins."""

    ANSWER = "answer"
    OFFER = "offer"


# An offer can only be late where the answer was yes: a task without an answer is late with that.
STATES: Mapping[Due, frozenset[TaskState]] = {Due.ANSWER: UNANSWERED, Due.OFFER: NOT_BEGUN - UNANSWERED}


@dataclass(frozen=True, slots=True)
class Patience:
    """How long before a deadline one is reminded, how long after it others are called; how long a question waits."""

    before: timedelta = timedelta(days=3)
    after: timedelta = timedelta(days=7)
    answer: timedelta = timedelta(days=14)


def window(reminder: Reminder, since: datetime, at: datetime, patience: Patience) -> tuple[datetime, datetime]:
    """Return between what moments, both included, a deadline lies that calls for the reminder now.

    `since`: what passed before was looked at already.
    """
    if reminder is Reminder.DUE_SOON:
        return at, at + patience.before
    if reminder is Reminder.LATE:
        return since, at
    return since - patience.after, at - patience.after


def calls_for(reminder: Reminder, state: TaskState, clock: Clock, at: datetime, patience: Patience) -> str | None:
    """Return for what the reminder is due: `answer`, `offer` or nothing. While the clock stands, it is nothing."""
    if reminder is Reminder.LATE:
        return overdue(state, clock, at)
    if reminder is Reminder.ESCALATED:
        return overdue(state, clock, at - patience.after)
    return None if overdue(state, clock, at) else overdue(state, clock, at + patience.before)


def asked(referral: Referral, task: Task, question: Message) -> list[UnitId]:
    """Return who is asked: a party of the task, or each of the family the question is about."""
    if question.to is Party.FAMILY:
        about = {piece.subject for piece in referral.pieces if piece.message == question.id}
        return [as_author(person) for person in sorted(about)]
    return [referral.sender if question.to is Party.SENDER else task.recipient]


def hear_of_it(reminder: Reminder, referral: Referral, task: Task, coordinator: UnitId | None) -> list[UnitId]:
    """Return whom to tell: before, the recipient; then also the sender, who follows up; then the coordinator.

    A late offer tells that the answer was yes. It stands in the sender's feed like all that follows an answer: told
    only while the course may be told, and otherwise not there at all (`actions.hearing`). A coordinator who is no
    party to the task hears nothing: being named opens nothing.
    """
    if reminder is Reminder.DUE_SOON:
        return [task.recipient]
    if reminder is Reminder.LATE or coordinator == task.recipient:
        return [referral.sender, task.recipient]
    return [referral.sender]
