"""A page as HTML and as PDF: one source, nothing gets in, everybody can read it (WCAG 2.1 AA, PDF/UA-1; R62)."""

import base64
import hashlib
import io
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader
from pypdf.generic import DictionaryObject, StreamObject

from services.consent.domain.model import Method
from services.consent.domain.told import Told, UnitTold
from services.consent.paper.notices import notices
from services.consent.paper.page import Facts, Heading, Items, Note, Page, Paragraph, Table, seen
from services.consent.paper.pdf import pdf
from services.consent.paper.sheet import sheet
from services.consent.paper.web import POLICY, html
from tests.support.pages import (
    MARKUP,
    ON,
    Reading,
    assert_harmless,
    days_of_asking,
    on_paper,
    on_screen,
    person,
    readers,
    solid,
)
from tests.support.told import (
    MIDWIFE,
    THILDE,
    UNITS,
    told,
    tolds,
)


@given(each=tolds(), on=days_of_asking, who=readers)
@settings(max_examples=40, deadline=None)
def test_paper_says_what_the_screen_says(each: Told, on: date, who: str) -> None:
    page = sheet(each, on, person(each, who))
    paper = solid(on_paper(page))
    letters = re.compile(r"[^a-zæøåA-ZÆØÅ0-9§]")
    assert [part for part in texts(page) if letters.sub("", part) not in letters.sub("", paper)] == []


def texts(page: Page) -> Iterator[str]:
    """Say each piece of text of a page whose signs all print."""
    for piece in re.findall(r">([^<>]+)<", html(replace(page, foot=""))):
        said = re.sub(r"&(?:amp|lt|gt|quot|#x27);", "", piece).strip()
        if said and ":root" not in said and all(sign.isascii() or sign in "æøåÆØÅ§–’é" for sign in said):
            yield said


@given(text=st.text(max_size=200), language=st.text(max_size=5))
@settings(max_examples=150, deadline=None)
def test_no_text_breaks_the_page_or_the_paper(text: str, language: str) -> None:
    notice = replace(told().notice, title=text, language=language)
    units = UNITS | {MIDWIFE: UnitTold(MIDWIFE, text, text, text, cvr=text)}
    page = sheet(replace(told(method=Method.ORAL), notice=notice, units=units, oral_note=text), ON, THILDE)
    assert_harmless(Reading(html(page)))
    assert pdf(page).startswith(b"%PDF-1.7")


def test_markup_is_told_as_text() -> None:
    each = replace(told(method=Method.ORAL), oral_note=MARKUP)
    page = sheet(each, ON, THILDE)
    assert "<script" not in html(page)
    assert "<img" not in html(page)
    assert MARKUP in on_screen(page)
    assert solid(MARKUP) in solid(on_paper(page))


def test_signs_nobody_sees_are_left_out() -> None:
    assert seen("a\u202eb\u0000c\u200bd\ud800  e\n\tf\u00a0g ") == "abcd e f g"
    assert seen("Ma\u030arup") == "Mårup"


def test_all_that_may_be_printed_can_be() -> None:
    ranges = [(0x20, 0x4FF), (0x1E00, 0x1FFF), (0x2010, 0x2027), (0x2030, 0x2040), (0x20A0, 0x20BF), (0x2190, 0x22FF)]
    signs = [seen(chr(code)) for first, last in ranges for code in range(first, last + 1)]
    lines = tuple(Paragraph(" ".join(signs[at : at + 200])) for at in range(0, len(signs), 200))
    assert "å" in on_paper(Page("Alle", lines, ""))
    assert on_paper(Page("漢", (Paragraph("😀 שלום"),), "")).startswith("□ □ □□□□")


def test_a_page_is_one_documents_worth_of_danish() -> None:
    reading = Reading(html(sheet(told(), ON, THILDE)))
    assert reading.tags[0] == ("html", {"lang": "da"})
    assert [tag for tag, _ in reading.tags].count("h1") == 1
    assert [tag for tag, _ in reading.tags].count("main") == 1
    levels = [int(tag[1]) for tag, _ in reading.tags if re.fullmatch(r"h\d", tag)]
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert ("title", {}) in reading.tags
    style = base64.b64encode(hashlib.sha256(reading.style.encode()).digest()).decode()
    assert f"style-src 'sha256-{style}';" in POLICY
    assert POLICY.startswith("default-src 'none';")
    assert "unsafe" not in POLICY
    assert not re.search(r"url\(|@import|https?:", reading.style)


def test_another_language_is_marked() -> None:
    english = next(notice for notice in notices() if notice.id == "samtykke-en-1")
    assert '<span lang="en">May we pass it on?</span>' in html(sheet(replace(told(), notice=english), ON, THILDE))


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_every_colour_of_text_stands_out() -> None:
    style = Reading(html(sheet(told(), ON, THILDE))).style
    named = dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", style))
    assert set(re.findall(r"[^-]color: ([^;]+);", style)) == {"var(--ink)", "var(--bridge)"}
    for ink in (named["ink"], named["bridge"]):
        for behind in (named["sand"], "#ffffff"):
            assert (_luminance(behind) + 0.05) / (_luminance(ink) + 0.05) >= 7


def test_the_paper_is_tagged_in_danish_and_without_a_time() -> None:
    read = PdfReader(io.BytesIO(pdf(sheet(told(), ON, THILDE))))
    root = read.trailer["/Root"].get_object()
    assert isinstance(root, DictionaryObject)
    assert str(root["/Lang"]) == "da-DK"
    assert str(root["/MarkInfo"]) == "{'/Marked': True, '/Suspects': False}"
    assert "/StructTreeRoot" in root
    assert "'/DisplayDocTitle': True" in str(root["/ViewerPreferences"])
    assert read.metadata is not None
    assert read.metadata.title == "Dit samtykke: tidlig støtte til familien"
    assert not {"/CreationDate", "/ModDate"} & read.metadata.keys()
    about = root["/Metadata"].get_object()
    assert isinstance(about, StreamObject)
    assert b"<pdfuaid:part>1</pdfuaid:part>" in about.get_data()
    assert len(read.pages) == 1


def sizes(paper: bytes) -> dict[str, set[float]]:
    """Return in which sizes, in points, each piece of text of a PDF is set."""
    found = dict[str, set[float]]()

    def note(text: str, _: object, matrix: list[float], __: object, size: float) -> None:
        for word in re.findall(r"[a-z]{5,}", text):
            found.setdefault(word, set()).add(round(size * abs(matrix[3]), 1))

    for leaf in PdfReader(io.BytesIO(paper)).pages:
        leaf.extract_text(visitor_text=note)
    return found


def test_what_is_printed_is_large_enough_to_read() -> None:
    blocks = (
        Heading("overskrift", 2), Heading("under", 3), Paragraph("afsnit"), Note("vigtigt", ("herunder",)),
        Items(("punkt",)), Facts((("navnet", ("linjen",)),)), Table("tabellens", ("hovedet",), (("cellen",),)),
    )  # fmt: skip
    found = sizes(pdf(Page("sidens", blocks, "nederst")))
    body = {"overskrift", "under", "afsnit", "vigtigt", "herunder", "punkt", "navnet", "linjen", "sidens"}
    assert body | {"tabellens", "hovedet", "cellen", "nederst"} == found.keys()
    assert {word for word in body if min(found[word]) < 11} == set()
    assert {word for word in found if min(found[word]) < 10} == set()


def test_what_a_browser_prints_is_as_large() -> None:
    style = Reading(html(sheet(told(), ON, THILDE))).style
    printed = style[style.index("@media print") :]
    assert ":root { font-size: 11pt; }" in printed
    assert "body { font-size: 1rem;" in printed
    points = [float(size) for size in re.findall(r"font-size: ([\d.]+)pt", printed)]
    assert min(points) == 10
    assert re.findall(r"\n  ([^{]+) \{ font-size: 10pt; \}", printed) == ["table, footer"]
    assert "0." not in "".join(re.findall(r"font-size: [^;]+;", printed))


def test_the_same_page_is_the_same_bytes_in_every_process() -> None:
    code = (
        "import hashlib;from datetime import date;from tests.support.told import *;"
        "from services.consent.paper.pdf import pdf;from services.consent.paper.sheet import sheet;"
        "from services.consent.paper.web import html;p=sheet(told(categories=frozenset(Category),mutual=True),"
        "date(2026,5,10),THILDE);print(hashlib.sha256(pdf(p)+html(p).encode()).hexdigest())"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", code], check=True, capture_output=True, text=True, env={"PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2")
    }
    assert len(runs) == 1
