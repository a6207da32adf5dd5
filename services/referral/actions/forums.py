"""Forums: a meeting of several units, its agenda as each unit may see it, and what is decided about each item."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.referral.actions import agreeing
from services.referral.actions.agreeing import Agreed
from services.referral.actions.context import Context, find, note_reading, refuse, unless_moved
from services.referral.actions.course import unreadable
from services.referral.actions.dialogue import Saying, Words, check_content
from services.referral.domain import errors
from services.referral.domain.forums import (
    Basis,
    Decided,
    Decision,
    Forum,
    ForumKind,
    Hears,
    Item,
    basis_of,
    lacks,
    sees,
)
from services.referral.domain.lifecycle import Party, TaskState, ended
from services.referral.domain.meetings import Presence, live_task
from services.referral.domain.model import MessageKind, Missing, Piece, Referral, ReferralId, Task, UnitId, by_family
from services.referral.domain.permit import Question, missing_for, questions_for
from services.referral.store import forums, meetings
from shared import ledger
from shared.clock import danish_date
from shared.idempotency import Once, claim, made_before
from shared.ids import new_id
from shared.problems import StaleVersion
from shared.vocabulary import Category, Reason

_UNREAD = frozenset({TaskState.DRAFT, TaskState.AWAITING_CONSENT, TaskState.SENT})


@dataclass(frozen=True, slots=True)
class SeenItem:
    """An item as a reader sees it: `hidden` says why what was decided may not be told."""

    item: Item
    basis: Basis
    mine: bool
    hidden: Reason | None = None
    words: str | None = None
    pieces: tuple[Piece, ...] = ()
    withheld: tuple[Missing, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is written of an item: the decision, the family's part in it, the words, and who does what."""

    decision: Decision
    family: Presence
    hears: Hears | None
    words: tuple[Words, ...]
    about_nobody: str | None
    agreed: tuple[Agreed, ...]


async def make(
    context: Context, kind: ForumKind, municipality: str, on: date, units: Sequence[UnitId], once: Once
) -> tuple[Forum, bool]:
    """Call a forum, hosted by the caller's unit; say whether it was there before.

    Raises:
        UnknownRecipient, ClosedUnit, OwnUnitClosed, Unavailable.
        WrongDay: the day has passed.
    """
    async with context.database.connection() as connection:
        before = await made_before(connection, once)
    if before is not None:
        return await _forum(context, before), True
    if on < danish_date(context.at):
        raise errors.WrongDay("on")
    known = await context.units()
    if not known.keys() >= set(units):
        raise errors.UnknownRecipient
    await context.may_send(units)
    made = Forum(new_id(), kind, municipality, context.me, on, tuple(sorted({context.me, *units})))
    async with context.database.transaction() as transaction:
        again = await claim(transaction, once, made.id)
        if again is None:
            await forums.add(transaction, made, context.caller.user, context.at)
            entry = context.entry("forum_called", made.id, forum_kind=kind, units=list(made.units), on=on.isoformat())
            await ledger.append(transaction, entry)
    return (made, False) if again is None else (await _forum(context, again), True)


async def mine(context: Context, after: UUID, most: int) -> list[Forum]:
    """Return the forums the caller's unit is on; nothing of what is on their agendas.

    Raises:
        OwnUnitClosed: the caller's unit is closed.
    """
    await context.may_read()
    async with context.database.connection() as connection:
        return await forums.of_unit(connection, context.me, after, most)


async def read(context: Context, number: UUID) -> tuple[Forum, list[SeenItem]]:
    """Return a forum with those items that are there for the caller's unit; of the others not even how many.

    Raises:
        NotAParty: the unit is not on it.
        OwnUnitClosed: the caller's unit is closed.
        Unavailable: consent does not answer, and another's request is on it.
    """
    forum = await _forum(context, number)
    async with context.database.connection() as connection:
        found = await forums.agenda(connection, number)
    items = []
    for item in found:
        referral = await find(context, item.referral)
        if sees(referral, context.me) and await unreadable(context, referral) is None:
            items.append(SeenItem(item, basis_of(referral), referral.sender == context.me))
    await note_reading(context, {each.item.referral: each.mine for each in items})
    return forum, items


async def put(context: Context, number: UUID, referral_id: ReferralId) -> tuple[Item, Basis]:
    """Put the caller's own request on the agenda; each unit gets of it what consent lets it have, as ever (R1).

    Raises:
        NotAParty: the unit is not on the forum, or the request is not its own.
        KindRefused: it is of another kind, or goes to units that are not there.
        AlreadyThere: it is on it.
    """
    forum = await _forum(context, number)
    referral = await find(context, referral_id)
    if referral.sender != context.me:
        await refuse(context, referral.id, referral.need)
        raise errors.NotAParty
    wrong = lacks(forum, referral)
    if wrong:
        raise errors.KindRefused(referral.kind, wrong)
    if forum.on < danish_date(context.at):
        raise errors.WrongDay("on")
    item = Item(new_id(), forum.id, referral.id, 1)
    async with context.database.transaction() as transaction:
        await forums.put(transaction, item, context.caller.user, context.at)
        for task in referral.tasks:
            if live_task(referral, task.recipient) == task:
                await agreeing.tell(transaction, context, referral, task.id, task.recipient, "on_agenda")
        entry = context.entry(
            "forum_item_put", referral, forum=str(forum.id), item=str(item.id), basis=basis_of(referral)
        )
        await ledger.append(transaction, entry)
    return item, basis_of(referral)


async def item(context: Context, number: UUID, about: UUID) -> SeenItem:
    """Return an item as the caller may see it now: what was decided is the course, and asked for as that.

    Raises:
        NotAParty: the item is not there for the unit.
        Unavailable: consent does not answer.
    """
    _, found, referral = await _item(context, number, about)
    own = referral.sender == context.me
    if found.decided is None:
        await note_reading(context, {referral.id: own})
        return SeenItem(found, basis_of(referral), own)
    async with context.database.connection() as connection:
        told = await meetings.words(connection, referral, [found.decided.message])
    told = [piece for piece in told if piece.label is None or piece.label.value != "next_step"]
    course = _course(referral, found.decided.by, context.me)
    permits = await agreeing.permits_of(context, referral, [*questions_for(told, context.me), *course])
    reasons = [permits.reason(each.subject, each.sender, each.recipient, Category.COURSE) for each in course]
    hidden = next((reason for reason in reasons if not reason.permits), None)
    said = next((each.words for each in referral.messages if each.id == found.decided.message), None)
    return SeenItem(
        found, basis_of(referral), own, hidden, said,
        tuple(piece for piece in told if permits.allow(piece, context.me)),
        () if hidden else missing_for(told, context.me, permits),
    )  # fmt: skip


async def decide(context: Context, number: UUID, about: UUID, version: int, outcome: Outcome) -> SeenItem:
    """Write what was decided about an item: by the host, where the item is there for it, or by who put it.

    A decision opens nothing and books nothing: an offer, an early effort or a screening is a request of its own
    (R35, R69), and a concern is for each to consider (R31).

    Raises:
        NotAParty, OwnUnitClosed, StaleVersion, NotInvited, WrongDay, UnknownSubject, KindRefused, IdentityRefused.
        NotYourTurn: the caller is neither the host nor who put it.
        WrongState: it is decided, or nobody has read it yet.
    """
    return await unless_moved(lambda: _decide(context, number, about, version, outcome))


async def _decide(context: Context, number: UUID, about: UUID, version: int, outcome: Outcome) -> SeenItem:
    forum, found, referral = await _item(context, number, about)
    if context.me not in {forum.host, referral.sender}:
        raise errors.NotYourTurn
    if found.version != version:
        raise StaleVersion
    if found.decided is not None:
        raise errors.WrongState(None, [])
    task = _thread(context, referral)
    by = Party.SENDER if context.me == referral.sender else Party.RECIPIENT
    spoken = (*outcome.words, *(each.words for each in outcome.agreed if each.words is not None))
    saying = Saying(MessageKind.MEETING, outcome.words, about_nobody=outcome.about_nobody)
    check_content(context, referral, Saying(MessageKind.MEETING, spoken, about_nobody=outcome.about_nobody))
    readers = [referral.sender, *(task.recipient for task in referral.tasks if task.recipient in forum.units)]
    agreeing.check_days(context, outcome.agreed, forum.on)
    agreeing.check_owners(outcome.agreed, {referral.sender, *forum.units})
    async with context.database.transaction() as transaction:
        message = await agreeing.write(transaction, context, referral, task, by, saying, outcome.agreed, readers)
        decided = Decided(outcome.decision, outcome.family, outcome.hears, message, context.me, context.at)
        await forums.decide(transaction, found, decided)
        for unit in set(readers) - {context.me, referral.sender, task.recipient}:
            await agreeing.tell(transaction, context, referral, task.id, unit, MessageKind.MEETING.value)
        entry = context.entry(
            "forum_item_decided", referral, forum=str(forum.id), item=str(found.id), decision=outcome.decision,
            family_present=outcome.family.present, absence=outcome.family.absence, hears=outcome.hears,
            steps=len(outcome.agreed),
        )  # fmt: skip
        await ledger.append(transaction, entry)
    return await item(context, number, about)


def _thread(context: Context, referral: Referral) -> Task:
    """Return the task in which the decision is written: the host's own, or of its sender's the first that was read.

    To the sender, one that was answered is as good as another whatever was answered: a no would tell it.
    """
    if context.me == referral.sender:
        usable = [each for each in referral.tasks if each.tells_an_answer or _open(each)]
    else:
        usable = [each for each in referral.tasks_of(context.me) if _open(each)]
    if not usable:
        raise errors.WrongState(None, [])
    return usable[0]


def _open(task: Task) -> bool:
    return task.state not in _UNREAD and not ended(task.state)


def _course(referral: Referral, by: UnitId, reader: UnitId) -> list[Question]:
    if reader == by or by_family(by) or by_family(referral.sender) or referral.rule.anonymous:
        return []
    course = frozenset({Category.COURSE})
    return [Question(subject, by, reader, course) for subject in sorted(referral.subjects)]


async def _forum(context: Context, number: UUID) -> Forum:
    async with context.database.connection() as connection:
        forum = await forums.find(connection, number)
    if forum is None or context.me not in forum.units:
        await refuse(context, number)
        raise errors.NotAParty
    await context.may_read()
    return forum


async def _item(context: Context, number: UUID, about: UUID) -> tuple[Forum, Item, Referral]:
    forum = await _forum(context, number)
    async with context.database.connection() as connection:
        found = await forums.item(connection, number, about)
    referral = None if found is None else await find(context, found.referral)
    there = referral is not None and sees(referral, context.me) and await unreadable(context, referral) is None
    if found is None or referral is None or not there:
        await refuse(context, about, None if referral is None else referral.need)
        raise errors.NotAParty
    return forum, found, referral
