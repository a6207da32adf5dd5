"""The register, what one has reported oneself, and one report: each to whom it is for, and to nobody else."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from services.concern.actions import reading
from services.concern.actions.reading import Own
from services.concern.api import telling
from services.concern.api.context import ByCitizen, ByReader, ByReception, ByReporter, KnownUnits, Noted, TheSeal
from services.concern.api.told import After, FiledList, Limit, OwnReportOut, Register, ReportOut
from services.concern.domain.kinds import Ground
from services.concern.domain.lifecycle import ReportState
from shared.db import InTransaction
from shared.text import Moment
from shared.version import tag

# Before those of one report: `filed` is no id. One report's own stands last, in a router of its own.
router = APIRouter(tags=["concern reports"], route_class=Noted)
one = APIRouter(tags=["concern reports"], route_class=Noted)


_States = Annotated[list[ReportState] | None, Query(max_length=len(ReportState), description="only in these states")]
_Grounds = Annotated[list[Ground] | None, Query(max_length=len(Ground), description="only for these reasons")]


@router.get("/concern-reports", summary="Your municipality's register of concern reports")
async def register(
    transaction: InTransaction, asked: ByReception, units: KnownUnits,
    state: _States = None,
    ground: _Grounds = None,
    late: Annotated[bool | None, Query(description="only where a clock has run out with nothing done")] = None,
    since: Annotated[Moment | None, Query(description="received then or later")] = None,
    before: Annotated[Moment | None, Query(description="received before then")] = None,
    after: After = None,
    limit: Limit = 50,
) -> Register:  # fmt: skip
    """Return ids, codes and clocks, oldest first, and no words (BL § 136, stk. 1); the reading is on the ledger."""
    wanted = reading.Wanted(state or None, ground or None, since, before, bool(late))
    rows = await reading.register(transaction, wanted, telling.page(after, limit), units, asked)
    return Register(reports=[telling.registered(row, asked.at) for row in rows], next=telling.following(rows, limit))


@router.get("/concern-reports/filed", summary="What your unit has reported")
async def filed(transaction: InTransaction, asked: ByReporter, after: After = None, limit: Limit = 50) -> FiledList:
    """Return the unit's own reports, oldest first: when they were received and confirmed, and no words."""
    return telling.filed(await reading.filed(transaction, telling.page(after, limit), asked), limit)


@router.get("/my/concern-reports", summary="What you have reported with your login")
async def mine(transaction: InTransaction, asked: ByCitizen, after: After = None, limit: Limit = 50) -> FiledList:
    """Return a citizen's own reports, oldest first.

    What others have reported about somebody is not here: a family sees its case at the authority (R57).
    """
    return telling.filed(await reading.mine(transaction, telling.page(after, limit), asked), limit)


@one.get("/concern-reports/{report}", summary="Read a concern report")
async def read(
    report: UUID, response: Response, transaction: InTransaction, asked: ByReader, units: KnownUnits, seal: TheSeal
) -> ReportOut | OwnReportOut:
    """Return it whole to the authority that has it; to whoever sent it their own words, and where it stands.

    `seen_as` says which of the two. To everybody else it is not there. The authority gets the version as an ETag,
    and sends it as `If-Match` with each step; the reporter gets none, as it would tell when the authority does
    something.
    """
    seen = await reading.read(transaction, report, units, seal, asked)
    if isinstance(seen, Own):
        return telling.own(seen, units)
    response.headers["ETag"] = tag(seen.row["version"])
    return telling.whole(seen, units, asked.at)
