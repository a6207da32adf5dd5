"""The recipient takes on or declines; the sender takes back."""

from collections.abc import Sequence
from dataclasses import replace

from services.referral import store
from services.referral.actions.context import Context, find, find_by_task, refuse, unless_moved
from services.referral.domain import errors
from services.referral.domain.lifecycle import HIDDEN_FROM_RECIPIENT, TaskState, ended, step
from services.referral.domain.model import DeclineReason, Referral, ReferralId, Task, TaskId
from shared import ledger
from shared.ids import new_id
from shared.problems import StaleVersion


async def accept(context: Context, number: TaskId, version: int) -> Task:
    """Take the task on.

    Raises:
        NotAParty: the task is not this caller's.
        StaleVersion: it has changed since the version the caller read.
        WrongState: it cannot be accepted from where it stands.
        OwnUnitClosed: the caller's unit is closed: it may only decline.
    """
    return await _answer(context, number, version, TaskState.ACCEPTED, None)


async def decline(context: Context, number: TaskId, version: int, reason: DeclineReason) -> Task:
    """Say no, with a reason from the closed list; raises as `accept`."""
    return await _answer(context, number, version, TaskState.DECLINED, reason)


async def withdraw(context: Context, number: ReferralId) -> Referral:
    """Take the referral back from everyone it has not ended with.

    Where a recipient has answered it is always taken, even if nothing is open any more: a no would tell that the
    answer was one.

    Raises:
        NotAParty: it is not this sender's.
        WrongState: every task has ended, none of them answered.
    """
    return await unless_moved(lambda: _withdraw(context, number))


async def _withdraw(context: Context, number: ReferralId) -> Referral:
    referral = await find(context, number)
    if referral.sender != context.unit:
        await refuse(context, referral.id, referral.need)
        raise errors.NotAParty
    open_tasks = [task for task in referral.tasks if not ended(task.state)]
    if not open_tasks and not any(task.tells_an_answer for task in referral.tasks):
        raise errors.WrongState(None, [])
    async with context.database.transaction() as transaction:
        for task in open_tasks:
            unsent = task.state in HIDDEN_FROM_RECIPIENT
            to = TaskState.NEVER_SENT if unsent else TaskState.WITHDRAWN
            await store.change_task(transaction, task, step(task.state, to), context.at)
            if not unsent:
                event = store.Event(new_id(), task.recipient, "withdrawn", task.id)
                await store.add_event(transaction, event, referral.id, context.at)
        written = context.entry("referral_withdrawn", referral, tasks=_ids(open_tasks))
        await ledger.append(transaction, written)
    return await find(context, number)


async def _answer(context: Context, number: TaskId, version: int, to: TaskState, reason: DeclineReason | None) -> Task:
    referral = await find_by_task(context, number)
    task = next(task for task in referral.tasks if task.id == number)
    if task.recipient != context.unit or task.state in HIDDEN_FROM_RECIPIENT:
        await refuse(context, number, referral.need)
        raise errors.NotAParty
    if to is TaskState.ACCEPTED:
        await context.may_read()
    if task.version != version:
        raise StaleVersion
    state = step(task.state, to)
    async with context.database.transaction() as transaction:
        newer = await store.change_task(transaction, task, state, context.at, reason=reason)
        event = store.Event(new_id(), referral.sender, state.value, task.id)
        await store.add_event(transaction, event, referral.id, context.at)
        written = context.entry(f"task_{state}", referral, task=str(task.id), reason=reason)
        await ledger.append(transaction, written)
    return replace(task, state=state, version=newer, decline_reason=reason)


def _ids(tasks: Sequence[Task]) -> list[str]:
    return [str(task.id) for task in tasks]
