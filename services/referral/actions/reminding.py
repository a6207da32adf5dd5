"""The worker looks for what is late or soon will be, and tells those who can do something about it, each thing once."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.referral.actions.following import WORKER
from services.referral.domain.lifecycle import TaskState, ended
from services.referral.domain.model import MessageId, Referral, ReferralId, Task, TaskId
from services.referral.domain.reminding import Due, Patience, Reminder, asked, calls_for, hear_of_it, window
from services.referral.domain.thread import open_questions
from services.referral.store import courses, events, referrals, reminders
from services.referral.store.reminders import Wanted
from shared import ledger
from shared.db import Database, Transaction
from shared.ids import new_id

_BATCH = 200
WAITS = "question_waits"
_NEXT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Looking:
    """One look at the clock: what passed by `since` was looked at before."""

    database: Database
    at: datetime
    since: datetime
    patience: Patience
    request_id: str


async def remind(look: Looking) -> int:
    """Send every reminder that is due, and return how many: by several workers at once, each is sent once.

    Raises:
        Unavailable: the database does not answer; what was not sent is found by the next look.
    """
    sent = sum([await _remind_all(look, due, reminder) for due, reminder in _all()])
    return sent + await _remind_of_questions(look) + await _remind_of_awaiting(look)


def _all() -> Iterator[tuple[Due, Reminder]]:
    return ((due, reminder) for due in Due for reminder in Reminder)


async def _remind_all(look: Looking, due: Due, reminder: Reminder) -> int:
    low, high = window(reminder, look.since, look.at, look.patience)
    sent, after = 0, (low, UUID(int=0))
    while True:
        async with look.database.connection() as connection:
            found = await reminders.wanted(connection, due, reminder, low, high, after, _BATCH)
        for each in found:
            sent += await _remind(look, due, reminder, each)
        if len(found) < _BATCH:
            return sent
        after = (found[-1].due_by, found[-1].task)


async def _remind(look: Looking, due: Due, reminder: Reminder, wanted: Wanted) -> bool:
    """Send one reminder, if it is still due once the task moves no more; say whether it was."""
    async with look.database.transaction() as transaction:
        stands = await reminders.stands(transaction, wanted.task)
        if stands is None or calls_for(reminder, stands.state, stands.clock, look.at, look.patience) != due:
            return False
        if not await reminders.remind_once(transaction, wanted.task, due, reminder, look.at):
            return False  # another worker was faster
        referral = await referrals.find(transaction, wanted.referral)
        if referral is None:
            return False
        # Always after the answer it follows: by that order the feed knows what tells of the course.
        at = max(look.at, stands.changed_at + _NEXT)
        await _tell(transaction, referral, referral.task(wanted.task), reminder, at)
        written = ledger.entry(
            "task_reminded", at=at, actor=WORKER, request_id=look.request_id, referral=str(referral.id),
            task=str(wanted.task), due=due, reminder=reminder,
        )  # fmt: skip
        await ledger.append(transaction, written)
    return True


async def _remind_of_questions(look: Looking) -> int:
    """Remind whoever is asked of what has waited too long, each question once."""
    sent, after, wait = 0, None, look.patience.answer
    while True:
        async with look.database.connection() as connection:
            found = await reminders.asked(connection, look.since - wait, look.at - wait, after, _BATCH)
        for question, task, referral in found:
            sent += await _remind_of_question(look, question, task, referral)
        if len(found) < _BATCH:
            return sent
        after = found[-1][0]


async def _remind_of_question(look: Looking, number: MessageId, task: TaskId, whole: ReferralId) -> bool:
    async with look.database.transaction() as transaction:
        stands = await reminders.stands(transaction, task)
        referral = await referrals.find(transaction, whole)
        if stands is None or referral is None or ended(stands.state):
            return False
        question = next((each for each in open_questions(referral, referral.thread(task)) if each.id == number), None)
        if question is None or not await reminders.remind_of_question_once(transaction, number, task, look.at):
            return False
        at = max(look.at, stands.changed_at + _NEXT)
        for unit in asked(referral, referral.task(task), question):
            await events.add(transaction, events.Event(new_id(), unit, WAITS, task), referral.id, at)
        written = ledger.entry(
            "question_waits", at=at, actor=WORKER, request_id=look.request_id, referral=str(referral.id),
            task=str(task), message=str(number), asks=question.to,
        )  # fmt: skip
        await ledger.append(transaction, written)
    return True


async def _remind_of_awaiting(look: Looking) -> int:
    """Tell the sender, who follows up, of what has waited for consent for longer than an answer may take, once each."""
    sent, after = 0, UUID(int=0)
    while True:
        async with look.database.connection() as connection:
            found = await reminders.awaiting(connection, look.at, after, _BATCH)
        for task, referral in found:
            sent += await _remind_of_one_awaiting(look, task, referral)
        if len(found) < _BATCH:
            return sent
        after = found[-1][0]


async def _remind_of_one_awaiting(look: Looking, task: TaskId, whole: ReferralId) -> bool:
    async with look.database.transaction() as transaction:
        stands = await reminders.stands(transaction, task)
        referral = await referrals.find(transaction, whole)
        if stands is None or referral is None or stands.state is not TaskState.AWAITING_CONSENT:
            return False
        if not await reminders.remind_of_awaiting_once(transaction, task, look.at):
            return False
        event = events.Event(new_id(), referral.sender, Reminder.LATE, task)
        await events.add(transaction, event, referral.id, look.at)
        written = ledger.entry(
            "task_reminded", at=look.at, actor=WORKER, request_id=look.request_id, referral=str(referral.id),
            task=str(task), due="awaiting", reminder=Reminder.LATE,
        )  # fmt: skip
        await ledger.append(transaction, written)
    return True


async def _tell(transaction: Transaction, referral: Referral, task: Task, reminder: Reminder, at: datetime) -> None:
    named = await courses.coordinator_of(transaction, referral.need)
    for unit in hear_of_it(reminder, referral, task, None if named is None else named.unit):
        await events.add(transaction, events.Event(new_id(), unit, reminder, task.id), referral.id, at)
