"""The concern application over a real PostgreSQL, its directory a real server, its callers' tokens signed."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from shared.auth import Role
from tests.concern.office import Office
from tests.conftest import Databases
from tests.support.keys import Keys
from tests.support.town import DAYCARE, NORTH_AUTHORITY, SOUTH_AUTHORITY, client_of, concern_app, directory

Headers = dict[str, str]


@pytest.fixture(scope="session")
def directory_url() -> Iterator[str]:
    """Where the directory answers: a real server, so that the client and its mirror are tested along."""
    with directory() as server:
        yield server.url


@pytest.fixture
async def concern(dbs: Databases, keys: Keys, directory_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application."""
    async with client_of(concern_app(dbs, keys, directory_url)) as client:
        yield client


@pytest.fixture
def daycare(keys: Keys) -> Headers:
    """The daycare in the north, who reports (BL § 133)."""
    return keys.party("concern", Role.REPORT, unit=DAYCARE, user="pedagogue-1")


@pytest.fixture
def reception(keys: Keys) -> Headers:
    """The northern authority's reception of reports."""
    return keys.party("concern", Role.RECEIVE_REPORTS, unit=NORTH_AUTHORITY, user="adviser-1")


@pytest.fixture
def elsewhere(keys: Keys) -> Headers:
    """The southern authority's reception of reports."""
    return keys.party("concern", Role.RECEIVE_REPORTS, unit=SOUTH_AUTHORITY, user="adviser-2")


@pytest.fixture
def leader(keys: Keys) -> Headers:
    """The leader at the northern authority."""
    return keys.party("concern", Role.LEAD, unit=NORTH_AUTHORITY, user="leader-1")


@pytest.fixture
async def office(dbs: Databases, keys: Keys, directory_url: str) -> AsyncIterator[Office]:
    """The authority's office, with the application's clock in hand."""
    app = concern_app(dbs, keys, directory_url)
    async with client_of(app) as client:
        yield Office(client, app, dbs, keys)
