"""The directory as HSDS 3.0 has it: services, where they are given, and organizations; as pages or all as lines."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import Enum, auto
from typing import Any, TypeVar

import orjson

from services.directory.actions.finding import Whereabouts, located
from services.directory.actions.hsds_register import Register as Register
from services.directory.domain.errors import PlaceIncomplete
from services.directory.domain.hsds.filters import by_taxonomy, by_term
from services.directory.domain.hsds.ids import as_uuid
from services.directory.domain.hsds.organizations import to_organization
from services.directory.domain.hsds.paging import cut, page
from services.directory.domain.hsds.services import minimal, to_service, to_service_at_location
from services.directory.domain.hsds.taxonomies import BY_ID, TERM_BY_ID
from services.directory.domain.hsds.world import World
from services.directory.domain.matching import Need
from services.directory.domain.model import Organisation, Unit
from services.directory.domain.search import Search, criteria
from services.directory.finder import Finder
from services.directory.store import hsds as store
from services.directory.store.hsds import NOWHERE, Filters, Listed, Near, Told
from shared.db import Connection, Database
from shared.problems import NotThere

Json = dict[str, Any]
Known = TypeVar("Known")
# So many are made in one go, so that nobody else waits long.
_AT_ONCE = 25
_ALL = 1_000_000
_EVERYWHERE = Whereabouts()


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list of services or of places is narrowed by; all of it is to be met.

    The three ids are UUIDs as they came: one nobody knows is met by nothing. `need` and `where` are our extension;
    what an offer does not say it may still meet, unless `only_matched`. `metres`: no farther from the postcode.
    """

    text: str | None = None
    term: str | None = None
    taxonomy: str | None = None
    organization: str | None = None
    modified_after: datetime | None = None
    need: Need = field(default_factory=Need)
    where: Whereabouts = _EVERYWHERE
    only_matched: bool = False
    metres: int | None = None


class Depth(Enum):
    """How much is told of an organization: itself, all there is with its services' names, or those in full, too."""

    BRIEF = auto()
    FULL = auto()
    FULL_SERVICE = auto()


@dataclass(frozen=True, slots=True)
class Leaf:
    """Which page, from 1, and how long."""

    number: int
    per_page: int

    @property
    def offset(self) -> int:
        """How many entries stand before it."""
        return (self.number - 1) * self.per_page


async def services(
    connection: Connection, register: Register, asked: Asked, leaf: Leaf, today: date, *, form: str
) -> Json:
    """Return a page of the services shown today; `form` is `brief`, `full` or `minimal`.

    Raises:
        UnknownMunicipality, UnknownPostcode: as they say.
    """
    by = await _filters(connection, register, asked, today)
    if by is None:
        return page([], 0, leaf.number, leaf.per_page)
    total, rows = await store.services(connection, by, leaf.per_page, leaf.offset)
    return page(await _services(connection, register, rows, today, form), total, leaf.number, leaf.per_page)


async def service_lines(
    database: Database, register: Register, asked: Asked, today: date, *, form: str
) -> AsyncIterator[bytes]:
    """Return every service that passes, a line each, some at a time; no connection is held between them.

    Raises:
        UnknownMunicipality, UnknownPostcode: as they say.
    """
    async with database.connection() as connection:
        by = await _filters(connection, register, asked, today)
        rows = [] if by is None else (await store.services(connection, by, None, 0))[1]

    async def told() -> AsyncIterator[bytes]:
        for some in _chunks(rows):
            async with database.connection() as again:
                yield lines(await _services(again, register, some, today, form))

    return told()


async def service(connection: Connection, register: Register, number: str, today: date) -> tuple[Json, datetime]:
    """Return a service with all there is of it, an ended one's too, and when it was last changed.

    Raises:
        NotThere: there is none.
    """
    await _current(connection, register, today)
    told = await _one(connection, await register.service(connection, number), today)
    return to_service(told.offer, register.world(today), told.meta), told.meta.modified_at


async def places(
    connection: Connection, register: Register, asked: Asked, leaf: Leaf, today: date, *, full: bool
) -> Json:
    """Return a page of the services shown today at their locations, by service and then as it names them.

    Raises:
        UnknownMunicipality, UnknownPostcode, PlaceIncomplete: as they say.
    """
    by, near = await _filters(connection, register, asked, today), _near(register.finder, asked)
    if by is None:
        return page([], 0, leaf.number, leaf.per_page)
    total, rows = await store.places(connection, by, near, leaf.per_page, leaf.offset)
    return page(await _places(connection, register, rows, today, full=full), total, leaf.number, leaf.per_page)


async def place_lines(
    database: Database, register: Register, asked: Asked, today: date, *, full: bool
) -> AsyncIterator[bytes]:
    """Return every service at a location that passes, a line each, some at a time.

    Raises:
        UnknownMunicipality, UnknownPostcode, PlaceIncomplete: as they say.
    """
    async with database.connection() as connection:
        by, near = await _filters(connection, register, asked, today), _near(register.finder, asked)
        rows = [] if by is None else (await store.places(connection, by, near, None, 0))[1]

    async def told() -> AsyncIterator[bytes]:
        for some in _chunks(rows):
            async with database.connection() as again:
                yield lines(await _places(again, register, some, today, full=full))

    return told()


async def place(connection: Connection, register: Register, number: str, today: date) -> tuple[Json, datetime]:
    """Return a service at a location with all there is of both, and when the service was last changed.

    Raises:
        NotThere: there is none.
    """
    await _current(connection, register, today)
    offer, venue = await register.place(connection, number)
    told = await _one(connection, offer, today)
    if venue >= len(told.offer.venues):
        raise NotThere
    made = to_service_at_location(told.offer, venue, register.world(today), told.meta)
    return made, told.meta.modified_at


async def organizations(
    connection: Connection, register: Register, text: str | None, leaf: Leaf, today: date, *, depth: Depth
) -> Json:
    """Return a page of the organisations, and of the units below them, whose name has every word of the text."""
    await _current(connection, register, today)
    passing = register.named(text)
    some = cut(passing, leaf.number, leaf.per_page)
    made = await _organizations(connection, register, some, today, depth)
    return page(made, len(passing), leaf.number, leaf.per_page)


async def organization_lines(
    database: Database, register: Register, text: str | None, today: date, *, depth: Depth
) -> AsyncIterator[bytes]:
    """Return every organization whose name has every word of the text, a line each, some at a time."""
    async with database.connection() as connection:
        await _current(connection, register, today)
    passing = register.named(text)

    async def told() -> AsyncIterator[bytes]:
        for some in _chunks(passing):
            async with database.connection() as again:
                yield lines(await _organizations(again, register, some, today, depth))

    return told()


async def organization(
    connection: Connection, register: Register, number: str, today: date, *, full_service: bool
) -> Json:
    """Return an organization with all there is of it, and its services, by id or in full.

    Raises:
        NotThere: there is none.
    """
    await _current(connection, register, today)
    one = register.parties().get(as_uuid(number) or "")
    if one is None:
        raise NotThere
    depth = Depth.FULL_SERVICE if full_service else Depth.FULL
    (made,) = await _organizations(connection, register, [one], today, depth)
    return {"services": []} | made


def lines(contents: Iterable[Any]) -> bytes:
    """Return entries as ndjson: one JSON value a line."""
    return b"".join(orjson.dumps(each) + b"\n" for each in contents)


async def _filters(connection: Connection, register: Register, asked: Asked, today: date) -> Filters | None:
    """Return what is asked as the database takes it; None: nothing can pass."""
    await _current(connection, register, today)
    by = Filters(today, modified_after=asked.modified_after)
    if asked.organization is not None:
        one = register.parties().get(as_uuid(asked.organization) or "")
        if one is None:
            return None
        by = replace(by, units=_units(one, register.world(today)))
    if asked.term is not None:
        term = TERM_BY_ID.get(as_uuid(asked.term) or "")
        if term is None:
            return None
        by = replace(by, term=by_term(term))
    if asked.taxonomy is not None:
        taxonomy = BY_ID.get(as_uuid(asked.taxonomy) or "")
        if taxonomy is None:
            return None
        by = replace(by, taxonomy=by_taxonomy(taxonomy.code))
    return replace(by, found=_found(register.finder, asked, today))


def _found(finder: Finder, asked: Asked, today: date) -> list[str] | None:
    """Return the offers the text and the need find, best first; None: neither is asked."""
    need = located(asked.need, _whole(asked.where, finder), finder, today)
    if asked.text is None and not criteria(need):
        return None
    found = finder.search(Search(need, on=today, text=asked.text, limit=_ALL), today)
    wanted = len(criteria(need)) if asked.only_matched else 0
    return list(dict.fromkeys(hit.key.partition(".")[0] for hit in found.hits if hit.score >= wanted))


def _whole(where: Whereabouts, finder: Finder) -> Whereabouts:
    """Return the place with the municipality its postcode lies in: an offer must be given there."""
    known = None if where.postcode is None else finder.catalogue.postcodes.get(where.postcode)
    return where if known is None or where.municipality else replace(where, municipality=known.municipality)


def _near(finder: Finder, asked: Asked) -> Near:
    if asked.metres is None:
        return NOWHERE
    if asked.where.postcode is None:
        raise PlaceIncomplete
    middle = finder.places.postcodes[asked.where.postcode]
    return Near(middle.latitude, middle.longitude, float(asked.metres))


async def _current(connection: Connection, register: Register, today: date) -> None:
    await register.finder.refresh(connection, today)


async def _one(connection: Connection, offer: str, today: date) -> Told:
    told = await store.one(connection, offer, today)
    if told is None:
        raise NotThere
    return told


async def _services(
    connection: Connection, register: Register, rows: Sequence[Listed], today: date, form: str
) -> list[Json]:
    if form == "minimal":
        return [minimal(row.offer, row.name, row.modified_at) for row in rows]
    told, at = await store.offers(connection, [row.offer for row in rows], today), register.world(today)
    made = []
    for some in _chunks([row for row in rows if row.offer in told]):
        held = [told[row.offer] for row in some]
        made += [to_service(each.offer, at, each.meta, full=form == "full") for each in held]
        await asyncio.sleep(0)
    return made


async def _places(
    connection: Connection, register: Register, rows: Sequence[Listed], today: date, *, full: bool
) -> list[Json]:
    told, at = await store.offers(connection, [row.offer for row in rows], today), register.world(today)
    made = []
    for some in _chunks([row for row in rows if row.offer in told and row.venue < len(told[row.offer].offer.venues)]):
        held = [(told[row.offer], row.venue) for row in some]
        made += [to_service_at_location(each.offer, venue, at, each.meta, full=full) for each, venue in held]
        await asyncio.sleep(0)
    return made


async def _organizations(
    connection: Connection, register: Register, some: Sequence[Organisation | Unit], today: date, depth: Depth
) -> list[Json]:
    at = register.world(today)
    made = [to_organization(one, at, full=depth is not Depth.BRIEF) for one in some]
    if depth is Depth.BRIEF:
        return made
    units = [_units(one, at) for one in some]
    given: dict[str, list[str]] = {}
    for unit, offer in await store.of_units(connection, sorted({each for held in units for each in held}), today):
        given.setdefault(unit, []).append(offer)
    told = await store.offers(connection, sorted({offer for held in given.values() for offer in held}), today)
    services: dict[str, Json] = {}
    for chunk in _chunks([*told]):
        services |= {number: _nested(told[number], at, depth) for number in chunk}
        await asyncio.sleep(0)
    for one, held in zip(made, units, strict=True):
        one["services"] = [services[offer] for unit in held for offer in given.get(unit, []) if offer in services]
    return made


def _nested(told: Told, at: World, depth: Depth) -> Json:
    """Return a service as an organization tells of it: in full, or just by id and name."""
    if depth is Depth.FULL_SERVICE:
        return to_service(told.offer, at, told.meta)
    return minimal(told.offer.id, told.offer.name, told.meta.modified_at)


def _units(one: Organisation | Unit, at: World) -> list[str]:
    """Return the unit, or every unit of the organisation on the day."""
    return [one.id] if isinstance(one, Unit) else [*at.units_of.get(one.id, ())]


def _chunks(rows: Sequence[Known]) -> Iterable[Sequence[Known]]:
    return (rows[at : at + _AT_ONCE] for at in range(0, len(rows), _AT_ONCE))
