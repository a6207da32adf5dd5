"""What units should do next, what stopped elsewhere, and what the worker looks for."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.consent.domain.following import Kind
from services.consent.domain.model import ConsentId, PersonId
from shared.contracts import TaskEndingIn
from shared.db import Connection
from shared.ids import new_id

_ADD = """
INSERT INTO follow_up (id, unit, kind, subject, consent_id, override_id, about, due, made_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING
"""
_OPEN = """
SELECT id, kind, subject, consent_id, override_id, due, made_at FROM follow_up
WHERE unit = $1 AND done_at IS NULL AND id > $2 ORDER BY id LIMIT $3
"""
_DONE = """
UPDATE follow_up SET done_at = $3, done_by = $4 WHERE id = $1 AND unit = $2 AND done_at IS NULL RETURNING kind, subject
"""
_SETTLE = """
UPDATE follow_up SET done_at = $2, done_by = $3 WHERE consent_id = $1 AND kind = 'expiring' AND done_at IS NULL
"""
_LIVE = """
c.effect = 'permit' AND c.valid_until > $1 AND NOT EXISTS (
    SELECT FROM consent_event e WHERE e.consent_id = c.id AND e.recipients IS NULL AND e.categories IS NULL)
"""
_EXPIRING = f"""
SELECT c.id, c.subject, c.sender, c.valid_until FROM consent c
WHERE {_LIVE} AND c.valid_until <= $2 AND NOT EXISTS (
    SELECT FROM follow_up f WHERE f.consent_id = c.id AND f.kind = 'expiring')
ORDER BY c.valid_until LIMIT $3
"""  # noqa: S608 - our own words
_NAMING = f"""
SELECT c.id, c.subject, c.sender FROM consent c
WHERE {_LIVE} AND (c.sender = ANY($2::text[]) OR c.recipients && $2::text[]) AND NOT EXISTS (
    SELECT FROM follow_up f WHERE f.consent_id = c.id AND f.kind = 'region_moved' AND f.about = $3)
LIMIT $4
"""  # noqa: S608 - our own words
_CAPABLE = f"""
SELECT p.id FROM person p WHERE p.turns_capable > $1 AND p.turns_capable <= $2 AND p.id = p.identity AND EXISTS (
    SELECT FROM consent c JOIN person m ON m.id = c.subject
    WHERE m.identity = p.id AND c.given_by <> p.id AND {_LIVE.replace("$1", "$3")})
ORDER BY p.turns_capable
"""  # noqa: S608 - our own words
_ENDING = """
INSERT INTO task_ending (id, kind, need, referral, task, recipient, subjects, at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING
"""
_ENDINGS = """
SELECT kind, referral, task, recipient, at FROM task_ending
WHERE need = $1 AND recipient = ANY($2::text[]) AND at >= $3
  AND subjects && ARRAY(SELECT id FROM person WHERE identity = (SELECT identity FROM person WHERE id = $4))
ORDER BY at, id
"""


async def remind(
    connection: Connection, unit: str, kind: Kind, subject: PersonId, due: date, at: datetime, *, about: str = "",
    consent: ConsentId | None = None, override: ConsentId | None = None,
) -> bool:  # fmt: skip
    """Keep that a unit should do something; the same thing is kept once. Say whether it is new."""
    made = await connection.execute(_ADD, new_id(), unit, kind, subject, consent, override, about, due, at)
    return bool(made.endswith("1"))


async def open_of(connection: Connection, unit: str, after: UUID, most: int) -> list[Any]:
    """Return what the unit has still to do, oldest first."""
    rows: list[Any] = await connection.fetch(_OPEN, unit, after, most)
    return rows


async def done(connection: Connection, number: UUID, unit: str, user: str, at: datetime) -> Any:  # noqa: ANN401 - a row
    """Note that the unit has done it; None, if there is no such thing to do."""
    return await connection.fetchrow(_DONE, number, unit, at, user)


async def settle(connection: Connection, consent: ConsentId, user: str, at: datetime) -> None:
    """Note that a consent's end needs no reminder any more."""
    await connection.execute(_SETTLE, consent, at, user)


async def informed(connection: Connection, override: ConsentId, user: str, at: datetime) -> None:
    """Note that the person was told of what was told without consent."""
    await connection.execute(
        "UPDATE follow_up SET done_at = $2, done_by = $3 WHERE override_id = $1 AND done_at IS NULL", override, at, user
    )


async def expiring(connection: Connection, at: datetime, until: datetime, most: int) -> list[Any]:
    """Return live consents that end by `until` and that nobody was reminded of."""
    rows: list[Any] = await connection.fetch(_EXPIRING, at, until, most)
    return rows


async def naming(connection: Connection, units: Collection[str], about: str, at: datetime, most: int) -> list[Any]:
    """Return live consents that name one of the units, and that nobody was told of `about` yet."""
    rows: list[Any] = await connection.fetch(_NAMING, at, list(units), about, most)
    return rows


async def turned_capable(connection: Connection, after: date, until: date, at: datetime) -> list[PersonId]:
    """Return who turned fifteen after one day and by another, and about whom others' words still stand."""
    return [PersonId(row["id"]) for row in await connection.fetch(_CAPABLE, after, until, at)]


async def keep_ending(connection: Connection, ending: TaskEndingIn) -> None:
    """Keep what stopped in the referral service; hearing it twice does nothing more."""
    await connection.execute(
        _ENDING, ending.id, ending.kind, ending.need, ending.referral, ending.task, ending.recipient,
        list(ending.subjects), ending.at,
    )  # fmt: skip


async def endings(
    connection: Connection, need: UUID, recipients: Collection[str], since: datetime, subject: PersonId
) -> list[Any]:
    """Return what stopped since a moment: kind, referral, task, recipient, at."""
    rows: list[Any] = await connection.fetch(_ENDINGS, need, list(recipients), since, subject)
    return rows
