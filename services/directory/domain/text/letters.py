"""Letters: a text's words in lower case, however æ, ø and å are typed."""

import re
import unicodedata

_WORD = re.compile(r"[^\W_]+")
_SAME = str.maketrans({"ä": "æ", "ö": "ø", "ü": "y", "ß": "ss", "ð": "d", "þ": "th", "œ": "ø"})
_DANISH = str.maketrans({"æ": "\ue000", "ø": "\ue001", "å": "\ue002"})
_BACK = str.maketrans({"\ue000": "æ", "\ue001": "ø", "\ue002": "å"})
_BARE = str.maketrans({"æ": "a", "ø": "o", "å": "a"})


def words(text: str) -> list[str]:
    """Return the words of a text in lower case; `ae`, `oe` and `aa` are read as æ, ø and å, accents are gone."""
    lower = unicodedata.normalize("NFC", text.lower())
    if not lower.isascii():
        lower = _without_accents(lower.translate(_SAME))
    return _WORD.findall(lower.replace("ae", "æ").replace("oe", "ø").replace("aa", "å"))


def skeleton(word: str) -> str:
    """Return a word of `words` with a for æ and å, and o for ø: what is left where the letters are not at hand."""
    return word.translate(_BARE)


def _without_accents(text: str) -> str:
    """Return the text without marks on letters; å, which has one by nature, keeps it."""
    apart = unicodedata.normalize("NFD", text.translate(_DANISH))
    return "".join(sign for sign in apart if not unicodedata.combining(sign)).translate(_BACK)
