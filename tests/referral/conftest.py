"""The referral application over a real PostgreSQL, before a real consent service and a directory over real HTTP."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.conftest import Databases
from tests.referral.deciding import Decider, World
from tests.support.keys import Keys
from tests.support.serving import ThreadServer, serving
from tests.support.story import Story, story
from tests.support.town import consent_app, directory


@pytest.fixture(scope="session")
def directory_url() -> Iterator[str]:
    """Where the directory answers."""
    with directory() as server:
        yield server.url


@pytest.fixture(scope="session")
def consent_server(dbs: Databases, keys: Keys, directory_url: str) -> Iterator[ThreadServer]:
    """The consent service on a real socket, which a test may take down and bring up again."""
    with serving(lambda: consent_app(dbs, keys, directory_url)) as server:
        yield server


@pytest.fixture
async def play(dbs: Databases, keys: Keys, directory_url: str, consent_server: ThreadServer) -> AsyncIterator[Story]:
    """A story that is about to begin."""
    async with story(dbs, keys, directory_url, consent_server.url) as begun:
        yield begun


@pytest.fixture
async def world(dbs: Databases, keys: Keys, directory_url: str) -> AsyncIterator[World]:
    """The referral service before a consent service that the test decides for."""
    decider = Decider()
    with serving(lambda: decider) as server:
        async with story(dbs, keys, directory_url, server.url) as begun:
            yield World(begun, decider)
