"""The rules of who to turn to: Helsingør as its report tells, every step answered once, and gaps said aloud (R39)."""

import tomllib
from dataclasses import replace
from datetime import date

import pytest

from services.directory.domain.errors import BadData
from services.directory.domain.model import Catalogue, MunicipalityCode, UnitId
from services.directory.domain.routing import (
    FILE,
    LAST_MONTH,
    LAST_WEEK,
    STEPS,
    RoutingNeed,
    Rule,
    Span,
    at_age,
    at_step,
    authorities,
    check_against,
    in_week,
    read_rules,
    stretches,
)
from services.directory.load import DATA
from tests.directory.conftest import TODAY

HELSINGOER = MunicipalityCode("0217")
HOUSE, FAMILY_COUNSEL = "helsingoer-smaaboernshuset", "helsingoer-familieraadgivningen"
RULE = """
[[rule]]
municipality = "0217"
need = "authority"
units = ["helsingoer-smaaboernshuset"]
child_age_months_from = 0
child_age_months_to = 47
why = "Huset har myndighed."
source = [{ seed = "000", lines = "157-160" }]
"""


@pytest.fixture(scope="module")
def rules() -> tuple[Rule, ...]:
    """The rules as they are shipped."""
    return read_rules((DATA / FILE).read_text("utf-8"))


def named(
    rules: tuple[Rule, ...], catalogue: Catalogue, need: RoutingNeed, step: int, where: str = HELSINGOER
) -> list[str]:
    found = stretches(rules, catalogue, MunicipalityCode(where), need, TODAY)
    return [each.unit.id for each in at_step(found, step).units]


@pytest.mark.parametrize(
    ("step", "unit"),
    [
        (in_week(0), HOUSE),
        (in_week(17), HOUSE),
        (in_week(LAST_WEEK), HOUSE),
        (at_age(0), HOUSE),
        (at_age(47), HOUSE),
        (at_age(48), FAMILY_COUNSEL),
        (at_age(LAST_MONTH), FAMILY_COUNSEL),
    ],
)
def test_in_helsingoer_the_house_decides_until_four_and_the_family_counsel_from_then(
    rules: tuple[Rule, ...], catalogue: Catalogue, step: int, unit: str
) -> None:
    assert named(rules, catalogue, RoutingNeed.AUTHORITY, step) == [unit]


def test_the_first_familys_midwives_and_house_are_named(rules: tuple[Rule, ...], catalogue: Catalogue) -> None:
    assert named(rules, catalogue, RoutingNeed.MIDWIFERY, in_week(17)) == ["noh-jordemodercenter"]
    assert named(rules, catalogue, RoutingNeed.EARLY_SUPPORT, in_week(17)) == [HOUSE]


@pytest.mark.parametrize("day", [date(2022, 7, 31), TODAY, date(2027, 1, 1)])
@pytest.mark.parametrize("need", list(RoutingNeed))
def test_every_week_and_month_in_every_municipality_has_units_or_a_gap_and_just_one_of_them(
    rules: tuple[Rule, ...], catalogue: Catalogue, need: RoutingNeed, day: date
) -> None:
    for code in catalogue.municipalities:
        found = stretches(rules, catalogue, code, need, day)
        covered = [step for each in found for step in range(each.span.first, each.span.last)]
        assert covered == list(range(STEPS)), code
        for each in found:
            assert bool(each.units) is (each.gap is None), code
            assert each.units or each.ask is not None, code


@pytest.mark.parametrize(("day", "asked"), [("2026-12-31", "region-hovedstaden"), ("2027-01-01", "oestdanmark")])
def test_who_has_no_midwives_named_is_sent_to_the_region_of_that_day(
    rules: tuple[Rule, ...], catalogue: Catalogue, day: str, asked: str
) -> None:
    """R47: Region Østdanmark answers from its first day."""
    found = stretches(rules, catalogue, MunicipalityCode("0101"), RoutingNeed.MIDWIFERY, date.fromisoformat(day))
    (gap,) = found
    assert gap.ask is not None
    assert asked in gap.ask.id
    assert gap.gap is not None
    assert gap.ask.name in gap.gap


def test_a_gap_names_the_municipality_to_ask(rules: tuple[Rule, ...], catalogue: Catalogue) -> None:
    (gap,) = stretches(rules, catalogue, MunicipalityCode("0101"), RoutingNeed.AUTHORITY, TODAY)
    assert gap.gap == (
        "Kataloget ved ikke, hvem der i København er indgangen til myndighed efter barnets lov i graviditeten og når "
        "barnet er 0-5 år. Spørg Københavns Kommune."
    )


def test_before_the_house_was_there_nobody_is_named(rules: tuple[Rule, ...], catalogue: Catalogue) -> None:
    (gap,) = stretches(rules, catalogue, HELSINGOER, RoutingNeed.AUTHORITY, date(2022, 7, 31))
    assert gap.span == Span(0, STEPS)
    assert gap.gap is not None


def test_a_rules_unit_that_has_closed_is_followed_by_who_took_over_or_by_a_gap(
    rules: tuple[Rule, ...], catalogue: Catalogue
) -> None:
    house, counsel = catalogue.units[UnitId(HOUSE)], catalogue.units[UnitId(FAMILY_COUNSEL)]
    for heir, expected in ((counsel.id, [FAMILY_COUNSEL]), (None, [])):
        closed = catalogue.units | {house.id: replace(house, valid_to=TODAY, successor=heir)}
        changed = replace(catalogue, units=closed)
        found = at_step(stretches(rules, changed, HELSINGOER, RoutingNeed.AUTHORITY, TODAY), in_week(17))
        assert [each.unit.id for each in found.units] == expected
        assert (found.gap is None) is bool(expected)
    assert "Småbørnshuset er lukket" in str(found.gap)


def test_a_house_that_decides_is_an_authority_though_it_is_none_by_its_kind(
    rules: tuple[Rule, ...], catalogue: Catalogue
) -> None:
    assert HOUSE in authorities(rules, catalogue, TODAY)
    assert "helsingoer-sundhedstjenesten" not in authorities(rules, catalogue, TODAY)


def test_the_shipped_rules_name_only_what_is_there(rules: tuple[Rule, ...], catalogue: Catalogue) -> None:
    check_against(rules, catalogue)
    assert len(rules) == len(tomllib.loads((DATA / FILE).read_text("utf-8"))["rule"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (RULE + RULE.replace("from = 0", "from = 47").replace("to = 47", "to = 71"), "også dækker"),
        (RULE.replace("months_to = 47", "months_to = 72"), "helt tal fra 0 til 71"),
        (RULE.replace("child_age_months_to = 47\n", ""), "skal udfyldes, når den anden er det"),
        (RULE.replace('"authority"', '"money"'), "er ikke en af"),
        (RULE.replace('units = ["helsingoer-smaaboernshuset"]', "units = []"), "mindst én enhed"),
        (RULE.replace('source = [{ seed = "000", lines = "157-160" }]', ""), "mindst én kilde"),
        (RULE + 'whom = "x"\n', "findes ikke som felt"),
        ("[[rule", "Expected"),
    ],
)
def test_rules_are_read_strictly(text: str, said: str) -> None:
    with pytest.raises(BadData, match=said):
        read_rules(text)


def test_a_rule_for_another_day_is_no_second_answer() -> None:
    later = RULE + "valid_from = 2027-01-01\n"
    assert len(read_rules(RULE + "valid_to = 2027-01-01\n" + later)) == 2
    with pytest.raises(BadData, match="også dækker"):
        read_rules(RULE + "valid_to = 2027-01-02\n" + later)


@pytest.mark.parametrize(("right", "wrong"), [("helsingoer-smaaboernshuset", "nobody"), ("0217", "9999")])
def test_an_unknown_unit_or_municipality_is_an_error(catalogue: Catalogue, right: str, wrong: str) -> None:
    check_against(read_rules(RULE), catalogue)
    with pytest.raises(BadData, match="findes"):
        check_against(read_rules(RULE.replace(right, wrong)), catalogue)
