"""What the reporter says afterwards: added or corrected beside what was said first, never in its place (R57)."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from services.concern.actions.context import Request
from services.concern.actions.reading import newest, report_for_reporter
from services.concern.domain.errors import ReportEnded
from services.concern.domain.lifecycle import ENDED, Party, ReportState, take
from services.concern.domain.saying import STEP_OF, Said, SaidAs, must_be_added
from services.concern.sealing import Seal
from services.concern.store import reports
from services.concern.store.reports import By
from shared import ledger
from shared.db import Transaction
from shared.idempotency import Once, claim, made_before
from shared.ids import new_id


@dataclass(frozen=True, slots=True)
class Further:
    """What is said further: what it is, its words, and which earlier piece it corrects."""

    said_as: SaidAs
    text: str
    corrects: UUID | None = None


async def say(
    transaction: Transaction, number: UUID, further: Further, seal: Seal, post: Once, request: Request
) -> tuple[UUID, bool]:
    """Keep it beside the report, wherever that has been passed on to; return its id, and whether it was there before.

    Raises:
        UnknownReport: the report is not the caller's own.
        ReportEnded: the authority is done with it.
        NothingToCorrect: there is no such piece, or it was corrected before.
    """
    row = await report_for_reporter(transaction, number, request)
    before = await made_before(transaction, post)
    if before is not None:
        return before, True
    now = await newest(transaction, row, hold=True)
    step = STEP_OF[further.said_as]
    state = ReportState(now["state"])
    if state in ENDED:
        raise ReportEnded
    take(state, step, Party.REPORTER)
    piece = Said(new_id(), further.said_as, further.corrects)
    must_be_added(
        [_said(each) for each in await reports.words_of(transaction, row["original"]) if _is_said(each)], piece
    )
    before = await claim(transaction, post, piece.id)
    if before is not None:
        return before, True
    corrects = None if further.corrects is None else str(further.corrects)
    entry = request.entry(
        "concern_said", report=str(now["id"]), said_as=further.said_as, words=str(piece.id), corrects=corrects
    )
    by = By(row["reporter_unit"], _user(row, request), request.at, entry.id)
    what = further.said_as.value
    sealed = seal.seal(row["original"], what, orjson.dumps({"text": further.text}))
    await reports.add_words(transaction, row["original"], what, sealed, by, further.corrects, as_id=piece.id)
    await reports.add_step(transaction, now["id"], step.value, {"words": str(piece.id), "corrects": corrects}, by)
    await reports.touch(transaction, now["id"])
    await ledger.append(transaction, entry)
    return piece.id, False


def _user(row: Any, request: Request) -> str:  # noqa: ANN401 - a database row
    """Return who says it: somebody of the unit that reported, or the citizen by the login the report has."""
    user: str = request.user if row["reporter_unit"] is not None else row["reporter_user"]
    return user


def _is_said(row: Any) -> bool:  # noqa: ANN401 - a database row
    return row["what"] in set(SaidAs)


def _said(row: Any) -> Said:  # noqa: ANN401 - a database row
    return Said(row["id"], SaidAs(row["what"]), row["corrects"])
