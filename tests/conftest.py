"""A real PostgreSQL, migrated by Alembic, reached as the app roles; keys and tokens; no network but loopback."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy import databases, postgres
from shared.logging import set_up
from shared.migrations import upgrade
from tests.support.keys import Keys

SERVICES_DIR = Path(__file__).parent.parent / "services"
PASSWORD = "only-for-tests"


class Databases:
    """The test server, and each service's address by role."""

    def __init__(self, server: postgres.Server) -> None:
        self.server = server

    def app(self, service: str) -> str:
        """Return the app role's address: what the service runs as."""
        return self.server.url(service, databases.app(service), PASSWORD)

    def owner(self, service: str) -> str:
        """Return the owner role's address."""
        return self.server.url(service, databases.owner(service), PASSWORD)

    def sealer(self, service: str) -> str:
        """Return the sealer role's address: what the worker seals as."""
        return self.server.url(service, databases.sealer(service), PASSWORD)

    def admin(self, service: str) -> str:
        """Return the superuser's address: for looking and for breaking in, never for serving."""
        return self.server.url(service)


@pytest.fixture(scope="session", autouse=True)
def _logs() -> None:
    set_up("tests", "warning")


@pytest.fixture(scope="session", autouse=True)
def _only_loopback() -> Iterator[None]:
    """Refuse every connection that would leave this machine."""
    real = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and not str(address[0]).startswith(("127.", "::1", "localhost")):
            msg = f"a test reached for the network: {address[0]}"
            raise AssertionError(msg)
        real(self, address)

    socket.socket.connect = connect  # type: ignore[assignment,method-assign]
    yield
    socket.socket.connect = real  # type: ignore[method-assign]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[postgres.Server]:
    """A PostgreSQL of this run's own."""
    data = tmp_path_factory.mktemp("postgres") / "data"
    running = postgres.start(data, PASSWORD, postgres.free_port(), fast_and_unsafe=True)
    yield running
    postgres.stop(data, mode="immediate")


@pytest.fixture(scope="session")
def dbs(server: postgres.Server) -> Databases:
    """Every service's database, migrated by its owner role."""
    roles = [role for service in databases.SERVICES for role in databases.roles(service)]
    databases.prepare(server.url(), dict.fromkeys(roles, PASSWORD))
    made = Databases(server)
    for service in databases.SERVICES:
        upgrade(SERVICES_DIR / service, made.owner(service))
    return made


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    """Keys of every issuer."""
    return Keys(tmp_path_factory.mktemp("keys"))


os.environ.setdefault("TZ", "UTC")
