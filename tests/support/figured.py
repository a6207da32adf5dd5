"""A small country to count in: three municipalities, their houses, offers and words on coverage."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from services.directory.domain.codes import OrganisationKind, UnitKind
from services.directory.domain.document import from_document
from services.directory.domain.figures.counted import counted
from services.directory.domain.figures.coverage import ALL, Coverage, Declaration
from services.directory.domain.figures.picture import Picture
from services.directory.domain.model import (
    Catalogue,
    Municipality,
    MunicipalityCode,
    Offer,
    OfferId,
    Organisation,
    OrganisationId,
    Region,
    RegionCode,
    Unit,
    UnitId,
)
from services.directory.domain.places import middles
from shared.vocabulary import Sector

DAY = date(2026, 11, 22)
A, B, C = (MunicipalityCode(code) for code in ("0101", "0201", "0301"))
START = date(2007, 1, 1)


def offer(**said: Any) -> Offer:
    return from_document({"id": "x", "name": "Tilbud", "unit": "a-house", "summary": "Et tilbud.",
                          "as_of": "2026-01-01", "themes": ["network"], **said})  # fmt: skip


def unit(number: str, owner: str, place: MunicipalityCode | None, **more: Any) -> Unit:
    return Unit(UnitId(number), number, (), OrganisationId(owner), UnitKind.FAMILY_HOUSE, Sector.MUNICIPAL_SOCIAL,
                place, None, example=False, source=(), **more)  # fmt: skip


def town(**units: Any) -> Catalogue:
    """Three municipalities, 20 km apart in a line to the east, each with a house; and a voluntary organisation."""
    made = Catalogue({RegionCode("1084"): Region(RegionCode("1084"), "R", START, None, None, "")}, {}, {}, {}, {})
    for place, (code, name) in enumerate(((A, "a"), (B, "b"), (C, "c"))):
        made.municipalities[code] = Municipality(
            code, name.upper(), RegionCode("1084"), START, None, "", 55.0, 10.0 + place * 0.3135
        )
        owner = Organisation(
            OrganisationId(name), name, OrganisationKind.MUNICIPALITY, code, None, example=False, source=()
        )
        made.organisations[owner.id] = owner
        house = unit(f"{name}-house", name, code, **units.get(name, {}))
        made.units[house.id] = house
    helpers = Organisation(OrganisationId("v"), "v", OrganisationKind.VOLUNTARY, None, None, example=False, source=())
    made.organisations[helpers.id] = helpers
    made.units[UnitId("v-unit")] = unit("v-unit", "v", None)
    return made


def word(
    place: MunicipalityCode, kind: str = ALL, on: date = DAY, *, complete: bool = True, hour: int = 8
) -> Declaration:
    at = datetime(on.year, on.month, on.day, hour, tzinfo=UTC)
    return Declaration(place, kind, complete, on, UnitId("x"), at)


def picture(catalogue: Catalogue, offers: list[Offer], *words: Declaration, day: date = DAY) -> Picture:
    told = [counted(each, catalogue, day, middles(catalogue)) for each in offers]
    return Picture([each for each in told if each is not None], catalogue, Coverage(words, day), day)


def numbered(*offers: Offer) -> list[Offer]:
    return [replace(each, id=OfferId(f"o{place}")) for place, each in enumerate(offers)]
