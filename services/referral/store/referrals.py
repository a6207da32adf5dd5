"""Referrals whole: written in one statement, read in one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from asyncpg import UniqueViolationError

from services.referral.domain.errors import Corrected
from services.referral.domain.lifecycle import ENDED
from services.referral.domain.model import Piece, Referral, ReferralId, TaskId, UnitId
from services.referral.domain.work import Chosen
from services.referral.store import rows
from services.referral.store.events import Event
from shared.db import Connection, Transaction
from shared.idempotency import Once
from shared.ledger import Entry

# One statement, one round trip, one transaction: the key, the referral, its pieces, tasks, events and the
# ledger entry. Without the key's row nothing else is written.
POST = """
WITH claimed AS (
    INSERT INTO idempotency (unit, key, digest, made) SELECT $1::text, $2::text, $3::bytea, $4::uuid
    WHERE $2::text IS NOT NULL ON CONFLICT DO NOTHING RETURNING made
), kept AS (
    SELECT made FROM claimed UNION ALL SELECT $4::uuid WHERE $2::text IS NULL
), the_referral AS (
    INSERT INTO referral (id, need, purpose, sender, sender_user, seen_by_family_at, at, kind, priority, topic,
                          continues, first_accepts, discussed_with_parents_at)
    SELECT made, $5, $6, $1, $7, $9, $10, $29, $30, $31, $32::uuid, $33, $34 FROM kept
), the_pieces AS (
    INSERT INTO piece (id, referral_id, subject, category, author, text, offer, level, at)
    SELECT p.id, made, p.subject, p.category, $1, p.text, p.offer, p.level::jsonb, $10
    FROM kept, unnest($11::uuid[], $12::uuid[], $13::text[], $14::text[], $8::text[], $35::text[])
        AS p(id, subject, category, text, offer, level)
), the_tasks AS (
    INSERT INTO task (id, referral_id, recipient, state, version, missing, changed_at, answer_by, offer_by,
                      stands_since, owner)
    SELECT t.id, made, t.recipient, t.state, 1, t.missing::jsonb, $10, t.answer_by, t.offer_by, t.stands_since, $37
    FROM kept, unnest($15::uuid[], $16::text[], $17::text[], $18::text[], $36::timestamptz[], $38::timestamptz[],
                      $39::timestamptz[])
        AS t(id, recipient, state, missing, answer_by, offer_by, stands_since)
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
# Of each thread the newest messages, and the oldest questions nobody has answered: whose turn it is rests on those. Of
# the rest, `cuts` tells the newest that is left out.
NEWEST, OLDEST_OPEN = 200, 100
_SAID = f"""
    SELECT array_agg(m.id) AS ids, json_agg({rows.MESSAGE} ORDER BY m.id) AS messages,
        json_object_agg(t.id, cut.id) FILTER (WHERE cut.id IS NOT NULL) AS cuts
    FROM task t
    LEFT JOIN LATERAL (
        SELECT x.id FROM message x WHERE x.task_id = t.id ORDER BY x.id DESC OFFSET {NEWEST} LIMIT 1
    ) cut ON TRUE
    JOIN LATERAL (
        (SELECT x.*, 0 AS place FROM message x WHERE x.task_id = t.id ORDER BY x.id DESC LIMIT {NEWEST})
        UNION ALL
        (SELECT * FROM (
            SELECT x.*, row_number() OVER (PARTITION BY x.to_party ORDER BY x.id) AS place FROM message x
            WHERE x.task_id = t.id AND x.kind = 'question' AND x.id <= cut.id
                AND NOT EXISTS (SELECT 1 FROM message a WHERE a.answers = x.id)
                AND NOT EXISTS (
                    SELECT 1 FROM message a
                    WHERE a.task_id = x.task_id AND a.kind = 'answer' AND a.answers IS NULL AND a.id > x.id
                        AND x.to_party = CASE WHEN a.author = r.sender THEN 'sender'
                                              WHEN a.author LIKE 'family:%' THEN 'family' ELSE 'recipient' END)
        ) open WHERE open.place <= {OLDEST_OPEN})
    ) m ON TRUE
    WHERE t.referral_id = r.id
"""  # noqa: S608 - of this module's own parts
_WHOLE = f"""
SELECT r.id, r.need, r.purpose, r.sender, r.seen_by_family_at, r.at, r.kind, r.priority, r.topic, r.continues,
    r.first_accepts, r.discussed_with_parents_at,
    (SELECT min(c.at) FROM referral_closing c WHERE c.referral_id = r.id) AS closed_at,
    (SELECT json_agg({rows.PIECE} ORDER BY p.id) FROM piece p
     WHERE p.referral_id = r.id AND (p.message_id IS NULL OR p.message_id = ANY(said.ids))) AS pieces,
    (SELECT json_agg({rows.TASK} ORDER BY t.id) FROM task t WHERE t.referral_id = r.id) AS tasks,
    said.messages, said.cuts
FROM referral r CROSS JOIN LATERAL ({_SAID}) said
"""  # noqa: S608 - of this module's own parts
WHOLE = f"{_WHOLE} WHERE r.id = $1"
ALL = f"{_WHOLE} WHERE r.id = ANY($1::uuid[]) ORDER BY r.id"
_SENT_BY = f"""
{_WHOLE} WHERE r.sender = $1 AND r.id > $2 AND ($4::uuid IS NULL OR r.need = $4)
    AND ($5::text[] IS NULL OR r.kind = ANY($5))
    AND ($6::text[] IS NULL OR EXISTS (
        SELECT FROM task t WHERE t.referral_id = r.id AND (t.answered OR t.state <> ALL($6))))
    AND ($7::text[] IS NULL OR (
        SELECT d.answer FROM duty_answer d WHERE d.referral_id = r.id ORDER BY d.at DESC, d.id DESC LIMIT 1) = ANY($7))
ORDER BY r.id LIMIT $3
"""  # noqa: S608 - of this module's own parts
_PAGE = f"""
SELECT json_agg({rows.MESSAGE} ORDER BY m.id) AS messages,
    (SELECT json_agg({rows.PIECE} ORDER BY p.id) FROM piece p
     WHERE p.referral_id = $1 AND p.message_id = ANY(array_agg(m.id))) AS pieces
FROM (SELECT * FROM message x WHERE x.task_id = $2 AND ($3::uuid IS NULL OR x.id < $3)
      ORDER BY x.id DESC LIMIT $4) m
"""  # noqa: S608 - of this module's own parts
_AROUND = f"""
SELECT json_agg({rows.MESSAGE}) AS messages,
    (SELECT json_agg({rows.PIECE} ORDER BY p.id) FROM piece p
     WHERE p.referral_id = $1 AND p.message_id = ANY(array_agg(m.id))) AS pieces
FROM piece o JOIN message m ON m.id = o.message_id WHERE o.id = $2 AND o.referral_id = $1
"""  # noqa: S608 - of this module's own parts
_ADD_PIECE = """
INSERT INTO piece (id, referral_id, message_id, subject, category, author, text, offer, label, level, attachment,
                   corrects, at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::jsonb, $11, $12, $13)
"""


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
        POST, whole.sender, once.key, once.digest, whole.id, whole.need, whole.purpose, user,
        [piece.offer for piece in whole.pieces],
        whole.seen_by_family_at, whole.at,
        [piece.id for piece in whole.pieces], [piece.subject for piece in whole.pieces],
        [piece.category for piece in whole.pieces], [piece.text for piece in whole.pieces],
        [task.id for task in whole.tasks], [task.recipient for task in whole.tasks],
        [task.state for task in whole.tasks], [rows.missing_json(task.missing) for task in whole.tasks],
        [event.id for event in events], [event.unit for event in events], [event.kind for event in events],
        [event.task for event in events], entry.id, entry.text,
        follow and follow.id, follow and follow.topic, follow and follow.payload, follow and follow.request_id,
        whole.kind, whole.priority, whole.topic, whole.continues, whole.first_accepts,
        whole.discussed_with_parents_at, [rows.level_json(piece.level) for piece in whole.pieces],
        [task.clock.answer_by for task in whole.tasks], whole.tasks[0].owner,
        [task.clock.offer_by for task in whole.tasks], [task.clock.stands_since for task in whole.tasks],
    )  # fmt: skip
    return made is not None


async def find(connection: Connection, number: ReferralId) -> Referral | None:
    """Return the referral with everything said in it."""
    row = await connection.fetchrow(WHOLE, number)
    return None if row is None else rows.referral(row)


async def of_task(connection: Connection, task: TaskId) -> Referral | None:
    """Return the referral a task belongs to."""
    number = await connection.fetchval("SELECT referral_id FROM task WHERE id = $1", task)
    return None if number is None else await find(connection, ReferralId(number))


async def of_need(connection: Connection, need: UUID) -> list[ReferralId]:
    """Return the referrals under a need."""
    return [ReferralId(row["id"]) for row in await connection.fetch("SELECT id FROM referral WHERE need = $1", need)]


async def sent_by(connection: Connection, unit: UnitId, chosen: Chosen, after: UUID, most: int) -> list[Referral]:
    """Return a sender's referrals, oldest first; `chosen.open` leaves out only what may be left out unasked."""
    gone = sorted(ENDED) if chosen.open else None
    found = await connection.fetch(
        _SENT_BY, unit, after, most, chosen.need, list(chosen.kinds) or None, gone, list(chosen.answers) or None
    )
    return [rows.referral(row) for row in found]


async def page(connection: Connection, whole: Referral, task: TaskId, before: UUID | None, most: int) -> Referral:
    """Return the referral with the newest `most` messages of one thread written before one, and nothing else said."""
    row = await connection.fetchrow(_PAGE, whole.id, task, before, most)
    return rows.said_anew(whole, row)


async def around(connection: Connection, whole: Referral, piece: UUID) -> Referral:
    """Return the referral with the message that a piece stands in, however long ago it was said, and nothing else."""
    row = await connection.fetchrow(_AROUND, whole.id, piece)
    return rows.said_anew(whole, row)


async def lock(transaction: Transaction, number: ReferralId) -> None:
    """Let nobody else change what hangs on the whole referral until the transaction ends.

    An advisory lock: to lock its row takes the right to change it, which nobody has.
    """
    await transaction.execute("SELECT pg_advisory_xact_lock(hashtextextended($1::text, 0))", str(number))


async def held(connection: Connection, number: ReferralId) -> int:
    """Return how many pieces stand in a referral itself, beside what was said in its threads."""
    sql = "SELECT count(*) FROM piece WHERE referral_id = $1 AND message_id IS NULL"
    return int(await connection.fetchval(sql, number))


async def add_pieces(transaction: Transaction, number: ReferralId, pieces: Iterable[Piece]) -> None:
    """Write pieces that came later: with a message, as an addition, or in place of another.

    Raises:
        Corrected: what one corrects has been corrected meanwhile.
    """
    told = [
        (p.id, number, p.message, p.subject, p.category, p.author, p.text, p.offer, p.label,
         rows.level_json(p.level), p.attachment, p.corrects, p.at)
        for p in pieces
    ]  # fmt: skip
    try:
        await transaction.executemany(_ADD_PIECE, told)
    except UniqueViolationError as error:
        raise Corrected from error


async def closed(connection: Connection, number: ReferralId) -> bool:
    """Say whether the sender has closed it."""
    return bool(await connection.fetchval("SELECT true FROM referral_closing WHERE referral_id = $1", number))


async def close(transaction: Transaction, number: ReferralId, unit: UnitId, user: str, at: datetime) -> None:
    """Write that the sender has closed it; once is enough."""
    await transaction.execute(
        "INSERT INTO referral_closing (referral_id, unit, by_user, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        number, unit, user, at,
    )  # fmt: skip
