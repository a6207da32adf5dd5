"""What families reach with their own login: what there is about them, the dialogue, and asking for help themselves."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import orjson
from fastapi import APIRouter, Query, Response
from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from services.referral.actions import family
from services.referral.actions.context import Context
from services.referral.actions.dialogue import Saying
from services.referral.actions.dialogue import Words as Said
from services.referral.api import family_shapes as shapes
from services.referral.api.context import OfFamily
from services.referral.api.referrals import CorrectionIn, NothingIn
from services.referral.api.words import MOST_OFFERS, MOST_PIECES, MOST_RECIPIENTS, THILDE
from services.referral.domain.asking import Draft, Told
from services.referral.domain.family import FamilyTask
from services.referral.domain.kinds import DropOutReason, FamilyReason, Kind
from services.referral.domain.lifecycle import Party
from services.referral.domain.model import (
    MessageId,
    MessageKind,
    PersonId,
    ReferralId,
    TaskId,
    UnitId,
    family_member,
)
from shared.cursor import read_cursor
from shared.idempotency import IdempotencyKey, once
from shared.text import Code, WireIn, WireOut, Words
from shared.version import ExpectedVersion, tag
from shared.vocabulary import CATEGORY_DANISH, PURPOSE_DANISH, Category, Purpose, glossed

router = APIRouter(prefix="/my", tags=["family"])
MOST = 100
MOST_EVENTS = 200
# A level is the professionals' to assess; a family is neither asked for it nor told (requirement 27; R67).
_NOT_THE_FAMILYS = Category.CARE_LEVEL
_KINDS = glossed((kind, name) for kind, name in CATEGORY_DANISH.items() if kind is not _NOT_THE_FAMILYS)


class _AboutIn(WireIn):
    subject: UUID | None = Field(default=None, description="whom it is about; you yourself, if not given")

    def whom(self, around: Context) -> PersonId:
        """Return whom it is about."""
        return family_member(around.me) if self.subject is None else PersonId(self.subject)


class MyWordsIn(_AboutIn):
    """What you want to say, in your own words (R73)."""

    text: Words = Field(description="plain text, no civil registration number (R45)")


class KindIn(_AboutIn):
    """Something that is told: about whom, and of what kind."""

    category: Category = Field(description="its kind: " + _KINDS)

    @model_validator(mode="after")
    def _no_level(self) -> "KindIn":
        if self.category is _NOT_THE_FAMILYS:
            raise PydanticCustomError("not_the_familys", "a level is not the family's to tell")
        return self


class TellingIn(KindIn):
    """One thing you tell."""

    text: Words = Field(description="plain text, no civil registration number (R45)")

    def told(self, around: Context) -> Told:
        """Return it as the rules know it."""
        return Told(self.whom(around), self.category, self.text)


class HopeIn(KindIn):
    """An offer you hope for."""

    offer: Code = Field(description="an offer's id, from the directory")


class SelfReferralIn(WireIn):
    """Asking for help oneself; it needs no civil registration number (R36), and nobody's consent."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "purpose": "early_support",
                    "recipients": ["helsingoer-smaaboernshuset"],
                    "own_words": {"text": "Jeg venter mit første barn og vil gerne møde andre i samme situation."},
                    "information": [{"category": "contact", "text": "Ring helst efter kl. 15."}],
                }
            ]
        }
    )

    purpose: Purpose = Field(description="what it is for: " + glossed(PURPOSE_DANISH.items()))
    recipients: list[Code] = Field(min_length=1, max_length=MOST_RECIPIENTS, description="units, from the directory")
    own_words: MyWordsIn = Field(description="what you want to say, in your own words (R73)")
    information: list[TellingIn] = Field(
        default=[], max_length=MOST_PIECES, description="more that you tell: of yourself, or of your children"
    )
    offers: list[HopeIn] = Field(default=[], max_length=MOST_OFFERS, description="offers you hope for")

    @model_validator(mode="after")
    def _no_recipient_twice(self) -> "SelfReferralIn":
        if len(set(self.recipients)) != len(self.recipients):
            raise PydanticCustomError("recipient_twice", "a recipient is named twice")
        return self

    def drafted(self, around: Context) -> Draft:
        """Return what was written, the own words first; whoever writes it has seen it."""
        spoken = Told(self.own_words.whom(around), Category.OWN_WISH, self.own_words.text)
        hoped = (Told(each.whom(around), each.category, "", each.offer) for each in self.offers)
        return Draft(
            need=None,
            purpose=self.purpose,
            recipients=tuple(map(UnitId, self.recipients)),
            seen_by_family_at=around.at,
            told=(spoken, *(each.told(around) for each in self.information), *hoped),
            kind=Kind.SELF_REFERRAL,
        )


class FamilyMessageIn(WireIn):
    """A question, an answer, or something to make clear."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "question",
                    "information": [{"subject": THILDE, "category": "own_wish", "text": "Må min mor komme med?"}],
                }
            ]
        }
    )

    kind: Literal["question", "answer", "clarification"] = Field(description="what you want to do")
    to: Literal["sender", "recipient"] | None = Field(
        default=None, description="of a question: who must answer; the place it was sent to, if not given"
    )
    answers: UUID | None = Field(
        default=None, description="of an answer: the question; may be left out where just one waits for you"
    )
    information: list[TellingIn] = Field(
        min_length=1, max_length=MOST_PIECES, description="the words, in pieces: each about one person, of one kind"
    )

    @model_validator(mode="after")
    def _fits(self) -> "FamilyMessageIn":
        if self.to is not None and self.kind != "question":
            raise PydanticCustomError("addressed", "only a question names who must answer")
        if self.answers is not None and self.kind != "answer":
            raise PydanticCustomError("answers", "only an answer names what it answers")
        return self

    def said(self, around: Context) -> Saying:
        """Return it as the rules know it."""
        to = Party(self.to or Party.RECIPIENT) if self.kind == "question" else None
        words = tuple(Said(each.told(around)) for each in self.information)
        return Saying(MessageKind(self.kind), words, to, None if self.answers is None else MessageId(self.answers))


class NoThankYouIn(WireIn):
    """No thank you; nobody asks you to explain more than you want to."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "timing"}]})

    reason: FamilyReason = Field(default=FamilyReason.NOT_SAID, description="yours, if you want to say it")


class StopIn(WireIn):
    """You stop on the way."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "enough_helped"}]})

    reason: DropOutReason = Field(default=DropOutReason.NOT_SAID, description="yours, if you want to say it")


class FamilyEventOut(WireOut):
    """One event: ids and a code."""

    id: UUID
    kind: str
    referral: UUID
    task: UUID
    at: datetime
    cursor: str = Field(description="send the last one as `after` to go on")


class FamilyEventList(WireOut):
    """Events, oldest first; go on from the last one's cursor."""

    events: list[FamilyEventOut]


@router.get("/referrals", response_model=shapes.FamilyList, summary="What there is about you and your children")
async def mine(
    around: OfFamily,
    after: Annotated[UUID | None, Query(description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
) -> Response:
    """Return what there is about you and those you speak for: ids, codes and days; the reading is on the ledger."""
    found = await family.mine(around, after or UUID(int=0), limit)
    lines = [shapes.line(each) for each in found]
    body = {"referrals": lines, "next": lines[-1]["id"] if len(lines) == limit else None}
    return Response(orjson.dumps(body), 200, media_type="application/json")


@router.post("/referrals", status_code=201, response_model=shapes.FamilyReferralOut,
             summary="Ask for help yourself")  # fmt: skip
async def ask_for_help(body: SelfReferralIn, around: OfFamily, key: IdempotencyKey = None) -> Response:
    """Send it at once: those you write to read it, and what they would tell others needs your yes as ever."""
    post = once(around.me, key, body, "my/referrals")
    seen, again = await family.ask_for_help(around, body.drafted(around), post)
    headers = {"Location": f"/my/referrals/{seen.referral.id}"} | ({"Idempotency-Replayed": "true"} if again else {})
    return Response(orjson.dumps(shapes.referral(seen, around.myself)), 201, headers, "application/json")


@router.get("/referrals/{referral}", response_model=shapes.FamilyReferralOut, summary="Read what is yours of it")
async def read(referral: UUID, around: OfFamily) -> Response:
    """Return what is about you and those you speak for; each reading is on the ledger."""
    seen = await family.read(around, ReferralId(referral))
    notices = await around.notices([each.task.recipient for each in seen.tasks])
    told = shapes.referral(seen, around.myself, notices, await family.earlier(around, seen))
    return Response(orjson.dumps(told), 200, media_type="application/json")


@router.post("/referrals/{referral}/withdrawal", status_code=201, response_model=shapes.FamilyReferralOut,
             summary="Take back what you asked for")  # fmt: skip
async def withdraw(referral: UUID, _body: NothingIn, around: OfFamily) -> Response:
    """End what has not ended; those you wrote to hear that it was taken back."""
    seen = await family.withdraw(around, ReferralId(referral))
    return Response(orjson.dumps(shapes.referral(seen, around.myself)), 201, media_type="application/json")


@router.post("/referrals/{referral}/corrections", status_code=204, summary="Correct what you wrote")
async def correct(referral: UUID, body: CorrectionIn, around: OfFamily, key: IdempotencyKey = None) -> Response:
    """Put right words in place of your own wrong ones; the old ones are kept, and shown as corrected."""
    post = once(around.me, key, body, "corrections", referral)
    await family.correct(around, ReferralId(referral), body.piece, body.text, post)
    return Response(status_code=204)


@router.get("/tasks/{task}/messages", response_model=shapes.FamilyMessagePage, summary="Read a dialogue, part by part")
async def page(
    task: UUID,
    around: OfFamily,
    before: Annotated[UUID | None, Query(description="`next`, or `dialogue_next` of the request")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = MOST,
) -> Response:
    """Return what was said last before that, as far as it is about you and those you speak for."""
    seen, corrected, following = await family.page(around, TaskId(task), before, limit)
    told = [shapes.message(each, around.myself, corrected) for each in seen]
    body = {"messages": told, "next": None if following is None else str(following)}
    return Response(orjson.dumps(body), 200, media_type="application/json")


@router.post("/tasks/{task}/messages", status_code=201, response_model=shapes.FamilySaidOut, summary="Ask or answer")
async def say(task: UUID, body: FamilyMessageIn, around: OfFamily, key: IdempotencyKey = None) -> Response:
    """Keep what you say; the place and whoever wrote to it hear of it."""
    post = once(around.me, key, body, "my/messages", task)
    number, seen, again = await family.say(around, TaskId(task), body.said(around), post)
    headers = {"ETag": tag(seen.task.version)} | ({"Idempotency-Replayed": "true"} if again else {})
    told = {"id": str(number), "task": shapes.task(seen)}
    return Response(orjson.dumps(told), 201, headers, "application/json")


@router.post("/tasks/{task}/decline", response_model=shapes.FamilyTaskOut, summary="Say no thank you")
async def decline(task: UUID, body: NoThankYouIn, around: OfFamily, version: ExpectedVersion) -> Response:
    """Say no thank you; where it concerns others, too, it is for your own part."""
    return _done(await family.decline(around, TaskId(task), version, body.reason))


@router.post("/tasks/{task}/drop-out", response_model=shapes.FamilyTaskOut, summary="Stop on the way")
async def drop_out(task: UUID, body: StopIn, around: OfFamily, version: ExpectedVersion) -> Response:
    """Stop; where it concerns others, too, for your own part."""
    return _done(await family.drop_out(around, TaskId(task), version, body.reason))


@router.post("/tasks/{task}/proposal/refusal", response_model=shapes.FamilyTaskOut, summary="Say no to a proposal")
async def refuse_proposal(task: UUID, _body: NothingIn, around: OfFamily, version: ExpectedVersion) -> Response:
    """Say no to what is proposed instead."""
    return _done(await family.refuse_proposal(around, TaskId(task), version))


@router.post("/tasks/{task}/proposal/agreement", status_code=201, response_model=shapes.FamilyReferralOut,
             summary="Let it be passed on as proposed")  # fmt: skip
async def agree(task: UUID, _body: NothingIn, around: OfFamily, version: ExpectedVersion) -> Response:
    """Pass on what you asked for yourself: your own words go along, and nothing others wrote."""
    seen = await family.agree(around, TaskId(task), version)
    return Response(orjson.dumps(shapes.referral(seen, around.myself)), 201, media_type="application/json")


@router.get("/events", summary="What has happened to what you asked for, and what you are asked")
async def feed(
    around: OfFamily,
    after: Annotated[str | None, Query(max_length=60, description="the last event's cursor")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_EVENTS)] = 100,
) -> FamilyEventList:
    """Return the next events; none is skipped, and one may be read again."""
    heard = await family.hear(around, read_cursor(after), limit)
    return FamilyEventList(events=[FamilyEventOut.model_validate(each) for each in heard])


def _done(seen: FamilyTask) -> Response:
    body = orjson.dumps(shapes.task(seen))
    return Response(body, 200, {"ETag": tag(seen.task.version)}, "application/json")
