"""One record of each data file: from fields to a value, checked against what was read before it."""

import re
from collections.abc import Mapping
from datetime import date

from services.directory.domain.codes import (
    Access,
    Audience,
    Form,
    LegalBasis,
    OrganisationKind,
    PreventionLevel,
    Profession,
    Theme,
    UnitKind,
)
from services.directory.domain.errors import Flaw
from services.directory.domain.fields import Fields
from services.directory.domain.model import (
    Catalogue,
    Dose,
    Municipality,
    MunicipalityCode,
    Offer,
    OfferId,
    Organisation,
    OrganisationId,
    Region,
    RegionCode,
    Source,
    Target,
    Unit,
    UnitId,
)
from shared.vocabulary import Sector

SEEDS = frozenset({"000", "001", "002", "003", "004", "kommuner"})
_LINES = re.compile(r"^([1-9]\d*)(?:-([1-9]\d*))?$")
_MUNICIPALITY = re.compile(r"^\d{4}$")


def region(fields: Fields, _sofar: Catalogue) -> tuple[RegionCode, Region]:
    """Read a region."""
    code = RegionCode(fields.text("code"))
    first, last = _period(fields)
    successor = fields.maybe_text("successor")
    if (successor is None) != (last is None):
        fields.refuse("successor", "must be given just when valid_to is")
    name, source = fields.text("name"), fields.text("source")
    return code, Region(code, name, first, last, None if successor is None else RegionCode(successor), source)


def municipality(fields: Fields, sofar: Catalogue) -> tuple[MunicipalityCode, Municipality]:
    """Read a municipality."""
    code = MunicipalityCode(fields.text("code"))
    if not _MUNICIPALITY.match(code):
        fields.refuse("code", "must be four digits")
    name, within, source = fields.text("name"), RegionCode(fields.text("region_code")), fields.text("source")
    fields.among("region_code", within, sofar.regions)
    first, last = _period(fields)
    return code, Municipality(code, name, within, first, last, source)


def organisation(fields: Fields, sofar: Catalogue) -> tuple[OrganisationId, Organisation]:
    """Read an organisation."""
    number = OrganisationId(fields.id())
    place, within = _where(fields, sofar)
    made = Organisation(
        id=number,
        name=fields.text("name"),
        kind=fields.code("kind", OrganisationKind),
        municipality=place,
        region=within,
        example=fields.flag("example") or False,
        source=_sources(fields),
    )
    return number, made


def unit(fields: Fields, sofar: Catalogue) -> tuple[UnitId, Unit]:
    """Read a unit."""
    number = UnitId(fields.id())
    owner = OrganisationId(fields.id("organisation"))
    fields.among("organisation", owner, sofar.organisations)
    place, within = _where(fields, sofar)
    made = Unit(
        id=number,
        name=fields.text("name"),
        aliases=fields.texts("aliases"),
        organisation=owner,
        kind=fields.code("kind", UnitKind),
        sector=fields.code("sector", Sector),
        municipality=place,
        region=within,
        example=fields.flag("example") or False,
        source=_sources(fields),
    )
    return number, made


def offer(fields: Fields, sofar: Catalogue) -> tuple[OfferId, Offer]:
    """Read an offer, with whom it is for and how much of it there is."""
    number, giver, as_of = OfferId(fields.id()), UnitId(fields.id("unit")), fields.day("as_of")
    fields.among("unit", giver, sofar.units)
    if as_of is None:
        fields.refuse("as_of", "must be given")
    first, last = fields.day("valid_from"), fields.day("valid_to")
    if first is not None and last is not None and first >= last:
        fields.refuse("valid_to", "must come after valid_from")
    made = Offer(
        id=number,
        name=fields.text("name"),
        aliases=fields.texts("aliases"),
        unit=giver,
        partners=_partners(fields, sofar),
        municipalities=_municipalities(fields, sofar),
        regions=_regions(fields, sofar),
        nationwide=fields.flag("nationwide") or False,
        summary=fields.text("summary"),
        themes=fields.codes("themes", Theme),
        access=fields.codes("access", Access),
        referrers=fields.codes("referrers", Profession),
        form=fields.codes("form", Form),
        methods=fields.texts("methods"),
        legal_basis=fields.codes("legal_basis", LegalBasis),
        prevention_level=fields.maybe_code("prevention_level", PreventionLevel),
        price=fields.maybe_text("price"),
        as_of=as_of,
        funding_until=fields.day("funding_until"),
        valid_from=first,
        valid_to=last,
        example=fields.flag("example") or False,
        source=_sources(fields),
        target=_target(fields.part("target")),
        dose=_dose(fields.part("dose")),
    )
    _consistent(fields, made)
    return number, made


def broken_successions(regions: Mapping[RegionCode, Region], file: str) -> list[Flaw]:
    """Return a flaw for each region whose successor is not there, or does not begin the day it ends."""
    flaws = []
    for code, one in regions.items():
        if one.successor is None:
            continue
        heir = regions.get(one.successor)
        if heir is None:
            flaws.append(Flaw(file, code, "successor", f"names {one.successor!r}, which is not there"))
        elif heir.valid_from != one.valid_to:
            flaws.append(Flaw(file, code, "valid_to", "is not the day its successor begins"))
    return flaws


def _consistent(fields: Fields, made: Offer) -> None:
    if not made.themes:
        fields.refuse("themes", "must name at least one")
    if made.nationwide and (made.municipalities or made.regions):
        fields.refuse("nationwide", "contradicts municipalities and regions")
    if made.referrers and Access.PROFESSIONAL_REFERRAL not in made.access:
        fields.refuse("referrers", "are named, but access lacks professional_referral")


def _target(fields: Fields) -> Target:
    weeks = fields.span("pregnancy_week", 4, 42)
    months = fields.span("child_age_months", 0, 216)
    ages = fields.span("parent_age", 10, 99)
    made = Target(
        fields.codes("audience", Audience),
        *weeks,
        *months,
        *ages,
        pregnancy_care_levels=fields.wholes("pregnancy_care_levels", 1, 4),
        first_time_parents=fields.flag("first_time_parents"),
        criteria=fields.texts("criteria"),
    )
    fields.done()
    return made


def _dose(fields: Fields) -> Dose:
    sessions = fields.span("sessions", 1, 500)
    minutes = fields.span("minutes_per_session", 5, 1440)
    hours = fields.span("hours_per_week", 1, 168)
    group = fields.span("group_size", 1, 500)
    made = Dose(
        *sessions,
        *minutes,
        *hours,
        weeks=fields.whole("weeks", 1, 520),
        group_size_from=group[0],
        group_size_to=group[1],
        schedule=fields.maybe_text("schedule"),
        meal=fields.flag("meal"),
    )
    fields.done()
    return made


def _sources(fields: Fields) -> tuple[Source, ...]:
    found = []
    for part in fields.parts("source"):
        seed, lines, says = part.text("seed"), part.text("lines"), part.maybe_text("says")
        part.among("seed", seed, SEEDS)
        shape = _LINES.match(lines)
        if shape is None or (shape[2] is not None and int(shape[2]) < int(shape[1])):
            part.refuse("lines", "must be a line or a range of lines, first-last")
        part.done()
        found.append(Source(seed, lines, says))
    if not found:
        fields.refuse("source", "must name at least one")
    return tuple(found)


def _period(fields: Fields) -> tuple[date, date | None]:
    first, last = fields.day("valid_from"), fields.day("valid_to")
    if first is None:
        fields.refuse("valid_from", "must be given")
    if last is not None and last <= first:
        fields.refuse("valid_to", "must come after valid_from")
    return first, last


def _where(fields: Fields, sofar: Catalogue) -> tuple[MunicipalityCode | None, RegionCode | None]:
    place, within = fields.maybe_text("municipality"), fields.maybe_text("region")
    if place is not None:
        fields.among("municipality", place, sofar.municipalities)
    if within is not None:
        fields.among("region", within, sofar.regions)
    return (
        None if place is None else MunicipalityCode(place),
        None if within is None else RegionCode(within),
    )


def _municipalities(fields: Fields, sofar: Catalogue) -> frozenset[MunicipalityCode]:
    for code in fields.texts("municipalities"):
        fields.among("municipalities", code, sofar.municipalities)
    return frozenset(map(MunicipalityCode, fields.texts("municipalities")))


def _regions(fields: Fields, sofar: Catalogue) -> frozenset[RegionCode]:
    for code in fields.texts("regions"):
        fields.among("regions", code, sofar.regions)
    return frozenset(map(RegionCode, fields.texts("regions")))


def _partners(fields: Fields, sofar: Catalogue) -> tuple[str, ...]:
    """Return the partners: units, or organisations where the source names no unit."""
    partners = fields.texts("partners")
    for partner in partners:
        fields.among("partners", partner, sofar.units.keys() | sofar.organisations.keys())
    return partners
