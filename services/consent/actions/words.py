"""A person's yes or no is recorded, renewed, or taken back."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from services.consent import store
from services.consent.actions.context import Acting, Request, must_know, tell_referral, whose
from services.consent.actions.reminding import settle
from services.consent.domain import errors, giving
from services.consent.domain.following import live
from services.consent.domain.model import (
    Capacity,
    ConsentId,
    Effect,
    Method,
    PersonId,
    Record,
    UnitFacts,
    UnitId,
    Word,
)
from services.consent.domain.people import voices
from services.consent.domain.told import Cause, State
from shared import ledger
from shared.auth import Role
from shared.db import Connection, Transaction
from shared.idempotency import Once, claim, made_before
from shared.ids import new_id
from shared.vocabulary import Category


@dataclass(frozen=True, slots=True)
class Recorded:
    """A word as it was recorded; `again`: the same post had recorded it before."""

    id: ConsentId
    again: bool


async def record_word(
    transaction: Transaction, word: Word, units: Mapping[UnitId, UnitFacts], post: Once, request: Request
) -> Recorded:
    """Record a person's yes or no.

    Raises:
        ConsentError: the word may not be recorded; the error names the rule.
    """
    if request.unit != word.sender:
        raise errors.ForeignSender
    number = ConsentId(new_id())
    made = await claim(transaction, post, number)
    if made is not None:
        return Recorded(ConsentId(made), again=True)
    await must_know(transaction, request, {word.subject, word.given_by})
    if await store.words.notice(transaction, word.notice) is None:
        raise errors.UnknownNotice
    touched = await store.people.touch(transaction, {word.subject, word.given_by})
    said = replace(word, subject=touched.identity[word.subject], given_by=touched.identity[word.given_by])
    earlier = await store.words.held(transaction, word.need, said.subject)
    at = max(request.at, touched.moment)
    capacity, basis = giving.check(said, touched.facts, units, earlier, request.at)
    await store.words.add(transaction, number, said, capacity, basis, request.unit, request.caller.user, at)
    written = _entry(request, number, said, capacity, {law.value for law in basis.values()}, at)
    await ledger.append(transaction, written)
    for older in sorted(said.supersedes):
        # From the moment it was said: a withdrawal on its way meanwhile, said after this word, still bites (R23).
        by = request.by(written.id)
        await store.words.add_event(transaction, older, State.SUPERSEDED, said.given_at, by)
        await settle(transaction, older, request)
    parties = {said.sender, *said.recipients} if said.effect is Effect.PERMIT else {said.sender}
    for person in {said.subject, said.given_by}:
        await store.people.meet(transaction, parties, person, request.at)
    kind = "consent_given" if word.effect is Effect.PERMIT else "consent_refused"
    await tell_referral(transaction, kind, [word.need], said.subject, request.request_id)
    return Recorded(number, again=False)


async def renew(
    transaction: Transaction, number: ConsentId, said: Mapping[str, object], units: Mapping[UnitId, UnitFacts],
    post: Once, request: Request,
) -> Recorded:  # fmt: skip
    """Record a new consent of the same scope that stands for an earlier one; `said` is what is new about it.

    Raises:
        UnknownConsent: there is none for this caller.
        AlreadyWithdrawn: it does not stand any more, or only in part: what is wanted now is a consent of its own.
        ConsentError: as `record_word`.
    """
    record = await store.words.one(transaction, number)
    if record is None or record.effect is Effect.FORBID or record.sender != request.unit:
        raise errors.UnknownConsent
    made = await made_before(transaction, post)
    if made is not None:
        return Recorded(ConsentId(made), again=True)
    if record.withdrawals or record.superseded_at is not None or record.invalidated_at is not None:
        raise errors.AlreadyWithdrawn
    row = await store.words.details(transaction, number)
    word = Word(
        effect=Effect.PERMIT, subject=record.subject, given_by=record.given_by, sender=record.sender,
        recipients=record.recipients, categories=record.categories, purpose=record.purpose, need=record.need,
        mutual=record.mutual, supersedes=frozenset({number}), collected=row["collected"],
        method=Method.WRITTEN, given_at=request.at, valid_until=None, told_of_withdrawal=False, notice="",
    )  # fmt: skip
    return await record_word(transaction, replace(word, **said), units, post, request)  # type: ignore[arg-type]


async def withdraw(
    transaction: Transaction, number: ConsentId, recipients: Collection[UnitId] | None,
    categories: Collection[Category] | None, request: Request, effect: Effect,
) -> Record:  # fmt: skip
    """Take a word back from this moment on, all of it or some recipients or kinds; return it as it stood.

    The giver may, and so may any unit it names, whichever way the person told it (R23). A refusal can be taken back,
    too: by the giver alone, or by the unit that recorded it; what was said before it does not come back with it.

    Raises:
        UnknownConsent: there is none for this caller.
        AlreadyWithdrawn: it was taken back before, or a later word stands for it: that is the one to withdraw.
        NothingWithdrawn: what would be taken back is not in it.
    """
    record = await store.words.one(transaction, number)
    if record is None or record.effect is not effect or not await _may_withdraw(transaction, record, request):
        raise errors.UnknownConsent
    touched = await store.people.touch(transaction, {record.subject, record.given_by})
    record = await store.words.one(transaction, number) or record
    if record.superseded_at is not None or record.withdrawn_at is not None:
        raise errors.AlreadyWithdrawn
    if (
        request.caller.citizen is None
        and request.caller.unit != record.sender
        and recipients not in (None, frozenset({request.caller.unit}))
    ):
        raise errors.NothingWithdrawn  # who else is named is not a recipient's to find out
    _check_part(record, recipients, categories)
    at = max(request.at, touched.moment)
    whole = recipients is None and categories is None
    kind = "consent_withdrawn" if record.effect is Effect.PERMIT else "refusal_withdrawn"
    written = request.entry(
        kind, at, consent=str(number), subject=str(record.subject), need=str(record.need),
        recipients=None if recipients is None else sorted(recipients),
        categories=None if categories is None else sorted(categories),
    )  # fmt: skip
    await store.words.add_event(
        transaction, number, State.WITHDRAWN, at, request.by(written.id, at), recipients=recipients,
        categories=categories,
    )  # fmt: skip
    await ledger.append(transaction, written)
    if whole:
        await settle(transaction, number, request)
    await tell_referral(transaction, kind, [record.need], record.subject, request.request_id)
    return record


async def invalidate(transaction: Transaction, number: ConsentId, cause: Cause, request: Request) -> None:
    """Say of a consent that it never should count: recorded in error, or not freely given. It stays on record.

    Raises:
        UnknownConsent: there is none that this unit recorded.
        AlreadyWithdrawn: it is invalidated already.
        LiftedANo: it stands for an earlier no, which would be left lifted.
    """
    record = await store.words.one(transaction, number)
    if record is None or record.effect is Effect.FORBID or record.sender != request.unit:
        raise errors.UnknownConsent
    touched = await store.people.touch(transaction, {record.subject})
    row = await store.words.details(transaction, number)
    lifted = [await store.words.one(transaction, ConsentId(each)) for each in row["supersedes"]]
    if any(each is not None and (each.effect is Effect.FORBID or each.withdrawals) for each in lifted):
        raise errors.LiftedANo
    await end(transaction, [record], cause, request, max(request.at, touched.moment))


async def end(
    transaction: Transaction, records: Collection[Record], cause: Cause, request: Acting, at: datetime
) -> None:
    """Invalidate consents about persons whose rows the caller holds."""
    for record in records:
        written = request.entry(
            "consent_invalidated", at, consent=str(record.id), subject=str(record.subject), need=str(record.need),
            cause=cause,
        )  # fmt: skip
        await store.words.add_event(
            transaction, record.id, State.INVALIDATED, at, request.by(written.id, at), cause=cause
        )
        await ledger.append(transaction, written)
        await settle(transaction, record.id, request)
        await tell_referral(transaction, "consent_invalidated", [record.need], record.subject, request.request_id)


async def still_missing(connection: Connection, number: ConsentId, at: datetime) -> list[tuple[PersonId, Capacity]]:
    """Return whose word is still to be asked for, beside a consent that was just recorded (R27)."""
    record = await store.words.one(connection, number)
    found = None if record is None else await store.people.facts_of(connection, record.subject)
    if record is None or found is None or record.effect is Effect.FORBID or record.alone:
        return []
    words = await store.words.held(connection, record.need, record.subject)
    said = {
        each.given_by
        for each in words
        if live(each, at) and each.purpose is record.purpose and each.sender == record.sender
        and each.categories >= record.categories and each.recipients >= record.recipients
    }  # fmt: skip
    needed = voices(found[2], record.subject, giving.danish_day(at))
    return [(voice.person, voice.capacity) for voice in needed if voice.person not in said]


def _check_part(record: Record, recipients: Collection[UnitId] | None, categories: Collection[Category] | None) -> None:
    if recipients is not None and not (recipients and set(recipients) <= record.recipients):
        raise errors.NothingWithdrawn
    if categories is not None and not (categories and set(categories) <= record.categories):
        raise errors.NothingWithdrawn
    already = any(
        (each.recipients is None or (recipients is not None and set(recipients) <= each.recipients))
        and (each.categories is None or (categories is not None and set(categories) <= each.categories))
        for each in record.withdrawals
    )
    if already:
        raise errors.AlreadyWithdrawn


async def _may_withdraw(connection: Connection, record: Record, request: Request) -> bool:
    caller = request.caller
    if caller.citizen is not None:
        return await whose(connection, caller) == record.given_by
    if Role.RECORD_CONSENT not in caller.roles:
        return False
    named = {record.sender, *record.recipients} if record.effect is Effect.PERMIT else {record.sender}
    return caller.unit in named


def _entry(
    request: Request, number: ConsentId, word: Word, capacity: Capacity, laws: Collection[str], at: datetime
) -> ledger.Entry:
    return request.entry(
        "consent_given" if word.effect is Effect.PERMIT else "consent_refused", at,
        consent=str(number), subject=str(word.subject), given_by=str(word.given_by), capacity=capacity,
        need=str(word.need), sender=word.sender, recipients=sorted(word.recipients),
        categories=sorted(word.categories), purpose=word.purpose, mutual=word.mutual, method=word.method,
        given_at=word.given_at.isoformat(), notice=word.notice, alone=word.alone_because is not None,
        valid_until=word.valid_until and word.valid_until.isoformat(),
        supersedes=sorted(map(str, word.supersedes)), basis=sorted(laws),
    )  # fmt: skip
