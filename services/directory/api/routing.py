"""Who to turn to in a municipality: asked with a week of pregnancy or an age, never about anybody. Nothing is kept."""

from datetime import date
from typing import Annotated, Self

from fastapi import APIRouter, Query, Request, Response
from pydantic import ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from services.directory.actions import routing as actions
from services.directory.api.caching import JSON, cached
from services.directory.api.days import OnIn
from services.directory.api.units import MAY_ASK, NamedOut, Service, SourceOut, TheFinder
from services.directory.domain.routing import LAST_MONTH, LAST_WEEK, RoutingNeed, Rule, at_age, in_week
from shared.clock import Now, danish_date
from shared.contracts import OfferFactsOut, OffersAskedIn
from shared.db import TheDatabase
from shared.problems import MissingScope
from shared.text import WireIn, WireOut

router = APIRouter(tags=["routing"])
FourDigits = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")]


class RoutingIn(WireIn):
    """What somebody is needed for, and where: a week of pregnancy or an age in months, and no date of birth."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"municipality": "0217", "need": "authority", "pregnancy_week": 17},
                {"municipality": "0217", "need": "authority", "child_age_months": 50},
            ]
        }
    )

    municipality: FourDigits = Field(description="the family's own municipality's code (R39)")
    need: RoutingNeed = Field(description="what somebody is needed for")
    pregnancy_week: Annotated[int, Field(strict=True, ge=0, le=LAST_WEEK)] | None = Field(
        default=None, description="the week of pregnancy; this or the child's age"
    )
    child_age_months: Annotated[int, Field(strict=True, ge=0, le=LAST_MONTH)] | None = Field(
        default=None, description="whole months, until the sixth birthday"
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.pregnancy_week is None) is (self.child_age_months is None):
            raise PydanticCustomError("one_of_both", "names a week of pregnancy or an age in months, and not both")
        return self

    @property
    def step(self) -> int:
        """The week or the age, as the rules count."""
        if self.pregnancy_week is not None:
            return in_week(self.pregnancy_week)
        return at_age(self.child_age_months or 0)


class MunicipalityIn(OnIn):
    """The municipality whose rules are read, and the day."""

    municipality: FourDigits = Field(description="its code")


class PlaceOut(WireOut):
    """A municipality."""

    code: str
    name: str


class RoutedOut(WireOut):
    """A unit to turn to."""

    unit: str
    name: str
    why: str = Field(description="the rule, in Danish")
    valid_from: date | None = Field(description="since when; null: the source does not say")
    valid_to: date | None
    source: list[SourceOut]


class GapOut(WireOut):
    """Nobody is named: said aloud, with whom to ask instead."""

    says: str = Field(description="in Danish")
    ask: NamedOut | None = Field(description="the organisation to ask: the municipality, or for midwives the region")


class RoutingOut(WireOut):
    """Units, or a gap; never neither."""

    municipality: PlaceOut
    need: RoutingNeed
    note: str | None = Field(description="in Danish: which municipality is the authority (R39)")
    units: list[RoutedOut]
    gaps: list[GapOut]


class StretchOut(WireOut):
    """Weeks and ages in a row with one answer; both ends belong to it."""

    says: str
    pregnancy_week_from: int | None
    pregnancy_week_to: int | None
    child_age_months_from: int | None
    child_age_months_to: int | None
    units: list[RoutedOut]
    gaps: list[GapOut]


class NeedOut(WireOut):
    """One need, from the first week of pregnancy to the sixth birthday, in order and without holes."""

    need: RoutingNeed
    need_says: str
    stretches: list[StretchOut]


class RoutingTableOut(WireOut):
    """A municipality's rules, and its gaps, for who keeps them."""

    municipality: PlaceOut
    needs: list[NeedOut]


@router.post("/routing/questions", response_model=RoutingOut, summary="Who to turn to")
async def ask(request: Request, asked: RoutingIn, finder: TheFinder, at: Now) -> Response:
    """Name the units for a need at a week of pregnancy or an age, or say that nobody is named and whom to ask."""
    told = actions.answer(
        _rules(request), finder.catalogue, asked.municipality, asked.need, asked.step, danish_date(at)
    )
    return Response(told, media_type=JSON, headers={"Cache-Control": "no-store"})


@router.get("/routing", response_model=RoutingTableOut, summary="A municipality's rules and gaps")
async def table(request: Request, finder: TheFinder, at: Now, asked: Annotated[MunicipalityIn, Query()]) -> Response:
    """List a municipality's rules over the whole span, and what nobody is named for."""
    return cached(request, actions.table(_rules(request), finder.catalogue, asked.municipality, asked.day(at)))


@router.post("/internal/offers", response_model=OfferFactsOut, include_in_schema=False)
async def offers(
    request: Request, caller: Service, asked: OffersAskedIn, database: TheDatabase, finder: TheFinder, at: Now
) -> Response:
    """Tell what a referral must know of offers; which ones are hoped for is told in a body, and kept nowhere."""
    if caller.issuer not in MAY_ASK:
        raise MissingScope
    async with database.connection() as connection:
        told = await actions.offers(connection, asked.ids, _rules(request), finder.catalogue, danish_date(at))
    return Response(told, media_type=JSON)


def _rules(request: Request) -> tuple[Rule, ...]:
    rules: tuple[Rule, ...] = request.app.state.routing
    return rules
