"""SQL to domain values and back; no rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from services.referral.domain.lifecycle import KNOWN_TO_SENDER, TaskState
from services.referral.domain.model import (
    Ask,
    DeclineReason,
    Message,
    MessageId,
    MessageKind,
    Missing,
    PersonId,
    Piece,
    Referral,
    ReferralId,
    Task,
    TaskId,
    UnitId,
)
from shared.cursor import Cursor
from shared.db import Connection, Transaction
from shared.idempotency import Once
from shared.ledger import Entry
from shared.problems import StaleVersion
from shared.vocabulary import Category, Purpose, Reason

# One statement, one round trip, one transaction: the key, the referral, its pieces, tasks, events and the
# ledger entry. Without the key's row nothing else is written.
_POST = """
WITH claimed AS (
    INSERT INTO idempotency (unit, key, digest, made) SELECT $1::text, $2::text, $3::bytea, $4::uuid
    WHERE $2::text IS NOT NULL ON CONFLICT DO NOTHING RETURNING made
), kept AS (
    SELECT made FROM claimed UNION ALL SELECT $4::uuid WHERE $2::text IS NULL
), the_referral AS (
    INSERT INTO referral (id, need, purpose, sender, sender_user, seen_by_family_at, at)
    SELECT made, $5, $6, $1, $7, $9, $10 FROM kept
), the_pieces AS (
    INSERT INTO piece (id, referral_id, subject, category, author, text, offer)
    SELECT p.id, made, p.subject, p.category, $1, p.text, p.offer
    FROM kept, unnest($11::uuid[], $12::uuid[], $13::text[], $14::text[], $8::text[])
        AS p(id, subject, category, text, offer)
), the_tasks AS (
    INSERT INTO task (id, referral_id, recipient, state, version, missing, changed_at)
    SELECT t.id, made, t.recipient, t.state, 1, t.missing::jsonb, $10
    FROM kept, unnest($15::uuid[], $16::text[], $17::text[], $18::text[]) AS t(id, recipient, state, missing)
), the_events AS (
    INSERT INTO event (id, unit, kind, referral_id, task_id, at)
    SELECT e.id, e.unit, e.kind, made, e.task, $10
    FROM kept, unnest($19::uuid[], $20::text[], $21::text[], $22::uuid[]) AS e(id, unit, kind, task)
), the_ledger AS (
    INSERT INTO ledger_entry (id, entry) SELECT $23::uuid, $24::json FROM kept
), the_outbox AS (
    INSERT INTO outbox (id, topic, payload, request_id)
    SELECT $25::uuid, $26::text, $27::jsonb, $28::uuid FROM kept WHERE $25::uuid IS NOT NULL
)
SELECT made FROM kept
"""
_WHOLE = """
SELECT r.id, r.need, r.purpose, r.sender, r.seen_by_family_at, r.at,
    (SELECT json_agg(json_build_array(p.id, p.subject, p.category, p.text, p.author, p.message_id, p.offer)
                     ORDER BY p.id)
     FROM piece p WHERE p.referral_id = r.id) AS pieces,
    (SELECT json_agg(json_build_array(t.id, t.recipient, t.state, t.version, t.decline_reason, t.missing,
                                           t.answered)
                     ORDER BY t.id) FROM task t WHERE t.referral_id = r.id) AS tasks,
    (SELECT json_agg(json_build_array(m.id, m.task_id, m.kind, m.author, m.at) ORDER BY m.id)
     FROM message m JOIN task t ON t.id = m.task_id WHERE t.referral_id = r.id) AS messages
FROM referral r WHERE r.id = $1
"""
_CHANGE = """
UPDATE task SET state = $3, version = version + 1, decline_reason = $4, missing = $5::jsonb, changed_at = $6,
    answered = $7
WHERE id = $1 AND version = $2 RETURNING version
"""
_ADD_EVENT = "INSERT INTO event (id, unit, kind, referral_id, task_id, at) VALUES ($1, $2, $3, $4, $5, $6)"
_ADD_MESSAGE = "INSERT INTO message (id, task_id, kind, author, author_user, at) VALUES ($1, $2, $3, $4, $5, $6)"
_ADD_PIECE = """
INSERT INTO piece (id, referral_id, message_id, subject, category, author, text) VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
_FEED = """
SELECT e.xid::text AS xid_text, e.id, e.kind, e.referral_id, e.task_id, e.at, t.recipient, t.answered
FROM event e LEFT JOIN task t ON t.id = e.task_id
WHERE e.unit = $1 AND (e.xid, e.id) > ($2::text::xid8, $3) AND e.xid < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY e.xid, e.id LIMIT $4
"""
_TASKS = """
SELECT t.id, t.referral_id, t.state, t.version, t.changed_at, r.sender, r.purpose
FROM task t JOIN referral r ON r.id = t.referral_id
WHERE t.recipient = $1 AND t.state <> ALL($2::text[]) AND t.id > $3 ORDER BY t.id LIMIT $4
"""
_ACCESSES = """
SELECT l.seq, e.id, e.entry FROM ledger_entry e LEFT JOIN ledger_leaf l ON l.entry_id = e.id
WHERE e.entry->>'kind' = ANY($2::text[]) AND e.id > $1 AND ($3::text IS NULL OR e.entry->>'referral' = $3)
ORDER BY e.id LIMIT $4
"""


@dataclass(frozen=True, slots=True)
class Event:
    """Something a unit should hear of: ids and a code."""

    id: UUID
    unit: UnitId
    kind: str
    task: TaskId


@dataclass(frozen=True, slots=True)
class Follow:
    """A message to the worker, to be written with the change."""

    id: UUID
    topic: str
    payload: str
    request_id: UUID


async def post(
    connection: Connection, whole: Referral, user: str, once: Once, events: Sequence[Event], entry: Entry,
    follow: Follow | None,
) -> bool:  # fmt: skip
    """Write a new referral and all that goes with it; False when the same key has made one before."""
    made = await connection.fetchval(
        _POST, whole.sender, once.key, once.digest, whole.id, whole.need, whole.purpose, user,
        [piece.offer for piece in whole.pieces],
        whole.seen_by_family_at, whole.at,
        [piece.id for piece in whole.pieces], [piece.subject for piece in whole.pieces],
        [piece.category for piece in whole.pieces], [piece.text for piece in whole.pieces],
        [task.id for task in whole.tasks], [task.recipient for task in whole.tasks],
        [task.state for task in whole.tasks], [_missing_json(task.missing) for task in whole.tasks],
        [event.id for event in events], [event.unit for event in events], [event.kind for event in events],
        [event.task for event in events], entry.id, entry.text,
        follow and follow.id, follow and follow.topic, follow and follow.payload, follow and follow.request_id,
    )  # fmt: skip
    return made is not None


async def referral(connection: Connection, number: ReferralId) -> Referral | None:
    """Return the referral with everything said in it."""
    row = await connection.fetchrow(_WHOLE, number)
    return None if row is None else _referral(row)


async def referral_of_task(connection: Connection, task: TaskId) -> Referral | None:
    """Return the referral a task belongs to."""
    number = await connection.fetchval("SELECT referral_id FROM task WHERE id = $1", task)
    return None if number is None else await referral(connection, ReferralId(number))


async def referrals_of_need(connection: Connection, need: UUID) -> list[ReferralId]:
    """Return the referrals under a need."""
    return [ReferralId(row["id"]) for row in await connection.fetch("SELECT id FROM referral WHERE need = $1", need)]


async def change_task(
    transaction: Transaction, task: Task, to: TaskState, at: datetime, *, missing: Sequence[Missing] | None = None,
    reason: DeclineReason | None = None,
) -> int:  # fmt: skip
    """Move a task on from the version it was read at; return the new version.

    Raises:
        StaleVersion: somebody was faster.
    """
    kept = _missing_json(task.missing if missing is None else missing)
    answered = task.tells_an_answer or to not in KNOWN_TO_SENDER
    version: int | None = await transaction.fetchval(_CHANGE, task.id, task.version, to, reason, kept, at, answered)
    if version is None:
        raise StaleVersion
    return version


async def add_event(transaction: Transaction, event: Event, referral: ReferralId, at: datetime) -> None:
    """Write what a unit should hear."""
    await transaction.execute(_ADD_EVENT, event.id, event.unit, event.kind, referral, event.task, at)


async def add_message(
    transaction: Transaction, message: Message, pieces: Sequence[Piece], referral: ReferralId, user: str
) -> None:
    """Write a message and its pieces."""
    await transaction.execute(_ADD_MESSAGE, message.id, message.task, message.kind, message.author, user, message.at)
    await transaction.executemany(
        _ADD_PIECE,
        [(p.id, referral, message.id, p.subject, p.category, p.author, p.text) for p in pieces],
    )


async def hear_once(transaction: Transaction, event: UUID) -> bool:
    """Note that consent's event has been heard; False when it had been before."""
    done = await transaction.execute("INSERT INTO heard (id) VALUES ($1) ON CONFLICT DO NOTHING", event)
    return bool(done == "INSERT 0 1")


async def feed(connection: Connection, unit: UnitId, after: Cursor, most: int) -> list[Any]:
    """Return a unit's events after a place in its feed, none ever skipped."""
    rows: list[Any] = await connection.fetch(_FEED, unit, str(after.xid), after.id, most)
    return rows


async def tasks_for(connection: Connection, unit: UnitId, hidden: Sequence[str], after: UUID, most: int) -> list[Any]:
    """Return a recipient's tasks, oldest first."""
    rows: list[Any] = await connection.fetch(_TASKS, unit, list(hidden), after, most)
    return rows


async def accesses(
    connection: Connection, kinds: Sequence[str], after: UUID, referral: str | None, most: int
) -> list[Any]:
    """Return ledger entries of some kinds, oldest first."""
    rows: list[Any] = await connection.fetch(_ACCESSES, after, list(kinds), referral, most)
    return rows


def _missing_json(missing: Sequence[Missing]) -> str:
    return orjson.dumps(_missing(missing)).decode()


def _missing(missing: Sequence[Missing]) -> list[list[object]]:
    return [
        [str(each.subject), each.category, each.reason, [[str(whom.person), whom.capacity] for whom in each.ask]]
        for each in missing
    ]


def _referral(row: Any) -> Referral:  # noqa: ANN401 - a database row
    return Referral(
        id=ReferralId(row["id"]),
        need=row["need"],
        purpose=Purpose(row["purpose"]),
        sender=UnitId(row["sender"]),
        seen_by_family_at=row["seen_by_family_at"],
        at=row["at"],
        pieces=tuple(_piece(each) for each in row["pieces"] or ()),
        tasks=tuple(_task(each) for each in row["tasks"] or ()),
        messages=tuple(_message(each) for each in row["messages"] or ()),
    )


def _piece(each: list[Any]) -> Piece:
    number, subject, category, text, author, message, offer = each
    return Piece(
        UUID(number), PersonId(UUID(subject)), Category(category), text, UnitId(author),
        None if message is None else MessageId(UUID(message)), offer,
    )  # fmt: skip


def _task(each: list[Any]) -> Task:
    number, recipient, state, version, reason, missing, answered = each
    return Task(
        TaskId(UUID(number)), UnitId(recipient), TaskState(state), version,
        None if reason is None else DeclineReason(reason), tuple(map(_missed, missing)), answered,
    )  # fmt: skip


def _missed(each: list[Any]) -> Missing:
    who, what, why, *more = each  # what was written before whom to ask was told has three
    ask = tuple(Ask(PersonId(UUID(person)), capacity) for person, capacity in (more[0] if more else ()))
    return Missing(PersonId(UUID(who)), Category(what), Reason(why), ask)


def _message(each: list[Any]) -> Message:
    number, task, kind, author, at = each
    return Message(
        MessageId(UUID(number)), TaskId(UUID(task)), MessageKind(kind), UnitId(author), datetime.fromisoformat(at)
    )
