"""Somebody who listens: a webhook's receiver on this machine that notes the number of everything it gets."""

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import orjson


class Heard:
    """What came: event -> how often; and per referral the events in the order of their first coming."""

    def __init__(self) -> None:
        self.times: dict[str, int] = defaultdict(int)
        self.order: dict[str, list[str]] = defaultdict(list)
        self._lock = threading.Lock()

    def note(self, number: str, body: bytes) -> None:
        """Note one message; a repeated one has the number it had before."""
        told = orjson.loads(body).get("data", {})
        with self._lock:
            self.times[number] += 1
            if self.times[number] == 1 and "referral" in told:
                self.order[told["referral"]].append(told["event"])


@contextmanager
def listening() -> Iterator[tuple[str, Heard]]:
    """Listen on a free port of this machine; give the address and what is heard."""
    heard = Heard()

    class Ear(BaseHTTPRequestHandler):
        """Answers every message with a plain yes."""

        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            """Take a message."""
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            heard.note(self.headers["webhook-id"], body)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_told: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Ear) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/hook", heard
        finally:
            server.shutdown()
            thread.join()
