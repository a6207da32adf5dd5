"""Who got what about whom, when, from whom and why it was allowed; the refusals too."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import Field

from services.consent.actions import deciding, overriding
from services.consent.api.overrides import GroundList, listed
from shared.audit import Auditor, note_reading
from shared.clock import Now
from shared.db import InTransaction
from shared.text import Code, Moment, WireOut
from shared.vocabulary import Category, Occasion, Purpose, Reason

router = APIRouter(tags=["audit"])
MOST = 500


class DisclosureOut(WireOut):
    """One category of one question in one decision. `place` is the entry's leaf in the ledger, once sealed."""

    ledger_id: UUID
    place: int | None
    at: str = Field(description="when it was decided, UTC")
    occasion: Occasion
    unit: str | None = Field(description="the unit that asked")
    user: str = Field(description="who asked: behind a system the acting user (R66)")
    referral: UUID
    need: UUID
    purpose: Purpose
    told_by: str
    told_to: str
    subject: UUID
    category: Category
    permitted: bool
    reason: Reason
    basis: list[str] = Field(description="the law that allows it, if it is allowed (R15)")
    consents: list[UUID] = Field(description="the consents or refusals that decided it")


class DisclosureList(WireOut):
    """Disclosures and refusals, oldest first; `next` is where to go on, if there is more."""

    disclosures: list[DisclosureOut]
    next: UUID | None


@router.get("/audit/disclosures", summary="Every decision: who, what, about whom, when, why")
async def disclosures(
    request: Request,
    transaction: InTransaction,
    auditor: Auditor,
    at: Now,
    referral: Annotated[UUID | None, Query(description="the referral it was asked for")] = None,
    subject: Annotated[UUID | None, Query(description="the person it was about")] = None,
    unit: Annotated[Code | None, Query(description="the unit that asked: when it is sent, the sender")] = None,
    since: Annotated[Moment | None, Query(description="decided at this moment or later")] = None,
    before: Annotated[Moment | None, Query(description="decided before this moment")] = None,
    after: Annotated[UUID | None, Query(description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST, description="how many decisions; each may hold many lines")] = 100,
) -> DisclosureList:
    """List decisions, permits and denials alike; this reading is itself written down."""
    await note_reading(transaction, auditor, request, at, "disclosures")
    rows = await deciding.decisions(transaction, after, referral, subject, unit, since, before, limit)
    told = [line for row in rows for line in _lines(row)]
    return DisclosureList(disclosures=told, next=rows[-1]["id"] if len(rows) == limit else None)


@router.get("/audit/overrides", summary="Every decision to tell on another legal ground than consent, and why")
async def overrides(
    request: Request,
    transaction: InTransaction,
    auditor: Auditor,
    at: Now,
    after: Annotated[UUID | None, Query(description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
) -> GroundList:
    """List them with their reasons: an auditor judges those; this reading is itself written down."""
    await note_reading(transaction, auditor, request, at, "overrides")
    return listed(await overriding.every(transaction, after, limit), limit)


def _lines(row: Any) -> list[DisclosureOut]:  # noqa: ANN401 - a database row
    entry = row["entry"]
    return [
        DisclosureOut(
            ledger_id=row["id"],
            place=row["seq"],
            at=entry["at"],
            occasion=entry["occasion"],
            unit=entry["actor"]["unit"],
            user=entry["actor"]["user"],
            referral=entry["referral"],
            need=question["need"],
            purpose=question["purpose"],
            told_by=question["from"],
            told_to=question["to"],
            subject=question["subject"],
            category=answer["category"],
            permitted=Reason(answer["reason"]).permits,
            reason=answer["reason"],
            basis=answer["basis"],
            consents=answer["records"],
        )
        for question in entry["questions"]
        for answer in question["answers"]
    ]
