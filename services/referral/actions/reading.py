"""A party reads a referral: consent is asked at that moment, and what it does not permit is withheld."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from uuid import UUID

from services.referral import upstream
from services.referral.actions.context import Context, find, find_by_task, party_to, refuse
from services.referral.actions.posting import ADDRESS
from services.referral.domain.errors import NotAParty, OwnUnitClosed
from services.referral.domain.lifecycle import Party, Step, TaskState, take
from services.referral.domain.model import MessageId, Referral, ReferralId, Task, TaskId
from services.referral.domain.permit import NOTHING_ASKED, Permits, Question
from services.referral.domain.view import (
    SeenMessage,
    SeenTask,
    View,
    check_questions,
    checked,
    course_questions,
    page_questions,
    questions,
    reachable_by,
    tasks_to_sender,
    view,
)
from services.referral.domain.work import Chosen
from services.referral.store import events, referrals, tasks
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
        reachable_by(referral, context.me)
        await context.may_read()
    except (NotAParty, OwnUnitClosed):
        await refuse(context, referral.id, referral.need)
        raise
    permits = await permits_for(context, referral)
    if permits is NOTHING_ASKED:
        await _note_own_reading(context, referral)
    seen = view(referral, context.me, permits)
    new = [task for task in referral.tasks_of(context.me) if task.state is TaskState.SENT]
    if new and (seen.pieces or referral.rule.anonymous):
        for task in new:
            referral = await _receive(context, referral, task)
        seen = view(referral, context.me, permits)
    return await _with_what_is_missing_now(context, await _without_gaps(context, seen)) if seen.as_sender else seen


async def page(
    context: Context, number: TaskId, before: UUID | None, most: int
) -> tuple[Sequence[SeenMessage], Mapping[UUID, UUID], UUID | None]:
    """Return the newest messages of a thread written before one, as the caller may see them now.

    With them: which piece took the place of which, and where to go on. Consent is asked of those messages alone. What
    the caller may not know of leaves no gap and no mark: a page is full as long as there is more to see.

    Raises:
        NotAParty: the task is not this caller's; the attempt is on the ledger.
        OwnUnitClosed: the caller's unit is closed; so is that attempt.
        Unavailable: consent does not answer: nothing is shown.
    """
    referral = await find_by_task(context, number)
    await party_to(context, referral, referral.task(number))
    try:
        await context.may_read()
    except OwnUnitClosed:
        await refuse(context, number, referral.need)
        raise
    return await _newest(context, referral, number, before, most)


async def _newest(
    context: Context, referral: Referral, number: TaskId, before: UUID | None, most: int
) -> tuple[Sequence[SeenMessage], Mapping[UUID, UUID], UUID | None]:
    seen: list[SeenMessage] = []
    corrected: dict[UUID, UUID] = {}
    known: set[Question] = set()
    permits, step = NOTHING_ASKED, most + 1
    while True:
        async with context.database.connection() as connection:
            told = await referrals.page(connection, referral, number, before, step)
        asked = [each for each in page_questions(told, context.me) if each not in known]
        if asked:
            more = await upstream.ask(
                context.consent, referral, asked, Occasion.READ, context.actor, context.request_id
            )  # fmt: skip
            permits = permits.joined(more)
            known.update(asked)
        seen = [*view(told, context.me, permits).messages, *seen]
        corrected |= {each.corrects: each.id for each in told.pieces if each.corrects is not None}
        if len(seen) > most or len(told.messages) < step:
            break
        before, step = told.messages[0].id, referrals.NEWEST
    if not known:
        await _note_own_reading(context, referral)
    shown = seen[-most:]
    return shown, corrected, shown[0].message.id if len(seen) > most else None


async def permits_for(context: Context, referral: Referral) -> Permits:
    """Ask consent all that the caller's view needs."""
    asked = questions(referral, context.me)
    if not asked:
        return NOTHING_ASKED
    return await upstream.ask(context.consent, referral, asked, Occasion.READ, context.actor, context.request_id)


async def _without_gaps(context: Context, seen: View) -> View:
    """Return the sender's view with as much of each thread as if what it may not know of had not been said.

    Of a thread only the newest messages are read: those of a hidden course would push out what was said before.
    """
    messages, earlier = {each.message.id: each for each in seen.messages}, dict(seen.earlier)
    for of in seen.tasks:
        if of.hidden is not None and of.task.id in earlier:
            shown, _, following = await _newest(context, seen.referral, of.task.id, None, referrals.NEWEST)
            messages |= {each.message.id: each for each in shown}
            del earlier[of.task.id]
            earlier |= {} if following is None else {of.task.id: MessageId(following)}
    return replace(seen, messages=tuple(messages[number] for number in sorted(messages)), earlier=earlier)


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


async def sent(
    context: Context, chosen: Chosen, after: UUID | None, most: int
) -> list[tuple[Referral, tuple[SeenTask, ...]]]:
    """Return what the caller's unit has sent, oldest first, each task as its sender may see it now.

    A page is full as long as there is more that is meant.

    Raises:
        OwnUnitClosed: the caller's unit is closed.
        Unavailable: consent does not answer, and somebody has answered: then nothing is shown.
    """
    await context.may_read()
    told: list[tuple[Referral, tuple[SeenTask, ...]]] = []
    last = after or UUID(int=0)
    while True:
        async with context.database.connection() as connection:
            found = await referrals.sent_by(connection, context.me, chosen, last, most)
        for each in found:
            tasks_now = await own_tasks(context, each)
            if chosen.takes(tasks_now):
                told.append((each, tasks_now))
            if len(told) == most:
                return told
        if len(found) < most:
            return told
        last = found[-1].id


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
    """What is read without a decision is on the ledger, too: one's own words, the family's, or about nobody (R50)."""
    kind = "own_record_read" if referral.sender == context.me else "record_read"
    async with context.database.connection() as connection:
        await ledger.append(connection, context.entry(kind, referral, need=str(referral.need)))


async def _receive(context: Context, referral: Referral, task: Task) -> Referral:
    after = replace(task, state=take(task.state, Step.READ, Party.RECIPIENT))
    try:
        async with context.database.transaction() as transaction:
            received = await tasks.change(transaction, task, after, context.at)
            await _tell_sender(transaction, context, referral, task)
    except StaleVersion:
        return await find(context, referral.id)
    return replace(referral, tasks=tuple(received if each.id == task.id else each for each in referral.tasks))


async def _tell_sender(transaction: Transaction, context: Context, referral: Referral, task: Task) -> None:
    event = events.Event(new_id(), referral.sender, "received", task.id)
    await events.add(transaction, event, referral.id, context.at)
    await ledger.append(transaction, context.entry("task_received", referral, task=str(task.id)))
