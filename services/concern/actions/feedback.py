"""The reporter is told what came of it: yes or no per kind, by kind of reporter; never what is in the case (R33)."""

from typing import Any

import orjson

from services.concern.actions.stepping import Wanted, done, hold
from services.concern.domain.feedback import Feedback, Withheld, must_be_told
from services.concern.domain.kinds import ReporterKind
from services.concern.domain.lifecycle import Outcome, Step
from services.concern.sealing import Seal
from services.concern.store import reports, steps
from shared.db import Transaction

_WHAT = "feedback"


async def tell(transaction: Transaction, wanted: Wanted, feedback: Feedback, seal: Seal) -> Any:  # noqa: ANN401 - a database row
    """Keep what the reporter is told, or why not; the last answer holds, so what was withheld may be told later.

    Why more than yes and no is told is written down, sealed, for whoever answers for it; the reporter is not shown it.

    Raises:
        NoFeedbackHere, FeedbackIncomplete, FeedbackContradicts: this kind of reporter is not told that.
        ConcernError, StaleVersion: see `stepping.hold`.
    """
    held = await hold(transaction, wanted, Step.GIVE_FEEDBACK)
    closed = held.row["outcomes"]
    outcomes = None if closed is None else [Outcome(each) for each in closed]
    must_be_told(ReporterKind(held.row["reporter_kind"]), feedback, outcomes)
    await steps.add_feedback(transaction, held.report, feedback, held.by)
    more = feedback.more
    if more is not None:
        sealed = seal.seal(held.original, _WHAT, orjson.dumps({"why": more.why}))
        await reports.add_words(transaction, held.original, _WHAT, sealed, held.by)
    return await done(transaction, held, {}, _said(feedback))


def _said(feedback: Feedback) -> dict[str, object]:
    withheld: Withheld | None = feedback.withheld
    begun, more = feedback.begun, feedback.more
    told = [name for name in ("examination", "mapping", "measures") if begun is not None and getattr(begun, name)]
    return {
        "told": begun is not None, "begun": told, "withheld": withheld and withheld.value,
        "types": sorted(each.value for each in more.types) if more else [], "weeks": more and more.weeks,
    }  # fmt: skip
