"""What a recipient answers and does, and how the sender takes back: each step with what it asks for."""

from collections.abc import Sequence
from dataclasses import replace

from services.referral.actions.context import Context, find, refuse, unless_moved
from services.referral.actions.course import is_hidden
from services.referral.actions.handing import take_over
from services.referral.actions.offers import pointed_to
from services.referral.actions.stepping import Move, move
from services.referral.domain import errors
from services.referral.domain.kinds import DeclineReason, DropOutReason, FamilyReason, Outcome, WithdrawReason
from services.referral.domain.lifecycle import HIDDEN_FROM_RECIPIENT, Party, Step, TaskState, ended, take
from services.referral.domain.model import Ahead, Referral, ReferralId, Task, TaskId, by_family
from services.referral.store import events, referrals, tasks
from shared import ledger
from shared.db import Transaction
from shared.ids import new_id


async def accept(context: Context, number: TaskId, version: int) -> Task:
    """Take the task on; where the first who accepts has it, the others hear that it was taken back.

    Raises:
        NotAParty, StaleVersion, WrongState, NotYourTurn, OwnUnitClosed: as `move`.
    """

    async def take_back_from_others(transaction: Transaction, referral: Referral, after: Task) -> None:
        if referral.first_accepts:
            await _first_has_it(transaction, context, referral, after)

    return await move(context, number, version, Move(Step.ACCEPT, also=take_back_from_others))


async def start(context: Context, number: TaskId, version: int, decision_ref: str | None) -> Task:
    """Begin. What needs the authority's decision begins under one: its reference is kept (R35, R69).

    What is handed over begins when the receiver takes over.

    Raises:
        StepRefused: the decision is missing, or something that a warm handover needs.
        NotAParty, StaleVersion, WrongState, NotYourTurn, OwnUnitClosed: as `move`.
    """

    def check(referral: Referral, _task: Task) -> Sequence[str]:
        return ["decision_ref"] if not referral.rule.books and decision_ref is None else []

    async def receipt(transaction: Transaction, referral: Referral, after: Task) -> None:
        if referral.rule.handed_over:
            await take_over(transaction, context, referral, after)

    return await move(context, number, version, Move(Step.START, {"decision_ref": decision_ref}, check, receipt))


async def complete(context: Context, number: TaskId, version: int, outcome: Outcome) -> Task:
    """End with an outcome; raises as `move`."""
    return await move(context, number, version, Move(Step.COMPLETE, {"reason": outcome}))


async def advise(context: Context, number: TaskId, version: int, outcome: Outcome) -> Task:
    """End with the advice that was given, where the request was for advice or a meeting's decision.

    Raises:
        NotAParty, StaleVersion, WrongState, NotYourTurn, OwnUnitClosed: as `move`.
    """
    return await move(context, number, version, Move(Step.ADVISE, {"reason": outcome}))


async def decline(context: Context, number: TaskId, version: int, reason: DeclineReason, ahead: Ahead | None) -> Task:
    """Say no, with a reason from the closed list, and with what else there is, or that there is nothing.

    Raises:
        UnknownRecipient, UnknownOffer: the unit or the offer named instead is not in the directory.
        NotAParty, StaleVersion, WrongState, NotYourTurn: as `move`.
    """
    await check_ahead(context, ahead)
    return await move(context, number, version, Move(Step.DECLINE, {"reason": reason, "ahead": ahead}))


async def family_declines(context: Context, number: TaskId, version: int, reason: FamilyReason) -> Task:
    """Note that the family said no thank you, in its own right and with its own reason; raises as `move`."""
    return await move(context, number, version, Move(Step.FAMILY_DECLINES, {"reason": reason}))


async def drop_out(context: Context, number: TaskId, version: int, reason: DropOutReason) -> Task:
    """Note that a course stopped on the way; raises as `move`."""
    return await move(context, number, version, Move(Step.DROP_OUT, {"reason": reason}))


async def not_reached(context: Context, number: TaskId, version: int) -> Task:
    """Note that nobody could be reached; raises as `move`."""
    return await move(context, number, version, Move(Step.NOT_REACHED))


async def mark_error(context: Context, number: TaskId, version: int) -> Task:
    """Mark a task as made in error: it is kept, and told to its recipient no longer; raises as `move`."""
    return await move(context, number, version, Move(Step.MARK_ERROR))


async def check_ahead(context: Context, ahead: Ahead | None) -> None:
    """Let pass what is proposed instead, if the unit and the offer are there.

    Raises:
        UnknownRecipient, UnknownOffer: it is not in the directory.
        Unavailable: the directory does not answer.
    """
    await pointed_to(context, ahead)
    if ahead is not None and ahead.unit is not None and ahead.unit not in await context.units():
        raise errors.UnknownRecipient


async def withdraw(context: Context, number: ReferralId) -> Referral:
    """Take the referral back from everyone it has not ended with.

    Where a recipient has answered and the sender may not know what, it is always taken, even if nothing is open any
    more: a no would tell that the answer was one.

    Raises:
        NotAParty: it is not this sender's.
        WrongState: every task has ended, and the sender may know how.
    """
    return await unless_moved(lambda: _withdraw(context, number))


async def withdraw_task(context: Context, number: TaskId, version: int) -> Task:
    """Take the request back from one recipient alone; raises as `move`."""
    return await move(context, number, version, Move(Step.WITHDRAW))


async def _withdraw(context: Context, number: ReferralId) -> Referral:
    referral = await find(context, number)
    if referral.sender != context.me:
        await refuse(context, referral.id, referral.need)
        raise errors.NotAParty
    open_tasks = [task for task in referral.tasks if not ended(task.state)]
    if not open_tasks and not await _any_hidden(context, referral):
        raise errors.WrongState(None, [])
    async with context.database.transaction() as transaction:
        for task in open_tasks:
            await take_back(transaction, context, referral, task)
        written = context.entry("referral_withdrawn", referral, tasks=[str(task.id) for task in open_tasks])
        await ledger.append(transaction, written)
    return await find(context, number)


async def _any_hidden(context: Context, referral: Referral) -> bool:
    """Say whether the sender may not know of some task how it stands."""
    return any([await is_hidden(context, referral, task) for task in referral.tasks])


async def take_back(
    transaction: Transaction, context: Context, referral: Referral, task: Task, reason: WithdrawReason | None = None
) -> None:
    """Take one task back; its recipient hears of it, if it had gone out, and the ledger in any case."""
    state = take(task.state, Step.WITHDRAW, Party.SENDER)
    wished = context.me if by_family(context.me) else Party.SENDER.value
    ended_by = wished if reason is None else None
    told = reason if state is TaskState.WITHDRAWN else None
    after = replace(task, state=state, reason=told, ended_by=ended_by)
    await tasks.change(transaction, task, after, context.at)
    entry = context.entry(f"task_{after.state}", referral, task=str(task.id), reason=reason)
    await ledger.append(transaction, entry)
    if task.state not in HIDDEN_FROM_RECIPIENT:
        event = events.Event(new_id(), task.recipient, TaskState.WITHDRAWN.value, task.id)
        await events.add(transaction, event, referral.id, context.at)


async def _first_has_it(transaction: Transaction, context: Context, referral: Referral, taken: Task) -> None:
    """Take back from the others, under lock: two who accept at once cannot both have it.

    Those tasks count as answered, so that the sender hears of them no sooner than of the one that was taken on.
    """
    await referrals.lock(transaction, referral.id)
    now_there = await referrals.find(transaction, referral.id)
    others = () if now_there is None else now_there.tasks
    if any(task.id != taken.id and task.answered and not ended(task.state) for task in others):
        raise errors.WrongState(None, [])
    for task in others:
        if task.id != taken.id and not ended(task.state):
            another = WithdrawReason.TAKEN_ELSEWHERE
            await take_back(transaction, context, referral, replace(task, answered=True), another)
