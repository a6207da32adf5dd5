"""The consent application over a real PostgreSQL, its directory a real server, its callers' tokens signed."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from shared.auth import Role
from tests.conftest import Databases
from tests.support.keys import Keys
from tests.support.town import MIDWIFERY, client_of, consent_app, directory
from tests.support.wire import person_in

Headers = dict[str, str]


@pytest.fixture(scope="session")
def directory_url() -> Iterator[str]:
    """Where the directory answers: a real server, so that the client and its mirror are tested along."""
    with directory() as server:
        yield server.url


@pytest.fixture
async def consent(dbs: Databases, keys: Keys, directory_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application."""
    async with client_of(consent_app(dbs, keys, directory_url)) as client:
        yield client


@pytest.fixture
def midwife(keys: Keys) -> Headers:
    """The midwives, who record consents."""
    return keys.party("consent", Role.REFER, Role.RECORD_CONSENT, unit=MIDWIFERY)


@pytest.fixture
def service(keys: Keys) -> Headers:
    """The referral service, which asks for decisions."""
    return keys.service("referral", "consent")


@pytest.fixture
async def subject(consent: httpx.AsyncClient, midwife: Headers) -> str:
    """A registered person of 21."""
    answer = await consent.post("/persons", json=person_in(), headers=midwife)
    assert answer.status_code == 201
    return str(answer.json()["id"])
