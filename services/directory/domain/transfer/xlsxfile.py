"""Spreadsheets (XLSX) as they come: looked over as an archive first, then read as values; nothing in them is run.

Of the library's reader only what cells need is used: it would make up each row a sheet skips, and hold whole any row.
"""

import io
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import IO, Any

from defusedxml.ElementTree import iterparse
from openpyxl.cell.text import Text
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.worksheet._reader import DATA_TAG, ROW_TAG, WorkSheetParser
from openpyxl.xml.constants import SHARED_STRINGS, SHEET_MAIN_NS

from services.directory.domain.transfer.cells import from_typed
from services.directory.domain.transfer.columns import Place
from services.directory.domain.transfer.findings import Code, FileRefused, Finding, too_much
from services.directory.domain.transfer.naming import coded
from services.directory.domain.transfer.rows import MOST_COLUMNS, MOST_ROWS, Read
from services.directory.domain.transfer.tables import Header, gathered
from services.directory.domain.transfer.xlsxtext import plain

# The last line a sheet can have: some programs write it, empty.
MOST_LINES = 1_048_576
# Elements within a row or a text: a cell has up to three, and a sheet's width of empty ones may follow.
MOST_WITHIN = 10 * MOST_COLUMNS
MOST_TEXTS = 100 * MOST_ROWS
# In a sheet, the empty ones too.
MOST_CELLS = 200 * MOST_ROWS
# Bytes of a part that is held whole: what the book is made of, and its styles.
MOST_WHOLE = 8 * 1024 * 1024
_TEXT_TAG = f"{{{SHEET_MAIN_NS}}}si"
_MOST_ENTRIES = 500
MOST_UNPACKED = 120 * 1024 * 1024
# Sheets of many like rows shrink to a fiftieth; what shrinks more than this is made to.
_MOST_SHRUNK, _SMALL = 200, 1024 * 1024
_ENCRYPTED = 0x1
_SHEETS = ("tilbud", "offers")
# Whatever a broken or hostile file makes the readers of archives, XML and sheets trip over.
_BROKEN = (
    ArithmeticError, AttributeError, EOFError, LookupError, NotImplementedError, OSError, RuntimeError, SyntaxError,
    TypeError, ValueError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
_UNREADABLE = "Filen kan ikke læses som regneark (XLSX). Gem den igen, eller send den som CSV."
_FORMULA = Finding(0, "", "indeholder en formel; skriv værdien i stedet", Code.FORMULA)
_ERROR = Finding(0, "", "indeholder en fejlværdi fra regnearket", Code.CELL_ERROR)


def read(body: bytes) -> Read:
    """Return the rows of the sheet `Tilbud`, or of the first.

    Raises:
        FileRefused: it is no spreadsheet, or one made to do harm.
    """
    _look_over(body)
    try:
        with warnings.catch_warnings(action="ignore"):  # of styles and rules it does not keep
            return _rows(_Book(body))
    except _BROKEN as error:
        raise FileRefused(_UNREADABLE, Code.UNREADABLE) from error


class _Parts(zipfile.ZipFile):
    """An archive of which no part is held whole that is larger than any book's."""

    def read(self, name: str | zipfile.ZipInfo, pwd: bytes | None = None) -> bytes:
        entry = name if isinstance(name, zipfile.ZipInfo) else self.getinfo(name)
        if entry.file_size > MOST_WHOLE:
            raise _too_large()
        return super().read(name, pwd)


class _Book(ExcelReader):
    """What of a book is needed to read the cells of a sheet: its texts, its formats of dates, where its sheets are."""

    package: Any

    def __init__(self, body: bytes) -> None:
        super().__init__(io.BytesIO(body), read_only=True, keep_links=False)
        self.archive = _Parts(io.BytesIO(body))
        self.read_manifest()
        self.read_strings()
        self.read_workbook()
        apply_stylesheet(self.archive, self.wb)

    def read_strings(self) -> None:
        """Read the texts that cells share."""
        part = self.package.find(SHARED_STRINGS)
        if part is None:
            return
        with self.archive.open(part.PartName[1:]) as source:
            for element in _elements(source, _TEXT_TAG):
                if len(self.shared_strings) == MOST_TEXTS:
                    raise too_much(MOST_TEXTS, "tekster")
                text: Any = Text.from_tree(element)
                self.shared_strings.append(text.content.replace("x005F_", ""))

    def sheets(self) -> dict[str, str]:
        """Return where each sheet of cells is in the archive, by its name in small letters."""
        found = ((sheet.name.lower(), at) for sheet, at in self.parser.find_sheets() if "chartsheet" not in at.Type)
        return {name: at.target for name, at in found if at.target in self.valid_files}

    def lines(self, path: str) -> Iterator[tuple[int, list[dict[str, Any]]]]:
        """Yield each row of a sheet that has cells, with its number; what the sheet skips is never made up."""
        wb: Any = self.wb
        with self.archive.open(path) as source:
            parser = _Cells(source, self.shared_strings, False, wb.epoch, wb._date_formats, wb._timedelta_formats)  # noqa: FBT003, SLF001
            made = 0
            for count, element in enumerate(_elements(source, ROW_TAG), start=1):
                line, cells = parser.parse_row(element)
                made += len(cells)
                if made > MOST_CELLS:
                    raise too_much(MOST_CELLS, "celler", line)
                if max(count, line) > MOST_LINES:
                    raise too_much(MOST_LINES, "linjer", MOST_LINES)
                if line < 1:
                    raise FileRefused(_UNREADABLE, Code.UNREADABLE)
                if cells:
                    yield line, cells


class _Cells(WorkSheetParser):
    """Reads the cells of a row. A formula is seen, and not worked out: those that share one would each be rewritten."""

    def parse_formula(self, element: object) -> str:  # noqa: ARG002 - the library's
        return "="


def _elements(source: IO[bytes], tag: str) -> Iterator[Any]:
    """Yield each element of a kind at its end, and forget it; nothing after a sheet's rows is read.

    Raises:
        FileRefused: one holds more than any row or text of offers does, or so much stands between two.
    """
    held = 0
    before: list[int] = []
    for event, element in iterparse(source, ("start", "end")):
        if event == "start":
            if element.tag == tag:
                before.append(held)
            held += 1
            if held > MOST_WITHIN:
                raise too_much(MOST_COLUMNS, "kolonner")
        elif element.tag == tag:
            yield element
            element.clear()
            held = before.pop()
        elif element.tag == DATA_TAG:
            return


def _look_over(body: bytes) -> None:
    """Refuse an archive that would unpack to more than a spreadsheet of offers can be, before unpacking any of it.

    What an entry says of its size binds its reader: more than that is never unpacked.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            entries = archive.infolist()
    except _BROKEN as error:
        raise FileRefused(_UNREADABLE, Code.UNREADABLE) from error
    if any(entry.flag_bits & _ENCRYPTED for entry in entries):
        raise FileRefused("Regnearket er låst med en kode. Gem det uden, og send det igen.", Code.UNREADABLE)
    shrunk = any(
        entry.file_size > _SMALL and entry.file_size > _MOST_SHRUNK * max(entry.compress_size, 1) for entry in entries
    )
    if len(entries) > _MOST_ENTRIES or sum(entry.file_size for entry in entries) > MOST_UNPACKED or shrunk:
        raise _too_large()


def _too_large() -> FileRefused:
    return FileRefused("Regnearket fylder alt for meget, når det pakkes ud. Del det op.", Code.UNSAFE_ARCHIVE)


def _rows(book: _Book) -> Read:
    sheets = book.sheets()
    path = next((sheets[name] for name in _SHEETS if name in sheets), None) or next(iter(sheets.values()), None)
    if path is None:
        raise FileRefused("Regnearket har intet ark.", Code.UNREADABLE)
    lines = ((line, dict(_filled(line, cells))) for line, cells in book.lines(path))
    line, named = next(lines, (1, {}))
    header = Header.of(
        line, [plain(str(named[at]["value"])) if at in named else "" for at in range(max(named, default=-1) + 1)]
    )
    if not header.places:
        said = "Ingen af kolonnernes navne i første linje er kendt. Hent skabelonen, og brug dens kolonner."
        raise FileRefused(said, Code.UNREADABLE, line=line)
    return gathered(header, ((at, cells.items()) for at, cells in lines), _value)


def _filled(line: int, cells: list[dict[str, Any]]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the cells of a row that say something, each with its place from 0."""
    for cell in cells:
        if cell["value"] is not None:
            if cell["column"] > MOST_COLUMNS:
                raise too_much(MOST_COLUMNS, "kolonner", line)
            yield cell["column"] - 1, cell


def _value(place: Place, cell: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any value of a document
    if cell["data_type"] == "f":
        return _FORMULA
    if cell["data_type"] == "e":
        return _ERROR
    value = cell["value"]
    return coded(place.column, from_typed(place.column.kind, plain(value) if isinstance(value, str) else value))
