"""Spreadsheets (XLSX) as they come: looked over as an archive first, then read as values; nothing in them is run."""

import io
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

from openpyxl import load_workbook

from services.directory.domain.transfer.cells import from_typed
from services.directory.domain.transfer.columns import Place
from services.directory.domain.transfer.findings import Code, FileRefused, Finding, too_much
from services.directory.domain.transfer.naming import coded
from services.directory.domain.transfer.rows import MOST_COLUMNS, Read
from services.directory.domain.transfer.tables import Header, gathered
from services.directory.domain.transfer.xlsxtext import plain

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
            book = load_workbook(io.BytesIO(body), read_only=True, data_only=False, keep_links=False)
        try:
            return _rows(book)
        finally:
            book.close()
    except _BROKEN as error:
        raise FileRefused(_UNREADABLE, Code.UNREADABLE) from error


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
        raise FileRefused("Regnearket fylder alt for meget, når det pakkes ud. Del det op.", Code.UNSAFE_ARCHIVE)


def _rows(book: Any) -> Read:  # noqa: ANN401 - openpyxl's workbook
    named: Mapping[str, Any] = {sheet.title.lower(): sheet for sheet in book.worksheets}
    sheet = next((named[name] for name in _SHEETS if name in named), None) or next(iter(named.values()), None)
    if sheet is None:
        raise FileRefused("Regnearket har intet ark.", Code.UNREADABLE)
    sheet.reset_dimensions()
    lines = enumerate(sheet.iter_rows(), start=1)
    line, names = next(((at, cells) for at, cells in lines if cells), (1, ()))
    header = Header.of(line, [plain(str(cell.value)) if cell.value is not None else "" for cell in names])
    if not header.places:
        said = "Ingen af kolonnernes navne i første linje er kendt. Hent skabelonen, og brug dens kolonner."
        raise FileRefused(said, Code.UNREADABLE, line=line)
    return gathered(header, ((at, _filled(at, cells)) for at, cells in lines if cells), _value)


def _filled(line: int, cells: tuple[Any, ...]) -> Iterator[tuple[int, Any]]:
    if len(cells) > MOST_COLUMNS:
        raise too_much(MOST_COLUMNS, "kolonner", line)
    return ((at, cell) for at, cell in enumerate(cells) if cell.value is not None)


def _value(place: Place, cell: Any) -> Any:  # noqa: ANN401 - openpyxl's cell
    if cell.data_type == "f":
        return _FORMULA
    if cell.data_type == "e":
        return _ERROR
    value = cell.value
    return coded(place.column, from_typed(place.column.kind, plain(value) if isinstance(value, str) else value))
