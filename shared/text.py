"""The kinds of text and time a caller may send: bounded, printable, and without personal numbers."""

import re
from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StrictBool,
    StringConstraints,
)
from pydantic_core import PydanticCustomError

from shared.personal import looks_like_cpr

# Every control character of Unicode but tab, line feed and carriage return; and the two that turn text around, so
# that what is read is what was checked.
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202d\u202e]")
_EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)
_DAY = re.compile(r"^\d{4}-\d\d-\d\d$", re.ASCII)
_MOMENT = re.compile(r"^\d{4}-\d\d-\d\d[Tt ]\d", re.ASCII)


def _printable(value: str) -> str:
    if _CONTROLS.search(value):
        raise PydanticCustomError("control_characters", "holds control characters")
    if not value.strip():
        raise PydanticCustomError("blank", "must not be blank")
    return value


def _without_cpr(value: str) -> str:
    if looks_like_cpr(value):
        raise PydanticCustomError("cpr_refused", "must not hold a civil registration number")
    return value


def shown(value: str) -> str:
    """Return a text that may be kept and shown, blank or not: whether it must say something is a rule's to decide.

    Raises:
        PydanticCustomError: it holds control characters or a civil registration number.
    """
    return _without_cpr(_printable(value)) if value.strip() else ""


def _written_as_day(value: object) -> object:
    if not isinstance(value, date) and not (isinstance(value, str) and _DAY.match(value)):
        raise PydanticCustomError("date_form", "must be written as a date")
    return value


def _written_as_moment(value: object) -> object:
    """Refuse what Pydantic would take for seconds since 1970: nothing is guessed."""
    if not isinstance(value, datetime) and not (isinstance(value, str) and _MOMENT.match(value)):
        raise PydanticCustomError("moment_form", "must be written as a date and time")
    return value


def _in_living_memory(value: datetime) -> datetime:
    if not _EARLIEST <= value < _LATEST:
        raise PydanticCustomError("impossible_date", "lies before 1900 or after 2199")
    return value.astimezone(UTC)


Words = Annotated[
    str, StringConstraints(min_length=1, max_length=20_000), AfterValidator(_printable), AfterValidator(_without_cpr)
]
Line = Annotated[
    str, StringConstraints(min_length=1, max_length=300), AfterValidator(_printable), AfterValidator(_without_cpr)
]
Code = Annotated[
    str,
    StringConstraints(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$"),
    AfterValidator(_without_cpr),
]
Moment = Annotated[AwareDatetime, BeforeValidator(_written_as_moment), AfterValidator(_in_living_memory)]
Day = Annotated[date, BeforeValidator(_written_as_day)]
Truth = StrictBool


class WireIn(BaseModel):
    """What a caller sends: nothing beyond the named fields, nothing guessed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class WireOut(BaseModel):
    """What a service answers."""

    model_config = ConfigDict(frozen=True, from_attributes=True)
