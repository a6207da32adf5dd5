"""What follows when consents change: waiting tasks go out, tasks nobody may read any more end."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.referral import store, upstream
from services.referral.actions.posting import RECONSIDER
from services.referral.domain.lifecycle import TaskState, ended, step
from services.referral.domain.model import Referral, ReferralId, Task
from services.referral.domain.permit import Permits, may_go_out, missing_for, questions_for
from shared import ledger, outbox
from shared.db import Database, Transaction
from shared.http import Upstream
from shared.ids import new_id
from shared.ledger import Actor
from shared.vocabulary import Occasion

WORKER = Actor(None, "referral-worker")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the worker works with."""

    database: Database
    consent: Upstream


async def hear(transaction: Transaction, event: UUID, need: UUID, request_id: str) -> int:
    """Note once that consents under a need changed, and have each referral under it looked at anew."""
    if not await store.hear_once(transaction, event):
        return 0
    numbers = await store.referrals_of_need(transaction, need)
    for number in numbers:
        await outbox.put(transaction, RECONSIDER, {"referral": str(number)}, request_id)
    return len(numbers)


async def reconsider(around: Surroundings, number: ReferralId, at: datetime, request_id: str) -> None:
    """Ask consent again about every open task, and move those whose answer has changed.

    Raises:
        Unavailable: consent or the database does not answer; nothing has moved, and it is tried again.
        StaleVersion: a party was faster; it is tried again.
    """
    async with around.database.connection() as connection:
        referral = await store.referral(connection, number)
    if referral is None:
        return
    for task in referral.tasks:
        if not ended(task.state):
            await _reconsider(around, referral, task, at, request_id)


async def _reconsider(around: Surroundings, referral: Referral, task: Task, at: datetime, request_id: str) -> None:
    own = [piece for piece in referral.pieces if piece.message is None]
    permits = await upstream.ask(
        around.consent, referral, questions_for(own, task.recipient), Occasion.DELIVER,
        Actor(task.recipient, WORKER.user), request_id,
    )  # fmt: skip
    reachable = may_go_out(own, task.recipient, permits)
    waiting = task.state is TaskState.AWAITING_CONSENT
    if reachable != waiting:
        return
    to = step(task.state, TaskState.SENT if waiting else TaskState.CONSENT_ENDED)
    kinds = ("referral_arrived", "sent") if waiting else ("consent_ended", "consent_ended")
    async with around.database.transaction() as transaction:
        missing = missing_for(own, task.recipient, permits)
        await store.change_task(transaction, task, to, at, missing=missing)
        for unit, kind in zip((task.recipient, referral.sender), kinds, strict=True):
            await store.add_event(transaction, store.Event(new_id(), unit, kind, task.id), referral.id, at)
        await ledger.append(transaction, _entry(referral, task, to, permits, at, request_id))


def _entry(
    referral: Referral, task: Task, to: TaskState, permits: Permits, at: datetime, request_id: str
) -> ledger.Entry:
    return ledger.entry(
        f"task_{to}", at=at, actor=WORKER, request_id=request_id, referral=str(referral.id), task=str(task.id),
        recipient=task.recipient, decision=permits.decision and str(permits.decision),
    )  # fmt: skip
