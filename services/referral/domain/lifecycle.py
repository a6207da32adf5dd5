"""The life of a task: states, whose turn it is, and which steps are allowed, as data.

docs/states.md is generated from this module and compared in `make check`.
"""

from collections.abc import Mapping
from enum import StrEnum

from services.referral.domain.errors import WrongState


class TaskState(StrEnum):
    """Where a recipient's task stands; the state says whose turn it is (anchors 3.7)."""

    AWAITING_CONSENT = "awaiting_consent"
    SENT = "sent"
    RECEIVED = "received"
    IN_DIALOGUE = "in_dialogue"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    NEVER_SENT = "never_sent"
    CONSENT_ENDED = "consent_ended"


class Turn(StrEnum):
    """Whose move it is."""

    FAMILY = "family"
    SENDER = "sender"
    RECIPIENT = "recipient"
    NOBODY = "nobody"


_S = TaskState
_ENDS = frozenset({_S.WITHDRAWN, _S.CONSENT_ENDED})

TRANSITIONS: Mapping[TaskState, frozenset[TaskState]] = {
    _S.AWAITING_CONSENT: frozenset({_S.SENT, _S.NEVER_SENT}),
    _S.SENT: frozenset({_S.RECEIVED}) | _ENDS,
    _S.RECEIVED: frozenset({_S.IN_DIALOGUE, _S.ACCEPTED, _S.DECLINED}) | _ENDS,
    _S.IN_DIALOGUE: frozenset({_S.RECEIVED, _S.ACCEPTED, _S.DECLINED}) | _ENDS,
    _S.ACCEPTED: _ENDS,
    _S.DECLINED: frozenset(),
    _S.WITHDRAWN: frozenset(),
    _S.NEVER_SENT: frozenset(),
    _S.CONSENT_ENDED: frozenset(),
}

TURN: Mapping[TaskState, Turn] = {
    _S.AWAITING_CONSENT: Turn.FAMILY,
    _S.SENT: Turn.RECIPIENT,
    _S.RECEIVED: Turn.RECIPIENT,
    _S.IN_DIALOGUE: Turn.SENDER,
    _S.ACCEPTED: Turn.RECIPIENT,
    _S.DECLINED: Turn.NOBODY,
    _S.WITHDRAWN: Turn.NOBODY,
    _S.NEVER_SENT: Turn.NOBODY,
    _S.CONSENT_ENDED: Turn.NOBODY,
}

DANISH: Mapping[TaskState, str] = {
    _S.AWAITING_CONSENT: "Venter på samtykke",
    _S.SENT: "Sendt",
    _S.RECEIVED: "Modtaget",
    _S.IN_DIALOGUE: "Venter på svar fra afsender",
    _S.ACCEPTED: "Taget imod",
    _S.DECLINED: "Ikke taget imod",
    _S.WITHDRAWN: "Trukket tilbage",
    _S.NEVER_SENT: "Trukket tilbage, før den blev sendt",
    _S.CONSENT_ENDED: "Samtykket er ophørt, og der må ikke udveksles mere",
}

# What the sender hears of a state without the recipient telling anything about the family.
KNOWN_TO_SENDER = frozenset(TaskState) - {_S.ACCEPTED, _S.DECLINED}
# What never went out is not there for its recipient, not even as taken back.
HIDDEN_FROM_RECIPIENT = frozenset({_S.AWAITING_CONSENT, _S.NEVER_SENT})
# What was taken back, is none of the recipient's task, or lost its consent once, is told to it no longer, whatever
# consent says now: a new consent needs a new task (R18, R23, R59).
TOLD_NO_LONGER = frozenset({_S.WITHDRAWN, _S.DECLINED, _S.CONSENT_ENDED})


def ended(state: TaskState) -> bool:
    """Say whether nothing can follow."""
    return not TRANSITIONS[state]


def step(state: TaskState, to: TaskState) -> TaskState:
    """Return the next state.

    Raises:
        WrongState: that step is not allowed; the error carries those that are.
    """
    if to not in TRANSITIONS[state]:
        raise WrongState(state, sorted(TRANSITIONS[state]))
    return to


def following(state: TaskState, *, reachable: bool) -> TaskState:
    """Return where an open task stands once consent was asked anew: whether its recipient may read any of it (R23)."""
    if state is TaskState.AWAITING_CONSENT:
        return step(state, TaskState.SENT) if reachable else state
    return state if reachable else step(state, TaskState.CONSENT_ENDED)
