"""The worker as a process: its queue's jobs send, and killed in the middle it loses nothing."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from services.referral.store import jobs
from tests.conftest import Databases
from tests.referral.deciding import World
from tests.referral.hooked import Hooked, hooked
from tests.support.keys import Keys
from tests.support.serving import ROOT
from tests.support.story import Sent
from tests.support.town import rows

_DEAD_AFTER_S = 2


@pytest.fixture
async def hook(dbs: Databases, keys: Keys, world: World) -> AsyncIterator[Hooked]:
    """A receiver, and the service that tells it; the queue is empty."""
    await rows(dbs.admin("referral"), "DELETE FROM queue.pgqueuer")
    async with hooked(dbs, keys, world) as lent:
        yield lent


@contextmanager
def working(hook: Hooked, directory_url: str, log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Run the referral worker, until the block ends."""
    dbs, keys = hook.world.play.dbs, hook.world.play.keys
    told = {
        "DATABASE_URL": dbs.app("referral"),
        "SEALER_DATABASE_URL": dbs.sealer("referral"),
        "LEDGER_KEY": keys.ledger,
        "IDENTITY_KEY": keys.private("referral"),
        "CONSENT_URL": hook.world.play.app.state.consent._base,
        "DIRECTORY_URL": directory_url,
        "WEBHOOK_KEYS": keys.webhooks,
        "WEBHOOK_NETWORKS_ALLOWED": "127.0.0.0/8",
        "QUEUE_DEAD_AFTER_S": _DEAD_AFTER_S,
        "LOG_LEVEL": "debug",
    }
    environment = {**os.environ, **{f"REFERRAL_{name}": str(value) for name, value in told.items()}}
    command = [sys.executable, "-m", "services.referral.worker"]
    with log.open("ab") as out, subprocess.Popen(command, env=environment, cwd=ROOT, stdout=out, stderr=out) as running:
        try:
            yield running
        finally:
            running.kill()


async def until(hook: Hooked, many: int, patience_s: float = 90) -> None:
    """Wait until so many messages have come."""
    async with asyncio.timeout(patience_s):
        while len(hook.receiver.came) < many:  # noqa: ASYNC110 - the receiver lives in another thread
            await asyncio.sleep(0.05)


async def until_heard(hook: Hooked, sent: Sent, types: list[str], patience_s: float = 90) -> list[str]:
    """Wait until so many messages of one referral have come; return their numbers. The worker tells of others, too."""
    async with asyncio.timeout(patience_s):
        while len(hook.receiver.types(sent.referral)) < len(types):  # noqa: ASYNC110 - it lives in another thread
            await asyncio.sleep(0.05)
    assert hook.receiver.types(sent.referral) == types
    return [headers["webhook-id"] for headers, body in list(hook.receiver.came) if sent.referral.encode() in body]


async def test_killed_in_the_middle_of_a_delivery_nothing_is_lost_and_the_number_stays(
    hook: Hooked, directory_url: str, tmp_path: Path
) -> None:
    made = await hook.make()
    sent = await hook.sent()
    hook.receiver.wait_s = 60
    log = tmp_path / "log"
    with working(hook, directory_url, log) as running:
        await until_heard(hook, sent, ["sent"])
        running.kill()
        running.wait()
    (waits,) = [each for each in await hook.deliveries(made) if each["referral"] == sent.referral]
    assert (waits["status"], waits["attempts"]) == ("pending", 0)
    assert [row["status"] for row in await rows(hook.world.play.dbs.admin("referral"),
            "SELECT status::text FROM queue.pgqueuer")] == ["picked"]  # fmt: skip
    hook.receiver.wait_s = 0
    with working(hook, directory_url, log):
        await until_heard(hook, sent, ["sent", "sent"])
        await hook.read(sent)
        numbers = await until_heard(hook, sent, ["sent", "sent", "received"])
    assert numbers[0] == numbers[1] != numbers[2]
    told = log.read_text()
    assert "hemmelig" not in told
    assert made["secret"] not in told
    assert sent.subject not in told


async def test_when_the_queues_connections_break_again_and_again_it_goes_on(
    hook: Hooked, directory_url: str, tmp_path: Path
) -> None:
    await hook.make()
    broken = """SELECT count(pg_terminate_backend(pid)) AS many FROM pg_stat_activity
                WHERE application_name = 'referral-queue'"""
    with working(hook, directory_url, tmp_path / "log") as running:
        for turn in range(1, 5):
            await hook.sent()
            await until(hook, turn)
            (row,) = await rows(hook.world.play.dbs.admin("referral"), broken)
            assert row["many"] > 0
        assert running.poll() is None


async def test_a_webhook_has_one_job_at_a_time(hook: Hooked) -> None:
    """So an address gets no more at once than it may, however many workers there are."""
    made = await hook.make()
    await hook.sent()
    url = hook.world.play.dbs.app("referral")
    for _ in range(3):
        await hook.carry()
    found = await rows(url, "SELECT dedupe_key, status::text FROM queue.pgqueuer")
    assert [(row["dedupe_key"], row["status"]) for row in found] == [(f"webhook {made['id']}", "queued")]


async def test_the_app_role_cannot_change_how_the_queue_is_made(hook: Hooked) -> None:
    connection = await asyncpg.connect(hook.world.play.dbs.app("referral"))
    try:
        for statement in ("ALTER TABLE queue.pgqueuer ADD COLUMN x int", "DROP TABLE queue.pgqueuer_log",
                          "TRUNCATE queue.pgqueuer", "CREATE TABLE queue.x (id int)"):  # fmt: skip
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
    finally:
        await connection.close()


async def test_a_job_is_put_in_the_transaction_it_belongs_to(hook: Hooked) -> None:
    """Where that is undone, there is no job; where it is committed, job and rows are there together."""
    made = await hook.make()
    await hook.sent()
    url = hook.world.play.dbs.app("referral")
    connection = await asyncpg.connect(url)
    try:
        undone = connection.transaction()
        await undone.start()
        await jobs.serve(connection, [uuid4()])
        await undone.rollback()
        assert await connection.fetchval("SELECT count(*) FROM queue.pgqueuer") == 0
    finally:
        await connection.close()
    await hook.carry()
    assert [each["status"] for each in await hook.deliveries(made)] == ["pending"]
    assert len(await rows(url, "SELECT id FROM queue.pgqueuer")) == 1
