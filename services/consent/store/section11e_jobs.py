"""The jobs of a meeting: its end, its room overwritten, and a look at whether it was concluded and told of in time.

A job is put in the transaction it belongs to; which id and when is all it knows. It says when to look, not what to do:
whether it is time, and whether it was done meanwhile, is read from the meeting, by the service's own clock. The serving
process loads the queue for this, 0.05 s and 4 MB as it starts: a look once a minute alone would close rooms late.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from shared.db import Connection
from shared.queue import enqueue
from shared.queue import tidy as tidy

_AT_ONCE = timedelta(0)


class Job(StrEnum):
    """What a job is for."""

    END = "section11e_end"
    OVERWRITE = "section11e_overwrite"
    OUTCOME = "section11e_outcome"
    INFORMING = "section11e_informing"


async def put(connection: Connection, job: Job, meeting: UUID, due: datetime, at: datetime) -> None:
    """Put a job for a meeting, to be done when it is due; a meeting has one of each at most."""
    key = f"{job} {meeting}"
    await enqueue(connection, job, [(str(meeting).encode(), key)], max(due - at, _AT_ONCE))
