"""A page as HTML: readable without its style, nothing that runs, nothing from outside (WCAG 2.1 AA, R62)."""

import base64
import hashlib
from html import escape
from typing import assert_never

from services.consent.paper.page import (
    Blank,
    Block,
    Facts,
    Heading,
    Items,
    Note,
    Page,
    Paragraph,
    Said,
    Table,
    Words,
    seen,
)

_STYLE = """
:root { --ink: #1b1f24; --bridge: #0b4f5c; --sand: #f4efe6; }
* { box-sizing: border-box; }
body { margin: 0; color: var(--ink); background: #ffffff; font: 1.0625rem/1.5 system-ui, sans-serif; }
main, footer { max-width: 52rem; margin: 0 auto; padding: 1rem 1.25rem; overflow-wrap: break-word; }
main.broad { max-width: 72rem; }
h1 { font-size: 1.75rem; line-height: 1.25; margin: 0 0 0.5rem; }
h2 { font-size: 1.25rem; line-height: 1.3; margin: 1.25rem 0 0.5rem; color: var(--bridge); }
h3 { font-size: 1.0625rem; margin: 1rem 0 0.25rem; }
p, ul, dl { margin: 0 0 0.5rem; }
ul { padding-left: 1.25rem; }
dl { display: grid; grid-template-columns: minmax(8rem, 13rem) minmax(0, 1fr); column-gap: 1rem; row-gap: 0.25rem; }
dt { font-weight: 700; grid-column: 1; }
dd { margin: 0; grid-column: 2; }
.note { background: var(--sand); border-left: 0.375rem solid var(--bridge); padding: 0.5rem 1rem; margin: 0.75rem 0; }
.note p { margin: 0.125rem 0; }
.blank { display: flex; align-items: flex-end; gap: 0.5rem; min-height: 2.25rem; }
.line { flex: 1; border-bottom: 1px solid var(--ink); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 0.9375rem; }
caption { text-align: left; font-style: italic; padding-bottom: 0.25rem; }
th, td { border: 1px solid #6b7280; padding: 0.25rem 0.5rem; text-align: left; vertical-align: top; }
thead th { background: var(--sand); }
tbody th { font-weight: 400; }
footer { border-top: 1px solid #6b7280; font-size: 0.9375rem; }
@media (max-width: 32rem) { dl { display: block; } dd { margin: 0 0 0.5rem; } }
@page { size: A4; margin: 14mm 16mm; }
@media print {
  :root { font-size: 11pt; }
  body { font-size: 1rem; line-height: 1.35; }
  main, main.broad, footer { max-width: none; padding: 0; }
  h1 { font-size: 16pt; }
  h2 { font-size: 13pt; margin-top: 0.75rem; }
  h2, h3 { break-after: avoid; }
  .blank { min-height: 1.75rem; }
  .note, tr, dd { break-inside: avoid; }
  .note { border: 1px solid var(--bridge); border-left-width: 0.375rem; }
  .wide { overflow: visible; }
  table, footer { font-size: 10pt; }
  table { overflow-wrap: anywhere; }
  thead { display: table-header-group; }
}
"""
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

# What an answer with such a page says in `Content-Security-Policy`: its own style, and nothing else.
POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def html(page: Page) -> str:
    """Return the page as one HTML document; every word of it escaped. It is to be served with `POLICY`."""
    blocks = "\n".join(_block(each) for each in page.blocks)
    broad = ' class="broad"' if any(isinstance(each, Table) for each in page.blocks) else ""
    return (
        '<!doctype html>\n<html lang="da">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_text(page.title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main{broad}>\n"
        f"<h1>{_text(page.title)}</h1>\n{blocks}\n</main>\n<footer><p>{_text(page.foot)}</p></footer>\n</body>\n</html>\n"
    )


def _text(words: Words) -> str:
    if isinstance(words, str):
        return escape(seen(words))
    return f'<span lang="{escape(words.language)}">{escape(seen(words.text))}</span>'


def _block(block: Block) -> str:
    match block:
        case Heading():
            told = f"<h{block.level}>{_text(block.text)}</h{block.level}>"
        case Paragraph():
            told = f"<p>{_text(block.text)}</p>"
        case Note():
            lines = "".join(f"<p>{_text(line)}</p>" for line in block.lines)
            told = f'<div class="note"><p><strong>{_text(block.text)}</strong></p>{lines}</div>'
        case Items():
            told = "<ul>\n" + "\n".join(f"<li>{_text(line)}</li>" for line in block.lines) + "\n</ul>"
        case Facts():
            told = "<dl>\n" + "\n".join(_fact(name, lines) for name, lines in block.rows) + "\n</dl>"
        case Table():
            told = _table(block)
        case Blank():
            told = f'<p class="blank"><span>{_text(block.label)} (skriv selv):</span> <span class="line"></span></p>'
        case _:
            assert_never(block)
    return told


def _fact(name: str, lines: tuple[str | Said, ...]) -> str:
    return f"<dt>{_text(name)}</dt>" + "".join(f"<dd>{_text(line)}</dd>" for line in lines)


def _table(table: Table) -> str:
    head = "".join(f'<th scope="col">{_text(cell)}</th>' for cell in table.head)
    rows = "\n".join(
        f'<tr><th scope="row">{_text(row[0])}</th>' + "".join(f"<td>{_text(cell)}</td>" for cell in row[1:]) + "</tr>"
        for row in table.rows
    )
    named = escape(seen(table.caption))
    return (
        f'<div class="wide" role="region" tabindex="0" aria-label="{named}"><table><caption>{named}</caption>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody></table></div>"
    )
