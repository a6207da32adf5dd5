"""A directory of its own for those who change it: a few units, no offers yet, and people of every kind."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from deploy import databases
from services.directory.domain.codes import OrganisationKind, UnitKind
from services.directory.domain.model import (
    Catalogue,
    MunicipalityCode,
    Organisation,
    OrganisationId,
    Source,
    Unit,
    UnitId,
)
from services.directory.load import load
from services.directory.main import create_app
from services.directory.settings import Settings
from shared import clock
from shared.auth import Role
from shared.clock import danish_date, now
from shared.migrations import upgrade
from shared.vocabulary import Sector
from tests.conftest import PASSWORD, SERVICES_DIR, Databases
from tests.support.keys import Keys
from tests.support.town import client_of

DATABASE = "directory_edited"
HERE, NEXT_DOOR, ALONE = (OrganisationId(f"proeve-{name}") for name in ("kommune", "naboby", "alene"))
A, B, C, NEIGHBOUR, ONLY, CLOSED, MOVED = (
    UnitId(f"proeve-{name}") for name in ("a", "b", "c", "nabo", "ene", "lukket", "flyttet")
)
CLOSED_ON = date(2026, 2, 1)
HELSINGOER = MunicipalityCode("0217")
DAY = timedelta(days=1)
Headers = Mapping[str, str]
_NUMBERS = count(1)
_SOURCE = (Source("000", "1"),)


def _organisation(number: OrganisationId) -> Organisation:
    return Organisation(number, number.title(), OrganisationKind.VOLUNTARY, None, None, example=False, source=_SOURCE)


def unit(number: UnitId, of: OrganisationId = HERE, **changes: Any) -> Unit:
    """Return a unit of an organisation."""
    made = Unit(
        number, number.title(), (), of, UnitKind.VOLUNTARY, Sector.CIVIL_SOCIETY, HELSINGOER, None, example=False,
        source=_SOURCE,
    )  # fmt: skip
    return replace(made, **changes)


UNITS = (
    unit(A), unit(B), unit(C), unit(NEIGHBOUR, NEXT_DOOR), unit(ONLY, ALONE),
    unit(CLOSED, valid_to=CLOSED_ON), unit(MOVED, valid_to=CLOSED_ON, successor=A),
)  # fmt: skip


def peopled(catalogue: Catalogue) -> Catalogue:
    """Return the places and provisions of a catalogue with the units of this world, and no offers."""
    organisations = {each: _organisation(each) for each in (HERE, NEXT_DOOR, ALONE)}
    return replace(
        catalogue, organisations=catalogue.organisations | organisations,
        units=catalogue.units | {each.id: each for each in UNITS}, offers={},
    )  # fmt: skip


@dataclass
class World:
    """The service, those who call it, and the time it is there."""

    app: FastAPI
    client: httpx.AsyncClient
    keys: Keys
    catalogue: Catalogue
    app_url: str
    owner_url: str
    admin_url: str
    at: datetime = field(default_factory=now)

    @property
    def today(self) -> date:
        """The Danish day."""
        return danish_date(self.at)

    def after(self, days: int) -> date:
        """Return the day so many days from today."""
        return self.today + days * DAY

    def by(self, unit: str | None = A, *roles: Role, user: str = "user-1") -> Headers:
        """Return the header of somebody of a unit; who edits its own unit's offers, if nothing else is said."""
        return self.keys.party("directory", *(roles or (Role.EDIT_OFFERS,)), unit=unit, user=user)

    def editor(self, unit: str = B) -> Headers:
        """Return the header of an editor of a unit's whole organisation."""
        return self.by(unit, Role.EDIT_ORGANISATION, user="editor-1")

    def said(self, **changes: Any) -> dict[str, Any]:
        """Return a new offer's document, right in everything."""
        return {
            "name": f"Prøve nummer {next(_NUMBERS)}",
            "unit": A,
            "summary": "Et tilbud til prøve.",
            "municipalities": [HELSINGOER],
            "themes": ["network"],
            "access": ["open"],
        } | changes

    async def make(self, **changes: Any) -> str:
        """Keep a new offer, by an editor of its unit's organisation; return its id."""
        said = self.said(**changes)
        answer = await self.client.post("/offers", json={"offer": said}, headers=self.editor(said["unit"]))
        assert answer.status_code == 201, answer.text
        number: str = answer.json()["id"]
        return number

    async def document(self, number: str, **asked: Any) -> tuple[dict[str, Any], str]:
        """Return an offer's document, and the tag a change of it goes with."""
        answer = await self.client.get(f"/offers/{number}/document", params=asked)
        assert answer.status_code == 200, answer.text
        return answer.json(), answer.headers["ETag"]

    async def tag(self, number: str) -> dict[str, str]:
        """Return the header a change goes with."""
        return {"If-Match": (await self.document(number))[1]}

    async def send(self, method: str, path: str, body: Any, by: Headers, **headers: str) -> httpx.Response:
        """Send a change of an offer by its newest version; `path` begins with the offer's id."""
        held = {"If-Match": headers.pop("If-Match", None) or (await self.document(path.partition("/")[0]))[1]}
        return await self.client.request(method, f"/offers/{path}", json=body, headers={**by, **held, **headers})

    async def change(self, number: str, by: Headers | None = None, **changes: Any) -> httpx.Response:
        """Change what an offer says, today or from `holds_from` on."""
        day = changes.pop("holds_from", None)
        said = (await self.document(number))[0] | changes
        body = {"offer": said} | ({} if day is None else {"holds_from": str(day)})
        return await self.send("PUT", number, body, self.by() if by is None else by)

    async def shown(self, number: str, **asked: Any) -> dict[str, Any]:
        """Return an offer as it is shown."""
        answer = await self.client.get(f"/offers/{number}", params={key: str(value) for key, value in asked.items()})
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def versions(self, number: str) -> list[dict[str, Any]]:
        """Return what each version of an offer was."""
        told: list[dict[str, Any]] = (await self.client.get(f"/offers/{number}/versions")).json()["versions"]
        return told

    async def found(self, **asked: Any) -> list[dict[str, Any]]:
        """Return the offers of one of this world's organisations that a search finds, in its order."""
        told: list[dict[str, Any]] = []
        body = {"organisation": HERE, "limit": 200} | asked
        while True:
            answer = await self.client.post("/offers/search", json=body)
            assert answer.status_code == 200, answer.text
            page = answer.json()
            told += page["offers"]
            if page["next"] is None:
                return told
            body = body | {"after": page["next"]}

    async def caught_up(self) -> None:
        """Wait until the index has been built anew, if it is being built."""
        building = self.app.state.finder._building
        if building is not None:
            await building


@pytest.fixture(scope="session")
def edited(dbs: Databases, catalogue: Catalogue) -> Databases:
    """The test server, with a directory of its own for those who change it."""
    roles = [role for service in databases.SERVICES for role in databases.roles(service)]
    databases.prepare(dbs.server.url(), dict.fromkeys(roles, PASSWORD), {"directory": DATABASE})
    owner_url = dbs.server.url(DATABASE, databases.owner("directory"), PASSWORD)
    upgrade(SERVICES_DIR / "directory", owner_url)
    asyncio.run(load(peopled(catalogue), owner_url, now()))
    return dbs


@pytest.fixture(name="world")
async def the_world(edited: Databases, keys: Keys, catalogue: Catalogue) -> AsyncIterator[World]:
    """The service on that directory; its clock stands still until somebody moves it."""
    app_url, owner_url = (
        edited.server.url(DATABASE, role("directory"), PASSWORD) for role in (databases.app, databases.owner)
    )
    app = create_app(Settings(port=1, trusted_keys=keys.trusted, database_url=SecretStr(app_url)))
    async with client_of(app) as client:
        admin_url = edited.server.url(DATABASE)
        made = World(app, client, keys, peopled(catalogue), app_url, owner_url, admin_url)

        def at() -> datetime:
            return made.at

        app.dependency_overrides[clock._now] = at
        yield made
