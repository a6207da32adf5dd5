"""A file that may be told becomes a piece of the referral; and what the worker does with files till then."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.referral.actions.context import Context
from services.referral.actions.following import WORKER, Surroundings
from services.referral.actions.posting import RECONSIDER
from services.referral.domain.attachments import Attachment, AttachmentState, Unfit, Why, check_name, refusal
from services.referral.domain.errors import NotAParty
from services.referral.domain.lifecycle import HIDDEN_FROM_RECIPIENT, TOLD_NO_LONGER, ended
from services.referral.domain.model import (
    Message,
    MessageId,
    MessageKind,
    Piece,
    Referral,
    ReferralId,
    Task,
    UnitId,
)
from services.referral.domain.permit import with_new
from services.referral.scanning import Scanner
from services.referral.store import attachments, events, referrals, tasks
from shared import ledger, outbox
from shared.db import Transaction
from shared.ids import new_id
from shared.ledger import Actor
from shared.problems import Unavailable

SCAN = "scan"
_SILENT = HIDDEN_FROM_RECIPIENT | TOLD_NO_LONGER


async def publish(
    transaction: Transaction, referral: Referral, file: Attachment, actor: Actor, at: datetime, request_id: str
) -> None:
    """Write the file as a piece, with who hears of it: in its task's thread, or on the request itself.

    Raises:
        StaleVersion: a party moved a task meanwhile; nothing was written.
    """
    piece = Piece(
        new_id(), file.subject, file.category, file.name, file.author, attachment=file.id, at=at
    )  # fmt: skip
    if file.task is None:
        await referrals.lock(transaction, referral.id)
        await referrals.add_pieces(transaction, referral.id, [piece])
        await _not_yet(transaction, referral.id, piece, at)
        await outbox.put(transaction, RECONSIDER, {"referral": str(referral.id)}, request_id)
    else:
        message = Message(MessageId(new_id()), file.task, MessageKind.ATTACHMENT, file.author, at)
        said = replace(piece, message=message.id)
        await tasks.say(transaction, message, [said], referral.id, file.author_user)
    for unit, task in _hear(referral, file):
        event = events.Event(new_id(), unit, MessageKind.ATTACHMENT.value, task.id)
        await events.add(transaction, event, referral.id, at)
    await ledger.append(transaction, _entry("attachment_told", file, actor, at, request_id))


async def check_new_name(context: Context, number: UUID, name: str) -> None:
    """Let pass a name that a file may be given in place of its own: it ends as the file's kind does, and is no path.

    Raises:
        AttachmentRefused: it does not, or is one.
    """
    async with context.database.connection() as connection:
        file = await attachments.find(connection, number)
    if file is None:
        raise NotAParty
    try:
        check_name(name, file.kind)
    except Unfit as unfit:
        raise refusal(unfit.why) from unfit


async def scan(around: Surroundings, scanner: Scanner | None, number: UUID, at: datetime, request_id: str) -> None:
    """Have a file scanned: then it is told, or let go. What has been scanned before is left as it is.

    Raises:
        Unavailable: no scanner answers, or none is set up any more; the file waits, and it is tried again.
    """
    async with around.database.connection() as connection:
        file = await attachments.find(connection, number)
        content = await attachments.content(connection, number)
    if file is None or content is None or file.state is not AttachmentState.SCANNING:
        return
    if scanner is None:
        raise Unavailable("scanner")
    clean = await scanner.is_clean(content)
    async with around.database.connection() as connection:
        referral = await referrals.find(connection, file.referral)
    if referral is None:
        return
    async with around.database.transaction() as transaction:
        if clean:
            if await attachments.move(transaction, file, AttachmentState.CLEAN, scanned=True):
                told = replace(file, scanned=True)
                await publish(transaction, referral, told, WORKER, at, request_id)
        elif await attachments.move(transaction, file, AttachmentState.REFUSED, why=Why.INFECTED, scanned=True):
            await _let_go(transaction, referral, file, at, request_id)


async def _let_go(
    transaction: Transaction, referral: Referral, file: Attachment, at: datetime, request_id: str
) -> None:
    """Remove what was found to be harmful; whoever brought it hears of it, nobody else ever does."""
    await attachments.let_go(transaction, file.id)
    task = referral.tasks[0].id if file.task is None else file.task
    await events.add(transaction, events.Event(new_id(), file.author, "attachment_refused", task), referral.id, at)
    written = _entry("attachment_refused", file, WORKER, at, request_id, why=Why.INFECTED)
    await ledger.append(transaction, written)


async def _not_yet(transaction: Transaction, number: ReferralId, piece: Piece, at: datetime) -> None:
    """Write that a piece of a new kind may not be told any recipient yet: that more may be told, the worker finds.

    A kind that is told already is left as it is: that it may be told no more, the worker finds, too, and says (R23).
    """
    referral = await referrals.find(transaction, number)
    if referral is None:
        return
    before = [each for each in referral.own if each.id != piece.id]
    for task in referral.tasks:
        missing = with_new(task.missing, before, [piece])
        if not ended(task.state) and missing != task.missing:
            await tasks.change(transaction, task, replace(task, missing=missing), at)


def _hear(referral: Referral, file: Attachment) -> list[tuple[UnitId, Task]]:
    """Return who hears that there is a file: the parties of its thread, or all the request went out to."""
    found = []
    for task in referral.tasks:
        if file.task not in {None, task.id}:
            continue
        if task.recipient != file.author and task.state not in _SILENT:
            found.append((task.recipient, task))
        if file.task is not None and referral.sender != file.author:
            found.append((referral.sender, task))
    return found


def _entry(
    kind: str, file: Attachment, actor: Actor, at: datetime, request_id: str, *, why: Why | None = None
) -> ledger.Entry:
    return ledger.entry(
        kind, at=at, actor=actor, request_id=request_id, referral=str(file.referral), need=str(file.need),
        attachment=str(file.id), task=file.task and str(file.task), scanned=file.scanned,
        about=[(str(file.subject), file.category.value)], why=why,
    )  # fmt: skip
