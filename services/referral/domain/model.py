"""The values a referral is made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from services.referral.domain.kinds import KINDS, Kind, Priority, Relation, Rule, Topic
from services.referral.domain.lifecycle import HIDDEN_FROM_RECIPIENT, KNOWN_TO_SENDER, Party, TaskState
from shared.vocabulary import Category, Purpose, Reason

ReferralId = NewType("ReferralId", UUID)
TaskId = NewType("TaskId", UUID)
MessageId = NewType("MessageId", UUID)
PersonId = NewType("PersonId", UUID)
UnitId = NewType("UnitId", str)

_FAMILY = "family:"


def as_author(person: PersonId) -> UnitId:
    """Return a family member as an author or sender; no unit's code has a colon."""
    return UnitId(f"{_FAMILY}{person}")


def by_family(author: UnitId) -> bool:
    """Say whether somebody of the family wrote or sent it, and not a unit."""
    return author.startswith(_FAMILY)


def family_member(author: UnitId) -> PersonId:
    """Return who of the family it is.

    Raises:
        ValueError: it is a unit.
    """
    return PersonId(UUID(author.removeprefix(_FAMILY)))


class MessageKind(StrEnum):
    """What a message in the thread is for."""

    QUESTION = "question"
    ANSWER = "answer"
    CLARIFICATION = "clarification"
    ADVICE = "advice"
    PROPOSAL = "proposal"
    INVITATION = "invitation"
    MEETING = "meeting"
    AFTERCARE = "aftercare"
    ATTACHMENT = "attachment"
    NO_THANK_YOU = "no_thank_you"


class Label(StrEnum):
    """What a piece is within its message, where that matters: at a meeting, both say how they see it."""

    FAMILYS_VIEW = "familys_view"
    PROFESSIONALS_VIEW = "professionals_view"
    NEXT_STEP = "next_step"
    PLAN = "plan"


class Scale(StrEnum):
    """The level scales in use; a level is never told to the family in a message (requirement 27; R67)."""

    TOPI = "topi"
    BOERNELINEALEN = "boernelinealen"
    PREGNANCY_CARE = "pregnancy_care"


LEVELS: Mapping[Scale, tuple[str, ...]] = {
    Scale.TOPI: ("green", "yellow", "red"),
    Scale.BOERNELINEALEN: ("green", "yellow", "red"),
    Scale.PREGNANCY_CARE: ("1", "2", "3", "4"),
}


@dataclass(frozen=True, slots=True)
class Level:
    """An assessment on a scale: which level, on what day, by which profession."""

    scale: Scale
    level: str
    on: date
    assessor: str


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of information: whom it is about, of what kind, and who wrote it.

    `offer` is an offer the person hopes for: a wish tells about a person too, and waits for its permit like
    everything else; so do a `level`, and an `attachment`, whose name is the text. `corrects`: the piece this one
    takes the place of; the old one is kept, and shown as corrected.
    """

    id: UUID
    subject: PersonId
    category: Category
    text: str
    author: UnitId
    message: MessageId | None = None
    offer: str | None = None
    label: Label | None = None
    level: Level | None = None
    attachment: UUID | None = None
    corrects: UUID | None = None
    at: datetime | None = None


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
class Origin:
    """The task this one comes from, how, and why; the chain is never cut."""

    task: TaskId
    relation: Relation
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Ahead:
    """What is proposed instead: another offer, another unit, or both; codes of the directory."""

    offer: str | None = None
    unit: UnitId | None = None


@dataclass(frozen=True, slots=True)
class Clock:
    """By when the recipient answers, and an offer begins; `stands_since`: it waits for somebody else (a flag)."""

    answer_by: datetime | None = None
    offer_by: datetime | None = None
    stands_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """The referral as one recipient's task (opgave); every answer lives here.

    `reason`: why it stands as it does, from the closed list of its state. `ahead`: what is proposed instead, or was
    when it was declined. `answered`: the recipient has told something of the course, wherever the task has gone since;
    `answered_at`: when it first did. `request`: the kind of request it is a task of. `ended_by`: who ended it, a party
    or a family member as an author; nobody, where consent did. `draft_only`: it was taken back as a draft.
    """

    id: TaskId
    recipient: UnitId
    state: TaskState
    version: int
    reason: str | None = None
    missing: tuple[Missing, ...] = ()
    answered: bool = False
    ahead: Ahead | None = None
    origin: Origin | None = None
    clock: Clock = Clock()
    owner: str | None = None
    run: UUID | None = None
    decision_ref: str | None = None
    answered_at: datetime | None = None
    request: Kind = Kind.REFERRAL
    ended_by: str | None = None
    draft_only: bool = False

    @property
    def party_that_ended(self) -> Party | None:
        """Which party ended it; who of the family it was is not told."""
        if self.ended_by is None:
            return None
        return Party.FAMILY if by_family(UnitId(self.ended_by)) else Party(self.ended_by)

    @property
    def tells_an_answer(self) -> bool:
        """True where the state tells what the recipient answered, or that it had answered yes before the task ended."""
        return self.answered or self.state not in KNOWN_TO_SENDER


@dataclass(frozen=True, slots=True)
class Message:
    """One turn in a task's thread.

    `to` names who must answer a question; `answers`, what an answer answers. `words`: about nobody, in an
    anonymous consultation alone.
    """

    id: MessageId
    task: TaskId
    kind: MessageKind
    author: UnitId
    at: datetime
    to: Party | None = None
    answers: MessageId | None = None
    words: str | None = None


@dataclass(frozen=True, slots=True)
class Referral:
    """The request (henvisning): who asks, for what, and what was said since.

    Of a long thread, `messages` are the newest, and the questions still open; `earlier` names the first after which
    nothing is left out, of each thread that is longer.
    """

    id: ReferralId
    need: UUID
    purpose: Purpose
    sender: UnitId
    seen_by_family_at: datetime | None
    at: datetime
    pieces: tuple[Piece, ...]
    tasks: tuple[Task, ...]
    messages: tuple[Message, ...] = ()
    kind: Kind = Kind.REFERRAL
    priority: Priority = Priority.ROUTINE
    topic: Topic | None = None
    continues: ReferralId | None = None
    first_accepts: bool = False
    discussed_with_parents_at: datetime | None = None
    closed_at: datetime | None = None
    earlier: Mapping[TaskId, MessageId] = field(default_factory=dict)

    @property
    def rule(self) -> Rule:
        """What its kind asks for."""
        return KINDS[self.kind]

    @property
    def subjects(self) -> frozenset[PersonId]:
        """Everyone the referral itself tells something about."""
        return frozenset(piece.subject for piece in self.own)

    @property
    def own(self) -> tuple[Piece, ...]:
        """What the referral itself tells, without what was said in the dialogue."""
        return tuple(piece for piece in self.pieces if piece.message is None)

    def tasks_of(self, unit: UnitId) -> tuple[Task, ...]:
        """Return the unit's tasks that went out to it, the oldest first; none, if it is no recipient."""
        return tuple(task for task in self.tasks if task.recipient == unit and task.state not in HIDDEN_FROM_RECIPIENT)

    def task(self, number: TaskId) -> Task:
        """Return one of its tasks.

        Raises:
            KeyError: it has no such task.
        """
        for task in self.tasks:
            if task.id == number:
                return task
        raise KeyError(number)

    def thread(self, task: TaskId) -> tuple[Message, ...]:
        """Return what was said about one task."""
        return tuple(message for message in self.messages if message.task == task)
