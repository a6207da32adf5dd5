"""What an auditor is told of reports: codes, clocks, who and when; the words are not even read."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.concern.domain.overdue import Watched
from shared.db import Connection

# When the parents' clock stopped: they were told, somebody said why not for good, or it was passed on. An answer that
# holds for now stops nothing; so the trace is in the answers themselves, and not only in who was told that it ran out.
_PARENTS_DONE = """coalesce(least(
    (SELECT min(coalesce(i.informed_at, i.at)) FROM informing i WHERE i.report = r.id
     AND (i.why_not IS NULL OR i.why_not NOT IN ('not_reached', 'left_to_authority'))),
    CASE WHEN r.state = 'passed_on' THEN r.ended_at END), $4)"""
# Not held: not done and run out by now, or done too late.
_MISSED = {
    Watched.ASSESS: "coalesce(r.assessed_at, $4) >= r.assess_by",
    Watched.ACKNOWLEDGE: "coalesce(r.acknowledged_at, $4) >= r.acknowledge_by",
    Watched.PARENTS: f"((r.parents_to_tell AND $4 >= r.inform_by) OR (NOT r.parents_to_tell AND {_PARENTS_DONE} "
    ">= r.inform_by) OR EXISTS (SELECT FROM escalation e WHERE e.report = r.id AND e.clock = 'parents'))",
}
_WAITS = {
    Watched.ASSESS: "r.assessed_at IS NULL",
    Watched.ACKNOWLEDGE: "r.acknowledged_at IS NULL",
    Watched.PARENTS: "r.parents_to_tell",
}
_WHERE = """
WHERE ($1::text IS NULL OR r.municipality = $1) AND ($2::timestamptz IS NULL OR r.received_at >= $2)
    AND ($3::timestamptz IS NULL OR r.received_at < $3) AND $4::timestamptz IS NOT NULL
"""
_REPORTS = f"""
SELECT r.id, r.came_from, r.municipality, r.basis, r.missing, r.unit, r.reporter_kind, r.ground, r.provision, r.subject,
    r.form, r.anonymous, r.reporter_unit, CASE WHEN r.reporter_unit IS NOT NULL THEN r.reporter_user END AS reporter,
    r.state, r.received_at, r.assess_by, r.acknowledge_by, r.inform_by, r.assessed_at, r.acknowledged_at, r.danger,
    r.acute_measures, r.running_measures, r.outcomes, r.ended_at, r.parents_to_tell, r.dialogue, r.dialogue_at,
    r.ledger_id, l.seq AS place, {", ".join(f"{missed} AS missed_{clock}" for clock, missed in _MISSED.items())},
    (SELECT jsonb_object_agg(e.clock, jsonb_build_array(e.to_user, e.at)) FROM escalation e WHERE e.report = r.id)
        AS told,
    (SELECT jsonb_agg(jsonb_build_object('step', s.step, 'at', s.at, 'unit', s.by_unit,
                                         'user', CASE WHEN s.by_unit IS NOT NULL THEN s.by_user END) ORDER BY s.id)
     FROM step s WHERE s.report = r.id) AS steps,
    (SELECT jsonb_agg(jsonb_build_object('by', i.by_party, 'informed_at', i.informed_at, 'why_not', i.why_not,
                                         'at', i.at) ORDER BY i.id)
     FROM informing i WHERE i.report = r.id) AS informing
FROM report r LEFT JOIN ledger_leaf l ON l.entry_id = r.ledger_id
{_WHERE} AND (NOT $5::boolean OR {" OR ".join(_MISSED.values())}) AND r.id > $6
ORDER BY r.id LIMIT $7
"""  # noqa: S608 - our own words
_RECEIVED = f"SELECT reporter_kind, ground, count(*) AS reports FROM report r {_WHERE} GROUP BY 1, 2 ORDER BY 1, 2"  # noqa: S608 - our own words
_CLOCKS = ", ".join(
    f"count(*) FILTER (WHERE {missed}) AS missed_{clock}, "
    f"count(*) FILTER (WHERE NOT ({missed}) AND {_WAITS[clock]}) AS running_{clock}, "
    f"count(*) FILTER (WHERE NOT ({missed}) AND NOT ({_WAITS[clock]})) AS held_{clock}"
    for clock, missed in _MISSED.items()
)
_FIGURES = f"""
SELECT count(*) AS reports, count(*) FILTER (WHERE r.came_from IS NOT NULL) AS passed_here,
    count(*) FILTER (WHERE r.state = 'passed_on') AS passed_on,
    {_CLOCKS},
    percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM r.assessed_at - r.received_at)::float8 / 3600)
        FILTER (WHERE r.assessed_at IS NOT NULL) AS median_hours,
    count(*) FILTER (WHERE f.id IS NOT NULL AND f.withheld IS NULL) AS given,
    count(*) FILTER (WHERE f.withheld IS NOT NULL) AS withheld,
    count(*) FILTER (WHERE f.id IS NULL AND r.state = 'closed' AND r.reporter_kind = ANY($5)) AS outstanding,
    (SELECT count(*) FROM escalation e JOIN report r ON r.id = e.report {_WHERE}) AS told
FROM report r LEFT JOIN LATERAL (SELECT * FROM feedback WHERE report = r.id ORDER BY id DESC LIMIT 1) f ON true
{_WHERE}
"""  # noqa: S608 - our own words
_PARENTS = f"""
SELECT CASE WHEN told.informed THEN 'informed' ELSE coalesce(told.last, 'unanswered') END AS parents,
    count(*) AS reports
FROM report r CROSS JOIN LATERAL (
    SELECT coalesce(bool_or(informed_at IS NOT NULL), false) AS informed,
        (array_agg(why_not ORDER BY id DESC))[1] AS last FROM informing WHERE report = r.id
) told
{_WHERE} GROUP BY 1 ORDER BY 1
"""  # noqa: S608 - our own words


@dataclass(frozen=True, slots=True)
class Period:
    """Which reports are asked about: of which municipality and received when; None: whichever. `at`: the present."""

    municipality: str | None
    since: datetime | None
    before: datetime | None
    at: datetime


async def listed(connection: Connection, period: Period, after: UUID, most: int, *, late: bool) -> list[Any]:
    """Return a page of reports, oldest first; `late`: only those with a clock that was not held."""
    rows: list[Any] = await connection.fetch(_REPORTS, *_asked(period), late, after, most)
    return rows


async def received(connection: Connection, period: Period) -> list[Any]:
    """Return how many were received: rows of reporter_kind, ground and reports."""
    rows: list[Any] = await connection.fetch(_RECEIVED, *_asked(period))
    return rows


async def figures(connection: Connection, period: Period, owed: list[str]) -> Any:  # noqa: ANN401 - a database row
    """Return the counts of clocks, feedback and escalations in one row; `owed`: kinds of reporter that must be told."""
    return await connection.fetchrow(_FIGURES, *_asked(period), owed)


async def parents(connection: Connection, period: Period) -> dict[str, int]:
    """Return of how many reports the parents were told, or the last word why not."""
    return {row["parents"]: row["reports"] for row in await connection.fetch(_PARENTS, *_asked(period))}


def _asked(period: Period) -> tuple[object, ...]:
    return period.municipality, period.since, period.before, period.at
