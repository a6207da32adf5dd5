"""By when the recipient answers and an offer begins; the clock stands while it waits for somebody else."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.referral.domain.kinds import Priority
from services.referral.domain.lifecycle import CLOCK_STANDS, TALKING, Party, TaskState, ended
from services.referral.domain.model import Clock

_ANSWER: Mapping[Priority, float] = {Priority.ROUTINE: 1.0, Priority.URGENT: 0.25, Priority.ASAP: 0.1}
UNANSWERED = TALKING | {TaskState.SENT, TaskState.ALTERNATIVE_PROPOSED, TaskState.REDIRECT_PROPOSED}
NOT_BEGUN = UNANSWERED | {TaskState.ACCEPTED, TaskState.WAITING}


@dataclass(frozen=True, slots=True)
class Terms:
    """How long an answer and an offer may take: eight weeks to an offer, where nothing else is agreed (seed 004)."""

    answer: timedelta = timedelta(days=14)
    offer: timedelta = timedelta(weeks=8)


def first_clock(terms: Terms, priority: Priority, at: datetime, *, stands: bool) -> Clock:
    """Return a new task's clock; it stands until the task goes out."""
    return Clock(at + terms.answer * _ANSWER[priority], at + terms.offer, at if stands else None)


def ticking(clock: Clock, at: datetime, *, stands: bool) -> Clock:
    """Return the clock as it goes on from `at`: what it stood still for is added to both ends."""
    if stands:
        return clock if clock.stands_since is not None else Clock(clock.answer_by, clock.offer_by, at)
    if clock.stands_since is None:
        return clock
    stood = max(at - clock.stands_since, timedelta(0))
    return Clock(
        None if clock.answer_by is None else clock.answer_by + stood,
        None if clock.offer_by is None else clock.offer_by + stood,
    )


def stands(state: TaskState, waits_for: frozenset[Party]) -> bool:
    """Say whether the recipient waits for somebody else: by the state, or by an open question."""
    return state in CLOCK_STANDS or bool(waits_for - {Party.RECIPIENT})


def overdue(state: TaskState, clock: Clock, at: datetime) -> str | None:
    """Return what is late: `answer`, `offer`, or nothing. While the clock stands, nothing gets late."""
    if ended(state) or clock.stands_since is not None:
        return None
    if state in UNANSWERED and clock.answer_by is not None and at > clock.answer_by:
        return "answer"
    if state in NOT_BEGUN and clock.offer_by is not None and at > clock.offer_by:
        return "offer"
    return None
