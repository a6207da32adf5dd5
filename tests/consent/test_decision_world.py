"""`decide` about a grown person against a reference model, in a small world seen whole, and as properties of any world.

The world of a child with two parents is in test_custody_world.py.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from itertools import combinations_with_replacement, permutations, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.consent.domain.decision import Held, decide
from services.consent.domain.model import Disclosure, Effect, Override, Record, UnitId, Withdrawal
from shared.vocabulary import Category, Purpose
from tests.support.consents import (
    ADULT,
    AT,
    CHILD,
    HEALTH,
    JONATHAN,
    MIDWIFE,
    MOMENT,
    NEED,
    NETWORK,
    OTHER_NEED,
    PEOPLE,
    THERAPIST,
    THILDE,
    TWO,
    UNITS,
    VISITOR,
    answers,
    consent_id,
    ground,
    no,
    question,
    yes,
)
from tests.support.reference import Told, counted, piece, reference, speakers, told
from tests.support.worlds import category_sets, grounds, known, moments, often, questions, records, worlds

CATEGORY_SETS = [frozenset({HEALTH}), frozenset({NETWORK}), frozenset({HEALTH, NETWORK})]
ROADS = list(permutations(UNITS, 2))


def periods() -> Iterator[Record]:
    """Yield a yes and a no in every stage of their lives, at the edges."""
    for mutual in (False, True):
        yield yes(valid_from=AT, mutual=mutual)
        yield yes(valid_until=AT, mutual=mutual)
        yield yes(valid_from=AT + MOMENT, mutual=mutual)
        yield yes(withdrawn_at=AT, mutual=mutual)
        yield yes(superseded_at=AT, mutual=mutual)
        yield yes(withdrawals=(Withdrawal(AT, frozenset({THERAPIST})),), mutual=mutual)
        yield yes(withdrawals=(Withdrawal(AT, None, frozenset({HEALTH})),), mutual=mutual)
    yield yes(invalidated_at=AT)
    yield yes(withdrawn_at=AT + MOMENT, superseded_at=AT + MOMENT)
    yield no(valid_from=AT, withdrawn_at=AT + MOMENT, superseded_at=AT)
    yield yes(withdrawn_at=AT, superseded_at=AT)
    yield yes(withdrawn_at=AT, superseded_at=AT - MOMENT)
    yield from (no(valid_from=AT), no(valid_from=AT + MOMENT), no(withdrawn_at=AT), no(superseded_at=AT))
    yield no(withdrawals=(Withdrawal(AT, frozenset({THERAPIST}), frozenset({HEALTH})),))


def world(
    roads: Iterable[tuple[UnitId, frozenset[UnitId]]], kinds: Iterable[frozenset[Category]] = CATEGORY_SETS
) -> list[Record]:
    """Return every record about Thilde over the roads and two categories."""
    made = [
        replace(record, sender=sender, recipients=recipients, categories=categories)
        for record in periods()
        for (sender, recipients), categories in product(roads, kinds)
    ]
    return [replace(record, id=consent_id(number)) for number, record in enumerate(made)]


EVERY_ROAD = [
    (sender, frozenset(chosen))
    for sender in UNITS
    for count in (1, 2)
    for chosen in permutations([unit for unit in UNITS if unit != sender], count)
    if list(chosen) == sorted(chosen)
]
# Seen from midwife and therapist: there, there and elsewhere, elsewhere, back, and past both.
ROADS_OF_ONE_QUESTION = [
    (MIDWIFE, frozenset({THERAPIST})),
    (MIDWIFE, frozenset({THERAPIST, VISITOR})),
    (MIDWIFE, frozenset({VISITOR})),
    (THERAPIST, frozenset({MIDWIFE})),
    (VISITOR, frozenset({MIDWIFE, THERAPIST})),
]


def test_every_single_record_answers_every_road_as_the_reference() -> None:
    asked = [
        question(sender=one, recipient=other, categories=frozenset({HEALTH, NETWORK}), back=back)
        for (one, other), back in product(ROADS, (False, True))
    ]
    held = world(EVERY_ROAD)
    wrong = [
        (record, each)
        for record, each in product(held, asked)
        if told(answers(each, [record])) != reference(each, [record], AT, ADULT)
    ]
    assert len(held) * len(asked) > 7_000
    assert wrong == []


@pytest.mark.parametrize("back", [False, True])
def test_every_pair_of_records_answers_as_the_reference(*, back: bool) -> None:
    """One road stands for all: the records run over every road, so renaming the units gives every question.

    And a record of one kind stands for the other's: each kind is answered on its own.
    """
    asked = question(categories={HEALTH, NETWORK}, back=back)
    held = world(ROADS_OF_ONE_QUESTION, [CATEGORY_SETS[0], CATEGORY_SETS[2]])
    (voice,) = speakers(ADULT, THILDE, AT.date())
    said = {
        record.id: [piece(record, voice, category, asked, ADULT, AT) for category in sorted(asked.categories)]
        for record in held
    }
    pairs = list(combinations_with_replacement(held, 2))
    wrong = [
        pair for pair in pairs if told(decide(asked, Held(pair, PEOPLE), AT)) != [
            counted([voice], [each], (), ADULT, own=(), closed=False)
            for each in zip(*(said[record.id] for record in pair), strict=True)
        ]
    ]  # fmt: skip
    assert len(pairs) > 25_000
    assert wrong == []


def test_every_pair_of_a_thinner_world_answers_every_question_as_the_reference() -> None:
    """Purposes, needs and persons meet here: a word about one never reaches the other through a second word."""
    changes: list[dict[str, Any]] = [
        {},
        {"subject": JONATHAN, "given_by": JONATHAN},
        {"subject": JONATHAN},
        {"given_by": JONATHAN},
        {"need": OTHER_NEED},
        {"purpose": Purpose.PRACTICAL_HELP},
    ]
    kinds = (yes(), yes(mutual=True), yes(withdrawn_at=AT), no())
    thin = [
        replace(record, id=consent_id(number), **change)
        for number, (record, change) in enumerate(product(kinds, changes))
    ]
    every = [
        Disclosure(subject, one, other, purpose, need, frozenset({HEALTH}), back=True)
        for subject, (one, other), purpose, need in product(
            (THILDE, JONATHAN),
            ((MIDWIFE, THERAPIST), (THERAPIST, MIDWIFE)),
            (Purpose.EARLY_SUPPORT, Purpose.PRACTICAL_HELP),
            (NEED, OTHER_NEED),
        )
    ]
    wrong = [
        (pair, asked)
        for pair in combinations_with_replacement(thin, 2)
        for held in [Held(pair, PEOPLE)]
        for asked in every
        if told(decide(asked, held, AT)) != reference(asked, pair, AT, ADULT)
    ]
    assert wrong == []


def test_every_ground_beside_every_record_answers_as_the_reference() -> None:
    carrying = [
        ground(number, despite_refusal=despite, **change)
        for number, (despite, change) in enumerate(product((False, True), GROUND_CHANGES), 1000)
    ]
    held = world(ROADS_OF_ONE_QUESTION)
    asked = question(categories={HEALTH, NETWORK})
    wrong = [
        (record, override)
        for record, override in product(held, carrying)
        if told(answers(asked, [record], overrides=[override])) != reference(asked, [record], AT, ADULT, [override])
    ]
    assert wrong == []


GROUND_CHANGES: list[dict[str, Any]] = [
    {},
    {"valid_from": AT + MOMENT},
    {"valid_until": AT},
    {"revoked_at": AT},
    {"revoked_at": AT + MOMENT},
    {"sender": THERAPIST, "recipients": frozenset({MIDWIFE})},
    {"recipients": frozenset({VISITOR})},
    {"categories": frozenset({NETWORK})},
]


@often
@given(questions, worlds, grounds, known, moments)
def test_any_world_answers_as_the_reference(
    asked: Disclosure, held: list[Record], others: list[Override], facts: Any, at: datetime
) -> None:
    expected: list[Told] = reference(asked, held, at, facts, others)
    assert told(answers(asked, held, at, {asked.subject: facts}, others)) == expected


def permitted(asked: Disclosure, held: Iterable[Record], at: datetime, facts: Any,
              others: Iterable[Override] = ()) -> set[Category]:  # fmt: skip
    """Return the categories that may be told."""
    return {each.category for each in answers(asked, held, at, {asked.subject: facts}, others) if each.permitted}


@often
@given(questions, worlds, grounds, records, known, moments)
def test_one_more_refusal_never_opens_a_door(
    asked: Disclosure, held: list[Record], others: list[Override], extra: Record, facts: Any, at: datetime
) -> None:
    """Whoever says it, whenever, whatever became of it: taken back and superseded ones, too."""
    after = permitted(asked, [*held, replace(extra, effect=Effect.FORBID)], at, facts, others)
    assert after <= permitted(asked, held, at, facts, others)


@often
@given(questions, worlds, grounds, st.integers(0, 4), st.data(), known, moments)
def test_a_withdrawal_never_opens_a_door(
    asked: Disclosure, held: list[Record], others: list[Override], which: int, data: Any, facts: Any, at: datetime
) -> None:
    """Of all of it or a part, now; only taking back a refusal may."""
    taken = Withdrawal(at, data.draw(st.none() | st.just(frozenset({THERAPIST}))),
                       data.draw(st.none() | st.just(frozenset({HEALTH}))))  # fmt: skip
    after = [
        replace(record, withdrawals=(*record.withdrawals, taken))
        if place == which and record.effect is Effect.PERMIT
        else record
        for place, record in enumerate(held)
    ]
    assert permitted(asked, after, at, facts, others) <= permitted(asked, held, at, facts, others)


@often
@given(questions, worlds, grounds, st.integers(0, 4), known, moments)
def test_an_invalidation_never_opens_a_door(
    asked: Disclosure, held: list[Record], others: list[Override], which: int, facts: Any, at: datetime
) -> None:
    after = [replace(record, invalidated_at=at) if place == which else record for place, record in enumerate(held)]
    assert permitted(asked, after, at, facts, others) <= permitted(asked, held, at, facts, others)


@often
@given(questions, worlds, grounds, known, moments, st.randoms(use_true_random=False))
def test_the_order_of_the_records_never_matters(
    asked: Disclosure, held: list[Record], others: list[Override], facts: Any, at: datetime, dice: Any
) -> None:
    people = {asked.subject: facts}
    shuffled = sorted(held, key=lambda _: dice.random())
    assert answers(asked, shuffled, at, people, reversed(others)) == answers(asked, held, at, people, others)


@often
@given(questions, worlds, grounds, records, records, known, moments)
def test_narrowing_a_yes_never_widens(
    asked: Disclosure, held: list[Record], others: list[Override], wide: Record, other: Record, facts: Any,
    at: datetime,
) -> None:  # fmt: skip
    """Fewer recipients or kinds, one way, a shorter time; what was said later is another word, not a narrower one."""
    wide = replace(wide, effect=Effect.PERMIT, withdrawals=())
    ends = [each for each in (wide.valid_until, other.valid_until) if each is not None]
    narrow = replace(
        wide,
        recipients=wide.recipients & other.recipients,
        categories=wide.categories & other.categories,
        mutual=wide.mutual and other.mutual,
        alone=wide.alone and other.alone,
        address=wide.address and other.address,
        valid_until=min(ends) if wide.valid_until is not None else None,
    )
    after = permitted(asked, [*held, narrow], at, facts, others)
    assert after <= permitted(asked, [*held, wide], at, facts, others)


@often
@given(questions, worlds, grounds, moments)
def test_one_more_custody_holder_never_opens_a_door(
    asked: Disclosure, held: list[Record], others: list[Override], at: datetime
) -> None:
    """But by a word of the new one that is enough by itself (R27)."""
    plain = [replace(record, alone=False) for record in held]
    one = replace(CHILD, holders=TWO[:1])
    assert permitted(asked, plain, at, CHILD, others) <= permitted(asked, plain, at, one, others)


@often
@given(questions, worlds, records, known, moments)
def test_one_more_yes_never_closes_a_door(
    asked: Disclosure, held: list[Record], extra: Record, facts: Any, at: datetime
) -> None:
    plain = replace(extra, effect=Effect.PERMIT, withdrawals=())
    assert permitted(asked, held, at, facts) <= permitted(asked, [*held, plain], at, facts)


@often
@given(questions, worlds, category_sets, known, moments)
def test_asking_for_more_never_changes_another_categorys_answer(
    asked: Disclosure, held: list[Record], more: frozenset[Category], facts: Any, at: datetime
) -> None:
    people = {asked.subject: facts}
    alone = set(answers(asked, held, at, people))
    assert alone <= set(answers(replace(asked, categories=asked.categories | more), held, at, people))
