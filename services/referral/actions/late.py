"""What is late, as each party may know it, and who of the sender's follows up."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from services.referral import upstream
from services.referral.actions import reading
from services.referral.actions.context import Context, find_by_task, party_to, unless_moved
from services.referral.domain import errors
from services.referral.domain.lifecycle import Party
from services.referral.domain.model import Referral, ReferralId, TaskId
from services.referral.domain.view import SeenTask
from services.referral.store import referrals, reminders, tasks
from shared import ledger

# What may not be told is passed over in large steps, and consent is asked once of each referral.
_STEP = 200


@dataclass(frozen=True, slots=True)
class Late:
    """A late task of the sender's, which it may know of; `due` says with what."""

    referral: Referral
    task: SeenTask
    due: str
    due_by: datetime


async def at_recipient(context: Context, after: UUID, most: int) -> list[Any]:
    """Return the late tasks of the caller's unit, where it is its own turn: ids, codes and days.

    Raises:
        OwnUnitClosed: the unit is closed.
    """
    await context.may_read()
    async with context.database.connection() as connection:
        return await reminders.late_at_recipient(connection, context.me, context.at, after, most)


async def of_sender(context: Context, after: UUID, most: int) -> list[Late]:
    """Return the late tasks of the caller's requests, as it may know of them now.

    What it may not hear of is not there, and leaves no gap: a page is full as long as there is more to tell. Consent
    must answer even where there is nothing to ask: only after a yes there would be.

    Raises:
        OwnUnitClosed: the unit is closed.
        Unavailable: consent does not answer: then nothing is shown.
    """
    await context.may_read()
    await upstream.must_answer(context.consent, context.request_id)
    told: list[Late] = []
    seen: dict[UUID, tuple[Referral, dict[TaskId, SeenTask]]] = {}
    step = most
    while True:
        async with context.database.connection() as connection:
            rows = await reminders.late_of_sender(connection, context.me, context.at, after, step)
        for row in rows:
            if row["referral_id"] not in seen:
                seen[row["referral_id"]] = await _seen(context, ReferralId(row["referral_id"]))
            referral, shown = seen[row["referral_id"]]
            task = shown.get(TaskId(row["id"]))
            if task is not None and task.hidden is None:
                told.append(Late(referral, task, row["due"], row["due_by"]))
            if len(told) == most:
                return told
        if len(rows) < step:
            return told
        after, step = rows[-1]["id"], _STEP


async def hand_over(context: Context, number: TaskId, user: str) -> tuple[Referral, SeenTask]:
    """Let another user of the sender's follow up; who it was before is on the ledger.

    It is possible wherever the task stands, told or not: a refusal would say where that is.

    Raises:
        NotAParty: the task is not there for the caller.
        NotYourTurn: the caller is its recipient.
        OwnUnitClosed: the unit is closed.
        Unavailable: consent does not answer, and what is shown of the task needs its word.
    """
    await unless_moved(lambda: _hand_over(context, number, user))
    referral = await find_by_task(context, number)
    shown = {seen.task.id: seen for seen in await reading.own_tasks(context, referral)}
    return referral, shown[number]


async def _hand_over(context: Context, number: TaskId, user: str) -> None:
    referral = await find_by_task(context, number)
    task = referral.task(number)
    if await party_to(context, referral, task) is not Party.SENDER:
        raise errors.NotYourTurn
    await context.may_read()
    if task.owner == user:
        return
    async with context.database.transaction() as transaction:
        await tasks.change(transaction, task, replace(task, owner=user), context.at)
        written = context.entry("task_owner_changed", referral, task=str(task.id), owner=user, before=task.owner)
        await ledger.append(transaction, written)


async def _seen(context: Context, number: ReferralId) -> tuple[Referral, dict[TaskId, SeenTask]]:
    async with context.database.connection() as connection:
        referral = await referrals.find(connection, number)
    if referral is None:
        raise errors.NotAParty
    return referral, {seen.task.id: seen for seen in await reading.own_tasks(context, referral)}
