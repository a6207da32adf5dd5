"""What is agreed: the wire models of next steps, their list, and the plan for the time after."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

import orjson
from fastapi import APIRouter, Response
from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from services.referral.actions import agreeing
from services.referral.actions.dialogue import Words as Said
from services.referral.api import shapes
from services.referral.api.context import Surroundings
from services.referral.api.referrals import NothingIn
from services.referral.api.roles import Party, Recipient
from services.referral.api.words import MOST_PIECES, THILDE, InformationIn
from services.referral.domain.meetings import ABSENCE_DANISH, FAMILY, Absence, NextStep, Presence
from services.referral.domain.model import Label, TaskId, UnitId
from shared.clock import danish_date
from shared.idempotency import IdempotencyKey, once
from shared.text import Code, Day, Truth, WireIn, WireOut
from shared.vocabulary import glossed

router = APIRouter(tags=["agreed"])
MOST_STEPS = 20


class PresenceIn(WireIn):
    """Whether the family was there; if not, why. It is never held against it."""

    present: Truth = Field(description="whether the family was there")
    absence: Absence | None = Field(default=None, description="if not: " + glossed(ABSENCE_DANISH.items()))

    @model_validator(mode="after")
    def _a_reason_for_absence(self) -> "PresenceIn":
        if self.present is (self.absence is not None):
            raise PydanticCustomError("absence", "a reason goes with the family's absence, and only there")
        return self

    def told(self) -> Presence:
        """Return it as the rules know it."""
        return Presence(self.present, self.absence)


class StepIn(WireIn):
    """What somebody does by a day."""

    information: InformationIn | None = Field(
        default=None, description="what is to be done: a piece like any other; none in a matter about nobody"
    )
    owner: Literal["family", "unit"] = Field(description="who does it: the family, or the unit named")
    unit: Code | None = Field(default=None, description="the unit that does it: one of those it is agreed between")
    due: Day = Field(description="by when; from today on")

    @model_validator(mode="after")
    def _one_owner(self) -> "StepIn":
        if (self.owner == "unit") is not (self.unit is not None):
            raise PydanticCustomError("owner", "a unit is named where a unit does it, and only there")
        return self

    def told(self) -> agreeing.Agreed:
        """Return it as the rules know it."""
        words = None if self.information is None else Said(self.information.told(), Label.NEXT_STEP)
        return agreeing.Agreed(words, FAMILY if self.unit is None else UnitId(self.unit), self.due)


class PlanIn(WireIn):
    """A plan for the time after (efterværn): what the family keeps, whom it can turn to, who does what."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "plan": [
                        {"subject": THILDE, "category": "network", "text": "Mødregruppen fortsætter om torsdagen."}
                    ],
                    "next_steps": [],
                }
            ]
        }
    )

    plan: list[InformationIn] = Field(min_length=1, max_length=MOST_PIECES, description="the plan, in pieces")
    next_steps: list[StepIn] = Field(default=[], max_length=MOST_STEPS, description="who does what by when")

    @model_validator(mode="after")
    def _steps_have_words(self) -> "PlanIn":
        with_words(self.next_steps)
        return self


class StepOut(WireOut):
    """A next step as you may see it now."""

    id: UUID
    task: UUID
    owner: str = Field(description="a unit, or `family`")
    due: date
    overdue: bool | None = Field(description="a flag; null where it may not be told how far it is")
    done_at: datetime | None
    information: shapes.PieceOut | None = Field(description="what is to be done; null in a matter about nobody")


class StepList(WireOut):
    """What is agreed, what is due first first; kinds that may not be told you now are withheld."""

    steps: list[StepOut]
    withheld: list[shapes.WithheldOut]


class DoneOut(WireOut):
    """A step that is done."""

    id: UUID
    done_at: datetime


class MadeOut(WireOut):
    """What was made."""

    id: UUID


def with_words(steps: list[StepIn]) -> None:
    """Let pass steps that each say what is to be done."""
    if any(each.information is None for each in steps):
        raise PydanticCustomError("step_without_words", "a step says what is to be done")


def labelled(told: list[InformationIn], label: Label) -> list[Said]:
    """Return pieces as the rules know them, with what they are in their message."""
    return [Said(each.told(), label) for each in told]


def answer(body: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return an answer in JSON."""
    return Response(orjson.dumps(body), status, headers, "application/json")


def made(number: UUID, *, again: bool) -> Response:
    """Answer with the id of what was made, or had been before."""
    return answer({"id": str(number)}, 201, {"Idempotency-Replayed": "true"} if again else None)


@router.get("/tasks/{task}/steps", response_model=StepList, summary="What is agreed, by whom and by when")
async def steps(task: UUID, around: Surroundings, _caller: Party) -> Response:
    """Return the next steps you may see at this moment."""
    seen = await agreeing.steps(around, TaskId(task))
    today = danish_date(around.at)
    return answer({"steps": [_step(each, today) for each in seen.steps],
                   "withheld": [shapes.withheld(each) for each in seen.withheld]})  # fmt: skip


@router.post("/steps/{step}/done", response_model=DoneOut, summary="Your step is done")
async def done(step: UUID, _body: NothingIn, around: Surroundings, _caller: Party) -> Response:
    """Note that it is done; only its owner may."""
    changed: NextStep = await agreeing.done(around, step)
    return answer({"id": str(changed.id), "done_at": changed.done_at})


@router.post("/tasks/{task}/aftercare", status_code=201, response_model=MadeOut, summary="Plan the time after")
async def plan(
    task: UUID, body: PlanIn, around: Surroundings, _caller: Recipient, key: IdempotencyKey = None
) -> Response:
    """Write a plan for the time after; each reads of it what consent permits when it is read."""
    post = once(around.me, key, body, "aftercare", task)
    words = labelled(body.plan, Label.PLAN)
    number, again = await agreeing.plan(around, TaskId(task), words, [each.told() for each in body.next_steps], post)
    return made(number, again=again)


def _step(seen: agreeing.SeenStep, today: date) -> dict[str, Any]:
    told = seen.step
    return {
        "id": str(told.id),
        "task": str(told.task),
        "owner": told.owner,
        "due": told.due,
        "overdue": told.overdue(today) if seen.tells_done else None,
        "done_at": told.done_at if seen.tells_done else None,
        "information": None if seen.piece is None else shapes.piece(seen.piece),
    }
