"""The dialogue-based report: a meeting beside the report and its clocks, never instead of them (R31)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import chain, combinations, product

import pytest

from services.concern.domain.clocks import Clock, Done, due, late
from services.concern.domain.dialogue import (
    ATTENDEE_DANISH,
    DIALOGUE_DANISH,
    FORM_DANISH,
    MOST_STEPS,
    Attendee,
    DialogueState,
    Form,
    Minutes,
    NextStep,
    caution,
    follow,
    must_be_ahead,
    must_be_minuted,
    must_suit,
    overdue,
)
from services.concern.domain.errors import (
    DialogueIncomplete,
    DialogueNeedsName,
    DialogueNotAhead,
    DialogueNotOpen,
    ToldInTheFuture,
)
from services.concern.domain.kinds import Ground
from services.concern.domain.lifecycle import Party, ReportState, Step, allowed, take

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
TODAY = date(2026, 11, 23)
DAY = timedelta(days=1)
D = DialogueState
STEPS = [Step.PLAN_DIALOGUE, Step.HOLD_DIALOGUE, Step.DECLINE_DIALOGUE, Step.CANCEL_DIALOGUE]
AGREED = NextStep("Vi mødes igen hos sundhedsplejersken.", Attendee.FAMILY, TODAY + 7 * DAY)
WHOLE = Minutes(
    AT, frozenset(Attendee), "Vi er trætte og vil gerne have hjælp.", "Søvn og hverdag er svært.", (AGREED,)
)


def lacking(minutes: Minutes) -> list[str]:
    """Return what is missing, by the rule."""
    try:
        must_be_minuted(minutes, AT, TODAY)
    except DialogueIncomplete as refused:
        return list(refused.wants)
    return []


@pytest.mark.rule("R31", enforced_by="services.concern.domain.dialogue:follow")
@pytest.mark.parametrize(("state", "step"), list(product([None, *D], STEPS)))
def test_r31_a_meeting_is_planned_held_declined_or_called_off(state: DialogueState | None, step: Step) -> None:
    rows: dict[Step, dict[DialogueState | None, DialogueState]] = {
        Step.PLAN_DIALOGUE: {None: D.PLANNED, D.PLANNED: D.PLANNED, D.DECLINED: D.PLANNED, D.CANCELLED: D.PLANNED},
        Step.HOLD_DIALOGUE: {D.PLANNED: D.HELD},
        Step.DECLINE_DIALOGUE: {None: D.DECLINED, D.PLANNED: D.DECLINED},
        Step.CANCEL_DIALOGUE: {D.PLANNED: D.CANCELLED},
    }
    after = rows[step]
    if state in after:
        assert follow(state, step) is after[state]
    else:
        with pytest.raises(DialogueNotOpen):
            follow(state, step)


@pytest.mark.rule("R31", enforced_by="services.concern.domain.lifecycle:take")
@pytest.mark.rule("R32", enforced_by="services.concern.domain.clocks:late")
def test_r31_r32_the_report_stands_and_its_clocks_run_whatever_becomes_of_the_meeting() -> None:
    for state, step in product((ReportState.RECEIVED, ReportState.ASSESSED), STEPS):
        assert take(state, step, Party.AUTHORITY) is state
    assert allowed(ReportState.RECEIVED, Party.FAMILY) == ["decline_dialogue"]
    by = due(AT)
    must_be_ahead(AT + 30 * DAY, AT)
    assert late(by, Done(), AT + 30 * DAY) == tuple(Clock)


@pytest.mark.rule("R31", enforced_by="services.concern.domain.dialogue:must_suit")
def test_r31_nobody_meets_a_family_without_a_name_and_abuse_is_no_matter_for_a_meeting_at_once() -> None:
    for form, anonymous in ((Form.ORDINARY, True), (Form.ORDINARY, False), (Form.DIALOGUE, False)):
        must_suit(form, anonymous=anonymous)
    with pytest.raises(DialogueNeedsName):
        must_suit(Form.DIALOGUE, anonymous=True)
    cautioned = [(form, ground) for form, ground in product(Form, Ground) if caution(form, ground)]
    assert cautioned == [(Form.DIALOGUE, Ground.ABUSE)]


def test_a_meeting_is_planned_for_a_moment_to_come() -> None:
    must_be_ahead(AT + timedelta(microseconds=1), AT)
    for when in (AT, AT - DAY):
        with pytest.raises(DialogueNotAhead):
            must_be_ahead(when, AT)


@pytest.mark.rule("R31", enforced_by="services.concern.domain.dialogue:must_be_minuted")
def test_r31_reporter_family_and_adviser_meet_or_it_was_another_meeting() -> None:
    for some in chain.from_iterable(combinations(Attendee, many) for many in range(4)):
        missing = [f"present:{each.value}" for each in Attendee if each not in some]
        assert lacking(replace(WHOLE, present=frozenset(some))) == missing


@pytest.mark.rule("R31", enforced_by="services.concern.domain.dialogue:must_be_minuted")
@pytest.mark.parametrize(
    ("minutes", "wants"),
    [
        (WHOLE, []),
        (replace(WHOLE, family_view=" \n"), ["family_view"]),
        (replace(WHOLE, professional_view=""), ["professional_view"]),
        (replace(WHOLE, steps=()), ["steps"]),
        (replace(WHOLE, steps=(AGREED,) * MOST_STEPS), []),
        (replace(WHOLE, steps=(AGREED,) * (MOST_STEPS + 1)), ["steps"]),
        (replace(WHOLE, steps=(AGREED, replace(AGREED, what=" "))), ["steps"]),
        (replace(WHOLE, steps=(replace(AGREED, by=TODAY - DAY),)), ["steps"]),
        (replace(WHOLE, steps=(replace(AGREED, by=TODAY),)), []),
        (Minutes(AT, frozenset(), "", "", ()),
         ["present:reporter", "present:family", "present:adviser", "family_view", "professional_view", "steps"]),
    ],
)  # fmt: skip
def test_r31_both_understandings_and_the_steps_agreed_are_kept(minutes: Minutes, wants: list[str]) -> None:
    assert lacking(minutes) == wants


def test_a_meeting_that_has_not_been_is_not_minuted() -> None:
    with pytest.raises(ToldInTheFuture):
        must_be_minuted(replace(WHOLE, held_at=AT + timedelta(microseconds=1)), AT, TODAY)


def test_a_step_is_overdue_the_day_after_its_day() -> None:
    soon = replace(AGREED, by=TODAY)
    assert overdue((AGREED, soon), TODAY) == ()
    assert overdue((AGREED, soon), TODAY + DAY) == (soon,)
    assert overdue((AGREED, soon), TODAY + 99 * DAY) == (AGREED, soon)


def test_every_code_has_its_danish_words() -> None:
    assert (set(DIALOGUE_DANISH), set(ATTENDEE_DANISH), set(FORM_DANISH)) == (set(D), set(Attendee), set(Form))
