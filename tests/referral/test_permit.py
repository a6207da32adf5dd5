"""What must be asked before somebody reads, and what is missing without a yes: deny by default."""

from dataclasses import replace
from itertools import combinations, product
from uuid import UUID

import pytest

from services.referral.domain.model import Ask, MessageId, Missing, Piece, UnitId
from services.referral.domain.permit import (
    NOTHING_ASKED,
    Permits,
    Question,
    lost,
    may_go_out,
    missing_for,
    questions_for,
)
from shared.vocabulary import Category, Reason
from tests.support.referrals import FIRST, JONATHAN, PARTIES, SECOND, SENDER, THILDE, permits, piece

HEALTH, NETWORK = Category.HEALTH, Category.NETWORK
WITHDRAWN = Reason.WITHDRAWN
PIECES = [
    piece(1),
    piece(2, category=NETWORK),
    piece(3, JONATHAN),
    piece(4, author=FIRST),
    piece(5),
]


def test_one_question_per_person_and_author_with_every_kind_in_it() -> None:
    assert questions_for(PIECES, FIRST) == [
        Question(THILDE, SENDER, FIRST, frozenset({HEALTH, NETWORK})),
        Question(JONATHAN, SENDER, FIRST, frozenset({HEALTH})),
    ]
    assert questions_for(PIECES, SENDER) == [Question(THILDE, FIRST, SENDER, frozenset({HEALTH}))]


@pytest.mark.parametrize("reader", PARTIES)
def test_every_piece_of_another_is_asked_about_and_none_of_ones_own(reader: UnitId) -> None:
    asked = {
        (question.subject, question.sender, question.recipient, category)
        for question in questions_for(PIECES, reader)
        for category in question.categories
    }
    assert asked == {(each.subject, each.author, reader, each.category) for each in PIECES if each.author != reader}


def test_what_was_not_asked_is_not_permitted() -> None:
    assert NOTHING_ASKED.reason(THILDE, SENDER, FIRST, HEALTH) is Reason.NO_CONSENT
    assert not any(NOTHING_ASKED.allow(each, SECOND) for each in PIECES)


@pytest.mark.parametrize("reason", Reason)
def test_only_a_consent_or_a_ground_in_law_lets_a_piece_through(reason: Reason) -> None:
    told = permits((THILDE, SENDER, FIRST, HEALTH), otherwise=reason)
    assert told.allow(piece(1), FIRST) == (reason in {Reason.COVERED, Reason.LEGAL_GROUND})
    assert told.why(piece(1), FIRST) is reason


@pytest.mark.parametrize(
    "other",
    [
        piece(1, JONATHAN),
        piece(1, category=NETWORK),
        piece(1, author=SECOND),
    ],
    ids=["another person", "another kind", "another author"],
)
def test_a_permit_is_of_one_person_kind_author_and_reader(other: Piece) -> None:
    told = permits((THILDE, SENDER, FIRST, HEALTH))
    assert not told.allow(other, FIRST)
    assert not told.allow(piece(1), SECOND)
    assert told.allow(replace(piece(9), message=MessageId(UUID(int=5))), FIRST)


def test_the_author_needs_no_permit_for_its_own_words() -> None:
    assert all(NOTHING_ASKED.allow(each, each.author) for each in PIECES)
    assert missing_for(PIECES[:3], SENDER, NOTHING_ASKED) == ()


def test_what_is_missing_is_told_once_by_person_and_kind_in_a_fixed_order() -> None:
    told = permits((THILDE, SENDER, FIRST, NETWORK), otherwise=Reason.WITHDRAWN)
    assert missing_for(reversed(PIECES), FIRST, told) == (
        Missing(THILDE, HEALTH, Reason.NO_CONSENT),
        Missing(THILDE, NETWORK, Reason.WITHDRAWN),
        Missing(JONATHAN, HEALTH, Reason.NO_CONSENT),
    )


def test_whose_word_is_missing_is_told_beside_what_it_is_about_and_no_other() -> None:
    whom = (Ask(JONATHAN, "custody"),)
    told = Permits(None, {}, {(THILDE, SENDER, FIRST, NETWORK): whom, (THILDE, SENDER, SECOND, HEALTH): whom})
    assert [(each.category, each.ask) for each in missing_for(PIECES[:2], FIRST, told)] == [
        (HEALTH, ()),
        (NETWORK, whom),
    ]


SUBSETS = [frozenset(each) for count in range(4) for each in combinations(PIECES[:3], count)]


@pytest.mark.parametrize(("before", "now"), list(product(SUBSETS, SUBSETS)))
def test_what_is_lost_was_there_before_and_is_not_now(before: frozenset[Piece], now: frozenset[Piece]) -> None:
    """Whatever the reasons and whoever is to be asked."""
    told = missing_for(before, FIRST, NOTHING_ASKED)
    other = missing_for(
        now, FIRST, permits(*[(p.subject, SENDER, FIRST, p.category) for p in now], otherwise=WITHDRAWN)
    )
    assert lost(told, other) == {(each.subject, each.category) for each in now - before}


@pytest.mark.parametrize("allowed", list(product([False, True], repeat=3)))
def test_a_referral_goes_out_when_anything_of_it_may(allowed: tuple[bool, ...]) -> None:
    keys = [(THILDE, SENDER, FIRST, HEALTH), (THILDE, SENDER, FIRST, NETWORK), (JONATHAN, SENDER, FIRST, HEALTH)]
    told = permits(*[key for key, yes in zip(keys, allowed, strict=True) if yes])
    assert may_go_out(PIECES[:3], FIRST, told) == any(allowed)


def test_a_referral_of_nothing_goes_nowhere() -> None:
    assert not may_go_out([], FIRST, NOTHING_ASKED)
