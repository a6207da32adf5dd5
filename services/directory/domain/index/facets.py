"""How many of the hits there would be of each kind: the counts beside a search's filters."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.directory.domain.codes import Access, Audience, Profession
from services.directory.domain.index.standing import Marks
from services.directory.domain.matching import Criterion, doors, served
from services.directory.domain.search import Facet

# Municipality -> the codes of it, its regions and the nation: `Need.areas` of who asks for it.
Areas = Mapping[str, frozenset[str]]
Grouped = Sequence[tuple[frozenset[str], Sequence[str]]]


@dataclass(frozen=True, slots=True)
class Count:
    """How many offers match each value, were it asked for (none: left out), and of how many nobody knows."""

    values: Mapping[str, int]
    unknown: int


# The criterion a facet is about; whose offers they are is none.
CRITERION: Mapping[Facet, Criterion] = {
    Facet.MUNICIPALITY: Criterion.MUNICIPALITY,
    Facet.AUDIENCE: Criterion.AUDIENCE,
    Facet.THEME: Criterion.THEME,
    Facet.REFERRER: Criterion.REFERRER,
    Facet.ACCESS: Criterion.ACCESS,
    Facet.FORM: Criterion.FORM,
    Facet.PREVENTION_LEVEL: Criterion.PREVENTION_LEVEL,
    Facet.LANGUAGE: Criterion.LANGUAGE,
    Facet.METHOD: Criterion.METHOD,
    Facet.LEGAL_BASIS: Criterion.LEGAL_BASIS,
}
# The family of sets a facet counts, and what asking for a value asks of it; others count each value as it is.
_FAMILY = {Facet.MUNICIPALITY: "given_in", Facet.REFERRER: "referrers"}
_ASKED: Mapping[Facet, Mapping[str, Iterable[Any]]] = {
    Facet.AUDIENCE: {each: served(frozenset({each})) for each in Audience},
    Facet.REFERRER: {each: (each, Profession.ANY) for each in Profession},
    Facet.ACCESS: {each: doors(each) for each in Access},
}


def grouped(areas: Areas) -> Grouped:
    """Return the municipalities by what an offer may name besides one of them to reach it."""
    held: dict[frozenset[str], list[str]] = {}
    for code, around in areas.items():
        held.setdefault(around - {code}, []).append(code)
    return list(held.items())


def counted(facet: Facet, held: int, marks: Marks, areas: Grouped) -> Count:
    """Count a set of offers by a facet."""
    name = _FAMILY.get(facet, facet.value)
    family = marks[name]
    unknown = held & ~marks["told"][name]
    if facet is Facet.REFERRER:
        unknown &= marks["perhaps_referrers"][Profession.ANY]
    if facet is Facet.MUNICIPALITY and areas:
        return Count(_by_municipality(held, marks, areas), unknown.bit_count())
    asked = _ASKED.get(facet)
    sets = family.sets if asked is None else {value: family.any(values) for value, values in asked.items()}
    found = {value: (held & those).bit_count() for value, those in sets.items()} if held else {}
    return Count({value: count for value, count in found.items() if count}, unknown.bit_count())


def _by_municipality(held: int, marks: Marks, areas: Grouped) -> dict[str, int]:
    """Count by municipality; what is the same for all of a region is counted once, and each only beyond it."""
    family = marks["given_in"]
    found = {}
    for beyond, codes in areas:
        shared = held & family.any(beyond)
        count, rest = shared.bit_count(), held ^ shared
        for code in codes:
            whole = count + (rest & family[code]).bit_count() if rest else count
            if whole:
                found[code] = whole
    return found
