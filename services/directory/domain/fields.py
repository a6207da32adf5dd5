"""Read one record strictly: every key known, every value of its kind, and every flaw told, not just the first."""

import re
from collections.abc import Collection, Mapping
from datetime import date, time
from enum import StrEnum
from typing import TypeVar

from services.directory.domain.errors import BadData, Flaw
from shared.personal import looks_like_cpr

Code = TypeVar("Code", bound=StrEnum)
_ID = re.compile(r"[a-z][a-z0-9-]{0,99}")
_TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d", re.ASCII)
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,60}")
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202d\u202e\ud800-\udfff]")
# What a browser would take for a tag, a comment or an address that runs.
_MARKUP = re.compile(r"<[A-Za-z/!?]|javascript:|vbscript:|data:text/html", re.IGNORECASE)
UNKNOWN_FIELD = "(ukendt felt)"
_MOST_SIGNS = 2000
_MOST_LISTED = 200
_MOST_UNKNOWN = 50
_EARLIEST, _LATEST = date(1900, 1, 1), date(2200, 1, 1)


class Fields:
    """A record being read. Getters note what is wrong and go on; `done` refuses it all together."""

    def __init__(self, file: str, table: str, values: Mapping[str, object], flaws: list[Flaw] | None = None) -> None:
        self.file = file
        self.table = table
        self._values = values
        self._asked: set[str] = set()
        self._flaws: list[Flaw] = [] if flaws is None else flaws

    def refuse(self, field: str, said: str) -> None:
        """Note what is wrong with a field; `done` tells it."""
        self._flaws.append(Flaw(self.file, self.table, field, said))

    def warn(self, field: str, said: str) -> None:
        """Note what looks odd and is taken all the same."""
        self._flaws.append(Flaw(self.file, self.table, field, said, warning=True))

    @property
    def warnings(self) -> list[Flaw]:
        """What looked odd so far."""
        return [flaw for flaw in self._flaws if flaw.warning]

    @property
    def empty(self) -> bool:
        """True where the record says nothing at all."""
        return all(value in (None, [], {}) for value in self._values.values())

    def called(self, place: str) -> "Fields":
        """Return the same record under its own id, or under its place where it has none."""
        name = self._values.get("id")
        return Fields(self.file, _plain(name) or place if isinstance(name, str) else place, self._values)

    def done(self) -> None:
        """Refuse unknown keys, and everything noted in this record and its parts.

        Raises:
            BadData: there is something wrong.
        """
        self.end()
        if not all(flaw.warning for flaw in self._flaws):
            raise BadData(self._flaws)

    def end(self) -> None:
        """Note unknown keys: the last word on a record within a record."""
        unknown = [key for key in self._values if key not in self._asked]
        for key in unknown[:_MOST_UNKNOWN]:
            self.refuse(_plain(key) or UNKNOWN_FIELD, "findes ikke som felt her")
        if len(unknown) > _MOST_UNKNOWN:
            self.refuse(UNKNOWN_FIELD, f"og {len(unknown) - _MOST_UNKNOWN} andre findes heller ikke som felter her")

    def id(self, field: str = "id") -> str:
        """Return an id: lower case letters, digits and hyphens."""
        value = self.text(field)
        if value and not _ID.fullmatch(value):
            self.refuse(field, "skal være små bogstaver (a-z), cifre og bindestreger")
        return value

    def text(self, field: str) -> str:
        """Return a text that must be there."""
        value = self.maybe_text(field)
        if value is None and self._take(field) is None:
            self.refuse(field, "skal udfyldes")
        return value or ""

    def maybe_text(self, field: str) -> str | None:
        """Return a text, if it is there; blank, over-long, marked up or shaped like a CPR number it is refused."""
        value = self._take(field)
        return None if value is None else self._checked_text(field, value)

    def texts(self, field: str) -> tuple[str, ...]:
        """Return a list of texts, each once, in the given order."""
        found = tuple(
            text for text in (self._checked_text(field, value) for value in self._list(field)) if text is not None
        )
        if len(set(found)) != len(found):
            self.refuse(field, "siger det samme to gange")
        return found

    def code(self, field: str, kind: type[Code]) -> Code:
        """Return a code of a closed list, which must be there."""
        found = self._known(field, kind, self.text(field))
        return next(iter(kind)) if found is None else found

    def maybe_code(self, field: str, kind: type[Code]) -> Code | None:
        """Return a code of a closed list, if it is there."""
        value = self.maybe_text(field)
        return None if value is None else self._known(field, kind, value)

    def codes(self, field: str, kind: type[Code]) -> frozenset[Code]:
        """Return codes of a closed list."""
        found = (self._known(field, kind, value) for value in self.texts(field))
        return frozenset(code for code in found if code is not None)

    def whole(self, field: str, low: int, high: int) -> int | None:
        """Return a whole number from `low` to `high`, if it is there."""
        value = self._take(field)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            self.refuse(field, f"skal være et helt tal fra {low} til {high}")
            return None
        return value

    def wholes(self, field: str, low: int, high: int) -> tuple[int, ...]:
        """Return whole numbers, sorted."""
        found = self._list(field)
        numbers = [value for value in found if type(value) is int and low <= value <= high]
        if len(numbers) != len(found):
            self.refuse(field, f"skal være hele tal fra {low} til {high}")
        if len(set(numbers)) != len(numbers):
            self.refuse(field, "siger det samme to gange")
        return tuple(sorted(numbers))

    def number(self, field: str, low: float, high: float) -> float | None:
        """Return a number from `low` to `high`, if it is there."""
        value = self._take(field)
        if value is None:
            return None
        if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
            self.refuse(field, f"skal være et tal fra {low:g} til {high:g}")
            return None
        return float(value)

    def span(self, stem: str, low: int, high: int) -> tuple[int | None, int | None]:
        """Return `stem`_from and `stem`_to; the end may not come before the beginning."""
        first, last = self.whole(f"{stem}_from", low, high), self.whole(f"{stem}_to", low, high)
        if first is not None and last is not None and first > last:
            self.refuse(f"{stem}_to", f"slutter før {stem}_from")
        return first, last

    def days(self, first: str, last: str, *, same_day: bool = False) -> tuple[date | None, date | None]:
        """Return two dates; the end must come after the beginning, or on the `same_day` where that is sensible."""
        begins, ends = self.day(first), self.day(last)
        if begins is not None and ends is not None and (ends < begins or (ends == begins and not same_day)):
            self.refuse(last, f"skal ligge efter {first}")
        return begins, ends

    def day(self, field: str) -> date | None:
        """Return a date, if it is there: as a date, or as text YYYY-MM-DD."""
        value = self._take(field)
        if value is None:
            return None
        found = value if type(value) is date else _as_day(value)
        if found is None or not _EARLIEST <= found < _LATEST:
            self.refuse(field, "skal være en dato, ÅÅÅÅ-MM-DD")
            return None
        return found

    def clock(self, field: str) -> str | None:
        """Return a time of day HH:MM, if it is there."""
        value = self._take(field)
        if isinstance(value, time):
            value = value.strftime("%H:%M")
        if value is None:
            return None
        if not isinstance(value, str) or not _TIME.fullmatch(value):
            self.refuse(field, "skal være et klokkeslæt, TT:MM")
            return None
        return value

    def flag(self, field: str) -> bool | None:
        """Return true or false, if it is there."""
        value = self._take(field)
        if value is not None and not isinstance(value, bool):
            self.refuse(field, "skal være sand eller falsk")
            return None
        return value

    def part(self, field: str) -> "Fields":
        """Return a record within this one; an absent one is empty."""
        value = self._take(field)
        if value is not None and not isinstance(value, dict):
            self.refuse(field, "skal være en tabel")
        return Fields(self.file, f"{self.table}.{field}", value if isinstance(value, dict) else {}, self._flaws)

    def parts(self, field: str) -> list["Fields"]:
        """Return the records of a list."""
        found = self._list(field)
        if not all(isinstance(value, dict) for value in found):
            self.refuse(field, "skal være en liste af tabeller")
        return [
            Fields(self.file, f"{self.table}.{field}[{place}]", value, self._flaws)
            for place, value in enumerate(found)
            if isinstance(value, dict)
        ]

    def among(self, field: str, value: str, known: Collection[str]) -> None:
        """Note a reference to something that is not there; an empty one has been told of already."""
        if value and value not in known:
            self.refuse(field, f"nævner {_plain(value) or 'noget'}, som ikke findes")

    def _take(self, field: str) -> object:
        self._asked.add(field)
        value = self._values.get(field)
        return None if value == "" and self.file.endswith(".csv") else value

    def _list(self, field: str) -> list[object]:
        value = self._take(field)
        if value is None:
            return []
        if not isinstance(value, list) or len(value) > _MOST_LISTED:
            self.refuse(field, f"skal være en liste med højst {_MOST_LISTED}")
            return []
        return value

    def _checked_text(self, field: str, value: object) -> str | None:
        if not isinstance(value, str) or not value.strip() or len(value) > _MOST_SIGNS:
            self.refuse(field, f"skal være tekst på 1 til {_MOST_SIGNS} tegn")
        elif looks_like_cpr(value):
            self.refuse(field, "indeholder noget, der ligner et CPR-nummer")
        elif _MARKUP.search(value):
            self.refuse(field, "indeholder HTML eller script; skriv ren tekst")
        elif _CONTROLS.search(value):
            self.refuse(field, "indeholder tegn, der ikke kan ses")
        else:
            return value
        return None

    def _known(self, field: str, kind: type[Code], value: str) -> Code | None:
        try:
            return kind(value)
        except ValueError:
            if value:
                self.refuse(field, f"{_plain(value) or 'det'} er ikke en af {', '.join(sorted(kind))}")
            return None


def _plain(value: str) -> str | None:
    """Return what may be told back: a code or a field's name, and never what somebody wrote."""
    return value if _CODE.fullmatch(value) and not looks_like_cpr(value) else None


def _as_day(value: object) -> date | None:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None
