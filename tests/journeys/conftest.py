"""The real processes, started once for every journey."""

from collections.abc import Iterator

import pytest

from deploy.demo.playing import Play
from deploy.system import System
from tests.support.journey import parties

UNLIMITED = {"GATEWAY_REQUESTS_PER_MINUTE": "1000000", "GATEWAY_ANONYMOUS_REQUESTS_PER_MINUTE": "1000000"}


@pytest.fixture(scope="package")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Run the whole system, its database as durable as in production."""
    running = System(tmp_path_factory.mktemp("system"), UNLIMITED)
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture
def playing(system: System) -> Iterator[Play]:
    """Clients for every party."""
    clients = parties(system)
    yield clients
    clients.close()
