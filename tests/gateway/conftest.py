"""The real gateway before echoing upstreams, all on real sockets."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest

from gateway.routes import SERVICES
from tests.gateway.support import ACTING, CLIENT, SECRET, Echo, Issuers, app, bearer, serving


@pytest.fixture(scope="session")
def issuers(tmp_path_factory: pytest.TempPathFactory) -> Issuers:
    """Everybody's keys."""
    return Issuers(tmp_path_factory.mktemp("issuers"))


@pytest.fixture(scope="session")
def echoes() -> Iterator[tuple[Echo, dict[str, str]]]:
    """One echo at three ports: a port a service."""
    echo = Echo()
    with ExitStack() as stack:
        ports = {name: stack.enter_context(serving(echo)) for name in SERVICES}
        yield echo, {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}


@pytest.fixture
def echo(echoes: tuple[Echo, dict[str, str]]) -> Echo:
    """The echo, with nothing seen and nothing told yet."""
    echoes[0].seen.clear()
    echoes[0].told.clear()
    return echoes[0]


@pytest.fixture(scope="session")
def upstreams(echoes: tuple[Echo, dict[str, str]]) -> dict[str, str]:
    """Where the echoes answer."""
    return echoes[1]


@pytest.fixture(scope="session")
def port(issuers: Issuers, upstreams: dict[str, str]) -> Iterator[int]:
    """A gateway with wide limits."""
    with serving(app(issuers, upstreams)) as port:
        yield port


@pytest.fixture
def door(port: int, echo: Echo) -> Iterator[httpx.Client]:
    """A client at that gateway."""
    assert not echo.seen
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=15) as client:
        yield client


@pytest.fixture
def system(door: httpx.Client) -> dict[str, str]:
    """The headers of a registered system that names who acts."""
    got = door.post("/oauth2/token", data={"grant_type": "client_credentials"}, auth=(CLIENT, SECRET))
    return bearer(got.json()["access_token"]) | ACTING


@pytest.fixture(scope="session")
def deaf_port() -> Iterator[int]:
    """A port where connections are taken and nothing is ever said."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(16)
        yield listening.getsockname()[1]
