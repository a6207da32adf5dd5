"""Every municipality on a day: which kinds of offer it has, which it has none of, and where nobody has said."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import IntEnum, StrEnum

from services.directory.domain.codes import OrganisationKind, Profession, UnitKind
from services.directory.domain.figures.counted import Counted
from services.directory.domain.figures.coverage import SHARED_ENTRANCE, Coverage
from services.directory.domain.figures.kinds import Door, Kind, together
from services.directory.domain.model import Catalogue, MunicipalityCode, Unit
from services.directory.domain.succession import there


class State(StrEnum):
    """What is known of a kind of offer in a municipality; `none` only where it has declared its list complete."""

    SOME = "some"
    NONE = "none"
    NO_DATA = "no_data"


class Group(IntEnum):
    """The typology's four groups (figure 3, 003:270-285). It is no ranking (003:287)."""

    ENTRANCE_0_6 = 1
    ENTRANCE_0_18 = 2
    EFFORTS = 3
    NEITHER = 4


@dataclass(frozen=True, slots=True)
class Cell:
    """One kind in one municipality: offers given there, its own among them, and how many open which door.

    `unsaid` are offers that do not say how a family gets in; `door` is of all of them seen as one (figures 6, 11).
    `unclear` are offers that do not say enough to tell whether they are of the kind.
    """

    state: State
    offers: int
    own: int
    open: int
    assessed: int
    both: int
    unsaid: int
    unclear: int
    door: Door | None


class Picture:
    """The directory as the figures see it on a day; every answer is counted once and kept."""

    def __init__(self, offers: Iterable[Counted], catalogue: Catalogue, coverage: Coverage, day: date) -> None:
        self.offers = tuple(offers)
        self.catalogue = catalogue
        self.coverage = coverage
        self.day = day
        self.municipalities: tuple[MunicipalityCode, ...] = tuple(
            code
            for code, place in sorted(catalogue.municipalities.items())
            if place.valid_from <= day and (place.valid_to is None or day < place.valid_to)
        )
        self._given = _by_municipality(self.offers)
        self._units = _entrances(catalogue, day)
        self._cells: dict[tuple[MunicipalityCode, Kind], Cell] = {}

    def cell(self, municipality: MunicipalityCode, kind: Kind) -> Cell:
        """Return what is known of a kind of offer in a municipality."""
        found = self._cells.get((municipality, kind))
        if found is None:
            found = self._cells[municipality, kind] = self._counted(municipality, kind)
        return found

    def has(self, municipality: MunicipalityCode, kind: Kind) -> bool | None:
        """Say whether the municipality itself gives such an offer, as the survey asked; None: nobody has said."""
        cell = self.cell(municipality, kind)
        if cell.own:
            return True
        return False if self.certain(municipality, kind) else None

    def own_door(self, municipality: MunicipalityCode, kind: Kind) -> Door | None:
        """Return the way in to the municipality's own offers of a kind, seen as one (figure 11)."""
        own = [each for each in self._given[municipality] if municipality in each.own_of and kind in each.kinds]
        return together(frozenset(each.door for each in own if each.door is not None))

    def group(self, municipality: MunicipalityCode) -> Group | None:
        """Return the typology's group (003:279-285); None: it cannot be told yet.

        1 and 2: a unit said to be cross-disciplinary, for 0-6 or 0-18 years (a municipality with both is in 1).
        3: no such unit by its own word, but an offer of its own that several units give together. 4: neither.
        """
        entrances = self._units[municipality]
        ages = {unit.for_ages for unit in entrances if unit.multidisciplinary}
        if "0-6" in ages:
            return Group.ENTRANCE_0_6
        if ages:
            return Group.ENTRANCE_0_18 if ages == {"0-18"} else None
        if not self.coverage.complete(municipality, SHARED_ENTRANCE) or any(
            unit.multidisciplinary is None for unit in entrances
        ):
            return None
        own = [each for each in self._given[municipality] if municipality in each.own_of]
        if any(each.shared for each in own):
            return Group.EFFORTS
        return Group.NEITHER if all(self.coverage.complete(municipality, kind) for kind in Kind) else None

    def entrance_professions(self, municipality: MunicipalityCode) -> frozenset[Profession]:
        """Return who works in its cross-disciplinary units (figure 5); empty: nobody has said."""
        units = self._units[municipality]
        return frozenset().union(*(unit.professions for unit in units if unit.multidisciplinary))

    def entrance_door(self, municipality: MunicipalityCode) -> Door | None:
        """Return the way in to what its cross-disciplinary units give, seen as one (figure 6)."""
        ids = {unit.id for unit in self._units[municipality] if unit.multidisciplinary}
        doors = {each.door for each in self._given[municipality] if each.unit in ids}
        return together(frozenset(each for each in doors if each is not None))

    def _counted(self, municipality: MunicipalityCode, kind: Kind) -> Cell:
        here = [each for each in self._given[municipality] if kind in each.kinds]
        doors = [each.door for each in here]
        state = State.SOME if here else State.NO_DATA
        if not here and self.certain(municipality, kind, own=False):
            state = State.NONE
        return Cell(
            state=state,
            offers=len(here),
            own=sum(municipality in each.own_of for each in here),
            open=doors.count(Door.OPEN),
            assessed=doors.count(Door.ASSESSED),
            both=doors.count(Door.BOTH),
            unsaid=doors.count(None),
            unclear=sum(kind in each.perhaps for each in self._given[municipality]),
            door=together(frozenset(each for each in doors if each is not None)),
        )

    def certain(self, municipality: MunicipalityCode, kind: Kind, *, own: bool = True) -> bool:
        """Say whether nothing listed means there is none: its list of the kind is declared complete.

        Its word on everything does not tell whether an offer that may be of the kind is; its word on the kind does.
        """
        if not self.coverage.complete(municipality, kind):
            return False
        return self.coverage.named(municipality, kind) or not any(
            kind in each.perhaps and (not own or municipality in each.own_of) for each in self._given[municipality]
        )


def _by_municipality(offers: Iterable[Counted]) -> Mapping[MunicipalityCode, list[Counted]]:
    found: dict[MunicipalityCode, list[Counted]] = defaultdict(list)
    for each in offers:
        for code in each.given_in:
            found[code].append(each)
    return found


def _entrances(catalogue: Catalogue, day: date) -> Mapping[MunicipalityCode, list[Unit]]:
    """Return each municipality's units that are, or may be, a shared entrance; some are run by others (003:247)."""
    found: dict[MunicipalityCode, list[Unit]] = defaultdict(list)
    for unit in catalogue.units.values():
        if unit.municipality is None or unit.example or not there(unit, day):
            continue
        kind = catalogue.organisations[unit.organisation].kind
        by_municipality = kind is OrganisationKind.MUNICIPALITY and unit.kind is UnitKind.FAMILY_HOUSE
        if unit.multidisciplinary or by_municipality:
            found[unit.municipality].append(unit)
    return found
