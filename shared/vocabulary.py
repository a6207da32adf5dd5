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
    """At what moment a decision is asked for; `check` is asked beforehand, and opens nothing."""

    SEND = "send"
    DELIVER = "deliver"
    READ = "read"
    HEAR = "hear"
    CHECK = "check"


class Reason(StrEnum):
    """Why information may be told, or may not."""

    COVERED = "covered"
    LEGAL_GROUND = "legal_ground"
    NO_CONSENT = "no_consent"
    NOBODY_TO_ASK = "nobody_to_ask"
    RECIPIENT_NOT_NAMED = "recipient_not_named"
    CATEGORY_NOT_NAMED = "category_not_named"
    PROTECTED = "protected"
    NEEDS_NEW = "needs_new"
    NOT_YET = "not_yet"
    EXPIRED = "expired"
    HOLDER_MISSING = "holder_missing"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"

    @property
    def permits(self) -> bool:
        """True for the only two reasons that open anything."""
        return self is Reason.COVERED or self is Reason.LEGAL_GROUND


REASON_DANISH: Mapping[Reason, str] = {
    Reason.COVERED: "Der er sagt ja til det.",
    Reason.LEGAL_GROUND: "Det må fortælles efter en bestemmelse i loven, og grunden er skrevet ned.",
    Reason.NO_CONSENT: "Der er ikke sagt ja. Spørg den eller dem, der skal svare, om det må deles.",
    Reason.NOBODY_TO_ASK: "Det er ikke registreret, hvem der kan svare for barnet. Registrer, hvem der har "
    "forældremyndigheden, og spørg dem.",
    Reason.RECIPIENT_NOT_NAMED: "Den modtager er ikke nævnt i samtykket. Spørg, om den må få det at vide.",
    Reason.CATEGORY_NOT_NAMED: "Den slags oplysninger er ikke med i samtykket. Spørg, om de må deles.",
    Reason.PROTECTED: "Navn eller adresse er beskyttet. Spørg, om kontaktoplysninger må deles alligevel, og registrer "
    "svaret.",
    Reason.NEEDS_NEW: "Det gamle samtykke gælder ikke mere. Spørg igen, hvis der stadig er brug for det.",
    Reason.NOT_YET: "Samtykket gælder først senere. Vent, til det begynder.",
    Reason.EXPIRED: "Samtykket er udløbet. Bed om et nyt, hvis der stadig er brug for det.",
    Reason.HOLDER_MISSING: "Den anden med forældremyndighed har ikke sagt ja til dette. Spørg, og giv tid til at "
    "tænke.",
    Reason.REFUSED: "Der er sagt nej. Det skal respekteres. Hjælpen fortsætter uden.",
    Reason.WITHDRAWN: "Samtykket er trukket tilbage. Del ikke mere. Vil den, der trak det tilbage, noget andet "
    "senere, kan I skrive et nyt svar.",
}


def glossed(words: Iterable[tuple[StrEnum, str]]) -> str:
    """Return each code with its Danish words, for an API description."""
    return "; ".join(f"`{code}` {danish}" for code, danish in words)
