"""Where offers are given, and how far that is from somewhere."""

from array import array
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable
from math import cos, radians
from operator import itemgetter

from services.directory.domain.geography import Middle, Point, distance_km
from services.directory.domain.index.bits import gathered
from services.directory.domain.index.slots import GONE, Slots
from services.directory.domain.matching import Reach

# Less than a degree of latitude is long, anywhere.
_KM_A_DEGREE = 110.5


class Places:
    """The points of all offers, by slot: those the offers give, or the middles of their municipalities."""

    def __init__(self, slots: Slots) -> None:
        """Take the slots the offers stand in."""
        self._slots = slots
        self._exact = bytearray()
        # Many offers are given at the same places: each slot has the number of its points.
        self._points: list[tuple[Point, ...]] = []
        self._numbers: dict[tuple[Point, ...], int] = {}
        self._number = array("I")
        self._given, self._middles = _Spots(), _Spots()

    def add(self, reach: Reach) -> None:
        """Take the offer in the next slot in."""
        self._take(reach.points or reach.centres, exact=bool(reach.points))

    def renumbered(self, slots: Slots, kept: Iterable[int]) -> "Places":
        """Return the points of the slots kept, in that order, as those of slots without gaps."""
        made = Places(slots)
        for slot in kept:
            made._take(self._points[self._number[slot]], exact=bool(self._exact[slot]))
        return made

    def _take(self, points: tuple[Point, ...], *, exact: bool) -> None:
        slot = len(self._number)
        if points not in self._numbers:
            self._numbers[points] = len(self._points)
            self._points.append(points)
        self._number.append(self._numbers[points])
        self._exact.append(exact)
        for point in points:
            (self._given if exact else self._middles).add(point, slot)

    def within(self, here: Point, km: int) -> tuple[int, int]:
        """Return the offers known to be within so many kilometres, and those that perhaps are.

        One given somewhere in a municipality is perhaps near, unless all of it is too far. Offers given nowhere are
        in neither.
        """
        place = self._slots.place
        near = self._given.within(here, km)
        perhaps = self._middles.within(here, km)
        return (
            gathered(place[slot] for slot in near if place[slot] != GONE),
            gathered(place[slot] for slot in perhaps if place[slot] != GONE),
        )

    def km(self, here: Point, slot: int, known: dict[int, float | None]) -> float | None:
        """Return the distance to the nearest point of the offer in a slot; None: nobody says. `known`: those so far."""
        number = self._number[slot]
        if number not in known:
            known[number] = min([distance_km(here, point) for point in self._points[number]], default=None)
        return known[number]

    def approximate(self, slot: int) -> bool:
        """Say whether an offer's distance is only that to the middle of a municipality."""
        return bool(self._points[self._number[slot]]) and not self._exact[slot]


class _Spots:
    """Points with the slots of the offers there, in the order of their latitude."""

    def __init__(self) -> None:
        self._at: dict[Point, list[int]] = {}
        self._ordered: list[tuple[float, Point]] = []
        self._widest = 0.0

    def add(self, point: Point, slot: int) -> None:
        if point not in self._at:
            self._at[point] = []
            insort(self._ordered, (point.latitude, point), key=itemgetter(0))
            self._widest = max(self._widest, _radius(point))
        self._at[point].append(slot)

    def within(self, here: Point, km: int) -> set[int]:
        """Return the slots of the offers some of whose place is so near: of those in a box, the near enough."""
        north = (km + self._widest) / _KM_A_DEGREE
        # A degree of longitude is shortest at the edge that is farther from the equator.
        east = north / max(cos(radians(min(abs(here.latitude) + north, 89.0))), 0.01)
        first = bisect_left(self._ordered, here.latitude - north, key=itemgetter(0))
        last = bisect_right(self._ordered, here.latitude + north, key=itemgetter(0))
        found: set[int] = set()
        for _, point in self._ordered[first:last]:
            near = abs(point.longitude - here.longitude) <= east
            if near and distance_km(here, point) <= km + _radius(point):
                found.update(self._at[point])
        return found


def _radius(point: Point) -> float:
    return point.radius_km if isinstance(point, Middle) else 0.0
