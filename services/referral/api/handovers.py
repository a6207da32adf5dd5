"""Handovers with their checklists, and the authority's screenings."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import ConfigDict, Field

from services.referral.actions import handing
from services.referral.api.agreed import PresenceIn, answer
from services.referral.api.context import Surroundings
from services.referral.api.roles import Party, Recipient
from services.referral.domain.handing import (
    CHECKLISTS,
    SCREENING_DANISH,
    Attendance,
    Paragraph,
    Screening,
    Template,
    lacks,
    responsible,
)
from services.referral.domain.lifecycle import Party as Side
from services.referral.domain.meetings import Absence
from services.referral.domain.model import TaskId
from shared.text import Code, Day, Truth, WireIn, WireOut
from shared.version import ExpectedVersion, tag
from shared.vocabulary import REASON_DANISH, Reason

router = APIRouter(tags=["handovers"])
MOST_TICKED = 30


class AttendanceIn(WireIn):
    """Who was at the handover meeting."""

    sender: Truth = Field(description="whether somebody of the sender's was there")
    recipient: Truth = Field(description="whether somebody of the recipient's was there")
    family: PresenceIn = Field(description="whether the family was there")

    def told(self) -> Attendance:
        """Return it as the rules know it."""
        return Attendance(self.sender, self.recipient, self.family.told())


class HandoverIn(WireIn):
    """Your side of a handover: all that you have ticked, and what both sides share."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"ticked": ["family_knows_and_agrees", "contact_known"], "meeting_on": "2026-12-01"}]
        }
    )

    template: Template | None = Field(default=None, description="another checklist than the one proposed")
    ticked: list[Code] = Field(max_length=MOST_TICKED, description="codes of the checklist: what you have seen to")
    meeting_on: Day | None = Field(default=None, description="the day of the handover meeting")
    attendance: AttendanceIn | None = Field(default=None, description="who was there, once it was held")

    def told(self) -> handing.Written:
        """Return it as the rules know it."""
        attendance = None if self.attendance is None else self.attendance.told()
        return handing.Written(self.template, frozenset(self.ticked), self.meeting_on, attendance)


class CheckOut(WireOut):
    """One thing to have seen to."""

    code: str
    text: str = Field(description="in Danish")
    required: bool
    by_sender: bool
    by_recipient: bool


class AttendanceOut(WireOut):
    """Who was at the handover meeting."""

    sender: bool
    recipient: bool
    family_present: bool
    absence: Absence | None


class HandoverOut(WireOut):
    """Where a handover stands; all is null and `withheld` says why where its course may not be told you."""

    task: UUID
    version: int | None = Field(description="send it in quotes as `If-Match`; 0: nothing has been written")
    template: Template | None
    checklist: list[CheckOut] | None
    meeting_on: date | None
    attendance: AttendanceOut | None
    lacks: list[str] | None = Field(description="what is missing before the receiver can take over, in codes")
    responsible: Side | None = Field(description="`sender`, until the receiver has taken over")
    taken_over_at: datetime | None
    withheld: Reason | None
    why: str | None = Field(description="the reason in Danish")


class ScreeningIn(WireIn):
    """The authority's screening; what may be given after it is the authority's to decide (R35, R69)."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"screening_ref": "2026-77", "paragraph": "section_24", "on": "2026-11-20"}]}
    )

    screening_ref: Code = Field(description="the screening, by the authority's case system's id")
    paragraph: Paragraph = Field(description="barnets lov § 18, a child; § 24, expectant parents")
    on: Day = Field(description="the day of the screening")


class ScreeningOut(WireOut):
    """The authority's screening, as you may hear of it now."""

    screening_ref: str | None
    paragraph: Paragraph | None
    on: date | None
    told: str | None = Field(description="in Danish, what the law says of it; nothing is decided here")
    withheld: Reason | None


@router.get("/tasks/{task}/handover", response_model=HandoverOut, summary="Where a handover stands")
async def read(task: UUID, around: Surroundings, _caller: Party) -> Response:
    """Return the checklist, who was there, and who is responsible, as you may see it at this moment."""
    return _answer(task, await handing.read(around, TaskId(task)))


@router.put("/tasks/{task}/handover", response_model=HandoverOut, summary="Write your side of a handover")
async def write(
    task: UUID, body: HandoverIn, around: Surroundings, _caller: Party, version: ExpectedVersion
) -> Response:
    """Write what your side has seen to, and what both share; the receiver takes over with `POST /tasks/{id}/start`."""
    return _answer(task, await handing.write(around, TaskId(task), version, body.told()))


@router.get("/tasks/{task}/screening", response_model=ScreeningOut, summary="The authority's screening")
async def screening(task: UUID, around: Surroundings, _caller: Party) -> Response:
    """Return it, as you may hear of it at this moment."""
    found, hidden = await handing.screening(around, TaskId(task))
    return answer(_screening(found, hidden))


@router.put("/tasks/{task}/screening", response_model=ScreeningOut, summary="Note your screening")
async def screen(task: UUID, body: ScreeningIn, around: Surroundings, _caller: Recipient) -> Response:
    """Note it before anything begins; the decision itself goes with the start."""
    made = await handing.screen(around, TaskId(task), Screening(body.screening_ref, body.paragraph, body.on))
    return answer(_screening(made, None))


def _screening(found: Screening | None, hidden: Reason | None) -> dict[str, Any]:
    return {
        "screening_ref": found and found.ref,
        "paragraph": found and found.paragraph,
        "on": found and found.on,
        "told": found and SCREENING_DANISH[found.paragraph],
        "withheld": hidden,
    }


def _answer(task: UUID, seen: handing.Seen) -> Response:
    base = {"task": str(task), "withheld": seen.hidden, "why": seen.hidden and REASON_DANISH[seen.hidden]}
    found = seen.handover
    if found is None:
        return answer(base | dict.fromkeys(_OF_THE_COURSE))
    there = found.attendance
    told = {
        "version": found.version,
        "template": found.template,
        "checklist": [
            {"code": check.code, "text": check.danish, "required": check.required,
             "by_sender": check.code in found.by_sender, "by_recipient": check.code in found.by_recipient}
            for check in CHECKLISTS[found.template]
        ],
        "meeting_on": found.meeting_on,
        "attendance": there and {"sender": there.sender, "recipient": there.recipient,
                                 "family_present": there.family.present, "absence": there.family.absence},
        "lacks": lacks(found),
        "responsible": responsible(found),
        "taken_over_at": found.taken_over_at,
    }  # fmt: skip
    return answer(base | told, 200, {"ETag": tag(found.version)})


_OF_THE_COURSE = (
    "version", "template", "checklist", "meeting_on", "attendance", "lacks", "responsible", "taken_over_at",
)  # fmt: skip
