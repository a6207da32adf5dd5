"""Meetings under § 11 e as an auditor asks for them, and as the family they were about may see them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.db import Connection

_MEETINGS = """
SELECT g.*, p.identity AS child, m.about, m.ordinal AS matter_number, m.reason AS matter_reason,
    m.approved_by AS matter_approved_by, l.seq AS place
FROM section11e_meeting g JOIN section11e_matter m ON m.id = g.matter JOIN person p ON p.id = m.child
LEFT JOIN ledger_leaf l ON l.entry_id = g.ledger_id
"""
_ATTENDEES = """
SELECT id, meeting, user_id, profession, unit, organisation, party_row, agreement, elsewhere_because, shares, chose_at
FROM section11e_attendee WHERE meeting = ANY($1::uuid[]) ORDER BY id
"""
_PRESENCES = """
SELECT attendee, came_at, left_at FROM section11e_presence WHERE meeting = ANY($1::uuid[]) ORDER BY came_at, id
"""
_CATEGORIES = """
SELECT attendee, category FROM section11e_category WHERE meeting = ANY($1::uuid[]) ORDER BY at, category
"""
_REFUSED = """
SELECT r.id, r.at, r.code, r.rule, r.unit, r.user_id, r.municipality, r.units, r.matter, r.meeting, r.ledger_id,
    l.seq AS place
FROM section11e_refused r LEFT JOIN ledger_leaf l ON l.entry_id = r.ledger_id
"""
_UNINFORMED = """
SELECT g.id, g.matter, p.identity AS child, g.kind, g.unit, g.municipality, g.by_user, g.leader, g.ended_at,
    g.inform_by, g.not_informed_because, e.at AS leader_told_at
FROM section11e_meeting g JOIN section11e_matter m ON m.id = g.matter JOIN person p ON p.id = m.child
LEFT JOIN section11e_escalation e ON e.meeting = g.id AND e.kind = 'informing'
WHERE g.state = 'held' AND g.informed_at IS NULL
"""
# How it stands with the word to the parents: told in time or late; not told and why; or nothing is said yet.
_INFORMING = """
CASE WHEN g.state <> 'held' THEN NULL
     WHEN g.informed_at IS NOT NULL THEN CASE WHEN g.informed_at <= g.inform_by THEN 'in_time' ELSE 'late' END
     WHEN g.not_informed_because IS NOT NULL THEN g.not_informed_because
     WHEN g.inform_by <= $1 THEN 'overdue' ELSE 'waiting' END
"""
_COUNTS = f"""
SELECT g.kind, g.state, g.outcome, {_INFORMING} AS informing, count(*) AS number FROM section11e_meeting g
"""  # noqa: S608 - our own words
# Not a word of a meeting the parents have not been told of: it is not there, so nothing is counted or paged by it.
_TOLD_OF = """
SELECT g.id, m.child, g.kind, g.opened_at, g.ended_at, g.outcome, g.informed_at, g.unit
FROM section11e_matter m JOIN section11e_meeting g ON g.matter = m.id
WHERE m.child = ANY($1::uuid[]) AND g.state = 'held' AND g.informed_at IS NOT NULL
ORDER BY g.ended_at DESC, g.id DESC
"""
_TOOK_PART = """
SELECT a.meeting, a.unit, array_agg(DISTINCT a.profession) AS professions,
    (SELECT coalesce(array_agg(DISTINCT c.category), '{}') FROM section11e_category c
     JOIN section11e_attendee o ON o.id = c.attendee WHERE c.meeting = a.meeting AND o.unit = a.unit) AS categories
FROM section11e_attendee a WHERE a.meeting = ANY($1::uuid[])
    AND EXISTS (SELECT FROM section11e_presence p WHERE p.attendee = a.id)
GROUP BY a.meeting, a.unit ORDER BY a.meeting, a.unit
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """What an auditor narrows a question to: a municipality, and a half-open period [since, before)."""

    municipality: str | None = None
    since: datetime | None = None
    before: datetime | None = None


class _Where:
    """Conditions, each with its argument; what is not asked for is not in the statement, so that an index serves."""

    def __init__(self, *arguments: object) -> None:
        self.arguments = list(arguments)
        self._said: list[str] = []

    def and_(self, condition: str, argument: object) -> None:
        """Hold the rows to a condition, of our own words, unless there is nothing to compare with."""
        if argument is not None:
            self.arguments.append(argument)
            self._said.append(condition.format(f"${len(self.arguments)}"))

    def text(self, before: str = "WHERE") -> str:
        """Return the conditions, led in by a word; nothing, if there are none."""
        return f"{before} {' AND '.join(self._said)}" if self._said else ""


def _within(where: _Where, asked: Asked, table: str, moment: str) -> None:
    where.and_(f"{table}.municipality = {{}}", asked.municipality)
    where.and_(f"{table}.{moment} >= {{}}", asked.since)
    where.and_(f"{table}.{moment} < {{}}", asked.before)


async def meetings(
    connection: Connection, asked: Asked, kind: str | None, state: str | None, after: UUID | None, most: int
) -> list[Any]:
    """Return meetings that were called to begin in the period, oldest call first, each with its matter's reasons."""
    where = _Where(most)
    _within(where, asked, "g", "starts_at")
    where.and_("g.kind = {}", kind)
    where.and_("g.state = {}", state)
    where.and_("g.id > {}", after)
    rows: list[Any] = await connection.fetch(f"{_MEETINGS} {where.text()} ORDER BY g.id LIMIT $1", *where.arguments)
    return rows


async def attendees(connection: Connection, meetings: Collection[UUID]) -> Mapping[UUID, list[dict[str, Any]]]:
    """Return by meeting who was invited, with `there` (pairs of came and left) and the kinds they put forward."""
    found: dict[UUID, list[dict[str, Any]]] = {meeting: [] for meeting in meetings}
    by_id = {}
    for row in await connection.fetch(_ATTENDEES, list(meetings)):
        by_id[row["id"]] = told = dict(row) | {"there": [], "categories": []}
        found[row["meeting"]].append(told)
    for row in await connection.fetch(_PRESENCES, list(meetings)):
        by_id[row["attendee"]]["there"].append((row["came_at"], row["left_at"]))
    for row in await connection.fetch(_CATEGORIES, list(meetings)):
        by_id[row["attendee"]]["categories"].append(row["category"])
    return found


async def refused(connection: Connection, asked: Asked, code: str | None, after: UUID | None, most: int) -> list[Any]:
    """Return what was refused in the period, oldest first.

    A municipality's auditor also finds what is no municipality's: a region's unit that tried before there was a matter.
    """
    where = _Where(most)
    where.and_("(r.municipality = {0} OR r.municipality IS NULL)", asked.municipality)
    where.and_("r.at >= {}", asked.since)
    where.and_("r.at < {}", asked.before)
    where.and_("r.code = {}", code)
    where.and_("r.id > {}", after)
    rows: list[Any] = await connection.fetch(f"{_REFUSED} {where.text()} ORDER BY r.id LIMIT $1", *where.arguments)
    return rows


async def uninformed(connection: Connection, municipality: str | None, after: UUID | None, most: int) -> list[Any]:
    """Return held meetings the parents have not been told of, the longest overdue first."""
    where = _Where(most)
    where.and_("g.municipality = {}", municipality)
    where.and_("(g.inform_by, g.id) > (SELECT o.inform_by, o.id FROM section11e_meeting o WHERE o.id = {})", after)
    rows: list[Any] = await connection.fetch(
        f"{_UNINFORMED} {where.text('AND')} ORDER BY g.inform_by, g.id LIMIT $1", *where.arguments
    )
    return rows


async def counts(connection: Connection, asked: Asked, at: datetime, *, uninformed: bool = False) -> list[Any]:
    """Return how many meetings there are of each kind, state, outcome and `informing`, as it stands at a moment.

    `uninformed`: only the held ones of which the parents have not been told.
    """
    where = _Where(at)
    _within(where, asked, "g", "starts_at")
    if uninformed:
        where.and_("g.state = {} AND g.informed_at IS NULL", "held")
    rows: list[Any] = await connection.fetch(f"{_COUNTS} {where.text()} GROUP BY 1, 2, 3, 4", *where.arguments)
    return rows


async def refused_counts(connection: Connection, asked: Asked) -> Mapping[str, int]:
    """Return how often each was refused in the period, by code."""
    where = _Where()
    _within(where, asked, "r", "at")
    rows = await connection.fetch(
        f"SELECT r.code, count(*) AS number FROM section11e_refused r {where.text()} GROUP BY 1 ORDER BY 1",  # noqa: S608 - our own words
        *where.arguments,
    )
    return {row["code"]: row["number"] for row in rows}


async def told_of(connection: Connection, people: Collection[str]) -> list[Any]:
    """Return the held meetings about people, by every id they were known by, that their parents were told of."""
    rows: list[Any] = await connection.fetch(_TOLD_OF, [UUID(each) for each in people])
    return rows


async def took_part(connection: Connection, meetings: Collection[UUID]) -> list[Any]:
    """Return which units were in the room, with their professions and the kinds they put forward; no person."""
    rows: list[Any] = await connection.fetch(_TOOK_PART, list(meetings))
    return rows
