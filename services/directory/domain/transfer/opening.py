"""Open a file that was sent in, whatever its format, as rows."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from services.directory.domain.transfer import csvfile, encodings, jsonfile, xlsxfile
from services.directory.domain.transfer.findings import Code, Finding, Severity, too_much
from services.directory.domain.transfer.rows import MOST_FOUND, MOST_ROWS, VERSION, Format, Read, Row

# Another profile's JSON -> each offer's place and document, and what found no home here: field and word (Danish).
Translate = Callable[[Any], Sequence[tuple[int, dict[str, Any], Sequence[tuple[str, str]]]]]
_MOST_VERSIONS = 2**31 - 1


def open_file(body: bytes, how: Format, encoding: str | None, translate: Translate | None = None) -> Read:
    """Return the rows of a file; `encoding` is one of `encodings.CHOICES` or None, `translate` reads another profile.

    Raises:
        FileRefused: it cannot be read at all.
    """
    if how is Format.XLSX:
        return _with_versions(xlsxfile.read(body))
    text = encodings.decode(body, encoding)
    if translate is not None:
        read = _translated(text, how, translate)
    elif how is Format.CSV:
        read = _with_versions(csvfile.read(text))
    else:
        read = _with_versions(jsonfile.read(text) if how is Format.JSON else jsonfile.read_lines(text))
    return Read(read.rows, [*encodings.spoilt(text), *read.findings])


def _translated(text: str, how: Format, translate: Translate) -> Read:
    said = (
        jsonfile.load(text) if how is Format.JSON else [each for _, each in islice(jsonfile.lines(text), MOST_ROWS + 1)]
    )
    if isinstance(said, list) and len(said) > MOST_ROWS:
        raise too_much(MOST_ROWS, "tilbud")
    told = translate(said)
    if len(told) > MOST_ROWS:
        raise too_much(MOST_ROWS, "tilbud")
    if sum(len(each) for _, _, each in told) > MOST_FOUND:
        raise too_much(MOST_FOUND, "oplysninger, der ikke findes her")
    notes = [
        Finding(line, field, note, Code.NOT_KEPT, Severity.WARNING) for line, _, each in told for field, note in each
    ]
    return Read([Row(line, document) for line, document, _ in told], notes)


def _with_versions(read: Read) -> Read:
    """Take what each row says of its version out of the document, which has no such field."""
    rows: list[Row] = []
    findings = list(read.findings)
    for row in read.rows:
        said = dict(row.said)
        version = said.pop(VERSION, None)
        if version is not None and (type(version) is not int or not 1 <= version <= _MOST_VERSIONS):
            header = row.headers.get(VERSION, VERSION)
            findings.append(Finding(row.line, header, "skal være et helt tal fra 1, eller tom", Code.INVALID))
            version = None
        rows.append(replace(row, said=said, version=version))
    return Read(rows, findings)
