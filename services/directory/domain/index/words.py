"""The words of all offers, and how well each offer answers what is asked in words."""

from array import array
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from math import log2
from operator import or_

from services.directory.domain.index.bits import added, gathered
from services.directory.domain.index.entry import Entry
from services.directory.domain.index.slots import GONE, Slots
from services.directory.domain.text.analysis import IDEA, Alternative, Analysis, Clause, Nearness
from services.directory.domain.text.spelling import Vocabulary

# How well a hit answers: by how near the word found is to the word asked, in the body, the keywords, the heading.
POINTS: Mapping[Nearness, Sequence[int]] = {
    Nearness.SAID: (4, 6, 8),
    Nearness.MEANT: (2, 3, 5),
    Nearness.GUESSED: (1, 2, 3),
}
LEVELS = 3
_LEVEL_BITS = 2
_LEVEL_MASK = (1 << _LEVEL_BITS) - 1
# The points of the most words a question has (8 * 12) fit in so many binary digits.
_RANK_BITS = 7
_MOST_KEPT_BYTES = 24_000_000

# The offers that hold a term at least in the body, at least in the keywords, in the heading.
Levels = tuple[int, int, int]
NOWHERE: Levels = (0, 0, 0)


@dataclass(frozen=True, slots=True)
class Answer:
    """The offers that answer what is asked in words, and how well, as a number for every offer.

    `whole`: they answer every word of it. Otherwise, as none does, they answer some, and those that answer the
    words fewest offers answer stand highest. `taken_as`: misspelt words, each with what it was taken for.
    `met`: each word asked, and the offers that answer it.
    """

    hits: int
    rank: Sequence[int]
    whole: bool
    taken_as: tuple[tuple[str, ...], ...]
    met: tuple[tuple[str, int], ...]

    def unanswered(self, place: int | None) -> tuple[str, ...]:
        """Return the words the offer at a place does not answer, each once; no place: all of them."""
        lacking = (asked for asked, held in self.met if place is None or not held >> place & 1)
        return () if self.whole else tuple(dict.fromkeys(lacking))


class Words:
    """For each term the slots of the offers that hold it, and where they hold it."""

    def __init__(self, analysis: Analysis, slots: Slots) -> None:
        """Take the reading of words, and the slots the offers stand in."""
        self._analysis = analysis
        self._slots = slots
        self._held: dict[str, array[int]] = {}
        self._kept: OrderedDict[str, Levels] = OrderedDict()
        self._vocabulary = Vocabulary()

    def fill(self, entries: Iterable[Entry]) -> None:
        """Take in the offers of the first slots, all at once."""
        for slot, each in enumerate(entries):
            self._post(slot, terms(each, self._analysis))
        self._vocabulary = Vocabulary(term for term in self._held if not term.startswith(IDEA))

    def insert(self, place: int, slot: int, entry: Entry) -> None:
        """Take in one more offer, at its place and in its new slot."""
        found = terms(entry, self._analysis)
        for term in found:
            if term not in self._held and not term.startswith(IDEA):
                self._vocabulary.add(term)
        self._post(slot, found)
        for term, levels in self._kept.items():
            level = found.get(term, 0)
            self._kept[term] = _inserted(levels, place, level)

    def delete(self, place: int) -> None:
        """Take out the offer at a place; its slot is dead already."""
        for term, levels in self._kept.items():
            self._kept[term] = _deleted(levels, place)

    def renumber(self, moved: Sequence[int]) -> None:
        """Follow the slots to their new numbers, and drop what dead ones held."""
        for term, held in list(self._held.items()):
            left = array("I", (
                moved[item >> _LEVEL_BITS] << _LEVEL_BITS | item & _LEVEL_MASK
                for item in held if moved[item >> _LEVEL_BITS] != GONE
            ))  # fmt: skip
            if left:
                self._held[term] = left
            else:
                del self._held[term]
        self._vocabulary = Vocabulary(term for term in self._held if not term.startswith(IDEA))

    def in_use(self, term: str) -> bool:
        """Say whether an offer holds the term."""
        alive = self._slots.alive
        return any(alive[item >> _LEVEL_BITS] for item in self._held.get(term, ()))

    def answer(self, text: str, among: int) -> Answer | None:
        """Return the offers that answer a question; None: it asks nothing.

        Where none of those `among` which it is put answers every word, those that answer some are returned, by the
        weights of the words they answer (`weight`), then as those that answer all.
        """
        clauses = self._analysis.ask(text, self._vocabulary, self.in_use)
        if not clauses:
            return None
        rank: list[int] = []
        every, some, met = -1, 0, []
        for clause in clauses:
            points = self._points(clause)
            answered = reduce(or_, points)
            every, some = every & answered, some | answered
            met.append((clause.asked, answered))
            rank = added(rank, points)
        taken_as = tuple(clause.taken_as for clause in clauses if clause.taken_as)
        if every & among:
            return Answer(every, rank, whole=True, taken_as=taken_as, met=tuple(met))
        padded = [*rank, *[0] * (_RANK_BITS - len(rank))]
        return Answer(some, [*padded, *self._weighed(met)], whole=False, taken_as=taken_as, met=tuple(met))

    def _weighed(self, met: Iterable[tuple[str, int]]) -> list[int]:
        """Return what the words each offer answers weigh together."""
        total: list[int] = []
        for _, held in met:
            heavy = weight(held.bit_count(), len(self._slots))
            total = added(total, [held if heavy >> digit & 1 else 0 for digit in range(heavy.bit_length())])
        return total

    def _points(self, clause: Clause) -> list[int]:
        """Return how many points each offer has for a word: those of the best way it answers it."""
        by_points: dict[int, int] = {}
        for alternative in clause.alternatives:
            for points, held in zip(POINTS[alternative.nearness], self._levels(alternative), strict=True):
                by_points[points] = by_points.get(points, 0) | held
        digits = [0, 0, 0, 0]
        better = 0
        for points in sorted(by_points, reverse=True):
            held = by_points[points] & ~better
            better |= held
            for digit in range(len(digits)):
                if points >> digit & 1:
                    digits[digit] |= held
        return digits

    def _levels(self, alternative: Alternative) -> Levels:
        """Return the offers that hold a term of each part; the level is that of the part it holds least prominently."""
        found: Levels | None = None
        for part in alternative.parts:
            held = [self._found(term) for term in part]
            union = held[0] if len(held) == 1 else _union(held)
            found = union if found is None else (found[0] & union[0], found[1] & union[1], found[2] & union[2])
        return found or NOWHERE

    def _found(self, term: str) -> Levels:
        kept = self._kept.get(term)
        if kept is None:
            kept = self._kept[term] = self._gather(term)
            room = _MOST_KEPT_BYTES // (LEVELS * (len(self._slots) // 8 + 64))
            while len(self._kept) > room:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(term)
        return kept

    def _gather(self, term: str) -> Levels:
        places: list[list[int]] = [[], [], [], []]
        at = self._slots.place
        for item in self._held.get(term, ()):
            place = at[item >> _LEVEL_BITS]
            if place != GONE:
                places[item & _LEVEL_MASK].append(place)
        heading = gathered(places[3])
        keywords = heading | gathered(places[2])
        return keywords | gathered(places[1]), keywords, heading

    def _post(self, slot: int, found: Mapping[str, int]) -> None:
        held = self._held
        for term, level in found.items():
            if term in held:
                held[term].append(slot << _LEVEL_BITS | level)
            else:
                held[term] = array("I", (slot << _LEVEL_BITS | level,))


def weight(holding: int, offers: int) -> int:
    """Return what a word weighs that so many of the offers answer: most where it is rarest, at least 1.

    Four more for each time half as many answer it.
    """
    return 1 + round(4 * log2(offers / holding)) if holding else 0


def terms(entry: Entry, analysis: Analysis) -> dict[str, int]:
    """Return the terms an offer is found by, each with its best level: 3 the heading, 2 the keywords, 1 the body."""
    found: dict[str, int] = {}
    for level, texts in ((1, entry.body), (2, entry.keywords), (3, entry.heading)):
        for text in texts:
            found.update(dict.fromkeys(analysis.terms(text), level))
    return found


def _union(held: Iterable[Levels]) -> Levels:
    body = keywords = heading = 0
    for each in held:
        body, keywords, heading = body | each[0], keywords | each[1], heading | each[2]
    return body, keywords, heading


def _inserted(levels: Levels, place: int, level: int) -> Levels:
    low, high = (1 << place) - 1, place + 1
    body, keywords, heading = ((held >> place) << high | held & low for held in levels)
    if level:
        bit = 1 << place
        return body | bit, keywords | (bit if level > 1 else 0), heading | (bit if level == LEVELS else 0)
    return body, keywords, heading


def _deleted(levels: Levels, place: int) -> Levels:
    low = (1 << place) - 1
    body, keywords, heading = (held >> place + 1 << place | held & low for held in levels)
    return body, keywords, heading
