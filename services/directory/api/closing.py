"""A unit closes, and who takes over."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from pydantic import ConfigDict, Field

from services.directory.actions import closing, editing
from services.directory.actions.editing import Word
from services.directory.api.editing import BoundedDay
from services.directory.api.units import TheBuiltFinder
from services.directory.domain.model import UnitId
from shared.auth import Role, VerifiedClaims, with_role
from shared.clock import Now
from shared.db import InTransaction
from shared.ledger import Actor
from shared.problems import request_id_of
from shared.text import Code, Line, WireIn, WireOut

router = APIRouter(tags=["editing"])
OrganisationsEditor = Annotated[VerifiedClaims, Depends(with_role(Role.EDIT_ORGANISATION))]


class ClosingIn(WireIn):
    """A unit's end."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "on": "2027-06-30",
                    "successor": "helsingoer-sundhedstjenesten",
                    "reason": "Huset bliver en del af sundhedstjenesten",
                }
            ]
        }
    )

    on: BoundedDay = Field(description="the first day it is no longer there; today or later")
    successor: Code | None = Field(description="a unit of the same organisation that takes over; null: nobody does")
    reason: Line = Field(description="why it closes")


class ClosedOut(WireOut):
    """A closed unit, and what became of its offers."""

    unit: str
    on: date
    successor: str | None
    handed_over: list[str] = Field(description="the offers the successor owns from that day on")
    left: list[str] = Field(description="the offers the organisation's editors own from that day on")


async def _word(request: Request, caller: OrganisationsEditor, at: Now) -> Word:
    return Word(
        editing.editor(caller.unit, own=False, whole=True), Actor(caller.unit, caller.user), at, request_id_of(request)
    )


@router.post("/units/{unit}/closing", summary="Say that a unit closes, and who takes over")
async def close(
    speaking: Annotated[Word, Depends(_word)], finder: TheBuiltFinder, transaction: InTransaction,
    unit: Annotated[Code, Path(description="the unit's id")], said: ClosingIn,
) -> ClosedOut:  # fmt: skip
    """Close a unit from a day on; its running offers are the successor's from then on. It is not undone later."""
    catalogue = await editing.fresh(transaction, finder, changing=True)
    heir = None if said.successor is None else UnitId(said.successor)
    done = await closing.close(
        transaction, UnitId(unit), said.on, heir, said.reason, catalogue, speaking.because(said.reason)
    )
    return ClosedOut(unit=unit, on=said.on, successor=heir, handed_over=list(done.handed_over), left=list(done.left))
