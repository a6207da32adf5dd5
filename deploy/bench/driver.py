"""The load generator as its parent sees it: start it, ask for rounds, stop it."""

import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson

from deploy.bench import wire
from deploy.bench.figures import Round
from deploy.system import ROOT


class WrongAnswers(Exception):
    """Some answers were not a yes: the row has no figures."""


@dataclass(slots=True)
class Load:
    """A load generator on one port. Requests that are `unique` are sent once each, others over and over."""

    port: int
    requests: Iterable[bytes]
    folder: Path
    watch: Mapping[str, int]
    postmaster: int
    unique: bool = False
    clients: int = 8
    _process: "subprocess.Popen[bytes]" = field(init=False)

    def __enter__(self) -> Self:
        """Start it and wait until it is connected."""
        file = self.folder / "requests.bin"
        wire.write(file, self.requests)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "deploy.bench.load"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._ask({
            "port": self.port, "requests": str(file), "again": not self.unique, "clients": self.clients,
            "watch": dict(self.watch), "postmaster": self.postmaster,
        })  # fmt: skip
        return self

    def round(self, warm: float, seconds: float) -> Round:
        """Send for `warm` seconds without measuring, then for `seconds` with.

        Raises:
            WrongAnswers: any answer was not a yes, or never came.
        """
        told = self._ask({"warm": warm, "seconds": seconds})
        if told["wrong"]:
            raise WrongAnswers("; ".join(f"{count} × {what}" for what, count in told["wrong"].items()))
        return Round(len(told["latencies_ms"]), told["seconds"], told["latencies_ms"], told["cpu_s"])

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        """Stop it."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        (self.folder / "requests.bin").unlink(missing_ok=True)

    def _ask(self, what: Mapping[str, Any]) -> dict[str, Any]:
        process = self._process
        if process.stdin is None or process.stdout is None:
            raise WrongAnswers("the load generator has no way to be told")
        process.stdin.write(orjson.dumps(what) + b"\n")
        process.stdin.flush()
        line = process.stdout.readline()
        if not line:
            raise WrongAnswers("the load generator ended; what it wrote stands above")
        answer: dict[str, Any] = orjson.loads(line)
        return answer
