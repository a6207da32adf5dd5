"""Finding offers: the same question in a query or, where it describes a family, in a body that leaves no trace."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from services.directory import actions
from services.directory.api.found import OfferOut, OffersOut
from services.directory.domain.codes import Access, Audience, Form, PreventionLevel, Profession, Theme
from services.directory.domain.matching import Need
from services.directory.domain.search import Search
from shared.clock import Now, danish_date
from shared.db import Database, TheDatabase
from shared.personal import looks_like_cpr
from shared.text import Code, Line, WireIn

router = APIRouter(tags=["offers"])
MOST = 200
Municipality = Annotated[str, StringConstraints(pattern=r"^\d{4}$")]


class SearchIn(WireIn):
    """What is looked for; what is not given is not asked about. Of several audiences or themes one is enough."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"municipality": "0217", "gestation_week": 17, "parent_age": 21, "referrer": "midwife"}]
        }
    )

    q: Line | None = Field(default=None, description="free text, Danish; spelling need not be exact")
    municipality: Municipality | None = Field(
        default=None, description="four digits; finds offers given there, the region's own and nationwide ones"
    )
    gestation_week: int | None = Field(default=None, ge=4, le=42, description="week of pregnancy")
    child_age_months: int | None = Field(default=None, ge=0, le=216, description="the child's age in whole months")
    parent_age: int | None = Field(default=None, ge=10, le=99, description="the parent's age in whole years")
    audience: frozenset[Audience] = Field(
        default=frozenset(), max_length=len(Audience), description="a parent or partner also finds what is for families"
    )
    theme: frozenset[Theme] = Field(default=frozenset(), max_length=len(Theme), description="what it is about")
    access: Access | None = Field(default=None, description="`open` also finds what is open and anonymous")
    referrer: Profession | None = Field(
        default=None, description="who would refer; finds also what is open to all, or does not say who may refer"
    )
    form: Form | None = Field(default=None, description="in what form it is given")
    prevention_level: PreventionLevel | None = Field(
        default=None, description="for everybody, for groups at risk, or for those with signs of trouble"
    )
    unit: Code | None = Field(default=None, description="the id of the unit that gives it")
    organisation: Code | None = Field(default=None, description="the id of the organisation behind it")
    include_examples: bool = Field(default=True, description="also offers made up for examples: `example` is true")
    limit: int = Field(default=50, ge=1, le=MOST)
    after: Code | None = Field(default=None, description="`next` of the page before")

    @model_validator(mode="before")
    @classmethod
    def _without_cpr(cls, given: Any) -> Any:  # noqa: ANN401 - whatever came
        values = given.values() if isinstance(given, dict) else ()
        for value in values:
            for each in value if isinstance(value, list) else [value]:
                if isinstance(each, str | int) and looks_like_cpr(str(each)):
                    raise PydanticCustomError("cpr_refused", "must not hold a civil registration number")
        return given

    def search(self) -> Search:
        """Return the question as the actions take it."""
        need = Need(
            gestation_week=self.gestation_week,
            child_age_months=self.child_age_months,
            parent_age=self.parent_age,
            audience=self.audience,
            theme=self.theme,
            referrer=self.referrer,
            access=self.access,
            form=self.form,
            prevention_level=self.prevention_level,
        )
        return Search(
            need=need,
            municipality=self.municipality,
            text=self.q,
            unit=self.unit,
            organisation=self.organisation,
            include_examples=self.include_examples,
            limit=self.limit,
            after=actions.place(self.after),
        )


@router.get("/offers", response_model=OffersOut, summary="Find offers")
async def find(database: TheDatabase, at: Now, asked: Annotated[SearchIn, Query()]) -> Response:
    """Find offers, best first; each says which criteria it matches and which are unknown. It refers nobody."""
    return await _found(database, asked, at)


@router.post("/offers/search", response_model=OffersOut, summary="Find offers, the question in the body")
async def search(database: TheDatabase, at: Now, asked: SearchIn) -> Response:
    """Find offers with a question that describes a family: it stands in no address and in no log."""
    return await _found(database, asked, at)


@router.get("/offers/{offer}", response_model=OfferOut, summary="One offer")
async def one(offer: Annotated[Code, Path()], database: TheDatabase) -> Response:
    """Return an offer; an ended one is still on record, with the day it ended as `valid_to`."""
    async with database.connection() as connection:
        told = await actions.offer(connection, offer)
    return Response(told, media_type="application/json")


async def _found(database: Database, asked: SearchIn, at: datetime) -> Response:
    async with database.connection() as connection:
        page = await actions.find(connection, asked.search(), danish_date(at))
    next_page = "null" if page.next is None else f'"{page.next}"'
    body = f'{{"total":{page.total},"offers":[{",".join(page.offers)}],"next":{next_page}}}'
    return Response(body.encode(), media_type="application/json")
