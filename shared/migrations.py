"""Bring a service's database to its newest shape: one Alembic history per service, run by its owner role."""

import asyncio
import re
from pathlib import Path

import sqlalchemy as sa
from alembic import command, context
from alembic.config import Config
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from shared import queue

# Everything a row of the ledger may meet is forbidden by grants; the trigger also stops the owner's slips.
APPEND_ONLY = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'this table is append-only'; END $$
"""

_STATEMENT = re.compile(r";\s*\n(?=\s*(?:CREATE|ALTER)\b)")


def config_for(package: Path, owner_url: str) -> Config:
    """Return Alembic's configuration for the history below `package`/migrations."""
    config = Config()
    config.set_main_option("script_location", str(package / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["owner_url"] = owner_url
    return config


def upgrade(package: Path, owner_url: str) -> None:
    """Run every migration that has not run yet."""
    command.upgrade(config_for(package, owner_url), "head")


def run(metadata: sa.MetaData) -> None:
    """Run what Alembic was asked to; called by each service's env.py."""

    def work(connection: Connection) -> None:
        connection.execute(sa.text("SET lock_timeout = '5s'"))
        context.configure(
            connection=connection, target_metadata=metadata, compare_type=True, compare_server_default=False
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()

    async def connect() -> None:
        url = make_url(context.config.attributes["owner_url"]).set(drivername="postgresql+asyncpg")
        engine = create_async_engine(url, poolclass=NullPool)
        try:
            async with engine.connect() as connection:
                await connection.run_sync(work)
        finally:
            await engine.dispose()

    asyncio.run(connect())


def append_only(*tables: str) -> list[str]:
    """Return the statements that make rows of `tables` unchangeable, by trigger."""
    return [
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        for table in tables
    ]


def grants(role: str, **rights: str) -> list[str]:
    """Return the statements that give the app role just `rights`: table -> privileges."""
    return [f"GRANT {privileges} ON {table} TO {role}" for table, privileges in rights.items()]


def queue_schema(role: str) -> list[str]:
    """Return the statements that make the queue (`shared.queue`): the app role may change rows, nothing else.

    The tables stand in a schema of their own: they are the library's, and change with it, by a migration.
    """
    made = _STATEMENT.split(queue.install_statement())
    return [
        f"CREATE SCHEMA {queue.SCHEMA}",
        *(each.replace(":", "\\:") for each in made),  # a colon would begin a parameter's name
        f"GRANT USAGE ON SCHEMA {queue.SCHEMA} TO {role}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {queue.SCHEMA} TO {role}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {queue.SCHEMA} TO {role}",
        f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {queue.SCHEMA} TO {role}",
    ]
