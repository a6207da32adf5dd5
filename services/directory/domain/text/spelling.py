"""The stems in use, and which of them somebody meant who spelt a word otherwise or has not finished it."""

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

from services.directory.domain.text.letters import skeleton

_SHORTEST_FIRM = 6
_SHORTEST_MISSPELT = 4
_SHORTEST_TWICE_MISSPELT = 8
_MOST_NEAR = 8
_MOST_BEGUN = 64
_LAST_SIGN = "\U0010ffff"

InUse = Callable[[str], bool]


class Vocabulary:
    """Stems, found by their letters. A stem once there stays: `in_use` says at each question which ones count."""

    def __init__(self, stems: Iterable[str] = ()) -> None:
        """Begin with these stems."""
        self._written: dict[str, list[str]] = {}
        self._ordered: list[str] = []
        self._by_length: dict[int, list[str]] = {}
        for stem in stems:
            self._note(stem)
        self._ordered = sorted(self._written)

    def add(self, stem: str) -> None:
        """Take one more stem in."""
        if self._note(stem):
            insort(self._ordered, skeleton(stem))

    def same(self, stem: str, in_use: InUse) -> tuple[str, ...]:
        """Return the stem, and those that differ only in how æ, ø and å are typed.

        Short words are too easily other words (sorg, sørg-): there it is one or the other.
        """
        if in_use(stem) and len(stem) < _SHORTEST_FIRM:
            return (stem,)
        return tuple(found for found in self._written.get(skeleton(stem), ()) if in_use(found))

    def near(self, stem: str, length: int, in_use: InUse) -> tuple[str, ...]:
        """Return the nearest stems to one misspelt: one slip in a word of 4-7 letters, two in a longer one.

        A slip is a letter too many, too few, wrong, or two changed about; how æ, ø and å are typed is none.
        `length` is the whole word's.
        """
        if length < _SHORTEST_MISSPELT or stem.isdecimal():
            return ()
        slips = 2 if length >= _SHORTEST_TWICE_MISSPELT else 1
        bare = skeleton(stem)
        nearest: dict[int, list[str]] = {}
        for size in range(len(bare) - slips, len(bare) + slips + 1):
            choices = self._by_length.get(size, ())
            for found, distance, _ in extract(bare, choices, scorer=OSA.distance, score_cutoff=slips, limit=None):
                used = [each for each in self._written[found] if in_use(each)]
                nearest.setdefault(int(distance), []).extend(used)
        best = next((nearest[distance] for distance in sorted(nearest) if nearest[distance]), [])
        return tuple(sorted(best)[:_MOST_NEAR])

    def starting(self, letters: str, in_use: InUse) -> tuple[str, ...]:
        """Return the stems that begin like a word not yet finished, in order of the alphabet, not all of very many."""
        bare = skeleton(letters)
        at = bisect_left(self._ordered, bare)
        end = bisect_left(self._ordered, bare + _LAST_SIGN)
        found: list[str] = []
        for each in self._ordered[at:end]:
            found += [stem for stem in self._written[each] if in_use(stem)]
            if len(found) >= _MOST_BEGUN:
                break
        return tuple(found[:_MOST_BEGUN])

    def _note(self, stem: str) -> bool:
        bare = skeleton(stem)
        held = self._written.setdefault(bare, [])
        if stem not in held:
            insort(held, stem)
        if len(held) > 1:
            return False
        if held == [stem] and bare not in self._by_length.setdefault(len(bare), []):
            self._by_length[len(bare)].append(bare)
            return True
        return False
