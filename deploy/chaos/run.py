"""`make chaos`: people work, processes die, and afterwards everything acknowledged is looked for."""

import asyncio
import json
import os
import random
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from deploy.chaos import checking
from deploy.chaos.killing import Killer
from deploy.chaos.listening import Heard, listening
from deploy.chaos.lives import Actor, Done, OutOfTime
from deploy.demo import identities
from deploy.demo.playing import Play
from deploy.demo.telling import Telling
from deploy.system import PROCESSES, ROOT, System

_SETTLE_S = 120.0
_QUIET_S = 90.0


@dataclass(frozen=True, slots=True)
class Told:
    """What a run came to."""

    killed: dict[str, int]
    lived: int
    unfinished: int
    referrals: int
    messages: int
    steps: int
    withdrawn: int
    refused: int
    webhooks: int
    webhooks_again: int
    seconds: int
    wrong: list[str]


def run(kills: int = 200, minutes: float = 20.0, actors: int = 4, seed: int | None = None) -> int:
    """Kill `kills` times within `minutes`, print what came of it, write build/chaos.json; return 0 if all is well."""
    seed = random.SystemRandom().randrange(10**6) if seed is None else seed
    print(f"{kills} kills among {actors} who work, at most {minutes:g} minutes; seed {seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="familiebro-chaos-") as folder:
        told = disturb(Path(folder), kills, minutes, actors, seed)
    _print(told)
    (ROOT / "build").mkdir(exist_ok=True)
    kept = {name: getattr(told, name) for name in Told.__slots__}
    (ROOT / "build" / "chaos.json").write_text(json.dumps(kept | {"seed": seed}, indent=2) + "\n")
    enough = sum(told.killed.values()) >= kills
    if not enough:
        print(f"only {sum(told.killed.values())} kills in the time there was")
    return 0 if enough and not told.wrong else 1


def disturb(folder: Path, kills: int, minutes: float, actors: int, seed: int) -> Told:
    """Start a system of its own, let people work while its processes die, and look afterwards."""
    began = time.monotonic()
    system = System(folder, {"GATEWAY_REQUESTS_PER_MINUTE": "1000000"})
    system.start()
    try:
        stop = threading.Event()
        workers = [Actor(system, stop, random.Random(seed + place)) for place in range(actors)]  # noqa: S311
        killer = Killer(system, kills, began + minutes * 60, random.Random(seed), _tell)  # noqa: S311
        with listening() as (address, heard):
            _listen(system, address)
            failed = _work(workers, killer, stop, system)
            lived = [life for actor in workers for life in actor.lived]
            wrong = [*failed, *_look(system, lived, heard)]
    finally:
        _keep_logs(system)
        system.stop()
    return _told(killer, workers, lived, heard, wrong, began)


def _work(workers: list[Actor], killer: Killer, stop: threading.Event, system: System) -> list[str]:
    """Let everybody work until the killing is over and what was begun is done; return who could not go on."""
    failed: list[str] = []
    with ThreadPoolExecutor(len(workers)) as pool:
        living = [pool.submit(actor.run) for actor in workers]
        killer.run(stop)
        _all_up(system, killer)
        stop.set()
        for each in living:
            try:
                each.result()
            except OutOfTime as error:
                failed.append(f"never acknowledged: {error}")
    return failed


def _all_up(system: System, killer: Killer) -> None:
    """Start what is down; a server that is stuck in its recovery is started anew, as whoever watches over it would."""
    for name in PROCESSES:
        if name not in system.running or system.running[name].poll() is not None:
            system.running.pop(name, None)
            system.start_process(name)
    try:
        system.wait_until_ready()
    except RuntimeError:
        _tell("the database does not come back by itself; it is started anew")
        killer.kill_server()
        system.wait_until_ready()


def _listen(system: System, address: str) -> None:
    """Have the midwives' system told of everything by webhook."""
    playing = Play(system, Telling(StringIO()))
    playing.post(identities.SYSTEM, "/webhooks", {"url": address}).raise_for_status()
    playing.close()


def _look(system: System, lived: list[Done], heard: Heard) -> list[str]:
    in_time = asyncio.run(checking.settled(system, _SETTLE_S))
    wrong = [] if in_time else ["the workers did not finish in time"]
    wrong += asyncio.run(checking.wrongs(system, lived))
    wrong += asyncio.run(checking.unheard(system, heard))
    return wrong + [f"the ledger of {name} does not verify" for name, whole in checking.verify(system) if not whole]


def _told(
    killer: Killer, workers: list[Actor], lived: list[Done], heard: Heard, wrong: list[str], began: float
) -> Told:
    return Told(
        killed=dict(sorted(killer.killed.items())),
        lived=len(lived),
        unfinished=sum(len(actor.unfinished) for actor in workers),
        referrals=sum(1 for life in lived if life.referral),
        messages=sum(len(life.messages) for life in lived),
        steps=sum(len(life.states) for life in lived),
        withdrawn=sum(life.withdrawn for life in lived),
        refused=sum(actor.refused for actor in workers),
        webhooks=len(heard.times),
        webhooks_again=sum(heard.times.values()) - len(heard.times),
        seconds=round(time.monotonic() - began),
        wrong=wrong,
    )


def _print(told: Told) -> None:
    print(f"killed: {', '.join(f'{name} {times}' for name, times in told.killed.items())}")
    print(
        f"in {told.seconds} s: {told.lived} lives, {told.referrals} referrals, {told.messages} messages, {told.steps} "
        f"steps and {told.withdrawn} withdrawals acknowledged; {told.refused} times nobody could answer"
    )
    print(f"{told.webhooks} webhooks heard, {told.webhooks_again} of them again under the same number")
    for each in told.wrong[:20]:
        print(f"  WRONG: {each}")
    print("nothing was lost, nothing was done twice, every ledger verifies" if not told.wrong else "NOT WELL")


def _keep_logs(system: System) -> None:
    kept = os.environ.get("CHAOS_LOGS")
    if kept:
        for log in (system.folder / "logs").glob("*.log"):
            Path(kept).mkdir(parents=True, exist_ok=True)
            (Path(kept) / log.name).write_bytes(log.read_bytes())


def _tell(text: str) -> None:
    print(f"  {text}", flush=True)
