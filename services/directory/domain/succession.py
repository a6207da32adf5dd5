"""Who goes on when a region, an organisation or a unit ends: by law (R47), or by what its owner has said."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol, TypeVar

from services.directory.domain.codes import OrganisationKind
from services.directory.domain.errors import BadData, Flaw
from services.directory.domain.model import (
    Organisation,
    OrganisationId,
    Region,
    RegionCode,
    Unit,
    UnitId,
)

Id_co = TypeVar("Id_co", bound=str, covariant=True)
Id = TypeVar("Id", bound=str)


class Lasting(Protocol[Id_co]):
    """What there is from `valid_from` to before `valid_to` (None: as far as anybody knows), and who takes over."""

    @property
    def valid_from(self) -> date | None:
        """The first day it is there."""

    @property
    def valid_to(self) -> date | None:
        """The first day it is there no more."""

    @property
    def successor(self) -> Id_co | None:
        """Who takes over."""


@dataclass(frozen=True, slots=True)
class Heir:
    """The organisation that takes over another's rights and duties by law, and from which day."""

    organisation: OrganisationId
    since: date


@dataclass(frozen=True, slots=True)
class Belonging:
    """Whose a unit is on a day. `was` and `since` are given where the law has moved it to another owner before then."""

    organisation: OrganisationId
    was: OrganisationId | None = None
    since: date | None = None


@dataclass(frozen=True, slots=True)
class Period:
    """From the first day to before `valid_to`; None: as far as anybody knows."""

    valid_from: date | None
    valid_to: date | None

    def holds(self, on: date) -> bool:
        """Say whether the day lies in it."""
        return (self.valid_from is None or self.valid_from <= on) and (self.valid_to is None or on < self.valid_to)


def lawful_heirs(
    organisations: Mapping[OrganisationId, Organisation], regions: Mapping[RegionCode, Region]
) -> dict[OrganisationId, Heir]:
    """Return who follows each region's organisation by law, and from when (overgangsloven, LBK 56/2026 § 126; R47).

    The regions say it: where one has a successor, the organisation of the one is followed by that of the other.
    No other takeover is the law's: what a person said to a private organisation is no word to whoever buys it.

    Raises:
        BadData: a region has a successor, and not just one organisation stands behind that, or another is named.
    """
    of_region: dict[RegionCode, list[OrganisationId]] = {}
    for number, one in organisations.items():
        if one.kind is OrganisationKind.REGION and one.region is not None:
            of_region.setdefault(one.region, []).append(number)
    heirs: dict[OrganisationId, Heir] = {}
    for code, numbers in of_region.items():
        region = regions[code]
        if region.successor is None or region.valid_to is None:
            continue
        takers = of_region.get(region.successor, [])
        if len(takers) != 1:
            raise BadData([Flaw("organisations", numbers[0], "region", f"{len(takers)} organisations follow it")])
        for number in numbers:
            if organisations[number].successor not in {None, takers[0]}:
                raise BadData([Flaw("organisations", number, "successor", f"er ved lov {takers[0]!r}")])
        heirs |= {number: Heir(takers[0], region.valid_to) for number in numbers}
    return heirs


def belonging(first: OrganisationId, heirs: Mapping[OrganisationId, Heir], on: date) -> Belonging:
    """Return whose a unit of the organisation `first` is on the day: its own, or the law's heir's (R47).

    Raises:
        BadData: the heirs follow one another in a circle.
    """
    now = Belonging(first)
    for taker in _line_of_heirs(first, heirs):
        if taker.since > on:
            break
        now = Belonging(taker.organisation, now.organisation, taker.since)
    return now


def period(
    unit: Unit, organisations: Mapping[OrganisationId, Organisation], heirs: Mapping[OrganisationId, Heir]
) -> Period:
    """Return from when to when the unit is anybody's sender or recipient.

    It ends on its own day, or on the day its organisation does, unless the law has it go on under another (R47).
    """
    line = [unit.organisation, *(each.organisation for each in _line_of_heirs(unit.organisation, heirs))]
    first, last = organisations[line[0]], organisations[line[-1]]
    begins = [day for day in (unit.valid_from, first.valid_from) if day is not None]
    ends = [day for day in (unit.valid_to, last.valid_to) if day is not None]
    return Period(max(begins, default=None), min(ends, default=None))


def there(one: Lasting[str], on: date) -> bool:
    """Say whether it is there on the day."""
    return Period(one.valid_from, one.valid_to).holds(on)


def successors(first: Id, of: Mapping[Id, Lasting[Id]]) -> tuple[Id, ...]:
    """Return `first` and everyone who takes over after it, in order; a successor nobody knows ends the line.

    Raises:
        BadData: they follow one another in a circle.
    """
    line: list[Id] = []
    at: Id | None = first
    while at is not None and at in of:
        if at in line:
            raise BadData([Flaw("successors", first, "successor", "kommer tilbage til sig selv")])
        line.append(at)
        at = of[at].successor
    return tuple(line)


def owner(unit: UnitId, units: Mapping[UnitId, Lasting[UnitId]], on: date) -> UnitId | None:
    """Return the unit whose people own, on the day, an offer that was `unit`'s.

    Its own while it has not closed, then the first of its successors that is there. None: nobody took over, and
    its organisation's editors own it, so that no offer is left without an owner.

    Raises:
        BadData: the successors follow one another in a circle.
    """
    for number in successors(unit, units):
        one = units[number]
        if number == unit and (one.valid_to is None or on < one.valid_to):
            return unit
        if there(one, on):
            return number
    return None


def broken(of: Mapping[Id, Lasting[Id]], file: str) -> list[Flaw]:
    """Return a flaw for each successor that cannot be one.

    Nobody is followed before they end; a successor is known, is another, does not go round in a circle, and has
    begun by the day it takes over.
    """
    flaws: list[Flaw] = []
    for number, one in of.items():
        said = _wrong_with(number, one, of)
        if said is not None:
            flaws.append(Flaw(file, number, "successor", said))
    return flaws


def _wrong_with(number: Id, one: Lasting[Id], of: Mapping[Id, Lasting[Id]]) -> str | None:
    if one.successor is None:
        return None
    heir = of.get(one.successor)
    if heir is None:
        return f"nævner {one.successor!r}, som ikke findes"
    try:
        successors(number, of)
    except BadData:
        return "kommer tilbage til sig selv"
    if one.valid_to is None:
        return "står der, men valid_to mangler"
    return None if there(heir, one.valid_to) else "er der ikke den dag, den overtager"


def _line_of_heirs(first: OrganisationId, heirs: Mapping[OrganisationId, Heir]) -> Iterator[Heir]:
    seen, at = {first}, first
    while at in heirs:
        taker = heirs[at]
        at = taker.organisation
        if at in seen:
            raise BadData([Flaw("organisations", first, "successor", "kommer tilbage til sig selv")])
        seen.add(at)
        yield taker
