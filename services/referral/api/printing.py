"""A referral on paper, in Danish: what the caller may see at this moment, and what is withheld with why."""

from uuid import UUID

from fastapi import APIRouter, Response

from services.referral.actions import printing
from services.referral.api.context import Surroundings
from services.referral.api.page import POLICY, Page
from services.referral.api.roles import Party
from services.referral.domain.model import ReferralId

router = APIRouter(tags=["referrals"])


@router.get(
    "/referrals/{referral}/print", summary="Print a request", response_class=Response,
    responses={200: {"description": "A page in Danish.", "content": {"text/html": {"schema": {"type": "string"}}}}},
)  # fmt: skip
async def printed(referral: UUID, around: Surroundings, _caller: Party) -> Response:
    """Return a page to be printed; it is a reading as `GET /referrals/{referral}`, through the same gate."""
    told = await printing.printed(around, ReferralId(referral))
    headers = {"Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
    return Response(Page(told, around.at).html(), 200, headers, "text/html; charset=utf-8")
