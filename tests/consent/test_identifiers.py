"""The numbers others know a person by: their forms, what they tell, and that nothing shows them (R40–R45)."""

import copy
import dataclasses
import json
import logging
import pickle
import pprint
import traceback
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, NoReturn

import orjson
import pytest
import structlog
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from services.consent.domain import identifiers
from services.consent.domain.errors import IdentifierRefused
from services.consent.domain.identifiers import SYSTEMS, Identifier, IdentifierKind, Issuer, born, fits, read, warnings
from shared.logging import _mask, _serialise, _tell_exception

CPR, X, D = IdentifierKind.CPR, IdentifierKind.X_ECPR, IdentifierKind.D_ECPR
# Days that are still to come can be nobody's (R44).
TO_COME = st.dates(date(2040, 1, 1), date(2057, 12, 31))
DAYS = st.dates(date(1858, 1, 1), date(2057, 12, 31))
SERIALS = st.integers(0, 999)
LETTERS = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=2, max_size=2)


def _century(kind: IdentifierKind, sign: int, short: int) -> int | None:
    """The rule as R40 and R43 tell it, written a second time."""
    if kind is X:
        return {1: 1900, 7: 2000}.get(sign)
    if kind is D:
        return {0: 1900, 5: 1800, 6: 2000}.get(sign)
    if sign <= 3:
        return 1900
    if sign in (4, 9):
        return 2000 if short <= 36 else 1900
    return 2000 if short <= 57 else 1800


def _cpr(day: date, sign: int, serial: int, *, plus: int = 60) -> str:
    return f"{day.day + plus:02}{day:%m}{day.year % 100:02}{sign}{serial:03}"


def _passes(value: str) -> bool:
    return sum(w * int(sign) for w, sign in zip((4, 3, 2, 7, 6, 5, 4, 3, 2, 1), value, strict=True)) % 11 == 0


@given(DAYS, st.integers(0, 9), SERIALS)
@example(date(2000, 2, 29), 1, 0)
@example(date(1904, 2, 29), 9, 999)
def test_every_number_with_a_day_plus_sixty_is_taken(day: date, sign: int, serial: int) -> None:
    found = read(CPR, _cpr(day, sign, serial))
    assert found.is_replacement
    assert not found.is_one_persons
    assert fits(found, day)
    assert warnings(found) == []
    century = _century(CPR, sign, day.year % 100)
    assert century is not None
    told = born(found)
    assert told is None or (told.day, told.month, told.year) == (day.day, day.month, century + day.year % 100)
    assert told is not None or (day.day, day.month) == (29, 2)


@given(TO_COME, st.integers(5, 8), SERIALS)
def test_a_number_is_of_the_day_it_tells_and_of_no_other(day: date, sign: int, serial: int) -> None:
    found = read(CPR, _cpr(day, sign, serial, plus=0))
    assert not found.is_replacement
    assert found.is_one_persons
    assert born(found) == day
    assert fits(found, day)
    assert not fits(found, day + timedelta(days=1))
    assert not fits(found, date(day.year - 100, day.month, min(day.day, 28)))
    assert not fits(found, None)


@given(TO_COME, st.integers(5, 8), SERIALS)
def test_a_number_that_fails_modulus_11_is_taken_with_a_warning_and_no_other_has_one(
    day: date, sign: int, serial: int
) -> None:
    value = _cpr(day, sign, serial, plus=0)
    said = warnings(read(CPR, value))
    assert bool(said) is not _passes(value)
    assert value not in str(said)


def test_modulus_11_weighs_every_digit() -> None:
    for day in (date(2049, month, 28 - month) for month in range(1, 13)):
        for last_four in range(5000, 9000, 7):
            value = _cpr(day, *divmod(last_four, 1000), plus=0)
            assert bool(warnings(read(CPR, value))) is not _passes(value)


def test_the_public_test_persons_are_taken_though_modulus_11_fails() -> None:
    for value in ("0201609995", "0201609996", "2512489996"):
        found = read(CPR, value)
        assert len(warnings(found, born(found))) == 1
    assert born(read(CPR, "0201609995")) == date(1960, 1, 2)


@pytest.mark.parametrize("short", [0, 36, 37, 57, 58, 99])
@pytest.mark.parametrize("sign", range(10))
def test_the_century_is_told_by_digits_five_to_seven(sign: int, short: int) -> None:
    century = _century(CPR, sign, short)
    assert century is not None
    assert born(read(CPR, f"6706{short:02}{sign}234")) == date(century + short, 6, 7)


@pytest.mark.parametrize("short", [0, 92, 99])
@pytest.mark.parametrize("kind", [X, D])
@pytest.mark.parametrize("sign", range(10))
def test_the_seventh_digit_of_an_ecpr_tells_kind_and_century(kind: IdentifierKind, sign: int, short: int) -> None:
    century = _century(kind, sign, short)
    if century is None:
        with pytest.raises(IdentifierRefused):
            read(kind, f"0703{short:02}{sign}VJ4")
    else:
        assert born(read(kind, f"0703{short:02}{sign}VJ4")) == date(century + short, 3, 7)


@given(st.sampled_from([X, D]), DAYS, LETTERS, st.integers(0, 9), DAYS)
def test_an_ecpr_may_tell_another_day_than_that_of_birth_and_then_warns(
    kind: IdentifierKind, day: date, letters: str, last: int, birth: date
) -> None:
    signs = {1900: 1, 2000: 7} if kind is X else {1800: 5, 1900: 0, 2000: 6}
    sign = signs.get(day.year // 100 * 100)
    if sign is None:
        return
    found = read(kind, f"{day:%d%m}{day.year % 100:02}{sign}{letters}{last}")
    assert born(found) == day
    assert fits(found, birth)
    assert bool(warnings(found, birth)) is (birth != day)
    assert warnings(found) == []


REFUSED: list[tuple[IdentifierKind, str]] = [
    (CPR, ""), (CPR, "610190123"), (CPR, "61019012345"), (CPR, "3201901234"), (CPR, "6001901234"),
    (CPR, "9201901234"), (CPR, "0001901234"), (CPR, "6100901234"), (CPR, "6113901234"), (CPR, "9002901234"),
    (CPR, "9104901234"), (CPR, "8902911234"), (CPR, "610190123A"), (CPR, "0703921VJ4"), (CPR, "61_0190_1234"),
    (CPR, "６１０１９０1234"), (CPR, "+6101901234"), (CPR, "6101901234" + " " * 40), (CPR, "6101901234\0"),
    (CPR, "cpr6101901234"), (CPR, "٦١٠١٩٠١٢٣٤"),
    (X, "6101901234"), (X, "6703921VJ4"), (X, "0703921V14"), (X, "0703921VJX"), (X, "0703921ÆJ4"), (X, "3002921VJ4"),
    (X, "0703921VJ"), (X, "0703920VJ4"), (D, "0703921VJ4"), (D, "2902000VJ4"), (X, "070392 1ß4"),
    (IdentifierKind.INTERNAL, "6101901234"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "written"), REFUSED)
def test_what_has_another_form_is_refused_and_not_repeated(kind: IdentifierKind, written: str) -> None:
    with pytest.raises(IdentifierRefused) as caught:
        read(kind, written)
    told = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    inner = told[told.rindex("in read\n") :]
    assert len(written) < 8 or written not in inner
    assert caught.value.args == ()


@given(st.text(max_size=60), st.sampled_from(IdentifierKind))
def test_any_text_is_read_or_refused(written: str, kind: IdentifierKind) -> None:
    try:
        found = read(kind, written)
    except IdentifierRefused:
        return
    assert len(found.reveal()) == 10
    assert found.reveal().isascii()


@pytest.mark.parametrize(
    "written",
    [
        "6101901234",
        "610190-1234",
        " 610190 1234 ",
        "610190 - 1234",
        "61 01 90 12 34",
        "610190–1234",
        "610190\u00a01234",
    ],
)
def test_hyphen_and_spaces_make_no_difference(written: str) -> None:
    assert read(CPR, written) == read(CPR, "6101901234")
    assert read(CPR, written).reveal() == "6101901234"


def test_what_is_written_has_a_longest_length() -> None:
    assert read(CPR, "610190" + " " * 30 + "1234") == HIDDEN
    with pytest.raises(IdentifierRefused):
        read(CPR, "610190" + " " * 31 + "1234")


@pytest.mark.parametrize(("kind", "value"), [(CPR, "6101901234"), (X, "0703921VJ4"), (D, "1206550VK9")])
def test_an_unborn_child_has_no_number(kind: IdentifierKind, value: str) -> None:
    assert fits(read(kind, value), None) is False


def test_small_letters_are_capitals() -> None:
    assert read(X, "070392-1vj4").reveal() == "0703921VJ4"


def test_each_kind_and_issuer_has_its_own_namespace() -> None:
    assert read(CPR, "6101901234").system == "urn:oid:1.2.208.176.1.2"
    assert read(X, "0703921VJ4").system == "urn:oid:1.2.208.176.1.6.1.1"
    nobodys, souths = read(D, "1206550VK9"), read(D, "1206550VK9", Issuer.SOUTH)
    assert (nobodys.system, souths.system) == (SYSTEMS[D], "urn:oid:1.2.208.176.1.6.1.3.183")
    assert nobodys != souths
    assert len({nobodys, souths, read(D, "1206550VK9", Issuer.NORTH), read(D, "1206550vk9")}) == 3
    assert (nobodys.is_one_persons, souths.is_one_persons) == (False, True)
    assert all(issuer.startswith(SYSTEMS[D] + ".") for issuer in Issuer)


@pytest.mark.parametrize(("kind", "value"), [(CPR, "6101901234"), (X, "0703921VJ4")])
def test_an_issuer_is_named_of_a_d_ecpr_only(kind: IdentifierKind, value: str) -> None:
    with pytest.raises(IdentifierRefused):
        read(kind, value, Issuer.SOUTH)


def test_sex_is_read_from_no_number() -> None:
    told = {name for name in vars(identifiers) | vars(Identifier) if "sex" in name.lower() or "gender" in name.lower()}
    assert told == set()


# What is never shown -----------------------------------------------------------------------------------------------

SECRET = "6101901234"
HIDDEN = read(CPR, SECRET)


@dataclasses.dataclass
class _Holder:
    number: Identifier
    others: list[Identifier]


def _structured(**said: object) -> str:
    event: structlog.types.EventDict = dict(said)
    return _serialise(_mask(None, "", _tell_exception(None, "", event)))


def _library(how: str, *given_: object) -> str:
    record = logging.LogRecord("library", logging.INFO, "file.py", 1, how, given_, None)
    return logging.Formatter("%(message)s").format(record)


def _raise(number: Identifier) -> NoReturn:
    raise LookupError(number)


def _failing(number: Identifier) -> str:
    with pytest.raises(LookupError) as caught:
        _raise(number)
    return "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())


SHOWN: dict[str, Callable[[], str]] = {
    "repr": lambda: repr(HIDDEN),
    "str": lambda: str(HIDDEN),
    "f-string": lambda: f"{HIDDEN}{HIDDEN!r}{HIDDEN!s}{HIDDEN!a}{HIDDEN:>40}",
    "format": lambda: "{} {:.10}".format(HIDDEN, HIDDEN),  # noqa: UP032 - the older way, too
    "percent": lambda: "%s %r %.12s" % (HIDDEN, HIDDEN, HIDDEN),  # noqa: UP031
    "in a container": lambda: f"{[HIDDEN]} {dict.fromkeys([HIDDEN])} {_Holder(HIDDEN, [HIDDEN])}",
    "pretty": lambda: pprint.pformat(_Holder(HIDDEN, [HIDDEN])),
    "traceback": lambda: _failing(HIDDEN),
    "our log": lambda: _structured(event="x", number=HIDDEN, numbers=[HIDDEN], exc_info=LookupError(HIDDEN)),
    "a library's log": lambda: _library("%s and %r", HIDDEN, HIDDEN),
    "JSON by str": lambda: json.dumps([HIDDEN], default=str) + orjson.dumps([HIDDEN], default=str).decode(),
    "attributes": lambda: f"{getattr(HIDDEN, '__dict__', None)} {HIDDEN.__class__.__name__}",
}


@pytest.mark.parametrize("way", SHOWN)
def test_no_way_of_showing_it_shows_it(way: str) -> None:
    told = SHOWN[way]()
    assert told
    assert SECRET not in told
    assert not any(part in told for part in ("610190", "1234", "6101", "9012"))


WRITTEN: dict[str, Callable[[], object]] = {
    "json": lambda: json.dumps(HIDDEN),
    "orjson": lambda: orjson.dumps({"number": HIDDEN}),
    "pydantic": lambda: TypeAdapter(Any).dump_json(HIDDEN),
    "pickle": lambda: pickle.dumps(HIDDEN),
    "oldest pickle": lambda: pickle.dumps(HIDDEN, 0),
    "copy": lambda: copy.deepcopy(HIDDEN),
    "asdict": lambda: dataclasses.asdict(HIDDEN),  # type: ignore[call-overload]
    "asdict of its holder": lambda: dataclasses.asdict(_Holder(HIDDEN, [])),
    "order": lambda: sorted([HIDDEN, read(CPR, "6101901235")]),  # type: ignore[type-var]
    "length": lambda: len(HIDDEN),  # type: ignore[arg-type]
    "signs": lambda: list(HIDDEN),  # type: ignore[call-overload]
}


@pytest.mark.parametrize("way", WRITTEN)
def test_it_is_not_written_out_taken_apart_or_put_in_order(way: str) -> None:
    with pytest.raises((TypeError, ValueError)) as caught:
        WRITTEN[way]()
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("name", ["_value", "kind", "anything"])
def test_it_never_changes(name: str) -> None:
    with pytest.raises(AttributeError):
        setattr(HIDDEN, name, "x")
    with pytest.raises(AttributeError):
        delattr(HIDDEN, name)
    assert HIDDEN.reveal() == SECRET


def test_it_equals_its_like_and_nothing_else() -> None:
    assert read(CPR, SECRET) == HIDDEN
    assert hash(read(CPR, SECRET)) == hash(HIDDEN)
    assert HIDDEN != SECRET
    assert read(CPR, "6101901235") != HIDDEN
