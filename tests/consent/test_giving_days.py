"""From which day and to which a person's word counts, by the date in Denmark: the year (R16), and fifteen (R26)."""

from datetime import UTC, date, datetime

import pytest

from services.consent.domain import errors, giving
from services.consent.domain.model import Capacity, Word
from services.consent.domain.people import Facts
from tests.support.consents import AT, DAY, FACTS, PEOPLE, THILDE, TWO, refusal, word


def check(said: Word, born: date, at: datetime) -> Capacity:
    """Return in what right Thilde says it, who was born that day."""
    people = {**PEOPLE, THILDE: Facts(born=born, holders=TWO)}
    return giving.check(said, people, FACTS, (), at)[0]


OLD = date(1990, 1, 1)


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
    assert check(word(given_at=at, valid_until=moment(last)), OLD, at)
    with pytest.raises(errors.TooLong):
        check(word(given_at=at, valid_until=moment(late)), OLD, at)


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
    day = date.fromisoformat(born)
    for said in (word, refusal):
        with pytest.raises(errors.TooYoung):
            check(_at(said(), moment(early)), day, AT + 2000 * DAY)
        assert check(_at(said(), moment(grown)), day, AT + 2000 * DAY) is Capacity.SELF


def _at(said: Word, given: datetime) -> Word:
    until = None if said.valid_until is None else given + DAY
    return (word if until else refusal)(given_at=given, valid_until=until)


@pytest.mark.parametrize(
    ("day", "after"),
    [
        (date(2026, 5, 4), date(2027, 5, 4)),
        (date(2028, 2, 29), date(2029, 2, 28)),
        (date(2028, 2, 28), date(2029, 2, 28)),
        (date(2027, 2, 28), date(2028, 2, 28)),
        (date(2028, 1, 29), date(2029, 1, 29)),
        (date(2026, 12, 31), date(2027, 12, 31)),
    ],
)
def test_a_year_after_is_the_same_date(day: date, after: date) -> None:
    assert giving.a_year_after(day) == after
