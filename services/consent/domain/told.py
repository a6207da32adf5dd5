"""A word with all that was recorded about it: what the family's sheet and the standards' exports are made from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from services.consent.domain.model import Effect, Method, PersonId, Record, UnitId
from shared.vocabulary import Category, Purpose


class State(StrEnum):
    """What has happened to a word; each is written once, and nothing is taken away (R24)."""

    GIVEN = "given"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    INVALIDATED = "invalidated"


STATE_DANISH: Mapping[State, str] = {
    State.GIVEN: "Givet",
    State.REFUSED: "Sagt nej",
    State.WITHDRAWN: "Trukket tilbage",
    State.EXPIRED: "Udløbet",
    State.SUPERSEDED: "Afløst af et nyere",
    State.INVALIDATED: "Gælder ikke mere",
}


class Cause(StrEnum):
    """Why a consent was invalidated."""

    BIRTH = "birth"
    TURNED_15 = "turned_15"
    MOVED = "moved"
    CUSTODY_CHANGED = "custody_changed"
    SPEAKER_CHANGED = "speaker_changed"
    MERGED = "merged"
    RECORDED_IN_ERROR = "recorded_in_error"
    NOT_FREELY_GIVEN = "not_freely_given"


CAUSE_DANISH: Mapping[Cause, str] = {
    Cause.BIRTH: "Barnet er født",
    Cause.TURNED_15: "Den unge er fyldt 15 og svarer selv",
    Cause.MOVED: "Familien er flyttet til en anden kommune",
    Cause.CUSTODY_CHANGED: "Forældremyndigheden er ændret",
    Cause.SPEAKER_CHANGED: "En anden svarer nu for personen",
    Cause.MERGED: "To registreringer er lagt sammen eller skilt ad",
    Cause.RECORDED_IN_ERROR: "Det blev registreret ved en fejl",
    Cause.NOT_FREELY_GIVEN: "Det var ikke givet frivilligt",
}


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a word: which state it went into, when, and by which unit (None: the person).

    `recipients` and `categories` say how much was taken back, where it was not all of it.
    """

    state: State
    at: datetime
    by_unit: UnitId | None = None
    recipients: frozenset[UnitId] | None = None
    categories: frozenset[Category] | None = None
    cause: Cause | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """The text that was shown or read aloud, as it was: kept by version and language (R19)."""

    id: str
    version: int
    language: str
    title: str
    text: str
    digest: str


@dataclass(frozen=True, slots=True)
class UnitTold:
    """What a reader is told of a unit: public knowledge from the directory."""

    id: UnitId
    name: str
    organisation: str
    organisation_name: str
    cvr: str | None = None
    municipality: str | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """A consent or refusal, everything recorded with it, and what has happened to it since, oldest first.

    `oral_note` and the two reasons are None for readers who may not have them.
    """

    record: Record
    method: Method
    notice: Notice
    recorded_by_unit: UnitId
    recorded_at: datetime
    units: Mapping[UnitId, UnitTold]
    events: tuple[Event, ...] = ()
    oral_note: str | None = None
    not_written_because: str | None = None
    alone_because: str | None = None
    supersedes: frozenset[UUID] = frozenset()

    @property
    def state(self) -> State:
        """The last state it went into; a word taken back in part still stands."""
        last = State.GIVEN if self.record.effect is Effect.PERMIT else State.REFUSED
        for event in self.events:
            partly = event.recipients is not None or event.categories is not None
            last = last if partly else event.state
        return last


@dataclass(frozen=True, slots=True)
class SeenLine:
    """One time somebody else read something: day, place, purpose and kind, never the employee (R52).

    `law`: the provision it rested on; None: consent.
    """

    on: date
    subject: PersonId
    unit_name: str
    organisation_name: str
    purpose: Purpose
    category: Category
    law: str | None = None


@dataclass(frozen=True, slots=True)
class GroundLine:
    """What a unit may tell others without the family's yes: since and till when, about whom, by which law (R17)."""

    on: date
    until: date
    subject: PersonId
    unit_name: str
    recipients: tuple[str, ...]
    categories: frozenset[Category]
    law: str
    danish: str
