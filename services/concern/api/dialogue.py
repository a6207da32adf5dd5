"""The dialogue meeting beside a report: reporter, family and adviser; planned, minuted, or not held (R31)."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import AfterValidator, ConfigDict, Field, StringConstraints

from services.concern.actions import dialogue
from services.concern.actions.stepping import Wanted
from services.concern.api.context import ByReader, ByReception, KnownUnits, Noted, TheSeal
from services.concern.domain.dialogue import (
    ATTENDEE_DANISH,
    DIALOGUE_DANISH,
    MOST_STEPS,
    Attendee,
    DialogueState,
    Form,
    Minutes,
    NextStep,
    caution,
    overdue,
)
from services.concern.domain.kinds import Ground
from services.concern.domain.lifecycle import Party, Step
from shared.clock import danish_date
from shared.db import InTransaction
from shared.text import Day, Moment, WireIn, WireOut, shown
from shared.version import ExpectedVersion, PerhapsVersion, tag
from shared.vocabulary import glossed

router = APIRouter(tags=["concern reports: dialogue"], route_class=Noted)
_Written = Annotated[str, StringConstraints(max_length=20_000), AfterValidator(shown)]
_Line = Annotated[str, StringConstraints(max_length=300), AfterValidator(shown)]
_NONE = "Der er ikke aftalt et dialogmøde. Underretningen gælder."
_NO_CPR = "; no civil registration number (R45)"
_ADDRESS = "/concern-reports/{report}/dialogue"


class NothingIn(WireIn):
    """Nothing needs to be said."""


class PlanIn(WireIn):
    """When to meet; sent anew, it moves the meeting."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"planned_at": "2026-11-27T10:00:00+01:00"}]})

    planned_at: Moment = Field(description="when to meet, later than now")


class NextStepIn(WireIn):
    """One thing that was agreed."""

    what: _Line = Field(description="what is to be done" + _NO_CPR)
    owner: Attendee = Field(description="who does it: " + glossed(ATTENDEE_DANISH.items()))
    by: Day = Field(description="by which day, today or later")


class MinutesIn(WireIn):
    """What a meeting came to: how the family sees it, how the professionals do, and what was agreed."""

    model_config = ConfigDict(
        hide_input_in_errors=True,
        json_schema_extra={
            "examples": [
                {
                    "held_at": "2026-11-27T10:00:00+01:00",
                    "present": ["reporter", "family", "adviser"],
                    "family_view": "Vi er trætte og vil gerne have hjælp om morgenen.",
                    "professional_view": "Barnet kommer sent og er ofte træt.",
                    "steps": [
                        {"what": "Hjælp til morgenen i fire uger", "owner": "adviser", "by": "2026-12-11"},
                        {"what": "Barnet bliver afleveret klokken otte", "owner": "family", "by": "2026-12-04"},
                    ],
                }
            ]
        },
    )

    held_at: Moment = Field(description="when it was held, not later than now")
    present: frozenset[Attendee] = Field(description="who was there; all three, or it was another meeting")
    family_view: _Written = Field(description="how the family sees it, in its own words" + _NO_CPR)
    professional_view: _Written = Field(description="how the professionals see it" + _NO_CPR)
    steps: tuple[NextStepIn, ...] = Field(
        max_length=MOST_STEPS, description="what was agreed, each with who does it and by which day; at least one"
    )

    def minutes(self) -> Minutes:
        """Return them as the rules know them."""
        steps = tuple(NextStep(each.what, each.owner, each.by) for each in self.steps)
        return Minutes(self.held_at, self.present, self.family_view, self.professional_view, steps)


class NextStepOut(WireOut):
    """One thing that was agreed, and whether its day has passed."""

    what: str
    owner: Attendee
    by: str
    overdue: bool


class MinutesOut(WireOut):
    """What a meeting came to; the family's words stand beside the professionals'."""

    held_at: datetime
    present: list[Attendee]
    family_view: str
    professional_view: str
    steps: list[NextStepOut]


class DialogueOut(WireOut):
    """How it stands with the meeting; the report stands whatever becomes of it."""

    report: UUID
    form: Form
    state: DialogueState | None = Field(description="null: none was planned")
    says: str = Field(description="how it stands, in Danish")
    at: datetime | None = Field(description="when it is planned, or was held")
    caution: str | None = Field(description="what must be thought of before the family is asked, in Danish")
    may: list[Step] = Field(description="what you may do from here")
    minutes: list[MinutesOut] = Field(description="of each meeting that was held, oldest first")


@router.post(_ADDRESS, summary="Plan a dialogue meeting, or move it")
async def plan(
    report: UUID, body: PlanIn, request: ByReader, units: KnownUnits, version: PerhapsVersion,
    transaction: InTransaction, response: Response,
) -> DialogueOut:  # fmt: skip
    """Plan it, as reporter or authority; the authority names the version it read. The clocks of the report run on."""
    seen = await dialogue.plan(transaction, report, version, request, units, body.planned_at)
    return _told(response, report, seen, request.at)


@router.post(_ADDRESS + "/decline", summary="The family would rather not meet")
async def decline(
    report: UUID, _body: NothingIn, request: ByReader, units: KnownUnits, version: PerhapsVersion,
    transaction: InTransaction, response: Response,
) -> DialogueOut:  # fmt: skip
    """Note it, for the family; nothing else becomes of it, and the report stands."""
    seen = await dialogue.call_off(transaction, report, version, request, units, Step.DECLINE_DIALOGUE)
    return _told(response, report, seen, request.at)


@router.post(_ADDRESS + "/cancellation", summary="Call a dialogue meeting off")
async def cancel(
    report: UUID, _body: NothingIn, request: ByReader, units: KnownUnits, version: PerhapsVersion,
    transaction: InTransaction, response: Response,
) -> DialogueOut:  # fmt: skip
    """Call it off, as reporter or authority; another may be planned, and the report stands."""
    seen = await dialogue.call_off(transaction, report, version, request, units, Step.CANCEL_DIALOGUE)
    return _told(response, report, seen, request.at)


@router.post(_ADDRESS + "/minutes", summary="Keep what a dialogue meeting came to")
async def minute(
    report: UUID, body: MinutesIn, request: ByReception, units: KnownUnits, version: ExpectedVersion,
    transaction: InTransaction, seal: TheSeal, response: Response,
) -> DialogueOut:  # fmt: skip
    """Keep both understandings and the agreed steps; sealed, and read by the authority and whoever reported."""
    wanted = Wanted(report, version, request, units)
    seen = await dialogue.minute(transaction, wanted, body.minutes(), seal)
    return _told(response, report, seen, request.at)


@router.get(_ADDRESS, summary="How it stands with the dialogue meeting")
async def read(
    report: UUID, request: ByReader, units: KnownUnits, transaction: InTransaction, seal: TheSeal, response: Response
) -> DialogueOut:
    """Return it, with the minutes, to the authority that has the report and to whoever reported."""
    return _told(response, report, await dialogue.read(transaction, report, request, units, seal), request.at)


def _told(response: Response, report: UUID, seen: dialogue.Seen, at: datetime) -> DialogueOut:
    """Return it under the id it was asked by; the version goes to the authority alone."""
    row = seen.row
    if seen.party is Party.AUTHORITY:
        response.headers["ETag"] = tag(row["version"])
    state = None if row["dialogue"] is None else DialogueState(row["dialogue"])
    form = Form(row["form"])
    asked = Form.DIALOGUE if state is DialogueState.PLANNED else form
    return DialogueOut(
        report=report, form=form, state=state, says=_NONE if state is None else DIALOGUE_DANISH[state],
        at=None if state is None else row["dialogue_at"], caution=caution(asked, Ground(row["ground"])), may=seen.may,
        minutes=[_minuted(each, at) for each in seen.minutes],
    )  # fmt: skip


def _minuted(told: Any, at: datetime) -> MinutesOut:  # noqa: ANN401 - what was sealed
    agreed = [NextStep(each["what"], Attendee(each["owner"]), date.fromisoformat(each["by"])) for each in told["steps"]]
    passed = overdue(agreed, danish_date(at))
    steps = [NextStepOut(what=each.what, owner=each.owner, by=each.by.isoformat(), overdue=each in passed)
             for each in agreed]  # fmt: skip
    return MinutesOut(**{**told, "steps": steps})
