"""The ids HSDS wants: a UUID for everything, always the same for the same thing."""

from hashlib import sha1
from uuid import NAMESPACE_URL, UUID, uuid5

NAMESPACE = uuid5(NAMESPACE_URL, "urn:familiebro:hsds")
_PREFIX = NAMESPACE.bytes
_VERSION_AND_VARIANT, _FIVE_AND_RFC = 0xF << 76 | 0b11 << 62, 5 << 76 | 0b10 << 62


def identified(kind: str, *parts: object) -> str:
    """Return the UUID (version 5) of one of our things: its kind and our own id, and a place in a list.

    It is `uuid.uuid5` done by hand: a service has forty of them, and they were most of its cost.
    """
    digest = sha1(_PREFIX + ":".join((kind, *map(str, parts))).encode(), usedforsecurity=False).digest()
    bits = int.from_bytes(digest[:16]) & ~_VERSION_AND_VARIANT | _FIVE_AND_RFC
    told = f"{bits:032x}"
    return f"{told[:8]}-{told[8:12]}-{told[12:16]}-{told[16:20]}-{told[20:]}"


def as_uuid(told: str) -> str | None:
    """Return a UUID in its usual form, or None where it is none."""
    try:
        return str(UUID(told))
    except ValueError:
        return None


def service_id(offer: str) -> str:
    """Return the id of an offer as a service."""
    return identified("service", offer)


def organization_id(organisation: str) -> str:
    """Return the id of an organisation as an organization."""
    return identified("organization", organisation)


def unit_id(unit: str) -> str:
    """Return the id of a unit as an organization below another."""
    return identified("unit", unit)


def place_id(offer: str, place: int) -> str:
    """Return the id of an offer at its venue number `place`, counted from 0."""
    return identified("service_at_location", offer, place)
