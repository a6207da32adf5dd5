"""How the search grows with the offers there are: the index in process, the same questions at each size."""

import gc
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from sys import getsizeof
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType

from deploy.bench import national
from deploy.bench.asking import FACETS, PAGE, Question, questions
from deploy.bench.country import SEED, Country, country
from deploy.bench.figures import percentile
from services.directory.domain.index.entry import Entry, entry
from services.directory.domain.index.facets import Areas
from services.directory.domain.index.index import Index
from services.directory.domain.matching import Need, reach
from services.directory.domain.places import areas, middles
from services.directory.domain.search import Search
from services.directory.domain.text.analysis import Analysis
from services.directory.finder import words
from shared.clock import danish_date, now

SIZES = (1_000, 10_000, 100_000)
QUICK_SIZES = (1_000, 10_000)
_ROUNDS = 3
_MB = 1024 * 1024
_WIDEST = 30
# What every index shares, or what is code: no index's own memory.
_SHARED = (type, ModuleType, FunctionType, BuiltinFunctionType, MethodType, Analysis)


@dataclass(frozen=True, slots=True)
class Size:
    """The index at one size: microseconds a search (the middle and the 99th of a hundred), seconds to build, MB."""

    offers: int
    search_us: float
    p99_us: float
    hits: float
    build_s: float
    memory_mb: float


@dataclass(frozen=True, slots=True)
class Curve:
    """The sizes, smallest first."""

    sizes: Sequence[Size]

    def factors(self) -> list[tuple[float, float]]:
        """Return for each size but the first how many times as many offers, and as much time, as the one before."""
        pairs = zip(self.sizes, self.sizes[1:], strict=False)
        return [(after.offers / before.offers, after.search_us / before.search_us) for before, after in pairs]

    def mark(self) -> tuple[str, bool]:
        """Return the claim, and whether it held: time never grows as fast as the offers do."""
        told = ", ".join(f"{more:.0f} × the offers {slower:.1f} × the time" for more, slower in self.factors())
        return f"search grows less than the offers: {told}", all(slower < more for more, slower in self.factors())

    def table(self) -> str:
        """Return the curve as lines, a bar a size as long as its time on the largest's scale."""
        longest = max(each.search_us for each in self.sizes)
        lines = ["Growth: the index in process, the same questions (three filters, a text, six facets), one thread"]
        lines += [
            f"  {each.offers:>7,} offers  {each.search_us:>7,.0f} µs  p99 {each.p99_us:>7,.0f} µs  "
            f"{each.hits:>6.1f} hits  {each.memory_mb:>6.1f} MB  built in {each.build_s:>5.1f} s  "
            + "█"
            * max(1, round(_WIDEST * each.search_us / longest))
            for each in self.sizes
        ]
        return "\n".join(lines)

    def as_json(self) -> Sequence[Mapping[str, float]]:
        """Return the sizes with the factors from one to the next."""
        factors = [{}, *({"offers_factor": more, "time_factor": round(slower, 2)} for more, slower in self.factors())]
        return [{name: round(value, 4) for name, value in asdict(size).items()} | factor
                for size, factor in zip(self.sizes, factors, strict=True)]  # fmt: skip


def growing(sizes: Sequence[int], tell: national.Tell) -> Curve:
    """Build the index at each size and search it; the same questions, each with three filters, a text and facets."""
    land, analysis, today = country(), words(), danish_date(now())
    made = _entries(land, today)
    held: list[Entry] = []
    around = {str(code): areas(land.catalogue, code, today) for code in land.catalogue.municipalities}
    asked = [search(each, around, today) for each in questions(land.catalogue.municipalities)]
    told = []
    for offers in sizes:
        held += [next(made) for _ in range(offers - len(held))]
        told.append(_measured(held, analysis, asked, around))
        tell(f"growth: {offers:,} offers, {told[-1].search_us:,.0f} µs a search, built in {told[-1].build_s:.1f} s")
    return Curve(told)


def search(question: Question, around: Areas, today: date) -> Search:
    """Return a question as the index takes it, its place looked up."""
    need = Need(
        areas=around[question.municipality], child_age_months=question.child_age_months,
        theme=frozenset({question.theme}),
    )  # fmt: skip
    return Search(need, today, question.text, facets=FACETS, limit=PAGE)


def held_bytes(root: object) -> int:
    """Return how many bytes an object and all it holds take, each counted once, without code and word lists."""
    seen: set[int] = set()
    rest: list[object] = [root]
    held = 0
    while rest:
        one = rest.pop()
        if id(one) not in seen and not isinstance(one, _SHARED):
            seen.add(id(one))
            held += getsizeof(one)
            rest += gc.get_referents(one)
    return held


def _entries(land: Country, today: date) -> Iterator[Entry]:
    """Yield the entries of made-up offers without end."""
    places = middles(land.catalogue)
    for document in national.national(SEED, SIZES[-1], land):
        offer = national.read(document, land.catalogue)
        yield entry(offer, reach(offer, today, places), land.catalogue, f"{offer.id}.", offer.as_of, (date.min, None))


def _measured(held: Sequence[Entry], analysis: Analysis, asked: Sequence[Search], around: Areas) -> Size:
    begun = time.perf_counter()
    index = Index.build(held, analysis)
    built = time.perf_counter() - begun
    hits = sum(index.search(each, areas=around).total for each in asked)
    latencies: list[float] = []
    for _ in range(_ROUNDS):
        for each in asked:
            begun = time.perf_counter()
            index.search(each, areas=around)
            latencies.append(1e6 * (time.perf_counter() - begun))
    memory = held_bytes(index) / _MB
    return Size(
        len(held), percentile(latencies, 0.5), percentile(latencies, 0.99), hits / len(asked), built, memory
    )  # fmt: skip
