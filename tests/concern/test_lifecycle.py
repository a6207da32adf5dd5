"""The life of a report: who may take which step from where, what is answered first, how it ends (R31, R32)."""

from itertools import chain, combinations, product
from uuid import UUID

import pytest

from services.concern.domain.errors import (
    AcuteWithoutDanger,
    AlreadyAcknowledged,
    AssessFirst,
    NothingToCorrect,
    NotYourStep,
    OriginalKept,
    OutcomesContradict,
    ParentsUnanswered,
    PassedToItself,
    WrongState,
)
from services.concern.domain.lifecycle import (
    CLOSING,
    ENDED,
    OUTCOME_DANISH,
    STATE_DANISH,
    TRANSITIONS,
    Assessment,
    Outcome,
    Party,
    ReportState,
    Step,
    allowed,
    must_close,
    must_fit,
    must_not_be_acknowledged,
    must_pass_on,
    take,
)
from services.concern.domain.saying import SAID_AS_DANISH, STEP_OF, Said, SaidAs, must_be_added, standing_now

S, P, Came = ReportState, Party, Outcome
ALL, OPEN = list(S), [S.RECEIVED, S.ASSESSED]
# Written anew, and not read off the table it checks: who does what from where, and where the report stands then.
STORY: list[tuple[str, list[ReportState], Step, list[Party], ReportState | None]] = [
    ("the reporter adds", OPEN, Step.ADD, [P.REPORTER], None),
    ("the reporter corrects", OPEN, Step.CORRECT, [P.REPORTER], None),
    ("the 24 hours are answered, or answered anew", OPEN, Step.ASSESS, [P.AUTHORITY], S.ASSESSED),
    ("the reporter is told, however late", ALL, Step.ACKNOWLEDGE, [P.AUTHORITY], None),
    ("the parents are told, or why not", ALL, Step.INFORM_PARENTS, [P.REPORTER, P.AUTHORITY], None),
    ("a meeting is planned, clocks or not", OPEN, Step.PLAN_DIALOGUE, [P.REPORTER, P.AUTHORITY], None),
    ("the adviser minutes it", OPEN, Step.HOLD_DIALOGUE, [P.AUTHORITY], None),
    ("the family would rather not", OPEN, Step.DECLINE_DIALOGUE, [P.REPORTER, P.AUTHORITY, P.FAMILY], None),
    ("it is called off", OPEN, Step.CANCEL_DIALOGUE, [P.REPORTER, P.AUTHORITY], None),
    ("another municipality acts", [S.ASSESSED], Step.PASS_ON, [P.AUTHORITY], S.PASSED_ON),
    ("it ends with what came of it", [S.ASSESSED], Step.CLOSE, [P.AUTHORITY], S.CLOSED),
    ("the reporter hears what was begun", [S.ASSESSED, S.CLOSED], Step.GIVE_FEEDBACK, [P.AUTHORITY], None),
]
MAY = {(state, step, party): to or state for _, sources, step, by, to in STORY for state in sources for party in by}


@pytest.mark.rule("R32", enforced_by="services.concern.domain.lifecycle:take")
@pytest.mark.parametrize(("state", "step", "by"), list(product(S, Step, P)))
def test_r32_each_step_is_taken_from_where_it_may_by_whom_it_may(state: ReportState, step: Step, by: Party) -> None:
    """Every state, step and party."""
    if (state, step, by) in MAY:
        assert take(state, step, by) is MAY[state, step, by]
        assert step.value in allowed(state, by)
        return
    assert step.value not in allowed(state, by)
    with pytest.raises((WrongState, NotYourStep, AssessFirst)) as refused:
        take(state, step, by)
    theirs = any((other, step, by) in MAY for other in S)
    anybodys = any((state, step, other) in MAY for other in P)
    if not theirs or anybodys:
        assert refused.type is NotYourStep
    elif state is S.RECEIVED:
        assert refused.type is AssessFirst
    else:
        assert refused.value.extra == {"rule": "R32", "state": state.value, "allowed": allowed(state, by)}


@pytest.mark.rule("R32", enforced_by="services.concern.domain.lifecycle:take")
def test_r32_danger_is_answered_before_anything_ends_it() -> None:
    for step in (Step.PASS_ON, Step.CLOSE, Step.GIVE_FEEDBACK):
        with pytest.raises(AssessFirst):
            take(S.RECEIVED, step, P.AUTHORITY)


@pytest.mark.rule("R31", enforced_by="services.concern.domain.lifecycle:TRANSITIONS")
def test_r31_nobody_but_the_authority_ends_a_report_and_nobody_takes_it_back() -> None:
    """No step of the family's or the reporter's moves it: neither a refusal nor a declined meeting stops a report."""
    moving = [row for row in TRANSITIONS if row.to is not None]
    assert {party for row in moving for party in row.by} == {P.AUTHORITY}
    assert {S.PASSED_ON, S.CLOSED} == ENDED
    assert not any(row.to not in ENDED and row.sources & ENDED for row in moving)


@pytest.mark.rule("R32", enforced_by="services.concern.domain.lifecycle:must_fit")
def test_r32_acute_measures_are_for_a_child_in_danger() -> None:
    for danger, acute in ((True, True), (True, False), (False, False)):
        must_fit(Assessment(danger, acute))
    with pytest.raises(AcuteWithoutDanger):
        must_fit(Assessment(danger=False, acute_measures=True))


@pytest.mark.rule("R32", enforced_by="services.concern.domain.lifecycle:must_not_be_acknowledged")
def test_r32_the_moment_of_the_first_acknowledgement_is_the_one_that_counts() -> None:
    must_not_be_acknowledged(before=False)
    with pytest.raises(AlreadyAcknowledged):
        must_not_be_acknowledged(before=True)


def test_r33_every_set_of_outcomes_is_something_or_nothing_and_never_both() -> None:
    """Each of the 64 sets: any of what may be begun together, or one of the two that say nothing was."""
    begun = {Came.MAPPING, Came.EXAMINATION, Came.MEASURES}
    for some in chain.from_iterable(combinations(Came, many) for many in range(len(Came) + 1)):
        if (some and set(some) <= begun) or some in {(Came.SCREENED_ONLY,), (Came.NOTHING_MORE,)}:
            must_close(some, parents_answered=True)
            with pytest.raises(ParentsUnanswered):
                must_close(some, parents_answered=False)
        else:
            with pytest.raises(OutcomesContradict) as refused:
                must_close(some, parents_answered=True)
            assert refused.value.extra == {"rule": "R33", "wants": sorted(set(Came) - {Came.PASSED_ON})}


@pytest.mark.rule("R39", enforced_by="services.concern.domain.lifecycle:must_pass_on")
def test_r39_a_report_is_passed_on_to_another_municipality() -> None:
    must_pass_on("0217", "0370")
    with pytest.raises(PassedToItself):
        must_pass_on("0217", "0217")


def said(number: int, said_as: SaidAs, corrects: int | None = None) -> Said:
    """Return a piece of a report."""
    return Said(UUID(int=number), said_as, None if corrects is None else UUID(int=corrects))


FIRST = said(1, SaidAs.ORIGINAL)
MORE, RIGHT = said(2, SaidAs.ADDITION), said(3, SaidAs.CORRECTION, 1)


def test_what_was_first_said_stays_and_additions_and_corrections_are_kept_beside_it() -> None:
    kept: list[Said] = []
    for piece in (FIRST, MORE, RIGHT, said(4, SaidAs.CORRECTION, 3), said(5, SaidAs.CORRECTION, 2)):
        must_be_added(kept, piece)
        kept.append(piece)
    assert [piece.id.int for piece in standing_now(kept)] == [4, 5]
    assert standing_now([FIRST, MORE]) == (FIRST, MORE)


@pytest.mark.parametrize(
    ("earlier", "new"),
    [
        ([FIRST], said(2, SaidAs.ORIGINAL)),
        ([], MORE),
        ([], said(2, SaidAs.CORRECTION, 1)),
    ],
)
def test_there_is_one_original_and_it_comes_first(earlier: list[Said], new: Said) -> None:
    with pytest.raises(OriginalKept):
        must_be_added(earlier, new)


@pytest.mark.parametrize(
    "new",
    [
        said(9, SaidAs.CORRECTION),
        said(9, SaidAs.CORRECTION, 8),
        said(9, SaidAs.CORRECTION, 1),
        said(9, SaidAs.ADDITION, 2),
    ],
    ids=["nothing", "another report's", "corrected before", "an addition corrects nothing"],
)
def test_a_correction_names_what_stands_in_this_report(new: Said) -> None:
    with pytest.raises(NothingToCorrect):
        must_be_added([FIRST, MORE, RIGHT], new)


def test_every_code_has_its_danish_words() -> None:
    assert (set(STATE_DANISH), set(OUTCOME_DANISH), set(SAID_AS_DANISH)) == (set(S), set(Came), set(SaidAs))
    assert set(STEP_OF) == set(SaidAs) - {SaidAs.ORIGINAL}
    assert {row.step for row in TRANSITIONS} == set(Step)
    assert Came.PASSED_ON not in CLOSING
