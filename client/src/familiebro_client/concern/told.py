"""What is answered of a concern report, to whoever filed it. Words are in no `repr`."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from familiebro_client.concern.lists import (
    Basis,
    DialogueState,
    Form,
    Ground,
    MeasureType,
    Missing,
    ReporterKind,
    SaidAs,
    Subject,
    Watched,
    WhyNot,
)
from familiebro_client.told import Told


class ClockTold(Told):
    """One clock: by when something is done, in Danish what, and whether it has been."""

    clock: Watched
    by: datetime
    says: str
    done_at: datetime | None
    late: bool


class MissingTold(Told):
    """What you could still find out and add, and (in Danish) the question; the report is sent."""

    code: Missing
    question: str


class WhereTold(Told):
    """Which municipality has received it, which unit there, and why; where it went from there is not told."""

    municipality: str
    unit: str
    unit_name: str | None
    organisation_name: str | None
    basis: Basis
    says: str
    missing: list[MissingTold]


class Received(Told):
    """The report is received: who has it, and (in Danish, in `says`) what happens now. Show it to whoever reported."""

    id: UUID
    receipt: str | None = Field(description="a citizen's; None to professionals")
    received_at: datetime
    reporter_kind: ReporterKind
    provision: str
    duty: bool
    anonymous: bool
    where: WhereTold
    clocks: list[ClockTold]
    says: list[str]


class Kept(Told):
    """What was added is kept; its id is what a later correction names."""

    id: UUID
    at: datetime


class IdentifierTold(Told):
    """That a number was given: of which kind, and never the number."""

    kind: str
    shown: str


class AdultTold(Told):
    """A grown-up, as you wrote it."""

    relation: str
    name: str | None
    contact: str | None
    identifiers: list[IdentifierTold]


class ChildTold(Told):
    """The child, as you wrote it; `where` by the fields of `Where`."""

    unborn: bool
    name: str | None
    birth_date: date | None
    due_date: date | None
    address: str | None
    reached_at: str | None
    identifiers: list[IdentifierTold]
    adults: list[AdultTold]
    where: Mapping[str, str | bool]


class ReporterTold(Told):
    """Who reported, as they wrote it."""

    name: str
    contact: str | None
    relation: str | None


class Said(Told):
    """A piece of the report; `words` by the fields of `Concern`, or `text` of what came later."""

    id: UUID
    said_as: SaidAs
    says: str
    corrects: UUID | None
    corrected_by: UUID | None
    words: Mapping[str, str]
    at: datetime
    user: str | None


class InformingTold(Told):
    """Whether the parents were told, as you answered."""

    by: str
    informed_at: datetime | None
    why_not: WhyNot | None
    why_not_danish: str | None
    at: datetime


class FeedbackTold(Told):
    """What came of it: yes or no for each of the three, and no more of the case; `says` where it is not told."""

    told_at: datetime
    examination: bool | None
    mapping: bool | None
    measures: bool | None
    types: list[MeasureType]
    types_danish: list[str]
    weeks: int | None
    says: str | None


class OwnReport(Told):
    """A report as whoever sent it reads it: your own words, and where it stands; nothing of the case."""

    seen_as: Literal["reporter"]
    id: UUID
    received_at: datetime
    acknowledged_at: datetime | None
    reporter_kind: ReporterKind
    provision: str
    ground: Ground
    ground_danish: str
    subject: Subject
    form: Form
    where: WhereTold
    child: ChildTold
    reporter: ReporterTold | None
    said: list[Said]
    summary: str | None
    parents: list[InformingTold]
    dialogue: DialogueState | None
    dialogue_at: datetime | None
    dialogue_danish: str | None
    owed: str
    feedback: FeedbackTold | None


class Filed(Told):
    """A report in your unit's list; `told_back`: there is an answer of what came of it, so read the report."""

    id: UUID
    received_at: datetime
    acknowledged_at: datetime | None
    acknowledge_by: datetime
    municipality: str
    unit: str
    ground: Ground
    ground_danish: str
    subject: Subject
    form: Form
    told_back: bool


class FiledPage(Told):
    """A page of it."""

    reports: list[Filed]
    next: UUID | None
