"""What the directory answers of an offer: everything a referrer must know, with what is not said as null."""

from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from services.directory.domain.model import Basis, Catalogue, Offer, OrganisationId, UnitId
from services.directory.domain.rights import organisation_of
from services.directory.domain.versions import Confirmation, unconfirmed_since

Shown = dict[str, Any]


def shown(
    one: Offer, catalogue: Catalogue, version: int, at: datetime, confirmed: Confirmation | None, on: date
) -> Shown:
    """Return the answer's content: plain JSON values and dates; the organisation is the unit's on that day (R47)."""
    unit = catalogue.units[one.unit]
    owner = catalogue.organisations[organisation_of(one.unit, catalogue, on)]
    bases = [catalogue.bases[code] for code in sorted(one.legal_basis) if code in catalogue.bases]
    return {
        "id": one.id,
        "version": version,
        "modified_at": at,
        "name": one.name,
        "aliases": one.aliases,
        "summary": one.summary,
        "unit": {"id": unit.id, "name": unit.name},
        "organisation": {"id": owner.id, "name": owner.name},
        "partners": [{"id": each, "name": _name_of(each, catalogue)} for each in one.partners],
        "municipalities": sorted(one.municipalities),
        "regions": sorted(one.regions),
        "nationwide": one.nationwide,
        "other_municipalities": one.other_municipalities,
        "other_municipalities_terms": one.other_municipalities_terms,
        "themes": sorted(one.themes),
        "target": asdict(one.target) | {"audience": sorted(one.target.audience)},
        "access": sorted(one.access),
        "referrers": sorted(one.referrers),
        "form": sorted(one.form),
        "methods": one.methods,
        "dose": asdict(one.dose) | {"days": sorted(one.dose.days)},
        "languages": sorted(one.languages),
        "interpreter": one.interpreter,
        "led_by": one.led_by,
        "contact": _contact(one, catalogue),
        "venues": [asdict(venue) | {"accessibility": sorted(venue.accessibility)} for venue in one.venues],
        "runs": [asdict(run) for run in one.runs],
        "legal_basis": [_basis(each) for each in bases],
        "requires_decision": any(each.requires_decision or each.requires_screening for each in bases),
        "prevention_level": one.prevention_level,
        "price": one.price,
        "price_kr": one.price_kr,
        "as_of": one.as_of,
        "confirmed": None if confirmed is None else {"on": confirmed.on, "by": _named(confirmed.by, catalogue)},
        "last_said_on": unconfirmed_since(one.as_of, confirmed),
        "funding_until": one.funding_until,
        "valid_from": one.valid_from,
        "valid_to": one.valid_to,
        "example": one.example,
        "source": [asdict(each) for each in one.source],
    }


def terms(one: Offer) -> list[str]:
    """Return the offer's codes, each with its list's name: `theme:grief`."""
    told: dict[str, Any] = {
        "theme": one.themes,
        "access": one.access,
        "referrer": one.referrers,
        "form": one.form,
        "audience": one.target.audience,
        "prevention_level": () if one.prevention_level is None else (one.prevention_level,),
        "language": one.languages,
        "legal_basis": one.legal_basis,
        "weekday": one.dose.days,
        "accessibility": frozenset().union(*(venue.accessibility for venue in one.venues)),
        "other_municipalities": () if one.other_municipalities is None else (one.other_municipalities,),
    }
    return [f"{name}:{code}" for name, codes in told.items() for code in sorted(codes)]


def _contact(one: Offer, catalogue: Catalogue) -> Shown:
    """Return whom to ask: the offer's own contact, and where it says nothing the unit's."""
    own, unit = asdict(one.contact), asdict(catalogue.units[one.unit].contact)
    return {key: own[key] if own[key] is not None else unit[key] for key in own}


def _basis(one: Basis) -> Shown:
    return asdict(one) | {"requires_consent_of": list(one.requires_consent_of)}


def _named(unit: UnitId, catalogue: Catalogue) -> Shown:
    return {"id": unit, "name": _name_of(unit, catalogue)}


def _name_of(partner: str, catalogue: Catalogue) -> str:
    """Return a unit's name, or an organisation's where there is no such unit, or the id where there is neither."""
    unit = catalogue.units.get(UnitId(partner))
    if unit is not None:
        return unit.name
    organisation = catalogue.organisations.get(OrganisationId(partner))
    return partner if organisation is None else organisation.name
