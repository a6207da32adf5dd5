"""The values a referral is made of."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from services.referral.domain.lifecycle import KNOWN_TO_SENDER, TaskState
from shared.vocabulary import Category, Purpose, Reason

ReferralId = NewType("ReferralId", UUID)
TaskId = NewType("TaskId", UUID)
MessageId = NewType("MessageId", UUID)
PersonId = NewType("PersonId", UUID)
UnitId = NewType("UnitId", str)


class MessageKind(StrEnum):
    """What a message in the dialogue is for."""

    QUESTION = "question"
    ANSWER = "answer"


class DeclineReason(StrEnum):
    """Why a recipient says no: a closed list (anchors 3.7)."""

    NO_CAPACITY = "no_capacity"
    CRITERIA_NOT_MET = "criteria_not_met"
    WRONG_RECIPIENT = "wrong_recipient"
    MISSING_INFORMATION = "missing_information"
    FAMILY_DECLINED = "family_declined"
    ALREADY_IN_SERVICE = "already_in_service"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of information: whom it is about, of what kind, and who wrote it.

    `offer` is an offer the person hopes for: a wish tells about a person too, and waits for its permit like
    everything else.
    """

    id: UUID
    subject: PersonId
    category: Category
    text: str
    author: UnitId
    message: MessageId | None = None
    offer: str | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """Somebody whose word is missing, and in what right he or she would speak (R26); consent's words for it."""

    person: PersonId
    capacity: str


@dataclass(frozen=True, slots=True)
class Missing:
    """What a recipient may not get, why, and whom the sender could ask: codes only."""

    subject: PersonId
    category: Category
    reason: Reason
    ask: tuple[Ask, ...] = ()


@dataclass(frozen=True, slots=True)
class Task:
    """The referral as one recipient's task (opgave); every answer lives here.

    `answered`: the recipient took it on or declined, wherever the task has gone since.
    """

    id: TaskId
    recipient: UnitId
    state: TaskState
    version: int
    decline_reason: DeclineReason | None = None
    missing: tuple[Missing, ...] = ()
    answered: bool = False

    @property
    def tells_an_answer(self) -> bool:
        """True where the state tells what the recipient answered, or that it had answered yes before the task ended."""
        return self.answered or self.state not in KNOWN_TO_SENDER


@dataclass(frozen=True, slots=True)
class Message:
    """One turn in the dialogue between the sender and one recipient."""

    id: MessageId
    task: TaskId
    kind: MessageKind
    author: UnitId
    at: datetime


@dataclass(frozen=True, slots=True)
class Referral:
    """The request (henvisning): who asks, for what, and everything said since."""

    id: ReferralId
    need: UUID
    purpose: Purpose
    sender: UnitId
    seen_by_family_at: datetime
    at: datetime
    pieces: tuple[Piece, ...]
    tasks: tuple[Task, ...]
    messages: tuple[Message, ...] = ()

    @property
    def subjects(self) -> frozenset[PersonId]:
        """Everyone the referral itself tells something about."""
        return frozenset(piece.subject for piece in self.own)

    @property
    def own(self) -> tuple[Piece, ...]:
        """What the referral itself tells, without what was said in the dialogue."""
        return tuple(piece for piece in self.pieces if piece.message is None)

    def task_of(self, unit: UnitId) -> Task | None:
        """Return the unit's task, if it is a recipient."""
        return next((task for task in self.tasks if task.recipient == unit), None)
