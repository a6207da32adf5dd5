"""One cell: what a text or a typed cell of a spreadsheet says, by what its column holds, and back.

What cannot be understood is handed on as it stands, so that the offer's own rules say what is wrong with it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

from services.directory.domain.transfer.columns import LISTS, Kind

YES, NO = "ja", "nej"
_FLAGS = {YES: True, "true": True, "sand": True, "1": True, NO: False, "false": False, "falsk": False, "0": False}
_WHOLE = re.compile(r"^[0-9]{1,15}$", re.ASCII)
_NUMBER = re.compile(r"^-?[0-9]{1,15}(?:[.,][0-9]{1,20})?(?:e-?[0-9]{1,3})?$", re.ASCII)
_ESCAPED = re.compile(r"[\\;]|\A\s|\s\Z")
_PART = re.compile(r"\\(.)|([\\;])|([^\\;]+)", re.DOTALL)


def to_text(kind: Kind, value: Any) -> str:  # noqa: ANN401 - any value of a document
    """Return a value as the text of a cell, so that `from_text` gives it back."""
    if kind in LISTS:
        return join(value)
    if kind is Kind.FLAG:
        return YES if value else NO
    return repr(value) if isinstance(value, float) else str(value)


def from_text(kind: Kind, text: str) -> Any:  # noqa: ANN401 - any value of a document
    """Return what a cell's text says; None where it is blank."""
    bare = text.strip()
    return _READ.get(kind, str)(text if kind in _AS_IT_STANDS else bare) if bare else None


def from_typed(kind: Kind, value: Any) -> Any:  # noqa: ANN401 - whatever a spreadsheet's cell holds
    """Return what a typed cell says; None where it is empty."""
    if isinstance(value, str):
        return from_text(kind, value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _from_number(kind, value)
    if isinstance(value, datetime) and value.time() == time():
        value = value.date()
    if kind is Kind.DAY and type(value) is date:
        return value.isoformat()
    if kind is Kind.CLOCK and isinstance(value, time) and not (value.second or value.microsecond):
        return value.strftime("%H:%M")
    return value


def join(items: Sequence[object]) -> str:
    r"""Return a list as one text, `; ` between the items; `;` and `\` within one stand after a `\`."""
    return "; ".join(_ESCAPED.sub(r"\\\g<0>", str(item)) for item in items)


def split(text: str) -> list[str]:
    """Return the items of a joined list; blanks around an item, and empty items, count for nothing."""
    items: list[str] = []
    signs: list[tuple[str, bool]] = []
    for escaped, bare, run in _PART.findall(text + ";"):
        if bare == ";":
            items.append(_trimmed(signs))
            signs = []
        elif escaped:
            signs.append((escaped, True))
        else:
            signs.append((run or bare, False))
    return [item for item in items if item]


def _trimmed(signs: list[tuple[str, bool]]) -> str:
    """Return the text of an item without the blanks around it that were not escaped."""
    if signs and not signs[0][1]:
        signs[0] = (signs[0][0].lstrip(), False)
    if signs and not signs[-1][1]:
        signs[-1] = (signs[-1][0].rstrip(), False)
    return "".join(sign for sign, _ in signs)


def _whole(text: str) -> int | str:
    return int(text) if _WHOLE.match(text) else text


def _number(text: str) -> float | str:
    return float(text.replace(",", ".")) if _NUMBER.match(text) else text


def _flag(text: str) -> bool | str:
    return _FLAGS.get(text.lower(), text)


def _wholes(text: str) -> list[int | str]:
    return [_whole(item) for item in split(text)]


def _from_number(kind: Kind, value: float) -> Any:  # noqa: ANN401 - any value of a document
    """Return a spreadsheet's number; in a column of texts it is the text a person sees."""
    whole = int(value) if isinstance(value, int) or value.is_integer() else None
    if kind is Kind.NUMBER:
        return float(value)
    if kind is Kind.FLAG:
        return _FLAGS.get(str(whole), value)
    if kind in {Kind.WHOLE, Kind.WHOLES}:
        found = value if whole is None else whole
        return [found] if kind is Kind.WHOLES else found
    if kind in {Kind.TEXT, Kind.CODE, Kind.LIST}:
        told = str(value if whole is None else whole)
        return [told] if kind is Kind.LIST else told
    return value


_AS_IT_STANDS = frozenset({Kind.TEXT, *LISTS})
_READ: Mapping[Kind, Callable[[str], Any]] = {
    Kind.LIST: split,
    Kind.WHOLES: _wholes,
    Kind.WHOLE: _whole,
    Kind.NUMBER: _number,
    Kind.FLAG: _flag,
}
