"""A copy of the loaded directory, for a test that changes it; and an owner's word as the API would keep it."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import asyncpg
import httpx
from fastapi import FastAPI

from deploy import databases
from services.directory.domain.model import Catalogue, Offer
from services.directory.domain.versions import ALWAYS, Confirmation, Kind
from services.directory.main import create_app
from services.directory.settings import Settings
from services.directory.store import versions
from services.directory.store.versions import NewVersion
from shared.db import Connection, teach_json
from shared.ids import new_id
from shared.ledger import Actor
from tests.conftest import PASSWORD, Databases
from tests.directory.conftest import AT, TODAY
from tests.support.keys import Keys


@dataclass(frozen=True, slots=True)
class Copy:
    """A database of a test's own: its addresses by role."""

    name: str
    app: str
    owner: str
    admin: str

    async def rows(self, statement: str, *values: object) -> list[dict[str, Any]]:
        """Return what a statement finds, as the superuser."""
        connection: Connection = await asyncpg.connect(self.admin)
        try:
            await teach_json(connection)
            return [dict(row) for row in await connection.fetch(statement, *values)]
        finally:
            await connection.close()


@contextmanager
def copied(dbs: Databases, name: str) -> Iterator[Copy]:
    """Lend a copy of the directory's database as it is now."""
    asyncio.run(_admin(dbs, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
    owner = databases.owner("directory")
    asyncio.run(_admin(dbs, f'CREATE DATABASE "{name}" TEMPLATE directory OWNER "{owner}"'))
    url, app = dbs.server.url, databases.app("directory")
    yield Copy(name, url(name, app, PASSWORD), url(name, owner, PASSWORD), url(name))
    asyncio.run(_admin(dbs, f'DROP DATABASE "{name}" WITH (FORCE)'))


async def _admin(dbs: Databases, statement: str) -> None:
    connection = await asyncpg.connect(dbs.server.url())
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@asynccontextmanager
async def serving(copy: Copy, keys: Keys) -> AsyncIterator[tuple[FastAPI, httpx.AsyncClient]]:
    """Start the service on the copy."""
    made = create_app(Settings(port=1, trusted_keys=keys.trusted, database_url=copy.app))
    reached = httpx.AsyncClient(transport=httpx.ASGITransport(app=made), base_url="http://it")
    async with made.router.lifespan_context(made), reached as client:
        yield made, client


async def say(
    copy: Copy, catalogue: Catalogue, said: Sequence[Offer], *, holds_from: date = TODAY, at: datetime = AT,
    confirms: bool = False,
) -> None:  # fmt: skip
    """Keep an owner's word on each of the offers, in one transaction: new ones too."""
    connection: Connection = await asyncpg.connect(copy.app)
    try:
        await teach_json(connection)
        async with connection.transaction():
            heads = await versions.heads(connection, [one.id for one in said], for_change=True)
            new = []
            for one in said:
                head = heads.get(one.id)
                kind = Kind.CREATED if head is None else Kind.CONFIRMED if confirms else Kind.CHANGED
                new.append(
                    NewVersion(
                        1 if head is None else head.version + 1, kind, one, ALWAYS if head is None else holds_from, at,
                        Actor(one.unit, "somebody"), "en grund", str(new_id()), Confirmation(TODAY, one.unit),
                    )
                )  # fmt: skip
            await versions.add(connection, new, replace(catalogue, offers={}))
    finally:
        await connection.close()
