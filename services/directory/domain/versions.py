"""Versions of an offer: what was said, when it was said, and from which day it holds.

Two times are kept apart. `at` is when the directory came to know; `holds_from` is the day from which it is so. A
later word counts for every day from its own `holds_from` on. So both can be asked: what is so on a day, as known
now, and what was known then.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from services.directory.domain.model import Offer, OrganisationId, Unit, UnitId
from services.directory.domain.succession import owner, successors

ALWAYS, FOREVER = date.min, date.max
# An offer nobody has confirmed for so long is flagged; after so much longer it also comes after the others.
UNCONFIRMED_AFTER = timedelta(days=90)
DEMOTED_AFTER = timedelta(days=120)


class Kind(StrEnum):
    """Why there is a new version."""

    CREATED = "created"
    CHANGED = "changed"
    CONFIRMED = "confirmed"
    IMPORTED = "imported"
    HANDED_OVER = "handed_over"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Who said last that an offer is as it says: the day, and the unit."""

    on: date
    by: UnitId


@dataclass(frozen=True, slots=True)
class Version:
    """One version as kept: `by_user` is an opaque id, known to the user's own organisation."""

    number: int
    kind: Kind
    at: datetime
    holds_from: date
    offer: Offer
    by_unit: str | None
    by_user: str
    reason: str | None


class Stretch(NamedTuple):
    """What is said of an offer for every day from `holds_from` on, as far as no later stretch begins."""

    offer: Offer
    holds_from: date


@dataclass(frozen=True, slots=True)
class Head:
    """The newest of an offer: its last version's number, and what that says.

    Where a change is planned, that is not yet what holds today: see `holding`.
    """

    offer: Offer
    unit: UnitId
    organisation: OrganisationId
    version: int
    at: datetime
    confirmed: Confirmation | None
    editorial: bool
    holds_from: date


def shown_days(offer: Offer, holds_from: date) -> tuple[date, date] | None:
    """Return from which day to before which a version shows its offer, or nothing if it never does."""
    first, last = max(holds_from, offer.valid_from or ALWAYS), offer.valid_to or FOREVER
    return (first, last) if first < last else None


def as_known(versions: Iterable[Version], on: date, known_at: datetime) -> Version | None:
    """Return what holds on a day, as known at a moment: the last word by then that holds from that day or before."""
    told = [version for version in versions if version.at <= known_at and version.holds_from <= on]
    return max(told, key=lambda version: version.number, default=None)


def timeline(versions: Iterable[Version]) -> list[Version]:
    """Return what holds as known now, by day: each version that no later word has overtaken."""
    standing: list[Version] = []
    for version in sorted(versions, key=lambda version: version.number):
        standing = [each for each in standing if each.holds_from < version.holds_from]
        standing.append(version)
    return standing


def holding(standing: Sequence[Stretch], on: date) -> Stretch | None:
    """Return what holds on a day; of an offer that was not known to be there, what is said of it first."""
    begun = [each for each in standing if each.holds_from <= on]
    return begun[-1] if begun else next(iter(standing), None)


def from_day(standing: Sequence[Stretch], day: date) -> list[Stretch]:
    """Return what is said of every day from `day` on: what holds on it, and each change planned for after it."""
    begun = [each for each in standing if each.holds_from <= day]
    later = [each for each in standing if each.holds_from > day]
    return [Stretch(begun[-1].offer, day), *later] if begun else later


def ended(standing: Sequence[Stretch], last: date, today: date) -> list[Stretch]:
    """Return what is to be said of an offer that is there no more from the day `last` on.

    What is over is said of the whole stretch that ends, so that its end stands where it is shown last. An offer that
    ends before it has begun is said to end, and is never shown.
    """
    if last > today:
        told = from_day(standing, today)
    else:
        told = [each for each in (holding(standing, last - timedelta(days=1)),) if each is not None]
    begun: list[Stretch] = []
    until = last
    for offer, day in reversed(told):
        if offer.valid_from is not None and offer.valid_from >= until:
            until = min(until, day)  # it never begins; what held before it must not go on in its place
        elif day < until:
            begun.insert(0, Stretch(replace(offer, valid_to=min(offer.valid_to or until, until)), day))
    if not begun or until < last:
        return [*begun, Stretch(replace(standing[-1].offer, valid_from=None, valid_to=last), last)]
    return [*begun[:-1], Stretch(replace(begun[-1].offer, valid_to=last), begun[-1].holds_from)]


def handed_on(told: Sequence[Stretch], units: Mapping[UnitId, Unit]) -> list[Stretch]:
    """Return the same, but each day said of the unit that owns the offer then: where one closes, who takes over.

    A unit that nobody takes over keeps its offers; its organisation's editors own them.
    """
    made: list[Stretch] = []
    for place, (offer, begins) in enumerate(told):
        until = min(told[place + 1].holds_from if place + 1 < len(told) else FOREVER, offer.valid_to or FOREVER)
        closing = {units[unit].valid_to for unit in successors(offer.unit, units)}
        for day in (begins, *sorted(day for day in closing if day is not None and begins < day < until)):
            said = replace(offer, unit=owner(offer.unit, units, day) or offer.unit)
            if day == begins or said != made[-1].offer:
                made.append(Stretch(said, day))
    return made


def unconfirmed_since(as_of: date, confirmed: Confirmation | None) -> date:
    """Return the last day somebody said that the offer is so."""
    return as_of if confirmed is None else max(as_of, confirmed.on)


def changed_fields(before: Offer, after: Offer) -> Sequence[str]:
    """Return the names of what differs."""
    return [name for name in Offer.__slots__ if getattr(before, name) != getattr(after, name)]
