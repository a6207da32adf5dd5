"""Whose offers they are: the unit of each."""

from array import array
from collections.abc import Iterable

from services.directory.domain.index.bits import gathered
from services.directory.domain.index.slots import GONE, Slots


class Units:
    """The units of all offers, by slot: too many, of few offers each, for a set each."""

    def __init__(self, slots: Slots) -> None:
        """Take the slots the offers stand in."""
        self._slots = slots
        self._units: list[str] = []
        self._held: dict[str, array[int]] = {}

    def add(self, unit: str) -> None:
        """Take the offer in the next slot in."""
        held = self._held.setdefault(unit, array("I"))
        held.append(len(self._units))
        self._units.append(unit)

    def renumbered(self, slots: Slots, kept: Iterable[int]) -> "Units":
        """Return the units of the slots kept, in that order, as those of slots without gaps."""
        made = Units(slots)
        for slot in kept:
            made.add(self._units[slot])
        return made

    def of(self, unit: str) -> int:
        """Return the offers of a unit."""
        place = self._slots.place
        return gathered(place[slot] for slot in self._held.get(unit, ()) if place[slot] != GONE)
