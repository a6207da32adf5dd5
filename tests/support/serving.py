"""Applications on real sockets: a server in a thread with its own event loop, and services as real processes."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from deploy import postgres

PATIENCE_S = 20.0
ROOT = Path(__file__).parents[2]
Asgi = Callable[[Any, Any, Any], Awaitable[None]]


def until(what: Callable[[], bool], *, patience_s: float = PATIENCE_S) -> None:
    """Wait for `what` to become true, or fail."""
    deadline = time.monotonic() + patience_s
    while not what():
        assert time.monotonic() < deadline, "it did not happen in time"
        threading.Event().wait(0.02)


class ThreadServer:
    """An application that can be taken down and started again on the same port."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self.port = postgres.free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Serve; return when requests are taken."""
        config = uvicorn.Config(
            self._make(), host="127.0.0.1", port=self.port, loop="asyncio", ws="none", log_config=None,
            access_log=False, timeout_graceful_shutdown=2,
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        until(lambda: bool(self._server and self._server.started))

    def stop(self) -> None:
        """Take it down; return when nobody listens."""
        if self._server is None or self._thread is None:
            return
        self._server.should_exit = True
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()
        self._server = self._thread = None


@contextmanager
def serving(make: Callable[[], Any]) -> Iterator[ThreadServer]:
    """Serve an application for the length of a block."""
    server = ThreadServer(make)
    server.start()
    try:
        yield server
    finally:
        server.stop()


class Teller:
    """A stand-in that answers every request with what it was last told to say, and keeps what it was asked.

    `by_path`: what answers a path of its own, from the body.
    """

    def __init__(self, status: int = 200, content: bytes = b"{}") -> None:
        self.status = status
        self.content = content
        self.asked: list[tuple[str, Any]] = []
        self.by_path: dict[str, Callable[[Any], Any]] = {}

    def say(self, told: Any, status: int = 200) -> None:
        """Answer so from now on."""
        self.status = status
        self.content = told if isinstance(told, bytes) else json.dumps(told).encode()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one ASGI event stream."""
        if scope["type"] != "http":
            await _live(receive, send)
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        asked = json.loads(body) if body else None
        self.asked.append((scope["path"], asked))
        answer = self.by_path.get(scope["path"])
        content = self.content if answer is None else json.dumps(answer(asked)).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": content})


async def _live(receive: Any, send: Any) -> None:
    while (message := await receive())["type"] != "lifespan.shutdown":
        await send({"type": f"{message['type']}.complete"})
    await send({"type": "lifespan.shutdown.complete"})


class Process:
    """A service as its own process, and everything it has logged."""

    def __init__(self, running: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
        self.running = running
        self.url = url
        self._log = log

    def log_of(self, request_id: str) -> str:
        """Return the whole log, once it tells the outcome of a request."""
        mark = f'"request_id":"{request_id}"'
        until(lambda: any(mark in line and '"event":"request"' in line for line in self.log().splitlines()))
        return self.log()

    def log(self) -> str:
        """Return everything logged so far."""
        return self._log.read_text()


@contextmanager
def process(module: str, told: Mapping[str, str], prefix: str, log: Path) -> Iterator[Process]:
    """Run `python -m module` with settings, until the block ends."""
    port = postgres.free_port()
    environment = {**os.environ, f"{prefix}PORT": str(port), f"{prefix}LOG_LEVEL": "debug"}
    environment |= {prefix + name: value for name, value in told.items()}
    with (
        log.open("wb") as out,
        subprocess.Popen([sys.executable, "-m", module], env=environment, cwd=ROOT, stderr=out, stdout=out) as running,
    ):
        made = Process(running, f"http://127.0.0.1:{port}", log)
        try:
            until(lambda: _answers(made.url))
            yield made
        finally:
            running.terminate()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url + "/health/live", timeout=1).status_code == 200
    except httpx.TransportError:
        return False
