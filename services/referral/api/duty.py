"""Is there a duty to report? The sender answers, as often as it is seen anew, and reads what it has answered (R31)."""

from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Response
from pydantic import Field

from services.referral.actions import stating
from services.referral.api.context import Surroundings
from services.referral.api.roles import Sender
from services.referral.api.words import StatedIn
from services.referral.domain.duty import ANSWERED_DANISH, REPORT_AT, DutyAnswer, Kept, notices
from services.referral.domain.model import ReferralId
from shared.idempotency import IdempotencyKey, once
from shared.text import WireOut

router = APIRouter(tags=["referrals"])


class StatedOut(WireOut):
    """What the sender stated at one time; nobody but the sender reads it here, and the auditor its codes."""

    id: UUID = Field(description="of its entry on the ledger, too")
    at: datetime
    user: str = Field(description="who of the sender's answered")
    serious_concern: bool
    answer: DutyAnswer | None
    answer_name: str | None = Field(description="the answer in Danish")
    reported_at: datetime | None
    reason: str | None = Field(description="the sender's own words")


class DutyOut(WireOut):
    """What stands now of the duty to report; `notices` say in Danish what is still to be done."""

    stands: StatedOut | None
    earlier: list[StatedOut] = Field(description="what was answered before, oldest first; nothing is unsaid")
    notices: list[str]
    report_at: str = Field(description="where a report is made: a flow of its own, never a part of the request (R31)")


@router.get(
    "/referrals/{referral}/duty-to-report", response_model=DutyOut, summary="What you answered: is there a duty?"
)
async def read(referral: UUID, around: Surroundings, _caller: Sender) -> Response:
    """Return the sender's own answers, with its own words; each reading is on the ledger."""
    kept = await stating.history(around, ReferralId(referral))
    told = [_told(each) for each in kept]
    body = {
        "stands": told[-1] if told else None,
        "earlier": told[:-1],
        "notices": notices(kept[-1].stated if kept else None),
        "report_at": REPORT_AT,
    }
    return Response(orjson.dumps(body), 200, media_type="application/json")


@router.post("/referrals/{referral}/duty-to-report", status_code=201, response_model=StatedOut,
             summary="Answer whether there is a duty to report")  # fmt: skip
async def answer(
    referral: UUID, body: StatedIn, around: Surroundings, _caller: Sender, key: IdempotencyKey = None
) -> Response:
    """Keep the answer beside those before it. It makes no report, and sends and stops nothing."""
    post = once(around.me, key, body, "duty-to-report", referral)
    kept, again = await stating.answer(around, ReferralId(referral), body.stated(), post)
    headers = {"Idempotency-Replayed": "true"} if again else {}
    return Response(orjson.dumps(_told(kept)), 201, headers, "application/json")


def _told(kept: Kept) -> dict[str, Any]:
    stated = kept.stated
    return {
        "id": str(kept.id),
        "at": kept.at,
        "user": kept.user,
        "serious_concern": stated.serious_concern,
        "answer": stated.answer,
        "answer_name": stated.answer and ANSWERED_DANISH[stated.answer],
        "reported_at": stated.reported_at,
        "reason": stated.reason,
    }
