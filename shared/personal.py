"""Find strings shaped like a civil registration number (CPR), wherever none belongs.

A CPR number is ten digits, DDMMYY and four more (R40); replacement numbers add 60 to the day (R43).
Only the shape is looked at: modulus 11 says nothing about a number's validity (R41). Digits of any script, wide
ones too, and what cannot be seen between them hide nothing. A number written in words, or in pairs as telephone
numbers are, is not seen.
"""

import re
import unicodedata

_DAY = r"(?:0[1-9]|[12]\d|3[01]|6[1-9]|[78]\d|9[01])"
_MONTH = r"(?:0[1-9]|1[0-2])"
_BETWEEN = r"[ \t]{0,2}[\-–./]?[ \t]{0,2}"
# Not within a longer number, nor within the hexadecimal digits of an id.
_SHAPE = re.compile(rf"(?<![\da-f]){_DAY}{_MONTH}\d\d{_BETWEEN}\d{{4}}(?!\d|[\da-f]+\b)", re.ASCII)
_INVISIBLE = "Cf"
_DASHES = frozenset({"Pd", "Sm"})
MASK = "******-****"


def looks_like_cpr(text: str) -> bool:
    """Say whether `text` holds something shaped like a civil registration number."""
    return _SHAPE.search(text if text.isascii() else _plain(text)) is not None


def mask_cpr(text: str) -> str:
    """Return `text` with everything shaped like a civil registration number masked."""
    masked = _SHAPE.sub(MASK, text)
    return MASK if looks_like_cpr(masked) else masked


def _plain(text: str) -> str:
    """Return `text` with the digits, dashes and spaces of every script as plain ones, and without what is invisible."""
    return "".join(map(_plain_sign, unicodedata.normalize("NFKC", text)))


def _plain_sign(sign: str) -> str:
    if sign.isascii():
        return sign
    if sign.isdecimal():
        return str(unicodedata.decimal(sign))
    kind = unicodedata.category(sign)
    if kind == _INVISIBLE:
        return ""
    if kind in _DASHES:
        return "-"
    return " " if kind == "Zs" else sign
