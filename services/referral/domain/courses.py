"""A course (forløb): everything under one need; and its named coordinator (tovholder; SUL § 123, B1344 § 15).

A coordinator opens nothing: what the unit sees still rests on consent, task by task (R59).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from services.referral.domain.errors import SinceInTheFuture
from services.referral.domain.model import Referral, UnitId
from services.referral.domain.view import SeenTask


@dataclass(frozen=True, slots=True)
class Coordinator:
    """Who holds the threads for a family: a unit, a user there, and since which day. `by`: the unit that named it."""

    unit: UnitId
    user: str
    since: date
    by: UnitId = field(compare=False)


@dataclass(frozen=True, slots=True)
class Stage:
    """A referral of the course as the reader may see it: the sender every task of it, a recipient its own."""

    referral: Referral
    tasks: tuple[SeenTask, ...]
    as_sender: bool


@dataclass(frozen=True, slots=True)
class Course:
    """A course as one party sees it; `coordinators` the newest first, and only those the reader may know of."""

    coordinator: Coordinator | None
    coordinators: Sequence[Coordinator]
    stages: Sequence[Stage]


def check_since(since: date, today: date) -> None:
    """Let pass a day that has come.

    Raises:
        SinceInTheFuture: it has not.
    """
    if since > today:
        raise SinceInTheFuture
