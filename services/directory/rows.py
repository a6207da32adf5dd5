"""The rows the database should hold, made from the catalogue the files are."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

import asyncpg
import orjson

from services.directory.domain.codes import THEME_DANISH
from services.directory.domain.danish import fold, sort_name
from services.directory.domain.matching import Span, reach
from services.directory.domain.model import Catalogue, Offer, Organisation, OrganisationId, Source, Unit, UnitId
from services.directory.domain.places import memberships

Row = dict[str, Any]
KEYS: Mapping[str, tuple[str, ...]] = {
    "region": ("code",),
    "municipality": ("code",),
    "membership": ("area", "region"),
    "organisation": ("id",),
    "unit": ("id",),
    "offer": ("id",),
}


def rows(catalogue: Catalogue) -> dict[str, list[Row]]:
    """Return every table's rows, in an order in which references are met."""
    return {
        "region": [asdict(each) | {"sort_name": sort_name(each.name)} for each in catalogue.regions.values()],
        "municipality": [
            _without(asdict(each), "region") | {"sort_name": sort_name(each.name)}
            for each in catalogue.municipalities.values()
        ],
        "membership": [asdict(each) for each in memberships(catalogue.regions, catalogue.municipalities)],
        "organisation": [_organisation(each) for each in catalogue.organisations.values()],
        "unit": [_unit(each) for each in catalogue.units.values()],
        "offer": [_offer(each, catalogue) for each in catalogue.offers.values()],
    }


def _organisation(one: Organisation) -> Row:
    shown = asdict(one)
    return {"id": one.id, "name": one.name, "sort_name": sort_name(one.name), "shown": _json(shown)}


def _unit(one: Unit) -> Row:
    row = asdict(one) | {"sort_name": sort_name(one.name)}
    return row | {"aliases": list(one.aliases), "source": _json(_sources(one.source))}


def _offer(one: Offer, catalogue: Catalogue) -> Row:
    at = reach(one)
    unit = catalogue.units[one.unit]
    heading = [one.name, *one.aliases]
    keywords = [*(THEME_DANISH[theme] for theme in sorted(one.themes)), *one.methods, unit.name, *unit.aliases]
    body = [one.summary, *one.target.criteria]
    return {
        "id": one.id,
        "unit": one.unit,
        "organisation": unit.organisation,
        "sort_name": sort_name(one.name),
        "example": one.example,
        "valid_from": one.valid_from,
        "valid_to": one.valid_to,
        "given_in": sorted(at.given_in),
        "perhaps_in": sorted(at.perhaps_in),
        "weeks": _range(at.weeks),
        "months": _range(at.months),
        "ages": _range(at.ages),
        "audience": sorted(at.audience),
        "themes": sorted(at.themes),
        "referrers": sorted(at.referrers),
        "perhaps_referrers": sorted(at.perhaps_referrers),
        "access": sorted(at.access),
        "form": sorted(at.form),
        "prevention_level": at.prevention_level,
        "heading": _both(heading),
        "keywords": _both(keywords),
        "body": _both(body),
        "words": fold(" · ".join([*heading, *keywords])),
        "shown": _json(_shown(one, unit, catalogue)),
    }


def _shown(one: Offer, unit: Unit, catalogue: Catalogue) -> Row:
    owner = catalogue.organisations[unit.organisation]
    return {
        "id": one.id,
        "name": one.name,
        "aliases": one.aliases,
        "summary": one.summary,
        "unit": {"id": unit.id, "name": unit.name},
        "organisation": {"id": owner.id, "name": owner.name},
        "partners": [{"id": each, "name": _name_of(each, catalogue)} for each in one.partners],
        "municipalities": sorted(one.municipalities),
        "regions": sorted(one.regions),
        "nationwide": one.nationwide,
        "themes": sorted(one.themes),
        "target": asdict(one.target) | {"audience": sorted(one.target.audience)},
        "access": sorted(one.access),
        "referrers": sorted(one.referrers),
        "form": sorted(one.form),
        "methods": one.methods,
        "dose": asdict(one.dose),
        "legal_basis": sorted(one.legal_basis),
        "prevention_level": one.prevention_level,
        "price": one.price,
        "as_of": one.as_of,
        "funding_until": one.funding_until,
        "valid_from": one.valid_from,
        "valid_to": one.valid_to,
        "example": one.example,
        "source": _sources(one.source),
    }


def _name_of(partner: str, catalogue: Catalogue) -> str:
    """Return a partner's name: a unit's, or an organisation's where there is no such unit."""
    unit = catalogue.units.get(UnitId(partner))
    return catalogue.organisations[OrganisationId(partner)].name if unit is None else unit.name


def _both(texts: Iterable[str]) -> str:
    """Return the texts as written, then with plain letters only, where that differs."""
    written = " · ".join(texts)
    plain = fold(written)
    return written if plain == written.lower() else f"{written} · {plain}"


def _range(span: Span | None) -> "asyncpg.Range[int] | None":
    if span is None:
        return None
    return asyncpg.Range(empty=True) if span.low == span.high else asyncpg.Range(span.low, span.high)


def _sources(sources: Iterable[Source]) -> list[Row]:
    return [asdict(each) for each in sources]


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


def _without(row: Row, key: str) -> Row:
    return {name: value for name, value in row.items() if name != key}
