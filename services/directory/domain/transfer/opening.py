"""Open a file that was sent in, whatever its format, as rows."""

from collections.abc import Callable, Sequence
from typing import Any

from services.directory.domain.transfer import csvfile, encodings, jsonfile, xlsxfile
from services.directory.domain.transfer.findings import Code, Finding, Severity, too_much
from services.directory.domain.transfer.rows import MOST_ROWS, Format, Read, Row

# Another profile's JSON -> each offer's place and document, and what found no home here: field and word (Danish).
Translate = Callable[[Any], Sequence[tuple[int, dict[str, Any], Sequence[tuple[str, str]]]]]


def open_file(body: bytes, how: Format, encoding: str | None, translate: Translate | None = None) -> Read:
    """Return the rows of a file; `encoding` is one of `encodings.CHOICES` or None, `translate` reads another profile.

    Raises:
        FileRefused: it cannot be read at all.
    """
    if how is Format.XLSX:
        return xlsxfile.read(body)
    text = encodings.decode(body, encoding)
    if translate is not None:
        read = _translated(text, how, translate)
    elif how is Format.CSV:
        read = csvfile.read(text)
    else:
        read = jsonfile.read(text) if how is Format.JSON else jsonfile.read_lines(text)
    return Read(read.rows, [*encodings.spoilt(text), *read.findings])


def _translated(text: str, how: Format, translate: Translate) -> Read:
    said = jsonfile.load(text) if how is Format.JSON else [each for _, each in jsonfile.lines(text)]
    told = translate(said)
    if len(told) > MOST_ROWS:
        raise too_much(MOST_ROWS, "tilbud")
    notes = [
        Finding(line, field, note, Code.NOT_KEPT, Severity.WARNING) for line, _, each in told for field, note in each
    ]
    return Read([Row(line, document) for line, document, _ in told], notes)
