"""Who is this login, and for whom does that person speak today? Asked by the services that show families theirs."""

from fastapi import APIRouter, Request

from services.consent.actions import speaking
from shared.auth import Caller, Role
from shared.clock import Now
from shared.contracts import SpeakerIn, SpeakerOut
from shared.db import InTransaction
from shared.problems import MissingScope, request_id_of

router = APIRouter(tags=["speaking"])
MAY_ASK = frozenset({"referral"})


@router.post("/internal/speakers", include_in_schema=False)
async def speaker(body: SpeakerIn, request: Request, transaction: InTransaction, caller: Caller, at: Now) -> SpeakerOut:
    """Answer for this moment; the answer is on the ledger before it leaves."""
    if Role.SERVICE not in caller.roles or caller.issuer not in MAY_ASK:
        raise MissingScope
    told = await speaking.speaker(transaction, body.citizen, body.user, at, request_id_of(request))
    return SpeakerOut.model_validate(told)
