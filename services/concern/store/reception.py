"""Who takes reports in for a municipality, and who hears when a clock has run out: rows are added, the last holds."""

from dataclasses import dataclass

from services.concern.store.reports import By
from shared.db import Connection
from shared.ids import new_id

_ADD = """
INSERT INTO reception (id, municipality, unit, responsible, escalates_to, by_unit, by_user, at, ledger_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""


@dataclass(frozen=True, slots=True)
class Reception:
    """Who takes reports in: the unit, who is responsible there, and the other person who hears of what is late."""

    municipality: str
    unit: str
    responsible: str
    escalates_to: str


async def add(connection: Connection, told: Reception, by: By) -> None:
    """Keep it; what was before stays readable."""
    await connection.execute(
        _ADD, new_id(), told.municipality, told.unit, told.responsible, told.escalates_to, by.unit, by.user, by.at,
        by.ledger_id,
    )  # fmt: skip
