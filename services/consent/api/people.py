"""People the information is about: an opaque id, a date of birth, perhaps a login; no names."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import ConfigDict, Field

from services.consent import actions
from shared.auth import Role, VerifiedClaims, unit_of, with_role
from shared.clock import Now
from shared.db import InTransaction
from shared.idempotency import IdempotencyKey, once, replayed
from shared.problems import request_id_of
from shared.text import Code, Day, WireIn, WireOut

router = APIRouter(tags=["people"])
Recorder = Annotated[VerifiedClaims, Depends(with_role(Role.RECORD_CONSENT))]


class PersonIn(WireIn):
    """A person, as a unit registers them; `login` is the pseudonym of the person's own login, if known."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"birth_date": "2005-03-14", "login": "pseudonym-7f3a"}]})

    birth_date: Day = Field(description="who may consent depends on age (R26); kept by this service alone")
    login: Code | None = Field(default=None, description="so that the person can see and withdraw consents themselves")


class PersonOut(WireOut):
    """The person's id: what every other service knows them by."""

    id: UUID


@router.post("/persons", status_code=201, summary="Register a person")
async def register_person(
    body: PersonIn, request: Request, response: Response, transaction: InTransaction, caller: Recorder, at: Now,
    key: IdempotencyKey = None,
) -> PersonOut:  # fmt: skip
    """Register someone the information will be about; names stay where they are."""
    post = once(unit_of(caller), key, body, "persons")
    number, again = await actions.register_person(
        transaction, body.birth_date, body.login, post, caller, at, request_id_of(request)
    )
    replayed(response.headers, again=again)
    return PersonOut(id=number)
