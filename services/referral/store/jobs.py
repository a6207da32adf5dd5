"""The queue: jobs of pgqueuer, in a schema of their own in the service's database (docs/adr/0016).

Imported by the worker only: the serving process knows nothing of it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from uuid import UUID

import asyncpg
import structlog
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver, AsyncpgPoolDriver
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder, QuerySchedulerBuilder
from pgqueuer.domain.errors import FailingListenerError
from pgqueuer.domain.models import Job
from pgqueuer.domain.settings import DBSettings
from pgqueuer.domain.types import Channel
from pgqueuer.ports.driver import Driver
from pgqueuer.qm import QueueManager
from pgqueuer.queries import Queries

from shared.db import Connection
from shared.problems import Unavailable

log = structlog.get_logger()
WEBHOOK = "webhook"
DOWN = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, Unavailable)
_CONNECTIONS = 3
_BATCH = 8
_AT_ONCE = 32
_LOOK_EVERY = timedelta(seconds=5)
_SETTINGS = DBSettings(prefix="", db_schema="queue")
_BUILT = (QueryBuilderEnvironment(_SETTINGS), QueryQueueBuilder(_SETTINGS), QuerySchedulerBuilder(_SETTINGS))
_TIDY_LOG = "DELETE FROM queue.pgqueuer_log WHERE created < now() - interval '3 days' AND aggregated"
_TIDY_FIGURES = "DELETE FROM queue.pgqueuer_statistics WHERE created < now() - interval '90 days'"


def queries(driver: Driver) -> Queries:
    """Return the queue's own statements over a driver."""
    environment, queue, schedules = _BUILT
    return Queries(driver, environment, queue, schedules)


async def serve(connection: Connection, webhooks: Sequence[UUID]) -> None:
    """Put a job for each webhook that something is to be sent to; one that has a job already gets no second."""
    if not webhooks:
        return
    told = [str(each) for each in webhooks]
    await queries(AsyncpgDriver(connection)).enqueue(
        [WEBHOOK] * len(told), [each.encode() for each in told], [0] * len(told),
        dedupe_key=[f"{WEBHOOK} {each}" for each in told], on_conflict="skip",
    )  # fmt: skip


async def tidy(connection: Connection) -> None:
    """Forget what the queue did long ago."""
    await connection.execute(_TIDY_LOG)
    await connection.execute(_TIDY_FIGURES)


Work = Callable[[bytes], Awaitable[None]]


class Queue:
    """Takes jobs and has them done, until it is stopped. A job whose process died is taken again by another."""

    def __init__(self, url: str, name: str, *, dead_after: timedelta = timedelta(seconds=15)) -> None:
        self._url = url
        self._name = name
        self._dead_after = dead_after

    async def run(self, works: Mapping[str, Work], *, pause_s: float = 1.0) -> None:
        """Work for ever; when the database is down, wait and try again."""
        while True:
            try:
                await self._run(works)
            except DOWN as error:
                log.warning("queue_down", error=type(error).__qualname__)
            await asyncio.sleep(pause_s)

    async def _run(self, works: Mapping[str, Work]) -> None:
        # A pool of its own each time: one whose listening connection broke does not give it back.
        pool = await asyncpg.create_pool(
            self._url, min_size=0, max_size=_CONNECTIONS, timeout=2, command_timeout=8,
            max_inactive_connection_lifetime=0, server_settings={"application_name": self._name, "timezone": "UTC"},
        )  # fmt: skip
        manager = QueueManager(queries(AsyncpgPoolDriver(pool)), Channel(_SETTINGS.channel))
        for name, work in works.items():
            manager.entrypoint(name)(_job(work))
        try:
            await manager.run(
                dequeue_timeout=_LOOK_EVERY, batch_size=_BATCH, max_concurrent_tasks=_AT_ONCE,
                shutdown_on_listener_failure=True, heartbeat_timeout=self._dead_after,
            )  # fmt: skip
        except (FailingListenerError, RuntimeError) as error:
            raise Unavailable("database") from error
        finally:
            pool.terminate()


def _job(work: Work) -> Callable[[Job], Awaitable[None]]:
    async def do(job: Job) -> None:
        await work(job.payload or b"")

    return do
