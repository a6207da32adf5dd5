"""The units the directory last told of, kept in the service's own database: public knowledge, one row."""

from collections.abc import Mapping
from datetime import datetime

from shared.contracts import UnitOut
from shared.db import Connection

_KEEP = """
INSERT INTO known_units (one, told, at) VALUES (true, $1::jsonb, $2)
ON CONFLICT (one) DO UPDATE SET told = excluded.told, at = excluded.at
WHERE known_units.told <> excluded.told
"""
_LAST = "SELECT told FROM known_units"


async def keep(connection: Connection, units: Mapping[str, UnitOut], at: datetime) -> None:
    """Keep what was told at that moment; the last one holds, whatever becomes of the clock."""
    await connection.execute(_KEEP, [each.model_dump(mode="json") for each in units.values()], at)


async def last(connection: Connection) -> dict[str, UnitOut]:
    """Return the units by id; none, if nothing was ever kept."""
    told = await connection.fetchval(_LAST)
    return {each["id"]: UnitOut.model_validate(each) for each in told or []}
