"""What is left of an answer on a day, from all that was recorded about it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from services.consent.domain.giving import danish_day
from services.consent.domain.model import Effect, Record, UnitId, Withdrawal
from services.consent.domain.told import Cause, Event, State, Told
from shared.vocabulary import Category

_INSTANT = timedelta(microseconds=1)
_ENDS = frozenset({State.WITHDRAWN, State.EXPIRED, State.SUPERSEDED, State.INVALIDATED})


@dataclass(frozen=True, slots=True)
class Standing:
    """What holds on a day.

    `state` is GIVEN or REFUSED while the answer stands, or why it first ceased to, at `ended`. `left`: what may still
    be told to whom (or, of a no, not be told). `taken`: what was taken back, oldest first. `last_day`: the last whole
    or broken day it holds; `days_left` until then, 0 on the day itself; None for a no and for what has ended.
    `begins`: the first day, while it is still to come.
    """

    state: State
    left: Mapping[UnitId, frozenset[Category]]
    taken: tuple[Withdrawal, ...]
    ended: datetime | None = None
    cause: Cause | None = None
    last_day: date | None = None
    days_left: int | None = None
    begins: date | None = None

    @property
    def ends(self) -> bool:
        """True when nothing is left of it."""
        return self.ended is not None


def standing(told: Told, on: date) -> Standing:
    """Return what holds at the end of the day `on` (R23, R24): whatever closes it counts, wherever it was written."""
    record = told.record
    last_day = None if record.valid_until is None else danish_day(record.valid_until - _INSTANT)
    taken = tuple(each for each in _taken(told) if danish_day(each.at) <= on)
    left = _left(record, taken)
    endings = [each for each in _endings(told) if danish_day(each.at) <= on]
    if not left and not endings:
        endings.append(Event(State.WITHDRAWN, taken[-1].at if taken else record.valid_from))
    if last_day is not None and last_day < on and record.valid_until is not None:
        endings.append(Event(State.EXPIRED, record.valid_until))
    if endings:
        first = min(endings, key=lambda each: each.at)
        return Standing(first.state, {}, taken, first.at, first.cause, last_day)
    state = State.GIVEN if record.effect is Effect.PERMIT else State.REFUSED
    days_left = None if last_day is None else (last_day - on).days
    first_day = danish_day(record.valid_from)
    begins = first_day if first_day > on else None
    return Standing(state, left, taken, last_day=last_day, days_left=days_left, begins=begins)


def _endings(told: Told) -> Iterator[Event]:
    """Tell all that ended it: as events first, for they say why; then as the record itself holds it."""
    record = told.record
    yield from (each for each in told.events if each.state in _ENDS and not _in_part(each))
    written = (
        (State.WITHDRAWN, record.withdrawn_at),
        (State.SUPERSEDED, record.superseded_at),
        (State.INVALIDATED, record.invalidated_at),
    )
    yield from (Event(state, at) for state, at in written if at is not None)


def _in_part(event: Event) -> bool:
    return event.recipients is not None or event.categories is not None


def _taken(told: Told) -> tuple[Withdrawal, ...]:
    """Tell what was taken back in part, once each though both the events and the record hold it."""
    parts = {Withdrawal(each.at, each.recipients, each.categories) for each in told.events if _in_part(each)}
    parts |= {each for each in told.record.withdrawals if not each.whole}
    order = sorted(parts, key=lambda each: (sorted(each.recipients or ()), sorted(each.categories or ())))
    return tuple(sorted(order, key=lambda each: each.at))


def _left(record: Record, taken: tuple[Withdrawal, ...]) -> Mapping[UnitId, frozenset[Category]]:
    left = {
        unit: frozenset(
            each for each in record.categories if not any(withdrawal.touches(unit, each) for withdrawal in taken)
        )
        for unit in sorted(record.recipients)
    }
    return {unit: categories for unit, categories in left.items() if categories}
