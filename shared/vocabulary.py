"""The closed lists the services speak in, with the Danish words people see.

Plain Python: the rules of every service may use it.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum


class Category(StrEnum):
    """A kind of information about one person (oplysningskategori); consent names these, never free text (R19)."""

    CONTACT = "contact"
    PREGNANCY = "pregnancy"
    CARE_LEVEL = "care_level"
    HEALTH = "health"
    WELLBEING = "wellbeing"
    SUBSTANCE_USE = "substance_use"
    UPBRINGING = "upbringing"
    NETWORK = "network"
    COUPLE = "couple"
    PARENTHOOD = "parenthood"
    EDUCATION_WORK = "education_work"
    HOUSING_ECONOMY = "housing_economy"
    CHILD_DEVELOPMENT = "child_development"
    OWN_WISH = "own_wish"
    COURSE = "course"


CATEGORY_DANISH: Mapping[Category, str] = {
    Category.CONTACT: "Navn og kontaktoplysninger",
    Category.PREGNANCY: "Graviditet",
    Category.CARE_LEVEL: "Niveau i svangreomsorgen",
    Category.HEALTH: "Helbred",
    Category.WELLBEING: "Psykisk trivsel",
    Category.SUBSTANCE_USE: "Rusmidler",
    Category.UPBRINGING: "Opvækst og anbringelse",
    Category.NETWORK: "Netværk og familie",
    Category.COUPLE: "Parforhold",
    Category.PARENTHOOD: "Forældrerolle",
    Category.EDUCATION_WORK: "Uddannelse og arbejde",
    Category.HOUSING_ECONOMY: "Bolig og økonomi",
    Category.CHILD_DEVELOPMENT: "Barnets trivsel og udvikling",
    Category.OWN_WISH: "Egne ord og ønsker",
    Category.COURSE: "Hvordan forløbet går",
}


class Purpose(StrEnum):
    """What information is exchanged for (formål); one per exchange (R19)."""

    EARLY_SUPPORT = "early_support"
    HEALTH_FOLLOW_UP = "health_follow_up"
    DAYCARE_START = "daycare_start"
    PRACTICAL_HELP = "practical_help"


PURPOSE_DANISH: Mapping[Purpose, str] = {
    Purpose.EARLY_SUPPORT: "Tidlig støtte til familien",
    Purpose.HEALTH_FOLLOW_UP: "Sundhedsfaglig opfølgning",
    Purpose.DAYCARE_START: "Start i dagtilbud",
    Purpose.PRACTICAL_HELP: "Praktisk hjælp i hverdagen",
}


class Sector(StrEnum):
    """Where a unit belongs; the law of consent differs by it (R15)."""

    MUNICIPAL_HEALTH = "municipal_health"
    MUNICIPAL_SOCIAL = "municipal_social"
    MUNICIPAL_DAYCARE = "municipal_daycare"
    MUNICIPAL_EMPLOYMENT = "municipal_employment"
    MUNICIPAL_EDUCATION = "municipal_education"
    REGIONAL_HEALTH = "regional_health"
    PRIVATE_HEALTH = "private_health"
    CIVIL_SOCIETY = "civil_society"
    PRIVATE = "private"
    STATE = "state"


class Occasion(StrEnum):
    """At what moment a decision is asked for."""

    SEND = "send"
    DELIVER = "deliver"
    READ = "read"
    HEAR = "hear"


class Reason(StrEnum):
    """Why information may be told, or may not."""

    COVERED = "covered"
    NO_CONSENT = "no_consent"
    RECIPIENT_NOT_NAMED = "recipient_not_named"
    CATEGORY_NOT_NAMED = "category_not_named"
    NOT_YET = "not_yet"
    EXPIRED = "expired"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


REASON_DANISH: Mapping[Reason, str] = {
    Reason.COVERED: "Personen har givet samtykke til det.",
    Reason.NO_CONSENT: "Personen har ikke givet samtykke. Spørg personen, om oplysningen må deles.",
    Reason.RECIPIENT_NOT_NAMED: "Samtykket nævner ikke jer som modtager. Spørg personen, om I må få oplysningen.",
    Reason.CATEGORY_NOT_NAMED: "Samtykket omfatter ikke den slags oplysninger. Spørg personen, om den må deles.",
    Reason.NOT_YET: "Samtykket gælder ikke endnu.",
    Reason.EXPIRED: "Samtykket er udløbet. Bed om et nyt, hvis der stadig er brug for det.",
    Reason.REFUSED: "Personen har sagt nej til, at oplysningen deles. Det skal respekteres.",
    Reason.WITHDRAWN: "Personen har trukket sit samtykke tilbage. Der må ikke udveksles mere.",
}


def glossed(words: Iterable[tuple[StrEnum, str]]) -> str:
    """Return each code with its Danish words, for an API description."""
    return "; ".join(f"`{code}` {danish}" for code, danish in words)
