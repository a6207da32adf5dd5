"""What of an offer the figures need, and nothing more: kept in memory for each offer there is."""

from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any

from services.directory.domain.codes import OrganisationKind
from services.directory.domain.figures.kinds import Door, Kind, concerns, door, recognise
from services.directory.domain.geography import Places
from services.directory.domain.matching import Reach, reach
from services.directory.domain.model import Catalogue, MunicipalityCode, Offer, OfferId, UnitId


@dataclass(frozen=True, slots=True)
class Counted:
    """An offer to expecting parents or families with a child of 0-6 years, as it is counted.

    `given_in`: the municipalities it is said to be given in. `own_of`: those that give it, themselves or as a
    partner. `shared`: more than one unit or organisation gives it. `perhaps`: kinds it may be of.
    """

    id: OfferId
    name: str
    unit: UnitId
    given_in: frozenset[MunicipalityCode]
    own_of: frozenset[MunicipalityCode]
    kinds: frozenset[Kind]
    perhaps: frozenset[Kind]
    door: Door | None
    shared: bool
    reach: Reach


def counted(offer: Offer, catalogue: Catalogue, day: date, places: Places) -> Counted | None:
    """Return how an offer is counted; None: it is made up for an example, or not for these families."""
    if offer.example or not concerns(offer):
        return None
    own, given, found = _givers(offer, catalogue), offer.municipalities, recognise(offer)
    if not (given or offer.regions or offer.nationwide):
        unit = catalogue.units.get(offer.unit)
        given = frozenset() if unit is None or unit.municipality is None else frozenset({unit.municipality})
    return Counted(
        id=offer.id,
        name=offer.name,
        unit=offer.unit,
        given_in=_one(given),
        own_of=_one(own & given),
        kinds=_one(found.kinds),
        perhaps=_one(found.perhaps),
        door=door(offer),
        shared=bool(offer.partners),
        reach=_needed(reach(offer, day, places)),
    )


def _givers(offer: Offer, catalogue: Catalogue) -> frozenset[MunicipalityCode]:
    """Return the municipalities whose organisation gives the offer or takes part in giving it."""
    found = set()
    for giver in (offer.unit, *offer.partners):
        unit = catalogue.units.get(UnitId(giver))
        organisation = catalogue.organisations.get(giver if unit is None else unit.organisation)  # type: ignore[call-overload] # ids of either
        if organisation is not None and organisation.kind is OrganisationKind.MUNICIPALITY:
            found.add(organisation.municipality)
    return frozenset(code for code in found if code is not None)


def _needed(at: Reach) -> Reach:
    """Return the reach with only what the figures ask of it: place, home, weeks, months and themes."""
    none: frozenset[Any] = frozenset()
    return replace(
        at, given_in=_one(at.given_in), perhaps_in=_one(at.perhaps_in), themes=_one(at.themes), audience=none,
        referrers=none, perhaps_referrers=none, access=none, form=none, languages=none, care_levels=none, methods=none,
        legal_basis=none, days=none, accessibility=none, ages=None, due=None,
    )  # fmt: skip


@lru_cache(maxsize=8192)
def _one(held: frozenset[Any]) -> frozenset[Any]:
    """Return one and the same set for equal ones: ten thousand offers hold few different ones."""
    return held
