"""The sender adds to a request, corrects it, and sends a draft: what was written stays, and recipients hear of it."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from services.referral import upstream
from services.referral.actions import duty
from services.referral.actions.chaining import own, still_open
from services.referral.actions.context import Context, find, refuse, unless_moved
from services.referral.actions.offers import may_hope
from services.referral.actions.posting import ADDRESS, RECONSIDER, considered
from services.referral.actions.publishing import check_new_name
from services.referral.domain import errors
from services.referral.domain.asking import MOST_IN_ALL, MOST_WITH_CORRECTIONS, Told
from services.referral.domain.family import knows
from services.referral.domain.lifecycle import (
    HIDDEN_FROM_RECIPIENT,
    TOLD_NO_LONGER,
    Party,
    Step,
    TaskState,
    ended,
    take,
)
from services.referral.domain.model import Piece, Referral, ReferralId, Task, UnitId, by_family
from services.referral.domain.permit import kinds, questions_for, with_new
from services.referral.store import events, referrals, tasks
from shared import ledger, outbox
from shared.db import Transaction
from shared.idempotency import Once, claim, made_before
from shared.ids import new_id
from shared.problems import StaleVersion, Unavailable
from shared.vocabulary import Occasion


async def add(context: Context, number: ReferralId, told: Sequence[Told], post: Once) -> Referral:
    """Add pieces to the caller's own request; the same post twice adds once.

    Raises:
        NotAParty: it is not this sender's.
        KindRefused: it is about nobody.
        TooMuch: the request holds as much as it may.
        ReferralClosed, OwnUnitClosed: the request, or the caller's unit, is closed.
        UnknownOffer, NeedsAuthority: an offer hoped for is not there, or is the authority's to open.
        Unavailable: consent does not answer; what was written is kept.
    """

    async def once() -> Referral:
        referral = await own(context, number)
        await context.may_read()
        still_open(referral)
        if referral.rule.anonymous:
            raise errors.KindRefused(referral.kind, ["no_person"])
        to = [each.recipient for each in referral.tasks]
        await may_hope(context, referral.rule, (each.offer for each in told), to)
        pieces = [
            Piece(new_id(), each.subject, each.category, each.text, context.me, offer=each.offer, level=each.level,
                  at=context.at)
            for each in told
        ]  # fmt: skip
        return await _put(context, referral, pieces, "information_added", post)

    return await unless_moved(once)


async def correct(context: Context, number: ReferralId, wrong: UUID, text: str, post: Once) -> Referral:
    """Put words in place of others of the caller's own; the old ones are kept, and shown as corrected (R57).

    What else the piece is, it stays: an assessment, a wish, a file. The same post twice corrects once.

    Raises:
        NotAParty: the referral is not there, or the caller is no party to it.
        UnknownPiece: it is not the caller's own; the attempt is on the ledger.
        Corrected: it has been corrected already.
        TooMuch: the request holds as much as it may.
        AttachmentRefused: it is a file's name, and the new one does not fit the file's kind.
        Unavailable: consent does not answer; what was written is kept.
    """

    async def once() -> Referral:
        referral = await find(context, number)
        await context.may_read()
        if all(each.id != wrong for each in referral.pieces):
            async with context.database.connection() as connection:
                referral = await referrals.around(connection, referral, wrong)  # said long ago in a long thread
        family = by_family(context.me) and knows(referral, context.reader)
        if context.me != referral.sender and not referral.tasks_of(context.me) and not family:
            await refuse(context, referral.id, referral.need)
            raise errors.NotAParty
        old = next((each for each in referral.pieces if each.id == wrong and each.author == context.me), None)
        if old is None:
            await refuse(context, referral.id, referral.need)
            raise errors.UnknownPiece
        async with context.database.connection() as connection:
            if await made_before(connection, post) is not None:
                return referral
        if any(each.corrects == wrong for each in referral.pieces):
            raise errors.Corrected
        if old.attachment is not None:
            await check_new_name(context, old.attachment, text)
        right = replace(old, id=new_id(), text=text, corrects=old.id, at=context.at)
        return await _put(context, referral, [right], "corrected", post)

    return await unless_moved(once)


async def send(context: Context, number: ReferralId) -> Referral:
    """Send a draft: consent is asked now, and what it does not cover waits.

    Raises:
        NotAParty: it is not this sender's.
        WrongState: it is no draft.
        DutyUnanswered: it goes to an authority, and the sender has not answered whether there is a duty to report.
        Unavailable: consent does not answer; it is kept, waits for consent, and goes out by itself.
    """

    async def once() -> Referral:
        referral = await own(context, number)
        drafts = [task for task in referral.tasks if task.state is TaskState.DRAFT]
        if not drafts:
            raise errors.WrongState(None, [])
        await context.may_send([task.recipient for task in drafts])
        await duty.must_be_answered(context, referral, [task.recipient for task in drafts])
        async with context.database.transaction() as transaction:
            for task in drafts:
                state = take(task.state, Step.SEND, Party.SENDER)
                await tasks.change(transaction, task, replace(task, state=state), context.at)
            await outbox.put(transaction, RECONSIDER, {"referral": str(referral.id)}, context.request_id)
            await ledger.append(transaction, context.entry("referral_sent", referral, need=str(referral.need)))
        sent = await own(context, number)
        try:
            return await _looked_at(context, sent)
        except StaleVersion:
            return await own(context, number)  # the worker was faster

    return await unless_moved(once)


async def _put(
    context: Context, referral: Referral, pieces: list[Piece], kind: str, post: Once | None = None
) -> Referral:
    """Write pieces, then look whether more may go out; what may not is missing for each recipient.

    With the pieces it is written, for every open task, that they may not be told yet: whoever looks next, the worker
    or this very call, can only find that more may be told. So nothing that was withdrawn meanwhile passes for new.
    """
    about = sorted({(str(piece.subject), piece.category.value) for piece in pieces})
    async with context.database.transaction() as transaction:
        await referrals.lock(transaction, referral.id)
        if kind != "corrected" and await referrals.closed(transaction, referral.id):
            raise errors.ReferralClosed
        if post is not None and await claim(transaction, post, pieces[0].id) is not None:
            return referral
        own_pieces = [piece for piece in pieces if piece.message is None]
        most = MOST_WITH_CORRECTIONS if kind == "corrected" else MOST_IN_ALL
        if own_pieces and await referrals.held(transaction, referral.id) + len(own_pieces) > most:
            raise errors.TooMuch(most)
        await referrals.add_pieces(transaction, referral.id, pieces)
        for unit, task in _hear(context, referral, pieces):
            await events.add(transaction, events.Event(new_id(), unit, kind, task.id), referral.id, context.at)
        written = context.entry(kind, referral, need=str(referral.need), about=about)
        await ledger.append(transaction, written)
        changed = [await _not_yet(transaction, context, task, referral.own, own_pieces) for task in referral.tasks]
        if own_pieces:
            await outbox.put(transaction, RECONSIDER, {"referral": str(referral.id)}, context.request_id)
    whole = replace(referral, pieces=referral.pieces + tuple(pieces), tasks=tuple(changed))
    if not own_pieces:
        return whole
    try:
        return await _looked_at(context, whole)
    except StaleVersion:
        return whole  # a party moved the task meanwhile: each reading asks for itself


async def _not_yet(
    transaction: Transaction, context: Context, task: Task, before: Sequence[Piece], pieces: Sequence[Piece]
) -> Task:
    """Write that pieces of a new kind may not be told the task's recipient yet."""
    missing = with_new(task.missing, before, pieces)
    if ended(task.state) or missing == task.missing:
        return task
    return await tasks.change(transaction, task, replace(task, missing=missing), context.at)


def _hear(context: Context, referral: Referral, pieces: Sequence[Piece]) -> list[tuple[UnitId, Task]]:
    """Return who hears of it, in which task: all it was sent to, or of a message's piece the thread's other party."""
    messages = {piece.message for piece in pieces if piece.message is not None}
    threads = {message.task for message in referral.messages if message.id in messages}
    found = []
    for task in referral.tasks:
        silent = task.state in HIDDEN_FROM_RECIPIENT | TOLD_NO_LONGER
        if (not threads or task.id in threads) and task.recipient != context.me and not silent:
            found.append((task.recipient, task))
        elif task.id in threads and referral.sender != context.me:
            found.append((referral.sender, task))
    return found


async def _looked_at(context: Context, referral: Referral) -> Referral:
    """Ask consent for all of it, send what may go out, and write what may be told now, without a word to anybody.

    What may not be told any more is left to the worker: that is news to the recipient and the family (R23).
    """
    waiting = [task for task in referral.tasks if not ended(task.state) and task.state is not TaskState.DRAFT]
    questions = [question for task in waiting for question in questions_for(referral.own, task.recipient)]
    try:
        permits = await upstream.ask(
            context.consent, referral, questions, Occasion.SEND, context.actor, context.request_id
        )
    except Unavailable as error:
        raise Unavailable(error.what, ADDRESS + str(referral.id)) from error
    now = replace(referral, at=context.at)
    async with context.database.transaction() as transaction:
        # What is withdrawn between the permit and the commit is found by looking once more.
        await outbox.put(transaction, RECONSIDER, {"referral": str(referral.id)}, context.request_id)
        changed = {task.id: await _consider(transaction, context, now, considered(task, now, permits), task)
                   for task in waiting}  # fmt: skip
    return replace(referral, tasks=tuple(changed.get(task.id, task) for task in referral.tasks))


async def _consider(transaction: Transaction, context: Context, referral: Referral, after: Task, task: Task) -> Task:
    known = kinds(task.missing)
    after = replace(after, missing=tuple(each for each in after.missing if (each.subject, each.category) in known))
    if after == task:
        return task
    if after.state is TaskState.SENT and task.state is not TaskState.SENT:
        for unit, kind in ((task.recipient, "referral_arrived"), (referral.sender, "sent")):
            await events.add(transaction, events.Event(new_id(), unit, kind, task.id), referral.id, context.at)
    await ledger.append(transaction, context.entry(f"task_{after.state}", referral, task=str(task.id)))
    return await tasks.change(transaction, task, after, context.at)
