"""Persons: who they are one with, what holds about them now, and everything that was ever recorded."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import chain
from typing import Any
from uuid import UUID

import asyncpg

from services.consent.domain import errors
from services.consent.domain.model import PersonId
from services.consent.domain.people import Basis, Facts, Holder, Residence, turns_capable
from shared.db import Connection
from shared.ids import new_id
from shared.problems import Unavailable

_TRIES = 10
_ADD = """
INSERT INTO person (id, identity, facts, others, turns_capable, login, registered_by, registered_at)
VALUES ($1, $1, $2::jsonb, $3, $4, $5, $6, $7)
"""
_TOUCH = """
UPDATE person SET version = version + 1
WHERE id IN (SELECT i.id FROM person i WHERE i.id IN (SELECT identity FROM person WHERE id = ANY($1::uuid[]))
             ORDER BY i.id FOR NO KEY UPDATE)
RETURNING id, facts, clock_timestamp() AS moment,
    (SELECT jsonb_object_agg(o.id, o.identity) FROM person o WHERE o.id = ANY(person.others) AND o.identity <> o.id)
        AS merged
"""
_IDENTITY = "SELECT id, identity FROM person WHERE id = ANY($1::uuid[])"
# With whom a unit has to do; and who speaks for those, since they are to be asked.
_KNOWN = """
SELECT s.id FROM person s WHERE s.id = ANY($2::uuid[]) AND EXISTS (
    SELECT FROM acquaintance a JOIN person m ON m.id = a.person
    WHERE a.unit = $1 AND (m.identity = s.identity OR m.identity IN (
        SELECT c.identity FROM person c
        WHERE c.others && ARRAY(SELECT g.id FROM person g WHERE g.identity = s.identity))))
"""
_MET = """
SELECT true FROM acquaintance a JOIN person m ON m.id = a.person
WHERE a.unit = $1 AND m.identity = (SELECT identity FROM person WHERE id = $2) LIMIT 1
"""
_MEET = "INSERT INTO acquaintance (unit, person, since) SELECT unnest($1::text[]), $2, $3 ON CONFLICT DO NOTHING"
_CHANGE = "UPDATE person SET facts = $2::jsonb, others = $3, turns_capable = $4 WHERE id = $1"
_WRITTEN = """
SELECT facts, (SELECT jsonb_object_agg(o.id, o.identity) FROM person o
               WHERE o.id = ANY(person.others) AND o.identity <> o.id) AS merged
FROM person WHERE id = $1
"""
_ADD_FACT = """
INSERT INTO person_fact (id, person, kind, holds_from, said, by_unit, by_user, recorded_at, ledger_id)
VALUES ($1, $2, $3, $4, $5::jsonb, $6, $7, $8, $9)
"""
_HISTORY = """
SELECT f.person, f.kind, f.holds_from, f.said, f.recorded_at, f.by_unit
FROM person_fact f JOIN person p ON p.id = f.person
WHERE p.identity = (SELECT identity FROM person WHERE id = $1) ORDER BY f.id
"""
_ADD_IDENTIFIER = """
INSERT INTO identifier (id, person, kind, sealed, lookup, by_unit, by_user, recorded_at, ledger_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (lookup) DO NOTHING
"""
_HOLD = "SELECT pg_advisory_xact_lock($1)"
_IDENTIFIERS = """
SELECT d.kind, d.recorded_at, d.by_unit FROM identifier d JOIN person p ON p.id = d.person
WHERE p.identity = (SELECT identity FROM person WHERE id = $1) ORDER BY d.id
"""


@dataclass(frozen=True, slots=True)
class By:
    """Who recorded something and when, and the ledger entry that says so."""

    unit: str | None
    user: str
    at: datetime
    ledger_id: UUID


@dataclass(frozen=True, slots=True)
class Touched:
    """Persons whose rows are held till the transaction ends: no decision about them is written meanwhile.

    `identity` maps each id asked for to the one its person goes by; `moment` is the database's clock, read once the
    rows were held, so that what is written now is later than every decision that was written before.
    """

    identity: Mapping[PersonId, PersonId]
    facts: Mapping[PersonId, Facts]
    moment: datetime


async def add(
    connection: Connection, person: PersonId, facts: Facts, login: str | None, unit: str, at: datetime
) -> None:
    """Keep a new person, known to the unit.

    Raises:
        LoginTaken: the login is another's.
    """
    try:
        await connection.execute(_ADD, person, to_json(facts), others(facts), turns_capable(facts), login, unit, at)
    except asyncpg.UniqueViolationError as error:
        raise errors.LoginTaken from error
    await meet(connection, [unit], person, at)


async def touch(connection: Connection, people: Collection[PersonId]) -> Touched:
    """Hold the persons' rows, in one order, and let every decision made meanwhile be made anew.

    Raises:
        UnknownPerson: one of them is not there.
        Unavailable: they were merged and parted faster than they could be held.
    """
    for _ in range(_TRIES):
        attempt = connection.transaction()
        await attempt.start()
        touched = await _touched(connection, people)
        if touched is not None:
            await attempt.commit()
            return touched
        # They go by another's id since a moment ago: let go first, so that all are held in one order.
        await attempt.rollback()
    raise Unavailable("database")


async def _touched(connection: Connection, people: Collection[PersonId]) -> Touched | None:
    moment = None
    facts = {}
    for row in await connection.fetch(_TOUCH, list(people)):
        facts[PersonId(row["id"])] = from_json(row["facts"], row["merged"])
        moment = max(row["moment"], moment or row["moment"])
    # Which one each goes by is read once the rows are held: a merger that came first has been waited for.
    identity = await identities(connection, people)
    if moment is None or identity.keys() != set(people):
        raise errors.UnknownPerson
    return Touched(identity, facts, moment) if set(identity.values()) <= facts.keys() else None


async def identities(connection: Connection, people: Collection[PersonId]) -> dict[PersonId, PersonId]:
    """Return the id each person goes by; who is not there is left out."""
    rows = await connection.fetch(_IDENTITY, list(people))
    return {PersonId(row["id"]): PersonId(row["identity"]) for row in rows}


async def group(connection: Connection, person: PersonId) -> set[str]:
    """Return every id a person has been known by, as text."""
    rows = await connection.fetch(
        "SELECT id FROM person WHERE identity = (SELECT identity FROM person WHERE id = $1)", person
    )
    return {str(row["id"]) for row in rows}


async def facts_of(connection: Connection, person: PersonId) -> tuple[PersonId, int, Facts] | None:
    """Return the id the person goes by, the version, and what holds now."""
    row = await connection.fetchrow(
        "SELECT i.id, i.version, i.facts, (SELECT jsonb_object_agg(o.id, o.identity) FROM person o "
        "WHERE o.id = ANY(i.others) AND o.identity <> o.id) AS merged "
        "FROM person s JOIN person i ON i.id = s.identity WHERE s.id = $1",
        person,
    )
    return None if row is None else (PersonId(row["id"]), row["version"], from_json(row["facts"], row["merged"]))


async def known_to(connection: Connection, unit: str, people: Collection[PersonId]) -> bool:
    """Say whether the unit has to do with every one of them."""
    rows = await connection.fetch(_KNOWN, unit, list(people))
    return {row["id"] for row in rows} == set(people)


async def met(connection: Connection, unit: str, person: PersonId) -> bool:
    """Say whether the unit itself has to do with a person, and not only with somebody they speak for."""
    return bool(await connection.fetchval(_MET, unit, person))


async def meet(connection: Connection, units: Iterable[str], person: PersonId, at: datetime) -> None:
    """Note that units have to do with a person."""
    await connection.execute(_MEET, sorted(units), person, at)


async def change(connection: Connection, person: PersonId, facts: Facts) -> None:
    """Let `facts` hold from now on; the caller holds the row.

    Whoever is named still stays named as before, and not by the id they go by since a merger: it may be undone.
    """
    row = await connection.fetchrow(_WRITTEN, person)
    if row is None:
        raise errors.UnknownPerson
    await write_down(connection, person, _as_named(facts, from_json(row["facts"]), row["merged"] or {}))


async def write_down(connection: Connection, person: PersonId, facts: Facts) -> None:
    """Let `facts` hold from now on, with everyone named by these ids; the caller holds the row."""
    await connection.execute(_CHANGE, person, to_json(facts), others(facts), turns_capable(facts))


async def add_fact(
    connection: Connection, person: PersonId, kind: str, holds_from: date, said: Mapping[str, object], by: By
) -> None:
    """Keep what was recorded, for good."""
    await connection.execute(
        _ADD_FACT, new_id(), person, kind, holds_from, dict(said), by.unit, by.user, by.at, by.ledger_id
    )  # fmt: skip


async def history(connection: Connection, person: PersonId) -> list[Any]:
    """Return everything recorded about a person, oldest first.

    Of each: person, kind, holds_from, said, recorded_at, by_unit.
    """
    rows: list[Any] = await connection.fetch(_HISTORY, person)
    return rows


async def person_of_login(connection: Connection, login: str) -> PersonId | None:
    """Return the id the person with that login goes by."""
    found: UUID | None = await connection.fetchval("SELECT identity FROM person WHERE login = $1", login)
    return None if found is None else PersonId(found)


async def add_identifier(
    connection: Connection, person: PersonId, kind: str, sealed: bytes, lookup: bytes, by: By
) -> bool:
    """Keep an identifier; False, if somebody has it already."""
    done = await connection.execute(
        _ADD_IDENTIFIER, new_id(), person, kind, sealed, lookup, by.unit, by.user, by.at, by.ledger_id
    )  # fmt: skip
    return bool(done.endswith("1"))


async def hold_lookups(connection: Connection, lookups: Collection[bytes]) -> None:
    """Let nobody else register the same identifiers till the transaction ends: always in one order."""
    for lookup in sorted(lookups):
        await connection.execute(_HOLD, int.from_bytes(lookup[:8], "big", signed=True))


async def by_lookup(connection: Connection, lookup: bytes) -> PersonId | None:
    """Return the id of the person an identifier is of."""
    found: UUID | None = await connection.fetchval(
        "SELECT p.identity FROM identifier d JOIN person p ON p.id = d.person WHERE d.lookup = $1", lookup
    )
    return None if found is None else PersonId(found)


async def identifiers(connection: Connection, person: PersonId) -> list[Any]:
    """Return which kinds of identifiers a person has had, oldest first: kind, recorded_at, by_unit."""
    rows: list[Any] = await connection.fetch(_IDENTIFIERS, person)
    return rows


async def under(connection: Connection, person: PersonId) -> list[PersonId]:
    """Return those the person holds custody of, speaks for, or expects."""
    rows = await connection.fetch(
        "SELECT DISTINCT c.identity FROM person c WHERE c.others && "
        "ARRAY(SELECT id FROM person WHERE identity = (SELECT identity FROM person WHERE id = $1))",
        person,
    )
    return [PersonId(row["identity"]) for row in rows]


def others(facts: Facts) -> list[UUID]:
    """Return the persons the facts name."""
    named = {holder.person for holder in facts.holders}
    if facts.mother is not None and facts.born is None:
        named.add(facts.mother)
    if facts.representative is not None:
        named.add(facts.representative.person)
    return sorted(named)


def to_json(facts: Facts) -> dict[str, object]:
    """Return the facts as they are kept; what is not known is left out."""
    told: dict[str, object] = {
        "born": facts.born, "mother": facts.mother and str(facts.mother), "due": facts.due,
        "told_since": facts.told_since,
        "holders": [_holder(each) for each in facts.holders],
        "representative": facts.representative and _holder(facts.representative),
        "residence": facts.residence and {
            "municipality": facts.residence.municipality, "acting": facts.residence.acting,
            "basis": facts.residence.basis, "since": facts.residence.since,
        },
        "protected": facts.protected,
    }  # fmt: skip
    return {name: value for name, value in told.items() if value}


def from_json(told: Mapping[str, Any], merged: Mapping[str, str] | None = None) -> Facts:
    """Read facts; `merged` says which id a person named goes by now."""
    goes_by = merged or {}
    residence = told.get("residence")
    mother = told.get("mother")
    return Facts(
        born=_day(told.get("born")),
        mother=mother and _person(mother, goes_by),
        due=_day(told.get("due")),
        told_since=_day(told.get("told_since")),
        holders=_holders(told.get("holders", ()), goes_by),
        representative=next(iter(_holders([told["representative"]], goes_by)), None)
        if "representative" in told
        else None,
        residence=None
        if residence is None
        else Residence(
            residence["municipality"], residence["acting"], Basis(residence["basis"]),
            date.fromisoformat(residence["since"]),
        ),
        protected=told.get("protected", False),
    )  # fmt: skip


def _holders(told: Iterable[Mapping[str, str]], goes_by: Mapping[str, str]) -> tuple[Holder, ...]:
    """Read holders; two records of one person are one holder, since the earlier day."""
    since: dict[PersonId, date] = {}
    for each in told:
        person, day = _person(each["person"], goes_by), date.fromisoformat(each["since"])
        since[person] = min(day, since.get(person, day))
    return tuple(Holder(person, since[person]) for person in sorted(since))


def _as_named(facts: Facts, before: Facts, merged: Mapping[str, str]) -> Facts:
    """Return the facts with whoever was named before named as they were."""

    def same(old: PersonId | None, new: PersonId | None) -> bool:
        return old is not None and _person(str(old), merged) == new

    holders = [[old for old in before.holders if same(old.person, new.person)] or [new] for new in facts.holders]
    speaks, spoke = facts.representative, before.representative
    if speaks is not None and spoke is not None and same(spoke.person, speaks.person):
        speaks = Holder(spoke.person, speaks.since)
    mother = before.mother if same(before.mother, facts.mother) else facts.mother
    return replace(facts, holders=tuple(chain.from_iterable(holders)), representative=speaks, mother=mother)


def _holder(holder: Holder) -> dict[str, object]:
    # As text: the driver's own kind of UUID is none that is written as JSON.
    return {"person": str(holder.person), "since": holder.since}


def _person(told: str, goes_by: Mapping[str, str]) -> PersonId:
    return PersonId(UUID(goes_by.get(told, told)))


def _day(told: str | None) -> date | None:
    return None if told is None else date.fromisoformat(told)
