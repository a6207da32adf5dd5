"""Report a concern (underrette): professionals by name, citizens as they like; and say more afterwards."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import ConfigDict, Field

from services.concern.actions import reporting, saying
from services.concern.actions.context import Request
from services.concern.actions.saying import Further
from services.concern.api import telling
from services.concern.api.context import ByAnybody, ByOwnSide, ByReporter, Noted, NotedOpen, TheSeal, Units
from services.concern.api.shapes import CitizenReportIn, FurtherIn, ReportIn, once_sealed
from services.concern.api.told import ReceivedOut
from services.concern.domain.saying import SaidAs
from shared.db import InTransaction
from shared.idempotency import IdempotencyKey, replayed
from shared.text import WireOut

router = APIRouter(tags=["concern reports"], route_class=Noted)
anybody = APIRouter(tags=["concern reports"], route_class=NotedOpen)
_STRANGERS = "nobody:"


class CorrectionIn(FurtherIn):
    """What was wrong, and how it is; what was said first still stands beside it (R57)."""

    model_config = ConfigDict(
        hide_input_in_errors=True,
        json_schema_extra={
            "examples": [{"text": "Det var onsdag.", "corrects": "01a20262-ff72-74e6-9f69-e7e0788311b4"}]
        },
    )

    corrects: UUID = Field(description="the id of the piece it corrects, from `said`; the newest of it")


class SaidNowOut(WireOut):
    """It is kept."""

    id: UUID
    at: datetime


@router.post("/concern-reports", status_code=201, summary="Report a concern for a child, as a professional")
async def report(
    body: ReportIn, response: Response, transaction: InTransaction, asked: ByReporter, units: Units, seal: TheSeal,
    key: IdempotencyKey = None,
) -> ReceivedOut:  # fmt: skip
    """Receive it for the municipality that acts. No consent is asked, and nothing else stands in its way (R29).

    Where too little is known, it goes to the municipality where the child is, and the answer says what to find out.
    409 `municipality_not_connected`: nobody there would read it; it is NOT received.
    """
    post = once_sealed(asked.unit, key, body, "concern-reports")
    made = await reporting.by_professional(transaction, body.for_professional(), units, seal, post, asked)
    replayed(response.headers, again=made.again)
    return telling.received(made, units, asked.at)


@anybody.post("/concern-reports/citizen", status_code=201, summary="Report a concern for a child, as anybody")
async def report_as_citizen(
    body: CitizenReportIn, response: Response, transaction: InTransaction, asked: ByAnybody, units: Units,
    seal: TheSeal, key: IdempotencyKey = None,
) -> ReceivedOut:  # fmt: skip
    """Receive it without a token, or with a citizen's login; with a name, or as nobody (R36).

    Of whoever is anonymous nothing is kept, logged in or not. The receipt is the one way back: keep it.
    """
    login = asked.caller.citizen if isinstance(asked, Request) and not body.anonymous else None
    post = once_sealed(_STRANGERS if login is None else f"citizen:{login}", key, body, "concern-reports/citizen")
    made = await reporting.by_citizen(transaction, body.draft(), units, seal, post, asked)
    replayed(response.headers, again=made.again)
    return telling.received(made, units, asked.at)


@router.post("/concern-reports/{report}/additions", status_code=201, summary="Say more than you reported")
async def add(
    report: UUID, body: FurtherIn, response: Response, transaction: InTransaction, asked: ByOwnSide, seal: TheSeal,
    key: IdempotencyKey = None,
) -> SaidNowOut:  # fmt: skip
    """Keep it beside the report, for the municipality that has it now."""
    further = Further(SaidAs.ADDITION, body.text)
    post = once_sealed(_scope(asked), key, body, "additions", report)
    number, again = await saying.say(transaction, report, further, seal, post, asked)
    replayed(response.headers, again=again)
    return SaidNowOut(id=number, at=asked.at)


@router.post("/concern-reports/{report}/corrections", status_code=201, summary="Correct what you reported")
async def correct(
    report: UUID, body: CorrectionIn, response: Response, transaction: InTransaction, asked: ByOwnSide, seal: TheSeal,
    key: IdempotencyKey = None,
) -> SaidNowOut:  # fmt: skip
    """Keep it beside what it corrects: both are read, and nothing is taken away (R57)."""
    further = Further(SaidAs.CORRECTION, body.text, body.corrects)
    post = once_sealed(_scope(asked), key, body, "corrections", report)
    number, again = await saying.say(transaction, report, further, seal, post, asked)
    replayed(response.headers, again=again)
    return SaidNowOut(id=number, at=asked.at)


def _scope(asked: Request) -> str:
    """Return whose key a post has: the unit's, or the citizen's."""
    return asked.caller.unit or f"citizen:{asked.caller.citizen}"
