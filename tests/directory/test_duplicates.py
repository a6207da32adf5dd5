"""The same offer told twice is suspected, by whom and why, against a reference that compares every pair."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz import fuzz, process

from services.directory.domain.transfer import duplicates
from services.directory.domain.transfer.duplicates import (
    ALIKE,
    MOST_COMPARED,
    MOST_LOOKED,
    MOST_TOLD,
    SAME,
    Known,
    suspects,
    words,
)

BASE = Known(
    "a", "Sorggruppe for forældre", "", "hus", "kommunen", frozenset({"0217"}), frozenset({"gade 1 3000"}),
    frozenset({"grief"}), {}, 2,
)  # fmt: skip


def _known(**changes: Any) -> Known:
    made = replace(BASE, **changes)
    return replace(made, words=words(made.name))


def _plainly(new: Sequence[Known], held: Sequence[Known]) -> set[frozenset[str]]:
    """Return the pairs a reader who compares every two would suspect."""
    told = {one.id for one in new}
    pool = [*new, *(one for one in held if one.id not in told)]
    found = set()
    for one in new:
        for other in pool:
            if one.id == other.id:
                continue
            score, across = fuzz.ratio(one.words, other.words), one.organisation != other.organisation
            near = bool(one.areas & other.areas)
            by_name = near and score >= ALIKE and (across or (one.unit == other.unit and score >= SAME))
            overlap = all(
                one.spans[stem][0] <= other.spans[stem][1] and other.spans[stem][0] <= one.spans[stem][1]
                for stem in set(one.spans) & set(other.spans)
            )
            at_one_place = across and bool(one.addresses & other.addresses) and bool(one.themes & other.themes)
            if by_name or (at_one_place and overlap):
                found.add(frozenset({one.id, other.id}))
    return found


_SPANS = st.dictionaries(
    st.sampled_from(["parent_age", "child_age_months"]), st.sampled_from([(0, 6), (6, 12), (7, 12)]), max_size=2
)
_OFFERS = st.lists(
    st.builds(
        _known,
        id=st.sampled_from("abcdefgh"),
        name=st.sampled_from(["Sorggruppe", "Sorg gruppe", "Sorggrupper", "Babycafé", "Babycafe", "Fars legestue"]),
        unit=st.sampled_from(["hus", "hus-2"]),
        organisation=st.sampled_from(["kommunen", "foreningen"]),
        areas=st.sets(st.sampled_from(["0217", "0101", "DK"]), min_size=1).map(frozenset),
        addresses=st.sets(st.sampled_from(["gade 1 3000", "gade 2 3000"])).map(frozenset),
        themes=st.sets(st.sampled_from(["grief", "sleep"]), min_size=1).map(frozenset),
        spans=_SPANS,
    ),
    max_size=5,
    unique_by=lambda one: one.id,
)


@given(new=_OFFERS, held=_OFFERS)
def test_what_is_suspected_is_what_a_reader_of_every_pair_would_suspect(new: list[Known], held: list[Known]) -> None:
    found = suspects(new, held)
    pairs = [frozenset({each.one.id, each.other.id}) for each in found]
    assert len(set(pairs)) == len(pairs)
    assert set(pairs) == _plainly(new, held)
    assert all(each.one in new and each.why for each in found)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Sorggruppe for forældre", "Forældre: sorggruppe"),
        ("Mødregruppe", "Moedregruppe"),
        ("Babycafé om torsdagen", "Babycafe torsdagen"),
        ("Familiehusets åbne café", "Familiehusets aabne cafe"),
        ("Fødselsforberedelse", "Fødselsforbredelse"),
    ],
)
def test_names_that_a_person_would_take_for_one_are_alike(one: str, other: str) -> None:
    (found,) = suspects([_known(name=one)], [_known(id="b", name=other, organisation="foreningen", line=None)])
    assert (found.other.id, found.other.line) == ("b", None)
    assert "navn" in found.why


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Fars legestue", "addresses": frozenset()},
        {"areas": frozenset({"0101"}), "addresses": frozenset()},
        {"organisation": "kommunen", "unit": "hus-2"},
        {"organisation": "kommunen", "name": "Sorggruppe for forældre, hold 2"},
        {"id": "a"},
    ],
)
def test_what_differs_in_what_counts_is_not_suspected(change: dict[str, Any]) -> None:
    other = _known(**{"id": "b", "organisation": "foreningen", "addresses": frozenset(), **change})
    assert suspects([_known()], [other]) == []


def test_the_same_address_counts_only_for_the_same_families_and_theme() -> None:
    one = _known(name="Sorggruppe", spans={"parent_age": (18, 25)})
    other = _known(id="b", name="Noget helt andet", organisation="foreningen", spans={"parent_age": (25, 40)})
    assert [each.other.id for each in suspects([one], [other])] == ["b"]
    assert suspects([one], [replace(other, spans={"parent_age": (26, 40)})]) == []
    assert suspects([one], [replace(other, themes=frozenset({"sleep"}))]) == []


def test_the_same_unit_and_name_under_a_new_id_is_suspected() -> None:
    assert [each.other.id for each in suspects([_known()], [_known(id="b", addresses=frozenset())])] == ["b"]


def test_no_row_is_told_of_more_than_a_few_others() -> None:
    held = [_known(id=f"b{number}", organisation=f"forening-{number}", line=None) for number in range(50)]
    assert len(suspects([_known()], held)) == MOST_TOLD


HOSTILE = 20_000
YOUNG = {"parent_age": (18, 25)}
EVERYWHERE = frozenset(f"{number:04d}" for number in range(98))


class _Counts:
    """Counts the names compared and the offers looked at."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.compared: Counter[str] = Counter()
        self.looked: Counter[str] = Counter()
        extract, alike, overlap = process.extract, duplicates._alike, duplicates._overlap

        def extracting(told: str, choices: Sequence[str], **how: Any) -> Any:
            self.compared[told] += len(choices)
            return extract(told, choices, **how)

        def alike_too(one: Known, other: Known, score: float) -> bool:
            self.looked[one.id] += 1
            return alike(one, other, score)

        def overlap_too(one: Known, other: Known) -> bool:
            self.looked[one.id] += 1
            return overlap(one, other)

        monkeypatch.setattr(duplicates, "process", SimpleNamespace(extract=extracting))
        monkeypatch.setattr(duplicates, "_alike", alike_too)
        monkeypatch.setattr(duplicates, "_overlap", overlap_too)


def test_a_name_borne_by_every_row_costs_each_row_a_few_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = _Counts(monkeypatch)
    found = suspects([replace(BASE, id=f"o{number}", words="samme") for number in range(HOSTILE)], ())
    assert counts.compared == {"samme": 1}
    assert max(counts.looked.values()) == MOST_TOLD
    assert len(found) == sum(min(MOST_TOLD, HOSTILE - 1 - number) for number in range(HOSTILE))


@pytest.mark.parametrize(
    "change", [{"areas": EVERYWHERE}, {"spans": {"parent_age": (50, 60)}, "organisation": "anden"}]
)
def test_rows_alike_that_no_one_suspects_cost_each_row_a_bounded_number_of_looks(
    monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]
) -> None:
    counts = _Counts(monkeypatch)
    held = [replace(BASE, id=f"h{number}", unit=f"u{number}", words="samme", **change) for number in range(HOSTILE)]
    new = [
        replace(BASE, id=f"o{number}", words="samme", unit=f"n{number}", areas=EVERYWHERE, spans=YOUNG)
        for number in range(50)
    ]
    suspects(new, held)
    assert max(counts.looked.values()) <= 2 * MOST_LOOKED
    assert len(counts.looked) == len(new)


def test_names_in_all_municipalities_are_compared_once_and_each_with_a_bounded_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counts = _Counts(monkeypatch)
    new = [
        replace(
            BASE, id=f"o{number}", words=f"{number * 7919 % 1_000_003} navn", areas=EVERYWHERE, addresses=frozenset()
        )
        for number in range(MOST_COMPARED // 4)
    ]
    suspects(new, ())
    assert set(counts.compared.values()) == {len(new)}
    held = [replace(one, id=f"h{one.id}{times}", words=f"{one.words} {times}") for one in new for times in range(8)]
    counts.compared.clear()
    suspects(new, held)
    assert set(counts.compared.values()) <= set(range(MOST_COMPARED // 2, MOST_COMPARED + 1))


def test_a_row_far_down_among_many_of_one_name_is_still_told_of_the_next() -> None:
    new = [replace(BASE, id=f"o{number}", words="samme") for number in range(4 * MOST_LOOKED)]
    last = suspects(new, [replace(BASE, id="held", words="samme", line=None)])[-1]
    assert (last.one.id, last.other.id) == (new[-1].id, "held")


def test_a_name_of_many_places_is_found_where_it_is_near() -> None:
    held = [
        replace(BASE, id=f"h{number}", words="samme", areas=frozenset({f"x{number}"}), organisation=f"f{number}")
        for number in range(2 * MOST_LOOKED)
    ]
    one = replace(BASE, words="samme", areas=frozenset({"x999"}), addresses=frozenset())
    assert [each.other.id for each in suspects([one], held)] == ["h999"]
