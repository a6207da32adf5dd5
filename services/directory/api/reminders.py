"""What an owner should look at: offers nobody has confirmed for long, money that ends, offers whose unit has closed."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from services.directory.actions import reminding
from services.directory.api.editing import Speaking, TheCatalogue
from shared.db import InTransaction
from shared.text import Moment, WireOut

router = APIRouter(tags=["editing"])
MOST = 500


class ReminderOut(WireOut):
    """An offer to look at, and why."""

    id: str = Field(description="the offer's id")
    name: str
    unit: str
    version: int = Field(description="goes into `If-Match`")
    kind: str = Field(description="`unconfirmed`, `funding_ends` or `unit_closed`")
    since: date = Field(description="last confirmed, money until, or without a unit since this day")
    at: Moment = Field(description="when the owner was reminded last")
    times: int


class ReminderList(WireOut):
    """Reminders, longest overdue first."""

    reminders: list[ReminderOut]


@router.get("/reminders", summary="What the caller's offers need")
async def reminders(
    speaking: Speaking, catalogue: TheCatalogue, transaction: InTransaction,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
) -> ReminderList:  # fmt: skip
    """List what the caller's unit, or for its editors the organisation, has been reminded of and has not dealt with."""
    told = await reminding.reminded(transaction, speaking.editor, catalogue, speaking.today, limit)
    return ReminderList(reminders=[ReminderOut(**row) for row in told])
