"""What a leader decides and sees: approvals, and what the law leaves to the municipality (R2, R6–R8)."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import ConfigDict, Field

from services.consent.actions.section11e import approving
from services.consent.api.section11e.context import ByLeader, Refused, TheParties
from services.consent.api.section11e.meetings import StateOut
from services.consent.domain.section11e.meetings import MatterState, allowed
from services.consent.domain.section11e.parties import Terms
from shared.db import InTransaction
from shared.text import Line, Truth, WireIn, WireOut

router = APIRouter(tags=["§ 11 e meetings"], route_class=Refused)
MOST = 200


class ApprovalIn(WireIn):
    """What the leader says; whoever called it is another (R7)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"approves": True}]})

    approves: Truth = Field(description="`false`: it does not come about")


class MatterStateOut(WireOut):
    """Where the matter stands now."""

    id: UUID
    state: MatterState


class TermsIn(WireIn):
    """What your municipality decides where the law leaves it open; it holds from now on, and what was is kept."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"ppr": True, "unborn": False}]})

    ppr: Truth = Field(description="whether PPR counts as a party (R2)")
    unborn: Truth = Field(description="whether a child that is not born counts (R8)")
    unborn_basis: Line | None = Field(default=None, description="on what legal basis it does")


class TermsOut(WireOut):
    """What holds for the municipality."""

    municipality: str
    ppr: bool
    unborn: bool
    unborn_basis: str | None


class WaitingOut(WireOut):
    """Something that waits for a leader: another matter about a child, or a follow-up, and why it is wanted."""

    id: UUID
    what: Literal["matter", "meeting"]
    unit: str
    reason: str
    recorded_at: datetime


class WaitingList(WireOut):
    """What waits, oldest first."""

    waiting: list[WaitingOut]


@router.post("/section-11e/matters/{matter}/approval", summary="Approve another matter about a child, or say no")
async def decide_matter(
    matter: UUID, body: ApprovalIn, transaction: InTransaction, asked: ByLeader, parties: TheParties
) -> MatterStateOut:
    """Decide it, as a leader of the municipality who did not open it (R6)."""
    state = await approving.decide_matter(transaction, matter, parties, asked, approves=body.approves)
    return MatterStateOut(id=matter, state=state)


@router.post("/section-11e/meetings/{meeting}/approval", summary="Approve a follow-up, or say no")
async def decide_meeting(
    meeting: UUID, body: ApprovalIn, transaction: InTransaction, asked: ByLeader, parties: TheParties
) -> StateOut:
    """Decide it, as a leader of the municipality who did not call it (R7)."""
    state = await approving.decide_meeting(transaction, meeting, parties, asked, approves=body.approves)
    return StateOut(id=meeting, state=state, allowed=allowed(state))


@router.get("/section-11e/waiting", summary="What waits for a leader of your municipality")
async def waiting(transaction: InTransaction, asked: ByLeader, parties: TheParties) -> WaitingList:
    """Return it, with why it is wanted."""
    rows = await approving.waiting(transaction, parties, asked, MOST)
    return WaitingList(waiting=[WaitingOut.model_validate(dict(row)) for row in rows])


@router.post("/section-11e/terms", status_code=201, summary="Decide what the law leaves to your municipality")
async def decide_terms(body: TermsIn, transaction: InTransaction, asked: ByLeader, parties: TheParties) -> TermsOut:
    """Keep it; it holds from now on."""
    decided = Terms(body.ppr, body.unborn, body.unborn_basis)
    code = await approving.decide_terms(transaction, decided, parties, asked)
    return TermsOut(municipality=code, ppr=decided.ppr, unborn=decided.unborn, unborn_basis=decided.unborn_basis)
