"""What follows when consents change: waiting tasks go out, tasks nobody may read any more end, others are narrowed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from services.referral import upstream
from services.referral.actions.posting import RECONSIDER, reachable
from services.referral.domain.deadlines import stands, ticking
from services.referral.domain.lifecycle import TaskState, ended, following
from services.referral.domain.model import Missing, Referral, ReferralId, Task, UnitId
from services.referral.domain.permit import kinds, lost, missing_for, questions_for
from services.referral.domain.thread import waits_for
from services.referral.domain.view import course_questions, hidden_from_sender, tells_of_an_answer
from services.referral.store import events, referrals, tasks
from shared import ledger, outbox
from shared.db import Database, Transaction
from shared.http import Upstream
from shared.ids import new_id
from shared.ledger import Actor
from shared.outbox import Carry, Message
from shared.vocabulary import Occasion

WORKER = Actor(None, "referral-worker")
TASK_ENDING = "task_ending"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the worker works with."""

    database: Database
    consent: Upstream


@dataclass(frozen=True, slots=True)
class _Change:
    """A task, where it goes, what its recipient may not get from now on, and the decision that said so."""

    referral: Referral
    task: Task
    to: TaskState
    missing: tuple[Missing, ...]
    decision: UUID | None
    at: datetime
    request_id: str

    @property
    def lost(self) -> tuple[UUID, ...]:
        """Of whom less may be told than before; nobody, where nothing had gone out: then all was missing."""
        return tuple(sorted({subject for subject, _ in lost(self.task.missing, self.missing)}))

    @property
    def events(self) -> tuple[str, str] | None:
        """What the recipient hears, and the sender; nothing, where only more may be told than before."""
        if self.to is TaskState.SENT and self.to is not self.task.state:
            return "referral_arrived", "sent"
        if self.to is TaskState.CONSENT_ENDED:
            return "consent_ended", "consent_ended"
        return ("consent_changed", "consent_changed") if self.lost else None


async def hear(transaction: Transaction, event: UUID, need: UUID, request_id: str) -> int:
    """Note once that consents under a need changed, and have each referral under it looked at anew."""
    if not await events.hear_once(transaction, event):
        return 0
    numbers = await referrals.of_need(transaction, need)
    for number in numbers:
        await outbox.put(transaction, RECONSIDER, {"referral": str(number)}, request_id)
    return len(numbers)


def tell_endings(consent: Upstream) -> Carry:
    """Return what carries to consent that a task has ended or was narrowed, for the family to hear of (R23)."""

    async def tell(message: Message) -> None:
        await consent.call("POST", "/internal/task-endings", message.payload, request_id=message.request_id)

    return tell


async def reconsider(around: Surroundings, number: ReferralId, at: datetime, request_id: str) -> None:
    """Ask consent again about every open task, and move those whose answer has changed.

    Raises:
        Unavailable: consent or the database does not answer; nothing has moved, and it is tried again.
        StaleVersion: a party was faster; it is tried again.
    """
    async with around.database.connection() as connection:
        referral = await referrals.find(connection, number)
    if referral is None:
        return
    for task in referral.tasks:
        if not ended(task.state):
            await _reconsider(around, referral, task, at, request_id)


async def _reconsider(around: Surroundings, referral: Referral, task: Task, at: datetime, request_id: str) -> None:
    permits = await upstream.ask(
        around.consent, referral, questions_for(referral.own, task.recipient), Occasion.DELIVER,
        Actor(task.recipient, WORKER.user), request_id,
    )  # fmt: skip
    missing = missing_for(referral.own, task.recipient, permits)
    to = following(task.state, reachable=reachable(referral, task, permits))
    waits = to in {TaskState.AWAITING_CONSENT, TaskState.DRAFT}
    if to is task.state and (waits or kinds(missing) == kinds(task.missing)):
        return
    change = _Change(referral, task, to, missing, permits.decision, at, request_id)
    hear_of_it = await _who_hears(around, change)
    still = waits_for(referral, referral.thread(task.id))
    clock = task.clock if ended(to) else ticking(task.clock, at, stands=stands(to, still))
    async with around.database.transaction() as transaction:
        await tasks.change(transaction, task, replace(task, state=to, missing=missing, clock=clock), at)
        for unit, kind in hear_of_it.items():
            await events.add(transaction, events.Event(new_id(), unit, kind, task.id), referral.id, at)
        if not ended(to):  # what is withdrawn between the permit and the commit is found by looking once more
            await outbox.put(transaction, RECONSIDER, {"referral": str(referral.id)}, request_id)
        if change.lost:
            await outbox.put(transaction, TASK_ENDING, _ending(change), request_id)
        await ledger.append(transaction, _entry(change))


async def _who_hears(around: Surroundings, change: _Change) -> Mapping[UnitId, str]:
    """Return who hears what of a change; of a task that was answered, the sender only where the course is told.

    Nothing follows for a declined task: to hear that consent ended for one would tell that it was accepted.
    """
    if change.events is None:
        return {}
    referral, task = change.referral, change.task
    for_recipient, for_sender = change.events
    if tells_of_an_answer(referral, task):
        sender = Actor(referral.sender, WORKER.user)
        permits = await upstream.ask(
            around.consent, referral, course_questions(referral, task), Occasion.CHECK, sender, change.request_id
        )
        if hidden_from_sender(referral, task, permits) is not None:
            return {task.recipient: for_recipient}
    return {task.recipient: for_recipient, referral.sender: for_sender}


def _ending(change: _Change) -> Mapping[str, object]:
    """Return what consent is told (`shared.contracts.TaskEndingIn`)."""
    return {
        "id": str(new_id()),
        "kind": "ended" if change.to is TaskState.CONSENT_ENDED else "narrowed",
        "need": str(change.referral.need),
        "referral": str(change.referral.id),
        "task": str(change.task.id),
        "recipient": change.task.recipient,
        "subjects": [str(subject) for subject in change.lost],
        "at": change.at.isoformat(),
    }


def _entry(change: _Change) -> ledger.Entry:
    kind = "task_consent_changed" if change.to is change.task.state else f"task_{change.to}"
    return ledger.entry(
        kind, at=change.at, actor=WORKER, request_id=change.request_id, referral=str(change.referral.id),
        task=str(change.task.id), recipient=change.task.recipient,
        decision=change.decision and str(change.decision),
    )  # fmt: skip
