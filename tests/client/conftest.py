"""Both clients, and waiting without waiting."""

import random
import time

import pytest

from familiebro_client import Familiebro, FamiliebroBlocking
from tests.client.support import Standing


@pytest.fixture(params=[Familiebro, FamiliebroBlocking], ids=["async", "blocking"])
def client(request: pytest.FixtureRequest) -> Standing:
    """Each of the two clients."""
    return Standing(request.param)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Every wait, in seconds; nobody waits it, and chance always takes the whole of its span."""
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr("familiebro_client.client.asyncio.sleep", sleep)
    monkeypatch.setattr(time, "sleep", waited.append)
    monkeypatch.setattr(random, "random", lambda: 1.0)
    return waited
