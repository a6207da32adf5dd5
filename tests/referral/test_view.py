"""What each party sees: nothing unpermitted, in any small world of pieces, permits and readers."""

from collections.abc import Iterator
from itertools import combinations, product

import orjson
import pytest

from services.referral.api import shapes
from services.referral.domain.errors import NotAParty
from services.referral.domain.lifecycle import COURSE as COURSE_STATES
from services.referral.domain.lifecycle import HIDDEN_FROM_RECIPIENT, KNOWN_TO_SENDER, TaskState, ended
from services.referral.domain.model import Message, MessageId, PersonId, Piece, Referral, UnitId
from services.referral.domain.permit import NOTHING_ASKED, Key, Permits, missing_for, questions_for
from services.referral.domain.view import check_questions, checked, course_questions, course_reason, questions, view
from shared.vocabulary import Category, Reason
from tests.support.referrals import (
    AT,
    FIRST,
    JONATHAN,
    PARTIES,
    SECOND,
    SENDER,
    STRANGER,
    THILDE,
    message,
    permits,
    piece,
    referral,
    task,
)

HEALTH, NETWORK, COURSE = Category.HEALTH, Category.NETWORK, Category.COURSE
OWN = [
    piece(number, subject, category)
    for number, (subject, category) in enumerate(product((THILDE, JONATHAN), (HEALTH, NETWORK)))
]
SENT = [state for state in TaskState if state not in HIDDEN_FROM_RECIPIENT]


def thread(number: int, recipient: UnitId) -> tuple[Message, Message, Piece, Piece]:
    """Return a question and its answer between a recipient and the sender, a piece in each."""
    asked, answered = message(number, task(recipient), recipient), message(number + 1, task(recipient), SENDER)
    question = piece(number + 10, THILDE, HEALTH, recipient, message=asked.id)
    return asked, answered, question, piece(number + 11, JONATHAN, HEALTH, SENDER, message=answered.id)


def whole(first: TaskState = TaskState.RECEIVED, second: TaskState = TaskState.ACCEPTED) -> Referral:
    """Return a referral with two recipients, in dialogue with both."""
    one, other, *told = thread(1, FIRST)
    third, fourth, *more = thread(3, SECOND)
    return referral([*OWN, *told, *more], [task(FIRST, first), task(SECOND, second)], [one, other, third, fourth])


WHOLE = whole()
AUTHORS_AND_READERS = [(SENDER, FIRST), (SENDER, SECOND), (FIRST, SENDER), (SECOND, SENDER)]
KEYS: list[Key] = [
    (subject, author, reader, category)
    for author, reader in AUTHORS_AND_READERS
    for subject, category in product((THILDE, JONATHAN), (HEALTH, NETWORK))
]


def shown(seen: Referral, reader: UnitId, told: Permits) -> str:
    """Return everything the reader gets, as it goes over the wire."""
    return orjson.dumps(shapes.referral(view(seen, reader, told), AT)).decode()


def small_worlds() -> Iterator[Permits]:
    """Yield permits of nothing, of each key, of each pair of keys, of all but each, and of all."""
    for count in (0, 1, 2, len(KEYS) - 1, len(KEYS)):
        for keys in combinations(KEYS, count):
            yield permits(*keys)


def in_reach(seen: Referral, reader: UnitId) -> set[MessageId | None]:
    """Return the messages of the threads a reader is in, and None for the referral itself."""
    mine = {each.id for each in seen.tasks if reader in (each.recipient, seen.sender)}
    return {None} | {each.id for each in seen.messages if each.task in mine}


@pytest.mark.parametrize("reader", PARTIES)
def test_no_word_and_no_wish_is_seen_without_its_permit_and_every_permitted_one_is(reader: UnitId) -> None:
    wrong = []
    for told in small_worlds():
        seen = shown(WHOLE, reader, told)
        for each in WHOLE.pieces:
            mine = each.author == reader
            permitted = told.reasons.get((each.subject, each.author, reader, each.category)) is Reason.COVERED
            expected = each.message in in_reach(WHOLE, reader) and (mine or permitted)
            if (each.text in seen) != expected or (str(each.offer) in seen) != expected:
                wrong.append((told, each))
    assert wrong == []


@pytest.mark.parametrize("reason", sorted(set(Reason) - {Reason.COVERED, Reason.LEGAL_GROUND}))
@pytest.mark.parametrize("reader", PARTIES)
def test_any_reason_that_opens_nothing_withholds_and_is_told_by_kind(reader: UnitId, reason: Reason) -> None:
    told = permits(*KEYS, otherwise=reason)
    seen = view(WHOLE, reader, told)
    assert all(each.author == reader for each in seen.pieces)
    withheld = {missing.reason for missing in seen.withheld}
    assert withheld == (set() if reader == SENDER else {reason})
    numbers = [str(each.id) for each in WHOLE.pieces if each.author != reader]
    assert not [number for number in numbers if number in shown(WHOLE, reader, told)]


def test_the_sender_always_sees_its_own_words_and_its_answers() -> None:
    seen = shown(WHOLE, SENDER, NOTHING_ASKED)
    assert all((each.text in seen) == (each.author == SENDER) for each in WHOLE.pieces)


def test_a_recipient_sees_nothing_of_another_recipient() -> None:
    seen = shown(WHOLE, FIRST, permits(*[(s, a, FIRST, c) for s, a, _, c in KEYS]))
    assert str(task(SECOND).id) not in seen
    assert SECOND not in seen
    assert {each["task"] for each in orjson.loads(seen)["dialogue"]} == {str(task(FIRST).id)}


@pytest.mark.parametrize("state", TaskState)
def test_a_recipient_is_a_party_from_when_it_went_out(state: TaskState) -> None:
    everything = permits(*KEYS)
    if state in HIDDEN_FROM_RECIPIENT:
        with pytest.raises(NotAParty):
            view(whole(first=state), FIRST, everything)
    else:
        assert not view(whole(first=state), FIRST, everything).as_sender


@pytest.mark.parametrize(
    "state",
    [
        TaskState.WITHDRAWN, TaskState.DECLINED, TaskState.CONSENT_ENDED, TaskState.FAMILY_DECLINED,
        TaskState.NOT_REACHED, TaskState.PASSED_ON, TaskState.ENTERED_IN_ERROR,
    ],
)  # fmt: skip
def test_a_recipient_with_no_part_in_it_any_more_keeps_its_own_words_only(state: TaskState) -> None:
    """R18, R23, R59: taken back, declined, or without its consent once; a consent alone is no reason to read on."""
    over = whole(first=state)
    seen = shown(over, FIRST, permits(*KEYS))
    assert {each.author for each in over.pieces if each.text in seen} == {FIRST}
    assert questions(over, FIRST) == []
    other = shown(over, SECOND, permits(*KEYS))
    assert {each.author for each in over.pieces if each.text in other} == {SENDER, SECOND}


def test_who_is_no_party_sees_nothing_whatever_consent_says() -> None:
    everything = permits(*[(s, a, STRANGER, c) for s, a, _, c in KEYS])
    with pytest.raises(NotAParty):
        view(WHOLE, STRANGER, everything)


@pytest.mark.parametrize("reader", PARTIES)
def test_everything_a_reader_may_see_is_asked_about_first(reader: UnitId) -> None:
    asked = {
        (each.subject, each.sender, each.recipient, category)
        for each in questions(WHOLE, reader)
        for category in each.categories
    }
    reach = in_reach(WHOLE, reader)
    needed = {
        (each.subject, each.author, reader, each.category)
        for each in WHOLE.pieces
        if each.author != reader and each.message in reach
    }
    course = {(who, SECOND, SENDER, COURSE) for who in (THILDE, JONATHAN)} if reader == SENDER else set()
    assert asked == needed | course


@pytest.mark.parametrize("state", TaskState)
@pytest.mark.parametrize(
    "agreed", [(), (THILDE,), (JONATHAN,), (THILDE, JONATHAN)], ids=["nobody", "Thilde", "Jonathan", "both"]
)
def test_the_sender_hears_the_answer_only_if_everybody_it_is_about_agreed(
    state: TaskState, agreed: tuple[PersonId, ...]
) -> None:
    told = permits(*[(who, FIRST, SENDER, COURSE) for who in agreed])
    seen = shapes.referral(view(whole(first=state), SENDER, told), AT)["tasks"][0]
    if len(agreed) == 2 or state in KNOWN_TO_SENDER:
        assert (seen["state"], seen["withheld"]) == (state, None)
    else:
        assert (seen["state"], seen["state_name"], seen["turn"], seen["reason"]) == (None,) * 4
        assert seen["withheld"] is Reason.NO_CONSENT


@pytest.mark.parametrize(("thildes", "jonathans"), list(product(Reason, Reason)))
def test_the_course_is_told_if_each_permits_it_and_else_the_first_no_is_the_reason(
    thildes: Reason, jonathans: Reason
) -> None:
    """R26; the persons in a fixed order, and every reason there is: none falls through to a yes."""
    keys = [(who, FIRST, SENDER, COURSE) for who in (THILDE, JONATHAN)]
    told = Permits(None, dict(zip(keys, (thildes, jonathans), strict=True)))
    opens = {Reason.COVERED, Reason.LEGAL_GROUND}
    expected = thildes if thildes not in opens else jonathans if jonathans not in opens else None
    assert view(whole(TaskState.ACCEPTED), SENDER, told).tasks[0].hidden is expected


def test_the_course_of_nobody_is_told_to_nobody() -> None:
    assert course_reason(referral([], [task(FIRST)]), task(FIRST), NOTHING_ASKED) is Reason.NO_CONSENT


@pytest.mark.parametrize("reason", [Reason.NO_CONSENT, Reason.REFUSED])
def test_a_task_that_was_answered_looks_the_same_whatever_became_of_it(reason: Reason) -> None:
    """Accepted, then taken back or ended with its consent, or declined: the sender sees one hidden task."""
    missing = view(WHOLE, FIRST, NOTHING_ASKED).withheld
    states = COURSE_STATES | {TaskState.WITHDRAWN, TaskState.CONSENT_ENDED, TaskState.NEVER_SENT}
    told = permits(*[(who, FIRST, SENDER, COURSE) for who in (THILDE, JONATHAN)], otherwise=reason)
    seen = [
        shapes.referral(
            view(referral(OWN, [task(FIRST, state, answered=True, version=version, missing=left)]), SENDER, told), AT
        )
        for version, (state, left) in enumerate(product(sorted(states), [(), missing]))
    ]
    assert seen[1:] == seen[:-1]
    assert (seen[0]["tasks"][0]["withheld"], seen[0]["tasks"][0]["version"]) == (reason, None)


@pytest.mark.parametrize("state", TaskState)
@pytest.mark.parametrize("answered", [False, True])
def test_only_of_an_open_task_that_is_told_of_it_is_asked_what_is_missing_now(
    state: TaskState, *, answered: bool
) -> None:
    kept = view(WHOLE, FIRST, NOTHING_ASKED).withheld[:1]
    whole_ = referral(OWN, [task(FIRST, state, answered=answered, missing=kept)])
    tasks = view(whole_, SENDER, NOTHING_ASKED).tasks
    hidden = answered or state in COURSE_STATES
    expected = not hidden and not ended(state)
    assert check_questions(whole_, tasks) == (questions_for(OWN, FIRST) if expected else [])
    (now,) = checked(whole_, tasks, permits(*KEYS[:4]))
    assert now.task.missing == (missing_for(OWN, FIRST, permits(*KEYS[:4])) if expected else kept)


def test_another_recipients_course_does_not_tell_of_this_one() -> None:
    told = permits((THILDE, SECOND, SENDER, COURSE), (JONATHAN, SECOND, SENDER, COURSE))
    first, second = view(whole(TaskState.ACCEPTED, TaskState.DECLINED), SENDER, told).tasks
    assert (first.hidden, second.hidden) == (Reason.NO_CONSENT, None)


def test_the_course_is_of_those_the_referral_tells_about_and_not_of_those_a_message_names() -> None:
    asked, answered, question, answer = thread(1, FIRST)
    seen = referral([piece(0), question, answer], [task(FIRST, TaskState.ACCEPTED)], [asked, answered])
    assert {each.subject for each in course_questions(seen, seen.tasks[0])} == {THILDE}


def test_what_is_missing_for_a_recipient_is_told_to_the_sender_only() -> None:
    missing = view(WHOLE, FIRST, NOTHING_ASKED).withheld
    seen = referral(OWN, [task(FIRST, missing=missing)])
    assert len(shapes.referral(view(seen, SENDER, NOTHING_ASKED), AT)["tasks"][0]["missing"]) == len(missing) > 0
    assert shapes.referral(view(seen, FIRST, NOTHING_ASKED), AT)["tasks"][0]["missing"] == []


@pytest.mark.parametrize("state", SENT)
def test_a_task_without_words_of_a_reader_shows_its_state_to_its_recipient(state: TaskState) -> None:
    seen = shapes.referral(view(referral(OWN, [task(FIRST, state)]), FIRST, NOTHING_ASKED), AT)
    assert [each["state"] for each in seen["tasks"]] == [state]
    assert seen["information"] == []
    assert seen["id"] == str(WHOLE.id)
