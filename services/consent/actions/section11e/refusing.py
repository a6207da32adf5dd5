"""What was refused: on the ledger and in the auditor's list, whoever tried and whatever came of it."""

from collections.abc import Mapping
from uuid import UUID

from services.consent import store
from services.consent.actions.context import Request
from services.consent.actions.section11e.around import settle
from services.consent.domain.errors import ConsentError
from services.consent.domain.section11e.errors import Section11eError
from shared import ledger
from shared.db import Transaction


async def note(
    transaction: Transaction, error: ConsentError, code: str, about: Mapping[str, UUID | None], request: Request,
    municipality: str | None = None,
) -> None:  # fmt: skip
    """Keep that something was refused, by code and ids; a meeting whose time is up is ended (R12).

    What the request did is undone by now, the end of such a meeting, too. An id of nothing is not kept.
    `municipality`: of who tried, for where there is no matter to say whose auditor asks.
    """
    units = error.about.get("units", ()) if isinstance(error, Section11eError) else ()
    named = [str(each) for each in units] if isinstance(units, list) else []
    meeting, matter = about.get("meeting"), about.get("matter")
    row = None if meeting is None else await store.section11e.meeting(transaction, meeting, hold=True)
    if row is not None:
        await settle(transaction, row, request)
        matter = row["matter"]
    case = None if matter is None else await store.section11e.matter(transaction, matter)
    written = request.entry(
        "section11e_refused", None, code=code, units=named, meeting=str(meeting) if row is not None else None,
        matter=None if case is None else str(matter),
    )  # fmt: skip
    place = municipality if case is None else case["municipality"]
    who = (request.unit, request.user, place)
    ids = (None if case is None else matter, None if row is None else meeting)
    await store.section11e.note_refused(transaction, code, error.rule or "R12", who, named, ids, request.at, written.id)
    await ledger.append(transaction, written)
