"""What is asked in words is answered as the plainest counting says: every word, or else as many as can be."""

from dataclasses import replace
from datetime import timedelta
from math import log2

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.directory.domain.index.bits import (
    added,
    at_most,
    counted,
    deleted,
    descending,
    gathered,
    inserted,
    members,
)
from services.directory.domain.index.entry import Entry
from services.directory.domain.index.index import Index
from services.directory.domain.index.words import POINTS, terms
from services.directory.domain.matching import Need
from services.directory.domain.search import Search
from services.directory.domain.text.analysis import Clause
from services.directory.domain.text.spelling import Vocabulary
from tests.directory.index_world import ANALYSIS, ASKED, ENTRIES, SILENT, TODAY, one_each

PLACES = st.frozensets(st.integers(0, 70))


def points(held: dict[str, int], clause: Clause) -> int:
    """Return the points an offer (term -> level) has for a word: those of the best way it answers it."""
    best = 0
    for each in clause.alternatives:
        level = min(max((held.get(term, 0) for term in part), default=0) for part in each.parts)
        if level:
            best = max(best, POINTS[each.nearness][level - 1])
    return best


def weighs(holding: int, offers: int) -> int:
    """Return what a word weighs: more the fewer of the offers answer it."""
    return 1 + round(4 * log2(offers / holding)) if holding else 0


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ENTRIES, max_size=16), st.lists(st.sampled_from(ASKED), min_size=1, max_size=4).map(" ".join))
def test_every_word_is_answered_or_else_as_many_as_can_be(entries: list[Entry], question: str) -> None:
    shown = [each for each in one_each(entries).values() if each.from_day <= TODAY < each.to_day]
    held = {each.key: terms(each, ANALYSIS) for each in shown}
    used = set().union(*held.values())
    vocabulary = Vocabulary(term for term in used if not term.startswith("="))
    clauses = ANALYSIS.ask(question, vocabulary, used.__contains__)
    told = {key: [points(each, clause) for clause in clauses] for key, each in held.items()}
    every = {key: sum(each) for key, each in told.items() if all(each)}
    weights = [weighs(sum(bool(each[at]) for each in told.values()), len(told)) for at in range(len(clauses))]
    some = {
        key: 128 * sum(heavy for heavy, points in zip(weights, each, strict=True) if points) + sum(each)
        for key, each in told.items()
        if any(each)
    }
    answer = Index.build(shown, ANALYSIS).search(Search(Need(), TODAY, text=question, limit=100))
    assert {hit.key: hit.rank for hit in answer.hits} == (every or some)
    assert answer.whole_text == bool(every)
    assert [hit.rank for hit in answer.hits] == sorted((hit.rank for hit in answer.hits), reverse=True)
    first = told[answer.hits[0].key] if answer.hits else [0] * len(clauses)
    lacking = [clause.asked for clause, points in zip(clauses, first, strict=True) if not points]
    assert answer.unanswered == (() if every else tuple(dict.fromkeys(lacking)))


def test_the_word_in_the_name_comes_before_the_word_in_the_text() -> None:
    def offer(number: str, heading: str = "", keywords: str = "", body: str = "") -> Entry:
        blank = Entry(number, number, number, SILENT, "unit-1", "org-1", TODAY)
        return replace(blank, heading=(heading,), keywords=(keywords,), body=(body,))

    index = Index.build(
        [
            offer("a", body="sorg"), offer("b", keywords="sorg"), offer("c", heading="sorg"),
            offer("d", heading="dødsfald"), offer("e", heading="sorger"), offer("f", heading="sorggruppe"),
        ],
        ANALYSIS,
    )  # fmt: skip
    assert [hit.key for hit in index.search(Search(Need(), TODAY, text="sorg")).hits] == ["c", "e", "f", "b", "d", "a"]
    assert index.search(Search(Need(), TODAY, text="sorggr")).hits[0].key == "f"


def test_a_compound_asks_for_its_parts_also_where_not_all_can_be_answered() -> None:
    blank = Entry("a", "a", "a", SILENT, "unit-1", "org-1", TODAY)
    others = [replace(blank, key="a", heading=("Gruppe for mødre",)), replace(blank, key="b", heading=("Motorik",))]
    index = Index.build(others, ANALYSIS)
    for question in ("sorggruppe", "gruppe for sorg"):
        answer = index.search(Search(Need(), TODAY, text=question))
        assert [hit.key for hit in answer.hits] == ["a"]
        assert not answer.whole_text
    index.put(replace(blank, key="c", heading=("Gruppe", "Sorg")))
    index.put(replace(blank, key="d", heading=("Sorggruppe",)))
    assert [hit.key for hit in index.search(Search(Need(), TODAY, text="sorggruppe")).hits] == ["d", "c"]


@pytest.mark.parametrize(
    ("question", "unanswered"),
    [
        ("sorggruppe", ("gruppe",)), ("gruppe for sorg", ("gruppe",)), ("SORG, Gruppe", ("gruppe",)),
        ("Gruppe for mødre i sorg", ("gruppe", "mødre")), ("ny i byen: gruppe for sorg", ("ny i byen", "gruppe")),
        ("xyzzyx og sorg", ("xyzzyx",)), ("tolk amning sorg", ("tolk", "amning")), ("sorg", ()),
    ],
)  # fmt: skip
def test_the_rare_word_comes_before_the_common_and_what_is_not_answered_is_told(
    question: str, unanswered: tuple[str, ...]
) -> None:
    blank = Entry("a", "a", "a", SILENT, "unit-1", "org-1", TODAY)
    groups = [replace(blank, key=f"a{each}", heading=("Gruppe for mødre",)) for each in range(8)]
    grief = replace(blank, key="sorg", sort_name="z", body=("sorg",), said_on=TODAY - timedelta(days=900))
    answer = Index.build([*groups, grief], ANALYSIS).search(Search(Need(), TODAY, text=question))
    assert answer.hits[0].key == "sorg"
    assert answer.unanswered == unanswered


def test_where_nothing_is_found_every_word_is_unanswered() -> None:
    blank = Entry("a", "a", "a", SILENT, "unit-1", "org-1", TODAY, heading=("Motorik",))
    assert Index.build([blank], ANALYSIS).search(Search(Need(), TODAY, text="sorg xyzzyx")).unanswered == (
        "sorg", "xyzzyx")  # fmt: skip


def test_what_answers_the_words_better_comes_before_what_is_fresher() -> None:
    blank = Entry("a", "a", "a", SILENT, "unit-1", "org-1", TODAY)
    old = replace(blank, key="old", heading=("Sorg",), said_on=TODAY - timedelta(days=900))
    index = Index.build([old, replace(blank, key="fresh", body=("Sorg",))], ANALYSIS)
    assert [hit.key for hit in index.search(Search(Need(), TODAY, text="sorg")).hits] == ["old", "fresh"]


def test_some_words_are_answered_where_every_word_is_answered_only_outside_the_search() -> None:
    blank = Entry("a", "a", "a", SILENT, "unit-1", "org-1", TODAY)
    here = replace(blank, key="a", heading=("Sorg",))
    there = replace(blank, key="b", unit="unit-2", heading=("Sorg og motorik",))
    answer = Index.build([here, there], ANALYSIS).search(Search(Need(), TODAY, text="sorg motorik", unit="unit-1"))
    assert ([hit.key for hit in answer.hits], answer.whole_text) == (["a"], False)


def test_what_is_gone_takes_no_room() -> None:
    blank = Entry("a", "a", "a", SILENT, "unit-1", "org-1", TODAY, heading=("Sorg",))
    index = Index.build([blank, replace(blank, key="b")], ANALYSIS)
    index.remove("a")
    assert index.search(Search(Need(), TODAY, text="sorg")).total == 1
    assert all(held.bit_length() <= 1 for levels in index._words._kept.values() for held in levels)


@given(PLACES, st.integers(0, 70))
def test_sets_open_and_close_at_a_place(places: frozenset[int], at: int) -> None:
    held = gathered(places)
    assert set(members(held)) == places
    moved = inserted(held, at)
    assert set(members(moved)) == {place + (place >= at) for place in places}
    assert deleted(moved, at) == held


@given(st.lists(PLACES, max_size=9), st.lists(PLACES, max_size=5), PLACES, st.integers(0, 4))
def test_numbers_are_added_for_every_offer_at_once(
    ones: list[frozenset[int]], more: list[frozenset[int]], among: frozenset[int], most: int
) -> None:
    total = added(counted(map(gathered, ones)), counted(map(gathered, more)))
    expected: dict[int, set[int]] = {}
    for place in among:
        expected.setdefault(sum(place in each for each in [*ones, *more]), set()).add(place)
    found = list(descending(gathered(among), total))
    assert {count: set(members(held)) for count, held in found} == expected
    assert [count for count, _ in found] == sorted(expected, reverse=True)
    few = {place for count, places in expected.items() if count <= most for place in places}
    assert set(members(at_most(gathered(among), total, most))) == few
