"""May X tell Y this? Asked by the services that carry information, at the moment they would tell it."""

from collections.abc import Iterable
from uuid import UUID

import orjson
from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ConfigDict, Field, ValidationError

from services.consent.actions import deciding, reminding
from services.consent.api.context import ByRecorder, Noted
from services.consent.domain.decision import RULE_OF
from services.consent.domain.model import (
    CAPACITY_DANISH,
    Answer,
    Capacity,
    Disclosure,
    NeedId,
    PersonId,
    UnitId,
    Voice,
)
from shared.auth import Caller, Role, verified
from shared.clock import Now, now
from shared.contracts import DecisionIn, DecisionOut, TaskEndingIn
from shared.db import Database, InTransaction, TheDatabase
from shared.ledger import Actor
from shared.problems import MissingScope, request_id_of
from shared.text import Code, Truth, WireIn, WireOut
from shared.vocabulary import CATEGORY_DANISH, PURPOSE_DANISH, REASON_DANISH, Category, Purpose, Reason, glossed

MOST_CHECKED = 50
router = APIRouter(tags=["decisions"], route_class=Noted)
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
        number, moment, answers = await deciding.decide_disclosures(
            connection, asked, body.occasion, Actor(body.unit, body.user), body.referral, now(), request_id_of(request)
        )
    told = {"id": str(number), "at": moment, "answers": _told(answers)}
    return Response(orjson.dumps(told), 201, media_type="application/json")


@router.post("/internal/task-endings", status_code=201, include_in_schema=False)
async def hear_ending(
    body: TaskEndingIn, request: Request, transaction: InTransaction, caller: Caller, at: Now
) -> WireOut:
    """Hear what stopped in the referral service when consent ended; hearing it twice does nothing more."""
    if Role.SERVICE not in caller.roles or caller.issuer not in MAY_ASK:
        raise MissingScope
    await reminding.hear_ending(transaction, body, request_id_of(request), at)
    return WireOut()


class CheckIn(WireIn):
    """What you would tell, asked beforehand: of your own unit's, about somebody it has to do with."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"questions": [{
        "subject": "01a20262-ff72-74e6-9f69-e7e0788311b4", "recipient": "helsingoer-smaaboernshuset",
        "purpose": "early_support", "need": "01a20262-ff8b-727b-a478-fb447123fee9",
        "categories": ["contact", "network"]}]}]})  # fmt: skip

    questions: tuple["CheckedIn", ...] = Field(
        min_length=1, max_length=MOST_CHECKED, description="what you would tell whom; answered one by one"
    )


class CheckedIn(WireIn):
    """May your unit tell `recipient` this about `subject`?"""

    subject: UUID = Field(description="whom it is about")
    recipient: Code = Field(description="the unit that would be told")
    purpose: Purpose = Field(description=glossed(PURPOSE_DANISH.items()))
    need: UUID = Field(description="the need it is about: the referral's `need` (R20)")
    categories: frozenset[Category] = Field(min_length=1, description=glossed(CATEGORY_DANISH.items()))
    back: Truth = Field(default=False, description="did the recipient send the referral that this answers?")


class ToAskOut(WireOut):
    """Whose word is missing."""

    person: UUID
    capacity: Capacity
    capacity_danish: str


class CheckedOut(WireOut):
    """The answer for one kind of one question (counted from 0): yes or no, why, and what to do."""

    question: int
    category: Category
    category_danish: str
    permitted: bool
    reason: Reason
    says: str = Field(description="in Danish: why, and what to do")
    rule: str = Field(description="the rule that decides, see docs/rules.md")
    basis: tuple[str, ...]
    consents: list[UUID]
    ask: list[ToAskOut]


class CheckOut(WireOut):
    """What might be told now. It is no permit: whoever tells something is decided about then."""

    answers: list[CheckedOut]


@router.post("/disclosures/check", summary="May we tell this? Asked beforehand")
async def check(body: CheckIn, database: TheDatabase, asked: ByRecorder) -> CheckOut:
    """Answer per kind, with what is missing and whom to ask; the question is on the ledger, and opens nothing."""
    questions = [
        Disclosure(PersonId(each.subject), UnitId(asked.unit), UnitId(each.recipient), each.purpose,
                   NeedId(each.need), each.categories, each.back)
        for each in body.questions
    ]  # fmt: skip
    async with database.connection() as connection:
        answers = await deciding.check(
            connection, questions, asked.actor, body.questions[0].need, asked.at, asked.request_id
        )
    return CheckOut(answers=[_checked(place, each) for place, answer in enumerate(answers) for each in answer])


def _checked(place: int, answer: Answer) -> CheckedOut:
    return CheckedOut(
        question=place,
        category=answer.category,
        category_danish=CATEGORY_DANISH[answer.category],
        permitted=answer.permitted,
        reason=answer.reason,
        says=REASON_DANISH[answer.reason],
        rule=RULE_OF[answer.reason],
        basis=answer.basis,
        consents=sorted(answer.records),
        ask=[
            ToAskOut(person=each.person, capacity=each.capacity, capacity_danish=CAPACITY_DANISH[each.capacity])
            for each in answer.ask
        ],
    )


def _asked(raw: bytes) -> DecisionIn:
    try:
        return DecisionIn.model_validate_json(raw)
    except ValidationError as error:
        told = [{**each, "loc": ("body", *each["loc"])} for each in error.errors()]
        raise RequestValidationError(told) from error


def _told(answers: Iterable[Iterable[Answer]]) -> list[dict[str, object]]:
    """Return the answers of each question, category by category; what many share is written out once."""
    spelled, told = deciding.Spelled(), []
    whom: tuple[Voice, ...] | None = None
    ask: list[dict[str, object]] = []
    for place, each in enumerate(answers):
        for answer in each:
            if answer.ask is not whom:
                whom = answer.ask
                ask = [{"person": str(voice.person), "capacity": voice.capacity} for voice in whom]
            told.append({
                "question": place, "category": answer.category, "permitted": answer.permitted, "reason": answer.reason,
                "basis": answer.basis, "records": spelled[answer.records], "ask": ask,
            })  # fmt: skip
    return told
