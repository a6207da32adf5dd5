"""Make each service's database with its roles: an owner migrates, an app role serves, a sealer seals the ledger."""

import asyncio
from collections.abc import Mapping, Sequence

import asyncpg

SERVICES: Sequence[str] = ("directory", "consent", "referral", "concern")
WITH_LEDGER: Sequence[str] = ("directory", "consent", "referral", "concern")
_CONNECTIONS = 40


def owner(service: str) -> str:
    """Return the name of the role that owns the tables and runs migrations."""
    return f"{service}_owner"


def app(service: str) -> str:
    """Return the name of the role the service runs as."""
    return f"{service}_app"


def sealer(service: str) -> str:
    """Return the name of the role that alone may write leaves and checkpoints."""
    return f"{service}_sealer"


def roles(service: str) -> list[str]:
    """Return every role of a service's database."""
    return [owner(service), app(service), *([sealer(service)] if service in WITH_LEDGER else [])]


def address_name(service: str, role: str) -> str:
    """Return the name of the setting, or secret file, that holds a role's address."""
    return f"{service}_database_url" if role == app(service) else f"{role}_database_url"


def prepare(admin_url: str, passwords: Mapping[str, str], databases: Mapping[str, str] | None = None) -> None:
    """Make or repair roles and databases; safe to run again.

    Args:
        admin_url: a superuser's address.
        passwords: role -> password, for each role of each service.
        databases: service -> database name, where it differs from the service's own name.
    """
    asyncio.run(_prepare(admin_url, passwords, databases or {}))


async def _prepare(admin_url: str, passwords: Mapping[str, str], databases: Mapping[str, str]) -> None:
    admin = await asyncpg.connect(admin_url)
    try:
        for service in SERVICES:
            database = databases.get(service, service)
            for role in roles(service):
                await _role(admin, role, passwords[role])
            if not await admin.fetchval("SELECT true FROM pg_database WHERE datname = $1", database):
                await admin.execute(f"CREATE DATABASE {_name(database)} OWNER {_name(owner(service))}")
            await admin.execute(f"REVOKE ALL ON DATABASE {_name(database)} FROM PUBLIC")
            for role in roles(service)[1:]:
                await admin.execute(f"GRANT CONNECT ON DATABASE {_name(database)} TO {_name(role)}")
    finally:
        await admin.close()
    for service in SERVICES:
        await _extend(_elsewhere(admin_url, databases.get(service, service)), service)


async def _extend(url: str, service: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for extension in ("pg_trgm", "unaccent") if service == "directory" else ():
            await connection.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}")
        await connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
        for role in roles(service)[1:]:
            await connection.execute(f"GRANT USAGE ON SCHEMA public TO {_name(role)}")
        await connection.execute(f"GRANT USAGE, CREATE ON SCHEMA public TO {_name(owner(service))}")
    finally:
        await connection.close()


async def _role(admin: "asyncpg.Connection[asyncpg.Record]", role: str, password: str) -> None:
    exists = await admin.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", role)
    verb = "ALTER" if exists else "CREATE"
    secret = await admin.fetchval("SELECT quote_literal($1)", password)
    await admin.execute(
        f"{verb} ROLE {_name(role)} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS "
        f"CONNECTION LIMIT {_CONNECTIONS} PASSWORD {secret}"
    )


def _elsewhere(url: str, database: str) -> str:
    return f"{url.rsplit('/', 1)[0]}/{database}"


def _name(given: str) -> str:
    """Return a name fit for SQL; ours are plain words."""
    if not given.replace("_", "").isalnum():
        msg = "a role or database name is a plain word"
        raise ValueError(msg)
    return f'"{given}"'
