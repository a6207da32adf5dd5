"""Read one record of a data file strictly: every key is known, every value is of its kind."""

import re
from collections.abc import Collection, Mapping
from datetime import date
from enum import StrEnum
from typing import NoReturn, TypeVar

from services.directory.domain.errors import BadData, Flaw
from shared.personal import looks_like_cpr

Code = TypeVar("Code", bound=StrEnum)
_ID = re.compile(r"^[a-z][a-z0-9-]{0,99}$")
_MOST_SIGNS = 2000


class Fields:
    """A record being read; `done` refuses the keys nobody asked for."""

    def __init__(self, file: str, table: str, values: Mapping[str, object]) -> None:
        self.file = file
        self.table = table
        self._values = values
        self._asked: set[str] = set()

    def refuse(self, field: str, said: str) -> NoReturn:
        """Say what is wrong with a field.

        Raises:
            BadData: always.
        """
        raise BadData([Flaw(self.file, self.table, field, said)])

    def called(self, place: str) -> "Fields":
        """Return the same record under its own id, or under its place where it has none."""
        name = self._values.get("id")
        return Fields(self.file, name if isinstance(name, str) else place, self._values)

    def done(self) -> None:
        """Refuse unknown keys.

        Raises:
            BadData: there is one.
        """
        for key in self._values:
            if key not in self._asked:
                self.refuse(key, "is not a field here")

    def id(self, field: str = "id") -> str:
        """Return an id: lower case letters, digits and hyphens."""
        value = self.text(field)
        if not _ID.match(value):
            self.refuse(field, "must be lower case letters, digits and hyphens")
        return value

    def text(self, field: str) -> str:
        """Return a text that must be there."""
        value = self.maybe_text(field)
        if value is None:
            self.refuse(field, "must be given")
        return value

    def maybe_text(self, field: str) -> str | None:
        """Return a text, if it is there; blank and over-long ones are refused, and anything shaped like a CPR."""
        value = self._take(field)
        return None if value is None else self._checked_text(field, value)

    def texts(self, field: str) -> tuple[str, ...]:
        """Return a list of texts, each once, in the file's order."""
        found = tuple(self._checked_text(field, value) for value in self._list(field))
        if len(set(found)) != len(found):
            self.refuse(field, "says something twice")
        return found

    def code(self, field: str, kind: type[Code]) -> Code:
        """Return a code of a closed list, which must be there."""
        return self._known(field, kind, self.text(field))

    def maybe_code(self, field: str, kind: type[Code]) -> Code | None:
        """Return a code of a closed list, if it is there."""
        value = self.maybe_text(field)
        return None if value is None else self._known(field, kind, value)

    def codes(self, field: str, kind: type[Code]) -> frozenset[Code]:
        """Return codes of a closed list."""
        return frozenset(self._known(field, kind, value) for value in self.texts(field))

    def whole(self, field: str, low: int, high: int) -> int | None:
        """Return a whole number from `low` to `high`, if it is there."""
        value = self._take(field)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            self.refuse(field, f"must be a whole number from {low} to {high}")
        return value

    def wholes(self, field: str, low: int, high: int) -> tuple[int, ...]:
        """Return whole numbers, sorted."""
        found = self._list(field)
        numbers = [value for value in found if isinstance(value, int) and low <= value <= high]
        if len(numbers) != len(found):
            self.refuse(field, f"must be whole numbers from {low} to {high}")
        return tuple(sorted(numbers))

    def span(self, stem: str, low: int, high: int) -> tuple[int | None, int | None]:
        """Return `stem`_from and `stem`_to; the end may not come before the beginning."""
        first, last = self.whole(f"{stem}_from", low, high), self.whole(f"{stem}_to", low, high)
        if first is not None and last is not None and first > last:
            self.refuse(f"{stem}_to", f"ends before {stem}_from")
        return first, last

    def day(self, field: str) -> date | None:
        """Return a date, if it is there; TOML gives dates as they are, CSV as text."""
        value = self._take(field)
        if value is None or type(value) is date:
            return value
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self.refuse(field, "must be a date, YYYY-MM-DD")

    def flag(self, field: str) -> bool | None:
        """Return true or false, if it is there."""
        value = self._take(field)
        if value is not None and not isinstance(value, bool):
            self.refuse(field, "must be true or false")
        return value

    def part(self, field: str) -> "Fields":
        """Return a record within this one; an absent one is empty."""
        value = self._take(field)
        if value is None:
            value = {}
        if not isinstance(value, dict):
            self.refuse(field, "must be a table")
        return Fields(self.file, f"{self.table}.{field}", value)

    def parts(self, field: str) -> list["Fields"]:
        """Return the records of a list."""
        found = self._list(field)
        if not all(isinstance(value, dict) for value in found):
            self.refuse(field, "must be a list of tables")
        return [
            Fields(self.file, f"{self.table}.{field}[{place}]", value)
            for place, value in enumerate(found)
            if isinstance(value, dict)
        ]

    def among(self, field: str, value: str, known: Collection[str]) -> None:
        """Refuse a reference to something that is not there.

        Raises:
            BadData: `value` is not among `known`.
        """
        if value not in known:
            self.refuse(field, f"names {value!r}, which is not there")

    def _take(self, field: str) -> object:
        self._asked.add(field)
        value = self._values.get(field)
        return None if value == "" and self.file.endswith(".csv") else value

    def _list(self, field: str) -> list[object]:
        value = self._take(field)
        if value is None:
            return []
        if not isinstance(value, list):
            self.refuse(field, "must be a list")
        return value

    def _checked_text(self, field: str, value: object) -> str:
        if not isinstance(value, str) or not value.strip() or len(value) > _MOST_SIGNS:
            self.refuse(field, f"must be text of 1 to {_MOST_SIGNS} signs")
        if looks_like_cpr(value):
            self.refuse(field, "holds something shaped like a civil registration number")
        return value

    def _known(self, field: str, kind: type[Code], value: str) -> Code:
        try:
            return kind(value)
        except ValueError:
            self.refuse(field, f"{value!r} is not one of {', '.join(sorted(kind))}")
