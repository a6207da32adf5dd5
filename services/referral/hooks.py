"""The worker's part in webhooks, wired together: follow what happens, and have the queue's jobs send it."""

import asyncio
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from secrets import SystemRandom
from typing import Any
from uuid import UUID

from services.referral.actions.sending import Post, follow, serve, tidy
from services.referral.delivering import Reach, Sender
from services.referral.domain.webhooks import Tempo
from services.referral.sealing import Seal
from services.referral.settings import WorkerSettings, read_networks
from services.referral.store.jobs import WEBHOOK
from shared.auth import ServiceIdentity
from shared.clock import now
from shared.db import Database
from shared.http import Upstream
from shared.problems import Unavailable
from shared.queue import Queue
from shared.units import UnitMirror

_TIDY_EVERY = timedelta(minutes=10)
_CONNECTIONS = 4


@dataclass(frozen=True, slots=True)
class Hooks:
    """What webhooks are sent with, and the queue whose jobs have it done."""

    post: Post
    queue: Queue
    follow_every_s: float
    keep: timedelta

    @property
    def resources(self) -> Sequence[Any]:
        """What is opened before, and closed after."""
        return [self.post.database, self.post.directory, self.post.sender]

    def loops(self) -> Sequence[Coroutine[Any, Any, None]]:
        """Return what runs for ever."""
        return [self._follow(), self.queue.run({WEBHOOK: self._serve})]

    async def _serve(self, payload: bytes) -> None:
        await serve(self.post, UUID(payload.decode()))

    async def _follow(self) -> None:
        tidy_at = self.post.clock()
        while True:
            with suppress(Unavailable):
                await follow(self.post)
                if self.post.clock() >= tidy_at:
                    await tidy(self.post, self.keep)
                    tidy_at = self.post.clock() + _TIDY_EVERY
            await asyncio.sleep(self.follow_every_s)


def hooks(settings: WorkerSettings, consent: Upstream) -> Hooks:
    """Return webhooks' part of the worker; nothing is connected before it starts."""
    directory = Upstream("directory", settings.directory_url, ServiceIdentity("referral", settings.identity_key))
    waits = [timedelta(seconds=each) for each in settings.webhook_waits_s]
    post = Post(
        Database(settings.database_url, _CONNECTIONS, "referral-webhooks"), consent, directory, UnitMirror(),
        Sender(Reach(read_networks(settings.webhook_networks_allowed))), Seal.from_file(settings.webhook_keys),
        Tempo(waits, settings.webhook_at_once), now, SystemRandom().random,
    )  # fmt: skip
    dead_after = timedelta(seconds=settings.queue_dead_after_s)
    queue = Queue(settings.database_url, "referral-queue", dead_after=dead_after)
    return Hooks(post, queue, settings.webhook_follow_every_s, timedelta(days=settings.webhook_keep_days))
