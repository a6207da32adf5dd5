"""The clock: by when an answer and an offer are due, and how it stands while somebody else is waited for."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.referral.domain.deadlines import Terms, first_clock, overdue, stands, ticking
from services.referral.domain.kinds import Priority
from services.referral.domain.lifecycle import COURSE, Party, TaskState, ended
from services.referral.domain.model import Clock
from tests.referral.deciding import World
from tests.support.referrals import AT
from tests.support.town import FAMILY_HOUSE, VISITING
from tests.support.wire import message_in

S = TaskState
DAY = timedelta(days=1)
UNANSWERED = {
    S.SENT, S.RECEIVED, S.IN_DIALOGUE, S.AWAITING_FAMILY, S.ALTERNATIVE_PROPOSED, S.REDIRECT_PROPOSED,
}  # fmt: skip
MOMENTS = st.integers(0, 400).map(lambda hours: AT + timedelta(hours=hours))


@pytest.mark.parametrize(("priority", "days"), [(Priority.ROUTINE, 14), (Priority.URGENT, 3.5), (Priority.ASAP, 1.4)])
def test_the_sooner_it_is_wanted_the_sooner_an_answer_is_due_and_an_offer_in_eight_weeks(
    priority: Priority, days: float
) -> None:
    """Seed 004, 1013-1016: eight weeks to an offer, where nothing else is agreed."""
    assert first_clock(Terms(), priority, AT, stands=False) == Clock(AT + days * DAY, AT + 56 * DAY)
    assert first_clock(Terms(), priority, AT, stands=True).stands_since == AT


@given(st.lists(st.tuples(MOMENTS, st.booleans()), max_size=12))
def test_exactly_what_it_stood_still_for_is_added(turns: list[tuple[datetime, bool]]) -> None:
    """Against a model that adds up hour by hour."""
    clock, still, stood, last = first_clock(Terms(), Priority.ROUTINE, AT, stands=False), False, timedelta(0), AT
    for at, stand in sorted(turns, key=lambda each: each[0]):
        stood += at - last if still else timedelta(0)
        clock, still, last = ticking(clock, at, stands=stand), stand, at
    done = ticking(clock, last, stands=False)
    assert done == Clock(AT + 14 * DAY + stood, AT + 56 * DAY + stood)
    assert (clock.stands_since is not None) == still


@given(MOMENTS, MOMENTS)
def test_standing_still_twice_is_standing_still_once(first: datetime, second: datetime) -> None:
    clock = ticking(Clock(AT, AT), min(first, second), stands=True)
    assert ticking(clock, max(first, second), stands=True) == clock


@pytest.mark.parametrize("state", TaskState)
@pytest.mark.parametrize("standing", [False, True])
def test_what_is_late_is_the_answer_then_the_offer_and_nothing_while_the_clock_stands(
    state: TaskState, *, standing: bool
) -> None:
    clock = Clock(AT + DAY, AT + 2 * DAY, AT if standing else None)
    told = [overdue(state, clock, AT + days * DAY) for days in (1, 1.5, 2.5)]
    if standing or ended(state):
        assert told == [None, None, None]
    elif state in UNANSWERED:
        assert told == [None, "answer", "answer"]
    elif state in {S.ACCEPTED, S.WAITING}:
        assert told == [None, None, "offer"]
    else:
        assert told == [None, None, None]


@pytest.mark.parametrize("state", TaskState)
def test_an_open_question_to_somebody_else_stops_the_clock_wherever_the_task_stands(state: TaskState) -> None:
    assert stands(state, frozenset({Party.SENDER}))
    assert stands(state, frozenset({Party.FAMILY}))
    assert stands(state, frozenset({Party.RECIPIENT})) == stands(state, frozenset())
    if state in COURSE:
        assert not stands(state, frozenset())


async def test_the_clock_stands_until_it_goes_out_while_asked_and_while_something_else_is_proposed(
    world: World,
) -> None:
    subject = str(uuid4())
    sent = await world.posted(subject=subject)
    assert (await world.task(sent))["stands_since"] is not None
    world.consent.permit([(subject, "course")], FAMILY_HOUSE)
    await world.permit(sent, (subject, "health"))
    world.consent.permit([(subject, "course")], FAMILY_HOUSE, "region-midwifery")
    await world.play.read(sent.referral, world.play.recipient())
    running = await world.task(sent)
    assert (running["stands_since"], running["overdue"]) == (None, None)
    path, headers = f"/tasks/{sent.task}", world.play.recipient()
    asked = await world.play.referral.post(f"{path}/messages", json=message_in(subject), headers=headers)
    assert asked.json()["task"]["stands_since"] is not None
    answer = message_in(subject, "answer")
    await world.play.referral.post(f"{path}/messages", json=answer, headers=world.play.sender())
    again = await world.task(sent)
    assert again["stands_since"] is None
    assert again["answer_by"] > running["answer_by"]
    match = {"If-Match": f'"{again["version"]}"'}
    body = {"proposed": {"unit": VISITING}}
    proposed = (await world.play.referral.post(f"{path}/proposal", json=body, headers=headers | match)).json()
    assert proposed["stands_since"] is not None, "it is the sender's turn"
    match = {"If-Match": f'"{proposed["version"]}"'}
    back = (await world.play.referral.post(f"{path}/proposal/refusal", json={}, headers=headers | match)).json()
    assert back["stands_since"] is None
    assert back["answer_by"] > again["answer_by"]
