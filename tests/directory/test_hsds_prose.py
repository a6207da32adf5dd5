"""The sentences HSDS is given read as a person would write them: one place, two places, and days in words."""

from dataclasses import replace
from datetime import date

import pytest

from services.directory.domain.hsds import names, prose
from services.directory.domain.model import Run, Target

RUN = Run("Hold 1", date(2026, 11, 1))
NOBODY = Target()


@pytest.mark.parametrize(
    ("places", "free", "waiting", "told"),
    [
        (1, 1, 1, "1 plads, 1 ledig, 1 på venteliste, oplyst 1. november 2026"),
        (8, 0, 2, "8 pladser, 0 ledige, 2 på venteliste, oplyst 1. november 2026"),
        (None, 1, None, "1 ledig, oplyst 1. november 2026"),
        (None, None, None, "oplyst 1. november 2026"),
    ],
)
def test_places(places: int | None, free: int | None, waiting: int | None, told: str) -> None:
    assert prose.places(replace(RUN, places=places, free=free, waiting=waiting)) == told


def test_the_wait() -> None:
    runs = [replace(RUN, wait_weeks=1), replace(RUN, label="Hold 2", wait_weeks=3), RUN]
    said = "(oplyst 1. november 2026)"
    assert prose.wait(runs) == f"Hold 1: ca. 1 uge {said}; Hold 2: ca. 3 uger {said}"
    assert prose.wait([RUN]) is None


@pytest.mark.parametrize(
    ("first", "last", "told"),
    [
        (0, 12, "Barnets alder: 0 til 12 måneder."), (0, 1, "Barnets alder: 0 til 1 måned."),
        (1, None, "Barnets alder: fra 1 måned."), (None, 6, "Barnets alder: til og med 6 måneder."),
        (9, 9, "Barnets alder: 9 måneder."), (None, None, None),
    ],
)  # fmt: skip
def test_the_childs_age(first: int | None, last: int | None, told: str | None) -> None:
    assert prose.eligibility(replace(NOBODY, child_age_months_from=first, child_age_months_to=last)) == told


def test_due_days() -> None:
    window = replace(NOBODY, due_from=date(2027, 1, 31), due_to=date(2027, 3, 1))
    assert prose.eligibility(window) == "Termin: 31. januar 2027 til 1. marts 2027."
    assert [names.day(date(2026, month, 1)).split()[1][:3] for month in range(1, 13)] == [
        "jan", "feb", "mar", "apr", "maj", "jun", "jul", "aug", "sep", "okt", "nov", "dec",
    ]  # fmt: skip
