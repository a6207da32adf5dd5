"""Which clocks of a report run, have run out, or were not held, seen as one: the two of the law, and the parents'.

Pure: a report's clocks are moments that were written when it was received, so neither a restart, a change to summer
time nor a clock set back moves them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.concern.domain import clocks
from services.concern.domain.clocks import CLOCK_DANISH, Clock, Done, Due


class Watched(StrEnum):
    """A clock that somebody is told of when it has run out."""

    ASSESS = "assess"
    ACKNOWLEDGE = "acknowledge"
    PARENTS = "parents"


WATCHED_DANISH: Mapping[Watched, str] = {
    Watched.ASSESS: CLOCK_DANISH[Clock.ASSESS],
    Watched.ACKNOWLEDGE: CLOCK_DANISH[Clock.ACKNOWLEDGE],
    Watched.PARENTS: "Forældrene får besked om underretningen inden for 14 dage, hvis ikke noget taler imod",
}


@dataclass(frozen=True, slots=True)
class Watch:
    """The clocks of one report; `inform_by`: by when the parents are told, `to_tell`: somebody still has to."""

    by: Due
    done: Done
    inform_by: datetime
    to_tell: bool


def running(watch: Watch) -> Mapping[Watched, datetime]:
    """Return what is not done yet, and by when: each the first moment that is too late (R32)."""
    found = {Watched(clock.value): until for clock, until in clocks.running(watch.by, watch.done).items()}
    return found | {Watched.PARENTS: watch.inform_by} if watch.to_tell else found


def run_out(watch: Watch, at: datetime) -> Mapping[Watched, datetime]:
    """Return what has run out by that moment with nothing done, and when it did."""
    return {clock: until for clock, until in running(watch).items() if at >= until}


def escalates_to(named: str | None, unit: str) -> str:
    """Return who hears of a clock that has run out: the person named for it; where nobody is, the unit itself."""
    return f"unit:{unit}" if named is None else named
