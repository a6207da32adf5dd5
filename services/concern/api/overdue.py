"""What is late in a municipality: counted, listed, and who was told of it when."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from services.concern.actions import overdue
from services.concern.api.context import ByOverseer, Noted, Units
from services.concern.domain.kinds import Ground
from services.concern.domain.lifecycle import ReportState
from services.concern.domain.overdue import WATCHED_DANISH, Watched
from shared.db import InTransaction
from shared.text import WireOut
from shared.vocabulary import glossed

router = APIRouter(tags=["concern reports: the authority"], route_class=Noted)
MOST = 200
_HOUR_S = 3600


class RunOutOut(WireOut):
    """A clock that has run out with nothing done."""

    clock: Watched = Field(description=glossed(WATCHED_DANISH.items()))
    due_by: datetime
    hours_late: int = Field(description="whole hours since then")
    told: str | None = Field(description="who was told; `unit:…` where the municipality has named nobody")
    told_at: datetime | None = Field(description="null: it has just run out, and they are being told")


class LateOut(WireOut):
    """A late report, by id and codes: what it says is read at its own address."""

    report: UUID
    unit: str
    state: ReportState
    ground: Ground
    received_at: datetime
    clocks: list[RunOutOut]


class OverdueOut(WireOut):
    """How many of the municipality's reports each clock has run out for, and a page of them; `next`: where to go on."""

    municipality: str
    counts: dict[Watched, int]
    reports: list[LateOut]
    next: UUID | None


@router.get("/concern-reports/overdue", summary="What is late in your municipality, and who was told")
async def read(
    request: ByOverseer, units: Units, transaction: InTransaction,
    mine: Annotated[  # noqa: FBT002 - its name on the wire
        bool, Query(description="`true`: only what you were told of; the counts are of all the same")
    ] = False,
    after: Annotated[UUID | None, Query(description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
) -> OverdueOut:  # fmt: skip
    """Return it, the oldest report first; this reading is on the ledger."""
    found = await overdue.overdue(transaction, units, request, after or UUID(int=0), limit, mine=mine)
    told = []
    for row, late in found.rows:
        heard = row["told"] or {}
        clocks = [
            RunOutOut(
                clock=clock, due_by=until, hours_late=int((request.at - until).total_seconds() // _HOUR_S),
                told=heard.get(clock.value, [None, None])[0], told_at=heard.get(clock.value, [None, None])[1],
            )
            for clock, until in late.items()
        ]  # fmt: skip
        told.append(
            LateOut(
                report=row["id"], unit=row["unit"], state=row["state"], ground=row["ground"],
                received_at=row["received_at"], clocks=clocks,
            )
        )  # fmt: skip
    last = told[-1].report if len(told) == limit else None
    return OverdueOut(municipality=found.municipality, counts=dict(found.counts), reports=told, next=last)
