"""The index says what the plain rule says of each offer, whatever was put in and taken out before."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.directory.domain.codes import (
    Access,
    Audience,
    Form,
    Language,
    LegalBasis,
    PreventionLevel,
    Profession,
    Theme,
)
from services.directory.domain.danish import sort_name
from services.directory.domain.geography import Middle, Point
from services.directory.domain.index.entry import Entry
from services.directory.domain.index.facets import CRITERION, Count
from services.directory.domain.index.index import Found, Index
from services.directory.domain.matching import Criterion, Need, Reach, Verdict, failed, match
from services.directory.domain.search import Facet, Place, Search, Sort
from services.directory.domain.versions import DEMOTED_AFTER
from tests.directory.index_world import (
    ANALYSIS,
    AREAS,
    ENTRIES,
    FEW_NEEDS,
    NEEDS,
    OFFERS,
    POINTS,
    SEARCHES,
    SILENT,
    TODAY,
    one_each,
    open_to,
    order_key,
)

WORLDS = st.lists(ENTRIES, max_size=24)
CAREFULLY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def offer(number: str, name: str = "Et tilbud", reach: Reach = SILENT, **more: Any) -> Entry:
    key = f"{number}.{more.get('from_day', date.min).isoformat()}"
    return Entry(key, number, sort_name(name), reach, "unit-1", "org-1", more.pop("said_on", TODAY), **more)


def index_of(*entries: Entry) -> Index:
    return Index.build(entries, ANALYSIS)


def found(index: Index, need: Need | None = None, **more: Any) -> Found:
    return index.search(Search(need or Need(), TODAY, **more), areas=AREAS)


def offers(answer: Found) -> list[str]:
    return [hit.key.partition(".")[0] for hit in answer.hits]


@CAREFULLY
@given(WORLDS, NEEDS)
def test_each_criterion_is_as_the_rule_says(entries: list[Entry], need: Need) -> None:
    held = one_each(entries).values()
    answer = Index.build(held, ANALYSIS).search(Search(need, TODAY, failing=100, limit=100))
    said = {hit.key.partition(".")[0]: hit.verdicts for hit in answer.hits}
    assert said == {each.offer: match(each.reach, need) for each in held if each.from_day <= TODAY < each.to_day}


@CAREFULLY
@given(WORLDS, SEARCHES)
def test_hits_and_their_order_are_as_the_rule_says(entries: list[Entry], search: Search) -> None:
    held = one_each(entries)
    answer = Index.build(held.values(), ANALYSIS).search(search, areas=AREAS)
    rank = {hit.key: hit.rank for hit in answer.hits}
    told = [(each, at) for each, at in open_to(search, held.values()) if failed(at) <= search.failing]
    expected = sorted(
        ((each, at) for each, at in told if search.text is None or each.key in rank),
        key=lambda one: order_key(one[0], one[1], rank[one[0].key], search),
    )
    assert offers(answer) == [each.offer for each, _ in expected]
    assert answer.total == sum(failed(at) == 0 for _, at in expected)
    assert answer.nearly == len(expected) - answer.total
    for hit in answer.hits:
        assert hit.score == sum(verdict is Verdict.MATCHED for verdict in hit.verdicts.values())
        assert hit.stale == (held[hit.key.partition(".")[0]].said_on < search.on - DEMOTED_AFTER)


ASKED_BY: dict[Facet, tuple[str, list[Any]]] = {
    Facet.AUDIENCE: ("audience", [frozenset({each}) for each in Audience]),
    Facet.THEME: ("theme", [frozenset({each}) for each in Theme]),
    Facet.REFERRER: ("referrer", list(Profession)),
    Facet.ACCESS: ("access", list(Access)),
    Facet.FORM: ("form", list(Form)),
    Facet.PREVENTION_LEVEL: ("prevention_level", list(PreventionLevel)),
    Facet.LANGUAGE: ("language", [frozenset({each}) for each in Language]),
    Facet.METHOD: ("method", [frozenset({"cos-p"}), frozenset({"marte meo"})]),
    Facet.LEGAL_BASIS: ("legal_basis", [frozenset({each}) for each in LegalBasis]),
    Facet.MUNICIPALITY: ("areas", list(AREAS.values())),
}


@CAREFULLY
@given(WORLDS, SEARCHES)
def test_facets_count_what_each_value_would_find(entries: list[Entry], search: Search) -> None:
    held = one_each(entries).values()
    search = replace(search, text=None)
    answer = Index.build(held, ANALYSIS).search(search, areas=AREAS)
    for facet, (field, values) in ASKED_BY.items():
        others = [
            each for each, at in open_to(search, held)
            if failed({about: verdict for about, verdict in at.items() if about is not CRITERION[facet]}) == 0
        ]  # fmt: skip
        expected = {}
        for value in values:
            name = next(iter(value)) if isinstance(value, frozenset) else value
            if facet is Facet.MUNICIPALITY:
                name = next(code for code, areas in AREAS.items() if areas == value)
            need = Need(**{field: value})
            count = sum(match(each.reach, need)[CRITERION[facet]] is Verdict.MATCHED for each in others)
            if count:
                expected[name] = count
        assert answer.facets[facet].values == expected, facet
    by_owner: dict[str, int] = {}
    for each, at in open_to(search, held, owned=False):
        if failed(at) == 0:
            by_owner[each.organisation] = by_owner.get(each.organisation, 0) + 1
    assert answer.facets[Facet.ORGANISATION] == Count(by_owner, 0)


@CAREFULLY
@given(WORLDS, SEARCHES, st.integers(1, 4))
def test_pages_together_are_the_whole_list(entries: list[Entry], search: Search, limit: int) -> None:
    index = Index.build(one_each(entries).values(), ANALYSIS)
    whole = index.search(search)
    pages: list[str] = []
    after: Place | None = None
    for _ in range(len(whole.hits) + 1):
        page = index.search(replace(search, limit=limit, after=after))
        assert page.cursor_known
        pages += offers(page)
        after = page.after
        if after is None:
            break
    assert after is None
    assert pages == offers(whole)


CHANGES = st.lists(
    st.tuples(st.just("put"), ENTRIES) | st.tuples(st.just("remove"), st.sampled_from(OFFERS)), max_size=40
)


@CAREFULLY
@given(WORLDS, CHANGES, SEARCHES, st.booleans())
def test_putting_and_removing_is_as_building_anew(
    entries: list[Entry],
    changes: list[tuple[str, Any]],
    search: Search,
    tidied: bool,  # noqa: FBT001
) -> None:
    held = one_each(entries)
    index = Index.build(held.values(), ANALYSIS)
    for what, changed in changes:
        index.search(search)  # what it keeps from a search must follow the changes
        old = held.pop(changed.offer if what == "put" else changed, None)
        if old is not None:
            assert index.remove(old.key)
            assert not index.remove(old.key)
        if what == "put":
            index.put(changed)
            held[changed.offer] = changed
    if tidied:
        index._tidy()
    assert index.search(search, areas=AREAS) == Index.build(held.values(), ANALYSIS).search(search, areas=AREAS)
    assert len(index) == len(held)
    assert all(each.key in index for each in held.values())


def test_slots_of_the_gone_are_given_up() -> None:
    index = index_of(*(offer(f"offer-{number}", heading=("sorg",)) for number in range(5)))
    for _ in range(700):
        for number in range(5):
            index.put(offer(f"offer-{number}", heading=("gruppe",)))
    assert index._slots.dead <= 1025
    assert found(index, text="sorg").total == 0
    assert found(index, text="gruppe").total == 5


def test_of_two_entries_with_one_key_the_last_counts() -> None:
    index = index_of(offer("one", heading=("sorg",)), offer("one", heading=("vold",)))
    index.put(offer("one", heading=("motorik",)))
    assert [found(index, text=word).total for word in ("sorg", "vold", "motorik")] == [0, 0, 1]


def test_an_offer_is_shown_as_it_is_on_the_day() -> None:
    change = TODAY + timedelta(days=5)
    index = index_of(offer("one", "Før", to_day=change), offer("one", "Efter", from_day=change, heading=("vold",)))
    assert offers(index.search(Search(Need(), TODAY))) == ["one"]
    assert index.search(Search(Need(), TODAY, text="vold")).total == 0
    assert index.search(Search(Need(), change, text="vold")).total == 1
    assert index.remove(f"one.{change.isoformat()}")
    assert len(index) == 1


def test_names_stand_in_danish_order() -> None:
    names = ["Zebra", "Ærlig", "Øvelse", "Åben", "Aaben dør", "Abe"]
    index = index_of(*(offer(f"offer-{at}", name) for at, name in enumerate(names)))
    assert [names[int(each[-1])] for each in offers(found(index, sort=Sort.NAME))] == [
        "Abe", "Zebra", "Ærlig", "Øvelse", "Åben", "Aaben dør"]  # fmt: skip


def test_the_unconfirmed_come_after_their_equals_and_before_those_that_fit_less() -> None:
    fits = replace(SILENT, themes=frozenset({Theme.GRIEF}))
    index = index_of(
        offer("a-stale", "A", fits, said_on=date(2026, 1, 1)), offer("b-fresh", "B", fits), offer("c-silent", "C")
    )
    assert offers(found(index, Need(theme=frozenset({Theme.GRIEF})))) == ["b-fresh", "a-stale", "c-silent"]


def test_near_misses_come_last_and_say_what_fails() -> None:
    old = replace(SILENT, form=frozenset({Form.CAFE}))
    index = index_of(offer("a-cafe", "A", old), offer("b-silent", "B"))
    need = Need(form=Form.GROUP)
    assert offers(found(index, need)) == ["b-silent"]
    nearly = found(index, need, failing=1)
    assert offers(nearly) == ["b-silent", "a-cafe"]
    assert (nearly.total, nearly.nearly) == (1, 1)
    assert nearly.hits[1].verdicts == {Criterion.FORM: Verdict.FAILED}


def test_distance_orders_and_says_when_it_is_only_about() -> None:
    here, near, far = POINTS[0], POINTS[1], POINTS[2]
    index = index_of(
        offer("a-far", "A", replace(SILENT, points=(far, near))),
        offer("b-middle", "B", replace(SILENT, centres=(Middle(here.latitude, here.longitude, 8.0),))),
        offer("c-nowhere", "C"),
        offer("d-farther", "D", replace(SILENT, points=(far,))),
    )
    answer = found(index, Need(near=here), sort=Sort.DISTANCE)
    assert offers(answer) == ["b-middle", "a-far", "d-farther", "c-nowhere"]
    assert [hit.approximate for hit in answer.hits] == [True, False, False, False]
    assert answer.hits[0].km == 0.0
    assert answer.hits[3].km is None
    within = found(index, Need(near=here, within_km=5))
    assert [(hit.key.partition(".")[0], hit.verdicts[Criterion.NEAR]) for hit in within.hits] == [
        ("a-far", Verdict.MATCHED), ("b-middle", Verdict.UNKNOWN), ("c-nowhere", Verdict.UNKNOWN)]  # fmt: skip


def test_the_nearest_comes_first_and_the_shortest_wait_whatever_else_fits_better() -> None:
    old, grief = date(2026, 1, 1), frozenset({Theme.GRIEF})
    here, near, far = POINTS[:1], POINTS[1:2], POINTS[4:]
    index = index_of(
        offer("c-near", "C", replace(SILENT, points=tuple(here), wait_weeks=9), said_on=old),
        offer("b-less", "B", replace(SILENT, points=tuple(near), wait_weeks=4, themes=grief), said_on=old),
        offer("a-far", "A", replace(SILENT, points=tuple(far), wait_weeks=0, themes=grief)),
        offer("d-nowhere", "D", replace(SILENT, themes=grief)),
        offer("e-fails", "E", replace(SILENT, points=tuple(here), wait_weeks=0, themes=frozenset({Theme.NETWORK}))),
    )
    need = Need(near=POINTS[0], theme=grief)
    by_distance = ["c-near", "b-less", "a-far", "d-nowhere", "e-fails"]
    assert offers(found(index, need, sort=Sort.DISTANCE, failing=1)) == by_distance
    by_waiting = ["a-far", "b-less", "c-near", "d-nowhere", "e-fails"]
    assert offers(found(index, need, sort=Sort.WAITING, failing=1)) == by_waiting


def test_a_municipality_all_of_which_is_too_far_is_not_near() -> None:
    here, there = POINTS[0], POINTS[4]
    small, large = (Middle(there.latitude, there.longitude, radius) for radius in (8.0, 20.0))
    index = index_of(
        offer("large", reach=replace(SILENT, centres=(large,))), offer("small", reach=replace(SILENT, centres=(small,)))
    )
    assert offers(found(index, Need(near=here, within_km=5))) == ["large"]
    assert offers(found(index, Need(near=here, within_km=18))) == ["large", "small"]


def test_a_cursor_at_an_offer_no_longer_there_is_told() -> None:
    index = index_of(offer("one", "A"), offer("two", "B"))
    first = found(index, limit=1)
    index.remove("one.0001-01-01")
    page = found(index, limit=1, after=first.after)
    assert not page.cursor_known
    assert page.hits == ()


@pytest.mark.parametrize("facet", list(Facet))
def test_a_facet_tells_of_how_many_nobody_knows(facet: Facet) -> None:
    index = index_of(offer("one", reach=replace(SILENT, perhaps_referrers=frozenset({Profession.ANY}))))
    count = found(index, facets=(facet,)).facets[facet]
    assert count == (Count({"org-1": 1}, 0) if facet is Facet.ORGANISATION else Count({}, 1))


@given(FEW_NEEDS)
def test_an_empty_index_answers(need: Need) -> None:
    answer = found(index_of(), need, facets=tuple(Facet), text="sorg", failing=1)
    assert (answer.total, answer.nearly, answer.hits) == (0, 0, ())


def test_a_point_far_outside_is_near_nothing() -> None:
    index = index_of(offer("one", reach=replace(SILENT, points=(POINTS[0],))))
    assert found(index, Need(near=Point(-55.0, 170.0), within_km=50)).total == 0


def test_who_may_refer_is_unknown_only_where_somebody_perhaps_may() -> None:
    perhaps = replace(SILENT, perhaps_referrers=frozenset({Profession.ANY}))
    named = replace(perhaps, referrers=frozenset({Profession.MIDWIFE}))
    index = index_of(offer("a", reach=SILENT), offer("b", reach=perhaps), offer("c", reach=named))
    count = found(index, facets=(Facet.REFERRER,)).facets[Facet.REFERRER]
    assert count == Count({Profession.MIDWIFE: 1}, 1)
