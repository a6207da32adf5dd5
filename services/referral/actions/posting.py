"""A request is posted: kept at once, sent to those who may read something of it, waiting for the rest."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import orjson

from services.referral import upstream
from services.referral.actions import duty
from services.referral.actions.context import Context, find, refuse
from services.referral.actions.offers import may_hope
from services.referral.domain import asking, errors
from services.referral.domain.asking import Draft, Known
from services.referral.domain.deadlines import first_clock, stands, ticking
from services.referral.domain.duty import Stated
from services.referral.domain.kinds import KINDS
from services.referral.domain.lifecycle import Party, Step, TaskState, take
from services.referral.domain.model import (
    Message,
    MessageId,
    MessageKind,
    Piece,
    Referral,
    ReferralId,
    Task,
    TaskId,
    UnitId,
    by_family,
)
from services.referral.domain.permit import NOTHING_ASKED, Permits, may_go_out, missing_for, questions_for
from services.referral.store import referrals, tasks
from services.referral.store.events import Event
from shared.idempotency import Once, made_before
from shared.ids import new_id
from shared.ledger import Entry
from shared.problems import Unavailable
from shared.vocabulary import Occasion

RECONSIDER = "reconsider"
ADDRESS = "/api/v1/referrals/"


async def post(context: Context, draft: Draft, once: Once) -> tuple[Referral, bool]:
    """Keep a request and send it where consent permits; return it, and whether it was there before.

    Raises:
        ReferralError: the draft is not allowed; that it lacks an answer of the duty to report is on the ledger (R31).
        IdempotencyConflict: the key was used with other content.
        Unavailable: consent does not answer; what was written is kept under the address in `kept`.
    """
    await context.may_read()
    before = await _same_as_before(context, once)
    if before is not None:
        return before, True  # whatever has become of its recipients since
    await _check(context, draft)
    whole = _new(context, draft)
    if draft.unsent:
        return await _keep(context, whole, NOTHING_ASKED, once, draft.stated, ask_again=False)
    try:
        permits = await _ask(context, whole)
    except Unavailable as error:
        kept, _ = await _keep(context, whole, NOTHING_ASKED, once, draft.stated, ask_again=True)
        raise Unavailable(error.what, ADDRESS + str(kept.id)) from error
    return await _keep(context, whole, permits, once, draft.stated, ask_again=draft.need is not None)


async def check_recipients(context: Context, recipients: Sequence[UnitId]) -> None:
    """Let pass recipients that are there, open, and others than the caller.

    Raises:
        SenderAmongRecipients, UnknownRecipient, ClosedUnit, OwnUnitClosed, Unavailable.
    """
    if context.me in recipients:
        raise errors.SenderAmongRecipients
    units = await context.units()
    if not units.keys() >= set(recipients):
        raise errors.UnknownRecipient
    await context.may_send(recipients)


def considered(task: Task, whole: Referral, permits: Permits) -> Task:
    """Return a new task as it stands once consent was asked: on its way, if its recipient may read any of it."""
    missing = missing_for(whole.own, task.recipient, permits)
    if task.state is TaskState.AWAITING_CONSENT and reachable(whole, task, permits):
        state = take(task.state, Step.DELIVER, Party.SYSTEM)
        clock = ticking(task.clock, whole.at, stands=stands(state, frozenset()))
        return replace(task, state=state, missing=missing, clock=clock)
    return replace(task, missing=missing)


def reachable(whole: Referral, task: Task, permits: Permits) -> bool:
    """Say whether the task's recipient may read anything; what is about nobody, everybody it is sent to may."""
    return whole.rule.anonymous or may_go_out(whole.own, task.recipient, permits)


async def _check(context: Context, draft: Draft) -> None:
    await check_recipients(context, draft.recipients)
    units = await context.units()
    known = {
        UnitId(each): Known(units[each].kind, units[each].sector, units[each].authority)
        for each in (*draft.recipients, context.me)
        if each in units
    }
    asking.check(draft, context.me, known, context.at)
    await may_hope(context, KINDS[draft.kind], (told.offer for told in draft.told), draft.recipients)
    if draft.continues is not None:
        earlier = await find(context, draft.continues)
        if context.me != earlier.sender:
            await refuse(context, earlier.id, earlier.need)
            raise errors.NotAParty
    if draft.stated is not None or not draft.unsent:  # a draft is asked when it is sent
        await duty.check(context, draft.kind, draft.recipients, draft.stated, draft.need)


def _new(context: Context, draft: Draft) -> Referral:
    state = TaskState.DRAFT if draft.unsent else TaskState.AWAITING_CONSENT
    clock = first_clock(context.terms, draft.priority, context.at, stands=True)
    owner = draft.owner or (None if by_family(context.me) else context.caller.user)
    made = tuple(
        Task(TaskId(new_id()), to, state, 1, clock=clock, owner=owner, request=draft.kind) for to in draft.recipients
    )
    asked = () if draft.words is None else tuple(_question(context, task, draft.words) for task in made)
    return Referral(
        id=ReferralId(new_id()),
        need=draft.need or new_id(),
        purpose=draft.purpose,
        sender=context.me,
        seen_by_family_at=draft.seen_by_family_at,
        at=context.at,
        pieces=tuple(
            Piece(new_id(), told.subject, told.category, told.text, context.me, offer=told.offer, level=told.level,
                  at=context.at)
            for told in draft.told
        ),
        tasks=made,
        messages=asked,
        kind=draft.kind,
        priority=draft.priority,
        topic=draft.topic,
        continues=draft.continues,
        first_accepts=draft.first_accepts,
        discussed_with_parents_at=draft.discussed_with_parents_at,
    )  # fmt: skip


def _question(context: Context, task: Task, words: str) -> Message:
    """Return the question of an anonymous consultation, to one of those it is put to."""
    return Message(
        MessageId(new_id()), task.id, MessageKind.QUESTION, context.me, context.at, Party.RECIPIENT, words=words
    )


async def _ask(context: Context, whole: Referral) -> Permits:
    questions = [question for task in whole.tasks for question in questions_for(whole.pieces, task.recipient)]
    return await upstream.ask(context.consent, whole, questions, Occasion.SEND, context.actor, context.request_id)


async def _keep(
    context: Context, whole: Referral, permits: Permits, once: Once, stated: Stated | None, *, ask_again: bool
) -> tuple[Referral, bool]:
    """Write it all in one transaction; where words may change meanwhile, either way, the worker asks once more.

    What is withdrawn between the permit and the commit finds no referral to end, and is found by that.
    """
    whole = replace(whole, tasks=tuple(considered(task, whole, permits) for task in whole.tasks))
    follow = referrals.Follow(
        new_id(), RECONSIDER, orjson.dumps({"referral": str(whole.id)}).decode(), UUID(context.request_id)
    )
    entry = _entry(context, whole, permits)
    new = await _write(context, whole, once, entry, follow if ask_again else None, stated)
    if new:
        return whole, False
    before = await _same_as_before(context, once)
    if before is None:
        raise Unavailable("database")
    return before, True


async def _write(
    context: Context, whole: Referral, once: Once, entry: Entry, follow: referrals.Follow | None, stated: Stated | None
) -> bool:
    user, events = context.caller.user, _events(whole)
    if not whole.messages and stated is None:
        async with context.database.connection() as connection:
            return await referrals.post(connection, whole, user, once, events, entry, follow)
    async with context.database.transaction() as transaction:
        new = await referrals.post(transaction, whole, user, once, events, entry, follow)
        for message in whole.messages if new else ():
            await tasks.say(transaction, message, (), whole.id, user)
        if new and stated is not None:
            await duty.keep(transaction, context, whole.id, stated)
        return new


async def _same_as_before(context: Context, once: Once) -> Referral | None:
    if once.key is None:
        return None
    async with context.database.connection() as connection:
        made = await made_before(connection, once)
        return None if made is None else await referrals.find(connection, ReferralId(made))


def _events(whole: Referral) -> Sequence[Event]:
    sent = [task for task in whole.tasks if task.state is TaskState.SENT]
    return [
        Event(new_id(), unit, kind, task.id)
        for task in sent
        for unit, kind in ((task.recipient, "referral_arrived"), (whole.sender, "sent"))
    ]


def _entry(context: Context, whole: Referral, permits: Permits) -> Entry:
    about: dict[str, list[str]] = {}
    for piece in whole.pieces:
        about.setdefault(str(piece.subject), []).append(piece.category)
    return context.entry(
        "referral_posted", whole, need=str(whole.need), purpose=whole.purpose, request_kind=whole.kind,
        about={who: sorted(set(kinds)) for who, kinds in about.items()},
        tasks={task.recipient: task.state for task in whole.tasks},
        decision=permits.decision and str(permits.decision), continues=whole.continues and str(whole.continues),
    )  # fmt: skip
