"""The offers shown on a day, as documents, in steps; what narrows them is asked of the database."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from shared.db import Database

_STEP = 500
_OFFERS = """
SELECT s.offer, s.said::text AS said, o.version FROM showing s JOIN offer o ON o.id = s.offer
WHERE s.from_day <= $1 AND $1 < s.to_day AND s.offer > $2
  AND ($3::text IS NULL OR s.unit = $3) AND ($4::text[] IS NULL OR s.organisation = ANY ($4))
  AND ($8 OR NOT s.example) AND ($5::timestamptz IS NULL OR s.modified_at > $5)
  AND ($6::text[] IS NULL OR (s.said->>'nationwide') = 'true'
       OR (s.said->'municipalities')::jsonb ?| $6 OR (s.said->'regions')::jsonb ?| $6)
ORDER BY s.offer LIMIT $7
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which offers: shown on a day, of a unit or organisation, said after a moment, reaching one of the areas."""

    on: date
    unit: str | None = None
    organisations: frozenset[str] | None = None
    modified_after: datetime | None = None
    areas: frozenset[str] | None = None
    examples: bool = False


class Told(NamedTuple):
    """An offer's document as JSON text, and its newest version's number: what holds today may be an older one."""

    said: str
    version: int


async def documents(database: Database, wanted: Wanted) -> AsyncIterator[list[Told]]:
    """Yield the documents, in order of their offers' ids, some hundred at a time.

    No transaction is held while whoever reads takes its time.
    """
    after, areas = "", None if wanted.areas is None else sorted(wanted.areas)
    organisations = None if wanted.organisations is None else sorted(wanted.organisations)
    while True:
        async with database.connection() as connection:
            rows = await connection.fetch(
                _OFFERS,
                wanted.on,
                after,
                wanted.unit,
                organisations,
                wanted.modified_after,
                areas,
                _STEP,
                wanted.examples,
            )
        if rows:
            yield [Told(row["said"], row["version"]) for row in rows]
            after = rows[-1]["offer"]
        if len(rows) < _STEP:
            return
