"""What happens as time goes: `Held` answers as the plain rule at every moment, and time only closes."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from unittest.mock import MagicMock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.consent.domain import decision
from services.consent.domain.decision import Held, decide, judge
from services.consent.domain.model import Answer, Capacity, Disclosure, Effect, Override, Record, Withdrawal
from services.consent.domain.people import Facts, Holder
from shared.vocabulary import Category, Purpose, Reason
from tests.support.consents import (
    ADAM,
    AT,
    CHILD,
    DAY,
    GUARDIAN,
    HEALTH,
    JASMIN,
    MIDWIFE,
    MOMENT,
    NEED,
    NETWORK,
    OTHER_NEED,
    PEOPLE,
    SOFIE,
    THERAPIST,
    THILDE,
    VISITOR,
    answer,
    answers,
    consent_id,
    ground,
    no,
    question,
    yes,
)
from tests.support.reference import reference, told
from tests.support.worlds import grounds, known, moments, often, questions, worlds

SELF: dict[str, Any] = {"subject": JASMIN, "given_by": JASMIN, "capacity": Capacity.SELF}
GROWN = Facts(born=date(2011, 5, 4), holders=CHILD.holders)
SPOKEN_FOR = Facts(born=date(2004, 11, 3), representative=Holder(GUARDIAN, date(2026, 4, 1)))
MIDNIGHT = datetime(2026, 5, 3, 22, tzinfo=UTC)  # in Denmark it is 4 May


def edges(records: Iterable[Record], overrides: Iterable[Override], facts: Facts) -> list[datetime]:
    """Return every moment written down anywhere, with the ones before and after."""
    marks = {AT - 9 * DAY, AT + 9 * DAY}
    for record in records:
        marks |= {record.valid_from, record.valid_until or AT, record.superseded_at or AT}
        marks |= {record.invalidated_at or AT, *(each.at for each in record.withdrawals)}
    for override in overrides:
        marks |= {override.valid_from, override.valid_until, override.revoked_at or AT}
    if facts.born is not None and facts.born.year == 2011:
        marks.add(MIDNIGHT)
    return sorted(mark + step for mark in marks for step in (-MOMENT, 0 * MOMENT, MOMENT))


def plainly(asked: Disclosure, records: list[Record], others: list[Override], facts: Facts, at: datetime) -> Any:
    """Answer by the plain rule, without a timeline."""
    about = [each for each in records if (each.subject, each.need) == (asked.subject, asked.need)]
    grounds_ = [each for each in others if (each.subject, each.need) == (asked.subject, asked.need)]
    return tuple(judge(each, asked, about, grounds_, facts, at) for each in sorted(asked.categories))


@often
@given(questions, worlds, grounds, known)
def test_at_every_edge_the_timeline_says_what_the_plain_rule_and_the_reference_say(
    asked: Disclosure, records: list[Record], others: list[Override], facts: Facts
) -> None:
    held = Held(records, {asked.subject: facts}, others)
    for at in edges(records, others, facts):
        assert decide(asked, held, at) == plainly(asked, records, others, facts, at)
        assert told(decide(asked, held, at)) == reference(asked, records, at, facts, others)


@often
@given(st.lists(questions, min_size=2, max_size=4), worlds, grounds, known, st.lists(moments, min_size=2, max_size=6))
def test_asked_in_any_order_one_held_answers_as_if_asked_first(
    asked: list[Disclosure], records: list[Record], others: list[Override], facts: Facts, times: list[datetime]
) -> None:
    """Asking is no event: neither an earlier question nor an earlier moment changes a later answer."""
    held = Held(records, {JASMIN: facts}, others)
    for each in asked:
        for at in times:
            assert decide(each, held, at) == decide(each, Held(records, {JASMIN: facts}, others), at)


LIFE = [
    (AT - DAY - MOMENT, Reason.NOT_YET),
    (AT - DAY, Reason.COVERED),
    (AT - MOMENT, Reason.COVERED),
    (AT, Reason.WITHDRAWN),
    (AT + 9 * DAY, Reason.WITHDRAWN),
]


@pytest.mark.parametrize("order", [LIFE, LIFE[::-1], [*LIFE[2:], *LIFE[:2]]], ids=["forth", "back", "from within"])
def test_a_consents_life_told_in_any_order(order: list[tuple[datetime, Reason]]) -> None:
    held = Held([yes(withdrawn_at=AT)], PEOPLE)
    assert [decide(question(), held, at)[0].reason for at, _ in order] == [reason for _, reason in order]


CHANGES: list[tuple[str, Record, list[Override], Facts, datetime, Reason, Reason]] = [
    ("it begins", yes(valid_from=AT), [], PEOPLE[THILDE], AT, Reason.NOT_YET, Reason.COVERED),
    ("it ends", yes(valid_until=AT), [], PEOPLE[THILDE], AT, Reason.COVERED, Reason.EXPIRED),
    ("it is withdrawn", yes(withdrawn_at=AT), [], PEOPLE[THILDE], AT, Reason.COVERED, Reason.WITHDRAWN),
    ("it is superseded", yes(superseded_at=AT), [], PEOPLE[THILDE], AT, Reason.COVERED, Reason.NO_CONSENT),
    ("it is invalidated", yes(invalidated_at=AT), [], PEOPLE[THILDE], AT, Reason.COVERED, Reason.NEEDS_NEW),
    ("it is refused", no(valid_from=AT), [], PEOPLE[THILDE], AT, Reason.NO_CONSENT, Reason.REFUSED),
    ("a refusal is taken back", no(withdrawn_at=AT), [], PEOPLE[THILDE], AT, Reason.REFUSED, Reason.NO_CONSENT),
    ("a ground begins", no(), [ground(valid_from=AT)], PEOPLE[THILDE], AT, Reason.REFUSED, Reason.LEGAL_GROUND),
    ("a ground ends", no(), [ground(valid_until=AT)], PEOPLE[THILDE], AT, Reason.LEGAL_GROUND, Reason.REFUSED),
    ("a ground is revoked", no(), [ground(revoked_at=AT)], PEOPLE[THILDE], AT, Reason.LEGAL_GROUND, Reason.REFUSED),
    ("she turns fifteen", yes(**SELF, valid_from=MIDNIGHT), [], GROWN, MIDNIGHT, Reason.NEEDS_NEW, Reason.COVERED),
    ("and her father's word falls", yes(subject=JASMIN, given_by=ADAM, alone=True), [], GROWN, MIDNIGHT,
     Reason.COVERED, Reason.NEEDS_NEW),
    ("who is spoken for withdraws", yes(withdrawn_at=AT), [], SPOKEN_FOR, AT, Reason.NEEDS_NEW, Reason.WITHDRAWN),
    ("who is spoken for refuses", no(valid_from=AT), [], SPOKEN_FOR, AT, Reason.NO_CONSENT, Reason.REFUSED),
    ("and takes it back", no(withdrawn_at=AT), [], SPOKEN_FOR, AT, Reason.REFUSED, Reason.NO_CONSENT),
    ("in Denmark, not in Greenwich", no(subject=JASMIN, given_by=ADAM), [], GROWN, MIDNIGHT, Reason.REFUSED,
     Reason.NO_CONSENT),
]  # fmt: skip


@pytest.mark.parametrize("case", CHANGES, ids=[case[0] for case in CHANGES])
def test_each_change_happens_at_its_moment_and_not_before(case: Any) -> None:
    _, record, others, facts, moment, before, after = case
    asked = question(subject=record.subject)
    held = Held([record], {record.subject: facts}, others)
    steps = [moment - MOMENT, moment, moment + MOMENT]
    assert [decide(asked, held, at)[0].reason for at in steps] == [before, after, after]
    # And so it is where the first question falls after the change, and the next before it.
    assert [decide(asked, Held([record], {record.subject: facts}, others), at)[0].reason for at in steps[::-1]] == [
        after, after, before]  # fmt: skip


@often
@given(questions, worlds, grounds, known, moments, moments)
def test_time_only_closes(
    asked: Disclosure, records: list[Record], others: list[Override], facts: Facts, one: datetime, other: datetime
) -> None:
    """Nothing but what was promised from later, or what somebody does (superseding, taking a no back), ever opens."""
    earlier, later = min(one, other), max(one, other)
    begun = [
        record
        for record in records
        if record.valid_from <= earlier
        and not (record.superseded_at and earlier < record.superseded_at <= later)
        and not (record.effect is Effect.FORBID and any(earlier < each.at <= later for each in record.withdrawals))
    ]
    running = [each for each in others if each.valid_from <= earlier]
    assert opened(asked, begun, running, facts, later) <= opened(asked, begun, running, facts, earlier)


def opened(asked: Disclosure, records: list[Record], others: list[Override], facts: Facts, at: datetime) -> set[str]:
    """Return the categories that may be told."""
    return {each.category for each in answers(asked, records, at, {JASMIN: facts}, others) if each.permitted}


@pytest.mark.parametrize("step", [-MOMENT, 0 * MOMENT, DAY])
def test_a_birthday_opens_nothing_by_itself(step: Any) -> None:
    """What Sofie and Adam had closed stays closed, and what only they had opened closes (R26)."""
    mild = ground(subject=JASMIN, despite_refusal=False, valid_until=AT + 9 * DAY)
    told_ = answer(question(subject=JASMIN), [no(subject=JASMIN, given_by=ADAM)], MIDNIGHT + step, {JASMIN: GROWN},
                   [mild])  # fmt: skip
    assert not told_.permitted


def test_what_is_held_of_another_question_is_never_this_ones() -> None:
    """Each part of a question has its own timeline: two that differ in one part never share an answer."""
    held = Held([yes(1), no(2, sender=VISITOR)], PEOPLE)
    other: list[dict[str, Any]] = [
        {"subject": SOFIE}, {"sender": VISITOR}, {"recipient": VISITOR}, {"need": OTHER_NEED}, {"back": True},
        {"purpose": Purpose.PRACTICAL_HELP}, {"categories": {NETWORK}}, {"sender": THERAPIST, "recipient": MIDWIFE},
    ]  # fmt: skip
    assert decide(question(), held, AT)[0].reason is Reason.COVERED
    for changes in other:
        asked = question(**changes)
        assert decide(asked, held, AT) == answers(asked, [yes(1), no(2, sender=VISITOR)])
        assert decide(question(), held, AT)[0].reason is Reason.COVERED


def test_a_question_is_equal_to_itself_however_it_was_made() -> None:
    assert question() == question()
    assert question(back=True) != question()
    assert question().key != question(back=True).key
    assert replace(question(), sender=VISITOR).key == question(sender=VISITOR).key
    assert question().key == f"{THILDE.hex}{NEED.hex}early_support|midwife>therapist"
    assert question(back=True).key == f"{THILDE.hex}{NEED.hex}early_support|midwife<therapist"


def test_a_withdrawal_of_a_part_leaves_the_records_time() -> None:
    """`withdrawn_at` is the first moment all of it was taken back; a part is no such moment."""
    part, whole, later = Withdrawal(AT - DAY, frozenset({THERAPIST})), Withdrawal(AT), Withdrawal(AT + DAY)
    assert yes(withdrawals=(part,)).withdrawn_at is None
    assert yes(withdrawals=(part, later, whole)).withdrawn_at == AT
    assert yes().withdrawn_at is None
    assert Withdrawal(AT, None, frozenset({HEALTH})).whole is False
    assert Withdrawal(AT).whole is True


def test_held_takes_words_from_anything_that_yields_them_once() -> None:
    held = Held((each for each in (yes(1), yes(2))), PEOPLE, (each for each in (ground(3),)))
    asked = question()
    told_: list[tuple[Answer, ...]] = [decide(asked, held, AT), decide(asked, held, AT + DAY)]
    assert [each[0].records for each in told_] == [{consent_id(1), consent_id(2)}, frozenset()]
    assert told_[0] is decide(asked, held, AT + MOMENT)


ELSEWHERE = [
    yes(2, recipients={VISITOR}, categories={NETWORK}),
    no(3, sender=VISITOR, categories={NETWORK}),
    no(4, sender=THERAPIST, recipients={VISITOR}, categories={NETWORK}),
    no(5, sender=VISITOR, recipients={MIDWIFE}, categories={NETWORK}),
]


@pytest.mark.parametrize(
    ("records", "protected", "times"),
    [
        ([yes()], False, 2),  # health; all others
        ([yes()], True, 3),  # and where a protected person is reached
        ([yes(), *ELSEWHERE], False, 2),
        ([yes(), yes(2, sender=THERAPIST, recipients={MIDWIFE}, categories={NETWORK})], False, 3),
    ],
    ids=["one word", "a protected person", "words of other roads", "a word of the way back"],
)
def test_kinds_that_nothing_tells_apart_are_judged_as_one(
    monkeypatch: pytest.MonkeyPatch, records: list[Record], times: int, *, protected: bool
) -> None:
    judged = MagicMock(wraps=judge)
    monkeypatch.setattr(decision, "judge", judged)
    facts = replace(PEOPLE[THILDE], protected=protected)
    told_ = answers(question(categories=set(Category)), records, facts={THILDE: facts})
    assert {each.category for each in told_ if each.permitted} == {HEALTH}
    assert judged.call_count == times


def test_what_changes_when_is_gathered_once_a_person_and_need(monkeypatch: pytest.MonkeyPatch) -> None:
    gathered = MagicMock(wraps=vars(decision)["_changes"])
    monkeypatch.setattr(decision, "_changes", gathered)
    held = Held([yes()], PEOPLE)
    for recipient in (THERAPIST, VISITOR):
        decide(question(recipient=recipient), held, AT)
    assert gathered.call_count == 1


def test_a_word_of_the_way_back_tells_its_kinds_from_others() -> None:
    """One agreed both ways by the other unit is about the answer to its referral, of the kinds it names."""
    theirs = yes(1, sender=THERAPIST, recipients={MIDWIFE}, mutual=True)
    told_ = answers(question(categories={HEALTH, NETWORK}, back=True), [theirs])
    assert {each.category: each.reason for each in told_} == {
        HEALTH: Reason.COVERED, NETWORK: Reason.CATEGORY_NOT_NAMED}  # fmt: skip
    closing = no(1, sender=THERAPIST, recipients={MIDWIFE}, categories={HEALTH})
    told_ = answers(question(categories={HEALTH, NETWORK}), [closing, yes(2, categories={HEALTH, NETWORK})])
    assert {each.category: each.reason for each in told_} == {HEALTH: Reason.REFUSED, NETWORK: Reason.COVERED}


def test_the_same_road_asked_of_other_kinds_has_its_own_answer() -> None:
    held = Held([yes(1), yes(2, categories={NETWORK}, valid_until=AT)], PEOPLE)
    both = question(categories={HEALTH, NETWORK})
    assert [each.reason for each in decide(both, held, AT)] == [Reason.COVERED, Reason.EXPIRED]
    assert [each.reason for each in decide(question(), held, AT)] == [Reason.COVERED]
    assert {each.category for each in decide(both, held, AT)} == {HEALTH, Category.NETWORK}
