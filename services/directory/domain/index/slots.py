"""Where each offer stands: places in the order of names move with every change, slots never do."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable

GONE = 0xFFFF_FFFF


class Slots:
    """The offers in the order of their names, ties by key. `place[slot]` is where a slot stands now, or `GONE`."""

    def __init__(self, named: Iterable[tuple[str, str]] = ()) -> None:
        """Begin with these (name to sort by, key), in any order; slot n is the n-th of them in order."""
        self._order = sorted(named)
        self._names = {key: name for name, key in self._order}
        self.slots = array("I", range(len(self._order)))
        self.alive = bytearray(b"\1" * len(self._order))
        self._places = array("I", self.slots)

    def __len__(self) -> int:
        return len(self._order)

    @property
    def dead(self) -> int:
        """How many slots stand nowhere any more."""
        return len(self.alive) - len(self._order)

    @property
    def place(self) -> "array[int]":
        """Slot -> place."""
        if not self._places:
            self._places = array("I", [GONE]) * len(self.alive)
            for place, slot in enumerate(self.slots):
                self._places[slot] = place
        return self._places

    def key(self, place: int) -> str:
        """Return the key of the offer at a place."""
        return self._order[place][1]

    def find(self, key: str) -> int | None:
        """Return the place of an offer; None: it is not there."""
        name = self._names.get(key)
        return None if name is None else bisect_left(self._order, (name, key))

    def insert(self, name: str, key: str) -> tuple[int, int]:
        """Put an offer where its name belongs; return its place and its new slot."""
        place, slot = bisect_left(self._order, (name, key)), len(self.alive)
        self._order.insert(place, (name, key))
        self._names[key] = name
        self.slots.insert(place, slot)
        self.alive.append(1)
        self._places = array("I")
        return place, slot

    def delete(self, place: int) -> None:
        """Take the offer at a place out."""
        _, key = self._order.pop(place)
        del self._names[key]
        self.alive[self.slots.pop(place)] = 0
        self._places = array("I")

    def renumbered(self) -> "array[int]":
        """Give the offers new slots without gaps, in their order; return old slot -> new slot or `GONE`."""
        moved = self.place
        self.slots = array("I", range(len(self._order)))
        self.alive = bytearray(b"\1" * len(self._order))
        self._places = array("I", self.slots)
        return moved
