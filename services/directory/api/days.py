"""The day a question is about: a plain ISO date, today in Denmark where none is given."""

import re
from datetime import date, datetime
from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from shared.clock import danish_date
from shared.personal import looks_like_cpr
from shared.text import WireIn

_DAY = re.compile(r"^\d{4}-\d\d-\d\d$")


def _day(value: object) -> object:
    if isinstance(value, str) and looks_like_cpr(value):
        raise PydanticCustomError("cpr_refused", "must not hold a civil registration number")
    if not isinstance(value, str) or not _DAY.match(value):
        raise PydanticCustomError("date_form", "must be a date, YYYY-MM-DD")
    return value


Day = Annotated[date, BeforeValidator(_day)]


class OnIn(WireIn):
    """The day asked about, if it is not today."""

    on: Day | None = Field(default=None, description="as it is on this day, YYYY-MM-DD; today in Denmark if not given")

    def day(self, at: datetime) -> date:
        """Return the day asked about, or the Danish date at the moment `at`."""
        return self.on or danish_date(at)
