"""Meetings between the parties of a task."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from services.referral.actions import meetings
from services.referral.actions.dialogue import Words as Said
from services.referral.api import shapes
from services.referral.api.agreed import MOST_STEPS, MadeOut, PresenceIn, StepIn, answer, labelled, made, with_words
from services.referral.api.context import Surroundings
from services.referral.api.referrals import NothingIn
from services.referral.api.roles import Party
from services.referral.api.words import MOST_PIECES, THILDE, InformationIn
from services.referral.domain.meetings import Absence, Answer, Attendee, Held, MeetingKind, MeetingState, Profession
from services.referral.domain.model import Label, TaskId, UnitId
from shared.idempotency import IdempotencyKey, once
from shared.text import Code, Day, Moment, Truth, WireIn, WireOut
from shared.version import ExpectedVersion, tag

router = APIRouter(tags=["meetings"])
MOST_TIMES, MOST_UNITS, MOST_PRESENT = 10, 10, 40


class MeetingIn(WireIn):
    """A meeting is proposed: when, with whom, and whether the family is invited."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"kind": "dialogue", "times": ["2026-12-01T10:00:00+01:00"], "family_invited": True}]
        }
    )

    kind: Literal["dialogue", "network"] = Field(default="dialogue", description="between two, or among more")
    times: list[Moment] = Field(min_length=1, max_length=MOST_TIMES, description="when it could be")
    units: list[Code] = Field(
        default=[], max_length=MOST_UNITS, description="others to invite beside the two: parties of the request alone"
    )
    family_invited: Truth = Field(description="whether the family is invited")
    information: list[InformationIn] = Field(default=[], max_length=MOST_PIECES, description="why, in pieces")

    @model_validator(mode="after")
    def _two_or_more(self) -> "MeetingIn":
        if self.kind == "dialogue" and self.units:
            raise PydanticCustomError("more_than_two", "with more units it is a network meeting")
        return self


class AnswerIn(WireIn):
    """Whether your unit comes."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"comes": True}]})

    comes: Truth = Field(description="whether your unit comes")
    time: Moment | None = Field(default=None, description="which of the times suits; any, if not given")


class ConfirmationIn(WireIn):
    """The time that is agreed: one of those proposed, or another that was found since."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"at": "2026-12-01T10:00:00+01:00"}]})

    at: Moment = Field(description="when the meeting is")


class AttendeeIn(WireIn):
    """Somebody who was there, by unit and profession; never a name."""

    unit: Code = Field(description="the unit it was somebody of: one of the meeting's")
    profession: Profession = Field(description="the profession; never a name")


class RecordIn(WireIn):
    """What was said and agreed, with both understandings of the problem."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "on": "2026-11-22",
                    "family": {"present": True},
                    "attended": [{"unit": "noh-jordemodercenter", "profession": "midwife"}],
                    "familys_view": [{"subject": THILDE, "category": "own_wish", "text": "Vi vil helst mødes hjemme."}],
                    "professionals_view": [
                        {"subject": THILDE, "category": "pregnancy", "text": "Der er brug for ro før fødslen."}
                    ],
                }
            ]
        }
    )

    on: Day = Field(description="the day it was held")
    family: PresenceIn = Field(description="whether the family was there")
    attended: list[AttendeeIn] = Field(min_length=1, max_length=MOST_PRESENT, description="who was there")
    familys_view: list[InformationIn] = Field(
        min_length=1, max_length=MOST_PIECES, description="how the family sees it, in its own words (R73)"
    )
    professionals_view: list[InformationIn] = Field(
        min_length=1, max_length=MOST_PIECES, description="how the professionals see it"
    )
    next_steps: list[StepIn] = Field(default=[], max_length=MOST_STEPS, description="who does what by when")

    @model_validator(mode="after")
    def _steps_have_words(self) -> "RecordIn":
        with_words(self.next_steps)
        return self

    def told(self) -> meetings.Record:
        """Return it as the rules know it."""
        words: list[Said] = labelled(self.familys_view, Label.FAMILYS_VIEW)
        words += labelled(self.professionals_view, Label.PROFESSIONALS_VIEW)
        attended = tuple(Attendee(UnitId(each.unit), each.profession) for each in self.attended)
        steps = tuple(each.told() for each in self.next_steps)
        return meetings.Record(self.on, self.family.told(), attended, tuple(words), steps)


class AnswerOut(WireOut):
    """What an invited unit has said."""

    unit: str
    comes: bool
    time: datetime | None


class AttendeeOut(WireOut):
    """Somebody who was there."""

    unit: str
    profession: Profession


class RecordOut(WireOut):
    """What was recorded of a meeting; the words as you may read them now."""

    on: date
    family_present: bool
    absence: Absence | None
    attended: list[AttendeeOut]
    by: str
    message: UUID
    information: list[shapes.PieceOut]
    withheld: list[shapes.WithheldOut]


class MeetingOut(WireOut):
    """A meeting as you may see it now."""

    id: UUID
    task: UUID
    kind: MeetingKind
    state: MeetingState | None = Field(description="null where the course of the task may not be told you")
    version: int | None = Field(description="send it in quotes as `If-Match`")
    times: list[datetime]
    confirmed_for: datetime | None = Field(description="the time that is agreed, once it is")
    units: list[str] = Field(description="those it is between, as far as you may know of them")
    family_invited: bool
    proposed_by: str
    answers: list[AnswerOut]
    record: RecordOut | None


class MeetingList(WireOut):
    """Meetings, the oldest first."""

    meetings: list[MeetingOut]


@router.post("/tasks/{task}/meetings", status_code=201, response_model=MadeOut, summary="Propose a meeting")
async def propose(
    task: UUID, body: MeetingIn, around: Surroundings, _caller: Party, key: IdempotencyKey = None
) -> Response:
    """Invite the other party, more parties, the family; the invitation is in the thread."""
    proposal = meetings.Proposal(
        MeetingKind(body.kind), tuple(sorted(set(body.times))), tuple(map(UnitId, body.units)), body.family_invited,
        tuple(Said(each.told()) for each in body.information),
    )  # fmt: skip
    number, again = await meetings.propose(
        around, TaskId(task), proposal, once(around.me, key, body, "meetings", task)
    )  # fmt: skip
    return made(number, again=again)


@router.get("/tasks/{task}/meetings", response_model=MeetingList, summary="The meetings about a task")
async def of_task(task: UUID, around: Surroundings, _caller: Party) -> Response:
    """Return the meetings you are invited to, as you may see them at this moment."""
    return answer({"meetings": [_meeting(each) for each in await meetings.of_task(around, TaskId(task))]})


@router.get("/meetings/{meeting}", response_model=MeetingOut, summary="One meeting")
async def read(meeting: UUID, around: Surroundings, _caller: Party) -> Response:
    """Return it as you may see it at this moment."""
    return _answer(await meetings.read(around, meeting))


@router.post("/meetings/{meeting}/answers", response_model=MeetingOut, summary="Say whether you come")
async def reply(meeting: UUID, body: AnswerIn, around: Surroundings, _caller: Party) -> Response:
    """Say whether your unit comes; the last word counts."""
    return _answer(await meetings.answer(around, meeting, Answer(around.me, body.comes, body.time)))


@router.post("/meetings/{meeting}/confirmation", response_model=MeetingOut, summary="Confirm when it is")
async def confirm(
    meeting: UUID, body: ConfirmationIn, around: Surroundings, _caller: Party, version: ExpectedVersion
) -> Response:
    """Set the agreed time of what you have proposed, or move it; all who are invited hear of it."""
    return _answer(await meetings.confirm(around, meeting, version, body.at))


@router.post("/meetings/{meeting}/cancellation", response_model=MeetingOut, summary="Call it off")
async def cancel(
    meeting: UUID, _body: NothingIn, around: Surroundings, _caller: Party, version: ExpectedVersion
) -> Response:
    """Call off what you have proposed; the others hear of it."""
    return _answer(await meetings.cancel(around, meeting, version))


@router.post("/meetings/{meeting}/record", response_model=MeetingOut, summary="Write what was said and agreed")
async def record(
    meeting: UUID, body: RecordIn, around: Surroundings, _caller: Party, version: ExpectedVersion
) -> Response:
    """Write both understandings and the next steps; the meeting is held by that."""
    return _answer(await meetings.record(around, meeting, version, body.told()))


def _answer(seen: meetings.Seen) -> Response:
    return answer(_meeting(seen), 200, {} if seen.state is None else {"ETag": tag(seen.meeting.version)})


def _meeting(seen: meetings.Seen) -> dict[str, Any]:
    told = seen.meeting
    return {
        "id": str(told.id),
        "task": str(told.task),
        "kind": told.kind,
        "state": seen.state,
        "version": None if seen.state is None else told.version,
        "times": list(told.times),
        "confirmed_for": seen.confirmed_for,
        "units": list(seen.units),
        "family_invited": told.family_invited,
        "proposed_by": told.proposed_by,
        "answers": [{"unit": each.unit, "comes": each.comes, "time": each.time} for each in seen.answers],
        "record": None if seen.held is None else _record(seen, seen.held),
    }


def _record(seen: meetings.Seen, held: Held) -> dict[str, Any]:
    corrected = {each.corrects: each.id for each in seen.pieces if each.corrects is not None}
    return {
        "on": held.on,
        "family_present": held.family.present,
        "absence": held.family.absence,
        "attended": [{"unit": each.unit, "profession": each.profession} for each in held.attended],
        "by": held.by,
        "message": str(held.message),
        "information": [shapes.piece(each, corrected) for each in seen.pieces],
        "withheld": [shapes.withheld(each) for each in seen.withheld],
    }
