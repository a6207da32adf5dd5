"""What somebody of the family sees: a table of named cases, a small world seen whole, and random ones."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from itertools import combinations, product
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.referral.domain import family
from services.referral.domain.courses import Coordinator
from services.referral.domain.family import (
    STAGE_DANISH,
    FamilyView,
    May,
    Reader,
    Stage,
    Whose,
    coordinated,
    knows,
    may_see,
    places,
    questions,
    seen_task,
    speaks_of,
)
from services.referral.domain.kinds import Kind
from services.referral.domain.lifecycle import Party, Step, TaskState
from services.referral.domain.model import (
    Ahead,
    Ask,
    Level,
    Message,
    MessageId,
    MessageKind,
    Missing,
    PersonId,
    Piece,
    Referral,
    Scale,
    UnitId,
    as_author,
    by_family,
)
from services.referral.domain.permit import Permits
from shared.vocabulary import Category, Reason
from tests.support.referrals import AT, FIRST, SECOND, SENDER, piece, referral, task

MOTHER, FATHER, CHILD, SISTER = (PersonId(UUID(int=number)) for number in range(1, 5))
FAMILY = (MOTHER, FATHER, CHILD, SISTER)
AUTHORS = (SENDER, FIRST, *(as_author(person) for person in (MOTHER, FATHER, CHILD)))
LEVEL = Level(Scale.TOPI, "red", date(2026, 5, 1), "health_visitor")


def reader(me: PersonId, *children: PersonId, grown: bool = True) -> Reader:
    """Return somebody who speaks for themselves, if grown, and for children."""
    return Reader(frozenset({me}), frozenset({*children, *([me] if grown else [])}))


def about(number: int, subject: PersonId, author: UnitId = SENDER, **changes: object) -> Piece:
    """Return a piece about somebody."""
    return replace(piece(number, subject, author=author), **changes)  # type: ignore[arg-type]


def message(number: int, author: UnitId, kind: MessageKind, to: Party | None = None) -> Message:
    """Return a message in the first recipient's thread."""
    return Message(MessageId(UUID(int=3000 + number)), task().id, kind, author, AT, to)


def view(case: Referral, who: Reader) -> FamilyView:
    """Return what is seen by somebody who is told of every place."""
    return family.view(case, who, {each.id for each in case.tasks if each.state is not TaskState.DRAFT})


CASE = referral(
    [about(1, MOTHER), about(2, FATHER), about(3, CHILD), about(4, CHILD, category=Category.CARE_LEVEL),
     about(5, CHILD, level=LEVEL)],
    [task()],
)  # fmt: skip


def numbers(pieces: Iterable[Piece]) -> set[int]:
    """Return which pieces they are."""
    return {each.id.int - 2000 for each in pieces}


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        pytest.param(reader(MOTHER, CHILD), {1, 3}, id="the mother who holds custody"),
        pytest.param(reader(FATHER, CHILD), {2, 3}, id="the father who holds it with her"),
        pytest.param(reader(FATHER), {2}, id="the father without custody, or of a protected child"),
        pytest.param(reader(CHILD), {3}, id="the child from fifteen years on"),
        pytest.param(Reader(frozenset({MOTHER, SISTER}), frozenset({MOTHER, SISTER})), {1}, id="known by two ids"),
    ],
)
def test_each_sees_what_is_about_them_and_whom_they_speak_for(who: Reader, sees: set[int]) -> None:
    assert knows(CASE, who)
    assert numbers(view(CASE, who).pieces) == sees


@pytest.mark.parametrize("who", [reader(SISTER), reader(CHILD, grown=False), Reader(frozenset(), frozenset())])
def test_it_is_not_there_for_anybody_else(who: Reader) -> None:
    assert not knows(CASE, who)


@pytest.mark.parametrize("author", [SENDER, FIRST, as_author(MOTHER)])
def test_no_level_is_shown_to_the_family_whoever_wrote_it(author: UnitId) -> None:
    """Requirement 27; R67."""
    for wrong in (about(1, MOTHER, author, level=LEVEL), about(1, MOTHER, author, category=Category.CARE_LEVEL)):
        assert not may_see(wrong, reader(MOTHER))
    assert may_see(about(1, MOTHER, author), reader(MOTHER))


def test_what_one_parent_said_about_the_child_is_not_the_others(
) -> None:  # fmt: skip
    """R57: a parent sees what is about the child, not what is the other parent's own."""
    said = about(1, CHILD, as_author(MOTHER))
    assert may_see(said, reader(MOTHER, CHILD))
    assert not may_see(said, reader(FATHER, CHILD))


def test_a_child_of_fifteen_sees_what_was_said_of_it_and_its_mother_no_longer_does() -> None:
    said, asked = about(1, CHILD, as_author(MOTHER)), about(2, CHILD)
    case = replace(referral([said, about(3, MOTHER, as_author(MOTHER))], [task()]), sender=as_author(MOTHER))
    assert numbers(view(case, reader(CHILD)).pieces) == {1}
    assert numbers(view(case, reader(MOTHER)).pieces) == {3}
    assert may_see(asked, reader(CHILD))
    assert not may_see(asked, reader(MOTHER))


def test_what_the_mother_asked_for_in_her_own_name_is_not_there_for_the_father() -> None:
    own = [about(1, MOTHER, as_author(MOTHER)), about(2, CHILD, as_author(MOTHER))]
    case = replace(referral(own, [task()]), sender=as_author(MOTHER))
    assert knows(case, reader(MOTHER, CHILD))
    assert not knows(case, reader(FATHER, CHILD))


def test_a_draft_is_not_shown() -> None:
    draft = replace(CASE, tasks=(task(FIRST, TaskState.DRAFT),))
    assert not knows(draft, reader(MOTHER))
    half = replace(CASE, tasks=(task(FIRST, TaskState.DRAFT), task(SECOND)))
    assert [each.task.recipient for each in view(half, reader(MOTHER)).tasks] == [SECOND]


def test_a_question_to_the_mother_is_not_the_fathers_turn_and_leaves_no_trace() -> None:
    question = message(1, FIRST, MessageKind.QUESTION, Party.FAMILY)
    asked = replace(
        CASE, tasks=(task(FIRST, TaskState.AWAITING_FAMILY),), messages=(question,),
        pieces=(*CASE.pieces, about(6, MOTHER, FIRST, message=question.id)),
    )  # fmt: skip
    hers, his = view(asked, reader(MOTHER, CHILD)), view(asked, reader(FATHER, CHILD))
    assert (hers.tasks[0].stage, hers.tasks[0].turn) == (Stage.YOU_ARE_ASKED, Whose.YOU)
    assert May.ANSWER in hers.tasks[0].allowed
    assert (his.tasks[0].stage, his.tasks[0].turn) == (Stage.BEING_READ, Whose.PLACE)
    assert May.ANSWER not in his.tasks[0].allowed
    assert his.messages == ()
    before = view(CASE, reader(FATHER, CHILD))
    assert replace(his.tasks[0], task=before.tasks[0].task) == before.tasks[0]


def test_an_answer_by_the_other_parent_leaves_no_trace() -> None:
    answer = message(2, as_author(MOTHER), MessageKind.ANSWER)
    said = replace(
        CASE, messages=(answer,), pieces=(*CASE.pieces, about(7, CHILD, as_author(MOTHER), message=answer.id))
    )
    assert view(said, reader(FATHER, CHILD)).messages == ()
    assert len(view(said, reader(MOTHER, CHILD)).messages) == 1


@pytest.mark.parametrize(
    ("who", "name"),
    [(reader(MOTHER, CHILD), MOTHER), (reader(SISTER, CHILD), CHILD), (reader(FATHER), FATHER)],
)
def test_who_says_no_thank_you_says_it_in_their_own_name_or_else_a_childs(who: Reader, name: PersonId) -> None:
    assert speaks_of(CASE, who) == name


def test_who_said_no_for_their_own_part_sees_that_and_the_others_do_not() -> None:
    no = message(3, as_author(MOTHER), MessageKind.NO_THANK_YOU)
    said = replace(CASE, messages=(no,), pieces=(*CASE.pieces, about(8, MOTHER, as_author(MOTHER), message=no.id)))
    assert seen_task(said, said.tasks[0], reader(MOTHER, CHILD)).stage is Stage.NO_THANK_YOU
    assert seen_task(said, said.tasks[0], reader(MOTHER, CHILD)).allowed == ()
    assert view(said, reader(FATHER, CHILD)).tasks == view(CASE, reader(FATHER, CHILD)).tasks


@pytest.mark.parametrize(
    "state", [TaskState.FAMILY_DECLINED, TaskState.DROPPED_OUT, TaskState.NOT_REACHED, TaskState.CONSENT_ENDED]
)
def test_what_one_of_several_did_is_not_told_to_the_others(state: TaskState) -> None:
    over = replace(CASE, tasks=(task(FIRST, state),))
    told = seen_task(over, over.tasks[0], reader(FATHER, CHILD))
    assert (told.stage, told.reason, told.turn) == (Stage.ENDED, None, Whose.NOBODY)
    alone = referral([about(1, MOTHER)], [task(FIRST, state)])
    mine = seen_task(alone, alone.tasks[0], reader(MOTHER))
    assert mine.stage is not Stage.ENDED
    assert mine.reason == alone.tasks[0].reason


def test_what_is_proposed_is_told_only_where_it_concerns_nobody_else() -> None:
    """Which offer is proposed may tell of the other parent."""
    proposed = task(FIRST, TaskState.ALTERNATIVE_PROPOSED, ahead=Ahead("group-for-mothers", None))
    both, alone = replace(CASE, tasks=(proposed,)), referral([about(1, MOTHER)], [proposed])
    told, own = seen_task(both, proposed, reader(FATHER, CHILD)), seen_task(alone, proposed, reader(MOTHER))
    assert (told.stage, told.proposed, May.REFUSE_PROPOSAL in told.allowed) == (Stage.ANOTHER_WAY, None, False)
    assert own.proposed == proposed.ahead
    assert May.REFUSE_PROPOSAL in own.allowed
    assert May.AGREE not in own.allowed


def test_only_whose_word_is_missing_is_told_that_it_is_their_turn() -> None:
    lacks = Missing(CHILD, Category.HEALTH, Reason.HOLDER_MISSING, (Ask(FATHER, "custody"),))
    waits = task(FIRST, TaskState.AWAITING_CONSENT, missing=(lacks,))
    case = replace(CASE, tasks=(waits,))
    assert seen_task(case, waits, reader(FATHER, CHILD)).turn is Whose.YOU
    assert seen_task(case, waits, reader(MOTHER, CHILD)).turn is Whose.SENDER


def test_every_state_but_a_draft_has_a_name_for_families_that_blames_nobody() -> None:
    for state in set(TaskState) - {TaskState.DRAFT}:
        case = replace(CASE, tasks=(task(FIRST, state),))
        assert STAGE_DANISH[seen_task(case, case.tasks[0], reader(MOTHER, CHILD, FATHER)).stage]
    blaming = ("afvist", "frafald", "udeblev", "manglende", "problem", "niveau", "bekymr")
    assert not [name for name in STAGE_DANISH.values() if any(word in name.lower() for word in blaming)]
    assert set(STAGE_DANISH) == set(Stage)


def theirs(piece_: Piece, who: Reader) -> bool:
    """Say it as plainly as can be: it is about them or whom they speak for."""
    return piece_.subject in who.speaks_for


def shown(case: Referral, who: Reader) -> list[Piece]:
    """Return every piece an answer would hold."""
    seen = view(case, who)
    return [*seen.pieces, *(each for one in seen.messages for each in one.pieces)]


def _world() -> Iterable[tuple[Referral, Reader]]:
    """Yield every pair of pieces of everybody's, in and out of a thread, and every reader."""
    talk = message(1, FIRST, MessageKind.QUESTION, Party.FAMILY)
    made = [
        about(number, subject, author, message=place)
        for number, (subject, author, place) in enumerate(product((MOTHER, FATHER, CHILD), AUTHORS, (None, talk.id)))
    ]
    readers = [
        Reader(frozenset({me}), frozenset(spoken))
        for me in (MOTHER, FATHER, CHILD)
        for size in range(3)
        for spoken in combinations((MOTHER, FATHER, CHILD), size)
        if not set(spoken) - {me, CHILD}
    ]
    for pair, sender, who in product(combinations(made, 2), (SENDER, as_author(MOTHER)), readers):
        yield replace(referral(pair, [task()], [talk]), sender=sender), who


def test_in_the_small_world_nobody_sees_anything_about_anybody_else() -> None:
    seen = 0
    for case, who in _world():
        told = shown(case, who)
        seen += len(told)
        assert all(theirs(each, who) for each in told)
        others = [each for each in told if each.author in {as_author(person) for person in FAMILY}]
        assert all(who.wrote(each.author) or each.subject in who.myself for each in others)
    assert seen > 1_000


def test_in_the_small_world_what_is_about_others_changes_nothing_that_is_told() -> None:
    """Not shown, not counted: without the other's pieces and messages the view is the same."""
    for case, who in _world():
        if not knows(case, who):
            continue
        mine = tuple(each for each in case.pieces if theirs(each, who))
        if not any(each.message is None for each in mine) or {each.subject for each in case.own} != {
            each.subject for each in mine if each.message is None
        }:
            continue
        without = replace(case, pieces=mine)
        assert replace(view(case, who), referral=without) == view(without, who)


pieces_made = st.builds(
    lambda number, subject, category, author, place, leveled: replace(
        piece(number, subject, category, author), message=place, level=LEVEL if leveled else None
    ),
    st.integers(0, 500), st.sampled_from(FAMILY), st.sampled_from(Category), st.sampled_from(AUTHORS),
    st.sampled_from([None, *(MessageId(UUID(int=3000 + number)) for number in range(4))]), st.booleans(),
)  # fmt: skip
messages_made = st.lists(
    st.builds(
        message, st.integers(0, 3), st.sampled_from(AUTHORS), st.sampled_from(MessageKind),
        st.sampled_from([None, Party.FAMILY, Party.SENDER, Party.RECIPIENT]),
    ),
    max_size=6,
    unique_by=lambda each: each.id,
)  # fmt: skip
readers_made = st.builds(
    lambda me, children, grown: reader(me, *children, grown=grown),
    st.sampled_from(FAMILY), st.sets(st.sampled_from(FAMILY), max_size=3), st.booleans(),
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(
    st.lists(pieces_made, min_size=1, max_size=8), messages_made, st.sampled_from(sorted(set(TaskState))),
    st.sampled_from([SENDER, as_author(MOTHER), as_author(FATHER)]), readers_made,
)  # fmt: skip
def test_in_no_case_is_anything_told_about_somebody_the_reader_does_not_speak_for(
    made: list[Piece], said: list[Message], state: TaskState, sender: UnitId, who: Reader
) -> None:
    case = replace(referral(made, [task(FIRST, state)], said), sender=sender)
    for each in shown(case, who):
        assert theirs(each, who)
        assert each.level is None
        assert each.category is not Category.CARE_LEVEL


def may_be_told(case: Referral, who: Reader, yes: Permits, unit: UnitId) -> bool:
    """Say it as plainly as can be: somebody has said yes to telling the unit of them, or they have told it."""
    own = [each for each in case.pieces if each.message is None and each.subject in who.speaks_for]
    return any(
        by_family(each.author) or yes.reasons.get((each.subject, each.author, unit, each.category)) is Reason.COVERED
        for each in own
    )


permitted = st.builds(
    lambda keys, why: Permits(UUID(int=77), dict(zip(keys, why, strict=False))),
    st.lists(
        st.tuples(st.sampled_from(FAMILY), st.just(SENDER), st.sampled_from([FIRST, SECOND]),
                  st.sampled_from([Category.HEALTH, Category.NETWORK])),
        max_size=8, unique=True,
    ),
    st.lists(st.sampled_from(Reason), min_size=8, max_size=8),
)  # fmt: skip
simple_pieces = st.builds(
    lambda number, subject, category, author, place: replace(piece(number, subject, category, author), message=place),
    st.integers(0, 500), st.sampled_from(FAMILY), st.sampled_from([Category.HEALTH, Category.NETWORK]),
    st.sampled_from([SENDER, SENDER, SENDER, FIRST, as_author(FATHER)]),
    st.sampled_from([None, None, None, MessageId(UUID(int=3000))]),
)  # fmt: skip
some_readers = st.builds(
    lambda who, hidden: replace(who, speaks_for=who.speaks_for - hidden, protected=frozenset(hidden - who.myself)),
    readers_made, st.sets(st.sampled_from([CHILD, SISTER]), max_size=1),
)  # fmt: skip


@settings(max_examples=600, deadline=None)
@given(
    st.lists(simple_pieces, min_size=1, max_size=6, unique_by=lambda each: each.id), messages_made, permitted,
    st.tuples(st.sampled_from(sorted(set(TaskState))), st.sampled_from(sorted(set(TaskState)))), some_readers,
    st.sampled_from([SENDER, SENDER, as_author(MOTHER)]),
)  # fmt: skip
def test_in_no_case_is_anybody_told_of_a_unit_that_may_not_be_told_of_them(
    made: list[Piece], said: list[Message], yes: Permits, states: tuple[TaskState, TaskState], who: Reader,
    sender: UnitId,
) -> None:  # fmt: skip
    """Neither unit, state nor day, nor anything said there (R45, R57): who is merely mentioned learns no place."""
    tasks = [task(FIRST, states[0]), task(SECOND, states[1])]
    case = replace(referral(made, tasks, said), sender=sender)
    told = places(case, who, yes)
    seen = coordinated(family.view(case, who, told), Coordinator(FIRST, "u-1", AT.date(), SENDER))
    concerns_themselves = bool(case.subjects & who.myself) and case.subjects <= who.speaks_for
    for each in case.tasks:
        wrote = sender in map(as_author, who.myself) or any(who.wrote(one.author) for one in case.thread(each.id))
        if wrote or concerns_themselves or may_be_told(case, who, yes, each.recipient):
            continue
        assert each.id not in told
        assert each not in [one.task for one in seen.tasks]
        assert not [one for one in seen.messages if one.message.task == each.id]
        assert seen.coordinator is None or seen.coordinator.unit != each.recipient
    if who.protected & {each.subject for each in case.pieces} and not who.wrote(sender):
        assert told == frozenset()
    assert not [each for each in seen.tasks if each.task.state is TaskState.DRAFT]


def test_what_is_asked_of_consent_is_only_about_the_reader_and_never_more_than_is_needed() -> None:
    asked = questions(CASE, reader(FATHER))
    assert {(each.subject, each.sender, each.recipient) for each in asked} == {(FATHER, SENDER, FIRST)}
    assert questions(referral([about(1, MOTHER), about(2, CHILD)], [task()]), reader(MOTHER, CHILD)) == []
    assert questions(replace(CASE, sender=as_author(FATHER)), reader(FATHER)) == []
    assert questions(replace(CASE, tasks=(task(FIRST, TaskState.DRAFT),)), reader(FATHER)) == []


def test_what_a_kind_of_request_has_no_use_for_is_not_offered_to_the_family() -> None:
    begun = task(FIRST, TaskState.IN_PROGRESS)
    for kind in Kind:
        case = replace(referral([about(1, MOTHER)], [begun]), kind=kind)
        offered = May.DROP_OUT in seen_task(case, begun, reader(MOTHER)).allowed
        assert offered is (Step.DROP_OUT not in case.rule.without)
        out = task(FIRST, TaskState.SENT)
        declines = May.DECLINE in seen_task(case, out, reader(MOTHER)).allowed
        assert declines is (Step.FAMILY_DECLINES not in case.rule.without)
