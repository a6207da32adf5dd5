"""Attachments, and what is in them."""

from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from services.referral.domain.attachments import Attachment, AttachmentState, MediaType, Why
from services.referral.domain.model import PersonId, ReferralId, TaskId, UnitId
from shared.db import Connection, Transaction
from shared.vocabulary import Category

_ADD = """
INSERT INTO attachment (id, referral_id, task_id, subject, category, name, media_type, size, author, author_user, at,
                        state, changed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $11)
"""
_FIND = """
SELECT a.id, a.referral_id, r.need, a.task_id, a.subject, a.category, a.name, a.media_type, a.size, a.author,
    a.author_user, a.at, a.state, a.why, a.scanned
FROM attachment a JOIN referral r ON r.id = a.referral_id
"""
_BY_ID = f"{_FIND} WHERE a.id = $1"
_OF = f"{_FIND} WHERE a.referral_id = $1 ORDER BY a.id"
_MOVE = """
UPDATE attachment SET state = $3, why = $4, scanned = $5, changed_at = now() WHERE id = $1 AND state = $2
"""
_COUNT = """
SELECT count(*) FROM attachment
WHERE referral_id = $1 AND author = $2 AND state <> 'refused' AND (state <> 'awaiting_content' OR at > $3)
"""
_PIECE = """
SELECT p.id FROM attachment a JOIN piece p ON p.referral_id = a.referral_id AND p.attachment = a.id
WHERE a.id = $1 ORDER BY p.id LIMIT 1
"""
_KEEP = "INSERT INTO attachment_content (attachment_id, content, digest) VALUES ($1, $2, $3)"


async def add(transaction: Transaction, made: Attachment) -> None:
    """Write what was declared; its content comes later."""
    await transaction.execute(
        _ADD, made.id, made.referral, made.task, made.subject, made.category, made.name, made.kind, made.size,
        made.author, made.author_user, made.at, made.state,
    )  # fmt: skip


async def find(connection: Connection, number: UUID) -> Attachment | None:
    """Return an attachment, without its content."""
    row = await connection.fetchrow(_BY_ID, number)
    return None if row is None else _attachment(row)


async def of_referral(connection: Connection, number: ReferralId) -> list[Attachment]:
    """Return a referral's attachments, the oldest first."""
    return [_attachment(row) for row in await connection.fetch(_OF, number)]


async def count(connection: Connection, number: ReferralId, author: UnitId, waiting_since: datetime) -> int:
    """Return how many attachments of a referral are an author's: not what was refused, nor has not come since then."""
    found: int = await connection.fetchval(_COUNT, number, author, waiting_since)
    return found


async def piece_of(connection: Connection, number: UUID) -> UUID | None:
    """Return the piece that first told of an attachment, if any has."""
    found: UUID | None = await connection.fetchval(_PIECE, number)
    return found


async def move(
    transaction: Transaction, before: Attachment, to: AttachmentState, *, why: Why | None = None, scanned: bool = False
) -> bool:
    """Write where it stands now; False, if it had moved since it was read."""
    done = await transaction.execute(_MOVE, before.id, before.state, to, why, scanned)
    return bool(done == "UPDATE 1")


async def keep(transaction: Transaction, number: UUID, content: bytes) -> None:
    """Write the content, once."""
    await transaction.execute(_KEEP, number, content, sha256(content).digest())


async def content(connection: Connection, number: UUID) -> bytes | None:
    """Return the content, if there is any."""
    found: bytes | None = await connection.fetchval(
        "SELECT content FROM attachment_content WHERE attachment_id = $1", number
    )
    return found


async def let_go(transaction: Transaction, number: UUID) -> None:
    """Remove the content of what was refused."""
    await transaction.execute("DELETE FROM attachment_content WHERE attachment_id = $1", number)


def _attachment(row: Any) -> Attachment:  # noqa: ANN401 - a database row
    return Attachment(
        id=row["id"],
        referral=ReferralId(row["referral_id"]),
        need=row["need"],
        task=None if row["task_id"] is None else TaskId(row["task_id"]),
        subject=PersonId(row["subject"]),
        category=Category(row["category"]),
        name=row["name"],
        kind=MediaType(row["media_type"]),
        size=row["size"],
        author=UnitId(row["author"]),
        author_user=row["author_user"],
        at=row["at"],
        state=AttachmentState(row["state"]),
        why=None if row["why"] is None else Why(row["why"]),
        scanned=row["scanned"],
    )
