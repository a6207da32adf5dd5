"""Every row is looked through by the rules any offer keeps, told of with line and field, and judged by whose it is."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.directory.actions.editing import slug
from services.directory.domain.model import Catalogue, OfferId, UnitId
from services.directory.domain.transfer import csvfile
from services.directory.domain.transfer.checking import MOST_LISTED, Checked, Held, check, identified
from services.directory.domain.transfer.closing import writer
from services.directory.domain.transfer.columns import places
from services.directory.domain.transfer.findings import Code
from services.directory.domain.transfer.flat import needed
from services.directory.domain.transfer.opening import open_file
from services.directory.domain.transfer.rows import Format, Read, Row

TODAY = date(2026, 11, 22)
UNIT, OTHER_UNIT = "helsingoer-sundhedstjenesten", "ballerup-sundhedsplejen"
GOOD: Mapping[str, Any] = {
    "id": "babycafe", "name": "Babycafé om torsdagen", "unit": UNIT, "municipalities": ["0217"],
    "summary": "Kom forbi med dit barn.", "themes": ["network"], "as_of": "2026-11-01",
}  # fmt: skip


def _checked(
    catalogue: Catalogue,
    said: Sequence[Mapping[str, Any]],
    held: Mapping[str, Held] | None = None,
    how: Format = Format.CSV,
    others: Sequence[Mapping[str, Any]] = (),
) -> Checked:
    """Return what becomes of a file of documents, sent in by somebody of `UNIT`."""
    documents = [dict(each) for each in said]
    made = writer(how, places(needed(documents)))
    read = open_file(made.part(documents) + made.end(), how, None)
    return _judged(catalogue, read, held, others)


def _judged(
    catalogue: Catalogue, read: Read, held: Mapping[str, Held] | None = None, others: Sequence[Mapping[str, Any]] = ()
) -> Checked:
    known = {OfferId(number): one for number, one in (held or {}).items()}
    ready = Read(identified(read.rows, slug), read.findings)
    return check(ready, catalogue, known, others, lambda unit: unit == UNIT, TODAY)


def _held(said: Mapping[str, Any], unit: str = UNIT, version: int = 3) -> Held:
    return Held(UnitId(unit), version, dict(said))


BAD: Mapping[str, tuple[Mapping[str, Any], str, str]] = {
    "an unknown code": ({"themes": ["network", "grieff"]}, "themes", "themes"),
    "an unknown municipality": ({"municipalities": ["9999"]}, "municipalities", "municipalities"),
    "an unknown unit": ({"unit": "nobody"}, "unit", "unit"),
    "a contradictory range": (
        {"target": {"child_age_months_from": 12, "child_age_months_to": 6}},
        "target.child_age_months_to",
        "target.child_age_months_to",
    ),
    "a week no pregnancy has": (
        {"target": {"pregnancy_week_from": 50}}, "target.pregnancy_week_from", "target.pregnancy_week_from",
    ),
    "a run that ends before it starts": (
        {"runs": [{"label": "A", "said_on": "2026-11-01"},
                  {"label": "B", "said_on": "2026-11-01", "starts_on": "2026-12-02", "ends_on": "2026-12-01"}]},
        "runs.2.ends_on", "runs[1].ends_on",
    ),
    "more free places than places": (
        {"runs": [{"label": "A", "said_on": "2026-11-01", "places": 5, "free": 6}]}, "runs.1.free", "runs[0].free",
    ),
    "an address in Sweden": (
        {"venues": [{"name": "Malmö", "postcode": "21120"}]}, "venues.1.postcode", "venues[0].postcode",
    ),
    "a postcode that is none": ({"venues": [{"postcode": "0000"}]}, "venues.1.postcode", "venues[0].postcode"),
    "a point in Paris": (
        {"venues": [{"latitude": 48.85, "longitude": 2.35}]}, "venues.1.latitude", "venues[0].latitude",
    ),
    "a script": ({"summary": "Hej <script>alert(1)</script>"}, "summary", "summary"),
    "an address that runs": ({"contact": {"url": "javascript:alert(1)"}}, "contact.url", "contact.url"),
    "HTML in a list": ({"aliases": ["a", "<b>b</b>"]}, "aliases", "aliases"),
    "a personal number": ({"summary": "Ring om 610190-1234"}, "summary", "summary"),
    "a day that is none": ({"as_of": "2026-02-30"}, "as_of", "as_of"),
    "a price that is none": ({"price_kr": "gratis"}, "price_kr", "price_kr"),
    "no name": ({"name": ""}, "name", "name"),
    "text turned around": ({"summary": "a\u202eb"}, "summary", "summary"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("how", [Format.CSV, Format.JSON])
def test_each_bad_input_is_an_error_at_its_line_and_field(catalogue: Catalogue, name: str, how: Format) -> None:
    change, column, path = BAD[name]
    found = _checked(catalogue, [GOOD, {**GOOD, "id": "other", **change}], how=how)
    wrong = [each for each in found.listed if each.severity == "error"]
    assert not found.passed
    assert found.errors == len(wrong) > 0
    line, field = (3, column) if how is Format.CSV else (2, path)
    assert {each.line for each in wrong} == {line}
    assert field in {each.field for each in wrong}
    assert all(each.said for each in wrong)


@pytest.mark.parametrize("name", BAD)
def test_what_is_told_never_repeats_a_script_or_a_personal_number(catalogue: Catalogue, name: str) -> None:
    found = _checked(catalogue, [{**GOOD, **BAD[name][0]}])
    told = str([each.told() for each in found.listed])
    assert "<" not in told
    assert "610190" not in told
    assert "javascript:" not in told


def test_every_flaw_of_every_row_is_told_not_just_the_first(catalogue: Catalogue) -> None:
    found = _checked(catalogue, [{**GOOD, "id": f"a{at}", "themes": ["x"], "price_kr": -1} for at in range(3)])
    told = [(each.line, each.field) for each in found.listed if each.field in {"themes", "price_kr"}]
    assert sorted(set(told)) == [(line, field) for line in (2, 3, 4) for field in ("price_kr", "themes")]


def test_more_findings_than_are_listed_are_counted_errors_first(catalogue: Catalogue) -> None:
    said = [{**GOOD, "id": f"a{at}", "name": f"Hold {at} {at * 7919}", "price_kr": -1} for at in range(MOST_LISTED + 5)]
    found = _checked(catalogue, said)
    assert len(found.listed) == MOST_LISTED
    assert found.errors > MOST_LISTED
    assert {each.severity for each in found.listed} == {"error"}


def test_new_changed_and_unchanged_rows_are_told_apart(catalogue: Catalogue) -> None:
    second, third = {**GOOD, "id": "b", "name": "Fars legestue"}, {**GOOD, "id": "c", "name": "Sorggruppe"}
    found = _checked(catalogue, [GOOD, second, third], {"b": _held({**second, "price_kr": 5}), "c": _held(third)})
    assert [one.id for one in found.created] == ["babycafe"]
    assert [one.id for one in found.changed] == ["b"]
    assert (found.rows, found.unchanged, found.errors) == (3, 1, 0)
    assert found.held == {"babycafe": 0, "b": 3, "c": 3}


def test_only_for_ones_own_units_and_only_ones_own_offers_may_be_written(catalogue: Catalogue) -> None:
    foreign, taken = {**GOOD, "unit": OTHER_UNIT}, {**GOOD, "id": "taken"}
    found = _checked(catalogue, [foreign, taken], {"taken": _held({**taken, "price_kr": 5}, OTHER_UNIT)})
    assert [(each.line, each.field) for each in found.listed if each.code is Code.NOT_YOURS] == [(2, "unit"), (3, "id")]


def test_what_anothers_offer_says_already_is_passed_over_even_if_it_could_not_be_said_today(
    catalogue: Catalogue,
) -> None:
    old = {**GOOD, "legal_basis": ["SEL-11"], "unit": OTHER_UNIT, "as_of": "2030-01-01"}
    (refused,) = _checked(catalogue, [{**old, "unit": UNIT}], {"babycafe": _held(GOOD)}).listed[:1]
    assert refused.field == "legal_basis"
    found = _checked(catalogue, [old], {"babycafe": _held(old, OTHER_UNIT)})
    assert (found.unchanged, found.errors, found.held) == (1, 0, {"babycafe": 3})


@pytest.mark.parametrize("how", list(Format))
@pytest.mark.parametrize(
    ("version", "change", "code"),
    [
        (3, {}, None), (2, {}, None), (None, {}, None), (3, {"price_kr": 5}, None),
        (2, {"price_kr": 5}, Code.CHANGED_SINCE), (4, {"price_kr": 5}, Code.CHANGED_SINCE),
        (None, {"price_kr": 5}, Code.NO_VERSION),
    ],
)  # fmt: skip
def test_a_row_made_from_another_version_may_not_replace_what_stands(
    catalogue: Catalogue, how: Format, version: int | None, change: dict[str, Any], code: Code | None
) -> None:
    row = {**GOOD, **change} | ({} if version is None else {"version": version})
    found = _checked(catalogue, [row], {"babycafe": _held(GOOD)}, how)
    assert [each.code for each in found.listed] == ([] if code is None else [code])
    assert found.passed == (code is not Code.CHANGED_SINCE)
    assert (len(found.changed), found.unchanged) == ((1, 0) if change else (0, 1))


@pytest.mark.parametrize("version", [0, -1, 1.5, True, "3", "x", [], {}, 2**40])
def test_a_version_is_a_whole_number(catalogue: Catalogue, version: object) -> None:
    found = _checked(catalogue, [{**GOOD, "version": version}], how=Format.JSON)
    assert [(each.field, each.code) for each in found.listed] == [("version", Code.INVALID)]


def test_a_new_offer_made_from_the_row_of_another_needs_no_version(catalogue: Catalogue) -> None:
    found = _checked(catalogue, [{**GOOD, "version": 7}])
    assert (found.listed, len(found.created)) == ([], 1)


def test_what_is_planned_is_told_of_where_a_row_drops_it(catalogue: Catalogue) -> None:
    held = replace(_held(GOOD), planned=[date(2027, 1, 7), date(2027, 2, 1)])
    changed = _checked(catalogue, [{**GOOD, "price_kr": 5, "version": 3}], {"babycafe": held})
    assert [(each.code, each.severity) for each in changed.listed] == [(Code.PLANNED_LOST, "warning")] * 2
    assert "7. januar 2027" in changed.listed[0].said
    assert _checked(catalogue, [GOOD], {"babycafe": held}).listed == []


def test_what_every_row_is_told_of_does_not_drown_the_rest(catalogue: Catalogue) -> None:
    said = [{**GOOD, "id": f"a{at}", "name": f"Hold {at} {at * 7919}"} for at in range(MOST_LISTED)]
    held = {each["id"]: _held({**each, "price_kr": 5}) for each in said}
    last = {**GOOD, "id": "last", "name": "Noget helt andet", "price": "50 kr", "price_kr": 0}
    found = _checked(catalogue, [*said, last], held)
    assert found.warnings > MOST_LISTED
    assert Code.LOOKS_ODD in {each.code for each in found.listed}


def test_the_same_id_twice_is_an_error_that_names_the_other_line(catalogue: Catalogue) -> None:
    found = _checked(catalogue, [GOOD, {**GOOD, "id": "b"}, GOOD])
    (twice,) = [each for each in found.listed if each.code is Code.ID_TWICE]
    assert (twice.line, twice.field, found.errors) == (4, "id", 1)
    assert "linje 2" in twice.said


def test_a_row_without_an_id_gets_the_same_one_each_time(catalogue: Catalogue) -> None:
    nameless = {key: value for key, value in GOOD.items() if key != "id"}
    (made,) = _checked(catalogue, [nameless]).created
    assert made.id == "helsingoer-sundhedstjenesten-babycafe-om-torsdagen"
    again = _checked(catalogue, [nameless], {made.id: _held({**GOOD, "id": made.id})})
    assert (len(again.created), len(again.changed), again.unchanged) == (0, 0, 1)


def test_a_row_that_does_not_say_its_day_is_of_today_and_changes_nothing_by_that_alone(catalogue: Catalogue) -> None:
    dayless = {key: value for key, value in GOOD.items() if key != "as_of"}
    assert _checked(catalogue, [dayless]).created[0].as_of == TODAY
    assert _checked(catalogue, [dayless], {"babycafe": _held(GOOD)}).unchanged == 1
    (changed,) = _checked(catalogue, [{**dayless, "price_kr": 5}], {"babycafe": _held(GOOD)}).changed
    assert changed.as_of == TODAY


def test_what_looks_odd_is_a_warning_and_the_row_is_taken(catalogue: Catalogue) -> None:
    found = _checked(catalogue, [{**GOOD, "price": "50 kr", "price_kr": 0}])
    assert found.passed
    assert [(each.code, each.field) for each in found.listed] == [(Code.LOOKS_ODD, "price_kr")]
    assert found.warnings == len(found.created) == 1


def test_what_was_found_in_reading_keeps_the_file_out(catalogue: Catalogue) -> None:
    read = csvfile.read(f"id;navn;enhed;beskrivelse;temaer;as_of;bogus\na;b;{UNIT};d;grief;2026-11-01;x\n")
    found = _judged(catalogue, read)
    assert (len(found.created), found.errors, found.passed) == (1, 1, False)


def test_values_of_any_kind_in_json_are_told_of_and_nothing_breaks(catalogue: Catalogue) -> None:
    for key in (*GOOD, "target", "dose", "venues", "runs", "contact", "source", "access", "nationwide", "price_kr"):
        values: tuple[Any, ...] = (
            None,
            True,
            0,
            -1,
            1.5,
            "",
            " ",
            [],
            [None],
            [[]],
            {},
            {"x": 1},
            [{"x": 1}],
            "x" * 3000,
        )
        for value in values:
            read = Read([Row(1, {**GOOD, key: value})])
            assert _judged(catalogue, read).rows == 1
    assert not _judged(catalogue, Read([Row(1, {**GOOD, "bogus": 1})])).passed


def test_the_looking_is_heard(catalogue: Catalogue) -> None:
    heard: list[int] = []
    read = Read([Row(at, {**GOOD, "id": f"a{at}"}) for at in (1, 2, 3)])
    check(read, catalogue, {}, [], lambda _unit: True, TODAY, heard.append)
    assert heard == [1, 2, 3]


def test_a_field_that_is_no_name_is_not_said_again(catalogue: Catalogue) -> None:
    for key in ("<script>x</script>", "6101901234", "a" * 500, "x\u202ey"):
        found = _judged(catalogue, Read([Row(1, {**GOOD, key: 1})]))
        assert [each.field for each in found.listed] == ["(ukendt felt)"]
        header = csvfile.read(f"id;{key}\na;b\n").findings
        assert {each.field for each in header} == {"kolonne 2"}


def test_a_row_without_id_unit_or_name_is_told_of_and_nothing_is_made_up(catalogue: Catalogue) -> None:
    found = _judged(catalogue, Read([Row(1, {"summary": "x"})]))
    assert {"id", "unit", "name"} <= {each.field for each in found.listed}
    assert not found.created
