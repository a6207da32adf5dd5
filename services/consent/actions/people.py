"""Persons are registered and found; what is known of them changes, and nothing of what was known is lost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.consent import store
from services.consent.actions.context import Request, must_know, must_record, tell_referral
from services.consent.actions.reminding import ask_anew
from services.consent.actions.words import end
from services.consent.domain import errors, people
from services.consent.domain.following import Kind, left_behind, live
from services.consent.domain.identifiers import Identifier, IdentifierKind, fits
from services.consent.domain.model import NeedId, PersonId, UnitFacts, UnitId, Voice
from services.consent.domain.people import Facts, Residence
from services.consent.domain.regimes import OUTSIDE
from services.consent.domain.told import Cause
from services.consent.store.people import Touched
from services.consent.vault import Vault
from shared import ledger
from shared.clock import danish_date
from shared.db import Connection, Transaction
from shared.idempotency import Once, claim
from shared.ids import new_opaque_id
from shared.vocabulary import Category


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody a unit registers: born on a day, or expected by a mother on a day; never with a name."""

    born: date | None
    mother: PersonId | None
    due: date | None
    login: str | None
    identifiers: tuple[Identifier, ...]


# What each kind of fact is about: the rest of what held then is kept with it, and may be another unit's to tell.
_ABOUT: Mapping[str, Sequence[str]] = {
    "registered": ("born", "mother", "due"),
    "birth": ("born", "holders"),
    "custody": ("holders",),
    "residence": ("residence",),
    "protection": ("protected",),
    "representative": ("representative", "basis"),
    "merger": ("moved", "reason"),
    "parting": ("parted", "reason"),
}


@dataclass(frozen=True, slots=True)
class Known:
    """What a unit that has to do with somebody may know: whom to ask, and what it recorded itself."""

    id: PersonId
    version: int
    facts: Facts
    voices: tuple[Voice, ...]
    identifiers: Sequence[tuple[str, datetime]]


async def register(
    transaction: Transaction, newcomer: Newcomer, units: Mapping[UnitId, UnitFacts], vault: Vault, post: Once,
    request: Request,
) -> tuple[PersonId, bool]:  # fmt: skip
    """Keep a new person, or find the one an identifier is of; the answer tells nobody which of the two it was.

    Raises:
        ConsentError: what is wrong, by rule.
    """
    _check_identifiers(newcomer.identifiers, newcomer.born, units, request)
    today = danish_date(request.at)
    facts = await _facts_of(transaction, newcomer, today, request)
    found = await _found(transaction, newcomer.identifiers, vault, request)
    number = found or PersonId(new_opaque_id())
    made = await claim(transaction, post, number)
    if made is not None:
        return PersonId(made), True
    if found is not None:
        return await _met_again(transaction, found, newcomer, vault, request), False
    await store.people.add(transaction, number, facts, newcomer.login, request.unit, request.at)
    written = request.entry("person_registered", subject=str(number))
    by = request.by(written.id)
    await store.people.add_fact(transaction, number, "registered", today, store.people.to_json(facts), by)
    for each in newcomer.identifiers:
        if not await store.people.add_identifier(
            transaction, number, each.kind, vault.seal(number, each), _lookup(vault, each, request), by
        ):
            raise errors.IdentifierTaken
    await ledger.append(transaction, written)
    return number, False


async def add_identifier(
    transaction: Transaction, person: PersonId, identifier: Identifier, units: Mapping[UnitId, UnitFacts],
    vault: Vault, request: Request,
) -> date:  # fmt: skip
    """Keep one more identifier of a person; the earlier ones stay as history (R42). Return the day they were born.

    Raises:
        UnknownPerson: not this unit's.
        IdentifierTaken: it is another's.
        ConsentError: it does not fit.
    """
    await must_know(transaction, request, {person})
    touched = await store.people.touch(transaction, {person})
    number = touched.identity[person]
    born = touched.facts[number].born
    _check_identifiers((identifier,), born, units, request)
    if born is None:
        raise errors.IdentifierRefused
    written = request.entry("identifier_added", touched.moment, subject=str(number), identifier=identifier.kind)
    by = request.by(written.id)
    lookup = _lookup(vault, identifier, request)
    if not await store.people.add_identifier(
        transaction, number, identifier.kind, vault.seal(number, identifier), lookup, by
    ):
        if await store.people.by_lookup(transaction, lookup) != number:
            raise errors.IdentifierTaken
        return born
    await ledger.append(transaction, written)
    return born


async def find(transaction: Transaction, identifier: Identifier, vault: Vault, request: Request) -> PersonId:
    """Return the id of the person an identifier is of, if the unit has to do with them already (R59).

    Raises:
        UnknownPerson: there is none for this unit.
    """
    found = await store.people.by_lookup(transaction, _lookup(vault, identifier, request))
    known = found is not None and await store.people.known_to(transaction, request.unit, {found})
    subject = str(found) if known else None
    await ledger.append(transaction, request.entry("person_looked_up", subject=subject))
    return PersonId(found) if known and found is not None else PersonId(UUID(int=0))


async def read(transaction: Transaction, person: PersonId, request: Request) -> Known:
    """Return what the caller's unit may know of a person; the reading is on the ledger.

    Raises:
        UnknownPerson: not this unit's.
    """
    await must_know(transaction, request, {person})
    found = await store.people.facts_of(transaction, person)
    if found is None:
        raise errors.UnknownPerson
    number, version, facts = found
    rows = await store.people.identifiers(transaction, number)
    own = [(row["kind"], row["recorded_at"]) for row in rows if row["by_unit"] == request.unit]
    await ledger.append(transaction, request.entry("person_read", subject=str(number)))
    told = replace(facts, residence=facts.residence if await _recorded_here(transaction, number, request) else None)
    return Known(number, version, told, people.voices(facts, number, danish_date(request.at)), own)


async def history(transaction: Transaction, person: PersonId, request: Request) -> list[Any]:
    """Return what the caller's own unit has recorded about a person, oldest first; the reading is on the ledger.

    Raises:
        UnknownPerson: not this unit's.
    """
    await must_know(transaction, request, {person})
    await ledger.append(transaction, request.entry("person_history_read", subject=str(person)))
    rows = [row for row in await store.people.history(transaction, person) if row["by_unit"] == request.unit]
    return [{**row, "said": _part_of(row["kind"], row["said"])} for row in rows]


async def record_birth(
    transaction: Transaction, person: PersonId, born: date, holders: Sequence[PersonId],
    units: Mapping[UnitId, UnitFacts], request: Request,
) -> None:  # fmt: skip
    """Record that an expected child is born, and who holds custody; what was said before covers it no more (R28).

    Raises:
        NotForThisUnit: the unit is outside the authorities.
        UnknownPerson: somebody named is not there, or not this unit's.
        ConsentError: the day or the holders cannot be.
    """
    await must_record(transaction, request, units, person)
    await must_know(transaction, request, {person, *holders})
    touched = await store.people.touch(transaction, {person, *holders})
    number, today = touched.identity[person], danish_date(request.at)
    facts = people.with_birth(touched.facts[number], born, today)
    if holders:
        facts = people.with_holders(facts, _named(holders, touched), born, today)
    await _change(transaction, number, "birth", born, facts, touched, request)
    words = await store.words.of_people(transaction, [number])
    at = max(request.at, touched.moment)
    await ask_anew(transaction, words, Kind.BIRTH, number, "birth", at)
    await end(transaction, [each for each in words if live(each, at)], Cause.BIRTH, request, at)
    await tell_referral(transaction, "birth", [each.need for each in words], number, request.request_id)


async def record_custody(
    transaction: Transaction, person: PersonId, holders: Sequence[PersonId], since: date,
    units: Mapping[UnitId, UnitFacts], request: Request,
) -> None:  # fmt: skip
    """Record who holds custody of a child, one or two, from a day on (R27).

    Where somebody held it and does no longer, what the other had agreed to would open by that alone: it ends, and is
    asked about anew.

    Raises:
        NotForThisUnit: the unit is outside the authorities.
        UnknownPerson: somebody named is not there, or not this unit's.
        ConsentError: the child, the day or the holders cannot be.
    """
    await must_record(transaction, request, units, person)
    await must_know(transaction, request, {person, *holders})
    touched = await store.people.touch(transaction, {person, *holders})
    number, today = touched.identity[person], danish_date(request.at)
    before = touched.facts[number]
    facts = people.with_holders(before, _named(holders, touched), since, today)
    await _change(transaction, number, "custody", since, facts, touched, request)
    if before.holders and before.holders != facts.holders:
        words = await store.words.of_people(transaction, [number])
        at = max(request.at, touched.moment)
        await ask_anew(transaction, words, Kind.CUSTODY_CHANGED, number, f"custody {since}", at)
        if {each.person for each in before.holders} - {each.person for each in facts.holders}:
            await end(transaction, [each for each in words if live(each, at)], Cause.CUSTODY_CHANGED, request, at)
        await tell_referral(transaction, "custody_changed", [each.need for each in words], number, request.request_id)


async def record_residence(
    transaction: Transaction, person: PersonId, residence: Residence, units: Mapping[UnitId, UnitFacts],
    request: Request,
) -> None:  # fmt: skip
    """Record where somebody lives and which municipality acts; on moving, the old one's consents end (R38, R39).

    Raises:
        NotForThisUnit: the unit is outside the authorities.
        UnknownPerson: not this unit's.
        ImpossibleDay: it is still to come, or too long ago.
    """
    await must_record(transaction, request, units, person)
    await must_know(transaction, request, {person})
    touched = await store.people.touch(transaction, {person})
    number = touched.identity[person]
    before = touched.facts[number]
    facts = people.with_residence(before, residence, danish_date(request.at))
    await _change(transaction, number, "residence", residence.since, facts, touched, request)
    if before.residence is not None and not people.has_moved(before, facts):
        return
    words = await store.words.of_people(transaction, [number])
    at = max(request.at, touched.moment)
    behind = left_behind(words, residence.acting, units, at)
    await ask_anew(transaction, behind, Kind.MOVED, number, f"moved {residence.since}", at)
    await end(transaction, behind, Cause.MOVED, request, at)


async def record_protection(
    transaction: Transaction, person: PersonId, *, protected: bool, since: date, units: Mapping[UnitId, UnitFacts],
    request: Request,
) -> None:  # fmt: skip
    """Record that name or address is protected, or no longer.

    Raises:
        NotForThisUnit: the unit is outside the authorities.
        UnknownPerson: not this unit's.
        ImpossibleDay: it is still to come, or too long ago.
    """
    await must_record(transaction, request, units, person)
    await must_know(transaction, request, {person})
    if not people.EARLIEST_BIRTH <= since <= danish_date(request.at):
        raise errors.ImpossibleDay
    touched = await store.people.touch(transaction, {person})
    number = touched.identity[person]
    facts = replace(touched.facts[number], protected=protected)
    await _change(transaction, number, "protection", since, facts, touched, request)
    needs = await _revoke_contact(transaction, number, max(request.at, touched.moment), request) if protected else []
    needs += [each.need for each in await store.words.of_people(transaction, [number]) if live(each, request.at)]
    await tell_referral(transaction, "protection", needs, number, request.request_id)


async def record_representative(
    transaction: Transaction, person: PersonId, representative: PersonId | None, since: date, basis: str,
    units: Mapping[UnitId, UnitFacts],
    request: Request,
) -> None:  # fmt: skip
    """Record who speaks for somebody that cannot, or nobody any more; what stood ends, and is asked about anew.

    `basis` says what it rests on: the decision or the appointment.

    Raises:
        NotForThisUnit: the unit is outside the authorities.
        UnknownPerson: somebody named is not there, or not this unit's.
        ImpossibleDay: it is still to come, or lies before the birth.
    """
    named = {person} if representative is None else {person, representative}
    await must_record(transaction, request, units, person)
    await must_know(transaction, request, named)
    touched = await store.people.touch(transaction, named)
    number = touched.identity[person]
    speaks = None if representative is None else touched.identity[representative]
    if speaks == number:
        raise errors.NoRepresentative
    facts = people.with_representative(touched.facts[number], speaks, since, danish_date(request.at))
    await _change(transaction, number, "representative", since, facts, touched, request, basis=basis)
    words, at = await store.words.of_people(transaction, [number]), max(request.at, touched.moment)
    await ask_anew(transaction, words, Kind.SPEAKER_CHANGED, number, f"representative {since}", at)
    await end(transaction, [each for each in words if live(each, at)], Cause.SPEAKER_CHANGED, request, at)
    await tell_referral(transaction, "representative", [each.need for each in words], number, request.request_id)


async def _revoke_contact(transaction: Transaction, person: PersonId, at: datetime, request: Request) -> list[NeedId]:
    """Let no other legal ground tell where somebody is reached whose name or address is protected now (R45).

    Return the needs they were recorded under.
    """
    found = await store.words.open_overrides(transaction, person, Category.CONTACT, at)
    for number in found:
        written = request.entry("override_revoked", at, override=str(number), subject=str(person), cause="protected")
        await store.words.add_override_event(transaction, number, "revoked", at, request.by(written.id, at))
        await ledger.append(transaction, written)
    return [NeedId((await store.words.override(transaction, number))["need"]) for number in found]


async def _change(
    transaction: Transaction, person: PersonId, kind: str, holds_from: date, facts: Facts, touched: Touched,
    request: Request, **more: object,
) -> None:  # fmt: skip
    """Let `facts` hold, keep that they were recorded, and say so on the ledger: the kind, never the content (R54)."""
    written = request.entry(f"{kind}_recorded", max(request.at, touched.moment), subject=str(person))
    await store.people.change(transaction, person, facts)
    said = store.people.to_json(facts) | more
    await store.people.add_fact(transaction, person, kind, holds_from, said, request.by(written.id))
    await ledger.append(transaction, written)


async def _facts_of(connection: Connection, newcomer: Newcomer, today: date, request: Request) -> Facts:
    if (newcomer.born is None) == (newcomer.mother is None or newcomer.due is None):
        raise errors.BornOrExpected
    if newcomer.born is not None:
        if not people.EARLIEST_BIRTH <= newcomer.born <= today:
            raise errors.BornInTheFuture
        return Facts(born=newcomer.born)
    mother = newcomer.mother
    if mother is None or newcomer.due is None or newcomer.identifiers or newcomer.login:
        raise errors.BornOrExpected
    await must_know(connection, request, {mother})
    touched = await store.people.touch(connection, {mother})
    mother = touched.identity[mother]
    if touched.facts[mother].born is None or abs((newcomer.due - today).days) > people.LONGEST_PREGNANCY_DAYS:
        raise errors.ImpossibleBirth
    return Facts(mother=mother, due=newcomer.due, told_since=today)


def _check_identifiers(
    identifiers: Sequence[Identifier], born: date | None, units: Mapping[UnitId, UnitFacts], request: Request
) -> None:
    unit = units.get(UnitId(request.unit))
    if any(each.kind is IdentifierKind.CPR for each in identifiers) and (unit is None or unit.sector in OUTSIDE):
        raise errors.NoCprForThisUnit
    if any(born is not None and not fits(each, born) for each in identifiers):
        raise errors.IdentifierRefused


def _lookup(vault: Vault, identifier: Identifier, request: Request) -> bytes:
    """Return what it is found by; a number that each place makes for itself is found by that unit alone (R43)."""
    found = vault.lookup(identifier)
    return found if identifier.is_one_persons else vault.digest(request.unit.encode() + b"\0" + found)


async def _found(
    connection: Connection, identifiers: Sequence[Identifier], vault: Vault, request: Request
) -> PersonId | None:
    lookups = [_lookup(vault, each, request) for each in identifiers]
    await store.people.hold_lookups(connection, lookups)
    found = {await store.people.by_lookup(connection, each) for each in lookups} - {None}
    if len(found) > 1:
        raise errors.IdentifierTaken
    return next(iter(found), None)


async def _met_again(
    transaction: Transaction, person: PersonId, newcomer: Newcomer, vault: Vault, request: Request
) -> PersonId:
    """Let the unit have to do with somebody that is registered already; nothing of them is changed."""
    found = await store.people.facts_of(transaction, person)
    if found is None or found[2].born != newcomer.born:
        raise errors.IdentifierTaken
    await store.people.meet(transaction, [request.unit], person, request.at)
    written = request.entry("person_registered", subject=str(person))
    await ledger.append(transaction, written)
    by = request.by(written.id)
    for each in newcomer.identifiers:
        await store.people.add_identifier(
            transaction, person, each.kind, vault.seal(person, each), _lookup(vault, each, request), by
        )
    return person


async def _recorded_here(connection: Connection, person: PersonId, request: Request) -> bool:
    """Say whether this unit recorded the newest home: an earlier one is no reason to be told where they went."""
    homes = [row for row in await store.people.history(connection, person) if row["kind"] == "residence"]
    return bool(homes) and homes[-1]["by_unit"] == request.unit


def _part_of(kind: str, said: Mapping[str, Any]) -> dict[str, Any]:
    return {name: said[name] for name in _ABOUT[kind] if name in said}


def _named(holders: Sequence[PersonId], touched: Touched) -> list[tuple[PersonId, Facts]]:
    return [(touched.identity[each], touched.facts[touched.identity[each]]) for each in holders]
