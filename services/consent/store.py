"""SQL to domain values and back; no rules."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg

from services.consent.domain import errors
from services.consent.domain.model import (
    ConsentId,
    Effect,
    NeedId,
    Person,
    PersonId,
    Record,
    Regime,
    Road,
    UnitId,
    Word,
)
from shared.db import Connection
from shared.vocabulary import Category, Purpose

_RECORD = """
SELECT c.id, c.effect, c.subject, c.sender, c.recipients, c.categories, c.purpose, c.need, c.mutual, c.given_at,
       c.valid_until, c.basis, w.at AS withdrawn_at, s.at AS superseded_at
FROM consent c
LEFT JOIN consent_event w ON w.consent_id = c.id AND w.kind = 'withdrawn'
LEFT JOIN consent_event s ON s.consent_id = c.id AND s.kind = 'superseded'
"""
_HELD = _RECORD + "WHERE c.need = ANY($1::uuid[]) AND c.subject = ANY($2::uuid[])"
_OF_NEED = _RECORD + "WHERE c.need = $1 AND (c.sender = $2 OR $2 = ANY(c.recipients)) ORDER BY c.id"
_OF_PERSON = _RECORD + "WHERE c.subject = $1 ORDER BY c.id"
_ONE = _RECORD + "WHERE c.id = $1"
_ADD_PERSON = "INSERT INTO person (id, birth_date, login, registered_by, registered_at) VALUES ($1, $2, $3, $4, $5)"
_ADD_WORD = """
INSERT INTO consent (id, effect, subject, given_by, sender, recipients, categories, purpose, need, mutual, method,
    given_at, valid_until, told_of_withdrawal, notice, oral_note, not_written_because, basis,
    recorded_by_unit, recorded_by_user, recorded_at)
VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18::jsonb,$19,$20,$21)
"""
_ADD_EVENT = """
INSERT INTO consent_event (consent_id, kind, at, by_unit, by_user, ledger_id) VALUES ($1, $2, $3, $4, $5, $6)
"""
_DISCLOSURES = """
SELECT l.seq, e.id, e.entry FROM ledger_entry e LEFT JOIN ledger_leaf l ON l.entry_id = e.id
WHERE e.entry->>'kind' = 'decision' AND e.id > $1
  AND ($2::text IS NULL OR e.entry->>'referral' = $2)
  AND ($3::text IS NULL OR e.entry->'actor'->>'unit' = $3)
  AND ($4::text IS NULL OR e.entry->>'at' >= $4)
  AND ($5::text IS NULL OR e.entry->>'at' < $5)
ORDER BY e.id LIMIT $6
"""


async def add_person(connection: Connection, person: Person, login: str | None, unit: str, at: datetime) -> None:
    """Keep a new person.

    Raises:
        LoginTaken: the login is another's.
    """
    try:
        await connection.execute(_ADD_PERSON, person.id, person.birth_date, login, unit, at)
    except asyncpg.UniqueViolationError as error:
        raise errors.LoginTaken from error


async def person(connection: Connection, number: PersonId) -> Person | None:
    """Return the person, if there is one."""
    born: date | None = await connection.fetchval("SELECT birth_date FROM person WHERE id = $1", number)
    return None if born is None else Person(number, born)


async def person_of_login(connection: Connection, login: str) -> PersonId | None:
    """Return whose login it is."""
    found: UUID | None = await connection.fetchval("SELECT id FROM person WHERE login = $1", login)
    return None if found is None else PersonId(found)


async def add_word(
    connection: Connection, number: ConsentId, word: Word, basis: dict[Road, Regime], unit: str, user: str, at: datetime
) -> None:
    """Keep a person's word, for good."""
    roads = [[one, other, law.value] for (one, other), law in sorted(basis.items())]
    await connection.execute(
        _ADD_WORD, number, word.effect, word.subject, word.given_by, word.sender, sorted(word.recipients),
        sorted(word.categories), word.purpose, word.need, word.mutual, word.method, word.given_at, word.valid_until,
        word.told_of_withdrawal, word.notice, word.oral_note, word.not_written_because, roads, unit, user, at,
    )  # fmt: skip


async def add_event(
    connection: Connection, consent: ConsentId, kind: str, at: datetime, unit: str | None, user: str, ledger_id: UUID
) -> None:
    """Keep what happened to a consent; the primary key decides who was first.

    Raises:
        AlreadyWithdrawn: it has happened before.
    """
    try:
        await connection.execute(_ADD_EVENT, consent, kind, at, unit, user, ledger_id)
    except asyncpg.UniqueViolationError as error:
        raise errors.AlreadyWithdrawn from error


async def held(connection: Connection, needs: Collection[UUID], subjects: Collection[UUID]) -> list[Record]:
    """Return every record about `subjects` under `needs`, ended ones too."""
    return [_record(row) for row in await connection.fetch(_HELD, list(needs), list(subjects))]


async def of_need(connection: Connection, need: NeedId, unit: UnitId) -> list[Record]:
    """Return the records under a need that name the unit."""
    return [_record(row) for row in await connection.fetch(_OF_NEED, need, unit)]


async def of_person(connection: Connection, number: PersonId) -> list[Record]:
    """Return every record about a person."""
    return [_record(row) for row in await connection.fetch(_OF_PERSON, number)]


async def one(connection: Connection, number: ConsentId) -> Record | None:
    """Return the record, if there is one."""
    row = await connection.fetchrow(_ONE, number)
    return None if row is None else _record(row)


async def decisions(
    connection: Connection, after: UUID, referral: str | None, unit: str | None, since: str | None, before: str | None,
    most: int,
) -> list[Any]:  # fmt: skip
    """Return the ledger's decision entries after the entry `after`, oldest first."""
    rows: list[Any] = await connection.fetch(_DISCLOSURES, after, referral, unit, since, before, most)
    return rows


def _record(row: Any) -> Record:  # noqa: ANN401 - a database row
    """Read a row; a row that cannot be read stops the request: unreadable is never permitted."""
    return Record(
        id=ConsentId(row["id"]),
        effect=Effect(row["effect"]),
        subject=PersonId(row["subject"]),
        sender=UnitId(row["sender"]),
        recipients=frozenset(map(UnitId, row["recipients"])),
        categories=frozenset(map(Category, row["categories"])),
        purpose=Purpose(row["purpose"]),
        need=NeedId(row["need"]),
        valid_from=row["given_at"],
        valid_until=row["valid_until"],
        mutual=row["mutual"],
        withdrawn_at=row["withdrawn_at"],
        superseded_at=row["superseded_at"],
        basis={(UnitId(a), UnitId(b)): law for a, b, law in row["basis"]},
    )
