"""What every use case of § 11 e needs: the units as parties, a meeting as it stands, and whose it is."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.consent import store
from services.consent.actions.context import Acting, Request
from services.consent.domain.model import PersonId, UnitId
from services.consent.domain.section11e import duties, errors, meetings, parties
from services.consent.domain.section11e.duties import Duty
from services.consent.domain.section11e.meetings import State
from services.consent.domain.section11e.parties import PartyFacts
from services.consent.store.section11e_jobs import Job
from shared import ledger
from shared.clock import danish_date
from shared.contracts import UnitOut
from shared.db import Connection, Transaction
from shared.units import closed

Parties = Mapping[UnitId, PartyFacts]
# Which job looks whether a duty was done in time.
JOBS: Mapping[Duty, Job] = {Duty.OUTCOME: Job.OUTCOME, Duty.INFORMING: Job.INFORMING}


def parties_of(units: Mapping[str, UnitOut], on: date) -> Parties:
    """Return the directory's units as § 11 e sees them on a day."""
    return {
        UnitId(number): PartyFacts(
            UnitId(unit.id), unit.organisation, unit.kind, unit.municipality, unit.party_11e, unit.party_11e_row,
            unit.party_11e_reason, closed(unit, units, on) is not None, unit.sector,
            unit.authority,
        )
        for number, unit in units.items()
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Own:
    """The caller's unit, admitted as a party, and its municipality."""

    unit: UnitId
    municipality: str


async def own(connection: Connection, request: Request, units: Parties) -> Own:
    """Let pass a caller whose own unit is a party of a municipality: it alone calls such a meeting (R2).

    Raises:
        NotAParty: it is none.
    """
    unit = UnitId(request.unit)
    facts = units.get(unit)
    municipality = (facts and facts.municipality) or ""
    why = parties.why_not(facts, (await store.section11e.terms(connection, [municipality])).get(municipality) or _NONE)
    if why is None and not municipality:
        why = "Et møde efter retssikkerhedslovens § 11 e indkaldes af en enhed i en kommune."
    if why is not None:
        raise errors.NotAParty({unit: why})
    return Own(unit, municipality)


_NONE = parties.Terms()


async def must_be_party(connection: Connection, unit: UnitId, units: Parties) -> None:
    """Let pass a unit that is a party at this moment, too.

    Raises:
        NotAParty: it is none, or none any more.
    """
    facts = units.get(unit)
    municipality = (facts and facts.municipality) or ""
    why = parties.why_not(facts, (await store.section11e.terms(connection, [municipality])).get(municipality) or _NONE)
    if why is not None:
        raise errors.NotAParty({unit: why})


def leads(units: Parties, request: Request, municipality: str) -> bool:
    """Say whether the caller's unit is of the municipality, as the directory has it; see `led`."""
    return led(units, request) == municipality


def led(units: Parties, request: Request) -> str | None:
    """Return the municipality for which a leader of the caller's unit decides; None, if there is none.

    The unit is the municipality's own, and a party: a jobcenter's leader, or a voluntary organisation's, leads nothing
    here, whatever the role they log in with (R2).
    """
    unit = units.get(UnitId(request.unit))
    return unit.municipality if unit is not None and parties.leads(unit) else None


async def meeting_of(transaction: Transaction, number: UUID, acting: Acting) -> Any:  # noqa: ANN401 - a database row
    """Return a meeting, held as it is till the transaction ends; one whose time is up is ended first (R12).

    Raises:
        UnknownMeeting: there is none.
    """
    row = await store.section11e.meeting(transaction, number, hold=True)
    if row is None:
        raise errors.UnknownMeeting
    if await settle(transaction, row, acting):
        row = await store.section11e.meeting(transaction, number)
    return row


async def settle(transaction: Transaction, row: Any, acting: Acting) -> bool:  # noqa: ANN401 - a database row
    """End a meeting whose time is up, whoever notices; say whether it was. Its end is the end that was called."""
    if acting.at < row["ends_at"] or State(row["state"]) not in meetings.TAKES_PLACE - {State.HELD}:
        return False
    await finish(transaction, row, row["ends_at"], acting, by_itself=True)
    return True


async def finish(transaction: Transaction, row: Any, at: datetime, acting: Acting, *, by_itself: bool) -> State:  # noqa: ANN401 - a database row
    """Close the room, delete what was brought, and keep whether the meeting was held (R12, R13)."""
    number = row["id"]
    to = meetings.after_end(State(row["state"]), met=await store.section11e.met(transaction, number))
    told: dict[str, object] = {"ended_at": at}
    if to is State.HELD:
        told["inform_by"] = meetings.inform_by(at)
    await store.section11e.leave(transaction, number, at)
    await store.section11e.clear(transaction, number)
    await store.section11e.move(transaction, number, to, **told)
    await _put_jobs(transaction, row, to, at, acting.at)
    await ledger.append(transaction, acting.entry(
        "section11e_ended", None, meeting=str(number), matter=str(row["matter"]), child=str(row["child_now"]),
        state=to, ended_at=at.isoformat(), by_itself=by_itself,
    ))  # fmt: skip
    return to


async def _put_jobs(transaction: Transaction, row: Any, to: State, ended_at: datetime, at: datetime) -> None:  # noqa: ANN401 - a database row
    """Have the emptied room overwritten, and looked at in time whether what is owed of a held meeting was done."""
    if State(row["state"]) is State.OPEN:
        await store.section11e_jobs.put(transaction, Job.OVERWRITE, row["id"], at, at)
    if to is State.HELD:
        for duty, job in JOBS.items():
            await store.section11e_jobs.put(transaction, job, row["id"], duties.due(duty, ended_at), at)


async def settle_matter(transaction: Transaction, matter: UUID, acting: Acting) -> None:
    """End the meetings of a matter whose time is up, before it is said what is left in it."""
    for number in await store.section11e_clock.to_end_in(transaction, matter, acting.at):
        await meeting_of(transaction, number, acting)


async def one_first(
    transaction: Transaction, matter: Any, child: PersonId, states: Collection[State],  # noqa: ANN401 - a database row
) -> None:  # fmt: skip
    """Let pass a first meeting, unless the child had one without a leader, in a matter under another record (R6).

    Raises:
        NotApproved: two records were found to be one child's; another matter takes a reason and a leader.
    """
    if matter["approved_by"] is None and await store.section11e.first_elsewhere(
        transaction, child, matter["id"], states
    ):
        raise errors.NotApproved


def is_open(row: Any, at: datetime) -> bool:  # noqa: ANN401 - a database row
    """Say whether a meeting's room is open."""
    return meetings.is_open(State(row["state"]), row["opened_at"], row["ends_at"], at)


def closed_room(row: Any) -> errors.RoomClosed:  # noqa: ANN401 - a database row
    """Return the error that says when the room is open."""
    return errors.RoomClosed(row["starts_at"], row["ends_at"])


def today(request: Request) -> date:
    """Return the caller's day."""
    return danish_date(request.at)
