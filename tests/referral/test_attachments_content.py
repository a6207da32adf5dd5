"""What a file really is decides whether it is taken: each kind of bad file is refused, and none costs much."""

import asyncio
import base64
import time
import zlib

import pytest

from services.referral.domain import files
from services.referral.domain.attachments import MediaType, Unfit, Why, check_name
from services.referral.domain.files import examine
from services.referral.examining import Examiner
from tests.support import filed

PDF, PNG, JPEG, GIF = MediaType.PDF, MediaType.PNG, MediaType.JPEG, MediaType.GIF
A85, FLATE = "/ASCII85Decode", "/FlateDecode"
ARCHIVE = filed.archive()
EXECUTABLE = b"MZ\x90\x00\x03" + bytes(500)

HONEST = {
    "a document": (filed.document(), PDF),
    "a long document": (filed.document(pages=200), PDF),
    "a picture": (filed.picture(), PNG),
    "a photograph": (filed.picture("JPEG", (4000, 3000)), JPEG),
    "a drawing": (filed.picture("GIF"), GIF),
    "a moving drawing": (filed.animation(20), GIF),
    "a photograph that is built up slowly": (filed.picture("JPEG", (900, 700), progressive=True), JPEG),
    "a photograph that fills up its block": (filed.picture("JPEG") + bytes(100), JPEG),
    "a drawing with words in it": (filed.picture("GIF", comment=b"tegnet hjemme"), GIF),
    "a document with a photograph": (
        filed.document(filed.coded(filed.picture("JPEG"), "/DCTDecode", Width=20, Height=20)),
        PDF,
    ),
    "a document that is written out": (filed.document(filed.coded(base64.a85encode(b"BT ET") + b"~>", A85)), PDF),
    "a scanned page": (filed.picture(size=(4960, 7016), mode="L"), PNG),
}
BAD = {
    "a program named .pdf": (EXECUTABLE, PDF, Why.NOT_WHAT_IT_SAYS),
    "a program named .png": (EXECUTABLE, PNG, Why.NOT_WHAT_IT_SAYS),
    "a web page named .gif": (b"<html><script>alert(1)</script>", GIF, Why.NOT_WHAT_IT_SAYS),
    "an archive named .jpg": (b"PK\x03\x04" + bytes(400), JPEG, Why.NOT_WHAT_IT_SAYS),
    "a picture named .pdf": (filed.picture(), PDF, Why.NOT_WHAT_IT_SAYS),
    "a program with a document's head behind it": (EXECUTABLE + filed.document(), PDF, Why.NOT_WHAT_IT_SAYS),
    "nothing": (b"", PDF, Why.NOT_WHAT_IT_SAYS),
    "a document's head alone": (b"%PDF-1.7\n%%EOF", PDF, Why.BROKEN),
    "half a document": (filed.document()[:200], PDF, Why.BROKEN),
    "half a picture": (filed.picture(size=(300, 300))[:-60], PNG, Why.BROKEN),
    "half a photograph": (filed.picture("JPEG", (2000, 2000))[:-2000], JPEG, Why.BROKEN),
    "a picture with one wrong sign": (filed.picture().replace(b"IDAT", b"IDAU"), PNG, Why.BROKEN),
    "a picture with more pixels than may be": (filed.picture(size=(9000, 9000)), PNG, Why.TOO_MUCH_INSIDE),
    "a picture with far more pixels": (filed.picture(size=(20_000, 10_000), mode="1"), PNG, Why.TOO_MUCH_INSIDE),
    "a drawing that moves for ever": (filed.animation(files.MOST_FRAMES + 1), GIF, Why.TOO_MUCH_INSIDE),
    "a picture with an archive behind it": (filed.picture() + b"PK\x03\x04", PNG, Why.MORE_BEHIND),
    "a drawing with a program behind it": (filed.picture("GIF") + EXECUTABLE, GIF, Why.MORE_BEHIND),
    "a photograph that tells where the family lives": (filed.located(), JPEG, Why.TELLS_WHERE),
    "a locked document": (filed.document(filed.locked), PDF, Why.LOCKED),
    "a document with a script": (filed.document(filed.acting("/JavaScript")), PDF, Why.ACTIVE_CONTENT),
    "a document that starts a program": (filed.document(filed.acting("/Launch")), PDF, Why.ACTIVE_CONTENT),
    "a document that sends what is written in it": (
        filed.document(filed.acting("/SubmitForm")), PDF, Why.ACTIVE_CONTENT,
    ),
    "a document with a script spelt otherwise": (
        filed.document(filed.acting("/JavaScript")).replace(b"/JavaScript", b"/J#61vaScript"), PDF, Why.ACTIVE_CONTENT,
    ),
    "a document with a file inside": (filed.document(filed.attaching), PDF, Why.FILES_INSIDE),
    "a document that becomes large": (
        filed.document(filed.packed(bytes(files.MOST_INFLATED + 1), "/FlateDecode")), PDF, Why.TOO_MUCH_INSIDE,
    ),
    "a document that becomes large, and is written out": (
        filed.document(filed.coded(base64.a85encode(zlib.compress(bytes(9_000_000))) + b"~>", A85, FLATE)),
        PDF, Why.TOO_MUCH_INSIDE,
    ),
    "a document that becomes large, in hexadecimals": (
        filed.document(filed.coded(zlib.compress(bytes(9_000_000)).hex().encode() + b">", "/ASCIIHexDecode", FLATE)),
        PDF, Why.TOO_MUCH_INSIDE,
    ),
    "a document packed twice": (
        filed.document(filed.coded(zlib.compress(zlib.compress(bytes(9))), FLATE, FLATE)), PDF, Why.TOO_MUCH_INSIDE,
    ),
    "a document of runs": (
        filed.document(filed.coded(b"\x81A" * 1000 + b"\x80", "/RunLengthDecode")), PDF, Why.TOO_MUCH_INSIDE,
    ),
    "a document packed in an old way": (
        filed.document(filed.coded(b"\x80\x0b\x60\x50", "/LZWDecode")), PDF, Why.TOO_MUCH_INSIDE,
    ),
    "a document packed in a way nobody knows": (
        filed.document(filed.coded(b"abc", "/Sometimes")), PDF, Why.TOO_MUCH_INSIDE,
    ),
    "a document with text packed as a picture": (
        filed.document(filed.coded(filed.picture("JPEG"), "/DCTDecode")), PDF, Why.TOO_MUCH_INSIDE,
    ),
    "a document with a picture larger than may be": (
        filed.document(filed.coded(filed.picture("JPEG"), "/DCTDecode", Width=9000, Height=9000)), PDF,
        Why.TOO_MUCH_INSIDE,
    ),
    "a photograph with an archive behind it": (filed.picture("JPEG") + ARCHIVE, JPEG, Why.MORE_BEHIND),
    "a drawing with an archive behind it that ends as drawings do": (
        filed.picture("GIF") + ARCHIVE + b";", GIF, Why.MORE_BEHIND,
    ),
    "a picture with an archive behind it that ends as pictures do": (
        filed.picture() + ARCHIVE + filed.picture()[-12:], PNG, Why.MORE_BEHIND,
    ),
    "a photograph with an archive in what it says": (
        filed.picture("JPEG", comment=ARCHIVE), JPEG, Why.FILES_INSIDE,
    ),
    "a document with an archive in it": (
        filed.document(filed.coded(ARCHIVE)), PDF, Why.FILES_INSIDE,
    ),
    "a document of very many pages": (filed.document(pages=files.MOST_PAGES + 1), PDF, Why.TOO_MUCH_INSIDE),
    "a document of brackets": (
        b"%PDF-1.4\n1 0 obj " + b"[" * 200_000 + b"\ntrailer <</Root 1 0 R>>\n%%EOF", PDF, Why.BROKEN,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_file_is_taken(name: str) -> None:
    content, kind = HONEST[name]
    assert examine(content, kind) is None  # type: ignore[func-returns-value]


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_with_why(name: str) -> None:
    content, kind, why = BAD[name]
    with pytest.raises(Unfit) as refused:
        examine(content, kind)
    assert refused.value.why is why


@pytest.mark.parametrize("kind", MediaType)
@pytest.mark.parametrize("cut", [1, 5, 20, 50])
def test_a_file_that_is_cut_anywhere_ends_in_a_verdict(kind: MediaType, cut: int) -> None:
    whole = {PDF: filed.document(), PNG: filed.picture(), JPEG: filed.picture("JPEG"), GIF: filed.animation(3)}[kind]
    with pytest.raises(Unfit):
        examine(whole[: len(whole) * cut // 100], kind)


@pytest.mark.parametrize(
    ("name", "kind", "fits"),
    [
        ("udtalelse.pdf", PDF, True),
        ("Scanning 3 (uge 20).PDF", PDF, True),
        ("billede.jpeg", JPEG, True),
        ("billede.jpg", JPEG, True),
        ("program.exe", PDF, False),
        ("billede.png", JPEG, False),
        (".pdf", PDF, False),
        ("udtalelse", PDF, False),
        ("../../etc/brev.pdf", PDF, False),
        ("c:\\brev.pdf", PDF, False),
        ("brev.pdf ", PDF, False),
        ("brev\u2067fdp.exe\u2069.pdf", PDF, False),
    ],
)
def test_a_name_ends_as_its_kind_and_is_no_path(name: str, kind: MediaType, *, fits: bool) -> None:
    if fits:
        assert check_name(name, kind) is None  # type: ignore[func-returns-value]
        return
    with pytest.raises(Unfit) as refused:
        check_name(name, kind)
    assert refused.value.why is Why.NAME_DIFFERS


async def test_what_is_found_in_the_other_process_is_what_is_told() -> None:
    examiner = Examiner()
    assert await examiner.check(*HONEST["a document"]) is None  # type: ignore[func-returns-value]
    for name in ("a program named .pdf", "a document with a script", "a picture with more pixels than may be"):
        content, kind, why = BAD[name]
        with pytest.raises(Unfit) as refused:
            await examiner.check(content, kind)
        assert refused.value.why is why


async def test_a_parser_that_hangs_is_ended_and_nobody_else_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.referral.examining._LONGEST_S", 1.0)
    hangs = "import sys, time; sys.stdin.buffer.read(); time.sleep(60)"
    monkeypatch.setattr("services.referral.examining._PROGRAM", hangs)
    ticks, started = 0, time.perf_counter()

    async def others() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.02)
            ticks += 1

    work = asyncio.create_task(others())
    with pytest.raises(Unfit) as refused:
        await Examiner().check(b"%PDF-", PDF)
    work.cancel()
    assert refused.value.why is Why.TOO_MUCH_INSIDE
    assert time.perf_counter() - started < 10
    assert ticks > 10


async def test_a_parser_that_takes_all_memory_ends_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    eats = (
        "import sys; sys.path[:] = sys.argv[2:]; from services.referral import inspection as i; "
        "i.examine = lambda *_: bytearray(2_000_000_000); i.answer('application/pdf')"
    )
    monkeypatch.setattr("services.referral.examining._PROGRAM", eats)
    with pytest.raises(Unfit) as refused:
        await Examiner().check(b"%PDF-", PDF)
    assert refused.value.why is Why.TOO_MUCH_INSIDE
