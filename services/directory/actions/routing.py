"""Who to turn to in a municipality, and what a wish for an offer rests on. Questions are answered and forgotten."""

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import orjson

from services.directory.domain import routing
from services.directory.domain.errors import UnknownMunicipality
from services.directory.domain.model import Basis, Catalogue, MunicipalityCode, Offer
from services.directory.domain.places import there_is
from services.directory.domain.routing import NEEDS, RoutingNeed, Rule, Stretch
from services.directory.store import versions
from shared.db import Connection

TABLE = Path(__file__).parents[1] / "data" / routing.FILE
# A child, born or not, follows the municipality of whoever has custody, not the one the offer lies in (R39).
HOME = (
    "Det er familiens egen kommune, der er myndighed: den, hvor den, der har forældremyndigheden, bor, også før barnet "
    "er født (retssikkerhedsloven §§ 9 og 9 a)."
)
Told = dict[str, Any]


def read_table() -> tuple[Rule, ...]:
    """Return the rules as the data file has them.

    Raises:
        BadData: the file is wrong.
    """
    return routing.read_rules(TABLE.read_text("utf-8"))


def answer(
    rules: Sequence[Rule], catalogue: Catalogue, municipality: str, need: RoutingNeed, step: int, on: date
) -> bytes:
    """Return as JSON the units to turn to, or a gap.

    Raises:
        UnknownMunicipality: there is none on that day.
    """
    code = _municipality(catalogue, municipality, on)
    found = routing.at_step(routing.stretches(rules, catalogue, code, need, on), step)
    return orjson.dumps(_where(catalogue, code, need) | _told(found))


def table(rules: Sequence[Rule], catalogue: Catalogue, municipality: str, on: date) -> bytes:
    """Return as JSON, for each need, who is named from the first week of pregnancy to the sixth birthday, and the gaps.

    Raises:
        UnknownMunicipality: there is none on that day.
    """
    code = _municipality(catalogue, municipality, on)
    told = []
    for need in RoutingNeed:
        found = routing.stretches(rules, catalogue, code, need, on)
        spans = [_told(each) | _span(each) for each in found]
        told.append({"need": need, "need_says": NEEDS[need], "stretches": spans})
    name = catalogue.municipalities[code].name
    return orjson.dumps({"municipality": {"code": code, "name": name}, "needs": told})


async def offers(
    connection: Connection, numbers: Iterable[str], rules: Sequence[Rule], catalogue: Catalogue, on: date
) -> bytes:
    """Return as JSON what another service must know of offers before anybody is referred to them; unknown ones not."""
    heads = await versions.heads(connection, [*numbers])
    return orjson.dumps({"offers": [_offer(each.offer, rules, catalogue, on) for each in heads.values()]})


def _offer(one: Offer, rules: Sequence[Rule], catalogue: Catalogue, on: date) -> Told:
    """Return one; where the authority assesses first, with whom to ask in each of its municipalities (R35, R69)."""
    bases = [catalogue.bases[code] for code in sorted(one.legal_basis) if code in catalogue.bases]
    first = [each for each in bases if (each.requires_screening or each.requires_decision) and _in_force(each, on)]
    unit = catalogue.units[one.unit]
    where = set(one.municipalities) or ({unit.municipality} if unit.municipality is not None else set())
    found = [
        stretch
        for code in (sorted(where) if first else ())
        for stretch in routing.stretches(rules, catalogue, code, RoutingNeed.AUTHORITY, on)
    ]
    return {
        "id": one.id,
        "name": one.name,
        "unit": one.unit,
        "municipalities": sorted(one.municipalities),
        "legal_basis": sorted(one.legal_basis),
        "ended": one.valid_to is not None and one.valid_to <= on,
        "needs_authority": [f"{each.law} § {each.paragraph}" for each in first],
        "authorities": [
            {"unit": each.unit.id, "name": each.unit.name, "says": each.why} for each in _once(found)
        ],
        "gaps": [each.gap for each in found if each.gap is not None],
    }  # fmt: skip


def _once(found: Iterable[Stretch]) -> list[routing.Named]:
    """Return the units of stretches in a row, each rule's once."""
    told: list[routing.Named] = []
    for each in (named for stretch in found for named in stretch.units):
        if (each.unit.id, each.why) not in {(other.unit.id, other.why) for other in told}:
            told.append(each)
    return told


def _in_force(basis: Basis, on: date) -> bool:
    return (basis.valid_from is None or basis.valid_from <= on) and (basis.valid_to is None or on < basis.valid_to)


def _municipality(catalogue: Catalogue, code: str, on: date) -> MunicipalityCode:
    place = catalogue.municipalities.get(MunicipalityCode(code))
    if place is None or not there_is(place, on):
        raise UnknownMunicipality
    return place.code


def _where(catalogue: Catalogue, code: MunicipalityCode, need: RoutingNeed) -> Told:
    return {
        "municipality": {"code": code, "name": catalogue.municipalities[code].name},
        "need": need,
        "note": HOME if need is RoutingNeed.AUTHORITY else None,
    }


def _told(found: Stretch) -> Told:
    return {
        "units": [
            {
                "unit": each.unit.id,
                "name": each.unit.name,
                "why": each.why,
                "valid_from": each.lasts.valid_from,
                "valid_to": each.lasts.valid_to,
                "source": [{"seed": one.seed, "lines": one.lines, "says": one.says} for one in each.source],
            }
            for each in found.units
        ],
        "gaps": [] if found.gap is None else [
            {"says": found.gap, "ask": None if found.ask is None else {"id": found.ask.id, "name": found.ask.name}}
        ],
    }  # fmt: skip


def _span(found: Stretch) -> Told:
    weeks, months = found.span.weeks, found.span.months
    return {
        "says": found.span.says(),
        "pregnancy_week_from": weeks and weeks[0],
        "pregnancy_week_to": weeks and weeks[1],
        "child_age_months_from": months and months[0],
        "child_age_months_to": months and months[1],
    }
