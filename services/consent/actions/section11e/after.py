"""After a meeting: what it led to, that the parents are told, and who sees what of it (R13, R14)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.consent import store
from services.consent.actions.context import Request
from services.consent.actions.section11e.around import Parties, leads, meeting_of, settle_matter
from services.consent.domain.errors import AlreadyNoted
from services.consent.domain.model import PersonId
from services.consent.domain.section11e import errors, meetings
from services.consent.domain.section11e.meetings import NotInformed, Outcome, State
from shared import ledger
from shared.db import Connection, Transaction


@dataclass(frozen=True, slots=True)
class Meeting:
    """A meeting as somebody may know of it.

    `whole`: the reasons, too; for the unit that called it and a leader. `knows_child`: the caller's unit has to do
    with the child, and may be told which it is.
    """

    row: Any
    attendees: list[Any]
    categories: list[Any]
    whole: bool
    knows_child: bool
    mine: Any


async def conclude(transaction: Transaction, meeting: UUID, outcome: Outcome, request: Request) -> None:
    """Keep what a meeting led to: nothing, that consent is sought, or a concern report; not what was said (R13).

    Raises:
        UnknownMeeting: none of the caller's unit.
        WrongState: it was not held.
        AlreadyNoted: it was kept before.
    """
    row = await meeting_of(transaction, meeting, request)
    if row["unit"] != request.unit:
        raise errors.UnknownMeeting
    meetings.must(State(row["state"]), "outcome")
    if not await store.section11e.conclude(transaction, meeting, outcome):
        raise AlreadyNoted
    await ledger.append(transaction, request.entry("section11e_concluded", None, meeting=str(meeting), outcome=outcome))


async def inform(
    transaction: Transaction, meeting: UUID, informed_at: datetime | None, because: NotInformed | None,
    request: Request,
) -> None:  # fmt: skip
    """Keep when the parents were told, or why they are not (R14); who was not told before may be told later.

    Raises:
        UnknownMeeting, WrongState: see `conclude`.
        NotInformed: neither, both, or a moment that cannot be.
        AlreadyNoted: they were told before.
    """
    row = await meeting_of(transaction, meeting, request)
    if row["unit"] != request.unit:
        raise errors.UnknownMeeting
    meetings.must(State(row["state"]), "informing")
    meetings.check_informing(informed_at, because, row["ended_at"], request.at)
    if row["informed_at"] is not None:
        raise AlreadyNoted
    await store.section11e.inform(transaction, meeting, informed_at, because)
    await ledger.append(transaction, request.entry(
        "section11e_informed", None, meeting=str(meeting), child=str(row["child_now"]), because=because,
        informed_at=informed_at and informed_at.isoformat(),
    ))  # fmt: skip


async def one(transaction: Transaction, meeting: UUID, units: Parties, request: Request, *, leader: bool) -> Meeting:
    """Return a meeting to who called it, who is invited, or a leader of its municipality: never what was said.

    Raises:
        UnknownMeeting: it is nobody's of these.
    """
    row = await meeting_of(transaction, meeting, request)
    mine = await store.section11e.attendee(transaction, meeting, request.user, request.unit)
    whole = row["unit"] == request.unit or (leader and leads(units, request, row["municipality"]))
    if mine is None and not whole:
        raise errors.UnknownMeeting
    knows = await store.people.known_to(transaction, request.unit, {PersonId(row["child_now"])})
    await ledger.append(transaction, request.entry("section11e_read", None, meeting=str(meeting)))
    return Meeting(
        row, await store.section11e.attendees(transaction, meeting),
        await store.section11e.categories(transaction, meeting) if whole else [], whole, knows, mine,
    )  # fmt: skip


async def mine(connection: Connection, request: Request, after: UUID, most: int) -> list[Any]:
    """Return the meetings the caller's unit called, and those the caller is invited to: no person is named."""
    return await store.section11e.mine(connection, request.unit, request.user, after, most)


async def matter(transaction: Transaction, number: UUID, units: Parties, request: Request, *, leader: bool) -> Any:  # noqa: ANN401 - a database row
    """Return a matter, its meetings' states by kind, and the matters about the same child.

    Raises:
        UnknownMeeting: none of the caller's unit, nor of a leader's municipality.
    """
    row = await store.section11e.matter(transaction, number)
    if row is None or not (row["unit"] == request.unit or (leader and leads(units, request, row["municipality"]))):
        raise errors.UnknownMeeting
    await settle_matter(transaction, number, request)
    states = await store.section11e.states(transaction, number)
    others = [each for each in await store.section11e.earlier(transaction, PersonId(row["child_now"]))
              if each["id"] != number]  # fmt: skip
    await ledger.append(transaction, request.entry("section11e_matter_read", None, matter=str(number)))
    return row, states, others
