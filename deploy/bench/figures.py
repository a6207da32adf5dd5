"""What was measured, and how it is told: percentiles, ratios, the marks, the table, the JSON. Plain values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

MOST_MB = 150.0
# The directory holds all offers in memory to search them.
MOST_MB_OF: Mapping[str, float] = {"directory": 200.0}
LONGEST_IMPORT_S = 60.0
_HEAD = ("", "/s", "p50 ms", "p99 ms", "CPU µs", "MB", "bare /s", "ratio", "min–max")


@dataclass(frozen=True, slots=True)
class Mark:
    """What a row must reach: its ratio at least, its p99 at most. Missing it is told, and fails nothing."""

    ratio: float | None = None
    p99_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Round:
    """One round: what was done in `seconds`, each in `latencies_ms`, with the CPU seconds each process took."""

    done: int
    seconds: float
    latencies_ms: Sequence[float] = ()
    cpu_s: Mapping[str, float] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """How many a second."""
        return self.done / self.seconds


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: our rounds, the other side's rates in the same order, and what the other side is."""

    name: str
    ours: Sequence[Round]
    bare: Sequence[float]
    against: str
    mark: Mark = Mark()
    rss_mb: Mapping[str, float] = field(default_factory=dict)
    # The processes whose CPU counts as the system's; the others (PostgreSQL, load generator) are told apart.
    ours_are: frozenset[str] = frozenset()

    @property
    def rate(self) -> float:
        """The middle one of our rounds' rates."""
        return median(each.rate for each in self.ours)

    @property
    def ratios(self) -> Sequence[float]:
        """Each of our rounds against the other side's round right after it."""
        return [ours.rate / bare for ours, bare in zip(self.ours, self.bare, strict=True)]

    @property
    def ratio(self) -> float:
        """The middle one of the ratios."""
        return median(self.ratios)

    def at(self, share: float) -> float | None:
        """Return the percentile of all rounds' latencies together, in milliseconds."""
        everything = [latency for each in self.ours for latency in each.latencies_ms]
        return percentile(everything, share) if everything else None

    @property
    def cpu_us(self) -> Mapping[str, float]:
        """CPU per request by process, in microseconds."""
        done = sum(each.done for each in self.ours)
        names = {name for each in self.ours for name in each.cpu_s}
        return {name: 1e6 * sum(each.cpu_s.get(name, 0.0) for each in self.ours) / done for name in sorted(names)}

    @property
    def own_cpu_us(self) -> float:
        """CPU per request of the system's own processes together."""
        return sum(spent for name, spent in self.cpu_us.items() if name in self.ours_are)

    @property
    def largest_mb(self) -> float | None:
        """Memory of the largest of the system's processes."""
        return max(self.rss_mb.values(), default=None)

    def marks(self) -> Sequence[tuple[str, bool]]:
        """Return what had to be reached, in words, and whether it was."""
        told: list[tuple[str, bool]] = []
        p99 = self.at(0.99)
        if self.mark.ratio is not None:
            told.append((f"{self.name}: {self.ratio:.1%} of bare PostgreSQL, mark {self.mark.ratio:.0%}",
                         self.ratio >= self.mark.ratio))  # fmt: skip
        if self.mark.p99_ms is not None and p99 is not None:
            told.append((f"{self.name}: p99 {p99:.1f} ms, mark {self.mark.p99_ms:.0f} ms", p99 < self.mark.p99_ms))
        return told


@dataclass(frozen=True, slots=True)
class Factor:
    """How many times what is measured takes of what it is held against, and how many at most."""

    name: str
    times: float
    most: float

    def mark(self) -> tuple[str, bool]:
        """Return what had to be reached, in words, and whether it was."""
        return f"{self.name}: {self.times:.2f} times, mark {self.most:g}", self.times <= self.most


@dataclass(frozen=True, slots=True)
class Import:
    """One file of offers sent in: how many, how large, how long; when each phase was first seen, in seconds."""

    offers: int
    size: int
    seconds: float
    warnings: int
    phases: Mapping[str, float]
    # What each process takes when it is done; the directory then holds 20,000 offers, which no mark speaks of.
    rss_mb: Mapping[str, float] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """How many offers a second."""
        return self.offers / self.seconds

    def mark(self) -> tuple[str, bool]:
        """Return what had to be reached, in words, and whether it was; a smaller file has as much less time."""
        most = LONGEST_IMPORT_S * self.offers / 10_000
        return f"import {self.offers:,} offers: {self.seconds:.1f} s, mark {most:.0f} s", self.seconds < most


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least `share` of all values do not exceed (nearest rank)."""
    ordered = sorted(values)
    place = -int(-share * len(ordered) // 1)
    return ordered[min(max(place, 1), len(ordered)) - 1]


def table(rows: Sequence[Row]) -> str:
    """Return the table, and under it what each row was measured against."""
    cells = [_HEAD, *(_cells(place, row) for place, row in enumerate(rows, 1))]
    widths = [max(len(line[column]) for line in cells) for column in range(len(_HEAD))]
    lines = [_line(each, widths) for each in cells]
    lines.insert(1, "  ".join("─" * width for width in widths))
    notes = [f"[{place}] against {row.against}" for place, row in enumerate(rows, 1)]
    return "\n".join([*lines, "", *notes])


def _cells(place: int, row: Row) -> tuple[str, ...]:
    return (
        f"{row.name} [{place}]", _count(row.rate), _figure(row.at(0.5)), _figure(row.at(0.99)),
        _count(row.own_cpu_us) if row.own_cpu_us >= _SMALL else _figure(row.own_cpu_us or None),
        _figure(row.largest_mb, 0), _count(median(row.bare)), _share(row.ratio),
        f"{_share(min(row.ratios))}–{_share(max(row.ratios))}",
    )  # fmt: skip


_SMALL = 100


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = zip(cells, widths, strict=True)
    return "  ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)])


def _count(value: float) -> str:
    return f"{value:,.0f}"


def _figure(value: float | None, digits: int = 2) -> str:
    if value is None:
        return "–"
    return f"{value:.4f}" if 0 < value < 0.01 else f"{value:.{digits}f}"  # noqa: PLR2004 - microseconds


def _share(ratio: float) -> str:
    return f"{ratio:.1%}" if ratio < 10 else f"{ratio:,.0f} ×"  # noqa: PLR2004 - beyond this a percentage says nothing


def mark_lines(rows: Sequence[Row], further: Sequence[tuple[str, bool]] = ()) -> str:
    """Return every mark and whether it was reached; the memory's too, and those of no row."""
    told = [mark for row in rows for mark in row.marks()]
    memory: dict[str, float] = {}
    for row in rows:
        for name, size in row.rss_mb.items():
            memory[name] = max(size, memory.get(name, 0.0))
    if memory:
        sizes = ", ".join(f"{name} {size:.0f}" for name, size in memory.items())
        limits = ", ".join(f"{name} {most:.0f}" for name, most in MOST_MB_OF.items())
        kept = all(size < MOST_MB_OF.get(name, MOST_MB) for name, size in memory.items())
        told.append((f"memory in MB, marks {limits}, others {MOST_MB:.0f}: {sizes}", kept))
    return "\n".join(f"{'met   ' if met else 'MISSED'}  {text}" for text, met in [*told, *further])


def where_it_goes(row: Row) -> str:
    """Return where a row's CPU time goes, process by process, and what would move it."""
    spent = dict(sorted(row.cpu_us.items(), key=lambda each: -each[1]))
    whole = sum(spent.values())
    lines = [f"Where the time goes: {row.name}, {whole:,.0f} µs of CPU each, on every process together"]
    lines += [f"  {cost / whole:6.1%}  {cost:7,.0f} µs  {name}" for name, cost in spent.items() if cost >= 1]
    most = next((name for name in spent if name in row.ours_are), None)
    lines.append("  What would move it: " + _MOVES.get(most or "", "the process at the top of the list."))
    return "\n".join(lines)


_MOVES: Mapping[str, str] = {
    "referral": "the referral process does most of it. Profiled: about a third is the framework's way in and out "
    "(routes on bare ASGI save about 100 µs each), a fifth the driver, a tenth each the call to consent and the "
    "look-up of the key before it. Beyond that, a second referral process where a core is free.",
    "consent": "the consent process does most of it. Profiled: about two fifths is the rule itself, category by "
    "category, a seventh the rows read into words, a seventh the driver and its pool, a twentieth the log line. Beyond "
    "that, a second consent process where a core is free.",
    "gateway": "the gateway does most of it; a leaner hop, or a second gateway process.",
    "directory": "the directory does most of it. Profiled: about a third is the framework's way in and out, a quarter "
    "the page fetched from the database, a fifth the index (half of that the facets, mostly municipalities), the rest "
    "the answer put together and the event loop. Beyond that, a second directory process where a core is free.",
}


def as_json(rows: Sequence[Row]) -> Mapping[str, Mapping[str, object]]:
    """Return name → figures; what later benchmarks compare themselves with."""
    return {row.name: _told(row) for row in rows}


def _told(row: Row) -> Mapping[str, object]:
    return {
        "rate": round(row.rate, 1),
        "p50_ms": _rounded(row.at(0.5)),
        "p99_ms": _rounded(row.at(0.99)),
        "cpu_us": round(row.own_cpu_us, 2),
        "rss_mb": row.largest_mb,
        "ratio": round(row.ratio, 4),
        "against": row.against,
        "ratio_min": round(min(row.ratios), 4),
        "ratio_max": round(max(row.ratios), 4),
        "bare_rate": round(median(row.bare), 1),
        "cpu_us_by_process": {name: round(cost, 1) for name, cost in row.cpu_us.items()},
        "rss_mb_by_process": dict(row.rss_mb),
        "marks": [{"mark": text, "met": met} for text, met in row.marks()],
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
