"""A referral is posted: kept at once, sent to those who may read something of it, waiting for the rest."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import orjson

from services.referral import store, upstream
from services.referral.actions.context import Context
from services.referral.domain import errors
from services.referral.domain.lifecycle import TaskState, step
from services.referral.domain.model import PersonId, Piece, Referral, ReferralId, Task, TaskId, UnitId
from services.referral.domain.permit import NOTHING_ASKED, Permits, may_go_out, missing_for, questions_for
from shared.idempotency import Once, made_before
from shared.ids import new_id
from shared.ledger import Entry
from shared.problems import Unavailable
from shared.vocabulary import Category, Occasion, Purpose

RECONSIDER = "reconsider"
ADDRESS = "/api/v1/referrals/"


@dataclass(frozen=True, slots=True)
class Told:
    """One thing the sender tells: about whom, of what kind, in which words, or which offer is hoped for."""

    subject: PersonId
    category: Category
    text: str
    offer: str | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """What the sender wrote."""

    need: UUID | None
    purpose: Purpose
    recipients: tuple[UnitId, ...]
    seen_by_family_at: datetime
    told: tuple[Told, ...]


async def post(context: Context, draft: Draft, once: Once) -> tuple[Referral, bool]:
    """Keep a referral and send it where consent permits; return it, and whether it was there before.

    Raises:
        ReferralError: the draft is not allowed.
        Unavailable: consent does not answer; what was written is kept under the address in `kept`.
    """
    await _check(context, draft)
    before = await _same_as_before(context, once)
    if before is not None:
        return before, True
    whole = _new(context, draft)
    try:
        permits = await _ask(context, whole)
    except Unavailable as error:
        kept, _ = await _keep(context, whole, NOTHING_ASKED, once, ask_again=True)
        raise Unavailable(error.what, ADDRESS + str(kept.id)) from error
    return await _keep(context, whole, permits, once, ask_again=draft.need is not None)


async def _check(context: Context, draft: Draft) -> None:
    if draft.seen_by_family_at > context.at:
        raise errors.SeenInTheFuture
    if context.unit in draft.recipients:
        raise errors.SenderAmongRecipients
    units = await context.units()
    if not units.keys() >= set(draft.recipients):
        raise errors.UnknownRecipient
    await context.may_send(draft.recipients)


def _new(context: Context, draft: Draft) -> Referral:
    return Referral(
        id=ReferralId(new_id()),
        need=draft.need or new_id(),
        purpose=draft.purpose,
        sender=context.unit,
        seen_by_family_at=draft.seen_by_family_at,
        at=context.at,
        pieces=tuple(
            Piece(new_id(), told.subject, told.category, told.text, context.unit, offer=told.offer)
            for told in draft.told
        ),
        tasks=tuple(Task(TaskId(new_id()), to, TaskState.AWAITING_CONSENT, 1) for to in draft.recipients),
    )


async def _ask(context: Context, whole: Referral) -> Permits:
    questions = [question for task in whole.tasks for question in questions_for(whole.pieces, task.recipient)]
    return await upstream.ask(context.consent, whole, questions, Occasion.SEND, context.actor, context.request_id)


async def _keep(
    context: Context, whole: Referral, permits: Permits, once: Once, *, ask_again: bool
) -> tuple[Referral, bool]:
    """Write it all in one transaction; where words may change meanwhile, either way, the worker asks once more.

    What is withdrawn between the permit and the commit finds no referral to end, and is found by that.
    """
    whole = replace(whole, tasks=tuple(_considered(task, whole, permits) for task in whole.tasks))
    follow = store.Follow(
        new_id(), RECONSIDER, orjson.dumps({"referral": str(whole.id)}).decode(), UUID(context.request_id)
    )
    async with context.database.connection() as connection:
        new = await store.post(
            connection, whole, context.caller.user, once, _events(whole), _entry(context, whole, permits),
            follow if ask_again else None,
        )  # fmt: skip
    if new:
        return whole, False
    before = await _same_as_before(context, once)
    if before is None:
        raise Unavailable("database")
    return before, True


async def _same_as_before(context: Context, once: Once) -> Referral | None:
    if once.key is None:
        return None
    async with context.database.connection() as connection:
        made = await made_before(connection, once)
        return None if made is None else await store.referral(connection, ReferralId(made))


def _considered(task: Task, whole: Referral, permits: Permits) -> Task:
    missing = missing_for(whole.pieces, task.recipient, permits)
    if may_go_out(whole.pieces, task.recipient, permits):
        return replace(task, state=step(task.state, TaskState.SENT), missing=missing)
    return replace(task, missing=missing)


def _events(whole: Referral) -> Sequence[store.Event]:
    sent = [task for task in whole.tasks if task.state is TaskState.SENT]
    return [
        store.Event(new_id(), unit, kind, task.id)
        for task in sent
        for unit, kind in ((task.recipient, "referral_arrived"), (whole.sender, "sent"))
    ]


def _entry(context: Context, whole: Referral, permits: Permits) -> Entry:
    about: dict[str, list[str]] = {}
    for piece in whole.pieces:
        about.setdefault(str(piece.subject), []).append(piece.category)
    return context.entry(
        "referral_posted", whole, need=str(whole.need), purpose=whole.purpose,
        about={who: sorted(set(kinds)) for who, kinds in about.items()},
        tasks={task.recipient: task.state for task in whole.tasks},
        decision=permits.decision and str(permits.decision),
    )  # fmt: skip
