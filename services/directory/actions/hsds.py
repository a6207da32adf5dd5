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
from shared.db import Database
from shared.problems import NotThere, Unavailable

Json = dict[str, Any]
Known = TypeVar("Known")
# So many are made in one go, so that nobody else waits long.
_AT_ONCE = 25
# More services than this are not told in full on one page of organizations, unless one alone has more.
MOST_SERVICES = 300
# Of one organization so many services are told in full, and the others by id and name.
MOST_ALONE = 1000
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


async def services(database: Database, register: Register, asked: Asked, leaf: Leaf, today: date, *, form: str) -> Json:
    """Return a page of the services shown today; `form` is `brief`, `full` or `minimal`.

    Raises:
        UnknownMunicipality, UnknownPostcode: as they say.
    """
    by = await _filters(register, asked, today)
    if by is None:
        return page([], 0, leaf.number, leaf.per_page)
    async with database.connection() as connection:
        total, rows = await store.services(connection, by, leaf.per_page, leaf.offset)
    return page(await _services(database, register, rows, today, form), total, leaf.number, leaf.per_page)


async def service_lines(
    database: Database, register: Register, asked: Asked, today: date, *, form: str
) -> AsyncIterator[bytes]:
    """Return every service that passes, a line each, some at a time; no connection is held between them.

    Raises:
        UnknownMunicipality, UnknownPostcode: as they say.
    """
    by, rows = await _filters(register, asked, today), list[Listed]()
    if by is not None:
        async with database.connection() as connection:
            _, rows = await store.services(connection, by, None, 0)

    async def told() -> AsyncIterator[bytes]:
        for some in _chunks(rows):
            yield lines(await _services(database, register, some, today, form))

    return told()


async def service(database: Database, register: Register, number: str, today: date) -> tuple[Json, datetime]:
    """Return a service with all there is of it, an ended one's too, and when it was last changed.

    Raises:
        NotThere: there is none.
    """
    await _current(register, today)
    async with database.connection() as connection:
        told = await store.one(connection, await register.service(connection, number), today)
    if told is None:
        raise NotThere
    return to_service(told.offer, await _world(register, [told], today), told.meta), told.meta.modified_at


async def places(database: Database, register: Register, asked: Asked, leaf: Leaf, today: date, *, full: bool) -> Json:
    """Return a page of the services shown today at their locations, by service and then as it names them.

    Raises:
        UnknownMunicipality, UnknownPostcode, PlaceIncomplete: as they say.
    """
    by, near = await _filters(register, asked, today), _near(register.finder, asked)
    if by is None:
        return page([], 0, leaf.number, leaf.per_page)
    async with database.connection() as connection:
        total, rows = await store.places(connection, by, near, leaf.per_page, leaf.offset)
    return page(await _places(database, register, rows, today, full=full), total, leaf.number, leaf.per_page)


async def place_lines(
    database: Database, register: Register, asked: Asked, today: date, *, full: bool
) -> AsyncIterator[bytes]:
    """Return every service at a location that passes, a line each, some at a time.

    Raises:
        UnknownMunicipality, UnknownPostcode, PlaceIncomplete: as they say.
    """
    by, near = await _filters(register, asked, today), _near(register.finder, asked)
    rows = list[Listed]()
    if by is not None:
        async with database.connection() as connection:
            _, rows = await store.places(connection, by, near, None, 0)

    async def told() -> AsyncIterator[bytes]:
        for some in _chunks(rows):
            yield lines(await _places(database, register, some, today, full=full))

    return told()


async def place(database: Database, register: Register, number: str, today: date) -> tuple[Json, datetime]:
    """Return a service at a location with all there is of both, and when the service was last changed.

    Raises:
        NotThere: there is none.
    """
    await _current(register, today)
    async with database.connection() as connection:
        offer, venue = await register.place(connection, number)
        told = await store.one(connection, offer, today)
    if told is None or venue >= len(told.offer.venues):
        raise NotThere
    at = await _world(register, [told], today)
    return to_service_at_location(told.offer, venue, at, told.meta), told.meta.modified_at


async def organizations(
    database: Database, register: Register, text: str | None, leaf: Leaf, today: date, *, depth: Depth
) -> Json:
    """Return a page of the organisations, and of the units below them, whose name has every word of the text.

    With every service in full a page ends where the next organization would bring it beyond `MOST_SERVICES`.
    """
    await _current(register, today)
    passing = register.named(text)
    if depth is not Depth.FULL_SERVICE:
        some = cut(passing, leaf.number, leaf.per_page)
        made = await _organizations(database, register, some, today, depth)
        return page(made, len(passing), leaf.number, leaf.per_page)
    cuts = sheets(await _how_many(database, register, passing, today), leaf.per_page)
    here = cuts[leaf.number - 1] if leaf.number <= len(cuts) else range(0)
    made = await _organizations(database, register, [passing[at] for at in here], today, depth)
    ends = {"total_pages": len(cuts), "last_page": leaf.number == max(len(cuts), 1)}
    return page(made, len(passing), leaf.number, leaf.per_page) | ends


async def organization_lines(
    database: Database, register: Register, text: str | None, today: date, *, depth: Depth
) -> AsyncIterator[bytes]:
    """Return every organization whose name has every word of the text, a line each, some at a time."""
    await _current(register, today)
    passing = register.named(text)
    cuts = [range(at, min(at + _AT_ONCE, len(passing))) for at in range(0, len(passing), _AT_ONCE)]
    if depth is Depth.FULL_SERVICE:
        cuts = sheets(await _how_many(database, register, passing, today), _AT_ONCE)

    async def told() -> AsyncIterator[bytes]:
        for some in cuts:
            yield lines(await _organizations(database, register, [passing[at] for at in some], today, depth))

    return told()


async def organization(database: Database, register: Register, number: str, today: date, *, full_service: bool) -> Json:
    """Return an organization with all there is of it, and its services, by id or in full.

    Raises:
        NotThere: there is none.
    """
    await _current(register, today)
    one = register.parties().get(as_uuid(number) or "")
    if one is None:
        raise NotThere
    depth = Depth.FULL_SERVICE if full_service else Depth.FULL
    (made,) = await _organizations(database, register, [one], today, depth)
    return {"services": []} | made


def sheets(services: Sequence[int], per_page: int) -> list[range]:
    """Return the pages of a list of organizations that have so many services each, as ranges of places in it.

    A page is as long as it may be: at most `per_page` organizations with at most `MOST_SERVICES` services; an
    organization that alone has more is a page of its own.
    """
    made, first, held = [], 0, 0
    for at, count in enumerate(services):
        if at > first and (at - first == per_page or held + count > MOST_SERVICES):
            made.append(range(first, at))
            first, held = at, 0
        held += count
    return [*made, range(first, len(services))] if services else []


def lines(contents: Iterable[Any]) -> bytes:
    """Return entries as ndjson: one JSON value a line."""
    return b"".join(orjson.dumps(each) + b"\n" for each in contents)


async def _filters(register: Register, asked: Asked, today: date) -> Filters | None:
    """Return what is asked as the database takes it; None: nothing can pass."""
    await _current(register, today)
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


async def _current(register: Register, today: date) -> None:
    """Have the index as the database is now; no connection is held while one is being built beside."""
    if not await register.finder.renew(today):
        await register.finder.settled()


async def _world(register: Register, told: Iterable[Told], today: date) -> World:
    """Return the catalogue of the day, with the units of what was just read: one may be newer than the index.

    Raises:
        Unavailable: a new index could not be built.
    """
    units = {each.offer.unit for each in told}
    if not units <= register.finder.catalogue.units.keys():
        await _current(register, today)
    if not units <= register.finder.catalogue.units.keys():
        raise Unavailable("offers")
    return register.world(today)


async def _shown(
    database: Database, register: Register, numbers: Sequence[str], today: date
) -> tuple[dict[str, Told], World]:
    """Return what is shown of offers today, and the catalogue; nobody else is kept waiting long by a few."""
    async with database.connection() as connection:
        told = await store.offers(connection, numbers, today)
    await asyncio.sleep(0)
    return told, await _world(register, told.values(), today)


async def _services(
    database: Database, register: Register, rows: Sequence[Listed], today: date, form: str
) -> list[Json]:
    made: list[Json] = []
    for some in _chunks(rows):
        if form == "minimal":
            made += [minimal(row.offer, row.name, row.modified_at) for row in some]
            await asyncio.sleep(0)
            continue
        told, at = await _shown(database, register, [row.offer for row in some], today)
        held = [told[row.offer] for row in some if row.offer in told]
        made += [to_service(each.offer, at, each.meta, full=form == "full") for each in held]
    return made


async def _places(
    database: Database, register: Register, rows: Sequence[Listed], today: date, *, full: bool
) -> list[Json]:
    made: list[Json] = []
    for some in _chunks(rows):
        told, at = await _shown(database, register, [row.offer for row in some], today)
        held = [(told[row.offer], row.venue) for row in some if row.offer in told]
        made += [
            to_service_at_location(each.offer, venue, at, each.meta, full=full)
            for each, venue in held
            if venue < len(each.offer.venues)
        ]
    return made


async def _organizations(
    database: Database, register: Register, some: Sequence[Organisation | Unit], today: date, depth: Depth
) -> list[Json]:
    at, made = register.world(today), list[Json]()
    for few in _chunks(some):
        made += [to_organization(one, at, full=depth is not Depth.BRIEF) for one in few]
        await asyncio.sleep(0)
    if depth is Depth.BRIEF:
        return made
    async with database.connection() as connection:
        units = sorted({unit for one in some for unit in _units(one, at)})
        given: dict[str, list[Listed]] = {}
        for unit, row in await store.of_units(connection, units, today):
            given.setdefault(unit, []).append(row)
    for one, told in zip(some, made, strict=True):
        rows = [row for unit in _units(one, at) for row in given.get(unit, ())]
        most = MOST_ALONE if depth is Depth.FULL_SERVICE else 0
        in_full = await _services(database, register, rows[:most], today, "full")
        told["services"] = in_full + await _services(database, register, rows[most:], today, "minimal")
    return made


async def _how_many(
    database: Database, register: Register, some: Sequence[Organisation | Unit], today: date
) -> list[int]:
    """Return how many services each has."""
    async with database.connection() as connection:
        given = await store.counted(connection, today)
    at = register.world(today)
    return [sum(given.get(unit, 0) for unit in _units(one, at)) for one in some]


def _units(one: Organisation | Unit, at: World) -> list[str]:
    """Return the unit, or every unit of the organisation on the day."""
    return [one.id] if isinstance(one, Unit) else [*at.units_of.get(one.id, ())]


def _chunks(rows: Sequence[Known]) -> Iterable[Sequence[Known]]:
    return (rows[at : at + _AT_ONCE] for at in range(0, len(rows), _AT_ONCE))
