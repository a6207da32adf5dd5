"""A search for offers: a need, and what else narrows, orders or counts the answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.directory.domain.matching import Criterion, Need


class Sort(StrEnum):
    """The order of the answer, and what each goes by, first to last; in all of them near misses come last.

    `relevance`: the criteria matched, how well it answers the words, whether it is confirmed lately. `distance` and
    `waiting`: the nearest, or the shortest wait, then the same as relevance; where nobody says comes last. All:
    the name.
    """

    RELEVANCE = "relevance"
    DISTANCE = "distance"
    WAITING = "waiting"
    NAME = "name"


class Facet(StrEnum):
    """What the hits can be counted by; each count follows every other criterion but its own."""

    MUNICIPALITY = "municipality"
    AUDIENCE = "audience"
    THEME = "theme"
    REFERRER = "referrer"
    ACCESS = "access"
    FORM = "form"
    PREVENTION_LEVEL = "prevention_level"
    LANGUAGE = "language"
    METHOD = "method"
    LEGAL_BASIS = "legal_basis"
    ORGANISATION = "organisation"


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the answer: the sort key of the last offer a page showed, and that offer."""

    key: tuple[int, ...]
    offer: str


@dataclass(frozen=True, slots=True)
class Search:
    """A need, and what else narrows, orders or counts the answer, or says which page of it.

    `same_organisations`: whose offers answer for the organisation's, too, by law (R47).
    `failing`: also show offers that fail up to so many criteria, after those that fail none.
    """

    need: Need
    on: date
    text: str | None = None
    unit: str | None = None
    organisation: str | None = None
    same_organisations: frozenset[str] = frozenset()
    include_examples: bool = True
    failing: int = 0
    facets: tuple[Facet, ...] = ()
    sort: Sort = Sort.RELEVANCE
    limit: int = 50
    after: Place | None = None


def criteria(need: Need) -> list[Criterion]:
    """Return the criteria the need names, in their own order."""
    given: Mapping[Criterion, object] = {
        Criterion.MUNICIPALITY: need.areas,
        Criterion.HOME_MUNICIPALITY: need.home,
        Criterion.CARE_LEVEL: need.pregnancy_care_level,
        Criterion.NEAR: None if need.near is None else need.within_km,
    }
    return [each for each in Criterion if _named(each, given[each] if each in given else getattr(need, each))]


def _named(criterion: Criterion, value: object) -> bool:
    """Say whether the need names it: a flag is asked for when true; first-time parents or not, both can be asked."""
    if isinstance(value, bool):
        return value or criterion is Criterion.FIRST_TIME_PARENTS
    return value is not None and value != frozenset()
