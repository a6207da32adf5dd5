"""Meetings under § 11 e as the clock sees them: rooms whose time is up, what is owed after, and who was told of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from services.consent.domain.section11e.duties import Duty
from services.consent.domain.section11e.meetings import OUTCOME_WITHIN
from shared.db import Connection

_TO_END = """
SELECT id FROM section11e_meeting WHERE state IN ('awaiting_approval', 'scheduled', 'open') AND ends_at <= $1
ORDER BY ends_at LIMIT $2
"""
_TO_END_IN = """
SELECT id FROM section11e_meeting WHERE matter = $1 AND state IN ('awaiting_approval', 'scheduled', 'open')
    AND ends_at <= $2 ORDER BY id
"""
# What is owed of meetings that were held. The bounds stand on the columns that the partial indices know.
_INFORMING = """
SELECT g.id AS meeting, g.matter, g.kind, g.unit, g.leader, g.ended_at, 'informing' AS what, g.inform_by AS due
FROM section11e_meeting g
WHERE g.state = 'held' AND g.informed_at IS NULL AND g.not_informed_because IS NULL
"""
_OUTCOME = """
SELECT g.id AS meeting, g.matter, g.kind, g.unit, g.leader, g.ended_at, 'outcome' AS what,
    g.ended_at + $2::interval AS due
FROM section11e_meeting g WHERE g.state = 'held' AND g.outcome IS NULL
"""
_UNTOLD = """
NOT EXISTS (SELECT FROM section11e_escalation e WHERE e.meeting = owed.meeting AND e.kind = owed.what)
"""
_TO_TELL = f"""
SELECT * FROM ({_INFORMING} AND g.inform_by <= $1 UNION ALL {_OUTCOME} AND g.ended_at <= $1::timestamptz - $2::interval)
    AS owed
WHERE {_UNTOLD} ORDER BY due, meeting, what LIMIT $3
"""  # noqa: S608 - our own words
_OVERDUE = f"""
SELECT owed.*, e.to_user, e.at AS told_at FROM (
    {_INFORMING} AND g.inform_by <= $1 AND g.municipality = $3
    UNION ALL {_OUTCOME} AND g.ended_at <= $1::timestamptz - $2::interval AND g.municipality = $3) AS owed
LEFT JOIN section11e_escalation e ON e.meeting = owed.meeting AND e.kind = owed.what
ORDER BY due, meeting, what LIMIT $4
"""  # noqa: S608 - our own words
_COUNTED = """
SELECT
    (SELECT count(*) FROM section11e_meeting WHERE state = 'held' AND informed_at IS NULL
        AND not_informed_because IS NULL AND inform_by <= $1 AND municipality = $3) AS informing,
    (SELECT count(*) FROM section11e_meeting WHERE state = 'held' AND outcome IS NULL
        AND ended_at <= $1::timestamptz - $2::interval AND municipality = $3) AS outcome
"""
_OWED_BY = f"""
SELECT * FROM ({_INFORMING} AND g.unit = $1 UNION ALL {_OUTCOME} AND g.unit = $1) AS owed
ORDER BY due, meeting, what LIMIT $3
"""  # noqa: S608 - our own words


async def to_end(connection: Connection, at: datetime, most: int) -> list[UUID]:
    """Return meetings whose time is up and that nobody ended, the longest first."""
    return [row["id"] for row in await connection.fetch(_TO_END, at, most)]


async def to_end_in(connection: Connection, matter: UUID, at: datetime) -> list[UUID]:
    """Return those of one matter."""
    return [row["id"] for row in await connection.fetch(_TO_END_IN, matter, at)]


async def to_tell(connection: Connection, at: datetime, most: int) -> list[tuple[UUID, Duty]]:
    """Return what is overdue and no leader was told of, the longest first."""
    rows = await connection.fetch(_TO_TELL, at, OUTCOME_WITHIN, most)
    return [(row["meeting"], Duty(row["what"])) for row in rows]


async def overdue(connection: Connection, municipality: str, at: datetime, most: int) -> list[Any]:
    """Return what is overdue in a municipality, the longest first, and which leader was told when, if one was."""
    rows: list[Any] = await connection.fetch(_OVERDUE, at, OUTCOME_WITHIN, municipality, most)
    return rows


async def counted(connection: Connection, municipality: str, at: datetime) -> Mapping[Duty, int]:
    """Return how much is overdue in a municipality, by what it is."""
    row = await connection.fetchrow(_COUNTED, at, OUTCOME_WITHIN, municipality)
    return {duty: 0 if row is None else row[duty] for duty in Duty}


async def owed_by(connection: Connection, unit: str, most: int) -> list[Any]:
    """Return what a unit owes after its meetings, overdue or not, what is due soonest first."""
    rows: list[Any] = await connection.fetch(_OWED_BY, unit, OUTCOME_WITHIN, most)
    return rows


async def escalate(connection: Connection, meeting: UUID, duty: Duty, to: str, at: datetime) -> bool:
    """Keep that a leader was told; False, if they had been."""
    made = await connection.execute(
        "INSERT INTO section11e_escalation (meeting, kind, to_user, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        meeting, duty, to, at,
    )  # fmt: skip
    return bool(made == "INSERT 0 1")


async def overwrite(connection: Connection) -> None:
    """Have the database give back the room that deleted rows stood in; the connection is in no transaction."""
    await connection.execute("VACUUM section11e_brought")
