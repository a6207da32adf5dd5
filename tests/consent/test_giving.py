"""When a person's word may be recorded: every refusal by name, and the law of each road (R15–R26)."""

import inspect
import re
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import NamedTuple
from uuid import UUID

import pytest

from services.consent.domain import errors, giving
from services.consent.domain.errors import ConsentError
from services.consent.domain.model import Method, Person, PersonId, Record, Regime, UnitFacts, UnitId, Word
from shared.vocabulary import Sector
from tests.support.consents import (
    ADULT,
    AT,
    DAY,
    FACTS,
    JONATHAN,
    MIDWIFE,
    MOMENT,
    OTHER_NEED,
    THERAPIST,
    THILDE,
    VISITOR,
    consent_id,
    no,
    refusal,
    word,
    yes,
)

HOUR = timedelta(hours=1)
VOLUNTEERS, CLOSED = UnitId("volunteers"), UnitId("closed")
GONE = {"unit": CLOSED, "successor": None, "says": "Closed er lukket."}
EVERYBODY = FACTS | {CLOSED: UnitFacts(CLOSED, "Closed", Sector.MUNICIPAL_SOCIAL, GONE)}
NOTE, WHY = "Sagt ved konsultationen kl. 10.", "Hun ønskede det straks."
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
OUTSIDE = (Sector.CIVIL_SOCIETY, Sector.PRIVATE)
ROWS = {
    (HEALTH_SECTORS, HEALTH_SECTORS): A,
    (HEALTH_SECTORS, OTHER_AUTHORITIES): B,
    (HEALTH_SECTORS, OUTSIDE): E,
    (OTHER_AUTHORITIES, HEALTH_SECTORS): C,
    (OTHER_AUTHORITIES, OTHER_AUTHORITIES): C,
    (OTHER_AUTHORITIES, OUTSIDE): E,
    (OUTSIDE, HEALTH_SECTORS): F,
    (OUTSIDE, OTHER_AUTHORITIES): F,
    (OUTSIDE, OUTSIDE): E,
}
PAIRS = {pair: law for (senders, recipients), law in ROWS.items() for pair in product(senders, recipients)}


class Case(NamedTuple):
    """A word that is refused, and the error that says why."""

    rule: str
    said: Word
    error: type[ConsentError]
    giver: Person = ADULT
    earlier: tuple[Record, ...] = ()


CASES = [
    Case("R19: a recipient nobody knows", word(recipients={UnitId("others")}), errors.UnknownUnit),
    Case("R19: one of them nobody knows", word(recipients={THERAPIST, UnitId("others")}), errors.UnknownUnit),
    Case("R19: a sender nobody knows", word(sender=UnitId("others")), errors.UnknownUnit),
    Case("R19: a refusal to nobody known", refusal(recipients={UnitId("others")}), errors.UnknownUnit),
    Case("R19: a closed recipient", word(recipients={CLOSED}), errors.ClosedUnit),
    Case("R19: a closed one among them", word(recipients={THERAPIST, CLOSED}), errors.ClosedUnit),
    Case("R19: a closed sender", word(sender=CLOSED), errors.ClosedUnit),
    Case("R19: the sender as recipient", word(recipients={THERAPIST, MIDWIFE}), errors.SenderAmongRecipients),
    Case("R19: not told of withdrawal", word(told_of_withdrawal=False), errors.NotToldOfWithdrawal),
    Case("R26: said by another", word(given_by=JONATHAN), errors.NotTheirOwnWord),
    Case("R26: said about another", word(subject=JONATHAN), errors.NotTheirOwnWord),
    Case("R26: the giver is another", word(), errors.NotTheirOwnWord, Person(JONATHAN, date(2000, 1, 1))),
    Case("R26: a refusal by another", refusal(given_by=JONATHAN), errors.NotTheirOwnWord),
    Case("R26: under fifteen", word(), errors.TooYoung, Person(THILDE, date(2011, 5, 5))),
    Case("R26: under fifteen even to refuse", refusal(), errors.TooYoung, Person(THILDE, date(2011, 5, 5))),
    Case("R24: given later than now", word(given_at=AT + MOMENT), errors.GivenInTheFuture),
    Case("R24: refused later than now", refusal(given_at=AT + MOMENT), errors.GivenInTheFuture),
    Case("R16: no end", word(valid_until=None), errors.TooLong),
    Case("R16: over a year", word(valid_until=AT + 366 * DAY), errors.TooLong),
    Case("R16: ends as it begins", word(valid_until=AT - HOUR), errors.EndsBeforeItBegins),
    Case("R16: ends before it begins", word(valid_until=AT - HOUR - MOMENT), errors.EndsBeforeItBegins),
    Case("R20: supersedes what is not there", word(supersedes={consent_id(1)}), errors.SupersedesAnother),
    Case("R20: supersedes another's", word(supersedes={consent_id(1)}), errors.SupersedesAnother,
         earlier=(yes(1, subject=JONATHAN),)),
    Case("R20: supersedes another need's", word(supersedes={consent_id(1)}), errors.SupersedesAnother,
         earlier=(yes(1, need=OTHER_NEED),)),
    Case("R20: supersedes something later", word(supersedes={consent_id(1)}), errors.SupersedesAnother,
         earlier=(yes(1, valid_from=AT - HOUR + MOMENT),)),
    Case("R20: supersedes what was said to another sender (R18)", word(supersedes={consent_id(1)}),
         errors.SupersedesAnother, earlier=(no(1, sender=THERAPIST, recipients={MIDWIFE}),)),
    Case("R20: supersedes a withdrawal that was said later (R23)", word(supersedes={consent_id(1)}),
         errors.SupersedesAnother, earlier=(yes(1, withdrawn_at=AT - HOUR + MOMENT),)),
    Case("R20: supersedes one too many", word(supersedes={consent_id(1), consent_id(2)}), errors.SupersedesAnother,
         earlier=(yes(1),)),
    Case("R24: orally without a note", word(method=Method.ORAL, not_written_because=WHY), errors.OralNoteMissing),
    Case("R24: orally without a note, between health persons", word(method=Method.ORAL, recipients={VISITOR}),
         errors.OralNoteMissing),
    Case("R15 B: health to others orally", word(method=Method.ORAL, oral_note=NOTE), errors.MustBeWritten),
    Case("R15 E: to civil society orally", word(method=Method.ORAL, oral_note=NOTE, recipients={VOLUNTEERS}),
         errors.MustBeWritten),
    Case("R15 B: one of the recipients is no health person",
         word(method=Method.ORAL, oral_note=NOTE, recipients={VISITOR, THERAPIST}), errors.MustBeWritten),
    Case("R15 B: both ways, and the way back is from health to others",
         word(method=Method.ORAL, oral_note=NOTE, sender=THERAPIST, recipients={MIDWIFE}, mutual=True),
         errors.MustBeWritten),
]  # fmt: skip

ALLOWED = [
    ("R19: every element", word(), ADULT, ()),
    ("R15 B: orally, with a reason", word(method=Method.ORAL, oral_note=NOTE, not_written_because=WHY), ADULT, ()),
    ("R15 A: orally between health persons", word(method=Method.ORAL, oral_note=NOTE, recipients={VISITOR}), ADULT, ()),
    ("R15 C: orally between authorities", word(method=Method.ORAL, oral_note=NOTE, sender=THERAPIST,
                                               recipients={VISITOR}), ADULT, ()),
    ("R15 B: digitally", word(method=Method.DIGITAL), ADULT, ()),
    ("R24: given this moment", word(given_at=AT), ADULT, ()),
    ("R24: a refusal needs no form", refusal(method=Method.ORAL), ADULT, ()),
    ("R24: a no is kept, whoever it is said about", refusal(recipients={THERAPIST, CLOSED}), ADULT, ()),
    ("R26: fifteen today", word(), Person(THILDE, date(2011, 5, 4)), ()),
    ("R20: supersedes an earlier word", word(supersedes={consent_id(1)}), ADULT, (yes(1),)),
    ("R20: supersedes a word of the same moment", word(supersedes={consent_id(1)}), ADULT,
     (yes(1, valid_from=AT - HOUR),)),
    ("R20: supersedes a withdrawal of the same moment", word(supersedes={consent_id(1)}), ADULT,
     (yes(1, withdrawn_at=AT - HOUR),)),
    ("R20: supersedes an earlier refusal", word(supersedes={consent_id(2)}), ADULT, (yes(1), no(2))),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_a_word_that_lacks_something_is_refused_by_the_rule(case: Case) -> None:
    with pytest.raises(case.error) as refused:
        giving.check(case.said, case.giver, EVERYBODY, case.earlier, AT)
    told = {"closed": [GONE]} if case.error is errors.ClosedUnit else {}
    assert refused.value.extra == {"rule": case.rule.split(":")[0].split(" ")[0]} | told


@pytest.mark.parametrize(("rule", "said", "giver", "earlier"), ALLOWED, ids=[case[0] for case in ALLOWED])
def test_a_word_with_everything_is_taken(rule: str, said: Word, giver: Person, earlier: tuple[Record, ...]) -> None:
    assert giving.check(said, giver, EVERYBODY, earlier, AT), rule


def test_every_error_that_can_be_raised_has_a_case() -> None:
    raised = {getattr(errors, name) for name in re.findall(r"raise errors\.(\w+)", inspect.getsource(giving))}
    assert raised == {case.error for case in CASES}


@pytest.mark.parametrize(("sender", "recipient"), list(product(Sector, Sector)), ids=" to ".join)
def test_each_pair_of_sectors_has_its_row_of_the_law(sender: Sector, recipient: Sector) -> None:
    assert giving.regime(sender, recipient) is PAIRS[sender, recipient]


@pytest.mark.parametrize(("sender", "recipient"), list(product(Sector, Sector)), ids=" to ".join)
def test_orally_without_a_reason_is_refused_just_where_the_law_wants_writing(sender: Sector, recipient: Sector) -> None:
    units = {
        MIDWIFE: UnitFacts(MIDWIFE, "one", sender),
        THERAPIST: UnitFacts(THERAPIST, "other", recipient),
    }
    said = word(method=Method.ORAL, oral_note=NOTE)
    if PAIRS[sender, recipient] in {B, E}:
        with pytest.raises(errors.MustBeWritten):
            giving.check(said, ADULT, units, (), AT)
    else:
        assert giving.check(said, ADULT, units, (), AT) == {(MIDWIFE, THERAPIST): PAIRS[sender, recipient]}


def test_each_road_has_its_own_law_the_way_back_too() -> None:
    there = word(recipients={THERAPIST, VISITOR, VOLUNTEERS})
    assert giving.check(there, ADULT, FACTS, (), AT) == {
        (MIDWIFE, THERAPIST): B,
        (MIDWIFE, VISITOR): A,
        (MIDWIFE, VOLUNTEERS): E,
    }
    both = word(recipients={THERAPIST, VOLUNTEERS}, mutual=True)
    assert giving.check(both, ADULT, FACTS, (), AT) == {
        (MIDWIFE, THERAPIST): B,
        (THERAPIST, MIDWIFE): C,
        (MIDWIFE, VOLUNTEERS): E,
        (VOLUNTEERS, MIDWIFE): F,
    }


def moment(told: str) -> datetime:
    return datetime.fromisoformat(told).replace(tzinfo=UTC)


# Given, the last moment it may end, the first that is too late: all in UTC, for dates in Denmark.
YEARS = [
    ("an ordinary day", "2026-05-04T10:00", "2027-05-04T21:59:59", "2027-05-04T22:00"),
    ("an ordinary winter's day", "2026-01-15T10:00", "2027-01-15T22:59:59", "2027-01-15T23:00"),
    ("after midnight in Denmark only", "2026-05-04T22:30", "2027-05-05T21:59:59", "2027-05-05T22:00"),
    ("New Year in Denmark only", "2026-12-31T23:30", "2028-01-01T22:59:59", "2028-01-01T23:00"),
    ("29 February", "2028-02-29T10:00", "2029-02-28T22:59:59", "2029-02-28T23:00"),
    ("28 February before a leap day", "2027-02-28T10:00", "2028-02-28T22:59:59", "2028-02-28T23:00"),
    ("1 March in Denmark only", "2028-02-29T23:30", "2029-03-01T22:59:59", "2029-03-01T23:00"),
    ("the day summer time begins", "2026-03-29T00:30", "2027-03-29T21:59:59", "2027-03-29T22:00"),
    ("the hour that is left out", "2026-03-29T01:00", "2027-03-29T21:59:59", "2027-03-29T22:00"),
    ("to the day summer time begins", "2027-03-28T10:00", "2028-03-28T21:59:59", "2028-03-28T22:00"),
    ("the day summer time ends", "2025-10-26T00:30", "2026-10-26T22:59:59", "2026-10-26T23:00"),
    ("the hour that comes twice", "2025-10-26T01:30", "2026-10-26T22:59:59", "2026-10-26T23:00"),
    ("to the day summer time ends", "2025-10-25T10:00", "2026-10-25T22:59:59", "2026-10-25T23:00"),
]


@pytest.mark.parametrize(("given", "last", "late"), [case[1:] for case in YEARS], ids=[case[0] for case in YEARS])
def test_a_consent_holds_for_a_year_at_most_by_the_date_in_denmark(given: str, last: str, late: str) -> None:
    at = moment(given)
    assert giving.check(word(given_at=at, valid_until=moment(last)), ADULT, FACTS, (), at)
    with pytest.raises(errors.TooLong):
        giving.check(word(given_at=at, valid_until=moment(late)), ADULT, FACTS, (), at)


# Born, the last moment it is too early, the first that counts.
BIRTHDAYS = [
    ("a summer birthday", "2011-05-04", "2026-05-03T21:59:59", "2026-05-03T22:00"),
    ("a winter birthday", "2011-01-15", "2026-01-14T22:59:59", "2026-01-14T23:00"),
    ("born on 29 February", "2012-02-29", "2027-02-28T22:59:59", "2027-02-28T23:00"),
    ("born on 1 March", "2012-03-01", "2027-02-28T22:59:59", "2027-02-28T23:00"),
    ("born on 28 February", "2012-02-28", "2027-02-27T22:59:59", "2027-02-27T23:00"),
    ("born on New Year's Eve", "2010-12-31", "2025-12-30T22:59:59", "2025-12-30T23:00"),
    ("the day summer time begins", "2014-03-25", "2029-03-24T22:59:59", "2029-03-24T23:00"),
]


@pytest.mark.parametrize(("born", "early", "grown"), [case[1:] for case in BIRTHDAYS], ids=[c[0] for c in BIRTHDAYS])
def test_one_consents_alone_from_ones_fifteenth_birthday_in_denmark(born: str, early: str, grown: str) -> None:
    giver = Person(THILDE, date.fromisoformat(born))
    for said in (word, refusal):
        with pytest.raises(errors.TooYoung):
            giving.check(_at(said(), moment(early)), giver, FACTS, (), AT + 2000 * DAY)
        assert giving.check(_at(said(), moment(grown)), giver, FACTS, (), AT + 2000 * DAY)


def _at(said: Word, given: datetime) -> Word:
    until = None if said.valid_until is None else given + DAY
    return (word if until else refusal)(given_at=given, valid_until=until)


@pytest.mark.parametrize(
    ("born", "on", "years"),
    [
        (date(2012, 2, 29), date(2016, 2, 29), 4),
        (date(2012, 2, 29), date(2015, 2, 28), 2),
        (date(2012, 2, 29), date(2015, 3, 1), 3),
        (date(2012, 2, 29), date(2012, 2, 29), 0),
        (date(2012, 12, 31), date(2013, 1, 1), 0),
    ],
)
def test_a_year_is_lived_when_the_day_comes_again(born: date, on: date, years: int) -> None:
    assert giving.age_in_years(born, on) == years


def test_a_pregnant_girl_of_fifteen_signs_herself_and_nobody_for_her() -> None:
    """R26: the age is of the day the word was given, not of the day it is recorded."""
    girl = Person(THILDE, date(2011, 5, 4))
    assert giving.check(word(given_at=AT), girl, FACTS, (), AT + 30 * DAY)
    with pytest.raises(errors.TooYoung):
        giving.check(word(given_at=AT - DAY), girl, FACTS, (), AT + 30 * DAY)
    with pytest.raises(errors.NotTheirOwnWord):
        giving.check(word(given_by=PersonId(UUID(int=9))), girl, FACTS, (), AT)
