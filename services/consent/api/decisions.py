"""May X tell Y this? Asked by the services that carry information, at the moment they would tell it."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Request, Response

from services.consent import actions
from services.consent.domain.model import Disclosure, NeedId, PersonId, UnitId
from shared.auth import Role, VerifiedClaims, with_role
from shared.clock import Now
from shared.contracts import DecisionIn, DecisionOut
from shared.db import TheDatabase
from shared.ledger import Actor
from shared.problems import MissingScope, request_id_of

router = APIRouter(tags=["decisions"])
Service = Annotated[VerifiedClaims, Depends(with_role(Role.SERVICE))]
MAY_ASK = frozenset({"referral"})


@router.post("/internal/decisions", status_code=201, response_model=DecisionOut, include_in_schema=False)
async def decide(body: DecisionIn, request: Request, database: TheDatabase, caller: Service, at: Now) -> Response:
    """Answer per subject and category; permit or deny, the decision is on the ledger when the answer leaves."""
    if caller.issuer not in MAY_ASK:
        raise MissingScope
    asked = [
        Disclosure(PersonId(each.subject), UnitId(each.sender), UnitId(each.recipient), each.purpose,
                   NeedId(each.need), each.categories)
        for each in body.questions
    ]  # fmt: skip
    async with database.connection() as connection:
        number, moment, answers = await actions.decide_disclosures(
            connection, asked, body.occasion, Actor(body.unit, body.user), body.referral, at, request_id_of(request)
        )
    told = [
        {"question": place, "category": answer.category, "permitted": answer.permitted, "reason": answer.reason,
         "basis": answer.basis, "records": sorted(map(str, answer.records))}
        for place, each in enumerate(answers)
        for answer in each
    ]  # fmt: skip
    return Response(
        orjson.dumps({"id": str(number), "at": moment, "answers": told}), 201, media_type="application/json"
    )
