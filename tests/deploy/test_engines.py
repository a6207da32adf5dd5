"""That every engine answers as ours does, and that one which does not is noticed; how fast is no test's business."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.bench.engines import comparing
from deploy.bench.engines.casbin import Casbin
from deploy.bench.engines.cedar import Cedar
from deploy.bench.engines.comparing import (
    FIRST,
    OURS,
    Comparison,
    DifferentAnswersError,
    Engine,
    compare,
    otherwise,
    rate,
)
from deploy.bench.engines.ours import Ours
from deploy.bench.engines.rego import Rego
from deploy.bench.engines.speaking import Window, fifteenth_birthday, first_second, second, spans, without
from deploy.bench.engines.world import AT, COPENHAGEN, Question, World, lives, world
from services.consent.domain.decision import decide
from services.consent.domain.model import Capacity, Effect, NeedId, PersonId, Record
from services.consent.domain.people import CAPABLE_FROM_YEARS, Facts, Holder, birthday, voices
from shared.vocabulary import Category, Reason
from tests.support.consents import AT as BUILT_AT
from tests.support.consents import GUARDIAN, JASMIN, THILDE, no, question, yes

WORDS, QUESTIONS = 200, 400
ENGINES: Sequence[Callable[[World], Engine]] = (Cedar, Casbin, Rego)
Change = Callable[[World], World]
NOBODY = PersonId(UUID(int=0))


@pytest.fixture(scope="module")
def small() -> World:
    return world(WORDS, QUESTIONS)


@pytest.fixture(scope="module")
def least() -> World:
    return world(100, 200)


@pytest.fixture(scope="module")
def whole() -> World:
    return world()


@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_answers_as_ours_does(engine: Callable[[World], Engine], small: World) -> None:
    assert otherwise(small, engine(small)) == []


@pytest.mark.parametrize("engine", [Cedar, Casbin])
def test_they_do_in_another_world_too(engine: Callable[[World], Engine]) -> None:
    other = world(WORDS, 3 * QUESTIONS, seed=1)
    assert otherwise(other, engine(other)) == []


def records(change: Callable[[Record], Record | None]) -> Change:
    """Return what makes a world in which each word is another, or was never said."""

    def changed(of: World) -> World:
        return replace(of, records=[each for each in map(change, of.records) if each is not None])

    return changed


def everyone(**known: Any) -> Change:
    """Return what makes a world in which something else is known of everybody."""
    return lambda of: replace(of, facts={person: replace(facts, **known) for person, facts in of.facts.items()})


def spoken_for(change: Callable[[Record, PersonId], Record]) -> Change:
    """Return what makes a world in which grown people say something else for themselves while another speaks for them.

    `change` is given what they said, and who speaks for them.
    """

    def changed(of: World) -> World:
        said = []
        for record in of.records:
            facts = of.facts[record.subject]
            own = record.given_by == record.subject and facts.representative is not None and not facts.holders
            said.append(change(record, facts.representative.person) if own and facts.representative else record)
        return replace(of, records=said)

    return changed


def _another(record: Record, _: PersonId) -> Record:
    return replace(record, given_by=NOBODY)


def _as_theirs(record: Record, representative: PersonId) -> Record:
    if record.effect is Effect.FORBID or record.withdrawals:
        return record
    return replace(record, given_by=representative, capacity=Capacity.REPRESENTATIVE)


def _at_once(record: Record) -> Record:
    return replace(record, withdrawals=tuple(replace(each, at=record.valid_from) for each in record.withdrawals))


RULES: dict[str, Change] = {
    "refusals": records(lambda each: None if each.effect is Effect.FORBID else each),
    "withdrawals": records(lambda each: replace(each, withdrawals=())),
    "when it was withdrawn": records(_at_once),
    "withdrawn towards some": records(
        lambda each: replace(each, withdrawals=tuple(replace(one, recipients=None) for one in each.withdrawals))
    ),
    "withdrawn about some kinds": records(
        lambda each: replace(each, withdrawals=tuple(replace(one, categories=None) for one in each.withdrawals))
    ),
    "superseding": records(lambda each: replace(each, superseded_at=None)),
    "invalidating": records(lambda each: replace(each, invalidated_at=None)),
    "beginning": records(lambda each: replace(each, valid_from=each.valid_from - timedelta(days=400))),
    "ending": records(lambda each: replace(each, valid_until=each.valid_until and AT + timedelta(days=900))),
    "both ways": records(lambda each: replace(each, mutual=not each.mutual)),
    "alone": records(lambda each: replace(each, alone=False)),
    "address": records(lambda each: replace(each, address=True)),
    "purpose": records(lambda each: replace(each, purpose=next(iter(type(each.purpose))))),
    "other grounds": lambda of: replace(of, overrides=()),
    "despite a no": lambda of: replace(of, overrides=[replace(each, despite_refusal=True) for each in of.overrides]),
    "only without a no": lambda of: replace(
        of, overrides=[replace(each, despite_refusal=False) for each in of.overrides]
    ),
    "revoking": lambda of: replace(of, overrides=[replace(each, revoked_at=None) for each in of.overrides]),
    "custody": everyone(holders=()),
    "representatives": everyone(representative=None),
    "their own no beside a representative": spoken_for(_another),
    "their own yes beside a representative": spoken_for(_as_theirs),
    "pregnancy": everyone(mother=None),
    "protection": everyone(protected=False),
    "the second holder": lambda of: replace(
        of, facts={person: replace(facts, holders=facts.holders[:1]) for person, facts in of.facts.items()}
    ),
    "fifteen": lambda of: replace(
        of,
        facts={
            person: replace(facts, born=facts.born and facts.born + timedelta(days=120))
            for person, facts in of.facts.items()
        },
    ),
}


@pytest.mark.parametrize("rule", RULES)
def test_the_questions_tell_an_engine_that_has_a_rule_wrong(rule: str, whole: World) -> None:
    assert otherwise(whole, Ours(RULES[rule](whole))) != []


@pytest.mark.parametrize("rule", ["withdrawals", "alone", "other grounds", "their own no beside a representative"])
@pytest.mark.parametrize("engine", ENGINES)
def test_each_engine_goes_by_the_words(engine: Callable[[World], Engine], rule: str, least: World) -> None:
    """Each follows a change of the words as ours does: none of them was handed its answers."""
    changed = RULES[rule](least)
    assert otherwise(changed, engine(changed)) == []
    assert otherwise(least, engine(changed)) != []


SPOKEN_FOR = {
    "grown": (THILDE, Facts(born=date(2004, 11, 3), representative=Holder(GUARDIAN, date(2026, 4, 1)))),
    "a child": (JASMIN, Facts(born=date(2024, 3, 1), representative=Holder(GUARDIAN, date(2026, 4, 1)))),
}


@pytest.mark.parametrize("who", SPOKEN_FOR)
@pytest.mark.parametrize("engine", [Ours, *ENGINES])
def test_who_is_spoken_for_closes_and_never_opens(engine: Callable[[World], Engine], who: str) -> None:
    """R26: a case each need; the representative's yes, and beside it what the person says."""
    subject, facts = SPOKEN_FOR[who]
    theirs = yes(1, subject=subject, given_by=GUARDIAN, capacity=Capacity.REPRESENTATIVE)
    own = {"subject": subject, "given_by": subject, "capacity": Capacity.SELF}
    cases: list[tuple[bool, list[Record]]] = [
        (True, [theirs]),
        (False, [yes(2, **own)]),
        (True, [theirs, yes(2, **own)]),
        (False, [theirs, no(2, **own)]),
        (False, [theirs, yes(2, **own, withdrawn_at=BUILT_AT)]),
        (True, [theirs, no(2, **own, withdrawn_at=BUILT_AT)]),
        (True, [theirs, no(2, **own, categories={Category.NETWORK})]),
        (True, [theirs, no(2, subject=subject, given_by=NOBODY)]),
    ]
    needs = [NeedId(UUID(int=1000 + number)) for number in range(len(cases))]
    said = [replace(each, need=need) for need, (_, held) in zip(needs, cases, strict=True) for each in held]
    asked = [Question(question(subject=subject, need=need), BUILT_AT) for need in needs]
    made = engine(World(said, {subject: facts}, [], asked))
    assert made.answers(made.requests(asked)) == [may for may, _ in cases]


class _AllButOne(Ours):
    """Ours, but for one answer."""

    name = "all but one"

    def answers(self, requests: Sequence[Any]) -> list[bool]:
        told = super().answers(requests)
        return [*told[:-1], not told[-1]]


def test_one_answer_that_differs_is_enough(small: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparing, "others", lambda of: [_AllButOne(of)])
    with pytest.raises(DifferentAnswersError, match="answers 1 of 400 questions otherwise"):
        compare(small, WORDS, 1, 0.0, lambda _: None)


def test_the_world_is_the_same_each_time_and_half_may_be_told(small: World, whole: World) -> None:
    assert world(WORDS, QUESTIONS) == small
    assert world(WORDS, QUESTIONS, seed=9) != small
    for made, words, count in ((small, WORDS, QUESTIONS), (whole, 1000, 2000)):
        assert words <= sum(map(lives, made.records)) < words + 20
        assert len(set(made.questions)) == len(made.questions) == count
        told = Ours(made).answers([(each.asked, each.at) for each in made.questions])
        assert sum(told) == count // 2
        assert all(len(each.asked.categories) == 1 for each in made.questions)


def test_the_questions_come_to_every_reason(whole: World) -> None:
    held = whole.held()
    assert {decide(each.asked, held, each.at)[0].reason for each in whole.questions} == set(Reason)


def test_who_speaks_when_is_told_alike(whole: World) -> None:
    days = [AT.date() + timedelta(days=number) for number in (*range(-70, 70), 6000)]
    for person, facts in whole.facts.items():
        for day in days:
            needed = {(each.person, each.capacity, first_second(each.since)) for each in voices(facts, person, day)}
            at = first_second(day)
            told = [span.speakers for span in spans(person, facts) if span.window[0] <= at < span.window[1]]
            assert {(each.person, each.capacity, each.since) for each in chain(*told)} == needed


@given(st.dates(datetime(1904, 1, 1, tzinfo=UTC).date(), datetime(2080, 1, 1, tzinfo=UTC).date()))
def test_fifteenth_birthdays_are_told_alike(born: Any) -> None:
    assert fifteenth_birthday(born) == birthday(born, CAPABLE_FROM_YEARS)


def test_a_danish_day_begins_at_danish_midnight() -> None:
    for month in (1, 7):
        day = datetime(2026, month, 3, tzinfo=COPENHAGEN)
        assert first_second(day.date()) == second(day.astimezone(UTC))


WINDOWS = st.tuples(st.integers(0, 12), st.integers(0, 12))


@given(WINDOWS, st.lists(WINDOWS, max_size=4))
def test_what_is_left_of_a_window_is_what_no_hole_covers(window: Window, holes: list[Window]) -> None:
    def covered(by: Iterable[Window], at: int) -> bool:
        return any(begins <= at < stops for begins, stops in by)

    left = list(without(window, holes))
    for at in range(13):
        assert covered(left, at) is (covered([window], at) and not covered(holes, at))


def test_a_comparison_is_with_the_fastest_of_the_others() -> None:
    rates = {OURS: [1000.0, 1200.0, 1400.0], FIRST: [500.0] * 3, "slow": [1.0] * 3, "fast": [10.0, 20.0, 20.0]}
    measured = Comparison(1000, 2000, rates)
    assert measured.fastest == "fast"
    assert measured.ratios() == [100.0, 60.0, 70.0]
    assert measured.mark() == ("decide in process, 1,000 live words: 70 × fast, mark 50 ×", True)
    assert not replace(measured, rates={**rates, "fast": [30.0] * 3}).mark()[1]
    assert measured.table().count("\n") == 4
    told: Any = measured.as_json()
    assert told["engines"][OURS] == {"rate": 1200.0, "ratio": 70.0, "ratio_min": 60.0, "ratio_max": 100.0}
    assert told["marks"] == [{"mark": measured.mark()[0], "met": True}]


def test_everything_is_measured_in_every_round(least: World) -> None:
    told: list[str] = []
    measured = compare(least, 100, 2, 0.0, told.append)
    assert len(measured.rates) == 2 + len(ENGINES)
    assert {len(rates) for rates in measured.rates.values()} == {2}
    assert all(each > 0 for rates in measured.rates.values() for each in rates)
    assert len(told) == len(ENGINES) + 2


def test_an_engine_is_fetched_anew_for_each_time_through(small: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ticks, fetched = iter(range(99)), list[Ours]()
    monkeypatch.setattr(time, "perf_counter", lambda: float(next(ticks)))

    def fetch() -> Ours:
        fetched.append(Ours(small))
        return fetched[-1]

    assert rate(fetch, Ours(small).requests(small.questions), 5.0) == 200.0
    assert len(fetched) == 3
