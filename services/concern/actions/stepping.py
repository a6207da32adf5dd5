"""The authority takes a step with a report: one way through for all, with the state, the version and the ledger."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from services.concern.actions.context import Request
from services.concern.actions.reading import report_for_authority
from services.concern.domain.lifecycle import Party, ReportState, Step, take
from services.concern.store import reports, steps
from services.concern.store.reports import By
from shared import ledger
from shared.contracts import UnitOut
from shared.db import Transaction
from shared.ids import new_id
from shared.problems import StaleVersion


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which step with which report, by the version its caller read; `units`: as the directory last told."""

    report: UUID
    version: int
    request: Request
    units: Mapping[str, UnitOut]


@dataclass(frozen=True, slots=True)
class Held:
    """A report that nobody else changes meanwhile; `after`: where it stands once the step is taken.

    `number` is the ledger entry's id, so that what is kept beside the report can name it.
    """

    row: Any
    step: Step
    after: ReportState
    request: Request
    number: UUID = field(default_factory=new_id)

    @property
    def report(self) -> UUID:
        """The report's id."""
        found: UUID = self.row["id"]
        return found

    @property
    def original(self) -> UUID:
        """The first report's id, by which words are sealed."""
        found: UUID = self.row["original"]
        return found

    @property
    def by(self) -> By:
        """Who takes the step, as it is kept."""
        return By(self.request.caller.unit, self.request.user, self.request.at, self.number)


async def hold(transaction: Transaction, wanted: Wanted, step: Step) -> Held:
    """Hold the report of the caller's authority and see that the step is possible.

    Raises:
        UnknownReport: it is not there for this caller.
        StaleVersion: it has changed since the version the caller read.
        AssessFirst, WrongState, NotYourStep: not from where it stands.
    """
    row = await report_for_authority(transaction, wanted.report, wanted.units, wanted.request, hold=True)
    if row["version"] != wanted.version:
        raise StaleVersion
    return Held(row, step, take(ReportState(row["state"]), step, Party.AUTHORITY), wanted.request)


async def done(transaction: Transaction, held: Held, changes: Mapping[str, object], said: Mapping[str, object]) -> Any:  # noqa: ANN401 - a database row
    """Write the step, in the register and in the ledger, and return the report as it stands now.

    `changes`: columns of the report. `said`: codes, ids and moments of the step; never words.
    """
    row = await steps.change(transaction, held.report, {"state": held.after.value, **changes})
    await reports.add_step(transaction, held.report, held.step.value, said, held.by)
    entry = held.request.entry(
        "concern_step", as_id=held.number, report=str(held.report), municipality=held.row["municipality"],
        step=held.step.value, state=held.after.value, **said,
    )  # fmt: skip
    await ledger.append(transaction, entry)
    return row
