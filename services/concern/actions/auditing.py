"""What an auditor asks of concern reports: by codes, clocks, who and when; nowhere what was said (R53)."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.concern.domain.feedback import OWING, Owed
from services.concern.store import audit
from services.concern.store.audit import Period as Period
from shared.db import Transaction

_OWED = sorted(kind.value for kind, owing in OWING.items() if owing.begun is Owed.MANDATORY)


@dataclass(frozen=True, slots=True)
class Figures:
    """How a municipality, or all, holds what the law asks: counts alone."""

    received: list[Any]
    counts: Any
    parents: dict[str, int]


async def reports(transaction: Transaction, period: Period, after: UUID, most: int, *, late: bool) -> list[Any]:
    """Return a page of reports, oldest first; `late`: only those with a clock that was not held."""
    return await audit.listed(transaction, period, after, most, late=late)


async def figures(transaction: Transaction, period: Period) -> Figures:
    """Return the figures of the reports received in the period, as they stand now."""
    return Figures(
        await audit.received(transaction, period),
        await audit.figures(transaction, period, _OWED),
        await audit.parents(transaction, period),
    )
