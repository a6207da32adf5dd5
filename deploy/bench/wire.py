"""Prepared HTTP requests: made once as bytes, kept in a file, read by the load generator."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from struct import Struct

import orjson

_LENGTH = Struct(">I")


def request(method: str, path: str, headers: Mapping[str, str], body: object | None = None) -> bytes:
    """Return a whole HTTP/1.1 request on a kept connection."""
    content = b"" if body is None else orjson.dumps(body)
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{name}: {value}" for name, value in headers.items())]
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    return "\r\n".join([*lines, "", ""]).encode() + content


def write(file: Path, requests: Iterable[bytes]) -> None:
    """Keep requests in a file, each after its length."""
    with file.open("wb") as opened:
        for each in requests:
            opened.write(_LENGTH.pack(len(each)))
            opened.write(each)


def read(file: Path) -> Iterator[bytes]:
    """Return the requests of a file."""
    whole = memoryview(file.read_bytes())
    place = 0
    while place < len(whole):
        (length,) = _LENGTH.unpack_from(whole, place)
        place += _LENGTH.size
        yield bytes(whole[place : place + length])
        place += length
