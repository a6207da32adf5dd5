"""Courses: what hangs together under one need, and who coordinates it."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Query, Response
from pydantic import ConfigDict, Field

from services.referral.actions import courses
from services.referral.api import shapes
from services.referral.api.context import Surroundings
from services.referral.api.roles import Party
from services.referral.domain.courses import Coordinator, Course, Stage
from services.referral.domain.kinds import KINDS, Kind, Priority
from services.referral.domain.model import UnitId
from shared.text import Code, Day, WireIn, WireOut
from shared.vocabulary import Purpose

router = APIRouter(tags=["courses"])
MOST = 100


class CoordinatorIn(WireIn):
    """Who holds the threads for the family (tovholder; SUL § 123): it opens nothing.

    The family is told which unit it is, in the requests by which it knows that unit.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"unit": "helsingoer-smaaboernshuset", "user": "bruger-17", "since": "2026-11-20"}]
        }
    )

    unit: Code = Field(description="a unit of the directory")
    user: Code = Field(description="a user there, as the unit's own system names it; no name")
    since: Day = Field(description="the day it was agreed from; not later than today")


class CoordinatorOut(WireOut):
    """Who coordinates, or did."""

    unit: str
    user: str
    since: date


class StageOut(WireOut):
    """A request of the course, as you may see it: ids, kinds and states, nothing of what was said."""

    id: UUID
    kind: Kind
    kind_name: str
    purpose: Purpose
    priority: Priority
    sender: str
    you_are: str = Field(description="`sender` or `recipient`")
    at: datetime
    continues: UUID | None = Field(description="to the sender: the earlier request that led to this one")
    closed_at: datetime | None = Field(description="to the sender: when it was closed")
    tasks: list[shapes.TaskOut] = Field(description="the sender sees every recipient's, a recipient its own")


class CourseOut(WireOut):
    """A course as your unit may see it now; what it has no part in is not there, and not counted."""

    need: UUID
    coordinator: CoordinatorOut | None = Field(
        description="who coordinates, if that is a unit you know of by your own part in the course"
    )
    coordinators: list[CoordinatorOut] = Field(description="those you know of, the newest first")
    referrals: list[StageOut]
    next: UUID | None = Field(description="send it as `after` to go on")


@router.get("/courses/{need}", response_model=CourseOut, summary="Everything under one need that you have part in")
async def read(
    need: UUID,
    around: Surroundings,
    _caller: Party,
    after: Annotated[UUID | None, Query(description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
) -> Response:
    """Return the course in order, each request as its own page would show where it stands."""
    return _told(need, await courses.read(around, need, after, limit), around.at, limit)


@router.put("/courses/{need}/coordinator", response_model=CoordinatorOut, summary="Name who coordinates a course")
async def name(need: UUID, body: CoordinatorIn, around: Surroundings, _caller: Party) -> Response:
    """Name the coordinator; who it was before is kept. Seeing anything still needs consent."""
    named = Coordinator(UnitId(body.unit), body.user, body.since, around.me)
    await courses.name_coordinator(around, need, named)
    return Response(orjson.dumps(_coordinator(named)), 200, media_type="application/json")


def _told(need: UUID, seen: Course, at: datetime, limit: int) -> Response:
    body = {
        "need": str(need),
        "coordinator": seen.coordinator and _coordinator(seen.coordinator),
        "coordinators": [_coordinator(each) for each in seen.coordinators],
        "referrals": [_stage(each, at) for each in seen.stages],
        "next": str(seen.stages[-1].referral.id) if len(seen.stages) == limit else None,
    }
    return Response(orjson.dumps(body), 200, media_type="application/json")


def _stage(seen: Stage, at: datetime) -> dict[str, Any]:
    whole = seen.referral
    return {
        "id": str(whole.id),
        "kind": whole.kind,
        "kind_name": KINDS[whole.kind].danish,
        "purpose": whole.purpose,
        "priority": whole.priority,
        "sender": whole.sender,
        "you_are": "sender" if seen.as_sender else "recipient",
        "at": whole.at,
        "continues": str(whole.continues) if seen.as_sender and whole.continues else None,
        "closed_at": whole.closed_at if seen.as_sender else None,
        "tasks": [shapes.task(each, at, to_sender=seen.as_sender) for each in seen.tasks],
    }


def _coordinator(named: Coordinator) -> dict[str, object]:
    return {"unit": named.unit, "user": named.user, "since": named.since}
