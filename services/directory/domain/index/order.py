"""The order of an answer: sets cut by one thing after another, no further than the page asked for."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum, auto

from services.directory.domain.search import Sort

Key = tuple[int, ...]
# Cuts a set into the offers with the lowest value, the next, and so on.
Cut = Callable[[int], Iterator[tuple[int, int]]]
# A value nobody has said comes after all others.
UNSAID = 10**9


class Axis(Enum):
    """What an answer is ordered by."""

    FAILED = auto()
    SCORE = auto()
    STALE = auto()
    RANK = auto()
    DISTANCE = auto()
    WAITING = auto()


# What was asked for comes first, after failing nothing: near misses come last in every order.
# After all of these: the name, then the key.
_BEST = (Axis.SCORE, Axis.RANK, Axis.STALE)
ORDERS: Mapping[Sort, Sequence[Axis]] = {
    Sort.RELEVANCE: (Axis.FAILED, *_BEST),
    Sort.DISTANCE: (Axis.FAILED, Axis.DISTANCE, *_BEST),
    Sort.WAITING: (Axis.FAILED, Axis.WAITING, *_BEST),
    Sort.NAME: (Axis.FAILED,),
}


def walked(held: int, cuts: Sequence[Cut], first: Key = ()) -> Iterator[tuple[Key, int]]:
    """Yield (key, the offers with that key), lowest key first; offers with one key stand in the order of names.

    What has a lower key than `first` is left out, uncut.
    """
    if not held:
        return
    if not cuts:
        yield (), held
        return
    for value, part in cuts[0](held):
        if first and value < first[0]:
            continue
        begin = first[1:] if first and value == first[0] else ()
        for rest, last in walked(part, cuts[1:], begin):
            yield (value, *rest), last


def after(parts: Iterator[tuple[Key, int]], key: Key, place: int) -> Iterator[tuple[Key, int]]:
    """Yield what comes after the offer at a place with that key."""
    for at, held in parts:
        if at > key:
            yield at, held
        elif at == key:
            yield at, held >> place + 1 << place + 1
