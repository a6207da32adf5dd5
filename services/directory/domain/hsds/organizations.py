"""Organisations, and units below them, as HSDS organizations."""

from collections.abc import Iterable, Mapping
from typing import Any

from services.directory.domain.hsds import names
from services.directory.domain.hsds.ids import identified, organization_id, unit_id
from services.directory.domain.hsds.links import as_uri
from services.directory.domain.hsds.locations import to_location
from services.directory.domain.hsds.taxonomies import attribute, coded
from services.directory.domain.hsds.world import World
from services.directory.domain.model import Contact, Organisation, Unit, Venue

_TYPES = {
    "DK-CVR": "CVR-nummer",
    "DK-SOR": "SOR-kode",
    "DK-GLN": "GLN-nummer",
    "DK-KOMKODE": "kommunekode",
    "DK-REGIONSKODE": "regionskode",
}


def to_organization(one: Organisation | Unit, world: World, *, full: bool = True) -> dict[str, Any]:
    """Return an organisation, or a unit as an organization whose parent it is; services are left to the caller.

    `full=False` gives what is one to one only. HSDS wants a description: it says what kind it is.
    """
    if isinstance(one, Organisation):
        return _organisation(one, full=full)
    return _unit(one, world, full=full)


def to_contact(contact: Contact, owner: str, entity: str) -> list[dict[str, Any]]:
    """Return whom to ask as an HSDS contact, a function and never a person; nobody where no function is named."""
    if contact.function is None:
        return []
    made: dict[str, Any] = {
        "id": identified("contact", owner),
        f"{entity}_id": owner,
        "title": contact.function,
    }
    if contact.email is not None:
        made["email"] = contact.email
    return [made]


def to_phones(contact: Contact, owner: str, entity: str) -> list[dict[str, Any]]:
    """Return the telephone number of whom to ask."""
    if contact.phone is None:
        return []
    return [{"id": identified("phone", owner), f"{entity}_id": owner, "number": contact.phone, "type": "voice"}]


def _organisation(one: Organisation, *, full: bool) -> dict[str, Any]:
    number = organization_id(one.id)
    kind = names.ORGANISATION_KIND[one.kind]
    made: dict[str, Any] = {"id": number, "name": one.name, "description": f"{kind[0].upper()}{kind[1:]}."}
    if not full:
        return made
    identifiers = [("DK-CVR", one.cvr), ("DK-KOMKODE", one.municipality), ("DK-REGIONSKODE", one.region)]
    facts = {"id": one.id, "valid_from": one.valid_from, "valid_to": one.valid_to}
    attributes = [*coded(number, "organization", "organisation_kind", [one.kind]), *_facts(number, facts)]
    return made | _many(organization_identifiers=_identifiers(number, identifiers), attributes=attributes)


def _unit(one: Unit, world: World, *, full: bool) -> dict[str, Any]:
    number, owner = unit_id(one.id), world.owner(one)
    kind = names.UNIT_KIND[one.kind]
    url = None if one.contact.url is None else as_uri(one.contact.url)
    given = {
        "id": number,
        "name": one.name,
        "alternate_name": "; ".join(one.aliases) or None,
        "description": f"{kind[0].upper()}{kind[1:]}. Hører til {owner.name}.",
        "email": one.contact.email,
        "website": url,
        "parent_organization_id": organization_id(owner.id),
    }
    made = {key: value for key, value in given.items() if value is not None}
    if not full:
        return made
    attributes = [
        *coded(number, "organization", "unit_kind", [one.kind]),
        *coded(number, "organization", "sector", [one.sector]),
        *coded(number, "organization", "profession", sorted(one.professions)),
        *_facts(
            number,
            {
                "id": one.id,
                "for_ages": one.for_ages,
                "multidisciplinary": one.multidisciplinary,
                "task_agreement": one.task_agreement,
                "valid_from": one.valid_from,
                "valid_to": one.valid_to,
            },
        ),
    ]
    identifiers = [("DK-CVR", one.cvr), ("DK-SOR", one.sor), ("DK-GLN", one.gln), ("DK-KOMKODE", one.municipality)]
    return made | _many(
        contacts=to_contact(one.contact, number, "organization"),
        phones=to_phones(one.contact, number, "organization"),
        locations=[] if one.venue == Venue() else [to_location(one.venue, number, 0, world)],
        organization_identifiers=_identifiers(number, identifiers),
        attributes=attributes,
    )


def _many(**lists: list[dict[str, Any]]) -> dict[str, Any]:
    return {name: held for name, held in lists.items() if held}


def _identifiers(owner: str, told: Iterable[tuple[str, str | None]]) -> list[dict[str, Any]]:
    return [
        {
            "id": identified("identifier", owner, scheme),
            "organization_id": owner,
            "identifier_scheme": scheme,
            "identifier_type": _TYPES[scheme],
            "identifier": value,
        }
        for scheme, value in told
        if value is not None
    ]


def _facts(owner: str, facts: Mapping[str, object]) -> list[dict[str, Any]]:
    return [
        attribute(
            owner,
            "organization",
            f"fact:party.{name}",
            str(value).lower() if value is True or value is False else str(value),
        )
        for name, value in facts.items()
        if value is not None
    ]
