"""Bare PostgreSQL: pgbench with prepared statements, eight clients, its figures read from what it prints."""

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from deploy import postgres

_RATE = re.compile(r"^tps = ([\d.]+) \(without initial connection time\)", re.MULTILINE)
_FAILED = re.compile(r"^number of failed transactions: (\d+)", re.MULTILINE)
_PLACE = re.compile(r"\$(\d+)")


def measure(
    server: postgres.Server, database: str, script: str, values: Mapping[str, str], *, seconds: float,
    folder: Path, clients: int = 8,
) -> float:  # fmt: skip
    """Return how often a second the script's transactions were done.

    Raises:
        RuntimeError: a statement failed; the text is pgbench's.
    """
    file = folder / "bare.sql"
    file.write_text(script)
    given = [part for name, value in values.items() for part in ("-D", f"{name}={value}")]
    done = subprocess.run(
        [*postgres.program("pgbench"), "-n", "-M", "prepared", "-c", str(clients), "-j", str(min(2, clients)),
         "-T", str(max(1, round(seconds))), "-f", str(file), *given, "-h", "127.0.0.1", "-p", str(server.port),
         "-U", postgres.SUPERUSER, database],
        check=False, capture_output=True, text=True,
        env={**os.environ, "PGPASSWORD": server.password, "LC_ALL": "C"},
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return rate_of(done.stdout)


def rate_of(printed: str) -> float:
    """Return the transactions a second that pgbench printed.

    Raises:
        RuntimeError: it printed none, or some failed.
    """
    rate, failed = _RATE.search(printed), _FAILED.search(printed)
    if rate is None or (failed is not None and int(failed[1])):
        raise RuntimeError(printed[-2000:])
    return float(rate[1])


def filled(statement: str, places: Mapping[int, str]) -> str:
    """Return a service's own statement as one line of a script, each `$n` replaced by what `places` says.

    Raises:
        KeyError: a placeholder has nothing to stand for it.
    """
    without_notes = re.sub(r"--[^\n]*", "", statement)
    return " ".join(_PLACE.sub(lambda found: places[int(found[1])], without_notes).split()) + ";"
