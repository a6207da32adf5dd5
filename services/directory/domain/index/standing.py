"""How each offer stands to each criterion, as sets: those that match, and those of which nobody knows.

`services.directory.domain.matching.match` says the same of one offer, and is the rule; a test holds the two
together.
"""

from array import array
from collections.abc import Callable, Hashable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, NamedTuple

from services.directory.domain.codes import OtherMunicipalities, Profession
from services.directory.domain.index.bits import Family
from services.directory.domain.index.entry import Entry
from services.directory.domain.index.places import Places
from services.directory.domain.matching import Criterion, Need, Reach, Span, doors, served
from services.directory.domain.search import criteria


class Standing(NamedTuple):
    """The offers that match, and those of which nobody knows; the others fail. No offer is in both."""

    matched: int
    unknown: int


class Marks:
    """The sets of all offers' reaches, a family for each thing a reach tells."""

    def __init__(self) -> None:
        """Begin without offers."""
        self._families: dict[str, Family[Any]] = {}

    def __getitem__(self, name: str) -> Family[Any]:
        return self._families.setdefault(name, Family())

    def fill(self, entries: Iterable[Entry]) -> None:
        """Set all at once, in the offers' order."""
        places: dict[str, dict[Hashable, array[int]]] = {}
        for place, entry in enumerate(entries):
            for name, value in marks(entry):
                family = places.setdefault(name, {})
                if value not in family:
                    family[value] = array("I")
                family[value].append(place)
        self._families = {}
        for name in list(places):
            self[name].fill(places.pop(name))

    def insert(self, place: int, entry: Entry) -> None:
        """Put an offer at a place; those from there on move one on."""
        held: dict[str, list[Hashable]] = {}
        for name, value in marks(entry):
            held.setdefault(name, []).append(value)
            self[name]
        for name, family in self._families.items():
            family.insert(place, held.get(name, ()))

    def delete(self, place: int) -> None:
        """Take the offer at a place out."""
        for family in self._families.values():
            family.delete(place)


def marks(entry: Entry) -> Iterable[tuple[str, Hashable]]:
    """Yield what an entry tells, as (family, value); the family `told` says of what it tells anything at all."""
    if entry.example:
        yield "example", True
    yield from (("organisation", entry.organisation), ("told", "organisation"))
    reach = entry.reach
    if reach.points or reach.centres:
        yield "told", "somewhere"
    for name, held in _SETS.items():
        values: AbstractSet[Hashable] = held(reach)
        yield from ((name, value) for value in values)
        if values:
            yield "told", name
    for name, span in _spans(reach):
        if span is not None:
            yield from ((f"{name}.low", span.low), (f"{name}.high", span.high), ("told", name))
    for name, value in (("price_kr", reach.price_kr), ("wait_weeks", reach.wait_weeks)):
        if value is not None:
            yield from ((name, value), ("told", name))


def standings(need: Need, marks: Marks, places: Places, everybody: int) -> dict[Criterion, Standing]:
    """Return how the offers stand to each criterion the need names, in the criteria's own order."""
    return {criterion: _ASKED[criterion](_Asked(need, marks, places, everybody)) for criterion in criteria(need)}


class _Asked(NamedTuple):
    need: Need
    marks: Marks
    places: Places
    everybody: int

    def untold(self, name: str) -> int:
        return self.everybody & ~self.marks["told"][name]

    def among(self, name: str, values: Iterable[Hashable]) -> Standing:
        return Standing(self.marks[name].any(values), self.untold(name))

    def within(self, name: str, number: int | None) -> Standing:
        begun, over = self.marks[f"{name}.low"].up_to(number), self.marks[f"{name}.high"].up_to(number)
        return Standing(begun & ~over, self.untold(name))

    def perhaps(self, yes: int, perhaps: int) -> Standing:
        return Standing(yes, perhaps & ~yes)

    def municipality(self) -> Standing:
        areas = self.need.areas
        return self.perhaps(self.marks["given_in"].any(areas), self.marks["perhaps_in"].any(areas))

    def home(self) -> Standing:
        others = self.marks["others"]
        yes = self.marks["given_in"].any(self.need.home) | others[OtherMunicipalities.YES]
        perhaps = self.marks["perhaps_in"].any(self.need.home) | self.everybody & ~others[OtherMunicipalities.NO]
        return self.perhaps(yes, perhaps)

    def referrer(self) -> Standing:
        asked = (self.need.referrer, Profession.ANY)
        return self.perhaps(self.marks["referrers"].any(asked), self.marks["perhaps_referrers"].any(asked))

    def accessibility(self) -> Standing:
        found = self.everybody
        for code in self.need.accessibility:
            found &= self.marks["accessibility"][code]
        return Standing(found, self.everybody & ~found)

    def due(self) -> Standing:
        return self.within("due", None if self.need.due_date is None else self.need.due_date.toordinal())

    def price(self) -> Standing:
        return Standing(self.marks["price_kr"].up_to(self.need.max_price_kr), self.untold("price_kr"))

    def near(self) -> Standing:
        here, within = self.need.near, self.need.within_km
        if here is None or within is None:
            raise AssertionError
        near, perhaps = self.places.within(here, within)
        return Standing(near, perhaps | self.untold("somewhere"))


_SETS: Mapping[str, Callable[[Reach], AbstractSet[Any]]] = {
    "given_in": lambda reach: reach.given_in,
    "perhaps_in": lambda reach: reach.perhaps_in,
    "audience": lambda reach: reach.audience,
    "theme": lambda reach: reach.themes,
    "referrers": lambda reach: reach.referrers,
    "perhaps_referrers": lambda reach: reach.perhaps_referrers,
    "access": lambda reach: reach.access,
    "form": lambda reach: reach.form,
    "prevention_level": lambda reach: _alone(reach.prevention_level),
    "language": lambda reach: reach.languages,
    "first_time_parents": lambda reach: _alone(reach.first_time_parents),
    "care_level": lambda reach: reach.care_levels,
    "method": lambda reach: reach.methods,
    "legal_basis": lambda reach: reach.legal_basis,
    "others": lambda reach: _alone(reach.others),
    "weekday": lambda reach: reach.days,
    "childcare": lambda reach: _alone(reach.childcare),
    "meal": lambda reach: _alone(reach.meal),
    "transport": lambda reach: _alone(reach.transport),
    "interpreter": lambda reach: _alone(reach.interpreter),
    "accessibility": lambda reach: reach.accessibility,
    "free_places": lambda reach: _alone(reach.free_places),
}
_ASKED: Mapping[Criterion, Callable[[_Asked], Standing]] = {
    Criterion.MUNICIPALITY: _Asked.municipality,
    Criterion.GESTATION_WEEK: lambda asked: asked.within("weeks", asked.need.gestation_week),
    Criterion.CHILD_AGE_MONTHS: lambda asked: asked.within("months", asked.need.child_age_months),
    Criterion.PARENT_AGE: lambda asked: asked.within("ages", asked.need.parent_age),
    Criterion.AUDIENCE: lambda asked: asked.among("audience", served(asked.need.audience)),
    Criterion.THEME: lambda asked: asked.among("theme", asked.need.theme),
    Criterion.REFERRER: _Asked.referrer,
    Criterion.ACCESS: lambda asked: asked.among("access", doors(asked.need.access)),
    Criterion.FORM: lambda asked: asked.among("form", (asked.need.form,)),
    Criterion.PREVENTION_LEVEL: lambda asked: asked.among("prevention_level", (asked.need.prevention_level,)),
    Criterion.LANGUAGE: lambda asked: asked.among("language", asked.need.language),
    Criterion.FIRST_TIME_PARENTS: lambda asked: asked.among("first_time_parents", (asked.need.first_time_parents,)),
    Criterion.DUE_DATE: _Asked.due,
    Criterion.CARE_LEVEL: lambda asked: asked.among("care_level", (asked.need.pregnancy_care_level,)),
    Criterion.METHOD: lambda asked: asked.among("method", asked.need.method),
    Criterion.LEGAL_BASIS: lambda asked: asked.among("legal_basis", asked.need.legal_basis),
    Criterion.HOME_MUNICIPALITY: _Asked.home,
    Criterion.WEEKDAY: lambda asked: asked.among("weekday", asked.need.weekday),
    Criterion.CHILDCARE: lambda asked: asked.among("childcare", (True,)),
    Criterion.MEAL: lambda asked: asked.among("meal", (True,)),
    Criterion.TRANSPORT: lambda asked: asked.among("transport", (True,)),
    Criterion.INTERPRETER: lambda asked: asked.among("interpreter", (True,)),
    Criterion.ACCESSIBILITY: _Asked.accessibility,
    Criterion.FREE_PLACES: lambda asked: asked.among("free_places", (True,)),
    Criterion.MAX_PRICE_KR: _Asked.price,
    Criterion.NEAR: _Asked.near,
}


def _spans(reach: Reach) -> Iterable[tuple[str, Span | None]]:
    return (("weeks", reach.weeks), ("months", reach.months), ("ages", reach.ages), ("due", reach.due))


def _alone(value: Hashable | None) -> AbstractSet[Hashable]:
    return frozenset() if value is None else frozenset({value})
