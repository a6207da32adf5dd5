"""The texts that are shown or read aloud before somebody answers, read strictly: a changed text is a new version."""

import hashlib
import re
import tomllib
import unicodedata

from services.consent.domain.told import Notice

_KEYS = {"id": str, "version": int, "language": str, "title": str, "text": str}
_ID = re.compile(r"(?P<name>[a-z]+(?:-[a-z]+)*)-(?P<language>[a-z]{2})-(?P<version>[1-9]\d{0,3})", re.ASCII)
_LONGEST = 20_000
_NO_MARKUP = re.compile(r"[<>&\t\r\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class BadNotice(ValueError):
    """A file is no notice: which, and why."""


def read(name: str, file: str) -> Notice:
    """Return the notice in a TOML file: `id` as "name-language-version", `version`, `language`, `title`, `text` (R19).

    Raises:
        BadNotice: it lacks something, has something more, or its text has other than one spelling.
    """
    try:
        said = tomllib.loads(file)
    except tomllib.TOMLDecodeError as error:
        raise BadNotice(name, "no TOML") from error
    if {key: type(value) for key, value in said.items()} != _KEYS:
        raise BadNotice(name, "other fields")
    title, text = said["title"], said["text"].strip("\n")
    found = _ID.fullmatch(said["id"])
    if found is None or (found["language"], int(found["version"])) != (said["language"], said["version"]):
        raise BadNotice(name, "the id does not say language and version")
    for part in (title, text):
        if part != _one_spelling(part) or not 0 < len(part) <= _LONGEST or _NO_MARKUP.search(part):
            raise BadNotice(name, "empty, too long, or with signs that nobody sees")
    return Notice(said["id"], said["version"], said["language"], title, text, digest(title, text))


def digest(title: str, text: str) -> str:
    """Return the SHA-256, in hexadecimal digits, of title, empty line and text in UTF-8: proof of what was shown."""
    return hashlib.sha256(f"{title}\n\n{text}".encode()).hexdigest()


def _one_spelling(part: str) -> str:
    lines = (" ".join(line.split()) for line in unicodedata.normalize("NFC", part).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
