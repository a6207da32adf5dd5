"""What the services know of a unit: older answers still read, closings and successors told, the law's moves told."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.directory.domain.parties import Verdict
from shared.contracts import UnitOut
from shared.units import Closed, closed, notices
from tests.support.regions import EVE, JANUARY, told_on

DAY = timedelta(days=1)
ENDS = date(2027, 3, 1)
OLDER = {
    "id": "house", "name": "Huset", "organisation": "town", "organisation_name": "Byen", "kind": "family_house",
    "sector": "municipal_social",
}  # fmt: skip


def unit(number: str = "house", **changes: Any) -> UnitOut:
    """Return a unit; its name is its id, written large."""
    return UnitOut.model_validate(OLDER | {"id": number, "name": number.upper()} | changes)


def among(*some: UnitOut) -> dict[str, UnitOut]:
    """Return the units by id."""
    return {each.id: each for each in some}


def test_an_older_directorys_answer_is_read_and_opens_nothing() -> None:
    read = UnitOut.model_validate(OLDER)
    assert (read.party_11e, read.valid_from, read.valid_to, read.organisation_was) == ("out", None, None, None)
    assert closed(read, {}, ENDS) is None


def test_a_party_is_told_in_the_words_of_the_directorys_rule() -> None:
    assert {unit(party_11e=verdict.value).party_11e for verdict in Verdict} == set(Verdict)
    with pytest.raises(ValidationError):
        unit(party_11e="yes")


def test_what_the_directory_tells_is_read_whole() -> None:
    for day in (EVE.date(), JANUARY.date()):
        for told in told_on(day)["units"]:
            assert told.items() <= UnitOut.model_validate(told).model_dump(mode="json").items()


@pytest.mark.parametrize(
    ("on", "says"),
    [
        (ENDS - 31 * DAY, "HOUSE åbner først den 1. februar 2027."),
        (ENDS - 28 * DAY, None),
        (ENDS - DAY, None),
        (ENDS, "HOUSE er lukket fra den 1. marts 2027."),
        (ENDS + 999 * DAY, "HOUSE er lukket fra den 1. marts 2027."),
    ],
)
def test_a_unit_is_open_from_its_first_day_to_before_its_last(on: date, says: str | None) -> None:
    one = unit(valid_from=ENDS - 28 * DAY, valid_to=ENDS)
    assert closed(one, among(one), on) == (None if says is None else Closed("house", None, says))


NEXT = unit("next")


@pytest.mark.parametrize(
    ("others", "successor"),
    [
        ((NEXT,), "next"),
        ((), None),
        ((unit("next", valid_to=ENDS, successor="last"), unit("last")), "last"),
        ((unit("next", valid_to=ENDS),), None),
        ((unit("next", valid_to=ENDS, successor="house"),), None),
        ((unit("next", valid_to=ENDS, successor="next"),), None),
        ((unit("next", valid_to=ENDS + DAY, successor="last"), unit("last")), "next"),
    ],
)
def test_who_took_over_is_the_first_that_is_there(others: tuple[UnitOut, ...], successor: str | None) -> None:
    one = unit(valid_to=ENDS, successor="next")
    got = closed(one, among(one, *others), ENDS)
    assert got is not None
    assert got.told()["successor"] == successor
    assert got.says.endswith("har taget over.") == (successor is not None)
    assert successor is None or f" {successor.upper()} har" in got.says


@given(st.lists(st.tuples(st.integers(-2, 2), st.integers(0, 4)), min_size=5, max_size=5))
def test_whoever_took_over_is_there_whatever_the_directory_says(said: list[tuple[int, int]]) -> None:
    """Also where the units follow one another in circles."""
    units = among(*(unit(f"u{place}", valid_to=ENDS + ends * DAY, successor=f"u{to}")
                    for place, (ends, to) in enumerate(said)))  # fmt: skip
    for one in units.values():
        gone = closed(one, units, ENDS)
        assert (gone is None) == (one.valid_to is not None and one.valid_to > ENDS)
        if gone is not None and gone.successor is not None:
            assert closed(units[gone.successor], units, ENDS) is None


def test_a_move_by_law_is_told_from_its_day_and_closes_nothing() -> None:
    moved = unit(organisation_name="Region Ny", organisation_was="gl", organisation_was_name="Region Gammel",
                 organisation_since=ENDS)  # fmt: skip
    assert closed(moved, among(moved), ENDS) is None
    assert notices(["house"], among(moved), ENDS - DAY) == []
    (told,) = notices(["house", "house", "nobody"], among(moved), ENDS)
    assert told.startswith("HOUSE hører fra den 1. marts 2027 til Region Ny (før: Region Gammel).")


def test_each_unit_has_one_notice_and_a_closing_comes_first() -> None:
    gone = unit("a", valid_to=ENDS, organisation_was="gl", organisation_since=ENDS - DAY)
    assert notices(["b", "a"], among(gone, unit("b")), ENDS) == ["A er lukket fra den 1. marts 2027."]
