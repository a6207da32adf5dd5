"""Which region a place belongs to, from when to when (R46, R47), and where it is."""

from collections.abc import Iterator, Mapping
from datetime import date

from services.directory.domain.geography import Middle, Places, Point, distance_km
from services.directory.domain.matching import NATION
from services.directory.domain.model import (
    Catalogue,
    Municipality,
    MunicipalityCode,
    Region,
    RegionCode,
)

# How far a municipality reaches beyond its postcodes' middles; and half the way to the next, were there none.
_BEYOND_KM = 3.0
_ALONE_KM = 30.0


def there_is(one: Region | Municipality, on: date) -> bool:
    """Say whether there is such a region or municipality on that day."""
    return one.valid_from <= on and (one.valid_to is None or on < one.valid_to)


def region_of(catalogue: Catalogue, place: MunicipalityCode | RegionCode, on: date) -> Region | None:
    """Return the region a municipality or region lies in on a day: the successor where its own is no more (R47)."""
    home = catalogue.municipalities.get(MunicipalityCode(place))
    first = RegionCode(place) if home is None else home.region
    if first not in catalogue.regions:
        return None
    return next((region for region in _line(catalogue.regions, first) if there_is(region, on)), None)


def areas(catalogue: Catalogue, code: str, on: date) -> frozenset[str]:
    """Return what an offer may name that reaches a municipality or region on a day; empty: there is no such place.

    A municipality: itself, every region it has belonged to by then, and the nation. A region: its municipalities
    and those regions it has taken over, too. Who asks for a region that is no more is answered for its successor.
    """
    place = catalogue.municipalities.get(MunicipalityCode(code))
    if place is not None:
        began = [each.code for each in _line(catalogue.regions, place.region) if each.valid_from <= on]
        return frozenset({place.code, *began, NATION}) if there_is(place, on) else frozenset()
    region = region_of(catalogue, RegionCode(code), on)
    if region is None:
        return frozenset()
    inside = [
        each for each in catalogue.municipalities.values()
        if there_is(each, on) and region_of(catalogue, each.code, on) == region
    ]  # fmt: skip
    return frozenset({NATION, region.code}).union(*(areas(catalogue, each.code, on) for each in inside))


def middles(catalogue: Catalogue) -> Places:
    """Return the middles of the catalogue's municipalities and postcodes.

    A municipality reaches (kilometres) a little beyond the farthest middle of its postcodes, and at least beyond
    half the way to the next municipality's: an island with one postcode is no point.
    """
    postcodes = {place.code: Point(place.latitude, place.longitude) for place in catalogue.postcodes.values()}
    held: dict[MunicipalityCode, list[Point]] = {}
    for place in catalogue.postcodes.values():
        held.setdefault(place.municipality, []).append(postcodes[place.code])
    points = {
        place.code: Point(place.latitude, place.longitude)
        for place in catalogue.municipalities.values()
        if place.latitude is not None and place.longitude is not None
    }
    found: dict[str, Middle] = {}
    for code, middle in points.items():
        half_way = [distance_km(middle, other) / 2 for other in points.values() if other != middle]
        farthest = max((distance_km(middle, point) for point in held.get(code, ())), default=0.0)
        radius = _BEYOND_KM + max(farthest, min(half_way, default=_ALONE_KM))
        found[code] = Middle(middle.latitude, middle.longitude, radius)
    return Places(found, postcodes)


def _line(regions: Mapping[RegionCode, Region], first: RegionCode) -> Iterator[Region]:
    """Yield a region and those that follow it, each once."""
    seen: set[RegionCode] = set()
    code: RegionCode | None = first
    while code is not None and code not in seen:
        seen.add(code)
        yield regions[code]
        code = regions[code].successor
