"""Words (consents and refusals), what has happened to them, and other legal grounds."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from services.consent.domain import errors
from services.consent.domain.model import (
    Capacity,
    ConsentId,
    Effect,
    Method,
    NeedId,
    Override,
    PersonId,
    Record,
    Regime,
    Road,
    UnitId,
    Withdrawal,
    Word,
)
from services.consent.domain.told import Cause, Event, State
from services.consent.store.people import By
from shared.db import Connection
from shared.ids import new_id
from shared.vocabulary import Category, Purpose

_REMEMBERED = 4096
_EFFECT = {each.value: each for each in Effect}
_CAPACITY = {each.value: each for each in Capacity}
_PURPOSE = {each.value: each for each in Purpose}
# `given_by` is the id the giver goes by now, `subject` the one asked about.
RECORD = """
c.id, c.effect, g.identity AS given_by, c.capacity, c.sender, array_to_string(c.recipients, ',') AS recipients,
array_to_string(c.categories, ',') AS categories, c.purpose, c.need, c.mutual, c.alone_because IS NOT NULL AS alone,
c.address, c.given_at, c.valid_until, c.basis::text,
(SELECT jsonb_agg(jsonb_build_array(e.kind, e.at, e.recipients, e.categories)) FROM consent_event e
 WHERE e.consent_id = c.id) AS events
"""
_FROM = "FROM consent c JOIN person g ON g.id = c.given_by JOIN person s ON s.id = c.subject "
_RECORDS = f"SELECT s.identity AS subject, {RECORD} {_FROM}"
_SAME = "IN (SELECT id FROM person WHERE identity IN (SELECT identity FROM person WHERE id = ANY($1::uuid[])))"
_HELD = f"{_RECORDS} WHERE c.need = $2 AND c.subject {_SAME} ORDER BY c.id"
_OF_PEOPLE = f"{_RECORDS} WHERE c.subject {_SAME} ORDER BY c.id"
_GIVEN_BY = f"{_RECORDS} WHERE c.given_by {_SAME} ORDER BY c.id"
_OF_NEED = f"""
{_RECORDS} WHERE c.need = $1 AND (c.sender = $2 OR (c.effect = 'permit' AND $2 = ANY(c.recipients))) ORDER BY c.id
"""
_ONE = f"{_RECORDS} WHERE c.id = $1"
_ADD_WORD = """
INSERT INTO consent (id, effect, subject, given_by, capacity, sender, recipients, categories, purpose, need, mutual,
    collected, address, method, given_at, valid_until, told_of_withdrawal, notice, oral_note, not_written_because,
    alone_because, basis, recorded_by_unit, recorded_by_user, recorded_at, supersedes)
VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,$20,$21,$22::jsonb,$23,$24,$25,$26)
"""
_ADD_EVENT = """
INSERT INTO consent_event (id, consent_id, kind, at, recipients, categories, cause, by_unit, by_user, ledger_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""
_DETAILS = """
SELECT c.subject, c.given_by, c.method, c.notice, c.oral_note, c.not_written_because, c.alone_because, c.collected,
       c.supersedes,
       c.recorded_by_unit, c.recorded_at, n.version, n.language, n.title, n.text, n.digest
FROM consent c LEFT JOIN notice n ON n.id = c.notice WHERE c.id = $1
"""
_EVENTS = """
SELECT kind, at, by_unit, recipients, categories, cause FROM consent_event WHERE consent_id = $1 ORDER BY at, id
"""
_OPEN_OVERRIDES = """
SELECT o.id FROM legal_override o JOIN person p ON p.id = o.subject
WHERE p.identity = (SELECT identity FROM person WHERE id = $1) AND o.valid_until > $2 AND $3 = ANY(o.categories)
  AND NOT EXISTS (SELECT FROM override_event r WHERE r.override_id = o.id AND r.kind = 'revoked')
"""
_EXPIRED = """
SELECT c.id, c.subject FROM consent c
WHERE c.effect = 'permit' AND c.valid_until <= $1 AND c.valid_until > $4 AND c.id > $3
  AND NOT EXISTS (
    SELECT FROM consent_event e WHERE e.consent_id = c.id AND e.recipients IS NULL AND e.categories IS NULL)
ORDER BY c.id LIMIT $2
"""
_ADD_OVERRIDE = """
INSERT INTO legal_override (id, subject, sender, recipients, categories, need, ground, reason, consent_tried,
    informed_at, not_informed_because, valid_from, valid_until, by_unit, by_user, recorded_at, ledger_id)
VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17)
"""
_ADD_OVERRIDE_EVENT = """
INSERT INTO override_event (override_id, kind, at, by_unit, by_user, recorded_at, ledger_id)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
_OVERRIDES_FROM = """
SELECT o.id, p.identity AS subject, o.sender, o.recipients, o.categories, o.need, o.ground, o.reason, o.consent_tried,
       o.valid_from, o.valid_until, o.not_informed_because, o.by_user, coalesce(o.informed_at, i.at) AS informed_at,
       r.at AS revoked_at
FROM legal_override o JOIN person p ON p.id = o.subject
LEFT JOIN override_event r ON r.override_id = o.id AND r.kind = 'revoked'
LEFT JOIN override_event i ON i.override_id = o.id AND i.kind = 'informed'
WHERE ($1::text IS NULL OR o.sender = $1) AND o.id > $2 ORDER BY o.id LIMIT $3
"""
_OVERRIDES_OF = """
SELECT o.id, o.sender, o.recipients, o.categories, o.ground, o.valid_from, o.valid_until, o.not_informed_because,
       coalesce(o.informed_at, i.at) AS informed_at, r.at AS revoked_at
FROM legal_override o JOIN person p ON p.id = o.subject
LEFT JOIN override_event r ON r.override_id = o.id AND r.kind = 'revoked'
LEFT JOIN override_event i ON i.override_id = o.id AND i.kind = 'informed'
WHERE p.identity = (SELECT identity FROM person WHERE id = $1) ORDER BY o.id
"""


async def add(
    connection: Connection, number: ConsentId, word: Word, capacity: Capacity, basis: Mapping[Road, Regime],
    unit: str, user: str, at: datetime,
) -> None:  # fmt: skip
    """Keep a person's word, for good."""
    roads = [[one, other, law.value] for (one, other), law in sorted(basis.items())]
    await connection.execute(
        _ADD_WORD, number, word.effect, word.subject, word.given_by, capacity, word.sender, sorted(word.recipients),
        sorted(word.categories), word.purpose, word.need, word.mutual, word.collected, word.address, word.method,
        word.given_at, word.valid_until, word.told_of_withdrawal, word.notice, word.oral_note,
        word.not_written_because, word.alone_because, roads, unit, user, at, sorted(word.supersedes),
    )  # fmt: skip


async def add_event(
    connection: Connection, consent: ConsentId, state: State, at: datetime, by: By, *,
    recipients: Collection[str] | None = None, categories: Collection[str] | None = None, cause: Cause | None = None,
) -> None:  # fmt: skip
    """Keep what happened to a word; what happens once is decided by an index.

    Raises:
        AlreadyWithdrawn: it has happened before.
    """
    try:
        await connection.execute(
            _ADD_EVENT, new_id(), consent, state, at, None if recipients is None else sorted(recipients),
            None if categories is None else sorted(categories), cause, by.unit, by.user, by.ledger_id,
        )  # fmt: skip
    except asyncpg.UniqueViolationError as error:
        raise errors.AlreadyWithdrawn from error


async def held(connection: Connection, need: NeedId, subject: PersonId) -> list[Record]:
    """Return every word about the subject under a need, ended ones too."""
    return [record(row) for row in await connection.fetch(_HELD, [subject], need)]


async def of_people(connection: Connection, people: Collection[PersonId]) -> list[Record]:
    """Return every word about some people."""
    return [record(row) for row in await connection.fetch(_OF_PEOPLE, list(people))]


async def given_by(connection: Connection, person: PersonId) -> list[Record]:
    """Return every word a person has said, about anybody."""
    return [record(row) for row in await connection.fetch(_GIVEN_BY, [person])]


async def of_need(connection: Connection, need: NeedId, unit: UnitId) -> list[Record]:
    """Return the words under a need that name the unit."""
    return [record(row) for row in await connection.fetch(_OF_NEED, need, unit)]


async def one(connection: Connection, number: ConsentId) -> Record | None:
    """Return the word, if there is one."""
    row = await connection.fetchrow(_ONE, number)
    return None if row is None else record(row)


async def details(connection: Connection, number: ConsentId) -> Any:  # noqa: ANN401 - a database row
    """Return how a word was given, recorded and shown; the notice's own columns are null where it is not kept."""
    return await connection.fetchrow(_DETAILS, number)


async def events(connection: Connection, number: ConsentId) -> list[Event]:
    """Return what has happened to a word, oldest first."""
    return [
        Event(
            State(row["kind"]), row["at"], row["by_unit"] and UnitId(row["by_unit"]), _units(row["recipients"]),
            _categories(row["categories"]), row["cause"] and Cause(row["cause"]),
        )
        for row in await connection.fetch(_EVENTS, number)
    ]  # fmt: skip


async def expired(
    connection: Connection, since: datetime, at: datetime, most: int, after: UUID
) -> list[tuple[ConsentId, PersonId]]:
    """Return words whose end has come between two moments, and is not written yet.

    What ended otherwise before it did not expire (R24).
    """
    rows = await connection.fetch(_EXPIRED, at, most, after, since)
    return [(ConsentId(row["id"]), PersonId(row["subject"])) for row in rows]


async def notice(connection: Connection, number: str) -> Any:  # noqa: ANN401 - a database row
    """Return a text that is kept."""
    return await connection.fetchrow(
        "SELECT id, version, language, title, text, digest FROM notice WHERE id = $1", number
    )


async def notices(connection: Connection) -> list[Any]:
    """Return every text that is kept."""
    rows: list[Any] = await connection.fetch(
        "SELECT id, version, language, title, text, digest FROM notice ORDER BY language, id"
    )
    return rows


async def add_override(connection: Connection, override: Override, told: Sequence[object], by: By) -> None:
    """Keep another legal ground; `told` is ground, reason, how consent was tried, when informed, why not."""
    ground, reason, tried, informed_at, not_informed = told
    await connection.execute("UPDATE person SET overridden = true WHERE id = $1", override.subject)
    await connection.execute(
        _ADD_OVERRIDE, override.id, override.subject, override.sender, sorted(override.recipients),
        sorted(override.categories), override.need, ground, reason, tried, informed_at, not_informed,
        override.valid_from, override.valid_until, by.unit, by.user, by.at, by.ledger_id,
    )  # fmt: skip


async def override(connection: Connection, number: ConsentId) -> Any:  # noqa: ANN401 - a database row
    """Return another legal ground that was recorded: subject, sender, need."""
    return await connection.fetchrow("SELECT subject, sender, need FROM legal_override WHERE id = $1", number)


async def add_override_event(connection: Connection, number: ConsentId, kind: str, at: datetime, by: By) -> None:
    """Keep what happened to another legal ground: it was revoked, or the person was told of it.

    Raises:
        AlreadyNoted: it has happened before.
    """
    try:
        await connection.execute(_ADD_OVERRIDE_EVENT, number, kind, at, by.unit, by.user, by.at, by.ledger_id)
    except asyncpg.UniqueViolationError as error:
        raise errors.AlreadyNoted from error


async def open_overrides(
    connection: Connection, subject: PersonId, category: Category, at: datetime
) -> list[ConsentId]:
    """Return the other legal grounds about a person that stand, and name the kind."""
    return [ConsentId(row["id"]) for row in await connection.fetch(_OPEN_OVERRIDES, subject, at, category)]


async def overrides_from(connection: Connection, unit: str | None, after: UUID, most: int) -> list[Any]:
    """Return the other legal grounds a unit has recorded, or every unit, oldest first, with their reasons."""
    rows: list[Any] = await connection.fetch(_OVERRIDES_FROM, unit, after, most)
    return rows


async def overrides_of(connection: Connection, subject: PersonId) -> list[Any]:
    """Return every other legal ground recorded about a person, oldest first."""
    rows: list[Any] = await connection.fetch(_OVERRIDES_OF, subject)
    return rows


def record(row: Any) -> Record:  # noqa: ANN401 - a database row
    """Read a row; a row that cannot be read stops the request: unreadable is never permitted."""
    events = row["events"] or ()
    return Record(
        id=ConsentId(row["id"]),
        effect=_EFFECT[row["effect"]],
        subject=PersonId(row["subject"]),
        given_by=PersonId(row["given_by"]),
        capacity=_CAPACITY[row["capacity"]],
        sender=UnitId(row["sender"]),
        recipients=_recipients(row["recipients"]),
        categories=_kinds(row["categories"]),
        purpose=_PURPOSE[row["purpose"]],
        need=NeedId(row["need"]),
        valid_from=row["given_at"],
        valid_until=row["valid_until"],
        mutual=row["mutual"],
        alone=row["alone"],
        address=row["address"],
        withdrawals=tuple(
            Withdrawal(datetime.fromisoformat(at), _units(recipients), _categories(categories))
            for kind, at, recipients, categories in events
            if kind == State.WITHDRAWN
        ),
        superseded_at=_when(events, State.SUPERSEDED) if events else None,
        invalidated_at=_when(events, State.INVALIDATED) if events else None,
        basis=_roads(row["basis"]),
    )


# The same few recipients, categories and laws stand in most rows: each text is read once.
@lru_cache(_REMEMBERED)
def _recipients(told: str) -> frozenset[UnitId]:
    return frozenset(map(UnitId, told.split(",")))


@lru_cache(_REMEMBERED)
def _kinds(told: str) -> frozenset[Category]:
    return frozenset(map(Category, told.split(",")))


@lru_cache(_REMEMBERED)
def _roads(told: str) -> Mapping[Road, Regime]:
    return MappingProxyType({(UnitId(a), UnitId(b)): law for a, b, law in orjson.loads(told)})


def method(told: str) -> Method:
    """Read how a word was given."""
    return Method(told)


def _when(events: Sequence[Sequence[Any]], state: State) -> datetime | None:
    return next((datetime.fromisoformat(at) for kind, at, *_ in events if kind == state), None)


def _units(told: Collection[str] | None) -> frozenset[UnitId] | None:
    return None if told is None else frozenset(map(UnitId, told))


def _categories(told: Collection[str] | None) -> frozenset[Category] | None:
    return None if told is None else frozenset(map(Category, told))
