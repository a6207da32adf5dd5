"""May X tell Y this? Asked by the services that carry information, at the moment they would tell it."""

import orjson
from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from services.consent import actions
from services.consent.domain.model import Disclosure, NeedId, PersonId, UnitId
from shared.auth import Role, verified
from shared.clock import now
from shared.contracts import DecisionIn, DecisionOut
from shared.db import Database
from shared.ledger import Actor
from shared.problems import MissingScope, request_id_of

router = APIRouter(tags=["decisions"])
MAY_ASK = frozenset({"referral"})


@router.post("/internal/decisions", status_code=201, response_model=DecisionOut, include_in_schema=False)
async def decide(request: Request) -> Response:
    """Answer per subject and category; permit or deny, the decision is on the ledger when the answer leaves.

    Every sending and every reading waits for this: caller and body are taken straight from the request, which
    saves a fifth of what a decision costs beside the database (`make bench`).
    """
    caller = verified(request)
    if Role.SERVICE not in caller.roles or caller.issuer not in MAY_ASK:
        raise MissingScope
    body = _asked(await request.body())
    database: Database = request.app.state.database
    asked = [
        Disclosure(PersonId(each.subject), UnitId(each.sender), UnitId(each.recipient), each.purpose,
                   NeedId(each.need), each.categories, each.back)
        for each in body.questions
    ]  # fmt: skip
    async with database.connection() as connection:
        number, moment, answers = await actions.decide_disclosures(
            connection, asked, body.occasion, Actor(body.unit, body.user), body.referral, now(), request_id_of(request)
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


def _asked(raw: bytes) -> DecisionIn:
    try:
        return DecisionIn.model_validate_json(raw)
    except ValidationError as error:
        told = [{**each, "loc": ("body", *each["loc"])} for each in error.errors()]
        raise RequestValidationError(told) from error
