"""Telling on another legal ground than consent: reasoned, by a role of its own, short (R17, R37, R74)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import ConfigDict, Field

from services.consent.actions import overriding
from services.consent.api.context import ByOverrider, Noted, UnitsToday
from services.consent.domain.grounds import TERMS, Ground
from services.consent.domain.model import ConsentId, NeedId, PersonId, UnitId
from shared.db import InTransaction
from shared.idempotency import IdempotencyKey, once, replayed
from shared.text import Code, Moment, WireIn, WireOut, Words
from shared.vocabulary import CATEGORY_DANISH, Category, glossed

router = APIRouter(tags=["other legal grounds"], route_class=Noted)
MOST_RECIPIENTS = 5
MOST = 200


class OverrideIn(WireIn):
    """What is decided to be told without consent, and why: for these recipients, these kinds, a short while."""

    model_config = ConfigDict(json_schema_extra={"examples": [{
        "subject": "01a20262-ff72-74e6-9f69-e7e0788311b4", "sender": "noh-jordemodercenter",
        "recipients": ["helsingoer-sundhedstjenesten"], "categories": ["care_level"],
        "need": "01a20262-ff8b-727b-a478-fb447123fee9", "ground": "sul_41_2_1",
        "reason": "Hjemmebesøget i næste uge skal kunne forberedes.",
        "valid_until": "2026-11-29T00:00:00+01:00"}]})  # fmt: skip

    subject: UUID = Field(description="whom it is about")
    sender: Code = Field(description="the unit that tells: your own (R18)")
    recipients: frozenset[Code] = Field(
        min_length=1, max_length=MOST_RECIPIENTS, description="the units that are told, from the directory"
    )
    categories: frozenset[Category] = Field(min_length=1, description=glossed(CATEGORY_DANISH.items()))
    need: UUID = Field(description="the need it is about: the referral's `need`")
    ground: Ground = Field(description=glossed((each, f"{terms.law}: {terms.danish}") for each, terms in TERMS.items()))
    reason: Words = Field(description="why it is necessary, in words an auditor can follow")
    consent_tried: Words | None = Field(default=None, description="how consent was sought first (RSL § 11 c, stk. 5)")
    informed_at: Moment | None = Field(default=None, description="when the person was told (SUL § 43, stk. 4)")
    not_informed_because: Words | None = Field(default=None, description="why the person is not told, or not yet")
    valid_until: Moment = Field(description="at most thirty days on")


class InformedIn(WireIn):
    """When the person was told."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"informed_at": "2026-11-22T09:30:00+01:00"}]})

    informed_at: Moment = Field(description="not later than now")


class OverrideOut(WireOut):
    """The id under which it is kept."""

    id: UUID


class GroundOut(WireOut):
    """One decision to tell on another legal ground, with why: for the unit that made it, and for an auditor."""

    id: UUID
    subject: UUID
    sender: str
    recipients: list[str]
    categories: list[Category]
    need: UUID
    ground: Ground
    law: str
    reason: str
    consent_tried: str | None
    informed_at: datetime | None
    not_informed_because: str | None
    valid_from: datetime
    valid_until: datetime
    revoked_at: datetime | None
    by_user: str = Field(description="who decided it")


class GroundList(WireOut):
    """Decisions, oldest first; `next` is where to go on, if there is more."""

    overrides: list[GroundOut]
    next: UUID | None


@router.get("/overrides", summary="What your unit tells on another legal ground than consent")
async def recorded(
    transaction: InTransaction,
    asked: ByOverrider,
    after: Annotated[UUID | None, Query(description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
) -> GroundList:
    """Return each decision with its reason, ended ones too; the reading is on the ledger."""
    return listed(await overriding.recorded(transaction, asked, after, limit), limit)


def listed(rows: Sequence[Any], limit: int) -> GroundList:
    """Return database rows as they are told."""
    told = [GroundOut.model_validate({**row, "law": TERMS[Ground(row["ground"])].law}) for row in rows]
    return GroundList(overrides=told, next=rows[-1]["id"] if len(rows) == limit else None)


@router.post("/overrides", status_code=201, summary="Tell on another legal ground than consent")
async def record_override(
    body: OverrideIn, response: Response, transaction: InTransaction, asked: ByOverrider, units: UnitsToday,
    key: IdempotencyKey = None,
) -> OverrideOut:  # fmt: skip
    """Record the decision and its reason; the family sees it, and is to be told of it."""
    told = overriding.Reasoned(
        PersonId(body.subject), UnitId(body.sender), frozenset(map(UnitId, body.recipients)), body.categories,
        NeedId(body.need), body.ground, body.reason, body.consent_tried, body.informed_at, body.not_informed_because,
        body.valid_until,
    )  # fmt: skip
    post = once(asked.unit, key, body, "overrides")
    number, again = await overriding.record(transaction, told, units, post, asked)
    replayed(response.headers, again=again)
    return OverrideOut(id=number)


@router.post("/overrides/{override}/revocation", status_code=201, summary="Tell no more under it")
async def revoke(override: UUID, transaction: InTransaction, asked: ByOverrider) -> OverrideOut:
    """End it at once; the next decision already knows."""
    await overriding.revoke(transaction, ConsentId(override), asked)
    return OverrideOut(id=override)


@router.post("/overrides/{override}/informed", status_code=201, summary="Note when the person was told")
async def inform(override: UUID, body: InformedIn, transaction: InTransaction, asked: ByOverrider) -> OverrideOut:
    """Note that the person knows what was told without consent (SUL § 43, stk. 4)."""
    await overriding.inform(transaction, ConsentId(override), body.informed_at, asked)
    return OverrideOut(id=override)
