"""`decide` against a reference model, in a small world seen whole, and as properties of any world.

The reference has another shape than the code: every record says its piece about every point (a category told from
one unit to another about a person), and at each point the strongest word wins.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import combinations_with_replacement, permutations, product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.consent.domain.decision import decide
from services.consent.domain.model import ConsentId, Disclosure, Effect, PersonId, Record, UnitId
from shared.vocabulary import Category, Purpose, Reason
from tests.support.consents import (
    AT,
    DAY,
    HEALTH,
    JONATHAN,
    MIDWIFE,
    MOMENT,
    NEED,
    NETWORK,
    OTHER_NEED,
    THERAPIST,
    THILDE,
    UNITS,
    consent_id,
    no,
    question,
    yes,
)

STRENGTH = (
    Reason.NO_CONSENT,
    Reason.RECIPIENT_NOT_NAMED,
    Reason.CATEGORY_NOT_NAMED,
    Reason.EXPIRED,
    Reason.NOT_YET,
    Reason.COVERED,
    Reason.WITHDRAWN,
    Reason.REFUSED,
)
ROADS = list(permutations(UNITS, 2))
CATEGORY_SETS = [frozenset({HEALTH}), frozenset({NETWORK}), frozenset({HEALTH, NETWORK})]
Point = tuple[PersonId, UnitId, UnitId, Category]
Told = tuple[Reason, frozenset[ConsentId]]


NOES = {Reason.REFUSED, Reason.WITHDRAWN}


def replaced(record: Record, at: datetime) -> bool:
    """Say whether a later word stands in the record's place: not where a withdrawal came after that word."""
    if record.superseded_at is None or at < record.superseded_at:
        return False
    return record.withdrawn_at is None or not record.superseded_at < record.withdrawn_at <= at


def says(record: Record, point: Point, asked: Disclosure, at: datetime) -> Reason:
    """Return what one record has to say about one point."""
    return Reason.NO_CONSENT if replaced(record, at) else said_once(record, point, asked, at)


def closed_before(record: Record, point: Point, asked: Disclosure, at: datetime) -> datetime:
    """Return up to when what was said is spent, by a no that a later word stands for."""
    if not replaced(record, at) or said_once(record, point, asked, at) not in NOES:
        return datetime.min.replace(tzinfo=UTC)
    return record.valid_from if record.effect is Effect.FORBID else record.withdrawn_at or record.valid_from


def said_once(record: Record, point: Point, asked: Disclosure, at: datetime) -> Reason:  # noqa: PLR0911 - one line a rule
    """Return what one record has to say about one point, were it never superseded."""
    person, one, other, category = point
    purpose = asked.purpose
    forbids = record.effect is Effect.FORBID
    if record.subject != person:
        return Reason.NO_CONSENT
    if not forbids and record.purpose != purpose:
        return Reason.NO_CONSENT
    taken_back = record.withdrawn_at is not None and at >= record.withdrawn_at
    roads = set()
    for recipient in record.recipients:
        roads.add((record.sender, recipient))
        if forbids or (record.mutual and (asked.back or taken_back)):
            roads.add((recipient, record.sender))
    if forbids:
        bites = (one, other) in roads and category in record.categories and at >= record.valid_from and not taken_back
        return Reason.REFUSED if bites else Reason.NO_CONSENT
    if (one, other) not in roads:
        return Reason.RECIPIENT_NOT_NAMED if one in record.recipients | {record.sender} else Reason.NO_CONSENT
    if category not in record.categories:
        return Reason.CATEGORY_NOT_NAMED
    if taken_back:
        return Reason.WITHDRAWN
    if at < record.valid_from:
        return Reason.NOT_YET
    return Reason.EXPIRED if record.valid_until is None or at >= record.valid_until else Reason.COVERED


def strongest(said: Sequence[tuple[ConsentId, Reason]]) -> Told:
    """Return the strongest word, and who said it; a no of either kind is said by all who say no."""
    best = max((reason for _, reason in said), key=STRENGTH.index, default=Reason.NO_CONSENT)
    if best is Reason.COVERED:
        return best, frozenset(number for number, reason in said if reason is best)
    if best in {Reason.REFUSED, Reason.WITHDRAWN}:
        return best, frozenset(number for number, reason in said if reason in NOES)
    return best, frozenset()


def spent(words: Sequence[tuple[Record, Reason, datetime]]) -> list[tuple[ConsentId, Reason]]:
    """Return what each record says once every no that was lifted has spent the yes that was said before it."""
    until = max((closed for _, _, closed in words), default=AT)
    return [
        (record.id, Reason.EXPIRED if reason is Reason.COVERED and record.valid_from < until else reason)
        for record, reason, _ in words
    ]


def reference(asked: Disclosure, held: Iterable[Record], at: datetime) -> list[Told]:
    """Answer as `decide` should, by looking at each point."""
    answers = []
    for category in sorted(asked.categories):
        point = (asked.subject, asked.sender, asked.recipient, category)
        words = [
            (record, says(record, point, asked, at), closed_before(record, point, asked, at))
            for record in held
            if record.need == asked.need and (record.effect is Effect.FORBID or record.purpose == asked.purpose)
        ]
        answers.append(strongest(spent(words)))
    return answers


def told(asked: Disclosure, held: Iterable[Record], at: datetime) -> list[Told]:
    """Return what `decide` says, in the reference's shape."""
    return [(answer.reason, answer.records) for answer in decide(asked, held, at)]


def periods() -> Iterator[Record]:
    """Yield a yes and a no in every stage of their lives, at the edges."""
    for mutual in (False, True):
        yield yes(valid_from=AT, mutual=mutual)
        yield yes(valid_until=AT, mutual=mutual)
        yield yes(valid_from=AT + MOMENT, mutual=mutual)
        yield yes(withdrawn_at=AT, mutual=mutual)
        yield yes(superseded_at=AT, mutual=mutual)
    yield yes(withdrawn_at=AT + MOMENT, superseded_at=AT + MOMENT)
    yield no(valid_from=AT, withdrawn_at=AT + MOMENT, superseded_at=AT)
    yield yes(withdrawn_at=AT, superseded_at=AT)
    yield yes(withdrawn_at=AT, superseded_at=AT - MOMENT)
    yield from (no(valid_from=AT), no(valid_from=AT + MOMENT), no(withdrawn_at=AT), no(superseded_at=AT))


def world() -> list[Record]:
    """Return every record about Thilde between three units and two categories, and a few about Jonathan."""
    shapes = [
        (sender, frozenset(chosen), categories)
        for sender in UNITS
        for count in (1, 2)
        for chosen in permutations([unit for unit in UNITS if unit != sender], count)
        if list(chosen) == sorted(chosen)
        for categories in CATEGORY_SETS
    ]
    made = [
        replace(record, sender=sender, recipients=recipients, categories=categories)
        for record in periods()
        for sender, recipients, categories in shapes
    ]
    made += [replace(record, subject=JONATHAN) for record in periods()]
    return [replace(record, id=consent_id(number)) for number, record in enumerate(made)]


WORLD = world()
EVERY_QUESTION = [
    Disclosure(subject, one, other, purpose, need, categories, back)
    for subject, (one, other), purpose, need, categories, back in product(
        (THILDE, JONATHAN),
        ROADS,
        (Purpose.EARLY_SUPPORT, Purpose.PRACTICAL_HELP),
        (NEED, OTHER_NEED),
        CATEGORY_SETS,
        (False, True),
    )
]


def test_every_single_record_answers_every_question_as_the_reference() -> None:
    wrong = [
        (record, asked)
        for record in WORLD
        for asked in EVERY_QUESTION
        if told(asked, [record], AT) != reference(asked, [record], AT)
    ]
    assert len(WORLD) * len(EVERY_QUESTION) > 50_000
    assert wrong == []


@pytest.mark.parametrize("back", [False, True])
def test_every_pair_of_records_answers_as_the_reference(*, back: bool) -> None:
    """One road stands for all: the records run over every road, so renaming the units gives every question."""
    asked = question(categories=frozenset({HEALTH, NETWORK}), back=back)
    points = [(THILDE, MIDWIFE, THERAPIST, category) for category in sorted(asked.categories)]
    said = {
        record.id: [
            (record, says(record, point, asked, AT), closed_before(record, point, asked, AT)) for point in points
        ]
        for record in WORLD
    }
    expected = {
        pair: [strongest(spent(words)) for words in zip(*(said[consent_id(number)] for number in pair), strict=True)]
        for pair in combinations_with_replacement(range(len(WORLD)), 2)
    }
    wrong = [pair for pair, answer in expected.items() if told(asked, [WORLD[pair[0]], WORLD[pair[1]]], AT) != answer]
    assert len(expected) > 80_000
    assert wrong == []


def test_every_pair_of_a_thinner_world_answers_every_question_as_the_reference() -> None:
    """Purposes, needs and persons meet here: a word about one never reaches the other through a second word."""
    changes: list[dict[str, Any]] = [
        {},
        {"subject": JONATHAN},
        {"need": OTHER_NEED},
        {"purpose": Purpose.PRACTICAL_HELP},
    ]
    thin = [
        replace(record, id=consent_id(number), **change)
        for number, (record, change) in enumerate(
            product(
                (yes(), yes(mutual=True), yes(withdrawn_at=AT), no()),
                changes,
            )
        )
    ]
    wrong = [
        (pair, asked)
        for pair in combinations_with_replacement(thin, 2)
        for asked in EVERY_QUESTION
        if told(asked, pair, AT) != reference(asked, pair, AT)
    ]
    assert wrong == []


times = st.integers(-3, 3).map(lambda days: AT + days * DAY)
perhaps = st.none() | times
category_sets = st.frozensets(st.sampled_from([HEALTH, NETWORK, Category.CONTACT]), min_size=1)
records = st.builds(
    Record,
    id=st.integers(1, 10**6).map(consent_id),
    effect=st.sampled_from(Effect),
    subject=st.sampled_from([THILDE, THILDE, JONATHAN]),
    sender=st.sampled_from(UNITS),
    recipients=st.frozensets(st.sampled_from(UNITS), min_size=1, max_size=2),
    categories=category_sets,
    purpose=st.sampled_from([Purpose.EARLY_SUPPORT, Purpose.EARLY_SUPPORT, Purpose.PRACTICAL_HELP]),
    need=st.sampled_from([NEED, NEED, OTHER_NEED]),
    valid_from=times,
    valid_until=perhaps,
    mutual=st.booleans(),
    withdrawn_at=perhaps,
    superseded_at=perhaps,
)
worlds = st.lists(records, max_size=5)
questions = st.builds(
    lambda road, categories, back: question(sender=road[0], recipient=road[1], categories=categories, back=back),
    st.sampled_from(ROADS),
    category_sets,
    st.booleans(),
)
often = settings(max_examples=150, deadline=None, derandomize=True)


def permitted(asked: Disclosure, held: Iterable[Record], at: datetime) -> set[Category]:
    """Return the categories that may be told."""
    return {answer.category for answer in decide(asked, held, at) if answer.permitted}


@often
@given(questions, worlds, times)
def test_any_world_answers_as_the_reference(asked: Disclosure, held: list[Record], at: datetime) -> None:
    assert told(asked, held, at) == reference(asked, held, at)


@often
@given(questions, worlds, records, times)
def test_one_more_prohibition_never_opens_a_door(
    asked: Disclosure, held: list[Record], extra: Record, at: datetime
) -> None:
    after = permitted(asked, [*held, replace(extra, effect=Effect.FORBID)], at)
    assert after <= permitted(asked, held, at)


@often
@given(questions, worlds, st.integers(0, 4), times)
def test_a_withdrawal_never_opens_a_door(asked: Disclosure, held: list[Record], which: int, at: datetime) -> None:
    after = [
        replace(record, withdrawn_at=at) if place == which and record.effect is Effect.PERMIT else record
        for place, record in enumerate(held)
    ]
    assert permitted(asked, after, at) <= permitted(asked, held, at)


@often
@given(questions, worlds, times, st.randoms(use_true_random=False))
def test_the_order_of_the_records_never_matters(
    asked: Disclosure, held: list[Record], at: datetime, dice: object
) -> None:
    shuffled = sorted(held, key=lambda _: dice.random())  # type: ignore[attr-defined]
    assert decide(asked, shuffled, at) == decide(asked, list(held), at)


@often
@given(questions, worlds, records, records, times)
def test_narrowing_a_yes_never_widens(
    asked: Disclosure, held: list[Record], wide: Record, other: Record, at: datetime
) -> None:
    wide = replace(wide, effect=Effect.PERMIT, withdrawn_at=None)
    narrow = replace(
        wide,
        recipients=wide.recipients & other.recipients,
        categories=wide.categories & other.categories,
        mutual=wide.mutual and other.mutual,
        valid_from=max(wide.valid_from, other.valid_from),
        valid_until=min(filter(None, (wide.valid_until, other.valid_until)), default=None),
    )
    if narrow.valid_until is not None and wide.valid_until is None:
        narrow = replace(narrow, valid_until=None)
    assert permitted(asked, [*held, narrow], at) <= permitted(asked, [*held, wide], at)


@often
@given(questions, worlds, times, times)
def test_time_only_closes_what_had_begun(asked: Disclosure, held: list[Record], one: datetime, other: datetime) -> None:
    """Nothing but what was promised from later, or a later word (superseding, taking a no back), ever opens."""
    earlier, later = min(one, other), max(one, other)
    begun = [
        record
        for record in held
        if record.valid_from <= earlier
        and not (record.superseded_at and earlier < record.superseded_at <= later)
        and not (record.effect is Effect.FORBID and record.withdrawn_at and earlier < record.withdrawn_at <= later)
    ]
    assert permitted(asked, begun, later) <= permitted(asked, begun, earlier)


@often
@given(questions, worlds, category_sets, times)
def test_asking_for_more_never_changes_another_categorys_answer(
    asked: Disclosure, held: list[Record], more: frozenset[Category], at: datetime
) -> None:
    alone = set(decide(asked, held, at))
    assert alone <= set(decide(replace(asked, categories=asked.categories | more), held, at))
