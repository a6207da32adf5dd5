"""What is found in a file that was sent in: where, which field, how grave, and in Danish what is the matter."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from shared.personal import looks_like_cpr

# What may be said again: nothing a browser takes for markup, nothing unseen, nothing long.
_PLAIN = re.compile(r"^[\w .,:()\[\]/-]{1,100}$")


class Severity(StrEnum):
    """An error keeps the whole file out; a warning is told, and the row is taken all the same."""

    ERROR = "error"
    WARNING = "warning"


class Code(StrEnum):
    """What kind of thing was found: stable, for programs."""

    UNREADABLE = "unreadable"
    ENCODING = "encoding"
    TOO_MUCH = "too_much"
    UNSAFE_ARCHIVE = "unsafe_archive"
    UNKNOWN_COLUMN = "unknown_column"
    COLUMN_TWICE = "column_twice"
    TOO_MANY_CELLS = "too_many_cells"
    FORMULA = "formula"
    CELL_ERROR = "cell_error"
    INVALID = "invalid"
    LOOKS_ODD = "looks_odd"
    ID_TWICE = "id_twice"
    NOT_YOURS = "not_yours"
    SUSPECTED_DUPLICATE = "suspected_duplicate"
    NOT_KEPT = "not_kept"
    CHANGED_SINCE = "changed_since"
    NO_VERSION = "no_version"
    PLANNED_LOST = "planned_lost"


@dataclass(frozen=True, slots=True)
class Other:
    """The offer a row is suspected to repeat; `line` where it stands in the same file."""

    id: str
    name: str
    organisation: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found. `line` counts from 1, a table's header is line 1; in a JSON list it is the offer's place.

    Line 0: the file. `offered` is an encoding the sender may choose.
    """

    line: int
    field: str
    said: str
    code: Code
    severity: Severity = Severity.ERROR
    other: Other | None = None
    offered: str | None = None

    def told(self) -> dict[str, Any]:
        """Return it as plain JSON values, as the report lists it."""
        whole: Mapping[str, Any] = {
            "line": self.line,
            "field": self.field,
            "code": str(self.code),
            "said": self.said,
            "severity": str(self.severity),
            "offered": self.offered,
            "other": None if self.other is None else _told(self.other),
        }
        return {key: value for key, value in whole.items() if value is not None}


class FileRefused(Exception):
    """The file cannot be read at all; `finding` says why."""

    def __init__(self, said: str, code: Code, *, line: int = 0, offered: str | None = None) -> None:
        super().__init__(code)
        self.finding = Finding(line, "", said, code, offered=offered)


def shown(name: str, otherwise: str) -> str:
    """Return what a file calls a field, or `otherwise` where that is no plain name, or holds a personal number."""
    return name if _PLAIN.match(name) and not looks_like_cpr(name) else otherwise


def too_much(most: int, what: str, line: int = 0) -> FileRefused:
    """Return that the file is too large in some way."""
    return FileRefused(f"Filen har over {most} {what}. Del den op.", Code.TOO_MUCH, line=line)


def _told(other: Other) -> dict[str, Any]:
    told = {"id": other.id, "name": other.name, "organisation": other.organisation, "line": other.line}
    return {key: value for key, value in told.items() if value is not None}
