"""Who is the one to turn to in a municipality: by need, and by the week of pregnancy or the child's age.

The rules are data with sources. What no rule names is a gap, and is said aloud, with whom to ask instead.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise

from services.directory.domain.codes import OrganisationKind
from services.directory.domain.errors import BadData, Flaw
from services.directory.domain.fields import Fields
from services.directory.domain.model import Catalogue, MunicipalityCode, Organisation, Source, Unit, UnitId
from services.directory.domain.places import region_of
from services.directory.domain.records import sources
from services.directory.domain.succession import Period, lawful_heirs, owner, period

FILE = "routing.toml"
LAST_WEEK, LAST_MONTH = 42, 71
# One line of steps: every week of pregnancy, then every month of the child's first six years.
_BIRTH = LAST_WEEK + 1
STEPS = _BIRTH + LAST_MONTH + 1
_MONTHS_A_YEAR = 12


class RoutingNeed(StrEnum):
    """What a family needs somebody for."""

    EARLY_SUPPORT = "early_support"
    HEALTH_VISITING = "health_visiting"
    MIDWIFERY = "midwifery"
    AUTHORITY = "authority"
    DAYCARE_SUPPORT = "daycare_support"


NEEDS: Mapping[RoutingNeed, str] = {
    RoutingNeed.EARLY_SUPPORT: "tidlig støtte til familien",
    RoutingNeed.HEALTH_VISITING: "sundhedspleje",
    RoutingNeed.MIDWIFERY: "jordemoderhjælp",
    RoutingNeed.AUTHORITY: "myndighed efter barnets lov",
    RoutingNeed.DAYCARE_SUPPORT: "støtte i dagtilbud",
}


def in_week(week: int) -> int:
    """Return the step of a week of pregnancy, 0 to 42."""
    return week


def at_age(months: int) -> int:
    """Return the step of a child's age in whole months, 0 to 71."""
    return _BIRTH + months


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Steps from `first` to before `last`."""

    first: int
    last: int

    @property
    def weeks(self) -> tuple[int, int] | None:
        """The weeks of pregnancy in it, both ends included."""
        return (self.first, min(self.last, _BIRTH) - 1) if self.first < _BIRTH else None

    @property
    def months(self) -> tuple[int, int] | None:
        """The child's ages in it, in months, both ends included."""
        return (max(self.first, _BIRTH) - _BIRTH, self.last - 1 - _BIRTH) if self.last > _BIRTH else None

    def says(self) -> str:
        """Return it in Danish."""
        told = []
        if self.weeks is not None:
            told.append(
                "i graviditeten" if self.weeks == (0, LAST_WEEK) else f"i graviditetens uge {_range(self.weeks)}"
            )
        if self.months is not None:
            first, last = self.months
            whole = first % _MONTHS_A_YEAR == 0 and (last + 1) % _MONTHS_A_YEAR == 0
            years = _range((first // _MONTHS_A_YEAR, last // _MONTHS_A_YEAR))
            told.append(f"når barnet er {years} år" if whole else f"når barnet er {_range(self.months)} måneder")
        return " og ".join(told)


@dataclass(frozen=True, slots=True)
class Rule:
    """A municipality's own: for this need and these steps, these units, from a day to before another."""

    municipality: MunicipalityCode
    need: RoutingNeed
    units: tuple[UnitId, ...]
    spans: tuple[Span, ...]
    why: str
    lasts: Period
    source: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """A unit to turn to, the rule in Danish, and since when it holds."""

    unit: Unit
    why: str
    lasts: Period
    source: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Steps in a row with one answer: units, or a gap that says whom to ask. Never neither, never both."""

    span: Span
    units: tuple[Named, ...] = ()
    gap: str | None = None
    ask: Organisation | None = None


def read_rules(text: str) -> tuple[Rule, ...]:
    """Return the rules a file holds, each checked against the others.

    Raises:
        BadData: everything that is wrong, a line each; two rules that answer one question among it.
    """
    try:
        document = Fields(FILE, "file", tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise BadData([Flaw(FILE, "file", "", str(error))]) from error
    flaws: list[Flaw] = []
    found: list[Rule] = []
    for fields in document.parts("rule"):
        try:
            made = _rule(fields)
            fields.done()
            found.append(made)
        except BadData as error:
            flaws += error.flaws
    try:
        document.done()
    except BadData as error:
        flaws += [flaw for flaw in error.flaws if flaw not in flaws]
    flaws += _overlaps(found)
    if flaws:
        raise BadData(flaws)
    return tuple(found)


def check_against(rules: Iterable[Rule], catalogue: Catalogue) -> None:
    """Let pass rules whose municipalities and units are in the catalogue.

    Raises:
        BadData: a line for each that is not.
    """
    flaws = []
    for rule in rules:
        if rule.municipality not in catalogue.municipalities:
            flaws.append(Flaw(FILE, rule.municipality, "municipality", "findes ikke"))
        flaws += [
            Flaw(FILE, rule.municipality, "units", f"nævner {unit}, som ikke findes")
            for unit in rule.units if unit not in catalogue.units
        ]  # fmt: skip
    if flaws:
        raise BadData(flaws)


def stretches(
    rules: Iterable[Rule], catalogue: Catalogue, municipality: MunicipalityCode, need: RoutingNeed, on: date
) -> tuple[Stretch, ...]:
    """Return who is named from the first week of pregnancy to the sixth birthday: every step once, in order."""
    valid = [
        (span, rule) for rule in rules
        if rule.municipality == municipality and rule.need is need and rule.lasts.holds(on) for span in rule.spans
    ]  # fmt: skip
    made: list[Stretch] = []
    at = 0
    for span, rule in sorted(valid, key=lambda each: each[0]):
        if at < span.first:
            made.append(_gap(Span(at, span.first), catalogue, municipality, need, on))
        units = tuple(_open_units(rule, catalogue, on))
        told = Stretch(span, units) if units else _gap(span, catalogue, municipality, need, on, closed=rule.units)
        made.append(told)
        at = span.last
    if at < STEPS:
        made.append(_gap(Span(at, STEPS), catalogue, municipality, need, on))
    return tuple(made)


def at_step(found: Sequence[Stretch], step: int) -> Stretch:
    """Return the stretch a step lies in."""
    return next(each for each in found if each.span.first <= step < each.span.last)


def authorities(rules: Iterable[Rule], catalogue: Catalogue, on: date) -> frozenset[UnitId]:
    """Return the units that rules name as an authority on the day, whatever kind of unit they are."""
    named = [rule for rule in rules if rule.need is RoutingNeed.AUTHORITY and rule.lasts.holds(on)]
    return frozenset(each.unit.id for rule in named for each in _open_units(rule, catalogue, on))


def _rule(fields: Fields) -> Rule:
    where = MunicipalityCode(fields.text("municipality"))
    units = tuple(UnitId(each) for each in fields.texts("units"))
    if not units:
        fields.refuse("units", "skal nævne mindst én enhed")
    spans = (
        *_span(fields, "pregnancy_week", LAST_WEEK, in_week(0)),
        *_span(fields, "child_age_months", LAST_MONTH, at_age(0)),
    )
    if not spans:
        fields.refuse("child_age_months_from", "eller pregnancy_week_from skal udfyldes")
    found = sources(fields)
    if not found:
        fields.refuse("source", "skal nævne mindst én kilde")
    lasts = Period(*fields.days("valid_from", "valid_to"))
    return Rule(where, fields.code("need", RoutingNeed), units, spans, fields.text("why"), lasts, found)


def _span(fields: Fields, stem: str, most: int, begins: int) -> Iterator[Span]:
    first, last = fields.span(stem, 0, most)
    if (first is None) != (last is None):
        fields.refuse(f"{stem}_to" if last is None else f"{stem}_from", "skal udfyldes, når den anden er det")
    if first is not None and last is not None:
        yield Span(begins + first, begins + last + 1)


def _overlaps(rules: Sequence[Rule]) -> list[Flaw]:
    """Return a flaw for each two rules that both answer one question on one day."""
    flaws = []
    for place, one in enumerate(rules):
        for other in rules[place + 1 :]:
            same = (one.municipality, one.need) == (other.municipality, other.need)
            if same and _meet(one.lasts, other.lasts) and _share(one.spans, other.spans):
                said = f"dækker noget, som en anden regel for {one.need.value} også dækker"
                flaws.append(Flaw(FILE, one.municipality, "rule", said))
    return flaws


def _share(one: Sequence[Span], other: Sequence[Span]) -> bool:
    return any(second.first < first.last for first, second in pairwise(sorted((*one, *other))))


def _meet(one: Period, other: Period) -> bool:
    return not (_over_before(one, other) or _over_before(other, one))


def _over_before(one: Period, other: Period) -> bool:
    return one.valid_to is not None and other.valid_from is not None and one.valid_to <= other.valid_from


def _open_units(rule: Rule, catalogue: Catalogue, on: date) -> Iterator[Named]:
    """Yield the rule's units that are there on the day, or who has taken over from them, each once."""
    heirs = lawful_heirs(catalogue.organisations, catalogue.regions)
    seen = set()
    for number in rule.units:
        now = owner(number, catalogue.units, on) if number in catalogue.units else None
        if (
            now is not None
            and now not in seen
            and period(catalogue.units[now], catalogue.organisations, heirs).holds(on)
        ):
            seen.add(now)
            yield Named(catalogue.units[now], rule.why, rule.lasts, rule.source)


def _gap(
    span: Span, catalogue: Catalogue, code: MunicipalityCode, need: RoutingNeed, on: date,
    closed: Sequence[UnitId] = (),
) -> Stretch:  # fmt: skip
    name = catalogue.municipalities[code].name
    ask = _organisation(catalogue, code, need, on)
    gone = [catalogue.units[each].name for each in closed if each in catalogue.units]
    why = f" {' og '.join(gone)} er lukket, og ingen har taget over." if gone else ""
    whom = "" if ask is None else f" Spørg {ask.name}."
    says = f"Kataloget ved ikke, hvem der i {name} er indgangen til {NEEDS[need]} {span.says()}.{why}{whom}"
    return Stretch(span, gap=says, ask=ask)


def _organisation(catalogue: Catalogue, code: MunicipalityCode, need: RoutingNeed, on: date) -> Organisation | None:
    """Return whom to ask: the region for midwives (R47), the municipality for all else."""
    region = region_of(catalogue, code, on) if need is RoutingNeed.MIDWIFERY else None
    for one in catalogue.organisations.values():
        if region is not None and one.kind is OrganisationKind.REGION and one.region == region.code:
            return one
        if region is None and one.kind is OrganisationKind.MUNICIPALITY and one.municipality == code:
            return one
    return None


def _range(ends: tuple[int, int]) -> str:
    first, last = ends
    return str(first) if first == last else f"{first}-{last}"
