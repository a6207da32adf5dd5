"""What is told of a report to whoever sends it, to the authority that has it, and to whoever comes back to it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query
from pydantic import Field

from services.concern.domain.acting import Basis, Missing
from services.concern.domain.dialogue import DialogueState, Form
from services.concern.domain.feedback import MeasureType
from services.concern.domain.informing import WhyNot
from services.concern.domain.kinds import Ground, ReporterKind, Subject
from services.concern.domain.lifecycle import Outcome, ReportState
from services.concern.domain.overdue import Watched
from services.concern.domain.saying import SaidAs
from shared.personal import MASK
from shared.text import WireOut

MOST = 200
After = Annotated[UUID | None, Query(description="`next` of the page before")]
Limit = Annotated[int, Query(ge=1, le=MOST)]


class ClockOut(WireOut):
    """One clock: by when something is done, in words, and whether it has been."""

    clock: Watched
    by: datetime = Field(description="the first moment that is too late")
    says: str = Field(description="in Danish")
    done_at: datetime | None
    late: bool


class MissingOut(WireOut):
    """Something nobody has said that would settle which municipality acts."""

    code: Missing
    question: str = Field(description="in Danish")


class WhereOut(WireOut):
    """Which municipality has the report, which unit there, and why (R39)."""

    municipality: str
    unit: str
    unit_name: str | None = Field(description="as the directory names it")
    organisation_name: str | None
    basis: Basis
    says: str = Field(description="why that municipality, in Danish")
    missing: list[MissingOut] = Field(description="what you could still find out and add; the report is sent")


class ReceivedOut(WireOut):
    """A report is received: who has it, what happens now, and by when."""

    id: UUID
    receipt: str | None = Field(description="of a citizen: keep it; shown this once, and never by another address")
    received_at: datetime
    reporter_kind: ReporterKind = Field(description="what the directory says of the reporter's unit (R29, R30)")
    provision: str = Field(description="the provision it is made under")
    duty: bool = Field(description="whether that provision obliges")
    anonymous: bool
    where: WhereOut
    clocks: list[ClockOut]
    says: list[str] = Field(description="in Danish: what happens now, and what you are told of it")


class IdentifierOut(WireOut):
    """A number that was given: of which kind, and never the number (R45)."""

    kind: str
    shown: str = MASK


class AdultOut(WireOut):
    """A grown-up around the child, as the reporter wrote it."""

    relation: str
    name: str | None = None
    contact: str | None = None
    identifiers: list[IdentifierOut]


class ChildOut(WireOut):
    """The child, as the reporter wrote it."""

    unborn: bool
    name: str | None = None
    birth_date: str | None = None
    due_date: str | None = None
    address: str | None = None
    reached_at: str | None = None
    identifiers: list[IdentifierOut]
    adults: list[AdultOut]
    where: Mapping[str, Any] = Field(description="what the reporter knew of where the family lives (R39)")


class ReporterOut(WireOut):
    """Who reports, as they wrote it."""

    name: str
    contact: str | None = None
    relation: str | None = None


class SaidOut(WireOut):
    """A piece of the report: the first, or what was added or corrected; what was corrected still stands beside it."""

    id: UUID
    said_as: SaidAs
    says: str = Field(description="what it is, in Danish")
    corrects: UUID | None
    corrected_by: UUID | None
    words: Mapping[str, str] = Field(description="by field, as it was sent; `text` for what came later")
    at: datetime
    user: str | None = Field(description="who of the reporter's wrote it; of a citizen nobody is named here")


class InformingOut(WireOut):
    """Whether the parents were told, and by whom, or why not."""

    by: str
    informed_at: datetime | None
    why_not: WhyNot | None
    why_not_danish: str | None
    at: datetime


class FeedbackOut(WireOut):
    """What whoever reported is told of what came of it: yes or no per kind, and no more of the case (R33)."""

    told_at: datetime
    examination: bool | None
    mapping: bool | None
    measures: bool | None
    types: list[MeasureType]
    types_danish: list[str]
    weeks: int | None
    says: str | None = Field(description="in Danish, where nothing more is told")


class StepOut(WireOut):
    """A step as the register keeps it: codes and ids."""

    step: str
    said: Mapping[str, Any]
    unit: str | None
    user: str | None
    at: datetime


class RegisteredOut(WireOut):
    """A report in the authority's register: ids, codes and clocks, and no words (BL § 136, stk. 1)."""

    id: UUID
    came_from: UUID | None = Field(description="the report at another municipality that was passed on")
    state: ReportState
    state_danish: str
    reporter_kind: ReporterKind
    reporter_unit: str | None
    ground: Ground
    ground_danish: str
    provision: str
    subject: Subject
    form: Form
    anonymous: bool
    municipality: str
    unit: str
    basis: Basis
    missing: list[Missing]
    received_at: datetime
    clocks: list[ClockOut]
    late: list[Watched] = Field(description="which clocks have run out with nothing done")
    said_since: bool = Field(description="the reporter has said more since it was last assessed: read it, assess anew")
    danger: bool | None
    acute_measures: bool | None
    running_measures: bool | None
    outcomes: list[Outcome] | None
    ended_at: datetime | None
    dialogue: DialogueState | None
    dialogue_at: datetime | None


class ReportOut(RegisteredOut):
    """A report as the authority that has it reads it, whole."""

    seen_as: Literal["authority"] = "authority"
    version: int
    where: WhereOut
    kind_danish: str
    duty: bool
    child: ChildOut | None = Field(description="null: it was passed on, and is read only where it is now (R39)")
    reporter: ReporterOut | None = Field(description="who reports, where they said so")
    said: list[SaidOut]
    summary: str | None = Field(description="of the municipality the family has left (R37)")
    minutes: list[Mapping[str, Any]] = Field(description="of the dialogue meeting, as it was kept")
    parents: list[InformingOut]
    steps: list[StepOut]
    outcomes_danish: list[str]
    dialogue_danish: str | None
    owed: str = Field(description="what the reporter is owed, as they are told it (R33)")
    feedback: FeedbackOut | None
    notices: list[str] = Field(description="in Danish: what must be thought of")
    allowed: list[str] = Field(description="the steps the authority may take now")


class OwnReportOut(WireOut):
    """A report as whoever sent it reads it: their own words, and where it stands; nothing of the case."""

    seen_as: Literal["reporter"] = "reporter"
    id: UUID
    received_at: datetime
    acknowledged_at: datetime | None = Field(description="when the authority confirmed that it has it")
    reporter_kind: ReporterKind
    provision: str
    ground: Ground
    ground_danish: str
    subject: Subject
    form: Form
    where: WhereOut = Field(description="where it was received; where it was passed on to is not told")
    child: ChildOut
    reporter: ReporterOut | None
    said: list[SaidOut]
    summary: str | None
    parents: list[InformingOut] = Field(description="what you answered")
    dialogue: DialogueState | None
    dialogue_at: datetime | None
    dialogue_danish: str | None
    owed: str = Field(description="what you are told, in Danish (R33)")
    feedback: FeedbackOut | None


class FiledOut(WireOut):
    """A report in the list of whoever sent it."""

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
    told_back: bool = Field(description="there is an answer of what came of it; read the report")


class Register(WireOut):
    """A page of the register, oldest first; `next` is where to go on, if there is more."""

    reports: list[RegisteredOut]
    next: UUID | None


class FiledList(WireOut):
    """A page of what you have reported, oldest first; `next` is where to go on, if there is more."""

    reports: list[FiledOut]
    next: UUID | None


class ReceiptOut(WireOut):
    """What a receipt shows: that it was received, and whether the authority has confirmed it; nothing else."""

    received_at: datetime
    acknowledged_at: datetime | None
    says: str = Field(description="in Danish")
