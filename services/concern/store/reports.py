"""Reports as they are kept: the register, sealed words, and every step; no rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from services.concern.domain.acting import Basis, Missing
from services.concern.domain.dialogue import Form
from services.concern.domain.kinds import Ground, ReporterKind, Subject
from services.concern.domain.lifecycle import ReportState
from shared.db import Connection
from shared.ids import new_id

_FIND = "SELECT * FROM report WHERE id = $1"
_HOLD = "SELECT * FROM report WHERE id = $1 FOR NO KEY UPDATE"
_ADD_WORDS = """
INSERT INTO words (id, original, what, corrects, sealed, by_unit, by_user, at, ledger_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
_WORDS = "SELECT id, what, corrects, sealed, by_unit, by_user, at FROM words WHERE original = $1 ORDER BY id"
_ADD_STEP = """
INSERT INTO step (id, report, step, said, by_unit, by_user, at, ledger_id)
VALUES ($1, $2, $3, $4::jsonb, $5, $6, $7, $8)
"""
_TOUCH = "UPDATE report SET version = version + 1 WHERE id = $1"
_STEPS = "SELECT id, step, said, by_unit, by_user, at FROM step WHERE report = $1 ORDER BY id"
_ADD_INFORMING = """
INSERT INTO informing (id, report, by_party, informed_at, why_not, by_unit, by_user, at, ledger_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
_INFORMING = "SELECT by_party, informed_at, why_not, by_unit, by_user, at FROM informing WHERE report = $1 ORDER BY id"
_FEEDBACK = "SELECT * FROM feedback WHERE report = $1 ORDER BY id DESC LIMIT 1"
_TOLD_LAST = """
SELECT f.* FROM feedback f JOIN report r ON r.id = f.report WHERE r.original = $1 ORDER BY f.id DESC LIMIT 1
"""
_NEXT = "SELECT id FROM report WHERE came_from = $1"
_RECEPTION = "SELECT * FROM reception WHERE municipality = $1 ORDER BY id DESC LIMIT 1"
# What stands at the municipality that has it now, whoever had it before: told to whoever holds the receipt.
_BY_RECEIPT = "SELECT id, received_at, acknowledged_at FROM report WHERE receipt = $1"
# More was said since it was last assessed; no clock runs for that.
_SAID_SINCE = """state = 'assessed' AND EXISTS (
    SELECT FROM step s WHERE s.report = report.id AND s.step IN ('add', 'correct')
    AND s.at > (SELECT max(a.at) FROM step a WHERE a.report = report.id AND a.step = 'assess'))"""
_REGISTER = """
SELECT *, {since} AS said_since FROM report
WHERE {whose} = $1 AND id > $2
    AND ($3::text[] IS NULL OR state = ANY($3)) AND ($4::text[] IS NULL OR ground = ANY($4))
    AND ($5::timestamptz IS NULL OR received_at >= $5) AND ($6::timestamptz IS NULL OR received_at < $6)
    AND (NOT $7::boolean OR (assessed_at IS NULL AND assess_by <= $8)
         OR (acknowledged_at IS NULL AND acknowledge_by <= $8) OR (parents_to_tell AND inform_by <= $8))
ORDER BY id LIMIT $9
"""
_OF_MUNICIPALITY = _REGISTER.format(whose="municipality", since=_SAID_SINCE)
_OF_UNIT = _REGISTER.format(whose="unit", since=_SAID_SINCE)
_SINCE = f"SELECT {_SAID_SINCE} FROM report WHERE id = $1"  # noqa: S608 - our own words
# Passed on, a report has a row more; to whoever reported, it is one report still.
_TOLD = """EXISTS (
    SELECT FROM feedback f JOIN report l ON l.id = f.report WHERE l.original = report.original) AS told_back"""
_FILED = f"""
SELECT *, {_TOLD} FROM report WHERE reporter_unit = $1 AND came_from IS NULL AND id > $2 ORDER BY id LIMIT $3
"""  # noqa: S608 - our own words
_MINE = f"""
SELECT *, {_TOLD} FROM report WHERE reporter_user = $1 AND reporter_unit IS NULL AND came_from IS NULL AND id > $2
ORDER BY id LIMIT $3
"""  # noqa: S608 - our own words


@dataclass(frozen=True, slots=True)
class By:
    """Who recorded something and when, and the ledger entry that says so; a citizen without a name is nobody."""

    unit: str | None
    user: str | None
    at: datetime
    ledger_id: UUID


@dataclass(frozen=True, slots=True)
class Filed:
    """A report as it is received at one municipality; the fields are the columns of the register.

    `original`: the first report's id, its own where it is the first. `came_from`: the report that was passed on.
    `reporter_user`: a citizen's login where `reporter_unit` is None; both None: by a name alone, or by nobody.
    """

    id: UUID
    original: UUID
    municipality: str
    basis: Basis
    missing: Sequence[Missing]
    unit: str
    reporter_kind: ReporterKind
    ground: Ground
    provision: str
    subject: Subject
    form: Form
    anonymous: bool
    reporter_unit: str | None
    reporter_user: str | None
    received_at: datetime
    assess_by: datetime
    acknowledge_by: datetime
    inform_by: datetime
    came_from: UUID | None = None
    receipt: bytes | None = None
    running_measures: bool | None = None
    parents_answered: bool = False
    parents_to_tell: bool = True
    state: ReportState = ReportState.RECEIVED


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which reports of a register are asked for; None: whichever. `late` at the moment `at`: a clock has run out."""

    states: Sequence[ReportState] | None = None
    grounds: Sequence[Ground] | None = None
    since: datetime | None = None
    before: datetime | None = None
    late: bool = False


_COLUMNS = tuple(each.name for each in fields(Filed))
_BY = ("by_unit", "by_user", "at", "ledger_id")
_ADD = (
    f"INSERT INTO report ({', '.join((*_COLUMNS, *_BY))}) "  # noqa: S608 - our own column names
    f"VALUES ({', '.join(f'${n + 1}' for n in range(len(_COLUMNS) + len(_BY)))})"
)


async def find(connection: Connection, number: UUID, *, hold: bool = False) -> Any:  # noqa: ANN401 - a database row
    """Return a report, or None; held, nobody else takes a step with it till the transaction ends."""
    return await connection.fetchrow(_HOLD if hold else _FIND, number)


async def add(connection: Connection, filed: Filed, by: By) -> None:
    """Keep a report in the register of the municipality that received it."""
    values = [getattr(filed, name) for name in _COLUMNS]
    await connection.execute(_ADD, *values, by.unit, by.user, by.at, by.ledger_id)


async def add_words(
    connection: Connection, original: UUID, what: str, sealed: bytes, by: By, corrects: UUID | None = None,
    *, as_id: UUID | None = None,
) -> UUID:  # fmt: skip
    """Keep what somebody said, sealed for the first report and for `what`; return its id."""
    number = as_id or new_id()
    await connection.execute(
        _ADD_WORDS, number, original, what, corrects, sealed, by.unit, by.user, by.at, by.ledger_id
    )
    return number


async def words_of(connection: Connection, original: UUID) -> list[Any]:
    """Return what was said, oldest first, still sealed: id, what, corrects, sealed, by_unit, by_user, at."""
    rows: list[Any] = await connection.fetch(_WORDS, original)
    return rows


async def add_step(connection: Connection, report: UUID, step: str, said: Mapping[str, object], by: By) -> UUID:
    """Keep a step as the register shows it; `said`: codes, ids and moments alone. Return its id."""
    number = new_id()
    await connection.execute(_ADD_STEP, number, report, step, dict(said), by.unit, by.user, by.at, by.ledger_id)
    return number


async def touch(connection: Connection, report: UUID) -> None:
    """Give a report a new version: whoever takes a step by what they have read reads first what is new."""
    await connection.execute(_TOUCH, report)


async def steps_of(connection: Connection, report: UUID) -> list[Any]:
    """Return the steps of a report, oldest first."""
    rows: list[Any] = await connection.fetch(_STEPS, report)
    return rows


async def said_since(connection: Connection, report: UUID) -> bool:
    """Say whether the reporter has said more since the report was last assessed."""
    return bool(await connection.fetchval(_SINCE, report))


async def add_informing(
    connection: Connection, report: UUID, party: str, informed_at: datetime | None, why_not: str | None, by: By
) -> None:
    """Keep whether the parents were told; one answer beside those before it."""
    await connection.execute(
        _ADD_INFORMING, new_id(), report, party, informed_at, why_not, by.unit, by.user, by.at, by.ledger_id
    )


async def informing_of(connection: Connection, report: UUID) -> list[Any]:
    """Return the answers of whether the parents were told, oldest first."""
    rows: list[Any] = await connection.fetch(_INFORMING, report)
    return rows


async def feedback_of(connection: Connection, report: UUID) -> Any:  # noqa: ANN401 - a database row
    """Return what the reporter was told of what came of it, or None."""
    return await connection.fetchrow(_FEEDBACK, report)


async def feedback_told(connection: Connection, original: UUID) -> Any:  # noqa: ANN401 - a database row
    """Return what the reporter was last told, by whichever municipality has had the report, or None."""
    return await connection.fetchrow(_TOLD_LAST, original)


async def passed_to(connection: Connection, report: UUID) -> UUID | None:
    """Return the report that this one became at another municipality, or None."""
    found: UUID | None = await connection.fetchval(_NEXT, report)
    return found


async def reception_of(connection: Connection, municipality: str) -> Any:  # noqa: ANN401 - a database row
    """Return who takes reports in for the municipality, as last said, or None."""
    return await connection.fetchrow(_RECEPTION, municipality)


async def by_receipt(connection: Connection, receipt: bytes) -> Any:  # noqa: ANN401 - a database row
    """Return when the report of that receipt was received and acknowledged, or None; `receipt`: its fingerprint."""
    return await connection.fetchrow(_BY_RECEIPT, receipt)


async def register(
    connection: Connection, place: str, wanted: Wanted, at: datetime, after: UUID, most: int, *, whole: bool
) -> list[Any]:
    """Return a page of a register, oldest first: `whole`, of the municipality `place`; otherwise of that unit."""
    rows: list[Any] = await connection.fetch(
        _OF_MUNICIPALITY if whole else _OF_UNIT,
        place, after, wanted.states and list(wanted.states), wanted.grounds and list(wanted.grounds), wanted.since,
        wanted.before, wanted.late, at, most,
    )  # fmt: skip
    return rows


async def filed_by(connection: Connection, unit: str, after: UUID, most: int) -> list[Any]:
    """Return a page of what a unit has reported, oldest first."""
    rows: list[Any] = await connection.fetch(_FILED, unit, after, most)
    return rows


async def filed_by_citizen(connection: Connection, login: str, after: UUID, most: int) -> list[Any]:
    """Return a page of what a citizen has reported with their own login, oldest first."""
    rows: list[Any] = await connection.fetch(_MINE, login, after, most)
    return rows
