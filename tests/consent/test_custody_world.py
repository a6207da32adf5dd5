"""Two parents, a child and three units, seen whole: every status of every word of both, in every family, at every edge.

Against the reference model, which hears each record by itself. The periods overlap in every way: each status begins,
ends or turns at AT, a moment before, or a moment after.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from itertools import combinations_with_replacement, product
from typing import Any

import pytest

from services.consent.domain.decision import Held, decide
from services.consent.domain.model import Capacity, Effect, PersonId, Record, UnitId, Voice, Withdrawal
from services.consent.domain.people import Facts, Holder
from shared.vocabulary import Reason
from tests.support.consents import (
    ADAM,
    AT,
    CHILD,
    CONTACT,
    DAY,
    GUARDIAN,
    HEALTH,
    JASMIN,
    MIDWIFE,
    MOMENT,
    NETWORK,
    SOFIE,
    THERAPIST,
    TODAY,
    TWO,
    VISITOR,
    answers,
    consent_id,
    ground,
    no,
    question,
    yes,
)
from tests.support.reference import counted, day, heard, piece, reference, speakers, told

STATUSES = {
    "to come": yes(valid_from=AT + MOMENT),
    "begun": yes(valid_from=AT),
    "ending": yes(valid_until=AT + MOMENT),
    "ended": yes(valid_until=AT),
    "without end": yes(valid_until=None),
    "withdrawn": yes(withdrawn_at=AT),
    "to be withdrawn": yes(withdrawn_at=AT + MOMENT),
    "withdrawn in part": yes(withdrawals=(Withdrawal(AT, frozenset({THERAPIST}), frozenset({HEALTH})),)),
    "withdrawn from another": yes(withdrawals=(Withdrawal(AT, frozenset({VISITOR})),)),
    "superseded": yes(superseded_at=AT),
    "withdrawn, then superseded": yes(withdrawn_at=AT - MOMENT, superseded_at=AT),
    "superseded, then withdrawn": yes(withdrawn_at=AT, superseded_at=AT - MOMENT),
    "superseded, then a kind withdrawn": yes(
        superseded_at=AT - MOMENT, withdrawals=(Withdrawal(AT, None, frozenset({HEALTH})),)
    ),
    "both ways, then a kind withdrawn": yes(mutual=True, withdrawals=(Withdrawal(AT, None, frozenset({HEALTH})),)),
    "invalidated": yes(invalidated_at=AT),
    "to be invalidated": yes(invalidated_at=AT + MOMENT),
    "both ways": yes(mutual=True),
    "one is enough": yes(alone=True),
    "one was enough": yes(alone=True, valid_until=AT),
    "knowing of the address": yes(address=True),
    "refused": no(valid_from=AT),
    "refused before": no(valid_from=AT - 2 * DAY),
    "to be refused": no(valid_from=AT + MOMENT),
    "refusal taken back": no(withdrawn_at=AT),
    "refusal taken back in part": no(withdrawals=(Withdrawal(AT, frozenset({VISITOR})),)),
    "refusal superseded": no(superseded_at=AT),
    "refusal lifted just now": no(valid_from=AT - MOMENT, superseded_at=AT),
}
SPEAKERS = [
    (SOFIE, Capacity.CUSTODY),
    (ADAM, Capacity.CUSTODY),
    (SOFIE, Capacity.PREGNANT),
    (JASMIN, Capacity.SELF),
    (GUARDIAN, Capacity.REPRESENTATIVE),
]
PARENTS = SPEAKERS[:2]
FAMILIES = {
    "joint custody": CHILD,
    "one holder": replace(CHILD, holders=TWO[:1]),
    "custody since today": replace(CHILD, holders=(TWO[0], Holder(ADAM, TODAY))),
    "nobody recorded": replace(CHILD, holders=()),
    "not born yet": Facts(mother=SOFIE, due=date(2026, 8, 1), told_since=date(2026, 1, 5)),
    "fifteen today": replace(CHILD, born=date(2011, 5, 4)),
    "fifteen tomorrow": replace(CHILD, born=date(2011, 5, 5)),
    "represented": replace(CHILD, representative=Holder(GUARDIAN, date(2026, 1, 1))),
    "represented and grown": Facts(born=date(2004, 11, 3), representative=Holder(GUARDIAN, date(2026, 1, 1))),
    "protected": replace(CHILD, protected=True),
    "unknown": Facts(),
}
ROADS: list[tuple[UnitId, frozenset[UnitId]]] = [
    (MIDWIFE, frozenset({THERAPIST})),
    (MIDWIFE, frozenset({THERAPIST, VISITOR})),
    (MIDWIFE, frozenset({VISITOR})),
    (THERAPIST, frozenset({MIDWIFE, VISITOR})),
    (VISITOR, frozenset({MIDWIFE, THERAPIST})),
]
KINDS = [frozenset({HEALTH}), frozenset({HEALTH, CONTACT})]
ASKED = question(subject=JASMIN, categories={HEALTH, CONTACT})


def said(
    speakers_: Iterable[tuple[PersonId, Capacity]], roads: Iterable[tuple[UnitId, frozenset[UnitId]]] = ROADS[:1],
    kinds: Iterable[frozenset[Any]] = KINDS[:1],
) -> list[Record]:  # fmt: skip
    """Return every status of every speaker's word over the roads."""
    made = [
        replace(record, subject=JASMIN, given_by=person, capacity=capacity, sender=one, recipients=others,
                categories=kind)
        for record, (person, capacity), (one, others), kind in product(STATUSES.values(), speakers_, roads, kinds)
    ]  # fmt: skip
    return [replace(record, id=consent_id(number)) for number, record in enumerate(made)]


def differing(known: Facts, worlds: Iterable[Sequence[Record]]) -> list[Sequence[Record]]:
    """Return the worlds that are not answered as the reference says; each record is heard once."""
    voices = speakers(known, JASMIN, day(AT))
    spoken_for = known.representative is not None and Capacity.REPRESENTATIVE in {each.capacity for each in voices}
    listening = [*voices, *([Voice(JASMIN, Capacity.SELF, date.min)] if spoken_for else [])]
    kinds = sorted(ASKED.categories)
    said_: dict[Any, Any] = {}
    wrong = []
    for world in worlds:
        for record in world:
            if record.id not in said_:
                said_[record.id] = [
                    [piece(record, voice, kind, ASKED, known, AT) for voice in listening] for kind in kinds
                ]  # fmt: skip
        expected = []
        for k in range(len(kinds)):
            told_to = [[said_[record.id][k][v] for record in world] for v in range(len(listening))]
            own = [heard(each) for each in told_to[len(voices) :]]
            expected.append(counted(voices, told_to[: len(voices)], (), known, own=own, closed=False))
        if told(decide(ASKED, Held(world, {JASMIN: known}), AT)) != expected:
            wrong.append(world)
    return wrong


@pytest.mark.parametrize("family", FAMILIES)
def test_every_word_of_anybody_over_every_road_both_ways(family: str) -> None:
    known = FAMILIES[family]
    there = [replace(ASKED, categories=frozenset({HEALTH, CONTACT, NETWORK}), back=back) for back in (False, True)]
    asked = [*there, *(replace(each, sender=THERAPIST, recipient=MIDWIFE) for each in there)]
    wrong = [
        (record, each)
        for record, each in product(said(SPEAKERS, ROADS, KINDS), asked)
        if told(answers(each, [record], facts={JASMIN: known})) != reference(each, [record], AT, known)
    ]
    assert wrong == []


@pytest.mark.parametrize("family", FAMILIES)
def test_every_pair_of_words_of_anybody_in_every_family(family: str) -> None:
    held = said(SPEAKERS)
    assert differing(FAMILIES[family], combinations_with_replacement(held, 2)) == []


def test_every_pair_of_the_parents_words_over_every_road_and_kind() -> None:
    held = said(PARENTS, [ROADS[0], ROADS[1], ROADS[3]], KINDS)
    sofies = [record for record in held if record.given_by == SOFIE]
    adams = [record for record in held if record.given_by == ADAM]
    pairs = list(product(sofies, adams))
    assert len(pairs) > 20_000
    assert differing(CHILD, pairs) == []


def test_every_word_of_one_parent_beside_every_two_of_the_other() -> None:
    held = said(PARENTS)
    sofies = [record for record in held if record.given_by == SOFIE]
    adams = list(combinations_with_replacement([record for record in held if record.given_by == ADAM], 2))
    worlds = [(one, *two) for one, two in product(sofies, adams)]
    assert len(worlds) > 8_000
    assert differing(CHILD, worlds) == []


@pytest.mark.parametrize("despite", [False, True])
@pytest.mark.parametrize("family", FAMILIES)
def test_every_word_beside_another_legal_ground(family: str, *, despite: bool) -> None:
    known, other = FAMILIES[family], ground(1000, subject=JASMIN, despite_refusal=despite)
    wrong = [
        record
        for record in said(SPEAKERS, ROADS[:3])
        if told(answers(ASKED, [record], facts={JASMIN: known}, overrides=[other]))
        != reference(ASKED, [record], AT, known, [other])
    ]
    assert wrong == []


def test_parents_never_open_what_one_of_them_closed_and_never_without_both() -> None:
    """Said once more without a model: a permit rests on a yes of each, or on one with a reason, and on no no."""
    held = said(PARENTS)
    for pair in combinations_with_replacement(held, 2):
        (told_,) = decide(question(subject=JASMIN), Held(pair, {JASMIN: CHILD}), AT)
        if told_.permitted:
            stands = [record for record in pair if record.id in told_.records]
            assert told_.reason is Reason.COVERED
            assert {record.given_by for record in stands} == {SOFIE, ADAM} or all(each.alone for each in stands)
            assert all(record.effect is Effect.PERMIT for record in stands)
            assert all(record.withdrawn_at is None or record.withdrawn_at > AT for record in stands)


def test_the_two_parents_are_each_others_mirror() -> None:
    """Whoever is called Sofie, the answer is the same."""
    held = said(PARENTS)
    other = {SOFIE: ADAM, ADAM: SOFIE}
    for pair in combinations_with_replacement(held, 2):
        mirrored = [replace(record, given_by=other[record.given_by]) for record in pair]
        one, two = (answers(ASKED, each) for each in (pair, mirrored))
        assert [(each.reason, each.records) for each in one] == [(each.reason, each.records) for each in two]
