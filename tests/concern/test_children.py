"""The child as it is reported: what may be so is let pass, and numbers have their form (R29, R40, R43, R46)."""

import csv
from datetime import date, timedelta
from pathlib import Path

import pytest

from services.concern.domain.children import LONGEST_AHEAD, LONGEST_PAST, must_be_possible
from services.concern.domain.errors import ChildContradicts, IdentifierRefused, NotAChild
from services.concern.domain.identifiers import LONGEST_WRITTEN, IdentifierKind, as_written
from services.concern.domain.kinds import Subject
from services.concern.domain.municipalities import MUNICIPALITIES

TODAY = date(2026, 11, 22)
DAY = timedelta(days=1)
FILE = Path(__file__).parents[2] / "services/directory/data/municipalities.csv"


@pytest.mark.rule("R29", enforced_by="services.concern.domain.children:must_be_possible")
@pytest.mark.parametrize(
    ("subject", "born", "due"),
    [
        (Subject.BORN, None, None),
        (Subject.UNBORN, None, None),
        (Subject.BORN, TODAY, None),
        (Subject.BORN, date(2008, 11, 23), None),
        (Subject.UNBORN, None, TODAY + LONGEST_AHEAD),
        (Subject.UNBORN, None, TODAY - LONGEST_PAST),
    ],
)
def test_r29_a_child_under_18_or_not_born_is_reported_however_little_is_known(
    subject: Subject, born: date | None, due: date | None
) -> None:
    must_be_possible(subject, born, due, TODAY)
    assert born is None or due is None


@pytest.mark.rule("R29", enforced_by="services.concern.domain.children:must_be_possible")
@pytest.mark.parametrize("born", [date(2008, 11, 22), date(2008, 1, 1), date(1950, 1, 1)])
def test_r29_on_the_day_it_turns_18_it_is_no_child_any_more(born: date) -> None:
    with pytest.raises(NotAChild):
        must_be_possible(Subject.BORN, born, None, TODAY)


@pytest.mark.parametrize("today", [date(2026, 2, 28), date(2026, 3, 1)])
def test_born_on_a_leap_day_it_turns_18_on_the_first_of_march(today: date) -> None:
    born = date(2008, 2, 29)
    if today < date(2026, 3, 1):
        must_be_possible(Subject.BORN, born, None, today)
    else:
        with pytest.raises(NotAChild):
            must_be_possible(Subject.BORN, born, None, today)


@pytest.mark.parametrize(
    ("subject", "born", "due", "wants"),
    [
        (Subject.UNBORN, TODAY, None, ("birth_date", "unborn")),
        (Subject.BORN, None, TODAY, ("due_date", "unborn")),
        (Subject.BORN, TODAY, TODAY, ("due_date", "unborn")),
        (Subject.BORN, TODAY + DAY, None, ("birth_date",)),
        (Subject.UNBORN, None, TODAY + LONGEST_AHEAD + DAY, ("due_date",)),
        (Subject.UNBORN, None, TODAY - LONGEST_PAST - DAY, ("due_date",)),
    ],
)
def test_what_cannot_be_so_of_a_child_is_refused_by_field(
    subject: Subject, born: date | None, due: date | None, wants: tuple[str, ...]
) -> None:
    with pytest.raises(ChildContradicts) as refused:
        must_be_possible(subject, born, due, TODAY)
    assert refused.value.wants == wants


@pytest.mark.parametrize(
    ("kind", "written", "read"),
    [
        (IdentifierKind.CPR, "610123-1234", "6101231234"),
        (IdentifierKind.CPR, " 61 01 23 12 34 ", "6101231234"),
        (IdentifierKind.CPR, "8902001234", "8902001234"),
        (IdentifierKind.X_ECPR, "0101237ab1", "0101237AB1"),
        (IdentifierKind.D_ECPR, "010123-6AB1", "0101236AB1"),
    ],
)
def test_a_number_is_taken_however_it_is_written(kind: IdentifierKind, written: str, read: str) -> None:
    assert as_written(kind, written) == read


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        (IdentifierKind.CPR, ""),
        (IdentifierKind.CPR, "610123-123"),
        (IdentifierKind.CPR, "610123-12345"),
        (IdentifierKind.CPR, "613223-1234"),
        (IdentifierKind.CPR, "000123-1234"),
        (IdentifierKind.CPR, "600123-1234"),
        (IdentifierKind.CPR, "6101237AB1"),
        (IdentifierKind.CPR, "٦١٠١٢٣١٢٣٤"),
        (IdentifierKind.CPR, "610123-1234" + " " * LONGEST_WRITTEN),
        (IdentifierKind.X_ECPR, "610123-1234"),
        (IdentifierKind.D_ECPR, "3113236AB1"),
    ],
)
def test_a_number_without_its_form_is_refused(kind: IdentifierKind, written: str) -> None:
    with pytest.raises(IdentifierRefused):
        as_written(kind, written)


def test_the_municipalities_are_those_of_the_directory() -> None:
    with FILE.open() as file:
        assert {row["code"] for row in csv.DictReader(file)} == MUNICIPALITIES
