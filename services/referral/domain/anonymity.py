"""What may not stand in an anonymous consultation: whatever points to one person (R36).

Only shapes are looked at: numbers to call, addresses of mail and home, days of birth. A name is not seen; the page
and the answer say that it must not be there.
"""

import re

_SHAPES = (
    re.compile(r"(?<!\d)(?:\+45[ ]?)?\d{2}[ .-]?\d{2}[ .-]?\d{2}[ .-]?\d{2}(?!\d)"),
    re.compile(r"[^\s@]+@[^\s@]+\.[a-zæøå]{2,}", re.IGNORECASE),
    re.compile(r"(?<!\d)[0-3]?\d[./-][01]?\d[./-](?:19|20)?\d\d(?!\d)"),
    re.compile(
        r"(?<!\d)[0-3]?\d\.? (?:jan|feb|mar|apr|maj|jun|jul|aug|sep|okt|nov|dec)[a-z]*\.? (?:19|20)\d\d",
        re.IGNORECASE,
    ),
    re.compile(r"\b[A-ZÆØÅ][\wæøå]*(?:vej|gade|stræde|allé|alle|plads|torv|parken|vænget|have)\s+\d+"),
)


def points_to_somebody(text: str) -> bool:
    """Say whether the text holds a shape that points to one person."""
    return any(shape.search(text) for shape in _SHAPES)
