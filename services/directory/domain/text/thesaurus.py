"""The maintained list of words and phrases that mean one idea: fødselsdepression, efterfødselsreaktion."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.directory.domain.errors import BadData, Flaw
from services.directory.domain.fields import Fields
from services.directory.domain.text.letters import words
from services.directory.domain.text.lexicon import Lexicon, close, toml
from services.directory.domain.text.stopwords import STOPWORDS

Stems = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Thesaurus:
    """Ideas by the words that say them.

    `single`: stem -> idea. `phrases`: first stem -> the phrases that begin with it, longest first, with their
    ideas. `asked`, `asked_phrases`: the same, and what says an idea only when somebody asks: in "min mand slår
    mig", not of money that "ikke slår til". `wider`: idea -> itself and the broader ones, nearest first. `listed`: the
    single words, as written.
    """

    single: Mapping[str, str]
    phrases: Mapping[str, Sequence[tuple[Stems, str]]]
    asked: Mapping[str, str]
    asked_phrases: Mapping[str, Sequence[tuple[Stems, str]]]
    wider: Mapping[str, Stems]
    listed: frozenset[str]

    def phrase(self, stems: Sequence[str], at: int, *, asked: bool = False) -> tuple[Stems, str] | None:
        """Return the longest phrase that stands at a place in a text or, when `asked`, a question; and its idea."""
        for phrase, idea in (self.asked_phrases if asked else self.phrases).get(stems[at], ()):
            if tuple(stems[at : at + len(phrase)]) == phrase:
                return phrase, idea
        return None


def read_thesaurus(name: str, text: str, lexicon: Lexicon) -> Thesaurus:
    """Read the file of ideas (TOML: `[[idea]]` with id, words, perhaps asked and perhaps broader).

    Raises:
        BadData: unknown keys, a word that says two ideas, says one twice or says nothing, an unknown or
            circular broader idea.
    """
    flaws: list[Flaw] = []
    said: dict[Stems, str] = {}
    asked: dict[Stems, str] = {}
    broader: dict[str, str | None] = {}
    listed: set[str] = set()
    document = toml(name, text)
    for place, record in enumerate(document.parts("idea"), start=1):
        fields = record.called(f"idea {place}")
        idea = fields.id()
        if idea in broader:
            fields.refuse("id", "står der to gange")
        broader[idea] = None if (wider := fields.maybe_text("broader")) is None else wider
        phrases = _phrases(fields, "words", lexicon, asked, idea)
        if not phrases:
            fields.refuse("words", "skal udfyldes")
        said |= dict.fromkeys(phrases, idea)
        listed.update(written[0] for written in phrases.values() if len(written) == 1)
        _phrases(fields, "asked", lexicon, asked, idea)
        close(fields, flaws)
    close(document, flaws)
    flaws += _broken(name, broader)
    if flaws:
        raise BadData(flaws)
    return Thesaurus(
        single=_single(said),
        phrases=_by_first(said),
        asked=_single(asked),
        asked_phrases=_by_first(asked),
        wider={idea: tuple(_upwards(idea, broader)) for idea in broader},
        listed=frozenset(listed),
    )


def _phrases(
    fields: Fields, field: str, lexicon: Lexicon, said: dict[Stems, str], idea: str
) -> dict[Stems, Sequence[str]]:
    """Note what each word or phrase of an idea says; return them by their stems, as written."""
    found: dict[Stems, Sequence[str]] = {}
    for text in fields.texts(field):
        phrase = [word for word in words(text) if word not in STOPWORDS]
        stems = tuple(lexicon.stem(word) for word in phrase)
        if not stems:
            fields.refuse(field, f"{text!r} siger intet")
        elif stems in said:
            fields.refuse(field, f"{text!r} står allerede under {said[stems]}")
        else:
            said[stems] = idea
            found[stems] = phrase
    return found


def _single(said: Mapping[Stems, str]) -> dict[str, str]:
    return {stems[0]: idea for stems, idea in said.items() if len(stems) == 1}


def _by_first(said: Mapping[Stems, str]) -> dict[str, list[tuple[Stems, str]]]:
    found: dict[str, list[tuple[Stems, str]]] = {}
    for stems, idea in sorted(said.items(), key=lambda item: -len(item[0])):
        if len(stems) > 1:
            found.setdefault(stems[0], []).append((stems, idea))
    return found


def _upwards(idea: str, broader: Mapping[str, str | None]) -> list[str]:
    """Return an idea and the broader ones, up to one that is not there or was met before."""
    found: list[str] = []
    at: str | None = idea
    while at is not None and at in broader and at not in found:
        found.append(at)
        at = broader[at]
    return found


def _broken(name: str, broader: Mapping[str, str | None]) -> list[Flaw]:
    found = []
    for idea, wider in broader.items():
        if wider is not None and wider not in broader:
            found.append(Flaw(name, idea, "broader", f"nævner {wider!r}, som ikke findes"))
        elif wider is not None and broader[_upwards(idea, broader)[-1]] is not None:
            found.append(Flaw(name, idea, "broader", "går i ring"))
    return found
