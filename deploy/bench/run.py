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
from types import FrameType

from deploy import postgres
from deploy.bench import deciding, figures, ledgering, over_http, scratch, seeding
from deploy.bench.bench import QUICK, USUAL, Bench, Pace
from deploy.bench.figures import Row
from deploy.system import ROOT, System
from shared.logging import set_up

FOLDER = ROOT / "build" / "bench-system"
REPORT = ROOT / "build" / "bench.json"
_POSTING = "post a referral"
# The limits are there to slow one caller down; here one caller is the whole load.
_UNLIMITED: Mapping[str, str] = {
    "GATEWAY_REQUESTS_PER_MINUTE": "100000000",
    "GATEWAY_ANONYMOUS_REQUESTS_PER_MINUTE": "100000000",
    "GATEWAY_TOKEN_LIFETIME_S": "3600",
}
Measuring = Callable[[Bench], Sequence[Row]]


def run() -> int:
    """Measure everything; 0 unless something did not answer as it should. A missed mark fails nothing.

    With BENCH_QUICK set in the environment it takes less than a minute, and its figures are rougher.
    """
    signal.signal(signal.SIGTERM, _stop)
    set_up("bench", "error")
    begun = time.monotonic()
    pace = QUICK if os.environ.get("BENCH_QUICK") else USUAL
    shutil.rmtree(FOLDER, ignore_errors=True)
    load = os.getloadavg()[0]
    system = System(FOLDER, _UNLIMITED)
    try:
        rows, failures = _measure(_filled(system, pace))
    finally:
        system.stop()
        postgres.remove(FOLDER / "postgres")
    _report(rows, failures, load, time.monotonic() - begun)
    return 1 if failures else 0


def _filled(system: System, pace: Pace) -> Bench:
    system.start(lambda what: _tell(f"starting {what}"))
    _tell("a family through the gateway, and its copies")
    seeded = asyncio.run(seeding.seed(system))
    asyncio.run(scratch.make(system))
    scratch.migrate(system)
    asyncio.run(scratch.fill(system, seeded))
    return Bench(system, seeded, pace, _tell)


def _measure(bench: Bench) -> tuple[Sequence[Row], Sequence[str]]:
    rows: list[Row] = []
    failures: list[str] = []
    for name, measure in _ROWS.items():
        try:
            rows += measure(bench)
        except Exception as error:  # noqa: BLE001 - whatever stopped this row, the others keep their figures
            failures.append(f"{name}: {type(error).__name__}: {error}")
            _tell(f"FAILED {failures[-1]}")
    return rows, failures


def _report(rows: Sequence[Row], failures: Sequence[str], load: float, seconds: float) -> None:
    print(f"\nFamiliebro on {os.cpu_count()} cores, Python {platform.python_version()}, everything on loopback and on "
          f"the same cores; load average before the start {load:.1f}\n")  # fmt: skip
    if rows:
        print(figures.table(rows))
        print("\n" + figures.mark_lines(rows))
    for row in rows:
        if row.name == _POSTING:
            print("\n" + figures.where_it_goes(row))
    for failure in failures:
        print(f"\nFAILED  {failure}")
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps(figures.as_json(rows), indent=2, ensure_ascii=False) + "\n")
    print(f"\n{seconds:.0f} s; the same figures in {REPORT.relative_to(ROOT)}")


def _tell(what: str) -> None:
    print(f"  {what}", file=sys.stderr, flush=True)


def _stop(_number: int, _frame: FrameType | None) -> None:
    sys.exit(143)


def _single(measure: Callable[[Bench], Row]) -> Measuring:
    return lambda bench: [measure(bench)]


_ROWS: Mapping[str, Measuring] = {
    "decide in process, 1 record": _single(deciding.with_one),
    "decide in process, 1,000 records": _single(deciding.with_many),
    "decision over HTTP": _single(over_http.decision),
    _POSTING: _single(over_http.posting),
    "read a referral as recipient": _single(over_http.reading),
    "search offers": _single(over_http.searching),
    "ledger": ledgering.appending_and_sealing,
}
