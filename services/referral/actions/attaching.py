"""A party attaches a file: declared with whom it is about, brought, looked at, scanned; then it is a piece as any."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from uuid import UUID

from services.referral import upstream
from services.referral.actions import dialogue, family
from services.referral.actions.chaining import own
from services.referral.actions.context import Context, find, find_by_task, party_to, refuse, unless_moved
from services.referral.actions.publishing import SCAN, publish
from services.referral.domain import errors
from services.referral.domain.asking import Told
from services.referral.domain.attachments import (
    MOST_OF_ONE_AUTHOR,
    PLACE_KEPT_FOR,
    Attachment,
    AttachmentState,
    MediaType,
    Unfit,
    Why,
    check_name,
    refusal,
)
from services.referral.domain.family import view as seen_by_family
from services.referral.domain.model import MessageKind, PersonId, Referral, ReferralId, TaskId, by_family
from services.referral.domain.permit import NOTHING_ASKED, questions_for
from services.referral.domain.view import reachable_by, view
from services.referral.examining import Examiner
from services.referral.store import attachments, referrals
from shared import ledger, outbox
from shared.db import Transaction
from shared.idempotency import Once, claim
from shared.ids import new_id
from shared.problems import TooLarge
from shared.vocabulary import Category, Occasion

Read = Callable[[], Awaitable[bytes]]


@dataclass(frozen=True, slots=True)
class Files:
    """How files are taken: by whom they are looked at, whether they are scanned, and how large they may be."""

    examiner: Examiner
    scans: bool
    largest: int


@dataclass(frozen=True, slots=True)
class Declared:
    """What somebody wants to attach: to a task's thread, or to the request itself."""

    task: TaskId | None
    subject: PersonId
    category: Category
    name: str
    kind: MediaType
    size: int


async def declare(
    context: Context, files: Files, number: ReferralId, wanted: Declared, post: Once
) -> tuple[Attachment, bool]:
    """Keep what is to be attached, and whether the same post had declared it before; its content comes next.

    Raises:
        NotAParty: the referral or the task is not this caller's; the attempt is on the ledger.
        AttachmentRefused: its name does not fit, there are too many, or a recipient names no task.
        TooLarge: it is larger than what is taken.
        KindRefused: the request is about nobody.
        WrongState, UnknownSubject, ClosedUnit: as when something is said.
    """
    referral = await _may_attach(context, number, wanted)
    try:
        check_name(wanted.name, wanted.kind)
    except Unfit as unfit:
        raise refusal(unfit.why) from unfit
    if wanted.size > files.largest:
        raise TooLarge
    made = Attachment(
        new_id(), referral.id, referral.need, wanted.task, wanted.subject, wanted.category, wanted.name, wanted.kind,
        wanted.size, context.me, context.caller.user, context.at,
    )  # fmt: skip
    async with context.database.transaction() as transaction:
        await referrals.lock(transaction, referral.id)
        before = await claim(transaction, post, made.id)
        if before is None:
            await _still_room(transaction, context, referral.id)
            await attachments.add(transaction, made)
            await ledger.append(transaction, _entry(context, "attachment_declared", made))
            return made, False
        found = await attachments.find(transaction, before)
    if found is None:
        raise errors.NotAParty
    return found, True


async def bring(context: Context, files: Files, number: UUID, read: Read) -> Attachment:
    """Take the content, look at it, and have it scanned or told.

    Raises:
        NotAParty: it is not this caller's; the attempt is on the ledger.
        WrongState: its content has come already, or its task has ended.
        AttachmentRefused: it is not what it says it is, or not taken for another reason; that is on the ledger.
        Unavailable: it cannot be looked at now; nothing was kept, send it again.
    """
    found = await _own(context, number)
    if found.state is not AttachmentState.AWAITING_CONTENT:
        raise errors.WrongState(found.state, [])
    told = Declared(found.task, found.subject, found.category, found.name, found.kind, found.size)
    referral = await _may_attach(context, found.referral, told)
    content = await read()
    if len(content) != found.size:
        raise refusal(Why.SIZE_DIFFERS)
    try:
        await files.examiner.check(content, found.kind)
    except Unfit as unfit:
        await _refused(context, found, unfit.why)
        raise refusal(unfit.why) from unfit
    to = AttachmentState.SCANNING if files.scans else AttachmentState.CLEAN
    after = replace(found, state=to)

    async def keep() -> Attachment:
        async with context.database.transaction() as transaction:
            if found.at <= context.at - PLACE_KEPT_FOR:
                await referrals.lock(transaction, referral.id)
                await _still_room(transaction, context, referral.id)
            if not await attachments.move(transaction, found, to):
                raise errors.WrongState(to, [])
            await attachments.keep(transaction, found.id, content)
            await ledger.append(transaction, _entry(context, "attachment_kept", after))
            if files.scans:
                await outbox.put(transaction, SCAN, {"attachment": str(found.id)}, context.request_id)
            else:
                await publish(transaction, referral, after, context.actor, context.at, context.request_id)
        return after

    return await unless_moved(keep)


async def _still_room(transaction: Transaction, context: Context, number: ReferralId) -> None:
    """Let pass an author who has room for one file more: others' files take none of it, nor what never came."""
    waiting_since = context.at - PLACE_KEPT_FOR
    if await attachments.count(transaction, number, context.me, waiting_since) >= MOST_OF_ONE_AUTHOR:
        raise refusal(Why.TOO_MANY)


async def declare_of_family(
    context: Context, files: Files, number: TaskId, wanted: Declared, post: Once
) -> tuple[Attachment, bool]:
    """Keep what somebody of the family wants to attach to their task; raises as `declare`, in the family's words."""
    referral = await find_by_task(context, number)
    acting = family.as_it_sent(context, referral)
    return await family.in_its_words(context, number, lambda: declare(acting, files, referral.id, wanted, post))


async def bring_of_family(context: Context, files: Files, number: UUID, read: Read) -> Attachment:
    """Take the content of what somebody of the family attaches; raises as `bring`."""
    found = await _find(context, number)
    acting = replace(context, me=found.author) if context.reader.wrote(found.author) else context
    if found.task is None or found.state is not AttachmentState.AWAITING_CONTENT:
        return await bring(acting, files, number, read)
    return await family.in_its_words(context, found.task, lambda: bring(acting, files, number, read))


async def facts(context: Context, number: UUID) -> Attachment:
    """Return what is known of a file: to its author always, to others once and while they may read it.

    Raises:
        NotAParty, OwnUnitClosed, Unavailable: as `content`.
    """
    found = await _find(context, number)
    if found.author == context.me and found.state is not AttachmentState.CLEAN:
        async with context.database.connection() as connection:
            await ledger.append(connection, _entry(context, "own_record_read", found))
        return found
    decision = await _let_read(context, found)
    async with context.database.connection() as connection:
        await ledger.append(connection, _entry(context, "attachment_facts_read", found, decision=decision))
    return found


async def content(context: Context, number: UUID) -> tuple[Attachment, bytes]:
    """Return a file with its content, if the caller may have it at this moment.

    Raises:
        NotAParty: it is not there for this caller, or may not be told now; the attempt is on the ledger.
        NotScannedYet: its author asks before the scanner has answered.
        WrongState: its author asks, and nothing has come, or it was refused.
        OwnUnitClosed: the caller's unit is closed.
        Unavailable: consent does not answer: nothing is shown.
    """
    found = await _find(context, number)
    if found.author == context.me:
        if found.state is AttachmentState.SCANNING:
            raise errors.NotScannedYet
        if found.state is not AttachmentState.CLEAN:
            raise errors.WrongState(found.state, [])
    decision = await _let_read(context, found)
    return found, await _read(context, found, "attachment_read", decision=decision)


async def content_for_family(context: Context, number: UUID) -> tuple[Attachment, bytes]:
    """Return a file to somebody of the family, if it is about them or those they speak for (R57).

    Raises:
        NotAParty: it is not there for them; the attempt is on the ledger.
    """
    found = await _find(context, number)
    seen = await family.read(context, found.referral)
    whole = await _with_piece(context, seen.referral, found.id)
    seen = seen_by_family(whole, context.reader, {each.task.id for each in seen.tasks})
    told = [*seen.pieces, *(piece for said in seen.messages for piece in said.pieces)]
    if found.id not in {piece.attachment for piece in told}:
        await refuse(context, found.id, found.need)
        raise errors.NotAParty
    return found, await _read(context, found, "attachment_read")


async def _read(context: Context, found: Attachment, kind: str, **facts: object) -> bytes:
    """Return the content, with the entry that says so."""
    async with context.database.transaction() as transaction:
        await ledger.append(transaction, _entry(context, kind, found, **facts))
        kept = await attachments.content(transaction, found.id)
    if kept is None:
        raise errors.NotAParty
    return kept


async def _let_read(context: Context, found: Attachment) -> str | None:
    """Let pass whoever has the piece in view now; consent is asked about it alone. Return the decision's id."""
    referral = await find(context, found.referral)
    referral = await _with_piece(context, referral, found.id)
    piece = next((each for each in referral.pieces if each.attachment == found.id), None)
    try:
        reachable_by(referral, context.me)
        await context.may_read()
    except (errors.NotAParty, errors.OwnUnitClosed):
        await refuse(context, found.id, found.need)
        raise
    if piece is None:
        await refuse(context, found.id, found.need)
        raise errors.NotAParty
    asked = questions_for([piece], context.me)
    permits = NOTHING_ASKED
    if asked:
        permits = await upstream.ask(context.consent, referral, asked, Occasion.READ, context.actor, context.request_id)
    seen = view(referral, context.me, permits)
    shown = {each.id for each in seen.pieces} | {each.id for said in seen.messages for each in said.pieces}
    if piece.id not in shown:
        await refuse(context, found.id, found.need)
        raise errors.NotAParty
    return None if permits.decision is None else str(permits.decision)


async def _with_piece(context: Context, referral: Referral, number: UUID) -> Referral:
    """Return the referral with the message a file stands in, however long ago it was attached to a long thread."""
    if any(each.attachment == number for each in referral.pieces):
        return referral
    async with context.database.connection() as connection:
        piece = await attachments.piece_of(connection, number)
        return referral if piece is None else await referrals.around(connection, referral, piece)


async def _may_attach(context: Context, number: ReferralId, wanted: Declared) -> Referral:
    """Let pass who may say something there: in a task's thread each of its parties, on the request its sender."""
    if wanted.task is None:
        referral = await find(context, number)
        if referral.sender != context.me and referral.tasks_of(context.me):
            raise refusal(Why.TASK_MISSING)
        referral = await own(context, number)
        if referral.rule.anonymous:
            raise errors.KindRefused(referral.kind, ["no_person"])
        known = context.speaks_for if by_family(context.me) else referral.subjects
        if wanted.subject not in referral.subjects & known:
            raise errors.UnknownSubject
        await context.may_read()
        return referral
    referral = await find(context, number)
    task = next((each for each in referral.tasks if each.id == wanted.task), None)
    if task is None:
        await refuse(context, wanted.task, referral.need)
        raise errors.NotAParty
    by = await party_to(context, referral, task)
    if referral.rule.anonymous:
        raise errors.KindRefused(referral.kind, ["no_person"])
    words = dialogue.Words(Told(wanted.subject, wanted.category, wanted.name))
    dialogue.check(context, referral, task, dialogue.Saying(MessageKind.ATTACHMENT, (words,)), by)
    others = {referral.sender, task.recipient} - {context.me}
    await context.may_send([other for other in sorted(others) if not by_family(other)])
    return referral


async def _own(context: Context, number: UUID) -> Attachment:
    found = await _find(context, number)
    if found.author != context.me:
        await refuse(context, number, found.need)
        raise errors.NotAParty
    return found


async def _find(context: Context, number: UUID) -> Attachment:
    async with context.database.connection() as connection:
        found = await attachments.find(connection, number)
    if found is None:
        await refuse(context, number)
        raise errors.NotAParty
    return found


async def _refused(context: Context, found: Attachment, why: Why) -> None:
    """Commit that the file is not taken, before its author is told."""
    async with context.database.transaction() as transaction:
        await attachments.move(transaction, found, AttachmentState.REFUSED, why=why)
        await ledger.append(transaction, _entry(context, "attachment_refused", found, why=why))


def _entry(context: Context, kind: str, about: Attachment, **facts: object) -> ledger.Entry:
    return context.entry(
        kind, about.referral, need=str(about.need), attachment=str(about.id), task=about.task and str(about.task),
        about=[(str(about.subject), about.category.value)], **facts,
    )  # fmt: skip
