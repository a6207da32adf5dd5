"""Tables as text: CSV, with `;`, `,` or a tab between the cells. Nothing is guessed silently.

A cell that a spreadsheet would take for a formula is written with an apostrophe before it, and read without it.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from services.directory.domain.transfer.cells import from_text, to_text
from services.directory.domain.transfer.columns import Place
from services.directory.domain.transfer.findings import Code, FileRefused, too_much
from services.directory.domain.transfer.naming import coded
from services.directory.domain.transfer.rows import MOST_COLUMNS, Read
from services.directory.domain.transfer.tables import Header, gathered, placed

SEPARATOR = ";"
_SEPARATORS = (";", ",", "\t")
# In one record, those within texts too.
_MOST_SEPARATORS = 50 * MOST_COLUMNS
_MARK = "\ufeff"
# The first sign of what some spreadsheet runs, the wide ones too; and the apostrophe itself, so that it returns.
_RUNS = "=+-@\t\r\n＝＋－＠'"
_HINT = re.compile(r"\Asep=(.)\r?\n")
_QUOTED = re.compile(r"[;,\t\"'\r\n]|\A\s|\s\Z|\A[=+\-@]")


def guarded(text: str) -> str:
    """Return a cell's text so that no spreadsheet runs it."""
    return "'" + text if text[:1] and text[0] in _RUNS else text


def unguarded(text: str) -> str:
    """Return a cell's text without the guard: exactly what `guarded` was given."""
    return text[1:] if text[:1] == "'" and text[1:2] and text[1] in _RUNS else text


def line_of(cells: Iterable[str]) -> str:
    """Return a line of the file; a cell is quoted where it holds what any reader might take for a separator."""
    return SEPARATOR.join(map(_quoted, cells)) + "\r\n"


def head(columns: Iterable[Place]) -> str:
    """Return the beginning of a file: the mark that says UTF-8, and the headers."""
    return _MARK + line_of(place.header for place in columns)


def row(columns: Mapping[Place, int], cells: Mapping[Place, Any]) -> str:
    """Return a row's line; `columns` says at which place from 0 each stands.

    Raises:
        KeyError: there is a cell without a column.
    """
    line = [""] * len(columns)
    for place, value in cells.items():
        line[columns[place]] = guarded(to_text(place.column.kind, value))
    return line_of(line)


def read(text: str) -> Read:
    """Return the rows of a CSV file's text.

    Raises:
        FileRefused: it has no header we know, or is not CSV.
    """
    separator, text = _separator(text.removeprefix(_MARK))
    lines = _records(text, separator)
    first = next(lines, None)
    if first is None:
        raise FileRefused("Filen er tom. Første linje skal være kolonnernes navne.", Code.UNREADABLE, line=1)
    header = Header.of(first[0], first[1])
    return gathered(header, ((line, enumerate(cells)) for line, cells in lines), _value)


def _value(place: Place, cell: str) -> Any:  # noqa: ANN401 - any value of a document
    return coded(place.column, from_text(place.column.kind, unguarded(cell)))


def _records(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each record with the line it begins on; one with too many cells is refused before it is taken apart."""
    begins, held = 1, 0

    def bounded() -> Iterator[str]:
        nonlocal held
        for line in io.StringIO(text, newline=""):
            held += line.count(separator)
            if held > _MOST_SEPARATORS:
                raise too_much(MOST_COLUMNS, "kolonner", begins)
            yield line

    lines = csv.reader(bounded(), delimiter=separator, strict=True)
    try:
        for cells in lines:
            if len(cells) > MOST_COLUMNS:
                raise too_much(MOST_COLUMNS, "kolonner", begins)
            yield begins, cells
            held = 0
            begins = lines.line_num + 1
    except csv.Error as error:
        said = f"Linje {begins} kan ikke læses som CSV: et anførselstegn mangler, eller en celle er for lang."
        raise FileRefused(said, Code.UNREADABLE, line=begins) from error


def _separator(text: str) -> tuple[str, str]:
    """Return what stands between the cells, and the text without a line that says so.

    It is what gives most headers we know.
    """
    hint = _HINT.match(text)
    if hint is not None:
        text = text[hint.end() :]
        if hint[1] in _SEPARATORS:
            return hint[1], text
    known = {each: _known(text, each) for each in _SEPARATORS}
    best = max(_SEPARATORS, key=lambda each: known[each])
    if not known[best]:
        said = "Ingen af kolonnernes navne i første linje er kendt. Hent skabelonen, og brug dens kolonner."
        raise FileRefused(said, Code.UNREADABLE, line=1)
    return best, text


def _known(text: str, separator: str) -> int:
    try:
        first = next(_records(text, separator), (1, []))[1]
    except FileRefused as error:
        if error.finding.code is Code.TOO_MUCH:
            raise
        return 0
    return sum(placed(cell) is not None for cell in first)


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if _QUOTED.search(cell) else cell
