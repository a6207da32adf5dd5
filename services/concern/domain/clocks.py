"""The authority's clocks: 24 hours round the clock to assess, six working days to acknowledge (R32)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.concern.domain.errors import AssessFirst
from shared.workdays import after_working_days, hours_after

ASSESS_WITHIN = 24  # hours
ACKNOWLEDGE_WITHIN = 6  # hverdage


class Clock(StrEnum):
    """One of the clocks that run from the moment the authority has the report."""

    ASSESS = "assess"
    ACKNOWLEDGE = "acknowledge"


CLOCK_DANISH: Mapping[Clock, str] = {
    Clock.ASSESS: "Vurdering inden for 24 timer: Er barnet i fare? (barnets lov § 136, stk. 2)",
    Clock.ACKNOWLEDGE: "Bekræftelse til underretteren inden for 6 hverdage (barnets lov § 138, stk. 1)",
}


@dataclass(frozen=True, slots=True)
class Due:
    """By when, as UTC moments: each is the first that is too late."""

    assess_by: datetime
    acknowledge_by: datetime


@dataclass(frozen=True, slots=True)
class Done:
    """When each was first done, or None: it has not been."""

    assessed_at: datetime | None = None
    acknowledged_at: datetime | None = None


def due(received_at: datetime) -> Due:
    """Return by when a report received at that moment is assessed and acknowledged (BL § 136, stk. 2, § 138, stk. 1).

    24 hours are 24 hours, Sundays and the nights the clocks change included; working days are Monday to Saturday but
    Danish holidays, and the last of them is there to its end. `received_at` is aware, and the server's own.
    """
    return Due(hours_after(received_at, ASSESS_WITHIN), after_working_days(received_at, ACKNOWLEDGE_WITHIN))


def late(by: Due, done: Done, at: datetime) -> tuple[Clock, ...]:
    """Return which clocks have run out at that moment with nothing done; a clock set back makes nothing late."""
    return tuple(clock for clock, until, when in _each(by, done) if when is None and at >= until)


def missed(by: Due, done: Done, at: datetime) -> tuple[Clock, ...]:
    """Return which clocks were not held: run out by now, or done too late. What was late stays so, for the auditor."""
    return tuple(clock for clock, until, when in _each(by, done) if (at if when is None else when) >= until)


def running(by: Due, done: Done) -> Mapping[Clock, datetime]:
    """Return what is not done yet, and by when: what must be looked at, however late it is."""
    return {clock: until for clock, until, when in _each(by, done) if when is None}


def passed_on(done: Done, received_at: datetime) -> Due:
    """Return the clocks of the municipality that a report is passed on to: they run from when that one receives it.

    The first one answered for its own 24 hours before, and owes its reporter the acknowledgement still.

    Raises:
        AssessFirst: the first has not said whether the child is in danger (R32).
    """
    if done.assessed_at is None:
        raise AssessFirst
    return due(received_at)


def _each(by: Due, done: Done) -> tuple[tuple[Clock, datetime, datetime | None], ...]:
    return (
        (Clock.ASSESS, by.assess_by, done.assessed_at),
        (Clock.ACKNOWLEDGE, by.acknowledge_by, done.acknowledged_at),
    )
