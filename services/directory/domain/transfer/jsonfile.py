"""Offers as JSON: a list, `{"offers": [...]}`, or one object a line; and as bytes again."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from services.directory.domain.transfer.findings import Code, FileRefused, Finding, too_much
from services.directory.domain.transfer.rows import MOST_COLUMNS, MOST_ROWS, Read, Row

_MOST_DEPTH = 8
# Lists and objects in a text: more than offers, or any profile of them, can have.
MOST_PARTS = 50 * MOST_ROWS
_NOT_JSON = "Filen kan ikke læses som JSON."


def load(text: str) -> Any:  # noqa: ANN401 - JSON is any of its kinds
    """Return what a JSON text says: no key twice, no number that is none, nothing deeper than any offer is.

    Raises:
        FileRefused: it is not such a text.
    """
    _bounded(text)
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_refuse)
    except RecursionError as error:
        raise FileRefused("Filen har for mange lag i hinanden.", Code.TOO_MUCH) from error
    except json.JSONDecodeError as error:
        raise FileRefused(_NOT_JSON, Code.UNREADABLE, line=error.lineno) from error
    except ValueError as error:  # a number of thousands of digits
        raise FileRefused(_NOT_JSON, Code.UNREADABLE) from error


def read(text: str) -> Read:
    """Return the offers of a JSON text; a row's line is its place in the list, from 1.

    Raises:
        FileRefused: it is no list of offers, or too long a one.
    """
    said = load(text)
    if isinstance(said, dict) and isinstance(said.get("offers"), list) and len(said) == 1:
        said = said["offers"]
    if not isinstance(said, list):
        raise FileRefused('Filen skal være en liste af tilbud, eller {"offers": [...]}.', Code.UNREADABLE)
    return _gathered(enumerate(said, start=1))


def read_lines(text: str) -> Read:
    """Return the offers of a text with one JSON object a line; a row's line is the file's.

    Raises:
        FileRefused: a line is not JSON, or there are too many.
    """
    return _gathered(lines(text))


def lines(text: str) -> Iterator[tuple[int, Any]]:
    """Yield what each line says, with its number; blank ones say nothing.

    Raises:
        FileRefused: a line is not JSON.
    """
    _bounded(text)
    for line, told in enumerate(_split(text), start=1):
        if told.strip():
            try:
                yield line, load(told)
            except FileRefused as error:
                raise FileRefused(error.finding.said, error.finding.code, line=line) from error


def too_deep(said: object, most: int = _MOST_DEPTH) -> bool:
    """Say whether something has more lists and objects within one another than `most`."""
    inner: Sequence[object] = []
    if isinstance(said, dict):
        inner = list(said.values())
    elif isinstance(said, list):
        inner = said
    else:
        return False
    return most == 0 or any(too_deep(each, most - 1) for each in inner)


def _gathered(told: Iterable[tuple[int, Any]]) -> Read:
    rows: list[Row] = []
    findings: list[Finding] = []
    for line, said in told:
        if len(rows) + len(findings) == MOST_ROWS:
            raise too_much(MOST_ROWS, "tilbud", line)
        if not isinstance(said, dict):
            findings.append(Finding(line, "", "er ikke et tilbud: der skal stå et objekt", Code.INVALID))
        elif too_deep(said):
            findings.append(Finding(line, "", "har for mange lag i hinanden", Code.TOO_MUCH))
        elif _keys(said) > MOST_COLUMNS:
            findings.append(Finding(line, "", f"har over {MOST_COLUMNS} felter", Code.TOO_MUCH))
        else:
            rows.append(Row(line, said))
    return Read(rows, findings)


def _keys(said: object) -> int:
    """Return how many keys a value has, with those of all within it."""
    if isinstance(said, dict):
        return len(said) + sum(map(_keys, said.values()))
    return sum(map(_keys, said)) if isinstance(said, list) else 0


def _bounded(text: str) -> None:
    if text.count("{") + text.count("[") > MOST_PARTS:
        raise too_much(MOST_PARTS, "lister og objekter")


def _split(text: str) -> Iterator[str]:
    begins = 0
    while (ends := text.find("\n", begins)) >= 0:
        yield text[begins:ends]
        begins = ends + 1
    yield text[begins:]


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise FileRefused("Det samme navn står to gange i et objekt.", Code.UNREADABLE)
    return made


def _refuse(_told: str) -> Any:  # noqa: ANN401 - never returns
    raise FileRefused("Et tal i filen er ikke et tal.", Code.UNREADABLE)
