"""Finds a text in whatever left a service or lies on a disk, however it is wrapped on the way."""

import base64
import gzip
import html
import io
import json
import re
import urllib.parse
import zipfile
import zlib
from collections.abc import Iterator
from functools import cache, lru_cache

import pypdf
from pypdf.errors import PyPdfError

_DEEP = 4
_LONG = 4_000
_MOST_UNPACKED = 50_000_000
_GZIP, _ZIP, _PDF = b"\x1f\x8b\x08", b"PK\x03\x04", b"%PDF"
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{24,}={0,2}")
_ZLIB = re.compile(rb"\x78[\x01\x5e\x9c\xda]")


@cache
def forms(text: str) -> frozenset[bytes]:
    """Return the bytes a text may stand as: encoded, escaped, quoted, as base64 at any place, as hexadecimal digits."""
    plain = text.encode()
    escaped = json.dumps(text)[1:-1]
    told = {
        plain, text.encode("utf-16-le"), text.encode("utf-16-be"), text.casefold().encode(), text.upper().encode(),
        escaped.encode(), escaped.upper().replace("\\U", "\\u").encode(), json.dumps(text, ensure_ascii=False).encode(),
        html.escape(text).encode(), text.encode("ascii", "xmlcharrefreplace"),
        urllib.parse.quote(text).encode(), urllib.parse.quote_plus(text).encode(), plain.hex().encode(),
        plain.hex().upper().encode(), text[::-1].encode(),
    }  # fmt: skip
    if not text.isascii():
        told.add(text.encode("latin-1", "replace"))
    for before in range(3):
        for coded in (base64.b64encode, base64.urlsafe_b64encode):
            told.add(_inside(coded(b"\0" * before + plain), before, len(plain)))
    return frozenset(told)


def _inside(coded: bytes, before: int, length: int) -> bytes:
    """Return of a base64 text those characters that say nothing of what stands around it."""
    first = (before * 8 + 5) // 6
    return coded[first : (before + length) * 8 // 6]


def holds(data: bytes, text: str) -> bool:
    """Say whether a text is in there, in any form, packed into whatever."""
    return bool(held(data, (text,)))


def held(data: bytes, texts: tuple[str, ...]) -> frozenset[str]:
    """Return which of some texts are in there; what is long and was looked at before is not looked at again."""
    return _held_before(data, texts) if len(data) > _LONG else _held(data, texts)


def _held(data: bytes, texts: tuple[str, ...]) -> frozenset[str]:
    pieces = list(unpacked(data))
    return frozenset(text for text in texts if any(form in piece for form in forms(text) for piece in pieces))


_held_before = lru_cache(maxsize=512)(_held)


def unpacked(data: bytes, deep: int = _DEEP) -> Iterator[bytes]:
    """Give what is there, and what is packed in it: gzip, zip, PDF, deflated streams, base64."""
    yield data
    if deep == 0 or not data:
        return
    for inner in _packed(data):
        yield from unpacked(inner, deep - 1)


def _packed(data: bytes) -> Iterator[bytes]:
    if data.startswith(_GZIP):
        yield _gunzipped(data)
    if data.startswith(_ZIP):
        yield from _members(data)
    if data.startswith(_PDF):
        yield _pages(data)
    for found in _BASE64.finditer(data):
        opened = _decoded(found.group())
        if opened.startswith((_GZIP, _ZIP, _PDF)) or _ZLIB.match(opened):
            yield opened
    for found in _ZLIB.finditer(data[:_MOST_UNPACKED]):
        yield _inflated(data[found.start() :])


def _decoded(coded: bytes) -> bytes:
    even = coded.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
    return base64.b64decode(even + b"=" * (-len(even) % 4)) if len(even) % 4 != 1 else b""


def _gunzipped(data: bytes) -> bytes:
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error):
        return b""


def _inflated(data: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, _MOST_UNPACKED)
    except zlib.error:
        return b""


def _members(data: bytes) -> Iterator[bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                yield name.encode()
                yield archive.read(name)
    except (zipfile.BadZipFile, RuntimeError):
        return


def _pages(data: bytes) -> bytes:
    try:
        told = " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages)
    except PyPdfError:
        return b""
    return told.replace("\n", "").encode()
