"""Meetings, and what is agreed there: who was to come, how each saw the problem, who does what by when."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from services.referral.domain.lifecycle import HIDDEN_FROM_RECIPIENT, TOLD_NO_LONGER
from services.referral.domain.model import MessageId, Referral, ReferralId, Task, TaskId, UnitId

FAMILY = UnitId("family")


class MeetingKind(StrEnum):
    """A dialogue between the two parties of a task, or a network meeting of more of them (requirements 12, 23)."""

    DIALOGUE = "dialogue"
    NETWORK = "network"


class MeetingState(StrEnum):
    """Where a meeting stands."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    HELD = "held"
    CANCELLED = "cancelled"


TO_COME = frozenset({MeetingState.PROPOSED, MeetingState.CONFIRMED})


class Absence(StrEnum):
    """Why the family was not there: never held against it."""

    WISHED_NOT_TO = "wished_not_to"
    COULD_NOT = "could_not"
    NOT_INVITED = "not_invited"
    PROFESSIONALS_ALONE = "professionals_alone"
    NOT_SAID = "not_said"


ABSENCE_DANISH: Mapping[Absence, str] = {
    Absence.WISHED_NOT_TO: "Familien ville helst ikke være med",
    Absence.COULD_NOT: "Familien kunne ikke den dag",
    Absence.NOT_INVITED: "Familien var ikke inviteret",
    Absence.PROFESSIONALS_ALONE: "Det var aftalt med familien, at fagfolk mødtes alene",
    Absence.NOT_SAID: "Grunden er ikke sagt",
}


class Profession(StrEnum):
    """Who attended, by profession: never a name."""

    MIDWIFE = "midwife"
    HEALTH_VISITOR = "health_visitor"
    DOCTOR = "doctor"
    FAMILY_THERAPIST = "family_therapist"
    PSYCHOLOGIST = "psychologist"
    PEDAGOGUE = "pedagogue"
    SOCIAL_WORKER = "social_worker"
    JOB_ADVISER = "job_adviser"
    SPEECH_THERAPIST = "speech_therapist"
    LEADER = "leader"
    VOLUNTEER = "volunteer"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Presence:
    """Whether the family was there, and if not, why."""

    present: bool
    absence: Absence | None = None


@dataclass(frozen=True, slots=True)
class Attendee:
    """Somebody who attended: from which unit, of which profession."""

    unit: UnitId
    profession: Profession


@dataclass(frozen=True, slots=True)
class Answer:
    """What an invited unit says: whether it comes, and at which of the times."""

    unit: UnitId
    comes: bool
    time: datetime | None


@dataclass(frozen=True, slots=True)
class Held:
    """What was recorded of a meeting; the words are pieces of the message."""

    on: date
    family: Presence
    attended: tuple[Attendee, ...]
    message: MessageId
    by: UnitId
    at: datetime


@dataclass(frozen=True, slots=True)
class Meeting:
    """A meeting about one task (dialogmøde, netværksmøde). `units`: those it is between, the proposer's among them.

    `confirmed_for`: the time that was agreed, once it is.
    """

    id: UUID
    task: TaskId
    kind: MeetingKind
    times: tuple[datetime, ...]
    units: tuple[UnitId, ...]
    family_invited: bool
    state: MeetingState
    version: int
    proposed_by: UnitId
    at: datetime
    answers: tuple[Answer, ...] = ()
    held: Held | None = None
    confirmed_for: datetime | None = None


@dataclass(frozen=True, slots=True)
class NextStep:
    """What somebody does by a day. `owner`: a unit, or `family`; `readers`: the units it was agreed between."""

    id: UUID
    referral: ReferralId
    task: TaskId
    message: MessageId
    piece: UUID | None
    owner: UnitId
    readers: frozenset[UnitId]
    due: date
    at: datetime
    done_at: datetime | None = None

    def overdue(self, today: date) -> bool:
        """Say whether it should have been done before today."""
        return self.done_at is None and self.due < today


def live_task(referral: Referral, unit: UnitId) -> Task | None:
    """Return the unit's newest task that it may still be told of; None, if it has none."""
    live = [task for task in referral.tasks_of(unit) if task.state not in TOLD_NO_LONGER]
    return live[-1] if live else None


def task_for(referral: Referral, unit: UnitId, about: TaskId) -> TaskId | None:
    """Return the task under which a unit hears of something in `about`; None, where it is to hear nothing."""
    task = referral.task(about)
    if unit == referral.sender:
        return about
    if unit == task.recipient:
        return about if task.state not in TOLD_NO_LONGER | HIDDEN_FROM_RECIPIENT else None
    own = live_task(referral, unit)
    return None if own is None else own.id


def may_be_invited(referral: Referral, task: Task, by: UnitId, units: Iterable[UnitId]) -> bool:
    """Say whether all of them are parties the inviter knows of: the sender knows every recipient, they only it."""
    if by != referral.sender:
        return set(units) <= {referral.sender, task.recipient}
    return all(unit == referral.sender or referral.tasks_of(unit) for unit in units)
