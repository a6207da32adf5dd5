"""What must hold of any service's database and errors, for each service's own tests to assert."""

import asyncio
from pathlib import Path
from types import ModuleType

import asyncpg
from alembic import command
from fastapi import FastAPI

from shared.migrations import config_for
from tests.conftest import Databases

LEDGER = ("ledger_entry", "ledger_leaf", "ledger_checkpoint")
CHANGES = ("UPDATE {0} SET {1} = {1}", "DELETE FROM {0}", "TRUNCATE {0} CASCADE")


async def refusals(url: str, tables: tuple[str, ...]) -> dict[tuple[str, str], str]:
    """Return, for each table and way to change or remove rows, the error that PostgreSQL answers."""
    connection = await asyncpg.connect(url)
    found = {}
    for table in tables:
        column = await connection.fetchval(
            "SELECT column_name FROM information_schema.columns WHERE table_name = $1 AND is_identity = 'NO' "
            "ORDER BY ordinal_position LIMIT 1",
            table,
        )
        for change in CHANGES:
            try:
                await connection.execute(change.format(table, column or "id"))
                found[table, change.split()[0]] = "nothing"
            except asyncpg.PostgresError as error:
                found[table, change.split()[0]] = type(error).__name__
    await connection.close()
    return found


async def assert_matches_its_tables(package: Path, dbs: Databases, service: str) -> None:
    """Assert that the migrated database is what the tables say: `alembic check`."""
    await asyncio.to_thread(command.check, config_for(package, dbs.owner(service)))


def every_error(module: ModuleType, base: type[Exception]) -> set[type[Exception]]:
    """Return every error of a domain, in whatever module of it, those below others too.

    What only others are made of begins with `_` or ends with `Error`.
    """
    domain = module.__name__.rpartition(".")[0]
    found: set[type[Exception]] = set()
    left = base.__subclasses__()
    while left:
        kind = left.pop()
        made_of = kind.__name__.startswith("_") or kind.__name__.endswith("Error")
        if kind.__module__.startswith(f"{domain}.") and not made_of:
            found.add(kind)
        left += kind.__subclasses__()
    return found


def handled(app: FastAPI) -> set[type[Exception]]:
    """Return the errors an application knows how to tell."""
    return {kind for kind in app.exception_handlers if isinstance(kind, type)}
