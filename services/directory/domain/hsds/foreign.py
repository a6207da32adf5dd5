"""Somebody else's HSDS service as an offer's document, as well as it goes; what has no home here is named."""

import re
from datetime import date
from typing import Any, NamedTuple

from services.directory.domain.codes import Language
from services.directory.domain.danish import fold
from services.directory.domain.hsds.facts import Document
from services.directory.domain.hsds.foreign_places import areas, venues
from services.directory.domain.hsds.leaves import Leaves
from services.directory.domain.hsds.names import LANGUAGE
from services.directory.domain.hsds.returning import ALONE, DAYS, LISTS
from services.directory.domain.hsds.taxonomies import TAXONOMIES, TERMS
from services.directory.domain.model import Catalogue

_NOT_OF_AN_ID = re.compile(r"[^a-z0-9]+")
_CLOCK = re.compile(r"^(\d\d:\d\d)(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?$")
_PHONE = re.compile(r"^(?:\+45|0045)?(\d{8})$")
_MOST_SIGNS = 2000
_LONGEST_ID = 90
_ADULT, _OLDEST = 18, 99
_KRONER = frozenset({"DKK", "KR", "KR."})
# Codes of three letters (ISO 639-2) that are not simply one of ours, and names in English.
_LANGUAGES = {
    "amh": "am", "ara": "ar", "bos": "bs", "bul": "bg", "zho": "zh", "chi": "zh", "dan": "da", "eng": "en",
    "fao": "fo", "fra": "fr", "fre": "fr", "deu": "de", "ger": "de", "kal": "kl", "hun": "hu", "kur": "ku",
    "lit": "lt", "pus": "ps", "fas": "fa", "per": "fa", "pol": "pl", "ron": "ro", "rum": "ro", "rus": "ru",
    "som": "so", "spa": "es", "tam": "ta", "tha": "th", "tir": "ti", "tur": "tr", "ukr": "uk", "urd": "ur",
    "vie": "vi", "danish sign language": "dsl", "farsi": "fa", "ukrainian": "uk", "german": "de", "greenlandic": "kl",
}  # fmt: skip
_LANGUAGE_NAMES = (
    {str(each): str(each) for each in Language}
    | {fold(name): str(code) for code, name in LANGUAGE.items()}
    | {each.name.lower(): str(each) for each in Language}
    | _LANGUAGES
)


class Note(NamedTuple):
    """What the sender should know of one field: it found no home here, or was read in a way that may be wrong."""

    field: str
    said: str


def from_foreign(service: dict[str, Any], catalogue: Catalogue) -> tuple[Document, list[Note]]:
    """Return what could be read of a service, as an offer's document, and what should be known of the rest.

    Nothing is guessed that the document does not say; whoever imports it checks it as any other offer.
    """
    leaves, notes = Leaves(service), list[Note]()
    made = _plain(leaves, notes)
    made |= areas(leaves, catalogue)
    made |= _unit(leaves, catalogue)
    made |= _costs(leaves, notes)
    for key, held in (
        ("target", _target(leaves, notes)),
        ("dose", _dose(leaves)),
        ("contact", _contact(leaves)),
        ("venues", venues(leaves)),
        ("languages", _languages(leaves)),
    ):
        if held:
            made[key] = held
    _terms(leaves, made)
    notes += [
        Note(name, f"Har ingen plads hos os og er ikke taget med ({number} {'sted' if number == 1 else 'steder'}).")
        for name, number in leaves.left()
    ]
    return made, notes


def _plain(leaves: Leaves, notes: list[Note]) -> Document:
    name, summary, number = leaves.text("name"), leaves.text("description"), leaves.text("id")
    if summary is None and name is not None:
        summary = name
        notes.append(Note("description", "Mangler; navnet står i stedet."))
    if summary is not None and len(summary) > _MOST_SIGNS:
        summary = summary[:_MOST_SIGNS].rstrip()
        notes.append(Note("description", f"Er forkortet til {_MOST_SIGNS} tegn."))
    status = leaves.text("status")
    if status not in {None, "active"}:
        notes.append(Note("status", "Tilbuddet er ikke aktivt dér, hvor det kommer fra. Se efter, om det findes."))
    other, said_on = leaves.text("alternate_name"), _day(leaves, "assured_date") or _day(leaves, "last_modified")
    given = {
        "id": None if number is None else _as_id(number),
        "name": name,
        "summary": summary,
        "aliases": None if other is None else [other],
        "as_of": said_on,
    }
    return {key: value for key, value in given.items() if value is not None}


def _as_id(number: str) -> str:
    return f"hsds-{_NOT_OF_AN_ID.sub('-', fold(number)).strip('-')}"[:_LONGEST_ID].rstrip("-")


def _day(leaves: Leaves, field: str) -> str | None:
    told = leaves.text(field)
    try:
        return None if told is None else date.fromisoformat(told[:10]).isoformat()
    except ValueError:
        leaves.leave(field)
        return None


def _unit(leaves: Leaves, catalogue: Catalogue) -> Document:
    """Return the unit whose name the organization bears, or the only unit of the organisation that bears it."""
    name = leaves.text("organization", "name")
    if name is not None:
        named = [each.id for each in catalogue.units.values() if fold(name) in map(fold, (each.name, *each.aliases))]
        owners = {each.id for each in catalogue.organisations.values() if fold(each.name) == fold(name)}
        found = named or [each.id for each in catalogue.units.values() if each.organisation in owners]
        if len(found) == 1:
            leaves.take("organization_id")
            return {"unit": found[0]}
        leaves.leave("organization", "name")
    return {}


def _target(leaves: Leaves, notes: list[Note]) -> Document:
    made: Document = {}
    low, high = _number(leaves, "minimum_age"), _number(leaves, "maximum_age")
    of_child = (low or 0) < _ADULT and (high is None or high <= _ADULT)
    if low is not None or high is not None:
        whose = "barnets" if of_child else "forælderens"
        notes.append(Note("minimum_age", f"Alderen er læst som {whose} alder. Ret det, hvis det er forkert."))
    if of_child:
        # Who is at most five is so until the day before the sixth birthday.
        last = None if high is None else round(high * 12) + (11 if high == int(high) else 0)
        span = {"child_age_months_from": None if low is None else round(low * 12), "child_age_months_to": last}
    else:
        span = {"parent_age_from": _whole(low), "parent_age_to": _whole(high)}
    made |= {key: value for key, value in span.items() if value is not None}
    criterion = leaves.text("eligibility_description")
    if criterion is not None:
        made["criteria"] = [criterion]
    return made


def _whole(age: float | None) -> int | None:
    return None if age is None else int(age)


def _number(leaves: Leaves, *path: str | int) -> float | None:
    told = leaves.take(*path)
    if isinstance(told, int | float) and not isinstance(told, bool) and 0 <= told <= _OLDEST:
        return told
    leaves.leave(*path)
    return None


def _dose(leaves: Leaves) -> Document:
    """Return the weekly days and hours of the first schedule; another one has no home unless it says the same hours."""
    made: Document = {}
    for place in range(leaves.count("schedules")):
        at = ("schedules", place)
        days = _days(leaves.take(*at, "byday"))
        hours = {
            ours: _clock(leaves.take(*at, key)) for key, ours in (("opens_at", "starts_at"), ("closes_at", "ends_at"))
        }
        weekly = leaves.take(*at, "freq") in {None, "WEEKLY"} and leaves.take(*at, "interval") in {None, 1}
        said = {key: value for key, value in hours.items() if value is not None}
        if not weekly or (made and (not days or any(made.get(key) != value for key, value in said.items()))):
            for key in ("byday", "opens_at", "closes_at", "freq", "interval"):
                leaves.leave(*at, key)
            continue
        for key, value in (("byday", days), ("opens_at", hours["starts_at"]), ("closes_at", hours["ends_at"])):
            if not value:
                leaves.leave(*at, key)
        made |= said
        if days:
            made["days"] = [*made.get("days", []), *(day for day in days if day not in made.get("days", []))]
        text = leaves.text(*at, "description")
        if text is not None and made.setdefault("schedule", text) != text:
            leaves.leave(*at, "description")
    return made


def _days(told: object) -> list[str]:
    if not isinstance(told, str):
        return []
    days = [each.strip().upper() for each in told.split(",")]
    return [DAYS[day] for day in days] if all(day in DAYS for day in days) else []


def _clock(told: object) -> str | None:
    shape = _CLOCK.match(told) if isinstance(told, str) else None
    return None if shape is None else shape[1]


def _contact(leaves: Leaves) -> Document:
    made: Document = {}
    for key in ("url", "email"):
        told = leaves.text(key)
        if told is not None:
            made[key] = told
    phone = leaves.text("phones", 0, "number")
    shape = None if phone is None else _PHONE.match(re.sub(r"[\s().-]", "", phone))
    if shape is not None:
        made["phone"] = " ".join(shape[1][place : place + 2] for place in range(0, 8, 2))
    else:
        leaves.leave("phones", 0, "number")
    title = leaves.text("contacts", 0, "title") or leaves.text("contacts", 0, "department")
    if title is not None:
        made["function"] = title
    if "email" not in made and (own := leaves.text("contacts", 0, "email")) is not None:
        made["email"] = own
    return made


def _languages(leaves: Leaves) -> list[str]:
    found: list[str] = []
    for place in range(leaves.count("languages")):
        told = [leaves.text("languages", place, key) for key in ("code", "name")]
        known = [_LANGUAGE_NAMES[fold(each)] for each in told if each is not None and fold(each) in _LANGUAGE_NAMES]
        if not known:
            leaves.leave("languages", place, "code")
            leaves.leave("languages", place, "name")
        found += [code for code in known[:1] if code not in found]
    return found


def _costs(leaves: Leaves, notes: list[Note]) -> Document:
    """Return the price: a number where there is one, in kroner and in whole ones; else the words for it."""
    made: Document = {}
    words = leaves.text("fees_description") or leaves.text("fees")
    amount, currency = leaves.take("cost_options", 0, "amount"), leaves.text("cost_options", 0, "currency")
    whole = (isinstance(amount, int) and not isinstance(amount, bool)) or (
        isinstance(amount, float) and amount.is_integer()
    )
    if whole and leaves.count("cost_options") == 1 and (currency is None or currency.upper() in _KRONER):
        made["price_kr"] = int(amount)
        if currency is None:
            notes.append(Note("cost_options", "Siger ikke hvilken mønt; læst som kroner."))
    else:
        leaves.leave("cost_options", 0, "amount")
        leaves.leave("cost_options", 0, "currency")
    words = words or leaves.text("cost_options", 0, "amount_description") or leaves.text("cost_options", 0, "option")
    return made | ({} if words is None else {"price": words})


def _terms(leaves: Leaves, made: Document) -> None:
    """Take the terms that are ours by their code, or a theme by its Danish name."""
    for place in range(leaves.count("attributes")):
        at = ("attributes", place, "taxonomy_term")
        key = _term(leaves.text(*at, "code"), leaves.text(*at, "name"))
        if key is None:
            leaves.leave(*at, "code")
            leaves.leave(*at, "name")
            continue
        leaves.take_all("attributes", place)
        taxonomy, _, code = key.partition(":")
        if taxonomy in ALONE:
            made[taxonomy] = code
            continue
        *group, name = LISTS[taxonomy]
        held = (made.setdefault(group[0], {}) if group else made).setdefault(name, [])
        held += [] if code in held else [code]


def _term(code: str | None, name: str | None) -> str | None:
    known = {*ALONE, *LISTS}
    if code is not None and code in TERMS and TERMS[code].taxonomy in known and _is_code(code):
        return code
    for term in TAXONOMIES["theme"].terms.values():
        said = {term.code, *(fold(each) for each in term.name.split(", "))}
        if any(each is not None and fold(each) in said for each in (name, code)):
            return term.key
    return None


def _is_code(key: str) -> bool:
    """Say whether it is a code an offer may bear: the laws above the provisions are terms only."""
    return not (key.startswith("legal_basis:") and "-" not in key)
