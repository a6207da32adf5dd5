"""What families reach of meetings and of what is agreed: when, with whom, and what is theirs to do."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import ConfigDict, Field

from services.referral.actions import family_meetings
from services.referral.actions.family_meetings import FamilyMeeting, FamilyStep
from services.referral.api.agreed import DoneOut, answer
from services.referral.api.context import OfFamily
from services.referral.api.family_shapes import YOU, FamilyPieceOut, author_of, piece
from services.referral.api.meetings import AnswerOut, AttendeeOut
from services.referral.api.referrals import NothingIn
from services.referral.domain.meetings import ABSENCE_DANISH, Answer, MeetingKind, MeetingState
from services.referral.domain.model import PersonId, TaskId
from shared.clock import danish_date
from shared.text import Moment, Truth, WireIn, WireOut

router = APIRouter(prefix="/my", tags=["family"])
_KINDS = {MeetingKind.DIALOGUE: "Samtale", MeetingKind.NETWORK: "Netværksmøde"}
_STATES = {
    MeetingState.PROPOSED: "Foreslået",
    MeetingState.CONFIRMED: "Aftalt",
    MeetingState.HELD: "Mødet er holdt",
    MeetingState.CANCELLED: "Mødet er aflyst",
}


class ComingIn(WireIn):
    """Whether you come; a no needs no reason."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"comes": True}]})

    comes: Truth = Field(description="whether you come")
    time: Moment | None = Field(default=None, description="which of the times suits you; any, if not given")


class FamilyRecordOut(WireOut):
    """What was written of a meeting: what is about you and those you speak for, each in whose words it is."""

    on: date
    family_present: bool | None = Field(description="null where it concerns others of the family, too")
    absence_name: str | None = Field(description="in Danish; it is never held against you")
    attended: list[AttendeeOut]
    information: list[FamilyPieceOut]


class FamilyMeetingOut(WireOut):
    """A meeting you are invited to."""

    id: UUID
    task: UUID
    kind: MeetingKind
    kind_name: str
    state: MeetingState
    state_name: str
    times: list[datetime]
    confirmed_for: datetime | None = Field(description="the time that is agreed, once it is")
    units: list[str] = Field(description="the places it is between")
    comes: list[AnswerOut] = Field(description="what the places have answered")
    you: AnswerOut | None = Field(description="what you have answered")
    may_answer: bool
    record: FamilyRecordOut | None


class FamilyMeetingList(WireOut):
    """Meetings, the oldest first."""

    meetings: list[FamilyMeetingOut]


class FamilyStepOut(WireOut):
    """What somebody does by a day."""

    id: UUID
    task: UUID
    owner: str = Field(description="the unit that does it, or `family`")
    due: date
    overdue: bool
    done_at: datetime | None
    may_do: bool = Field(description="whether it is yours to mark as done")
    information: FamilyPieceOut


class FamilyStepList(WireOut):
    """What is agreed, what is due first first."""

    steps: list[FamilyStepOut]


@router.get("/tasks/{task}/meetings", response_model=FamilyMeetingList, summary="The meetings you are invited to")
async def of_task(task: UUID, around: OfFamily) -> Response:
    """Return when they are, with whom, and what was written of them about you and those you speak for."""
    seen = await family_meetings.of_task(around, TaskId(task))
    return answer({"meetings": [_meeting(each, around.myself) for each in seen]})


@router.get("/meetings/{meeting}", response_model=FamilyMeetingOut, summary="One meeting")
async def read(meeting: UUID, around: OfFamily) -> Response:
    """Return a meeting you are invited to."""
    return answer(_meeting(await family_meetings.read(around, meeting), around.myself))


@router.post("/meetings/{meeting}/answers", response_model=FamilyMeetingOut, summary="Say whether you come")
async def reply(meeting: UUID, body: ComingIn, around: OfFamily) -> Response:
    """Say it for yourself; the places that come hear of it, and your last word counts."""
    given = Answer(around.me, body.comes, body.time)
    return answer(_meeting(await family_meetings.answer(around, meeting, given), around.myself))


@router.get("/tasks/{task}/steps", response_model=FamilyStepList, summary="What is agreed, by whom and by when")
async def steps(task: UUID, around: OfFamily) -> Response:
    """Return the steps that are about you and those you speak for."""
    today = danish_date(around.at)
    seen = await family_meetings.steps(around, TaskId(task))
    return answer({"steps": [_step(each, today, around.myself) for each in seen]})


@router.post("/steps/{step}/done", response_model=DoneOut, summary="What you would do is done")
async def done(step: UUID, _body: NothingIn, around: OfFamily) -> Response:
    """Note that it is done; the places it was agreed with hear of it."""
    changed = await family_meetings.done(around, step)
    return answer({"id": str(changed.id), "done_at": changed.done_at})


def _meeting(seen: FamilyMeeting, myself: frozenset[PersonId]) -> dict[str, Any]:
    told = seen.meeting
    return {
        "id": str(told.id),
        "task": str(told.task),
        "kind": told.kind,
        "kind_name": _KINDS[told.kind],
        "state": told.state,
        "state_name": _STATES[told.state],
        "times": list(told.times),
        "confirmed_for": told.confirmed_for,
        "units": [author_of(unit, myself) for unit in told.units],
        "comes": [_answer(each, each.unit) for each in seen.units],
        "you": None if seen.mine is None else _answer(seen.mine, YOU),
        "may_answer": seen.may_answer,
        "record": None if seen.held is None else _record(seen, myself),
    }


def _answer(given: Answer, who: str) -> dict[str, Any]:
    return {"unit": who, "comes": given.comes, "time": given.time}


def _record(seen: FamilyMeeting, myself: frozenset[PersonId]) -> dict[str, Any] | None:
    held = seen.held
    if held is None:
        return None
    corrected = {each.corrects: each.id for each in seen.pieces if each.corrects is not None}
    absence = held.family.absence if seen.alone else None
    return {
        "on": held.on,
        "family_present": held.family.present if seen.alone else None,
        "absence_name": None if absence is None else ABSENCE_DANISH[absence],
        "attended": [{"unit": author_of(each.unit, myself), "profession": each.profession} for each in held.attended],
        "information": [piece(each, myself, corrected.get(each.id)) for each in seen.pieces],
    }


def _step(seen: FamilyStep, today: date, myself: frozenset[PersonId]) -> dict[str, Any]:
    told = seen.step
    return {
        "id": str(told.id),
        "task": str(told.task),
        "owner": "family" if seen.mine else told.owner,
        "due": told.due,
        "overdue": told.overdue(today),
        "done_at": told.done_at,
        "may_do": seen.mine and told.done_at is None,
        "information": piece(seen.piece, myself),
    }
