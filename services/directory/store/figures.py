"""What the figures are counted from: what is shown on a day, and the municipalities' words on their lists."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from services.directory.domain.document import from_document
from services.directory.domain.figures.coverage import Declaration
from services.directory.domain.model import Offer
from services.directory.store.showings import Pulse
from shared import ledger
from shared.db import Connection
from shared.ledger import Actor

_STATE = "SELECT change, base, (SELECT count(*) FROM coverage) AS words FROM pulse"
_SHOWN = "SELECT offer, version FROM showing WHERE from_day <= $1 AND $1 < to_day ORDER BY offer"
_SAID = """
SELECT offer, version, said FROM showing WHERE from_day <= $1 AND $1 < to_day AND offer = ANY($2::text[])
"""
_WORDS = "SELECT municipality, kind, complete, declared_on, unit, at FROM coverage ORDER BY at, id"
_DECLARE = """
INSERT INTO coverage (id, municipality, kind, complete, declared_on, unit, "user", at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""


class State(NamedTuple):
    """What an answer depends on: the changes there have been, and the words on coverage."""

    pulse: Pulse
    words: int


Key = tuple[str, int]


async def state(connection: Connection) -> State:
    """Return what the answers depend on now."""
    row = await connection.fetchrow(_STATE)
    if row is None:
        return State(Pulse(0, 0), 0)
    return State(Pulse(row["change"], row["base"]), row["words"])


async def shown(connection: Connection, day: date) -> list[Key]:
    """Return each offer shown on a day with its version; what a version says never changes."""
    return [(row["offer"], row["version"]) for row in await connection.fetch(_SHOWN, day)]


async def said(connection: Connection, day: date, numbers: Sequence[str]) -> list[tuple[Key, Offer]]:
    """Return what is shown on a day of those offers."""
    rows = await connection.fetch(_SAID, day, list(numbers))
    return [((row["offer"], row["version"]), from_document(row["said"])) for row in rows]


async def declarations(connection: Connection) -> list[Declaration]:
    """Return every word on coverage, oldest first."""
    return [Declaration(**row) for row in await connection.fetch(_WORDS)]


async def declare(connection: Connection, number: UUID, word: Declaration, actor: Actor, request_id: str) -> None:
    """Write a word on coverage with its ledger entry, in the transaction that `connection` is in."""
    facts: dict[str, Any] = {
        "municipality": word.municipality,
        "of": word.kind,
        "complete": word.complete,
        "coverage": str(number),
    }
    await ledger.append(
        connection, ledger.entry("coverage_declared", at=word.at, actor=actor, request_id=request_id, **facts)
    )
    await connection.execute(
        _DECLARE, number, word.municipality, word.kind, word.complete, word.declared_on, word.unit, actor.user, word.at
    )
