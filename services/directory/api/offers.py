"""Finding offers: the same question in a query or, where it describes a family, in a body that leaves no trace."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import ConfigDict, Field, StringConstraints, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from services.directory.actions import finding, history
from services.directory.api.caching import JSON, cached
from services.directory.api.days import Day
from services.directory.api.found import OfferOut, OffersOut
from services.directory.api.units import Freshness, TheBuiltFinder
from services.directory.domain import errors
from services.directory.domain.codes import (
    Access,
    Accessibility,
    Audience,
    Form,
    Language,
    LegalBasis,
    PreventionLevel,
    Profession,
    Theme,
    Weekday,
)
from services.directory.domain.danish import fold
from services.directory.domain.geography import Point
from services.directory.domain.matching import Need
from services.directory.domain.records import EAST, NORTH, SOUTH, WEST
from services.directory.domain.search import Facet, Search, Sort
from services.directory.finder import Finder
from shared.auth import verified
from shared.clock import Now, danish_date, moment_of
from shared.db import TheDatabase
from shared.personal import looks_like_cpr
from shared.text import Code, Line, Moment, WireIn

router = APIRouter(tags=["offers"])
MOST = 200
FourDigits = Annotated[str, StringConstraints(pattern=r"^\d{4}$")]
# An offer's id, the day from which it says so, and its place in the order.
Cursor = Annotated[str, StringConstraints(min_length=1, max_length=250, pattern=r"^[A-Za-z0-9._-]+$")]


class SearchIn(WireIn):
    """What is looked for; what is not given is not asked about. Of several values of a list one is enough."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"municipality": "0217", "gestation_week": 17, "parent_age": 21, "referrer": "midwife"}]
        }
    )

    q: Line | None = Field(default=None, description="free text, Danish; spelling need not be exact")
    municipality: FourDigits | None = Field(
        default=None, description="four digits; finds offers given there, the region's own and nationwide ones"
    )
    region: Code | None = Field(
        default=None, description="its code; finds offers anywhere in it, on the day asked about"
    )
    gestation_week: int | None = Field(default=None, ge=4, le=42, description="week of pregnancy")
    due_date: Day | None = Field(default=None, description="the due date (termin)")
    child_age_months: int | None = Field(default=None, ge=0, le=216, description="the child's age in whole months")
    parent_age: int | None = Field(default=None, ge=10, le=99, description="the parent's age in whole years")
    first_time_parents: bool | None = Field(default=None, description="is it their first child?")
    pregnancy_care_level: int | None = Field(default=None, ge=1, le=4, description="svangreomsorgsniveau (R67)")
    audience: frozenset[Audience] = Field(
        default=frozenset(), max_length=len(Audience), description="a parent or partner also finds what is for families"
    )
    theme: frozenset[Theme] = Field(default=frozenset(), max_length=len(Theme), description="what it is about")
    access: Access | None = Field(default=None, description="`open` also finds what is open and anonymous")
    referrer: Profession | Literal["me"] | None = Field(
        default=None,
        description="who would refer, `me`: the caller's own profession; finds also what is open to all, or does not "
        "say who may refer",
    )
    form: Form | None = Field(default=None, description="in what form it is given")
    method: frozenset[Line] = Field(default=frozenset(), max_length=20, description="a method's name: COS-P, Marte Meo")
    prevention_level: PreventionLevel | None = Field(
        default=None, description="for everybody, for groups at risk, or for those with signs of trouble"
    )
    legal_basis: frozenset[LegalBasis] = Field(
        default=frozenset(), max_length=len(LegalBasis), description="the provision it is given under (R68)"
    )
    language: frozenset[Language] = Field(
        default=frozenset(), max_length=len(Language), description="the languages it is given in, by ISO 639 code"
    )
    weekday: frozenset[Weekday] = Field(default=frozenset(), max_length=len(Weekday), description="when it is held")
    childcare: bool = Field(default=False, description="children are looked after meanwhile")
    meal: bool = Field(default=False, description="there is something to eat")
    transport: bool = Field(default=False, description="help with getting there")
    interpreter: bool = Field(default=False, description="an interpreter can come")
    accessibility: frozenset[Accessibility] = Field(
        default=frozenset(), max_length=len(Accessibility), description="all of these"
    )
    free_places: bool = Field(default=False, description="a run has places left, as far as somebody has said")
    max_price_kr: int | None = Field(default=None, ge=0, le=100_000, description="whole kroner; 0 is free")
    home_municipality: FourDigits | None = Field(
        default=None, description="where the family lives: finds offers that take families from there (R70)"
    )
    postcode: FourDigits | None = Field(default=None, description="reckon distances from the middle of this postcode")
    latitude: float | None = Field(default=None, ge=SOUTH, le=NORTH, description="or from here: degrees, WGS84")
    longitude: float | None = Field(default=None, ge=WEST, le=EAST, description="goes with latitude")
    within_km: int | None = Field(default=None, ge=1, le=500, description="no farther than this from there")
    unit: Code | None = Field(default=None, description="the id of the unit that gives it")
    organisation: Code | None = Field(default=None, description="the id of the organisation behind it")
    include_examples: bool = Field(
        default=False, description="also offers made up for examples, `example` true: nothing to refer to"
    )
    on: Day | None = Field(default=None, description="as it will be on that day; today if not given")
    failing: int = Field(
        default=0, ge=0, le=2, description="also show what fails so many criteria, last, and say which"
    )
    facets: frozenset[Facet] = Field(default=frozenset(), max_length=len(Facet), description="count the hits by these")
    sort: Sort = Field(default=Sort.RELEVANCE, description="`relevance`, `distance` and `waiting` after what fits best")
    limit: int = Field(default=50, ge=1, le=MOST)
    after: Cursor | None = Field(default=None, description="`next` of the page before")

    @model_validator(mode="before")
    @classmethod
    def _without_cpr(cls, given: Any) -> Any:  # noqa: ANN401 - whatever came
        values = given.values() if isinstance(given, dict) else ()
        for value in values:
            for each in value if isinstance(value, list) else [value]:
                if isinstance(each, str | int) and looks_like_cpr(str(each)):
                    raise PydanticCustomError("cpr_refused", "must not hold a civil registration number")
        return given

    @property
    def describes_somebody(self) -> bool:
        """True where it tells of a family, or of who asks: the answer is nobody else's to keep."""
        told = (
            self.q, self.gestation_week, self.due_date, self.child_age_months, self.parent_age, self.first_time_parents,
            self.pregnancy_care_level, self.home_municipality, self.postcode, self.latitude,
        )  # fmt: skip
        return self.referrer == "me" or any(value is not None for value in told)

    def need(self, me: Profession | None) -> Need:
        """Return what the family needs; its places are looked up later.

        Raises:
            ProfessionUnknown: the caller asks for itself, and does not say what it is.
        """
        if self.referrer == "me" and me is None:
            raise errors.ProfessionUnknown
        return Need(
            gestation_week=self.gestation_week,
            child_age_months=self.child_age_months,
            parent_age=self.parent_age,
            audience=self.audience,
            theme=self.theme,
            referrer=me if self.referrer == "me" else self.referrer,
            access=self.access,
            form=self.form,
            prevention_level=self.prevention_level,
            language=self.language,
            first_time_parents=self.first_time_parents,
            due_date=self.due_date,
            pregnancy_care_level=self.pregnancy_care_level,
            method=frozenset(map(fold, self.method)),
            legal_basis=self.legal_basis,
            weekday=self.weekday,
            childcare=self.childcare,
            meal=self.meal,
            transport=self.transport,
            interpreter=self.interpreter,
            accessibility=self.accessibility,
            free_places=self.free_places,
            max_price_kr=self.max_price_kr,
            within_km=self.within_km,
        )

    def search(self, today: date, me: Profession | None) -> Search:
        """Return the question as the actions take it."""
        return Search(
            need=self.need(me),
            on=self.on or today,
            text=self.q,
            unit=self.unit,
            organisation=self.organisation,
            include_examples=self.include_examples,
            failing=self.failing,
            facets=tuple(facet for facet in Facet if facet in self.facets),
            sort=self.sort,
            limit=self.limit,
            after=finding.place(self.after),
        )

    def whereabouts(self) -> finding.Whereabouts:
        """Return the places asked about, by code.

        Raises:
            PlaceIncomplete: half a point.
        """
        if (self.latitude is None) != (self.longitude is None):
            raise errors.PlaceIncomplete
        point = None
        if self.latitude is not None and self.longitude is not None:
            point = Point(self.latitude, self.longitude)
        return finding.Whereabouts(self.municipality, self.region, self.home_municipality, self.postcode, point)


@dataclass(frozen=True, slots=True)
class Searcher:
    """Who searches, in what, and today's day: all a search needs, looked up at once."""

    finder: Finder
    flagged_after: timedelta
    today: date
    profession: Profession | None

    async def find(self, asked: SearchIn) -> bytes:
        """Return the answer as JSON."""
        search = asked.search(self.today, self.profession)
        return await finding.find(self.finder, search, asked.whereabouts(), self.today, self.flagged_after)


async def _searcher(request: Request, at: Now) -> Searcher:
    """Return the searcher; whoever has logged in may ask what it may refer to itself. Searching needs no login."""
    told = verified(request).profession if "authorization" in request.headers else None
    known = Profession(told) if told in frozenset(Profession) else None
    state = request.app.state
    return Searcher(state.finder, state.flagged_after, danish_date(at), known)


Searching = Annotated[Searcher, Depends(_searcher)]


class InBody(APIRoute):
    """A search in a body, taken apart here: FastAPI's own way costs as much as finding the offers (docs/adr/0010).

    The function below it is documented, called and answered as any other.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what reads the body, and asks."""

        async def handle(request: Request) -> Response:
            asked = await _in_body(request)
            answer: Response = await self.endpoint(await _searcher(request, moment_of(request)), asked)
            return answer

        return handle


asking = APIRouter(tags=["offers"], route_class=InBody)


async def _in_body(request: Request) -> SearchIn:
    """Return the question in a body.

    Raises:
        RequestValidationError: there is none, told as FastAPI tells it.
    """
    body = await request.body()
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise RequestValidationError([{"type": "model_attributes_type", "loc": ("body",), "msg": "", "input": None}])
    try:
        return SearchIn.model_validate_json(body)
    except ValidationError as error:
        raise RequestValidationError(
            [{**each, "loc": ("body", *each["loc"])} for each in error.errors(include_url=False, include_context=False)]
        ) from None


@asking.post("/offers/search", response_model=OffersOut, summary="Find offers, the question in the body")
async def search(searching: Searching, asked: SearchIn) -> Response:
    """Find offers with a question that describes a family: it stands in no address and in no log."""
    return Response(await searching.find(asked), media_type=JSON)


@router.get("/offers", response_model=OffersOut, summary="Find offers")
async def find(request: Request, searching: Searching, asked: Annotated[SearchIn, Query()]) -> Response:
    """Find offers, best first; each says which criteria it matches and which are unknown. It refers nobody."""
    body = await searching.find(asked)
    return Response(body, media_type=JSON) if asked.describes_somebody else cached(request, body)


@router.get("/offers/{offer}", response_model=OfferOut, summary="One offer")
async def one(
    request: Request,
    offer: Annotated[Code, Path()],
    database: TheDatabase,
    finder: TheBuiltFinder,
    fresh: Freshness,
    at: Now,
    on: Annotated[Day | None, Query(description="as it is on this day")] = None,
    known_at: Annotated[Moment | None, Query(description="as it was known at this moment")] = None,
) -> Response:
    """Return an offer; an ended one is still on record, with the day it ended as `valid_to`.

    With `on` or `known_at`: what holds on that day, as far as was known at that moment.
    """
    async with database.connection() as connection:
        if on is not None or known_at is not None:
            day = on or danish_date(at)
            said = await history.known(connection, offer, day, known_at or at, finder.catalogue, fresh)
            return Response(said, media_type=JSON)
        told, version, changed = await finding.offer(connection, offer, finder, danish_date(at), fresh)
    return cached(request, told, version=version, changed=changed)
