"""Names in Danish order, and words as they are typed."""

import pytest

from services.directory.domain.danish import fold, sort_name


def test_names_stand_in_danish_order_with_aa_as_aring() -> None:
    names = ["Aabenraa", "Østre", "Ærø", "Zigzag", "Vejle", "Ålborg", "Ny Start", "Nyborg", "Ümit", "Yderst"]
    ordered = ["Ny Start", "Nyborg", "Vejle", "Yderst", "Ümit", "Zigzag", "Ærø", "Østre", "Aabenraa", "Ålborg"]
    assert sorted(names, key=sort_name) == ordered


def test_the_two_spellings_of_aring_sort_as_one() -> None:
    assert sort_name("Aarhus") == sort_name("Århus")


@pytest.mark.parametrize("typed", ["Fødselsdepression", "foedselsdepression", "FØDSELSDEPRESSION"])
def test_spellings_with_and_without_danish_letters_fold_to_one(typed: str) -> None:
    assert fold(typed) == "foedselsdepression"


def test_folding_keeps_fathers_and_sheep_apart() -> None:
    assert fold("far") != fold("får")
