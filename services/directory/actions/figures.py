"""The figures of seed 003, asked of the directory: counted once for each state of it and day, then kept."""

import asyncio
import tomllib
from collections import Counter, OrderedDict
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from uuid import UUID

from services.directory.domain.codes import OrganisationKind
from services.directory.domain.errors import UnknownMunicipality, UnknownPostcode, UnknownRegion
from services.directory.domain.figures.counted import Counted, counted
from services.directory.domain.figures.coverage import Coverage, Declaration
from services.directory.domain.figures.picture import Picture
from services.directory.domain.figures.summary import Figure, summary
from services.directory.domain.figures.survey import Survey, survey
from services.directory.domain.geography import Point
from services.directory.domain.model import Catalogue, MunicipalityCode, RegionCode, UnitId
from services.directory.domain.places import areas, middles, region_of, there_is
from services.directory.domain.succession import there
from services.directory.store import figures as store
from services.directory.store import reference
from services.directory.store.figures import Key, State
from shared.clock import danish_date
from shared.db import Connection, Database, Transaction
from shared.ids import new_id
from shared.ledger import Actor
from shared.problems import MissingScope, Unavailable

SURVEY = Path(__file__).parents[1] / "data" / "survey.toml"
_AT_ONCE = 50
_DAYS_KEPT = 4
# Each takes seconds in a large directory, and one is counted at a time.
_DAYS_WAITING = 4


def read_survey() -> Survey:
    """Return the survey of 2021 as the data file has it."""
    return survey(tomllib.loads(SURVEY.read_text("utf-8")))


@dataclass(frozen=True, slots=True)
class Counting:
    """The directory as the figures see it, and the survey's figures counted in it."""

    picture: Picture
    figures: tuple[Figure, ...]


class Figures:
    """Counts the directory; an unchanged offer is read once, an unchanged directory counted once."""

    def __init__(self, survey: Survey) -> None:
        self.survey = survey
        self._offers: dict[Key, Counted | None] = {}
        self._catalogue = Catalogue({}, {}, {}, {}, {})
        self._base: int | None = None
        self._kept: OrderedDict[tuple[State, date], Counting] = OrderedDict()
        self._counting = asyncio.Lock()
        self._waiting: Counter[date] = Counter()

    async def on(self, database: Database, day: date, today: date) -> Counting:
        """Return the count for a day, as the directory is at this moment; who waits holds no connection.

        Raises:
            Unavailable: several other days are waiting to be counted; today is counted all the same.
        """
        async with database.connection() as connection:
            key = (await store.state(connection), day)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        if day not in {today, *self._waiting} and len(self._waiting) >= _DAYS_WAITING:
            raise Unavailable("figures")
        self._waiting[day] += 1
        try:
            async with self._counting, database.connection() as connection:
                return await self._newest(connection, day)
        finally:
            self._waiting[day] -= 1
            self._waiting += Counter()  # forgets whom nobody waits for

    async def _newest(self, connection: Connection, day: date) -> Counting:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            key = (await store.state(connection), day)
            if key not in self._kept:
                self._kept[key] = await self._count(connection, *key)
                while len(self._kept) > _DAYS_KEPT:
                    self._kept.popitem(last=False)
            return self._kept[key]

    async def _count(self, connection: Connection, state: State, day: date) -> Counting:
        if state.pulse.base != self._base:
            self._catalogue, self._base = await reference.catalogue(connection), state.pulse.base
            self._offers.clear()
        shown = await store.shown(connection, day)
        await self._read(connection, shown, day)
        coverage = Coverage(await store.declarations(connection), day)
        offers = [one for one in map(self._offers.__getitem__, shown) if one is not None]
        return await asyncio.to_thread(self._pictured, Picture(offers, self._catalogue, coverage, day))

    def _pictured(self, picture: Picture) -> Counting:
        return Counting(picture, summary(picture, self.survey))

    async def _read(self, connection: Connection, shown: list[Key], day: date) -> None:
        """Read what has not been read yet, a little at a time, and forget what is shown no more."""
        places, new = (
            middles(self._catalogue),
            [number for number, version in shown if (number, version) not in self._offers],
        )
        for first in range(0, len(new), _AT_ONCE):
            for key, offer in await store.said(connection, day, new[first : first + _AT_ONCE]):
                self._offers[key] = counted(offer, self._catalogue, day, places)
            await asyncio.sleep(0)
        if len(self._offers) > 2 * len(shown):
            self._offers = {key: self._offers[key] for key in shown}


async def declare(
    transaction: Transaction, unit: UnitId, user: str, municipality: str, kind: str, at: datetime, request_id: str,
    *, complete: bool,
) -> UUID:  # fmt: skip
    """Write a municipality's word on whether its list of a kind is complete; return the word's id.

    Raises:
        UnknownMunicipality: there is none with the code.
        MissingScope: the unit has closed, or is not of that municipality's own organisation.
    """
    catalogue, day = await reference.catalogue(transaction), danish_date(at)
    code = MunicipalityCode(municipality)
    if code not in catalogue.municipalities or not there_is(catalogue.municipalities[code], day):
        raise UnknownMunicipality
    by = catalogue.units.get(unit)
    owner = None if by is None else catalogue.organisations[by.organisation]
    if by is None or owner is None or not there(by, day):
        raise MissingScope
    if owner.kind is not OrganisationKind.MUNICIPALITY or owner.municipality != code:
        raise MissingScope
    number = new_id()
    word = Declaration(code, kind, complete, day, unit, at)
    await store.declare(transaction, number, word, Actor(unit, user), request_id)
    return number


def place(
    catalogue: Catalogue, day: date, postcode: str | None, municipality: str | None
) -> tuple[Point, MunicipalityCode]:
    """Return the middle of a postcode or else a municipality, and the municipality it lies in.

    Raises:
        UnknownPostcode: there is no such postcode.
        UnknownMunicipality: there is no such municipality on that day, or nobody knows where it is.
    """
    if postcode is not None:
        found = catalogue.postcodes.get(postcode)
        if found is None:
            raise UnknownPostcode
        return Point(found.latitude, found.longitude), found.municipality
    home = catalogue.municipalities.get(MunicipalityCode(municipality or ""))
    if home is None or not there_is(home, day) or home.latitude is None or home.longitude is None:
        raise UnknownMunicipality
    return Point(home.latitude, home.longitude), home.code


def home(catalogue: Catalogue, day: date, municipality: MunicipalityCode) -> frozenset[str]:
    """Return the areas whose offers are a family's of that municipality (R46, R47)."""
    return areas(catalogue, municipality, day)


def region_code(catalogue: Catalogue, day: date, municipality: MunicipalityCode) -> RegionCode | None:
    """Return the region the municipality lies in on the day (R47)."""
    found = region_of(catalogue, municipality, day)
    return None if found is None else found.code


def check_region(catalogue: Catalogue, day: date, region: str) -> None:
    """Refuse a region there is not on the day.

    Raises:
        UnknownRegion: there is none with that code.
    """
    found = catalogue.regions.get(RegionCode(region))
    if found is None or not there_is(found, day):
        raise UnknownRegion
