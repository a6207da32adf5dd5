"""What the consent service does, a function per use case: load, decide, write, ledger, emit. Nobody commits here."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from services.consent import store
from services.consent.domain import errors, giving
from services.consent.domain.decision import decide
from services.consent.domain.model import (
    Answer,
    ConsentId,
    Disclosure,
    Effect,
    NeedId,
    Person,
    PersonId,
    Record,
    UnitFacts,
    UnitId,
    Word,
)
from shared import ledger, outbox
from shared.auth import Role, VerifiedClaims, unit_of
from shared.clock import danish_date
from shared.db import Connection, Transaction
from shared.idempotency import Once, claim
from shared.ids import new_id
from shared.ledger import Actor
from shared.vocabulary import Occasion

EARLIEST_BIRTH = date(1900, 1, 1)
TO_REFERRAL = "consent_event"


def actor(caller: VerifiedClaims) -> Actor:
    """Return who acts, as the ledger names it."""
    return Actor(caller.unit, caller.user)


async def register_person(
    transaction: Transaction, born: date, login: str | None, post: Once, caller: VerifiedClaims, at: datetime,
    request_id: str,
) -> tuple[PersonId, bool]:  # fmt: skip
    """Keep a new person; return the id, and whether the same post had made it before.

    Raises:
        BornInTheFuture: the date of birth cannot be.
    """
    if not EARLIEST_BIRTH <= born <= danish_date(at):
        raise errors.BornInTheFuture
    number = PersonId(new_id())
    made = await claim(transaction, post, number)
    if made is not None:
        return PersonId(made), True
    await store.add_person(transaction, Person(number, born), login, unit_of(caller), at)
    written = ledger.entry("person_registered", at=at, actor=actor(caller), request_id=request_id, subject=str(number))
    await ledger.append(transaction, written)
    return number, False


async def record_word(
    transaction: Transaction, word: Word, units: Mapping[UnitId, UnitFacts], post: Once, caller: VerifiedClaims,
    at: datetime, request_id: str,
) -> tuple[ConsentId, bool]:  # fmt: skip
    """Record a person's yes or no; return its id, and whether the same post had recorded it before.

    Raises:
        ConsentError: the word may not be recorded; the error names the rule.
    """
    if caller.unit != word.sender:
        raise errors.ForeignSender
    number = ConsentId(new_id())
    made = await claim(transaction, post, number)
    if made is not None:
        return ConsentId(made), True
    giver = await store.person(transaction, word.given_by)
    if giver is None:
        raise errors.UnknownPerson
    earlier = await store.held(transaction, [word.need], [word.subject])
    basis = dict(giving.check(word, giver, units, earlier, at))
    await store.add_word(transaction, number, word, basis, unit_of(caller), caller.user, at)
    kind = "consent_given" if word.effect is Effect.PERMIT else "consent_refused"
    written = ledger.entry(
        kind, at=at, actor=actor(caller), request_id=request_id, consent=str(number), subject=str(word.subject),
        need=str(word.need), sender=word.sender, recipients=sorted(word.recipients),
        categories=sorted(word.categories), purpose=word.purpose, mutual=word.mutual, method=word.method,
        given_at=word.given_at.isoformat(), notice=word.notice,
        valid_until=word.valid_until and word.valid_until.isoformat(),
        supersedes=sorted(map(str, word.supersedes)), basis=sorted({law.value for law in basis.values()}),
    )  # fmt: skip
    await ledger.append(transaction, written)
    for older in sorted(word.supersedes):  # always in one order, so that two words never wait for one another
        # From the moment it was said: a withdrawal on its way meanwhile, said after this word, still bites (R23).
        await store.add_event(transaction, older, "superseded", word.given_at, caller.unit, caller.user, written.id)
    await _tell_referral(transaction, kind, word.need, word.subject, request_id)
    return number, False


async def withdraw(
    transaction: Transaction, number: ConsentId, caller: VerifiedClaims, at: datetime, request_id: str
) -> Record:
    """Withdraw a consent from this moment on; return it as it stood.

    The person it concerns may, and so may any unit it names, whichever way the person told it (R23).

    Raises:
        UnknownConsent: there is none for this caller.
        AlreadyWithdrawn: it was withdrawn before, or a later word stands for it: that is the one to withdraw.
    """
    record = await store.one(transaction, number)
    if record is None or record.effect is Effect.FORBID or not await _may_withdraw(transaction, record, caller):
        raise errors.UnknownConsent
    if record.superseded_at is not None:
        raise errors.AlreadyWithdrawn
    written = ledger.entry(
        "consent_withdrawn", at=at, actor=actor(caller), request_id=request_id, consent=str(number),
        subject=str(record.subject), need=str(record.need),
    )  # fmt: skip
    await store.add_event(transaction, number, "withdrawn", at, caller.unit, caller.user, written.id)
    await ledger.append(transaction, written)
    await _tell_referral(transaction, "consent_withdrawn", record.need, record.subject, request_id)
    return record


async def note_refusal(
    connection: Connection, number: ConsentId, caller: VerifiedClaims, at: datetime, request_id: str
) -> None:
    """Commit to the ledger that somebody reached for a consent that is not theirs, before they are told no (R50)."""
    written = ledger.entry("access_refused", at=at, actor=actor(caller), request_id=request_id, consent=str(number))
    await ledger.append(connection, written)


async def decide_disclosures(
    connection: Connection, asked: list[Disclosure], occasion: Occasion, reader: Actor, referral: UUID, at: datetime,
    request_id: str,
) -> tuple[UUID, datetime, list[tuple[Answer, ...]]]:  # fmt: skip
    """Decide, and commit the decision to the ledger before anybody hears it.

    A withdrawal, a refusal or a superseding that is committed counts, even if another machine's clock was
    ahead of this one's.

    Returns:
        The ledger entry's id, the moment decided for, and the answers per question.
    """
    held = await store.held(connection, {each.need for each in asked}, {each.subject for each in asked})
    at = max([at, *(moment for record in held for moment in _closings(record))])
    answers = [decide(each, held, at) for each in asked]
    written = ledger.entry(
        "decision", at=at, actor=reader, request_id=request_id, occasion=occasion, referral=str(referral),
        questions=[_told(each, answer) for each, answer in zip(asked, answers, strict=True)],
    )  # fmt: skip
    await ledger.append(connection, written)
    return written.id, at, answers


async def consents_of_need(
    transaction: Transaction, need: NeedId, caller: VerifiedClaims, at: datetime, request_id: str
) -> list[Record]:
    """Return the consents under a need that name the caller's unit; the reading is on the ledger."""
    found = await store.of_need(transaction, need, UnitId(unit_of(caller)))
    written = ledger.entry("consents_read", at=at, actor=actor(caller), request_id=request_id, need=str(need),
                           consents=[str(record.id) for record in found])  # fmt: skip
    await ledger.append(transaction, written)
    return found


async def own_consents(transaction: Transaction, caller: VerifiedClaims, at: datetime, request_id: str) -> list[Record]:
    """Return every consent and refusal about the citizen who asks.

    A citizen about whom nothing is kept gets just that answer.
    """
    number = await store.person_of_login(transaction, caller.citizen or "")
    found = [] if number is None else await store.of_person(transaction, number)
    subject = None if number is None else str(number)
    written = ledger.entry("own_consents_read", at=at, actor=actor(caller), request_id=request_id, subject=subject)
    await ledger.append(transaction, written)
    return found


async def decisions(
    transaction: Transaction, after: UUID | None, referral: UUID | None, unit: str | None, since: datetime | None,
    before: datetime | None, most: int,
) -> list[Any]:  # fmt: skip
    """Return the ledger's decisions, oldest first: rows of id, entry, and place in the tree once sealed."""
    return await store.decisions(
        transaction, after or UUID(int=0), None if referral is None else str(referral), unit,
        _moment(since), _moment(before), most,
    )  # fmt: skip


def _closings(record: Record) -> list[datetime]:
    """Return the moments from which the record closes something, as whoever recorded them read the clock."""
    closings = [record.withdrawn_at, record.superseded_at]
    if record.effect is Effect.FORBID:
        closings.append(record.valid_from)
    return [moment for moment in closings if moment is not None]


async def _may_withdraw(connection: Connection, record: Record, caller: VerifiedClaims) -> bool:
    if caller.citizen is not None:
        return await store.person_of_login(connection, caller.citizen) == record.subject
    named = {record.sender, *record.recipients}
    return Role.RECORD_CONSENT in caller.roles and caller.unit in named


async def _tell_referral(transaction: Transaction, kind: str, need: NeedId, subject: PersonId, request_id: str) -> None:
    payload = {"id": str(new_id()), "kind": kind, "need": str(need), "subject": str(subject)}
    await outbox.put(transaction, TO_REFERRAL, payload, request_id)


def _told(asked: Disclosure, answers: tuple[Answer, ...]) -> dict[str, object]:
    return {
        "subject": str(asked.subject),
        "from": asked.sender,
        "to": asked.recipient,
        "purpose": asked.purpose,
        "need": str(asked.need),
        "back": asked.back,
        "answers": [
            {"category": answer.category, "reason": answer.reason, "records": sorted(map(str, answer.records)),
             "basis": answer.basis}
            for answer in answers
        ],
    }  # fmt: skip


def _moment(at: datetime | None) -> str | None:
    """Return the moment as the ledger writes it."""
    return None if at is None else at.astimezone(UTC).isoformat()
