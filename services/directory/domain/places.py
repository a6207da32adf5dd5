"""Which region a place belongs to, and from when to when (R46, R47)."""

from collections.abc import Iterator, Mapping
from datetime import date

from services.directory.domain.model import Membership, Municipality, MunicipalityCode, Region, RegionCode


def memberships(
    regions: Mapping[RegionCode, Region], municipalities: Mapping[MunicipalityCode, Municipality]
) -> list[Membership]:
    """Return every belonging there was, is, or is known to come, sorted.

    Where a region ends, its successor takes its municipalities over (R47): nothing is said twice in the files.
    """
    of_municipalities = [
        Membership(place.code, region.code, max(place.valid_from, region.valid_from), _first(place, region))
        for place in municipalities.values()
        for region in _line(regions, place.region)
    ]
    of_regions = [
        Membership(region.code, later.code, later.valid_from, later.valid_to)
        for region in regions.values()
        for later in _line(regions, region.code)
    ]
    return sorted(of_municipalities + of_regions, key=lambda each: (each.area, each.valid_from))


def _line(regions: Mapping[RegionCode, Region], first: RegionCode) -> Iterator[Region]:
    """Yield a region and those that follow it, each once."""
    seen: set[RegionCode] = set()
    code: RegionCode | None = first
    while code is not None and code not in seen:
        seen.add(code)
        yield regions[code]
        code = regions[code].successor


def _first(place: Municipality, region: Region) -> date | None:
    ends = [day for day in (place.valid_to, region.valid_to) if day is not None]
    return min(ends, default=None)
