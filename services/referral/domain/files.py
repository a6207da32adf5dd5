"""What a file really is, looked at by its content and not by its name.

`examine` parses what a stranger wrote. It is called only in a process of its own, with bounds on time and memory
(`services/referral/inspection.py`); the bounds here tell an honest sender what is too much. Nothing that serves
imports this module.
"""

import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping

import puremagic
from PIL import Image, UnidentifiedImageError
from pypdf import PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, PdfObject, StreamObject

from services.referral.domain.attachments import MediaType, Unfit, Why

MOST_PIXELS = 40_000_000
MOST_FRAMES = 200
MOST_OBJECTS = 50_000
MOST_PAGES = 1_000
MOST_INFLATED = 200_000_000
_HEAD = 4096
_DEEPEST = 60
_STEP = 1_000_000
_GPS = 0x8825


_STARTS: Mapping[MediaType, tuple[bytes, ...]] = {
    MediaType.PDF: (b"%PDF-1.", b"%PDF-2."),
    MediaType.PNG: (b"\x89PNG\r\n\x1a\n",),
    MediaType.JPEG: (b"\xff\xd8\xff",),
    MediaType.GIF: (b"GIF87a", b"GIF89a"),
}
_MARK, _EOI, _SOS = 0xFF, 0xD9, 0xDA
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})  # marks that no length follows
_NEXT_MARK = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]", re.DOTALL)
_GIF_TRAILER, _GIF_PICTURE, _GIF_SAYS = 0x3B, 0x2C, 0x21
# What packs nothing, and what only a picture within a document is packed with; nothing else may but a single Flate.
_WRITTEN_OUT = frozenset({"/ASCII85Decode", "/A85", "/ASCIIHexDecode", "/AHx"})
_FLATE = frozenset({"/FlateDecode", "/Fl"})
_PICTURED = frozenset({"/DCTDecode", "/DCT", "/CCITTFaxDecode", "/CCF", "/JBIG2Decode", "/JPXDecode"})


def examine(content: bytes, kind: MediaType) -> None:
    """Let pass a file that is wholly what it says it is, opens, and does nothing by itself.

    Raises:
        Unfit: it is not, with why. A parser may also end by the bounds of its process.
    """
    _check_kind(content, kind)
    if kind is MediaType.PDF:
        _check_pdf(content)
    else:
        _check_image(content, kind)
    if zipfile.is_zipfile(io.BytesIO(content)):  # an archive is read from its end: wherever it lies, it opens
        raise Unfit(Why.FILES_INSIDE)


def _check_kind(content: bytes, kind: MediaType) -> None:
    """Both the first bytes and a library that knows thousands of kinds must say the same."""
    try:
        found = {each.mime_type for each in puremagic.magic_string(content[:_HEAD], "")}
    except (puremagic.PureError, ValueError) as error:
        raise Unfit(Why.NOT_WHAT_IT_SAYS) from error
    if not content.startswith(_STARTS[kind]) or kind.value not in found:
        raise Unfit(Why.NOT_WHAT_IT_SAYS)


def _check_image(content: bytes, kind: MediaType) -> None:
    """Size by the header first; then whole, frame by frame, with each check sum."""
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    form = kind.value.removeprefix("image/").upper()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=[form]) as image:
                image.verify()
            with Image.open(io.BytesIO(content), formats=[form]) as image:
                _decode(image)
                located = bool(image.getexif().get_ifd(_GPS)) or _tells_where(content)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError) as error:
        raise Unfit(Why.TOO_MUCH_INSIDE) from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, KeyError, IndexError) as error:
        raise Unfit(Why.BROKEN) from error
    if located:
        raise Unfit(Why.TELLS_WHERE)
    try:
        end = _END[kind](content)
    except IndexError as error:
        raise Unfit(Why.BROKEN) from error
    behind = content[end:] if kind is MediaType.PNG else content[end:].strip(b"\x00")  # cameras fill up their blocks
    if behind:
        raise Unfit(Why.MORE_BEHIND)


def _decode(image: Image.Image) -> None:
    frames, pixels = 0, image.width * image.height
    while True:
        frames += 1
        if frames > MOST_FRAMES or frames * pixels > MOST_PIXELS * 2:
            raise Unfit(Why.TOO_MUCH_INSIDE)
        if frames == 1 and image.format == "JPEG":
            image.draft("L", (max(1, image.width // 8), max(1, image.height // 8)))
        image.load()
        try:
            image.seek(image.tell() + 1)
        except EOFError:
            return


def _tells_where(content: bytes) -> bool:
    """A place may also stand in XMP, beside the camera's own fields."""
    return b"exif:GPSLatitude" in content or b"GPSLatitude=" in content


def _png_end(content: bytes) -> int:
    """Return where a picture really ends: chunk by chunk (its length, name, content, check sum), to `IEND`."""
    place = 8
    while True:
        name, length = content[place + 4 : place + 8], int.from_bytes(content[place : place + 4], "big")
        if len(name) < 4:  # noqa: PLR2004 - a chunk's name
            raise IndexError
        place += length + 12
        if name == b"IEND":
            return place


def _jpeg_end(content: bytes) -> int:
    """Return where a picture really ends: segment by segment, and through what is coded after each start of scan."""
    place = 2
    while True:
        if content[place] != _MARK:
            raise IndexError
        while content[place] == _MARK:
            place += 1
        mark = content[place]
        place += 1
        if mark == _EOI:
            return place
        if mark in _ALONE:
            continue
        place += int.from_bytes(content[place : place + 2], "big")
        if mark == _SOS:
            found = _NEXT_MARK.search(content, place)
            if found is None:
                raise IndexError
            place = found.start()


def _gif_end(content: bytes) -> int:
    """Return where a picture really ends: past its palettes, pictures and what it says, to the trailer."""
    place = 13 + _palette(content[10])
    while (kind := content[place]) != _GIF_TRAILER:
        if kind == _GIF_PICTURE:
            place += 11 + _palette(content[place + 9])
        elif kind == _GIF_SAYS:
            place += 2
        else:
            raise IndexError
        while content[place]:
            place += content[place] + 1
        place += 1
    return place + 1


def _palette(flags: int) -> int:
    """Return how many bytes the palette takes that a picture's flags tell of."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


_END: Mapping[MediaType, Callable[[bytes], int]] = {
    MediaType.PNG: _png_end, MediaType.JPEG: _jpeg_end, MediaType.GIF: _gif_end,
}  # fmt: skip


# What makes a PDF do something by itself, or carry files: as a key anywhere, or as the kind of an action or object.
_ACTING_KEYS = frozenset({"/JavaScript", "/JS", "/AA", "/XFA", "/RichMediaContent"})
_ACTING_KINDS = frozenset(
    {
        "/JavaScript", "/Launch", "/RichMedia", "/SubmitForm", "/ImportData", "/Rendition", "/Movie", "/Sound", "/3D",
        "/GoToE", "/GoToR", "/Screen",
    }
)  # fmt: skip
_CARRYING = frozenset({"/EmbeddedFile", "/EmbeddedFiles", "/FileAttachment", "/EF"})
_KIND_KEYS = frozenset({"/S", "/Type", "/Subtype"})
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
_RAW = re.compile(rb"/(?:JavaScript|Launch|RichMedia|SubmitForm|ImportData|EmbeddedFiles?|FileAttachment)\b")
_RAW_CARRIES = (b"/Embedded", b"/FileAtt")


def _check_pdf(content: bytes) -> None:
    if b"%%EOF" not in content[-2048:]:
        raise Unfit(Why.BROKEN)
    found = _RAW.search(_ESCAPED.sub(lambda code: bytes([int(code[1], 16)]), content))
    if found is not None:
        raise Unfit(Why.FILES_INSIDE if found[0].startswith(_RAW_CARRIES) else Why.ACTIVE_CONTENT)
    try:
        reader = PdfReader(io.BytesIO(content), strict=False)
        if reader.is_encrypted:
            raise Unfit(Why.LOCKED)
        _check_objects(reader)
        pages = len(reader.pages)
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, OSError, zlib.error) as error:
        raise Unfit(Why.BROKEN) from error
    except (RecursionError, MemoryError) as error:
        raise Unfit(Why.TOO_MUCH_INSIDE) from error
    if pages == 0:
        raise Unfit(Why.BROKEN)
    if pages > MOST_PAGES:
        raise Unfit(Why.TOO_MUCH_INSIDE)


def _check_objects(reader: PdfReader) -> None:
    """Look at every object there is, in use or not: one that nothing points to now may be pointed to by an editor."""
    numbers = {(number, generation) for generation, table in reader.xref.items() for number in table}
    numbers |= {(number, 0) for number in reader.xref_objStm}
    if len(numbers) > MOST_OBJECTS:
        raise Unfit(Why.TOO_MUCH_INSIDE)
    left = MOST_INFLATED
    _check_named(reader.trailer)
    for number, generation in sorted(numbers):
        if number == 0:
            continue
        found = reader.get_object(IndirectObject(number, generation, reader))
        if found is None:
            continue
        _check_named(found)
        if isinstance(found, StreamObject):
            left -= _inflated(found, left)


def _check_named(found: PdfObject) -> None:
    for key, kind in _names(found, 0):
        if key in _CARRYING or kind in _CARRYING:
            raise Unfit(Why.FILES_INSIDE)
        if key in _ACTING_KEYS or kind in _ACTING_KINDS:
            raise Unfit(Why.ACTIVE_CONTENT)


def _names(found: PdfObject, depth: int) -> Iterator[tuple[str, str]]:
    """Return each key of an object, and the kind where it names one; what it points to is not followed."""
    if depth > _DEEPEST:
        raise Unfit(Why.TOO_MUCH_INSIDE)
    if isinstance(found, DictionaryObject):
        for key in found:
            value = found.raw_get(key)
            yield str(key), str(value) if key in _KIND_KEYS else ""
            yield from _names(value, depth + 1)
    elif isinstance(found, ArrayObject):
        for each in list.__iter__(found):
            yield from _names(each, depth + 1)


def _inflated(stream: StreamObject, most: int) -> int:
    """Return how large a stream becomes when it is opened, without ever holding it.

    Raises:
        Unfit: larger than `most`, packed more than once, or in a way that cannot be measured so.
    """
    told = stream["/Filter"] if "/Filter" in stream else ArrayObject()
    filters = [str(each.get_object()) for each in (told if isinstance(told, ArrayObject) else [told])]
    if set(filters) <= _WRITTEN_OUT:
        return 0
    if len(filters) == 1 and filters[0] in _PICTURED and stream.get("/Subtype") == "/Image":
        return _pixels(stream)
    if len(filters) != 1 or filters[0] not in _FLATE:
        raise Unfit(Why.TOO_MUCH_INSIDE)
    size, opener, rest = 0, zlib.decompressobj(), stream._data  # noqa: SLF001 - as it lies there, not opened
    while rest and not opener.eof:
        try:
            size += len(opener.decompress(rest, _STEP))
        except zlib.error:
            return size  # viewers show what they can of it, and so much was counted
        if size > most:
            raise Unfit(Why.TOO_MUCH_INSIDE)
        rest = opener.unconsumed_tail
    return size


def _pixels(stream: StreamObject) -> int:
    """Return a picture's size within a document: nothing, as it says how large it is and may be no larger than others.

    Raises:
        Unfit: it says it has more pixels than any picture may have.
    """
    width, height = (int(str(stream[each])) for each in ("/Width", "/Height"))
    if width * height > MOST_PIXELS:
        raise Unfit(Why.TOO_MUCH_INSIDE)
    return 0
