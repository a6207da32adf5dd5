"""Whether the parents know of the report, or why not; and what is shown when help runs already (R34)."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from services.concern.domain.errors import NotInformed, ToldInTheFuture
from services.concern.domain.informing import (
    REASSESS_DANISH,
    WHY_NOT_DANISH,
    Informer,
    Informing,
    WhyNot,
    answered,
    inform_by,
    informed,
    involved_before,
    must_answer,
    reassessment,
    still_to_tell,
    untold,
)

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
R, A, W = Informer.REPORTER, Informer.AUTHORITY, WhyNot
EVERY = [
    Informing(by, when, why) for by, when, why in product(Informer, (None, AT - MINUTE, AT, AT + MINUTE), (None, *W))
]
ALLOWED = [each for each in EVERY
           if (each.informed_at is None) != (each.why_not is None)
           and not (each.informed_at is not None and each.informed_at > AT)
           and not (each.by is A and each.why_not is W.LEFT_TO_AUTHORITY)]  # fmt: skip


@pytest.mark.parametrize("answer", EVERY)
def test_the_parents_were_told_at_a_moment_or_there_is_a_reason_why_not(answer: Informing) -> None:
    """Every answer there can be; GDPR art. 14 and DBL § 22."""
    if answer in ALLOWED:
        must_answer(answer, AT)
        return
    one = (answer.informed_at is None) != (answer.why_not is None)
    with pytest.raises(ToldInTheFuture if one and answer.why_not is None else NotInformed):
        must_answer(answer, AT)


def test_the_authority_leaves_it_to_nobody_else() -> None:
    with pytest.raises(NotInformed) as refused:
        must_answer(Informing(A, why_not=W.LEFT_TO_AUTHORITY), AT)
    assert refused.value.extra == {
        "rule": "R73",
        "wants": [each.value for each in W if each is not W.LEFT_TO_AUTHORITY],
    }


def test_over_every_two_answers_who_still_has_to_tell_and_whether_the_authority_has_answered() -> None:
    """Told is told; what holds for now is asked again; a reporter's reason is no answer of the authority's."""
    for answers in [(), *product(ALLOWED, repeat=1), *product(ALLOWED, repeat=2)]:
        told = any(each.informed_at for each in answers)
        last = answers[-1].why_not if answers else None
        open_still = not told and last in {None, W.NOT_REACHED, W.LEFT_TO_AUTHORITY}
        assert informed(answers) == told
        assert still_to_tell(answers) == open_still
        assert answered(answers) == (told or any(each.by is A for each in answers))
        assert untold(answers, AT, inform_by(AT)) == open_still
        assert not untold(answers, AT, inform_by(AT) - MINUTE)


def test_the_parents_are_told_within_a_fortnight_where_nothing_speaks_against_it() -> None:
    assert inform_by(AT) == AT + timedelta(days=14)


@pytest.mark.rule("R34", enforced_by="services.concern.domain.informing:reassessment")
def test_r34_where_help_runs_already_the_caseworker_sees_that_it_is_assessed_again() -> None:
    assert reassessment(running_measures=False) is None
    shown = reassessment(running_measures=True)
    assert shown == REASSESS_DANISH
    assert "§ 137" in REASSESS_DANISH
    assert all(number in REASSESS_DANISH for number in ("32", "46", "47", "67"))


@pytest.mark.rule("R34", enforced_by="services.concern.domain.informing:involved_before")
def test_r34_whether_the_one_who_assesses_again_was_part_of_it_before_is_shown() -> None:
    assert involved_before("adviser-1", {"adviser-1", "adviser-2"})
    assert not involved_before("adviser-3", {"adviser-1", "adviser-2"})
    assert not involved_before("adviser-1", set())


def test_every_reason_has_its_danish_words() -> None:
    assert set(WHY_NOT_DANISH) == set(WhyNot)
