"""Files for tests: honest ones and bad ones, each made here; and a scanner that speaks clamd's own protocol."""

import asyncio
import io
import struct
import threading
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, NumberObject, StreamObject, TextStringObject

# The EICAR test string, put together here so that no file of ours is one.
EICAR = (rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*").ljust(68)


def picture(kind: str = "PNG", size: tuple[int, int] = (20, 20), mode: str = "RGB", **more: object) -> bytes:
    """Return an image."""
    into = io.BytesIO()
    Image.new(mode, size).save(into, kind, **more)
    return into.getvalue()


def located(latitude: float = 55.0) -> bytes:
    """Return a photograph that tells where it was taken."""
    exif = Image.Exif()
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (latitude, 0.0, 0.0)
    return picture("JPEG", exif=exif)


def animation(frames: int, size: tuple[int, int] = (20, 20)) -> bytes:
    """Return a picture that moves."""
    into = io.BytesIO()
    pictures = [Image.new("L", size, number % 250) for number in range(frames)]
    pictures[0].save(into, "GIF", save_all=True, append_images=pictures[1:])
    return into.getvalue()


def document(*changes: Callable[[PdfWriter], object], pages: int = 1) -> bytes:
    """Return a PDF."""
    writer, into = PdfWriter(), io.BytesIO()
    for _ in range(pages):
        writer.add_blank_page(100, 100)
    for change in changes:
        change(writer)
    writer.write(into)
    return into.getvalue()


def acting(kind: str) -> Callable[[PdfWriter], object]:
    """Let a PDF do something when it is opened."""

    def change(writer: PdfWriter) -> None:
        action = DictionaryObject({NameObject("/S"): NameObject(kind), NameObject("/F"): TextStringObject("calc.exe")})
        writer._root_object[NameObject("/OpenAction")] = action

    return change


def packed(data: bytes, *filters: str) -> Callable[[PdfWriter], object]:
    """Let a PDF hold a stream that becomes large when it is opened."""

    def change(writer: PdfWriter) -> None:
        stream = StreamObject()
        stream._data = zlib.compress(data, 9)
        stream[NameObject("/Filter")] = NameObject(filters[0])
        writer._add_object(stream)

    return change


def coded(data: bytes, *filters: str, **picture: int) -> Callable[[PdfWriter], object]:
    """Let a PDF hold a stream as it is, said to be packed so; `picture`: it is a picture of that size."""

    def change(writer: PdfWriter) -> None:
        stream = StreamObject()
        stream._data = data
        if filters:
            named = ArrayObject(NameObject(each) for each in filters)
            stream[NameObject("/Filter")] = named if len(named) > 1 else named[0]
        for name, size in picture.items():
            stream[NameObject("/Subtype")] = NameObject("/Image")
            stream[NameObject(f"/{name}")] = NumberObject(size)
        writer._add_object(stream)

    return change


def archive() -> bytes:
    """Return a zip archive with a program in it."""
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w") as made:
        made.writestr("regning.exe", b"MZ" + bytes(200))
    return into.getvalue()


def attaching(writer: PdfWriter) -> None:
    """Put another file into a PDF."""
    writer.add_attachment("regning.exe", b"MZ")


def locked(writer: PdfWriter) -> None:
    """Lock a PDF."""
    writer.encrypt("kode")


@dataclass(slots=True)
class Clamd:
    """A scanner of a test's own. `says`: what it answers to a clean file; `largest`: it gives up beyond."""

    port: int = 0
    says: bytes = b"stream: OK\0"
    largest: int = 25_000_000
    scanned: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"tcp://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection."""
        try:
            assert await reader.readuntil(b"\0") == b"zINSTREAM\0"
            told, content = self.says, b""
            while length := struct.unpack("!L", await reader.readexactly(4))[0]:
                content += await reader.readexactly(length)
                if len(content) > self.largest:
                    told = b"INSTREAM size limit exceeded. ERROR\0"
                    break
            self.scanned.append(content)
            if EICAR.strip() in content:
                told = b"stream: Eicar-Test-Signature FOUND\0"
            writer.write(told)
            await writer.drain()
        finally:
            writer.close()


@contextmanager
def clamd() -> Iterator[Clamd]:
    """Run a scanner on a real socket."""
    scanner, ready, loop = Clamd(), threading.Event(), asyncio.new_event_loop()

    async def run() -> None:
        server = await asyncio.start_server(scanner.serve, "127.0.0.1", 0)
        scanner.port = server.sockets[0].getsockname()[1]
        ready.set()
        async with server:
            await server.serve_forever()

    def work() -> None:
        task = loop.create_task(run())
        try:
            loop.run_until_complete(task)
        except asyncio.CancelledError:
            pass
        finally:
            loop.close()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    assert ready.wait(5)
    try:
        yield scanner
    finally:
        loop.call_soon_threadsafe(lambda: [each.cancel() for each in asyncio.all_tasks(loop)])
        thread.join(5)
