"""Meetings, who comes to them, and what was agreed."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from services.referral.domain.meetings import (
    TO_COME,
    Absence,
    Answer,
    Attendee,
    Held,
    Meeting,
    MeetingKind,
    MeetingState,
    NextStep,
    Presence,
    Profession,
)
from services.referral.domain.model import MessageId, Piece, Referral, ReferralId, TaskId, UnitId
from services.referral.store import rows
from shared.db import Connection, Transaction
from shared.problems import StaleVersion

_ADD = """
INSERT INTO meeting (id, task_id, kind, times, units, family_invited, state, version, proposed_by, by_user, at)
VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, $9, $10)
"""
_MEETING = """
SELECT m.*, (SELECT json_agg(json_build_array(a.unit, a.comes, a.time) ORDER BY a.unit)
             FROM meeting_answer a WHERE a.meeting_id = m.id) AS answers
FROM meeting m
"""
_OF_TASK = f"{_MEETING} WHERE m.task_id = $1 ORDER BY m.id"
_INVITED_TO = f"""
{_MEETING} JOIN task t ON t.id = m.task_id
WHERE t.referral_id = $1 AND m.units @> ARRAY[$2::text] ORDER BY m.id
"""
_ANSWER = """
INSERT INTO meeting_answer (meeting_id, unit, comes, time, at, by_user) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (meeting_id, unit) DO UPDATE SET comes = $3, time = $4, at = $5, by_user = $6
"""
_CANCEL = """
UPDATE meeting SET state = 'cancelled', version = version + 1 WHERE id = $1 AND version = $2 RETURNING version
"""
_CONFIRM = """
UPDATE meeting SET state = 'confirmed', version = version + 1, confirmed_for = $3
WHERE id = $1 AND version = $2 RETURNING version
"""
_HOLD = """
UPDATE meeting SET state = 'held', version = version + 1, held_on = $3, family_present = $4, absence = $5,
    attended = $6::jsonb, message_id = $7, recorded_by = $8, recorded_at = $9
WHERE id = $1 AND version = $2 RETURNING version
"""
_ADD_STEP = """
INSERT INTO next_step (id, referral_id, task_id, message_id, piece_id, owner, readers, due, at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
_STEPS = "SELECT * FROM next_step WHERE referral_id = $1 ORDER BY due, id"
_WORDS = f"""
SELECT NULL::json AS messages, json_agg({rows.PIECE} ORDER BY p.id) AS pieces
FROM piece p WHERE p.referral_id = $1 AND p.message_id = ANY($2::uuid[])
"""  # noqa: S608 - of this module's own parts
_DONE = "UPDATE next_step SET done_at = $2, done_by = $3 WHERE id = $1 AND done_at IS NULL"


async def add(transaction: Transaction, meeting: Meeting, user: str) -> None:
    """Write a meeting that is proposed."""
    await transaction.execute(
        _ADD, meeting.id, meeting.task, meeting.kind, list(meeting.times), list(meeting.units),
        meeting.family_invited, meeting.state, meeting.proposed_by, user, meeting.at,
    )  # fmt: skip


async def find(connection: Connection, number: UUID) -> Meeting | None:
    """Return a meeting."""
    row = await connection.fetchrow(f"{_MEETING} WHERE m.id = $1", number)
    return None if row is None else _meeting(row)


async def of_task(connection: Connection, task: TaskId) -> list[Meeting]:
    """Return the meetings about a task, the oldest first."""
    return [_meeting(row) for row in await connection.fetch(_OF_TASK, task)]


async def invited_to(connection: Connection, referral: ReferralId, unit: UnitId) -> list[Meeting]:
    """Return the meetings under a referral that a unit is to come to, the oldest first."""
    return [_meeting(row) for row in await connection.fetch(_INVITED_TO, referral, unit)]


async def answer(transaction: Transaction, meeting: UUID, given: Answer, user: str, at: datetime) -> None:
    """Write whether a unit comes; its last word counts."""
    await transaction.execute(_ANSWER, meeting, given.unit, given.comes, given.time, at, user)


async def still_to_come(transaction: Transaction, number: UUID) -> bool:
    """Say whether a meeting has neither been held nor called off, and keep it so until the transaction ends."""
    found = await transaction.fetchval("SELECT state FROM meeting WHERE id = $1 FOR NO KEY UPDATE", number)
    return found in TO_COME


async def confirm(transaction: Transaction, meeting: Meeting, time: datetime) -> int:
    """Write the time that is agreed, in place of any before, and return its new version.

    Raises:
        StaleVersion: somebody was faster.
    """
    version = await transaction.fetchval(_CONFIRM, meeting.id, meeting.version, time)
    if version is None:
        raise StaleVersion
    return int(version)


async def cancel(transaction: Transaction, meeting: Meeting) -> int:
    """Write that it is cancelled, and return its new version.

    Raises:
        StaleVersion: somebody was faster.
    """
    version = await transaction.fetchval(_CANCEL, meeting.id, meeting.version)
    if version is None:
        raise StaleVersion
    return int(version)


async def hold(transaction: Transaction, meeting: Meeting, held: Held) -> int:
    """Write what was recorded of it, and return its new version.

    Raises:
        StaleVersion: somebody was faster.
    """
    attended = orjson.dumps([[each.unit, each.profession] for each in held.attended]).decode()
    version = await transaction.fetchval(
        _HOLD, meeting.id, meeting.version, held.on, held.family.present, held.family.absence, attended, held.message,
        held.by, held.at,
    )  # fmt: skip
    if version is None:
        raise StaleVersion
    return int(version)


async def add_steps(transaction: Transaction, steps: Iterable[NextStep]) -> None:
    """Write what was agreed."""
    told = [
        (each.id, each.referral, each.task, each.message, each.piece, each.owner, sorted(each.readers), each.due,
         each.at)
        for each in steps
    ]  # fmt: skip
    await transaction.executemany(_ADD_STEP, told)


async def steps(connection: Connection, referral: ReferralId) -> Sequence[NextStep]:
    """Return what was agreed under a referral, what is due first first."""
    return [_step(row) for row in await connection.fetch(_STEPS, referral)]


async def step(connection: Connection, number: UUID) -> NextStep | None:
    """Return one of the agreed steps."""
    row = await connection.fetchrow("SELECT * FROM next_step WHERE id = $1", number)
    return None if row is None else _step(row)


async def do(transaction: Transaction, number: UUID, by: str, at: datetime) -> bool:
    """Write that a step is done; False when it was before."""
    return bool(await transaction.execute(_DONE, number, at, by) == "UPDATE 1")


def _meeting(row: Any) -> Meeting:  # noqa: ANN401 - a database row
    return Meeting(
        row["id"], TaskId(row["task_id"]), MeetingKind(row["kind"]), tuple(row["times"]),
        tuple(map(UnitId, row["units"])), row["family_invited"], MeetingState(row["state"]), row["version"],
        UnitId(row["proposed_by"]), row["at"],
        tuple(Answer(UnitId(unit), comes, time and datetime.fromisoformat(time))
              for unit, comes, time in row["answers"] or ()),
        None if row["message_id"] is None else _held(row), row["confirmed_for"],
    )  # fmt: skip


def _held(row: Any) -> Held:  # noqa: ANN401 - a database row
    return Held(
        row["held_on"], presence(row),
        tuple(Attendee(UnitId(unit), Profession(profession)) for unit, profession in row["attended"]),
        MessageId(row["message_id"]), UnitId(row["recorded_by"]), row["recorded_at"],
    )  # fmt: skip


def presence(row: Any) -> Presence:  # noqa: ANN401 - a database row
    """Return whether the family was there, as a row says it."""
    return Presence(row["family_present"], None if row["absence"] is None else Absence(row["absence"]))


def _step(row: Any) -> NextStep:  # noqa: ANN401 - a database row
    return NextStep(
        row["id"], ReferralId(row["referral_id"]), TaskId(row["task_id"]), MessageId(row["message_id"]),
        row["piece_id"], UnitId(row["owner"]), frozenset(map(UnitId, row["readers"])), row["due"], row["at"],
        row["done_at"],
    )  # fmt: skip


async def words(connection: Connection, whole: Referral, messages: Iterable[MessageId]) -> Sequence[Piece]:
    """Return what was written in some messages of a referral, however long ago."""
    row = await connection.fetchrow(_WORDS, whole.id, list(messages))
    told = rows.said_anew(whole, row).pieces
    return [piece for piece in told if piece.message is not None]
