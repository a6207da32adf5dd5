"""Sets of places as whole numbers: bit p says whether the p-th offer belongs (bitsets)."""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Generic, TypeVar

Value = TypeVar("Value", bound=Hashable)
# A number as bitsets, one per binary digit, lowest first: every offer's count at once.
Slices = Sequence[int]
_MOST_KEPT = 256


class Family(Generic[Value]):
    """The sets of one property: value -> the offers that have it. No offer: the value is not there."""

    __slots__ = ("_up_to", "sets")

    def __init__(self) -> None:
        self.sets: dict[Value, int] = {}
        self._up_to: dict[Value, int] = {}

    def __getitem__(self, value: Value) -> int:
        return self.sets.get(value, 0)

    def any(self, values: Iterable[Value]) -> int:
        """Return the offers that have at least one of the values."""
        found = 0
        for value in values:
            found |= self.sets.get(value, 0)
        return found

    def up_to(self, most: Value) -> int:
        """Return the offers whose value is at most this one; what was asked lately is kept until an offer changes."""
        if most not in self._up_to:
            if len(self._up_to) >= _MOST_KEPT:
                self._up_to.clear()
            self._up_to[most] = self.any([value for value in self.sets if value <= most])  # type: ignore[operator] # numbers
        return self._up_to[most]

    def fill(self, places: Mapping[Value, Iterable[int]]) -> None:
        """Set all at once: value -> the places of the offers that have it."""
        self._up_to.clear()
        self.sets = {value: gathered(held) for value, held in places.items()}

    def insert(self, place: int, values: Iterable[Value]) -> None:
        """Move what stands at and after the place one on, and put an offer with these values there."""
        self._up_to.clear()
        for value, held in self.sets.items():
            self.sets[value] = inserted(held, place)
        for value in values:
            self.sets[value] = self.sets.get(value, 0) | 1 << place

    def delete(self, place: int) -> None:
        """Take the offer at the place out, and move what stands after it one back."""
        self._up_to.clear()
        self.sets = {value: left for value, held in self.sets.items() if (left := deleted(held, place))}


def inserted(held: int, place: int) -> int:
    """Return the set with what stands at and after the place moved one on."""
    above = held >> place
    return held if not above else above << place + 1 | held & (1 << place) - 1


def deleted(held: int, place: int) -> int:
    """Return the set without the place, and with what stands after it moved one back."""
    return held >> place + 1 << place | held & (1 << place) - 1


def gathered(places: Iterable[int]) -> int:
    """Return the set of these places."""
    held = list(places)
    if not held:
        return 0
    octets = bytearray((max(held) >> 3) + 1)
    for place in held:
        octets[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(octets, "little")


def members(held: int) -> Iterator[int]:
    """Yield the places of a set in their order."""
    digits = bin(held)[:1:-1]
    place = digits.find("1")
    while place >= 0:
        yield place
        place = digits.find("1", place + 1)


def added(number: Slices, more: Slices) -> list[int]:
    """Return the sum of two numbers, for every offer at once (a ripple-carry adder)."""
    total: list[int] = []
    carry = 0
    for at in range(max(len(number), len(more))):
        one = number[at] if at < len(number) else 0
        other = more[at] if at < len(more) else 0
        differ = one ^ other
        total.append(differ ^ carry)
        carry = one & other | differ & carry
    return [*total, carry] if carry else total


def counted(sets: Iterable[int]) -> list[int]:
    """Return of how many of the sets each offer is."""
    total: list[int] = []
    for held in sets:
        total = added(total, (held,))
    return total


def descending(held: int, number: Slices) -> Iterator[tuple[int, int]]:
    """Yield (count, the offers of `held` with that count), highest count first; counts nobody has are left out."""
    if not held:
        return
    if not number:
        yield 0, held
        return
    *rest, top = number
    high = held & top
    for count, part in descending(high, rest):
        yield count | 1 << len(rest), part
    yield from descending(held ^ high, rest)


def at_most(held: int, number: Slices, most: int) -> int:
    """Return the offers of `held` whose count is at most `most`."""
    found = 0
    for count, part in descending(held, number):
        if count <= most:
            found |= part
    return found
