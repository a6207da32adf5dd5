"""The authority looks at a report, says it has it, says whether the parents know, and ends it (R32, R34, R73)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from services.concern.actions import clock
from services.concern.actions.stepping import Wanted, done, hold
from services.concern.domain.informing import (
    Informing,
    answered,
    involved_before,
    must_answer,
    reassessment,
    still_to_tell,
)
from services.concern.domain.lifecycle import (
    Assessment,
    Outcome,
    ReportState,
    Step,
    must_close,
    must_fit,
    must_not_be_acknowledged,
)
from services.concern.store import reports, steps
from shared.db import Transaction


@dataclass(frozen=True, slots=True)
class Assessed:
    """A report that was assessed; `says`: what must be thought of while help is running, or None (R34).

    `involved`: whoever takes part in the new assessment has had part in this report before; None: not asked for.
    """

    row: Any
    says: str | None
    involved: bool | None


async def assess(
    transaction: Transaction, wanted: Wanted, answer: Assessment, *, running_measures: bool, with_user: str | None
) -> Assessed:
    """Answer whether the child is in danger; anew, where more is known: the first moment is the one that counts.

    `with_user`: who takes part, where help is running and somebody who was not part of it must (R34).

    Raises:
        AcuteWithoutDanger: one answer contradicts the other.
        ConcernError, StaleVersion: see `stepping.hold`.
    """
    held = await hold(transaction, wanted, Step.ASSESS)
    must_fit(answer)
    says = reassessment(running_measures=running_measures)
    part = await steps.took_part(transaction, held.report)
    involved = None if says is None else involved_before(with_user or wanted.request.user, part)
    said = {
        "danger": answer.danger, "acute_measures": answer.acute_measures, "running_measures": running_measures,
        "with_user": with_user, "involved_before": involved,
    }  # fmt: skip
    first = held.row["assessed_at"] or wanted.request.at
    changes = {
        "assessed_at": first, "danger": answer.danger, "acute_measures": answer.acute_measures,
        "running_measures": running_measures,
    }  # fmt: skip
    return Assessed(await done(transaction, held, changes, said), says, involved)


async def acknowledge(transaction: Transaction, wanted: Wanted) -> Any:  # noqa: ANN401 - a database row
    """Tell the reporter that the report is received; the moment is kept.

    Raises:
        AlreadyAcknowledged: they were told before.
        ConcernError, StaleVersion: see `stepping.hold`.
    """
    held = await hold(transaction, wanted, Step.ACKNOWLEDGE)
    must_not_be_acknowledged(before=held.row["acknowledged_at"] is not None)
    return await done(transaction, held, {"acknowledged_at": wanted.request.at}, {})


async def inform(transaction: Transaction, wanted: Wanted, answer: Informing) -> Any:  # noqa: ANN401 - a database row
    """Keep that the parents were told, or why not; the last answer holds, and all are kept.

    An answer that holds for now only lets the clock run on; where the report was passed on, it runs elsewhere.

    Raises:
        NotInformed, ToldInTheFuture: it is no answer.
        ConcernError, StaleVersion: see `stepping.hold`.
    """
    held = await hold(transaction, wanted, Step.INFORM_PARENTS)
    at = wanted.request.at
    must_answer(answer, at)
    await reports.add_informing(
        transaction, held.report, answer.by.value, answer.informed_at, answer.why_not and answer.why_not.value, held.by
    )
    answers = await steps.informed_of(transaction, held.report)
    to_tell = still_to_tell(answers) and held.after is not ReportState.PASSED_ON
    said = {
        "informed_at": answer.informed_at and answer.informed_at.isoformat(),
        "why_not": answer.why_not and answer.why_not.value,
    }
    changes = {"parents_answered": answered(answers), "parents_to_tell": to_tell}
    row = await done(transaction, held, changes, said)
    if to_tell and not held.row["parents_to_tell"]:
        await clock.start_parents(transaction, held.report, row["inform_by"], at)
    return row


async def close(transaction: Transaction, wanted: Wanted, outcomes: Sequence[Outcome]) -> Any:  # noqa: ANN401 - a database row
    """End a report with what came of it.

    Raises:
        OutcomesContradict: nothing, or nothing more beside something begun.
        ParentsUnanswered: nobody has said whether the parents know.
        ConcernError, StaleVersion: see `stepping.hold`.
    """
    held = await hold(transaction, wanted, Step.CLOSE)
    must_close(outcomes, parents_answered=held.row["parents_answered"])
    named = sorted({each.value for each in outcomes})
    return await done(transaction, held, {"outcomes": named, "ended_at": wanted.request.at}, {"outcomes": named})
