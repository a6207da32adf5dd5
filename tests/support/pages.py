"""Read a page as a browser does, and as paper."""

import io
import re
from datetime import date
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from pypdf import PdfReader

from services.consent.domain.model import PersonId
from services.consent.domain.told import Told
from services.consent.paper.page import Page
from services.consent.paper.pdf import pdf
from services.consent.paper.web import html
from tests.support.told import JONATHAN

ON = date(2026, 5, 10)
COPENHAGEN = ZoneInfo("Europe/Copenhagen")
MARKUP = "<script>alert(1)</script><img src=x onerror=y>&amp;\"'#panic()[$x$]*_`@a <b>"
days_of_asking = st.dates(date(2023, 1, 1), date(2030, 1, 1))
readers = st.sampled_from(["giver", "subject", "other", "staff"])


def person(each: Told, who: str) -> PersonId | None:
    """Return who reads: the one who answered, the one it is about, somebody else, or (None) the staff."""
    return {"giver": each.record.given_by, "subject": each.record.subject, "other": JONATHAN, "staff": None}[who]


class Reading(HTMLParser):
    """What a browser makes of a page: its tags with their attributes, and its words."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.style = ""
        self.feed(document)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] == ["style"]:
            self.style += data
        else:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def on_screen(page: Page) -> str:
    """Return the words of a page in a browser."""
    return Reading(html(page)).text


def on_paper(page: Page) -> str:
    """Return the words of a page as a PDF."""
    return " ".join(" ".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(pdf(page))).pages).split())


def solid(text: str) -> str:
    """Return a text without its spaces, for lines break where they like."""
    return re.sub(r"\s", "", text)


def assert_harmless(reading: Reading) -> None:
    """Hold a page to the few tags and attributes it needs."""
    plain = [
        "head",
        "title",
        "style",
        "body",
        "main",
        "h1",
        "h2",
        "h3",
        "strong",
        "ul",
        "li",
        "dl",
        "dt",
        "dd",
        "footer",
        "table",
        "caption",
        "thead",
        "tbody",
        "tr",
        "td",
    ]
    allowed: dict[str, set[str]] = {tag: set() for tag in plain} | {
        "html": {"lang"}, "meta": {"charset", "name", "content"}, "main": {"class"},
        "div": {"class", "role", "tabindex", "aria-label"}, "p": {"class"},
        "span": {"class", "lang"}, "th": {"scope"},
    }  # fmt: skip
    for tag, attributes in reading.tags:
        assert attributes.keys() <= allowed[tag], tag
