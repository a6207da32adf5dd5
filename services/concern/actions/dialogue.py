"""A dialogue meeting beside a report: planned, held with minutes, or not held; the report stands all the same (R31)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from services.concern.actions.context import Request
from services.concern.actions.reading import newest, report_for_authority, report_for_reporter
from services.concern.actions.stepping import Held, Wanted, done
from services.concern.domain.dialogue import (
    DialogueState,
    Form,
    Minutes,
    follow,
    must_be_ahead,
    must_be_minuted,
    must_suit,
)
from services.concern.domain.errors import ConcernError, ReportEnded, UnknownReport
from services.concern.domain.lifecycle import ENDED, Party, ReportState, Step, take
from services.concern.sealing import Seal
from services.concern.store import reports
from shared.clock import danish_date
from shared.contracts import UnitOut
from shared.db import Connection, Transaction
from shared.ids import new_id
from shared.problems import StaleVersion, VersionRequired

_WHAT = "minutes"
_STEPS = (Step.PLAN_DIALOGUE, Step.HOLD_DIALOGUE, Step.DECLINE_DIALOGUE, Step.CANCEL_DIALOGUE)


@dataclass(frozen=True, slots=True)
class Seen:
    """A report's meeting as one of its parties sees it: where it stands, and the minutes there are, oldest first."""

    row: Any
    party: Party
    minutes: Sequence[Mapping[str, Any]] = ()

    @property
    def may(self) -> list[Step]:
        """The steps of the meeting that the party may take from here."""
        return [step for step in _STEPS if _possible(self.row, self.party, step)]


async def plan(
    transaction: Transaction, report: UUID, version: int | None, request: Request, units: Mapping[str, UnitOut],
    planned_at: datetime,
) -> Seen:  # fmt: skip
    """Plan a meeting, or move the one that is planned; by the reporter or the authority.

    Raises:
        DialogueNeedsName: the report was sent without a name.
        DialogueNotAhead: the moment has been.
        DialogueNotOpen: it was held before.
        ConcernError, StaleVersion, VersionRequired: see `_hold`.
    """
    party, held = await _hold(transaction, report, version, request, units, Step.PLAN_DIALOGUE)
    must_suit(Form.DIALOGUE, anonymous=held.row["anonymous"])
    must_be_ahead(planned_at, request.at)
    state = _follow(held)
    changes = {"dialogue": state.value, "dialogue_at": planned_at}
    said = {"party": party.value, "planned_at": planned_at.isoformat()}
    return Seen(await done(transaction, held, changes, said), party)


async def call_off(
    transaction: Transaction, report: UUID, version: int | None, request: Request, units: Mapping[str, UnitOut],
    step: Step,
) -> Seen:  # fmt: skip
    """Note that the family would rather not meet (`DECLINE_DIALOGUE`), or call a meeting off (`CANCEL_DIALOGUE`).

    Raises:
        DialogueNotOpen: none is planned.
        ConcernError, StaleVersion, VersionRequired: see `_hold`.
    """
    party, held = await _hold(transaction, report, version, request, units, step)
    state = _follow(held)
    row = await done(transaction, held, {"dialogue": state.value}, {"party": party.value})
    return Seen(row, party)


async def minute(transaction: Transaction, wanted: Wanted, minutes: Minutes, seal: Seal) -> Seen:
    """Keep what a meeting came to: both understandings, and the agreed steps with owner and day; sealed.

    Raises:
        DialogueIncomplete, ToldInTheFuture: the minutes are none.
        DialogueNotOpen: none is planned.
        ConcernError, StaleVersion: see `_hold`.
    """
    step, request = Step.HOLD_DIALOGUE, wanted.request
    party, held = await _hold(transaction, wanted.report, wanted.version, request, wanted.units, step)
    state = _follow(held)
    must_be_minuted(minutes, request.at, danish_date(request.at))
    told = _told(minutes)
    sealed = seal.seal(held.original, _WHAT, orjson.dumps(told))
    await reports.add_words(transaction, held.original, _WHAT, sealed, held.by)
    changes = {"dialogue": state.value, "dialogue_at": minutes.held_at}
    said = {
        "held_at": minutes.held_at.isoformat(), "present": sorted(each.value for each in minutes.present),
        "agreed": len(minutes.steps),
    }  # fmt: skip
    return Seen(await done(transaction, held, changes, said), party, [told])


async def read(
    transaction: Connection, report: UUID, request: Request, units: Mapping[str, UnitOut], seal: Seal
) -> Seen:
    """Return how it stands with the meeting; the minutes to who has the report, and to the reporter, who was there.

    Raises:
        UnknownReport: it is not there for this caller.
    """
    party, row = await _find(transaction, report, request, units, hold=False)
    if party is Party.AUTHORITY and row["state"] == ReportState.PASSED_ON.value:
        return Seen(row, party)
    words = [each for each in await reports.words_of(transaction, row["original"]) if each["what"] == _WHAT]
    return Seen(row, party, [orjson.loads(seal.open(row["original"], _WHAT, each["sealed"])) for each in words])


async def _find(
    transaction: Connection, report: UUID, request: Request, units: Mapping[str, UnitOut], *, hold: bool
) -> tuple[Party, Any]:
    """Return the report and what the caller is to it: the authority that has it, or who reported.

    To the reporter a report that was passed on is one report still: they meet whoever has it now.

    Raises:
        UnknownReport: neither.
    """
    try:
        return Party.AUTHORITY, await report_for_authority(transaction, report, units, request, hold=hold)
    except UnknownReport:
        row = await report_for_reporter(transaction, report, request, hold=hold)
    return Party.REPORTER, await newest(transaction, row, hold=hold)


async def _hold(
    transaction: Transaction, report: UUID, version: int | None, request: Request, units: Mapping[str, UnitOut],
    step: Step,
) -> tuple[Party, Held]:  # fmt: skip
    """Hold the report for a step of its meeting; a version is the authority's to know, and it must name it.

    The reporter names none: from one they could count what the authority does (R33).

    Raises:
        UnknownReport: it is not there for this caller.
        VersionRequired, StaleVersion: the authority names none, or not the newest.
        ReportEnded: to the reporter: the authority is done with it, and how is not told (R33).
        AssessFirst, WrongState, NotYourStep: not from where it stands, or another's to take.
    """
    party, row = await _find(transaction, report, request, units, hold=True)
    if party is Party.AUTHORITY and version is None:
        raise VersionRequired
    if version not in {None, row["version"]}:
        raise StaleVersion
    state = ReportState(row["state"])
    if party is Party.REPORTER and state in ENDED:
        raise ReportEnded
    return party, Held(row, step, take(state, step, party), request, new_id())


def _follow(held: Held) -> DialogueState:
    stands = held.row["dialogue"]
    return follow(None if stands is None else DialogueState(stands), held.step)


def _possible(row: Any, party: Party, step: Step) -> bool:  # noqa: ANN401 - a database row
    stands = row["dialogue"]
    try:
        take(ReportState(row["state"]), step, party)
        follow(None if stands is None else DialogueState(stands), step)
    except ConcernError:
        return False
    return not row["anonymous"]


def _told(minutes: Minutes) -> dict[str, Any]:
    return {
        "held_at": minutes.held_at.isoformat(),
        "present": sorted(each.value for each in minutes.present),
        "family_view": minutes.family_view,
        "professional_view": minutes.professional_view,
        "steps": [{"what": each.what, "owner": each.owner.value, "by": each.by.isoformat()} for each in minutes.steps],
    }
