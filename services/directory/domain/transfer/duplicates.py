"""Suspected duplicates: the same offer told twice, perhaps by two publishers. A suspicion is told, and never decides.

Two offers are suspected when both are given in one area and
- by two organisations, under names that are much alike;
- by two organisations, at the same address, on a common theme, and for families that can be the same;
- by the same unit, under the same name.
Only offers of one area are compared, so that a country's ten thousand take seconds.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rapidfuzz import fuzz, process

from services.directory.domain.danish import fold
from services.directory.domain.model import Catalogue, UnitId

ALIKE, SAME = 87.0, 97.0
MOST_TOLD = 5
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
    order = {one.id: at for at, one in enumerate(pool)}
    found: dict[tuple[str, str], Suspect] = {}
    counts: dict[str, int] = defaultdict(int)
    for one, other, why in (*_by_name(new, pool), *_by_address(new, pool)):
        if order[other.id] < len(new) and order[other.id] <= order[one.id]:
            continue  # told the other way round
        pair = (one.id, other.id)
        if pair not in found and counts[one.id] < MOST_TOLD:
            counts[one.id] += 1
            found[pair] = Suspect(one, other, why)
    return sorted(found.values(), key=lambda each: order[each.one.id])


def _by_name(new: Sequence[Known], pool: Sequence[Known]) -> Iterator[tuple[Known, Known, str]]:
    """Yield offers of one area with names alike; each name of an area is compared once, however many bear it."""
    areas = _grouped((area, one) for one in pool for area in one.areas)
    for area, those in _grouped((area, one) for one in new for area in one.areas).items():
        bearers = _grouped((one.words, one) for one in areas[area])
        for told, ones in _grouped((one.words, one) for one in those).items():
            hits = process.extract(told, list(bearers), scorer=fuzz.ratio, score_cutoff=ALIKE, limit=20)
            for name, score, _ in hits:
                for one in ones:
                    yield from ((one, other, _said(one, other)) for other in bearers[name] if _alike(one, other, score))


def _alike(one: Known, other: Known, score: float) -> bool:
    if one.id == other.id:
        return False
    return one.organisation != other.organisation or (one.unit == other.unit and score >= SAME)


def _said(one: Known, other: Known) -> str:
    same = "samme enhed" if one.unit == other.unit else "en anden organisation"
    return f"navnet ligner et tilbud fra {same} i samme område"


def _by_address(new: Sequence[Known], pool: Sequence[Known]) -> Iterator[tuple[Known, Known, str]]:
    addresses = _grouped((address, one) for one in pool for address in one.addresses)
    for one in new:
        for address in one.addresses:
            for other in addresses[address]:
                if one.organisation != other.organisation and one.themes & other.themes and _overlap(one, other):
                    yield one, other, "samme adresse, tema og målgruppe som et tilbud fra en anden organisation"


def _overlap(one: Known, other: Known) -> bool:
    """Say whether the same family can come to both: every range both tell of has something in common."""
    return all(
        one.spans[stem][0] <= other.spans[stem][1] and other.spans[stem][0] <= one.spans[stem][1]
        for stem in one.spans.keys() & other.spans.keys()
    )


def _address(venue: Mapping[str, Any]) -> str | None:
    address, postcode = venue.get("address"), venue.get("postcode")
    return None if not address or not postcode else f"{' '.join(_WORD.findall(fold(address)))} {postcode}"


def _grouped(pairs: Iterable[tuple[str, Known]]) -> dict[str, list[Known]]:
    found: dict[str, list[Known]] = defaultdict(list)
    for key, one in pairs:
        found[key].append(one)
    return found
