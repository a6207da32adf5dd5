"""Requests: posted, added to and taken back by the sender, read by the parties."""

from typing import Annotated
from uuid import UUID

import orjson
from fastapi import APIRouter, Query, Response
from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from services.referral.actions import adding, answering, chaining, duty, posting, reading
from services.referral.actions.context import Context
from services.referral.api import shapes
from services.referral.api.context import Surroundings
from services.referral.api.roles import Party, Sender
from services.referral.api.words import MOST_PIECES, MOST_RECIPIENTS, THILDE, InformationIn, ReferralIn
from services.referral.domain.duty import DutyAnswer, notices
from services.referral.domain.kinds import Kind
from services.referral.domain.model import Referral, ReferralId, UnitId
from services.referral.domain.work import Chosen
from shared.idempotency import IdempotencyKey, once
from shared.text import Code, WireIn, Words
from shared.version import tag

router = APIRouter(tags=["referrals"])
MOST = 100


@router.post("/referrals", status_code=201, response_model=shapes.PostedOut, summary="Post a request")
async def post(body: ReferralIn, around: Surroundings, _caller: Sender, key: IdempotencyKey = None) -> Response:
    """Keep the request and send it to those who may read something of it; the rest waits for consent."""
    whole, again = await posting.post(around, body.drafted(), once(around.me, key, body, "referrals"))
    told = shapes.posted(whole, await reading.own_tasks(around, whole), around.at)
    if again:
        told["notices"] = []  # whom to ask was asked then, and may be known by now: reading the request tells
    told["notices"] += notices((await duty.standing(around, [whole])).get(whole.id))
    headers = {"Location": f"/referrals/{whole.id}"} | ({"Idempotency-Replayed": "true"} if again else {})
    return Response(orjson.dumps(told), 201, headers, "application/json")


@router.get("/referrals", response_model=shapes.PostedList, summary="What your unit has sent, and where it stands")
async def sent(
    around: Surroundings,
    _caller: Sender,
    after: Annotated[UUID | None, Query(description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    open: Annotated[  # noqa: A002 - its name on the wire
        bool | None,
        Query(description="`true`: some task has not ended, or its course may not be told you; `false`: the others"),
    ] = None,
    kind: Annotated[list[Kind] | None, Query(description="only these kinds")] = None,
    need: Annotated[UUID | None, Query(description="only what is under this need")] = None,
    duty_to_report: Annotated[
        list[DutyAnswer] | None,
        Query(description="only where this is what you answered last: `will_report` is what is still to be reported"),
    ] = None,
) -> Response:
    """Return the unit's own requests, oldest first: ids, kinds, and each task as the sender may see it now."""
    found = await reading.sent(around, Chosen(kind or (), need, open, duty_to_report or ()), after, limit)
    stated = await duty.standing(around, [whole for whole, _ in found])
    told = [shapes.line(whole, tasks, around.at, stated.get(whole.id)) for whole, tasks in found]
    body = {"referrals": told, "next": told[-1]["id"] if len(told) == limit else None}
    return Response(orjson.dumps(body), 200, media_type="application/json")


@router.get("/referrals/{referral}", response_model=shapes.ReferralOut, summary="Read a request")
async def read(referral: UUID, around: Surroundings, _caller: Party) -> Response:
    """Return what the caller's unit may see at this moment; each reading is on the ledger."""
    seen = await reading.read(around, ReferralId(referral))
    headers = {} if seen.as_sender else {"ETag": tag(seen.tasks[-1].task.version)}
    named = [seen.referral.sender, *(each.task.recipient for each in seen.tasks)]
    unknown = shapes.nobody_to_ask(seen.tasks) if seen.as_sender else []
    stated = (await duty.standing(around, [seen.referral])).get(seen.referral.id)  # nothing to a recipient
    told = shapes.referral(seen, around.at, [*await around.notices(named), *unknown, *notices(stated)], stated)
    return Response(orjson.dumps(told), 200, headers, "application/json")


class NothingIn(WireIn):
    """Nothing needs to be said."""


class AdditionIn(WireIn):
    """More of what the sender tells."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"information": [{"subject": THILDE, "category": "health", "text": "Sover bedre nu."}]}]
        }
    )

    information: list[InformationIn] = Field(min_length=1, max_length=MOST_PIECES, description="what is told")


class CorrectionIn(WireIn):
    """Words in place of others of the caller's own; the old ones are kept, and shown as corrected (R57)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"piece": THILDE, "text": "Gravid i 18. uge."}]})

    piece: UUID = Field(description="the piece that is wrong")
    text: Words = Field(description="what is right")


class RecipientsIn(WireIn):
    """More recipients of the same request: each gets a task of its own."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"recipients": ["helsingoer-sundhedstjenesten"]}]})

    recipients: list[Code] = Field(min_length=1, max_length=MOST_RECIPIENTS, description="units, from the directory")

    @model_validator(mode="after")
    def _no_recipient_twice(self) -> "RecipientsIn":
        if len(set(self.recipients)) != len(self.recipients):
            raise PydanticCustomError("recipient_twice", "a recipient is named twice")
        return self


@router.post("/referrals/{referral}/withdrawal", status_code=201, response_model=shapes.PostedOut,
             summary="Take a request back")  # fmt: skip
async def withdraw(referral: UUID, _body: NothingIn, around: Surroundings, _caller: Sender) -> Response:
    """End every task that has not ended; the recipients hear that it was taken back."""
    return await _own(around, await answering.withdraw(around, ReferralId(referral)))


@router.post("/referrals/{referral}/sending", status_code=201, response_model=shapes.PostedOut,
             summary="Send a draft")  # fmt: skip
async def send(referral: UUID, _body: NothingIn, around: Surroundings, _caller: Sender) -> Response:
    """Send what was kept as a draft, to those who may read something of it."""
    return await _own(around, await adding.send(around, ReferralId(referral)))


@router.post("/referrals/{referral}/information", status_code=201, response_model=shapes.PostedOut,
             summary="Add to a request")  # fmt: skip
async def add(
    referral: UUID, body: AdditionIn, around: Surroundings, _caller: Sender, key: IdempotencyKey = None
) -> Response:
    """Add pieces; the recipients hear that there is more, and read of it what consent permits."""
    post = once(around.me, key, body, "information", referral)
    told = [each.told() for each in body.information]
    return await _own(around, await adding.add(around, ReferralId(referral), told, post))


@router.post("/referrals/{referral}/corrections", status_code=204, summary="Correct what your unit wrote")
async def correct(
    referral: UUID, body: CorrectionIn, around: Surroundings, _caller: Party, key: IdempotencyKey = None
) -> Response:
    """Put right words in place of wrong ones; the old ones are kept, and shown as corrected."""
    post = once(around.me, key, body, "corrections", referral)
    await adding.correct(around, ReferralId(referral), body.piece, body.text, post)
    return Response(status_code=204)


@router.post("/referrals/{referral}/recipients", status_code=201, response_model=shapes.PostedOut,
             summary="Send a request to more recipients")  # fmt: skip
async def split(referral: UUID, body: RecipientsIn, around: Surroundings, _caller: Sender) -> Response:
    """Make a task for each new recipient; it waits for consent to name it before anything moves."""
    made = await chaining.split(around, ReferralId(referral), [UnitId(each) for each in body.recipients])
    return await _own(around, made.referral)


@router.post("/referrals/{referral}/closing", status_code=201, response_model=shapes.PostedOut,
             summary="Close a request")  # fmt: skip
async def close(referral: UUID, _body: NothingIn, around: Surroundings, _caller: Sender) -> Response:
    """Take back what nobody has answered; after a handover, only when the receiver has taken over."""
    return await _own(around, await chaining.close(around, ReferralId(referral)))


async def _own(around: Context, whole: Referral) -> Response:
    told = shapes.posted(whole, await reading.own_tasks(around, whole), around.at)
    told["notices"] += notices((await duty.standing(around, [whole])).get(whole.id))
    return Response(orjson.dumps(told), 201, media_type="application/json")
