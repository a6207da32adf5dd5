"""What can be wrong with a question to the directory, or with the files it is made from."""

from collections.abc import Sequence
from dataclasses import dataclass


class DirectoryError(Exception):
    """An error of the directory's own rules."""


class UnknownMunicipality(DirectoryError):
    """No municipality has this code."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """Where a data file is wrong, and how: `table` is the record's id or line, `field` its key."""

    file: str
    table: str
    field: str
    said: str

    def __str__(self) -> str:
        """Return the line an editor reads."""
        return f"{self.file}: {self.table}: {self.field}: {self.said}"


class BadData(DirectoryError):
    """The data files contradict themselves or the format; nothing of them is taken."""

    def __init__(self, flaws: Sequence[Flaw]) -> None:
        super().__init__("\n".join(map(str, flaws)))
        self.flaws = tuple(flaws)
