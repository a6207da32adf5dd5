"""What is late, whom it was told, and each reminder once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.referral.domain.lifecycle import TaskState, ended
from services.referral.domain.model import Clock, MessageId, ReferralId, TaskId, UnitId
from services.referral.domain.reminding import STATES, Due, Reminder
from shared.db import Connection, Transaction


def _states(due: Due) -> str:
    return ", ".join(f"'{state}'" for state in sorted(STATES[due]))


_BY: Mapping[Due, str] = {Due.ANSWER: "answer_by", Due.OFFER: "offer_by"}
# The words of the partial indices `task_answer_due` and `task_offer_due`: what stands or has ended is not gone through.
RUNNING: Mapping[Due, str] = {due: f"stands_since IS NULL AND state IN ({_states(due)})" for due in Due}
WANTED: Mapping[Due, str] = {
    due: f"""
SELECT t.id, t.referral_id, t.{by} AS due_by FROM task t
WHERE {RUNNING[due]} AND t.{by} >= $1 AND t.{by} <= $2 AND (t.{by}, t.id) > ($3, $4)
    AND NOT EXISTS (SELECT FROM reminder m WHERE m.task_id = t.id AND m.due = '{due}' AND m.kind = $5)
ORDER BY t.{by}, t.id LIMIT $6
"""  # noqa: S608 - our own words
    for due, by in _BY.items()
}
_LATE = " UNION ALL ".join(
    f"""
SELECT t.id, t.referral_id, t.recipient, t.state, t.version, t.owner, t.answered, t.{by} AS due_by, '{due}' AS due,
    r.sender, r.kind, r.priority
FROM task t JOIN referral r ON r.id = t.referral_id
WHERE {RUNNING[due]} AND t.{by} < $1 AND %s = $2 AND t.id > $3
"""  # noqa: S608 - our own words
    for due, by in _BY.items()
)
_LATE_AT_RECIPIENT = f"{_LATE.replace('%s', 't.recipient')} ORDER BY id LIMIT $4"
_LATE_OF_SENDER = f"{_LATE.replace('%s', 'r.sender')} ORDER BY id LIMIT $4"
# A question's id tells when it was asked: by it, the primary key finds those of some days.
_ASKED = f"""
SELECT m.id, m.task_id, t.referral_id FROM message m JOIN task t ON t.id = m.task_id
WHERE m.kind = 'question' AND m.id > $1 AND m.id < $2
    AND t.state NOT IN ({", ".join(f"'{state}'" for state in sorted(TaskState) if ended(state))})
    AND NOT EXISTS (SELECT FROM reminder r WHERE r.task_id = t.id AND r.due = 'question' AND r.kind = m.id::text)
ORDER BY m.id LIMIT $3
"""  # noqa: S608 - our own words
# What waits for consent, by the index of just those. Its clock stands, so that what it has for its answer is as it was.
_AWAITING = """
SELECT t.id, t.referral_id FROM task t
WHERE t.state = 'awaiting_consent' AND t.id > $1 AND t.changed_at + (t.answer_by - t.stands_since) < $2
    AND NOT EXISTS (SELECT FROM reminder r WHERE r.task_id = t.id AND r.due = 'awaiting')
ORDER BY t.id LIMIT $3
"""
_STANDS = "SELECT state, answer_by, offer_by, stands_since, changed_at FROM task WHERE id = $1 FOR SHARE"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A task somebody should be reminded of."""

    task: TaskId
    referral: ReferralId
    due_by: datetime


@dataclass(frozen=True, slots=True)
class Stands:
    """Where a task stands, its clock, and when it last changed."""

    state: TaskState
    clock: Clock
    changed_at: datetime


async def wanted(
    connection: Connection, due: Due, reminder: Reminder, low: datetime, high: datetime, after: tuple[datetime, UUID],
    most: int,
) -> list[Wanted]:  # fmt: skip
    """Return running tasks whose deadline lies between `low` and `high`, and that nobody was so reminded of."""
    found = await connection.fetch(WANTED[due], low, high, *after, reminder, most)
    return [Wanted(TaskId(row["id"]), ReferralId(row["referral_id"]), row["due_by"]) for row in found]


async def stands(transaction: Transaction, task: TaskId) -> Stands | None:
    """Return where a task stands; it moves no more until the transaction ends."""
    row = await transaction.fetchrow(_STANDS, task)
    if row is None:
        return None
    clock = Clock(row["answer_by"], row["offer_by"], row["stands_since"])
    return Stands(TaskState(row["state"]), clock, row["changed_at"])


async def remind_once(transaction: Transaction, task: TaskId, due: Due, reminder: Reminder, at: datetime) -> bool:
    """Note a reminder; False when it had been sent before."""
    done = await transaction.execute(
        "INSERT INTO reminder (task_id, due, kind, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        task, due, reminder, at,
    )  # fmt: skip
    return bool(done == "INSERT 0 1")


async def asked(
    connection: Connection, low: datetime, high: datetime, after: UUID | None, most: int
) -> list[tuple[MessageId, TaskId, ReferralId]]:
    """Return questions of open tasks asked between `low` and `high` of which nobody was reminded, oldest first."""
    found = await connection.fetch(_ASKED, after or _first_at(low), _first_at(high), most)
    return [(MessageId(row["id"]), TaskId(row["task_id"]), ReferralId(row["referral_id"])) for row in found]


async def remind_of_question_once(transaction: Transaction, question: MessageId, task: TaskId, at: datetime) -> bool:
    """Note that somebody was reminded of a question; False when they had been before."""
    done = await transaction.execute(
        "INSERT INTO reminder (task_id, due, kind, at) VALUES ($1, 'question', $2, $3) ON CONFLICT DO NOTHING",
        task, str(question), at,
    )  # fmt: skip
    return bool(done == "INSERT 0 1")


async def awaiting(connection: Connection, at: datetime, after: UUID, most: int) -> list[tuple[TaskId, ReferralId]]:
    """Return tasks that have waited for consent for longer than an answer may take, and nobody was told of."""
    found = await connection.fetch(_AWAITING, after, at, most)
    return [(TaskId(row["id"]), ReferralId(row["referral_id"])) for row in found]


async def remind_of_awaiting_once(transaction: Transaction, task: TaskId, at: datetime) -> bool:
    """Note that the sender was told that a task still waits for consent; False when it had been before."""
    done = await transaction.execute(
        "INSERT INTO reminder (task_id, due, kind, at) VALUES ($1, 'awaiting', 'late', $2) ON CONFLICT DO NOTHING",
        task, at,
    )  # fmt: skip
    return bool(done == "INSERT 0 1")


def _first_at(moment: datetime) -> UUID:
    """Return what stands before every id made at a moment (RFC 9562, 5.7)."""
    return UUID(int=max(0, int(moment.timestamp() * 1000)) << 80)


async def late_at_recipient(connection: Connection, unit: UnitId, at: datetime, after: UUID, most: int) -> list[Any]:
    """Return the late tasks of a recipient, oldest first."""
    found: list[Any] = await connection.fetch(_LATE_AT_RECIPIENT, at, unit, after, most)
    return found


async def late_of_sender(connection: Connection, unit: UnitId, at: datetime, after: UUID, most: int) -> list[Any]:
    """Return the late tasks of a sender's requests, oldest first, those whose course it may not hear of among them."""
    found: list[Any] = await connection.fetch(_LATE_OF_SENDER, at, unit, after, most)
    return found
