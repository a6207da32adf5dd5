"""Who goes on when something ends: the regions by law (R47), units by what their owners have said."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.directory.domain.codes import OrganisationKind, UnitKind
from services.directory.domain.errors import BadData
from services.directory.domain.model import Organisation, OrganisationId, Region, RegionCode, Unit, UnitId
from services.directory.domain.succession import (
    Belonging,
    Heir,
    Period,
    belonging,
    broken,
    lawful_heirs,
    owner,
    period,
    successors,
)
from shared.vocabulary import Sector

DAY = timedelta(days=1)
MERGER = date(2027, 1, 1)
HOVEDSTADEN, SJAELLAND, NORD = OrganisationId("region-hovedstaden"), OrganisationId("sjaelland"), OrganisationId("nord")
OESTDANMARK, CLINIC = OrganisationId("region-oestdanmark"), OrganisationId("clinic")
OLD, OLD_TOO, NEW, APART = RegionCode("1084"), RegionCode("1085"), RegionCode("oestdanmark"), RegionCode("1081")
BEGAN = date(2007, 1, 1)
REGIONS = {
    OLD: Region(OLD, "Region Hovedstaden", BEGAN, MERGER, NEW, "R47"),
    OLD_TOO: Region(OLD_TOO, "Region Sjælland", BEGAN, MERGER, NEW, "R47"),
    NEW: Region(NEW, "Region Østdanmark", MERGER, None, None, "R47"),
    APART: Region(APART, "Region Nordjylland", BEGAN, None, None, "R47"),
}


def organisation(number: OrganisationId, region: RegionCode | None = None, **changes: Any) -> Organisation:
    """Return a region's organisation, or a private one where no region is given."""
    kind = OrganisationKind.PRIVATE if region is None else OrganisationKind.REGION
    made = Organisation(number, number.title(), kind, None, region, example=False, source=())
    return replace(made, **changes)


ORGANISATIONS = {
    HOVEDSTADEN: organisation(HOVEDSTADEN, OLD, valid_to=MERGER, successor=OESTDANMARK),
    SJAELLAND: organisation(SJAELLAND, OLD_TOO, valid_to=MERGER, successor=OESTDANMARK),
    OESTDANMARK: organisation(OESTDANMARK, NEW, valid_from=MERGER),
    NORD: organisation(NORD, APART),
    CLINIC: organisation(CLINIC),
}
HEIRS = lawful_heirs(ORGANISATIONS, REGIONS)
A, B, C, D = map(UnitId, "abcd")


def unit(of: OrganisationId = HOVEDSTADEN, **changes: Any) -> Unit:
    """Return a unit of midwives."""
    made = Unit(A, "A", (), of, UnitKind.MIDWIFERY, Sector.REGIONAL_HEALTH, None, None, example=False, source=())
    return replace(made, **changes)


@dataclass(frozen=True, slots=True)
class Short:
    """A unit, as far as succession knows it."""

    valid_from: date | None = None
    valid_to: date | None = None
    successor: UnitId | None = None


def test_the_regions_say_who_follows_whom_by_law() -> None:
    assert {HOVEDSTADEN: Heir(OESTDANMARK, MERGER), SJAELLAND: Heir(OESTDANMARK, MERGER)} == HEIRS


@pytest.mark.parametrize("of", [HOVEDSTADEN, SJAELLAND])
@pytest.mark.parametrize(
    ("on", "whose"),
    [(BEGAN, None), (MERGER - DAY, None), (MERGER, OESTDANMARK), (MERGER + DAY, OESTDANMARK),
     (date(2040, 1, 1), OESTDANMARK)],
)  # fmt: skip
def test_a_regions_unit_changes_hands_on_the_first_of_january(
    of: OrganisationId, on: date, whose: OrganisationId | None
) -> None:
    assert belonging(of, HEIRS, on) == (Belonging(of) if whose is None else Belonging(whose, of, MERGER))


@pytest.mark.parametrize("of", [NORD, OESTDANMARK, CLINIC, OrganisationId("nobody")])
def test_everybody_else_stays_where_they_are(of: OrganisationId) -> None:
    assert {belonging(of, HEIRS, MERGER + step * DAY) for step in (-1, 0, 1)} == {Belonging(of)}


def test_a_takeover_that_is_not_the_laws_moves_nobody() -> None:
    bought = ORGANISATIONS | {CLINIC: organisation(CLINIC, valid_to=MERGER, successor=NORD)}
    heirs = lawful_heirs(bought, REGIONS)
    assert belonging(CLINIC, heirs, MERGER + DAY) == Belonging(CLINIC)
    assert period(unit(CLINIC), bought, heirs) == Period(None, MERGER)
    assert period(unit(CLINIC, valid_to=MERGER + DAY), bought, heirs) == Period(None, MERGER)
    assert period(unit(CLINIC, valid_to=MERGER - DAY), bought, heirs) == Period(None, MERGER - DAY)


def test_only_a_regions_own_organisation_is_moved_by_law() -> None:
    others = {
        OrganisationId(kind): replace(organisation(OrganisationId(kind), OLD), kind=kind)
        for kind in OrganisationKind
        if kind is not OrganisationKind.REGION
    }
    assert lawful_heirs(ORGANISATIONS | others, REGIONS) == HEIRS


def test_a_regions_unit_does_not_end_with_its_region() -> None:
    got = period(unit(), ORGANISATIONS, HEIRS)
    assert got == Period(None, None)
    assert got.holds(MERGER + DAY)


@pytest.mark.parametrize(
    ("said", "lasts"),
    [
        ({"valid_to": MERGER - DAY}, Period(None, MERGER - DAY)),
        ({"valid_to": MERGER + DAY}, Period(None, MERGER + DAY)),
        ({"valid_from": BEGAN, "valid_to": MERGER}, Period(BEGAN, MERGER)),
        ({"organisation": OESTDANMARK}, Period(MERGER, None)),
        ({"organisation": OESTDANMARK, "valid_from": MERGER + DAY}, Period(MERGER + DAY, None)),
        ({"organisation": OESTDANMARK, "valid_from": BEGAN}, Period(MERGER, None)),
        ({"organisation": NORD}, Period(None, None)),
    ],
)
def test_a_unit_lasts_as_long_as_it_says_and_its_organisation_does(said: dict[str, Any], lasts: Period) -> None:
    assert period(unit(**said), ORGANISATIONS, HEIRS) == lasts


@pytest.mark.parametrize(
    ("on", "holds"), [(MERGER - DAY, False), (MERGER, True), (MERGER + 8 * DAY, True), (MERGER + 9 * DAY, False)]
)
def test_a_period_has_its_first_day_and_not_its_last(on: date, holds: bool) -> None:  # noqa: FBT001
    assert Period(MERGER, MERGER + 9 * DAY).holds(on) is holds


@pytest.mark.parametrize("takers", [0, 2])
def test_a_region_without_just_one_heir_is_refused(takers: int) -> None:
    some = {number: replace(one, successor=None) for number, one in ORGANISATIONS.items() if number != OESTDANMARK}
    some |= {
        OrganisationId(f"new-{place}"): organisation(OrganisationId(f"new-{place}"), NEW) for place in range(takers)
    }
    with pytest.raises(BadData):
        lawful_heirs(some, REGIONS)


def test_nobody_names_another_heir_than_the_law_does() -> None:
    with pytest.raises(BadData):
        lawful_heirs(ORGANISATIONS | {SJAELLAND: organisation(SJAELLAND, OLD_TOO, successor=NORD)}, REGIONS)
    unsaid = ORGANISATIONS | {SJAELLAND: organisation(SJAELLAND, OLD_TOO)}
    assert lawful_heirs(unsaid, REGIONS) == HEIRS


def test_heirs_in_a_circle_are_refused() -> None:
    circle = {HOVEDSTADEN: Heir(OESTDANMARK, MERGER), OESTDANMARK: Heir(HOVEDSTADEN, MERGER + DAY)}
    with pytest.raises(BadData):
        belonging(HOVEDSTADEN, circle, MERGER + DAY)


def test_heirs_may_have_heirs() -> None:
    later = MERGER + 365 * DAY
    heirs = {HOVEDSTADEN: Heir(OESTDANMARK, MERGER), OESTDANMARK: Heir(NORD, later)}
    assert belonging(HOVEDSTADEN, heirs, later - DAY) == Belonging(OESTDANMARK, HOVEDSTADEN, MERGER)
    assert belonging(HOVEDSTADEN, heirs, later) == Belonging(NORD, OESTDANMARK, later)


def test_the_line_of_successors_is_told_in_order_and_never_in_a_circle() -> None:
    units = {A: Short(successor=B), B: Short(successor=C), C: Short(), D: Short(successor=UnitId("nobody"))}
    assert (successors(A, units), successors(C, units), successors(D, units)) == ((A, B, C), (C,), (D,))
    assert successors(UnitId("nobody"), units) == ()
    for circle in ({A: Short(successor=A)}, {A: Short(successor=B), B: Short(successor=A)}):
        with pytest.raises(BadData):
            successors(A, circle)


CLOSING = {A: Short(None, MERGER, B), B: Short(MERGER - DAY, MERGER + 5 * DAY, C), C: Short(MERGER + 7 * DAY, None)}


@pytest.mark.parametrize(("day", "whose"), [(-1, A), (0, B), (4, B), (5, None), (6, None), (7, C), (1000, C)], ids=str)
def test_an_offer_follows_its_unit_to_whoever_took_over_and_is_there(day: int, whose: UnitId | None) -> None:
    assert owner(A, CLOSING, MERGER + day * DAY) == whose


def test_an_offer_of_a_unit_that_nobody_took_over_is_its_organisations() -> None:
    units = {A: Short(None, MERGER), B: Short(None, MERGER, UnitId("nobody"))}
    assert [owner(each, units, MERGER) for each in (A, B, C)] == [None, None, None]
    assert owner(A, units, MERGER - DAY) == A


def test_a_unit_that_opens_later_already_owns_its_offers() -> None:
    assert owner(A, {A: Short(MERGER, None)}, MERGER - 90 * DAY) == A


DAYS = st.one_of(st.none(), st.integers(0, 9).map(lambda day: MERGER + day * DAY))


@given(
    st.lists(st.tuples(DAYS, DAYS), min_size=4, max_size=4), st.permutations([A, B, C, D]), st.integers(0, 4),
    st.integers(-1, 10),
)  # fmt: skip
def test_an_owner_is_there_or_is_nobody(
    terms: list[tuple[date | None, date | None]], order: list[UnitId], linked: int, day: int
) -> None:
    """Against the plainest way to say it: the first in line that is there; the first of all even before it opens."""
    on = MERGER + day * DAY
    units = {
        number: Short(*terms[place], order[place + 1] if place < min(linked, 3) else None)
        for place, number in enumerate(order)
    }
    line = order[: min(linked, 3) + 1]
    open_ones = [
        number for place, number in enumerate(line)
        if ((units[number].valid_from or date.min) <= on or place == 0) and on < (units[number].valid_to or date.max)
    ]  # fmt: skip
    assert owner(order[0], units, on) == (open_ones[0] if open_ones else None)


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        (Short(None, MERGER, B), Short(MERGER), None),
        (Short(None, MERGER, B), Short(), None),
        (Short(None, MERGER), Short(), None),
        (Short(successor=B), Short(), "står der, men valid_to mangler"),
        (Short(None, MERGER, C), Short(), "nævner 'c', som ikke findes"),
        (Short(None, MERGER, A), Short(), "kommer tilbage til sig selv"),
        (Short(None, MERGER, B), Short(MERGER + DAY), "er der ikke den dag, den overtager"),
        (Short(None, MERGER, B), Short(None, MERGER), "er der ikke den dag, den overtager"),
    ],
)
def test_a_successor_that_cannot_be_one_is_a_flaw(one: Short, other: Short, said: str | None) -> None:
    flaws = broken({A: one, B: other}, "units.toml")
    assert [(each.file, each.table, each.field, each.said) for each in flaws] == (
        [] if said is None else [("units.toml", A, "successor", said)]
    )


def test_both_of_a_circle_are_flaws() -> None:
    flaws = broken({A: Short(None, MERGER, B), B: Short(None, MERGER + DAY, A)}, "units.toml")
    assert [each.table for each in flaws] == [A, B]


def test_the_small_world_agrees_with_itself() -> None:
    """What `broken` lets pass, `owner` never loses on the day of closing."""
    terms = (None, MERGER, MERGER + DAY)
    for begins, ends, to in product(terms, terms, (B, C, None)):
        units = {A: Short(None, MERGER, to), B: Short(begins, ends)}
        if to is not None and not broken(units, "f"):
            assert owner(A, units, MERGER) == B
        if to is None:
            assert owner(A, units, MERGER) is None
