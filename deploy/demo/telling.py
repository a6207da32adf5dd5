"""Tell the story as it happens, and remember whether each step came out as told."""

import sys
from dataclasses import dataclass, field
from typing import TextIO

_BOLD, _GREEN, _RED, _DIM, _END = "\033[1m", "\033[32m", "\033[31m", "\033[2m", "\033[0m"


@dataclass(slots=True)
class Telling:
    """Where the story is told; `failures` is what did not come out as told."""

    out: TextIO = field(default_factory=lambda: sys.stdout)
    failures: list[str] = field(default_factory=list)
    checks: int = 0

    def chapter(self, number: int, danish: str, english: str) -> None:
        """Begin a step of the story."""
        self._line()
        self._line(self._in(_BOLD, f"{number}. {danish}"))
        self._line(self._in(_DIM, f"   ({english})"))

    def say(self, text: str) -> None:
        """Tell something."""
        self._line(f"   {text}")

    def quote(self, who: str, text: str) -> None:
        """Tell what somebody reads or wrote."""
        self._line(f"     {self._in(_DIM, who + ':')} {text}")

    def expect(self, text: str, *, true: bool) -> None:
        """Tell something that must be so."""
        self.checks += 1
        if true:
            self._line(f"   {self._in(_GREEN, '✓')} {text}")
        else:
            self.failures.append(text)
            self._line(f"   {self._in(_RED, '✗ IKKE SOM FORTALT:')} {text}")

    def _in(self, colour: str, text: str) -> str:
        return f"{colour}{text}{_END}" if self.out.isatty() else text

    def _line(self, text: str = "") -> None:
        print(text, file=self.out, flush=True)
