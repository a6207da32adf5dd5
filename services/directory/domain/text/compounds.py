"""Compounds and their parts: sorggruppe is sorg and gruppe, fødselsdepression is fødsel and depression."""

from collections.abc import Collection, Iterable, Mapping

from services.directory.domain.text.letters import skeleton
from services.directory.domain.text.lexicon import Kind, Lexicon, stem
from services.directory.domain.text.stopwords import STOPWORDS

Parts = tuple[str, ...]
LINKS = ("", "s", "e", "er", "es")
_SHORTEST_PART = 3
_SHORTEST_WORD, _LONGEST_WORD = 6, 40
# A part nobody listed must look like a word.
_SHORTEST_UNKNOWN = 4
_EMPTY = frozenset(map(stem, STOPWORDS))
_VOWELS = frozenset("aeiouyæøå")


class Compounds:
    """Splits compounds into the parts the lexicon and the thesaurus know; unequivocal, and the same for all texts."""

    def __init__(self, lexicon: Lexicon, known: Iterable[str]) -> None:
        """Take the word lists, and the single words of the thesaurus, which may be parts too."""
        self._lexicon = lexicon
        listed = lexicon.lists
        heads = listed[Kind.PART] | listed[Kind.FIRST] | listed[Kind.LAST] | frozenset(lexicon.forms.values())
        self._whole = frozenset(lexicon.stem(word) for word in listed[Kind.WHOLE] | heads)
        self._stems = {lexicon.stem(word) for word in heads if len(word) >= _SHORTEST_PART}
        self._surfaces = self._written(heads)
        # Of the thesaurus' words those that are compounds themselves are split like any other.
        for word in sorted(set(known) - listed[Kind.WHOLE], key=lambda each: (len(each), each)):
            if len(word) >= _SHORTEST_PART and not self._best(word, self._surfaces):
                self._stems.add(lexicon.stem(word))
                for surface, held in self._written({word}).items():
                    self._surfaces.setdefault(surface, held)
        self._bare = {skeleton(surface): held for surface, held in self._surfaces.items()}
        self._first = {word: lexicon.stem(word) for word in listed[Kind.FIRST]}
        self._last = frozenset(lexicon.stem(word) for word in listed[Kind.LAST])

    def split(self, word: str) -> Parts:
        """Return the stems of a compound's parts; empty when it is none, or none that can be told.

        A word typed without æ, ø and å is read as if it had them: fodselsgruppe.
        """
        if (
            not _SHORTEST_WORD <= len(word) <= _LONGEST_WORD
            or word.isdecimal()
            or self._lexicon.stem(word) in self._whole
        ):
            return ()
        bare = skeleton(word) == word
        found = self._best(word, self._surfaces) or (self._best(word, self._bare) if bare else ()) or self._half(word)
        return tuple(part for part in found if part not in _EMPTY)

    def is_known(self, word: str) -> bool:
        """Say whether a word is a compound all of whose parts are listed."""
        return len(word) <= _LONGEST_WORD and bool(self._best(word, self._surfaces))

    def _written(self, parts: Collection[str]) -> dict[str, str]:
        """Return each way a part may be written inside a compound, and its stem."""
        irregular = [(form, word) for form, word in self._lexicon.forms.items() if word in parts]
        forms = irregular + [(word, word) for word in sorted(parts)]
        found: dict[str, str] = {}
        for written, word in forms:
            for link in LINKS:
                if len(written) >= _SHORTEST_PART:
                    found.setdefault(written + link, self._lexicon.stem(word))
        return found

    def _best(self, word: str, surfaces: Mapping[str, str]) -> Parts:
        """Return the split into the fewest parts; of equals the one whose last part, the chief one, is longest."""
        best: list[Parts] = [()] * (len(word) + 1)
        for end in range(_SHORTEST_PART, len(word)):
            for start in range(end - _SHORTEST_PART + 1):
                held = surfaces.get(word[start:end])
                if held is None or (start and not best[start]):
                    continue
                if not best[end] or len(best[start]) + 1 < len(best[end]):
                    best[end] = (*best[start], held)
        found = [
            (*best[start], chief)
            for start in range(_SHORTEST_PART, len(word) - _SHORTEST_PART + 1)
            if best[start] and (chief := self._chief(word[start:], surfaces)) is not None
        ]
        return min(found, key=len, default=())

    def _chief(self, rest: str, surfaces: Mapping[str, str]) -> str | None:
        held = surfaces.get(rest)
        if held is not None:
            return held
        found = self._lexicon.stem(rest)
        return found if found in self._stems else None

    def _half(self, word: str) -> Parts:
        """Return the parts where only one is known, and it is one that stands in many compounds: strikkecafé."""
        for at in range(_SHORTEST_UNKNOWN, len(word) - _SHORTEST_PART + 1):
            head, rest = word[:at], word[at:]
            if self._lexicon.stem(rest) in self._last and _wordlike(head):
                return (self._lexicon.stem(head), self._lexicon.stem(rest))
        for at in range(len(word) - _SHORTEST_UNKNOWN, _SHORTEST_PART, -1):
            if word[:at] in self._first and _wordlike(word[at:]):
                return (self._first[word[:at]], self._lexicon.stem(word[at:]))
        return ()


def _wordlike(letters: str) -> bool:
    return len(letters) >= _SHORTEST_UNKNOWN and not _VOWELS.isdisjoint(letters) and letters.isalpha()
