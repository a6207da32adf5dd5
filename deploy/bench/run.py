"""`make bench`: start the whole system with a durable database, fill it, measure, print one table, keep it as JSON."""

import asyncio
import json
import os
import platform
import shutil
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from types import FrameType
from typing import TypeVar

from deploy import postgres
from deploy.bench import (
    deciding,
    figures,
    growth,
    hooking,
    importing,
    ledgering,
    many_referrals,
    over_http,
    scratch,
    searching,
    seeding,
    stored,
)
from deploy.bench.bench import QUICK, USUAL, Bench, Pace
from deploy.bench.engines.comparing import Comparison
from deploy.bench.figures import Factor, Import, Row
from deploy.bench.growth import Curve
from deploy.system import ROOT, System
from shared.logging import set_up

FOLDER = ROOT / "build" / "bench-system"
REPORT = ROOT / "build" / "bench.json"
_POSTING = "post a referral"
_READING = "read a referral as recipient"
_LISTING = f"work list of {many_referrals.LIST}"
_AMONG_MANY = (_POSTING, _READING, _LISTING)
_EXPLAINED = (_POSTING, "search, directory", stored.MANY, stored.MANY_QUICK)
# The limits are there to slow one caller down; here one caller is the whole load.
_UNLIMITED: Mapping[str, str] = {
    "GATEWAY_REQUESTS_PER_MINUTE": "100000000",
    "GATEWAY_ANONYMOUS_REQUESTS_PER_MINUTE": "100000000",
    "GATEWAY_TOKEN_LIFETIME_S": "3600",
}
Measuring = Callable[[Bench], Sequence[Row]]
T = TypeVar("T")


@dataclass(slots=True)
class Measured:
    """What came of it; a part that failed is not there, and why stands in `failures`."""

    rows: list[Row] = field(default_factory=list)
    factors: list[Factor] = field(default_factory=list)
    imported: Import | None = None
    curve: Curve | None = None
    engines: Comparison | None = None
    failures: list[str] = field(default_factory=list)

    def attempt(self, name: str, measure: Callable[[], T]) -> T | None:
        """Measure a part; whatever stops it, the others keep their figures."""
        try:
            return measure()
        except Exception as error:  # noqa: BLE001 - see above
            self.failures.append(f"{name}: {type(error).__name__}: {error}")
            _tell(f"FAILED {self.failures[-1]}")
        return None


def run() -> int:
    """Measure everything; 0 unless something did not answer as it should. A missed mark fails nothing.

    With BENCH_QUICK set in the environment it takes two minutes, its figures are rougher, and 50,000 consents are
    stored instead of 1,000,000.
    """
    signal.signal(signal.SIGTERM, _stop)
    set_up("bench", "error")
    begun = time.monotonic()
    pace = QUICK if os.environ.get("BENCH_QUICK") else USUAL
    shutil.rmtree(FOLDER, ignore_errors=True)
    load = os.getloadavg()[0]
    system = System(FOLDER, _UNLIMITED)
    measured = Measured()
    try:
        _measure(_filled(system, pace), measured)
    finally:
        system.stop()
        postgres.remove(FOLDER / "postgres")
    sizes = growth.QUICK_SIZES if pace is QUICK else growth.SIZES
    measured.engines = measured.attempt("engines", lambda: deciding.with_engines(pace, _tell))
    measured.curve = measured.attempt("growth", lambda: growth.growing(sizes, _tell))
    _report(measured, load, time.monotonic() - begun)
    return 1 if measured.failures else 0


def _filled(system: System, pace: Pace) -> Bench:
    system.start(lambda what: _tell(f"starting {what}"))
    _tell("a family through the gateway, and its copies")
    seeded = asyncio.run(seeding.seed(system))
    asyncio.run(scratch.make(system))
    scratch.migrate(system)
    asyncio.run(scratch.fill(system, seeded))
    return Bench(system, seeded, pace, _tell)


def _measure(bench: Bench, measured: Measured) -> None:
    for name, measure in _ROWS.items():
        measured.rows += measured.attempt(name, partial(measure, bench)) or ()
    hooked = measured.attempt("webhooks", partial(hooking.hooking, bench))
    measured.factors += [] if hooked is None else [hooked]
    stored_many = measured.attempt("decision over HTTP", partial(stored.deciding, bench))
    if stored_many is not None:
        measured.rows += stored_many.rows
        measured.factors += stored_many.factors
    few = [row for row in measured.rows if row.name in _AMONG_MANY]
    if len(few) == len(_AMONG_MANY):
        among = measured.attempt("a million referrals", partial(many_referrals.among_many, bench, few))
        if among is not None:
            measured.rows += among.rows
            measured.factors += among.factors
    offers = importing.QUICK_OFFERS if bench.pace is QUICK else importing.OFFERS
    measured.imported = measured.attempt("import", lambda: importing.importing(bench, offers))


def _report(measured: Measured, load: float, seconds: float) -> None:
    rows, imported, curve, engines = measured.rows, measured.imported, measured.curve, measured.engines
    print(f"\nFamiliebro on {os.cpu_count()} cores, Python {platform.python_version()}, everything on loopback and on "
          f"the same cores; load average before the start {load:.1f}\n")  # fmt: skip
    if rows:
        print(figures.table(rows))
    if engines is not None:
        print("\n" + engines.table())
    if curve is not None:
        print("\n" + curve.table())
    further = (*measured.factors, engines, imported, curve)
    print("\n" + figures.mark_lines(rows, [each.mark() for each in further if each is not None]))
    for row in rows:
        if row.name in _EXPLAINED:
            print("\n" + figures.where_it_goes(row))
    for failure in measured.failures:
        print(f"\nFAILED  {failure}")
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps(_as_json(measured), indent=2, ensure_ascii=False) + "\n")
    print(f"\n{seconds:.0f} s; the same figures in {REPORT.relative_to(ROOT)}")


def _as_json(measured: Measured) -> Mapping[str, object]:
    told: dict[str, object] = dict(figures.as_json(measured.rows))
    told["factors"] = {each.name: asdict(each) for each in measured.factors}
    if measured.imported is not None:
        told["import"] = asdict(measured.imported) | {"rate": round(measured.imported.rate, 1)}
    if measured.engines is not None:
        told["engines"] = measured.engines.as_json()
    if measured.curve is not None:
        told["growth"] = measured.curve.as_json()
    return told


def _tell(what: str) -> None:
    print(f"  {what}", file=sys.stderr, flush=True)


def _stop(_number: int, _frame: FrameType | None) -> None:
    sys.exit(143)


def _single(measure: Callable[[Bench], Row]) -> Measuring:
    return lambda bench: [measure(bench)]


_ROWS: Mapping[str, Measuring] = {
    "decide in process, 1 record": _single(deciding.with_one),
    "decide in process, 1,000 records": _single(deciding.with_many),
    _POSTING: _single(over_http.posting),
    _READING: _single(over_http.reading),
    _LISTING: _single(many_referrals.listing),
    "ledger": ledgering.appending_and_sealing,
    "search": searching.searching,
}
