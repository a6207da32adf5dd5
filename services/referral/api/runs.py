"""Runs of a unit's offers (hold): places, a waiting list in a recorded order, and invitations in rounds."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Query, Response
from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from services.referral.actions import runs
from services.referral.actions.runs import Held
from services.referral.api import shapes
from services.referral.api.context import Surroundings
from services.referral.api.referrals import NothingIn
from services.referral.api.roles import Recipient
from services.referral.domain.model import Task, TaskId
from services.referral.domain.runs import Form, Ground, Recommendation, Waiting, Wish
from services.referral.domain.view import SeenTask
from shared.idempotency import IdempotencyKey, once
from shared.text import Code, Day, WireIn, WireOut
from shared.version import ExpectedVersion, tag

router = APIRouter(tags=["runs"])
MOST = 200
MOST_PLACES = 10_000
Places = Annotated[int, Field(strict=True, ge=1, le=MOST_PLACES, description="how many can take part")]


class RunIn(WireIn):
    """One time an offer is held."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"offer": "helsingoer-gravidgruppe", "starts_on": "2027-01-11", "places": 8}]}
    )

    offer: Code = Field(description="an offer's id, from the directory")
    starts_on: Day = Field(description="the first day")
    places: Places


class RunChangeIn(WireIn):
    """Another day, or another number of places; not fewer than are taken."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"starts_on": "2027-01-18", "places": 10}]})

    starts_on: Day | None = Field(default=None, description="another first day; as it was, where nothing is said")
    places: Places | None = Field(default=None, description="how many can take part; as it was, where nothing is said")

    @model_validator(mode="after")
    def _something(self) -> "RunChangeIn":
        if self.starts_on is None and self.places is None:
            raise PydanticCustomError("nothing_changed", "changes nothing")
        return self


class PlaceIn(WireIn):
    """The run a task gets a place in."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"run": "7a3f1c52-90de-4b8a-8a44-2c5d0f6b9e11"}]})

    run: UUID = Field(description="a run of your unit's, that still takes somebody")


class WaitingIn(WireIn):
    """A recorded professional recommendation; it holds codes, and nobody's words."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"offer": "helsingoer-gravidgruppe", "recommendation": "strongly", "form": "group",
                 "reason": "birth_is_near"}
            ]
        }
    )  # fmt: skip

    offer: Code | None = Field(default=None, description="any run of this offer; or")
    run: UUID | None = Field(default=None, description="this one run")
    recommendation: Recommendation = Field(description="how strongly it is recommended; the stronger goes first")
    form: Form = Field(description="the form the family would rather have")
    reason: Ground = Field(description="what the recommendation rests on")

    @model_validator(mode="after")
    def _one_of_both(self) -> "WaitingIn":
        if (self.offer is None) is (self.run is None):
            raise PydanticCustomError("offer_or_run", "names either an offer or a run")
        return self


class InvitationIn(WireIn):
    """How many to invite in this round."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"count": 4}]})

    count: Places


class RoundOut(WireOut):
    """A round of invitations: the tasks, in the order of the list."""

    id: UUID
    at: datetime
    by: str
    tasks: list[UUID]


class RunLine(WireOut):
    """A run and its places."""

    id: UUID
    offer: str
    starts_on: date
    places: int
    taken: int = Field(description="by tasks that were taken on and have not ended")
    free: int
    closed_at: datetime | None
    version: int = Field(description="send it in quotes as `If-Match` when you change it")


class RunOut(RunLine):
    """A run, with the rounds it has invited in."""

    rounds: list[RoundOut]


class RunList(WireOut):
    """The unit's runs, oldest first; `next` is where to go on."""

    runs: list[RunLine]
    next: UUID | None


class WaitingLine(WireOut):
    """A task on the list: its place in the order, and what that rests on; ids and codes."""

    place: int
    task: UUID
    referral: UUID
    recommendation: Recommendation
    form: Form
    reason: Ground
    since: datetime = Field(description="since when it waits; a new assessment does not begin anew")
    assessed_at: datetime


class WaitingList(WireOut):
    """Who waits, the next one first; `next` is where to go on."""

    waiting: list[WaitingLine]
    next: int | None


class AssessedOut(WireOut):
    """One recorded recommendation of a task."""

    offer: str
    run: UUID | None
    recommendation: Recommendation
    form: Form
    reason: Ground
    at: datetime
    by: str


class AssessedList(WireOut):
    """Every recommendation recorded of a task, oldest first; the last one holds."""

    since: datetime | None = Field(description="since when it has waited")
    assessed: list[AssessedOut]


class InvitedOut(WireOut):
    """Whom the round invited: as many as were asked for, waited, and there were places for."""

    id: UUID
    tasks: list[UUID]


@router.post("/runs", status_code=201, response_model=RunOut, summary="Make a run of an offer")
async def hold(body: RunIn, around: Surroundings, _caller: Recipient, key: IdempotencyKey = None) -> Response:
    """Make a run with places, of the caller's unit."""
    post = once(around.me, key, body, "runs")
    run, again = await runs.hold(around, body.offer, body.starts_on, body.places, post)
    headers = {"Location": f"/runs/{run.id}"} | ({"Idempotency-Replayed": "true"} if again else {})
    return _run(await runs.read(around, run.id), 201, headers)


@router.get("/runs", response_model=RunList, summary="Your unit's runs")
async def held(
    around: Surroundings,
    _caller: Recipient,
    after: Annotated[UUID | None, Query(description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    offer: Annotated[Code | None, Query(description="only of this offer")] = None,
    only_open: Annotated[bool, Query(description="only those that take more")] = False,  # noqa: FBT002 - a query
) -> Response:
    """Return the unit's own runs."""
    found = await runs.held(around, after or UUID(int=0), limit, offer, only_open=only_open)
    lines = [_line(each) for each in found]
    body = {"runs": lines, "next": lines[-1]["id"] if len(lines) == limit else None}
    return Response(orjson.dumps(body), 200, media_type="application/json")


@router.get("/runs/{run}", response_model=RunOut, summary="Read a run")
async def read(run: UUID, around: Surroundings, _caller: Recipient) -> Response:
    """Return the run, its places, and whom each round invited."""
    return _run(await runs.read(around, run))


@router.patch("/runs/{run}", response_model=RunOut, summary="Change a run")
async def change(
    run: UUID, body: RunChangeIn, around: Surroundings, _caller: Recipient, version: ExpectedVersion
) -> Response:
    """Change its day or its places."""
    await runs.change(around, run, version, body.starts_on, body.places)
    return _run(await runs.read(around, run))


@router.post("/runs/{run}/closing", response_model=RunOut, summary="Take nobody more into a run")
async def close(
    run: UUID, _body: NothingIn, around: Surroundings, _caller: Recipient, version: ExpectedVersion
) -> Response:
    """Close it: who has a place keeps it, and who waited for it waits for the offer."""
    await runs.close(around, run, version)
    return _run(await runs.read(around, run))


@router.get("/runs/{run}/waiting", response_model=WaitingList, summary="Who waits for a run")
async def waiting(
    run: UUID,
    around: Surroundings,
    _caller: Recipient,
    after: Annotated[int, Query(ge=0, le=1_000_000, description="`next` of the page before")] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
) -> Response:
    """Return who waits for it or for any run of its offer: the stronger recommendation first, then the longer wait."""
    found = await runs.waiting(around, run)
    page = found[after : after + limit]
    body = {
        "waiting": [_waiting(each, after + place) for place, each in enumerate(page, 1)],
        "next": after + limit if len(found) > after + limit else None,
    }
    return Response(orjson.dumps(body), 200, media_type="application/json")


@router.post("/runs/{run}/invitations", status_code=201, response_model=InvitedOut, summary="Invite the next ones")
async def invite(
    run: UUID, body: InvitationIn, around: Surroundings, _caller: Recipient, key: IdempotencyKey = None
) -> Response:
    """Give the next on the list a place each; their senders hear of it, as far as consent covers."""
    made = await runs.invite(around, run, body.count, once(around.me, key, body, "invitations", run))
    told = {"id": str(made.number), "tasks": [str(task) for task in made.tasks]}
    headers = {"Idempotency-Replayed": "true"} if made.again else {}
    return Response(orjson.dumps(told), 201, headers, "application/json")


@router.post("/tasks/{task}/place", response_model=shapes.TaskOut, summary="Give a task a place in a run")
async def place(
    task: UUID, body: PlaceIn, around: Surroundings, _caller: Recipient, version: ExpectedVersion
) -> Response:
    """Give a place to a task that was taken on or waits; whatever ends the task lets it go again."""
    return _done(around.at, await runs.place(around, TaskId(task), version, body.run))


@router.post("/tasks/{task}/waiting", response_model=shapes.TaskOut, summary="Put a task on a waiting list")
async def put_on_list(
    task: UUID, body: WaitingIn, around: Surroundings, _caller: Recipient, version: ExpectedVersion
) -> Response:
    """Put it on the list by a recorded recommendation, or assess anew one that is on it."""
    wish = Wish(body.offer, body.run, body.recommendation, body.form, body.reason)
    return _done(around.at, await runs.put_on_list(around, TaskId(task), version, wish))


@router.get("/tasks/{task}/waiting", response_model=AssessedList, summary="How a task's place on the list came about")
async def assessed(task: UUID, around: Surroundings, _caller: Recipient) -> Response:
    """Return every recommendation your unit has recorded of it: what, when, and by whom."""
    found = await runs.assessed(around, TaskId(task))
    body = {
        "since": found[0].since if found else None,
        "assessed": [
            {"offer": each.offer, "run": each.run and str(each.run), "recommendation": each.recommendation,
             "form": each.form, "reason": each.ground, "at": each.at, "by": each.by}
            for each in found
        ],
    }  # fmt: skip
    return Response(orjson.dumps(body), 200, media_type="application/json")


def _done(at: datetime, task: Task) -> Response:
    body = orjson.dumps(shapes.task(SeenTask(task, None), at, to_sender=False))
    return Response(body, 200, {"ETag": tag(task.version)}, "application/json")


def _run(found: Held, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    rounds = [
        {"id": str(each["id"]), "at": each["at"], "by": each["by_user"], "tasks": [str(task) for task in each["tasks"]]}
        for each in found.rounds
    ]
    told = orjson.dumps(_line(found) | {"rounds": rounds})
    return Response(told, status, {"ETag": tag(found.run.version)} | (headers or {}), "application/json")


def _line(found: Held) -> dict[str, Any]:
    run = found.run
    return {
        "id": str(run.id),
        "offer": run.offer,
        "starts_on": run.starts_on,
        "places": run.places,
        "taken": found.taken,
        "free": run.places - found.taken,
        "closed_at": run.closed_at,
        "version": run.version,
    }


def _waiting(entry: Waiting, place: int) -> dict[str, Any]:
    return {
        "place": place,
        "task": str(entry.task),
        "referral": str(entry.referral),
        "recommendation": entry.recommendation,
        "form": entry.form,
        "reason": entry.ground,
        "since": entry.since,
        "assessed_at": entry.at,
    }
