"""The whole system on one machine: the embedded database, and each service as its own process on loopback.

The demo, the journey tests and the benchmarks start it from here, so what is shown is what is tested.
"""

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import psutil

from deploy import databases, postgres
from deploy.keys import Folder

ROOT = Path(__file__).resolve().parent.parent
READY_S = 40
STOP_S = 8
_SET_PDEATHSIG = 1
# name -> module; the order is the order of starting.
PROCESSES: Mapping[str, str] = {
    "directory": "services.directory",
    "consent": "services.consent",
    "referral": "services.referral",
    "concern": "services.concern",
    "gateway": "gateway",
    "directory-worker": "services.directory.worker",
    "consent-worker": "services.consent.worker",
    "referral-worker": "services.referral.worker",
    "concern-worker": "services.concern.worker",
}
SERVING = ("directory", "consent", "referral", "concern", "gateway")
Told = Callable[[str], None]


@dataclass(slots=True)
class System:
    """A running system: `start` it, `stop` it, `kill` or `restart` one process of it."""

    folder: Path
    extra_env: Mapping[str, str] = field(default_factory=dict)
    unsafe_but_fast: bool = False
    keys: Folder = field(init=False)
    ports: dict[str, int] = field(init=False, default_factory=dict)
    server: postgres.Server = field(init=False)
    running: dict[str, subprocess.Popen[bytes]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Make the folder that holds data, keys and logs."""
        self.folder = self.folder.resolve()
        (self.folder / "logs").mkdir(parents=True, exist_ok=True)
        self.keys = Folder(self.folder / "keys")

    def start(self, tell: Told = lambda _: None) -> None:
        """Start everything, migrate, load the directory; returns when every service is ready.

        Raises:
            RuntimeError: something did not come up; the text says what, and where its log is.
        """
        self.clear_away()
        self.ports = self._choose_ports()
        tell("PostgreSQL 18")
        self.start_database()
        databases.prepare(self.server.url(), self.keys.passwords())
        tell("migrations and reference data")
        self._prepare_data()
        tell("services: " + ", ".join(PROCESSES))
        for name in PROCESSES:
            self.start_process(name)
        self.wait_until_ready()

    def start_database(self) -> None:
        """Start the database server on its port."""
        self.server = postgres.start(
            self.folder / "postgres", self.keys.secret("postgres"), self.ports["postgres"],
            fast_and_unsafe=self.unsafe_but_fast,
        )  # fmt: skip

    def stop_database(self, mode: str = "fast") -> None:
        """Stop the database server; `immediate` is what a power cut looks like."""
        postgres.stop(self.folder / "postgres", mode=mode)

    def url(self, name: str) -> str:
        """Return where a service answers."""
        return f"http://127.0.0.1:{self.ports[name]}"

    def database_url(self, service: str, *, role: str = "app") -> str:
        """Return a database's address, as app role, owner, sealer or superuser ("admin")."""
        if role == "admin":
            return self.server.url(service)
        user = {"app": databases.app, "owner": databases.owner, "sealer": databases.sealer}[role](service)
        return self.server.url(service, user, self.keys.passwords()[user])

    def start_process(self, name: str) -> None:
        """Start one process; its log is appended to logs/<name>.log."""
        log: IO[bytes]
        with (self.folder / "logs" / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                [sys.executable, "-m", PROCESSES[name]], cwd=ROOT, env=self._env(name), stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True, preexec_fn=_end_with_parent,  # noqa: PLW1509
            )  # fmt: skip
        self._write_down()

    def kill(self, name: str) -> None:
        """Kill one process at once (SIGKILL), and wait until it is gone."""
        self.running[name].send_signal(signal.SIGKILL)
        self.running.pop(name).wait()

    def wait_until_ready(self, names: Sequence[str] = SERVING) -> None:
        """Wait until each named service says it is ready.

        Raises:
            RuntimeError: one ended, or took too long.
        """
        deadline = time.monotonic() + READY_S
        for name in names:
            while not _answers(self.url(name) + "/health/ready"):
                process = self.running.get(name)
                if process is None or process.poll() is not None or time.monotonic() > deadline:
                    log = self.folder / "logs" / f"{name}.log"
                    msg = f"{name} did not become ready; see {log}"
                    raise RuntimeError(msg)
                time.sleep(0.03)

    def stop(self) -> None:
        """Stop every process and the database; nothing is left running."""
        for process in self.running.values():
            process.terminate()
        deadline = time.monotonic() + STOP_S
        for process in self.running.values():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.running.clear()
        if (self.folder / "postgres").exists():
            self.stop_database()
        (self.folder / "processes.json").unlink(missing_ok=True)

    def clear_away(self) -> None:
        """End what a killed start left behind: only processes that are surely ours."""
        noted = self.folder / "processes.json"
        if noted.exists():
            for pid, born in json.loads(noted.read_text()).values():
                try:
                    process = psutil.Process(pid)
                    if abs(process.create_time() - born) < 1:
                        process.kill()
                        process.wait(STOP_S)
                except psutil.NoSuchProcess:
                    continue
            noted.unlink()
        self.stop_database()

    def _write_down(self) -> None:
        told = {name: (process.pid, psutil.Process(process.pid).create_time())
                for name, process in self.running.items() if process.poll() is None}  # fmt: skip
        (self.folder / "processes.json").write_text(json.dumps(told))

    def _choose_ports(self) -> dict[str, int]:
        """Keep the ports of last time where they are free, so that addresses stay what people wrote down."""
        kept = self.folder / "ports.json"
        before: dict[str, int] = json.loads(kept.read_text()) if kept.exists() else {}
        chosen: dict[str, int] = {}
        for name in ("postgres", *SERVING):
            port = before.get(name)
            if port is None or port in chosen.values() or not postgres.is_free(port):
                port = postgres.free_port(taken=frozenset(chosen.values()) | frozenset(before.values()))
            chosen[name] = port
        kept.write_text(json.dumps(chosen))
        return chosen

    def _prepare_data(self) -> None:
        with ThreadPoolExecutor() as pool:
            done = list(pool.map(self._run_owner, [f"services.{name}.migrate" for name in databases.SERVICES]))
        done.append(self._run_owner("services.directory.load"))
        failed = [text for code, text in done if code]
        if failed:
            raise RuntimeError("\n".join(failed))

    def _run_owner(self, module: str) -> tuple[int, str]:
        service = module.split(".")[1]
        env = {**_bare_env(), f"{service.upper()}_OWNER_DATABASE_URL": self.database_url(service, role="owner")}
        done = subprocess.run(
            [sys.executable, "-m", module], cwd=ROOT, env=env, check=False, capture_output=True, text=True
        )
        return done.returncode, f"{module}: {done.stdout[-2000:]}{done.stderr[-4000:]}"

    def _env(self, name: str) -> dict[str, str]:
        service = name.removesuffix("-worker")
        told: dict[str, Any] = {
            "host": "127.0.0.1",
            "port": self.ports[service],
            "trusted_keys": self.keys.trusted,
            **{f"{other}_url": self.url(other) for other in databases.SERVICES if other != service},
        }
        if service != "directory":
            told |= {"identity_key": self.keys.identity(service)}
        if name == "directory":
            told |= {"public_url": self.url("gateway")}
        if name == "consent":
            told |= {"identifier_keys": self.keys.identifiers}
        if name == "concern":
            told |= {"seal_keys": self.keys.seals}
        if service == "referral":
            told |= {"webhook_keys": self.keys.webhooks, "webhook_networks_allowed": "127.0.0.0/8"}
        if service == "gateway":
            told |= {"clients": self.keys.clients, "identity_providers": self.keys.PROVIDER}
        else:
            told |= {"database_url": self.database_url(service)}
        if name != service:
            told |= {
                "ledger_key": self.keys.ledger(service),
                "sealer_database_url": self.database_url(service, role="sealer"),
            }
        prefix = service.upper()
        own = {f"{prefix}_{key.upper()}": str(value) for key, value in told.items()}
        return {**_bare_env(), **own, **self.extra_env}


def _bare_env() -> dict[str, str]:
    """Return the environment without what could change a service's settings from outside."""
    return {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(tuple(f"{name.upper()}_" for name in (*databases.SERVICES, "gateway")))
    } | {"PYTHONDONTWRITEBYTECODE": "", "PYTHONUNBUFFERED": "1"}


def _end_with_parent() -> None:
    """Ask the kernel to end this process when the one that started it dies, however it dies (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_PDEATHSIG, signal.SIGTERM)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own loopback address
            return bool(answer.status == 200)  # noqa: PLR2004
    except (urllib.error.URLError, OSError):
        return False
