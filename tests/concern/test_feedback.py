"""What the reporter is told of what came of it: yes or no, to whom it is owed, and never a case's content (R33)."""

from dataclasses import fields, replace
from itertools import product

import pytest

from services.concern.domain.errors import FeedbackContradicts, FeedbackIncomplete, NoFeedbackHere
from services.concern.domain.feedback import (
    ANONYMOUS_SAYS,
    MEASURE_DANISH,
    MOST_WEEKS,
    OWING,
    WITHHELD_DANISH,
    Begun,
    Feedback,
    MeasureType,
    More,
    Owed,
    Withheld,
    begun_by,
    must_be_told,
    outstanding,
    owing,
)
from services.concern.domain.kinds import ReporterKind
from services.concern.domain.lifecycle import CLOSING, Outcome

K = ReporterKind
BEGUN = [Begun(*three) for three in product((False, True), repeat=3)]
HELP = Begun(examination=False, mapping=True, measures=True)
MORE = More(frozenset({MeasureType.SUPPORT_AT_HOME}), 26, "Vuggestuen skal kende planen for at støtte barnet.")


@pytest.mark.rule("R33", enforced_by="services.concern.domain.feedback:owing")
@pytest.mark.parametrize(
    ("kind", "begun", "more", "for_a_jurist"),
    [
        (K.PROFESSIONAL, Owed.MANDATORY, Owed.OPTIONAL, False),
        (K.PROFESSIONAL_B1602, Owed.NOT_TOLD, Owed.NOT_TOLD, True),
        (K.AUTHORITY_132, Owed.NOT_TOLD, Owed.NOT_TOLD, True),
        (K.CITIZEN_135, Owed.NOT_TOLD, Owed.NOT_TOLD, False),
    ],
)
def test_r33_the_one_who_must_report_by_133_shall_be_told_and_others_are_not(
    kind: ReporterKind, begun: Owed, more: Owed, *, for_a_jurist: bool
) -> None:
    owed = owing(kind)
    assert (owed.begun, owed.more, owed.open_question is not None) == (begun, more, for_a_jurist)


@pytest.mark.rule("R33", enforced_by="services.concern.domain.feedback:must_be_told")
@pytest.mark.parametrize("kind", sorted(set(K) - {K.PROFESSIONAL}))
def test_r33_nobody_else_is_told_anything_of_the_case(kind: ReporterKind) -> None:
    for told in (Feedback(HELP), Feedback(withheld=Withheld.POLICE_CASE), Feedback(HELP, more=MORE), Feedback()):
        with pytest.raises(NoFeedbackHere):
            must_be_told(kind, told)


@pytest.mark.rule("R33", enforced_by="services.concern.domain.feedback:must_be_told")
def test_r33_the_three_answers_or_a_reason_from_the_list_and_never_both() -> None:
    """Every combination of what is begun, withheld and more; what is let through is told by three plain sentences."""
    for begun, withheld, more in product([None, *BEGUN], [None, *Withheld], [None, MORE]):
        told = Feedback(begun, withheld, more)
        answers = (begun is not None) != (withheld is not None)
        more_fits = more is None or (begun is not None and begun.measures)
        if answers and more_fits:
            must_be_told(K.PROFESSIONAL, told)
            continue
        expected = FeedbackIncomplete if begun is None and withheld is None else FeedbackContradicts
        with pytest.raises(expected):
            must_be_told(K.PROFESSIONAL, told)


@pytest.mark.rule("R33", enforced_by="services.concern.domain.feedback:must_be_told")
@pytest.mark.parametrize(
    ("more", "wants"),
    [
        (replace(MORE, types=frozenset()), ["types"]),
        (replace(MORE, why="  "), ["why"]),
        (replace(MORE, weeks=0), ["weeks"]),
        (replace(MORE, weeks=-1), ["weeks"]),
        (replace(MORE, weeks=MOST_WEEKS + 1), ["weeks"]),
        (More(frozenset(), 0, ""), ["types", "why", "weeks"]),
    ],
)
def test_r33_more_is_a_type_and_weeks_with_a_written_reason(more: More, wants: list[str]) -> None:
    with pytest.raises(FeedbackIncomplete) as refused:
        must_be_told(K.PROFESSIONAL, Feedback(HELP, more=more))
    assert refused.value.extra == {"rule": "R33", "wants": wants}


@pytest.mark.parametrize("weeks", [None, 1, MOST_WEEKS])
def test_r33_the_length_may_be_open_or_up_to_five_years(weeks: int | None) -> None:
    told = Feedback(HELP, more=replace(MORE, weeks=weeks))
    must_be_told(K.PROFESSIONAL, told)
    with pytest.raises(FeedbackContradicts):
        must_be_told(K.PROFESSIONAL, replace(told, begun=Begun(examination=True, mapping=True, measures=False)))


@pytest.mark.rule("R33", enforced_by="services.concern.domain.feedback:begun_by")
def test_r33_what_is_told_is_what_the_report_was_closed_with() -> None:
    for outcome in CLOSING:
        right = begun_by([outcome])
        must_be_told(K.PROFESSIONAL, Feedback(right), [outcome])
        for begun in set(BEGUN) - {right}:
            with pytest.raises(FeedbackContradicts):
                must_be_told(K.PROFESSIONAL, Feedback(begun), [outcome])
        must_be_told(K.PROFESSIONAL, Feedback(withheld=Withheld.CHILDS_SAFETY), [outcome])
    assert begun_by([Outcome.NOTHING_MORE]) == begun_by([Outcome.SCREENED_ONLY]) == Begun(*[False] * 3)
    assert begun_by([Outcome.MAPPING, Outcome.MEASURES]) == HELP
    assert begun_by([Outcome.EXAMINATION]) == Begun(examination=True, mapping=False, measures=False)


@pytest.mark.rule("R33", enforced_by="services.concern.domain.feedback:outstanding")
def test_r33_an_answer_is_owed_when_a_report_is_closed_until_it_is_told_or_withheld() -> None:
    for kind, told, closed in product(
        K, [None, Feedback(HELP), Feedback(withheld=Withheld.POLICE_CASE)], [False, True]
    ):
        assert outstanding(kind, told, closed=closed) == (kind is K.PROFESSIONAL and told is None and closed)


def test_r33_nothing_told_has_room_for_the_content_of_a_case() -> None:
    """Yes and no, codes and weeks; the one text is the authority's own reason, which is kept and not told."""
    assert {field.name for kind in (Begun, Feedback, More) for field in fields(kind)} == {
        "examination", "mapping", "measures", "begun", "withheld", "more", "types", "weeks", "why",
    }  # fmt: skip


def test_r36_who_reports_without_a_name_is_told_to_keep_the_receipt() -> None:
    assert "kvittering" in ANONYMOUS_SAYS
    assert "uden navn" in ANONYMOUS_SAYS


def test_every_code_has_its_danish_words() -> None:
    assert (set(OWING), set(WITHHELD_DANISH), set(MEASURE_DANISH)) == (set(K), set(Withheld), set(MeasureType))
