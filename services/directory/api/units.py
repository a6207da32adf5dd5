"""Units and the organisations behind them; what the other services must know of units."""

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import Field

from services.directory.actions import units as actions
from services.directory.api.caching import cached
from services.directory.api.days import OnIn
from services.directory.domain.codes import Accessibility, OrganisationKind, Profession
from services.directory.finder import Finder
from shared.auth import Role, VerifiedClaims, with_role
from shared.clock import Now, danish_date
from shared.contracts import UnitOut
from shared.db import TheDatabase
from shared.problems import MissingScope
from shared.text import Code, WireOut

router = APIRouter(tags=["units"])
Service = Annotated[VerifiedClaims, Depends(with_role(Role.SERVICE))]
MAY_ASK = frozenset({"consent", "referral", "concern"})


async def _finder(request: Request, database: TheDatabase, at: Now) -> Finder:
    """Return the offers and the catalogue in memory, as new as the database's own."""
    finder: Finder = request.app.state.finder
    async with database.connection() as connection:
        as_new = await finder.refresh(connection, danish_date(at))
    if not as_new:
        await finder.settled()
    return finder


async def _built_finder(request: Request, database: TheDatabase, at: Now) -> Finder:
    """Return the offers and the catalogue in memory, for who looks how new they are with its own question."""
    finder: Finder = request.app.state.finder
    if not finder.built:
        async with database.connection() as connection:
            await finder.refresh(connection, danish_date(at))
    return finder


async def _fresh(request: Request) -> timedelta:
    """Return how long an offer may go unconfirmed before it is flagged."""
    told: timedelta = request.app.state.flagged_after
    return told


TheFinder = Annotated[Finder, Depends(_finder)]
TheBuiltFinder = Annotated[Finder, Depends(_built_finder)]
Freshness = Annotated[timedelta, Depends(_fresh)]


class NamedOut(WireOut):
    """A unit's or an organisation's id and name."""

    id: str
    name: str


class SourceOut(WireOut):
    """Where the directory has it from: which text, which lines, what they tell."""

    seed: str = Field(description="the number of the text")
    lines: str
    says: str | None


class ContactOut(WireOut):
    """Whom to ask: a function, never a person's name."""

    function: str | None = None
    phone: str | None = None
    email: str | None = None
    url: str | None = None


class VenueOut(WireOut):
    """Where: address and coordinates (WGS84 degrees), and what the place has for those who need it."""

    name: str | None = None
    address: str | None = None
    postcode: str | None = None
    city: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    accessibility: list[Accessibility] = Field(default_factory=list)
    note: str | None = None


class DescribedUnitOut(UnitOut):
    """A unit (enhed), with its other names, who works there, and where the directory has it from."""

    aliases: list[str]
    professions: list[Profession]
    for_ages: str | None = Field(description="years: whose families it is for")
    multidisciplinary: bool | None = Field(description="several professions behind one entrance")
    contact: ContactOut
    venue: VenueOut
    example: bool
    source: list[SourceOut]


class UnitList(WireOut):
    """Units in Danish order of their names."""

    units: list[DescribedUnitOut]


class OrganisationOut(WireOut):
    """An organisation: a municipality, a region, a voluntary one or another."""

    id: str
    name: str
    kind: OrganisationKind
    municipality: str | None
    region: str | None
    cvr: str | None
    valid_from: date | None
    valid_to: date | None
    successor: str | None
    example: bool
    source: list[SourceOut]


class OrganisationList(WireOut):
    """Organisations in Danish order of their names."""

    organisations: list[OrganisationOut]


class MirrorOut(WireOut):
    """What the other services must know of every unit."""

    units: list[UnitOut]


@router.get("/units", response_model=UnitList, summary="Every unit")
async def units(request: Request, finder: TheFinder, at: Now, asked: Annotated[OnIn, Query()]) -> Response:
    """List every unit, each with the organisation and the region it belongs to on the day (R47)."""
    return cached(request, actions.units(finder.catalogue, asked.day(at), request.app.state.routing))


@router.get("/units/{unit}", response_model=DescribedUnitOut, summary="One unit")
async def unit(
    request: Request, unit: Annotated[Code, Path()], finder: TheFinder, at: Now, asked: Annotated[OnIn, Query()]
) -> Response:
    """Return a unit."""
    return cached(request, actions.unit(finder.catalogue, unit, asked.day(at), request.app.state.routing))


@router.get("/organisations", response_model=OrganisationList, summary="Every organisation")
async def organisations(request: Request, finder: TheFinder) -> Response:
    """List the organisations behind units and offers."""
    return cached(request, actions.organisations(finder.catalogue))


@router.get("/internal/units", response_model=MirrorOut, include_in_schema=False)
async def mirror(
    request: Request, caller: Service, finder: TheFinder, at: Now, asked: Annotated[OnIn, Query()]
) -> Response:
    """Tell the services that decide and carry what units there are; as the database has them now."""
    if caller.issuer not in MAY_ASK:
        raise MissingScope
    told = actions.units(finder.catalogue, asked.day(at), request.app.state.routing, UnitOut.model_fields)
    return Response(told, media_type="application/json")
