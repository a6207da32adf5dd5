"""What was read of a file: its rows, each an offer's document with the line it stands on; bounds every format keeps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from services.directory.domain.transfer.findings import Finding

MOST_ROWS = 20_000
# The columns of the largest offer there may be: 200 of each record, and what is plain.
MOST_COLUMNS = 4_000
# What is found in reading a file: beyond this it is no file of offers.
MOST_FOUND = 10 * MOST_ROWS
# Stands beside a document in our own files, and is no part of it.
VERSION = "version"
Document = dict[str, Any]


class Format(StrEnum):
    """How offers are written in a file."""

    CSV = "csv"
    XLSX = "xlsx"
    JSON = "json"
    NDJSON = "ndjson"


@dataclass(frozen=True, slots=True)
class Row:
    """One offer of a file; `headers` says under which header a field of its document stood, if the file is a table.

    `version` is the number of the offer's version that the row was made from; None: the file does not say.
    """

    line: int
    said: Document
    headers: Mapping[str, str] = field(default_factory=dict)
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """All rows of a file, and what was found in reading them."""

    rows: Sequence[Row]
    findings: Sequence[Finding] = ()
