"""Webhooks and what is still to be sent to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.referral.domain.errors import TooManyWebhooks
from services.referral.domain.model import UnitId
from services.referral.domain.webhooks import MOST_OF_A_UNIT, Status
from services.referral.store.events import ANSWERED
from shared.db import Connection, Transaction

# A unit's webhooks are counted under a lock, so that two posts at once make no eleventh.
_LOCK_UNIT = "SELECT pg_advisory_xact_lock(hashtextextended('webhook ' || $1::text, 0))"
# What is under way when it is made is sent; what was done before is not.
_ADD = """
INSERT INTO webhook (id, unit, url, kinds, secret, made_by, at, xid, last)
SELECT $1, $2, $3, $4, $5, $6, $7, pg_snapshot_xmin(pg_current_snapshot()), '00000000-0000-0000-0000-000000000000'
WHERE (SELECT count(*) FROM webhook WHERE unit = $2) < $8
"""
# What follows a recipient's answer is not counted to the sender: how much there is of it would tell what it was.
_SHOWN = f"""
SELECT w.*, (
    SELECT count(*) FROM webhook_delivery d JOIN event e ON e.id = d.event_id
    LEFT JOIN LATERAL (
        SELECT t.recipient, {ANSWERED} FROM task t JOIN referral r ON r.id = t.referral_id WHERE t.id = e.task_id
    ) a ON TRUE
    WHERE d.webhook_id = w.id AND d.status = 'pending' AND NOT coalesce(
        a.recipient <> w.unit AND (e.at > a.answered_at
            OR (e.at = a.answered_at AND a.own_answer_at IS DISTINCT FROM a.answered_at)), FALSE)
) AS waiting
FROM webhook w
"""  # noqa: S608 - of our own parts
# Follow the event table for each webhook by its own place in its unit's feed; what is shown is committed and settled,
# so nothing is skipped. The rows to send and the new place are written together.
_DISPATCH = """
WITH followed AS (
    SELECT id, unit, xid, last FROM webhook WHERE off_since IS NULL ORDER BY id FOR UPDATE SKIP LOCKED
), found AS MATERIALIZED (
    SELECT f.id AS webhook_id, e.* FROM followed f CROSS JOIN LATERAL (
        SELECT event.xid, event.id AS event_id, event.referral_id FROM event
        WHERE event.unit = f.unit AND (event.xid, event.id) > (f.xid, f.last)
          AND event.xid < pg_snapshot_xmin(pg_current_snapshot())
        ORDER BY event.xid, event.id LIMIT $2
    ) e
), put AS (
    INSERT INTO webhook_delivery (webhook_id, event_id, xid, referral_id, due_at)
    SELECT f.webhook_id, f.event_id, f.xid, f.referral_id, greatest($1, (
        SELECT max(d.due_at) FROM webhook_delivery d
        WHERE d.webhook_id = f.webhook_id AND d.referral_id = f.referral_id AND d.status = 'pending'
    )) FROM found f ON CONFLICT DO NOTHING
), furthest AS (
    SELECT DISTINCT ON (webhook_id) webhook_id, xid, event_id FROM found ORDER BY webhook_id, xid DESC, event_id DESC
), moved AS (
    UPDATE webhook w SET xid = f.xid, last = f.event_id FROM furthest f WHERE w.id = f.webhook_id
)
SELECT count(*) FROM found
"""
_WITH_WORK = """
SELECT w.id FROM webhook w
WHERE (w.test_asked_at IS NOT NULL AND (w.tested_at IS NULL OR w.tested_at < w.test_asked_at))
   OR (w.off_since IS NULL AND (w.rests_until IS NULL OR w.rests_until <= $1) AND EXISTS (
        SELECT FROM webhook_delivery d
        WHERE d.webhook_id = w.id AND d.status = 'pending' AND (d.due_at <= $1 OR w.failures >= $2)
   ))
ORDER BY w.id
"""
# The first of each referral only: what comes later waits for what came before.
_TAKE = f"""
SELECT d.event_id AS id, d.attempts, d.due_at, d.xid::text AS xid_text, e.kind, e.referral_id, e.task_id, e.at,
    t.recipient, {ANSWERED}
FROM webhook_delivery d JOIN event e ON e.id = d.event_id LEFT JOIN task t ON t.id = e.task_id
LEFT JOIN referral r ON r.id = e.referral_id
WHERE d.webhook_id = $1 AND d.status = 'pending' AND ($2::timestamptz IS NULL OR d.due_at <= $2) AND NOT EXISTS (
    SELECT FROM webhook_delivery b
    WHERE b.webhook_id = d.webhook_id AND b.referral_id = d.referral_id AND b.status = 'pending'
      AND (b.xid, b.event_id) < (d.xid, d.event_id)
)
ORDER BY d.due_at, d.xid, d.event_id LIMIT $3
"""  # noqa: S608 - of our own parts
_SETTLE = """
UPDATE webhook_delivery d SET status = s.status, attempts = s.attempts, due_at = coalesce(s.due_at, d.due_at),
    tried_at = $2, last_status = s.last_status, failure = s.failure
FROM unnest($3::uuid[], $4::text[], $5::int[], $6::timestamptz[], $7::int[], $8::text[])
    AS s(event_id, status, attempts, due_at, last_status, failure)
WHERE d.webhook_id = $1 AND d.event_id = s.event_id
"""
_WAIT_BEHIND = """
UPDATE webhook_delivery d SET due_at = s.due_at
FROM unnest($2::uuid[], $3::timestamptz[]) AS s(referral_id, due_at)
WHERE d.webhook_id = $1 AND d.referral_id = s.referral_id AND d.status = 'pending' AND d.due_at < s.due_at
"""
_FORGET = "DELETE FROM webhook_delivery WHERE webhook_id = $1 AND event_id = ANY($2::uuid[])"
# The attempt that comes earlier for it is not held against what is sent: nothing is given up on the sooner.
_COME_FORWARD = """
UPDATE webhook_delivery SET due_at = $2, attempts = greatest(attempts - 1, 0)
WHERE webhook_id = $1 AND status = 'pending' AND due_at > $2
"""
_FARE = """
UPDATE webhook SET at_once = $2, failures = $3, failing_since = $4, rests_until = $5,
    off_since = coalesce(off_since, $6), off_why = coalesce(off_why, $7)
WHERE id = $1
"""
_TESTED = """
UPDATE webhook SET tested_at = greatest($2, test_asked_at), test_status = $3, test_failure = $4,
    off_since = CASE WHEN $5 THEN NULL ELSE off_since END, off_why = CASE WHEN $5 THEN NULL ELSE off_why END,
    failures = CASE WHEN $5 THEN 0 ELSE failures END, failing_since = CASE WHEN $5 THEN NULL ELSE failing_since END,
    rests_until = CASE WHEN $5 THEN NULL ELSE rests_until END
WHERE id = $1
"""
_DELIVERIES = f"""
SELECT d.event_id, d.referral_id, e.task_id, d.status, d.attempts, d.due_at, d.tried_at, d.last_status, d.failure,
    d.xid::text AS xid_text, e.at, e.id, e.kind, t.recipient, {ANSWERED}
FROM webhook_delivery d JOIN event e ON e.id = d.event_id LEFT JOIN task t ON t.id = e.task_id
LEFT JOIN referral r ON r.id = e.referral_id
WHERE d.webhook_id = $1 AND ($2::text IS NULL OR d.status = $2) AND (d.xid, d.event_id) > ($3::text::xid8, $4)
ORDER BY d.xid, d.event_id LIMIT $5
"""  # noqa: S608 - of our own parts
_REPLAY = """
INSERT INTO webhook_delivery (webhook_id, event_id, xid, referral_id, due_at)
SELECT w.id, e.id, e.xid, e.referral_id, $2
FROM webhook w JOIN event e ON e.unit = w.unit AND (e.xid, e.id) <= (w.xid, w.last)
WHERE w.id = $1 AND ($3::timestamptz IS NULL OR e.at >= $3) AND ($4::uuid[] IS NULL OR e.id = ANY($4))
ORDER BY e.xid, e.id LIMIT $5
ON CONFLICT (webhook_id, event_id)
DO UPDATE SET status = 'pending', attempts = 0, due_at = excluded.due_at, failure = NULL, last_status = NULL
"""
_TIDY = """
DELETE FROM webhook_delivery WHERE (webhook_id, event_id) IN (
    SELECT webhook_id, event_id FROM webhook_delivery WHERE status = 'delivered' AND tried_at < $1 LIMIT 5000
)
"""


@dataclass(frozen=True, slots=True)
class Fresh:
    """A webhook as it is made; what is secret is sealed."""

    id: UUID
    unit: UnitId
    url: bytes
    kinds: Sequence[str] | None
    secret: bytes
    made_by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of one delivery; `due_at` says when it is tried again."""

    event: UUID
    referral: UUID
    status: Status
    attempts: int
    due_at: datetime | None
    last_status: int | None
    failure: str | None


@dataclass(frozen=True, slots=True)
class Faring:
    """How an address is doing after a round."""

    at_once: int
    failures: int
    failing_since: datetime | None
    rests_until: datetime | None
    off_since: datetime | None = None
    off_why: str | None = None


async def add(transaction: Transaction, made: Fresh) -> None:
    """Write a new webhook.

    Raises:
        TooManyWebhooks: the unit has as many as it may have.
    """
    await transaction.execute(_LOCK_UNIT, made.unit)
    kinds = None if made.kinds is None else list(made.kinds)
    done = await transaction.execute(
        _ADD, made.id, made.unit, made.url, kinds, made.secret, made.made_by, made.at, MOST_OF_A_UNIT
    )
    if done != "INSERT 0 1":
        raise TooManyWebhooks


async def of_unit(connection: Connection, unit: UnitId) -> list[Any]:
    """Return a unit's webhooks, oldest first."""
    rows: list[Any] = await connection.fetch(f"{_SHOWN} WHERE w.unit = $1 ORDER BY w.id", unit)
    return rows


async def find(connection: Connection, number: UUID) -> Any | None:  # noqa: ANN401 - a database row
    """Return a webhook, with how much waits to be sent."""
    return await connection.fetchrow(f"{_SHOWN} WHERE w.id = $1", number)


async def one(connection: Connection, number: UUID) -> Any | None:  # noqa: ANN401 - a database row
    """Return a webhook as it is kept."""
    return await connection.fetchrow("SELECT * FROM webhook WHERE id = $1", number)


async def remove(transaction: Transaction, number: UUID) -> None:
    """Delete a webhook and all that waits for it."""
    await transaction.execute("DELETE FROM webhook WHERE id = $1", number)


async def turn(transaction: Transaction, number: UUID, secret: bytes, before_until: datetime) -> None:
    """Give a webhook a new secret; the one before signs along until then."""
    await transaction.execute(
        "UPDATE webhook SET secret_before = secret, secret = $2, before_until = $3 WHERE id = $1",
        number, secret, before_until,
    )  # fmt: skip


async def ask_for_test(transaction: Transaction, number: UUID, at: datetime) -> None:
    """Note that a test is to be sent."""
    await transaction.execute("UPDATE webhook SET test_asked_at = $2, tested_at = NULL WHERE id = $1", number, at)


async def tested(
    connection: Connection, number: UUID, at: datetime, status: int | None, failure: str | None, *, well: bool
) -> None:
    """Note what a test came to; one that went well puts the address back in use."""
    await connection.execute(_TESTED, number, at, status, failure, well)


async def dispatch(transaction: Transaction, at: datetime, most: int) -> int:
    """Write down what has happened since, for each webhook; return how many rows."""
    found: int = await transaction.fetchval(_DISPATCH, at, most)
    return found


async def with_work(connection: Connection, at: datetime, silent_after: int) -> list[UUID]:
    """Return the webhooks that something is to be sent to now; a silent one is asked whenever it has rested."""
    return [row["id"] for row in await connection.fetch(_WITH_WORK, at, silent_after)]


async def take(connection: Connection, number: UUID, due: datetime | None, most: int) -> list[Any]:
    """Return what is due by then, or whatever waits: of each referral only what comes first."""
    rows: list[Any] = await connection.fetch(_TAKE, number, due, most)
    return rows


async def settle(transaction: Transaction, number: UUID, at: datetime, done: Sequence[Settled]) -> None:
    """Write down what became of deliveries; what comes later about the same referral waits as long."""
    await transaction.execute(
        _SETTLE, number, at, [each.event for each in done], [each.status.value for each in done],
        [each.attempts for each in done], [each.due_at for each in done], [each.last_status for each in done],
        [each.failure for each in done],
    )  # fmt: skip
    later = [each for each in done if each.due_at is not None]
    if later:
        await transaction.execute(
            _WAIT_BEHIND, number, [each.referral for each in later], [each.due_at for each in later]
        )


async def forget(transaction: Transaction, number: UUID, events: Sequence[UUID]) -> None:
    """Delete what the receiver did not ask to hear: it leaves no trace to be read."""
    await transaction.execute(_FORGET, number, list(events))


async def come_forward(transaction: Transaction, number: UUID, at: datetime) -> None:
    """Have everything that waits sent now: the address answers again."""
    await transaction.execute(_COME_FORWARD, number, at)


async def fare(transaction: Transaction, number: UUID, faring: Faring) -> None:
    """Write down how the address is doing."""
    await transaction.execute(
        _FARE, number, faring.at_once, faring.failures, faring.failing_since, faring.rests_until, faring.off_since,
        faring.off_why,
    )  # fmt: skip


async def rest(connection: Connection, number: UUID, until: datetime) -> None:
    """Leave an address alone for a while, through no fault of its own."""
    await connection.execute("UPDATE webhook SET rests_until = $2 WHERE id = $1", number, until)


async def deliveries(
    connection: Connection, number: UUID, status: Status | None, after: tuple[int, UUID], most: int
) -> list[Any]:
    """Return what was or is to be sent, in the feed's order."""
    rows: list[Any] = await connection.fetch(_DELIVERIES, number, status, str(after[0]), after[1], most)
    return rows


async def replay(
    transaction: Transaction, number: UUID, at: datetime, since: datetime | None, events: Sequence[UUID] | None,
    most: int,
) -> int:  # fmt: skip
    """Have events of the unit sent again; return how many."""
    told = None if events is None else list(events)
    done = await transaction.execute(_REPLAY, number, at, since, told, most)
    return int(done.rpartition(" ")[2])


async def tidy(connection: Connection, before: datetime) -> None:
    """Forget what was delivered long ago."""
    await connection.execute(_TIDY, before)
