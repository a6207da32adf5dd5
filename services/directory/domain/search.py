"""A search for offers: a need, and what else narrows the answer."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.directory.domain.matching import Criterion, Need


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the answer: the last offer a page showed."""

    score: int
    rank: int
    offer: str


@dataclass(frozen=True, slots=True)
class Search:
    """A need, and what else narrows the answer or says which page of it."""

    need: Need
    municipality: str | None
    text: str | None
    unit: str | None
    organisation: str | None
    include_examples: bool
    limit: int
    after: Place | None


def criteria(search: Search) -> list[Criterion]:
    """Return the criteria the search names; bit n of an offer's mask is the verdict on the n-th."""
    need = search.need
    given: Mapping[Criterion, object] = {
        Criterion.MUNICIPALITY: search.municipality,
        Criterion.GESTATION_WEEK: need.gestation_week,
        Criterion.CHILD_AGE_MONTHS: need.child_age_months,
        Criterion.PARENT_AGE: need.parent_age,
        Criterion.AUDIENCE: need.audience or None,
        Criterion.THEME: need.theme or None,
        Criterion.REFERRER: need.referrer,
        Criterion.ACCESS: need.access,
        Criterion.FORM: need.form,
        Criterion.PREVENTION_LEVEL: need.prevention_level,
    }
    return [criterion for criterion in Criterion if given[criterion] is not None]
