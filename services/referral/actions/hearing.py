"""A unit hears what has happened: a feed of ids and codes, with a cursor, each answer told only if permitted now."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.referral import store, upstream
from services.referral.actions.context import Context
from services.referral.domain.lifecycle import HIDDEN_FROM_RECIPIENT
from services.referral.domain.model import ReferralId, UnitId
from services.referral.domain.view import course_questions, course_reason
from shared.cursor import Cursor
from shared.vocabulary import Occasion, Reason

_ANSWERS = frozenset({"accepted", "declined"})
_CHANGES = frozenset({"consent_ended", "consent_changed"})


@dataclass(frozen=True, slots=True)
class Heard:
    """One event; `withheld` says why its kind is not told."""

    cursor: str
    id: UUID
    kind: str | None
    withheld: Reason | None
    referral: UUID
    task: UUID
    at: datetime


async def hear(context: Context, after: Cursor, most: int) -> list[Heard]:
    """Return the unit's next events, oldest first.

    Raises:
        OwnUnitClosed: the unit is closed.
        Unavailable: consent does not answer, and an event needs its permit.
    """
    await context.may_read()
    async with context.database.connection() as connection:
        rows = await store.feed(connection, context.unit, after, most)
    told = {
        row["referral_id"]: await _may_hear(context, ReferralId(row["referral_id"]))
        for row in {row["referral_id"]: row for row in rows if _tells_of_course(row, context.unit)}.values()
    }
    return [_heard(row, told, tells=_tells_of_course(row, context.unit)) for row in rows]


async def work_list(context: Context, after: UUID, most: int) -> list[Any]:
    """Return the tasks that went out to the caller's unit: ids and states, nothing about a person."""
    async with context.database.connection() as connection:
        return await store.tasks_for(connection, context.unit, sorted(HIDDEN_FROM_RECIPIENT), after, most)


async def _may_hear(context: Context, number: ReferralId) -> Mapping[UUID, Reason]:
    """Return, per answered task of a referral, whether its course may be told now."""
    async with context.database.connection() as connection:
        referral = await store.referral(connection, number)
    if referral is None:
        return {}
    asked = [question for task in referral.tasks for question in course_questions(referral, task)]
    if not asked:
        return {}
    permits = await upstream.ask(context.consent, referral, asked, Occasion.HEAR, context.actor, context.request_id)
    return {task.id: course_reason(referral, task, permits) for task in referral.tasks}


def _tells_of_course(row: Any, unit: UnitId) -> bool:  # noqa: ANN401 - a database row
    """Say whether the event tells the sender what the recipient answered: that consent ends only what goes on."""
    if row["kind"] in _CHANGES:
        return bool(row["answered"]) and row["recipient"] != unit
    return row["kind"] in _ANSWERS


def _heard(row: Any, told: Mapping[UUID, Mapping[UUID, Reason]], *, tells: bool) -> Heard:  # noqa: ANN401 - a row
    cursor = str(Cursor(int(row["xid_text"]), row["id"]))
    reason = Reason.COVERED
    if tells:
        reason = told.get(row["referral_id"], {}).get(row["task_id"], Reason.NO_CONSENT)
    shown = reason.permits
    return Heard(
        cursor, row["id"], row["kind"] if shown else None, None if shown else reason,
        row["referral_id"], row["task_id"], row["at"],
    )  # fmt: skip
