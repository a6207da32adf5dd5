"""Danish as people say it: days, lists, places, and whom an answer is about for the one who reads."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from services.consent.domain.model import CAPACITY_DANISH, Capacity, Effect, Method, PersonId, Record, Regime, UnitId
from services.consent.domain.told import UnitTold
from shared.vocabulary import CATEGORY_DANISH, Category

_COPENHAGEN = ZoneInfo("Europe/Copenhagen")
_MONTHS = (
    "januar", "februar", "marts", "april", "maj", "juni", "juli", "august", "september", "oktober", "november",
    "december",
)  # fmt: skip

_UNTOLD = "et andet sted"
# What stands in place of a unit that would give away where somebody lives whose address is protected (R45).
HIDDEN_PLACE = "Stedet vises ikke, fordi adressen er beskyttet"
_LAWS: Mapping[str, str] = {
    "SUL": "sundhedsloven",
    "RSL": "retssikkerhedsloven",
    "BL": "barnets lov",
    "FVL": "forvaltningsloven",
    "GDPR": "databeskyttelsesforordningen",
}
_LAW = re.compile(rf"\b({'|'.join(_LAWS)})(?= (?:§|art))")

METHOD_DANISH: Mapping[Method, str] = {
    Method.WRITTEN: "Skriftligt",
    Method.ORAL: "Mundtligt",
    Method.DIGITAL: "Digitalt",
}

LANGUAGE_DANISH: Mapping[str, str] = {"da": "dansk", "en": "engelsk"}

# Why one holder of custody is enough (R27), by the code that was recorded.
ALONE_DANISH: Mapping[str, str] = {
    "not_essential_decision": "Det er ikke en væsentlig beslutning, så én med forældremyndighed er nok "
    "(forældreansvarsloven § 3)",
}

LAW_DANISH: Mapping[str, str] = {
    Regime.HEALTH_TO_HEALTH: "Sundhedsloven § 41, stk. 1: De, der behandler eller forebygger, må fortælle det til "
    "hinanden, når der er sagt ja.",
    Regime.HEALTH_TO_OTHER: "Sundhedsloven § 43, stk. 1, og § 44: Sundhedsvæsenet må fortælle det til andre, når der "
    "er sagt ja. Det skal være skriftligt, hvis der ikke er en grund til andet, og det gælder højst et år.",
    Regime.AUTHORITY_TO_AUTHORITY: "Forvaltningsloven § 28, stk. 1: En myndighed må fortælle det til en anden, når "
    "der er sagt ja.",
    Regime.COLLECTION: "Retssikkerhedsloven § 11 a, stk. 1: Myndigheden må spørge andre, når der er sagt ja.",
    Regime.TO_CIVIL_SOCIETY: "Databeskyttelsesforordningen, artikel 6, stk. 1, litra a: Det må fortælles til "
    "foreninger og private, når der er sagt ja.",
    Regime.FROM_CIVIL_SOCIETY: "Databeskyttelsesforordningen, artikel 6: Foreninger og private må fortælle det, når "
    "der er sagt ja.",
}


class Reader(StrEnum):
    """Who holds the sheet, seen from the answer."""

    GIVER = "giver"
    SUBJECT = "subject"
    OTHER = "other"
    STAFF = "staff"


def reader_of(record: Record, person: PersonId | None) -> Reader:
    """Return what the answer is to `person`; None: whoever works there."""
    if person is None:
        return Reader.STAFF
    if person == record.given_by:
        return Reader.GIVER
    return Reader.SUBJECT if person == record.subject else Reader.OTHER


@dataclass(frozen=True, slots=True)
class Wording:
    """How the people of an answer are spoken of: who gave it, whom it is about, what it is called."""

    giver: str
    about: str
    answer: str


_ABOUT: Mapping[Capacity, tuple[str, str]] = {
    Capacity.SELF: ("dig", "personen selv"),
    Capacity.PREGNANT: ("det barn, du venter", "det barn, der ventes"),
    Capacity.CUSTODY: ("dit barn", "barnet"),
    Capacity.REPRESENTATIVE: ("den, du svarer for", "den, repræsentanten svarer for"),
}
_GIVER: Mapping[Capacity, str] = {
    Capacity.SELF: "Personen selv",
    Capacity.PREGNANT: "Den gravide",
    Capacity.CUSTODY: "Den ene med forældremyndighed",
    Capacity.REPRESENTATIVE: "Repræsentanten",
}


def wording(record: Record, reader: Reader, *, born: bool = False) -> Wording:
    """Return how to speak of the people of `record` to `reader`: names are nowhere in the system.

    `born`: the child that was waited for when it was said is there.
    """
    word = "samtykke" if record.effect is Effect.PERMIT else "nej"
    yours, theirs = ("barnet", "barnet") if born else _ABOUT[record.capacity]
    if reader is Reader.GIVER:
        return Wording("Du", yours, f"Dit {word}")
    giver = _GIVER[record.capacity]
    if reader is Reader.OTHER and record.capacity is Capacity.CUSTODY:
        return Wording("Den anden med forældremyndighed", yours, f"Den andens {word}")
    about = "dig" if reader is Reader.SUBJECT else theirs
    return Wording(giver, about, {"samtykke": "Samtykket", "nej": "Svaret nej"}[word])


def right(capacity: Capacity, reader: Reader, *, born: bool = False) -> str:
    """Return in what right the answer was given; `born` as in `wording`."""
    if reader is not Reader.GIVER:
        said = CAPACITY_DANISH[capacity]
        return said[0].upper() + said[1:]
    return {
        Capacity.SELF: "Du har svaret for dig selv.",
        Capacity.PREGNANT: "Du svarede, fordi du var gravid." if born else "Du har svaret, fordi du er gravid.",
        Capacity.CUSTODY: "Du har svaret, fordi du har forældremyndigheden.",
        Capacity.REPRESENTATIVE: "Du har svaret, fordi du er personens repræsentant.",
    }[capacity]


def day(on: date) -> str:
    """Return a date as it is said: 3. maj 2027."""
    return f"{on.day}. {_MONTHS[on.month - 1]} {on.year}"


def moment(at: datetime) -> str:
    """Return date and time of day in Denmark: 3. maj 2027 kl. 14.30."""
    here = at.astimezone(_COPENHAGEN)
    return f"{day(here.date())} kl. {here.hour}.{here.minute:02}"


def days(number: int) -> str:
    """Return how many days."""
    return "1 dag" if number == 1 else f"{number} dage"


def listed(words: Iterable[str], last: str = "og") -> str:
    """Return words as they are listed: a, b og c."""
    told = list(words)
    return f" {last} ".join([", ".join(told[:-1]), told[-1]]) if len(told) > 1 else "".join(told)


def law_in_full(law: str) -> str:
    """Return a provision with the name of its law instead of the jurists' letters: sundhedsloven § 43, stk. 1."""
    return _LAW.sub(lambda found: _LAWS[found[1]], law)


def kinds(categories: Collection[Category]) -> str:
    """Return the Danish words of the kinds, in the order of the vocabulary; some hold an "og" of their own."""
    return ", ".join(CATEGORY_DANISH[each] for each in Category if each in categories)


def place(units: Mapping[UnitId, UnitTold], unit: UnitId) -> str:
    """Return a unit's name, and the organisation's; of one the reader is not told of, not even the id."""
    told = units.get(unit)
    if told is None:
        return _UNTOLD
    return named(told.name, told.organisation_name)


def named(unit: str, organisation: str) -> str:
    """Return a unit's name with its organisation's, where it has one, and of another name."""
    return unit if organisation in {"", unit} else f"{unit} ({organisation})"


def places(units: Mapping[UnitId, UnitTold], some: Iterable[UnitId]) -> tuple[str, ...]:
    """Return the names of units, in the order of the alphabet."""
    return tuple(sorted(place(units, unit) for unit in some))
