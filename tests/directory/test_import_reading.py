"""Whatever comes as a file is read as it says or refused with a clear word: nothing is guessed, run or unpacked."""

import io
import json
import zipfile
from contextlib import suppress
from datetime import date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from services.directory.domain.transfer import rows, template, xlsxfile
from services.directory.domain.transfer.findings import Code, FileRefused, Finding
from services.directory.domain.transfer.opening import open_file
from services.directory.domain.transfer.rows import Format, Read

HEAD = "id;navn;Enhed;beskrivelse;temaer"
ROW = "a;Mødregruppe;hus;Vi mødes på tirsdage;grief; sleep"


def _read(text: str, encoding: str = "utf-8") -> Read:
    return open_file(text.encode(encoding), Format.CSV, None)


def _refusal(body: bytes, how: Format, encoding: str | None = None) -> Finding:
    with pytest.raises(FileRefused) as refused:
        open_file(body, how, encoding)
    return refused.value.finding


def _zip(parts: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return made.getvalue()


def _book(*lines: list[object]) -> bytes:
    made, book = io.BytesIO(), Workbook()
    sheet = book.worksheets[0]
    for line in lines:
        sheet.append(line)
    book.save(made)
    return made.getvalue()


def _replaced(body: bytes, name: str, part: bytes) -> bytes:
    """Return the archive with another part under a name."""
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return _zip({each: part if each == name else archive.read(each) for each in archive.namelist()})


@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_csv_is_read_whatever_separates_and_ends(separator: str, ending: str, encoding: str) -> None:
    lines = [
        ["id", "Navn", " beskrivelse "],
        ["a", f'En{separator}"anden"', "to\nlinjer"],
        ["", "", ""],
        ["b", "Ø", "x"],
    ]
    quoted = [separator.join('"' + cell.replace('"', '""') + '"' for cell in line) for line in lines]
    read = _read(ending.join(quoted), encoding)
    assert [row.said for row in read.rows] == [
        {"id": "a", "name": f'En{separator}"anden"', "summary": "to\nlinjer"}, {"id": "b", "name": "Ø", "summary": "x"}
    ]  # fmt: skip
    assert [row.line for row in read.rows] == [2, 5]
    assert read.rows[0].headers == {"id": "id", "name": "Navn", "summary": "beskrivelse"}


def test_a_line_that_names_the_separator_is_taken_at_its_word() -> None:
    assert _read("sep=,\nid,navn\na,b;c\n").rows[0].said == {"id": "a", "name": "b;c"}
    assert _read("sep=|\nid;navn\na;b\n").rows[0].said == {"id": "a", "name": "b"}


def test_unknown_repeated_and_nameless_columns_are_told_of() -> None:
    read = _read("id;navn;name;bogus;\na;b;c;d;e\n;;;;\n")
    assert [(each.line, each.field, each.code) for each in read.findings] == [
        (1, "name", Code.COLUMN_TWICE), (1, "bogus", Code.UNKNOWN_COLUMN), (2, "kolonne 5", Code.TOO_MANY_CELLS)
    ]  # fmt: skip


def test_an_empty_record_between_two_is_passed_over_and_its_header_still_told() -> None:
    row = _read("id;sted.1.navn;sted.3.navn\na;Et;To\n").rows[0]
    assert row.said["venues"] == [{"name": "Et"}, {"name": "To"}]
    assert row.headers["venues[1].name"] == "sted.3.navn"


@pytest.mark.parametrize(
    ("text", "line", "code"),
    [
        ("", 1, Code.UNREADABLE),
        ("sep=;\n", 1, Code.UNREADABLE),
        ("hvad;som;helst\n1;2;3\n", 1, Code.UNREADABLE),
        ('id;navn\na;b\nc;"d\n', 3, Code.UNREADABLE),
        ("id;navn\na;" + "x" * 200_000, 2, Code.UNREADABLE),
        ("id" + ";x" * (rows.MOST_COLUMNS + 1), 1, Code.TOO_MUCH),
        ("id\n" + "a\n" * (rows.MOST_ROWS + 1), rows.MOST_ROWS + 2, Code.TOO_MUCH),
    ],
)
def test_what_is_no_table_is_refused_with_its_line(text: str, line: int, code: Code) -> None:
    found = _refusal(text.encode(), Format.CSV)
    assert (found.line, found.code) == (line, code)


def test_as_many_rows_as_may_be_are_read() -> None:
    assert len(_read("id\n" + "a\n" * rows.MOST_ROWS).rows) == rows.MOST_ROWS


@pytest.mark.parametrize(
    ("encoding", "sign", "offered"), [("latin-1", "ø", "latin-1"), ("cp1252", "’ø", "windows-1252")]
)
def test_danish_in_another_encoding_is_detected_said_and_offered_and_not_taken(
    encoding: str, sign: str, offered: str
) -> None:
    body = f"id;navn\na;ren\nb;M{sign}dregruppe\n".encode(encoding)
    found = _refusal(body, Format.CSV)
    assert (found.code, found.line, found.offered) == (Code.ENCODING, 3, offered)
    assert "dregruppe" in found.said
    assert f"encoding={offered}" in found.said
    assert open_file(body, Format.CSV, offered).rows[1].said["name"] == f"M{sign}dregruppe"


def test_what_is_detected_shows_no_personal_number() -> None:
    found = _refusal("id;navn\na;æ6101901234\n".encode("latin-1"), Format.CSV)
    assert "6101901234" not in found.said


@pytest.mark.parametrize("body", [b"id;navn\na;\xff\xfe\x80", b"\xff\xfe\x00", b"\xff\xfe\x00\x00i\x00\x00\x00"])
def test_what_is_in_no_encoding_we_know_is_refused_without_an_offer(body: bytes) -> None:
    found = _refusal(body, Format.CSV)
    assert (found.code, found.offered) == (Code.ENCODING, None)


def test_a_file_that_is_not_in_the_encoding_chosen_is_refused() -> None:
    assert _refusal(b"id;navn\na;\x81", Format.CSV, "windows-1252").code is Code.ENCODING
    assert _refusal("id;ø".encode("latin-1"), Format.JSON, "utf-8").code is Code.ENCODING


@pytest.mark.parametrize("spoilt", ["MÃ¸dre", "M\ufffddre"])
def test_letters_spoilt_before_the_file_came_are_warned_of(spoilt: str) -> None:
    read = _read(f"id;navn\na;x\nb;{spoilt}\n")
    assert [(each.code, each.severity, each.line) for each in read.findings] == [(Code.ENCODING, "warning", 3)]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", Code.UNREADABLE), ("{", Code.UNREADABLE), ('{"offers": 1}', Code.UNREADABLE), ("7", Code.UNREADABLE),
        ('{"offers": [], "more": 1}', Code.UNREADABLE), ('[{"id": "a", "id": "b"}]', Code.UNREADABLE),
        ('[{"price_kr": NaN}]', Code.UNREADABLE), ("[" * 100_000, Code.TOO_MUCH),
        ("[" + "9" * 5000 + "]", Code.UNREADABLE),
        ("[" + ",".join(["{}"] * (rows.MOST_ROWS + 1)) + "]", Code.TOO_MUCH),
    ],
)  # fmt: skip
def test_what_is_no_list_of_offers_is_refused(text: str, code: Code) -> None:
    assert _refusal(text.encode(), Format.JSON).code is code


def test_json_is_read_as_a_list_and_in_an_object_and_line_by_line() -> None:
    said = [{"id": "a"}, {"id": "ø", "target": {"criteria": ["x"]}}]
    for body, how in (
        (json.dumps(said), Format.JSON),
        (json.dumps({"offers": said}), Format.JSON),
        ("\n\n" + "\n".join(map(json.dumps, said)) + "\n", Format.NDJSON),
    ):
        assert [row.said for row in open_file(body.encode(), how, None).rows] == said
    assert [row.line for row in open_file(b'\n{"id": "a"}\r\n\n{"id": "b"}', Format.NDJSON, None).rows] == [2, 4]
    assert _refusal(b'{"id": "a"}\n{', Format.NDJSON).line == 2


def test_what_is_no_object_or_too_deep_is_told_of_where_it_stands() -> None:
    deep: object = 1
    for _ in range(20):
        deep = [deep]
    read = open_file(json.dumps([{"id": "a"}, 7, {"x": deep}]).encode(), Format.JSON, None)
    assert [(each.line, each.code) for each in read.findings] == [(2, Code.INVALID), (3, Code.TOO_MUCH)]


def test_typed_cells_of_a_spreadsheet_are_read_as_the_column_says() -> None:
    body = _book(
        ["id", "as_of", "price_kr", "nationwide", "dose.starts_at", "venues.1.postcode", "venues.1.latitude",
         "municipalities", "led_by", "valid_from", "example", "funding_until"],
        ["a", datetime(2026, 11, 22), 25.0, True, time(9, 5), 3000, 56, 217, 12.5, date(2026, 1, 1), 1, 5],  # noqa: DTZ001
        [],
        ["b", "2026-11-22", "25", "ja", "09:05", "3000", "56,0", "0217; 0101", "x", None],
    )  # fmt: skip
    read = open_file(body, Format.XLSX, None)
    assert [row.line for row in read.rows] == [2, 4]
    assert read.rows[0].said == {
        "id": "a", "as_of": "2026-11-22", "price_kr": 25, "nationwide": True, "dose": {"starts_at": "09:05"},
        "venues": [{"postcode": "3000", "latitude": 56.0}], "municipalities": ["217"], "led_by": "12.5",
        "valid_from": "2026-01-01", "example": True, "funding_until": 5,
    }  # fmt: skip
    assert read.rows[1].said["municipalities"] == ["0217", "0101"]
    assert isinstance(read.rows[0].said["venues"][0]["latitude"], float)


def test_a_formula_is_not_evaluated_and_an_error_of_the_sheet_is_told_of() -> None:
    read = open_file(_book(["id", "navn"], ["a", "=1+1"], ["b", "#REF!"]), Format.XLSX, None)
    assert [(each.line, each.field, each.code) for each in read.findings] == [
        (2, "navn", Code.FORMULA), (3, "navn", Code.CELL_ERROR)
    ]  # fmt: skip
    assert [row.said for row in read.rows] == [{"id": "a"}, {"id": "b"}]


def test_the_sheet_called_tilbud_is_read_before_the_first() -> None:
    made, book = io.BytesIO(), Workbook()
    book.worksheets[0].append(["noget", "andet"])
    sheet = book.create_sheet("Tilbud")
    sheet.append(["id"])
    sheet.append(["a"])
    book.save(made)
    assert [row.said for row in open_file(made.getvalue(), Format.XLSX, None).rows] == [{"id": "a"}]


def test_text_coded_by_a_spreadsheet_is_read_as_the_person_saw_it() -> None:
    sheet = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">'
    sheet += b'<c r="A1" t="inlineStr"><is><t>navn</t></is></c></row><row r="2"><c r="A2" t="inlineStr"><is><t>'
    sheet += b"a_x000A_b_x005F_x0041_</t></is></c></row></sheetData></worksheet>"
    body = _replaced(_book(["navn"]), "xl/worksheets/sheet1.xml", sheet)
    assert open_file(body, Format.XLSX, None).rows[0].said == {"name": "a\nb_x0041_"}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", Code.UNREADABLE),
        (b"PK\x03\x04 and then nothing", Code.UNREADABLE),
        (_zip({"a.txt": b"a"}), Code.UNREADABLE),
        (_zip({"xl/workbook.xml": b"\x00" * (xlsxfile.MOST_UNPACKED + 1)}), Code.UNSAFE_ARCHIVE),
        (_zip({"xl/workbook.xml": b"\x00" * 20_000_000}), Code.UNSAFE_ARCHIVE),
        (_zip({f"{number}.xml": b"a" for number in range(600)}), Code.UNSAFE_ARCHIVE),
        (_book(["noget", "andet"]), Code.UNREADABLE),
        (_book(), Code.UNREADABLE),
        (_book(["id"], ["a", *[None] * rows.MOST_COLUMNS, "x"]), Code.TOO_MUCH),
    ],
    ids=["nothing", "half", "no book", "bomb", "shrunk", "parts", "unknown", "empty", "wide"],
)
def test_what_is_no_spreadsheet_or_a_bomb_is_refused(body: bytes, code: Code) -> None:
    assert _refusal(body, Format.XLSX).code is code


def test_a_bomb_that_lies_about_its_size_is_never_unpacked() -> None:
    body = bytearray(_zip({"[Content_Types].xml": b"\x00" * 50_000_000}))
    told = (50_000_000).to_bytes(4, "little")
    assert body.count(told) == 2
    assert _refusal(bytes(body).replace(told, (1000).to_bytes(4, "little")), Format.XLSX).code is Code.UNREADABLE


def test_entities_within_entities_are_refused() -> None:
    laughs = (
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "haha"><!ENTITY b "&a;&a;&a;&a;">]><worksheet>&b;</worksheet>'
    )
    outside = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><worksheet>&a;</worksheet>'
    for part in (laughs, outside):
        for name in ("xl/worksheets/sheet1.xml", "xl/workbook.xml", "[Content_Types].xml"):
            assert _refusal(_replaced(_book(["id"]), name, part), Format.XLSX).code is Code.UNREADABLE


@given(body=st.binary(max_size=300), how=st.sampled_from(list(Format)))
def test_no_bytes_make_anything_but_rows_or_a_refusal(body: bytes, how: Format) -> None:
    with suppress(FileRefused):
        assert open_file(body, how, None).rows is not None


@given(at=st.integers(0, 5000), sign=st.integers(0, 255))
def test_no_change_of_a_spreadsheet_makes_anything_but_rows_or_a_refusal(at: int, sign: int) -> None:
    body = bytearray(template.as_xlsx())
    body[at % len(body)] = sign
    with suppress(FileRefused):
        assert open_file(bytes(body), Format.XLSX, None).rows is not None


def test_the_template_can_be_sent_in_as_it_is() -> None:
    as_csv = open_file(template.as_csv().encode(), Format.CSV, None)
    as_xlsx = open_file(template.as_xlsx(), Format.XLSX, None)
    assert [row.said for row in as_csv.rows] == [row.said for row in as_xlsx.rows] == [template.EXAMPLE]
    assert not [*as_csv.findings, *as_xlsx.findings]


def test_another_profile_is_read_by_what_is_given_and_what_found_no_home_is_told() -> None:
    def translate(said: object) -> list[tuple[int, dict[str, object], list[tuple[str, str]]]]:
        assert said == [{"a": 1}, {"b": 2}]
        return [(1, {"id": "a"}, [("fees", "findes ikke her")]), (2, {"id": "b"}, [])]

    for body, how in ((b'[{"a": 1}, {"b": 2}]', Format.JSON), (b'{"a": 1}\n{"b": 2}', Format.NDJSON)):
        read = open_file(body, how, None, translate)
        assert [row.said for row in read.rows] == [{"id": "a"}, {"id": "b"}]
        assert [(each.line, each.field, each.code) for each in read.findings] == [(1, "fees", Code.NOT_KEPT)]


def test_another_profile_keeps_the_bound_on_rows() -> None:
    with pytest.raises(FileRefused) as refused:
        open_file(b"[]", Format.JSON, None, lambda _said: [(1, {}, [])] * (rows.MOST_ROWS + 1))
    assert refused.value.finding.code is Code.TOO_MUCH


def test_a_locked_spreadsheet_and_one_without_sheets_are_refused() -> None:
    locked = bytearray(_book(["id"]))
    locked[locked.find(b"PK\x01\x02") + 8] |= 1
    assert "kode" in _refusal(bytes(locked), Format.XLSX).said
    empty = b'<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheets/></workbook>'
    assert _refusal(_replaced(_book(["id"]), "xl/workbook.xml", empty), Format.XLSX).code is Code.UNREADABLE
