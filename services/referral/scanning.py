"""Ask a virus scanner, ClamAV's clamd, about a file: its INSTREAM protocol over TCP or a Unix socket."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from shared.problems import Unavailable

_CONNECT_S = 2.0
_ANSWER_S = 10.0
_CHUNK = 64 * 1024
_LONGEST_ANSWER = 4096
_CLEAN = "stream: OK"


@dataclass(frozen=True, slots=True)
class Scanner:
    """Where clamd answers: `tcp://host:port` or `unix:///path`."""

    url: str

    async def is_clean(self, content: bytes) -> bool:
        """Say whether nothing was found. What it found is not told on: a signature's name helps nobody here.

        Raises:
            Unavailable: it does not answer, is too slow, or answers anything but a verdict: then nothing is clean.
        """
        try:
            async with asyncio.timeout(_ANSWER_S), self._connected() as (reader, writer):
                said = await _ask(reader, writer, content)
        except (OSError, TimeoutError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            raise Unavailable("scanner") from error
        if said == _CLEAN:
            return True
        if said.startswith("stream: ") and said.endswith(" FOUND"):
            return False
        raise Unavailable("scanner")

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        told = urlsplit(self.url)
        async with asyncio.timeout(_CONNECT_S):
            if told.scheme == "unix":
                reader, writer = await asyncio.open_unix_connection(told.path, limit=_LONGEST_ANSWER)
            else:
                reader, writer = await asyncio.open_connection(told.hostname, told.port, limit=_LONGEST_ANSWER)
        try:
            yield reader, writer
        finally:
            writer.close()


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, content: bytes) -> str:
    """Send a file in chunks, each after its length (four bytes, the highest first), an empty one last.

    A scanner that has had enough answers and closes while it is still being sent to: its answer counts.
    """
    try:
        writer.write(b"zINSTREAM\0")
        for first in range(0, len(content), _CHUNK):
            chunk = content[first : first + _CHUNK]
            writer.write(struct.pack("!L", len(chunk)) + chunk)
            await writer.drain()
        writer.write(struct.pack("!L", 0))
        await writer.drain()
    except ConnectionError:
        pass
    return (await reader.readuntil(b"\0")).rstrip(b"\0").decode("ascii").strip()
