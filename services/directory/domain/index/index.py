"""The index: offers put in, taken out, and found by what a family needs."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from itertools import islice
from operator import and_

from services.directory.domain.geography import Point
from services.directory.domain.index.bits import at_most, counted, descending, gathered, members
from services.directory.domain.index.days import Days
from services.directory.domain.index.entry import Entry
from services.directory.domain.index.facets import CRITERION, Areas, Count, Grouped, grouped
from services.directory.domain.index.facets import counted as counted_by
from services.directory.domain.index.order import ORDERS, UNSAID, Axis, Cut, after, walked
from services.directory.domain.index.places import Places
from services.directory.domain.index.slots import Slots
from services.directory.domain.index.standing import Marks, Standing, standings
from services.directory.domain.index.units import Units
from services.directory.domain.index.words import Answer, Words
from services.directory.domain.matching import Criterion, Verdict
from services.directory.domain.search import Facet, Place, Search
from services.directory.domain.text.analysis import Analysis
from services.directory.domain.versions import DEMOTED_AFTER

_FEWEST_DEAD = 1024


@dataclass(frozen=True, slots=True)
class Hit:
    """An offer found, and why. `rank`: how well it answers the text. `km`: None where nobody says or asks.

    `approximate`: the distance is only that to the middle of a municipality. `stale`: unconfirmed for too long.
    """

    key: str
    verdicts: Mapping[Criterion, Verdict]
    score: int
    rank: int
    stale: bool
    km: float | None = None
    approximate: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A page of the answer. `total` counts the offers that fail nothing, `nearly` the near misses after them.

    `after`: where the next page begins; None: there is none. `cursor_known`: the offer the page was to begin after
    is still there. `whole_text`: every word of the text is answered; otherwise the hits answer some, and
    `unanswered` are the words the first of this page does not answer (all of them, where there is no hit): as
    asked, in lower case, a phrase as one, of a compound the part. `taken_as`: misspelt words, each with what it was
    taken for.
    """

    total: int
    nearly: int
    hits: tuple[Hit, ...]
    facets: Mapping[Facet, Count]
    after: Place | None
    cursor_known: bool = True
    whole_text: bool = True
    taken_as: tuple[tuple[str, ...], ...] = ()
    unanswered: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Question:
    """A search put to the offers: those who may be in the answer, and how each stands to what is asked."""

    search: Search
    standing: Mapping[Criterion, Standing]
    answer: Answer | None
    fits: int
    nearly: int
    stale: int


class Index:
    """All offers, kept in the order of their names (… z, æ, ø, å), ties by key; one thread at a time."""

    def __init__(self, analysis: Analysis, demoted_after_days: int = DEMOTED_AFTER.days) -> None:
        """Begin without offers. One nobody has confirmed for more than so many days comes after its equals."""
        self._demoted_after = timedelta(days=demoted_after_days)
        self._grouped: tuple[Areas, Grouped] | None = None
        self._analysis = analysis
        self._fill(())

    @classmethod
    def build(
        cls, entries: Iterable[Entry], analysis: Analysis, demoted_after_days: int = DEMOTED_AFTER.days
    ) -> "Index":
        """Return an index of the entries; of those with one key the last counts."""
        made = cls(analysis, demoted_after_days)
        made._fill({entry.key: entry for entry in entries}.values())
        return made

    def __len__(self) -> int:
        return len(self._slots)

    def __contains__(self, key: str) -> bool:
        return self._slots.find(key) is not None

    def put(self, entry: Entry) -> None:
        """Take an entry in, in place of the one that has its key."""
        self.remove(entry.key)
        place, slot = self._slots.insert(entry.sort_name, entry.key)
        self._marks.insert(place, entry)
        self._places.add(entry.reach)
        self._days.insert(place, entry)
        self._units.add(entry.unit)
        self._words.insert(place, slot, entry)

    def remove(self, key: str) -> bool:
        """Take an entry out; say whether it was there."""
        place = self._slots.find(key)
        if place is None:
            return False
        self._slots.delete(place)
        self._marks.delete(place)
        self._days.delete(place)
        self._words.delete(place)
        if self._slots.dead > max(_FEWEST_DEAD, len(self._slots)):
            self._tidy()
        return True

    def search(self, search: Search, today: date | None = None, areas: Areas | None = None) -> Found:
        """Answer a search; `today`, or the day asked about, tells which offers are unconfirmed for too long.

        `areas` (municipality -> `Need.areas` of who asks for it) makes counts by municipality follow regions;
        without it each place is counted by its own name only.
        """
        here = self._days.shown(search.on)
        if not search.include_examples:
            here &= ~self._marks["example"][True]
        if search.unit is not None:
            here &= self._units.of(search.unit)
        owned = -1
        if search.organisation is not None:
            owned = self._marks["organisation"].any({search.organisation, *search.same_organisations})
        standing = standings(search.need, self._marks, self._places, (1 << len(self)) - 1)
        open_to = {criterion: at.matched | at.unknown for criterion, at in standing.items()}
        fits = reduce(and_, open_to.values(), here & owned)
        nearly = fits
        if search.failing:
            nearly = at_most(here & owned, counted(here & ~held for held in open_to.values()), search.failing)
        answer = None if search.text is None else self._words.answer(search.text, nearly)
        answered = -1 if answer is None else answer.hits
        around = self._around(areas) if search.facets and areas else ()
        facets = {facet: self._count(facet, here & answered, owned, open_to, around) for facet in search.facets}
        stale = self._days.stale((today or search.on) - self._demoted_after)
        question = _Question(search, standing, answer, fits & answered, nearly & answered, stale)
        return self._page(question, facets)

    def _around(self, areas: Areas) -> Grouped:
        """Return the areas grouped: once for those that are asked with again and again."""
        if self._grouped is None or self._grouped[0] is not areas:
            self._grouped = (areas, grouped(areas))
        return self._grouped[1]

    def _count(self, facet: Facet, here: int, owned: int, open_to: Mapping[Criterion, int], areas: Grouped) -> Count:
        """Count by a facet the offers that meet everything but the facet's own criterion."""
        own = CRITERION.get(facet)
        others = (held for criterion, held in open_to.items() if criterion is not own)
        held = reduce(and_, others, here if facet is Facet.ORGANISATION else here & owned)
        return counted_by(facet, held, self._marks, areas)

    def _page(self, question: _Question, facets: Mapping[Facet, Count]) -> Found:
        search, answer = question.search, question.answer
        first = () if search.after is None else search.after.key
        parts = walked(question.nearly, [self._cut(axis, question) for axis in ORDERS[search.sort]], first)
        known = True
        if search.after is not None:
            place = self._slots.find(search.after.offer)
            known = place is not None
            parts = iter(()) if place is None else after(parts, search.after.key, place)
        one_more = list(islice(((key, place) for key, held in parts for place in members(held)), search.limit + 1))
        shown = one_more[: search.limit]
        last = shown[-1] if len(one_more) > len(shown) and shown else None
        total = question.fits.bit_count()
        return Found(
            total=total,
            nearly=question.nearly.bit_count() - total,
            hits=tuple(self._hit(place, question) for _, place in shown),
            facets=facets,
            after=None if last is None else Place(last[0], self._slots.key(last[1])),
            cursor_known=known,
            whole_text=answer is None or answer.whole,
            taken_as=() if answer is None else answer.taken_as,
            unanswered=() if answer is None else answer.unanswered(shown[0][1] if shown else None),
        )

    def _hit(self, place: int, question: _Question) -> Hit:
        verdicts = {criterion: _verdict(at, place) for criterion, at in question.standing.items()}
        here, slot = question.search.need.near, self._slots.slots[place]
        return Hit(
            key=self._slots.key(place),
            verdicts=verdicts,
            score=sum(verdict is Verdict.MATCHED for verdict in verdicts.values()),
            rank=0 if question.answer is None else _number(question.answer.rank, place),
            stale=bool(question.stale >> place & 1),
            km=None if here is None else self._places.km(here, slot, {}),
            approximate=here is not None and self._places.approximate(slot),
        )

    def _cut(self, axis: Axis, question: _Question) -> Cut:
        """Return how sets are cut by an axis; the lower value comes first."""
        match axis:
            case Axis.FAILED:
                failed = counted(~(at.matched | at.unknown) & question.nearly for at in question.standing.values())
                return lambda held: reversed(list(descending(held, failed)))
            case Axis.SCORE:
                score = counted(at.matched & question.nearly for at in question.standing.values())
                return lambda held: ((-count, part) for count, part in descending(held, score))
            case Axis.STALE:
                return lambda held: iter(((0, held & ~question.stale), (1, held & question.stale)))
            case Axis.RANK:
                rank = () if question.answer is None else question.answer.rank
                return lambda held: ((-count, part) for count, part in descending(held, rank))
            case Axis.WAITING:
                return self._by_waiting
            case Axis.DISTANCE:
                return lambda held: self._by_distance(held, question.search.need.near)

    def _by_waiting(self, held: int) -> Iterator[tuple[int, int]]:
        weeks = self._marks["wait_weeks"].sets
        for number in sorted(weeks):
            yield number, held & weeks[number]
        yield UNSAID, held & ~self._marks["told"]["wait_weeks"]

    def _by_distance(self, held: int, here: Point | None) -> Iterator[tuple[int, int]]:
        """Cut a set by metres; without a point to measure from, all are as far."""
        if here is None:
            yield UNSAID, held
            return
        known: dict[int, float | None] = {}
        by_metres: dict[int, list[int]] = {}
        for place in members(held):
            km = self._places.km(here, self._slots.slots[place], known)
            by_metres.setdefault(UNSAID if km is None else round(km * 1000), []).append(place)
        for metres in sorted(by_metres):
            yield metres, gathered(by_metres[metres])

    def _fill(self, entries: Iterable[Entry]) -> None:
        ordered = sorted(entries, key=lambda entry: (entry.sort_name, entry.key))
        self._slots = Slots((entry.sort_name, entry.key) for entry in ordered)
        self._marks, self._places, self._days = Marks(), Places(self._slots), Days(self._slots)
        self._units, self._words = Units(self._slots), Words(self._analysis, self._slots)
        self._marks.fill(ordered)
        for entry in ordered:
            self._places.add(entry.reach)
            self._days.add(entry)
            self._units.add(entry.unit)
        self._words.fill(ordered)

    def _tidy(self) -> None:
        """Give up the slots of offers that are gone."""
        kept = list(self._slots.slots)
        moved = self._slots.renumbered()
        self._places = self._places.renumbered(self._slots, kept)
        self._days = self._days.renumbered(self._slots, kept)
        self._units = self._units.renumbered(self._slots, kept)
        self._words.renumber(moved)


def _verdict(at: Standing, place: int) -> Verdict:
    if at.matched >> place & 1:
        return Verdict.MATCHED
    return Verdict.UNKNOWN if at.unknown >> place & 1 else Verdict.FAILED


def _number(digits: Iterable[int], place: int) -> int:
    return sum((digit >> place & 1) << at for at, digit in enumerate(digits))
