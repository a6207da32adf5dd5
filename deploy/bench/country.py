"""The made-up country offers are given in: real places and organisations, made-up units, by the shares of seed 003."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from random import Random

from services.directory.domain.codes import OrganisationKind, Profession, UnitKind
from services.directory.domain.figures.kinds import Door, Kind, recognise
from services.directory.domain.model import (
    Catalogue,
    Municipality,
    MunicipalityCode,
    Offer,
    OfferId,
    OrganisationId,
    Postcode,
    Unit,
    UnitId,
)
from services.directory.load import DATA, read_folder
from shared.vocabulary import Sector

SEED = 2026
HOUSES: Mapping[UnitKind, tuple[str, str, Sector]] = {
    UnitKind.FAMILY_HOUSE: ("familiehus", "Familiehuset", Sector.MUNICIPAL_SOCIAL),
    UnitKind.HEALTH_VISITING: ("sundhedspleje", "Sundhedsplejen", Sector.MUNICIPAL_HEALTH),
    UnitKind.DAYCARE: ("dagtilbud", "Dagtilbud", Sector.MUNICIPAL_DAYCARE),
    UnitKind.SOCIAL_AUTHORITY: ("familieafdeling", "Familieafdelingen", Sector.MUNICIPAL_SOCIAL),
    UnitKind.JOBCENTER: ("jobcenter", "Jobcenter", Sector.MUNICIPAL_EMPLOYMENT),
}
_HELPERS = ("moedrehjaelpen", "roede-kors", "red-barnet", "home-start", "frelsens-haer")
# Of 92 municipalities (003:277); of all, whole percent (003:495); open, of those that have it (003:518).
_GROUPS = ((1, 19), (2, 25), (3, 37), (4, 11))
HAS = {
    Kind.PARENTING_COURSE: 81, Kind.INDIVIDUAL_GUIDANCE: 68, Kind.GROUP_GUIDANCE: 63, Kind.FATHERS: 40,
    Kind.COUPLE: 35, Kind.OPEN_HOUSE: 28, Kind.CAFE: 25, Kind.MENTOR: 16,
}  # fmt: skip
# Open, of those municipalities that have the kind, whole percent (003:518).
OPEN = {Kind.CAFE: 82, Kind.MENTOR: 9, Kind.INDIVIDUAL_GUIDANCE: 39, Kind.FATHERS: 56, Kind.PARENTING_COURSE: 49,
         Kind.GROUP_GUIDANCE: 44, Kind.COUPLE: 42, Kind.OPEN_HOUSE: 100}  # fmt: skip
# The way in to the shared entrance, weighed by figure 6 (003:339).
DOORS = ((Door.BOTH, 47), (Door.ASSESSED, 41), (Door.OPEN, 9))
_WORKS_THERE = {
    Profession.SOCIAL_WORKER: 93, Profession.FAMILY_THERAPIST: 86, Profession.HEALTH_VISITOR: 88,
    Profession.MIDWIFE: 29, Profession.PHYSIOTHERAPIST: 19, Profession.EDUCATION_COUNSELLOR: 14,
    Profession.JOB_CONSULTANT: 14,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """A municipality as it is made up: its postcodes, the kinds of offer it gives itself, and its group (003:277).

    `opened` are the kinds families get into by themselves there; `door` is the way in to its family house.
    """

    municipality: Municipality
    postcodes: Sequence[Postcode]
    kinds: frozenset[Kind]
    opened: frozenset[Kind]
    group: int
    door: Door


@dataclass(frozen=True, slots=True)
class Country:
    """The real places and organisations, the made-up units, and the real offers the made-up ones are drawn from.

    `units` are the made-up ones by municipality or region, and by kind. `kinds` are a real offer's, of figure 10.
    """

    catalogue: Catalogue
    places: Sequence[Place]
    patterns: Sequence[Offer]
    units: Mapping[tuple[str, UnitKind], Sequence[Unit]]
    kinds: Mapping[OfferId, frozenset[Kind]]


def country(seed: int = SEED) -> Country:
    """Return the country the offers are given in: 98 municipalities with five units and volunteers each, five regions.

    The catalogue holds the real data, offers too, so that loading it ends nothing.
    """
    real, rng = read_folder(DATA), Random(f"{seed} country")  # noqa: S311 - made-up data, the same each time
    towns: dict[str, list[Postcode]] = {code: [] for code in real.municipalities}
    for postcode in real.postcodes.values():
        towns[postcode.municipality].append(postcode)
    places = [_place(rng, municipality, towns[code]) for code, municipality in real.municipalities.items()]
    units: dict[UnitId, Unit] = {}
    held: dict[tuple[str, UnitKind], list[Unit]] = {}
    for unit in chain(*(_units(rng, place, real) for place in places), _regional(real)):
        units[unit.id] = unit
        held.setdefault((unit.municipality or unit.region or "", unit.kind), []).append(unit)
    patterns = [one for one in real.offers.values() if not one.example]
    kinds = {one.id: recognise(one).kinds & frozenset(HAS) for one in patterns}
    return Country(replace(real, units={**real.units, **units}), places, patterns, held, kinds)


def chance(rng: Random, percent: int) -> bool:
    """Say yes so many times in a hundred."""
    return rng.randrange(100) < percent


def _place(rng: Random, municipality: Municipality, postcodes: Sequence[Postcode]) -> Place:
    return Place(
        municipality,
        postcodes,
        kinds=frozenset(kind for kind, percent in HAS.items() if chance(rng, percent)),
        opened=frozenset(kind for kind, percent in OPEN.items() if chance(rng, percent)),
        group=rng.choices([group for group, _ in _GROUPS], [count for _, count in _GROUPS])[0],
        door=rng.choices([way for way, _ in DOORS], [count for _, count in DOORS])[0],
    )


def _units(rng: Random, place: Place, real: Catalogue) -> Iterator[Unit]:
    code = place.municipality.code
    owner = next(
        each.id for each in real.organisations.values()
        if each.kind is OrganisationKind.MUNICIPALITY and each.municipality == code
    )  # fmt: skip
    for kind, (stem, name, sector) in HOUSES.items():
        unit = _unit(f"n{code}-{stem}", f"{name} {place.municipality.name}", owner, kind, sector, code)
        yield _entrance(rng, unit, place.group) if kind is UnitKind.FAMILY_HOUSE else unit
    for helper in rng.sample(_HELPERS, 2):
        name = f"{real.organisations[OrganisationId(helper)].name} {place.municipality.name}"
        yield _unit(f"n{code}-{helper}", name, OrganisationId(helper), UnitKind.VOLUNTARY, Sector.CIVIL_SOCIETY, code)


def _entrance(rng: Random, house: Unit, group: int) -> Unit:
    """Return the family house as the municipality's group has it: groups 1 and 2 share one entrance."""
    if group not in {1, 2}:
        return replace(house, multidisciplinary=False)
    there = frozenset(profession for profession, percent in _WORKS_THERE.items() if chance(rng, percent))
    return replace(house, multidisciplinary=True, for_ages="0-6" if group == 1 else "0-18", professions=there)


def _regional(real: Catalogue) -> Iterator[Unit]:
    for owner in real.organisations.values():
        if owner.kind is OrganisationKind.REGION and owner.region is not None:
            for kind, stem, name in (
                (UnitKind.MIDWIFERY, "jordemoder", "Jordemodercenter"),
                (UnitKind.HOSPITAL, "hospital", "Fødeafdeling"),
            ):
                number = f"n-{owner.id}-{stem}"
                yield replace(
                    _unit(number, f"{name}, {owner.name}", owner.id, kind, Sector.REGIONAL_HEALTH, None),
                    region=owner.region, valid_from=owner.valid_from,
                )  # fmt: skip


def _unit(
    number: str, name: str, owner: OrganisationId, kind: UnitKind, sector: Sector, place: MunicipalityCode | None
) -> Unit:
    return Unit(UnitId(number), name, (), owner, kind, sector, place, None, example=False, source=())
