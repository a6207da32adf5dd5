"""A person's yes and no: recorded, read by those it names, withdrawn."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import ConfigDict, Field

from services.consent import actions, upstream
from services.consent.domain.errors import UnknownConsent
from services.consent.domain.model import ConsentId, Effect, Method, NeedId, PersonId, Record, UnitId, Word
from shared.auth import Caller, Role, VerifiedClaims, unit_of, with_role
from shared.clock import Now, danish_date
from shared.contracts import UnitOut
from shared.db import Database, InTransaction, TheDatabase
from shared.idempotency import IdempotencyKey, once, replayed
from shared.problems import request_id_of
from shared.text import Code, Moment, Truth, WireIn, WireOut, Words
from shared.units import notices
from shared.vocabulary import CATEGORY_DANISH, PURPOSE_DANISH, Category, Purpose, glossed

router = APIRouter(tags=["consents"])
Recorder = Annotated[VerifiedClaims, Depends(with_role(Role.RECORD_CONSENT))]
Citizen = Annotated[VerifiedClaims, Depends(with_role(Role.CITIZEN))]
MOST_RECIPIENTS = 20
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
    "not_written_because": "Aftalt på stedet, så familien kan ringes op samme uge.",
}


class RefusalIn(WireIn):
    """A no, as it was said: a fact in its own right (R24), and free of consequences (R25)."""

    model_config = ConfigDict(json_schema_extra={"examples": [_NO]})

    subject: UUID = Field(description="whom the information is about: a person's id")
    given_by: UUID = Field(description="who said it: the person it is about (R26)")
    sender: Code = Field(description="the unit that would have told; it records the word itself (R18)")
    recipients: frozenset[Code] = Field(
        min_length=1, max_length=MOST_RECIPIENTS, description="the units it would be told, from the directory (R19)"
    )
    categories: frozenset[Category] = Field(
        min_length=1, description="the kinds of information, never free text (R19): " + glossed(CATEGORY_DANISH.items())
    )
    purpose: Purpose = Field(description="what it is for (R19): " + glossed(PURPOSE_DANISH.items()))
    need: UUID = Field(description="the need it was asked for: the referral's `need` (R20)")
    method: Method = Field(description="an oral word needs `oral_note`")
    given_at: Moment = Field(description="when the person said it; not later than now")
    notice: Code = Field(description="version of the text that was shown or read aloud (R19)")
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
            not_written_because=self.not_written_because,
            supersedes=frozenset(map(ConsentId, self.supersedes)),
        )


class WithdrawalIn(WireIn):
    """A withdrawal needs no reason."""


class WordOut(WireOut):
    """The id under which the word is kept."""

    id: UUID


class ConsentOut(WireOut):
    """A consent or a refusal, as those it names may see it."""

    id: UUID
    effect: Effect
    subject: UUID
    sender: str
    recipients: list[str]
    categories: list[Category]
    purpose: Purpose
    need: UUID
    mutual: bool = Field(description="the recipients may also tell the sender")
    given_at: datetime
    valid_until: datetime | None = Field(description="first moment it no longer holds; null: a refusal has no end")
    withdrawn_at: datetime | None
    superseded_at: datetime | None = Field(description="when a later word took over from it")
    notices: list[str] = Field(
        description="in Danish, what has become of the units named: closed, or moved by law to another region (R47)"
    )


class ConsentList(WireOut):
    """Consents and refusals, oldest first."""

    consents: list[ConsentOut]


async def _known_units(request: Request) -> Mapping[str, UnitOut]:
    """Ask before the transaction is opened: nobody waits for a network with one open."""
    state = request.app.state
    return await upstream.known(state.units, state.directory, request_id_of(request))


KnownUnits = Annotated[Mapping[str, UnitOut], Depends(_known_units)]


@router.post("/consents", status_code=201, summary="Record a specific consent")
async def give(
    body: ConsentIn, request: Request, response: Response, database: TheDatabase, caller: Recorder, at: Now,
    key: IdempotencyKey = None,
) -> WordOut:  # fmt: skip
    """Record a yes. Anything the rules do not allow is refused, with the rule and what to do instead."""
    return await _record(body, request, response, database, caller, at, key)


@router.post("/refusals", status_code=201, summary="Record a refusal")
async def refuse(
    body: RefusalIn, request: Request, response: Response, database: TheDatabase, caller: Recorder, at: Now,
    key: IdempotencyKey = None,
) -> WordOut:  # fmt: skip
    """Record a no. It beats every yes it touches until a later consent names it in `supersedes`."""
    return await _record(body, request, response, database, caller, at, key)


@router.get("/consents", summary="The consents under a need that name your unit")
async def of_need(
    request: Request,
    caller: Recorder,
    units: KnownUnits,
    transaction: InTransaction,
    at: Now,
    need: Annotated[UUID, Query(description="the referral's `need`")],
) -> ConsentList:
    """Return what was said, to the units it names; the reading is on the ledger."""
    found = await actions.consents_of_need(transaction, NeedId(need), caller, at, request_id_of(request))
    return ConsentList(consents=[_out(record, units, danish_date(at)) for record in found])


@router.get("/my/consents", summary="A citizen's own consents and refusals")
async def own(request: Request, caller: Citizen, units: KnownUnits, transaction: InTransaction, at: Now) -> ConsentList:
    """Return everything the citizen has said yes and no to, ended ones too."""
    found = await actions.own_consents(transaction, caller, at, request_id_of(request))
    return ConsentList(consents=[_out(record, units, danish_date(at)) for record in found])


@router.post("/consents/{consent}/withdrawal", status_code=201, summary="Withdraw a consent")
async def withdraw(
    consent: UUID, _body: WithdrawalIn, request: Request, database: TheDatabase, caller: Caller, at: Now
) -> WordOut:
    """Withdraw at once, without a reason; the next decision already knows (R23)."""
    number, request_id = ConsentId(consent), request_id_of(request)
    try:
        async with database.transaction() as transaction:
            record = await actions.withdraw(transaction, number, caller, at, request_id)
    except UnknownConsent:
        async with database.connection() as connection:
            await actions.note_refusal(connection, number, caller, at, request_id)
        raise
    return WordOut(id=record.id)


async def _record(
    body: RefusalIn, request: Request, response: Response, database: Database, caller: VerifiedClaims,
    at: datetime, key: str | None,
) -> WordOut:  # fmt: skip
    word, state = body.word(), request.app.state
    request_id = request_id_of(request)
    units = await upstream.facts(state.units, state.directory, request_id, danish_date(at))
    post = once(unit_of(caller), key, body, "words", word.effect)
    async with database.transaction() as transaction:
        number, again = await actions.record_word(transaction, word, units, post, caller, at, request_id)
    replayed(response.headers, again=again)
    return WordOut(id=number)


def _out(record: Record, units: Mapping[str, UnitOut], on: date) -> ConsentOut:
    return ConsentOut(
        id=record.id,
        effect=record.effect,
        subject=record.subject,
        sender=record.sender,
        recipients=sorted(record.recipients),
        categories=sorted(record.categories),
        purpose=record.purpose,
        need=record.need,
        mutual=record.mutual,
        given_at=record.valid_from,
        valid_until=record.valid_until,
        withdrawn_at=record.withdrawn_at,
        superseded_at=record.superseded_at,
        notices=notices([record.sender, *record.recipients], units, on),
    )
