"""The one place that reads the clock; everywhere else time is an argument."""

import time
from datetime import UTC, date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends

COPENHAGEN = ZoneInfo("Europe/Copenhagen")


def now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Return seconds that only ever grow, for measuring how long something took."""
    return time.perf_counter()


def danish_date(at: datetime) -> date:
    """Return the calendar date in Denmark at the aware moment `at`."""
    return at.astimezone(COPENHAGEN).date()


async def _now() -> datetime:
    return now()


Now = Annotated[datetime, Depends(_now)]
