"""What is near a place, what is missing there, and where it cannot be told because a municipality has not said."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import cos, radians

from services.directory.domain.codes import Theme
from services.directory.domain.figures.counted import Counted
from services.directory.domain.figures.coverage import ALL, Coverage
from services.directory.domain.figures.kinds import Kind
from services.directory.domain.figures.picture import Picture
from services.directory.domain.geography import Point, distance_km
from services.directory.domain.matching import Criterion, Need, Verdict, failed, match
from services.directory.domain.model import Catalogue, MunicipalityCode

MOST_SHOWN = 5
_KM_PER_DEGREE = 111.0


class Finding(StrEnum):
    """What is known of a kind or theme near a place; `missing` only where every municipality there has said so."""

    SOME = "some"
    MISSING = "missing"
    NO_DATA = "no_data"


@dataclass(frozen=True, slots=True)
class Here:
    """Where is asked about: the point, the municipality it lies in (the family's own), and how far is near."""

    point: Point
    municipality: MunicipalityCode
    within_km: int


@dataclass(frozen=True, slots=True)
class Nearby:
    """An offer near the place: how far, in kilometres, and what it leaves open of the need.

    `roughly`: the distance is to the middle of its municipality, for it tells no address.
    """

    offer: Counted
    km: float
    roughly: bool
    unknown: tuple[Criterion, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """A kind or theme near the place: the nearest offers and how many there are, or what their absence means.

    `not_declared`: municipalities within reach that have not said their list is complete. `unclear`: offers within
    reach that may be of the kind for all they say. `anywhere`: offers that fit and are given nationwide or
    region-wide, without a place.
    """

    of: Kind | Theme
    finding: Finding
    count: int
    nearest: Sequence[Nearby]
    anywhere: int
    unclear: int
    not_declared: tuple[MunicipalityCode, ...]


def within_reach(here: Here, catalogue: Catalogue) -> tuple[MunicipalityCode, ...]:
    """Return the municipalities near the place: its own, and each whose middle, or a postcode's of it, is near enough.

    The edge of one whose middles are all farther may still be nearer; that is the measure's limit.
    """
    found = {here.municipality}
    for code, place in catalogue.municipalities.items():
        if place.latitude is not None and place.longitude is not None:
            _note(found, code, Point(place.latitude, place.longitude), here)
    for postcode in catalogue.postcodes.values():
        if postcode.municipality not in found:
            _note(found, postcode.municipality, Point(postcode.latitude, postcode.longitude), here)
    return tuple(sorted(found))


def gaps(picture: Picture, here: Here, need: Need, themes: Sequence[Theme] = ()) -> tuple[Gap, ...]:
    """Return what is known near the place of every kind of offer, and of each theme asked about.

    An offer counts when it fails nothing of the need: age, week of pregnancy, and whether families from the
    place's municipality may come. What it leaves open is told beside it.
    """
    around, told = within_reach(here, picture.catalogue), Lookup(here, need)
    near = sorted(told.near(picture.offers), key=lambda one: (one.km, one.offer.id))
    anywhere = [each for each in picture.offers if _placeless(each) and told.fits(each) is not None]
    asked: list[tuple[Kind | Theme, Callable[[Counted], bool], Callable[[Counted], bool]]] = [
        (kind, _of_kind(kind), _unclear(kind, picture.coverage)) for kind in Kind
    ]
    asked += [(theme, _of_theme(theme), _silent) for theme in themes]
    return tuple(
        _gap(of, [one for one in near if is_so(one.offer)], sum(map(is_so, anywhere)),
             sum(perhaps(one.offer) for one in near), _not_declared(picture.coverage, around, of))
        for of, is_so, perhaps in asked
    )  # fmt: skip


class Lookup:
    """Offers as one question sees them: near enough, and failing nothing of the need."""

    def __init__(self, here: Here, need: Need) -> None:
        self._here = here
        self._need = need
        # A box around the circle, a little wide: it spares the far offers the exact distance.
        self._north = here.within_km / _KM_PER_DEGREE * 1.01
        self._east = self._north / cos(radians(here.point.latitude + self._north))

    def fits(self, one: Counted) -> tuple[Criterion, ...] | None:
        """Return what the offer leaves open of the need; None: it fails some of it."""
        matched = match(one.reach, self._need)
        if failed(matched):
            return None
        return tuple(each for each, verdict in matched.items() if verdict is Verdict.UNKNOWN)

    def near(self, offers: Iterable[Counted]) -> Iterator[Nearby]:
        """Yield the offers within the distance that fail nothing."""
        for one in offers:
            km = min(map(self._km, one.reach.points or one.reach.centres), default=None)
            if km is None or km > self._here.within_km:
                continue
            unknown = self.fits(one)
            if unknown is not None:
                yield Nearby(one, km, not one.reach.points, unknown)

    def _km(self, point: Point) -> float:
        there = self._here.point
        if abs(point.latitude - there.latitude) > self._north or abs(point.longitude - there.longitude) > self._east:
            return float("inf")
        return distance_km(there, point)


def _note(found: set[MunicipalityCode], code: MunicipalityCode, point: Point, here: Here) -> None:
    if distance_km(here.point, point) <= here.within_km:
        found.add(code)


def _gap(
    of: Kind | Theme, near: Sequence[Nearby], anywhere: int, unclear: int, not_declared: tuple[MunicipalityCode, ...]
) -> Gap:
    silence = Finding.NO_DATA if not_declared or unclear else Finding.MISSING
    finding = Finding.SOME if near else silence
    return Gap(of, finding, len(near), near[:MOST_SHOWN], anywhere, unclear, not_declared)


def _not_declared(
    coverage: Coverage, around: Sequence[MunicipalityCode], of: Kind | Theme
) -> tuple[MunicipalityCode, ...]:
    """Return which have not said their list is complete; of a theme only the word on everything tells."""
    word = of if isinstance(of, Kind) else ALL
    return tuple(code for code in around if not coverage.complete(code, word))


def _placeless(one: Counted) -> bool:
    return not one.reach.points and not one.reach.centres


def _of_kind(kind: Kind) -> Callable[[Counted], bool]:
    return lambda one: kind in one.kinds


def _unclear(kind: Kind, coverage: Coverage) -> Callable[[Counted], bool]:
    """Ask whether an offer may be of the kind, and no municipality it is given in has spoken of that very kind."""
    return lambda one: kind in one.perhaps and not all(coverage.named(code, kind) for code in one.given_in)


def _of_theme(theme: Theme) -> Callable[[Counted], bool]:
    return lambda one: theme in one.reach.themes


def _silent(_one: Counted) -> bool:
    """Say no: an offer that leaves its themes open does not exist."""
    return False
