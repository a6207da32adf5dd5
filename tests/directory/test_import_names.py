"""A table's cell may hold a code's Danish name as well as the code; what could mean two things is not taken."""

import io
from enum import StrEnum

import pytest
from openpyxl import load_workbook

from services.directory.domain import codes
from services.directory.domain.transfer import template
from services.directory.domain.transfer.closing import writer
from services.directory.domain.transfer.columns import GROUPS, PLAIN, Column, Kind, places
from services.directory.domain.transfer.naming import NAMES, coded
from services.directory.domain.transfer.opening import open_file
from services.directory.domain.transfer.rows import Format

COLUMNS = [each for each in (*PLAIN, *(column for group in GROUPS for column in group.columns)) if each.codes]
BY_KEY = {each.key: each for each in COLUMNS}


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.key)
def test_every_code_is_meant_by_itself_and_by_its_danish_name_in_any_case(column: Column) -> None:
    kind = column.codes
    assert kind is not None
    assert set(NAMES[kind]) == set(kind)
    for code in kind:
        for said in (str(code), NAMES[kind][code], NAMES[kind][code].upper(), f" {NAMES[kind][code]} "):
            assert coded(column, said) == str(code)
            assert coded(column, ["x", said]) == ["x", str(code)]


@pytest.mark.parametrize(
    ("key", "said", "code"),
    [
        ("themes", "Sorg", codes.Theme.GRIEF), ("themes", "foedselsdepression", codes.Theme.POSTNATAL_DEPRESSION),
        ("target.audience", "mor", codes.Audience.MOTHER), ("target.audience", "Fædre", codes.Audience.FATHER),
        ("target.audience", "forældre", codes.Audience.FAMILY), ("languages", "Arabisk", codes.Language.ARABIC),
        ("dose.days", "Tirsdag", codes.Weekday.TUE), ("referrers", "Jordemoder", codes.Profession.MIDWIFE),
        ("legal_basis", "Sundhedsloven § 120", codes.LegalBasis.SUL_120), ("form", "par", codes.Form.COUPLE),
    ],
)  # fmt: skip
def test_what_people_write(key: str, said: str, code: StrEnum) -> None:
    assert coded(BY_KEY[key], said) == code


def test_what_means_two_things_or_nothing_stays_as_it_is() -> None:
    kind = codes.Audience
    assert [coded(BY_KEY["target.audience"], said) for said in ("mor og far", "", 3, None)] == [
        "mor og far",
        "",
        3,
        None,
    ]
    told = [each for audience in kind for each in codes.AUDIENCE_DANISH[audience].split(", ")]
    assert told.count("far") > 1  # a father by his own name, and of a family by another
    assert coded(BY_KEY["target.audience"], "far") == codes.Audience.FATHER
    assert coded(Column("x", "x", Kind.LIST, ""), ["sorg"]) == ["sorg"]


def test_names_are_taken_in_csv_and_in_a_spreadsheet() -> None:
    as_csv = "id;temaer;dage;sted.1.tilgængelighed\na;Sorg; søvn;Mandag;elevator\n".replace(
        "Sorg; søvn", '"Sorg; søvn"'
    )
    said = {"themes": ["Sorg", "søvn"], "dose": {"days": ["Mandag"]}, "venues": [{"accessibility": ["elevator"]}]}
    made = writer(Format.XLSX, places())
    body = made.part([{"id": "a", **said}]) + made.end()
    for read in (open_file(as_csv.encode(), Format.CSV, None), open_file(body, Format.XLSX, None)):
        (row,) = read.rows
        assert row.said == {
            "id": "a", "themes": ["grief", "sleep"], "dose": {"days": ["mon"]}, "venues": [{"accessibility": ["lift"]}]
        }  # fmt: skip


def test_the_guide_says_so_and_names_each() -> None:
    rows = load_workbook(io.BytesIO(template.as_xlsx()))["Vejledning"].iter_rows(values_only=True)
    guide = {str(row[0]): (str(row[4]), str(row[5])) for row in rows}
    assert "det danske navn" in guide["themes"][0]
    assert "grief (sorg, tab)" in guide["themes"][1]
    assert "det danske navn" not in guide["name"][0]
    assert "hentet fil" in guide["version"][0]
