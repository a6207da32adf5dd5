"""Municipalities and regions, as they are on a day (R46, R47)."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from services.directory.actions import units as actions
from services.directory.api.caching import cached
from services.directory.api.days import OnIn
from services.directory.api.units import TheFinder
from shared.clock import Now
from shared.text import WireOut

router = APIRouter(tags=["places"])


class RegionNameOut(WireOut):
    """A region's code and name."""

    code: str
    name: str


class MunicipalityOut(WireOut):
    """A municipality (kommune) and the region it is in on the day asked about."""

    code: str
    name: str
    region: RegionNameOut
    latitude: float | None = None
    longitude: float | None = None


class MunicipalityList(WireOut):
    """Municipalities in Danish order."""

    municipalities: list[MunicipalityOut]


class RegionOut(WireOut):
    """A region (region); `successor` takes over on the day `valid_to`."""

    code: str
    name: str
    valid_from: date
    valid_to: date | None
    successor: str | None


class RegionList(WireOut):
    """Regions in Danish order."""

    regions: list[RegionOut]


@router.get("/municipalities", response_model=MunicipalityList, summary="The municipalities and their regions")
async def municipalities(request: Request, finder: TheFinder, at: Now, asked: Annotated[OnIn, Query()]) -> Response:
    """List the municipalities there are on the day, each with the region it is in on that day."""
    return cached(request, actions.municipalities(finder.catalogue, asked.day(at)))


@router.get("/regions", response_model=RegionList, summary="The regions")
async def regions(request: Request, finder: TheFinder, at: Now, asked: Annotated[OnIn, Query()]) -> Response:
    """List the regions there are on the day."""
    return cached(request, actions.regions(finder.catalogue, asked.day(at)))
