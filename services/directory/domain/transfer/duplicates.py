"""Suspected duplicates: the same offer told twice, perhaps by two publishers. A suspicion is told, and never decides.

Two offers are suspected when both are given in one area and
- by two organisations, under names that are much alike;
- by two organisations, at the same address, on a common theme, and for families that can be the same;
- by the same unit, under the same name.
Only offers of one area are compared, so that a country's ten thousand take seconds. For one offer there are bounds on
the names compared (`MOST_COMPARED`, those nearest by the alphabet) and the offers looked at (`MOST_LOOKED`): no honest
area comes near them, and a file made to be slow is looked through in part.
"""

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, compress, islice
from typing import Any

from rapidfuzz import fuzz, process

from services.directory.domain.danish import fold
from services.directory.domain.model import Catalogue, UnitId

ALIKE, SAME = 87.0, 97.0
MOST_TOLD = 5
MOST_COMPARED, MOST_LOOKED = 2_000, 500
# Names alike that are followed; offers of a name that are looked at whatever their areas are.
_MOST_ALIKE, _FEW = 20, 20
_NATION = "DK"
_WORD = re.compile(r"[a-z0-9]+")
_SMALL_WORDS = frozenset(
    {"for", "i", "til", "og", "med", "af", "om", "paa", "en", "et", "den", "det", "de", "fra", "ved"}
)
_SPANS = ("pregnancy_week", "child_age_months", "parent_age")


@dataclass(frozen=True, slots=True)
class Known:
    """What of an offer tells whether it is another: `line` where it stands in a file, None in the directory."""

    id: str
    name: str
    words: str
    unit: str
    organisation: str
    areas: frozenset[str]
    addresses: frozenset[str]
    themes: frozenset[str]
    spans: Mapping[str, tuple[int, int]]
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Suspect:
    """Two offers that may be one, and why (Danish)."""

    one: Known
    other: Known
    why: str


def known(said: Mapping[str, Any], catalogue: Catalogue, line: int | None = None) -> Known:
    """Return what of an offer's document tells whether it is another."""
    unit = catalogue.units.get(UnitId(said["unit"]))
    areas = {*said.get("municipalities", ()), *said.get("regions", ())} or {
        _NATION if said.get("nationwide") or unit is None else unit.municipality or unit.region or _NATION
    }
    target = said.get("target", {})
    return Known(
        id=said["id"],
        name=said["name"],
        words=words(said["name"]),
        unit=said["unit"],
        organisation="" if unit is None else unit.organisation,
        areas=frozenset(areas),
        addresses=frozenset(filter(None, map(_address, said.get("venues", ())))),
        themes=frozenset(said.get("themes", ())),
        spans={
            stem: (target.get(f"{stem}_from", 0), target.get(f"{stem}_to", 999))
            for stem in _SPANS
            if f"{stem}_from" in target or f"{stem}_to" in target
        },
        line=line,
    )


def words(name: str) -> str:
    """Return a name's words, folded and sorted, without the small ones: what two names are compared by."""
    found = _WORD.findall(fold(name))
    return " ".join(sorted(set(found) - _SMALL_WORDS)) or " ".join(sorted(found))


def suspects(new: Sequence[Known], held: Iterable[Known]) -> list[Suspect]:
    """Return what of `new` may repeat another offer, new or held; at most `MOST_TOLD` for each, by line.

    Held offers that `new` has a word about, by id, are those of `new`.
    """
    told = {one.id for one in new}
    pool = [*new, *(one for one in held if one.id not in told)]
    names, addresses = _Names(pool, new), _Addresses(pool)
    found: list[Suspect] = []
    for at, one in enumerate(new):
        others: dict[int, str] = {}
        for other, why in chain(names.like(at), addresses.shared(at)):
            others.setdefault(other, why)
            if len(others) == MOST_TOLD:
                break
        found += [Suspect(one, pool[other], why) for other, why in others.items()]
    return found


class _Names:
    """The names of offers, each with those who bear it, by their places in the pool."""

    def __init__(self, pool: Sequence[Known], new: Sequence[Known]) -> None:
        self._pool = pool
        self._bearers = _grouped((one.words, at) for at, one in enumerate(pool))
        self._by_area: dict[str, Mapping[str, Sequence[int]]] = {}
        self._alike = _alike_names(pool, new)

    def like(self, at: int) -> Iterator[tuple[int, str]]:
        """Yield the later offers of one area whose names are like this one's, and why they are suspected."""
        one = self._pool[at]
        pairs = ((other, score) for name, score in self._alike[one.words, one.areas] for other in self._after(name, at))
        for place, score in islice(pairs, MOST_LOOKED):
            other = self._pool[place]
            if not one.areas.isdisjoint(other.areas) and _alike(one, other, score):
                yield place, _said(one, other)

    def _after(self, name: str, at: int) -> Iterator[int]:
        """Yield the bearers of a name that come after `at`; where they are many, only those of its areas."""
        bearers = self._bearers[name]
        if len(bearers) <= _FEW:
            yield from _later(bearers, at)
            return
        if name not in self._by_area:
            self._by_area[name] = _grouped((area, other) for other in bearers for area in self._pool[other].areas)
        for area in sorted(self._pool[at].areas & self._by_area[name].keys()):
            yield from _later(self._by_area[name][area], at)


def _alike_names(
    pool: Sequence[Known], new: Sequence[Known]
) -> dict[tuple[str, frozenset[str]], list[tuple[str, float]]]:
    """Return the names like each new one's that are borne in its areas, and how like; two are compared once."""
    names = sorted({one.words for one in pool})
    place = {name: at for at, name in enumerate(names)}
    borne: dict[str, bytearray] = defaultdict(lambda: bytearray(len(names)))
    for one in pool:
        for area in one.areas:
            borne[area][place[one.words]] = 1
    wanted: dict[frozenset[str], set[str]] = defaultdict(set)
    for one in new:
        wanted[one.areas].add(one.words)
    found: dict[tuple[str, frozenset[str]], list[tuple[str, float]]] = {}
    for areas, those in wanted.items():
        there = _either([borne[area] for area in areas])
        near = [*compress(names, there)]
        for told in those:
            middle = bisect_left(near, told)
            choices = near[max(middle - MOST_COMPARED // 2, 0) :][:MOST_COMPARED]
            hits = process.extract(told, choices, scorer=fuzz.ratio, score_cutoff=ALIKE, limit=_MOST_ALIKE)
            found[told, areas] = [(name, score) for name, score, _ in hits]
    return found


def _either(marks: Sequence[bytearray]) -> bytes:
    """Return what is marked in any of several rows of marks, all of one length."""
    whole = 0
    for each in marks:
        whole |= int.from_bytes(each)
    return whole.to_bytes(len(marks[0]))


def _later(places: Sequence[int], at: int) -> Iterator[int]:
    return (places[index] for index in range(bisect_right(places, at), len(places)))


def _alike(one: Known, other: Known, score: float) -> bool:
    if one.id == other.id:
        return False
    return one.organisation != other.organisation or (one.unit == other.unit and score >= SAME)


def _said(one: Known, other: Known) -> str:
    same = "samme enhed" if one.unit == other.unit else "en anden organisation"
    return f"navnet ligner et tilbud fra {same} i samme område"


class _Addresses:
    """The addresses of offers, each with those who are there, by their places in the pool."""

    def __init__(self, pool: Sequence[Known]) -> None:
        self._pool = pool
        self._there = _grouped((address, at) for at, one in enumerate(pool) for address in one.addresses)

    def shared(self, at: int) -> Iterator[tuple[int, str]]:
        """Yield the later offers at one of this one's addresses that may be the same, and why."""
        one = self._pool[at]
        there = (other for address in sorted(one.addresses) for other in _later(self._there[address], at))
        for place in islice(there, MOST_LOOKED):
            other = self._pool[place]
            if one.organisation != other.organisation and one.themes & other.themes and _overlap(one, other):
                yield place, "samme adresse, tema og målgruppe som et tilbud fra en anden organisation"


def _overlap(one: Known, other: Known) -> bool:
    """Say whether the same family can come to both: every range both tell of has something in common."""
    return all(
        one.spans[stem][0] <= other.spans[stem][1] and other.spans[stem][0] <= one.spans[stem][1]
        for stem in one.spans.keys() & other.spans.keys()
    )


def _address(venue: Mapping[str, Any]) -> str | None:
    address, postcode = venue.get("address"), venue.get("postcode")
    return None if not address or not postcode else f"{' '.join(_WORD.findall(fold(address)))} {postcode}"


def _grouped(pairs: Iterable[tuple[str, int]]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for key, at in pairs:
        found[key].append(at)
    return found
