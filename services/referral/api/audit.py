"""Accesses that were refused, and readings of one's own record: what consent's ledger does not hold.

And what senders answered when they were asked whether there is a duty to report.
"""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import Field

from services.referral.actions import auditing
from services.referral.domain.duty import DutyAnswer
from shared.audit import Auditor, note_reading
from shared.clock import Now
from shared.db import InTransaction
from shared.text import WireOut

router = APIRouter(tags=["audit"])
MOST = 500


class AccessOut(WireOut):
    """One access; `place` is the entry's leaf in the ledger, once sealed."""

    ledger_id: UUID
    place: int | None
    at: str
    kind: str = Field(description="`access_refused` or `own_record_read`")
    unit: str | None
    user: str
    referral: UUID = Field(description="what was asked for: a referral's or a task's id")


class AccessList(WireOut):
    """Accesses, oldest first; `next` is where to go on."""

    accesses: list[AccessOut]
    next: UUID | None


@router.get("/audit/accesses", summary="Who asked for what was not theirs, and who read their own record")
async def accesses(
    request: Request,
    transaction: InTransaction,
    auditor: Auditor,
    at: Now,
    referral: Annotated[UUID | None, Query(description="a referral's or task's id")] = None,
    after: Annotated[UUID | None, Query(description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
) -> AccessList:
    """List refused and own accesses; this reading is itself written down."""
    await note_reading(transaction, auditor, request, at, "accesses")
    rows = await auditing.accesses(transaction, after, referral, limit)
    told = [
        AccessOut(
            ledger_id=row["id"], place=row["seq"], at=row["entry"]["at"], kind=row["entry"]["kind"],
            unit=row["entry"]["actor"]["unit"], user=row["entry"]["actor"]["user"],
            referral=row["entry"]["referral"],
        )
        for row in rows
    ]  # fmt: skip
    return AccessList(accesses=told, next=rows[-1]["id"] if len(rows) == limit else None)


class DutyAnswerOut(WireOut):
    """What a sender stated; `place` is the entry's leaf in the ledger, once sealed. Its reason is not told (R53)."""

    ledger_id: UUID
    place: int | None
    at: datetime
    unit: str
    user: str
    referral: UUID
    need: UUID
    serious_concern: bool
    answer: DutyAnswer | None
    reported_at: datetime | None
    stands: bool = Field(description="whether it is what the sender answered last")


class DutyAnswerList(WireOut):
    """Answers, oldest first; `next` is where to go on."""

    answers: list[DutyAnswerOut]
    next: UUID | None


@router.get("/audit/duty-answers", summary="What senders answered: is there a duty to report?")
async def duty_answers(
    request: Request,
    transaction: InTransaction,
    auditor: Auditor,
    at: Now,
    referral: Annotated[UUID | None, Query(description="only of this request")] = None,
    answer: Annotated[list[DutyAnswer] | None, Query(description="only these answers")] = None,
    standing: Annotated[  # noqa: FBT002 - its name on the wire
        bool, Query(description="`true`: only what was answered last; with `will_report`, what is not reported yet")
    ] = False,
    after: Annotated[UUID | None, Query(description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
) -> DutyAnswerList:
    """List answers by codes and times; this reading is itself written down."""
    await note_reading(transaction, auditor, request, at, "duty_answers")
    rows = await auditing.duty_answers(transaction, after, referral, answer or (), limit, standing=standing)
    told = [
        DutyAnswerOut(
            ledger_id=row["id"], place=row["seq"], at=row["at"], unit=row["unit"], user=row["by_user"],
            referral=row["referral_id"], need=row["need"], serious_concern=row["serious_concern"],
            answer=row["answer"], reported_at=row["reported_at"], stands=row["stands"],
        )
        for row in rows
    ]  # fmt: skip
    return DutyAnswerList(answers=told, next=rows[-1]["id"] if len(rows) == limit else None)
