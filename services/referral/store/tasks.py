"""Tasks, and what is said in their threads."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from asyncpg import UniqueViolationError

from services.referral.domain.deadlines import NOT_BEGUN, UNANSWERED
from services.referral.domain.errors import AlreadyThere
from services.referral.domain.lifecycle import TaskState, ended
from services.referral.domain.model import Message, Piece, ReferralId, Task, UnitId
from services.referral.domain.work import Work
from services.referral.store import referrals, rows
from shared.db import Connection, Transaction
from shared.problems import StaleVersion

_CHANGE = """
UPDATE task SET state = $3, version = version + 1, reason = $4, missing = $5::jsonb, changed_at = $6, answered = $7,
    ahead_offer = $8, ahead_unit = $9, answer_by = $10, offer_by = $11, stands_since = $12, owner = $13, run = $14,
    decision_ref = $15, answered_at = COALESCE(answered_at, CASE WHEN $7 THEN $6::timestamptz END), ended_by = $16,
    draft_only = $17
WHERE id = $1 AND version = $2 RETURNING version
"""
# With a task its meetings end that nobody has held.
_CALL_OFF = """
UPDATE meeting SET state = 'cancelled', version = version + 1
WHERE task_id = $1 AND state IN ('proposed', 'confirmed')
"""
_ADD = """
INSERT INTO task (id, referral_id, recipient, state, version, missing, changed_at, answer_by, offer_by, stands_since,
                  owner, origin_task, origin_relation, origin_reason)
VALUES ($1, $2, $3, $4, 1, $5::jsonb, $6, $7, $8, $9, $10, $11, $12, $13)
"""
_ADD_MESSAGE = """
INSERT INTO message (id, task_id, kind, author, author_user, at, to_party, answers, words)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
_WORK = """
SELECT t.id::text AS id, t.referral_id::text AS referral, r.sender, r.purpose, r.kind, r.priority, t.state, t.version,
    t.changed_at, t.answer_by, t.offer_by, t.stands_since
FROM task t JOIN referral r ON r.id = t.referral_id
WHERE t.recipient = $1 AND t.state = ANY($2::text[]) AND t.id > $3%s ORDER BY t.id LIMIT %d
"""
# The same rule as `deadlines.overdue`, for PostgreSQL to choose by; a test holds the two together.
_OVERDUE = """ AND t.stands_since IS NULL AND (
    (t.state = ANY({unanswered}::text[]) AND t.answer_by < {at}) OR
    (t.state = ANY({not_begun}::text[]) AND t.offer_by < {at}))"""


async def change(transaction: Transaction, before: Task, after: Task, at: datetime) -> Task:
    """Write a task as it stands now, if it has not moved since it was read; return it with its new version.

    Raises:
        StaleVersion: somebody was faster.
    """
    answered = before.tells_an_answer or after.tells_an_answer
    draft_only = before.draft_only or (before.state is TaskState.DRAFT and after.state is TaskState.NEVER_SENT)
    ahead, clock = after.ahead, after.clock
    version = await transaction.fetchval(
        _CHANGE, before.id, before.version, after.state, after.reason, rows.missing_json(after.missing), at, answered,
        ahead and ahead.offer, ahead and ahead.unit, clock.answer_by, clock.offer_by, clock.stands_since, after.owner,
        after.run, after.decision_ref, after.ended_by, draft_only,
    )  # fmt: skip
    if version is None:
        raise StaleVersion
    if ended(after.state):
        await transaction.execute(_CALL_OFF, before.id)
    since = before.answered_at or (at if answered else None)
    return replace(after, version=version, answered=answered, answered_at=since, draft_only=draft_only)


async def add(transaction: Transaction, number: ReferralId, tasks: Iterable[Task], at: datetime) -> None:
    """Write tasks that come later: passed on, split off, or taken up again.

    Raises:
        AlreadyThere: the recipient has got an open task of the referral meanwhile.
    """
    for task in tasks:
        origin, clock = task.origin, task.clock
        try:
            await transaction.execute(
                _ADD, task.id, number, task.recipient, task.state, rows.missing_json(task.missing), at,
                clock.answer_by, clock.offer_by, clock.stands_since, task.owner, origin and origin.task,
                origin and origin.relation, origin and origin.reason,
            )  # fmt: skip
        except UniqueViolationError as error:
            raise AlreadyThere from error


async def say(
    transaction: Transaction, message: Message, pieces: Sequence[Piece], referral: ReferralId, user: str
) -> None:
    """Write a message and its pieces."""
    await transaction.execute(
        _ADD_MESSAGE, message.id, message.task, message.kind, message.author, user, message.at, message.to,
        message.answers, message.words,
    )  # fmt: skip
    await referrals.add_pieces(transaction, referral, pieces)


def page_of_work(most: int, further: str = "") -> str:
    """Return the statement of a page of so many lines.

    The number stands in it: for a page of an unknown length the server plans to read a tenth of everything.
    """
    return _WORK % (further, most)


async def for_recipient(connection: Connection, unit: UnitId, work: Work, after: UUID, most: int) -> list[Any]:
    """Return a recipient's tasks, oldest first."""
    values: list[object] = [unit, work.states, after]
    further = ""
    for column, chosen in (("r.kind", work.kinds), ("r.priority", work.priorities)):
        if chosen:
            values.append(chosen)
            further += f" AND {column} = ANY(${len(values)}::text[])"
    if work.late_at is not None:
        values += [list(UNANSWERED), list(NOT_BEGUN), work.late_at]
        unanswered, not_begun, at = (f"${len(values) - back}" for back in (2, 1, 0))
        further += _OVERDUE.format(unanswered=unanswered, not_begun=not_begun, at=at)
    found: list[Any] = await connection.fetch(page_of_work(most, further), *values)
    return found
