"""Messages that must follow a change: written with it, carried out afterwards, at least once, in any process.

A worker takes a message on lease, without holding a transaction while it works; if the worker dies, the
lease runs out and another takes it. Whoever receives must therefore know a message it has had before.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
import structlog

from shared.db import Connection, Database
from shared.ids import new_id
from shared.problems import Unavailable

log = structlog.get_logger()
_PUT = "INSERT INTO outbox (id, topic, payload, request_id) VALUES ($1, $2, $3::jsonb, $4)"
_TAKE = """
UPDATE outbox SET attempts = attempts + 1, due_at = now() + interval '30 seconds'
WHERE id IN (
    SELECT id FROM outbox WHERE done_at IS NULL AND due_at <= now() AND topic = ANY($2::text[])
    ORDER BY due_at, id LIMIT $1 FOR UPDATE SKIP LOCKED
)
RETURNING id, topic, payload, request_id, attempts
"""
_DONE = "UPDATE outbox SET done_at = now() WHERE id = $1"
_LATER = "UPDATE outbox SET due_at = now() + make_interval(secs => $2), failure = $3 WHERE id = $1"
_BATCH = 20
_LONGEST_WAIT_S = 60.0
_DOUBLINGS = 7  # by then it is the longest wait; without an end the number grows too large to count with


@dataclass(frozen=True, slots=True)
class Message:
    """Something to be carried out; `payload` holds ids and codes only."""

    id: UUID
    topic: str
    payload: Mapping[str, Any]
    request_id: str
    attempts: int


async def put(connection: Connection, topic: str, payload: Mapping[str, object], request_id: str) -> None:
    """Write a message in the transaction that `connection` is in."""
    await connection.execute(_PUT, new_id(), topic, orjson.dumps(dict(payload)).decode(), UUID(request_id))


Carry = Callable[[Message], Awaitable[None]]


class Carrier:
    """Carries messages out, each topic by its own function, until it is stopped.

    It takes only its own topics, at most `batch` of them at once: what must not wait behind slow work has a carrier
    of its own.
    """

    def __init__(
        self, database: Database, topics: Mapping[str, Carry], *, pause_s: float = 0.2, batch: int = _BATCH
    ) -> None:
        self._database = database
        self._topics = topics
        self._pause_s = pause_s
        self._batch = batch

    async def run(self) -> None:
        """Work for ever; when something is down, wait and try again."""
        while True:
            try:
                worked = await self.carry_batch()
            except Unavailable:
                worked = 0
                await asyncio.sleep(self._pause_s * 4)
            if not worked:
                await asyncio.sleep(self._pause_s)

    async def carry_batch(self) -> int:
        """Carry out what is due now; return how many messages were taken."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(_TAKE, self._batch, list(self._topics))
        for row in rows:
            message = Message(row["id"], row["topic"], row["payload"], str(row["request_id"]), row["attempts"])
            with structlog.contextvars.bound_contextvars(request_id=message.request_id):
                await self._carry(message)
        return len(rows)

    async def _carry(self, message: Message) -> None:
        try:
            await self._topics[message.topic](message)
        except Exception as error:
            wait = min(0.5 * 2 ** min(message.attempts, _DOUBLINGS), _LONGEST_WAIT_S)
            log.warning(
                "message_kept",
                topic=message.topic,
                message=str(message.id),
                attempts=message.attempts,
                again_in_s=wait,
                exc_info=None if isinstance(error, Unavailable) else error,
            )
            async with self._database.connection() as connection:
                await connection.execute(_LATER, message.id, wait, type(error).__qualname__)
        else:
            async with self._database.connection() as connection:
                await connection.execute(_DONE, message.id)
            log.info("message_carried", topic=message.topic, message=str(message.id), attempts=message.attempts)
