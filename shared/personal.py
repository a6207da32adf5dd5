"""Find strings shaped like a civil registration number (CPR), wherever none belongs.

A CPR number is ten digits, DDMMYY and four more (R40); replacement numbers add 60 to the day (R43).
Only the shape is looked at: modulus 11 says nothing about a number's validity (R41).
"""

import re

_DAY = r"(?:0[1-9]|[12]\d|3[01]|6[1-9]|[78]\d|9[01])"
_MONTH = r"(?:0[1-9]|1[0-2])"
_SHAPE = re.compile(rf"(?<![\da-f])({_DAY}{_MONTH}\d\d)[ \-–.]?(\d{{4}})(?![\da-f])")
MASK = "******-****"


def looks_like_cpr(text: str) -> bool:
    """Say whether `text` holds something shaped like a civil registration number."""
    return _SHAPE.search(text) is not None


def mask_cpr(text: str) -> str:
    """Return `text` with everything shaped like a civil registration number masked."""
    return _SHAPE.sub(MASK, text)
