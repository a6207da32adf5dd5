"""The life of a task: which step follows which, whose turn it is, who may hear of it."""

from itertools import product

import pytest

from services.referral.domain.errors import WrongState
from services.referral.domain.lifecycle import (
    DANISH,
    HIDDEN_FROM_RECIPIENT,
    KNOWN_TO_SENDER,
    TRANSITIONS,
    TURN,
    TaskState,
    Turn,
    ended,
    following,
    step,
)

S = TaskState
# Written anew from what the story says, and not read off the table it checks.
STORY = {
    (S.AWAITING_CONSENT, S.SENT): "a consent covers something of it",
    (S.AWAITING_CONSENT, S.NEVER_SENT): "the sender takes it back before it went out",
    (S.SENT, S.RECEIVED): "the recipient reads it",
    (S.RECEIVED, S.IN_DIALOGUE): "the recipient asks",
    (S.IN_DIALOGUE, S.RECEIVED): "the sender answers",
    (S.RECEIVED, S.ACCEPTED): "the recipient takes it on",
    (S.IN_DIALOGUE, S.ACCEPTED): "the recipient takes it on without the answer",
    (S.RECEIVED, S.DECLINED): "the recipient declines",
    (S.IN_DIALOGUE, S.DECLINED): "the recipient declines without the answer",
    **{(state, S.WITHDRAWN): "the sender takes it back" for state in (S.SENT, S.RECEIVED, S.IN_DIALOGUE, S.ACCEPTED)},
    **{(state, S.CONSENT_ENDED): "R23" for state in (S.SENT, S.RECEIVED, S.IN_DIALOGUE, S.ACCEPTED)},
}
TURNS = {
    S.AWAITING_CONSENT: Turn.FAMILY,
    S.SENT: Turn.RECIPIENT,
    S.RECEIVED: Turn.RECIPIENT,
    S.IN_DIALOGUE: Turn.SENDER,
    S.ACCEPTED: Turn.RECIPIENT,
    S.DECLINED: Turn.NOBODY,
    S.WITHDRAWN: Turn.NOBODY,
    S.NEVER_SENT: Turn.NOBODY,
    S.CONSENT_ENDED: Turn.NOBODY,
}


@pytest.mark.parametrize(("state", "to"), list(product(TaskState, TaskState)), ids="-".join)
def test_a_task_takes_the_steps_of_the_story_and_no_other(state: TaskState, to: TaskState) -> None:
    if (state, to) in STORY:
        assert step(state, to) is to
        return
    with pytest.raises(WrongState) as refused:
        step(state, to)
    allowed = sorted(following for before, following in STORY if before is state)
    assert refused.value.extra == {"state": state, "allowed": allowed}


@pytest.mark.parametrize("state", TaskState)
def test_a_task_has_ended_when_nothing_can_follow(state: TaskState) -> None:
    assert ended(state) == (state in {S.DECLINED, S.WITHDRAWN, S.NEVER_SENT, S.CONSENT_ENDED})


@pytest.mark.parametrize("state", TaskState)
def test_every_state_says_whose_turn_it_is_and_has_a_danish_name(state: TaskState) -> None:
    assert TURN[state] is TURNS[state]
    assert DANISH[state]
    assert (TURN[state] is Turn.NOBODY) == ended(state)


def test_every_state_but_the_first_is_reached_and_can_end() -> None:
    reached = {to for following in TRANSITIONS.values() for to in following}
    assert reached == set(TaskState) - {S.AWAITING_CONSENT}
    can_end = {state for state in TaskState if ended(state)}
    for _ in TaskState:
        can_end |= {state for state in TaskState if TRANSITIONS[state] & can_end}
    assert can_end == set(TaskState)


@pytest.mark.parametrize(("state", "reachable"), list(product([s for s in TaskState if not ended(s)], [False, True])))
def test_a_waiting_task_goes_out_when_it_may_and_any_other_ends_when_it_may_not(
    state: TaskState, *, reachable: bool
) -> None:
    waiting = state is S.AWAITING_CONSENT
    moves = {(True, True): S.SENT, (False, False): S.CONSENT_ENDED}
    assert following(state, reachable=reachable) is moves.get((waiting, reachable), state)


def test_what_never_went_out_is_hidden_from_its_recipient() -> None:
    """A task can only be seen by its recipient if every way to it goes through being sent."""
    assert {S.AWAITING_CONSENT, S.NEVER_SENT} == HIDDEN_FROM_RECIPIENT
    before_sending = {S.AWAITING_CONSENT}
    for _ in TaskState:
        before_sending |= {to for state in before_sending for to in TRANSITIONS[state] if to is not S.SENT}
    assert before_sending == HIDDEN_FROM_RECIPIENT


def test_a_recipients_answer_is_not_the_senders_to_know_unasked() -> None:
    assert set(TaskState) - KNOWN_TO_SENDER == {S.ACCEPTED, S.DECLINED}
