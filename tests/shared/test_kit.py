"""The small parts of the kit: ids, personal numbers, texts, cursors, problems, units."""

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from shared import units
from shared.contracts import UnitOut
from shared.cursor import START, Cursor, read_cursor
from shared.ids import new_id
from shared.logging import _tell_exception
from shared.personal import looks_like_cpr, mask_cpr
from shared.problems import PROBLEMS, CursorRefused, Unavailable, problem_body, told
from shared.text import Line, Moment, Words
from shared.units import UnitMirror


def test_ids_are_version_7_unique_and_in_the_order_they_were_made() -> None:
    made = [new_id() for _ in range(5000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert {number.version for number in made} == {7}


def test_ids_made_by_many_threads_never_meet() -> None:
    with ThreadPoolExecutor(8) as pool:
        made = [
            number for several in pool.map(lambda _: [new_id() for _ in range(500)], range(8)) for number in several
        ]
    assert len(set(made)) == len(made)


@pytest.mark.parametrize(
    "text",
    [
        "6101901234",
        "610190-1234",
        "610190 1234",
        "cpr:6101901234.",
        "(610190–1234)",
        "9112991234",
        "mor 610190.1234 ok",
        "610190 - 1234",
        "610190/1234",
        "mor 610190-1234er",
        "６１０１９０-１２３４",
        "٦١٠١٩٠١٢٣٤",
        "6101\u200b90\u200d1234",
        "610190\u00a01234",
        "610190\u22121234",
        "6101\u00ad901234",
    ],
)
def test_what_is_shaped_like_a_personal_number_is_seen_and_masked(text: str) -> None:
    assert looks_like_cpr(text)
    assert not looks_like_cpr(mask_cpr(text))


@pytest.mark.parametrize(
    "text", ["12345678", "5798000000000", "32 13 99 12 34", "6113901234", "99990000001", "2026-11-22", "0000000000"]
)
def test_other_numbers_are_left_alone(text: str) -> None:
    assert not looks_like_cpr(text)


@given(st.uuids())
def test_a_uuid_is_not_a_personal_number(number: UUID) -> None:
    assert mask_cpr(str(number)) == str(number) or looks_like_cpr(str(number))


@pytest.mark.parametrize(
    "value", ["", "   ", "a\x00b", "a\x1bb", "a\u202eb", "\ud800", "x" * 20_001, "ring 610190-1234", 5, None]
)
def test_words_must_be_printable_bounded_and_without_personal_numbers(value: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Words).validate_python(value)


@pytest.mark.parametrize("value", ["Glæder sig.", "to\nlinjer\tog tab", "æøå ÆØÅ é 🙂", "x" * 300])
def test_ordinary_danish_passes(value: str) -> None:
    assert TypeAdapter(Line).validate_python(value) == value


@pytest.mark.parametrize("value", ["2026-01-01T10:00:00", "1899-12-31T23:59:59Z", "2026-02-30T00:00:00Z", "i går", ""])
def test_a_moment_names_its_zone_and_can_be(value: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Moment).validate_python(value)


@given(st.integers(0, 2**63), st.uuids())
def test_a_cursor_comes_back_as_it_went_out_and_never_looks_like_a_personal_number(xid: int, number: UUID) -> None:
    written = str(Cursor(xid, number))
    assert read_cursor(written) == Cursor(xid, number)
    assert not looks_like_cpr(written.partition(".")[0])


@pytest.mark.parametrize("given_cursor", ["x", "1.2", "g.not-a-uuid", f"æ.{UUID(int=1)}", "." * 60])
def test_a_foreign_cursor_is_refused(given_cursor: str) -> None:
    with pytest.raises(CursorRefused):
        read_cursor(given_cursor)


def test_no_cursor_is_the_start() -> None:
    assert read_cursor(None) == START


def test_validation_errors_repeat_neither_values_nor_unknown_names() -> None:
    said = told(
        [
            {"type": "extra_forbidden", "loc": ("body", "610190-1234"), "msg": "secret", "input": "secret", "ctx": {}},
            {"type": "json_invalid", "loc": ("body", 17), "msg": "secret", "input": {}, "ctx": {"error": "secret"}},
            {"type": "something_new", "loc": ("body", "text"), "msg": "secret", "input": "secret"},
        ]
    )
    assert "secret" not in json.dumps(said)
    assert "610190" not in json.dumps(said)
    assert said[1]["where"] == ["body"]


@pytest.mark.parametrize("kind", PROBLEMS)
def test_every_problem_says_who_must_mend_it_in_both_languages(kind: type[Exception]) -> None:
    body = json.loads(problem_body(PROBLEMS[kind], str(new_id())))
    assert {"type", "title", "status", "detail", "instance", "code", "fix_by"} <= set(body)
    assert body["instance"].startswith("urn:uuid:")
    assert body["title"] != body["detail"]
    assert (body["fix_by"] == "time") == (PROBLEMS[kind].retry_after is not None)


def test_a_logged_failure_tells_type_and_place_never_its_message() -> None:
    try:
        raise ValueError("what somebody said")  # noqa: TRY301 - to have a traceback
    except ValueError as failure:
        line = _tell_exception(None, "error", {"event": "failed", "exc_info": failure})
    assert line["error"] == "ValueError"
    assert "what somebody said" not in json.dumps(line, default=str)


class Directory:
    """A directory that can be down."""

    def __init__(self) -> None:
        self.up = True
        self.asked = 0

    async def call(self, *_: object, **__: object) -> Mapping[str, Any]:
        """Answer with one unit."""
        self.asked += 1
        if not self.up:
            raise Unavailable("directory")
        unit = UnitOut(id="hus", name="Hus", organisation="o", organisation_name="O", kind="k", sector="private")
        return {"units": [unit.model_dump()]}


async def test_the_last_known_units_serve_while_the_directory_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    at = [1000.0]
    monkeypatch.setattr(units, "monotonic", lambda: at[0])
    directory, mirror = Directory(), UnitMirror()
    assert set(await mirror.all(directory, "r")) == {"hus"}  # type: ignore[arg-type]
    assert set(await mirror.all(directory, "r")) == {"hus"}  # type: ignore[arg-type]
    assert directory.asked == 1
    directory.up = False
    at[0] += 3600
    assert set(await mirror.all(directory, "r")) == {"hus"}  # type: ignore[arg-type]


async def test_units_never_known_are_not_made_up() -> None:
    directory = Directory()
    directory.up = False
    with pytest.raises(Unavailable):
        await UnitMirror().all(directory, "r")  # type: ignore[arg-type]
