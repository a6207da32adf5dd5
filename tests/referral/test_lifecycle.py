"""The life of a task: who may take which step from where, whose turn it is, who may hear of it (anchors 3.7)."""

from itertools import product

import pytest

from services.referral.domain.errors import NotYourTurn, WrongState
from services.referral.domain.lifecycle import (
    CLOCK_STANDS,
    COURSE,
    DANISH,
    HIDDEN_FROM_RECIPIENT,
    KNOWN_TO_SENDER,
    TOLD_NO_LONGER,
    TURN,
    Party,
    Step,
    TaskState,
    Turn,
    after_talking,
    allowed,
    ended,
    following,
    take,
)

S, P = TaskState, Party
HERE = {S.RECEIVED: "read", S.IN_DIALOGUE: "the sender is asked", S.AWAITING_FAMILY: "the family is asked"}
OFFERED = {S.ALTERNATIVE_PROPOSED: "another offer", S.REDIRECT_PROPOSED: "another unit"}
GOING_ON = {S.ACCEPTED: "a yes", S.WAITING: "on the list", S.IN_PROGRESS: "begun"}
NOT_BEGUN = [*HERE, S.ACCEPTED, S.WAITING]
OUT = [S.SENT, *HERE, *OFFERED, *GOING_ON]
# Written anew from what the documents say, and not read off the table it checks: who does what from where, and where
# the task stands then. Each line is a sentence of the story.
STORY: list[tuple[str, list[TaskState], Step, list[Party], TaskState]] = [
    ("the sender sends its draft", [S.DRAFT], Step.SEND, [P.SENDER], S.AWAITING_CONSENT),
    ("a consent covers something of it", [S.AWAITING_CONSENT], Step.DELIVER, [P.SYSTEM], S.SENT),
    ("the recipient reads it", [S.SENT], Step.READ, [P.RECIPIENT], S.RECEIVED),
    ("the sender is asked", [S.RECEIVED, S.AWAITING_FAMILY], Step.ASK_SENDER, [P.RECIPIENT, P.FAMILY], S.IN_DIALOGUE),
    ("the family is asked", [S.RECEIVED, S.IN_DIALOGUE], Step.ASK_FAMILY, [P.RECIPIENT, P.SENDER], S.AWAITING_FAMILY),
    ("who was asked answers", [S.IN_DIALOGUE, S.AWAITING_FAMILY], Step.HAVE_ANSWER, [P.SENDER, P.FAMILY], S.RECEIVED),
    ("another offer instead of a no", NOT_BEGUN, Step.PROPOSE_ALTERNATIVE, [P.RECIPIENT], S.ALTERNATIVE_PROPOSED),
    ("another unit instead of a no", NOT_BEGUN, Step.PROPOSE_REDIRECT, [P.RECIPIENT], S.REDIRECT_PROPOSED),
    ("the sender agrees: nobody else moves it", [*OFFERED], Step.AGREE, [P.SENDER], S.PASSED_ON),
    ("no to what is proposed, or taken back", [*OFFERED], Step.DISAGREE, [P.SENDER, P.FAMILY, P.RECIPIENT], S.RECEIVED),
    ("the recipient takes it on, with or without the answer", [*HERE], Step.ACCEPT, [P.RECIPIENT], S.ACCEPTED),
    ("there is no place yet", [S.ACCEPTED], Step.PUT_ON_LIST, [P.RECIPIENT], S.WAITING),
    ("there is a place", [S.WAITING], Step.INVITE, [P.RECIPIENT], S.ACCEPTED),
    ("it begins", [S.ACCEPTED], Step.START, [P.RECIPIENT], S.IN_PROGRESS),
    ("it ends with an outcome", [S.IN_PROGRESS], Step.COMPLETE, [P.RECIPIENT], S.COMPLETED),
    ("advice was all that was asked for", [*HERE], Step.ADVISE, [P.RECIPIENT], S.COMPLETED),
    ("a no, with a reason, or a yes taken back", NOT_BEGUN, Step.DECLINE, [P.RECIPIENT], S.DECLINED),
    ("the family's no before it went out", [S.AWAITING_CONSENT], Step.FAMILY_DECLINES, [P.FAMILY], S.NEVER_SENT),
    ("the family's no on the way", [S.SENT, *OFFERED], Step.FAMILY_DECLINES, [P.FAMILY], S.FAMILY_DECLINED),
    ("the family's no, told to it", NOT_BEGUN, Step.FAMILY_DECLINES, [P.RECIPIENT, P.FAMILY], S.FAMILY_DECLINED),
    ("it stops on the way", [S.IN_PROGRESS], Step.DROP_OUT, [P.RECIPIENT, P.FAMILY], S.DROPPED_OUT),
    ("nobody could be reached", NOT_BEGUN, Step.NOT_REACHED, [P.RECIPIENT], S.NOT_REACHED),
    ("taken back before it went out", [S.DRAFT, S.AWAITING_CONSENT], Step.WITHDRAW, [P.SENDER], S.NEVER_SENT),
    ("taken back", OUT, Step.WITHDRAW, [P.SENDER], S.WITHDRAWN),
    ("R23", OUT, Step.END_CONSENT, [P.SYSTEM], S.CONSENT_ENDED),
    ("made in error: kept, and marked", OUT, Step.MARK_ERROR, [P.SENDER], S.ENTERED_IN_ERROR),
]
TO = {
    (state, step, by): to
    for _, sources, step, parties, to in STORY
    for state, by in product(sources, parties)
}  # fmt: skip
OVER = {
    S.COMPLETED, S.DECLINED, S.FAMILY_DECLINED, S.DROPPED_OUT, S.NOT_REACHED, S.PASSED_ON, S.WITHDRAWN, S.NEVER_SENT,
    S.CONSENT_ENDED, S.ENTERED_IN_ERROR,
}  # fmt: skip
TURNS = {
    S.DRAFT: Turn.SENDER,
    S.AWAITING_CONSENT: Turn.FAMILY,
    S.SENT: Turn.RECIPIENT,
    S.RECEIVED: Turn.RECIPIENT,
    S.IN_DIALOGUE: Turn.SENDER,
    S.AWAITING_FAMILY: Turn.FAMILY,
    S.ALTERNATIVE_PROPOSED: Turn.SENDER,
    S.REDIRECT_PROPOSED: Turn.SENDER,
    S.ACCEPTED: Turn.RECIPIENT,
    S.WAITING: Turn.RECIPIENT,
    S.IN_PROGRESS: Turn.RECIPIENT,
    **dict.fromkeys(OVER, Turn.NOBODY),
}


@pytest.mark.parametrize("state", TaskState)
@pytest.mark.parametrize("step", Step)
def test_a_task_takes_the_steps_of_the_story_and_no_other(state: TaskState, step: Step) -> None:
    """Every state, every step, every party: done, another's to do, or impossible and told what is possible."""
    for by in Party:
        if (state, step, by) in TO:
            assert take(state, step, by) is TO[state, step, by]
        elif any((state, step, other) in TO for other in Party):
            with pytest.raises(NotYourTurn):
                take(state, step, by)
        else:
            with pytest.raises(WrongState) as refused:
                take(state, step, by)
            mine = sorted({each for before, each, party in TO if before is state and party is by})
            assert refused.value.extra == {"state": state, "allowed": mine}


@pytest.mark.parametrize(("state", "by"), list(product(TaskState, Party)), ids="-".join)
def test_what_a_party_is_told_it_may_do_it_may(state: TaskState, by: Party) -> None:
    assert allowed(state, by) == sorted({step for before, step, party in TO if (before, party) == (state, by)})
    for step in allowed(state, by):
        assert take(state, Step(step), by)


@pytest.mark.parametrize("state", TaskState)
def test_a_task_has_ended_when_nothing_can_follow(state: TaskState) -> None:
    assert ended(state) == (state in OVER)


@pytest.mark.parametrize("state", TaskState)
def test_every_state_says_whose_turn_it_is_and_has_a_danish_name(state: TaskState) -> None:
    assert TURN[state] is TURNS[state]
    assert DANISH[state]
    assert (TURN[state] is Turn.NOBODY) == ended(state)


def test_every_state_is_reached_from_a_draft_and_can_end() -> None:
    reached, can_end = {S.DRAFT}, set(OVER)
    for _ in TaskState:
        reached |= {to for (state, _, _), to in TO.items() if state in reached}
        can_end |= {state for (state, _, _), to in TO.items() if to in can_end}
    assert reached == can_end == set(TaskState)


@pytest.mark.parametrize(("state", "reachable"), list(product([s for s in TaskState if not ended(s)], [False, True])))
def test_a_waiting_task_goes_out_when_it_may_and_any_other_ends_when_it_may_not(
    state: TaskState, *, reachable: bool
) -> None:
    """R23; what nobody has sent is nobody's to end."""
    if state is S.DRAFT:
        assert following(state, reachable=reachable) is state
        return
    moves = {(True, True): S.SENT, (False, False): S.CONSENT_ENDED}
    assert following(state, reachable=reachable) is moves.get((state is S.AWAITING_CONSENT, reachable), state)


def test_what_never_went_out_is_hidden_from_its_recipient() -> None:
    """A task can only be seen by its recipient if every way to it goes through being sent."""
    before_sending = {S.DRAFT}
    for _ in TaskState:
        before_sending |= {to for (state, _, _), to in TO.items() if state in before_sending and to is not S.SENT}
    assert before_sending == HIDDEN_FROM_RECIPIENT == {S.DRAFT, S.AWAITING_CONSENT, S.NEVER_SENT}


def test_what_the_recipient_answers_or_does_is_not_the_senders_to_know_unasked() -> None:
    """R26: every state that only the recipient's own step, or the family's word to it, can lead to."""
    told = {to for (_, step, by), to in TO.items() if by is P.RECIPIENT and step not in {Step.READ, Step.DISAGREE}}
    talk = {S.IN_DIALOGUE, S.AWAITING_FAMILY, *OFFERED}
    assert set(TaskState) - KNOWN_TO_SENDER == COURSE == told - talk


def test_what_is_none_of_the_recipients_task_is_told_to_it_no_longer() -> None:
    """R18, R59: a course that went on keeps its record; what was refused, taken back or passed on does not."""
    assert OVER - {S.COMPLETED, S.DROPPED_OUT, S.NEVER_SENT} == TOLD_NO_LONGER


@pytest.mark.parametrize("state", TaskState)
def test_the_clock_stands_exactly_while_somebody_else_is_waited_for(state: TaskState) -> None:
    assert (state in CLOCK_STANDS) == (TURNS[state] in {Turn.SENDER, Turn.FAMILY})


EVERY_WAIT = [frozenset(who) for who in ((), (P.SENDER,), (P.FAMILY,), (P.RECIPIENT,), (P.SENDER, P.FAMILY))]


@pytest.mark.parametrize(("state", "waits"), list(product(TaskState, EVERY_WAIT)))
def test_after_a_message_it_is_the_turn_of_whom_a_question_waits_for(state: TaskState, waits: frozenset[Party]) -> None:
    turn = {P.SENDER: S.IN_DIALOGUE, P.FAMILY: S.AWAITING_FAMILY}
    first = next((turn[each] for each in (P.SENDER, P.FAMILY) if each in waits), S.RECEIVED)
    assert after_talking(state, waits) is (first if state in HERE else state)
