"""What is late, for the recipient whose turn it is and the sender who follows up."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import orjson
from fastapi import APIRouter, Query, Response
from pydantic import ConfigDict, Field

from services.referral.actions import late
from services.referral.actions.late import Late
from services.referral.api import shapes
from services.referral.api.context import Surroundings
from services.referral.api.roles import Recipient, Sender
from services.referral.domain.kinds import Kind, Priority
from services.referral.domain.lifecycle import TaskState
from services.referral.domain.model import TaskId
from shared.text import Code, WireIn, WireOut
from shared.version import tag

router = APIRouter(tags=["deadlines"])
MOST = 200


class OwnerIn(WireIn):
    """Who of the sender's follows up from now on."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"user": "bruger-17"}]})

    user: Code = Field(description="a user of the sender's, as its own system names it; no name")


class LateTask(WireOut):
    """A late task in a recipient's list."""

    id: UUID
    referral: UUID
    sender: str
    kind: Kind
    priority: Priority
    state: TaskState
    version: int = Field(description="send it in quotes as `If-Match` when you answer")
    due: Literal["answer", "offer"] = Field(description="what is late")
    due_by: datetime


class LateTaskList(WireOut):
    """The unit's late tasks, oldest first; `next` is where to go on."""

    tasks: list[LateTask]
    next: UUID | None


class LateReferral(WireOut):
    """A late task of the sender's own requests, with who follows up."""

    referral: UUID
    kind: Kind
    priority: Priority
    due: Literal["answer", "offer"] = Field(description="what is late")
    due_by: datetime
    task: shapes.TaskOut


class LateReferralList(WireOut):
    """The sender's late tasks, oldest first; `next` is where to go on."""

    late: list[LateReferral]
    next: UUID | None


After = Annotated[UUID | None, Query(description="`next` of the page before")]
Limit = Annotated[int, Query(ge=1, le=MOST)]


@router.get("/tasks/late", response_model=LateTaskList, summary="What your unit is late with")
async def at_recipient(around: Surroundings, _caller: Recipient, after: After = None, limit: Limit = 50) -> Response:
    """Return the tasks that wait for the caller's unit beyond their day; none whose clock stands."""
    rows = await late.at_recipient(around, after or UUID(int=0), limit)
    told = [
        {
            "id": str(row["id"]), "referral": str(row["referral_id"]), "sender": row["sender"], "kind": row["kind"],
            "priority": row["priority"], "state": row["state"], "version": row["version"], "due": row["due"],
            "due_by": row["due_by"],
        }
        for row in rows
    ]  # fmt: skip
    body = {"tasks": told, "next": told[-1]["id"] if len(told) == limit else None}
    return Response(orjson.dumps(body), 200, media_type="application/json")


@router.get("/referrals/late", response_model=LateReferralList, summary="What others are late with towards your unit")
async def of_sender(around: Surroundings, _caller: Sender, after: After = None, limit: Limit = 50) -> Response:
    """Return the late tasks of the unit's requests, those it may know of: ids, states and days."""
    found = await late.of_sender(around, after or UUID(int=0), limit)
    body = {
        "late": [_late(each, around.at) for each in found],
        "next": str(found[-1].task.task.id) if len(found) == limit else None,
    }
    return Response(orjson.dumps(body), 200, media_type="application/json")


@router.put("/tasks/{task}/owner", response_model=shapes.TaskOut, summary="Let somebody else follow up")
async def hand_over(task: UUID, body: OwnerIn, around: Surroundings, _caller: Sender) -> Response:
    """Hand the follow-up over to another user of the sender's."""
    _, seen = await late.hand_over(around, TaskId(task), body.user)
    told = orjson.dumps(shapes.task(seen, around.at, to_sender=True))
    headers = {} if seen.hidden else {"ETag": tag(seen.task.version)}
    return Response(told, 200, headers, "application/json")


def _late(each: Late, at: datetime) -> dict[str, object]:
    return {
        "referral": str(each.referral.id),
        "kind": each.referral.kind,
        "priority": each.referral.priority,
        "due": each.due,
        "due_by": each.due_by,
        "task": shapes.task(each.task, at, to_sender=True),
    }
