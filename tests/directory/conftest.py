"""The directory in this process, on a real PostgreSQL with the real data, as its app role."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime

import httpx
import pytest
from fastapi import FastAPI

from services.directory.domain.model import Catalogue
from services.directory.load import DATA, load, read_folder
from services.directory.main import create_app
from services.directory.settings import Settings
from shared.db import Database
from tests.conftest import Databases
from tests.support.keys import Keys

TODAY = date(2026, 11, 22)
AT = datetime(2026, 11, 22, 9, tzinfo=UTC)


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """What the data files say."""
    return read_folder(DATA)


@pytest.fixture(scope="session")
def loaded(dbs: Databases, catalogue: Catalogue) -> Databases:
    """The databases, the directory's with the data in it."""
    asyncio.run(load(catalogue, dbs.owner("directory"), AT))
    return dbs


@pytest.fixture
async def app(loaded: Databases, keys: Keys) -> AsyncIterator[FastAPI]:
    """The service, started."""
    settings = Settings(port=1, trusted_keys=keys.trusted, database_url=loaded.app("directory"))
    made = create_app(settings)
    async with made.router.lifespan_context(made):
        yield made


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """The service, as its callers meet it."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://it") as made:
        yield made


@pytest.fixture
async def database(loaded: Databases) -> AsyncIterator[Database]:
    """The database, as the service reaches it."""
    made = Database(loaded.app("directory"), 2, "tests")
    await made.open()
    yield made
    await made.close()
