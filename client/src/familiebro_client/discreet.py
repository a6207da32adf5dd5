"""Models that end in a log without telling anything about a family."""

from collections.abc import Iterable
from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

from pydantic import BaseModel

_SHOWN = (UUID, Enum, bool, int, datetime)


class Discreet(BaseModel):
    """A model whose `repr` shows ids, codes, numbers and moments, and never words."""

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        """Return what a log may show."""
        return [(name, value) for name, value in super().__repr_args__() if isinstance(value, _SHOWN)]
