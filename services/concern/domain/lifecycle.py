"""The life of a concern report: where it stands and every step with who may take it, as data (R31, R32)."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from services.concern.domain.errors import (
    AcuteWithoutDanger,
    AlreadyAcknowledged,
    AssessFirst,
    NotYourStep,
    OutcomesContradict,
    ParentsUnanswered,
    PassedToItself,
    WrongState,
)


class ReportState(StrEnum):
    """Where a report stands at the authority that has it; that the reporter was told is a moment, and no state."""

    RECEIVED = "received"
    ASSESSED = "assessed"
    PASSED_ON = "passed_on"
    CLOSED = "closed"


class Party(StrEnum):
    """Who takes a step."""

    REPORTER = "reporter"
    FAMILY = "family"
    AUTHORITY = "authority"


class Step(StrEnum):
    """What can be done to a report that is received."""

    ADD = "add"
    CORRECT = "correct"
    ASSESS = "assess"
    ACKNOWLEDGE = "acknowledge"
    INFORM_PARENTS = "inform_parents"
    PLAN_DIALOGUE = "plan_dialogue"
    HOLD_DIALOGUE = "hold_dialogue"
    DECLINE_DIALOGUE = "decline_dialogue"
    CANCEL_DIALOGUE = "cancel_dialogue"
    PASS_ON = "pass_on"  # noqa: S105 - a step
    CLOSE = "close"
    GIVE_FEEDBACK = "give_feedback"


class Outcome(StrEnum):
    """What came of a report at one authority; several may be begun at once."""

    SCREENED_ONLY = "screened_only"
    MAPPING = "mapping"
    EXAMINATION = "examination"
    MEASURES = "measures"
    NOTHING_MORE = "nothing_more"
    PASSED_ON = "passed_on"


@dataclass(frozen=True, slots=True)
class Transition:
    """One step: from any of `sources`, taken by any of `by`; to `to`, or staying where it is."""

    step: Step
    sources: frozenset[ReportState]
    to: ReportState | None
    by: frozenset[Party]


@dataclass(frozen=True, slots=True)
class Assessment:
    """The answer within 24 hours: is the child's health or development in danger, and are acute measures needed."""

    danger: bool
    acute_measures: bool


_S, _P = ReportState, Party
_OPEN = (_S.RECEIVED, _S.ASSESSED)


def _row(step: Step, sources: Iterable[ReportState], to: ReportState | None, *by: Party) -> Transition:
    return Transition(step, frozenset(sources), to, frozenset(by))


TRANSITIONS: tuple[Transition, ...] = (
    _row(Step.ADD, _OPEN, None, _P.REPORTER),
    _row(Step.CORRECT, _OPEN, None, _P.REPORTER),
    _row(Step.ASSESS, _OPEN, _S.ASSESSED, _P.AUTHORITY),
    _row(Step.ACKNOWLEDGE, _S, None, _P.AUTHORITY),
    _row(Step.INFORM_PARENTS, _S, None, _P.REPORTER, _P.AUTHORITY),
    _row(Step.PLAN_DIALOGUE, _OPEN, None, _P.REPORTER, _P.AUTHORITY),
    _row(Step.HOLD_DIALOGUE, _OPEN, None, _P.AUTHORITY),
    _row(Step.DECLINE_DIALOGUE, _OPEN, None, _P.REPORTER, _P.AUTHORITY, _P.FAMILY),
    _row(Step.CANCEL_DIALOGUE, _OPEN, None, _P.REPORTER, _P.AUTHORITY),
    _row(Step.PASS_ON, [_S.ASSESSED], _S.PASSED_ON, _P.AUTHORITY),
    _row(Step.CLOSE, [_S.ASSESSED], _S.CLOSED, _P.AUTHORITY),
    _row(Step.GIVE_FEEDBACK, [_S.ASSESSED, _S.CLOSED], None, _P.AUTHORITY),
)
STATE_DANISH: Mapping[ReportState, str] = {
    _S.RECEIVED: "Modtaget",
    _S.ASSESSED: "Vurderet",
    _S.PASSED_ON: "Sendt videre til en anden kommune",
    _S.CLOSED: "Afsluttet",
}
OUTCOME_DANISH: Mapping[Outcome, str] = {
    Outcome.SCREENED_ONLY: "Kommunen har lavet en screening og gør ikke mere på grund af underretningen",
    Outcome.MAPPING: "Der er begyndt en afdækning",
    Outcome.EXAMINATION: "Der er begyndt en børnefaglig undersøgelse",
    Outcome.MEASURES: "Der er begyndt en indsats",
    Outcome.NOTHING_MORE: "Kommunen gør ikke mere på grund af underretningen",
    Outcome.PASSED_ON: "Underretningen er sendt videre til den kommune, der skal handle",
}
BEGUN = frozenset({Outcome.MAPPING, Outcome.EXAMINATION, Outcome.MEASURES})
_ALONE = frozenset({Outcome.SCREENED_ONLY, Outcome.NOTHING_MORE})
CLOSING = BEGUN | _ALONE
ENDED = frozenset({_S.PASSED_ON, _S.CLOSED})


def allowed(state: ReportState, by: Party) -> list[str]:
    """Return the steps the party may take from there."""
    return sorted({row.step.value for row in TRANSITIONS if state in row.sources and by in row.by})


def take(state: ReportState, step: Step, by: Party) -> ReportState:
    """Return the next state.

    Raises:
        AssessFirst: it would be passed on or closed before the question of the 24 hours is answered (R32).
        WrongState: that step is not possible from there; the error carries those that are.
        NotYourStep: it is possible, but another party's.
    """
    rows = [row for row in TRANSITIONS if row.step is step and state in row.sources]
    for row in rows:
        if by in row.by:
            return row.to or state
    if rows or not any(by in row.by for row in TRANSITIONS if row.step is step):
        raise NotYourStep
    if state is ReportState.RECEIVED:
        raise AssessFirst
    raise WrongState(state, allowed(state, by))


def must_fit(assessment: Assessment) -> None:
    """Let pass an answer that does not contradict itself: acute measures are for a child in danger (BL § 136, stk. 2).

    Raises:
        AcuteWithoutDanger: acute measures without danger.
    """
    if assessment.acute_measures and not assessment.danger:
        raise AcuteWithoutDanger


def must_not_be_acknowledged(*, before: bool) -> None:
    """Let pass the first acknowledgement; its moment is kept, and no later one takes its place.

    Raises:
        AlreadyAcknowledged: the reporter was told before.
    """
    if before:
        raise AlreadyAcknowledged


def must_close(outcomes: Collection[Outcome], *, parents_answered: bool) -> None:
    """Let pass an end that says what came of it, and whether the parents know.

    Raises:
        OutcomesContradict: it names nothing, or nothing more beside something begun, or that it was passed on.
        ParentsUnanswered: nobody has said whether the parents were told, or why not.
    """
    named = frozenset(outcomes)
    if not named or not named <= CLOSING or (named & _ALONE and len(named) > 1):
        raise OutcomesContradict(sorted(CLOSING))
    if not parents_answered:
        raise ParentsUnanswered


def must_pass_on(holder: str, to: str) -> None:
    """Let pass a passing on to another municipality; both by code.

    Raises:
        PassedToItself: it is the one that has it (R39).
    """
    if holder == to:
        raise PassedToItself
