"""What processes have cost so far: CPU seconds and memory, read from the kernel."""

from collections.abc import Mapping

import psutil

LOAD = "load generator"
POSTGRES = "PostgreSQL"
_MB = 1024 * 1024


def cpu_seconds(processes: Mapping[str, int], postmaster: int | None) -> dict[str, float]:
    """Return CPU seconds by name: the named processes, this one as the load generator, PostgreSQL by database."""
    spent = {name: _cpu(psutil.Process(pid)) for name, pid in processes.items()}
    spent[LOAD] = _cpu(psutil.Process())
    for process in psutil.Process(postmaster).children() if postmaster else ():
        try:
            name = backend_name(" ".join(process.cmdline()))
            spent[name] = spent.get(name, 0.0) + _cpu(process)
        except psutil.NoSuchProcess:
            continue
    return spent


def backend_name(title: str) -> str:
    """Return whose work a PostgreSQL process does, by its title: `postgres: consent_app consent 127.0.0.1(1) idle`."""
    words = title.removeprefix("postgres: ").split()
    if len(words) > 2 and "(" in words[2]:  # noqa: PLR2004 - role, database, address
        return f"{POSTGRES} for {words[1]}"
    return f"{POSTGRES} in the background"


def between(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """Return what was spent from one reading to the next; a process that ended in between counts as nothing."""
    return {name: max(0.0, now - before.get(name, 0.0)) for name, now in after.items()}


def memory_mb(processes: Mapping[str, int]) -> dict[str, float]:
    """Return resident memory by name, in megabytes."""
    return {name: round(psutil.Process(pid).memory_info().rss / _MB, 1) for name, pid in processes.items()}


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
