"""What can be wrong with a question to the directory, with a change of it, or with the files it is made from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


class DirectoryError(Exception):
    """An error of the directory's own rules."""


class UnknownMunicipality(DirectoryError):
    """No municipality has this code on that day."""


class UnknownRegion(DirectoryError):
    """No region has this code on that day."""


class UnknownPostcode(DirectoryError):
    """There is no such Danish postcode."""


class PlaceIncomplete(DirectoryError):
    """A distance was asked for without a place to reckon it from, or the other way round."""


class TwoPlaces(DirectoryError):
    """Two places were named where one is asked about."""


class ProfessionUnknown(DirectoryError):
    """The caller asks what it may refer to itself, and does not say what it is."""


class PastDay(DirectoryError):
    """The day asked about is over; what was so is among the versions."""


class NotOwner(DirectoryError):
    """The offer belongs to another unit."""


class OfferExists(DirectoryError):
    """There is an offer with this id."""


class OfferEnded(DirectoryError):
    """The offer has ended; it stays on record as it was."""


class NothingToChange(DirectoryError):
    """The offer already says this."""


class UnitClosed(DirectoryError):
    """The unit has closed."""


class ClosedInThePast(DirectoryError):
    """A unit closes today or later: what was said of it until now stays said."""


class HeirNeeded(DirectoryError):
    """The organisation's last open unit has offers, and nobody was named to take them over."""


class BadSuccessor(DirectoryError):
    """The unit that should take over is not there, is the same, or belongs to another organisation."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """Where a record is wrong, and how, in Danish: `table` is the record's id or line, `field` its key.

    A `warning` looks odd and is taken all the same.
    """

    file: str
    table: str
    field: str
    said: str
    warning: bool = False

    def __str__(self) -> str:
        """Return the line an editor reads."""
        return f"{self.file}: {self.table}: {self.field}: {self.said}"

    @property
    def where(self) -> str:
        """The field's whole name within the record."""
        within = self.table.partition(".")[2]
        return f"{within}.{self.field}" if within else self.field


class BadData(DirectoryError):
    """The data files contradict themselves or the format; nothing of them is taken."""

    def __init__(self, flaws: Sequence[Flaw]) -> None:
        super().__init__("\n".join(map(str, flaws)))
        self.flaws = tuple(flaws)


class BadOffer(DirectoryError):
    """What was sent is no offer: each flaw with its field."""

    def __init__(self, flaws: Sequence[Flaw]) -> None:
        super().__init__("bad offer")
        wrong = [flaw for flaw in flaws if not flaw.warning]
        self.extra: Mapping[str, object] = {
            "errors": [
                {"where": ["offer", *flaw.where.split(".")], "kind": "offer", "said": flaw.said} for flaw in wrong
            ]
        }
