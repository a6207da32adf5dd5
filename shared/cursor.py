"""A place in a feed that never skips what a slower transaction commits later.

Rows carry their transaction's id; only those below the oldest open transaction are shown, ordered by
(transaction, id), and the cursor names the last one shown.
"""

from dataclasses import dataclass
from uuid import UUID

from shared.problems import CursorRefused

# Digits are written as letters, so that no cursor looks like a civil registration number in a URL.
_LARGEST_XID = 2**64 - 1
_LETTERS = "ghjkmnpqrs"
_WRITTEN = str.maketrans("0123456789", _LETTERS)
_READ = str.maketrans(_LETTERS, "0123456789")


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last row a reader has seen."""

    xid: int
    id: UUID

    def __str__(self) -> str:
        """Return the form a caller keeps and sends back."""
        return f"{str(self.xid).translate(_WRITTEN)}.{self.id}"


START = Cursor(0, UUID(int=0))


def read_cursor(given: str | None) -> Cursor:
    """Return the cursor a caller sent, or the start.

    Raises:
        CursorRefused: it is not one of ours.
    """
    if not given:
        return START
    xid, _, number = given.partition(".")
    try:
        place = Cursor(int(xid.translate(_READ)), UUID(number))
    except ValueError as error:
        raise CursorRefused from error
    if not 0 <= place.xid <= _LARGEST_XID:
        raise CursorRefused
    return place
