"""Runs, the places in them, who waits for one, and whom each round invited."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.referral.domain.model import ReferralId, TaskId, UnitId
from services.referral.domain.runs import HOLDS_A_PLACE, Form, Ground, Recommendation, Run, Waiting
from shared.db import Connection, Transaction
from shared.problems import StaleVersion

_RUN = "id, unit, offer, starts_on, places, version, closed_at"
_HOLDS = ", ".join(f"'{state}'" for state in sorted(HOLDS_A_PLACE))
_TAKEN = f"SELECT count(*) FROM task t WHERE t.run = $1 AND t.state IN ({_HOLDS}) AND t.id IS DISTINCT FROM $2"  # noqa: S608 - our own states
_OF_UNIT = f"""
SELECT {_RUN},
    (SELECT count(*) FROM task t WHERE t.run = run.id AND t.state IN ({_HOLDS})) AS taken
FROM run WHERE unit = $1 AND id > $2 AND ($4::text IS NULL OR offer = $4) AND (NOT $5 OR closed_at IS NULL)
ORDER BY id LIMIT $3
"""  # noqa: S608 - our own words
_CHANGE = """
UPDATE run SET starts_on = $3, places = $4, closed_at = $5, version = version + 1
WHERE id = $1 AND version = $2 RETURNING version
"""
_ENTRY = """w.task_id, t.referral_id, w.offer, w.run, w.recommendation, w.form, w.ground, w.since, w.at, w.by_user"""
# Who waits for the run, or for any run of its offer; who waited for one that has closed waits for the offer.
_WAITING = f"""
SELECT {_ENTRY} FROM task t CROSS JOIN LATERAL (
    SELECT * FROM waiting w WHERE w.task_id = t.id ORDER BY w.at DESC, w.id DESC LIMIT 1) w
WHERE t.recipient = $1 AND t.state = 'waiting' AND w.offer = $2 AND (
    w.run IS NULL OR w.run = $3 OR EXISTS (SELECT FROM run r WHERE r.id = w.run AND r.closed_at IS NOT NULL))
"""  # noqa: S608 - our own words
_HISTORY = f"""
SELECT {_ENTRY} FROM waiting w JOIN task t ON t.id = w.task_id WHERE w.task_id = $1 ORDER BY w.at, w.id
"""  # noqa: S608 - our own words
_ADD_WAITING = """
INSERT INTO waiting (id, task_id, offer, run, recommendation, form, ground, since, at, by_user)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""
_ROUNDS = "SELECT id, at, by_user, tasks FROM invitation WHERE run_id = $1 ORDER BY at, id"


async def add(transaction: Transaction, run: Run, user: str, at: datetime) -> None:
    """Write a new run."""
    await transaction.execute(
        "INSERT INTO run (id, unit, offer, starts_on, places, version, made_at, made_by) "
        "VALUES ($1, $2, $3, $4, $5, 1, $6, $7)",
        run.id, run.unit, run.offer, run.starts_on, run.places, at, user,
    )  # fmt: skip


async def find(connection: Connection, number: UUID) -> Run | None:
    """Return a run."""
    row = await connection.fetchrow(f"SELECT {_RUN} FROM run WHERE id = $1", number)  # noqa: S608 - our own words
    return None if row is None else _run(row)


async def hold(transaction: Transaction, number: UUID) -> Run:
    """Return a run that nobody else gives places in, or changes, until the transaction ends."""
    sql = f"SELECT {_RUN} FROM run WHERE id = $1 FOR NO KEY UPDATE"  # noqa: S608 - our own words
    return _run(await transaction.fetchrow(sql, number))


async def taken(connection: Connection, number: UUID, besides: TaskId | None = None) -> int:
    """Return how many places are held, besides a task's own; in a statement of its own, to be asked under `hold`."""
    return int(await connection.fetchval(_TAKEN, number, besides))


async def of_unit(
    connection: Connection, unit: UnitId, after: UUID, most: int, offer: str | None, *, only_open: bool
) -> list[tuple[Run, int]]:
    """Return a unit's runs, oldest first, each with how many places are held."""
    found = await connection.fetch(_OF_UNIT, unit, after, most, offer, only_open)
    return [(_run(row), row["taken"]) for row in found]


async def change(
    transaction: Transaction, run: Run, version: int, starts_on: date, places: int, closed_at: datetime | None
) -> Run:
    """Write a run as it is from now on.

    Raises:
        StaleVersion: it has changed since that version.
    """
    now = await transaction.fetchval(_CHANGE, run.id, version, starts_on, places, closed_at)
    if now is None:
        raise StaleVersion
    return Run(run.id, run.unit, run.offer, starts_on, places, now, closed_at)


async def waiting(connection: Connection, run: Run) -> list[Waiting]:
    """Return who waits for the run, in no order."""
    return [_entry(row) for row in await connection.fetch(_WAITING, run.unit, run.offer, run.id)]


async def history(connection: Connection, task: TaskId) -> list[Waiting]:
    """Return every recommendation that was recorded of a task, oldest first."""
    return [_entry(row) for row in await connection.fetch(_HISTORY, task)]


async def record(transaction: Transaction, number: UUID, entry: Waiting) -> None:
    """Write a recommendation; those before it are kept."""
    await transaction.execute(
        _ADD_WAITING, number, entry.task, entry.offer, entry.run, entry.recommendation, entry.form, entry.ground,
        entry.since, entry.at, entry.by,
    )  # fmt: skip


async def invited(
    transaction: Transaction, number: UUID, run: UUID, tasks: Sequence[TaskId], user: str, at: datetime
) -> None:
    """Write whom a round invited."""
    await transaction.execute(
        "INSERT INTO invitation (id, run_id, tasks, at, by_user) VALUES ($1, $2, $3, $4, $5)",
        number, run, list(tasks), at, user,
    )  # fmt: skip


async def rounds(connection: Connection, run: UUID) -> list[Any]:
    """Return the rounds of a run, oldest first: rows of id, at, by_user, tasks."""
    found: list[Any] = await connection.fetch(_ROUNDS, run)
    return found


def _run(row: Any) -> Run:  # noqa: ANN401 - a database row
    return Run(
        row["id"], UnitId(row["unit"]), row["offer"], row["starts_on"], row["places"], row["version"], row["closed_at"]
    )


def _entry(row: Any) -> Waiting:  # noqa: ANN401 - a database row
    return Waiting(
        TaskId(row["task_id"]), ReferralId(row["referral_id"]), row["offer"], row["run"],
        Recommendation(row["recommendation"]), Form(row["form"]), Ground(row["ground"]), row["since"], row["at"],
        row["by_user"],
    )  # fmt: skip
