"""Offers' documents as a file, part by part, so that `open_file` gives the same documents."""

import json
from collections.abc import Iterable, Mapping
from typing import Protocol

from services.directory.domain.transfer import csvfile, xlsxwriter
from services.directory.domain.transfer.columns import Place
from services.directory.domain.transfer.flat import flatten
from services.directory.domain.transfer.rows import Document, Format


class Writer(Protocol):
    """Makes a file of documents."""

    def part(self, documents: Iterable[Document]) -> bytes:
        """Return the next part of the file, with these documents in it.

        Raises:
            KeyError: one says what the table has no column for.
        """

    def end(self) -> bytes:
        """Return the last part."""


def writer(how: Format, columns: Mapping[Place, int]) -> Writer:
    """Return what makes such a file.

    `columns` are those of a table: `columns.places(flat.needed(documents))`; JSON needs none.
    """
    if how is Format.CSV:
        return _Csv(columns)
    if how is Format.XLSX:
        return _Xlsx(columns)
    return _Json("", "\n", "\n", "") if how is Format.NDJSON else _Json('{"offers":[', ",\n", "", "]}")


class _Csv:
    def __init__(self, columns: Mapping[Place, int]) -> None:
        self._columns = columns
        self._before = csvfile.head(columns)

    def part(self, documents: Iterable[Document]) -> bytes:
        lines = "".join(csvfile.row(self._columns, flatten(said)) for said in documents)
        before, self._before = self._before, ""
        return (before + lines).encode()

    def end(self) -> bytes:
        return self._before.encode()


class _Xlsx:
    def __init__(self, columns: Mapping[Place, int]) -> None:
        self._columns = columns
        self._book = xlsxwriter.Book()
        self._book.sheet("Tilbud", [xlsxwriter.header(columns)])

    def part(self, documents: Iterable[Document]) -> bytes:
        self._book.rows(xlsxwriter.row(self._columns, flatten(said)) for said in documents)
        return self._book.drained()

    def end(self) -> bytes:
        return self._book.end()


class _Json:
    def __init__(self, begins: str, between: str, after: str, ends: str) -> None:
        self._before, self._between, self._after, self._ends = begins, between, after, ends
        self._empty = True

    def part(self, documents: Iterable[Document]) -> bytes:
        told = self._between.join(json.dumps(said, ensure_ascii=False, separators=(",", ":")) for said in documents)
        if not told:
            return b""
        before = self._before if self._empty else self._between.removesuffix(self._after)
        self._empty = False
        return (before + told + self._after).encode()

    def end(self) -> bytes:
        return ((self._before if self._empty else "") + self._ends).encode()
