"""The numbers by which others know a person: their forms, what they tell, and that they are never shown (R40–R45)."""

import re
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import NamedTuple, NoReturn

from services.consent.domain import errors
from shared.personal import MASK

LONGEST_WRITTEN = 40
_REPLACEMENT_DAY = 60
_WEIGHTS = (4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
_MODULUS = 11
_BETWEEN = re.compile(r"[\s\-–‑]")


class IdentifierKind(StrEnum):
    """What kind of number it is (personnummer, erstatningspersonnummer) (R43)."""

    CPR = "cpr"
    X_ECPR = "x-ecpr"
    D_ECPR = "d-ecpr"
    INTERNAL = "internal"


class Issuer(StrEnum):
    """Who gave a D-eCPR, as DK Core names it; the same number from two of them is two people (R43)."""

    ZEALAND = "urn:oid:1.2.208.176.1.6.1.3.177"
    NORTH = "urn:oid:1.2.208.176.1.6.1.3.179"
    CENTRAL = "urn:oid:1.2.208.176.1.6.1.3.181"
    SOUTH = "urn:oid:1.2.208.176.1.6.1.3.183"
    CAPITAL = "urn:oid:1.2.208.176.1.6.1.3.187"


SYSTEMS: Mapping[IdentifierKind, str] = {
    IdentifierKind.CPR: "urn:oid:1.2.208.176.1.2",
    IdentifierKind.X_ECPR: "urn:oid:1.2.208.176.1.6.1.1",
    IdentifierKind.D_ECPR: "urn:oid:1.2.208.176.1.6.1.3",
}


class _Form(NamedTuple):
    """How a number is written, and which years its seventh sign can tell, no two of them with the same last digits."""

    written: re.Pattern[str]
    years: Mapping[str, tuple[range, ...]]


_LETTERED = re.compile(r"[0-9]{7}[A-Z]{2}[0-9]")
_1800S, _1900S, _2000S = ((range(first, first + 100),) for first in (1800, 1900, 2000))
_FORMS: Mapping[IdentifierKind, _Form] = {
    IdentifierKind.CPR: _Form(
        re.compile(r"[0-9]{10}"),
        dict.fromkeys("0123", _1900S)
        | dict.fromkeys("49", (range(1937, 2037),))
        | dict.fromkeys("5678", (range(1858, 1900), range(2000, 2058))),
    ),
    IdentifierKind.X_ECPR: _Form(_LETTERED, {"1": _1900S, "7": _2000S}),
    IdentifierKind.D_ECPR: _Form(_LETTERED, {"0": _1900S, "5": _1800S, "6": _2000S}),
}


class Identifier:
    """One such number, made by `read`; only `reveal` gives it, and everything that shows or writes it out is masked.

    No dataclass: `asdict` and JSON encoders write those out field by field. Two are equal if kind, issuer and
    number are; they have no order, since a list by number would tell of the numbers (R45).
    """

    __slots__ = ("_issuer", "_kind", "_value")

    _kind: IdentifierKind
    _issuer: Issuer | None
    _value: str

    def __init__(self, kind: IdentifierKind, value: str, issuer: Issuer | None = None) -> None:
        """Hold what `read` has checked, now or before it was sealed."""
        for name, content in (("_kind", kind), ("_value", value), ("_issuer", issuer)):
            object.__setattr__(self, name, content)

    @property
    def kind(self) -> IdentifierKind:
        """The kind of number."""
        return self._kind

    @property
    def issuer(self) -> Issuer | None:
        """Who gave a D-eCPR, where that is known."""
        return self._issuer

    @property
    def system(self) -> str:
        """The number's namespace, as `urn:oid:…` (DK Core)."""
        return self._issuer or SYSTEMS[self._kind]

    @property
    def is_replacement(self) -> bool:
        """Whether it stands where somebody has no civil registration number (R43)."""
        return self._kind is not IdentifierKind.CPR or int(self._value[:2]) > _REPLACEMENT_DAY

    @property
    def is_one_persons(self) -> bool:
        """Whether nobody else can have it: not so of a number that each place makes for itself (R43).

        CPR-kontoret keeps no list of days plus 60, and a D-eCPR is its issuer's alone: found with somebody else it
        is a question whether they are one, and no more.
        """
        if self._kind is IdentifierKind.CPR:
            return not self.is_replacement
        return self._kind is IdentifierKind.X_ECPR or self._issuer is not None

    def reveal(self) -> str:
        """Return the ten signs, without hyphen: for sealing, and for whoever may be told it (R45)."""
        return self._value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Identifier) and (self.kind, self.issuer, self.reveal()) == (
            other.kind, other.issuer, other.reveal(),
        )  # fmt: skip

    def __hash__(self) -> int:
        return hash((self._kind, self._issuer, self._value))

    def __repr__(self) -> str:
        return f"Identifier({self._kind}, {MASK})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, _how: str) -> str:
        return MASK

    def __setattr__(self, name: str, _value: object) -> NoReturn:
        raise AttributeError(name)

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(name)

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        raise TypeError("an identifier is not written out")


def read(kind: IdentifierKind, written: str, issuer: Issuer | None = None) -> Identifier:
    """Return the identifier somebody wrote, with or without hyphen and spaces, in capitals or not.

    Its date must be in the calendar; modulus 11 is not asked (R40, R41). Of a number with a day plus 60, day, month
    and year must be possible in some century: the seventh digit is only recommended to tell which (R43).

    Raises:
        IdentifierRefused: it does not have the form of its kind, or an issuer is named where there is only one.
    """
    value = _BETWEEN.sub("", written) if len(written) <= LONGEST_WRITTEN else ""
    del written  # so that the locals of no traceback hold it
    found = Identifier(kind, value.upper(), issuer) if value.isascii() else None
    del value
    if found is None or not _is_well_formed(found):
        raise errors.IdentifierRefused
    return found


def born(identifier: Identifier) -> date | None:
    """Return the day that the number tells, by the rule of centuries (R40); None where there is no such day.

    Of a replacement number this may be the day it was made, where the birth was not known (R43).
    """
    day, month, short = _date(identifier)
    years = _FORMS[identifier.kind].years[identifier.reveal()[6]]
    return _day(next(year for several in years for year in several if year % 100 == short), month, day)


def fits(identifier: Identifier, birth_date: date | None) -> bool:
    """Say whether it can be the number of somebody born that day; an unborn child has none (R43).

    A civil registration number must tell that day (R40), one with a day plus 60 that day of some century. An X- or
    D-eCPR need not, as it may tell the day it was made: see `warnings`.
    """
    if birth_date is None:
        return False
    if identifier.kind is not IdentifierKind.CPR:
        return True
    if identifier.is_replacement:
        return _date(identifier) == (birth_date.day, birth_date.month, birth_date.year % 100)
    return born(identifier) == birth_date


def warnings(identifier: Identifier, birth_date: date | None = None) -> list[str]:
    """Return, in Danish, what may be a slip of the pen; nothing here is a reason to refuse (R41)."""
    told: list[str] = []
    if not identifier.is_replacement and _remainder(identifier):
        told.append(
            "Kontrolcifferet passer ikke. Nummeret kan godt være rigtigt, for nogle numre har ikke et kontrolciffer. "
            "Se efter, om det er tastet rigtigt."
        )
    if birth_date is not None and identifier.is_replacement and born(identifier) != birth_date:
        told.append(
            "Erstatningsnummeret svarer ikke til fødselsdatoen. Det kan være rigtigt, hvis fødselsdatoen ikke var "
            "kendt, da nummeret blev lavet. Se efter, om det er tastet rigtigt."
        )
    return told


def _date(identifier: Identifier) -> tuple[int, int, int]:
    """Return day of the month, month and two-digit year."""
    value = identifier.reveal()
    added = _REPLACEMENT_DAY if identifier.kind is IdentifierKind.CPR and identifier.is_replacement else 0
    return int(value[:2]) - added, int(value[2:4]), int(value[4:6])


def _is_well_formed(found: Identifier) -> bool:
    form = _FORMS.get(found.kind)
    if form is None or (found.issuer is not None and found.kind is not IdentifierKind.D_ECPR):
        return False
    value = found.reveal()
    if not form.written.fullmatch(value) or value[6] not in form.years:
        return False
    if born(found) is not None:
        return True
    day, month, short = _date(found)
    # 2000 was a leap year and 1900 was none: what is a day in any century is one in this.
    return found.kind is IdentifierKind.CPR and found.is_replacement and _day(2000 + short, month, day) is not None


def _day(year: int, month: int, day: int) -> date | None:
    """Return the day, if the calendar has it."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _remainder(identifier: Identifier) -> int:
    """Return what modulus 11 leaves over; 0 in every number given before 1 October 2007 (R41)."""
    return sum(w * int(sign) for w, sign in zip(_WEIGHTS, identifier.reveal(), strict=True)) % _MODULUS
