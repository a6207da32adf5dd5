"""What is late in a municipality, which clock it is, and who was told of it (R32)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.concern.actions.context import Request
from services.concern.actions.reception import municipality_of
from services.concern.domain.overdue import Watched, run_out
from services.concern.store import clocks
from shared import ledger
from shared.contracts import UnitOut
from shared.db import Transaction


@dataclass(frozen=True, slots=True)
class Overdue:
    """A municipality's late reports: how many per clock in all, and a page of them, each with what has run out."""

    municipality: str
    counts: Mapping[Watched, int]
    rows: list[tuple[Any, Mapping[Watched, Any]]]


async def overdue(
    transaction: Transaction, units: Mapping[str, UnitOut], request: Request, after: UUID, most: int, *, mine: bool
) -> Overdue:
    """Return what has run out, oldest report first; `mine`: only what the caller was told of.

    Raises:
        NotTheAuthority: the caller's unit is no authority of a municipality.
    """
    municipality = municipality_of(units, request)
    told = request.user if mine else None
    rows = await clocks.overdue(transaction, municipality, request.at, told, after, most)
    counts = await clocks.counted(transaction, municipality, request.at)
    await ledger.append(transaction, request.entry("concern_overdue_read", municipality=municipality, rows=len(rows)))
    return Overdue(municipality, counts, [(row, run_out(clocks.watch(row), request.at)) for row in rows])
