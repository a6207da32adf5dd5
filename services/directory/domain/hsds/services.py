"""An offer as an HSDS service, and at a place as a service at a location. `returning.py` is the way back."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from services.directory.domain.codes import Weekday
from services.directory.domain.document import to_document
from services.directory.domain.hsds import names, prose
from services.directory.domain.hsds.facts import stated
from services.directory.domain.hsds.ids import identified, place_id, service_id, unit_id
from services.directory.domain.hsds.links import as_uri
from services.directory.domain.hsds.locations import to_location
from services.directory.domain.hsds.organizations import to_contact, to_organization, to_phones
from services.directory.domain.hsds.taxonomies import TERMS, attribute, coded
from services.directory.domain.hsds.world import COUNTRY_NAME, World
from services.directory.domain.model import Offer, Run

NATION = "urn:iso:std:iso:3166:DK"
MUNICIPALITY, REGION = "urn:familiebro:municipality:", "urn:familiebro:region:"
ZONE = "Dansk tid (Europe/Copenhagen)."
BYDAY = {day: day[:2].upper() for day in Weekday}
MONTHS = 12


@dataclass(frozen=True, slots=True)
class Meta:
    """What is known of an offer besides itself: when it was last changed, and when its owner last confirmed it."""

    modified_at: datetime
    confirmed_on: date | None = None


def to_service(offer: Offer, world: World, meta: Meta, *, full: bool = True, nested: bool = True) -> dict[str, Any]:
    """Return an offer as a service, as it is on the world's day.

    `full=False` gives what is one to one only; `nested=False` leaves out its places, for a service that is itself
    told of at one. Together with `returning.from_service` nothing is lost.
    """
    made = _plain(offer, world, meta)
    if not full:
        return made | {"organization": to_organization(world.catalogue.units[offer.unit], world, full=False)}
    number: str = made["id"]
    many: dict[str, Any] = {
        "phones": to_phones(offer.contact, number, "service"),
        "schedules": _schedules(offer, number),
        "service_areas": _areas(offer, number, world),
        "service_at_locations": _places(offer, number, world) if nested else [],
        "languages": [_language(number, code) for code in sorted(offer.languages)],
        "organization": to_organization(world.catalogue.units[offer.unit], world),
        "funding": _funding(offer, number),
        "cost_options": _costs(offer, number),
        "contacts": to_contact(offer.contact, number, "service"),
        "attributes": _attributes(offer, number),
    }
    return made | {name: value for name, value in many.items() if value}


def to_service_at_location(offer: Offer, place: int, world: World, meta: Meta, *, full: bool = True) -> dict[str, Any]:
    """Return an offer at its venue number `place`, with the service and the location."""
    made = _at_location(offer, service_id(offer.id), place, world, full=full)
    return made | {"service": to_service(offer, world, meta, full=full, nested=False)}


def minimal(offer: str, name: str, modified_at: datetime) -> dict[str, Any]:
    """Return the least that is a valid service, for those who keep a copy; it is one that is shown."""
    return {"id": service_id(offer), "name": name, "status": "active", "last_modified": modified_at.isoformat()}


def _plain(offer: Offer, world: World, meta: Meta) -> dict[str, Any]:
    target, contact = offer.target, offer.contact
    low, high = target.child_age_months_from, target.child_age_months_to
    unit = world.catalogue.units[offer.unit]
    given = {
        "id": service_id(offer.id),
        "organization_id": unit_id(offer.unit),
        "name": offer.name,
        "alternate_name": "; ".join(offer.aliases) or None,
        "description": offer.summary,
        "url": None if contact.url is None else as_uri(contact.url),
        "email": contact.email,
        "status": "active" if _in_force(offer, world.day) else "inactive",
        "interpretation_services": _interpreter(offer.interpreter),
        "application_process": prose.application(offer),
        "fees_description": offer.price,
        "wait_time": prose.wait(offer.runs),
        "eligibility_description": prose.eligibility(target),
        "minimum_age": target.parent_age_from if low is None and high is None else _years(low),
        "maximum_age": target.parent_age_to if low is None and high is None else _years(high),
        "assured_date": None if meta.confirmed_on is None else meta.confirmed_on.isoformat(),
        "assurer_email": None if meta.confirmed_on is None else unit.contact.email,
        "alert": "Et opdigtet eksempel, ikke et tilbud man kan henvise til." if offer.example else None,
        "last_modified": meta.modified_at.isoformat(),
    }
    return {key: value for key, value in given.items() if value is not None}


def _in_force(offer: Offer, day: date) -> bool:
    return (offer.valid_from is None or offer.valid_from <= day) and (offer.valid_to is None or day < offer.valid_to)


def _interpreter(held: bool | None) -> str | None:  # noqa: FBT001 - three-valued
    if held is None:
        return None
    return "Tolk kan bestilles." if held else "Der er ikke tolk."


def _years(months: int | None) -> float | None:
    """Return months as years; the exact months are an attribute."""
    return None if months is None else round(months / MONTHS, 2)


def _attributes(offer: Offer, number: str) -> list[dict[str, Any]]:
    document = to_document(offer)
    target = document.get("target", {})
    made = [
        *coded(number, "service", "theme", document.get("themes", [])),
        *coded(number, "service", "audience", target.get("audience", [])),
        *coded(number, "service", "access", document.get("access", [])),
        *coded(number, "service", "referrer", document.get("referrers", [])),
        *coded(number, "service", "form", document.get("form", [])),
        *coded(number, "service", "legal_basis", document.get("legal_basis", [])),
    ]
    for alone in ("prevention_level", "other_municipalities"):
        made += coded(number, "service", alone, [document[alone]] if alone in document else [])
    if offer.contact.url is not None and as_uri(offer.contact.url) == offer.contact.url:
        document["contact"].pop("url")
    facts = enumerate(stated(document))
    return made + [attribute(number, "service", f"fact:{code}", value, place) for place, (code, value) in facts]


def _schedules(offer: Offer, number: str) -> list[dict[str, Any]]:
    return _weekly(offer, number) + [_run(run, number, place) for place, run in enumerate(offer.runs)]


def _weekly(offer: Offer, number: str) -> list[dict[str, Any]]:
    dose, own = offer.dose, identified("schedule", number)
    days = [day for day in Weekday if day in dose.days]
    given = {
        "freq": "WEEKLY" if days else None,
        "byday": ",".join(BYDAY[day] for day in days) or None,
        "opens_at": dose.starts_at,
        "closes_at": dose.ends_at,
        "description": dose.schedule,
        "attributes": coded(own, "schedule", "weekday", list(days)),
    }
    held = {key: value for key, value in given.items() if value}
    return [{"id": own, "service_id": number, **held, "notes": ZONE}] if held else []


def _run(run: Run, number: str, place: int) -> dict[str, Any]:
    own = identified("run", number, place)
    facts = {
        "said_on": run.said_on,
        "places": run.places,
        "free": run.free,
        "waiting": run.waiting,
        "wait_weeks": run.wait_weeks,
    }
    made: dict[str, Any] = {"id": own, "service_id": number, "description": run.label, "notes": prose.places(run)}
    for key, day in (("valid_from", run.starts_on), ("valid_to", run.ends_on)):
        made.update({} if day is None else {key: day.isoformat()})
    held = [(name, str(value)) for name, value in facts.items() if value is not None]
    return made | {"attributes": [attribute(own, "schedule", f"fact:run.{name}", value) for name, value in held]}


def _areas(offer: Offer, number: str, world: World) -> list[dict[str, Any]]:
    areas = [(world.catalogue.municipalities[code].name, "municipality", MUNICIPALITY + code) for code in
             sorted(offer.municipalities)]  # fmt: skip
    areas += [(world.catalogue.regions[code].name, "region", REGION + code) for code in sorted(offer.regions)]
    areas += [(COUNTRY_NAME, "nation", NATION)] if offer.nationwide else []
    return [
        {"id": identified("area", number, uri), "service_id": number, "name": name, "extent_type": kind, "uri": uri}
        for name, kind, uri in areas
    ]


def _places(offer: Offer, number: str, world: World) -> list[dict[str, Any]]:
    return [_at_location(offer, number, place, world) for place in range(len(offer.venues))]


def _at_location(offer: Offer, number: str, place: int, world: World, *, full: bool = True) -> dict[str, Any]:
    location = to_location(offer.venues[place], number, place, world, full=full)
    return {
        "id": place_id(offer.id, place),
        "service_id": number,
        "location_id": location["id"],
        "location": location,
    }


def _language(number: str, code: str) -> dict[str, Any]:
    key, own = f"language:{code}", identified("language", number, code)
    return {
        "id": own,
        "service_id": number,
        "name": TERMS[key].name,
        "code": code,
        "attributes": [attribute(own, "language", key, code)],
    }


def _funding(offer: Offer, number: str) -> list[dict[str, Any]]:
    if offer.funding_until is None:
        return []
    said = f"Finansieret til og med {names.day(offer.funding_until)}."
    return [{"id": identified("funding", number), "service_id": number, "source": said}]


def _costs(offer: Offer, number: str) -> list[dict[str, Any]]:
    if offer.price_kr is None:
        return []
    made = {"id": identified("cost", number), "service_id": number, "currency": "DKK", "amount": offer.price_kr}
    return [made | ({} if offer.price is None else {"amount_description": offer.price})]
