"""The run that kills everything: it finds what is lost or doubled, and a short one finds nothing."""

import random
import threading
from pathlib import Path

import pytest

from deploy.chaos import checking
from deploy.chaos.lives import Actor, Done
from deploy.chaos.run import disturb
from deploy.demo.auditing import run_as_superuser
from deploy.system import System

pytestmark = pytest.mark.journey


class Once(threading.Event):
    """Says stop after one life."""

    def __init__(self) -> None:
        super().__init__()
        self._asked = 0

    def is_set(self) -> bool:
        """Say go on, once."""
        self._asked += 1
        return self._asked > 1


async def lived(system: System, seed: int) -> list[Done]:
    """Live one life on the running system, and wait until the workers are done."""
    actor = Actor(system, Once(), random.Random(seed))  # noqa: S311 - which story, not a secret
    actor.run()
    assert await checking.settled(system, 30)
    return actor.lived


async def _others(system: System, lives: list[Done]) -> set[str]:
    """Return what is said of the lives alone: other tests have left a thousand things on this system."""
    return {each for each in await checking.wrongs(system, lives) if each.startswith(("a life", "an ack", "words"))}


# The seed decides how far a life goes.
@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("DELETE FROM piece WHERE text = '{secret}' RETURNING 1", "words kept 0 times"),
        ("DELETE FROM idempotency WHERE key = '{key}' RETURNING 1", "an acknowledged referral is lost"),
        ("DELETE FROM idempotency WHERE made = '{message}' RETURNING 1", "an acknowledged message is lost"),
    ],
)
async def test_what_is_lost_is_found(system: System, statement: str, says: str) -> None:
    lives = await lived(system, 1)
    assert await _others(system, lives) == set()
    told = {"secret": lives[0].secret, "key": lives[0].key, "message": next(iter(lives[0].messages.values()))}
    run_as_superuser_soon(system, statement.format(**told))
    assert await _others(system, lives) == {says}


def run_as_superuser_soon(system: System, statement: str) -> None:
    """Change what nobody may change, from outside this test's event loop."""
    done = threading.Thread(target=run_as_superuser, args=(system.database_url("referral", role="admin"), statement))
    done.start()
    done.join()


def test_a_short_run_of_killing_loses_and_doubles_nothing(tmp_path: Path) -> None:
    told = disturb(tmp_path, kills=9, minutes=2, actors=2, seed=3)
    assert told.wrong == []
    assert sum(told.killed.values()) >= 8
    assert (told.lived, told.unfinished) > (1, 0)
    assert told.unfinished == 0
