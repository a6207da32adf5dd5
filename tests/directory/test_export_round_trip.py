"""Whatever is exported comes back as it was: every offer there may be, and every one there is, in every format."""

import io
from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from services.directory.domain import codes, offers
from services.directory.domain.document import to_document
from services.directory.domain.errors import Flaw
from services.directory.domain.fields import Fields
from services.directory.domain.model import Catalogue
from services.directory.domain.transfer import cells, csvfile, flat
from services.directory.domain.transfer.closing import writer
from services.directory.domain.transfer.columns import GROUPS, PLAIN, Kind, Place, place_of, places
from services.directory.domain.transfer.opening import open_file
from services.directory.domain.transfer.rows import Format
from services.directory.load import DATA, read_folder

_NASTY = st.sampled_from(
    ["=1+1", "+45", "-5", "@x", "\tx", "'=x", "''x", "'", "a;b", "a; b", "\\", "\\;", " x ", '"', '";"', "a\nb", "x\n",
     "_x0041_", "_", "\ufffe", "sep=;", "æøå", "🤱", "＝1", "ja", "1", "x,=1", "2026-01-01", "#REF!", "& < b"]
)  # fmt: skip
_PLAIN = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)
TEXT = st.lists(_NASTY | _PLAIN, min_size=1, max_size=3).map("".join).filter(lambda text: bool(text.strip()))
DAY = st.dates(min_value=date(1900, 1, 1), max_value=date(2199, 1, 1))
FORMATS = list(Format)


def _listed(kind: type[StrEnum], most: int = 4) -> st.SearchStrategy[list[str]]:
    return st.sets(st.sampled_from(list(kind)), min_size=1, max_size=most).map(lambda found: sorted(map(str, found)))


def _span(stem: str, low: int, high: int) -> st.SearchStrategy[dict[str, int]]:
    whole = st.integers(low, high)
    both = st.tuples(whole, whole).map(lambda two: {f"{stem}_from": min(two), f"{stem}_to": max(two)})
    return st.just({}) | both | both.map(lambda two: {f"{stem}_to": two[f"{stem}_to"]})


def _merged(*parts: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.tuples(*parts).map(lambda each: {key: value for part in each for key, value in part.items()})


def _texts(most: int = 3) -> st.SearchStrategy[list[str]]:
    return st.lists(TEXT, min_size=1, max_size=most, unique=True)


def _some(**optional: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=optional)


_ISO = DAY.map(lambda day: day.isoformat())
_VENUE = _merged(
    st.fixed_dictionaries({"name": TEXT}),
    _some(address=TEXT, postcode=st.sampled_from(["3000", "0800", "5000"]), city=TEXT, note=TEXT,
          accessibility=_listed(codes.Accessibility)),
    st.just({}) | st.fixed_dictionaries({"latitude": st.floats(54.5, 57.8), "longitude": st.floats(8.0, 15.3)}),
)  # fmt: skip
_RUN = _merged(
    st.fixed_dictionaries({"label": TEXT, "said_on": _ISO}),
    st.just({}) | st.tuples(_ISO, _ISO).map(lambda two: {"starts_on": min(two), "ends_on": max(two)}),
    _some(waiting=st.integers(0, 10_000), wait_weeks=st.integers(0, 520), places=st.just(12), free=st.integers(0, 12)),
)
_TARGET = _merged(
    _some(audience=_listed(codes.Audience), criteria=_texts(), first_time_parents=st.booleans(),
          pregnancy_care_levels=st.sets(st.integers(1, 4), min_size=1).map(sorted), due_from=_ISO),
    _span("pregnancy_week", 4, 42), _span("child_age_months", 0, 216), _span("parent_age", 10, 99),
)  # fmt: skip
_DOSE = _merged(
    _some(days=_listed(codes.Weekday), starts_at=st.just("09:05"), ends_at=st.just("23:59"), schedule=TEXT,
          childcare=st.booleans(), meal=st.booleans(), transport=st.booleans(), weeks=st.integers(1, 520)),
    _span("sessions", 1, 500), _span("minutes_per_session", 5, 1440), _span("hours_per_week", 1, 168),
    _span("group_size", 1, 500),
)  # fmt: skip
_CONTACT = _some(
    function=TEXT, phone=st.just("49 28 30 00"), email=st.just("post@example.dk"), url=st.just("https://example.dk/=1")
)
DOCUMENTS = _merged(
    st.fixed_dictionaries(
        {"id": st.just("an-offer"), "name": TEXT, "unit": st.just("ballerup-sundhedsplejen"), "summary": TEXT,
         "themes": _listed(codes.Theme), "as_of": _ISO}
    ),
    _some(
        aliases=_texts(), partners=st.just(["helsingoer-kommune"]), municipalities=st.just(["0217", "0101"]),
        regions=st.just(["1084"]), form=_listed(codes.Form), methods=_texts(), languages=_listed(codes.Language),
        prevention_level=st.sampled_from(list(codes.PreventionLevel)).map(str), interpreter=st.booleans(),
        led_by=TEXT, price=TEXT, price_kr=st.integers(0, 100_000), funding_until=_ISO, example=st.just(value=True),
        access=st.just(["open", "professional_referral"]), referrers=_listed(codes.Profession),
        other_municipalities=st.just("by_agreement"), target=_TARGET, dose=_DOSE, contact=_CONTACT,
        venues=st.lists(_VENUE, min_size=1, max_size=5), runs=st.lists(_RUN, min_size=1, max_size=7),
        source=st.lists(st.fixed_dictionaries({"seed": st.just("001"), "lines": st.just("12-14"), "says": TEXT}),
                        min_size=1, max_size=3),
    ),
)  # fmt: skip


def _exported(documents: Sequence[dict[str, Any]], how: Format) -> bytes:
    """Return the file, made in several parts."""
    made = writer(how, places(flat.needed(documents)))
    return b"".join([*(made.part([said]) for said in documents), made.part([]), made.end()])


def _imported(body: bytes, how: Format) -> list[dict[str, Any]]:
    read = open_file(body, how, None)
    assert not [each for each in read.findings if each.severity == "error"]
    return [row.said for row in read.rows]


@cache
def _catalogue() -> Catalogue:
    return read_folder(DATA)


def _made(said: dict[str, Any]) -> dict[str, Any]:
    """Return the document of the offer, as the directory would keep it."""
    flaws: list[Flaw] = []
    one = offers.offer(Fields("test", "row", said, flaws), _catalogue())[1]
    assume(all(flaw.warning for flaw in flaws))
    return to_document(one)


@pytest.mark.parametrize("how", FORMATS)
@given(said=st.lists(DOCUMENTS, min_size=1, max_size=3))
@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_offer_there_may_be_comes_back_as_it_was(how: Format, said: list[dict[str, Any]]) -> None:
    documents = [_made(each) for each in said]
    assert _imported(_exported(documents, how), how) == documents


@pytest.mark.parametrize("how", FORMATS)
def test_every_offer_there_is_comes_back_as_it_was(how: Format) -> None:
    documents = [to_document(one) for one in _catalogue().offers.values()]
    assert len(documents) > 150
    assert _imported(_exported(documents, how), how) == documents


@pytest.mark.parametrize("how", FORMATS)
def test_the_version_comes_back_beside_the_offer(how: Format) -> None:
    documents = [{"id": "a", "name": "A"}, {"id": "b", "name": "B"}]
    body = _exported([{**said, "version": 7} for said in documents], how)
    assert [(row.said, row.version) for row in open_file(body, how, None).rows] == [(said, 7) for said in documents]
    assert [row.version for row in open_file(_exported(documents, how), how, None).rows] == [None, None]


@given(said=st.lists(st.just({}) | _VENUE, max_size=4))
def test_a_place_that_says_nothing_is_not_exported_and_the_others_are(said: list[dict[str, Any]]) -> None:
    told = flat.telling({"id": "x", "venues": said})
    assert told.get("venues", []) == [each for each in said if each]
    assert told.get("venues") != []
    assert flat.telling(told) == told


@pytest.mark.parametrize("how", FORMATS)
def test_more_records_and_longer_lists_than_the_template_offers_get_columns(how: Format) -> None:
    said = {
        "id": "x",
        "target": {"criteria": [f"{number}{';' * 1900}" for number in range(50)]},
        "venues": [{"name": f"Sted {number}", "accessibility": ["lift", "parking"]} for number in range(200)],
        "runs": [{"label": f"Hold {number}", "free": number} for number in range(200)],
    }
    assert _imported(_exported([said], how), how) == [said]


def test_no_cell_of_a_spreadsheet_is_a_formula_nor_longer_than_a_cell_may_be() -> None:
    said = {"id": "x", "name": "=1+1", "target": {"criteria": [f"{number}{';' * 1900}" for number in range(50)]}}
    sheet = load_workbook(io.BytesIO(_exported([said], Format.XLSX)))["Tilbud"]
    held = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in held} == {"s"}
    assert max(len(str(cell.value)) for cell in held) <= 32_767


def test_numbers_and_days_are_typed_in_a_spreadsheet() -> None:
    said = {"id": "x", "price_kr": 25, "as_of": "2026-11-22", "nationwide": True, "venues": [{"latitude": 56.5}]}
    sheet = load_workbook(io.BytesIO(_exported([said], Format.XLSX)))["Tilbud"]
    kinds = {sheet.cell(1, cell.column).value: cell.data_type for cell in sheet[2] if cell.value is not None}
    assert kinds == {"id": "s", "price_kr": "n", "as_of": "d", "nationwide": "b", "venues.1.latitude": "n"}


def test_an_empty_list_takes_no_cell() -> None:
    assert flat.flatten({"id": "x", "aliases": []}).keys() == {Place(PLAIN[0])}


@given(text=st.text())
def test_the_guard_is_taken_away_again_exactly(text: str) -> None:
    guarded = csvfile.guarded(text)
    assert csvfile.unguarded(guarded) == text
    assert not guarded.startswith(("=", "+", "-", "@", "\t", "\r"))


@given(items=st.lists(TEXT, min_size=1))
def test_a_list_in_one_cell_comes_apart_where_it_was_joined(items: list[str]) -> None:
    assert cells.split(cells.join(items)) == items


def test_every_key_of_an_offer_has_a_column_and_every_column_a_danish_name_of_its_own() -> None:
    for one in _catalogue().offers.values():
        said = to_document(one)
        assert flat.unflatten(flat.flatten(said))[0] == said
    danish = [column.danish for column in PLAIN]
    assert len(set(danish)) == len(danish)
    for place in places():
        assert place_of(place.header) == place
    for column in PLAIN:
        assert place_of(column.danish.upper()) == Place(column)
    for group in GROUPS:
        assert all(place_of(f"{group.danish}.12.{each.danish}") == Place(each, group.key, 12) for each in group.columns)


@pytest.mark.parametrize(
    ("kind", "text", "says"),
    [
        (Kind.FLAG, "Ja", True), (Kind.FLAG, "falsk", False), (Kind.FLAG, "måske", "måske"),
        (Kind.WHOLE, " 12 ", 12), (Kind.WHOLE, "1.5", "1.5"), (Kind.WHOLE, "٣", "٣"), (Kind.WHOLE, "9" * 30, "9" * 30),
        (Kind.NUMBER, "55,5", 55.5), (Kind.NUMBER, "nan", "nan"), (Kind.NUMBER, "1e5", 100_000.0),
        (Kind.LIST, "a;;b ; c", ["a", "b", "c"]), (Kind.LIST, r"a\;b; \ c", ["a;b", " c"]),
        (Kind.WHOLES, "1; x", [1, "x"]), (Kind.TEXT, "  ", None), (Kind.CODE, " x ", "x"),
    ],
)  # fmt: skip
def test_what_a_cell_says(kind: Kind, text: str, says: object) -> None:
    assert cells.from_text(kind, text) == says
