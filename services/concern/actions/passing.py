"""A report is passed on to the municipality that acts: a row of its own there, with its own clocks (R39).

The words stay where they are, sealed under the first report; who reads them is who has the report now. The first
authority keeps its row in its register, and owes the reporter its acknowledgement still (R32).
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from services.concern.actions import clock
from services.concern.actions.receiving import must_be_municipalities, receiving_unit
from services.concern.actions.stepping import Held, Wanted, done, hold
from services.concern.domain.acting import Acting, Facts
from services.concern.domain.clocks import passed_on
from services.concern.domain.dialogue import DialogueState, Form
from services.concern.domain.informing import Informing, answered, inform_by, still_to_tell
from services.concern.domain.kinds import Ground, ReporterKind, Subject
from services.concern.domain.lifecycle import Outcome, Step, must_pass_on
from services.concern.domain.passing import carried, must_act
from services.concern.store import clocks, reports, steps
from services.concern.store.reports import Filed
from shared.clock import danish_date
from shared.contracts import UnitOut
from shared.db import Transaction
from shared.ids import new_id


async def pass_on(transaction: Transaction, wanted: Wanted, to: str, known: Facts) -> tuple[Any, Any]:
    """Pass the report on, once it is assessed; return it as it ends here, and as it begins there.

    `known`: where the family lives; whether the child is born yet is what the report says.

    Raises:
        UnknownMunicipality: there is no such municipality (R46).
        PassedToItself: it is the one that has it.
        FactsPointElsewhere: by the facts, another one acts.
        MunicipalityNotConnected: nobody there receives reports here: nothing is passed on, and it stays where it is.
        ConcernError, StaleVersion: see `stepping.hold`.
    """
    held = await hold(transaction, wanted, Step.PASS_ON)
    row, at = held.row, wanted.request.at
    facts = replace(known, unborn=row["subject"] == Subject.UNBORN.value)
    must_be_municipalities([to, *_named(facts)])
    must_pass_on(row["municipality"], to)
    acting = must_act(facts, to)
    receiver = await receiving_unit(transaction, to, wanted.units, danish_date(at))
    said = await steps.informed_of(transaction, held.report)
    answers = carried(said)
    filed = _filed(held, acting, receiver, answers)
    await reports.add(transaction, filed, held.by)
    for each in answers:
        await reports.add_informing(
            transaction, filed.id, each.by.value, each.informed_at, each.why_not and each.why_not.value, held.by
        )
    here, there = _said(held, filed, said)
    planned = row["dialogue"] == DialogueState.PLANNED.value
    changes: dict[str, object] = {
        "outcomes": [Outcome.PASSED_ON.value], "ended_at": at, "parents_to_tell": False,
        "dialogue": DialogueState.CANCELLED.value if planned else row["dialogue"],
    }  # fmt: skip
    ended = await done(transaction, held, changes, here)
    await reports.add_step(transaction, filed.id, "receive", there, held.by)
    await clock.start(transaction, filed, at)
    return ended, await reports.find(transaction, filed.id)


def _named(facts: Facts) -> list[str | None]:
    return [
        facts.stays_in, facts.holder_in, facts.mostly_in, facts.cpr_in, facts.mother_in, facts.before_shelter
    ]  # fmt: skip


def _filed(held: Held, acting: Acting, receiver: UnitOut, answers: list[Informing]) -> Filed:
    """Return the report as the other municipality receives it: at this moment, with clocks of its own."""
    row, at = held.row, held.request.at
    by = passed_on(clocks.watch(row).done, at)
    return Filed(
        id=new_id(),
        came_from=held.report,
        original=held.original,
        municipality=acting.municipality,
        basis=acting.basis,
        missing=acting.missing,
        unit=receiver.id,
        reporter_kind=ReporterKind(row["reporter_kind"]),
        ground=Ground(row["ground"]),
        provision=row["provision"],
        subject=Subject(row["subject"]),
        form=Form(row["form"]),
        anonymous=row["anonymous"],
        reporter_unit=row["reporter_unit"],
        reporter_user=row["reporter_user"],
        received_at=at,
        assess_by=by.assess_by,
        acknowledge_by=by.acknowledge_by,
        inform_by=inform_by(at),
        parents_answered=answered(answers),
        parents_to_tell=still_to_tell(answers),
    )


def _said(held: Held, filed: Filed, answers: Sequence[Informing]) -> tuple[dict[str, object], dict[str, object]]:
    """Return what the two registers show of it: where it went and why; where it came from, and what was found there.

    Why the parents were not told goes along as it was said: it may be what keeps the child safe.
    """
    row = held.row
    why_not = answers[-1].why_not if answers else None
    here: dict[str, object] = {
        "to_municipality": filed.municipality, "to_unit": filed.unit, "as_report": str(filed.id),
        "basis": filed.basis.value, "missing": [each.value for each in filed.missing],
    }  # fmt: skip
    there: dict[str, object] = {
        "from_municipality": row["municipality"], "from_unit": row["unit"], "from_report": str(held.report),
        "received_there_at": row["received_at"].isoformat(), "danger": row["danger"],
        "acute_measures": row["acute_measures"], "running_measures": row["running_measures"],
        "parents_not_told": why_not and why_not.value,
    }  # fmt: skip
    return here, there
