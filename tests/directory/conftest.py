"""The directory in this process, on a real PostgreSQL with the real data, as its app role."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date

import httpx
import pytest

from services.directory.domain.model import Catalogue
from services.directory.load import DATA, load, read_folder
from services.directory.main import create_app
from services.directory.settings import Settings
from shared.db import Database
from tests.conftest import Databases
from tests.support.keys import Keys

TODAY = date(2026, 11, 22)


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """What the data files say."""
    return read_folder(DATA)


@pytest.fixture(scope="session")
def loaded(dbs: Databases, catalogue: Catalogue) -> Databases:
    """The databases, the directory's with the data in it."""
    asyncio.run(load(catalogue, dbs.owner("directory"), TODAY))
    return dbs


@pytest.fixture
async def client(loaded: Databases, keys: Keys) -> AsyncIterator[httpx.AsyncClient]:
    """The service, as its callers meet it."""
    settings = Settings(
        port=1,
        trusted_keys=keys.trusted,
        database_url=loaded.app("directory"),
    )
    app = create_app(settings)
    transport = httpx.ASGITransport(app=app)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://it") as made:
        yield made


@pytest.fixture
async def database(loaded: Databases) -> AsyncIterator[Database]:
    """The database, as the service reaches it."""
    made = Database(loaded.app("directory"), 2, "tests")
    await made.open()
    yield made
    await made.close()
