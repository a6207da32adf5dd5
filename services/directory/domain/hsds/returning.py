"""An HSDS service of ours back into the offer it was made from: nothing is lost."""

from collections.abc import Mapping
from typing import Any

from services.directory.domain.document import from_document
from services.directory.domain.hsds.facts import FACTS, Document, Kind, restate
from services.directory.domain.hsds.locations import from_location
from services.directory.domain.hsds.services import BYDAY, MUNICIPALITY, NATION, REGION
from services.directory.domain.hsds.taxonomies import FACT, told
from services.directory.domain.model import Offer

# Where a list of codes stands in an offer's document, and the two codes of which there is one only.
LISTS: Mapping[str, tuple[str, ...]] = {
    "theme": ("themes",),
    "audience": ("target", "audience"),
    "access": ("access",),
    "referrer": ("referrers",),
    "form": ("form",),
    "legal_basis": ("legal_basis",),
}
ALONE = frozenset({"prevention_level", "other_municipalities"})
DAYS: Mapping[str, str] = {short: str(day) for day, short in BYDAY.items()}


def is_ours(service: Mapping[str, Any]) -> bool:
    """Say whether a service was made from an offer: it names the offer's id and its unit."""
    facts = {code for taxonomy, code, _ in told(service.get("attributes")) if taxonomy == FACT}
    return {"id", "unit", "as_of"} <= facts


def from_service(service: Mapping[str, Any]) -> Offer:
    """Return the offer a service of ours was made from.

    Raises:
        ValueError, KeyError, TypeError: it was changed so that it no longer is one.
    """
    return from_document(to_offer_document(service))


def to_offer_document(service: Mapping[str, Any]) -> Document:
    """Return the document of the offer a service of ours was made from, unchecked.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: it was changed so that it no longer is one.
    """
    made: Document = {"name": service["name"], "summary": service["description"]}
    _contact(made, service)
    _attributes(made, service)
    for key, held in (
        ("languages", [each["code"] for each in service.get("languages", ())]),
        ("venues", [from_location(each["location"]) for each in service.get("service_at_locations", ())]),
        ("price", service.get("fees_description")),
        ("price_kr", next((each["amount"] for each in service.get("cost_options", ())), None)),
    ):
        if held not in (None, []):
            made[key] = held
    for each in service.get("service_areas", ()):
        _area(made, each["uri"])
    for each in service.get("schedules", ()):
        _schedule(made, each)
    return made


def _contact(made: Document, service: Mapping[str, Any]) -> None:
    said = {
        "function": next((each["title"] for each in service.get("contacts", ())), None),
        "phone": next((each["number"] for each in service.get("phones", ())), None),
        "email": service.get("email"),
        "url": service.get("url"),
    }
    held = {key: value for key, value in said.items() if value is not None}
    if held:
        made["contact"] = held


def _attributes(made: Document, service: Mapping[str, Any]) -> None:
    for taxonomy, code, value in told(service.get("attributes")):
        if taxonomy == FACT and FACTS[code].kind is not Kind.OTHER:
            restate(made, code, value)
        elif taxonomy in ALONE:
            made[taxonomy] = code
        elif taxonomy in LISTS:
            *group, name = LISTS[taxonomy]
            within = made.setdefault(group[0], {}) if group else made
            within.setdefault(name, []).append(code)


def _area(made: Document, uri: str) -> None:
    if uri == NATION:
        made["nationwide"] = True
    elif uri.startswith(MUNICIPALITY):
        made.setdefault("municipalities", []).append(uri.removeprefix(MUNICIPALITY))
    elif uri.startswith(REGION):
        made.setdefault("regions", []).append(uri.removeprefix(REGION))
    else:
        raise ValueError


def _schedule(made: Document, schedule: Mapping[str, Any]) -> None:
    facts = {code.partition(".")[2]: value for kind, code, value in told(schedule.get("attributes")) if kind == FACT}
    if "said_on" in facts:
        run: Document = {"label": schedule["description"], "said_on": facts.pop("said_on")}
        run |= {ours: schedule[key] for key, ours in _RUN_DAYS if key in schedule}
        made.setdefault("runs", []).append(run | {name: int(value) for name, value in facts.items()})
        return
    dose = made.setdefault("dose", {})
    if "byday" in schedule:
        dose["days"] = [DAYS[day] for day in schedule["byday"].split(",")]
    dose.update({ours: schedule[key] for key, ours in _DOSE if key in schedule})


_RUN_DAYS = (("valid_from", "starts_on"), ("valid_to", "ends_on"))
_DOSE = (("opens_at", "starts_at"), ("closes_at", "ends_at"), ("description", "schedule"))
