"""Working days and round-the-clock hours in Denmark: when a period that the law gives is over.

Pure: no clock. Where the public holidays come from, and why, is in docs/adr/0018.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from holidays import country_holidays

_COPENHAGEN = ZoneInfo("Europe/Copenhagen")  # not from shared.clock: rules may count days, but read no clock
_DAY = timedelta(days=1)
_YEARS_KEPT = 64


def is_working_day(day: date) -> bool:
    """Say whether `day` is a working day (hverdag): Monday to Saturday, and no Danish public holiday.

    The strict reading of BL § 138 (R32): Saturdays count, and so do days that many have off without being public
    holidays (1 May, 5 June, 24 and 31 December). Store Bededag is a working day from 2024 on (lov 214/2023).
    """
    return day.isoweekday() <= 6 and day not in _holidays(day.year)  # noqa: PLR2004 - Saturday


def after_working_days(received: datetime, many: int) -> datetime:
    """Return when the period of `many` working days ends that begins when something is `received`.

    The day of receipt, in Denmark, does not count; the period ends as the last day does, at 24:00.

    Args:
        received: an aware moment, in whatever zone.
        many: working days, not negative; 0 is the end of the day of receipt itself.

    Returns:
        The end, in UTC: the first moment that is too late.

    Raises:
        ValueError: `received` has no zone, `many` is negative, or there is no calendar for the year (1771–2100).
    """
    if many < 0:
        raise ValueError("a period cannot be negative")
    day = _utc(received).astimezone(_COPENHAGEN).date()
    for _ in range(many):
        day = _next_working_day(day)
    return datetime.combine(day + _DAY, time(), _COPENHAGEN).astimezone(UTC)


def hours_after(received: datetime, hours: int) -> datetime:
    """Return the moment, in UTC, when `hours` have really passed, nights and holidays included (BL § 136, R32).

    On the days that the clocks are changed, that is an hour more or less on the wall: 24 hours are 24 hours.

    Raises:
        ValueError: `received` has no zone.
    """
    return _utc(received) + timedelta(hours=hours)


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment without a zone is no moment")
    return moment.astimezone(UTC)


def _next_working_day(day: date) -> date:
    day += _DAY
    while not is_working_day(day):
        day += _DAY
    return day


@lru_cache(maxsize=_YEARS_KEPT)
def _holidays(year: int) -> frozenset[date]:
    found = frozenset(country_holidays("DK", years=year))
    if not found:  # the library knows 1771–2100, and is silent about other years
        raise ValueError("no calendar for that year")
    return found
