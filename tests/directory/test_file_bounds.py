"""A small file that would fill the memory or never end is refused at its first row too many, whatever its format."""

import io
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.worksheet._reader import WorkSheetParser

from services.directory.domain.transfer import csvfile, encodings, jsonfile, rows, xlsxfile
from services.directory.domain.transfer.findings import Code, FileRefused, Finding
from services.directory.domain.transfer.opening import open_file
from services.directory.domain.transfer.rows import Format, Read

SHEET, TEXTS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
MOST = rows.MOST_ROWS


def _refusal(body: bytes, how: Format) -> Finding:
    with pytest.raises(FileRefused) as refused:
        open_file(body, how, None)
    return refused.value.finding


def _book(*changes: tuple[str, str, str]) -> bytes:
    """Return a book of one offer, with changes: the part, what is there, what is put instead."""
    first, last, book = io.BytesIO(), io.BytesIO(), Workbook()
    for line in (["id", "name", "unit"], ["a", "b", "c"]):
        book.worksheets[0].append(line)
    book.save(first)
    with zipfile.ZipFile(first) as source, zipfile.ZipFile(last, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            part = source.read(name).decode()
            for where, old, new in changes:
                assert where != name or old in part
                part = part.replace(old, new) if where == name else part
            target.writestr(name, part)
    return last.getvalue()


def _rows(body: bytes) -> Read:
    return open_file(body, Format.XLSX, None)


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the numbers of the rows the reader makes, as it makes them."""
    made: list[int] = []
    parse = WorkSheetParser.parse_row

    def parsing(self: WorkSheetParser, row: Any) -> Any:
        line, cells = parse(self, row)
        made.append(line)
        return line, cells

    monkeypatch.setattr(WorkSheetParser, "parse_row", parsing)
    return made


@pytest.mark.parametrize("number", ["999999999999999", str(xlsxfile.MOST_LINES + 1), "1e15"])
@pytest.mark.parametrize("row", ["1", "2"])
def test_a_sheet_that_skips_to_a_line_no_sheet_has_is_refused_at_that_row(
    parsed: list[int], number: str, row: str
) -> None:
    body = _book((SHEET, f'<row r="{row}">', f'<row r="{number}">'))
    assert len(body) < 6000
    found = _refusal(body, Format.XLSX)
    assert (found.code, found.line) == (Code.TOO_MUCH, xlsxfile.MOST_LINES)
    assert len(parsed) == int(row)


def test_rows_a_sheet_skips_are_never_made_up(parsed: list[int]) -> None:
    body = _book((SHEET, '<row r="2">', f'<row r="{xlsxfile.MOST_LINES}">'))
    assert [row.line for row in _rows(body).rows] == [xlsxfile.MOST_LINES]
    assert parsed == [1, xlsxfile.MOST_LINES]


@pytest.mark.parametrize("number", ["0", "-7", "x", "1.5", "9" * 5000])
def test_a_line_that_is_no_number_of_one_is_refused(number: str) -> None:
    assert _refusal(_book((SHEET, '<row r="2">', f'<row r="{number}">')), Format.XLSX).code is Code.UNREADABLE


def test_rows_without_end_under_one_number_are_counted(monkeypatch: pytest.MonkeyPatch, parsed: list[int]) -> None:
    monkeypatch.setattr(xlsxfile, "MOST_LINES", 100)
    assert _refusal(_book((SHEET, "</sheetData>", '<row r="3"/>' * 1000 + "</sheetData>")), Format.XLSX).line == 100
    assert len(parsed) == 101


def test_empty_cells_are_counted_over_all_rows(monkeypatch: pytest.MonkeyPatch, parsed: list[int]) -> None:
    monkeypatch.setattr(xlsxfile, "MOST_CELLS", 26)
    for rows_more, code in ((2, None), (3, Code.TOO_MUCH), (1000, Code.TOO_MUCH)):
        parsed.clear()
        body = _book((SHEET, "</sheetData>", f"<row>{'<c/>' * 10}</row>" * rows_more + "</sheetData>"))
        if code is None:
            assert len(_rows(body).rows) == 1
        else:
            assert _refusal(body, Format.XLSX).code is code
            assert parsed == [1, 2, 3, 4, 5]


def test_a_column_no_offer_has_is_refused_where_it_says_something_and_passed_over_where_not() -> None:
    assert _refusal(_book((SHEET, 'r="B2"', 'r="ZZZ2"')), Format.XLSX).code is Code.TOO_MUCH
    assert _refusal(_book((SHEET, 'r="B1"', 'r="ZZZ1"')), Format.XLSX).code is Code.TOO_MUCH
    assert _rows(_book((SHEET, "</row></sheetData>", '<c r="ZZZ2" s="0"/></row></sheetData>'))).rows[0].line == 2


@pytest.mark.parametrize(
    "wide",
    ["<c/>" * xlsxfile.MOST_WITHIN, f"<c><is>{'<r/>' * xlsxfile.MOST_WITHIN}</is></c>",
     ("<c/>" * 1000 + "<row/>") * (xlsxfile.MOST_WITHIN // 1000)],
    ids=["cells", "parts of a text", "rows within a row"],
)  # fmt: skip
def test_a_row_of_more_than_any_row_holds_is_refused_before_its_cells_are_made(parsed: list[int], wide: str) -> None:
    body = _book((SHEET, "</row></sheetData>", f"{wide}</row></sheetData>"))
    assert _refusal(body, Format.XLSX).code is Code.TOO_MUCH
    assert len(parsed) < 2 + wide.count("<row/>")


def test_what_stands_before_or_after_the_rows_is_not_held() -> None:
    many = "<x/>" * (xlsxfile.MOST_WITHIN + 1)
    assert _refusal(_book((SHEET, "<sheetData>", f"{many}<sheetData>")), Format.XLSX).code is Code.TOO_MUCH
    assert len(_rows(_book((SHEET, "</sheetData>", f"</sheetData>{many}"))).rows) == 1


def test_formulas_that_share_one_are_not_worked_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("openpyxl.worksheet._reader.Translator")
    shared = '<c r="D2"><f t="shared" si="0">A1</f></c><c r="E2"><f t="shared" si="0"/></c>'
    read = _rows(_book((SHEET, "</row></sheetData>", f"{shared}</row></sheetData>")))
    assert [row.said["id"] for row in read.rows] == ["a"]


def _with_texts(told: str) -> bytes:
    """Return a book with texts that cells share; the first is its offer's name."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    body = io.BytesIO(
        _book(
            ("[Content_Types].xml", "</Types>", f'<Override PartName="/{TEXTS}" ContentType="{kind}"/></Types>'),
            (SHEET, "</row></sheetData>", '<c r="B2" t="s"><v>0</v></c></row></sheetData>'),
        )
    )
    with zipfile.ZipFile(body, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(TEXTS, f'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{told}</sst>')
    return body.getvalue()


def test_the_texts_of_a_book_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsxfile, "MOST_TEXTS", 6)
    one = "<si><r><t>Mødre</t></r><r><t>gruppe</t></r></si>"
    assert _rows(_with_texts(one * 6)).rows[0].said["name"] == "Mødregruppe"
    assert _refusal(_with_texts(one * 7), Format.XLSX).code is Code.TOO_MUCH
    assert _refusal(_with_texts(f"<si>{'<r/>' * xlsxfile.MOST_WITHIN}</si>"), Format.XLSX).code is Code.TOO_MUCH


def test_what_of_a_book_is_held_whole_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsxfile, "MOST_WHOLE", 100)
    assert _refusal(_book(), Format.XLSX).code is Code.UNSAFE_ARCHIVE


@pytest.mark.parametrize(
    ("body", "how", "code", "line"),
    [
        (b"[" + b"1," * MOST + b"1]", Format.JSON, Code.TOO_MUCH, MOST + 1),
        (b"1\n" * (MOST + 1), Format.NDJSON, Code.TOO_MUCH, MOST + 1),
        (b"[" + b"{}," * MOST + b"1]", Format.JSON, Code.TOO_MUCH, MOST + 1),
        (b"[" + b"[]," * jsonfile.MOST_PARTS + b"1]", Format.JSON, Code.TOO_MUCH, 0),
        (b'{"a": [' + b"{}," * jsonfile.MOST_PARTS + b"1]}", Format.NDJSON, Code.TOO_MUCH, 0),
        (b"id;navn;enhed\n" + b"a;" * 1_000_000 + b"\n", Format.CSV, Code.TOO_MUCH, 2),
        (b"id;navn;enhed\na;b;c\n" + b"a;" * rows.MOST_COLUMNS + b"\n", Format.CSV, Code.TOO_MUCH, 3),
        (b"id;navn;enhed\n" + b'a;"\n";' * 300_000 + b"\n", Format.CSV, Code.TOO_MUCH, 2),
        (b";" * 1_000_000, Format.CSV, Code.TOO_MUCH, 1),
        (b"id\n" + b";x\n" * (MOST + 1), Format.CSV, Code.TOO_MUCH, MOST + 2),
    ],
    ids=["numbers", "lines", "objects", "lists", "objects in a line", "cells", "a few cells too many",
         "cells over lines", "headers", "rows that are none"],
)  # fmt: skip
def test_more_than_a_file_may_hold_is_refused_good_or_bad(body: bytes, how: Format, code: Code, line: int) -> None:
    found = _refusal(body, how)
    assert (found.code, found.line) == (code, line)


def test_as_many_as_may_be_are_read_good_and_bad() -> None:
    half = MOST // 2
    read = open_file(b"[" + b"{}," * half + b"1," * (half - 1) + b"1]", Format.JSON, None)
    assert (len(read.rows), len(read.findings)) == (half, half)
    assert len(open_file(b"id\n" + b"a" + b";" * (rows.MOST_COLUMNS - 1), Format.CSV, None).rows) == 1


def test_an_object_of_keys_without_end_is_told_of_once() -> None:
    keys = ",".join(f'"k{number}": 1' for number in range(rows.MOST_COLUMNS))
    for said in (f'{{{keys}, "more": 1}}', f'{{"venues": [{{{keys}}}]}}', f'{{"a": {{{keys}}}}}'):
        read = open_file(f'[{said}, {{"id": "b"}}]'.encode(), Format.JSON, None)
        assert [(each.line, each.code) for each in read.findings] == [(1, Code.TOO_MUCH)]
        assert [row.said for row in read.rows] == [{"id": "b"}]
    assert not open_file(f"[{{{keys}}}]".encode(), Format.JSON, None).findings


def test_findings_are_bounded_in_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.directory.domain.transfer.tables.MOST_FOUND", 10)
    assert len(open_file(b"id\n" + b"a" + b";x" * 10, Format.CSV, None).findings) == 10
    assert _refusal(b"id\n" + b"a" + b";x" * 11, Format.CSV).code is Code.TOO_MUCH


def test_another_profile_is_not_even_translated_where_it_has_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    def translate(_said: object) -> list[tuple[int, dict[str, Any], list[tuple[str, str]]]]:
        return [(1, {}, [("a", "b")] * 11)]

    for body, how in ((b"[" + b"1," * MOST + b"1]", Format.JSON), (b"1\n" * (MOST + 1), Format.NDJSON)):
        with pytest.raises(FileRefused) as refused:
            open_file(body, how, None, lambda _said: pytest.fail("translated"))
        assert refused.value.finding.code is Code.TOO_MUCH
    monkeypatch.setattr("services.directory.domain.transfer.opening.MOST_FOUND", 10)
    with pytest.raises(FileRefused) as refused:
        open_file(b"[]", Format.JSON, None, translate)
    assert refused.value.finding.code is Code.TOO_MUCH


def test_a_header_of_endless_parts_is_no_column_and_no_way_down() -> None:
    read = open_file(("id;temaer" + ".2" * 20_000 + "\na;b\n").encode(), Format.CSV, None)
    assert [each.code for each in read.findings] == [Code.UNKNOWN_COLUMN]


def test_the_word_shown_of_another_encoding_is_sought_only_beside_the_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    sought: list[str] = []
    word = encodings._WORD

    class _Seeking:
        def search(self, text: str) -> object:
            sought.append(text)
            return word.search(text)

    monkeypatch.setattr(encodings, "_WORD", _Seeking())
    found = _refusal(b"id;navn\na;" + b"a" * 100_000 + b" m\xf8dre\nb;x", Format.CSV)
    assert "'mødre'" in found.said
    assert [len(each) <= 60 for each in sought] == [True]


def test_lines_are_taken_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[int] = []

    def lines(text: str) -> Iterator[str]:
        for each in text.splitlines():
            taken.append(1)
            yield each

    monkeypatch.setattr(jsonfile, "_split", lines)
    assert _refusal(b"1\n" * (3 * MOST), Format.NDJSON).code is Code.TOO_MUCH
    assert len(taken) == MOST + 1


def test_what_a_record_may_hold_leaves_room_for_texts_with_separators() -> None:
    told = ";" * 50_000
    assert (
        csvfile.read(f'id;beskrivelse\na;"{told}"\nb;"{told}"\nc;"{told}"\nd;"{told}"\ne;"{told}"\n').rows[4].line == 6
    )
