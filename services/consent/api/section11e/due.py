"""What is owed after meetings: prompts to the unit in time, and what is overdue to the leader (R13, R14)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from services.consent.actions.section11e import clock
from services.consent.api.section11e.context import ByConvener, ByLeader, Refused, TheParties
from services.consent.domain.section11e.duties import Duty, missing, prompt
from services.consent.domain.section11e.meetings import Kind
from services.consent.paper.words import day, moment
from shared.clock import danish_date
from shared.db import InTransaction
from shared.text import WireOut

router = APIRouter(tags=["§ 11 e meetings"], route_class=Refused)
MOST = 200


class OwedOut(WireOut):
    """What is owed after a meeting that was held: that its outcome is written, or the parents are told."""

    meeting: UUID
    matter: UUID
    kind: Kind
    what: Duty
    ended_at: datetime
    due: datetime = Field(description="the first moment that is too late")
    says: str = Field(description="that in Danish")


class PromptOut(OwedOut):
    """What your unit should do, and until when."""

    late: bool


class PromptList(WireOut):
    """What your unit owes, due soonest first."""

    prompts: list[PromptOut]


class OverdueOut(OwedOut):
    """What a unit owes that is overdue, and which leader was told of it, once, and when."""

    unit: str = Field(description="who called the meeting, and owes it")
    leader: str = Field(description="whom the call named")
    escalated_to: str | None = Field(description="`null`: nobody yet, it fell due a moment ago")
    escalated_at: datetime | None


class CountsOut(WireOut):
    """How much is overdue in the municipality, whether or not it stands in the list."""

    outcome: int
    informing: int


class OverdueList(WireOut):
    """What is overdue, the longest first; there may be more than are listed, see `counts`."""

    municipality: str | None
    counts: CountsOut
    overdue: list[OverdueOut]


@router.get("/section-11e/prompts", summary="What your unit should do after its meetings, and until when")
async def prompts(transaction: InTransaction, asked: ByConvener) -> PromptList:
    """Return it: parents who have not been told, and outcomes that are not written; due soonest first."""
    found = await clock.prompts(transaction, asked, MOST)
    return PromptList(prompts=[_prompt(row, asked.at) for row in found])


@router.get("/section-11e/overdue", summary="What is overdue in your municipality")
async def overdue(transaction: InTransaction, asked: ByLeader, parties: TheParties) -> OverdueList:
    """Return what its units owe after meetings, and what a leader was told of it; the look is on the ledger."""
    found = await clock.overdue(transaction, parties, asked, MOST)
    return OverdueList(
        municipality=found.municipality, overdue=[_overdue(row) for row in found.rows],
        counts=CountsOut(outcome=found.counts[Duty.OUTCOME], informing=found.counts[Duty.INFORMING]),
    )  # fmt: skip


def _prompt(row: Any, at: datetime) -> PromptOut:  # noqa: ANN401 - a database row
    late = row["due"] <= at
    says = prompt(row["what"], day(danish_date(row["ended_at"])), moment(row["due"]), late=late)
    return PromptOut.model_validate(dict(row) | {"says": says, "late": late})


def _overdue(row: Any) -> OverdueOut:  # noqa: ANN401 - a database row
    says = missing(row["what"], day(danish_date(row["ended_at"])), moment(row["due"]))
    return OverdueOut.model_validate(dict(row) | {
        "says": says, "escalated_to": row["to_user"], "escalated_at": row["told_at"]})  # fmt: skip
