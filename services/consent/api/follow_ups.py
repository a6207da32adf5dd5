"""What your unit should do next about consents."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from services.consent.actions import reminding
from services.consent.api.context import ByEither, Noted
from services.consent.domain.following import DANISH, Kind
from shared.db import InTransaction
from shared.text import WireOut

router = APIRouter(tags=["follow-ups"], route_class=Noted)
MOST = 200


class FollowUpOut(WireOut):
    """One thing to do: ask anew, tell the person, know of a merger."""

    id: UUID
    kind: Kind
    says: str = Field(description="in Danish: what has happened, and what to do")
    subject: UUID
    consent: UUID | None
    override: UUID | None
    due: date
    made_at: datetime


class FollowUpList(WireOut):
    """What is still to do, oldest first; `next` is where to go on, if there is more."""

    follow_ups: list[FollowUpOut]
    next: UUID | None


class DoneOut(WireOut):
    """What was done."""

    id: UUID


@router.get("/follow-ups", summary="What your unit should do next about consents")
async def open_of(
    transaction: InTransaction,
    asked: ByEither,
    after: Annotated[UUID | None, Query(description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
) -> FollowUpList:
    """Return reminders before an end, and whom to ask anew after a birth, a move, a fifteenth birthday (R28, R38)."""
    rows = await reminding.open_of(transaction, asked, after, limit)
    told = [
        FollowUpOut(
            id=row["id"], kind=Kind(row["kind"]), says=DANISH[Kind(row["kind"])], subject=row["subject"],
            consent=row["consent_id"], override=row["override_id"], due=row["due"], made_at=row["made_at"],
        )
        for row in rows
    ]  # fmt: skip
    return FollowUpList(follow_ups=told, next=rows[-1]["id"] if len(rows) == limit else None)


@router.post("/follow-ups/{follow_up}/done", status_code=201, summary="Note that it is done")
async def done(follow_up: UUID, transaction: InTransaction, asked: ByEither) -> DoneOut:
    """Note it; it is not shown again."""
    await reminding.done(transaction, follow_up, asked)
    return DoneOut(id=follow_up)
