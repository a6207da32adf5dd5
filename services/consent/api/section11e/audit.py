"""What an auditor asks of meetings under § 11 e; nowhere what was said at one (R13, R53)."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field

from services.consent.actions.section11e import auditing
from services.consent.actions.section11e.auditing import Asked
from services.consent.domain.section11e.meetings import Impossible, Kind, NotInformed, Outcome, State
from services.consent.domain.section11e.parties import Profession
from shared.audit import Auditor, note_reading
from shared.clock import Now
from shared.db import InTransaction
from shared.text import Code, Moment, WireOut
from shared.vocabulary import Category

router = APIRouter(tags=["audit"])
MOST = 500

Municipality = Annotated[str | None, Query(pattern=r"^\d{4}$", description="whose unit called it: four digits")]
After = Annotated[UUID | None, Query(description="`next` of the page before")]
Limit = Annotated[int, Query(ge=1, le=MOST)]


class StayOut(WireOut):
    """From when to when somebody was in the room."""

    came_at: datetime
    left_at: datetime | None


class InvitedOut(WireOut):
    """Somebody who might come: who, for whom, by which row of R2's table, what they chose, and what they told of.

    Each who told something answers for it in person (R11).
    """

    user: str
    profession: Profession
    unit: str
    employer: str = Field(description="the organisation, as the directory had it")
    party_row: str = Field(description="why the unit was admitted (R2)")
    agreement: str | None = Field(description="of a private unit: the agreement it works by")
    elsewhere_because: str | None = Field(description="of a unit of another municipality: why it took part")
    shares: bool | None = Field(description="what they chose themselves; null: nothing (R10)")
    chose_at: datetime | None
    there: list[StayOut] = Field(description="empty: they did not come")
    categories: list[Category] = Field(description="the kinds they put forward; not what it was (R13)")


class AuditedOut(WireOut):
    """A meeting: who, when, why and what came of it. `place` is the call's leaf in the ledger, once sealed."""

    id: UUID
    ledger_id: UUID
    place: int | None
    matter: UUID
    matter_number: int = Field(description="the how manieth matter about the child it is (R6)")
    about: str = Field(description="what tells the matter from others")
    matter_reason: str | None = Field(description="why there was another matter (R6)")
    matter_approved_by: str | None
    child: UUID
    kind: Kind
    state: State
    municipality: str
    unit: str = Field(description="who called it")
    convener: str = Field(description="by which person (R11)")
    called_at: datetime
    starts_at: datetime = Field(description="as it was called")
    ends_at: datetime
    opened_at: datetime | None = Field(description="as it was held")
    ended_at: datetime | None
    necessity: str = Field(description="why it was necessary (R5)")
    refusal: UUID | None = Field(description="the recorded no, or the consent taken back (R9)")
    consent_impossible: Impossible | None = Field(description="or why consent could not be asked for")
    consent_impossible_why: str | None
    special_circumstances: str | None = Field(description="of a follow-up: which (R7)")
    leader: str = Field(description="who hears of what is overdue")
    approved_by: str | None
    approved_at: datetime | None
    outcome: Outcome | None
    inform_by: datetime | None
    informed_at: datetime | None
    not_informed_because: NotInformed | None
    attendees: list[InvitedOut]


class AuditedList(WireOut):
    """Meetings, oldest call first; `next` is where to go on, if there is more."""

    meetings: list[AuditedOut]
    next: UUID | None


class RefusedOut(WireOut):
    """Something that was refused: who tried, by which rule it is not allowed, and about what."""

    id: UUID
    ledger_id: UUID
    place: int | None
    at: datetime
    code: str = Field(description="as the caller was told it")
    rule: str
    unit: str = Field(description="who tried")
    user: str
    municipality: str | None = Field(description="of the matter, or else of who tried")
    units: list[str] = Field(description="the refused units, where it was about units (R2, R3)")
    matter: UUID | None
    meeting: UUID | None


class RefusedList(WireOut):
    """What was refused, oldest first; `next` is where to go on, if there is more."""

    refused: list[RefusedOut]
    next: UUID | None


class InformingOut(WireOut):
    """How it stands with the word to the parents (R14)."""

    in_time: int = Field(description="told within fourteen days")
    late: int = Field(description="told, but later")
    waiting: int = Field(description="not told yet, within the fourteen days")
    overdue: int = Field(description="not told, the fourteen days are over, and nobody has said why")
    withheld: dict[NotInformed, int] = Field(description="not told, by the reason that was given")


class UninformedOut(WireOut):
    """A meeting that was held and that the parents have not been told of."""

    id: UUID
    matter: UUID
    child: UUID
    kind: Kind
    unit: str
    municipality: str
    convener: str
    leader: str
    ended_at: datetime
    inform_by: datetime
    standing: Literal["overdue", "waiting", "withheld"]
    not_informed_because: NotInformed | None
    leader_told_at: datetime | None = Field(description="when the leader heard that it is overdue")


class UninformedCountOut(WireOut):
    """How many there are in all, whatever the page shows."""

    overdue: int
    waiting: int
    withheld: dict[NotInformed, int]


class UninformedList(WireOut):
    """Families not told, the longest overdue first; `next` is where to go on, if there is more."""

    counts: UninformedCountOut
    meetings: list[UninformedOut]
    next: UUID | None


class FiguresOut(WireOut):
    """Counts of the meetings called for the period, and of what was refused in it."""

    meetings: dict[Kind, dict[State, int]]
    concluded: dict[Outcome, int] = Field(description="what held meetings led to")
    not_concluded: int = Field(description="held meetings of which nobody has said what they led to")
    informing: InformingOut
    refused: dict[str, int] = Field(description="by code")


def _asked(
    municipality: Municipality = None,
    since: Annotated[Moment | None, Query(description="of meetings the called start: then or later")] = None,
    before: Annotated[Moment | None, Query(description="before this moment")] = None,
) -> Asked:
    return Asked(municipality, since, before)


Narrowed = Annotated[Asked, Depends(_asked)]


@router.get("/audit/section-11e/meetings", summary="Meetings under § 11 e: all but what was said")
async def meetings(
    request: Request,
    transaction: InTransaction,
    auditor: Auditor,
    at: Now,
    asked: Narrowed,
    kind: Annotated[Kind | None, Query(description="first meetings, or follow-ups")] = None,
    state: Annotated[State | None, Query(description="where they stand")] = None,
    after: After = None,
    limit: Limit = 100,
) -> AuditedList:
    """List them with the reasons that were given: an auditor judges those; this reading is itself written down."""
    await note_reading(transaction, auditor, request, at, "section11e_meetings")
    found = await auditing.meetings(transaction, asked, kind, state, after, limit)
    told = [_audited(row, invited) for row, invited in found]
    return AuditedList(meetings=told, next=told[-1].id if len(told) == limit else None)


@router.get(
    "/audit/section-11e/refused", summary="What was refused of § 11 e: parties the law leaves out, and all else"
)
async def refused(
    request: Request,
    transaction: InTransaction,
    auditor: Auditor,
    at: Now,
    asked: Narrowed,
    code: Annotated[Code | None, Query(description="as the caller was told it")] = None,
    after: After = None,
    limit: Limit = 100,
) -> RefusedList:
    """List it; this reading is itself written down."""
    await note_reading(transaction, auditor, request, at, "section11e_refused")
    rows = await auditing.refused(transaction, asked, code, after, limit)
    told = [RefusedOut.model_validate(dict(row) | {"user": row["user_id"]}) for row in rows]
    return RefusedList(refused=told, next=told[-1].id if len(told) == limit else None)


@router.get("/audit/section-11e/uninformed", summary="Families not told of a meeting, the longest overdue first")
async def uninformed(
    request: Request,
    transaction: InTransaction,
    auditor: Auditor,
    at: Now,
    municipality: Municipality = None,
    after: After = None,
    limit: Limit = 100,
) -> UninformedList:
    """List them with why, and how many there are; this reading is itself written down."""
    await note_reading(transaction, auditor, request, at, "section11e_uninformed")
    rows, counts = await auditing.uninformed(transaction, municipality, at, after, limit)
    told = [
        UninformedOut.model_validate(
            dict(row) | {"convener": row["by_user"], "standing": auditing.standing(row, at)}
        )
        for row in rows
    ]  # fmt: skip
    following = told[-1].id if len(told) == limit else None
    return UninformedList(counts=UninformedCountOut.model_validate(counts), meetings=told, next=following)


@router.get("/audit/section-11e/figures", summary="Figures of § 11 e: how many, to what end, who was told")
async def figures(
    request: Request, transaction: InTransaction, auditor: Auditor, at: Now, asked: Narrowed
) -> FiguresOut:
    """Return the counts as they stand now; this reading is itself written down."""
    await note_reading(transaction, auditor, request, at, "section11e_figures")
    return FiguresOut.model_validate(await auditing.figures(transaction, asked, at))


def _audited(row: Any, invited: list[dict[str, Any]]) -> AuditedOut:  # noqa: ANN401 - a database row
    attendees = [
        each | {"user": each["user_id"], "employer": each["organisation"],
                "there": [StayOut(came_at=came, left_at=left) for came, left in each["there"]]}
        for each in invited
    ]  # fmt: skip
    told = {"convener": row["by_user"], "called_at": row["recorded_at"], "attendees": attendees}
    return AuditedOut.model_validate(dict(row) | told)
