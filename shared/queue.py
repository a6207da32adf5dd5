"""The queue: jobs of pgqueuer, in a schema of their own in the service's database (docs/adr/0016, 0018).

A job is put in the transaction that it belongs to, and done by a worker: at least once, in whatever process, also when
it fell due while none was running. Where something is down it is done again after a while; one that fails as nobody
foresaw is parked, and put again when a worker starts, or by `tidy`. Payloads hold ids and codes only. What must not
depend on any job at all is looked for by a schedule, once a tick.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta

import asyncpg
import structlog
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver, AsyncpgPoolDriver
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder, QuerySchedulerBuilder
from pgqueuer.applications import PgQueuer
from pgqueuer.domain.errors import FailingListenerError, RetryRequested
from pgqueuer.domain.models import Job, Schedule, TracebackRecord
from pgqueuer.domain.settings import DBSettings
from pgqueuer.domain.types import JOB_STATUS, Channel
from pgqueuer.ports.driver import Driver
from pgqueuer.queries import Queries

from shared.db import Connection
from shared.problems import Unavailable

log = structlog.get_logger()
SCHEMA = "queue"
# A connection that breaks while it is given back leaves the driver in a state it calls its own error.
DOWN = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, Unavailable)
_CONNECTIONS = 3
_BATCH = 8
_AT_ONCE = 32
_LOOK_EVERY = timedelta(seconds=5)
_LONGEST_WAIT_S = 60.0
_DOUBLINGS = 7  # by then it is the longest wait; without an end the number grows too large to count with
_SETTINGS = DBSettings(prefix="", db_schema=SCHEMA)
_BUILT = (QueryBuilderEnvironment(_SETTINGS), QueryQueueBuilder(_SETTINGS), QuerySchedulerBuilder(_SETTINGS))
_TIDY_LOG = "DELETE FROM queue.pgqueuer_log WHERE created < now() - interval '3 days' AND aggregated"
_TIDY_FIGURES = "DELETE FROM queue.pgqueuer_statistics WHERE created < now() - interval '90 days'"
# A job that failed as nobody foresaw is parked; none is given up, so it is put again: of one key, one.
_PUT_AGAIN = """
UPDATE queue.pgqueuer AS parked SET status = 'queued', execute_after = now(), updated = now(), queue_manager_id = NULL
WHERE status = 'failed' AND NOT EXISTS (
    SELECT FROM queue.pgqueuer AS other WHERE other.dedupe_key = parked.dedupe_key AND other.id <> parked.id
    AND (other.status <> 'failed' OR other.id < parked.id)
)
"""

Work = Callable[[bytes], Awaitable[None]]
Look = Callable[[], Awaitable[None]]


class NotYet(Exception):
    """A job's time has not come, or it is to come again: it is kept, and done anew after `wait`.

    For a job whose moment `shared.clock` says is still ahead (somebody set the clock back), and for one that repeats.
    A job never puts itself again under its own key: while it is being done the key is taken, and nothing would be put.
    """

    def __init__(self, wait: timedelta) -> None:
        super().__init__()
        self.wait = wait


class _Discreet(Queries):
    """Writes down of what nobody foresaw only its type; where it happened is in the log (`shared.logging`)."""

    async def log_jobs(self, job_status: list[tuple[Job, JOB_STATUS, TracebackRecord | None]]) -> None:
        bare = {"exception_message": "", "traceback": ""}
        await super().log_jobs(
            [(job, status, told and told.model_copy(update=bare)) for job, status, told in job_status]
        )


def queries(driver: Driver) -> Queries:
    """Return the queue's own statements over a driver."""
    environment, queue, schedules = _BUILT
    return _Discreet(driver, environment, queue, schedules)


def install_statement() -> str:
    """Return what makes the queue's tables, as this version of its library has them (see `shared.migrations`)."""
    return _BUILT[0].build_install_query(create_schema=False)


async def enqueue(
    connection: Connection,
    entrypoint: str,
    jobs: Sequence[tuple[bytes, str | None]],
    execute_after: timedelta | None = None,
) -> None:
    """Put jobs in the transaction that `connection` is in; undone with it, and seen by workers once it is committed.

    Args:
        connection: of the service's own database, as its app role.
        entrypoint: the name of the work.
        jobs: payload and key of each. Of two jobs with one key only the first is kept, until it is done: a deadline
            that may be moved belongs in the key.
        execute_after: how long none of them is done; counted by the database's clock from the transaction's start.
            Only a first hint: whether it is time is for the work to say, by `shared.clock` (see `NotYet`).
    """
    if not jobs:
        return
    await queries(AsyncpgDriver(connection)).enqueue(
        [entrypoint] * len(jobs), [payload for payload, _ in jobs], [0] * len(jobs),
        [execute_after] * len(jobs), dedupe_key=[key for _, key in jobs], on_conflict="skip",
    )  # fmt: skip


async def tidy(connection: Connection) -> None:
    """Put again what was parked, and forget what the queue did long ago; for a worker to call every few minutes."""
    await connection.execute(_PUT_AGAIN)
    await connection.execute(_TIDY_LOG)
    await connection.execute(_TIDY_FIGURES)


class Queue:
    """Takes jobs and has them done, until it is stopped. A job whose process died is taken again by another."""

    def __init__(
        self, url: str, name: str, *, dead_after: timedelta = timedelta(seconds=15), look_every: timedelta = _LOOK_EVERY
    ) -> None:
        """Prepare a worker's queue; nothing is connected before it runs.

        Args:
            url: of the service's own database, as its app role.
            name: what the database shows the connections as.
            dead_after: how long a process gives no sign of life until its jobs are taken by another.
            look_every: how late a job may be that no notice told of: one that failed, or whose process died.
        """
        self._url = url
        self._name = name
        self._dead_after = dead_after
        self._look_every = look_every

    async def run(
        self,
        works: Mapping[str, Work],
        schedules: Mapping[str, tuple[str, Look]] | None = None,
        *,
        pause_s: float = 1.0,
    ) -> None:
        """Work for ever; when the database is down, wait and try again.

        Args:
            works: what does the jobs, by the name they are put under; jobs of other names are left to others.
            schedules: name -> cron expression (minutes first, UTC; a sixth place is seconds) and what to do then.
                The next tick is a row in the database: one of all workers takes it, and one that passed while none
                was running is made up for, once, when the first is back. A look that fails is told in the log, and
                comes again with the next tick. One whose process died is taken up by another after 30 seconds.
            pause_s: how long to wait before the database is tried again.
        """
        while True:
            try:
                await self._run(works, schedules or {})
            except DOWN as error:
                log.warning("queue_down", error=type(error).__qualname__)
            await asyncio.sleep(pause_s)

    async def _run(self, works: Mapping[str, Work], schedules: Mapping[str, tuple[str, Look]]) -> None:
        # A pool of its own each time: one whose listening connection broke does not give it back.
        pool = await asyncpg.create_pool(
            self._url, min_size=0, max_size=_CONNECTIONS, timeout=2, command_timeout=8,
            max_inactive_connection_lifetime=0, server_settings={"application_name": self._name, "timezone": "UTC"},
        )  # fmt: skip
        driver = AsyncpgPoolDriver(pool)
        both = PgQueuer(driver, Channel(_SETTINGS.channel), queries=queries(driver))
        for name, work in works.items():
            both.entrypoint(name, on_failure="hold")(_job(name, work))
        for name, (cron, look) in schedules.items():
            both.schedule(name, cron)(_tick(name, look))
        run = both.run if schedules else both.qm.run  # without any, its scheduler would look each second for nothing
        try:
            await pool.execute(_PUT_AGAIN)
            await run(
                dequeue_timeout=self._look_every, batch_size=_BATCH, max_concurrent_tasks=_AT_ONCE,
                shutdown_on_listener_failure=True, heartbeat_timeout=self._dead_after,
            )  # fmt: skip
        except (FailingListenerError, RuntimeError) as error:
            raise Unavailable("database") from error
        finally:
            pool.terminate()


def _job(name: str, work: Work) -> Callable[[Job], Awaitable[None]]:
    async def do(job: Job) -> None:
        # Not chained: the queue would write down what it was that failed, and that may quote what somebody wrote.
        try:
            await work(job.payload or b"")
        except NotYet as later:
            raise RetryRequested(later.wait, "not yet") from None
        except DOWN as error:
            wait = min(0.5 * 2 ** min(job.attempts, _DOUBLINGS), _LONGEST_WAIT_S)
            what = type(error).__qualname__
            log.warning("job_kept", work=name, job=job.id, attempts=job.attempts, again_in_s=wait, error=what)
            raise RetryRequested(timedelta(seconds=wait), what) from None

    return do


def _tick(name: str, look: Look) -> Callable[[Schedule], Awaitable[None]]:
    async def do(_: Schedule) -> None:
        try:
            await look()
        except DOWN as error:
            log.warning("look_failed", look=name, error=type(error).__qualname__)

    return do
