"""What there is about somebody of a family, and what they hear of."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from services.referral.domain.family import Reader
from services.referral.domain.model import Referral, as_author
from services.referral.store import referrals, rows
from shared.cursor import Cursor
from shared.db import Connection

# As `domain.family.knows`: what is not the reader's is neither shown nor counted, so a page is a page of theirs.
_KNOWN = """
SELECT r.id FROM referral r
WHERE r.id > $4 AND EXISTS (
    SELECT FROM task t WHERE t.referral_id = r.id AND t.state <> 'draft' AND NOT t.draft_only) AND r.id IN (
    SELECT p.referral_id FROM piece p JOIN referral s ON s.id = p.referral_id
    WHERE p.message_id IS NULL AND p.subject = ANY($1::uuid[])
        AND (s.sender NOT LIKE 'family:%' OR p.subject = ANY($2::uuid[]))
    UNION ALL SELECT id FROM referral WHERE sender = ANY($3::text[]))
ORDER BY r.id LIMIT $5
"""
_FEED = """
SELECT e.xid::text AS xid_text, e.id, e.kind, e.referral_id, e.task_id, e.at
FROM event e
WHERE e.unit = ANY($1::text[]) AND (e.xid, e.id) > ($2::text::xid8, $3)
    AND e.xid < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY e.xid, e.id LIMIT $4
"""


async def known(connection: Connection, reader: Reader, after: UUID, most: int) -> list[Referral]:
    """Return the requests the reader knows of, oldest first."""
    mine = [as_author(person) for person in reader.myself]
    speaks_for = list(reader.speaks_for)
    found = await connection.fetch(_KNOWN, speaks_for, list(reader.speaks_for & reader.myself), mine, after, most)
    whole = await connection.fetch(referrals.ALL, [row["id"] for row in found])
    return [rows.referral(row) for row in whole]


async def feed(connection: Connection, people: Iterable[str], after: Cursor, most: int) -> list[Any]:
    """Return what was written for any of `people` to hear, after a place in the feed, none ever skipped."""
    found: list[Any] = await connection.fetch(_FEED, list(people), str(after.xid), after.id, most)
    return found
