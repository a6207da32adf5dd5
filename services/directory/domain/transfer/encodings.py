"""From bytes to text: UTF-8, or UTF-16 by its mark. Anything else is detected, said and offered, never taken."""

import re
from collections.abc import Mapping

from services.directory.domain.transfer.findings import Code, FileRefused, Finding, Severity
from shared.personal import mask_cpr

# What a sender may choose, and what Python calls it.
CHOICES: Mapping[str, str] = {
    "utf-8": "utf-8-sig",
    "utf-16": "utf-16",
    "latin-1": "latin-1",
    "windows-1252": "cp1252",
}
_WIDE = (b"\xff\xfe", b"\xfe\xff")
_WIDER = (b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")
_DANISH = frozenset(b"\xe6\xf8\xe5\xc6\xd8\xc5")
_WORD = re.compile(r"\w*[^\x00-\x7f]\w*")
# UTF-8 that was read as Latin-1 and written as UTF-8 again, and what stands where letters were lost.
_SPOILT = re.compile(r"Ã[¦¸¥†˜…\x86\x98\x85]|\ufffd")
_MOST_SHOWN = 30


def decode(body: bytes, chosen: str | None) -> str:
    """Return the text of a file; `chosen` is one of `CHOICES`, or None.

    Raises:
        FileRefused: it is not in the encoding chosen; without one, not UTF-8 and without UTF-16's mark.
    """
    if chosen is not None:
        try:
            return body.decode(CHOICES[chosen])
        except UnicodeDecodeError as error:
            said = f"Filen er ikke {chosen}."
            raise FileRefused(said, Code.ENCODING, line=_line(body, error.start)) from error
    if body.startswith(_WIDER):
        raise FileRefused("Filen er UTF-32. Gem den som UTF-8, og send den igen.", Code.ENCODING)
    try:
        return body.decode("utf-16" if body.startswith(_WIDE) else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise _refused(body, error.start) from error


def spoilt(text: str) -> list[Finding]:
    """Return a warning for the first place where letters were spoilt before the file came here."""
    found = _SPOILT.search(text)
    if found is None:
        return []
    said = "Filen ser ud til at have mistet æ, ø eller å, før den blev sendt: der står fx 'Ã¸' eller '\ufffd'."
    line = text.count("\n", 0, found.start()) + 1
    return [Finding(line, "", said, Code.ENCODING, Severity.WARNING)]


def _refused(body: bytes, at: int) -> FileRefused:
    line = _line(body, at)
    if body.startswith(_WIDE) or b"\x00" in body[:2000] or not _DANISH & set(body):
        return FileRefused("Filens tegn kan ikke læses. Gem den som UTF-8, og send den igen.", Code.ENCODING, line=line)
    offered = "windows-1252" if any(0x80 <= sign < 0xA0 for sign in body) else "latin-1"  # noqa: PLR2004 - C1
    near = body[max(at - _MOST_SHOWN, body.rfind(b"\n", 0, at) + 1) : at + _MOST_SHOWN].split(b"\n")[0]
    word = _WORD.search(near.decode(CHOICES[offered], "replace"))
    shown = "" if word is None else f" Med {offered} står der fx '{mask_cpr(word[0][:_MOST_SHOWN])}'."
    said = (
        f"Filen er ikke UTF-8; den ligner {offered}.{shown} "
        f"Passer det, så send den igen med encoding={offered}, eller gem den som UTF-8."
    )
    return FileRefused(said, Code.ENCODING, line=line, offered=offered)


def _line(body: bytes, at: int) -> int:
    return body.count(b"\n", 0, at) + 1
