"""Kill -9, at moments nobody chose: a service, a worker, the gateway, a database process, the whole database."""

import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from deploy.system import PROCESSES, System

BACKEND, SERVER = "database process", "database"
VICTIMS = (*PROCESSES, BACKEND, SERVER)
_LONGEST_S, _ALIVE_S = 1.2, 20.0


@dataclass(slots=True)
class Killer:
    """Kills and starts again until it has killed enough, or its time is up."""

    system: System
    kills: int
    until: float
    chance: random.Random
    tell: Callable[[str], None]
    killed: Counter[str] = field(default_factory=Counter)

    def run(self, stop: threading.Event) -> None:
        """Kill at random moments; each is up again, or on its way, before the next falls."""
        order = [VICTIMS[place % len(VICTIMS)] for place in range(self.kills)]
        self.chance.shuffle(order)
        for number, victim in enumerate(order, 1):
            if time.monotonic() > self.until or stop.is_set():
                return
            time.sleep(self.chance.uniform(0.0, _LONGEST_S))
            if self._kill(victim):
                self.killed[victim] += 1
            if number % 20 == 0:
                self.tell(f"{number} kills")

    def _kill(self, victim: str) -> bool:
        if victim == SERVER:
            self.kill_server()
            return True
        if victim == BACKEND:
            return self._kill_backend()
        self.system.kill(victim)
        self.system.start_process(victim)
        return True

    def _kill_backend(self) -> bool:
        """Kill one process of the server: it throws all others out and recovers from its log by itself."""
        processes = [each for each in self._server_processes()[1:] if each.is_running()]
        if not processes:
            return False
        try:
            self.chance.choice(processes).send_signal(signal.SIGKILL)
        except psutil.NoSuchProcess:
            return False
        return True

    def kill_server(self) -> None:
        """Kill the server with everything it has, and start it from what is on the disk."""
        doomed = self._server_processes()
        for process in doomed:
            try:
                process.send_signal(signal.SIGKILL)
            except psutil.NoSuchProcess:
                continue
        psutil.wait_procs(doomed, timeout=_ALIVE_S)
        self.system.stop_database("immediate")
        self.system.start_database()

    def _server_processes(self) -> list[psutil.Process]:
        """Return the server's first process and its children; none, while it is not up."""
        noted = Path(self.system.folder / "postgres" / "postmaster.pid")
        try:
            port = f"{self.system.ports['postgres']}"
            if port not in noted.read_text():
                return []
        except OSError:
            return []
        found = [
            each for each in psutil.process_iter(["name", "cmdline"])
            if each.info["name"] == "postgres" and str(self.system.folder) in " ".join(each.info["cmdline"] or ())
        ]  # fmt: skip
        return [process for first in found for process in (first, *_children(first))]


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []
