"""Words are read: by the units they name, by the family, with what has happened to them and who has seen what."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.consent import store
from services.consent.actions.context import Request, whose
from services.consent.domain import errors, people
from services.consent.domain.following import live
from services.consent.domain.grounds import TERMS, Ground
from services.consent.domain.model import ConsentId, Effect, NeedId, PersonId, Record, UnitId
from services.consent.domain.people import Facts
from services.consent.domain.told import GroundLine, Notice, SeenLine, State, Told, UnitTold
from services.consent.store import words
from shared import ledger
from shared.auth import Role, unit_of
from shared.clock import danish_date
from shared.contracts import UnitOut
from shared.db import Connection, Transaction
from shared.vocabulary import Category, Occasion, Purpose, Reason

# When somebody opened it or heard it; that it was sent to them is not that they saw it.
_SEEN = frozenset({Occasion.READ, Occasion.HEAR})
_PAGE, _PAGES = 500, 10
# How many decisions are told of on paper; the list itself can be read on.
ON_PAPER = 300
NOBODY = PersonId(UUID(int=0))
HIDDEN = UnitTold(UnitId(""), "Stedet vises ikke, fordi adressen er beskyttet", "", "")


@dataclass(frozen=True, slots=True)
class Seen:
    """One kind of information somebody was told about a person: when, by whom, for what, and what allowed it."""

    at: datetime
    subject: PersonId
    told_by: UnitId
    told_to: UnitId
    purpose: Purpose
    category: Category
    occasion: Occasion
    referral: UUID
    basis: tuple[str, ...]
    records: frozenset[ConsentId]
    by_law: bool


@dataclass(frozen=True, slots=True)
class Effects:
    """What a withdrawal, or an end, came to: what stopped, and what had been told by then (R23)."""

    record: Record
    ended: bool
    stopped: list[Any]
    had_been_told: list[Seen]


async def of_need(transaction: Transaction, need: NeedId, request: Request) -> list[Record]:
    """Return the words under a need that name the caller's unit; the reading is on the ledger.

    Of others that are named beside it a recipient is not told.
    """
    unit = UnitId(unit_of(request.caller))
    found = [_for_unit(record, unit) for record in await store.words.of_need(transaction, need, unit)]
    written = request.entry("consents_read", need=str(need), consents=[str(record.id) for record in found])
    await ledger.append(transaction, written)
    return found


async def own(transaction: Transaction, request: Request) -> list[Record]:
    """Return every word about the citizen who asks, and about the children they speak for.

    A citizen about whom nothing is kept gets just that answer.
    """
    number = await whose(transaction, request.caller)
    found = [] if number is None else await _concerning(transaction, number, request)
    subject = None if number is None else str(number)
    await ledger.append(transaction, request.entry("own_consents_read", subject=subject))
    return found


async def told(
    transaction: Transaction, number: ConsentId, units: Mapping[str, UnitOut], request: Request
) -> tuple[Told, PersonId | None]:
    """Return a word with everything recorded about it, for who said it, whom it is about, or who recorded it.

    With it, which person reads it; None: somebody at the unit.

    What was said when it was given is for the giver and the unit that wrote it down alone: the other parent's words
    are not a parent's to read (R57).

    Raises:
        UnknownConsent: there is none for this caller.
    """
    record = await store.words.one(transaction, number)
    if record is None:
        raise errors.UnknownConsent
    said_it = await _may_read(transaction, record, request)
    await ledger.append(transaction, request.entry("consent_read", consent=str(number), subject=str(record.subject)))
    return await _told(transaction, record, units, notes=said_it), await whose(transaction, request.caller)


async def overview(
    transaction: Transaction, units: Mapping[str, UnitOut], request: Request
) -> tuple[list[Told], list[SeenLine], PersonId]:
    """Return all of a citizen's words, who has seen what, and who they are, for one page; it is on the ledger."""
    number = await whose(transaction, request.caller)
    await ledger.append(
        transaction, request.entry("own_overview_read", subject=None if number is None else str(number))
    )
    if number is None:
        return [], [], NOBODY
    records = await _concerning(transaction, number, request)
    sheets = [await _told(transaction, each, units, notes=each.given_by == number) for each in records]
    seen, _ = await _seen_by(transaction, number, request, None, ON_PAPER)
    return sheets, [_line(each, hidden, units) for each, hidden in seen], number


async def seen(
    transaction: Transaction, request: Request, before: UUID | None, most: int
) -> tuple[list[tuple[Seen, bool]], UUID | None]:
    """Return who has seen what about the citizen and the children they speak for, of `most` decisions, newest first.

    Where there are more, `before` of the next page comes with it.

    With each, whether the unit is hidden: the address of somebody protected is not told to others by way of a unit.
    The reading is on the ledger.
    """
    number = await whose(transaction, request.caller)
    await ledger.append(
        transaction, request.entry("own_disclosures_read", subject=None if number is None else str(number))
    )
    return ([], None) if number is None else await _seen_by(transaction, number, request, before, most)


async def effects(transaction: Transaction, number: ConsentId, request: Request) -> Effects:
    """Return what ended with a word, and who had been told what under it, when (anchors row 49).

    Raises:
        UnknownConsent: there is none for this caller.
    """
    record = await store.words.one(transaction, number)
    if record is None:
        raise errors.UnknownConsent
    await _may_read(transaction, record, request)
    await ledger.append(transaction, request.entry("effects_read", consent=str(number), subject=str(record.subject)))
    ends = [each.at for each in record.withdrawals]
    ends += [each for each in (record.invalidated_at, record.superseded_at, record.valid_until) if each is not None]
    since = min((each for each in ends if each <= request.at), default=None)
    stopped = (
        []
        if since is None
        else await store.following.endings(transaction, record.need, record.recipients, since, record.subject)
    )
    had = [each for each in await _disclosures(transaction, record.subject) if number in each.records]
    told_of = {(row["referral"], row["recipient"]) for row in stopped}
    stopped = [*stopped, *_read_no_more(record, had, told_of, request.at)]
    return Effects(record, since is not None, stopped, had)


def _read_no_more(
    record: Record, had: Iterable[Seen], told_of: set[tuple[UUID, UnitId]], at: datetime
) -> list[dict[str, Any]]:
    """Return where somebody had read under a word and can no more, which the referral service has not told of.

    It tells of its tasks a moment later, and of nothing where a yes came and went between two of its looks: that nobody
    reads on is so from the withdrawal itself.
    """
    found = {}
    for each in had:
        other = each.told_to if each.told_by == record.sender else each.told_by
        ends = [taken.at for taken in record.withdrawals if taken.touches(other, each.category)]
        ends += [moment for moment in (record.invalidated_at, record.valid_until) if moment is not None]
        ended = min((moment for moment in ends if moment <= at), default=None)
        if ended is not None and (each.referral, each.told_to) not in told_of:
            found[each.referral, each.told_to] = {
                "kind": "narrowed", "referral": each.referral, "task": None, "recipient": each.told_to, "at": ended,
            }  # fmt: skip
    return list(found.values())


async def notices(transaction: Transaction) -> list[Any]:
    """Return every text that is kept."""
    return await store.words.notices(transaction)


async def notice(transaction: Transaction, number: str) -> Any:  # noqa: ANN401 - a database row
    """Return a text that is kept.

    Raises:
        UnknownConsent: there is none.
    """
    row = await store.words.notice(transaction, number)
    if row is None:
        raise errors.UnknownConsent
    return row


async def grounds(transaction: Transaction, units: Mapping[str, UnitOut], request: Request) -> list[GroundLine]:
    """Return what may be told, or might have been, about the citizen and their children on another legal ground."""
    number = await whose(transaction, request.caller)
    if number is None:
        return []
    children = await spoken_for(transaction, number, danish_date(request.at))
    people_asked = [number, *(child for child, facts in children if not facts.protected)]
    return [
        _ground(row, person, units)
        for person in people_asked
        for row in await store.words.overrides_of(transaction, person)
    ]


def _ground(row: Any, person: PersonId, units: Mapping[str, UnitOut]) -> GroundLine:  # noqa: ANN401 - a database row
    terms = TERMS[Ground(row["ground"])]
    return GroundLine(
        on=danish_date(row["valid_from"]),
        until=danish_date(row["revoked_at"] or row["valid_until"]),
        subject=person,
        unit_name=unit_told(UnitId(row["sender"]), units).name,
        recipients=tuple(unit_told(UnitId(each), units).name for each in row["recipients"]),
        categories=frozenset(map(Category, row["categories"])),
        law=terms.law,
        danish=terms.danish,
    )


async def _concerning(connection: Connection, person: PersonId, request: Request) -> list[Record]:
    children = await spoken_for(connection, person, danish_date(request.at))
    about = await store.words.of_people(
        connection, [person, *(child for child, facts in children if not facts.protected)]
    )
    own_words = await store.words.given_by(connection, person)
    return sorted({each.id: each for each in [*about, *own_words]}.values(), key=lambda each: each.id)


async def spoken_for(connection: Connection, person: PersonId, day: date) -> list[tuple[PersonId, Facts]]:
    """Return those a person speaks for on the day."""
    found = []
    for other in await store.people.under(connection, person):
        held = await store.people.facts_of(connection, other)
        if held is not None:
            speaking = people.voices(held[2], held[0], day)
            if any(voice.person == person for voice in speaking):
                found.append((held[0], held[2]))
    return found


async def _may_read(connection: Connection, record: Record, request: Request) -> bool:
    """Let pass; say whether the reader may have what was said when it was given, too."""
    if request.caller.citizen is None:
        if request.caller.unit != record.sender or Role.RECORD_CONSENT not in request.caller.roles:
            raise errors.UnknownConsent
        return True
    number = await whose(connection, request.caller)
    if number is None:
        raise errors.UnknownConsent
    if number == record.given_by:
        return True
    # What the other parent agreed to about a child whose address is protected names places: it is not told.
    under = await spoken_for(connection, number, danish_date(request.at))
    children = {child for child, facts in under if not facts.protected}
    if number != record.subject and record.subject not in children:
        raise errors.UnknownConsent
    return False


async def _told(connection: Connection, record: Record, units: Mapping[str, UnitOut], *, notes: bool) -> Told:
    row = await store.words.details(connection, record.id)
    kept = Notice(
        row["notice"], row["version"] or 0, row["language"] or "da", row["title"] or row["notice"], row["text"] or "",
        row["digest"] or "",
    )  # fmt: skip
    events = tuple(await store.words.events(connection, record.id))
    named = {record.sender, *record.recipients, UnitId(row["recorded_by_unit"])}
    named |= {each.by_unit for each in events if each.by_unit is not None}
    return Told(
        record=record,
        method=words.method(row["method"]),
        notice=kept,
        recorded_by_unit=UnitId(row["recorded_by_unit"]),
        recorded_at=row["recorded_at"],
        units={unit: unit_told(unit, units) for unit in sorted(named)},
        events=events,
        supersedes=frozenset(row["supersedes"]),
        oral_note=row["oral_note"] if notes else None,
        not_written_because=row["not_written_because"] if notes else None,
        alone_because=row["alone_because"] if notes else None,
    )


async def _seen_by(
    connection: Connection, person: PersonId, request: Request, before: UUID | None, most: int
) -> tuple[list[tuple[Seen, bool]], UUID | None]:
    """Return what was told about the person, and about those they speak for, with whether the unit is hidden."""
    hidden = dict.fromkeys(await store.people.group(connection, person), False)
    for child, facts in await spoken_for(connection, person, danish_date(request.at)):
        hidden |= dict.fromkeys(await store.people.group(connection, child), facts.protected)
    rows = await store.decisions.about(connection, hidden, before, most)
    told = [(line, hidden[str(line.subject)]) for row in rows for line in _lines(row["entry"], hidden)]
    return told, rows[-1]["id"] if len(rows) == most else None


async def _disclosures(connection: Connection, person: PersonId, before: UUID | None = None) -> list[Seen]:
    """Return every permitted telling about a person that is on the ledger, newest first, as far back as is shown."""
    group = await store.people.group(connection, person)
    found = list[Seen]()
    for _ in range(_PAGES):
        rows = await store.decisions.about(connection, group, before, _PAGE)
        found += [line for row in rows for line in _lines(row["entry"], group)]
        if len(rows) < _PAGE:
            break
        before = rows[-1]["id"]
    return found


def _lines(entry: Mapping[str, Any], people_asked: Iterable[str]) -> list[Seen]:
    occasion = Occasion(entry["occasion"])
    if occasion not in _SEEN:
        return []
    return [
        Seen(
            datetime.fromisoformat(entry["at"]), PersonId(UUID(question["subject"])), UnitId(question["from"]),
            UnitId(question["to"]), Purpose(question["purpose"]), Category(answer["category"]), occasion,
            UUID(entry["referral"]), tuple(answer["basis"]),
            frozenset(ConsentId(UUID(each)) for each in answer["records"]),
            answer["reason"] == Reason.LEGAL_GROUND,
        )
        for question in entry["questions"]
        if question["subject"] in people_asked
        for answer in question["answers"]
        if Reason(answer["reason"]).permits
    ]  # fmt: skip


def _line(each: Seen, hidden: bool, units: Mapping[str, UnitOut]) -> SeenLine:  # noqa: FBT001 - half of a pair
    unit = HIDDEN if hidden else unit_told(each.told_to, units)
    law = ", ".join(each.basis) if each.by_law else None
    return SeenLine(
        danish_date(each.at), each.subject, unit.name, unit.organisation_name, each.purpose, each.category, law
    )


def unit_told(unit: UnitId, units: Mapping[str, UnitOut]) -> UnitTold:
    """Return what a reader is told of a unit; of one the directory does not know, its id."""
    known = units.get(unit)
    if known is None:
        return UnitTold(unit, unit, "", "")
    return UnitTold(unit, known.name, known.organisation, known.organisation_name, known.cvr, known.municipality)


def _for_unit(record: Record, unit: UnitId) -> Record:
    if record.sender == unit:
        return record
    return replace(
        record,
        recipients=frozenset({unit}),
        withdrawals=tuple(
            replace(each, recipients=each.recipients and frozenset({unit}))
            for each in record.withdrawals
            if each.recipients is None or unit in each.recipients
        ),
    )


def days_left(record: Record, at: datetime) -> int | None:
    """Return how many days a consent still holds; None for a refusal, and for one that stands no more."""
    if record.valid_until is None or not live(record, at):
        return None
    return (danish_date(record.valid_until) - danish_date(at)).days


def state_of(record: Record, at: datetime) -> State:
    """Return what has become of a word: the first thing that ended it, or how it began."""
    ends = [
        (when, state)
        for when, state in (
            (record.withdrawn_at, State.WITHDRAWN), (record.superseded_at, State.SUPERSEDED),
            (record.invalidated_at, State.INVALIDATED), (record.valid_until, State.EXPIRED),
        )
        if when is not None and when <= at
    ]  # fmt: skip
    return min(ends)[1] if ends else State.GIVEN if record.effect is Effect.PERMIT else State.REFUSED
