"""Tasks: a recipient's work list, and the dialogue in each."""

from datetime import datetime
from functools import cache
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from fastapi import APIRouter, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from services.referral.actions import dialogue, hearing, reading
from services.referral.actions.context import Context
from services.referral.api import shapes
from services.referral.api.context import Surroundings, surroundings
from services.referral.api.roles import Party, Recipient
from services.referral.api.words import THILDE, SaidIn
from services.referral.domain.deadlines import overdue
from services.referral.domain.kinds import KINDS, Kind, Priority
from services.referral.domain.lifecycle import HIDDEN_FROM_RECIPIENT, TURN, TaskState, Turn, allowed, ended
from services.referral.domain.lifecycle import Party as Whom
from services.referral.domain.model import Clock, MessageKind, TaskId
from services.referral.domain.view import SeenTask
from services.referral.domain.work import Work
from shared.auth import Role, verified
from shared.idempotency import IdempotencyKey, once
from shared.problems import MissingScope
from shared.text import WireIn, WireOut
from shared.version import tag
from shared.vocabulary import Purpose

router = APIRouter(tags=["tasks"])
MOST = 200


class MessageIn(SaidIn):
    """A question to a named party, an answer, a clarification or advice, in pieces that say whom they are about."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "question",
                    "information": [{"subject": THILDE, "category": "contact", "text": "Hvornår passer et opkald?"}],
                }
            ]
        }
    )

    kind: Literal["question", "answer", "clarification", "advice"] = Field(description="what it is there for")
    to: Whom | None = Field(
        default=None, description="of a question: who must answer; the other professional party, if not given"
    )
    answers: UUID | None = Field(default=None, description="of an answer: the question; all to you, if not given")

    @model_validator(mode="after")
    def _to_somebody(self) -> "MessageIn":
        asks = self.kind == "question"
        if (self.to is not None and not asks) or self.to is Whom.SYSTEM:
            raise PydanticCustomError("addressed", "only a question names who must answer")
        if self.answers is not None and self.kind != "answer":
            raise PydanticCustomError("answers", "only an answer names what it answers")
        return self


class SaidOut(WireOut):
    """The message as kept, where the task stands, and what of it the other party may not read now."""

    id: UUID
    task: shapes.TaskOut
    withheld: list[shapes.WithheldOut]


class TaskLine(WireOut):
    """A task in a work list: ids and states, nothing about a person."""

    id: UUID
    referral: UUID
    sender: str
    purpose: Purpose
    kind: Kind
    priority: Priority
    state: TaskState
    turn: Turn
    version: int = Field(description="send it in quotes as `If-Match` when you answer")
    changed_at: datetime
    answer_by: datetime | None
    offer_by: datetime | None
    overdue: str | None = Field(description="a flag: `answer` or `offer`, where that is late")
    allowed: list[str] = Field(description="what your unit can do with it from here")


class TaskList(WireOut):
    """The unit's tasks, oldest first; `next` is where to go on."""

    tasks: list[TaskLine]
    next: UUID | None


class WorkIn(WireIn):
    """Which part of the work list; several of a filter are either, several filters are all of them."""

    after: UUID | None = Field(default=None, description="`next` of the page before")
    limit: int = Field(default=50, ge=1, le=MOST)
    turn: frozenset[Turn] = Field(default=frozenset(), description="only where it is one of these parties' turn")
    open: bool | None = Field(default=None, description="`true`: what has not ended; `false`: what has")
    kind: frozenset[Kind] = Field(default=frozenset(), description="only these kinds of request")
    priority: frozenset[Priority] = Field(default=frozenset(), description="only these")
    overdue: bool = Field(default=False, description="`true`: only what is late with answer or offer")

    def told(self, at: datetime) -> Work:
        """Return it as the store knows it; without a filter, all that went out."""
        states = _ALL_THAT_WENT_OUT
        if self.turn:
            states = [state for state in states if TURN[state] in self.turn]
        if self.open is not None:
            states = [state for state in states if ended(state) is not self.open]
        return Work(states, [*self.kind], [*self.priority], at if self.overdue else None)


_ALL_THAT_WENT_OUT = [state for state in TaskState if state not in HIDDEN_FROM_RECIPIENT]
_SEVERAL = ("turn", "kind", "priority")


@router.get("/tasks", response_model=TaskList, summary="Your unit's work list")
async def work_list(around: Surroundings, _caller: Recipient, wanted: Annotated[WorkIn, Query()]) -> Response:
    """Return what went out to the caller's unit: ids, codes and days."""
    return await _listed(around, wanted)


async def work_list_straight(request: Request) -> Response:
    """Answer as `work_list` does, ahead of the framework: every caseworker's screen begins with it (`make bench`).

    Raises:
        MissingScope, RequestValidationError: as the framework would.
    """
    caller = verified(request)
    if Role.RECEIVE not in caller.roles:
        raise MissingScope
    asked = request.query_params
    told = {name: asked.getlist(name) if name in _SEVERAL else asked[name] for name in asked}
    try:
        wanted = WorkIn.model_validate(told)
    except ValidationError as error:
        raise RequestValidationError([{**each, "loc": ("query", *each["loc"])} for each in error.errors()]) from error
    return await _listed(surroundings(request, caller), wanted)


async def _listed(around: Context, wanted: WorkIn) -> Response:
    rows = await hearing.work_list(around, wanted.told(around.at), wanted.after or UUID(int=0), wanted.limit)
    lines = [_line(row, around.at) for row in rows]
    body = {"tasks": lines, "next": lines[-1]["id"] if len(lines) == wanted.limit else None}
    return Response(orjson.dumps(body), 200, media_type="application/json")


def _line(row: Any, at: datetime) -> dict[str, Any]:  # noqa: ANN401 - a database row
    task, referral, sender, purpose, kind, priority, state, version, changed, answer_by, offer_by, stands = row
    late = stands is None and (_passed(answer_by, at) or _passed(offer_by, at))
    return {
        "id": task,
        "referral": referral,
        "sender": sender,
        "purpose": purpose,
        "kind": kind,
        "priority": priority,
        "state": state,
        "turn": _TURNS[state],
        "version": version,
        "changed_at": changed,
        "answer_by": answer_by,
        "offer_by": offer_by,
        "overdue": overdue(TaskState(state), Clock(answer_by, offer_by), at) if late else None,
        "allowed": _allowed(state, kind),
    }


def _passed(due: datetime | None, at: datetime) -> bool:
    return due is not None and due < at


@cache
def _allowed(state: str, kind: str) -> list[str]:
    return allowed(TaskState(state), Whom.RECIPIENT, KINDS[Kind(kind)].without)


_TURNS = {state.value: turn.value for state, turn in TURN.items()}


class MessagePage(WireOut):
    """A part of a task's dialogue, oldest first; `next` is the `before` of the part that was said earlier."""

    messages: list[shapes.MessageOut]
    next: UUID | None


@router.get("/tasks/{task}/messages", response_model=MessagePage, summary="Read a dialogue, part by part")
async def read(
    task: UUID,
    around: Surroundings,
    _caller: Party,
    before: Annotated[UUID | None, Query(description="`next`, or `dialogue_next` of the request")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
) -> Response:
    """Return what was said last before that, as the caller's unit may see it at this moment."""
    seen, corrected, following = await reading.page(around, TaskId(task), before, limit)
    body = {"messages": [shapes.message(each, corrected) for each in seen], "next": following}
    return Response(orjson.dumps(body), 200, media_type="application/json")


@router.post("/tasks/{task}/messages", status_code=201, response_model=SaidOut, summary="Ask or answer")
async def say(
    task: UUID, body: MessageIn, around: Surroundings, _caller: Party, key: IdempotencyKey = None
) -> Response:
    """Keep the message; the other party reads of it what consent permits when it reads."""
    post = once(around.me, key, body, "messages", task)
    saying = body.said(MessageKind(body.kind), body.to, body.answers)
    said = await dialogue.say(around, TaskId(task), saying, post)
    seen = SeenTask(said.task, said.hidden)
    answer = {
        "id": str(said.message),
        "task": shapes.task(seen, around.at, to_sender=said.task.recipient != around.me),
        "withheld": [shapes.withheld(each) for each in said.withheld],
    }
    version = {} if said.hidden else {"ETag": tag(said.task.version)}
    headers = version | ({"Idempotency-Replayed": "true"} if said.again else {})
    return Response(orjson.dumps(answer), 201, headers, "application/json")
