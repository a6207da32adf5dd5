"""Referrals: posted by the sender, read by its parties, taken back by the sender."""

from typing import Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Response
from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from services.referral.actions import answering, posting, reading
from services.referral.api import shapes
from services.referral.api.context import Surroundings
from services.referral.api.roles import Party, Sender
from services.referral.domain.model import PersonId, ReferralId, UnitId
from shared.idempotency import IdempotencyKey, once
from shared.text import Code, Moment, WireIn, Words
from shared.version import tag
from shared.vocabulary import CATEGORY_DANISH, PURPOSE_DANISH, Category, Purpose, glossed

router = APIRouter(tags=["referrals"])
MOST_PIECES = 60
MOST_RECIPIENTS = 10
MOST_OFFERS = 20
_THILDE = "01a20262-ff72-74e6-9f69-e7e0788311b4"
_EXAMPLE: dict[str, Any] = {
    "purpose": "early_support",
    "recipients": ["helsingoer-smaaboernshuset"],
    "offers": [{"subject": _THILDE, "category": "own_wish", "offer": "helsingoer-gravidgruppe"}],
    "own_words": {"subject": _THILDE, "text": "Jeg vil gerne møde andre unge, der venter barn."},
    "seen_by_family_at": "2026-11-22T09:30:00+01:00",
    "information": [
        {"subject": _THILDE, "category": "contact", "text": "Træffes bedst på telefon efter kl. 15."},
        {"subject": _THILDE, "category": "pregnancy", "text": "Gravid i 17. uge, første barn."},
    ],
}


class InformationIn(WireIn):
    """One piece of information: whom it is about, of what kind, and the words."""

    subject: UUID = Field(description="whom it is about: a person's id from `POST /persons`")
    category: Category = Field(description="its kind, which consent names: " + glossed(CATEGORY_DANISH.items()))
    text: Words = Field(description="plain text, no civil registration number (R45)")


class OwnWordsIn(WireIn):
    """What the family itself says and wishes, in its own words (BL § 2, stk. 4; R73)."""

    subject: UUID = Field(description="who says it; of the kind `own_wish`")
    text: Words = Field(description="as it was said")


class WishIn(WireIn):
    """An offer somebody hopes for. Which offer it is may tell as much as words do, so it has a kind as they have."""

    subject: UUID = Field(description="who hopes for it")
    category: Category = Field(description="the kind of information that the wish gives away")
    offer: Code = Field(description="an offer's id, from the directory")


class ReferralIn(WireIn):
    """A referral. It is kept at once, and reaches nobody before consent covers something of it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    need: UUID | None = Field(default=None, description="what consents are recorded under; made if not given (R20)")
    purpose: Purpose = Field(description="what it is for: " + glossed(PURPOSE_DANISH.items()))
    recipients: list[Code] = Field(min_length=1, max_length=MOST_RECIPIENTS, description="units, from the directory")
    offers: list[WishIn] = Field(default=[], max_length=MOST_OFFERS, description="offers the family hopes for")
    own_words: OwnWordsIn = Field(description="what the family itself says (R73)")
    seen_by_family_at: Moment = Field(description="when the family saw what is written here (R73)")
    information: list[InformationIn] = Field(max_length=MOST_PIECES, description="what the sender tells, in pieces")

    @model_validator(mode="after")
    def _no_recipient_twice(self) -> "ReferralIn":
        if len(set(self.recipients)) != len(self.recipients):
            raise PydanticCustomError("recipient_twice", "a recipient is named twice")
        return self

    def draft(self) -> posting.Draft:
        """Return what the sender wrote, the family's own words first."""
        own = posting.Told(PersonId(self.own_words.subject), Category.OWN_WISH, self.own_words.text)
        told = [posting.Told(PersonId(each.subject), each.category, each.text) for each in self.information]
        hoped = [posting.Told(PersonId(each.subject), each.category, "", each.offer) for each in self.offers]
        recipients = tuple(map(UnitId, self.recipients))
        return posting.Draft(self.need, self.purpose, recipients, self.seen_by_family_at, (own, *told, *hoped))


@router.post("/referrals", status_code=201, response_model=shapes.PostedOut, summary="Post a referral")
async def post(body: ReferralIn, around: Surroundings, _caller: Sender, key: IdempotencyKey = None) -> Response:
    """Keep the referral and send it to those who may read something of it; the rest waits for consent."""
    whole, again = await posting.post(around, body.draft(), once(around.unit, key, body, "referrals"))
    told = shapes.posted(whole, await reading.own_tasks(around, whole))
    headers = {"Location": f"/referrals/{whole.id}"} | ({"Idempotency-Replayed": "true"} if again else {})
    return Response(orjson.dumps(told), 201, headers, "application/json")


@router.get("/referrals/{referral}", response_model=shapes.ReferralOut, summary="Read a referral")
async def read(referral: UUID, around: Surroundings, _caller: Party) -> Response:
    """Return what the caller's unit may see at this moment; each reading is on the ledger."""
    seen = await reading.read(around, ReferralId(referral))
    headers = {} if seen.as_sender else {"ETag": tag(seen.tasks[0].task.version)}
    named = [seen.referral.sender, *(each.task.recipient for each in seen.tasks)]
    told = shapes.referral(seen, await around.notices(named))
    return Response(orjson.dumps(told), 200, headers, "application/json")


class WithdrawalIn(WireIn):
    """Taking a referral back needs no reason."""


@router.post("/referrals/{referral}/withdrawal", status_code=201, response_model=shapes.PostedOut,
             summary="Take a referral back")  # fmt: skip
async def withdraw(referral: UUID, _body: WithdrawalIn, around: Surroundings, _caller: Sender) -> Response:
    """End every task that has not ended; the recipients hear that it was taken back."""
    whole = await answering.withdraw(around, ReferralId(referral))
    told = shapes.posted(whole, await reading.own_tasks(around, whole))
    return Response(orjson.dumps(told), 201, media_type="application/json")
