"""A unit holds runs of its offers, gives the places in them, and keeps a waiting list that invites in rounds.

Every place is given while the run's row is held, and counted from the tasks themselves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.referral.actions import offers
from services.referral.actions.context import Context, find_by_task, note_reading, party_to, refuse, unless_moved
from services.referral.actions.stepping import Move, move, stepped, tell
from services.referral.domain import errors
from services.referral.domain.lifecycle import Party, Step, TaskState, allowed
from services.referral.domain.model import Ahead, Referral, Task, TaskId
from services.referral.domain.runs import Run, Waiting, Wish, check_places, in_order, may_take
from services.referral.store import referrals, runs, tasks
from shared import ledger
from shared.db import Transaction
from shared.idempotency import Once, claim, made_before
from shared.ids import new_id
from shared.problems import StaleVersion


@dataclass(frozen=True, slots=True)
class Held:
    """A run, how many of its places are held, and the rounds it has invited in."""

    run: Run
    taken: int
    rounds: Sequence[Any] = ()


@dataclass(frozen=True, slots=True)
class Round:
    """Whom a round invited, how many places are free after it, and whether the same post had made it before."""

    number: UUID
    tasks: Sequence[TaskId]
    again: bool


async def hold(context: Context, offer: str, starts_on: date, places: int, post: Once) -> tuple[Run, bool]:
    """Make a run of the caller's unit; the same post twice makes one. Return it, and whether it was there before.

    Raises:
        UnknownOffer: the offer is not in the directory, or has ended.
        OwnUnitClosed: the unit is closed.
        Unavailable: the directory does not answer, and never told of the offer.
    """
    await context.may_read()
    await offers.pointed_to(context, Ahead(offer))
    run = Run(new_id(), context.me, offer, starts_on, places)
    async with context.database.transaction() as transaction:
        before = await claim(transaction, post, run.id)
        made = None if before is None else await runs.find(transaction, before)
        if made is not None:
            return made, True
        await runs.add(transaction, run, context.caller.user, context.at)
        await _note(transaction, context, "run_made", run, {"offer": offer, "places": places})
    return run, False


async def held(
    context: Context, after: UUID, most: int, offer: str | None = None, *, only_open: bool = False
) -> list[Held]:
    """Return the unit's own runs, oldest first."""
    await context.may_read()
    async with context.database.connection() as connection:
        found = await runs.of_unit(connection, context.me, after, most, offer, only_open=only_open)
    return [Held(run, taken) for run, taken in found]


async def read(context: Context, number: UUID) -> Held:
    """Return one of the unit's runs.

    Raises:
        NotAParty: it is not there, or another's; the attempt is on the ledger.
        OwnUnitClosed: the unit is closed.
    """
    run = await _own(context, number)
    async with context.database.connection() as connection:
        return Held(run, await runs.taken(connection, run.id), await runs.rounds(connection, run.id))


async def change(context: Context, number: UUID, version: int, starts_on: date | None, places: int | None) -> Held:
    """Change the day or the number of places.

    Raises:
        PlacesTaken: more places are held than that.
        RunClosed: it is over.
        NotAParty, StaleVersion, OwnUnitClosed.
    """
    return await _change(context, number, version, "run_changed", starts_on=starts_on, places=places)


async def close(context: Context, number: UUID, version: int) -> Held:
    """Take nobody more; who has a place keeps it, and who waited for this run waits for the offer.

    Raises:
        RunClosed: it is closed already.
        NotAParty, StaleVersion, OwnUnitClosed.
    """
    return await _change(context, number, version, "run_closed", closed_at=context.at)


async def place(context: Context, number: TaskId, version: int, wanted: UUID) -> Task:
    """Give a task that was taken on, or waits, a place in a run; one it has in another is free from then on.

    Raises:
        NotAParty: the task or the run is not this recipient's.
        RunFull, RunClosed: it takes nobody more.
        WrongState, NotYourTurn, StaleVersion, OwnUnitClosed: as `move`.
    """
    referral, task = await _own_task(context, number, version)
    run = await _own(context, wanted)

    async def take_place(transaction: Transaction, _referral: Referral, _after: Task) -> None:
        now_there = await runs.hold(transaction, run.id)
        may_take(now_there, await runs.taken(transaction, run.id, task.id))

    if task.state is TaskState.WAITING:
        invited = Move(Step.INVITE, {"run": run.id}, also=take_place, facts={"run": str(run.id)})
        return await move(context, number, version, invited)
    after = replace(task, run=run.id)
    async with context.database.transaction() as transaction:
        await take_place(transaction, referral, after)
        written = context.entry("task_placed", referral, task=str(task.id), run=str(run.id))
        await ledger.append(transaction, written)
        return await tasks.change(transaction, task, after, context.at)


async def put_on_list(context: Context, number: TaskId, version: int, wish: Wish) -> Task:
    """Put a task on a waiting list, or assess anew one that is on it: it keeps the time since when it has waited.

    Raises:
        NotAParty: the task or the run is not this recipient's.
        RunClosed: the run takes nobody more.
        UnknownOffer: the offer is not in the directory, or has ended.
        Unavailable: the directory does not answer, and never told of the offer.
        WrongState, NotYourTurn, StaleVersion, OwnUnitClosed: as `move`.
    """
    referral, task = await _own_task(context, number, version)
    await offers.pointed_to(context, Ahead(wish.offer))
    run = None if wish.run is None else await _own(context, wish.run)
    if run is not None and run.closed_at is not None:
        raise errors.RunClosed

    async def record(transaction: Transaction, _referral: Referral, after: Task) -> None:
        before = await runs.history(transaction, task.id)
        entry = Waiting(
            task.id, referral.id, run.offer if run is not None else str(wish.offer), after.run, wish.recommendation,
            wish.form, wish.ground, before[-1].since if before else context.at, context.at, context.caller.user,
        )  # fmt: skip
        await runs.record(transaction, new_id(), entry)

    changes = {"run": None if run is None else run.id}
    facts = {"recommendation": wish.recommendation, "run": wish.run and str(wish.run), "offer": wish.offer}
    if task.state is TaskState.ACCEPTED:
        return await move(context, number, version, Move(Step.PUT_ON_LIST, changes, also=record, facts=facts))
    after = replace(task, run=changes["run"])
    async with context.database.transaction() as transaction:
        changed = await tasks.change(transaction, task, after, context.at)
        await record(transaction, referral, after)
        await ledger.append(transaction, context.entry("task_reassessed", referral, task=str(task.id), **facts))
    return changed


async def waiting(context: Context, number: UUID) -> list[Waiting]:
    """Return who waits for a run of the unit, the next one first.

    Raises:
        NotAParty: the run is not there, or another's.
        OwnUnitClosed: the unit is closed.
    """
    run = await _own(context, number)
    async with context.database.connection() as connection:
        found = in_order(await runs.waiting(connection, run))
    await note_reading(context, {each.referral: False for each in found})
    return found


async def assessed(context: Context, number: TaskId) -> list[Waiting]:
    """Return every recommendation the unit has recorded of a task, oldest first.

    Raises:
        NotAParty: the task is not this recipient's.
        NotYourTurn: the caller is its sender, who hears nothing of it.
        OwnUnitClosed: the unit is closed.
    """
    referral, _ = await _as_recipient(context, number)
    await note_reading(context, {referral.id: False})
    async with context.database.connection() as connection:
        return await runs.history(connection, number)


async def invite(context: Context, number: UUID, count: int, post: Once) -> Round:
    """Invite the next on the list, as many as there are places for; the same post twice invites once.

    Raises:
        RunFull, RunClosed: it takes nobody more.
        NotAParty: the run is not there, or another's.
        StaleVersion: a task moved each time it was tried.
        OwnUnitClosed: the unit is closed.
    """
    run = await _own(context, number)
    return await unless_moved(lambda: _invite(context, run.id, count, post))


async def _invite(context: Context, number: UUID, count: int, post: Once) -> Round:
    making = new_id()
    async with context.database.transaction() as transaction:
        run = await runs.hold(transaction, number)
        before = await made_before(transaction, post)
        if before is not None:
            found = [each for each in await runs.rounds(transaction, number) if each["id"] == before]
            return Round(before, [TaskId(task) for each in found for task in each["tasks"]], again=True)
        free = may_take(run, await runs.taken(transaction, number))
        chosen = in_order(await runs.waiting(transaction, run))[: min(count, free)]
        await claim(transaction, post, making)
        for each in chosen:
            await _invite_one(transaction, context, each, run)
        told = [each.task for each in chosen]
        await runs.invited(transaction, making, number, told, context.caller.user, context.at)
        await _note(transaction, context, "run_invited", run, {"tasks": [str(task) for task in told]})
    return Round(making, told, again=False)


async def _invite_one(transaction: Transaction, context: Context, entry: Waiting, run: Run) -> None:
    referral = await referrals.find(transaction, entry.referral)
    if referral is None:
        raise StaleVersion
    task = referral.task(entry.task)
    if task.state is not TaskState.WAITING:
        raise StaleVersion  # it left the list a moment ago: look who is next
    invited = Move(Step.INVITE, {"run": run.id})
    after = stepped(context, referral, task, invited, Party.RECIPIENT)
    changed = await tasks.change(transaction, task, after, context.at)
    await tell(transaction, context, referral, changed, Party.RECIPIENT)
    written = context.entry(
        f"task_{after.state}", referral, task=str(task.id), step=Step.INVITE, reason=None, run=str(run.id)
    )
    await ledger.append(transaction, written)


async def _change(
    context: Context, number: UUID, version: int, kind: str, *, starts_on: date | None = None,
    places: int | None = None, closed_at: datetime | None = None,
) -> Held:  # fmt: skip
    await _own(context, number)
    async with context.database.transaction() as transaction:
        run = await runs.hold(transaction, number)
        if run.version != version:
            raise StaleVersion
        if run.closed_at is not None:
            raise errors.RunClosed
        taken = await runs.taken(transaction, number)
        check_places(run.places if places is None else places, taken)
        changed = await runs.change(
            transaction, run, version, starts_on or run.starts_on, run.places if places is None else places, closed_at
        )
        await _note(transaction, context, kind, changed, {"places": changed.places, "taken": taken})
    return Held(changed, taken)


async def _own(context: Context, number: UUID) -> Run:
    await context.may_read()
    async with context.database.connection() as connection:
        run = await runs.find(connection, number)
    if run is None or run.unit != context.me:
        await refuse(context, number)
        raise errors.NotAParty
    return run


async def _as_recipient(context: Context, number: TaskId) -> tuple[Referral, Task]:
    referral = await find_by_task(context, number)
    task = referral.task(number)
    if await party_to(context, referral, task) is not Party.RECIPIENT:
        raise errors.NotYourTurn
    await context.may_read()
    return referral, task


async def _own_task(context: Context, number: TaskId, version: int) -> tuple[Referral, Task]:
    """Return a task that was taken on and has not begun: only that may wait, or have a place."""
    referral, task = await _as_recipient(context, number)
    if task.version != version:
        raise StaleVersion
    if task.state not in {TaskState.ACCEPTED, TaskState.WAITING}:
        raise errors.WrongState(task.state, allowed(task.state, Party.RECIPIENT, referral.rule.without))
    return referral, task


async def _note(transaction: Transaction, context: Context, kind: str, run: Run, facts: Mapping[str, object]) -> None:
    """Write to the ledger what was done with a run; it is about no referral."""
    written = ledger.entry(
        kind, at=context.at, actor=context.actor, request_id=context.request_id, as_id=None, run=str(run.id), **facts
    )
    await ledger.append(transaction, written)
