"""Numbers of organisations: right ones pass, and slips of the keyboard do not."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.directory.domain.numbers import is_cvr, is_gln, is_sor

# The CVR register's own numbers of Copenhagen, Helsingør, Holbæk and Region Hovedstaden.
CVR = ["64942212", "64502018", "29189447", "29190623"]
# MedCom's published examples: a practice, a home care unit and two others.
GLN = ["5790000127092", "5790000121786", "5790000121816", "5790000123117"]
# Published codes of hospital departments, a practice and municipal units: the examples of HL7 Denmark's DK Core and of
# MedCom, and the value sets of the clinical quality programme (RKKP/KIP).
SOR = [
    "633271000016006", "1133181000016000", "989231000016003", "264781000016005", "252441000016006", "265611000016005",
    "227011000016003", "223181000016000", "239831000016009", "246501000016005", "247441000016006", "504361000016006",
    "453111000016005", "900231000016007", "507561000016008", "275931000016002", "328081000016004", "52581000016005",
]  # fmt: skip
KINDS = [(is_cvr, CVR), (is_gln, GLN), (is_sor, SOR)]
EACH = [pytest.param(check, number, id=f"{check.__name__} {number}") for check, told in KINDS for number in told]
Check = Callable[[str], bool]


@pytest.mark.parametrize(("check", "number"), EACH)
def test_a_published_number_is_right(check: Check, number: str) -> None:
    assert check(number)


@pytest.mark.parametrize(("check", "number"), EACH)
def test_one_wrong_digit_is_always_seen(check: Check, number: str) -> None:
    for place, digit in enumerate(number):
        for other in set("0123456789") - {digit}:
            assert not check(number[:place] + other + number[place + 1 :])


@pytest.mark.parametrize(("check", "number"), EACH)
def test_two_neighbours_that_change_places_are_seen(check: Check, number: str) -> None:
    for place, (one, next_one) in enumerate(pairwise(number)):
        told = one == next_one
        if check is is_gln:  # modulus 10 cannot tell neighbours that are five apart
            told = abs(int(one) - int(next_one)) in (0, 5)
        assert check(number[:place] + next_one + one + number[place + 2 :]) is told


@pytest.mark.parametrize("check", [is_cvr, is_gln, is_sor])
@pytest.mark.parametrize("text", ["", "0", "ingen", "12345678901234567890123", "٦٤٩٤٢٢١٢", "64942212\n", " 64942212"])
def test_what_is_not_a_number_at_all_is_wrong(check: Check, text: str) -> None:
    assert not check(text)


@pytest.mark.parametrize("dressed", ["DK64942212", "64 94 22 12", "6494-2212", "064942212"])
def test_a_cvr_is_bare_digits(dressed: str) -> None:
    assert not is_cvr(dressed)


def test_no_cvr_is_a_gln_or_a_sor_code() -> None:
    assert not any(is_gln(number) or is_sor(number) for number in CVR)


@given(st.integers(10_000_000, 99_999_999).map(str))
def test_a_cvr_is_right_just_when_its_weighted_sum_is_divisible_by_11(number: str) -> None:
    total = sum(weight * int(digit) for weight, digit in zip((2, 7, 6, 5, 4, 3, 2, 1), number, strict=True))
    assert is_cvr(number) is (total % 11 == 0)


@given(st.text("0123456789", min_size=13, max_size=13))
def test_a_gln_is_right_just_when_its_weighted_sum_is_divisible_by_10(number: str) -> None:
    total = sum((1, 3)[place % 2] * int(digit) for place, digit in enumerate(number))
    assert is_gln(number) is (total % 10 == 0)


@given(st.integers(10**9, 10**17 - 1).map(str))
def test_every_beginning_of_a_sor_code_has_just_one_check_digit(beginning: str) -> None:
    right = [digit for digit in "0123456789" if is_sor(beginning + digit)]
    assert len(right) == (1 if len(beginning) >= 10 else 0)
