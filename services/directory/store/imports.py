"""Files that were sent in: kept with their bytes until they are carried out, then with digest and report."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson

from services.directory.domain.model import UnitId
from services.directory.domain.transfer.rows import Format
from shared.db import Connection, Transaction

_PUT = """
INSERT INTO import_job (id, unit, "user", whole_organisation, at, request_id, format, profile, encoding, dry_run,
                        digest, size, body)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
"""
_COLUMNS = """
j.id, j.unit, j."user", j.whole_organisation, j.at, j.request_id, j.format, j.profile, j.encoding, j.dry_run, j.digest,
j.size, j.state, j.done_at
"""
_JOB = f"SELECT {_COLUMNS} FROM import_job j WHERE j.id = $1"  # noqa: S608 - our own names
# Not for update: a progress row may be written beside, which refers to this one.
_HELD = _JOB + " FOR NO KEY UPDATE"
_SEEN = f"""
SELECT {_COLUMNS}, j.report::text AS report, p.phase, p.rows_read, p.rows_total
FROM import_job j LEFT JOIN import_progress p ON p.job = j.id WHERE j.id = $1
"""  # noqa: S608 - our own names
_BODY = "SELECT body FROM import_job WHERE id = $1"
_PROGRESS = """
INSERT INTO import_progress (job, phase, rows_read, rows_total, at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (job) DO UPDATE SET phase = excluded.phase, rows_read = excluded.rows_read,
    rows_total = excluded.rows_total, at = excluded.at
"""
_FINISHED = "UPDATE import_job SET state = $2, done_at = $3, report = $4::json, body = NULL WHERE id = $1"
_COMPARED = """
SELECT x.* FROM showing s, json_to_record(s.said) AS x(id text, name text, unit text, municipalities json, regions json,
       nationwide boolean, themes json, venues json, target json)
WHERE s.from_day <= $1 AND $1 < s.to_day AND s.offer > $2 ORDER BY s.offer LIMIT 2000
"""


@dataclass(frozen=True, slots=True)
class Job:
    """A file that was sent in: by whom, when, how it is to be read; `state` is waiting, done or refused."""

    id: UUID
    unit: UnitId
    user: str
    whole_organisation: bool
    at: datetime
    request_id: str
    format: Format
    profile: str
    encoding: str | None
    dry_run: bool
    digest: bytes
    size: int
    state: str = "waiting"
    done_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is: which phase, and how many rows of how many."""

    phase: str
    rows_read: int
    rows_total: int | None


@dataclass(frozen=True, slots=True)
class Seen:
    """A job as its sender sees it; `report` is JSON text, once there is one."""

    job: Job
    progress: Progress | None
    report: str | None


async def put(transaction: Transaction, job: Job, body: bytes) -> None:
    """Keep a file to be carried out."""
    await transaction.execute(
        _PUT, job.id, job.unit, job.user, job.whole_organisation, job.at, UUID(job.request_id), str(job.format),
        job.profile, job.encoding, job.dry_run, job.digest, job.size, body,
    )  # fmt: skip


async def get(connection: Connection, number: UUID) -> Job | None:
    """Return a job, if it is there."""
    row = await connection.fetchrow(_JOB, number)
    return None if row is None else _job(row)


async def hold(transaction: Transaction, number: UUID) -> Job | None:
    """Return a job, and hold it until the transaction ends.

    Raises:
        Unavailable: another holds it.
    """
    row = await transaction.fetchrow(_HELD, number)
    return None if row is None else _job(row)


async def seen(connection: Connection, number: UUID) -> Seen | None:
    """Return a job with its progress and report, if it is there."""
    row: Any = await connection.fetchrow(_SEEN, number)
    if row is None:
        return None
    progress = None if row["phase"] is None else Progress(row["phase"], row["rows_read"], row["rows_total"])
    return Seen(_job(row), progress, row["report"])


async def body(connection: Connection, number: UUID) -> bytes | None:
    """Return the bytes of a job that waits."""
    found: bytes | None = await connection.fetchval(_BODY, number)
    return found


async def note(connection: Connection, number: UUID, progress: Progress, at: datetime) -> None:
    """Keep how far a job is."""
    await connection.execute(_PROGRESS, number, progress.phase, progress.rows_read, progress.rows_total, at)


async def finish(
    transaction: Transaction, number: UUID, state: str, report: Mapping[str, object], at: datetime
) -> None:
    """Keep the report; the bytes go."""
    await transaction.execute(_FINISHED, number, state, at, orjson.dumps(report).decode())


async def compared(connection: Connection, on: date) -> list[dict[str, Any]]:
    """Return what of each offer shown on the day tells whether it is another: parts of its document."""
    found: list[dict[str, Any]] = []
    while rows := await connection.fetch(_COMPARED, on, found[-1]["id"] if found else ""):
        found += [{key: value for key, value in row.items() if value is not None} for row in rows]
    return found


def _job(row: Any) -> Job:  # noqa: ANN401 - a database row
    return Job(
        row["id"], row["unit"], row["user"], row["whole_organisation"], row["at"], str(row["request_id"]),
        Format(row["format"]), row["profile"], row["encoding"], row["dry_run"], row["digest"], row["size"],
        row["state"], row["done_at"],
    )  # fmt: skip
