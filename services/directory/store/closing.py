"""Units that close."""

from datetime import date

import orjson

from services.directory.domain.document import record
from services.directory.domain.model import OfferId, Unit, UnitId
from shared import ledger
from shared.db import Connection
from shared.ledger import Entry

_CLOSE = "UPDATE unit SET said = $2::json, closed_because = $3 WHERE id = $1"
_OF = "SELECT DISTINCT offer FROM showing WHERE unit = $1 AND to_day > $2 ORDER BY offer"
_BASE = "UPDATE pulse SET base = base + 1 WHERE one"


async def close(connection: Connection, unit: Unit, reason: str, entry: Entry) -> None:
    """Write that a unit closes, and why, with its ledger entry."""
    said = orjson.dumps(record(unit), option=orjson.OPT_SORT_KEYS).decode()
    await connection.execute(_CLOSE, unit.id, said, reason)
    await ledger.append(connection, entry)


async def offers_of(connection: Connection, unit: UnitId, on: date) -> list[OfferId]:
    """Return the offers that are shown as the unit's on the day or on one after it."""
    return [row["offer"] for row in await connection.fetch(_OF, unit, on)]


async def units_changed(connection: Connection) -> None:
    """Tell every serving process that units are not as they were. Held to the commit: say it last."""
    await connection.execute(_BASE)
