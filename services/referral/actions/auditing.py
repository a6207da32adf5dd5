"""What the auditor asks of the referral ledger."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from services.referral.domain.duty import DutyAnswer
from services.referral.store import duty, events
from shared.db import Transaction

KINDS = ("access_refused", "own_record_read", "record_read")


async def accesses(transaction: Transaction, after: UUID | None, referral: UUID | None, most: int) -> list[Any]:
    """Return refused and own accesses: rows of id, entry, and place in the tree once sealed."""
    return await events.accesses(
        transaction, KINDS, after or UUID(int=0), None if referral is None else str(referral), most
    )


async def duty_answers(
    transaction: Transaction, after: UUID | None, referral: UUID | None, answers: Collection[DutyAnswer], most: int,
    *, standing: bool,
) -> list[Any]:  # fmt: skip
    """Return what senders stated of a duty to report, oldest first: codes and times, never words (R31, R53)."""
    return await duty.for_the_auditor(transaction, after or UUID(int=0), referral, answers, most, standing=standing)
