"""Where somebody else's HSDS service is given, in our municipalities, regions and venues."""

import re

from services.directory.domain.danish import fold
from services.directory.domain.hsds.facts import Document
from services.directory.domain.hsds.leaves import Leaves
from services.directory.domain.hsds.services import MUNICIPALITY, NATION, REGION
from services.directory.domain.hsds.taxonomies import TAXONOMIES
from services.directory.domain.model import Catalogue
from services.directory.domain.records import EAST, NORTH, SOUTH, WEST

_CODE = re.compile(r"(?<!\d)0?(\d{3,4})(?!\d)")
_POSTCODE = re.compile(r"^(?:DK-?)?(\d{4})$")
_NATION = frozenset({"danmark", "denmark", "dk", "hele landet", "hele danmark", "nationwide", "national"})


def areas(leaves: Leaves, catalogue: Catalogue) -> Document:
    """Return the municipalities and regions its service areas name, or that it is for the whole country.

    An area is known by our own address, by its name, or by the municipality's code in its address or extent.
    """
    places, regions, nation = list[str](), list[str](), False
    names = {fold(one.name): code for code, one in catalogue.municipalities.items()}
    region_names = {fold(one.name): code for code, one in catalogue.regions.items()}
    for at in range(leaves.count("service_areas")):
        name = fold(leaves.text("service_areas", at, "name") or "")
        uri = leaves.text("service_areas", at, "uri") or ""
        short = name.removesuffix(" kommune").removesuffix(" municipality").removesuffix("s")
        code = uri.removeprefix(MUNICIPALITY) if uri.startswith(MUNICIPALITY) else None
        place = code or names.get(name) or names.get(name.removesuffix(" kommune")) or names.get(short)
        region = uri.removeprefix(REGION) if uri.startswith(REGION) else region_names.get(name)
        if uri == NATION or name in _NATION:
            nation = True
        elif region is not None and region in catalogue.regions:
            regions += [] if region in regions else [region]
        elif place is not None and place in catalogue.municipalities:
            places += [] if place in places else [place]
        else:
            leaves.leave("service_areas", at, "name")
            leaves.leave("service_areas", at, "uri")
            continue
        leaves.take("service_areas", at, "extent_type")
    if nation:
        return {"nationwide": True}
    return {key: held for key, held in (("municipalities", places), ("regions", regions)) if held}


def venues(leaves: Leaves) -> list[Document]:
    """Return the places its locations name, those that lie in Denmark."""
    found = (_venue(leaves, at) for at in range(leaves.count("service_at_locations")))
    return [each for each in found if each]


def _venue(leaves: Leaves, at: int) -> Document:
    path = ("service_at_locations", at, "location")
    if leaves.take(*path, "location_type") != "physical":
        leaves.leave(*path, "location_type")
        return {}
    country = leaves.text(*path, "addresses", 0, "country")
    if country is not None and fold(country) not in _NATION:
        leaves.leave(*path, "addresses", 0, "country")
        return {}
    address = (*path, "addresses", 0)
    lines = [line for line in (leaves.text(*address, "address_1"), leaves.text(*address, "address_2")) if line]
    code = _POSTCODE.match(leaves.text(*address, "postal_code") or "")
    if code is None:
        leaves.leave(*address, "postal_code")
    for implied in ("address_type", "state_province", "region"):
        leaves.take(*address, implied)
    made = {
        "name": leaves.text(*path, "name"),
        "note": leaves.text(*path, "description"),
        "address": ", ".join(lines) or None,
        "postcode": None if code is None else code[1],
        "city": leaves.text(*address, "city"),
        **_point(leaves, path),
        "accessibility": _accessibility(leaves, path) or None,
    }
    return {key: value for key, value in made.items() if value is not None}


def _point(leaves: Leaves, path: tuple[str | int, ...]) -> Document:
    north, east = leaves.take(*path, "latitude"), leaves.take(*path, "longitude")
    if (
        isinstance(north, int | float)
        and isinstance(east, int | float)
        and SOUTH <= north <= NORTH
        and WEST <= east <= EAST
    ):
        return {"latitude": float(north), "longitude": float(east)}
    leaves.leave(*path, "latitude")
    leaves.leave(*path, "longitude")
    return {}


def _accessibility(leaves: Leaves, path: tuple[str | int, ...]) -> list[str]:
    known = {fold(term.name): code for code, term in TAXONOMIES["accessibility"].terms.items()}
    found = []
    for at in range(leaves.count(*path, "accessibility")):
        code = known.get(fold(leaves.text(*path, "accessibility", at, "description") or ""))
        if code is None:
            leaves.leave(*path, "accessibility", at, "description")
        elif code not in found:
            leaves.take_all(*path, "accessibility", at)
            found.append(code)
    return found
