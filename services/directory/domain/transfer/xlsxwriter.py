"""Spreadsheets (XLSX) as we write them: texts never formulas, numbers and days typed; streamed, row by row."""

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import IO, Any, cast
from xml.sax.saxutils import escape

from services.directory.domain.transfer.cells import join
from services.directory.domain.transfer.columns import LISTS, Kind, Place
from services.directory.domain.transfer.xlsxtext import coded

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_DAY_ONE = date(1899, 12, 30)
# Before this day spreadsheets count one day wrong.
_SURE = date(1900, 3, 1)
_DAY_STYLE, _HEAD_STYLE = 1, 2
_FONT = '<sz val="11"/><name val="Calibri"/>'
_FILLS = "".join(f'<fill><patternFill patternType="{kind}"/></fill>' for kind in ("none", "gray125"))
_STYLES = (
    f'{_XML}<styleSheet xmlns="{_MAIN}">'
    '<numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/></numFmts>'
    f'<fonts count="2"><font>{_FONT}</font><font><b/>{_FONT}</font></fonts><fills count="2">{_FILLS}</fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="3"><xf/>'
    '<xf numFmtId="164" applyNumberFormat="1"/><xf fontId="1" applyFont="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
_PANE = '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
_SHEET_BEGINS = (
    f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">{_PANE}</sheetView></sheetViews>'
    "<sheetData>"
)
_SHEET_ENDS = "</sheetData></worksheet>"
Cells = Sequence[tuple[Kind, Any] | None]


class _Sink(io.RawIOBase):
    """Takes what the archive writes, until it is drained; it cannot go back."""

    def __init__(self) -> None:
        super().__init__()
        self._held: list[bytes] = []

    def write(self, part: Any) -> int:  # noqa: ANN401 - whatever holds bytes
        self._held.append(bytes(part))
        return len(part)

    def drained(self) -> bytes:
        held, self._held = b"".join(self._held), []
        return held


class Book:
    """A workbook being written: sheet after sheet, row after row; `drained` gives what is ready to be sent."""

    def __init__(self) -> None:
        self._sink = _Sink()
        self._archive = zipfile.ZipFile(cast("IO[bytes]", self._sink), "w", zipfile.ZIP_DEFLATED, compresslevel=4)
        self._names: list[str] = []
        self._sheet: IO[bytes] = io.BytesIO()
        self._letters: list[str] = []
        self._line = 0

    def sheet(self, name: str, rows: Iterable[Cells]) -> None:
        """Begin a sheet with these rows; the first is its header."""
        self._end_sheet()
        self._names.append(name)
        self._line = 0
        self._sheet = self._archive.open(f"xl/worksheets/sheet{len(self._names)}.xml", "w", force_zip64=True)
        self._sheet.write(_SHEET_BEGINS.encode())
        self.rows(rows)

    def rows(self, rows: Iterable[Cells]) -> None:
        """Write rows in the sheet."""
        for cells in rows:
            self._line += 1
            while len(self._letters) < len(cells):
                self._letters.append(_letters(len(self._letters)))
            style = _HEAD_STYLE if self._line == 1 else 0
            told = "".join(
                _cell(f"{self._letters[at]}{self._line}", *cell, style)
                for at, cell in enumerate(cells)
                if cell is not None
            )
            self._sheet.write(f'<row r="{self._line}">{told}</row>'.encode())

    def drained(self) -> bytes:
        """Return the bytes that are ready."""
        return self._sink.drained()

    def end(self) -> bytes:
        """End the workbook; return the last bytes."""
        self._end_sheet()
        for name, part in _around(self._names).items():
            self._archive.writestr(name, part)
        self._archive.close()
        return self._sink.drained()

    def _end_sheet(self) -> None:
        self._sheet.write(_SHEET_ENDS.encode())
        self._sheet.close()


def header(columns: Iterable[Place]) -> Cells:
    """Return the row of headers."""
    return [(Kind.TEXT, place.header) for place in columns]


def row(columns: Mapping[Place, int], cells: Mapping[Place, Any]) -> Cells:
    """Return a row's cells; `columns` says at which place from 0 each stands.

    Raises:
        KeyError: there is a cell without a column.
    """
    line: list[tuple[Kind, Any] | None] = [None] * len(columns)
    for place, value in cells.items():
        line[columns[place]] = (place.column.kind, value)
    return line


def _cell(at: str, kind: Kind, value: Any, style: int) -> str:  # noqa: ANN401 - any value of a document
    if kind in {Kind.WHOLE, Kind.NUMBER}:
        return f'<c r="{at}"><v>{value!r}</v></c>'
    if kind is Kind.DAY and (day := date.fromisoformat(value)) >= _SURE:
        return f'<c r="{at}" s="{_DAY_STYLE}"><v>{(day - _DAY_ONE).days}</v></c>'
    if kind is Kind.FLAG:
        return f'<c r="{at}" t="b"><v>{int(value)}</v></c>'
    text = escape(coded(join(value) if kind in LISTS else value))
    return f'<c r="{at}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def _letters(at: int) -> str:
    """Return a column's letters, by its place from 0: A to Z, then AA."""
    told = ""
    at += 1
    while at:
        at, rest = divmod(at - 1, 26)
        told = chr(ord("A") + rest) + told
    return told


def _around(names: Sequence[str]) -> dict[str, str]:
    """Return the parts of the archive besides the sheets."""
    numbers = range(1, len(names) + 1)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml."
    types = "".join(
        f'<Override PartName="/xl/worksheets/sheet{each}.xml" ContentType="{kind}worksheet+xml"/>' for each in numbers
    )
    sheets = "".join(
        f'<sheet name="{escape(name)}" sheetId="{each}" r:id="rId{each}"/>' for each, name in enumerate(names, start=1)
    )
    relations = "".join(
        f'<Relationship Id="rId{each}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{each}.xml"/>'
        for each in numbers
    )
    style = f'<Relationship Id="rId0" Type="{_OFFICE}/styles" Target="styles.xml"/>'
    first = f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
    return {
        "[Content_Types].xml": f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{kind}styles+xml"/>{types}</Types>',
        "_rels/.rels": f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{first}</Relationships>',
        "xl/workbook.xml": f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{sheets}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
        f"{style}{relations}</Relationships>",
        "xl/styles.xml": _STYLES,
    }
