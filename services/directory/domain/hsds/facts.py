"""What an offer says that HSDS 3.0 has no exact field for: each such fact is an attribute with a value.

A fact's code is where it stands in the offer's document (`target.child_age_months_from`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Document = dict[str, Any]


class Kind(StrEnum):
    """How a fact's value is written: text as it is, a whole number in digits, a flag as `true` or `false`."""

    TEXT = "text"
    WHOLE = "whole"
    FLAG = "flag"
    TEXTS = "texts"
    WHOLES = "wholes"
    SOURCES = "sources"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact: how its value is written, and its Danish name."""

    kind: Kind
    name: str


GROUPS: Mapping[str, str] = {
    "target": "målgruppe",
    "dose": "omfang",
    "contact": "kontakt",
    "run": "hold",
    "venue": "sted",
    "party": "enhed eller organisation",
}
FACTS: Mapping[str, Fact] = {
    "id": Fact(Kind.TEXT, "tilbuddets id hos Familiebro"),
    "unit": Fact(Kind.TEXT, "enheden, som giver tilbuddet"),
    "aliases": Fact(Kind.TEXTS, "andet navn"),
    "partners": Fact(Kind.TEXTS, "samarbejdspartner"),
    "methods": Fact(Kind.TEXTS, "metode"),
    "interpreter": Fact(Kind.FLAG, "tolk kan bestilles"),
    "led_by": Fact(Kind.TEXT, "ledes af"),
    "other_municipalities_terms": Fact(Kind.TEXT, "vilkår for familier fra andre kommuner"),
    "as_of": Fact(Kind.TEXT, "den dag, kilden beskriver"),
    "funding_until": Fact(Kind.TEXT, "finansieret til og med"),
    "valid_from": Fact(Kind.TEXT, "findes fra"),
    "valid_to": Fact(Kind.TEXT, "findes ikke længere fra"),
    "example": Fact(Kind.FLAG, "opdigtet eksempel"),
    "source": Fact(Kind.SOURCES, "kilde"),
    "target.pregnancy_week_from": Fact(Kind.WHOLE, "graviditet fra uge"),
    "target.pregnancy_week_to": Fact(Kind.WHOLE, "graviditet til uge"),
    "target.child_age_months_from": Fact(Kind.WHOLE, "barnets alder fra, måneder"),
    "target.child_age_months_to": Fact(Kind.WHOLE, "barnets alder til, måneder"),
    "target.parent_age_from": Fact(Kind.WHOLE, "forælderens alder fra, år"),
    "target.parent_age_to": Fact(Kind.WHOLE, "forælderens alder til, år"),
    "target.due_from": Fact(Kind.TEXT, "termin fra"),
    "target.due_to": Fact(Kind.TEXT, "termin til"),
    "target.pregnancy_care_levels": Fact(Kind.WHOLES, "niveau i svangreomsorgen"),
    "target.first_time_parents": Fact(Kind.FLAG, "for førstegangsforældre"),
    "target.criteria": Fact(Kind.TEXTS, "kriterium"),
    "dose.sessions_from": Fact(Kind.WHOLE, "antal gange, fra"),
    "dose.sessions_to": Fact(Kind.WHOLE, "antal gange, til"),
    "dose.minutes_per_session_from": Fact(Kind.WHOLE, "minutter pr. gang, fra"),
    "dose.minutes_per_session_to": Fact(Kind.WHOLE, "minutter pr. gang, til"),
    "dose.hours_per_week_from": Fact(Kind.WHOLE, "timer om ugen, fra"),
    "dose.hours_per_week_to": Fact(Kind.WHOLE, "timer om ugen, til"),
    "dose.weeks": Fact(Kind.WHOLE, "uger i alt"),
    "dose.group_size_from": Fact(Kind.WHOLE, "deltagere, fra"),
    "dose.group_size_to": Fact(Kind.WHOLE, "deltagere, til"),
    "dose.childcare": Fact(Kind.FLAG, "børnepasning"),
    "dose.meal": Fact(Kind.FLAG, "mad"),
    "dose.transport": Fact(Kind.FLAG, "transport"),
    "contact.url": Fact(Kind.TEXT, "hjemmesidens adresse, som den er skrevet"),
    "run.said_on": Fact(Kind.OTHER, "oplyst den"),
    "run.places": Fact(Kind.OTHER, "pladser"),
    "run.free": Fact(Kind.OTHER, "ledige pladser"),
    "run.waiting": Fact(Kind.OTHER, "på venteliste"),
    "run.wait_weeks": Fact(Kind.OTHER, "uger til en plads"),
    "venue.address": Fact(Kind.OTHER, "adresse"),
    "venue.postcode": Fact(Kind.OTHER, "postnummer"),
    "venue.city": Fact(Kind.OTHER, "by"),
    "party.id": Fact(Kind.OTHER, "id hos Familiebro"),
    "party.for_ages": Fact(Kind.OTHER, "for aldersgruppen, år"),
    "party.multidisciplinary": Fact(Kind.OTHER, "flere faggrupper under samme tag"),
    "party.task_agreement": Fact(Kind.OTHER, "løser en myndighedsopgave efter aftale"),
    "party.valid_from": Fact(Kind.OTHER, "findes fra"),
    "party.valid_to": Fact(Kind.OTHER, "findes ikke længere fra"),
}
_MANY = frozenset({Kind.TEXTS, Kind.WHOLES, Kind.SOURCES})
_WHOLE = frozenset({Kind.WHOLE, Kind.WHOLES})


def stated(document: Document) -> Iterator[tuple[str, str]]:
    """Yield the facts an offer's document states, code and value, in the order of the table."""
    for code, fact in FACTS.items():
        value = _at(document, code) if fact.kind is not Kind.OTHER else None
        if value is None:
            continue
        for each in value if fact.kind in _MANY else (value,):
            yield code, _written(fact.kind, each)


def restate(document: Document, code: str, value: str) -> None:
    """Put a fact back where it stands in the document.

    Raises:
        ValueError: the value is not of the fact's kind.
    """
    fact = FACTS[code]
    group, _, name = code.rpartition(".")
    within = document.setdefault(group, {}) if group else document
    if fact.kind in _MANY:
        within.setdefault(name, []).append(_read(fact.kind, value))
    else:
        within[name] = _read(fact.kind, value)


def _at(document: Document, code: str) -> Any:  # noqa: ANN401 - any value of a document
    group, _, name = code.rpartition(".")
    return (document.get(group, {}) if group else document).get(name)


def _written(kind: Kind, value: Any) -> str:  # noqa: ANN401 - any value of a document
    if kind is Kind.FLAG:
        return "true" if value else "false"
    if kind is Kind.SOURCES:
        return f"{value['seed']}:{value['lines']}" + (f" {value['says']}" if "says" in value else "")
    return str(value)


def _read(kind: Kind, value: str) -> Any:  # noqa: ANN401 - any value of a document
    if kind in _WHOLE:
        return int(value)
    if kind is Kind.FLAG:
        if value not in {"true", "false"}:
            raise ValueError
        return value == "true"
    if kind is Kind.SOURCES:
        place, _, says = value.partition(" ")
        seed, _, lines = place.partition(":")
        return {"seed": seed, "lines": lines} | ({"says": says} if says else {})
    return value
