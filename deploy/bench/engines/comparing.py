"""Our `decide` side by side with the other engines: first that all answer alike, then how many a second.

What can be worked out before a question is asked has been, by each in its own way: policies parsed, lines derived, a
bundle built, and, by ours, the answers of a road between two changes once it has been asked about. So ours is told
twice: asked again, which the mark is about, and asked for the first time by a newly made `Held`, which is what a
decision over freshly read records costs.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Protocol

from deploy.bench.engines.casbin import Casbin
from deploy.bench.engines.cedar import Cedar
from deploy.bench.engines.ours import Ours
from deploy.bench.engines.rego import Rego
from deploy.bench.engines.world import Question, World

AT_LEAST = 50.0
OURS = "ours, in hand"
FIRST = "ours, asked for the first time"
_CHUNK = 200
Tell = Callable[[str], None]


class Engine(Protocol):
    """Something that holds a world's rules and words; its requests are made beforehand."""

    name: str

    def requests(self, questions: Sequence[Any]) -> list[Any]:
        """Return the questions as this engine takes them."""

    def answers(self, requests: Sequence[Any]) -> list[bool]:
        """Return for each request whether it may be told."""


class DifferentAnswersError(RuntimeError):
    """An engine that does not answer as ours does; there is nothing to compare then."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Decisions a second by engine, a figure for each round; the rounds took turns."""

    words: int
    questions: int
    rates: Mapping[str, Sequence[float]]

    @property
    def fastest(self) -> str:
        """The fastest of the others, by the middle of its rounds."""
        others = (name for name in self.rates if name not in {OURS, FIRST})
        return max(others, key=lambda name: median(self.rates[name]))

    def ratios(self, name: str = OURS) -> Sequence[float]:
        """Return for each round how many times as many as the fastest of the others."""
        return [ours / other for ours, other in zip(self.rates[name], self.rates[self.fastest], strict=True)]

    def mark(self) -> tuple[str, bool]:
        """Return the claim in words, and whether it held."""
        ratio = median(self.ratios())
        text = f"decide in process, {self.words:,} live words: {ratio:.0f} × {self.fastest}, mark {AT_LEAST:.0f} ×"
        return text, ratio >= AT_LEAST

    def table(self) -> str:
        """Return a line for each engine: decisions a second, and against the fastest of the others."""
        wide = max(map(len, self.rates))
        head = (
            f"Deciding: {self.questions:,} questions about one kind each, {self.words:,} live words in hand, the same "
            f"rules in each engine, all answers alike; one thread"
        )
        return "\n".join([head, *(self._line(name, wide) for name in self.rates)])

    def _line(self, name: str, wide: int) -> str:
        rate, ratios = median(self.rates[name]), self.ratios(name)
        return (
            f"  {name:<{wide}}  {rate:>11,.0f}/s  {1e6 / rate:>8,.2f} µs  {median(ratios):>7.2f} × the fastest other "
            f"({min(ratios):.2f}–{max(ratios):.2f})"
        )

    def as_json(self) -> Mapping[str, object]:
        """Return the figures; what later benchmarks compare themselves with."""
        told = {
            name: {"rate": round(median(rates), 1), "ratio": round(median(self.ratios(name)), 4),
                   "ratio_min": round(min(self.ratios(name)), 4), "ratio_max": round(max(self.ratios(name)), 4)}
            for name, rates in self.rates.items()
        }  # fmt: skip
        text, met = self.mark()
        return {
            "words": self.words, "questions": self.questions, "fastest": self.fastest, "engines": told,
            "marks": [{"mark": text, "met": met}],
        }  # fmt: skip


def others(world: World) -> Sequence[Engine]:
    """Return every engine but ours, holding the world."""
    return [Cedar(world), Casbin(world), Rego(world)]


def otherwise(world: World, engine: Engine) -> Sequence[Question]:
    """Ask an engine every question, and return those it does not answer as ours does."""
    ours = Ours(world)
    expected = ours.answers(ours.requests(world.questions))
    told = engine.answers(engine.requests(world.questions))
    pairs = zip(world.questions, told, expected, strict=True)
    return [question for question, one, other in pairs if one is not other]


def compare(world: World, words: int, rounds: int, seconds: float, tell: Tell) -> Comparison:
    """Measure every engine in turn, round by round, each for so many seconds.

    Raises:
        DifferentAnswersError: one does not answer as ours does.
    """
    ours = Ours(world)
    engines = others(world)
    for engine in engines:
        wrong = otherwise(world, engine)
        if wrong:
            msg = f"{engine.name} answers {len(wrong)} of {len(world.questions)} questions otherwise, first {wrong[0]}"
            raise DifferentAnswersError(msg)
        tell(f"{engine.name}: answers {len(world.questions):,} questions as ours does")
    sides: list[tuple[str, Callable[[], Engine], list[Any]]] = [(OURS, lambda: ours, ours.requests(world.questions))]
    sides += [(FIRST, lambda: Ours(world), ours.requests(world.questions))]
    sides += [(each.name, _same(each), each.requests(world.questions)) for each in engines]
    ours.answers(sides[0][2])
    rates: dict[str, list[float]] = {name: [] for name, _, _ in sides}
    for place in range(rounds):
        for name, engine_of, requests in sides:
            rates[name].append(rate(engine_of, requests, seconds))
        tell(
            f"deciding: round {place + 1} of {rounds}, "
            + ", ".join(f"{name} {rates[name][-1]:,.0f}/s" for name in rates)
        )
    return Comparison(words, len(world.questions), rates)


def rate(engine_of: Callable[[], Engine], requests: Sequence[Any], seconds: float) -> float:
    """Return decisions a second; each time through the questions the engine is fetched anew, off the clock."""
    done, spent = 0, 0.0
    while True:
        engine = engine_of()
        for place in range(0, len(requests), _CHUNK):
            part = requests[place : place + _CHUNK]
            begun = time.perf_counter()
            engine.answers(part)
            spent += time.perf_counter() - begun
            done += len(part)
            if spent >= seconds:
                return done / spent


def _same(engine: Engine) -> Callable[[], Engine]:
    return lambda: engine
