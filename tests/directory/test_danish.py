"""Names in Danish order, and words as they are typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


LETTERS = st.sampled_from([*"abcdefghijklmnopqrstuvwxyzæøå", "aa", " ", "-", "É"])
ALPHABET = {letter: place for place, letter in enumerate(" abcdefghijklmnopqrstuvwxyzæøå")}


def by_alphabet(name: str) -> list[int]:
    """Return the plainest key there is: each letter's place in the alphabet, `aa` as `å`, signs as spaces."""
    plain = name.lower().replace("aa", "å").replace("é", "e").replace("-", " ")
    return [ALPHABET[letter] for letter in " ".join(plain.split())]


@given(one=st.lists(LETTERS).map("".join), other=st.lists(LETTERS).map("".join))
def test_any_two_names_stand_as_the_alphabet_has_them(one: str, other: str) -> None:
    assert (sort_name(one) < sort_name(other)) == (by_alphabet(one) < by_alphabet(other))


@given(name=st.lists(LETTERS).map("".join))
def test_folding_again_changes_nothing(name: str) -> None:
    assert fold(fold(name)) == fold(name)
    assert fold(name).isascii()


def test_folding_keeps_fathers_and_sheep_apart() -> None:
    assert fold("far") != fold("får")
