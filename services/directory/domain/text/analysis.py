"""The one reading of words: of an offer's when it is indexed, and of somebody's who searches."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

from services.directory.domain.text.compounds import Compounds
from services.directory.domain.text.letters import words
from services.directory.domain.text.lexicon import Kind, Lexicon, plain, read_lexicon
from services.directory.domain.text.spelling import InUse, Vocabulary
from services.directory.domain.text.stopwords import STOPWORDS
from services.directory.domain.text.thesaurus import Thesaurus, read_thesaurus

_MOST_CACHED = 1 << 16
_MOST_CLAUSES = 12
_SHORTEST_BEGUN = 3
_LONGEST_CLIPPED = 30
# Shorter stems are too easily other words.
_SHORTEST_FIRM = 6
_MOST_GUESSED = 3
IDEA = "="


class Nearness(IntEnum):
    """How near what was found is to what was asked, best first."""

    SAID = 0
    MEANT = 1
    GUESSED = 2


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it is read: its stem, the idea it says, and for a compound its parts with the ideas they say."""

    stem: str
    idea: str | None = None
    parts: tuple[tuple[str, str | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Alternative:
    """One way an offer may answer a word: of each of `parts` it holds at least one term."""

    nearness: Nearness
    parts: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Clause:
    """What is asked with one word or phrase. `taken_as`: a misspelt word, and what it was taken for.

    `asked`: the word or phrase, of a compound the part that can be told; in lower case, `aa` as å.
    """

    alternatives: tuple[Alternative, ...]
    taken_as: tuple[str, ...] = ()
    asked: str = ""


class Analysis:
    """Reads texts into terms (stems, and `=idea`), and questions into clauses of terms."""

    def __init__(self, lexicon: Lexicon, thesaurus: Thesaurus) -> None:
        """Take the word lists of the field."""
        self._lexicon = lexicon
        self._thesaurus = thesaurus
        self._compounds = Compounds(lexicon, thesaurus.listed)
        listed = {lexicon.stem(word) for kind in Kind for word in lexicon.lists[kind]}
        self._known = frozenset(listed | set(thesaurus.asked))
        self._listed = Vocabulary(sorted(self._known))
        self._words: dict[str, Word] = {}
        self._terms: dict[str, tuple[str, ...]] = {}
        self._shown: dict[str, str] = {}
        for word in sorted(
            {*thesaurus.listed, *lexicon.forms.values(), *(each for kind in Kind for each in lexicon.lists[kind])}
        ):
            self._show(word, lexicon.stem(word))

    def terms(self, text: str) -> set[str]:
        """Return the terms an offer's text is found by."""
        read = [word for word in words(text) if word not in STOPWORDS]
        found: set[str] = set()
        for word in read:
            found.update(self._terms.get(word) or self._terms_of(word))
        stems = [self.word(word).stem for word in read]
        for at in range(len(stems)):
            phrase = self._thesaurus.phrase(stems, at)
            if phrase is not None:
                found.update(self._ideas(phrase[1]))
        return found

    def ask(self, text: str, vocabulary: Vocabulary, in_use: InUse) -> tuple[Clause, ...]:
        """Return a clause for each word, part of a compound or phrase of a question; twelve at most.

        The last word may be unfinished. `in_use` says which terms of the vocabulary some offer holds.
        """
        every = words(text)
        kept = [place for place, word in enumerate(every) if word not in STOPWORDS][:_MOST_CLAUSES]
        asked = [self._asked(every[place], in_use) for place in kept]
        stems = [word.stem for word in asked]
        clauses: list[Clause] = []
        at = 0
        while at < len(asked):
            phrase = self._thesaurus.phrase(stems, at, asked=True)
            if phrase is not None:
                end = at + len(phrase[0])
                said = " ".join(every[kept[at] : kept[end - 1] + 1])
                clauses.append(replace(_phrase(phrase[1], [_options(word) for word in asked[at:end]]), asked=said))
                at = end
                continue
            begun = at == len(asked) - 1 and text[-1:].isalnum()
            clauses += self._clauses(every[kept[at]], asked[at], vocabulary, in_use, begun=begun)
            at += 1
        distinct: dict[object, Clause] = {}
        for clause in clauses:
            distinct.setdefault((clause.alternatives, clause.taken_as) if clause.alternatives else clause.asked, clause)
        return tuple(distinct.values())[:_MOST_CLAUSES]

    def word(self, written: str) -> Word:
        """Return how a word of `letters.words` is read, whether or not any offer holds it."""
        found = self._words.get(written)
        if found is None:
            if len(self._words) >= _MOST_CACHED:
                self._words.clear()
                self._terms.clear()
            found = self._words[written] = self._read(written)
        return found

    def _read(self, written: str) -> Word:
        stem = self._lexicon.stem(written)
        parts = self._compounds.split(written)
        if len(stem) >= _SHORTEST_FIRM:
            stem = self._properly(written, stem)
        single = self._thesaurus.single
        return Word(stem, single.get(stem), tuple((part, single.get(part)) for part in parts))

    def _show(self, written: str, stem: str) -> None:
        held = self._shown.get(stem, written)
        self._shown[stem] = min(held, written, key=lambda word: (len(word), plain(word), word))

    def _properly(self, written: str, stem: str) -> str:
        """Return the stem as the lists have it, of a word typed without æ, ø and å."""
        if not plain(written) or stem in self._known:
            return stem
        return next(iter(self._listed.same(stem, self._known.__contains__)), stem)

    def _asked(self, written: str, in_use: InUse) -> Word:
        """Return how a word of a question is read. A short one no offer holds may lack its æ, ø and å too: sovn."""
        word = self.word(written)
        ideas = self._thesaurus.asked
        if word.idea is not None or word.parts or in_use(word.stem):
            idea = ideas.get(word.stem)
            return word if idea == word.idea else replace(word, idea=idea)
        stem = self._properly(written, word.stem)
        return Word(stem, ideas.get(stem))

    def _terms_of(self, written: str) -> tuple[str, ...]:
        word = self.word(written)
        self._show(written, word.stem)
        found = {word.stem, *self._ideas(word.idea)}
        for part, idea in word.parts:
            found |= {part, *self._ideas(idea)}
        self._terms[written] = terms = tuple(found)
        return terms

    def _ideas(self, idea: str | None) -> Sequence[str]:
        return [] if idea is None else [IDEA + each for each in self._thesaurus.wider[idea]]

    def _clauses(
        self, written: str, word: Word, vocabulary: Vocabulary, in_use: InUse, *, begun: bool
    ) -> Sequence[Clause]:
        """Return what a word asks: a compound without an idea of its own asks for each of its parts."""
        found = _alternatives(word, vocabulary.same(word.stem, in_use))
        if begun and len(written) >= _SHORTEST_BEGUN:
            found.append(Alternative(Nearness.GUESSED, (vocabulary.starting(written, in_use),)))
        known = _in_use(found, in_use)
        if not known and word.idea is None:
            guess = self._guess(written, word, vocabulary, in_use)
            if guess.alternatives or not word.parts:
                return (guess,)
        if word.idea is not None or not word.parts:
            return (Clause(tuple(known), asked=written),)
        whole = [each for each in known if len(each.parts) == 1]
        return [
            Clause(
                (*whole, *_in_use([Alternative(Nearness.MEANT, (_with_idea(part, idea),))], in_use)),
                asked=shown if (shown := self._shortest(part)) in written else written,
            )
            for part, idea in word.parts
        ]

    def _guess(self, written: str, word: Word, vocabulary: Vocabulary, in_use: InUse) -> Clause:
        """Return a clause for a word no offer holds: two letters typed as one, or a slip.

        A word the lists know is none, and of more than three words as near any would be a guess in the dark.
        """
        nothing = Clause((), asked=written)
        if word.stem in self._known or self._compounds.is_known(written):
            return nothing
        doubled = range(_SHORTEST_BEGUN, len(written) - 1 if len(written) <= _LONGEST_CLIPPED else 0)
        for full in (written[:at] + written[at - 1 :] for at in doubled):
            if self._compounds.is_known(full) and (found := self._ways(full, vocabulary, in_use)):
                guessed = tuple(Alternative(Nearness.GUESSED, each.parts) for each in found)
                return Clause(guessed, (written, self._shortest(self.word(full).stem)), written)
        length = len(written)
        near = [*vocabulary.near(word.stem, length, in_use)]
        near += self._listed.near(word.stem, length, self._known.__contains__)
        taken_for = dict.fromkeys(map(self._shortest, near))
        ways = {taken: found for taken in taken_for if (found := self._ways(taken, vocabulary, in_use))}
        if not ways or len(ways) > _MOST_GUESSED:
            return nothing
        guesses = dict.fromkeys(Alternative(Nearness.GUESSED, each.parts) for held in ways.values() for each in held)
        return Clause(tuple(guesses), (written, *ways), written)

    def _ways(self, written: str, vocabulary: Vocabulary, in_use: InUse) -> list[Alternative]:
        """Return the ways offers may answer a word spelt well."""
        word = self.word(written)
        return _in_use(_alternatives(word, vocabulary.same(word.stem, in_use)), in_use)

    def _shortest(self, stem: str) -> str:
        """Return the shortest word of offers and lists that has a stem: what a person would recognise."""
        return self._shown.get(stem, stem)


def read_analysis(compounds: tuple[str, str], thesaurus: tuple[str, str]) -> Analysis:
    """Return the reading of words that the two word lists (each: file name, text) make.

    Raises:
        BadData: everything that is wrong with the first of them that is wrong.
    """
    lexicon = read_lexicon(*compounds)
    return Analysis(lexicon, read_thesaurus(*thesaurus, lexicon))


def _in_use(alternatives: Sequence[Alternative], in_use: InUse) -> list[Alternative]:
    """Return the alternatives some offer may answer by."""
    return [each for each in alternatives if all(any(map(in_use, part)) for part in each.parts)]


def _with_idea(stem: str, idea: str | None) -> tuple[str, ...]:
    return (stem,) if idea is None else (stem, IDEA + idea)


def _options(word: Word) -> tuple[str, ...]:
    return _with_idea(word.stem, word.idea)


def _phrase(idea: str, parts: Sequence[tuple[str, ...]]) -> Clause:
    return Clause((
        Alternative(Nearness.SAID, ((IDEA + idea,),)),
        Alternative(Nearness.GUESSED, tuple(parts)),
    ))  # fmt: skip


def _alternatives(word: Word, same: tuple[str, ...]) -> list[Alternative]:
    """Return the ways to answer a word: itself, what means the same, and for a compound all its parts."""
    found = [Alternative(Nearness.SAID, (same,))] if same else []
    if word.idea is not None:
        found.append(Alternative(Nearness.MEANT, ((IDEA + word.idea,),)))
    if word.parts:
        # A compound that says an idea of its own is not about all its parts may stand for.
        whole = word.idea is not None
        parts = tuple((part,) if whole else _with_idea(part, idea) for part, idea in word.parts)
        found.append(Alternative(Nearness.MEANT, parts))
    return found
