"""Units and the organisations behind them; what the other services must know of units."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import Field

from services.directory import actions
from services.directory.api.days import OnIn
from services.directory.domain.codes import OrganisationKind
from shared.auth import Role, VerifiedClaims, with_role
from shared.clock import Now
from shared.contracts import UnitOut
from shared.db import TheDatabase
from shared.problems import MissingScope
from shared.text import Code, WireOut

router = APIRouter(tags=["units"])
Service = Annotated[VerifiedClaims, Depends(with_role(Role.SERVICE))]
MAY_ASK = frozenset({"consent", "referral"})


class SourceOut(WireOut):
    """Where the directory has it from: which text, which lines, what they tell."""

    seed: str = Field(description="the number of the text")
    lines: str
    says: str | None


class DescribedUnitOut(UnitOut):
    """A unit (enhed), with its other names and where the directory has it from."""

    aliases: list[str]
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
    example: bool
    source: list[SourceOut]


class OrganisationList(WireOut):
    """Organisations in Danish order of their names."""

    organisations: list[OrganisationOut]


class MirrorOut(WireOut):
    """What the other services must know of every unit."""

    units: list[UnitOut]


@router.get("/units", response_model=UnitList, summary="Every unit")
async def units(database: TheDatabase, at: Now, asked: Annotated[OnIn, Query()]) -> Response:
    """List every unit, each with the region it lies in on the day."""
    async with database.connection() as connection:
        told = await actions.units(connection, asked.day(at))
    return Response(told, media_type="application/json")


@router.get("/units/{unit}", response_model=DescribedUnitOut, summary="One unit")
async def unit(
    unit: Annotated[Code, Path()], database: TheDatabase, at: Now, asked: Annotated[OnIn, Query()]
) -> Response:
    """Return a unit."""
    async with database.connection() as connection:
        told = await actions.unit(connection, unit, asked.day(at))
    return Response(told, media_type="application/json")


@router.get("/organisations", response_model=OrganisationList, summary="Every organisation")
async def organisations(database: TheDatabase) -> Response:
    """List the organisations behind units and offers."""
    async with database.connection() as connection:
        told = await actions.organisations(connection)
    return Response(told, media_type="application/json")


@router.get("/internal/units", response_model=MirrorOut, include_in_schema=False)
async def mirror(database: TheDatabase, caller: Service, at: Now, asked: Annotated[OnIn, Query()]) -> Response:
    """Tell the services that decide and carry what units there are."""
    if caller.issuer not in MAY_ASK:
        raise MissingScope
    async with database.connection() as connection:
        told = await actions.units(connection, asked.day(at), UnitOut.model_fields)
    return Response(told, media_type="application/json")
