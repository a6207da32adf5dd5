"""One record of each data file but the offers': from fields to a value, checked against what was read before it."""

import re
from collections.abc import Callable, Mapping
from datetime import date

from services.directory.domain.codes import Accessibility, LegalBasis, OrganisationKind, Profession, UnitKind
from services.directory.domain.errors import Flaw
from services.directory.domain.fields import Fields
from services.directory.domain.model import (
    Basis,
    Catalogue,
    Contact,
    Municipality,
    MunicipalityCode,
    Organisation,
    OrganisationId,
    Postcode,
    Region,
    RegionCode,
    Source,
    Unit,
    UnitId,
    Venue,
)
from services.directory.domain.numbers import is_cvr, is_gln, is_sor
from shared.vocabulary import Sector

SEEDS = frozenset({"000", "001", "002", "003", "004", "kommuner"})
# Denmark with Bornholm, without Greenland and the Faroe Islands (WGS84 degrees).
SOUTH, NORTH, WEST, EAST = 54.5, 57.8, 8.0, 15.3
_LINES = re.compile(r"([1-9]\d*)(?:-([1-9]\d*))?", re.ASCII)
_MUNICIPALITY = re.compile(r"\d{4}", re.ASCII)
_PHONE = re.compile(r"(?:\+45 ?)?\d{2}(?: ?\d{2}){3}|\d{3}(?: ?\d{3})?", re.ASCII)
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-zæøåÆØÅ0-9-]{1,63}\.)+[A-Za-z]{2,24}")
_URL = re.compile(r"https?://[^\s<>\"']{3,500}")
_AGES = frozenset({"0-6", "0-18"})


def region(fields: Fields, _sofar: Catalogue) -> tuple[RegionCode, Region]:
    """Read a region."""
    code = RegionCode(fields.text("code"))
    first, last = _period(fields)
    successor = fields.maybe_text("successor")
    if (successor is None) != (last is None):
        fields.refuse("successor", "skal stå der, netop når valid_to gør")
    name, source = fields.text("name"), fields.text("source")
    return code, Region(code, name, first, last, None if successor is None else RegionCode(successor), source)


def municipality(fields: Fields, sofar: Catalogue) -> tuple[MunicipalityCode, Municipality]:
    """Read a municipality."""
    code = MunicipalityCode(fields.text("code"))
    if code and not _MUNICIPALITY.fullmatch(code):
        fields.refuse("code", "skal være fire cifre")
    name, within, source = fields.text("name"), RegionCode(fields.text("region_code")), fields.text("source")
    fields.among("region_code", within, sofar.regions)
    first, last = _period(fields)
    north, east = _degrees(fields, "latitude", SOUTH, NORTH), _degrees(fields, "longitude", WEST, EAST)
    return code, Municipality(code, name, within, first, last, source, north, east)


def postcode(fields: Fields, sofar: Catalogue) -> tuple[str, Postcode]:
    """Read a postcode with its middle."""
    code, name, within = fields.text("code"), fields.text("name"), fields.text("municipality")
    if code and not _MUNICIPALITY.fullmatch(code):
        fields.refuse("code", "skal være fire cifre")
    fields.among("municipality", within, sofar.municipalities)
    fields.maybe_text("source")
    north, east = _degrees(fields, "latitude", SOUTH, NORTH), _degrees(fields, "longitude", WEST, EAST)
    if north is None or east is None:
        fields.refuse("latitude", "skal udfyldes sammen med longitude")
    return code, Postcode(code, name, MunicipalityCode(within), north or SOUTH, east or WEST)


def basis(fields: Fields, _sofar: Catalogue) -> tuple[LegalBasis, Basis]:
    """Read a provision offers are given under (R68)."""
    first, last = fields.days("valid_from", "valid_to")
    made = Basis(
        code=fields.code("code", LegalBasis),
        law=fields.text("law"),
        title=fields.text("title"),
        valid_from=first,
        valid_to=last,
        source=fields.text("source"),
        paragraph=fields.maybe_text("paragraph"),
        stk=fields.maybe_text("stk"),
        nr=fields.maybe_text("nr"),
        requires_screening=fields.flag("requires_screening") or False,
        requires_decision=fields.flag("requires_decision") or False,
        anonymous_allowed=fields.flag("anonymous_allowed") or False,
        requires_consent_of=fields.texts("requires_consent_of"),
    )
    return made.code, made


def organisation(fields: Fields, sofar: Catalogue) -> tuple[OrganisationId, Organisation]:
    """Read an organisation."""
    number = OrganisationId(fields.id())
    place, within = _where(fields, sofar)
    first, last = fields.days("valid_from", "valid_to")
    heir = fields.maybe_text("successor")
    made = Organisation(
        id=number,
        name=fields.text("name"),
        kind=fields.code("kind", OrganisationKind),
        municipality=place,
        region=within,
        example=fields.flag("example") or False,
        source=_named_sources(fields),
        cvr=_checked(fields, "cvr", is_cvr),
        valid_from=first,
        valid_to=last,
        successor=None if heir is None else OrganisationId(heir),
    )
    return number, made


def unit(fields: Fields, sofar: Catalogue) -> tuple[UnitId, Unit]:
    """Read a unit."""
    number = UnitId(fields.id())
    owner = OrganisationId(fields.id("organisation"))
    fields.among("organisation", owner, sofar.organisations)
    place, within = _where(fields, sofar)
    first, last = fields.days("valid_from", "valid_to")
    ages, heir = fields.maybe_text("for_ages"), fields.maybe_text("successor")
    if ages is not None:
        fields.among("for_ages", ages, _AGES)
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
        source=_named_sources(fields),
        cvr=_checked(fields, "cvr", is_cvr),
        sor=_checked(fields, "sor", is_sor),
        gln=_checked(fields, "gln", is_gln),
        valid_from=first,
        valid_to=last,
        successor=None if heir is None else UnitId(heir),
        professions=fields.codes("professions", Profession),
        for_ages=ages,
        multidisciplinary=fields.flag("multidisciplinary"),
        task_agreement=fields.flag("task_agreement"),
        contact=contact(fields.part("contact")),
        venue=venue(fields.part("venue"), sofar),
    )
    return number, made


def contact(fields: Fields) -> Contact:
    """Read whom to ask: a function and its own number or mailbox."""
    made = Contact(
        function=fields.maybe_text("function"),
        phone=_shaped(fields, "phone", _PHONE, "skal være et dansk telefonnummer med otte cifre"),
        email=_shaped(fields, "email", _EMAIL, "skal være en mailadresse, helst en fælles postkasse"),
        url=_shaped(fields, "url", _URL, "skal være en adresse, der begynder med https://"),
    )
    fields.end()
    return made


def venue(fields: Fields, sofar: Catalogue) -> Venue:
    """Read where: an address in Denmark."""
    code = _shaped(fields, "postcode", _MUNICIPALITY, "skal være et dansk postnummer på fire cifre")
    if code is not None and sofar.postcodes and code not in sofar.postcodes:
        fields.refuse("postcode", "er ikke et dansk postnummer")
    north, east = _degrees(fields, "latitude", SOUTH, NORTH), _degrees(fields, "longitude", WEST, EAST)
    if (north is None) != (east is None):
        fields.refuse("longitude", "skal stå der, netop når latitude gør")
    made = Venue(
        name=fields.maybe_text("name"),
        address=fields.maybe_text("address"),
        postcode=code,
        city=fields.maybe_text("city"),
        latitude=north,
        longitude=east,
        accessibility=fields.codes("accessibility", Accessibility),
        note=fields.maybe_text("note"),
    )
    fields.end()
    return made


def broken_successions(regions: Mapping[RegionCode, Region], file: str) -> list[Flaw]:
    """Return a flaw for each region whose successor is not there, or does not begin the day it ends."""
    flaws = []
    for code, one in regions.items():
        if one.successor is None:
            continue
        heir = regions.get(one.successor)
        if heir is None:
            flaws.append(Flaw(file, code, "successor", f"nævner {one.successor!r}, som ikke findes"))
        elif heir.valid_from != one.valid_to:
            flaws.append(Flaw(file, code, "valid_to", "er ikke den dag, efterfølgeren begynder"))
    return flaws


def sources(fields: Fields) -> tuple[Source, ...]:
    """Read where it is known from."""
    return tuple(map(_source, fields.parts("source")))


def _named_sources(fields: Fields) -> tuple[Source, ...]:
    found = sources(fields)
    if not found:
        fields.refuse("source", "skal nævne mindst én kilde")
    return found


def _source(fields: Fields) -> Source:
    seed, lines, says = fields.text("seed"), fields.text("lines"), fields.maybe_text("says")
    fields.among("seed", seed, SEEDS)
    shape = _LINES.fullmatch(lines)
    if lines and (shape is None or (shape[2] is not None and int(shape[2]) < int(shape[1]))):
        fields.refuse("lines", "skal være en linje eller et spænd af linjer, første-sidste")
    fields.end()
    return Source(seed, lines, says)


def _period(fields: Fields) -> tuple[date, date | None]:
    first, last = fields.days("valid_from", "valid_to")
    if first is None:
        fields.refuse("valid_from", "skal udfyldes")
    return first, last  # type: ignore[return-value] # a missing one is noted, and the record then never used


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


def _degrees(fields: Fields, field: str, low: float, high: float) -> float | None:
    """Return a coordinate within Denmark; a CSV's is text."""
    if not fields.file.endswith(".csv"):
        return fields.number(field, low, high)
    told = fields.maybe_text(field)
    try:
        value = None if told is None else float(told)
    except ValueError:
        value = 0.0
    if value is not None and not low <= value <= high:
        fields.refuse(field, f"skal være et tal fra {low:g} til {high:g}; andet ligger uden for Danmark")
        return None
    return value


def _checked(fields: Fields, field: str, check: Callable[[str], bool]) -> str | None:
    """Return a number that carries a check digit."""
    value = fields.maybe_text(field)
    if value is not None and not check(value):
        fields.refuse(field, "er ikke et gyldigt nummer: kontrolcifferet passer ikke")
        return None
    return value


def _shaped(fields: Fields, field: str, shape: "re.Pattern[str]", said: str) -> str | None:
    value = fields.maybe_text(field)
    if value is not None and not shape.fullmatch(value):
        fields.refuse(field, said)
        return None
    return value
