"""What a leader decides: another matter, a follow-up, and where the law leaves a municipality a choice (R2, R6–R8)."""

from typing import Any
from uuid import UUID

from services.consent import store
from services.consent.actions.context import Request
from services.consent.actions.section11e.around import Parties, leads, led, meeting_of
from services.consent.domain.errors import NotForThisUnit
from services.consent.domain.section11e import errors, meetings
from services.consent.domain.section11e.meetings import MatterState, State
from services.consent.domain.section11e.parties import Terms
from shared import ledger
from shared.db import Transaction


async def decide_matter(
    transaction: Transaction, matter: UUID, units: Parties, request: Request, *, approves: bool
) -> MatterState:
    """Approve another matter about a child, or say no (R6).

    Raises:
        UnknownMeeting: none of the leader's municipality.
        NotTheirsToApprove: the leader opened it.
        WrongState: it was decided before.
    """
    row = await store.section11e.matter(transaction, matter)
    if row is None or not leads(units, request, row["municipality"]):
        raise errors.UnknownMeeting
    if row["by_user"] == request.user:
        raise errors.NotTheirsToApprove
    to = MatterState.OPEN if approves else MatterState.DECLINED
    if not await store.section11e.decide_matter(transaction, matter, to, request.user, request.at):
        row = await store.section11e.matter(transaction, matter)  # another leader may have been a moment faster
        raise errors.WrongState(row["state"], [])
    await ledger.append(transaction, request.entry("section11e_matter_decided", None, matter=str(matter), state=to))
    return to


async def decide_meeting(
    transaction: Transaction, meeting: UUID, units: Parties, request: Request, *, approves: bool
) -> State:
    """Approve a follow-up, or say no (R7).

    Raises:
        UnknownMeeting: none of the leader's municipality.
        NotTheirsToApprove: the leader called it.
        WrongState: there is nothing to approve.
    """
    row = await meeting_of(transaction, meeting, request)
    if not leads(units, request, row["municipality"]):
        raise errors.UnknownMeeting
    if row["by_user"] == request.user:
        raise errors.NotTheirsToApprove
    meetings.must(State(row["state"]), "approval")
    to = State.SCHEDULED if approves else State.DECLINED
    await store.section11e.move(transaction, meeting, to, approved_by=request.user, approved_at=request.at)
    await ledger.append(transaction, request.entry("section11e_meeting_decided", None, meeting=str(meeting), state=to))
    return to


async def decide_terms(transaction: Transaction, decided: Terms, units: Parties, request: Request) -> str:
    """Keep what a municipality decides: whether PPR counts in, and the unborn, with its basis; return its code.

    Raises:
        NotForThisUnit: the leader's unit leads no municipality.
        BasisMissing: the unborn are counted in, and nobody wrote on what basis (R8).
    """
    municipality = led(units, request)
    if municipality is None:
        raise NotForThisUnit
    if decided.unborn and not (decided.unborn_basis or "").strip():
        raise errors.BasisMissing
    written = request.entry("section11e_terms", None, municipality=municipality, ppr=decided.ppr, unborn=decided.unborn)
    await store.section11e.add_terms(transaction, municipality, decided, request.by(written.id))
    await ledger.append(transaction, written)
    return municipality


async def waiting(transaction: Transaction, units: Parties, request: Request, most: int) -> list[Any]:
    """Return what waits for a leader of the caller's municipality; that they looked is on the ledger."""
    place = led(units, request)
    await ledger.append(transaction, request.entry("section11e_waiting_read", None, municipality=place))
    return [] if place is None else await store.section11e.matters_waiting(transaction, place, most)
