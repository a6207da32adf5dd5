"""A party takes a step with a task: one way through for all, with the state, the clock, the event and the ledger."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from services.referral.actions.context import Context, find_by_task, party_to
from services.referral.actions.course import must_know
from services.referral.domain import errors
from services.referral.domain.deadlines import stands, ticking
from services.referral.domain.lifecycle import Party, Step, TaskState, ended, take
from services.referral.domain.model import Referral, Task, TaskId, by_family
from services.referral.domain.thread import waits_for
from services.referral.store import events, tasks
from shared import ledger
from shared.db import Transaction
from shared.ids import new_id
from shared.problems import StaleVersion

Also = Callable[[Transaction, Referral, Task], Awaitable[None]]
Check = Callable[[Referral, Task], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Move:
    """A step, what the task keeps of it, what must hold before, and what else is written with it.

    `changes`: fields of the task; without a reason of its own a step leaves none. `check` returns what is missing,
    in codes. `also` runs in the same transaction, with the task as it will stand. `facts`: codes for the ledger.
    """

    step: Step
    changes: Mapping[str, Any] = field(default_factory=dict)
    check: Check | None = None
    also: Also | None = None
    facts: Mapping[str, object] = field(default_factory=dict)


async def move(context: Context, number: TaskId, version: int, wanted: Move) -> Task:
    """Take the step and return the task.

    Raises:
        NotAParty: the task is not this caller's.
        StaleVersion: it has changed since the version the caller read.
        WrongState, NotYourTurn, StepRefused: it cannot be done from where it stands.
        OwnUnitClosed: the caller's unit is closed; it may still let go of what it has.
    """
    referral = await find_by_task(context, number)
    task = referral.task(number)
    by = await party_to(context, referral, task)
    if wanted.step not in _LETS_GO:
        await context.may_read()
    await must_know(context, referral, task, by)
    if task.version != version:
        raise StaleVersion
    after = stepped(context, referral, task, wanted, by)
    lacks = [] if wanted.check is None else list(wanted.check(referral, task))
    if lacks:
        raise errors.StepRefused(lacks)
    async with context.database.transaction() as transaction:
        if wanted.also is not None:
            await wanted.also(transaction, referral, after)
        changed = await tasks.change(transaction, task, after, context.at)
        await tell(transaction, context, referral, changed, by)
        written = context.entry(
            f"task_{after.state}", referral, task=str(task.id), step=wanted.step, reason=after.reason, **wanted.facts
        )
        await ledger.append(transaction, written)
    return changed


_LETS_GO = frozenset(
    {Step.DECLINE, Step.FAMILY_DECLINES, Step.DROP_OUT, Step.NOT_REACHED, Step.WITHDRAW, Step.MARK_ERROR}
)
# A family that asks for help itself may say no thank you as any other.
_FAMILYS = frozenset({Step.FAMILY_DECLINES, Step.DROP_OUT})


def stepped(context: Context, referral: Referral, task: Task, wanted: Move, by: Party) -> Task:
    """Return the task as it stands after the step.

    Raises:
        WrongState, NotYourTurn: it cannot be taken from where it stands, or not by that party.
    """
    own_no = by is Party.SENDER and by_family(referral.sender) and wanted.step in _FAMILYS
    state = take(task.state, wanted.step, Party.FAMILY if own_no else by, referral.rule.without)
    waits = waits_for(referral, referral.thread(task.id))
    clock = task.clock if ended(state) else ticking(task.clock, context.at, stands=stands(state, waits))
    ended_by = (context.me if by_family(context.me) else by.value) if ended(state) else None
    kept = {"state": state, "reason": None, "clock": clock, "ended_by": ended_by}
    return replace(task, **(kept | dict(wanted.changes)))


async def tell(transaction: Transaction, context: Context, referral: Referral, task: Task, by: Party) -> None:
    """Write who hears of it: the recipient's step the sender; the sender's and the family's both the others' units."""
    heard = []
    if by is not Party.SENDER:
        heard.append(referral.sender)
    if by is not Party.RECIPIENT and task.state is not TaskState.NEVER_SENT:
        heard.append(task.recipient)
    for unit in heard:
        event = events.Event(new_id(), unit, task.state.value, task.id)
        await events.add(transaction, event, referral.id, context.at)
