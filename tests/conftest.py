"""A real PostgreSQL, migrated by Alembic, reached as the app roles; keys and tokens; no network but loopback."""

import gc
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from deploy import databases, postgres
from gateway import main as gateway
from shared import app as kit
from shared.logging import set_up
from shared.migrations import upgrade
from tests.support.keys import Keys

SERVICES_DIR = Path(__file__).parent.parent / "services"
PASSWORD = "only-for-tests"
# What takes long by itself starts first, so that no worker is left alone with it at the end.
LONG = ("tests/journeys/", "tests/architecture/test_static_checks.py", "tests/deploy/test_demo.py")


def pytest_configure() -> None:
    """Let each worker choose its ports where no other does: what is free for one may be about to be another's."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    part = (postgres._LAST_PORT - postgres._FIRST_PORT) // int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    postgres._FIRST_PORT += worker * part
    postgres._LAST_PORT = postgres._FIRST_PORT + part


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what takes long first, and leave the rest in order."""
    items.sort(key=lambda item: next((n for n, long in enumerate(LONG) if item.nodeid.startswith(long)), len(LONG)))


class ByFile(LoadScopeScheduling):  # type: ignore[misc]
    """A worker takes a whole file, and one worker all journeys: they share a running system and kill parts of it."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::", 1)[0]
        return LONG[0] if file.startswith(LONG[0]) else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByFile:
    """Share the tests out by file."""
    return ByFile(config, log)


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
def _collected() -> Iterator[None]:
    """Freeze what lives as long as the run, once: each application would freeze the one before it, for good."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 10, 3)
    with pytest.MonkeyPatch.context() as patch:
        for module in (kit, gateway):
            patch.setattr(module, "calm_the_collector", lambda: None)
        yield


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
