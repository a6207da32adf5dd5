"""The life of a task: states, whose turn it is, and every step with who may take it, as data.

docs/states.md is generated from this module and compared in `make check`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from services.referral.domain.errors import NotYourTurn, WrongState


class TaskState(StrEnum):
    """Where a recipient's task stands; the state says whose turn it is (anchors 3.7)."""

    DRAFT = "draft"
    AWAITING_CONSENT = "awaiting_consent"
    SENT = "sent"
    RECEIVED = "received"
    IN_DIALOGUE = "in_dialogue"
    AWAITING_FAMILY = "awaiting_family"
    ALTERNATIVE_PROPOSED = "alternative_proposed"
    REDIRECT_PROPOSED = "redirect_proposed"
    ACCEPTED = "accepted"
    WAITING = "waiting"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    DECLINED = "declined"
    FAMILY_DECLINED = "family_declined"
    DROPPED_OUT = "dropped_out"
    NOT_REACHED = "not_reached"
    PASSED_ON = "passed_on"
    WITHDRAWN = "withdrawn"
    NEVER_SENT = "never_sent"
    CONSENT_ENDED = "consent_ended"
    ENTERED_IN_ERROR = "entered_in_error"


class Turn(StrEnum):
    """Whose move it is."""

    FAMILY = "family"
    SENDER = "sender"
    RECIPIENT = "recipient"
    NOBODY = "nobody"


class Party(StrEnum):
    """Who takes a step: one of the three who talk, or the clock and consent's word through the worker."""

    FAMILY = "family"
    SENDER = "sender"
    RECIPIENT = "recipient"
    SYSTEM = "system"


class Step(StrEnum):
    """What can be done to a task."""

    SEND = "send"
    DELIVER = "deliver"
    READ = "read"
    ASK_SENDER = "ask_sender"
    ASK_FAMILY = "ask_family"
    HAVE_ANSWER = "have_answer"
    PROPOSE_ALTERNATIVE = "propose_alternative"
    PROPOSE_REDIRECT = "propose_redirect"
    AGREE = "agree"
    DISAGREE = "disagree"
    ACCEPT = "accept"
    PUT_ON_LIST = "put_on_list"
    INVITE = "invite"
    START = "start"
    COMPLETE = "complete"
    ADVISE = "advise"
    DECLINE = "decline"
    FAMILY_DECLINES = "family_declines"
    DROP_OUT = "drop_out"
    NOT_REACHED = "not_reached"
    WITHDRAW = "withdraw"
    END_CONSENT = "end_consent"
    MARK_ERROR = "mark_error"


@dataclass(frozen=True, slots=True)
class Transition:
    """One step: from any of `sources` to `to`, taken by any of `by`."""

    step: Step
    sources: frozenset[TaskState]
    to: TaskState
    by: frozenset[Party]


_S, _P = TaskState, Party
_TALKING = frozenset({_S.RECEIVED, _S.IN_DIALOGUE, _S.AWAITING_FAMILY})
_PROPOSED = frozenset({_S.ALTERNATIVE_PROPOSED, _S.REDIRECT_PROPOSED})
_NOT_BEGUN = frozenset({_S.ACCEPTED, _S.WAITING})
_TAKEN_ON = _NOT_BEGUN | {_S.IN_PROGRESS}
_OUT = frozenset({_S.SENT}) | _TALKING | _PROPOSED | _TAKEN_ON
_UNSENT = frozenset({_S.DRAFT, _S.AWAITING_CONSENT})


def _row(step: Step, sources: Iterable[TaskState], to: TaskState, *by: Party) -> Transition:
    return Transition(step, frozenset(sources), to, frozenset(by))


TRANSITIONS: tuple[Transition, ...] = (
    _row(Step.SEND, [_S.DRAFT], _S.AWAITING_CONSENT, _P.SENDER),
    _row(Step.DELIVER, [_S.AWAITING_CONSENT], _S.SENT, _P.SYSTEM),
    _row(Step.READ, [_S.SENT], _S.RECEIVED, _P.RECIPIENT),
    _row(Step.ASK_SENDER, [_S.RECEIVED, _S.AWAITING_FAMILY], _S.IN_DIALOGUE, _P.RECIPIENT, _P.FAMILY),
    _row(Step.ASK_FAMILY, [_S.RECEIVED, _S.IN_DIALOGUE], _S.AWAITING_FAMILY, _P.RECIPIENT, _P.SENDER),
    _row(Step.HAVE_ANSWER, [_S.IN_DIALOGUE, _S.AWAITING_FAMILY], _S.RECEIVED, _P.SENDER, _P.FAMILY),
    _row(Step.PROPOSE_ALTERNATIVE, _TALKING | _NOT_BEGUN, _S.ALTERNATIVE_PROPOSED, _P.RECIPIENT),
    _row(Step.PROPOSE_REDIRECT, _TALKING | _NOT_BEGUN, _S.REDIRECT_PROPOSED, _P.RECIPIENT),
    _row(Step.AGREE, _PROPOSED, _S.PASSED_ON, _P.SENDER),
    _row(Step.DISAGREE, _PROPOSED, _S.RECEIVED, _P.SENDER, _P.FAMILY, _P.RECIPIENT),
    _row(Step.ACCEPT, _TALKING, _S.ACCEPTED, _P.RECIPIENT),
    _row(Step.PUT_ON_LIST, [_S.ACCEPTED], _S.WAITING, _P.RECIPIENT),
    _row(Step.INVITE, [_S.WAITING], _S.ACCEPTED, _P.RECIPIENT),
    _row(Step.START, [_S.ACCEPTED], _S.IN_PROGRESS, _P.RECIPIENT),
    _row(Step.COMPLETE, [_S.IN_PROGRESS], _S.COMPLETED, _P.RECIPIENT),
    _row(Step.ADVISE, _TALKING, _S.COMPLETED, _P.RECIPIENT),
    _row(Step.DECLINE, _TALKING | _NOT_BEGUN, _S.DECLINED, _P.RECIPIENT),
    _row(Step.FAMILY_DECLINES, [_S.AWAITING_CONSENT], _S.NEVER_SENT, _P.FAMILY),
    _row(Step.FAMILY_DECLINES, {_S.SENT} | _PROPOSED, _S.FAMILY_DECLINED, _P.FAMILY),
    _row(Step.FAMILY_DECLINES, _TALKING | {_S.ACCEPTED, _S.WAITING}, _S.FAMILY_DECLINED, _P.RECIPIENT, _P.FAMILY),
    _row(Step.DROP_OUT, [_S.IN_PROGRESS], _S.DROPPED_OUT, _P.RECIPIENT, _P.FAMILY),
    _row(Step.NOT_REACHED, _TALKING | {_S.ACCEPTED, _S.WAITING}, _S.NOT_REACHED, _P.RECIPIENT),
    _row(Step.WITHDRAW, _UNSENT, _S.NEVER_SENT, _P.SENDER),
    _row(Step.WITHDRAW, _OUT, _S.WITHDRAWN, _P.SENDER),
    _row(Step.END_CONSENT, _OUT, _S.CONSENT_ENDED, _P.SYSTEM),
    _row(Step.MARK_ERROR, _OUT, _S.ENTERED_IN_ERROR, _P.SENDER),
)

TURN: Mapping[TaskState, Turn] = {
    _S.DRAFT: Turn.SENDER,
    _S.AWAITING_CONSENT: Turn.FAMILY,
    _S.SENT: Turn.RECIPIENT,
    _S.RECEIVED: Turn.RECIPIENT,
    _S.IN_DIALOGUE: Turn.SENDER,
    _S.AWAITING_FAMILY: Turn.FAMILY,
    _S.ALTERNATIVE_PROPOSED: Turn.SENDER,
    _S.REDIRECT_PROPOSED: Turn.SENDER,
    _S.ACCEPTED: Turn.RECIPIENT,
    _S.WAITING: Turn.RECIPIENT,
    _S.IN_PROGRESS: Turn.RECIPIENT,
    **dict.fromkeys(
        (
            _S.COMPLETED, _S.DECLINED, _S.FAMILY_DECLINED, _S.DROPPED_OUT, _S.NOT_REACHED, _S.PASSED_ON,
            _S.WITHDRAWN, _S.NEVER_SENT, _S.CONSENT_ENDED, _S.ENTERED_IN_ERROR,
        ),
        Turn.NOBODY,
    ),
}  # fmt: skip

DANISH: Mapping[TaskState, str] = {
    _S.DRAFT: "Kladde",
    _S.AWAITING_CONSENT: "Venter på samtykke",
    _S.SENT: "Sendt",
    _S.RECEIVED: "Modtaget",
    _S.IN_DIALOGUE: "Venter på svar fra afsender",
    _S.AWAITING_FAMILY: "Venter på svar fra familien",
    _S.ALTERNATIVE_PROPOSED: "Et andet tilbud er foreslået",
    _S.REDIRECT_PROPOSED: "En anden modtager er foreslået",
    _S.ACCEPTED: "Taget imod",
    _S.WAITING: "På venteliste",
    _S.IN_PROGRESS: "I gang",
    _S.COMPLETED: "Afsluttet",
    _S.DECLINED: "Ikke taget imod",
    _S.FAMILY_DECLINED: "Familien har takket nej",
    _S.DROPPED_OUT: "Stoppet undervejs",
    _S.NOT_REACHED: "Der er ikke opnået kontakt",
    _S.PASSED_ON: "Givet videre",
    _S.WITHDRAWN: "Trukket tilbage",
    _S.NEVER_SENT: "Trukket tilbage, før den blev sendt",
    _S.CONSENT_ENDED: "Samtykket er ophørt, og der må ikke udveksles mere",
    _S.ENTERED_IN_ERROR: "Oprettet ved en fejl",
}

# What the recipient has answered or done is the course: the sender hears of it only where everybody permits.
COURSE = frozenset(
    {
        _S.ACCEPTED, _S.WAITING, _S.IN_PROGRESS, _S.COMPLETED, _S.DECLINED, _S.FAMILY_DECLINED, _S.DROPPED_OUT,
        _S.NOT_REACHED,
    }
)  # fmt: skip
# What the sender hears of a state without the recipient telling anything about the family.
KNOWN_TO_SENDER = frozenset(TaskState) - COURSE
# What never went out is not there for its recipient, not even as taken back.
HIDDEN_FROM_RECIPIENT = frozenset({_S.DRAFT, _S.AWAITING_CONSENT, _S.NEVER_SENT})
# What was taken back, is none of the recipient's task, or lost its consent once, is told to it no longer, whatever
# consent says now: a new consent needs a new task (R18, R23, R59).
TOLD_NO_LONGER = frozenset(
    {
        _S.WITHDRAWN, _S.DECLINED, _S.CONSENT_ENDED, _S.FAMILY_DECLINED, _S.NOT_REACHED, _S.PASSED_ON,
        _S.ENTERED_IN_ERROR,
    }
)  # fmt: skip
# While the recipient waits for somebody else, its clock stands still.
CLOCK_STANDS = frozenset({_S.DRAFT, _S.AWAITING_CONSENT, _S.IN_DIALOGUE, _S.AWAITING_FAMILY}) | _PROPOSED
TALKING = _TALKING
ENDED = frozenset(state for state in TaskState if not any(state in row.sources for row in TRANSITIONS))


def ended(state: TaskState) -> bool:
    """Say whether nothing can follow."""
    return state in ENDED


def allowed(state: TaskState, by: Party, without: frozenset[Step] = frozenset()) -> list[str]:
    """Return the steps the party may take from there; `without`: those that the kind of request has no use for."""
    return sorted(
        {row.step.value for row in TRANSITIONS if state in row.sources and by in row.by and row.step not in without}
    )


def take(state: TaskState, step: Step, by: Party, without: frozenset[Step] = frozenset()) -> TaskState:
    """Return the next state; `without`: steps that the kind of request has no use for.

    Raises:
        WrongState: that step is not possible from there; the error carries those that are.
        NotYourTurn: it is possible, but another party's.
    """
    rows = [row for row in TRANSITIONS if row.step is step and state in row.sources and step not in without]
    for row in rows:
        if by in row.by:
            return row.to
    if rows:
        raise NotYourTurn
    raise WrongState(state, allowed(state, by, without))


def following(state: TaskState, *, reachable: bool) -> TaskState:
    """Return where an open task stands once consent was asked anew: whether its recipient may read any of it (R23)."""
    if state is TaskState.DRAFT:
        return state
    if state is TaskState.AWAITING_CONSENT:
        return take(state, Step.DELIVER, Party.SYSTEM) if reachable else state
    return state if reachable else take(state, Step.END_CONSENT, Party.SYSTEM)


def after_talking(state: TaskState, waits_for: frozenset[Party]) -> TaskState:
    """Return where a task stands after a message, by whom its open questions wait for.

    The sender's turn goes first: while both the sender and the family are asked, the sender is the one who can
    help the family answer. Where the recipient has taken the task on, its turn stays, and only the clock stands.
    """
    if state not in TALKING:
        return state
    if Party.SENDER in waits_for:
        return TaskState.IN_DIALOGUE
    return TaskState.AWAITING_FAMILY if Party.FAMILY in waits_for else TaskState.RECEIVED
