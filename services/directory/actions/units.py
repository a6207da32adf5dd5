"""Units, organisations and places as they are on a day: whose a unit is, where it lies, what the law makes of it."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

import orjson

from services.directory.domain.codes import UnitKind
from services.directory.domain.document import record
from services.directory.domain.model import Catalogue, Organisation, Unit, UnitId
from services.directory.domain.parties import party_11e
from services.directory.domain.places import region_of, there_is
from services.directory.domain.routing import Rule, authorities
from services.directory.domain.succession import belonging, lawful_heirs, period
from shared.problems import NotThere

Told = dict[str, Any]


def units(catalogue: Catalogue, on: date, rules: Sequence[Rule], fields: Collection[str] | None = None) -> bytes:
    """Return every unit as JSON, with `fields` or all there are, as on a day; closed ones too, with their last day."""
    heirs = lawful_heirs(catalogue.organisations, catalogue.regions)
    deciding = authorities(rules, catalogue, on)
    told = [_unit(one, catalogue, heirs, on, deciding) for one in catalogue.units.values()]
    if fields is not None:
        told = [{key: value for key, value in each.items() if key in fields} for each in told]
    return orjson.dumps({"units": told})


def unit(catalogue: Catalogue, number: str, on: date, rules: Sequence[Rule]) -> bytes:
    """Return a unit's JSON.

    Raises:
        NotThere: there is none.
    """
    one = catalogue.units.get(UnitId(number))
    if one is None:
        raise NotThere
    heirs = lawful_heirs(catalogue.organisations, catalogue.regions)
    return orjson.dumps(_unit(one, catalogue, heirs, on, authorities(rules, catalogue, on)))


def organisations(catalogue: Catalogue) -> bytes:
    """Return every organisation as JSON, ended ones too."""
    return orjson.dumps({"organisations": [_organisation(one) for one in catalogue.organisations.values()]})


def municipalities(catalogue: Catalogue, on: date) -> bytes:
    """Return the municipalities there are on that day as JSON, each with its region (R46, R47)."""
    told = []
    for place in catalogue.municipalities.values():
        region = region_of(catalogue, place.code, on)
        if there_is(place, on) and region is not None:
            told.append({
                "code": place.code, "name": place.name, "region": {"code": region.code, "name": region.name},
                "latitude": place.latitude, "longitude": place.longitude,
            })  # fmt: skip
    return orjson.dumps({"municipalities": told})


def regions(catalogue: Catalogue, on: date) -> bytes:
    """Return the regions there are on that day as JSON."""
    return orjson.dumps({
        "regions": [
            {"code": one.code, "name": one.name, "valid_from": one.valid_from, "valid_to": one.valid_to,
             "successor": one.successor}
            for one in catalogue.regions.values() if there_is(one, on)
        ]
    })  # fmt: skip


def _unit(
    one: Unit,
    catalogue: Catalogue,
    heirs: Any,  # noqa: ANN401 - as succession gives them
    on: date,
    deciding: Collection[UnitId],
) -> Told:
    whose = belonging(one.organisation, heirs, on)
    owner = catalogue.organisations[whose.organisation]
    place = one.municipality or one.region
    region = None if place is None else region_of(catalogue, place, on)
    lasts = period(one, catalogue.organisations, heirs)
    party = party_11e(
        one.kind, one.sector, owner.kind, task_agreement=one.task_agreement, municipality=one.municipality
    )
    was = None if whose.was is None else catalogue.organisations[whose.was]
    return {
        "id": one.id,
        "name": one.name,
        "aliases": list(one.aliases),
        "organisation": owner.id,
        "organisation_name": owner.name,
        "organisation_kind": owner.kind,
        "organisation_was": whose.was,
        "organisation_was_name": None if was is None else was.name,
        "organisation_since": whose.since,
        "kind": one.kind,
        "sector": one.sector,
        "municipality": one.municipality,
        "region": None if region is None else region.code,
        "cvr": one.cvr or owner.cvr,
        "sor": one.sor,
        "gln": one.gln,
        "valid_from": lasts.valid_from,
        "valid_to": lasts.valid_to,
        "successor": one.successor,
        "party_11e": party.verdict,
        "party_11e_reason": party.says,
        "party_11e_row": party.reason,
        "authority": one.kind is UnitKind.SOCIAL_AUTHORITY or one.id in deciding,
        "professions": sorted(one.professions),
        "for_ages": one.for_ages,
        "multidisciplinary": one.multidisciplinary,
        "contact": record(one.contact),
        "venue": record(one.venue),
        "example": one.example,
        "source": [{"seed": each.seed, "lines": each.lines, "says": each.says} for each in one.source],
    }


def _organisation(one: Organisation) -> Told:
    return {
        "id": one.id,
        "name": one.name,
        "kind": one.kind,
        "municipality": one.municipality,
        "region": one.region,
        "cvr": one.cvr,
        "valid_from": one.valid_from,
        "valid_to": one.valid_to,
        "successor": one.successor,
        "example": one.example,
        "source": [{"seed": each.seed, "lines": each.lines, "says": each.says} for each in one.source],
    }
