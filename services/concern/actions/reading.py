"""Who may read a report: the authority that has it, whole; whoever reported, their own words and where it stands."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from services.concern.actions.context import Request
from services.concern.domain.errors import UnknownReport
from services.concern.domain.lifecycle import ReportState
from services.concern.domain.saying import SaidAs
from services.concern.sealing import Seal
from services.concern.store import reports
from services.concern.store.reports import Wanted as Wanted
from shared import ledger
from shared.auth import Role
from shared.contracts import UnitOut
from shared.db import Connection, Transaction

_SAID = frozenset(each.value for each in SaidAs)


@dataclass(frozen=True, slots=True)
class Words:
    """One thing that was said, opened: what it is, its content as it was sealed, and by whom."""

    id: UUID
    what: str
    corrects: UUID | None
    content: Mapping[str, Any]
    unit: str | None
    user: str | None
    at: datetime

    @property
    def is_said(self) -> bool:
        """Whether it is the report itself, or what was added to it or corrected in it."""
        return self.what in _SAID


@dataclass(frozen=True, slots=True)
class Whole:
    """A report as the authority reads it: rows of codes, and the words opened, oldest first."""

    row: Any
    words: Sequence[Words]
    informing: Sequence[Any]
    steps: Sequence[Any]
    feedback: Any
    said_since: bool


@dataclass(frozen=True, slots=True)
class Own:
    """A report as whoever sent it reads it: what they said, and what they were told of what came of it."""

    row: Any
    words: Sequence[Words]
    informing: Sequence[Any]
    feedback: Any


@dataclass(frozen=True, slots=True)
class Page:
    """Where to go on, and how many at most."""

    after: UUID
    most: int


def receives_for(unit: str, municipality: str, units: Mapping[str, UnitOut]) -> bool:
    """Say whether the unit decides on help after barnets lov in that municipality, by what the directory says."""
    known = units.get(unit)
    return known is not None and known.authority and known.municipality == municipality


async def report_for_authority(
    transaction: Connection, number: UUID, units: Mapping[str, UnitOut], request: Request, *, hold: bool = False
) -> Any:  # noqa: ANN401 - a database row
    """Return the report to the unit that received it, or to an authority unit of the same municipality.

    Raises:
        UnknownReport: there is none of that id for this caller (404, as for one that is not there).
    """
    row = await reports.find(transaction, number, hold=hold)
    if row is None or Role.RECEIVE_REPORTS not in request.caller.roles or request.caller.unit is None:
        raise UnknownReport
    if row["unit"] != request.unit and not receives_for(request.unit, row["municipality"], units):
        raise UnknownReport
    return row


async def report_for_reporter(transaction: Connection, number: UUID, request: Request, *, hold: bool = False) -> Any:  # noqa: ANN401 - a database row
    """Return the report to the unit that sent it, or to the citizen who did so with their own login.

    Raises:
        UnknownReport: there is none of that id for this caller; nobody comes back to one sent without a login.
    """
    row = await reports.find(transaction, number, hold=hold)
    if row is None or not _own(row, request):
        raise UnknownReport
    return row


def _own(row: Any, request: Request) -> bool:  # noqa: ANN401 - a database row
    caller = request.caller
    if row["came_from"] is not None:
        return False
    if row["reporter_unit"] is not None:
        return Role.REPORT in caller.roles and caller.unit == row["reporter_unit"]
    citizen = Role.CITIZEN in caller.roles and caller.citizen is not None
    return citizen and row["reporter_user"] == caller.citizen


async def whole(
    transaction: Transaction, number: UUID, units: Mapping[str, UnitOut], seal: Seal, request: Request
) -> Whole:
    """Return a report to the authority that has it; the reading is on the ledger.

    Whoever has passed it on keeps its row in the register, and reads the words no more (R39).

    Raises:
        UnknownReport: see `report_for_authority`.
    """
    row = await report_for_authority(transaction, number, units, request)
    gone = row["state"] == ReportState.PASSED_ON.value
    await ledger.append(transaction, request.entry("concern_read", report=str(number), by="authority", words=not gone))
    return Whole(
        row,
        [] if gone else await opened(transaction, row["original"], seal),
        await reports.informing_of(transaction, number),
        await reports.steps_of(transaction, number),
        await reports.feedback_of(transaction, number),
        await reports.said_since(transaction, number),
    )


async def own(transaction: Transaction, number: UUID, seal: Seal, request: Request) -> Own:
    """Return a report to whoever sent it: their own words, never the authority's; the reading is on the ledger.

    Feedback is the last that any municipality gave: the report may have been passed on since, and that is not told, as
    a family may be hiding there; nor does what was told before vanish with it.

    Raises:
        UnknownReport: see `report_for_reporter`.
    """
    row = await report_for_reporter(transaction, number, request)
    await ledger.append(transaction, request.entry("concern_read", report=str(number), by="reporter"))
    mine = {*_SAID, "child", "reporter", "summary"}
    return Own(
        row,
        [each for each in await opened(transaction, row["original"], seal) if each.what in mine],
        [each for each in await reports.informing_of(transaction, number) if each["by_party"] == "reporter"],
        await reports.feedback_told(transaction, row["original"]),
    )


async def read(
    transaction: Transaction, number: UUID, units: Mapping[str, UnitOut], seal: Seal, request: Request
) -> Whole | Own:
    """Return a report whole to the authority that has it, otherwise to whoever sent it as they may see it.

    Raises:
        UnknownReport: the caller is neither.
    """
    if Role.RECEIVE_REPORTS in request.caller.roles and request.caller.unit is not None:
        with suppress(UnknownReport):
            return await whole(transaction, number, units, seal, request)
    return await own(transaction, number, seal, request)


async def newest(transaction: Connection, row: Any, *, hold: bool = False) -> Any:  # noqa: ANN401 - database rows
    """Return the report that this one is now, where it was passed on, perhaps more than once; otherwise itself."""
    found = row if not hold else await reports.find(transaction, row["id"], hold=True)
    while (further := await reports.passed_to(transaction, found["id"])) is not None:
        found = await reports.find(transaction, further, hold=hold)
    return found


async def opened(transaction: Connection, original: UUID, seal: Seal) -> list[Words]:
    """Return everything that was said of a report, opened, oldest first."""
    return [
        Words(
            each["id"], each["what"], each["corrects"], orjson.loads(seal.open(original, each["what"], each["sealed"])),
            each["by_unit"], each["by_user"], each["at"],
        )
        for each in await reports.words_of(transaction, original)
    ]  # fmt: skip


async def register(
    transaction: Transaction, wanted: Wanted, page: Page, units: Mapping[str, UnitOut], request: Request
) -> list[Any]:
    """Return a page of the register: of the whole municipality to its authority, otherwise of the unit alone."""
    unit = units.get(request.unit)
    municipality = unit.municipality if unit is not None and unit.authority else None
    found = await reports.register(
        transaction, municipality or request.unit, wanted, request.at, page.after, page.most,
        whole=municipality is not None,
    )  # fmt: skip
    await ledger.append(
        transaction, request.entry("concern_register_read", municipality=municipality, reports=_ids(found))
    )
    return found


async def filed(transaction: Transaction, page: Page, request: Request) -> list[Any]:
    """Return a page of what the caller's unit has reported; the reading is on the ledger."""
    found = await reports.filed_by(transaction, request.unit, page.after, page.most)
    await ledger.append(transaction, request.entry("concern_filed_read", reports=_ids(found)))
    return found


async def mine(transaction: Transaction, page: Page, request: Request) -> list[Any]:
    """Return a page of what a citizen has reported with their login; the reading is on the ledger."""
    login = request.caller.citizen
    found = [] if login is None else await reports.filed_by_citizen(transaction, login, page.after, page.most)
    await ledger.append(transaction, request.entry("concern_filed_read", reports=_ids(found)))
    return found


def _ids(rows: Sequence[Any]) -> list[str]:
    return [str(row["id"]) for row in rows]
