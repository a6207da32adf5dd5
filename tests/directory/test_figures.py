"""The figures of seed 003, counted from offers: kinds, ways in, coverage, typology, summary and gaps."""

from dataclasses import replace
from datetime import date
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.directory.actions.figures import read_survey
from services.directory.domain.codes import Access, Audience, Form, Profession, Theme
from services.directory.domain.figures.counted import Counted, counted
from services.directory.domain.figures.coverage import ALL, SHARED_ENTRANCE, Coverage, Declaration, lapses_on
from services.directory.domain.figures.kinds import (
    FIGURE_7,
    FIGURE_10,
    KINDS,
    Door,
    Kind,
    concerns,
    door,
    recognise,
    together,
)
from services.directory.domain.figures.picture import Group, Picture, State
from services.directory.domain.figures.summary import DIFFERENCES, Figure, Share, kind_of, summary
from services.directory.domain.model import (
    Catalogue,
    MunicipalityCode,
)
from services.directory.domain.places import middles
from tests.support.figured import DAY, A, B, C, numbered, offer, picture, town, word

SURVEY = read_survey()


# --- kinds ---


@pytest.mark.parametrize(
    ("said", "kinds"),
    [
        ({"form": ["group", "course"], "access": ["professional_referral"]},
         {"group", "parenting_course", "group_guidance"}),
        ({"form": ["individual"], "access": ["open_anonymous"]}, {"open", "individual", "individual_guidance"}),
        ({"form": ["individual"], "access": ["assessment"], "dose": {"sessions_to": 1}},
         {"other", "individual_guidance"}),
        ({"form": ["phone"], "access": ["self_referral"]}, {"open", "individual_guidance"}),
        ({"form": ["mentor"], "access": ["assessment"]}, {"contact_or_mentor", "mentor"}),
        ({"form": ["home_visit"], "name": "Kontaktperson", "access": ["assessment"]},
         {"individual", "individual_guidance", "contact_or_mentor"}),
        ({"form": ["cafe"], "access": ["open"]}, {"open", "cafe"}),
        ({"form": ["drop_in"], "access": ["open"]}, {"open", "open_house"}),
        ({"form": ["cafe"], "name": "Åbent hus i sundhedsplejen", "access": ["open"]}, {"open", "cafe", "open_house"}),
        ({"form": ["couple"], "access": ["assessment"]}, {"individual", "couple"}),
        ({"form": ["group"], "access": ["open"], "themes": ["fathers"]},
         {"open", "group", "group_guidance", "fathers"}),
        ({"form": ["group"], "access": ["open"], "target": {"audience": ["father", "partner"]}},
         {"open", "group", "group_guidance", "fathers"}),
        ({"form": ["group"], "access": ["open"], "target": {"audience": ["father", "mother"]}},
         {"open", "group", "group_guidance"}),
        ({"form": ["residential"], "access": ["assessment"]}, {"other"}),
        ({"form": ["group"], "access": ["assessment"], "methods": ["COS-P"]}, {"group", "group_guidance", "other"}),
        ({"form": ["course"], "access": ["assessment"], "target": {"audience": ["child"]}}, {"group"}),
    ],
)  # fmt: skip
def test_each_kind_is_recognised_by_what_the_offer_says(said: dict[str, Any], kinds: set[str]) -> None:
    found = recognise(offer(**said))
    assert found.kinds == kinds
    assert found.perhaps == frozenset()


def test_what_an_offer_does_not_say_stays_possible() -> None:
    silent = recognise(offer(themes=["fathers"]))
    assert silent.kinds == {Kind.FATHERS}
    assert silent.perhaps == frozenset(Kind) - {Kind.FATHERS}
    assert recognise(offer(form=["group"])).perhaps == {Kind.OPEN}
    assert Kind.OTHER not in recognise(offer(form=["residential"])).kinds


@given(
    form=st.frozensets(st.sampled_from(Form), max_size=3),
    access=st.frozensets(st.sampled_from(Access), max_size=3),
    audience=st.frozensets(st.sampled_from(Audience), max_size=3),
    themes=st.frozensets(st.sampled_from(Theme), min_size=1, max_size=3),
)
def test_saying_more_never_makes_impossible_what_was_said(
    form: frozenset[Form], access: frozenset[Access], audience: frozenset[Audience], themes: frozenset[Theme]
) -> None:
    bare = offer()
    full = replace(bare, form=form, access=access, themes=themes, target=replace(bare.target, audience=audience))
    found, without = recognise(full), recognise(replace(full, form=frozenset(), access=frozenset()))
    assert not found.kinds & found.perhaps
    assert found.kinds <= without.kinds | without.perhaps
    if form and access:
        assert found.kinds & frozenset(FIGURE_7), "figure 7 has a kind for every offer"
        assert not found.perhaps


def test_every_kind_is_told_and_stands_in_one_figure_of_the_survey() -> None:
    assert set(KINDS) == set(Kind) == set(FIGURE_7) | set(FIGURE_10)
    told = [kind_of(number, each.code) for number in (7, 10) for each in SURVEY.figures[number].answers]
    assert sorted(told) == sorted(Kind)


@pytest.mark.parametrize(
    ("access", "way"),
    [
        (["open"], Door.OPEN), (["self_referral"], Door.OPEN), (["open", "professional_referral"], Door.OPEN),
        (["assessment"], Door.ASSESSED), (["professional_referral"], Door.ASSESSED),
        (["open", "assessment"], Door.BOTH),
        (["internal"], None), ([], None),
    ],
)  # fmt: skip
def test_the_way_in(access: list[str], way: Door | None) -> None:
    assert door(offer(access=access)) is way


def test_several_ways_in_are_seen_as_one() -> None:
    for one, other in product([*Door], repeat=2):
        assert together(frozenset({one, other})) is (one if one is other else Door.BOTH)
    assert together(frozenset()) is None


def test_only_what_is_for_these_families_is_counted() -> None:
    assert concerns(offer())
    assert concerns(offer(target={"child_age_months_from": 83}))
    assert not concerns(offer(target={"child_age_months_from": 84}))
    assert concerns(offer(target={"child_age_months_from": 84, "audience": ["pregnant"]}))
    assert not concerns(offer(target={"audience": ["staff"]}))
    assert counted(offer(example=True, municipalities=[A]), town(), DAY, middles(town())) is None


# --- coverage ---


def test_a_word_counts_for_twelve_months_and_the_last_one_decides() -> None:
    first = word(A, "cafe", date(2025, 11, 23))
    assert Coverage([first], DAY).complete(A, "cafe")
    assert not Coverage([first], date(2026, 11, 23)).complete(A, "cafe")
    assert not Coverage([first], date(2025, 11, 22)).complete(A, "cafe"), "not before it was said"
    assert not Coverage([first], DAY).complete(A, "mentor")
    assert not Coverage([first], DAY).complete(B, "cafe")
    assert Coverage([word(A)], DAY).complete(A, "mentor"), "all is every kind"
    taken_back = [word(A, hour=8), word(A, "cafe", complete=False, hour=9)]
    assert not Coverage(reversed(taken_back), DAY).complete(A, "cafe")
    assert Coverage(taken_back, DAY).complete(A, "mentor")
    assert Coverage([*taken_back, word(A, hour=10)], DAY).complete(A, "cafe")
    assert [each.kind for each in Coverage(taken_back, DAY).counting()] == [ALL]
    renewed = Coverage([*taken_back, word(A, hour=10)], DAY)
    assert [each.kind for each in renewed.counting()] == [ALL]
    assert not renewed.named(A, "cafe"), "of this very kind it has said the opposite"


def test_a_word_of_a_leap_day_lapses_too() -> None:
    assert lapses_on(date(2028, 2, 29)) == date(2029, 3, 1)
    assert lapses_on(DAY) == date(2027, 11, 22)


# --- the table ---


def test_no_offer_is_no_data_until_the_municipality_says_its_list_is_complete() -> None:
    assert picture(town(), []).cell(A, Kind.CAFE).state is State.NO_DATA
    assert picture(town(), [], word(A, "cafe")).cell(A, Kind.CAFE).state is State.NONE
    assert picture(town(), [], word(A, "mentor")).cell(A, Kind.CAFE).state is State.NO_DATA
    unclear = picture(town(), [offer(municipalities=[A])], word(A)).cell(A, Kind.CAFE)
    assert (unclear.state, unclear.unclear) == (State.NO_DATA, 1), "it may be a café for all it says"
    said = picture(town(), [offer(municipalities=[A])], word(A), word(A, "cafe"))
    assert said.cell(A, Kind.CAFE).state is State.NONE, "the municipality knows that it is none"


def test_a_cell_tells_offers_own_offers_and_ways_in() -> None:
    offers = numbered(
        offer(form=["cafe"], access=["open"], municipalities=[A, B]),
        offer(form=["cafe"], access=["assessment"], unit="v-unit", municipalities=[A]),
        offer(form=["cafe"], access=["internal"], unit="v-unit", partners=["a"], municipalities=[A]),
        offer(form=["cafe"], access=["open"], unit="v-unit", nationwide=True),
    )
    shown = picture(town(), offers)
    cell = shown.cell(A, Kind.CAFE)
    assert (cell.offers, cell.own, cell.open, cell.assessed, cell.both, cell.unsaid) == (3, 2, 1, 1, 0, 1)
    assert cell.door is Door.BOTH
    assert shown.own_door(A, Kind.CAFE) is Door.OPEN
    assert (shown.cell(B, Kind.CAFE).offers, shown.cell(B, Kind.CAFE).own) == (1, 0)
    assert shown.cell(C, Kind.CAFE).state is State.NO_DATA, "nationwide is not of a municipality"
    assert shown.has(A, Kind.CAFE) is True
    assert shown.has(B, Kind.CAFE) is None
    assert picture(town(), offers, word(B)).has(B, Kind.CAFE) is False


def test_what_others_leave_open_does_not_open_what_the_municipality_gives_itself() -> None:
    shown = picture(town(), [offer(municipalities=[A], unit="v-unit")], word(A))
    assert shown.cell(A, Kind.CAFE).state is State.NO_DATA
    assert shown.has(A, Kind.CAFE) is False


def test_an_offer_given_elsewhere_is_not_the_givers_own_there() -> None:
    away = counted(offer(municipalities=[B]), town(), DAY, middles(town()))
    assert away is not None
    assert (away.given_in, away.own_of) == (frozenset({B}), frozenset[MunicipalityCode]())


def test_an_offer_without_a_place_is_given_where_its_unit_is() -> None:
    assert picture(town(), [offer(form=["cafe"])]).cell(A, Kind.CAFE).own == 1


# --- typology ---


@pytest.mark.parametrize(
    ("house", "words", "offers", "group"),
    [
        ({"multidisciplinary": True, "for_ages": "0-6"}, [], [], Group.ENTRANCE_0_6),
        ({"multidisciplinary": True, "for_ages": "0-18"}, [], [], Group.ENTRANCE_0_18),
        ({"multidisciplinary": True}, [word(A)], [], None),
        ({"multidisciplinary": True, "for_ages": "0-6", "valid_to": DAY}, [], [], None),
        ({"multidisciplinary": False}, [], [], None),
        ({"multidisciplinary": False}, [word(A, SHARED_ENTRANCE)], [], None),
        ({"multidisciplinary": False}, [word(A, SHARED_ENTRANCE)], [{"partners": ["v"]}], Group.EFFORTS),
        ({"multidisciplinary": False}, [word(A)], [{}], Group.NEITHER),
        ({}, [word(A)], [], None),
    ],
)
def test_the_group_follows_from_units_offers_and_the_municipalitys_word(
    house: dict[str, Any], words: list[Declaration], offers: list[dict[str, Any]], group: Group | None
) -> None:
    told = [offer(municipalities=[A], **each) for each in offers]
    assert picture(town(a=house), told, *words).group(A) is group


# --- the summary ---


def lines(shown: Picture, number: int) -> dict[str, Any]:
    figures: dict[int, Figure] = {each.number: each for each in summary(shown, SURVEY)}
    return {each.code: each for each in figures[number].lines}


def told(share: Share) -> tuple[int, int, int]:
    return share.yes, share.of, share.no_data


def test_municipalities_without_data_never_count_as_a_no() -> None:
    cafe = offer(form=["cafe"], access=["open"], municipalities=[A])
    assert told(lines(picture(town(), [cafe]), 10)["cafe"].directory) == (1, 1, 2)
    assert told(lines(picture(town(), [cafe], word(B)), 10)["cafe"].directory) == (1, 2, 1)


def test_a_percent_is_taken_only_of_those_that_could_have_been_a_no() -> None:
    cafe = offer(form=["cafe"], access=["open"], municipalities=[A])
    assert lines(picture(town(), [cafe]), 10)["cafe"].directory.percent is None, "a lone yes would be 100 %"
    assert lines(picture(town(), [cafe], word(B)), 10)["cafe"].directory.percent == 0
    assert lines(picture(town(), [cafe], word(A), word(B)), 10)["cafe"].directory.percent == 50
    assert lines(picture(town(), [cafe], word(A, "cafe"), word(B), word(C)), 10)["cafe"].directory.percent == 33
    assert Share(0, 0, 0, 2, 3).percent == 67


def test_the_typology_and_the_shared_entrance_are_counted_by_group() -> None:
    house = {"multidisciplinary": True, "professions": frozenset({Profession.MIDWIFE, Profession.PSYCHOLOGIST})}
    catalogue = town(a={**house, "for_ages": "0-6"}, b={"multidisciplinary": True, "for_ages": "0-18"})
    shown = picture(catalogue, [offer(access=["open"], municipalities=[A])], word(A))
    groups = lines(shown, 3)
    counts = [told(groups[f"group_{number}"].directory) for number in (1, 2, 3, 4)]
    assert counts == [(1, 2, 1), (1, 2, 1), (0, 2, 1), (0, 2, 1)]
    assert groups["group_1"].directory.percent == 100
    assert groups["group_1"].survey == {"municipalities": 19, "of": 92}
    staff = lines(shown, 5)
    assert (told(staff["midwife"].directory), told(staff["other"].directory)) == ((1, 1, 1), (1, 1, 1))
    assert told(staff["social_worker"].directory) == (0, 1, 1)
    assert staff["social_worker"].directory.percent == 0
    assert {group: told(share) for group, share in staff["midwife"].groups.items()} == {1: (1, 1, 0), 2: (0, 0, 1)}
    assert staff["midwife"].survey == {"all": 29, "group_1": 37, "group_2": 20}
    assert told(lines(shown, 6)["open_only"].directory) == (1, 1, 1)
    assert told(lines(shown, 6)["both"].directory) == (0, 1, 1)


def test_only_a_shared_entrance_tells_who_works_there() -> None:
    house = {"professions": frozenset({Profession.MIDWIFE})}
    assert picture(town(a=house), []).entrance_professions(A) == frozenset()
    shown = picture(town(a={**house, "multidisciplinary": True, "for_ages": "0-6"}), [])
    assert told(lines(shown, 5)["other"].directory) == (0, 1, 0)


def test_figure_11_asks_only_those_that_have_the_offer_and_say_how_one_gets_in() -> None:
    offers = numbered(
        offer(form=["cafe"], access=["open"], municipalities=[A]),
        offer(form=["cafe"], access=["assessment"], unit="b-house", municipalities=[B]),
    )
    found = lines(picture(town(), offers, word(C)), 11)["cafe_open"].directory
    assert (told(found), found.percent) == ((1, 2, 1), 50)


def test_every_figure_says_how_it_differs_from_the_survey() -> None:
    assert [each.number for each in summary(picture(town(), []), SURVEY)] == [3, 5, 6, 7, 10, 11] == sorted(DIFFERENCES)


# --- the real data ---


def test_the_real_data_can_be_counted(catalogue: Catalogue) -> None:
    shown = picture(catalogue, list(catalogue.offers.values()))
    assert len(shown.municipalities) == 98
    esbjerg = shown.cell(MunicipalityCode("0561"), Kind.GROUP)
    assert (esbjerg.state, esbjerg.own) == (State.SOME, esbjerg.offers)
    for figure in summary(shown, SURVEY):
        for line in figure.lines:
            assert line.directory.of + line.directory.no_data <= 98
            assert 0 <= line.directory.yes <= line.directory.of
    assert not any(shown.cell(code, kind).state is State.NONE for code in shown.municipalities for kind in Kind)


def test_an_offer_is_counted_once_however_often_it_is_told(catalogue: Catalogue) -> None:
    told: list[Counted] = list(picture(catalogue, list(catalogue.offers.values())).offers)
    assert len({each.id for each in told}) == len(told)
    assert all(each.own_of <= each.given_in for each in told)
