"""What an auditor asks of concern reports; nowhere what was said (R53)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import Field

from services.concern.actions import auditing
from services.concern.actions.auditing import Period
from services.concern.domain.acting import Basis, Missing
from services.concern.domain.dialogue import DialogueState, Form
from services.concern.domain.informing import Informer, WhyNot
from services.concern.domain.kinds import Ground, ReporterKind, Subject
from services.concern.domain.lifecycle import Outcome, ReportState
from services.concern.domain.overdue import Watched
from shared.audit import Auditor, note_reading
from shared.clock import Now
from shared.db import InTransaction
from shared.text import Moment, WireOut

router = APIRouter(tags=["audit"])
MOST = 200
Municipality = Annotated[str | None, Query(pattern="^[0-9]{4}$", description="whose reports: four digits; else all")]
Since = Annotated[Moment | None, Query(description="received at that moment or later")]
Before = Annotated[Moment | None, Query(description="received before that moment")]
_BY = {Watched.ASSESS: "assess_by", Watched.ACKNOWLEDGE: "acknowledge_by", Watched.PARENTS: "inform_by"}
_DONE = {Watched.ASSESS: "assessed_at", Watched.ACKNOWLEDGE: "acknowledged_at"}


class ClockOut(WireOut):
    """A clock: by when, when it was done, whether it was not held, and who was told of that."""

    clock: Watched
    due_by: datetime
    done_at: datetime | None = Field(description="of the parents: see `informing`")
    missed: bool = Field(description="run out by now with nothing done, or done too late; it stays so")
    told: str | None
    told_at: datetime | None


class StepOut(WireOut):
    """A step that was taken; a citizen who takes one is not named."""

    step: str
    at: datetime
    unit: str | None
    user: str | None


class InformingOut(WireOut):
    """An answer of whether the parents were told."""

    by: Informer
    informed_at: datetime | None
    why_not: WhyNot | None
    at: datetime


class AuditedOut(WireOut):
    """A report by codes; `place` is the entry of its receipt in the ledger, once sealed. A citizen is not named."""

    id: UUID
    ledger_id: UUID
    place: int | None
    came_from: UUID | None = Field(description="the report that was passed on to be this one (R39)")
    municipality: str
    basis: Basis
    missing: list[Missing]
    unit: str
    reporter_kind: ReporterKind
    reporter_unit: str | None
    reporter: str | None
    anonymous: bool
    ground: Ground
    provision: str
    subject: Subject
    form: Form
    state: ReportState
    received_at: datetime
    clocks: list[ClockOut]
    danger: bool | None
    acute_measures: bool | None
    running_measures: bool | None
    outcomes: list[Outcome] | None
    ended_at: datetime | None
    parents_to_tell: bool
    informing: list[InformingOut]
    dialogue: DialogueState | None
    dialogue_at: datetime | None
    steps: list[StepOut]


class AuditedList(WireOut):
    """Reports, oldest first; `next` is where to go on."""

    reports: list[AuditedOut]
    next: UUID | None


class CountOut(WireOut):
    """How many reports of one kind of reporter, for one reason."""

    reporter_kind: ReporterKind
    ground: Ground
    reports: int


class HeldOut(WireOut):
    """How one clock was held."""

    held: int
    missed: int = Field(description="run out by now, or done too late")
    running: int = Field(description="not done, and still in time")


class ToldOut(WireOut):
    """How it stands with the word to those reporters who must have it (R33)."""

    given: int
    withheld: int
    outstanding: int = Field(description="closed, and the reporter was told neither what was begun nor why not")


class FiguresOut(WireOut):
    """What came in, and how what the law asks was held; a report that was passed on counts where it is asked about."""

    reports: int
    passed_here: int = Field(description="of these, received from another municipality")
    passed_on: int = Field(description="of these, sent on to another municipality")
    received: list[CountOut]
    clocks: dict[Watched, HeldOut]
    told: int = Field(description="how many times somebody was told of a clock that had run out")
    median_hours_to_assessment: float | None = Field(description="of those that are assessed")
    feedback: ToldOut
    parents: dict[str, int] = Field(description="`informed`, the last reason why not, or `unanswered`")


@router.get("/audit/concern-reports", summary="The concern reports of a municipality in a period")
async def reports(
    request: Request, transaction: InTransaction, auditor: Auditor, at: Now, municipality: Municipality = None,
    since: Since = None, before: Before = None,
    late: Annotated[  # noqa: FBT002 - its name on the wire
        bool, Query(description="`true`: only those with a clock that was not held")
    ] = False,
    after: Annotated[UUID | None, Query(description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
) -> AuditedList:  # fmt: skip
    """List them by codes, clocks, who and when; this reading is itself written down."""
    await note_reading(transaction, auditor, request, at, "concern_reports")
    period = Period(municipality, since, before, at)
    rows = await auditing.reports(transaction, period, after or UUID(int=0), limit, late=late)
    told = [_audited(row) for row in rows]
    return AuditedList(reports=told, next=told[-1].id if len(told) == limit else None)


@router.get("/audit/concern-reports/figures", summary="How the clocks of concern reports are held")
async def figures(
    request: Request, transaction: InTransaction, auditor: Auditor, at: Now, municipality: Municipality = None,
    since: Since = None, before: Before = None,
) -> FiguresOut:  # fmt: skip
    """Count what was received in the period, as it stands now; this reading is itself written down."""
    await note_reading(transaction, auditor, request, at, "concern_figures")
    found = await auditing.figures(transaction, Period(municipality, since, before, at))
    counts = found.counts
    clocks = {
        clock: HeldOut(**{name: counts[f"{name}_{clock}"] for name in ("held", "missed", "running")})
        for clock in Watched
    }
    return FiguresOut(
        reports=counts["reports"], passed_here=counts["passed_here"], passed_on=counts["passed_on"],
        received=[CountOut(**dict(row)) for row in found.received], clocks=clocks, told=counts["told"],
        median_hours_to_assessment=counts["median_hours"],
        feedback=ToldOut(given=counts["given"], withheld=counts["withheld"], outstanding=counts["outstanding"]),
        parents=found.parents,
    )  # fmt: skip


def _audited(row: Mapping[str, Any]) -> AuditedOut:
    heard = row["told"] or {}
    clocks = []
    for clock, by in _BY.items():
        told, told_at = heard.get(clock.value, (None, None))
        done_at = row[_DONE[clock]] if clock in _DONE else None
        clocks.append(
            ClockOut(
                clock=clock, due_by=row[by], done_at=done_at, missed=row[f"missed_{clock}"], told=told, told_at=told_at
            )
        )  # fmt: skip
    same = {name: row[name] for name in AuditedOut.model_fields if name not in {"clocks", "steps", "informing"}}
    return AuditedOut(**same, clocks=clocks, steps=row["steps"] or [], informing=row["informing"] or [])
