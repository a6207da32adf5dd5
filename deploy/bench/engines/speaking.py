"""Whose word is needed when, and what each word comes to at each moment, in seconds: what an engine is written from.

Told anew from the rules (R18–R28, R39), not taken from `services.consent.domain`: else all would be wrong together.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from math import inf

from deploy.bench.engines.world import COPENHAGEN, World
from services.consent.domain.model import Capacity, Effect, NeedId, Override, PersonId, Record, UnitId
from services.consent.domain.people import Facts
from shared.vocabulary import Category

Window = tuple[float, float]
Place = tuple[PersonId, NeedId]
ALWAYS: Window = (-inf, inf)


def second(moment: datetime) -> int:
    """Return a moment of whole seconds as a number."""
    return int(moment.timestamp())


def first_second(day: date) -> int:
    """Return when a day begins in Denmark."""
    return second(datetime.combine(day, time(), COPENHAGEN))


@dataclass(frozen=True, slots=True)
class Speaker:
    """Somebody whose word is needed: what they said before `since`, or in another right, opens nothing."""

    person: PersonId
    capacity: Capacity
    since: int

    def may_open_with(self, record: Record) -> bool:
        """Say whether a yes is theirs, in the right they have now, said since they have had it (R28)."""
        return (
            record.effect is Effect.PERMIT
            and (record.given_by, record.capacity) == (self.person, self.capacity)
            and second(record.valid_from) >= self.since
        )


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when the same people's words are needed, all of them, and who else may close (R26)."""

    window: Window
    speakers: Sequence[Speaker]
    spoken_for: PersonId | None = None

    @property
    def closers(self) -> frozenset[PersonId]:
        """Whose no closes: everyone needed, and the person somebody else speaks for."""
        needed = frozenset(speaker.person for speaker in self.speakers)
        return needed if self.spoken_for is None else needed | {self.spoken_for}


def spans(subject: PersonId, facts: Facts) -> Sequence[Span]:
    """Return who is needed when: representative, pregnant woman, custody holders, or the person from fifteen on."""
    if facts.representative is not None:
        holder = facts.representative
        speaks = Speaker(holder.person, Capacity.REPRESENTATIVE, first_second(holder.since))
        fifteen = None if facts.born is None else first_second(fifteenth_birthday(facts.born))
        if fifteen is None:
            return [Span(ALWAYS, [speaks])]
        if speaks.since >= fifteen:
            return [Span(ALWAYS, [speaks], subject)]
        return [
            Span((-inf, fifteen), [speaks], subject),
            Span((fifteen, inf), [Speaker(subject, Capacity.SELF, fifteen)]),
        ]
    if facts.born is None:
        if facts.mother is None or facts.told_since is None:
            return []
        return [Span(ALWAYS, [Speaker(facts.mother, Capacity.PREGNANT, first_second(facts.told_since))])]
    fifteen = first_second(fifteenth_birthday(facts.born))
    holders = [
        Speaker(each.person, Capacity.CUSTODY, first_second(max(each.since, facts.born))) for each in facts.holders
    ]
    return [Span((-inf, fifteen), holders), Span((fifteen, inf), [Speaker(subject, Capacity.SELF, fifteen)])]


def fifteenth_birthday(born: date) -> date:
    """Return the day; 1 March for who was born on 29 February, in a common year."""
    leaps = (born.month, born.day) == (2, 29)
    return date(born.year + 15, 3, 1) if leaps else date(born.year + 15, born.month, born.day)


@dataclass(slots=True)
class Matter:
    """Everything about one person under one need: the slice a question is answered from."""

    subject: PersonId
    facts: Facts
    spans: Sequence[Span]
    records: list[Record]
    overrides: list[Override]


def matters(world: World) -> dict[Place, Matter]:
    """Return the slices of a world, for an index over person and need."""
    records, overrides = defaultdict[Place, list[Record]](list), defaultdict[Place, list[Override]](list)
    for record in world.records:
        records[record.subject, record.need].append(record)
    for override in world.overrides:
        overrides[override.subject, override.need].append(override)
    return {
        place: Matter(
            place[0], world.facts[place[0]], spans(place[0], world.facts[place[0]]),
            records[place], overrides[place],
        )
        for place in [*records, *(each for each in overrides if each not in records)]
    }  # fmt: skip


def within(one: Window, other: Window) -> Window:
    """Return what two windows share; it is empty where it does not begin before it ends."""
    return max(one[0], other[0]), min(one[1], other[1])


def without(window: Window, holes: Sequence[Window]) -> Iterator[Window]:
    """Yield what is left of a window, without the holes in it."""
    begins = window[0]
    for hole in sorted(each for each in holes if each[0] < each[1]):
        if begins < hole[0]:
            yield begins, min(window[1], hole[0])
        begins = max(begins, hole[1])
        if begins >= window[1]:
            return
    if begins < window[1]:
        yield begins, window[1]


def taken_back(record: Record, other: UnitId, category: Category) -> list[int]:
    """Return when it was taken back towards a unit about a kind, in order."""
    return sorted(
        second(each.at)
        for each in record.withdrawals
        if (each.recipients is None or other in each.recipients)
        and (each.categories is None or category in each.categories)
    )


def ends(record: Record) -> float:
    """Return when a later word stands in its place; never, if none does."""
    return inf if record.superseded_at is None else second(record.superseded_at)


def closes(record: Record, other: UnitId, category: Category) -> list[Window]:
    """Return when it says no: a refusal until it is lifted, a yes that was taken back until a later word stands for it.

    What was taken back after the later word was said is lifted by nothing.
    """
    taken, replaced = taken_back(record, other, category), ends(record)
    if record.effect is Effect.FORBID:
        return [(second(record.valid_from), min([replaced, *taken]))]
    return [(at, inf if at > replaced else replaced) for at in taken]


def spends(record: Record, other: UnitId, category: Category) -> list[tuple[int, float]]:
    """Return (what was said before, is spent from): a no that was lifted gives nothing back that went before it."""
    taken, replaced = taken_back(record, other, category), ends(record)
    if record.effect is Effect.FORBID:
        lifted = min([replaced, *taken])
        return [] if lifted == inf else [(second(record.valid_from), max(lifted, second(record.valid_from)))]
    return [(at, replaced) for at in taken if at <= replaced < inf]


def opens(record: Record) -> Window:
    """Return from when to when a yes holds by itself."""
    begins = second(record.valid_from)
    until = [ends(record), *(second(each) for each in (record.valid_until, record.invalidated_at) if each is not None)]
    return begins, begins if record.valid_until is None else min(until)


def holds(override: Override) -> Window:
    """Return from when to when another legal ground holds (R17)."""
    revoked = inf if override.revoked_at is None else second(override.revoked_at)
    return second(override.valid_from), min(second(override.valid_until), revoked)
