"""What CSV and spreadsheets have in common: a line of headers, and cells under them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from services.directory.domain.transfer.columns import Place, place_of
from services.directory.domain.transfer.findings import Code, Finding, shown, too_much
from services.directory.domain.transfer.flat import unflatten
from services.directory.domain.transfer.rows import MOST_COLUMNS, MOST_FOUND, MOST_ROWS, Read, Row

Cell = TypeVar("Cell")
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Header:
    """Where the cells of each column go, by the column's place from 0, and the names the file gives them."""

    places: Mapping[int, Place]
    names: Sequence[str]
    named: Mapping[Place, str]
    findings: tuple[Finding, ...]

    @classmethod
    def of(cls, line: int, names: Sequence[str]) -> "Header":
        """Return what a line of headers says; a column without a name is none.

        Raises:
            FileRefused: there are more columns than any offer has.
        """
        if len(names) > MOST_COLUMNS:
            raise too_much(MOST_COLUMNS, "kolonner", line)
        places: dict[int, Place] = {}
        named: dict[Place, str] = {}
        findings: list[Finding] = []
        for at, name in enumerate(names):
            place = placed(name)
            if place is not None and place not in named:
                places[at], named[place] = place, name.strip()
            elif place is not None:
                findings.append(
                    Finding(line, shown(name, _number(at)), "er den samme kolonne som en anden", Code.COLUMN_TWICE)
                )
            elif name.strip():
                said = "findes ikke som kolonne; slet den, eller brug et navn fra skabelonen"
                findings.append(Finding(line, shown(name, _number(at)), said, Code.UNKNOWN_COLUMN))
        return cls(places, tuple(names), named, tuple(findings))


def placed(name: str) -> Place | None:
    """Return where a header's cells go; None: there is no such column, and none has so long a name."""
    return place_of(name) if len(name) <= _LONGEST_NAME else None


def gathered(
    header: Header,
    lines: Iterable[tuple[int, Iterable[tuple[int, Cell]]]],
    value: Callable[[Place, Cell], Any],
) -> Read:
    """Return the rows under a header; `value` says what a cell holds, None: nothing. A blank line is none.

    Raises:
        FileRefused: there are too many, good or bad, or too much is found in them.
    """
    count = 0
    rows: list[Row] = []
    findings = list(header.findings)
    known = set(header.places) | {at for at, name in enumerate(header.names) if name.strip()}
    for line, told in lines:
        cells: dict[Place, Any] = {}
        before = len(findings)
        for at, cell in told:
            place = header.places.get(at)
            held = _spilt(cell) if place is None else value(place, cell)
            if held is None:
                continue
            if isinstance(held, Finding):
                findings.append(Finding(line, _named(header, at), held.said, held.code))
            elif place is not None:
                cells[place] = held
            elif at not in known:
                findings.append(Finding(line, _named(header, at), "står i en kolonne uden navn", Code.TOO_MANY_CELLS))
        if cells:
            said, places = unflatten(cells)
            rows.append(Row(line, said, {path: header.named[place] for path, place in places.items()}))
        count += bool(cells) or len(findings) > before
        if count > MOST_ROWS:
            raise too_much(MOST_ROWS, "rækker", line)
        if len(findings) > MOST_FOUND:
            raise too_much(MOST_FOUND, "fejl", line)
    return Read(rows, findings)


def _named(header: Header, at: int) -> str:
    return shown(header.names[at].strip() if at < len(header.names) else "", _number(at))


def _number(at: int) -> str:
    return f"kolonne {at + 1}"


def _spilt(cell: object) -> object:
    """Return what stands where no column is, if anything."""
    return None if cell is None or (isinstance(cell, str) and not cell.strip()) else cell
