"""Where nothing is listed: is there none, or do we not know? A municipality says which, for twelve months at a time."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from services.directory.domain.figures.kinds import Kind
from services.directory.domain.model import MunicipalityCode, UnitId

ALL = "all"
SHARED_ENTRANCE = "shared_entrance"
# What can be declared: each kind of offer, whether there is a cross-disciplinary unit or team, or everything.
DECLARABLE: Mapping[str, str] = {ALL: "Alt", SHARED_ENTRANCE: "Tværfaglig enhed eller team"}
MONTHS = 12


@dataclass(frozen=True, slots=True)
class Declaration:
    """A municipality's word on a kind (or `ALL`): what it lists of it is complete, or, taken back, is not."""

    municipality: MunicipalityCode
    kind: str
    complete: bool
    declared_on: date
    unit: UnitId
    at: datetime


def declarable(kind: str) -> bool:
    """Say whether a word can be given on it."""
    return kind in DECLARABLE or kind in set(Kind)


def lapses_on(declared_on: date) -> date:
    """Return the first day a declaration no longer counts: the same day of the next year, 1 March after 29 February."""
    try:
        return declared_on.replace(year=declared_on.year + 1)
    except ValueError:
        return date(declared_on.year + 1, 3, 1)


class Coverage:
    """What the municipalities have declared, as it counts on a day."""

    def __init__(self, declarations: Iterable[Declaration], day: date) -> None:
        self._last: dict[tuple[str, str], Declaration] = {}
        self.day = day
        for each in sorted(declarations, key=lambda one: (one.declared_on, one.at)):
            if each.declared_on <= day:
                self._last[each.municipality, each.kind] = each

    def complete(self, municipality: str, kind: str) -> bool:
        """Say whether its list of that kind is complete: the last word on the kind or on everything decides."""
        given = [self._last.get((municipality, kind)), self._last.get((municipality, ALL))]
        last = max(
            (each for each in given if each is not None), key=lambda one: (one.declared_on, one.at), default=None
        )
        return last is not None and last.complete and self.day < lapses_on(last.declared_on)

    def named(self, municipality: str, kind: str) -> bool:
        """Say whether it has said so of this very kind, not only of everything."""
        word = self._last.get((municipality, kind))
        return word is not None and word.complete and self.day < lapses_on(word.declared_on)

    def counting(self) -> list[Declaration]:
        """Return the declarations that count on the day, by municipality and kind."""
        return [
            each
            for _, each in sorted(self._last.items())
            if each.complete and self.complete(each.municipality, each.kind) and self.day < lapses_on(each.declared_on)
        ]
