"""A page as PDF: tagged, with language, title and fonts inside it (PDF/UA-1, R62), and the same bytes each time."""

import json
import re
from pathlib import Path
from typing import assert_never

import typst

from services.consent.paper.page import Blank, Block, Facts, Heading, Items, Note, Page, Paragraph, Table, Words, seen

_LOOKS = (Path(__file__).parent / "page.typ").read_bytes()
# Latin, Greek and Cyrillic, with their accents, and signs of print: the fonts inside have all of it, and
# a letter nobody can see is not allowed by the standard.
_NOT_IN_THE_FONTS = re.compile("[^\u0020-\u04ff\u1e00-\u1fff\u2010-\u2027\u2030-\u2040\u20a0-\u20bf\u2190-\u22ff]")
_INSTEAD = "□"
_LANGUAGE = re.compile(r"[a-z]{2,3}", re.ASCII)


def pdf(page: Page) -> bytes:
    """Return the page as a PDF of A4 sheets; a sign that no font has is told as □."""
    wide = any(isinstance(each, Table) for each in page.blocks)
    said = {
        "title": _text(page.title),
        "foot": _text(page.foot),
        "wide": wide,
        "blocks": [_block(each) for each in page.blocks],
    }
    inputs = {"page": json.dumps(said)}
    return typst.compile(_LOOKS, format="pdf", sys_inputs=inputs, pdf_standards=["ua-1"], ignore_system_fonts=True)


def _text(text: str) -> str:
    return _NOT_IN_THE_FONTS.sub(_INSTEAD, seen(text))


def _words(words: Words) -> object:
    if isinstance(words, str):
        return _text(words)
    known = _LANGUAGE.fullmatch(words.language)
    return {"text": _text(words.text), "language": words.language} if known else _text(words.text)


def _block(block: Block) -> dict[str, object]:
    told: dict[str, object]
    match block:
        case Heading():
            told = {"kind": "heading", "text": _text(block.text), "level": block.level}
        case Paragraph():
            told = {"kind": "paragraph", "text": _text(block.text)}
        case Note():
            told = {"kind": "note", "text": _text(block.text), "lines": [_text(line) for line in block.lines]}
        case Items():
            told = {"kind": "items", "lines": [_text(line) for line in block.lines]}
        case Facts():
            rows = [[_text(name), [_words(line) for line in lines]] for name, lines in block.rows]
            told = {"kind": "facts", "rows": rows}
        case Table():
            cells = [[_text(cell) for cell in row] for row in block.rows]
            head = [_text(cell) for cell in block.head]
            told = {"kind": "table", "caption": _text(block.caption), "head": head, "rows": cells}
        case Blank():
            told = {"kind": "blank", "label": _text(block.label)}
        case _:
            assert_never(block)
    return told
