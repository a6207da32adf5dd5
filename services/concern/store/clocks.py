"""What has run out, found by the indices of what is not done yet; and who was told of it, once each."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.concern.domain.clocks import Done, Due
from services.concern.domain.overdue import Watch, Watched
from shared.db import Connection

# What each clock waits for: the words of the partial indices of `report`.
WAITING = {
    Watched.ASSESS: ("assess_by", "assessed_at IS NULL"),
    Watched.ACKNOWLEDGE: ("acknowledge_by", "acknowledged_at IS NULL"),
    Watched.PARENTS: ("inform_by", "parents_to_tell"),
}
_UNTOLD = " UNION ALL ".join(
    f"(SELECT id, '{clock}' AS clock FROM report WHERE {waits} AND {by} <= $1 "  # noqa: S608 - our own words
    f"AND NOT EXISTS (SELECT FROM escalation e WHERE e.report = report.id AND e.clock = '{clock}') "
    f"ORDER BY {by}, id LIMIT $2)"
    for clock, (by, waits) in WAITING.items()
)
_LATE = " OR ".join(f"({waits} AND {by} <= $2)" for by, waits in WAITING.values())
_OVERDUE = f"""
SELECT r.*, (SELECT jsonb_object_agg(e.clock, jsonb_build_array(e.to_user, e.at)) FROM escalation e
             WHERE e.report = r.id) AS told
FROM report r
WHERE municipality = $1 AND ({_LATE}) AND id > $3
    AND ($4::text IS NULL OR EXISTS (SELECT FROM escalation e WHERE e.report = r.id AND e.to_user = $4))
ORDER BY id LIMIT $5
"""  # noqa: S608 - our own words
_COUNTED = "SELECT {} FROM report WHERE municipality = $1".format(  # noqa: S608 - our own words
    ", ".join(f"count(*) FILTER (WHERE {waits} AND {by} <= $2) AS {clock}" for clock, (by, waits) in WAITING.items())
)
_ONCE = """
INSERT INTO escalation (report, clock, to_user, at, ledger_id) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class RunOut:
    """A clock that has run out, of which nobody has been told."""

    report: UUID
    clock: Watched


def watch(row: Any) -> Watch:  # noqa: ANN401 - a database row
    """Return a report's clocks as the rules know them."""
    return Watch(
        Due(row["assess_by"], row["acknowledge_by"]), Done(row["assessed_at"], row["acknowledged_at"]),
        row["inform_by"], row["parents_to_tell"],
    )  # fmt: skip


async def untold(connection: Connection, at: datetime, most: int) -> list[RunOut]:
    """Return what has run out by that moment and nobody was told of: of each clock the `most` that waited longest."""
    return [RunOut(row["id"], Watched(row["clock"])) for row in await connection.fetch(_UNTOLD, at, most)]


async def tell_once(
    connection: Connection, report: UUID, clock: Watched, to: str, at: datetime, ledger_id: UUID
) -> bool:
    """Keep who is told of a clock that has run out; say whether nobody was before."""
    done = await connection.execute(_ONCE, report, clock.value, to, at, ledger_id)
    return done == "INSERT 0 1"


async def overdue(
    connection: Connection, municipality: str, at: datetime, told: str | None, after: UUID, most: int
) -> list[Any]:
    """Return a page of a municipality's reports with a clock that has run out by then, oldest first.

    Each with `told`: clock -> who and when; or None. `told`, where given: only what that person was told of.
    """
    rows: list[Any] = await connection.fetch(_OVERDUE, municipality, at, after, told, most)
    return rows


async def counted(connection: Connection, municipality: str, at: datetime) -> dict[Watched, int]:
    """Return how many of a municipality's reports each clock has run out for by that moment."""
    row = await connection.fetchrow(_COUNTED, municipality, at)
    return {clock: 0 if row is None else row[clock.value] for clock in Watched}
