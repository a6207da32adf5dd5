"""A page as what it says, before anybody decides how it looks: one source for the screen and for paper."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


def seen(text: str) -> str:
    """Return the text as it can be seen: nothing that turns its direction, no controls, no double space."""
    kept = (" " if sign.isspace() else sign for sign in text if sign.isspace() or _category(sign) not in _UNSEEN)
    return re.sub(" {2,}", " ", unicodedata.normalize("NFC", "".join(kept))).strip()


def _category(sign: str) -> str:
    return unicodedata.category(sign)


@dataclass(frozen=True, slots=True)
class Said:
    """Words in another language than the page's, so that they are read aloud as they should be (WCAG 3.1.2)."""

    text: str
    language: str


Words = str | Said


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading under the page's own."""

    text: str
    level: Literal[2, 3]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Some sentences."""

    text: str


@dataclass(frozen=True, slots=True)
class Note:
    """What is to be seen first: a line in bold, and what explains it."""

    text: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Items:
    """A list, none of its lines before another."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """What each thing is: a name, and one or more lines."""

    rows: tuple[tuple[str, tuple[Words, ...]], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings; the first cell of a row says what it is about."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Blank:
    """A line to write on by hand, for what is not in the system."""

    label: str


Block = Heading | Paragraph | Note | Items | Facts | Table | Blank


@dataclass(frozen=True, slots=True)
class Page:
    """A page in Danish: its title, what comes under it, and the line at the foot."""

    title: str
    blocks: tuple[Block, ...]
    foot: str
