"""What senders stated of serious concern and a duty to report: each answer is kept, beside those before it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from services.referral.domain.duty import DutyAnswer, Kept, Stated
from services.referral.domain.model import ReferralId, UnitId
from shared.db import Connection, Transaction

_KEEP = """
INSERT INTO duty_answer (id, referral_id, serious_concern, answer, reported_at, reason, unit, by_user, at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
# The words are named in one statement alone: whoever lists codes never has them in hand.
_OF_ONE = """
SELECT id, referral_id, serious_concern, answer, reported_at, reason, unit, by_user, at
FROM duty_answer WHERE referral_id = $1 ORDER BY at, id
"""
_NEWEST = """
SELECT DISTINCT ON (referral_id) referral_id, serious_concern, answer FROM duty_answer
WHERE referral_id = ANY($1::uuid[]) ORDER BY referral_id, at DESC, id DESC
"""
_FOR_THE_AUDITOR = """
SELECT d.id, l.seq, d.at, d.unit, d.by_user, d.referral_id, r.need, d.serious_concern, d.answer, d.reported_at,
    NOT EXISTS (SELECT FROM duty_answer n WHERE n.referral_id = d.referral_id AND (n.at, n.id) > (d.at, d.id)) AS stands
FROM duty_answer d JOIN referral r ON r.id = d.referral_id LEFT JOIN ledger_leaf l ON l.entry_id = d.id
WHERE d.id > $1 AND ($2::uuid IS NULL OR d.referral_id = $2) AND ($3::text[] IS NULL OR d.answer = ANY($3))
    AND (NOT $4::boolean
         OR NOT EXISTS (SELECT FROM duty_answer n WHERE n.referral_id = d.referral_id AND (n.at, n.id) > (d.at, d.id)))
ORDER BY d.id LIMIT $5
"""


async def keep(transaction: Transaction, kept: Kept) -> None:
    """Write what was stated, beside what was before."""
    told = kept.stated
    await transaction.execute(
        _KEEP, kept.id, kept.referral, told.serious_concern, told.answer, told.reported_at, told.reason, kept.unit,
        kept.user, kept.at,
    )  # fmt: skip


async def of(connection: Connection, referral: ReferralId) -> Sequence[Kept]:
    """Return all that was stated of a request, oldest first, with the sender's own words."""
    return [_kept(row) for row in await connection.fetch(_OF_ONE, referral)]


async def newest(connection: Connection, referrals: Collection[ReferralId]) -> Mapping[ReferralId, Stated]:
    """Return what stands of each request, in codes alone; a request of which nothing was stated is not there."""
    found = await connection.fetch(_NEWEST, list(referrals))
    return {ReferralId(row["referral_id"]): Stated(row["serious_concern"], _answer(row)) for row in found}


async def for_the_auditor(
    connection: Connection, after: UUID, referral: UUID | None, answers: Collection[DutyAnswer], most: int,
    *, standing: bool,
) -> list[Any]:  # fmt: skip
    """Return answers, oldest first: rows of ids, codes and times, never of words; `standing`: only the newest each."""
    rows: list[Any] = await connection.fetch(
        _FOR_THE_AUDITOR, after, referral, list(answers) or None, standing, most
    )  # fmt: skip
    return rows


def _kept(row: Any) -> Kept:  # noqa: ANN401 - a database row
    stated = Stated(row["serious_concern"], _answer(row), row["reported_at"], row["reason"])
    return Kept(row["id"], ReferralId(row["referral_id"]), stated, UnitId(row["unit"]), row["by_user"], row["at"])


def _answer(row: Any) -> DutyAnswer | None:  # noqa: ANN401 - a database row
    return None if row["answer"] is None else DutyAnswer(row["answer"])
