"""In the room: who came, what is put forward and seen while the meeting lasts, and nothing after (R10–R12)."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.consent import store
from services.consent.actions.context import Request
from services.consent.actions.section11e.around import (
    Parties,
    closed_room,
    finish,
    is_open,
    meeting_of,
    must_be_party,
    one_first,
    settle,
    today,
)
from services.consent.actions.section11e.calling import check_attempt
from services.consent.domain.model import PersonId, UnitId
from services.consent.domain.section11e import errors, meetings
from services.consent.domain.section11e.meetings import Attempt, Kind, State
from services.consent.domain.section11e.parties import Terms
from services.consent.vault import Vault
from shared import ledger
from shared.db import Transaction
from shared.idempotency import Once, claim
from shared.ids import new_id
from shared.vocabulary import Category


@dataclass(frozen=True, slots=True)
class Seen:
    """What somebody in the room sees: the meeting, who is there, and what is on the table, opened."""

    meeting: Any
    present: list[Any]
    brought: list[tuple[Any, str]]


async def open_room(transaction: Transaction, meeting: UUID, units: Parties, request: Request) -> None:
    """Begin a meeting: who called it opens the room, in the time it was called for, and is there.

    Raises:
        UnknownMeeting: none the caller convenes.
        RoomClosed: it is not time, or not any more.
        WrongState: it cannot be opened from here.
        NotAParty: the unit is none any more.
        ConsentNotTried: the no it rests on stands no more: consent was given, and is the road (R9).
        NotAChild: the child has turned eighteen since.
        NotApproved: the child had its first meeting under another record.
    """
    row = await meeting_of(transaction, meeting, request)
    if row["unit"] != request.unit or row["by_user"] != request.user:
        raise errors.UnknownMeeting
    if not row["starts_at"] <= request.at < row["ends_at"]:
        raise closed_room(row)
    meetings.must(State(row["state"]), "opening")
    await must_be_party(transaction, UnitId(request.unit), units)
    await _still_called_for(transaction, row, request)
    await store.section11e.move(transaction, meeting, State.OPEN, opened_at=request.at)
    await ledger.append(transaction, request.entry("section11e_opened", None, meeting=str(meeting)))
    await come(transaction, meeting, units, request)


async def _still_called_for(transaction: Transaction, row: Any, request: Request) -> None:  # noqa: ANN401 - a database row
    child = PersonId(row["child_now"])
    known = await store.people.facts_of(transaction, child)
    if known is None:
        raise errors.UnknownMeeting
    decided = await store.section11e.terms(transaction, [row["municipality"]])
    meetings.check_child(known[2], today(request), decided.get(row["municipality"], Terms()))
    await check_attempt(transaction, Attempt(refusal=row["refusal"]), child, known[2], request.at)
    if row["kind"] == Kind.PRIMARY:
        await store.section11e.hold_child(transaction, child)
        matter = await store.section11e.matter(transaction, row["matter"])
        await one_first(transaction, matter, child, {State.OPEN, State.HELD})


async def come(transaction: Transaction, meeting: UUID, units: Parties, request: Request) -> None:
    """Enter the room, or stay in it.

    Raises:
        UnknownMeeting: the caller is not invited, as this person for this unit.
        RoomClosed: it is not open.
        NotAParty: the unit is none any more.
        ElsewherePresent: the caller is in another room.
    """
    row, mine = await _invited(transaction, meeting, request)
    if not is_open(row, request.at):
        raise closed_room(row)
    await must_be_party(transaction, UnitId(request.unit), units)
    elsewhere = await store.section11e.where(transaction, request.user)
    if elsewhere is not None and elsewhere != meeting:
        other = await store.section11e.meeting(transaction, elsewhere, hold=True)
        if not await settle(transaction, other, request):
            raise errors.ElsewherePresent
        elsewhere = None
    if elsewhere is None:
        if not await store.section11e.come(transaction, meeting, mine["id"], request.user, request.at):
            raise errors.ElsewherePresent
        await ledger.append(transaction, request.entry("section11e_came", None, meeting=str(meeting)))


async def leave(transaction: Transaction, meeting: UUID, request: Request) -> None:
    """Leave the room; what is on the table stays there for the others until the end.

    Raises:
        UnknownMeeting, RoomClosed: see `come`.
    """
    row, mine = await _invited(transaction, meeting, request)
    await _must_be_there(transaction, row, mine, request)
    await store.section11e.leave(transaction, meeting, request.at, request.user)
    await ledger.append(transaction, request.entry("section11e_left", None, meeting=str(meeting)))


async def choose(transaction: Transaction, meeting: UUID, request: Request, *, shares: bool) -> None:
    """Choose to share or not; nothing depends on it but that who says no puts nothing forward (R10).

    Raises:
        UnknownMeeting: the caller is not invited.
        WrongState: the meeting is over, or not agreed to yet.
    """
    row, mine = await _invited(transaction, meeting, request)
    meetings.must(State(row["state"]), "choice")
    await store.section11e.choose(transaction, mine["id"], request.at, shares=shares)
    await ledger.append(transaction, request.entry("section11e_chosen", None, meeting=str(meeting), shares=shares))


async def bring(
    transaction: Transaction, meeting: UUID, category: Category, words: str, vault: Vault, post: Once,
    request: Request,
) -> tuple[UUID, bool]:  # fmt: skip
    """Put something on the table, for those in the room, until the meeting ends.

    Raises:
        UnknownMeeting, RoomClosed: see `come`.
        SharingNotChosen: the caller has not chosen to share.
        TooMuchBrought: there is more on the table than one meeting needs.
    """
    row, mine = await _invited(transaction, meeting, request)
    await _must_be_there(transaction, row, mine, request)
    if mine["shares"] is not True:
        raise errors.SharingNotChosen
    number = new_id()
    made = await claim(transaction, post, number)
    if made is not None:
        return made, True
    if await store.section11e.how_many(transaction, meeting) >= meetings.MOST_BROUGHT:
        raise errors.TooMuchBrought
    sealed = vault.seal_words(meeting, words)
    await store.section11e.bring(transaction, number, meeting, mine["id"], category, sealed, request.at)
    await ledger.append(transaction, request.entry("section11e_brought", None, meeting=str(meeting), category=category))
    return number, False


async def look(transaction: Transaction, meeting: UUID, vault: Vault, request: Request) -> Seen:
    """See what is on the table: in the room, while it is open; the look is on the ledger.

    Raises:
        UnknownMeeting, RoomClosed: see `come`.
    """
    row, mine = await _invited(transaction, meeting, request)
    await _must_be_there(transaction, row, mine, request)
    there = await store.section11e.brought(transaction, meeting)
    present = await store.section11e.in_room(transaction, meeting)
    told = [(each, vault.open_words(meeting, each["sealed"])) for each in there]
    await ledger.append(
        transaction, request.entry("section11e_room_read", None, meeting=str(meeting), pieces=len(told))
    )
    return Seen(row, present, told)


async def end(transaction: Transaction, meeting: UUID, request: Request) -> State:
    """End a meeting: the room is closed and emptied. It is spent, even if nobody shared anything.

    Raises:
        UnknownMeeting: none the caller convenes.
        WrongState: it is not open.
    """
    row = await meeting_of(transaction, meeting, request)
    if row["unit"] != request.unit or row["by_user"] != request.user:
        raise errors.UnknownMeeting
    meetings.must(State(row["state"]), "end")
    return await finish(transaction, row, max(request.at, row["opened_at"]), request, by_itself=False)


async def _invited(transaction: Transaction, meeting: UUID, request: Request) -> tuple[Any, Any]:
    """Return a meeting and the caller's place in it.

    Raises:
        UnknownMeeting: the caller has none.
    """
    row = await meeting_of(transaction, meeting, request)
    mine = await store.section11e.attendee(transaction, meeting, request.user, request.unit)
    if mine is None:
        raise errors.UnknownMeeting
    return row, mine


async def _must_be_there(transaction: Transaction, row: Any, mine: Any, request: Request) -> None:  # noqa: ANN401 - database rows
    if not is_open(row, request.at):
        raise closed_room(row)
    there = await store.section11e.in_room(transaction, row["id"])
    if mine["id"] not in {each["id"] for each in there}:
        raise closed_room(row)
