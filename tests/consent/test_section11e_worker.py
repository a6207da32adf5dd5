"""The consent worker as a process: its queue ends meetings and tells leaders, and killed midway it loses nothing."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import orjson
import pytest

from services.consent.store.section11e_jobs import Job
from tests.conftest import Databases
from tests.consent.section11e_world import SECRET, VISITORS, World, the_world
from tests.support.keys import Keys
from tests.support.serving import ROOT
from tests.support.town import rows

_DEAD_AFTER_S = 2
_NOWHERE = "http://127.0.0.1:1"


@pytest.fixture
async def world(dbs: Databases, keys: Keys) -> AsyncIterator[World]:
    """The municipality, whose queue is empty."""
    await rows(dbs.admin("consent"), "DELETE FROM queue.pgqueuer")
    async with the_world(dbs, keys) as lent:
        yield lent


@contextmanager
def working(world: World, log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Run the consent worker, until the block ends."""
    dbs, keys = world.dbs, world.keys
    told = {
        "DATABASE_URL": dbs.app("consent"),
        "SEALER_DATABASE_URL": dbs.sealer("consent"),
        "LEDGER_KEY": keys.ledger,
        "IDENTITY_KEY": keys.private("consent"),
        "REFERRAL_URL": _NOWHERE,
        "DIRECTORY_URL": _NOWHERE,
        "QUEUE_DEAD_AFTER_S": _DEAD_AFTER_S,
        "LOG_LEVEL": "debug",
    }
    environment = {**os.environ, **{f"CONSENT_{name}": str(value) for name, value in told.items()}}
    command = [sys.executable, "-m", "services.consent.worker"]
    with log.open("ab") as out, subprocess.Popen(command, env=environment, cwd=ROOT, stdout=out, stderr=out) as running:
        try:
            yield running
        finally:
            running.kill()


async def until(true: Callable[[], Awaitable[bool]], patience_s: float = 25) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(patience_s):
        while not await true():  # noqa: ASYNC110 - it comes about in another process
            await asyncio.sleep(0.05)


class Looking:
    """A look into the database at what a worker made of a meeting."""

    def __init__(self, world: World, meeting: str) -> None:
        self.world, self.meeting = world, meeting

    async def _rows(self, sql: str, *arguments: Any) -> list[Any]:
        return await rows(self.world.dbs.admin("consent"), sql, *arguments)

    async def job(self, job: Job) -> Any:
        """Return a job's row, or None."""
        found = await self._rows("SELECT status::text, execute_after > now() AS ahead, attempts FROM queue.pgqueuer "
                                 "WHERE dedupe_key = $1", f"{job} {self.meeting}")  # fmt: skip
        return found[0] if found else None

    async def hurry(self, job: Job) -> None:
        """Let a job fall due by the database's clock."""
        await self._rows("UPDATE queue.pgqueuer SET execute_after = now() WHERE dedupe_key = $1",
                         f"{job} {self.meeting}")  # fmt: skip

    async def is_over(self) -> bool:
        """Say whether the meeting was ended."""
        return (await self.world.state(self.meeting))["ended_at"] is not None

    async def has_run(self, job: Job) -> bool:
        """Say whether a job was done, and is gone."""
        return await self.job(job) is None

    async def entries(self, kind: str) -> list[dict[str, Any]]:
        """Return the ledger's entries of a kind."""
        found = await self._rows("SELECT entry::text AS entry FROM ledger_entry WHERE entry->>'meeting' = $1 "
                                 "AND entry->>'kind' = $2", self.meeting, kind)  # fmt: skip
        return [orjson.loads(row["entry"]) for row in found]


@pytest.mark.rule("R12", enforced_by="services.consent.worker:works")
async def test_r12_killed_in_the_middle_of_ending_a_meeting_another_worker_ends_it_once(
    world: World, tmp_path: Path
) -> None:
    """A job too early by the service's clock is kept before; after, the room is empty, and its place given back."""
    meeting = await world.opened()
    assert (await world.bring(meeting)).status_code == 201
    look, log = Looking(world, meeting), tmp_path / "log"
    holding = await asyncpg.connect(world.dbs.admin("consent"))
    try:
        await look.hurry(Job.END)
        with working(world, log) as running:

            async def kept() -> bool:
                job = await look.job(Job.END)
                return bool(job["status"] == "queued" and job["ahead"] and job["attempts"])

            await until(kept)
            assert (await world.state(meeting))["state"] == "open"
            await world.over(meeting)
            await holding.execute("BEGIN")
            await holding.execute("SELECT FROM section11e_meeting WHERE id = $1 FOR UPDATE", meeting)
            await look.hurry(Job.END)

            async def picked() -> bool:
                return bool((await look.job(Job.END))["status"] == "picked")

            await until(picked)
            running.kill()
            running.wait()
    finally:
        await holding.close()
    assert not await look.is_over()
    with working(world, log) as running:
        await until(look.is_over)
        await until(lambda: look.has_run(Job.END))
        await until(lambda: look.has_run(Job.OVERWRITE))
        running.send_signal(signal.SIGTERM)
        assert running.wait(timeout=10) == 0
    row = await world.state(meeting)
    assert (row["state"], row["ended_at"]) == ("held", row["ends_at"])
    (ended,) = await look.entries("section11e_ended")
    assert (ended["by_itself"], ended["actor"]["user"]) == (True, "consent-worker")
    assert await rows(world.dbs.admin("consent"), "SELECT id FROM section11e_brought WHERE meeting = $1", meeting) == []
    for job in (Job.OUTCOME, Job.INFORMING):
        assert (await look.job(job))["status"] == "queued"
    told = log.read_text()
    assert SECRET not in told
    assert "queue_down" not in told


@pytest.mark.rule("R14", enforced_by="services.consent.worker:meetings")
async def test_r14_what_lost_its_jobs_is_found_by_the_look_of_each_minute_when_a_worker_is_back(
    world: World, tmp_path: Path
) -> None:
    """One meeting is to be ended, of another the parents were not told: there are no jobs, and no worker was there."""
    late, open_still = Looking(world, await world.held()), Looking(world, await world.opened())
    await world.over(open_still.meeting)
    await rows(world.dbs.admin("consent"), "UPDATE section11e_meeting SET ended_at = ended_at - interval '15 days', "
               "inform_by = inform_by - interval '15 days' WHERE id = $1", late.meeting)  # fmt: skip
    await rows(world.dbs.admin("consent"), "DELETE FROM queue.pgqueuer")
    scheduled = "UPDATE queue.pgqueuer_schedules SET next_run = now() WHERE entrypoint = 'section11e_look' RETURNING id"

    async def told() -> bool:
        return len(await late.entries("section11e_overdue")) == 2

    with working(world, tmp_path / "log") as running:

        async def tick() -> bool:
            return bool(await rows(world.dbs.admin("consent"), scheduled))

        await until(tick)
        await until(told)
        await until(open_still.is_over)
        assert running.poll() is None
    assert {each["what"] for each in await late.entries("section11e_overdue")} == {"outcome", "informing"}
    assert len(await open_still.entries("section11e_ended")) == 1
    seen = (await world.ask("GET", "/overdue", world.leader())).json()["overdue"]
    assert [each["escalated_to"] for each in seen if each["meeting"] == late.meeting] == ["leader-1"] * 2
    assert (await world.ask("GET", "/prompts", world.by(VISITORS))).json()["prompts"][0]["late"] is True
