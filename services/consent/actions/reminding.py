"""What units should do next about consents, and what stopped in the referral service."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from services.consent import store
from services.consent.actions.context import Acting, Request
from services.consent.domain import errors
from services.consent.domain.following import Kind, live
from services.consent.domain.model import ConsentId, PersonId, Record
from shared import ledger
from shared.clock import danish_date
from shared.contracts import TaskEndingIn
from shared.db import Transaction
from shared.ledger import Actor


async def open_of(transaction: Transaction, request: Request, after: UUID | None, most: int) -> list[Any]:
    """Return what the caller's unit has still to do, oldest first; the reading is on the ledger."""
    found = await store.following.open_of(transaction, request.unit, after or UUID(int=0), most)
    await ledger.append(transaction, request.entry("follow_ups_read", subjects=_ids(row["subject"] for row in found)))
    return found


async def done(transaction: Transaction, number: UUID, request: Request) -> None:
    """Note that the caller's unit has done it.

    Raises:
        UnknownReminder: there is no such thing to do for this unit.
    """
    row = await store.following.done(transaction, number, request.unit, request.caller.user, request.at)
    if row is None:
        raise errors.UnknownReminder
    written = request.entry("follow_up_done", follow_up=str(number), about=row["kind"], subject=str(row["subject"]))
    await ledger.append(transaction, written)


async def settle(transaction: Transaction, consent: ConsentId, request: Acting) -> None:
    """Let nobody be reminded of the end of a consent that has ended, or for which a new one stands."""
    await store.following.settle(transaction, consent, request.user, request.at)


async def ask_anew(
    transaction: Transaction, records: Iterable[Record], kind: Kind, subject: PersonId, about: str, at: datetime
) -> None:
    """Have every unit that told something under a live consent ask anew, for each of them."""
    for record in records:
        if live(record, at):
            await store.following.remind(
                transaction, record.sender, kind, subject, danish_date(at), at, about=about, consent=record.id
            )


async def hear_ending(transaction: Transaction, ending: TaskEndingIn, request_id: str, at: datetime) -> None:
    """Keep what stopped in the referral service when consent ended."""
    await store.following.keep_ending(transaction, ending)
    written = ledger.entry(
        f"task_{ending.kind}", at=at, actor=Actor(None, "referral"), request_id=request_id,
        need=str(ending.need), referral=str(ending.referral), task=str(ending.task), recipient=ending.recipient,
    )  # fmt: skip
    await ledger.append(transaction, written)


def _ids(people: Iterable[UUID]) -> list[str]:
    return sorted({str(person) for person in people})
