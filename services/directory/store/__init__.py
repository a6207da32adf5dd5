"""SQL to answers; no rules."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from services.directory.domain.search import Search
from services.directory.store.query import statement
from shared.db import Connection

_IN_FORCE = "{0}.valid_from <= $1 AND ({0}.valid_to IS NULL OR $1 < {0}.valid_to)"
_UNITS = f"""
SELECT u.id, u.name, u.aliases, u.organisation, o.name AS organisation_name, u.kind, u.sector, u.municipality,
       r.code AS region, u.example, u.source
FROM unit u JOIN organisation o ON o.id = u.organisation
LEFT JOIN membership m ON m.area = coalesce(u.municipality, u.region) AND {_IN_FORCE.format("m")}
LEFT JOIN region r ON r.code = m.region
WHERE $2::text IS NULL OR u.id = $2
ORDER BY u.sort_name, u.id
"""  # noqa: S608 - our own names
_MUNICIPALITIES = f"""
SELECT p.code, p.name, r.code AS region, r.name AS region_name
FROM municipality p
JOIN membership m ON m.area = p.code AND {_IN_FORCE.format("m")}
JOIN region r ON r.code = m.region
WHERE {_IN_FORCE.format("p")}
ORDER BY p.sort_name, p.code
"""  # noqa: S608 - our own names
_REGIONS = f"""
SELECT r.code, r.name, r.valid_from, r.valid_to, r.successor FROM region r
WHERE {_IN_FORCE.format("r")} ORDER BY r.sort_name, r.code
"""  # noqa: S608 - our own names
_ORGANISATIONS = "SELECT coalesce(json_agg(shown ORDER BY sort_name, id), '[]')::text FROM organisation"


async def search(connection: Connection, asked: Search, today: date) -> Sequence[Any]:
    """Return the page's rows; the first has the total even where no offer is found."""
    sql, values = statement(asked, today)
    rows: Sequence[Any] = await connection.fetch(sql, *values)
    return rows


async def offer(connection: Connection, number: str) -> str | None:
    """Return an offer's JSON, if there is one, ended or not."""
    shown: str | None = await connection.fetchval("SELECT shown::text FROM offer WHERE id = $1", number)
    return shown


async def units(connection: Connection, on: date, number: str | None = None) -> list[dict[str, Any]]:
    """Return every unit, or just one, each with the region it lies in on that day."""
    return [dict(row) for row in await connection.fetch(_UNITS, on, number)]


async def municipalities(connection: Connection, on: date) -> list[dict[str, Any]]:
    """Return the municipalities there are on that day, each with its region."""
    return [
        {"code": row["code"], "name": row["name"], "region": {"code": row["region"], "name": row["region_name"]}}
        for row in await connection.fetch(_MUNICIPALITIES, on)
    ]


async def regions(connection: Connection, on: date) -> list[dict[str, Any]]:
    """Return the regions there are on that day."""
    return [dict(row) for row in await connection.fetch(_REGIONS, on)]


async def organisations(connection: Connection) -> str:
    """Return every organisation as one JSON list."""
    shown: str = await connection.fetchval(_ORGANISATIONS)
    return shown
