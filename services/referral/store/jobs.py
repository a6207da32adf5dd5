"""The referral's own jobs: one round of one address's webhooks (docs/adr/0016).

Imported by the worker only: the serving process knows nothing of the queue.
"""

from collections.abc import Sequence
from uuid import UUID

from shared.db import Connection
from shared.queue import enqueue
from shared.queue import tidy as tidy

WEBHOOK = "webhook"


async def serve(connection: Connection, webhooks: Sequence[UUID]) -> None:
    """Put a job for each webhook that something is to be sent to; one that has a job already gets no second."""
    await enqueue(connection, WEBHOOK, [(str(each).encode(), f"{WEBHOOK} {each}") for each in webhooks])
