"""Venues as HSDS locations, and back."""

from typing import Any

from services.directory.domain.hsds.ids import identified
from services.directory.domain.hsds.taxonomies import TERMS, attribute, told
from services.directory.domain.hsds.world import COUNTRY, World
from services.directory.domain.model import Venue

_PARTS = ("address", "postcode", "city")


def to_location(venue: Venue, owner: str, place: int, world: World, *, full: bool = True) -> dict[str, Any]:
    """Return a venue as a location; `owner` is the UUID of whose place number `place` it is.

    An HSDS address must be whole. Where the venue's is not, what it says is told by attributes, exactly.
    """
    number = identified("location", owner, place)
    made: dict[str, Any] = {"id": number, "location_type": "physical"}
    given = {"name": venue.name, "description": venue.note, "latitude": venue.latitude, "longitude": venue.longitude}
    made.update({key: value for key, value in given.items() if value is not None})
    if not full:
        return made
    address = _address(venue, number, world)
    if address is not None:
        made["addresses"] = [address]
    if venue.accessibility:
        made["accessibility"] = [_accessible(number, code) for code in sorted(venue.accessibility)]
    if address is None or venue.city is None:
        exact = [(name, getattr(venue, name)) for name in _PARTS]
        attributes = [attribute(number, "location", f"fact:venue.{name}", said) for name, said in exact if said]
        made.update({"attributes": attributes} if attributes else {})
    return made


def from_location(location: dict[str, Any]) -> dict[str, Any]:
    """Return what a location of ours says, as a venue's document."""
    said = {
        "name": location.get("name"),
        "note": location.get("description"),
        "latitude": location.get("latitude"),
        "longitude": location.get("longitude"),
        "accessibility": [
            code for each in location.get("accessibility", ()) for _, code, _ in told(each.get("attributes"))
        ],
    }
    exact = {code.partition(".")[2]: value for _, code, value in told(location.get("attributes"))}
    if not exact:
        for address in location.get("addresses", [])[:1]:
            exact = {"address": address["address_1"], "postcode": address["postal_code"], "city": address["city"]}
    return {key: value for key, value in {**said, **exact}.items() if value not in (None, [])}


def _address(venue: Venue, number: str, world: World) -> dict[str, Any] | None:
    known = None if venue.postcode is None else world.catalogue.postcodes.get(venue.postcode)
    city = venue.city or (None if known is None else known.name)
    if venue.address is None or venue.postcode is None or city is None:
        return None
    return {
        "id": identified("address", number),
        "location_id": number,
        "address_1": venue.address,
        "city": city,
        "state_province": world.region_name(None if known is None else known.municipality),
        "postal_code": venue.postcode,
        "country": COUNTRY,
        "address_type": "physical",
    }


def _accessible(location: str, code: str) -> dict[str, Any]:
    number = identified("accessibility", location, code)
    key = f"accessibility:{code}"
    return {
        "id": number,
        "location_id": location,
        "description": TERMS[key].name,
        "attributes": [attribute(number, "accessibility", key, code)],
    }
