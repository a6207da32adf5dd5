"""Which offers are shown on a day, and which nobody has confirmed since a day."""

from array import array
from collections.abc import Callable, Iterable
from datetime import date

from services.directory.domain.index.bits import deleted, gathered, inserted
from services.directory.domain.index.entry import Entry
from services.directory.domain.index.slots import Slots

_DAYS_KEPT = 8


class Days:
    """The days of all offers, by slot; the sets asked for lately are kept up to date."""

    def __init__(self, slots: Slots) -> None:
        """Take the slots the offers stand in."""
        self._slots = slots
        self._from, self._to, self._said = array("I"), array("I"), array("I")
        self._shown: dict[date, int] = {}
        self._stale: dict[date, int] = {}

    def add(self, entry: Entry) -> None:
        """Take the offer in the next slot in."""
        self._from.append(entry.from_day.toordinal())
        self._to.append(entry.to_day.toordinal())
        self._said.append(entry.said_on.toordinal())

    def insert(self, place: int, entry: Entry) -> None:
        """Take the offer in the next slot in, at its place."""
        self.add(entry)
        slot = len(self._said) - 1
        for day, held in self._shown.items():
            self._shown[day] = inserted(held, place) | self._is_shown(slot, day) << place
        for day, held in self._stale.items():
            self._stale[day] = inserted(held, place) | self._is_stale(slot, day) << place

    def delete(self, place: int) -> None:
        """Take out the offer at a place."""
        for kept in (self._shown, self._stale):
            for day, held in kept.items():
                kept[day] = deleted(held, place)

    def renumbered(self, slots: Slots, kept: Iterable[int]) -> "Days":
        """Return the days of the slots kept, in that order, as those of slots without gaps."""
        made = Days(slots)
        for slot in kept:
            made._from.append(self._from[slot])
            made._to.append(self._to[slot])
            made._said.append(self._said[slot])
        made._shown, made._stale = self._shown, self._stale
        return made

    def shown(self, day: date) -> int:
        """Return the offers shown on a day."""
        return self._kept(self._shown, day, self._is_shown)

    def stale(self, since: date) -> int:
        """Return the offers nobody has confirmed since a day."""
        return self._kept(self._stale, since, self._is_stale)

    def _kept(self, kept: dict[date, int], day: date, holds: Callable[[int, date], bool]) -> int:
        if day not in kept:
            if len(kept) >= _DAYS_KEPT:
                del kept[next(iter(kept))]
            kept[day] = gathered(place for place, slot in enumerate(self._slots.slots) if holds(slot, day))
        return kept[day]

    def _is_shown(self, slot: int, day: date) -> bool:
        return self._from[slot] <= day.toordinal() < self._to[slot]

    def _is_stale(self, slot: int, since: date) -> bool:
        return self._said[slot] < since.toordinal()
