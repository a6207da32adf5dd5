"""Which tasks a recipient asks to see of its work list, and which requests a sender of what it has sent."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.referral.domain.lifecycle import ended
from services.referral.domain.view import SeenTask


@dataclass(frozen=True, slots=True)
class Work:
    """Tasks in these states; of these kinds and priorities, and late at that moment, where that is given."""

    states: Sequence[str]
    kinds: Sequence[str] = ()
    priorities: Sequence[str] = ()
    late_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """Requests of these kinds, under this need, open or not, and with one of these answers, where that is given.

    `open`: some task of it has not ended, as far as the sender may know: one whose course it may not hear of counts
    as open, whatever became of it. `answers`: what stands of the duty to report (R31).
    """

    kinds: Sequence[str] = ()
    need: UUID | None = None
    open: bool | None = None
    answers: Sequence[str] = ()

    def takes(self, tasks: Iterable[SeenTask]) -> bool:
        """Say whether a request is meant, by its tasks as its sender may see them."""
        going = any(each.hidden is not None or not ended(each.task.state) for each in tasks)
        return self.open is None or self.open is going
