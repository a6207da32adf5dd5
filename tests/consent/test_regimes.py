"""The law between each sender and each receiver (R15): every pair of sectors, every road, and the form it wants."""

from collections.abc import Mapping
from itertools import product

import pytest

from services.consent.domain import errors, giving
from services.consent.domain.model import Capacity, Method, Regime, UnitFacts, UnitId, Word
from services.consent.domain.regimes import HEALTH, OUTSIDE, ROWS, Row, must_be_written, regime
from shared.vocabulary import Sector
from tests.support.consents import AT, FACTS, MIDWIFE, PEOPLE, THERAPIST, VISITOR, refusal, word

NOTE = "Sagt ved konsultationen kl. 10."
VOLUNTEERS, DAYCARE = UnitId("volunteers"), UnitId("daycare")
A, B, C, E, F = (
    Regime.HEALTH_TO_HEALTH,
    Regime.HEALTH_TO_OTHER,
    Regime.AUTHORITY_TO_AUTHORITY,
    Regime.TO_CIVIL_SOCIETY,
    Regime.FROM_CIVIL_SOCIETY,
)
HEALTH_SECTORS = (Sector.MUNICIPAL_HEALTH, Sector.REGIONAL_HEALTH, Sector.PRIVATE_HEALTH)
OTHER_AUTHORITIES = (
    Sector.MUNICIPAL_SOCIAL,
    Sector.MUNICIPAL_DAYCARE,
    Sector.MUNICIPAL_EMPLOYMENT,
    Sector.MUNICIPAL_EDUCATION,
    Sector.STATE,
)
OUTSIDERS = (Sector.CIVIL_SOCIETY, Sector.PRIVATE)
LAWS = {
    (HEALTH_SECTORS, HEALTH_SECTORS): A,
    (HEALTH_SECTORS, OTHER_AUTHORITIES): B,
    (HEALTH_SECTORS, OUTSIDERS): E,
    (OTHER_AUTHORITIES, HEALTH_SECTORS): C,
    (OTHER_AUTHORITIES, OTHER_AUTHORITIES): C,
    (OTHER_AUTHORITIES, OUTSIDERS): E,
    (OUTSIDERS, HEALTH_SECTORS): F,
    (OUTSIDERS, OTHER_AUTHORITIES): F,
    (OUTSIDERS, OUTSIDERS): E,
}
PAIRS = {pair: law for (senders, recipients), law in LAWS.items() for pair in product(senders, recipients)}


def law(said: Word, units: Mapping[UnitId, UnitFacts] = FACTS) -> Mapping[tuple[UnitId, UnitId], Regime]:
    """Return the law of each road of the word."""
    return giving.check(said, PEOPLE, units, (), AT)[1]


@pytest.mark.rule("R15", enforced_by="services.consent.domain.regimes:regime")
@pytest.mark.parametrize(("sender", "recipient"), list(product(Sector, Sector)), ids=" to ".join)
def test_each_pair_of_sectors_has_its_row_of_the_law(sender: Sector, recipient: Sector) -> None:
    """R15."""
    assert regime(sender, recipient) is PAIRS[sender, recipient]


@pytest.mark.parametrize(("sender", "recipient"), list(product(Sector, Sector)), ids=" to ".join)
def test_what_the_family_department_asks_for_is_collected_but_of_health_it_is_told(
    sender: Sector, recipient: Sector
) -> None:
    """R15 D is how an authority asks (RSL § 11 a); what health may tell it is still health's law, in writing."""
    asked = regime(sender, recipient, collected=True)
    if recipient is not Sector.MUNICIPAL_SOCIAL:
        assert asked is PAIRS[sender, recipient]
    else:
        assert asked is (B if sender in HEALTH_SECTORS else Regime.COLLECTION)


def test_just_two_rows_want_it_in_writing() -> None:
    assert {each for each in Regime if must_be_written(each)} == {B, E}


@pytest.mark.rule("R15", enforced_by="services.consent.domain.regimes:ROWS")
def test_the_rows_are_those_of_the_law_in_its_order() -> None:
    """R15 as it stands in the rules, word for word: docs/consent.md is made from it."""
    assert [(governing.value, *_told(row)) for governing, row in ROWS.items()] == [
        ("SUL § 41, stk. 1", "A", "health → health, for treatment", False, "oral or written",
         "a year, by policy (R16)", "SUL § 41, stk. 2, nr. 1, unless the patient objects"),
        ("SUL § 43, stk. 1, og § 44", "B", "health → everybody else", True,
         "written; oral with a reason (SUL § 44, stk. 1)", "a year, by law (SUL § 44, stk. 2)",
         "SUL § 43, stk. 2, nr. 1 and 2"),
        ("FVL § 28, stk. 1", "C", "municipal, not health → other authority", False, "any, provable",
         "a year, by policy (R16)", "RSL § 11 c; barnets lov § 132; § 11 e at a meeting"),
        ("RSL § 11 a, stk. 1", "D", "an authority asks for it", False, "any, provable, beforehand",
         "a year, by policy (R16)", "RSL § 11 c, after trying to get consent (stk. 5)"),
        ("GDPR art. 6, stk. 1, litra a", "E", "anybody → civil society or private", True,
         "written, by policy; oral with a reason", "a year, by policy (R16)", "nothing"),
        ("GDPR art. 6", "F", "civil society or private → authority", False, "any, provable",
         "a year, by policy (R16)", "barnets lov § 135: a concern, never as a referral"),
    ]  # fmt: skip


def _told(row: Row) -> tuple[str, str, bool, str, str, str]:
    return row.letter, row.between, row.written, row.form, row.longest, row.without_consent


def test_health_and_outside_are_three_and_two_sectors_and_share_none() -> None:
    assert (frozenset(HEALTH_SECTORS), frozenset(OUTSIDERS)) == (HEALTH, OUTSIDE)
    assert not HEALTH & OUTSIDE


@pytest.mark.parametrize(("sender", "recipient"), list(product(Sector, Sector)), ids=" to ".join)
def test_orally_without_a_reason_is_refused_just_where_the_law_wants_writing(sender: Sector, recipient: Sector) -> None:
    units = {
        MIDWIFE: UnitFacts(MIDWIFE, "one", sender),
        THERAPIST: UnitFacts(THERAPIST, "other", recipient),
    }
    said = word(method=Method.ORAL, oral_note=NOTE)
    if PAIRS[sender, recipient] in {B, E}:
        with pytest.raises(errors.MustBeWritten):
            giving.check(said, PEOPLE, units, (), AT)
    else:
        laws = {(MIDWIFE, THERAPIST): PAIRS[sender, recipient]}
        assert giving.check(said, PEOPLE, units, (), AT) == (Capacity.SELF, laws)


def test_each_road_has_its_own_law_the_way_back_too() -> None:
    there = word(recipients={THERAPIST, VISITOR, VOLUNTEERS})
    assert law(there) == {
        (MIDWIFE, THERAPIST): B,
        (MIDWIFE, VISITOR): A,
        (MIDWIFE, VOLUNTEERS): E,
    }
    both = word(recipients={THERAPIST, VOLUNTEERS}, mutual=True)
    assert law(both) == {
        (MIDWIFE, THERAPIST): B,
        (THERAPIST, MIDWIFE): C,
        (MIDWIFE, VOLUNTEERS): E,
        (VOLUNTEERS, MIDWIFE): F,
    }


def test_what_an_authority_asks_for_has_its_own_law_there_but_not_back() -> None:
    """R15 D: RSL § 11 a is about what it collects; what it answers is its own telling."""
    daycare = {DAYCARE: UnitFacts(DAYCARE, "Daycare", Sector.MUNICIPAL_DAYCARE)}
    said = word(sender=DAYCARE, recipients={THERAPIST, VISITOR}, mutual=True, collected=True)
    assert law(said, FACTS | daycare) == {
        (DAYCARE, THERAPIST): Regime.COLLECTION,
        (THERAPIST, DAYCARE): C,
        (DAYCARE, VISITOR): C,
        (VISITOR, DAYCARE): B,
    }


def test_back_to_civil_society_is_told_by_its_law() -> None:
    roads = {(VOLUNTEERS, THERAPIST): F, (THERAPIST, VOLUNTEERS): E}
    assert law(word(sender=VOLUNTEERS, recipients={THERAPIST}, mutual=True)) == roads


@pytest.mark.parametrize("back", [False, True])
def test_a_refusal_has_its_roads_too(*, back: bool) -> None:
    roads = {(MIDWIFE, THERAPIST): B} | ({(THERAPIST, MIDWIFE): C} if back else {})
    assert law(refusal(mutual=back)) == roads
