"""Periods that the law gives: working days by the Danish calendar, and hours round the clock."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.workdays import after_working_days, hours_after, is_working_day

_COPENHAGEN = ZoneInfo("Europe/Copenhagen")
_DAY = timedelta(days=1)


def easter(year: int) -> date:
    """Return Easter Sunday: the anonymous Gregorian computus."""
    golden = year % 19
    century, rest = divmod(year, 100)
    leaps, left = divmod(century, 4)
    correction = (century - (century + 8) // 25 + 1) // 3
    moon = (19 * golden + century - leaps - correction + 15) % 30
    quarter, over = divmod(rest, 4)
    weekday = (32 + 2 * left + 2 * quarter - moon - over) % 7
    shift = (golden + 11 * moon + 22 * weekday) // 451
    month, day = divmod(moon + weekday - 7 * shift + 114, 31)
    return date(year, month, day + 1)


def days_off(year: int) -> set[date]:
    """Return the public holidays (helligdage) of a year, by the church's calendar."""
    movable = [-3, -2, 0, 1, 39, 49, 50, *([26] if year <= 2023 else [])]
    fixed = [date(year, 1, 1), date(year, 12, 25), date(year, 12, 26)]
    return {easter(year) + timedelta(days=days) for days in movable} | set(fixed)


def works(day: date) -> bool:
    """Say whether a day is a working day, as the reference has it."""
    return day.strftime("%a") != "Sun" and day not in days_off(day.year)


def at(text: str) -> datetime:
    """Return a moment on the wall clock in Denmark."""
    return datetime.fromisoformat(text).replace(tzinfo=_COPENHAGEN)


def wall(moment: datetime) -> str:
    """Return what the wall clock in Denmark shows."""
    return moment.astimezone(_COPENHAGEN).isoformat(" ", "minutes")


def test_every_day_from_2020_to_2040_is_what_the_reference_says() -> None:
    day = date(2020, 1, 1)
    wrong = []
    while day < date(2041, 1, 1):
        if is_working_day(day) is not works(day):
            wrong.append(day)
        day += _DAY
    assert wrong == []


@pytest.mark.parametrize(
    ("year", "sunday"), [(2020, "04-12"), (2023, "04-09"), (2024, "03-31"), (2025, "04-20"), (2038, "04-25")]
)
def test_the_reference_knows_easter(year: int, sunday: str) -> None:
    assert easter(year).isoformat() == f"{year}-{sunday}"


@pytest.mark.parametrize(
    ("day", "works"),
    [
        pytest.param("2026-04-01", True, id="onsdag før påske"),
        pytest.param("2026-04-02", False, id="skærtorsdag"),
        pytest.param("2026-04-03", False, id="langfredag"),
        pytest.param("2026-04-04", True, id="påskelørdag"),
        pytest.param("2026-04-06", False, id="anden påskedag"),
        pytest.param("2023-05-05", False, id="store bededag, the last"),
        pytest.param("2024-04-26", True, id="store bededag 2024"),
        pytest.param("2026-05-01", True, id="store bededag 2026, and 1 May"),
        pytest.param("2026-05-14", False, id="Kristi himmelfartsdag"),
        pytest.param("2026-05-15", True, id="the day after, which many have off"),
        pytest.param("2026-05-25", False, id="anden pinsedag"),
        pytest.param("2026-06-05", True, id="grundlovsdag"),
        pytest.param("2026-12-24", True, id="juleaftensdag"),
        pytest.param("2026-12-25", False, id="juledag"),
        pytest.param("2026-12-26", False, id="anden juledag, a Saturday"),
        pytest.param("2026-12-28", True, id="no day off instead of it"),
        pytest.param("2026-12-31", True, id="nytårsaftensdag"),
        pytest.param("2027-01-01", False, id="nytårsdag"),
        pytest.param("2027-01-02", True, id="an ordinary Saturday"),
        pytest.param("2027-01-03", False, id="an ordinary Sunday"),
    ],
)
def test_the_days_people_are_in_doubt_about(day: str, *, works: bool) -> None:
    assert is_working_day(date.fromisoformat(day)) is works


@pytest.mark.parametrize(
    ("received", "ends"),
    [
        pytest.param("2026-01-12 09:00", "2026-01-20 00:00+01:00", id="Monday: Tuesday to Saturday, and Monday"),
        pytest.param("2026-01-10 23:59", "2026-01-18 00:00+01:00", id="Saturday evening"),
        pytest.param("2026-01-11 00:00", "2026-01-18 00:00+01:00", id="Sunday: the same week"),
        pytest.param("2026-03-31 12:00", "2026-04-11 00:00+02:00", id="over Easter"),
        pytest.param("2026-12-23 12:00", "2027-01-03 00:00+01:00", id="over Christmas and the new year"),
        pytest.param("2025-12-30 12:00", "2026-01-08 00:00+01:00", id="over the end of the year"),
        pytest.param("2023-05-02 12:00", "2023-05-11 00:00+02:00", id="over store bededag while there was one"),
        pytest.param("2024-04-23 12:00", "2024-05-01 00:00+02:00", id="the same week of the year after"),
        pytest.param("2026-03-27 12:00", "2026-04-08 00:00+02:00", id="into summer time, and over Easter"),
        pytest.param("2026-10-22 12:00", "2026-10-30 00:00+01:00", id="out of summer time"),
    ],
)
def test_six_working_days_end_as_the_sixth_after_the_day_of_receipt_does(received: str, ends: str) -> None:
    ended = after_working_days(at(received), 6)
    assert wall(ended) == ends
    assert ended.tzinfo is UTC


def test_what_is_received_late_in_the_evening_counts_from_the_danish_day() -> None:
    """22:30 UTC in summer is half past midnight in Denmark: the next day."""
    early, late = (datetime(2026, 7, 6, hour, 30, tzinfo=UTC) for hour in (21, 22))
    assert after_working_days(late, 1) == after_working_days(early, 1) + _DAY
    assert after_working_days(late.astimezone(timezone(timedelta(hours=-9))), 1) == after_working_days(late, 1)


def test_no_working_days_is_the_end_of_the_day_of_receipt() -> None:
    assert wall(after_working_days(at("2026-04-03 10:00"), 0)) == "2026-04-04 00:00+02:00"


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2039, 12, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - bounds are naive
    st.integers(1, 20),
)
def test_the_period_holds_just_so_many_working_days_by_the_reference(received: datetime, many: int) -> None:
    ended = after_working_days(received, many)
    first, end = (moment.astimezone(_COPENHAGEN) for moment in (received, ended))
    assert (end.hour, end.minute, end.second, end.microsecond) == (0, 0, 0, 0)
    within = [first.date() + timedelta(days=days) for days in range(1, (end.date() - first.date()).days)]
    assert sum(works(day) for day in within) == many
    assert works(within[-1])


@pytest.mark.parametrize(
    ("received", "ends"),
    [
        pytest.param("2026-03-28 12:00", "2026-03-29 13:00+02:00", id="the night with an hour less"),
        pytest.param("2026-10-24 12:00", "2026-10-25 11:00+01:00", id="the night with an hour more"),
        pytest.param("2026-12-24 16:00", "2026-12-25 16:00+01:00", id="Christmas: round the clock"),
        pytest.param("2026-12-31 23:30", "2027-01-01 23:30+01:00", id="the end of the year"),
    ],
)
def test_24_hours_are_24_hours_whatever_the_wall_clock_shows(received: str, ends: str) -> None:
    ended = hours_after(at(received), 24)
    assert wall(ended) == ends
    assert ended - at(received).astimezone(UTC) == timedelta(hours=24)


def test_the_hour_that_comes_twice_is_told_apart() -> None:
    first = at("2026-10-25 02:30")
    assert hours_after(first.replace(fold=1), 24) - hours_after(first, 24) == timedelta(hours=1)


@pytest.mark.parametrize("many", [-1, -6])
def test_a_period_cannot_be_negative(many: int) -> None:
    with pytest.raises(ValueError, match="negative"):
        after_working_days(at("2026-01-12 09:00"), many)


def test_a_moment_without_a_zone_has_no_period() -> None:
    naive = at("2026-01-12 09:00").replace(tzinfo=None)
    for period in (after_working_days, hours_after):
        with pytest.raises(ValueError, match="zone"):
            period(naive, 6)


@pytest.mark.parametrize("year", [1769, 2101])
def test_a_year_the_calendar_does_not_know_is_refused_instead_of_having_no_holidays(year: int) -> None:
    with pytest.raises(ValueError, match="calendar"):
        is_working_day(date(year, 4, 1))
