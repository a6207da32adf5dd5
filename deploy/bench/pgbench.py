"""Bare PostgreSQL: pgbench with prepared statements, eight clients, its figures read from what it prints."""

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean

from deploy import postgres

_RATE = re.compile(r"^tps = ([\d.]+) \(without initial connection time\)", re.MULTILINE)
_FAILED = re.compile(r"^number of failed transactions: (\d+)", re.MULTILINE)
_PROGRESS = re.compile(r"^progress: ([\d.]+) s, ([\d.]+) tps", re.MULTILINE)
# Progress is printed about once a second, not to the second.
_INEXACT_S = 0.5
_PLACE = re.compile(r"\$(\d+)")


def measure(
    server: postgres.Server, database: str, scripts: Sequence[str], values: Mapping[str, str], *, seconds: float,
    folder: Path, clients: int = 8, options: str = "", warm: int = 0,
) -> float:  # fmt: skip
    """Return how often a second the scripts' transactions were done; of several each turn takes one by chance.

    `options` are PostgreSQL's settings for its connections. The first `warm` seconds do not count: many scripts take
    as long to be planned on every connection.

    Raises:
        RuntimeError: a statement failed; the text is pgbench's.
    """
    lasting = max(1, round(seconds)) + (warm + 1 if warm else 0)
    given = ["-T", str(lasting), *(("-P", "1") if warm else ())]
    given += [part for name, value in values.items() for part in ("-D", f"{name}={value}")]
    for number, script in enumerate(scripts):
        file = folder / f"bare-{number}.sql"
        file.write_text(script)
        given += ["-f", str(file)]
    done = subprocess.run(
        [*postgres.program("pgbench"), "-n", "-M", "prepared", "-c", str(clients), "-j", str(min(2, clients)),
         *given, "-h", "127.0.0.1", "-p", str(server.port),
         "-U", postgres.SUPERUSER, database],
        check=False, capture_output=True, text=True,
        env={**os.environ, "PGPASSWORD": server.password, "LC_ALL": "C", "PGOPTIONS": options},
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    rate = rate_of(done.stdout)
    return rate_after(done.stderr, warm) if warm else rate


def rate_of(printed: str) -> float:
    """Return the transactions a second that pgbench printed.

    Raises:
        RuntimeError: it printed none, or some failed.
    """
    rate, failed = _RATE.search(printed), _FAILED.search(printed)
    if rate is None or (failed is not None and int(failed[1])):
        raise RuntimeError(printed[-2000:])
    return float(rate[1])


def rate_after(printed: str, warm: float) -> float:
    """Return the transactions a second after the first `warm` seconds, by the progress that pgbench printed.

    Raises:
        RuntimeError: it printed none of so late.
    """
    told = [(float(at), float(rate)) for at, rate in _PROGRESS.findall(printed)]
    late = [rate for at, rate in told if at > warm + _INEXACT_S]
    if not late:
        raise RuntimeError(printed[-2000:])
    return fmean(late)


def filled(statement: str, places: Mapping[int, str]) -> str:
    """Return a service's own statement as one line of a script, each `$n` replaced by what `places` says.

    Raises:
        KeyError: a placeholder has nothing to stand for it.
    """
    without_notes = re.sub(r"--[^\n]*", "", statement)
    return " ".join(_PLACE.sub(lambda found: places[int(found[1])], without_notes).split()) + ";"
