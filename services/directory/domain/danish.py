"""Danish letters: the order of names, and words as people type them without æ, ø and å."""

import unicodedata

_FOLD = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa", "ä": "ae", "ö": "oe", "ü": "u", "ß": "ss"})
# In code point order the three signs after z stand where the alphabet has æ, ø and å.
_ORDER = str.maketrans({"æ": "{", "ä": "{", "ø": "|", "ö": "|", "å": "}", "ü": "y"})
_KEPT = "{|}"


def fold(text: str) -> str:
    """Return `text` in lower case with only plain letters: `Fødsel` and `Foedsel` give the same."""
    return _bare(text.lower().translate(_FOLD))


def sort_name(name: str) -> str:
    """Return a key that sorts by code point as Danish sorts names: … z, æ, ø, å, and `aa` as `å`.

    Words are compared one by one (a space comes before every letter); other signs count for nothing.
    """
    ordered = _bare(unicodedata.normalize("NFC", name).lower().replace("aa", "å").translate(_ORDER))
    words = "".join(sign if sign.isalnum() or sign in _KEPT else " " for sign in ordered)
    return " ".join(words.split())


def _bare(text: str) -> str:
    """Return `text` without accents on plain letters."""
    return "".join(sign for sign in unicodedata.normalize("NFD", text) if not unicodedata.combining(sign))
