"""What every row needs around it: the running system, what is in it, and how long to measure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deploy.bench import costs, pgbench
from deploy.bench.bare import Script
from deploy.bench.seeding import Seeded
from deploy.system import System, Told


@dataclass(frozen=True, slots=True)
class Pace:
    """How many rounds, and how many seconds each side gets in a round."""

    rounds: int
    warm_s: float
    ours_s: float
    bare_s: float
    settle_s: float


USUAL = Pace(rounds=5, warm_s=0.5, ours_s=3.0, bare_s=2.0, settle_s=0.5)
QUICK = Pace(rounds=3, warm_s=0.2, ours_s=1.0, bare_s=1.0, settle_s=0.1)
# Up to how many requests a second are made beforehand where each is sent only once.
MOST_A_SECOND = 3000


@dataclass(frozen=True, slots=True)
class Bench:
    """A running system, filled, and the pace to measure it at."""

    system: System
    seeded: Seeded
    pace: Pace
    tell: Told
    folder: Path = field(init=False)

    def __post_init__(self) -> None:
        """Work in the system's folder."""
        object.__setattr__(self, "folder", self.system.folder)

    @property
    def processes(self) -> Mapping[str, int]:
        """The system's processes by name."""
        return {name: process.pid for name, process in self.system.running.items()}

    @property
    def postmaster(self) -> int:
        """PostgreSQL's first process."""
        return int((self.folder / "postgres" / "postmaster.pid").read_text().split()[0])

    def bare(self, *scripts: Script, clients: int = 8, options: str = "", warm: int = 0) -> float:
        """Return how often a second bare PostgreSQL does what one of the scripts says; all run on one database."""
        given = {name: value for script in scripts for name, value in script.values.items()}
        return pgbench.measure(
            self.system.server, scripts[0].database, [script.text for script in scripts], given,
            seconds=self.pace.bare_s, folder=self.folder, clients=clients, options=options, warm=warm,
        )  # fmt: skip

    def memory_mb(self) -> Mapping[str, float]:
        """Return the memory of each of the system's processes now."""
        return costs.memory_mb(self.processes)
