"""The authority's steps with a report: assessed, acknowledged, told of, passed on, ended; and its reporter answered."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import AfterValidator, ConfigDict, Field, StringConstraints

from services.concern.actions import assessing, feedback, passing
from services.concern.actions.stepping import Wanted
from services.concern.api.context import ByReception, KnownUnits, Noted, TheSeal, Units
from services.concern.api.shapes import WhereIn
from services.concern.domain.acting import Facts
from services.concern.domain.dialogue import DialogueState
from services.concern.domain.feedback import (
    MEASURE_DANISH,
    WITHHELD_DANISH,
    Begun,
    Feedback,
    MeasureType,
    More,
    Withheld,
)
from services.concern.domain.informing import WHY_NOT_DANISH, Informer, Informing, WhyNot
from services.concern.domain.lifecycle import (
    OUTCOME_DANISH,
    STATE_DANISH,
    Assessment,
    Outcome,
    Party,
    ReportState,
    Step,
    allowed,
)
from shared.db import InTransaction
from shared.text import Code, Moment, Truth, WireIn, WireOut, shown
from shared.version import ExpectedVersion, tag
from shared.vocabulary import glossed

router = APIRouter(tags=["concern reports: steps"], route_class=Noted)
_Written = Annotated[str, StringConstraints(max_length=2000), AfterValidator(shown)]
_Outcomes = tuple[Outcome, ...]
_MOST_OUTCOMES = len(Outcome)


class NothingIn(WireIn):
    """Nothing needs to be said."""


class AssessmentIn(WireIn):
    """The answer within 24 hours (BL § 136, stk. 2)."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"danger": False, "acute_measures": False, "running_measures": True}]}
    )

    danger: Truth = Field(description="the child's health or development is in danger")
    acute_measures: Truth = Field(description="acute measures are needed; only of a child in danger")
    running_measures: Truth = Field(description="the family has help after BL §§ 32, 46, 47 or 67 already (R34)")
    with_user: Code | None = Field(
        default=None, description="who takes part in the new assessment and was not part of it before (BL § 137; R34)"
    )


class InformedIn(WireIn):
    """Whether the authority has told the parents of the report: when, or why not."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"informed_at": "2026-11-20T09:30:00+01:00"}]})

    informed_at: Moment | None = Field(default=None, description="when you told them, not later than now")
    why_not: WhyNot | None = Field(
        default=None,
        description="instead: why not; `left_to_authority` is the reporter's alone: " + glossed(WHY_NOT_DANISH.items()),
    )


class PassingOnIn(WireIn):
    """Which municipality acts, by code and by what is known of where the child belongs; the two must agree (R39)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"municipality": "0219", "facts": {"stays_in": "0219", "custody": "one", "holder_in": "0219"}}]
        }
    )

    municipality: str = Field(pattern="^[0-9]{4}$", description="the municipality that acts, by its code (R46)")
    facts: WhereIn = Field(description="what you know of where the family lives")


class ClosingIn(WireIn):
    """What came of it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"outcomes": ["mapping", "measures"]}]})

    outcomes: _Outcomes = Field(
        max_length=_MOST_OUTCOMES,
        description="one that ends it, or all that was begun: " + glossed(OUTCOME_DANISH.items()),
    )


class BegunIn(WireIn):
    """Yes or no for each of the three the law names, and nothing else (BL § 138, stk. 2)."""

    examination: Truth = Field(description="an examination (børnefaglig undersøgelse) was begun")
    mapping: Truth = Field(description="a mapping (afdækning) was begun")
    measures: Truth = Field(description="help (indsats) was begun")


class MoreIn(WireIn):
    """What may be told besides, where it matters much for the reporter's own support (BL § 138, stk. 3)."""

    types: frozenset[MeasureType] = Field(
        max_length=len(MeasureType), description="of which kind it is: " + glossed(MEASURE_DANISH.items())
    )
    weeks: int | None = Field(default=None, strict=True, description="how long it is planned to last")
    why: _Written = Field(description="why it matters much for the reporter's support; kept, not shown to them")


class FeedbackIn(WireIn):
    """What the reporter is told, or why not; what their kind is owed is in docs/concern-reports.md (R33)."""

    model_config = ConfigDict(
        hide_input_in_errors=True,
        json_schema_extra={"examples": [{"begun": {"examination": False, "mapping": True, "measures": True}}]},
    )

    begun: BegunIn | None = Field(default=None, description="what was begun; once it is closed, as it was closed")
    withheld: Withheld | None = Field(
        default=None, description="instead: why it is not told: " + glossed(WITHHELD_DANISH.items())
    )
    more: MoreIn | None = Field(default=None, description="kind and length, only where there is a reason to tell")

    def feedback(self) -> Feedback:
        """Return it as the rules know it."""
        begun = None if self.begun is None else Begun(self.begun.examination, self.begun.mapping, self.begun.measures)
        more = None if self.more is None else More(self.more.types, self.more.weeks, self.more.why)
        return Feedback(begun, self.withheld, more)


class StandsOut(WireOut):
    """Where a report stands after a step; its version is the ETag."""

    id: UUID
    state: ReportState
    says: str = Field(description="the state, in Danish")
    allowed: list[Step] = Field(description="what the authority may do from here")
    assess_by: datetime = Field(description="the first moment that is too late")
    assessed_at: datetime | None
    acknowledge_by: datetime
    acknowledged_at: datetime | None
    inform_by: datetime = Field(description="by when the parents are told, where nothing speaks against it")
    parents_to_tell: bool = Field(description="somebody still has to tell them")
    parents_answered: bool = Field(description="it may be closed: they were told, or the authority has said why not")
    outcomes: list[Outcome] | None
    ended_at: datetime | None
    dialogue: DialogueState | None


class AssessedOut(StandsOut):
    """The same, and what must be thought of where help is running already (R34)."""

    reassess: str | None = Field(description="in Danish; null where no help is running")
    involved_before: bool | None = Field(
        description="whoever takes part in the new assessment has had part in this report before; shown, never refused"
    )


class PassedOnOut(StandsOut):
    """The same, and where it went."""

    municipality: str
    unit: str = Field(description="the unit that receives it there; its clocks run from now")
    basis: str = Field(description="why that municipality acts (R39)")


async def _stepping(version: ExpectedVersion, request: ByReception, units: KnownUnits) -> Callable[[UUID], Wanted]:
    return lambda report: Wanted(report, version, request, units)


async def _sending(version: ExpectedVersion, request: ByReception, units: Units) -> Callable[[UUID], Wanted]:
    """As `_stepping`; where a report goes nobody knows without the directory."""
    return lambda report: Wanted(report, version, request, units)


Stepping = Annotated[Callable[[UUID], Wanted], Depends(_stepping)]
Sending = Annotated[Callable[[UUID], Wanted], Depends(_sending)]


@router.post("/concern-reports/{report}/assessment", summary="Answer: is the child in danger?")
async def assess(
    report: UUID, body: AssessmentIn, step: Stepping, transaction: InTransaction, response: Response
) -> AssessedOut:
    """Answer within 24 hours of receipt, round the clock (R32); anew, where more is known."""
    answer = Assessment(body.danger, body.acute_measures)
    made = await assessing.assess(
        transaction, step(report), answer, running_measures=body.running_measures, with_user=body.with_user
    )
    return AssessedOut(**_stands(response, made.row), reassess=made.says, involved_before=made.involved)


@router.post("/concern-reports/{report}/acknowledgement", summary="Tell the reporter that it is received")
async def acknowledge(
    report: UUID, _body: NothingIn, step: Stepping, transaction: InTransaction, response: Response
) -> StandsOut:
    """Acknowledge within six working days (R32), however the report stands; the reporter sees when."""
    return StandsOut(**_stands(response, await assessing.acknowledge(transaction, step(report))))


@router.post("/concern-reports/{report}/informing", summary="The parents were told, or why not")
async def inform(
    report: UUID, body: InformedIn, step: Stepping, transaction: InTransaction, response: Response
) -> StandsOut:
    """Note it; a later answer is added. Until there is one that holds, somebody is reminded after 14 days."""
    answer = Informing(Informer.AUTHORITY, body.informed_at, body.why_not)
    return StandsOut(**_stands(response, await assessing.inform(transaction, step(report), answer)))


@router.post("/concern-reports/{report}/passing-on", summary="Pass it on to the municipality that acts")
async def pass_on(
    report: UUID, body: PassingOnIn, step: Sending, transaction: InTransaction, response: Response
) -> PassedOnOut:
    """Pass it on once it is assessed (R39): it is in the other's register with clocks of its own, and read only there.

    The report stays in this register. Its reporter still is to be acknowledged from here.
    """
    ended, begun = await passing.pass_on(transaction, step(report), body.municipality, Facts(**body.facts.model_dump()))
    return PassedOnOut(
        **_stands(response, ended), municipality=begun["municipality"], unit=begun["unit"], basis=begun["basis"]
    )


@router.post("/concern-reports/{report}/closing", summary="End it with what came of it")
async def close(
    report: UUID, body: ClosingIn, step: Stepping, transaction: InTransaction, response: Response
) -> StandsOut:
    """End it, once it is assessed and it is said whether the parents know."""
    return StandsOut(**_stands(response, await assessing.close(transaction, step(report), body.outcomes)))


@router.post("/concern-reports/{report}/feedback", summary="Tell the reporter what was begun, or why not")
async def tell(
    report: UUID, body: FeedbackIn, step: Stepping, transaction: InTransaction, response: Response, seal: TheSeal
) -> StandsOut:
    """Tell who reported under § 133 whether anything was begun (R33); others are only told that it was received."""
    return StandsOut(**_stands(response, await feedback.tell(transaction, step(report), body.feedback(), seal)))


def _stands(response: Response, row: Any) -> dict[str, Any]:  # noqa: ANN401 - a database row
    """Return where a report stands as it is told, its version in the answer's headers."""
    response.headers["ETag"] = tag(row["version"])
    state = ReportState(row["state"])
    fields = ("id", "assess_by", "assessed_at", "acknowledge_by", "acknowledged_at", "inform_by", "parents_to_tell",
              "parents_answered", "outcomes", "ended_at", "dialogue")  # fmt: skip
    told = {name: row[name] for name in fields}
    return told | {"state": state, "says": STATE_DANISH[state], "allowed": allowed(state, Party.AUTHORITY)}
