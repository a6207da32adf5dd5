"""Who speaks for whom on a given day, and what may be recorded of a person (R26–R28, R38, R39)."""

import csv
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.consent.domain import errors, people
from services.consent.domain.errors import ConsentError
from services.consent.domain.model import Capacity, PersonId, Voice
from services.consent.domain.municipalities import MUNICIPALITIES
from services.consent.domain.people import Basis, Facts, Holder, Residence
from tests.support.consents import ADAM, ADULT, CHILD, EXPECTED, GUARDIAN, JASMIN, SOFIE, TODAY, TWO
from tests.support.reference import fifteenth, speakers

MUNICIPALITIES_FILE = Path(__file__).parents[2] / "services/directory/data/municipalities.csv"
NEXT = timedelta(days=1)
BORN = date(2024, 3, 1)
HERE = Residence("0461", "0461", Basis.CUSTODY_HOLDER, date(2020, 1, 1))
GIRL = Facts(born=date(2011, 5, 5))  # fifteen tomorrow
MIRA = PersonId(UUID(int=8))


def test_everybodys_voices_are_those_of_the_reference() -> None:
    """Every combination of what may be known of a person, on days around every edge."""
    births = (None, BORN, date(2011, 5, 4), date(2012, 2, 29))
    mothers = ((None, None), (SOFIE, None), (None, TODAY), (SOFIE, TODAY))
    holders = ((), TWO, TWO[:1], (Holder(ADAM, date(2023, 1, 1)), Holder(SOFIE, TODAY)))
    represented = (None, Holder(GUARDIAN, TODAY))
    days = [date(2026, 5, 3), TODAY, date(2026, 5, 5), date(2027, 2, 28), date(2027, 3, 1), date(2039, 3, 1)]
    for born, (mother, since), held, who, day in product(births, mothers, holders, represented, days):
        facts = Facts(born=born, mother=mother, told_since=since, holders=held, representative=who)
        assert list(people.voices(facts, JASMIN, day)) == speakers(facts, JASMIN, day), facts


def test_holders_are_asked_in_one_order_whichever_was_recorded_first() -> None:
    """R27: a question has one answer, also to whom it goes."""
    turned = replace(CHILD, holders=TWO[::-1])
    assert people.voices(turned, JASMIN, TODAY) == people.voices(CHILD, JASMIN, TODAY)
    assert [voice.person for voice in people.voices(turned, JASMIN, TODAY)] == [SOFIE, ADAM]


def test_custody_held_before_the_birth_begins_with_it() -> None:
    facts = replace(CHILD, holders=(Holder(SOFIE, date(2020, 1, 1)),))
    assert people.voices(facts, JASMIN, TODAY) == (Voice(SOFIE, Capacity.CUSTODY, BORN),)


@pytest.mark.parametrize("born", [date(2011, 5, 4), date(2012, 2, 29), date(2008, 2, 29), date(2010, 12, 31)])
def test_one_speaks_alone_from_ones_fifteenth_birthday(born: date) -> None:
    facts, capable = Facts(born=born, holders=TWO), fifteenth(born)
    assert people.turns_capable(facts) == capable
    before = people.voices(facts, JASMIN, capable - NEXT)
    assert [voice.capacity for voice in before] == [Capacity.CUSTODY, Capacity.CUSTODY]
    assert people.voices(facts, JASMIN, capable) == (Voice(JASMIN, Capacity.SELF, capable),)


def test_a_child_to_come_has_no_birthday() -> None:
    assert people.turns_capable(EXPECTED) is None


@pytest.mark.parametrize(
    ("born", "on", "years"),
    [
        (date(2012, 2, 29), date(2016, 2, 29), 4),
        (date(2012, 2, 29), date(2015, 2, 28), 2),
        (date(2012, 2, 29), date(2015, 3, 1), 3),
        (date(2012, 2, 29), date(2012, 2, 29), 0),
        (date(2012, 12, 31), date(2013, 1, 1), 0),
        (date(2012, 5, 4), date(2026, 5, 3), 13),
        (date(2012, 5, 4), date(2026, 4, 30), 13),
        (date(2012, 5, 4), date(2026, 6, 1), 14),
    ],
)
def test_a_year_is_lived_when_the_day_comes_again(born: date, on: date, years: int) -> None:
    assert people.age_in_years(born, on) == years


def test_birthday_and_age_agree_on_every_day_of_four_years() -> None:
    for day in (date(2008, 1, 1) + timedelta(days=each) for each in range(1461)):
        for years in (15, 18):
            turned = people.birthday(day, years)
            assert people.age_in_years(day, turned) == years
            assert people.age_in_years(day, turned - NEXT) == years - 1


def test_a_birth_keeps_what_was_known_and_names_no_holder() -> None:
    """R28: nobody holds custody of the newborn until it is recorded; whoever expected it is kept."""
    known = replace(EXPECTED, residence=HERE, protected=True)
    born = people.with_birth(known, date(2026, 5, 4), TODAY)
    assert born == replace(known, born=date(2026, 5, 4))
    assert people.voices(born, JASMIN, TODAY) == ()


@pytest.mark.parametrize("due", [TODAY, TODAY + timedelta(days=310), TODAY - timedelta(days=310), None])
def test_a_child_may_be_born_that_far_from_when_it_was_expected(due: date | None) -> None:
    assert people.with_birth(replace(EXPECTED, due=due), TODAY, TODAY).born == TODAY


def test_custody_goes_to_one_or_two_and_who_stays_keeps_the_first_day() -> None:
    """R27: a word of the one who stays counts on; of the one who comes, from that day."""
    since = date(2026, 5, 1)
    alone = people.with_holders(Facts(born=BORN), [(SOFIE, ADULT)], since, TODAY)
    assert alone.holders == (Holder(SOFIE, since),)
    both = people.with_holders(alone, [(ADAM, ADULT), (SOFIE, ADULT)], TODAY, TODAY)
    assert both.holders == (Holder(SOFIE, since), Holder(ADAM, TODAY))
    his = people.with_holders(both, [(ADAM, ADULT)], TODAY, TODAY)
    assert his.holders == (Holder(ADAM, TODAY),)
    again = people.with_holders(his, [(SOFIE, ADULT), (ADAM, ADULT)], date(2026, 5, 3), TODAY)
    assert again.holders == (Holder(SOFIE, date(2026, 5, 3)), Holder(ADAM, TODAY))
    assert replace(again, holders=()) == Facts(born=BORN)


ADULTS = [(SOFIE, ADULT), (ADAM, ADULT)]
OLD = date(1900, 1, 1)
REFUSED: list[tuple[str, Callable[[], Any], type[ConsentError]]] = [
    ("a birth a second time", lambda: people.with_birth(CHILD, TODAY, TODAY), errors.AlreadyBorn),
    ("a birth to come", lambda: people.with_birth(EXPECTED, TODAY + NEXT, TODAY), errors.ImpossibleBirth),
    ("a birth too early",
     lambda: people.with_birth(replace(EXPECTED, due=TODAY + timedelta(days=311)), TODAY, TODAY),
     errors.ImpossibleBirth),
    ("a birth too late",
     lambda: people.with_birth(replace(EXPECTED, due=TODAY - timedelta(days=311)), TODAY, TODAY),
     errors.ImpossibleBirth),
    ("custody of the unborn", lambda: people.with_holders(EXPECTED, ADULTS, TODAY, TODAY), errors.NotAChild),
    ("custody of a grown person", lambda: people.with_holders(ADULT, ADULTS, TODAY, TODAY), errors.NotAChild),
    ("custody on the eighteenth birthday",
     lambda: people.with_holders(Facts(born=date(2008, 5, 4)), ADULTS, TODAY, TODAY), errors.NotAChild),
    ("custody before the birth", lambda: people.with_holders(CHILD, ADULTS, BORN - NEXT, TODAY), errors.ImpossibleDay),
    ("custody from a day to come", lambda: people.with_holders(CHILD, ADULTS, TODAY + NEXT, TODAY),
     errors.ImpossibleDay),
    ("custody of nobody's", lambda: people.with_holders(CHILD, [], TODAY, TODAY), errors.WrongHolders),
    ("custody of three", lambda: people.with_holders(CHILD, [*ADULTS, (MIRA, ADULT)], TODAY, TODAY),
     errors.WrongHolders),
    ("custody of one twice", lambda: people.with_holders(CHILD, [ADULTS[0]] * 2, TODAY, TODAY), errors.WrongHolders),
    ("custody of a girl of fourteen", lambda: people.with_holders(CHILD, [ADULTS[0], (MIRA, GIRL)], TODAY, TODAY),
     errors.WrongHolders),
    ("custody of one whose birth is not known",
     lambda: people.with_holders(CHILD, [(MIRA, Facts()), ADULTS[0]], TODAY, TODAY), errors.WrongHolders),
    ("a home from a day to come", lambda: people.with_residence(CHILD, replace(HERE, since=TODAY + NEXT), TODAY),
     errors.ImpossibleDay),
    ("a home before anybody's memory", lambda: people.with_residence(CHILD, replace(HERE, since=OLD - NEXT), TODAY),
     errors.ImpossibleDay),
    ("a representative from a day to come",
     lambda: people.with_representative(ADULT, GUARDIAN, TODAY + NEXT, TODAY), errors.ImpossibleDay),
    ("a representative before the birth",
     lambda: people.with_representative(CHILD, GUARDIAN, BORN - NEXT, TODAY), errors.ImpossibleDay),
    ("a representative of the unborn",
     lambda: people.with_representative(Facts(), GUARDIAN, TODAY, TODAY), errors.NoRepresentative),
]  # fmt: skip


@pytest.mark.parametrize(("tells", "error"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_what_cannot_be_is_not_recorded(tells: Callable[[], Any], error: type[ConsentError]) -> None:
    with pytest.raises(error) as refused:
        tells()
    assert type(refused.value) is error


def test_custody_may_be_recorded_at_every_edge() -> None:
    for since in (BORN, TODAY):
        assert people.with_holders(CHILD, ADULTS, since, TODAY).holders == TWO
    last = Facts(born=date(2008, 5, 5))  # eighteen tomorrow
    assert len(people.with_holders(last, ADULTS, TODAY, TODAY).holders) == 2
    girl = Facts(born=date(2011, 5, 4))  # fifteen today
    assert people.with_holders(CHILD, [(MIRA, girl)], TODAY, TODAY).holders == (Holder(MIRA, TODAY),)


@pytest.mark.parametrize("since", [OLD, TODAY])
def test_a_home_is_recorded_from_its_day(since: date) -> None:
    home = replace(HERE, since=since)
    assert people.with_residence(CHILD, home, TODAY) == replace(CHILD, residence=home)


def test_a_representative_comes_and_goes() -> None:
    """SUL §§ 14, 17, stk. 2: they speak alone, and when they no longer do, the person speaks again."""
    for facts, since in ((ADULT, TODAY), (ADULT, date(2004, 11, 3)), (CHILD, BORN)):
        spoken = people.with_representative(facts, GUARDIAN, since, TODAY)
        assert spoken == replace(facts, representative=Holder(GUARDIAN, since))
        assert people.with_representative(spoken, None, TODAY, TODAY) == facts


def test_a_childs_representative_speaks_no_more_from_fifteen_unless_recorded_anew() -> None:
    born, fifteen = date(2011, 5, 4), date(2026, 5, 4)
    own = (Voice(JASMIN, Capacity.SELF, fifteen),)
    for since, before in ((born, Capacity.REPRESENTATIVE), (fifteen - NEXT, Capacity.REPRESENTATIVE)):
        facts = Facts(born=born, representative=Holder(GUARDIAN, since))
        assert people.voices(facts, JASMIN, fifteen - NEXT)[0].capacity is before
        assert people.voices(facts, JASMIN, fifteen) == own
    anew = Facts(born=born, representative=Holder(GUARDIAN, fifteen))
    assert people.voices(anew, JASMIN, fifteen) == (Voice(GUARDIAN, Capacity.REPRESENTATIVE, fifteen),)


@pytest.mark.parametrize("code", ["0000", "0999", "0411", "217", "0217 "])
def test_only_a_municipality_that_is_there_acts_or_is_lived_in(code: str) -> None:
    """R46: and Christiansø (0411) is none."""
    for wrong in (replace(HERE, municipality=code), replace(HERE, acting=code)):
        with pytest.raises(errors.UnknownMunicipality):
            people.with_residence(CHILD, wrong, TODAY)


def test_the_municipalities_are_the_directorys() -> None:
    with MUNICIPALITIES_FILE.open(encoding="utf-8") as lines:
        codes = {row["code"] for row in csv.DictReader(lines)}
    assert codes == MUNICIPALITIES
    assert len(codes) == 98


@pytest.mark.rule("R39", enforced_by="services.consent.domain.people:Basis")
def test_why_a_municipality_acts_is_one_of_five_codes() -> None:
    """R39."""
    assert [basis.value for basis in Basis] == [
        "custody_holder", "lives_with", "cpr_address", "crisis_centre", "dispute",
    ]  # fmt: skip


@pytest.mark.rule("R38", enforced_by="services.consent.domain.people:has_moved")
@pytest.mark.rule("R39", enforced_by="services.consent.domain.people:has_moved")
@pytest.mark.parametrize(
    ("before", "after", "moved"),
    [
        (None, None, False),
        (None, HERE, False),
        (HERE, HERE, False),
        (HERE, replace(HERE, municipality="0101"), False),
        (HERE, replace(HERE, basis=Basis.CRISIS_CENTRE, since=TODAY), False),
        (HERE, replace(HERE, acting="0101"), True),
        (HERE, None, True),
    ],
)
def test_a_family_has_moved_when_another_municipality_acts(
    before: Residence | None, after: Residence | None, *, moved: bool
) -> None:
    """R38, R39: in a crisis centre elsewhere the old one still acts (RSL § 9, stk. 3)."""
    assert people.has_moved(replace(CHILD, residence=before), replace(CHILD, residence=after)) is moved
