"""What the gateway's tests build with: servers on real sockets, an echoing upstream, an identity provider."""

import base64
import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import uvicorn

from deploy.postgres import free_port
from gateway.clients import hash_secret
from gateway.main import create_app
from gateway.settings import Settings
from shared.auth import Role, TokenSigner, make_key, public_part

SECRET = "only-for-tests-and-long-enough"
SOR = "123451234512345"
CLIENT = "region-midwives"
ACTING = {"Familiebro-Acting-User": "B7XK2", "Familiebro-Acting-Organisation": SOR}
_HASH = hash_secret(SECRET)


@contextmanager
def serving(app: Any) -> Iterator[int]:
    """Serve `app` in a thread, as shared.serve does; yield the port."""
    port = free_port()
    config = uvicorn.Config(
        app, host="127.0.0.1", port=port, log_config=None, access_log=False, server_header=False,
        proxy_headers=False, http="httptools", loop="uvloop", timeout_keep_alive=75, timeout_graceful_shutdown=1,
    )  # fmt: skip
    started = threading.Event()

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            started.set()

    server = Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert started.wait(10), "the server did not start"
    try:
        yield port
    finally:
        server.should_exit = True
        thread.join(10)


@dataclass
class Echo:
    """An upstream that answers what it received, unless told what to answer on a path."""

    seen: list[dict[str, Any]] = field(default_factory=list)
    told: dict[str, Callable[..., Any]] = field(default_factory=dict)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one ASGI event stream."""
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        seen = {
            "port": scope["server"][1],
            "method": scope["method"],
            "path": scope["raw_path"].decode(),
            "query": scope["query_string"].decode(),
            "headers": [[name.decode("latin-1"), value.decode("latin-1")] for name, value in scope["headers"]],
            "body": body.decode("latin-1"),
        }
        self.seen.append(seen)
        if seen["path"] in self.told:
            await self.told[seen["path"]](send)
        else:
            await answer(send, 200, json.dumps(seen).encode())

    def says(self, path: str, status: int, headers: Mapping[str, str], body: bytes = b"{}") -> None:
        """Answer `path` like this from now on."""

        async def it(send: Any) -> None:
            await answer(send, status, body, headers)

        self.told[path] = it


async def answer(send: Any, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
    """Send a whole answer."""
    given = {"content-type": "application/json", "content-length": str(len(body)), **(headers or {})}
    told = [(name.encode(), value.encode()) for name, value in given.items()]
    await send({"type": "http.response.start", "status": status, "headers": told})
    await send({"type": "http.response.body", "body": body})


class Issuers:
    """Keys of everybody the gateway may meet, and the files it reads."""

    NAMES = ("gateway", "demo-idp", "stranger-idp", "consent")

    def __init__(self, folder: Path) -> None:
        self.keys = {name: make_key() for name in self.NAMES}
        self.folder = folder
        self.trusted = folder / "trusted.json"
        self.trusted.write_text(json.dumps({name: public_part(key) for name, key in self.keys.items()}))
        self.identity = folder / "gateway.jwk"
        self.identity.write_text(json.dumps(self.keys["gateway"]))
        self.clients = folder / "clients.json"
        self.clients.write_text(json.dumps({CLIENT: registration()}))

    def token(self, user: str = "nina", *roles: Role, issuer: str = "demo-idp", audience: str = "familiebro",
              key: Mapping[str, str] | None = None, lifetime_s: int = 300, **claims: Any) -> str:  # fmt: skip
        """Return a token as an identity provider gives it."""
        content = {"roles": list(roles or (Role.REFER,)), "unit": "unit-1", "profession": "5175",
                   "loa": "betydelig", **claims}  # fmt: skip
        return TokenSigner(issuer, key or self.keys[issuer]).sign(
            user, audience, timedelta(seconds=lifetime_s), content
        )

    def person(self, *roles: Role, **claims: Any) -> dict[str, str]:
        """Return the header of a person."""
        return bearer(self.token(claims.pop("user", "nina"), *roles, **claims))


def registration(**other: Any) -> dict[str, Any]:
    """Return a client's entry in the clients file."""
    return {"name": "Region midwives", "secret_hash": _HASH, "unit": "midwives", "profession": "5175",
            "roles": ["refer", "record_consent"], "org_sor": SOR, **other}  # fmt: skip


def bearer(token: str) -> dict[str, str]:
    """Return the header that shows `token`."""
    return {"Authorization": f"Bearer {token}"}


def settings(issuers: Issuers, upstreams: Mapping[str, str], **other: Any) -> Settings:
    """Return settings for a gateway before `upstreams`, with limits too wide to matter."""
    given: dict[str, Any] = {
        "port": 1, "trusted_keys": issuers.trusted, "identity_key": issuers.identity, "clients": issuers.clients,
        "identity_providers": ("demo-idp",), "requests_per_minute": 1_000_000,
        "anonymous_requests_per_minute": 1_000_000, "token_requests_per_minute": 1_000_000,
        **{f"{name}_url": url for name, url in upstreams.items()}, **other,
    }  # fmt: skip
    return Settings(**given)


def app(issuers: Issuers, upstreams: Mapping[str, str], **other: Any) -> Any:
    """Return the real application with such settings."""
    return create_app(settings(issuers, upstreams, **other))


def claims_of(echoed: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the inner token in an echoed request says."""
    header = dict(echoed["headers"])["authorization"]
    part = header.removeprefix("Bearer ").split(".")[1]
    told: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return told


def raw(port: int, request: bytes) -> tuple[int, dict[str, str], bytes]:
    """Send these very bytes; return status, headers and body of the first answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as wire:
        wire.sendall(request)
        received = b""
        while b"\r\n\r\n" not in received:
            piece = wire.recv(65536)
            if not piece:
                break
            received += piece
        head, _, body = received.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        while len(body) < int(headers.get("content-length", "0")):
            body += wire.recv(65536)
    return int(lines[0].split(" ")[1]), headers, body


def get_raw(port: int, target: str, *headers: str) -> tuple[int, dict[str, str], bytes]:
    """GET a target exactly as written."""
    lines = [f"GET {target} HTTP/1.1", "Host: gateway", *headers, "Connection: close", "", ""]
    return raw(port, "\r\n".join(lines).encode("latin-1"))
