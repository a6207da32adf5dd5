"""Handovers, and the authority's screenings."""

from datetime import datetime
from typing import Any

from asyncpg import UniqueViolationError

from services.referral.domain.handing import Attendance, Handover, Paragraph, Screening, Template
from services.referral.domain.model import TaskId, UnitId
from services.referral.store.meetings import presence
from shared.db import Connection, Transaction
from shared.problems import StaleVersion

_ADD = """
INSERT INTO handover (task_id, template, by_sender, by_recipient, meeting_on, sender_present, recipient_present,
    family_present, absence, version, written_by, by_user, at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::integer + 1, $11, $12, $13) RETURNING version
"""
_CHANGE = """
UPDATE handover SET template = $2, by_sender = $3, by_recipient = $4, meeting_on = $5, sender_present = $6,
    recipient_present = $7, family_present = $8, absence = $9, version = version + 1, written_by = $11, by_user = $12,
    at = $13
WHERE task_id = $1 AND version = $10 AND taken_over_at IS NULL RETURNING version
"""
_SCREENED = """
INSERT INTO screening (task_id, ref, paragraph, screened_on, by_user, at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (task_id) DO UPDATE SET ref = $2, paragraph = $3, screened_on = $4, by_user = $5, at = $6
"""


async def find(connection: Connection, task: TaskId) -> Handover | None:
    """Return a task's handover; None, where nothing has been written."""
    row = await connection.fetchrow("SELECT * FROM handover WHERE task_id = $1", task)
    return None if row is None else _handover(row)


async def lock(transaction: Transaction, task: TaskId) -> Handover | None:
    """Return a task's handover, which nobody else changes until the transaction ends."""
    row = await transaction.fetchrow("SELECT * FROM handover WHERE task_id = $1 FOR NO KEY UPDATE", task)
    return None if row is None else _handover(row)


async def write(transaction: Transaction, task: TaskId, after: Handover, user: str, at: datetime) -> int:
    """Write it over the version it was read at, and return its new version.

    Raises:
        StaleVersion: somebody was faster, or the receiver has taken over.
    """
    there = after.attendance
    try:
        version = await transaction.fetchval(
            _CHANGE if after.version else _ADD, task, after.template, sorted(after.by_sender),
            sorted(after.by_recipient), after.meeting_on, there and there.sender, there and there.recipient,
            there and there.family.present, there and there.family.absence, after.version, after.written_by, user, at,
        )  # fmt: skip
    except UniqueViolationError as error:
        raise StaleVersion from error
    if version is None:
        raise StaleVersion
    return int(version)


async def take_over(transaction: Transaction, task: TaskId, at: datetime) -> None:
    """Write that the receiver has taken over."""
    await transaction.execute("UPDATE handover SET taken_over_at = $2 WHERE task_id = $1", task, at)


async def screening(connection: Connection, task: TaskId) -> Screening | None:
    """Return the screening recorded on a task."""
    row = await connection.fetchrow("SELECT * FROM screening WHERE task_id = $1", task)
    return None if row is None else Screening(row["ref"], Paragraph(row["paragraph"]), row["screened_on"])


async def screened(transaction: Transaction, task: TaskId, made: Screening, user: str, at: datetime) -> None:
    """Write a task's screening; the last one counts."""
    await transaction.execute(_SCREENED, task, made.ref, made.paragraph, made.on, user, at)


def _handover(row: Any) -> Handover:  # noqa: ANN401 - a database row
    there = None
    if row["family_present"] is not None:
        there = Attendance(row["sender_present"], row["recipient_present"], presence(row))
    return Handover(
        Template(row["template"]), frozenset(row["by_sender"]), frozenset(row["by_recipient"]), row["meeting_on"],
        there, row["version"], UnitId(row["written_by"]), row["taken_over_at"],
    )  # fmt: skip
