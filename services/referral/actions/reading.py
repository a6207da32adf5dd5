"""A party reads a referral: consent is asked at that moment, and what it does not permit is withheld."""

from contextlib import suppress
from dataclasses import replace

from services.referral import store, upstream
from services.referral.actions.context import Context, find, refuse
from services.referral.actions.posting import ADDRESS
from services.referral.domain.errors import NotAParty, OwnUnitClosed
from services.referral.domain.lifecycle import TaskState, step
from services.referral.domain.model import Referral, ReferralId, Task
from services.referral.domain.permit import NOTHING_ASKED, Permits
from services.referral.domain.view import (
    SeenTask,
    View,
    check_questions,
    checked,
    course_questions,
    questions,
    reachable_by,
    tasks_to_sender,
    view,
)
from shared import ledger
from shared.db import Transaction
from shared.ids import new_id
from shared.problems import StaleVersion, Unavailable
from shared.vocabulary import Occasion


async def read(context: Context, number: ReferralId) -> View:
    """Return what the caller may see now; the first reading by a recipient is its receipt.

    Raises:
        NotAParty: it is not there for this caller; the attempt is on the ledger.
        OwnUnitClosed: the caller's unit is closed; so is that attempt.
        Unavailable: consent does not answer: nothing is shown.
    """
    referral = await find(context, number)
    try:
        reachable_by(referral, context.unit)
        await context.may_read()
    except (NotAParty, OwnUnitClosed):
        await refuse(context, referral.id, referral.need)
        raise
    permits = await permits_for(context, referral)
    if permits is NOTHING_ASKED:
        await _note_own_reading(context, referral)
    seen = view(referral, context.unit, permits)
    task = referral.task_of(context.unit)
    if task is not None and task.state is TaskState.SENT and seen.pieces:
        referral = await _receive(context, referral, task)
        seen = view(referral, context.unit, permits)
    return await _with_what_is_missing_now(context, seen) if seen.as_sender else seen


async def permits_for(context: Context, referral: Referral) -> Permits:
    """Ask consent all that the caller's view needs."""
    asked = questions(referral, context.unit)
    if not asked:
        return NOTHING_ASKED
    return await upstream.ask(context.consent, referral, asked, Occasion.READ, context.actor, context.request_id)


async def _with_what_is_missing_now(context: Context, seen: View) -> View:
    """Return the sender's view with what each recipient may not get now; where consent is down, as it was last.

    It is asked beforehand and opens nothing, so that the sender's own words do not wait for it.
    """
    asked = check_questions(seen.referral, seen.tasks)
    if not asked:
        return seen
    with suppress(Unavailable):
        permits = await upstream.ask(
            context.consent, seen.referral, asked, Occasion.CHECK, context.actor, context.request_id
        )
        return replace(seen, tasks=checked(seen.referral, seen.tasks, permits))
    return seen


async def own_tasks(context: Context, referral: Referral) -> tuple[SeenTask, ...]:
    """Return the sender's tasks as it may see them now; consent is asked only where a recipient has answered.

    Raises:
        Unavailable: consent does not answer; what was written before is kept.

    """
    asked = [question for task in referral.tasks for question in course_questions(referral, task)]
    try:
        permits = await upstream.ask(context.consent, referral, asked, Occasion.HEAR, context.actor, context.request_id)
    except Unavailable as error:
        raise Unavailable(error.what, ADDRESS + str(referral.id)) from error
    return tasks_to_sender(referral, permits)


async def _note_own_reading(context: Context, referral: Referral) -> None:
    """A unit that reads only what it wrote itself is on the ledger too (R50)."""
    async with context.database.connection() as connection:
        await ledger.append(connection, context.entry("own_record_read", referral))


async def _receive(context: Context, referral: Referral, task: Task) -> Referral:
    try:
        async with context.database.transaction() as transaction:
            version = await store.change_task(transaction, task, step(task.state, TaskState.RECEIVED), context.at)
            await _tell_sender(transaction, context, referral, task)
    except StaleVersion:
        return await find(context, referral.id)
    received = replace(task, state=TaskState.RECEIVED, version=version)
    return replace(referral, tasks=tuple(received if each.id == task.id else each for each in referral.tasks))


async def _tell_sender(transaction: Transaction, context: Context, referral: Referral, task: Task) -> None:
    event = store.Event(new_id(), referral.sender, "received", task.id)
    await store.add_event(transaction, event, referral.id, context.at)
    await ledger.append(transaction, context.entry("task_received", referral, task=str(task.id)))
