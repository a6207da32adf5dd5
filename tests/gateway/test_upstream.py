"""When a service is down, slow or broken the door stays shut, and says when to come back."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from deploy.postgres import free_port
from gateway import routes
from tests.gateway.support import Echo, Issuers, app, serving

TASKS = "/api/v1/tasks"


def _unavailable(got: httpx.Response) -> None:
    assert got.status_code == 503
    assert int(got.headers["retry-after"]) >= 1
    assert got.json()["code"] == "unavailable"
    assert got.json()["fix_by"] == "time"
    assert got.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_service_that_is_down_is_503(issuers: Issuers, upstreams: dict[str, str], method: str) -> None:
    down = upstreams | {"referral": f"http://127.0.0.1:{free_port()}"}
    with serving(app(issuers, down)) as port:
        _unavailable(httpx.request(method, f"http://127.0.0.1:{port}{TASKS}", headers=issuers.person()))
        up = httpx.get(f"http://127.0.0.1:{port}/api/v1/my/consents", headers=issuers.person())
    assert up.status_code == 200


def test_a_service_that_hangs_is_503(
    issuers: Issuers, upstreams: dict[str, str], deaf_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(routes.SEGMENTS, "tasks", routes.Route("referral", patience_s=0.2))
    with serving(app(issuers, upstreams | {"referral": f"http://127.0.0.1:{deaf_port}"})) as port:
        got = httpx.get(f"http://127.0.0.1:{port}{TASKS}", headers=issuers.person())
    _unavailable(got)


def test_patience_is_ten_seconds_but_for_a_whole_ledger_or_a_file() -> None:
    longer = {name for name, route in routes.SEGMENTS.items() if route.patience_s != 10.0}
    assert longer == {"imports", "hsds", "attachments", "my/attachments"}
    assert {route.patience_s for route in routes.LEDGERS.values()} == {120.0}


def test_a_service_that_fails_without_a_problem_is_503_and_its_words_stay_inside(
    door: httpx.Client, echo: Echo, issuers: Issuers
) -> None:
    echo.says("/tasks", 500, {"content-type": "text/plain"}, b"Traceback: secret")
    got = door.get(TASKS, headers=issuers.person())
    _unavailable(got)
    assert "secret" not in got.text


@pytest.mark.parametrize("status", [400, 403, 404, 409, 412, 422, 503])
def test_a_services_own_problem_passes_unchanged(door: httpx.Client, echo: Echo, issuers: Issuers, status: int) -> None:
    body = b'{"code":"theirs","status":%d}' % status
    echo.says("/tasks", status, {"content-type": "application/problem+json", "retry-after": "5"}, body)
    got = door.get(TASKS, headers=issuers.person())
    assert got.status_code == status
    assert got.content == body
    assert got.headers["retry-after"] == "5"


def test_a_service_that_refuses_the_token_still_says_which_kind_it_wants(
    door: httpx.Client, echo: Echo, issuers: Issuers
) -> None:
    echo.says("/tasks", 401, {"content-type": "application/problem+json"})
    got = door.get(TASKS, headers=issuers.person())
    assert got.status_code == 401
    assert got.headers["www-authenticate"].startswith("Bearer")


def test_an_answer_in_pieces_passes_in_pieces(door: httpx.Client, echo: Echo, issuers: Issuers) -> None:
    async def pieces(send: Any) -> None:
        headers = [(b"content-type", b"application/x-ndjson")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for number in range(100):
            await send({"type": "http.response.body", "body": b'{"seq":%d}\n' % number, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    echo.told["/audit/ledger/export"] = pieces
    got = door.get("/api/v1/audit/consent/ledger/export", headers=issuers.person())
    assert got.status_code == 200
    assert len(got.text.splitlines()) == 100
    assert got.headers["transfer-encoding"] == "chunked"


def test_an_answer_that_breaks_off_is_never_passed_as_whole(door: httpx.Client, echo: Echo, issuers: Issuers) -> None:
    async def half(send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b'{"seq":0}\n', "more_body": True})

    echo.told["/audit/ledger/export"] = half
    with pytest.raises(httpx.RemoteProtocolError):
        door.get("/api/v1/audit/consent/ledger/export", headers=issuers.person())
    echo.told.clear()
    assert door.get(TASKS, headers=issuers.person()).status_code == 200


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_without_a_body_has_none(door: httpx.Client, echo: Echo, issuers: Issuers, status: int) -> None:
    async def bare(send: Any) -> None:
        await send({"type": "http.response.start", "status": status, "headers": [(b"etag", b'"1"')]})
        await send({"type": "http.response.body", "body": b""})

    echo.told["/tasks"] = bare
    got = door.get(TASKS, headers=issuers.person())
    assert got.status_code == status
    assert got.content == b""
    assert got.headers["etag"] == '"1"'


class Dropper:
    """An upstream that answers each connection's first request and closes on its second."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]

    def run(self) -> None:
        """Serve one connection at a time until closed."""
        while True:
            try:
                wire, _ = self._listening.accept()
            except OSError:
                return
            with wire:
                if self._took(wire):
                    wire.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
                    self._took(wire)

    def _took(self, wire: socket.socket) -> bool:
        request = wire.recv(65536)
        if request:
            self.requests.append(request.split(b" ", 1)[0].decode())
        return bool(request)

    def close(self) -> None:
        """Stop listening."""
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()


@contextmanager
def _dropping() -> Iterator[Dropper]:
    dropper = Dropper()
    thread = threading.Thread(target=dropper.run, daemon=True)
    thread.start()
    try:
        yield dropper
    finally:
        dropper.close()
        thread.join(5)


@pytest.mark.parametrize(
    ("method", "status", "sent"), [("GET", 200, ["GET", "GET", "GET"]), ("POST", 503, ["GET", "POST"])]
)
def test_a_post_on_a_dropped_connection_is_never_sent_again_a_get_once(
    issuers: Issuers, upstreams: dict[str, str], method: str, status: int, sent: list[str]
) -> None:
    with _dropping() as dropper:
        referral = {"referral": f"http://127.0.0.1:{dropper.port}"}
        with serving(app(issuers, upstreams | referral)) as port, httpx.Client(timeout=15) as client:
            api = f"http://127.0.0.1:{port}{TASKS}"
            assert client.get(api, headers=issuers.person()).status_code == 200
            assert client.request(method, api, headers=issuers.person()).status_code == status
    assert dropper.requests == sent


def test_ready_names_the_service_that_is_down(issuers: Issuers, upstreams: dict[str, str]) -> None:
    down = upstreams | {"consent": f"http://127.0.0.1:{free_port()}"}
    with serving(app(issuers, down)) as port:
        got = httpx.get(f"http://127.0.0.1:{port}/health/ready")
        live = httpx.get(f"http://127.0.0.1:{port}/health/live")
    assert got.status_code == 503
    parts = {"directory": True, "consent": False, "referral": True, "concern": True}
    assert got.json() == {"ready": False, "parts": parts}
    assert "retry-after" in got.headers
    assert live.status_code == 200


def test_ready_asks_the_services_at_most_once_a_second(issuers: Issuers, upstreams: dict[str, str], echo: Echo) -> None:
    with serving(app(issuers, upstreams)) as port, httpx.Client() as client:
        codes = {client.get(f"http://127.0.0.1:{port}/health/ready").status_code for _ in range(10)}
    assert codes == {200}
    assert len(echo.seen) <= 6
    assert {each["path"] for each in echo.seen} == {"/health/ready"}
