"""Both clients, and waiting without waiting."""

import random
import time
from types import SimpleNamespace

import pytest

from familiebro_client import Familiebro, FamiliebroBlocking
from tests.client.support import Standing


@pytest.fixture(params=[Familiebro, FamiliebroBlocking], ids=["async", "blocking"])
def client(request: pytest.FixtureRequest) -> Standing:
    """Each of the two clients."""
    return Standing(request.param)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Every wait of a client, in seconds; nobody waits it, and chance always takes the whole of its span.

    Only the clients' own waiting is taken over: servers that other tests have running in this process wait, too.
    """
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr("familiebro_client.client.asyncio", SimpleNamespace(sleep=sleep))
    waiting = SimpleNamespace(sleep=waited.append, monotonic=time.monotonic)
    monkeypatch.setattr("familiebro_client.blocking.time", waiting)
    monkeypatch.setattr(random, "random", lambda: 1.0)
    return waited
