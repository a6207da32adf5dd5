"""What units hear of, what they have heard from others, and what the auditor reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.referral.domain.happenings import Happening
from services.referral.domain.model import ReferralId, TaskId, UnitId
from shared.cursor import Cursor
from shared.db import Connection, Transaction

_ADD = "INSERT INTO event (id, unit, kind, referral_id, task_id, at) VALUES ($1, $2, $3, $4, $5, $6)"
# Since when a task tells of an answer: where the first who accepts has it, since the first answer of any.
ANSWERED = """t.answered, t.answered_at AS own_answer_at,
    CASE WHEN r.first_accepts THEN (SELECT min(x.answered_at) FROM task x WHERE x.referral_id = r.id)
         ELSE t.answered_at END AS answered_at"""
_FEED = f"""
SELECT e.xid::text AS xid_text, e.id, e.kind, e.referral_id, e.task_id, e.at, t.recipient, {ANSWERED}
FROM event e LEFT JOIN task t ON t.id = e.task_id LEFT JOIN referral r ON r.id = e.referral_id
WHERE e.unit = $1 AND (e.xid, e.id) > ($2::text::xid8, $3) AND e.xid < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY e.xid, e.id LIMIT $4
"""  # noqa: S608 - of this module's own parts
_ACCESSES = """
SELECT l.seq, e.id, e.entry FROM ledger_entry e LEFT JOIN ledger_leaf l ON l.entry_id = e.id
WHERE e.entry->>'kind' = ANY($2::text[]) AND e.id > $1 AND ($3::text IS NULL OR e.entry->>'referral' = $3)
ORDER BY e.id LIMIT $4
"""


@dataclass(frozen=True, slots=True)
class Event:
    """Something a unit, or a family member who sends for itself, should hear of: ids and a code of the closed list."""

    id: UUID
    unit: UnitId
    kind: str
    task: TaskId

    def __post_init__(self) -> None:
        """Take only what is on the list: those who hear of it rest on that.

        Raises:
            ValueError: the kind is not on it.
        """
        Happening(self.kind)


async def add(transaction: Transaction, event: Event, referral: ReferralId, at: datetime) -> None:
    """Write what a unit should hear."""
    await transaction.execute(_ADD, event.id, event.unit, event.kind, referral, event.task, at)


async def hear_once(transaction: Transaction, event: UUID) -> bool:
    """Note that consent's event has been heard; False when it had been before."""
    done = await transaction.execute("INSERT INTO heard (id) VALUES ($1) ON CONFLICT DO NOTHING", event)
    return bool(done == "INSERT 0 1")


async def feed(connection: Connection, unit: UnitId, after: Cursor, most: int) -> list[Any]:
    """Return a unit's events after a place in its feed, none ever skipped."""
    rows: list[Any] = await connection.fetch(_FEED, unit, str(after.xid), after.id, most)
    return rows


async def accesses(
    connection: Connection, kinds: Sequence[str], after: UUID, referral: str | None, most: int
) -> list[Any]:
    """Return ledger entries of some kinds, oldest first."""
    rows: list[Any] = await connection.fetch(_ACCESSES, after, list(kinds), referral, most)
    return rows
