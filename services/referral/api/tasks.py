"""Tasks: a recipient's work list, its answers, and the dialogue."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import orjson
from fastapi import APIRouter, Query, Response
from pydantic import ConfigDict, Field

from services.referral.actions import answering, dialogue, hearing
from services.referral.api import shapes
from services.referral.api.context import Surroundings
from services.referral.api.referrals import MOST_PIECES, InformationIn
from services.referral.api.roles import Party, Recipient
from services.referral.domain.lifecycle import TURN, TaskState, Turn
from services.referral.domain.model import DeclineReason, MessageKind, PersonId, Task, TaskId
from shared.idempotency import IdempotencyKey, once
from shared.text import WireIn, WireOut
from shared.version import ExpectedVersion, tag
from shared.vocabulary import Purpose

router = APIRouter(tags=["tasks"])
MOST = 200


class MessageIn(WireIn):
    """A question from the recipient, or an answer from the sender, in pieces that say whom they are about."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "question",
                    "information": [
                        {
                            "subject": "01a20262-ff72-74e6-9f69-e7e0788311b4",
                            "category": "contact",
                            "text": "Hvornår passer et opkald?",
                        }
                    ],
                }
            ]
        }
    )

    kind: MessageKind = Field(description="the recipient asks, the sender answers")
    information: list[InformationIn] = Field(
        min_length=1, max_length=MOST_PIECES, description="the words, in pieces: each about one person, of one kind"
    )


class SaidOut(WireOut):
    """The message as kept, where the task stands, and what of it the other party may not read now."""

    id: UUID
    task: shapes.TaskOut
    withheld: list[shapes.WithheldOut]


class AcceptIn(WireIn):
    """Taking a task on needs no words."""


class DeclineIn(WireIn):
    """A no, with a reason from the closed list."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "no_capacity"}]})

    reason: DeclineReason


class TaskLine(WireOut):
    """A task in a work list: ids and states, nothing about a person."""

    id: UUID
    referral: UUID
    sender: str
    purpose: Purpose
    state: TaskState
    turn: Turn
    version: int = Field(description="send it in quotes as `If-Match` when you answer")
    changed_at: datetime


class TaskList(WireOut):
    """The unit's tasks, oldest first; `next` is where to go on."""

    tasks: list[TaskLine]
    next: UUID | None


@router.get("/tasks", summary="Your unit's work list")
async def work_list(
    around: Surroundings,
    _caller: Recipient,
    after: Annotated[UUID | None, Query(description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
) -> TaskList:
    """Return what went out to the caller's unit."""
    rows = await hearing.work_list(around, after or UUID(int=0), limit)
    lines = [
        TaskLine(
            id=row["id"], referral=row["referral_id"], sender=row["sender"], purpose=row["purpose"],
            state=TaskState(row["state"]), turn=TURN[TaskState(row["state"])],
            version=row["version"], changed_at=row["changed_at"],
        )
        for row in rows
    ]  # fmt: skip
    return TaskList(tasks=lines, next=lines[-1].id if len(lines) == limit else None)


@router.post("/tasks/{task}/messages", status_code=201, response_model=SaidOut, summary="Ask or answer")
async def say(
    task: UUID, body: MessageIn, around: Surroundings, _caller: Party, key: IdempotencyKey = None
) -> Response:
    """Keep the message; the other party reads of it what consent permits when it reads."""
    told = tuple((PersonId(each.subject), each.category, each.text) for each in body.information)
    post = once(around.unit, key, body, "messages", task)
    said = await dialogue.say(around, TaskId(task), body.kind, told, post)
    answer = {
        "id": str(said.message),
        "task": shapes.task(said.task, said.hidden, to_sender=False),
        "withheld": [shapes.withheld(each) for each in said.withheld],
    }
    version = {} if said.hidden else {"ETag": tag(said.task.version)}
    headers = version | ({"Idempotency-Replayed": "true"} if said.again else {})
    return Response(orjson.dumps(answer), 201, headers, "application/json")


@router.post("/tasks/{task}/acceptance", response_model=shapes.TaskOut, summary="Take a task on")
async def accept(
    task: UUID, _body: AcceptIn, around: Surroundings, _caller: Recipient, version: ExpectedVersion
) -> Response:
    """Take the task on; the sender hears of it, as far as consent covers."""
    return _answered(await answering.accept(around, TaskId(task), version))


@router.post("/tasks/{task}/decline", response_model=shapes.TaskOut, summary="Decline a task")
async def decline(
    task: UUID, body: DeclineIn, around: Surroundings, _caller: Recipient, version: ExpectedVersion
) -> Response:
    """Decline the task, with a reason; the sender hears of it, as far as consent covers."""
    return _answered(await answering.decline(around, TaskId(task), version, body.reason))


def _answered(task: Task) -> Response:
    body = orjson.dumps(shapes.task(task, to_sender=False))
    return Response(body, 200, {"ETag": tag(task.version)}, "application/json")
