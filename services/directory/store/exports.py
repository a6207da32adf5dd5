"""The offers shown on a day, as documents, in steps; what narrows them is asked of the database."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime

from shared.db import Database

_STEP = 500
_OFFERS = """
SELECT s.offer, s.said::text AS said FROM showing s
WHERE s.from_day <= $1 AND $1 < s.to_day AND s.offer > $2
  AND ($3::text IS NULL OR s.unit = $3) AND ($4::text IS NULL OR s.organisation = $4)
  AND ($5::timestamptz IS NULL OR s.modified_at > $5)
  AND ($6::text[] IS NULL OR (s.said->>'nationwide') = 'true'
       OR (s.said->'municipalities')::jsonb ?| $6 OR (s.said->'regions')::jsonb ?| $6)
ORDER BY s.offer LIMIT $7
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which offers: shown on a day, of a unit or organisation, said after a moment, reaching one of the areas."""

    on: date
    unit: str | None = None
    organisation: str | None = None
    modified_after: datetime | None = None
    areas: frozenset[str] | None = None


async def documents(database: Database, wanted: Wanted) -> AsyncIterator[list[str]]:
    """Yield the documents as JSON texts, in order of their ids, some hundred at a time.

    No transaction is held while whoever reads takes its time.
    """
    after, areas = "", None if wanted.areas is None else sorted(wanted.areas)
    while True:
        async with database.connection() as connection:
            rows = await connection.fetch(
                _OFFERS, wanted.on, after, wanted.unit, wanted.organisation, wanted.modified_after, areas, _STEP
            )
        if rows:
            yield [row["said"] for row in rows]
            after = rows[-1]["offer"]
        if len(rows) < _STEP:
            return
