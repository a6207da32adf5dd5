"""`make demo`: start the whole system, play the story, say what to open, and keep serving."""

import fcntl
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

from deploy.demo import alone, divorce, exceptions, story
from deploy.demo.telling import Telling
from deploy.system import ROOT, System

_ADDRESSES = (
    ("Forside", "/"),
    ("API-dokumentation", "/docs"),
    ("Kataloget som JSON", "/api/v1/offers?municipality=0217"),
)


class Told(Exception):
    """Somebody asked the demo to stop."""


def demo_folder() -> Path:
    """Return where the demo keeps its data: .demo, or what DEMO_FOLDER in the environment says."""
    return Path(os.environ.get("DEMO_FOLDER") or ROOT / ".demo")


def run() -> int:
    """Run the demo; return 0 if everything came out as told.

    With DEMO_EXIT set in the environment it ends after the play, otherwise when it is told to.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    folder = demo_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        system = System(folder)
        tell = Telling()
        try:
            begun = time.monotonic()
            system.start(lambda what: tell.say(f"starter {what} …"))
            _write_addresses(system)
            tell.say(f"Klar efter {time.monotonic() - begun:.1f} s.")
            story.play(system, tell)
            divorce.play(system, tell, first=story.CHAPTERS + 1)
            alone.play(system, tell, first=story.CHAPTERS + divorce.CHAPTERS + 1)
            before = story.CHAPTERS + divorce.CHAPTERS + alone.CHAPTERS
            exceptions.play(system, tell, first=before + 1)
            _conclude(system, tell)
            if not os.environ.get("DEMO_EXIT"):
                _serve(system)
        except Told:
            tell.say("Stopper …")
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_IGN)
            system.stop()
        return 1 if tell.failures else 0


def _conclude(system: System, tell: Telling) -> None:
    tell.say("")
    if tell.failures:
        tell.say(f"{len(tell.failures)} af {tell.checks} trin kom ikke ud som fortalt:")
        for failure in tell.failures:
            tell.say(f"  – {failure}")
        return
    tell.say(f"Alle {tell.checks} trin og afslag kom ud som fortalt.")
    tell.say("")
    gateway = system.url("gateway")
    for name, path in _ADDRESSES:
        tell.say(f"{name:20} {gateway}{path}")
    tell.say(f"{'Tokens':20} uv run familiebro token WHO   (uden WHO: hvem der er)")
    tell.say(f"{'Logge':20} {system.folder}/logs")


def _serve(system: System) -> None:
    """Serve until told to stop; a process that ends by itself is said, and started again."""
    print("\n   Kører. Ctrl-C stopper alt.", flush=True)
    while True:
        time.sleep(0.5)
        for name, process in list(system.running.items()):
            if process.poll() is not None:
                print(f"   {name} stoppede ({process.returncode}); starter den igen.", file=sys.stderr, flush=True)
                system.start_process(name)


def _write_addresses(system: System) -> None:
    addresses = {name: system.url(name) for name in ("gateway", "directory", "consent", "referral", "concern")}
    addresses["postgres"] = f"postgresql://127.0.0.1:{system.ports['postgres']}"
    (system.folder / "addresses.json").write_text(json.dumps(addresses, indent=2) + "\n")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one demo at a time use the folder; the lock goes with the process, however it ends."""
    with (folder / "lock").open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            sys.exit(f"A demo is already running here; its addresses are in {folder}/addresses.json")
        yield


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    raise Told
