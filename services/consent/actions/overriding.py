"""Telling that rests on another legal ground than consent: reasoned, by a role of its own, and short (R74)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.consent import store
from services.consent.actions.context import Request, must_know, tell_referral
from services.consent.domain import errors, grounds
from services.consent.domain.following import Kind
from services.consent.domain.grounds import Ground
from services.consent.domain.model import ConsentId, NeedId, Override, PersonId, UnitFacts, UnitId
from shared import ledger
from shared.clock import danish_date
from shared.db import Transaction
from shared.idempotency import Once, claim
from shared.ids import new_id
from shared.vocabulary import Category


@dataclass(frozen=True, slots=True)
class Reasoned:
    """What somebody decided to tell without consent, and why: everything the ground asks for."""

    subject: PersonId
    sender: UnitId
    recipients: frozenset[UnitId]
    categories: frozenset[Category]
    need: NeedId
    ground: Ground
    reason: str
    consent_tried: str | None
    informed_at: datetime | None
    not_informed_because: str | None
    valid_until: datetime


async def record(
    transaction: Transaction, told: Reasoned, units: Mapping[UnitId, UnitFacts], post: Once, request: Request
) -> tuple[ConsentId, bool]:
    """Record it; whoever was not informed yet is to be informed, and their unit is reminded (SUL § 43, stk. 4).

    Raises:
        ForeignSender: another unit would tell it.
        UnknownUnit: a recipient is none.
        UnknownPerson: not this unit's.
        WrongGround: the ground does not carry it; the error says what is missing.
    """
    if request.unit != told.sender:
        raise errors.ForeignSender
    if not {told.sender, *told.recipients} <= units.keys():
        raise errors.UnknownUnit
    if told.sender in told.recipients:
        raise errors.SenderAmongRecipients
    if told.informed_at is not None and told.informed_at > request.at:
        raise errors.ImpossibleDay
    number = ConsentId(new_id())
    made = await claim(transaction, post, number)
    if made is not None:
        return ConsentId(made), True
    await must_know(transaction, request, {told.subject})
    touched = await store.people.touch(transaction, {told.subject})
    subject, at = touched.identity[told.subject], max(request.at, touched.moment)
    terms = grounds.check(
        told.ground, units[told.sender], [units[each] for each in sorted(told.recipients)],
        informed=told.informed_at is not None or told.not_informed_because is not None,
        tried=told.consent_tried is not None, begins=at, ends=told.valid_until,
        protected=touched.facts[subject].protected and Category.CONTACT in told.categories,
    )  # fmt: skip
    override = Override(
        number, subject, told.sender, told.recipients, told.categories, told.need, at, told.valid_until, terms.law,
        terms.despite_refusal,
    )  # fmt: skip
    written = request.entry(
        "override_recorded", at, override=str(number), subject=str(subject), need=str(told.need), sender=told.sender,
        recipients=sorted(told.recipients), categories=sorted(told.categories), ground=told.ground, law=terms.law,
        valid_until=told.valid_until.isoformat(), informed=told.informed_at is not None,
    )  # fmt: skip
    by = request.by(written.id, at)
    kept = (told.ground, told.reason, told.consent_tried, told.informed_at, told.not_informed_because)
    await store.words.add_override(transaction, override, kept, by)
    await ledger.append(transaction, written)
    if told.informed_at is None:
        await store.following.remind(
            transaction, told.sender, Kind.INFORM_PERSON, subject, danish_date(at), at, override=number
        )
    for unit in told.recipients:
        await store.people.meet(transaction, [unit], subject, at)
    await tell_referral(transaction, "override_recorded", [told.need], subject, request.request_id)
    return number, False


async def revoke(transaction: Transaction, number: ConsentId, request: Request) -> None:
    """Let nothing more be told under it, from this moment on.

    Raises:
        UnknownOverride: there is none of this unit's.
        AlreadyNoted: it was revoked before.
    """
    row = await _own(transaction, number, request)
    touched = await store.people.touch(transaction, {PersonId(row["subject"])})
    at = max(request.at, touched.moment)
    written = request.entry("override_revoked", at, override=str(number), subject=str(row["subject"]))
    await store.words.add_override_event(transaction, number, "revoked", at, request.by(written.id, at))
    await ledger.append(transaction, written)
    need = NeedId(row["need"])
    await tell_referral(transaction, "override_revoked", [need], PersonId(row["subject"]), request.request_id)


async def inform(transaction: Transaction, number: ConsentId, informed_at: datetime, request: Request) -> None:
    """Note when the person was told.

    Raises:
        UnknownOverride: there is none of this unit's.
        AlreadyNoted: it was noted before.
        ImpossibleDay: it is later than now.
    """
    if informed_at > request.at:
        raise errors.ImpossibleDay
    row = await _own(transaction, number, request)
    written = request.entry("person_informed", override=str(number), subject=str(row["subject"]))
    await store.words.add_override_event(transaction, number, "informed", informed_at, request.by(written.id))
    await store.following.informed(transaction, number, request.caller.user, request.at)
    await ledger.append(transaction, written)


async def recorded(transaction: Transaction, request: Request, after: UUID | None, most: int) -> list[Any]:
    """Return what the caller's unit decided to tell without consent, with the reasons; the reading is on the ledger."""
    await ledger.append(transaction, request.entry("overrides_read"))
    return await store.words.overrides_from(transaction, request.unit, after or UUID(int=0), most)


async def every(transaction: Transaction, after: UUID | None, most: int) -> list[Any]:
    """Return what any unit decided to tell without consent, with the reasons, for an auditor."""
    return await store.words.overrides_from(transaction, None, after or UUID(int=0), most)


async def _own(transaction: Transaction, number: ConsentId, request: Request) -> Any:  # noqa: ANN401 - a database row
    row = await store.words.override(transaction, number)
    if row is None or row["sender"] != request.unit:
        raise errors.UnknownOverride
    return row
