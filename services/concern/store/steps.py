"""What a step changes of a report, and what the authority answers beside it."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from services.concern.domain.feedback import Feedback
from services.concern.domain.informing import Informer, Informing, WhyNot
from services.concern.store.reports import By, informing_of
from shared.db import Connection
from shared.ids import new_id

_CHANGED = frozenset(
    {
        "state", "assessed_at", "danger", "acute_measures", "running_measures", "acknowledged_at", "outcomes",
        "ended_at", "parents_answered", "parents_to_tell", "dialogue", "dialogue_at",
    }
)  # fmt: skip
_CHANGE = "UPDATE report SET version = version + 1{} WHERE id = $1 RETURNING *"
_ADD_FEEDBACK = """
INSERT INTO feedback (id, report, examination, mapping, measures, withheld, types, weeks, by_unit, by_user, at,
    ledger_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
"""
_TOOK_PART = "SELECT DISTINCT by_user FROM step WHERE report = $1 AND by_user IS NOT NULL"


async def change(connection: Connection, report: UUID, changes: Mapping[str, object]) -> Any:  # noqa: ANN401 - a database row
    """Change a report that is held, by the names of its columns; return it as it stands, one version on.

    Raises:
        KeyError: a column that no step changes.
    """
    if not changes.keys() <= _CHANGED:
        raise KeyError(*sorted(changes.keys() - _CHANGED))
    told = "".join(f", {name} = ${place}" for place, name in enumerate(changes, 2))
    return await connection.fetchrow(_CHANGE.format(told), report, *changes.values())


async def add_feedback(connection: Connection, report: UUID, told: Feedback, by: By) -> None:
    """Keep what the reporter is told, or why not; why more is told is words, and kept sealed elsewhere."""
    begun, more = told.begun, told.more
    await connection.execute(
        _ADD_FEEDBACK, new_id(), report, begun and begun.examination, begun and begun.mapping, begun and begun.measures,
        told.withheld, more and sorted(more.types), more and more.weeks, by.unit, by.user, by.at, by.ledger_id,
    )  # fmt: skip


async def informed_of(connection: Connection, report: UUID) -> Sequence[Informing]:
    """Return whether the parents were told, as the rules know it, oldest first."""
    return [
        Informing(Informer(row["by_party"]), row["informed_at"], row["why_not"] and WhyNot(row["why_not"]))
        for row in await informing_of(connection, report)
    ]


async def took_part(connection: Connection, report: UUID) -> frozenset[str]:
    """Return who has taken a step with the report."""
    return frozenset(row["by_user"] for row in await connection.fetch(_TOOK_PART, report))
