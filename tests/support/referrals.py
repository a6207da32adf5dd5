"""Builders for the rules of referral: a referral, its pieces and tasks, and what consent permits of them."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.referral.domain.kinds import DeclineReason, DropOutReason, FamilyReason, Outcome
from services.referral.domain.lifecycle import TaskState
from services.referral.domain.model import (
    Message,
    MessageId,
    MessageKind,
    PersonId,
    Piece,
    Referral,
    ReferralId,
    Task,
    TaskId,
    UnitId,
)
from services.referral.domain.permit import Key, Permits
from shared.vocabulary import Category, Purpose, Reason

AT = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
SENDER, FIRST, SECOND, STRANGER = map(UnitId, ("midwives", "therapist", "visitor", "jobcenter"))
PARTIES = (SENDER, FIRST, SECOND)
THILDE, JONATHAN = PersonId(UUID(int=1)), PersonId(UUID(int=2))
DECISION = UUID(int=77)


_WHY = {
    TaskState.DECLINED: DeclineReason.NO_CAPACITY,
    TaskState.FAMILY_DECLINED: FamilyReason.TIMING,
    TaskState.DROPPED_OUT: DropOutReason.ILLNESS,
    TaskState.COMPLETED: Outcome.GOAL_REACHED,
}


def task(recipient: UnitId = FIRST, state: TaskState = TaskState.RECEIVED, **changes: Any) -> Task:
    """Return a recipient's task; one that needs a reason has it."""
    why = _WHY.get(state)
    number = TaskId(UUID(int=1000 + PARTIES.index(recipient)))
    return replace(Task(number, recipient, state, 1, why), **changes)


def piece(
    number: int,
    subject: PersonId = THILDE,
    category: Category = Category.HEALTH,
    author: UnitId = SENDER,
    **changes: Any,
) -> Piece:
    """Return a piece whose words, and wish, are found nowhere else."""
    made = Piece(UUID(int=2000 + number), subject, category, f"ord-{number}-slut", author, offer=f"wish-{number}-end")
    return replace(made, **changes)


def message(number: int, about: Task, author: UnitId) -> Message:
    """Return a message in a recipient's thread."""
    kind = MessageKind.ANSWER if author == SENDER else MessageKind.QUESTION
    return Message(MessageId(UUID(int=3000 + number)), about.id, kind, author, AT)


def referral(pieces: Iterable[Piece], tasks: Iterable[Task], messages: Iterable[Message] = ()) -> Referral:
    """Return a referral from the midwives."""
    return Referral(
        id=ReferralId(UUID(int=10)), need=UUID(int=11), purpose=Purpose.EARLY_SUPPORT, sender=SENDER,
        seen_by_family_at=AT, at=AT, pieces=tuple(pieces), tasks=tuple(tasks), messages=tuple(messages),
    )  # fmt: skip


def permits(*keys: Key, otherwise: Reason | None = None) -> Permits:
    """Return permits of just these keys."""
    return Permits(DECISION, dict.fromkeys(keys, otherwise or Reason.COVERED))
