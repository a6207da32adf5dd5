"""What has happened: a feed for those who ask, and consent's word of what changed."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import Field

from services.referral.actions import following, hearing
from services.referral.api.context import Surroundings
from services.referral.api.roles import Party, Service
from services.referral.domain.happenings import Happening
from shared.contracts import ConsentEventIn
from shared.cursor import read_cursor
from shared.db import InTransaction
from shared.problems import MissingScope, request_id_of
from shared.text import WireOut
from shared.vocabulary import Reason

router = APIRouter(tags=["events"])
MOST = 200
TELLS = "consent"


class EventOut(WireOut):
    """One event: ids and a code; `kind` is null and `withheld` says why where it may not be told."""

    id: UUID
    kind: Happening | None = Field(
        description="a state the task went into; what was said in its thread; what became of the request "
        "(`consent_changed`: less may be read now); what was agreed; a deadline (`due_soon`, `late`, `escalated`); "
        "`question_waits`: you were asked, and have not answered"
    )
    withheld: Reason | None
    referral: UUID
    task: UUID
    at: datetime
    cursor: str = Field(description="send the last one as `after` to go on")


class EventList(WireOut):
    """Events, oldest first; go on from the last one's cursor."""

    events: list[EventOut]


class HeardOut(WireOut):
    """How many referrals are looked at anew."""

    referrals: int


@router.get("/events", summary="What has happened to your unit's referrals and tasks")
async def feed(
    around: Surroundings,
    _caller: Party,
    after: Annotated[str | None, Query(max_length=60, description="the last event's cursor")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
) -> EventList:
    """Return the next events; none is skipped, and one may be read again."""
    heard = await hearing.hear(around, read_cursor(after), limit)
    return EventList(events=[EventOut.model_validate(each) for each in heard])


@router.post("/internal/consent-events", status_code=201, include_in_schema=False)
async def consent_changed(
    body: ConsentEventIn, request: Request, transaction: InTransaction, caller: Service
) -> HeardOut:
    """Hear that consents under a need changed; hearing it twice does nothing more."""
    if caller.issuer != TELLS:
        raise MissingScope
    return HeardOut(referrals=await following.hear(transaction, body.id, body.need, request_id_of(request)))
