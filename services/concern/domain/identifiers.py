"""The numbers a child or an adult may be known by: their forms alone; nobody is looked up by them here (R40, R43)."""

import re
from datetime import date
from enum import StrEnum

from services.concern.domain.errors import IdentifierRefused

LONGEST_WRITTEN = 40
_REPLACEMENT_DAY = 60
_BETWEEN = re.compile(r"[\s\-–‑]")
_CPR = re.compile(r"[0-9]{10}")
_LETTERED = re.compile(r"[0-9]{7}[A-Z]{2}[0-9]")
# 2000 was a leap year: what is a day in any century is one in this.
_ANY_CENTURY = 2000


class IdentifierKind(StrEnum):
    """What kind of number it is (personnummer, erstatningspersonnummer)."""

    CPR = "cpr"
    X_ECPR = "x-ecpr"
    D_ECPR = "d-ecpr"


class Issuer(StrEnum):
    """Which region gave a D-eCPR, as DK Core names it (R43)."""

    ZEALAND = "urn:oid:1.2.208.176.1.6.1.3.177"
    NORTH = "urn:oid:1.2.208.176.1.6.1.3.179"
    CENTRAL = "urn:oid:1.2.208.176.1.6.1.3.181"
    SOUTH = "urn:oid:1.2.208.176.1.6.1.3.183"
    CAPITAL = "urn:oid:1.2.208.176.1.6.1.3.187"


def as_written(kind: IdentifierKind, written: str) -> str:
    """Return the ten signs of a number, with or without hyphen and spaces, in capitals or not.

    Its date must be in the calendar, a day plus 60 too; modulus 11 is not asked (R41).

    Raises:
        IdentifierRefused: it does not have the form of its kind.
    """
    value = _BETWEEN.sub("", written).upper() if len(written) <= LONGEST_WRITTEN else ""
    form = _CPR if kind is IdentifierKind.CPR else _LETTERED
    if not value.isascii() or not form.fullmatch(value) or not _is_a_day(value):
        raise IdentifierRefused
    return value


def _is_a_day(value: str) -> bool:
    day, month, year = int(value[:2]), int(value[2:4]), int(value[4:6])
    try:
        date(_ANY_CENTURY + year, month, day - _REPLACEMENT_DAY if day > _REPLACEMENT_DAY else day)
    except ValueError:
        return False
    return True
