"""Jobs and looks of the queue: done once, at their time, whoever dies meanwhile."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from itertools import pairwise

import asyncpg
import pytest
from structlog.testing import CapturingLogger

from shared.clock import monotonic
from shared.problems import Unavailable
from shared.queue import Look, NotYet, Queue, Work, enqueue, tidy
from tests.conftest import Databases
from tests.support.serving import ROOT
from tests.support.town import rows

_PARKED = "SELECT * FROM queue.pgqueuer_log WHERE status = 'failed'"
_WORK = "test-work"
_LOOK = "test-look"
_SECONDLY, _YEARLY = "* * * * * *", "0 0 1 1 *"
_DEAD_AFTER = timedelta(seconds=1)
_LOOK_EVERY = timedelta(seconds=0.3)


@pytest.fixture
async def url(dbs: Databases) -> AsyncIterator[str]:
    """A database with a queue, empty, as its app role sees it."""
    await _emptied(dbs)
    yield dbs.app("referral")
    await _emptied(dbs)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> CapturingLogger:
    """What the queue tells in the log."""
    logger = CapturingLogger()
    monkeypatch.setattr("shared.queue.log", logger)
    return logger


async def _emptied(dbs: Databases) -> None:
    for table in ("pgqueuer", "pgqueuer_log", "pgqueuer_schedules"):
        await rows(dbs.admin("referral"), f"DELETE FROM queue.{table}")


async def put(url: str, *payloads: str, key: str | None = None, after: timedelta | None = None) -> None:
    """Put jobs, each with its own payload."""
    connection = await asyncpg.connect(url)
    try:
        await enqueue(connection, _WORK, [(payload.encode(), key) for payload in payloads], after)
    finally:
        await connection.close()


@asynccontextmanager
async def working(
    url: str,
    *works: Work,
    looks: Mapping[str, tuple[str, Look]] | None = None,
    name: str = "test-queue",
) -> AsyncIterator[list["asyncio.Task[None]"]]:
    """Run a worker for each way of doing the work, until the block ends."""
    queues = [Queue(url, name, dead_after=_DEAD_AFTER, look_every=_LOOK_EVERY) for _ in works]
    running = [
        asyncio.create_task(queue.run({_WORK: work}, looks, pause_s=0.1))
        for queue, work in zip(queues, works, strict=True)
    ]
    try:
        yield running
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def noting(done: list[str]) -> Work:
    """Return work that notes what it was given."""

    async def work(payload: bytes) -> None:
        done.append(payload.decode())

    return work


async def until(true: Callable[[], object], patience_s: float = 15) -> None:
    """Wait until it is so."""
    async with asyncio.timeout(patience_s):
        while not true():  # noqa: ASYNC110 - what is waited for comes from the queue
            await asyncio.sleep(0.02)


async def until_empty(url: str) -> None:
    """Wait until no job is left."""
    async with asyncio.timeout(15):
        while await rows(url, "SELECT id FROM queue.pgqueuer"):  # noqa: ASYNC110 - it lives in the database
            await asyncio.sleep(0.05)


async def test_a_job_waits_for_its_moment_and_then_is_done(url: str) -> None:
    done: list[str] = []
    began = monotonic()
    await put(url, "later", after=timedelta(seconds=1.2))
    await put(url, "at once")
    async with working(url, noting(done)):
        await until(lambda: done)
        assert done == ["at once"]
        await until(lambda: len(done) > 1)
        assert monotonic() - began >= 1.2
        await until_empty(url)
    assert done == ["at once", "later"]


async def test_a_job_that_fell_due_while_no_worker_ran_is_done_by_the_first(dbs: Databases, url: str) -> None:
    done: list[str] = []
    await put(url, "due", "not due", after=timedelta(days=14))
    await rows(
        dbs.admin("referral"),
        "UPDATE queue.pgqueuer SET execute_after = execute_after - interval '40 days' WHERE payload = 'due'",
    )
    async with working(url, noting(done)):
        await until(lambda: done)
    assert done == ["due"]
    assert [row["payload"] for row in await rows(url, "SELECT payload FROM queue.pgqueuer")] == [b"not due"]


async def test_two_workers_do_each_job_once(url: str) -> None:
    done: list[tuple[str, str]] = []
    begun: set[str] = set()

    def work_of(worker: str) -> Work:
        async def work(payload: bytes) -> None:
            begun.add(worker)
            await until(lambda: len(begun) == 2)  # one alone takes 32 at once: the other must take the rest
            done.append((payload.decode(), worker))

        return work

    wanted = sorted(str(number) for number in range(60))
    async with working(url, work_of("mine"), work_of("theirs")):
        await put(url, *wanted)
        await until(lambda: len(done) >= len(wanted))
        await until_empty(url)
    assert sorted(payload for payload, _ in done) == wanted
    assert {worker for _, worker in done} == {"mine", "theirs"}


_HANGS = """
import asyncio, sys
from shared.queue import Queue
async def work(payload):
    print("begun", flush=True)
    await asyncio.sleep(600)
asyncio.run(Queue(sys.argv[1], "test-queue").run({"test-work": work}))
"""


async def test_the_job_of_a_worker_that_was_killed_is_done_by_the_next(url: str) -> None:
    done: list[str] = []
    await put(url, "begun twice")
    command = [sys.executable, "-c", _HANGS, url]
    other = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=subprocess.PIPE)
    try:
        assert other.stdout is not None
        assert await other.stdout.readline() == b"begun\n"
    finally:
        other.kill()
        await other.wait()
    assert [row["status"] for row in await rows(url, "SELECT status::text FROM queue.pgqueuer")] == ["picked"]
    await asyncio.sleep(_DEAD_AFTER.total_seconds() + 0.1)
    async with working(url, noting(done)):
        await until(lambda: done)
        await until_empty(url)
    assert done == ["begun twice"]


async def test_a_worker_told_to_stop_ends_what_it_has_begun(url: str) -> None:
    began: list[str] = []
    done: list[str] = []

    async def work(payload: bytes) -> None:
        began.append(payload.decode())
        await asyncio.sleep(0.4)
        done.append(payload.decode())

    await put(url, "begun")
    async with working(url, work, looks={_LOOK: (_YEARLY, _nothing)}):
        await until(lambda: began)
        assert done == []
    assert done == ["begun"]
    assert await rows(url, "SELECT id FROM queue.pgqueuer") == []


async def test_of_two_jobs_with_one_key_one_is_kept_until_it_is_done(url: str) -> None:
    done: list[str] = []

    async def work(payload: bytes) -> None:
        await put(url, "again under its own key", key="one")
        done.append(payload.decode())

    await put(url, "first", key="one")
    await put(url, "second", key="one")
    await put(url, "no key")
    await put(url, "other", key="two")
    assert len(await rows(url, "SELECT id FROM queue.pgqueuer")) == 3
    async with working(url, work):
        await until(lambda: {"first", "no key", "other"} <= set(done))
        await asyncio.sleep(0.2)
    assert done.count("first") == 1
    assert "second" not in done


async def test_a_job_that_says_not_yet_comes_again(url: str) -> None:
    """As after a clock that was set back: it is not lost, though its key is taken while it is being done."""
    asked: list[float] = []

    async def work(_: bytes) -> None:
        asked.append(monotonic())
        if len(asked) < 3:
            raise NotYet(timedelta(seconds=0.3))

    await put(url, "clock", key="one")
    async with working(url, work):
        await until(lambda: len(asked) == 3)
        await until_empty(url)
    assert all(later - earlier >= 0.3 for earlier, later in pairwise(asked))


@pytest.mark.parametrize("failure", [Unavailable("directory"), asyncpg.UniqueViolationError("Havnegade"), OSError()])
async def test_a_job_that_finds_something_down_is_done_again_and_no_words_are_written_down(
    url: str, failure: Exception, told: CapturingLogger
) -> None:
    asked: list[str] = []

    async def work(payload: bytes) -> None:
        asked.append(payload.decode())
        if len(asked) == 1:
            raise failure

    await put(url, "id")
    async with working(url, work):
        await until(lambda: len(asked) == 2)
        await until_empty(url)
    (row,) = await rows(url, "SELECT traceback::text FROM queue.pgqueuer_log WHERE traceback IS NOT NULL")
    assert type(failure).__qualname__ in row["traceback"]
    (call,) = told.calls
    assert (call.args, call.kwargs["error"]) == (("job_kept",), type(failure).__qualname__)
    assert "Havnegade" not in row["traceback"] + str(call.kwargs)


async def test_a_job_that_fails_as_nobody_foresaw_is_parked_without_words_and_put_again(url: str) -> None:
    asked: list[str] = []

    async def work(payload: bytes) -> None:
        asked.append(payload.decode())
        if asked.count("id") == 1 and asked[-1] == "id":
            raise ValueError("Jasmin bor på Havnegade")

    await put(url, "id", key="one")
    async with working(url, work):
        await until(lambda: asked)
        await put(url, "other")
        await until(lambda: "other" in asked)
        async with asyncio.timeout(15):
            while not (kept := await rows(url, _PARKED)):  # noqa: ASYNC110 - it lives in the database
                await asyncio.sleep(0.05)
        connection = await asyncpg.connect(url)
        await tidy(connection)
        await connection.close()
        await until(lambda: asked.count("id") == 2)
        await until_empty(url)
    assert "ValueError" in str(kept)
    assert "Havnegade" not in str(kept)
    assert "Jasmin" not in str(kept)


async def test_what_was_parked_is_put_again_when_a_worker_starts_of_one_key_one_at_a_time(
    dbs: Databases, url: str
) -> None:
    done: list[str] = []
    for payload, key in (("parked", "one"), ("the same", "one"), ("no key", None)):
        await put(url, payload, key=key)
        await rows(dbs.admin("referral"), "UPDATE queue.pgqueuer SET status = 'failed'")
    async with working(url, noting(done)):
        await until(lambda: len(done) == 2)
    assert sorted(done) == ["no key", "parked"]
    async with working(url, noting(done)):
        await until_empty(url)
    assert done[2:] == ["the same"]


async def _nothing() -> None:
    """Look at nothing."""


async def _scheduled(dbs: Databases, cron: str, status: str, next_run: str, heartbeat: str) -> None:
    await rows(
        dbs.admin("referral"),
        f"""INSERT INTO queue.pgqueuer_schedules (expression, entrypoint, status, next_run, heartbeat)
            VALUES ('{cron}', '{_LOOK}', '{status}', now() + interval '{next_run}', now() + interval '{heartbeat}')""",
    )


@pytest.mark.parametrize(
    ("status", "next_run", "heartbeat"),
    [
        pytest.param("queued", "-40 days", "-40 days", id="no worker ran when it was due"),
        pytest.param("picked", "100 days", "-31 seconds", id="the worker that looked was killed"),
    ],
)
async def test_a_look_that_was_missed_is_made_up_for_once_by_two_workers(
    dbs: Databases, url: str, status: str, next_run: str, heartbeat: str
) -> None:
    looked: list[float] = []

    async def look() -> None:
        looked.append(monotonic())
        await asyncio.sleep(0.3)

    await _scheduled(dbs, _YEARLY, status, next_run, heartbeat)
    async with working(url, noting([]), noting([]), looks={_LOOK: (_YEARLY, look)}):
        await until(lambda: looked)
        await asyncio.sleep(0.7)
    assert len(looked) == 1
    (row,) = await rows(url, "SELECT status::text, next_run > now() AS ahead FROM queue.pgqueuer_schedules")
    assert (row["status"], row["ahead"]) == ("queued", True)


async def test_two_workers_look_once_a_tick_and_a_look_that_fails_comes_again(url: str, told: CapturingLogger) -> None:
    ticks: list[object] = []
    done: list[str] = []

    async def look() -> None:
        (row,) = await rows(url, "SELECT next_run FROM queue.pgqueuer_schedules")
        ticks.append(row["next_run"])
        raise (ValueError("nobody foresaw") if len(ticks) == 1 else Unavailable("directory"))

    async with working(url, noting(done), noting(done), looks={_LOOK: (_SECONDLY, look)}):
        await until(lambda: told.calls)
        await put(url, "still working")
        await until(lambda: done)
    assert len(set(ticks)) == len(ticks)
    assert len(ticks) >= 2
    assert {call.args for call in told.calls} == {("look_failed",)}


async def test_the_database_goes_away_and_comes_back_and_nothing_is_lost(dbs: Databases, url: str) -> None:
    done: list[str] = []
    looked: list[float] = []

    async def look() -> None:
        looked.append(monotonic())

    admin = await asyncpg.connect(dbs.server.url())
    try:
        async with working(url, noting(done), looks={_LOOK: (_SECONDLY, look)}) as (running,):
            await put(url, "before")
            await until_empty(url)
            await put(url, "meanwhile", after=timedelta(seconds=0.8))
            await admin.execute("ALTER DATABASE referral ALLOW_CONNECTIONS false")
            await admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'referral'")
            await asyncio.sleep(1)
            assert done == ["before"]
            away = len(looked)
            await admin.execute("ALTER DATABASE referral ALLOW_CONNECTIONS true")
            await until(lambda: len(done) > 1 and len(looked) > away)
            await put(url, "after")
            await until(lambda: len(done) > 2)
            assert not running.done()
    finally:
        with suppress(asyncpg.PostgresError):
            await admin.execute("ALTER DATABASE referral ALLOW_CONNECTIONS true")
        await admin.close()
    assert done == ["before", "meanwhile", "after"]


async def test_what_the_queue_did_long_ago_is_forgotten(dbs: Databases, url: str) -> None:
    for days, sealed in ((2, True), (4, True), (4, False)):
        await rows(
            dbs.admin("referral"),
            f"""INSERT INTO queue.pgqueuer_log (created, job_id, status, priority, entrypoint, aggregated)
                VALUES (now() - interval '{days} days', 1, 'successful', 0, '{_WORK}', {sealed})""",
        )
    connection = await asyncpg.connect(url)
    try:
        await tidy(connection)
        assert await connection.fetchval("SELECT count(*) FROM queue.pgqueuer_log") == 2
    finally:
        await connection.close()


async def test_a_driver_that_lost_its_way_is_taken_for_a_database_that_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[int] = []

    async def run(*_: object) -> None:
        tries.append(1)
        if len(tries) > 2:
            raise LookupError
        msg = "cannot switch to state 15; another operation (2) is in progress"
        raise asyncpg.InternalClientError(msg)

    monkeypatch.setattr(Queue, "_run", run)
    with pytest.raises(LookupError):
        await Queue("postgresql://nowhere", "test").run({}, pause_s=0)
    assert len(tries) == 3
