"""The load generator, a process of its own: `python -m deploy.bench.load`.

It is told its job in one line of JSON, then a line for each round; it answers each round with a line. Requests
are bytes made beforehand, so that while it measures it only sends, parses and reads the clock.
"""

import asyncio
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from time import perf_counter
from typing import Any, cast

import httptools
import orjson
import uvloop

from deploy.bench import wire
from deploy.bench.costs import between, cpu_seconds

_EXCERPT = 300
_GRACE_S = 10.0


@dataclass(slots=True)
class Tally:
    """What came of one stretch of sending: how long each answer took, and each that was not a yes."""

    until: float
    latencies: list[float] = field(default_factory=list)
    wrong: Counter[str] = field(default_factory=Counter)
    last: float = 0.0


class Client(asyncio.Protocol):
    """One kept connection that sends the next request when it has the whole answer to the last."""

    def __init__(self, requests: Iterator[bytes]) -> None:
        self._requests = requests
        self._parser: Any = None
        self._transport: asyncio.Transport | None = None
        self._sent_at = 0.0
        self._body = b""
        self._tally = Tally(0.0)
        self._idle: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection."""
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Count a connection that was cut while an answer was awaited."""
        if self._idle is not None and not self._idle.done():
            self._tally.wrong[f"connection lost: {type(exc).__name__}"] += 1
            self._idle.set_result(None)

    def work(self, tally: Tally) -> asyncio.Future[None]:
        """Send until the tally's time is up; the future is done when the last answer is in."""
        self._tally = tally
        self._idle = asyncio.get_running_loop().create_future()
        self._send()
        return self._idle

    def data_received(self, data: bytes) -> None:
        """Take a part of an answer."""
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        """Keep the beginning of the body, to tell what was wrong."""
        if len(self._body) < _EXCERPT:
            self._body += body

    def on_message_complete(self) -> None:
        """Note the answer and send the next request."""
        at = perf_counter()
        tally = self._tally
        tally.latencies.append(at - self._sent_at)
        tally.last = at
        status: int = self._parser.get_status_code()
        if not 200 <= status < 300:  # noqa: PLR2004 - what HTTP calls success
            tally.wrong[f"{status} {self._body[:_EXCERPT].decode(errors='replace')}"] += 1
        if at < tally.until:
            self._send()
        elif self._idle is not None and not self._idle.done():
            self._idle.set_result(None)

    def _send(self) -> None:
        request = next(self._requests, None)
        if request is None or self._transport is None or self._transport.is_closing():
            self._tally.wrong["no more requests, or no connection"] += 1
            if self._idle is not None and not self._idle.done():
                self._idle.set_result(None)
            return
        self._parser = httptools.HttpResponseParser(self)
        self._body = b""
        self._sent_at = perf_counter()
        self._transport.write(request)


async def stretch(clients: list[Client], seconds: float) -> Tally:
    """Have every client work for so long, and until each has its last answer."""
    tally = Tally(perf_counter() + seconds)
    async with asyncio.timeout(seconds + _GRACE_S):
        await asyncio.gather(*(client.work(tally) for client in clients))
    return tally


async def serve(job: Mapping[str, Any]) -> None:
    """Open the connections, then do the rounds asked for on standard input."""
    prepared = list(wire.read(Path(job["requests"])))
    requests = cycle(prepared) if job["again"] else iter(prepared)
    loop = asyncio.get_running_loop()
    clients: list[Client] = []
    for _ in range(job["clients"]):
        _, client = await loop.create_connection(lambda: Client(requests), "127.0.0.1", job["port"])
        clients.append(client)
    _say({"ready": len(prepared)})
    while line := await asyncio.to_thread(sys.stdin.buffer.readline):
        told = orjson.loads(line)
        warm = await stretch(clients, told["warm"])
        before = cpu_seconds(job["watch"], job["postmaster"])
        begun = perf_counter()
        tally = await stretch(clients, told["seconds"])
        spent = between(before, cpu_seconds(job["watch"], job["postmaster"]))
        _say({
            "seconds": tally.last - begun,
            "latencies_ms": [1000 * each for each in tally.latencies],
            "wrong": dict((warm.wrong + tally.wrong).most_common(5)),
            "cpu_s": spent,
        })  # fmt: skip


def _say(told: Mapping[str, Any]) -> None:
    sys.stdout.buffer.write(orjson.dumps(told) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    uvloop.run(serve(orjson.loads(sys.stdin.buffer.readline())))
