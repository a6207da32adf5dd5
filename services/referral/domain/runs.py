"""Runs of an offer (hold), their places, and who waits for one in what order: by recommendation, then by time.

A place is held by a task that was taken on and stands in the run. Nothing is counted beside that, so whatever ends a
task lets its place go in the same moment.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from services.referral.domain.errors import PlacesTaken, RunClosed, RunFull
from services.referral.domain.lifecycle import TaskState
from services.referral.domain.model import ReferralId, TaskId, UnitId

HOLDS_A_PLACE = frozenset({TaskState.ACCEPTED, TaskState.IN_PROGRESS})


class Recommendation(StrEnum):
    """How strongly a professional recommends the offer to the family (seed 002, 2983-2987)."""

    STRONGLY = "strongly"
    RECOMMENDED = "recommended"
    POSSIBLE = "possible"


class Form(StrEnum):
    """In what form the family would rather have it."""

    GROUP = "group"
    INDIVIDUAL = "individual"
    ONLINE = "online"
    ANY = "any"


class Ground(StrEnum):
    """What a recommendation rests on: a closed list, so that a waiting list holds nobody's words."""

    BIRTH_IS_NEAR = "birth_is_near"
    TIME_MATTERS = "time_matters"
    SEVERAL_NEEDS = "several_needs"
    LITTLE_NETWORK = "little_network"
    NOTHING_ELSE_FITS = "nothing_else_fits"
    FAMILY_HOPES_FOR_IT = "family_hopes_for_it"
    OTHER = "other"


_RANK: Mapping[Recommendation, int] = {each: place for place, each in enumerate(Recommendation)}


@dataclass(frozen=True, slots=True)
class Run:
    """One time an offer is held (hold): by which unit, from which day, with how many places."""

    id: UUID
    unit: UnitId
    offer: str
    starts_on: date
    places: int
    version: int = 1
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """What is recorded when a task is put on a list: a run or any run of an offer, and the recommendation."""

    offer: str | None
    run: UUID | None
    recommendation: Recommendation
    form: Form
    ground: Ground


@dataclass(frozen=True, slots=True)
class Waiting:
    """A task on a list: the newest recommendation, when and by whom it was recorded, and since when it waits."""

    task: TaskId
    referral: ReferralId
    offer: str
    run: UUID | None
    recommendation: Recommendation
    form: Form
    ground: Ground
    since: datetime
    at: datetime
    by: str


def in_order(waiting: Iterable[Waiting]) -> list[Waiting]:
    """Return who waits, the next one first: the stronger recommendation, then who has waited longer."""
    return sorted(waiting, key=lambda each: (_RANK[each.recommendation], each.since, each.task))


def may_take(run: Run, taken: int) -> int:
    """Return how many places are free in a run where `taken` are held.

    Raises:
        RunClosed: it takes nobody more.
        RunFull: none is free.
    """
    if run.closed_at is not None:
        raise RunClosed
    if taken >= run.places:
        raise RunFull(run.places)
    return run.places - taken


def check_places(places: int, taken: int) -> None:
    """Let pass a number of places that leaves everybody theirs.

    Raises:
        PlacesTaken: more are held.
    """
    if places < taken:
        raise PlacesTaken(taken)
