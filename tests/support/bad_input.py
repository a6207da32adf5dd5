"""What a caller may get wrong: bodies no address takes, and values no field takes. Each that can carries MARKER."""

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any, NamedTuple

MARKER = "Zebramarkering"
# Persons of the public test data (R44), and a number no person can have: the day is 61.
NUMBERS = ("0201609995", "020160-9995", "020160 9995", "2512489996", "6101010000", "610101-0000")
DEEP = 50_000
MANY = 10_000

BODIES: Mapping[str, bytes] = {
    "nothing": b"",
    "not JSON": MARKER.encode(),
    "half a JSON": b'{"notice": "' + MARKER.encode(),
    "a list": json.dumps([MARKER]).encode(),
    "a text": json.dumps(MARKER).encode(),
    "a number": b"7",
    "null": b"null",
    "not UTF-8": b'{"notice": "\xff' + MARKER.encode() + b'"}',
    "a NUL": b'{"notice": "\x00' + MARKER.encode() + b'"}',
    "a lone surrogate as a field's name": b'{"\\ud800' + MARKER.encode() + b'": 1}',
    "an unknown field": json.dumps({MARKER: MARKER}).encode(),
    "a personal number as a field's name": json.dumps({NUMBERS[0]: MARKER}).encode(),
    "lists in lists": b"[" * DEEP,
    "objects in objects": b'{"a":' * DEEP,
    "lists in lists, closed": b"[" * DEEP + b"]" * DEEP,
    "a number without end": b'{"notice": ' + b"9" * DEEP + b"}",
    "not a number": b'{"notice": NaN}',
    "UTF-16": json.dumps({"notice": MARKER}).encode("utf-16"),
}
TEXTS: Mapping[str, Any] = {
    "a number for a text": 7,
    "null for a text": None,
    "a list for a text": [MARKER],
    "an object for a text": {MARKER: MARKER},
    "an empty text": "",
    "a blank text": " \n ",
    "a NUL": f"{MARKER}\x00",
    "a control character": f"{MARKER}\x1b[31m",
    "a lone surrogate": f"{MARKER}\ud800",
    "a text too long": MARKER * 2_000,
    **{f"the personal number {number}": f"{MARKER} {number}" for number in NUMBERS},
}
CODES: Mapping[str, Any] = {
    **{name: value for name, value in TEXTS.items() if "personal" not in name},
    "a code with a space": f"{MARKER} x",
    "a code with a line's end": f"{MARKER}\n",
    **{f"the personal number {number}": number for number in NUMBERS if number.replace("-", "").isdigit()},
}
CHOICES: Mapping[str, Any] = {
    "an unknown code": MARKER,
    "a number for a code": 7,
    "null for a code": None,
    "a list for a code": [MARKER],
    "a lone surrogate": f"{MARKER}\ud800",
}
IDS: Mapping[str, Any] = {
    "no UUID": MARKER,
    "a number for a UUID": 7,
    "null for a UUID": None,
    "a lone surrogate": f"{MARKER}\ud800",
    "a personal number": NUMBERS[0],
}
MOMENTS: Mapping[str, Any] = {
    "no time": MARKER,
    "the 30th of February": "2026-02-30T10:00:00+00:00",
    "the 25th hour": "2026-02-01T25:00:00+00:00",
    "a time of no zone": "2026-02-01T10:00:00",
    "a date for a time": "2026-02-01",
    "seconds since 1970": 1_770_000_000,
    "seconds since 1970 as text": "1770000000",
    "null for a time": None,
    "true for a time": True,
    "before anybody's memory": "1899-12-31T23:59:59+00:00",
    "the first moment of all": "0001-01-01T00:00:00+14:00",
    "the last moment of all": "9999-12-31T23:59:59+00:00",
    "after the last moment of all": "9999-12-31T23:59:59-14:00",
    "a lone surrogate": f"{MARKER}\ud800",
    "a personal number": NUMBERS[0],
}
DATES: Mapping[str, Any] = {
    "no date": MARKER,
    "the 30th of February": "2004-02-30",
    "days since 1970": 12_000,
    "days since 1970 as text": "12000",
    "null for a date": None,
    "true for a date": True,
    "a time for a date": "2004-11-03T00:00:00",
    "a personal number": NUMBERS[0],
}
TRUTHS: Mapping[str, Any] = {
    "yes": "yes",
    "a text for true": "true",
    "1 for true": 1,
    "null for true": None,
    "a word for true": MARKER,
}


class Spoilt(NamedTuple):
    """A body with one thing wrong in it."""

    name: str
    body: Any
    personal: bool


def spoilt(right: Mapping[str, Any], place: str, values: Mapping[str, Any]) -> Iterator[Spoilt]:
    """Yield the right body with each of `values` at `place`, such as `information.0.text`."""
    *way, last = [int(step) if step.isdigit() else step for step in place.split(".")]
    for name, value in values.items():
        body: Any = deepcopy(dict(right))
        inner = body
        for step in way:
            inner = inner[step]
        inner[last] = value
        # A number that cannot stand in a code's form at all is refused for its form.
        personal = isinstance(value, str) and name.startswith("the personal number") and " " not in value[:9]
        yield Spoilt(f"{place}: {name}", body, personal or (f"{MARKER} " in str(value) and "personal" in name))
