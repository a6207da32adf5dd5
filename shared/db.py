"""The way to PostgreSQL: a pool, a transaction, and one word for "it is not there".

asyncpg is used directly: behind one endpoint it costs a third of what SQLAlchemy's layers cost
(docs/adr/0004). SQLAlchemy keeps the tables and their migrations.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Annotated, Any, NewType, TypeAlias

import asyncpg
import orjson
import structlog
from fastapi import Depends, Request

from shared.problems import Unavailable

log = structlog.get_logger()
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Transaction = NewType("Transaction", Connection)

_DOWN = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.QueryCanceledError,
    asyncpg.LockNotAvailableError,
    asyncpg.DeadlockDetectedError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InternalClientError,  # the driver lost its place: the server ended in the middle of an answer
)
_SESSION = {
    "statement_timeout": "5s",
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "10s",
    "timezone": "UTC",
    "jit": "off",
    # Statements are planned once a connection and not on each use: a decision costs PostgreSQL 40 % less.
    "plan_cache_mode": "force_generic_plan",
}


async def _keep(_connection: Connection) -> None:
    """Give a connection back as it is: no session state is ever set, so nothing needs resetting."""


async def teach_json(connection: Connection) -> None:
    """Have JSON columns read as Python values; text given for one is taken for JSON."""
    for kind in ("json", "jsonb"):
        await connection.set_type_codec(kind, schema="pg_catalog", encoder=_encode, decoder=orjson.loads, format="text")


def _encode(value: Any) -> str:  # noqa: ANN401 - JSON is any of its kinds
    return value if isinstance(value, str) else orjson.dumps(value).decode()


class Database:
    """A pool that may be opened before the server is there, and heals by itself."""

    def __init__(self, url: str, size: int, name: str) -> None:
        self._url = url
        self._size = size
        self._name = name
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None

    async def open(self) -> None:
        """Prepare the pool; connections are made when first needed."""
        self._pool = await asyncpg.create_pool(
            self._url,
            min_size=0,
            max_size=self._size,
            init=teach_json,
            reset=_keep,
            timeout=2,
            command_timeout=8,
            max_inactive_connection_lifetime=300,
            server_settings={**_SESSION, "application_name": self._name},
        )

    async def close(self) -> None:
        """Close every connection, waiting shortly for those in use."""
        if self._pool is not None:
            try:
                await asyncio.wait_for(self._pool.close(), timeout=3)
            except TimeoutError:
                self._pool.terminate()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Lend a connection; each statement on it is its own transaction.

        Raises:
            Unavailable: the database cannot be reached or has no time.
        """
        if self._pool is None:
            raise Unavailable("database")
        try:
            async with self._pool.acquire(timeout=3) as connection:
                yield connection  # type: ignore[misc]
        except _DOWN as error:
            log.warning("database_down", error=type(error).__qualname__)
            raise Unavailable("database") from error

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Lend a transaction; it is committed when the block ends, and undone if the block raises."""
        async with self.connection() as connection, connection.transaction():
            yield Transaction(connection)

    async def is_up(self) -> bool:
        """Say whether the database answers."""
        try:
            async with self.connection() as connection:
                return bool(await connection.fetchval("SELECT true"))
        except Unavailable:
            return False


async def _transaction(request: Request) -> AsyncIterator[Transaction]:
    database: Database = request.app.state.database
    async with database.transaction() as transaction:
        yield transaction


# One request, one transaction, committed before the response leaves: hence the scope.
InTransaction = Annotated[Transaction, Depends(_transaction, scope="function")]


async def undo(request: Request, error: Exception) -> None:
    """Undo what a request wrote, and give its connection back, before a note of its refusal is kept.

    Whoever holds one connection while they wait for another starves the pool when many are refused at once.
    """
    stack: AsyncExitStack | None = request.scope.get("fastapi_function_astack")
    if stack is not None:
        with suppress(type(error)):
            async with stack:
                raise error


async def database_of(request: Request) -> Database:
    """Return the database this service was wired with."""
    database: Database = request.app.state.database
    return database


TheDatabase = Annotated[Database, Depends(database_of)]
