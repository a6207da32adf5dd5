"""Find offers and say how each fits. It never refers anyone."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

import orjson

from services.directory.domain import errors
from services.directory.domain.codes import THEME_DANISH
from services.directory.domain.danish import sort_name
from services.directory.domain.geography import Point
from services.directory.domain.hsds import names
from services.directory.domain.index.index import Found, Hit
from services.directory.domain.index.order import ORDERS
from services.directory.domain.matching import Need, Verdict
from services.directory.domain.places import areas
from services.directory.domain.rights import also_known_as
from services.directory.domain.search import Facet, Place, Search, Sort
from services.directory.finder import Finder
from services.directory.store import reference, showings
from services.directory.store.showings import Told
from shared.db import Connection
from shared.problems import CursorRefused, NotThere

_CURSOR = re.compile(r"c((?:m?[a-j]{1,12}-)*)_([a-z][a-z0-9-]{0,99})_(\d{4}-\d\d-\d\d)", re.ASCII)
_TO_LETTERS, _TO_DIGITS = str.maketrans("0123456789-", "abcdefghijm"), str.maketrans("abcdefghijm", "0123456789-")
# Counted values are few, and named in every answer.
_sort_name = lru_cache(maxsize=1 << 12)(sort_name)
_DANISH: Mapping[Facet, Mapping[str, str]] = {
    facet: {code.value: name for code, name in told.items()}
    for facet, told in (
        (Facet.AUDIENCE, names.AUDIENCE), (Facet.THEME, THEME_DANISH), (Facet.REFERRER, names.PROFESSION),
        (Facet.ACCESS, names.ACCESS), (Facet.FORM, names.FORM), (Facet.PREVENTION_LEVEL, names.PREVENTION_LEVEL),
        (Facet.LANGUAGE, names.LANGUAGE),
    )
}  # fmt: skip
# An answer is asked for anew when the offers have changed since the index looked; so often at most.
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where the family is, or the offer may be, by code; a point is a postcode's middle, or degrees."""

    municipality: str | None = None
    region: str | None = None
    home_municipality: str | None = None
    postcode: str | None = None
    point: Point | None = None


async def find(finder: Finder, asked: Search, where: Whereabouts, today: date, flagged_after: timedelta) -> bytes:
    """Return a page of the answer as JSON, best first; it is as the offers were at the moment it was given.

    Raises:
        UnknownMunicipality, UnknownRegion, UnknownPostcode, PlaceIncomplete, PastDay: as they say.
        CursorRefused: the cursor names no offer, or is of an answer in another order.
    """
    if asked.on < today:
        raise errors.PastDay
    if asked.after is not None and len(asked.after.key) != len(ORDERS[asked.sort]):
        raise CursorRefused
    if asked.sort is Sort.DISTANCE and where.point is None and where.postcode is None:
        raise errors.PlaceIncomplete
    if not finder.built:
        await finder.renew(today)
    for _ in range(_TRIES):
        current, seen = finder.is_as_of(finder.seen, today), finder.seen
        found = finder.search(_placed(asked, where, finder, today), today)
        newest, told = await finder.page(found.hits, asked.on)
        if (current and newest == seen) or not await finder.renew(today):
            break
    if not found.cursor_known:
        raise CursorRefused
    return _answer(found, told, today - flagged_after, finder)


def _placed(asked: Search, where: Whereabouts, finder: Finder, today: date) -> Search:
    """Return the search with its places looked up, and the organisations that answer for the one asked about (R47)."""
    same = frozenset[str]()
    if asked.organisation is not None:
        same = also_known_as(asked.organisation, finder.catalogue, asked.on, today)
    return replace(asked, need=located(asked.need, where, finder, asked.on), same_organisations=same)


async def offer(
    connection: Connection, number: str, finder: Finder, today: date, flagged_after: timedelta
) -> tuple[bytes, int, Any]:
    """Return an offer's JSON, an ended one's too, with its newest version's number and time.

    Raises:
        NotThere: there is none.
    """
    try:
        found = await showings.newest(connection, number, today, finder.catalogue)
    except KeyError:  # of a unit newer than what is in memory
        found = await showings.newest(connection, number, today, await reference.catalogue(connection))
    if found is None:
        raise NotThere
    return _flagged(found.shown.encode(), found.said_on < today - flagged_after), found.version, found.at


def located(need: Need, where: Whereabouts, finder: Finder, on: date) -> Need:
    """Return the need with its places looked up, as they are on a day.

    Raises:
        UnknownMunicipality, UnknownRegion, UnknownPostcode: there is no such place on that day.
        PlaceIncomplete: a distance without a place.
        TwoPlaces: the same is asked of two places.
    """
    if (where.municipality and where.region) or (where.postcode and where.point):
        raise errors.TwoPlaces
    point = where.point
    if where.postcode is not None:
        point = finder.places.postcodes.get(where.postcode)
        if point is None:
            raise errors.UnknownPostcode
    if need.within_km is not None and point is None:
        raise errors.PlaceIncomplete
    municipalities, regions = finder.catalogue.municipalities, finder.catalogue.regions
    here = _around(finder, where.municipality, municipalities, on, errors.UnknownMunicipality)
    home = _around(finder, where.home_municipality, municipalities, on, errors.UnknownMunicipality)
    return replace(
        need, areas=here or _around(finder, where.region, regions, on, errors.UnknownRegion), home=home, near=point
    )


def _around(
    finder: Finder, code: str | None, known: Collection[str], on: date, unknown: type[errors.DirectoryError]
) -> frozenset[str]:
    """Return what an offer may name that reaches a place; nothing where none is asked about."""
    if code is None:
        return frozenset()
    found = areas(finder.catalogue, code, on) if code in known else frozenset()
    if not found:
        raise unknown
    return found


def place(cursor: str | None) -> Place | None:
    """Read a cursor.

    Raises:
        CursorRefused: it is not one of ours.
    """
    if cursor is None:
        return None
    shape = _CURSOR.fullmatch(cursor)
    if shape is None:
        raise CursorRefused
    key = tuple(int(part.translate(_TO_DIGITS)) for part in shape[1].split("-") if part)
    return Place(key, f"{shape[2]}.{shape[3]}")


def _cursor(after: Place | None) -> str | None:
    """Return where to go on; numbers as letters, so that none is taken for a personal number."""
    if after is None:
        return None
    number, _, day = after.offer.partition(".")
    return f"c{''.join(f'{str(part).translate(_TO_LETTERS)}-' for part in after.key)}_{number}_{day}"


def _answer(found: Found, told: Mapping[str, Told], flagged_before: date, finder: Finder) -> bytes:
    shown = [(hit, told[hit.key]) for hit in found.hits if hit.key in told]
    offers = [
        b'%b,"match":%b}' % (_flagged(one.shown, one.said_on < flagged_before)[:-1], _match(hit)) for hit, one in shown
    ]
    rest = {
        "facets": {facet.value: _facet(facet, count, finder) for facet, count in found.facets.items()},
        "nearly": found.nearly,
        "whole_text": found.whole_text,
        "unanswered": list(found.unanswered),
        "taken_as": list(found.taken_as),
        "next": _cursor(found.after),
    }
    return b'{"total":%d,"offers":[%b],%b' % (found.total, b",".join(offers), orjson.dumps(rest)[1:])


def _flagged(shown: bytes, flagged: bool) -> bytes:  # noqa: FBT001 - it is what is told
    return b'%b,"flagged":%b}' % (shown[:-1], b"true" if flagged else b"false")


def _match(hit: Hit) -> bytes:
    told: dict[str, Any] = {verdict.value: [] for verdict in Verdict}
    for criterion, verdict in hit.verdicts.items():
        told[verdict.value].append(criterion.value)
    distance = None if hit.km is None else round(hit.km, 1)
    told["distance_km"] = distance
    told["distance_approximate"] = hit.approximate and distance is not None
    return orjson.dumps(told)


def _facet(facet: Facet, count: Any, finder: Finder) -> dict[str, Any]:  # noqa: ANN401 - the index's count
    named = _names(facet, finder)
    values = [(value, named.get(value, value), number) for value, number in count.values.items()]
    told = [(-number, _sort_name(name), value, name) for value, name, number in values]
    return {
        "counts": [{"value": value, "name": name, "count": -number} for number, _, value, name in sorted(told)],
        "unknown": count.unknown,
    }


def _names(facet: Facet, finder: Finder) -> Mapping[str, str]:
    if facet is Facet.MUNICIPALITY:
        return {place.code: place.name for place in finder.catalogue.municipalities.values()}
    if facet is Facet.ORGANISATION:
        return {one.id: one.name for one in finder.catalogue.organisations.values()}
    if facet is Facet.LEGAL_BASIS:
        return {code.value: basis.title for code, basis in finder.catalogue.bases.items()}
    return _DANISH.get(facet, {})
