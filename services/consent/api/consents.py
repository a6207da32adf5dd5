"""A person's yes and no: recorded, read by those it names, renewed, taken back."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import ConfigDict, Field

from services.consent.actions import reading, words
from services.consent.actions.context import Request as Asked
from services.consent.api.context import ByAnybody, ByRecorder, KnownUnits, Noted, UnitsIfKnown, UnitsToday
from services.consent.domain.model import (
    CAPACITY_DANISH,
    Capacity,
    ConsentId,
    Effect,
    Method,
    NeedId,
    PersonId,
    Record,
    UnitFacts,
    UnitId,
    Word,
)
from services.consent.domain.told import Cause, State
from services.consent.upstream import named_units
from shared.clock import danish_date
from shared.contracts import UnitOut
from shared.db import Database, InTransaction, TheDatabase
from shared.idempotency import IdempotencyKey, once, replayed
from shared.text import Code, Moment, Truth, WireIn, WireOut, Words
from shared.units import notices
from shared.vocabulary import CATEGORY_DANISH, PURPOSE_DANISH, Category, Purpose, glossed

router = APIRouter(tags=["consents"], route_class=Noted)
MOST_RECIPIENTS = 20
# That the other hesitates, or cannot be reached, is no reason.
Alone = Literal["not_essential_decision"]
_NO: dict[str, Any] = {
    "subject": "01a20262-ff72-74e6-9f69-e7e0788311b4",
    "given_by": "01a20262-ff72-74e6-9f69-e7e0788311b4",
    "sender": "noh-jordemodercenter",
    "recipients": ["helsingoer-smaaboernshuset"],
    "categories": ["network"],
    "purpose": "early_support",
    "need": "01a20262-ff8b-727b-a478-fb447123fee9",
    "method": "oral",
    "given_at": "2026-11-22T09:30:00+01:00",
    "notice": "samtykke-da-1",
    "oral_note": "Sagt ved konsultationen, efter at teksten var læst op.",
}
_YES: dict[str, Any] = _NO | {
    "categories": ["contact", "pregnancy", "own_wish", "course"],
    "valid_until": "2027-05-22T00:00:00+02:00",
    "mutual": True,
    "told_of_withdrawal": True,
    "active_choice": True,
    "not_written_because": "Aftalt på stedet, så familien kan ringes op samme uge.",
}


class RefusalIn(WireIn):
    """A no, as it was said: a fact in its own right (R24), and free of consequences (R25)."""

    model_config = ConfigDict(json_schema_extra={"examples": [_NO]})

    subject: UUID = Field(description="whom the information is about: a person's id")
    given_by: UUID = Field(
        description="who said it: the person it is about, or who speaks for them, see GET /persons/{person} (R26)"
    )
    sender: Code = Field(description="the unit that would have told; it records the word itself (R18)")
    recipients: frozenset[Code] = Field(
        min_length=1,
        max_length=MOST_RECIPIENTS,
        description="the units it would be told, from the directory; or an organisation whose units are all of one "
        "kind (R19)",
    )
    categories: frozenset[Category] = Field(
        min_length=1, description="the kinds of information, never free text (R19): " + glossed(CATEGORY_DANISH.items())
    )
    purpose: Purpose = Field(description="what it is for (R19): " + glossed(PURPOSE_DANISH.items()))
    need: UUID = Field(description="the need it was asked for: the referral's `need` (R20)")
    method: Method = Field(description="an oral word needs `oral_note`")
    given_at: Moment = Field(description="when the person said it; not later than now")
    notice: Code = Field(description="the text that was shown or read aloud: an id from /notices (R19)")
    oral_note: Words | None = Field(default=None, description="where and when, and what was said (R24)")

    def word(self) -> Word:
        """Return what was said, as a no."""
        return Word(
            effect=Effect.FORBID,
            subject=PersonId(self.subject),
            given_by=PersonId(self.given_by),
            sender=UnitId(self.sender),
            recipients=frozenset(map(UnitId, self.recipients)),
            categories=self.categories,
            purpose=self.purpose,
            need=NeedId(self.need),
            mutual=False,
            method=self.method,
            given_at=self.given_at,
            valid_until=None,
            told_of_withdrawal=False,
            notice=self.notice,
            oral_note=self.oral_note,
        )


class ConsentIn(RefusalIn):
    """A specific consent, with every element of R19; nothing has a default that consents."""

    model_config = ConfigDict(json_schema_extra={"examples": [_YES]})

    valid_until: Moment = Field(description="first moment it no longer holds; at most a year on (R16)")
    mutual: Truth = Field(description="may the recipients also tell the sender?")
    told_of_withdrawal: Truth = Field(description="was the person told that it can always be withdrawn? (R19, R23)")
    active_choice: Truth = Field(description="did the person choose it? Nothing ticked beforehand, no silence (R21)")
    collected: Truth = Field(default=False, description="did the recipient, an authority, ask for it? (RSL § 11 a)")
    protected_address: Truth = Field(
        default=False, description="was it said that a protected name or address is told along?"
    )
    alone_because: Alone | None = Field(
        default=None,
        description="the only reason why one custody holder is enough: no essential decision (R27, FAL § 3)",
    )
    not_written_because: Words | None = Field(default=None, description="SUL § 44, stk. 1: why it is not in writing")
    supersedes: frozenset[UUID] = Field(
        default=frozenset(),
        description="the person's earlier words under this need, from this sender, that it stands for",
    )

    def word(self) -> Word:
        """Return what was said, as a yes with everything that makes it one."""
        return replace(
            super().word(),
            effect=Effect.PERMIT,
            valid_until=self.valid_until,
            mutual=self.mutual,
            told_of_withdrawal=self.told_of_withdrawal,
            active=self.active_choice,
            collected=self.collected,
            address=self.protected_address,
            alone_because=self.alone_because,
            not_written_because=self.not_written_because,
            supersedes=frozenset(map(ConsentId, self.supersedes)),
        )


class WithdrawalIn(WireIn):
    """A withdrawal needs no reason. Without anything, all of it; or only some recipients, or some kinds."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}, {"categories": ["network"]}]})

    recipients: frozenset[Code] | None = Field(default=None, description="only towards these units")
    categories: frozenset[Category] | None = Field(default=None, description="only these kinds")


class InvalidationIn(WireIn):
    """Why a consent should never have counted."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"cause": "recorded_in_error"}]})

    cause: Literal[Cause.RECORDED_IN_ERROR, Cause.NOT_FREELY_GIVEN] = Field(description="why it should not count")


class RenewalIn(WireIn):
    """The same consent again, asked and answered anew; what it covers is as before (R16)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{name: _YES[name] for name in (
                "method", "given_at", "notice", "valid_until", "told_of_withdrawal", "active_choice", "oral_note",
                "not_written_because")}]
        }
    )  # fmt: skip

    method: Method = Field(description="an oral word needs `oral_note`")
    given_at: Moment = Field(description="when the person said it; not later than now")
    valid_until: Moment = Field(description="first moment it no longer holds; at most a year on (R16)")
    notice: Code = Field(description="the text that was shown or read aloud: an id from /notices (R19)")
    told_of_withdrawal: Truth = Field(description="was the person told that it can always be withdrawn? (R19, R23)")
    active_choice: Truth = Field(description="did the person choose it? (R21)")
    protected_address: Truth = Field(
        default=False, description="was it said that a protected name or address is told along?"
    )
    oral_note: Words | None = Field(default=None, description="where and when, and what was said (R24)")
    not_written_because: Words | None = Field(default=None, description="SUL § 44, stk. 1: why it is not in writing")
    alone_because: Alone | None = Field(default=None, description="why one custody holder is enough (R27)")


class AskOut(WireOut):
    """Somebody whose word is still to be asked for (R27)."""

    person: UUID
    capacity: Capacity
    capacity_danish: str


class WordOut(WireOut):
    """The id under which the word is kept, and who is still to be asked before it opens anything."""

    id: UUID
    still_to_ask: tuple[AskOut, ...] = ()


class ConsentOut(WireOut):
    """A consent or a refusal, as those it names may see it; a recipient is not told of the others."""

    id: UUID
    effect: Effect
    subject: UUID
    given_by: UUID
    capacity: Capacity = Field(description="in what right it was said (R26)")
    sender: str
    recipients: list[str]
    categories: list[Category]
    purpose: Purpose
    need: UUID
    mutual: bool = Field(description="the recipients may also tell the sender")
    given_at: datetime
    valid_until: datetime | None = Field(description="first moment it no longer holds; null: a refusal has no end")
    withdrawn_at: datetime | None = Field(description="when all of it was taken back")
    withdrawn_parts: list["PartOut"] = Field(description="what was taken back of it, where it was not all")
    superseded_at: datetime | None = Field(description="when a later word took over from it")
    invalidated_at: datetime | None = Field(description="from when it does not count any more, and was not taken back")
    state: State = Field(description="what has become of it; taken back in part, it still stands")
    days_left: int | None = Field(description="null: a refusal, or what stands no more")
    notices: list[str] = Field(
        description="in Danish, what has become of the units named: closed, or moved by law to another region (R47)"
    )


class PartOut(WireOut):
    """What was taken back of a consent; null: all recipients, or all kinds."""

    at: datetime
    recipients: list[str] | None
    categories: list[Category] | None


class ConsentList(WireOut):
    """Consents and refusals, oldest first."""

    consents: list[ConsentOut]


@router.post("/consents", status_code=201, summary="Record a specific consent")
async def give(
    body: ConsentIn, response: Response, database: TheDatabase, asked: ByRecorder, units: UnitsToday,
    key: IdempotencyKey = None,
) -> WordOut:  # fmt: skip
    """Record a yes. Anything the rules do not allow is refused, with the rule and what to do instead."""
    return await _record(body, response, database, asked, units, key)


@router.post("/refusals", status_code=201, summary="Record a refusal")
async def refuse(
    body: RefusalIn, response: Response, database: TheDatabase, asked: ByRecorder, units: UnitsToday,
    key: IdempotencyKey = None,
) -> WordOut:  # fmt: skip
    """Record a no. It beats every yes it touches, till the person takes it back or a later consent names it."""
    return await _record(body, response, database, asked, units, key)


@router.get("/consents", summary="The consents under a need that name your unit")
async def of_need(
    asked: ByRecorder,
    units: KnownUnits,
    transaction: InTransaction,
    need: Annotated[UUID, Query(description="the referral's `need`")],
) -> ConsentList:
    """Return what was said, to the units it names; the reading is on the ledger."""
    found = await reading.of_need(transaction, NeedId(need), asked)
    return ConsentList(consents=[as_told(record, units, asked.at) for record in found])


@router.post("/consents/{consent}/withdrawal", status_code=201, summary="Withdraw a consent, or part of it")
async def withdraw(
    consent: UUID, body: WithdrawalIn, database: TheDatabase, asked: ByAnybody, units: UnitsIfKnown
) -> WordOut:
    """Withdraw at once, without a reason; the next decision already knows (R23)."""
    return await _withdraw(ConsentId(consent), body, database, asked, units, Effect.PERMIT)


@router.post("/refusals/{refusal}/withdrawal", status_code=201, summary="Take a refusal back")
async def unrefuse(
    refusal: UUID, body: WithdrawalIn, database: TheDatabase, asked: ByAnybody, units: UnitsIfKnown
) -> WordOut:
    """Take a no back: what was consented to before it stays closed, and a new consent can open it."""
    return await _withdraw(ConsentId(refusal), body, database, asked, units, Effect.FORBID)


@router.post("/consents/{consent}/renewal", status_code=201, summary="Renew a consent")
async def renew(
    consent: UUID, body: RenewalIn, response: Response, database: TheDatabase, asked: ByRecorder, units: UnitsToday,
    key: IdempotencyKey = None,
) -> WordOut:  # fmt: skip
    """Record a new consent of the same scope in one step; the old one is superseded, never changed (R24)."""
    said = body.model_dump()
    said["active"] = said.pop("active_choice")
    said["address"] = said.pop("protected_address")
    post = once(asked.unit, key, body, "renewal", consent)
    async with database.transaction() as transaction:
        made = await words.renew(transaction, ConsentId(consent), said, units, post, asked)
        missing = await words.still_missing(transaction, made.id, asked.at)
    replayed(response.headers, again=made.again)
    return _word(made.id, missing)


@router.post("/consents/{consent}/invalidation", status_code=201, summary="Say that a consent should not count")
async def invalidate(consent: UUID, body: InvalidationIn, transaction: InTransaction, asked: ByRecorder) -> WordOut:
    """Recorded in error, or not freely given: it stays on record, and opens nothing from now on."""
    await words.invalidate(transaction, ConsentId(consent), body.cause, asked)
    return WordOut(id=consent)


def as_told(record: Record, units: Mapping[str, UnitOut], at: datetime) -> ConsentOut:
    """Return a word as it is told."""
    return ConsentOut(
        id=record.id,
        effect=record.effect,
        subject=record.subject,
        given_by=record.given_by,
        capacity=record.capacity,
        sender=record.sender,
        recipients=sorted(record.recipients),
        categories=sorted(record.categories),
        purpose=record.purpose,
        need=record.need,
        mutual=record.mutual,
        given_at=record.valid_from,
        valid_until=record.valid_until,
        withdrawn_at=record.withdrawn_at,
        withdrawn_parts=[
            PartOut(
                at=each.at,
                recipients=None if each.recipients is None else sorted(each.recipients),
                categories=None if each.categories is None else sorted(each.categories),
            )
            for each in record.withdrawals
            if not each.whole
        ],
        superseded_at=record.superseded_at,
        invalidated_at=record.invalidated_at,
        state=reading.state_of(record, at),
        days_left=reading.days_left(record, at),
        notices=notices([record.sender, *record.recipients], units, danish_date(at)),
    )


async def _withdraw(
    number: ConsentId, body: WithdrawalIn, database: Database, asked: Asked, units: Mapping[UnitId, UnitFacts],
    effect: Effect,
) -> WordOut:  # fmt: skip
    named = None if body.recipients is None else frozenset(map(UnitId, body.recipients))
    recipients = None if named is None else named_units(named, units, closes=True)
    async with database.transaction() as transaction:
        record = await words.withdraw(transaction, number, recipients, body.categories, asked, effect)
    return WordOut(id=record.id)


async def _record(
    body: RefusalIn, response: Response, database: Database, asked: Asked, units: Mapping[UnitId, UnitFacts],
    key: str | None,
) -> WordOut:  # fmt: skip
    word = body.word()
    word = replace(word, recipients=named_units(word.recipients, units, closes=word.effect is Effect.FORBID))
    post = once(asked.unit, key, body, "words", word.effect)
    async with database.transaction() as transaction:
        made = await words.record_word(transaction, word, units, post, asked)
        missing = await words.still_missing(transaction, made.id, asked.at)
    replayed(response.headers, again=made.again)
    return _word(made.id, missing)


def _word(number: ConsentId, missing: list[tuple[PersonId, Capacity]]) -> WordOut:
    return WordOut(
        id=number,
        still_to_ask=tuple(
            AskOut(person=person, capacity=capacity, capacity_danish=CAPACITY_DANISH[capacity])
            for person, capacity in missing
        ),
    )
