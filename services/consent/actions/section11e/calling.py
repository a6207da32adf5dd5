"""Calling a meeting: a matter about a child, one meeting in it, and who may come (R2–R10)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from services.consent import store
from services.consent.actions.context import Request, must_know
from services.consent.actions.section11e.around import Own, Parties, meeting_of, one_first, own, settle_matter, today
from services.consent.domain.errors import UnknownPerson
from services.consent.domain.model import ConsentId, Effect, PersonId, UnitId
from services.consent.domain.people import Facts
from services.consent.domain.section11e import errors, meetings, parties
from services.consent.domain.section11e.meetings import Attempt, Call, Kind, MatterState, State
from services.consent.domain.section11e.parties import Invited, Profession, Terms
from services.consent.store.section11e_jobs import Job
from shared import ledger
from shared.db import Connection, Transaction
from shared.idempotency import Once, claim
from shared.ids import new_id
from shared.problems import Unavailable

_TRIES = 10


@dataclass(frozen=True, slots=True)
class Opened:
    """A matter: where it stands, and which came before it about the same child."""

    id: UUID
    state: MatterState
    earlier: Sequence[Mapping[str, object]]
    again: bool = False


@dataclass(frozen=True, slots=True)
class Called:
    """A meeting that was called: its id, and where it stands."""

    id: UUID
    state: State
    again: bool = False


async def open_matter(
    transaction: Transaction, child: PersonId, about: str, reason: str | None, units: Parties, post: Once,
    request: Request,
) -> Opened:  # fmt: skip
    """Open a matter about a child; any but the first waits for a leader, and shows the earlier ones (R6).

    Raises:
        NotAParty, UnknownPerson, UnbornChild, NotAChild, NewMatterNeedsReason: see there.
    """
    mine = await own(transaction, request, units)
    await must_know(transaction, request, {child})
    await _check_child(transaction, child, mine, request)
    number = new_id()
    made = await claim(transaction, post, number)
    if made is not None:
        return Opened(made, await _state_of(transaction, made), (), again=True)
    await store.section11e.hold_child(transaction, child)
    for _ in range(_TRIES):
        before = await store.section11e.earlier(transaction, child)
        if before and not (reason or "").strip():
            raise errors.NewMatterNeedsReason([told_earlier(each) for each in before])
        ordinal = 1 + max((each["ordinal"] for each in before), default=0)
        state = MatterState.AWAITING_APPROVAL if before else MatterState.OPEN
        written = request.entry(
            "section11e_matter_opened", None, matter=str(number), child=str(child), unit=mine.unit,
            municipality=mine.municipality, ordinal=ordinal, state=state,
        )  # fmt: skip
        told = (mine.unit, mine.municipality, about, reason if before else None)
        by = request.by(written.id)
        if await store.section11e.add_matter(transaction, number, child, ordinal, told, state, by):
            await ledger.append(transaction, written)
            return Opened(number, state, [told_earlier(each) for each in before])
    raise Unavailable("database")


def told_earlier(row: Any) -> Mapping[str, object]:  # noqa: ANN401 - a database row
    """Return an earlier matter as others may know of it: when, where, and which meetings there were; not why."""
    return {
        "opened_at": row["recorded_at"].isoformat(), "municipality": row["municipality"], "state": row["state"],
        "meetings": [dict(zip(("kind", "state"), each.split(" "), strict=True)) for each in row["meetings"]],
    }  # fmt: skip


async def call(
    transaction: Transaction, matter: UUID, wanted: Call, profession: Profession, others: Sequence[Invited],
    units: Parties, post: Once, request: Request,
) -> Called:  # fmt: skip
    """Call a matter's meeting, or its follow-up; the caller convenes it, and is among those who may come.

    Raises:
        UnknownMeeting: no such matter of the caller's unit.
        NotApproved: the matter waits for a leader, or was declined.
        Section11eError: what the law or a rule does not allow; see `meetings` and `parties`.
    """
    mine = await own(transaction, request, units)
    row = await store.section11e.matter(transaction, matter)
    if row is None or row["unit"] != request.unit:
        raise errors.UnknownMeeting
    if row["state"] != MatterState.OPEN:
        raise errors.NotApproved
    child = PersonId(row["child_now"])
    facts = await _check_child(transaction, child, mine, request)
    meetings.check_call(wanted, request.at)
    await check_attempt(transaction, wanted.attempt, child, facts, request.at)
    if wanted.leader == request.user:
        raise errors.NotTheirsToApprove
    invited = [Invited(request.user, profession, mine.unit), *others]
    decided = await store.section11e.terms(transaction, _municipalities(invited, units))
    parties.admit(invited, units, mine.municipality, decided)
    number = new_id()
    made = await claim(transaction, post, number)
    if made is not None:
        before = await store.section11e.meeting(transaction, made)
        return Called(made, State(before["state"]), again=True)
    await store.section11e.hold_child(transaction, child)
    await settle_matter(transaction, matter, request)
    meetings.check_quota(wanted.kind, await store.section11e.states(transaction, matter))
    if wanted.kind is Kind.PRIMARY:
        await one_first(transaction, row, child, meetings.TAKES_PLACE)
    if await store.section11e.overlapping(transaction, child, wanted.starts_at, wanted.ends_at):
        raise errors.Overlapping
    state = State.AWAITING_APPROVAL if wanted.kind is Kind.FOLLOW_UP else State.SCHEDULED
    written = request.entry(
        "section11e_called", None, meeting=str(number), matter=str(matter), child=str(child), meeting_kind=wanted.kind,
        state=state, unit=mine.unit, starts_at=wanted.starts_at.isoformat(), ends_at=wanted.ends_at.isoformat(),
        refusal=wanted.attempt.refusal and str(wanted.attempt.refusal), impossible=wanted.attempt.impossible,
        leader=wanted.leader, attendees=[_told(each) for each in invited],
    )  # fmt: skip
    by = request.by(written.id)
    if not await store.section11e.add_meeting(
        transaction, number, matter, wanted, (mine.unit, mine.municipality), state, by
    ):
        raise errors.AlreadyCalled  # somebody was a moment faster
    for each in invited:
        await store.section11e.add_attendee(transaction, number, each, units[each.unit], by)
    await store.section11e_jobs.put(transaction, Job.END, number, wanted.ends_at, request.at)
    await ledger.append(transaction, written)
    return Called(number, state)


async def invite(
    transaction: Transaction, meeting: UUID, others: Sequence[Invited], units: Parties, request: Request
) -> None:
    """Let more people come to a meeting that has not begun.

    Raises:
        UnknownMeeting, WrongState, WrongAttendees, NotAParty, AgreementMissing, OtherMunicipality: see there.
    """
    row = await meeting_of(transaction, meeting, request)
    if row["unit"] != request.unit:
        raise errors.UnknownMeeting
    meetings.must(State(row["state"]), "attendees")
    mine = await own(transaction, request, units)
    there = [Invited(each["user_id"], Profession(each["profession"]), UnitId(each["unit"]), each["agreement"] or "-",
                     each["elsewhere_because"] or "-")
             for each in await store.section11e.attendees(transaction, meeting)]  # fmt: skip
    everybody = [*there, *others]
    decided = await store.section11e.terms(transaction, _municipalities(everybody, units))
    parties.admit(everybody, units, mine.municipality, decided)
    written = request.entry(
        "section11e_invited", None, meeting=str(meeting), attendees=[_told(each) for each in others]
    )
    for each in others:
        await store.section11e.add_attendee(transaction, meeting, each, units[each.unit], request.by(written.id))
    await ledger.append(transaction, written)


async def cancel(transaction: Transaction, meeting: UUID, request: Request) -> None:
    """Call a meeting off before it begins: it spends nothing.

    Raises:
        UnknownMeeting, WrongState: see there.
    """
    row = await meeting_of(transaction, meeting, request)
    if row["unit"] != request.unit:
        raise errors.UnknownMeeting
    meetings.must(State(row["state"]), "cancellation")
    await store.section11e.move(transaction, meeting, State.CANCELLED, ended_at=request.at)
    await ledger.append(transaction, request.entry("section11e_cancelled", None, meeting=str(meeting)))


async def _check_child(transaction: Transaction, child: PersonId, mine: Own, request: Request) -> Facts:
    known = await store.people.facts_of(transaction, child)
    if known is None:
        raise UnknownPerson
    decided = await store.section11e.terms(transaction, [mine.municipality])
    meetings.check_child(known[2], today(request), decided.get(mine.municipality, Terms()))
    return known[2]


async def check_attempt(connection: Connection, attempt: Attempt, child: PersonId, facts: Facts, at: datetime) -> None:
    """Let pass a no on record about the child, or before birth the mother: a refusal that stands, or a yes taken back.

    Raises:
        ConsentNotTried: there is none such; a refusal that was taken back, too, or a word that a later one stands for.
    """
    if attempt.refusal is None:
        return
    said = await store.words.one(connection, ConsentId(attempt.refusal))
    if said is None or said.valid_from > at:
        raise errors.ConsentNotTried
    taken_back = said.withdrawn_at is not None
    ended = said.superseded_at is not None or (said.effect is Effect.FORBID and said.invalidated_at is not None)
    is_no = taken_back is (said.effect is not Effect.FORBID) and not ended
    about = {child} | ({facts.mother} if facts.mother is not None and facts.born is None else set())
    same = await store.people.identities(connection, [said.subject, *about])
    if same[said.subject] not in {same[each] for each in about} or not is_no:
        raise errors.ConsentNotTried


async def _state_of(connection: Connection, matter: UUID) -> MatterState:
    row = await store.section11e.matter(connection, matter)
    return MatterState(row["state"])


def _municipalities(invited: Sequence[Invited], units: Parties) -> set[str]:
    found = {units[each.unit].municipality for each in invited if each.unit in units}
    return {each for each in found if each is not None}


def _told(invited: Invited) -> Mapping[str, object]:
    """Return an attendee as the ledger names them: ids and codes."""
    shown = replace(invited, agreement=None, elsewhere_because=None)
    return {"user": shown.user, "profession": shown.profession, "unit": shown.unit,
            "agreement": invited.agreement is not None, "elsewhere": invited.elsewhere_because is not None}  # fmt: skip
