"""What the auditor asks of the referral ledger."""

from typing import Any
from uuid import UUID

from services.referral.store import events
from shared.db import Transaction

KINDS = ("access_refused", "own_record_read", "record_read")


async def accesses(transaction: Transaction, after: UUID | None, referral: UUID | None, most: int) -> list[Any]:
    """Return refused and own accesses: rows of id, entry, and place in the tree once sealed."""
    return await events.accesses(
        transaction, KINDS, after or UUID(int=0), None if referral is None else str(referral), most
    )
