"""The one place that reads the clock; everywhere else time is an argument."""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, Request

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


def moment_of(request: Request) -> datetime:
    """Return the moment a request is answered at: what `Now` gives, for a route that takes its request apart itself."""
    given: Callable[[], datetime] | None = request.app.dependency_overrides.get(_now)
    return now() if given is None else given()


Now = Annotated[datetime, Depends(_now)]
