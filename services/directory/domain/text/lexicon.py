"""The word lists of the field: forms the stemmer does not know, and the parts compounds are made of."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from snowballstemmer import stemmer  # type: ignore[import-untyped]

from services.directory.domain.errors import BadData, Flaw
from services.directory.domain.fields import Fields
from services.directory.domain.text.letters import skeleton, words

_stem = lru_cache(maxsize=1 << 16)(stemmer("danish").stemWord)

_SHORTEST_HEAD = 3
_SHORTEST_FORM = 4


class Kind(StrEnum):
    """What is said of the words of a list.

    `part`: stands in compounds. `first`, `last`: also before, or after, a word nobody listed. `whole`: never split.
    """

    PART = "part"
    FIRST = "first"
    LAST = "last"
    WHOLE = "whole"


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Words by what is said of them; the forms lead to the word they are forms of."""

    forms: Mapping[str, str]
    lists: Mapping[Kind, frozenset[str]]
    bare_forms: Mapping[str, str]

    def stem(self, word: str) -> str:
        """Return the stem of a word of `letters.words`: fødslen, fødsler, fodslen and fødsel have the same."""
        chief = self.forms.get(word) or self.bare_forms.get(word)
        return stem(self._compound(word) if chief is None else chief)

    def _compound(self, word: str) -> str:
        """Return a word that ends in an irregular form with its chief form: soloforældre."""
        for at in range(_SHORTEST_HEAD, len(word) - _SHORTEST_FORM + 1):
            chief = self.forms.get(word[at:])
            if chief is not None:
                return word[:at] + chief
        return word


def stem(word: str) -> str:
    """Return the stem of a regular Danish word (the Snowball project's rules)."""
    return str(_stem(word))


def read_lexicon(name: str, text: str) -> Lexicon:
    """Read the file of word lists (TOML: `[[form]]` with word and also, `[[list]]` with kind and words).

    Raises:
        BadData: unknown keys, words that are not single words, or a word that is there twice.
    """
    flaws: list[Flaw] = []
    forms: dict[str, str] = {}
    lists: dict[Kind, set[str]] = {kind: set() for kind in Kind}
    document = toml(name, text)
    for fields in document.parts("form"):
        chief = _single(fields, "word", fields.text("word"))
        for form in _with_genitive(fields, "also"):
            if form == chief or form in forms:
                fields.refuse("also", f"{form!r} står der to gange")
            forms[form] = chief
        close(fields, flaws)
    for fields in document.parts("list"):
        kind = fields.code("kind", Kind)
        for said in fields.texts("words"):
            word = _single(fields, "words", said)
            if any(word in lists[each] for each in Kind):
                fields.refuse("words", f"{word!r} står der to gange")
            lists[kind].add(word)
        close(fields, flaws)
    close(document, flaws)
    circular = [chief for chief in forms.values() if chief in forms]
    flaws += [Flaw(name, "form", "also", f"{chief!r} er selv en bøjet form") for chief in circular]
    if flaws:
        raise BadData(flaws)
    bare = {skeleton(form): chief for form, chief in forms.items() if skeleton(form) not in forms.values()}
    return Lexicon(forms, {kind: frozenset(held) for kind, held in lists.items()}, bare)


def toml(name: str, text: str) -> Fields:
    """Return what a TOML file says.

    Raises:
        BadData: it is not TOML.
    """
    try:
        return Fields(name, "file", tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise BadData([Flaw(name, "file", "", str(error))]) from error


def close(fields: Fields, flaws: list[Flaw]) -> None:
    """Gather what is wrong with a record."""
    try:
        fields.done()
    except BadData as error:
        flaws.extend(flaw for flaw in error.flaws if flaw not in flaws)


def plain(word: str) -> bool:
    """Say whether a word has none of the letters that are hard to type."""
    return skeleton(word) == word


def _single(fields: Fields, field: str, said: str) -> str:
    found = words(said)
    if len(found) != 1:
        fields.refuse(field, f"{said!r} skal være ét ord")
    return found[0] if found else ""


def _with_genitive(fields: Fields, field: str) -> Iterator[str]:
    for said in fields.texts(field):
        form = _single(fields, field, said)
        yield form
        if not form.endswith("s"):
            yield form + "s"
