"""The dialogue-based report: a meeting of reporter, family and adviser; a form of report, never instead of it (R31).

The clocks run from when the report is received, meeting or not. Whatever becomes of the meeting, the report stands.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from services.concern.domain.errors import (
    DialogueIncomplete,
    DialogueNeedsName,
    DialogueNotAhead,
    DialogueNotOpen,
    ToldInTheFuture,
)
from services.concern.domain.kinds import Ground
from services.concern.domain.lifecycle import Step

MOST_STEPS = 20


class Form(StrEnum):
    """How somebody reports: in writing alone, or with a meeting beside it (dialogbaseret underretning)."""

    ORDINARY = "ordinary"
    DIALOGUE = "dialogue"


class DialogueState(StrEnum):
    """Where a meeting stands."""

    PLANNED = "planned"
    HELD = "held"
    DECLINED = "declined"
    CANCELLED = "cancelled"


class Attendee(StrEnum):
    """Who meets; each must be there, or it was another meeting."""

    REPORTER = "reporter"
    FAMILY = "family"
    ADVISER = "adviser"


FORM_DANISH: Mapping[Form, str] = {
    Form.ORDINARY: "Underretning",
    Form.DIALOGUE: "Dialogbaseret underretning: et møde mellem familien, den, der underretter, og rådgiveren",
}
DIALOGUE_DANISH: Mapping[DialogueState, str] = {
    DialogueState.PLANNED: "Dialogmødet er planlagt",
    DialogueState.HELD: "Dialogmødet er holdt",
    DialogueState.DECLINED: "Familien ønsker ikke et dialogmøde. Underretningen gælder stadig",
    DialogueState.CANCELLED: "Dialogmødet er aflyst. Underretningen gælder stadig",
}
ATTENDEE_DANISH: Mapping[Attendee, str] = {
    Attendee.REPORTER: "Den, der underretter",
    Attendee.FAMILY: "Familien",
    Attendee.ADVISER: "Børne- og ungerådgiveren",
}


@dataclass(frozen=True, slots=True)
class NextStep:
    """One thing that was agreed: what, who does it, and by which day."""

    what: str
    owner: Attendee
    by: date


@dataclass(frozen=True, slots=True)
class Minutes:
    """What a meeting came to; `family_view` is the family's own words, kept as said beside the professionals'."""

    held_at: datetime
    present: frozenset[Attendee]
    family_view: str
    professional_view: str
    steps: tuple[NextStep, ...]


_CAUTION = (
    "Ved mistanke om overgreb skal familien ikke inviteres eller have noget at vide, før myndigheden har taget "
    "stilling til det sammen med politiet. Ring til myndigheden. Underretningen er sendt og gælder."
)
_AFTER: Mapping[Step, DialogueState] = {
    Step.HOLD_DIALOGUE: DialogueState.HELD,
    Step.DECLINE_DIALOGUE: DialogueState.DECLINED,
    Step.CANCEL_DIALOGUE: DialogueState.CANCELLED,
}


def must_suit(form: Form, *, anonymous: bool) -> None:
    """Let pass a form that the reporter can take part in.

    Raises:
        DialogueNeedsName: a meeting with somebody who gives no name.
    """
    if form is Form.DIALOGUE and anonymous:
        raise DialogueNeedsName


def caution(form: Form, ground: Ground) -> str | None:
    """Return, in Danish, what must be thought of before the family is asked to a meeting; shown, never a refusal."""
    return _CAUTION if form is Form.DIALOGUE and ground is Ground.ABUSE else None


def must_be_ahead(planned_at: datetime, at: datetime) -> None:
    """Let pass a meeting that is still to come.

    Raises:
        DialogueNotAhead: its moment has been.
    """
    if planned_at <= at:
        raise DialogueNotAhead


def follow(state: DialogueState | None, step: Step) -> DialogueState:
    """Return where the meeting stands after that step of the report's; None: none was planned.

    A meeting that was declined or called off may be planned anew; one that is planned is moved the same way. The family
    may decline also where none was planned: then none is.

    Raises:
        DialogueNotOpen: it was held before, or none is planned.
    """
    if step is Step.PLAN_DIALOGUE and state is not DialogueState.HELD:
        return DialogueState.PLANNED
    if step is Step.DECLINE_DIALOGUE and state is None:
        return DialogueState.DECLINED
    if step is Step.PLAN_DIALOGUE or state is not DialogueState.PLANNED:
        raise DialogueNotOpen
    return _AFTER[step]


def must_be_minuted(minutes: Minutes, at: datetime, today: date) -> None:
    """Let pass the minutes of a meeting that was one; `today` is the day in Denmark at the moment `at`.

    Raises:
        ToldInTheFuture: it is said to be held later than now.
        DialogueIncomplete: somebody was not there, a view is missing, or the steps agreed have no owner or day.
    """
    if minutes.held_at > at:
        raise ToldInTheFuture
    lacking = [f"present:{each.value}" for each in Attendee if each not in minutes.present]
    lacking += [name for name in ("family_view", "professional_view") if not getattr(minutes, name).strip()]
    if not 1 <= len(minutes.steps) <= MOST_STEPS or any(not _agreed(each, today) for each in minutes.steps):
        lacking.append("steps")
    if lacking:
        raise DialogueIncomplete(lacking)


def overdue(steps: Sequence[NextStep], on: date) -> tuple[NextStep, ...]:
    """Return the agreed steps whose day has passed."""
    return tuple(each for each in steps if each.by < on)


def _agreed(step: NextStep, today: date) -> bool:
    return bool(step.what.strip()) and step.by >= today
