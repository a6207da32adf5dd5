"""A made-up world of words about people, and questions about it: the same every time it is made."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import cycle
from random import Random
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from services.consent.domain.decision import Held, decide
from services.consent.domain.model import (
    Capacity,
    ConsentId,
    Disclosure,
    Effect,
    NeedId,
    Override,
    PersonId,
    Record,
    UnitId,
    Withdrawal,
)
from services.consent.domain.people import CAPABLE_FROM_YEARS, Facts, Holder, birthday
from shared.vocabulary import Category, Purpose

SEED = 4
WORDS = 1000
QUESTIONS = 2000
AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
COPENHAGEN = ZoneInfo("Europe/Copenhagen")
_DAY = 86_400
_SECOND = timedelta(seconds=1)
_UNITS = tuple(UnitId(f"unit-{number:02}") for number in range(1, 15))
_CATEGORIES = tuple(Category)
_PURPOSES = (*[Purpose.EARLY_SUPPORT] * 6, *Purpose)
Speaker = tuple[PersonId, Capacity]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Question:
    """One question about one kind of information, at a moment of whole seconds."""

    asked: Disclosure
    at: datetime

    @property
    def category(self) -> Category:
        """The only kind it asks about."""
        (only,) = self.asked.categories
        return only


@dataclass(frozen=True, slots=True)
class World:
    """What was said about some people, what is known of them, and what is asked; half of it may be told."""

    records: Sequence[Record]
    facts: Mapping[PersonId, Facts]
    overrides: Sequence[Override]
    questions: Sequence[Question]

    def held(self) -> Held:
        """Return all of it in hand."""
        return Held(self.records, self.facts, self.overrides)


@dataclass(slots=True)
class _Making:
    random: Random
    facts: dict[PersonId, Facts] = field(default_factory=dict)
    records: list[Record] = field(default_factory=list)
    overrides: list[Override] = field(default_factory=list)

    def number(self) -> UUID:
        """Return an id."""
        return UUID(int=self.random.getrandbits(128), version=4)

    def person(self) -> PersonId:
        """Return somebody new."""
        return PersonId(self.number())

    def chance(self, share: float) -> bool:
        """Say yes in a share of all cases."""
        return self.random.random() < share

    def some(self, of: Sequence[T], least: int, most: int) -> frozenset[T]:
        """Return a few of them."""
        return frozenset(self.random.sample(of, min(len(of), self.random.randint(least, most))))

    def days(self, first: int, last: int) -> datetime:
        """Return a moment so many days after AT."""
        return AT + timedelta(seconds=self.random.randint(first * _DAY, last * _DAY))

    def day(self, first: int, last: int) -> date:
        """Return a day so many days after AT."""
        return AT.date() + timedelta(days=self.random.randint(first, last))


def world(words: int = WORDS, questions: int = QUESTIONS, seed: int = SEED) -> World:
    """Return so many words (yeses and noes) that live at AT, the dead ones besides, and so many different questions.

    Half of what is asked may be told.
    """
    making = _Making(Random(seed))  # noqa: S311 - a made-up world
    kinds, living = cycle(_KINDS), 0
    while living < words:
        before = len(making.records)
        _case(making, next(kinds))
        living += sum(map(lives, making.records[before:]))
    made = World(making.records, making.facts, making.overrides, ())
    return replace(made, questions=_questions(making.random, made, questions))


def lives(record: Record) -> bool:
    """Say whether any of what was said holds at AT."""
    ends = (record.valid_until, record.superseded_at, record.invalidated_at, record.withdrawn_at)
    return record.valid_from <= AT and all(end is None or end > AT for end in ends)


def _questions(random: Random, made: World, count: int) -> Sequence[Question]:
    held = made.held()
    left = {True: count - count // 2, False: count // 2}
    told: dict[Question, None] = {}
    while any(left.values()):
        question = _question(random, made)
        may = decide(question.asked, held, question.at)[0].permitted
        if left[may] and question not in told:
            told[question] = None
            left[may] -= 1
    return random.sample(list(told), count)


def _question(random: Random, made: World) -> Question:
    said: Sequence[Record | Override] = made.records if random.random() < 0.8 else made.overrides  # noqa: PLR2004
    about = random.choice(said)
    one, other = about.sender, random.choice(sorted(about.recipients))
    back = random.random() < 0.25  # noqa: PLR2004 - a share, as below
    if back:
        one, other = other, one
    purpose = about.purpose if isinstance(about, Record) else Purpose.EARLY_SUPPORT
    if random.random() < 0.05:  # noqa: PLR2004
        purpose = random.choice(list(Purpose))
    if random.random() < 0.05:  # noqa: PLR2004
        other = random.choice([unit for unit in _UNITS if unit != one])
    kinds = sorted(about.categories) if random.random() < 0.9 else _CATEGORIES  # noqa: PLR2004
    if made.facts[about.subject].protected and random.random() < 0.4:  # noqa: PLR2004
        kinds = [Category.CONTACT]
    asked = Disclosure(
        about.subject, one, other, purpose, about.need, frozenset({random.choice(kinds)}),
        back=back if random.random() < 0.8 else not back,  # noqa: PLR2004
    )  # fmt: skip
    edges = list(_edges(about, made.facts[about.subject]))
    at = AT + timedelta(seconds=random.randint(-20 * _DAY, 40 * _DAY))
    if random.random() < 0.4:  # noqa: PLR2004
        at = random.choice(edges) + random.choice((-_SECOND, timedelta(), _SECOND))
    return Question(asked, at)


def _edges(about: Record | Override, facts: Facts) -> Iterator[datetime]:
    """Yield the moments around which an answer may turn."""
    yield about.valid_from
    if about.valid_until is not None:
        yield about.valid_until
    if facts.born is not None and facts.born.year > AT.year - 17:
        yield datetime.combine(birthday(facts.born, CAPABLE_FROM_YEARS), time(), COPENHAGEN).astimezone(UTC)
    if isinstance(about, Record):
        yield from (each for each in (about.superseded_at, about.invalidated_at) if each is not None)
        yield from (each.at for each in about.withdrawals)


def _adult(making: _Making, subject: PersonId) -> tuple[Facts, Sequence[Speaker]]:
    return Facts(born=making.day(-15_000, -7_000)), [(subject, Capacity.SELF)]


def _protected(making: _Making, subject: PersonId) -> tuple[Facts, Sequence[Speaker]]:
    facts, speakers = _adult(making, subject)
    return replace(facts, protected=True), speakers


def _represented(making: _Making, subject: PersonId) -> tuple[Facts, Sequence[Speaker]]:
    facts, speakers = _adult(making, subject)
    holder = Holder(making.person(), making.day(-80, -10))
    return replace(facts, representative=holder), [(holder.person, Capacity.REPRESENTATIVE), *speakers]


def _objects(making: _Making, subject: PersonId) -> tuple[Facts, Sequence[Speaker]]:
    """Return somebody represented who says much, and so much that is no, for themselves."""
    facts, (represents, *speakers) = _represented(making, subject)
    return facts, [represents, represents, *speakers * 3]


def _outgrows(making: _Making, subject: PersonId) -> tuple[Facts, Sequence[Speaker]]:
    """Return a child with a representative, who turns fifteen about now and speaks alone from then on."""
    facts, speakers = _turns_fifteen(making, subject)
    holder = Holder(making.person(), making.day(-600, -100))
    return replace(facts, representative=holder), [(holder.person, Capacity.REPRESENTATIVE), *speakers]


def _unborn(making: _Making, _: PersonId) -> tuple[Facts, Sequence[Speaker]]:
    mother = making.person()
    told = making.day(-100, -60)
    return Facts(mother=mother, due=making.day(60, 160), told_since=told), [(mother, Capacity.PREGNANT)]


def _newborn(making: _Making, _: PersonId) -> tuple[Facts, Sequence[Speaker]]:
    mother, father = making.person(), making.person()
    born = making.day(-70, -20)
    facts = Facts(born=born, mother=mother, holders=(Holder(mother, born), Holder(father, born)))
    return facts, [(mother, Capacity.PREGNANT), (mother, Capacity.CUSTODY), (father, Capacity.CUSTODY)]


def _child_of_two(making: _Making, _: PersonId) -> tuple[Facts, Sequence[Speaker]]:
    holders = tuple(Holder(making.person(), making.day(-700, -50)) for _ in range(2))
    return Facts(born=making.day(-4_000, -800), holders=holders), [(each.person, Capacity.CUSTODY) for each in holders]


def _child_of_one(making: _Making, _: PersonId) -> tuple[Facts, Sequence[Speaker]]:
    holder, former = Holder(making.person(), making.day(-700, -50)), making.person()
    facts = Facts(born=making.day(-4_000, -800), holders=(holder,))
    return facts, [(holder.person, Capacity.CUSTODY), (former, Capacity.CUSTODY)]


def _turns_fifteen(making: _Making, subject: PersonId) -> tuple[Facts, Sequence[Speaker]]:
    facts, speakers = _child_of_two(making, subject)
    birthday = making.day(-60, 30)
    born = birthday.replace(year=birthday.year - 15, day=min(birthday.day, 28))
    return replace(facts, born=born), [*speakers, (subject, Capacity.SELF)]


def _nobodys(making: _Making, _: PersonId) -> tuple[Facts, Sequence[Speaker]]:
    return Facts(born=making.day(-4_000, -800)), [(making.person(), Capacity.CUSTODY)]


_Kind = Callable[[_Making, PersonId], tuple[Facts, Sequence[Speaker]]]
_KINDS: Sequence[_Kind] = (
    _adult, _child_of_two, _unborn, _newborn, _adult, _child_of_two, _turns_fifteen, _protected, _adult, _child_of_two,
    _child_of_one, _represented, _unborn, _objects, _newborn, _adult, _child_of_two, _turns_fifteen, _protected,
    _nobodys, _outgrows, _objects,
)  # fmt: skip


def _case(making: _Making, kind: _Kind) -> None:
    subject = making.person()
    making.facts[subject], speakers = kind(making, subject)
    told_of = {Category.CONTACT} if making.facts[subject].protected else set()
    for _ in range(making.random.choice((1, 1, 2))):
        need = NeedId(making.number())
        sender, *others = making.random.sample(_UNITS, 5)
        about = Record(
            ConsentId(making.number()), Effect.PERMIT, subject, subject, Capacity.SELF, sender, frozenset(others),
            making.some(_CATEGORIES, 4, 9) | told_of, making.random.choice(_PURPOSES), need, AT, None,
        )  # fmt: skip
        for speaker in speakers:
            _words(making, about, speaker)
        if making.chance(0.4):
            making.overrides.append(_override(making, about))


def _words(making: _Making, about: Record, speaker: Speaker) -> None:
    """Add what one person says in one right about the same matter: yeses, one for another, and perhaps a no."""
    for _ in range(making.random.choice((1, 1, 1, 2, 2, 3))):
        making.records.append(_yes(making, about, speaker))
        if making.chance(0.25):
            old = making.records[-1]
            at = old.valid_from + timedelta(seconds=making.random.randint(_DAY, 40 * _DAY))
            making.records[-1] = replace(old, superseded_at=at)
            making.records.append(replace(_yes(making, about, speaker), valid_from=at))
    if making.chance(0.3):
        making.records.append(_no(making, about, speaker))


def _yes(making: _Making, about: Record, speaker: Speaker) -> Record:
    begins = making.days(-90, -5) if making.chance(0.92) else making.days(5, 30)
    said = replace(
        about, id=ConsentId(making.number()), given_by=speaker[0], capacity=speaker[1], valid_from=begins,
        valid_until=begins + timedelta(seconds=making.random.randint(70 * _DAY, 360 * _DAY)),
        recipients=making.some(sorted(about.recipients), 2, 4), mutual=making.chance(0.6),
        categories=making.some(sorted(about.categories), 3, 9) | making.some(_CATEGORIES, 0, 1),
        alone=speaker[1] is Capacity.CUSTODY and making.chance(0.12), address=making.chance(0.4),
        purpose=about.purpose if making.chance(0.9) else making.random.choice(list(Purpose)),
        invalidated_at=making.days(-30, 30) if making.chance(0.04) else None,
    )  # fmt: skip
    return replace(said, withdrawals=_withdrawals(making, said, 0.25))


def _no(making: _Making, about: Record, speaker: Speaker) -> Record:
    said = replace(
        about, id=ConsentId(making.number()), effect=Effect.FORBID, given_by=speaker[0], capacity=speaker[1],
        valid_from=making.days(-80, 20), recipients=making.some(sorted(about.recipients), 1, 2),
        categories=making.some(_CATEGORIES, 1, 4),
    )  # fmt: skip
    if making.chance(0.3):
        said = replace(said, superseded_at=said.valid_from + timedelta(seconds=making.random.randint(0, 40 * _DAY)))
    return replace(said, withdrawals=_withdrawals(making, said, 0.3))


def _withdrawals(making: _Making, said: Record, share: float) -> tuple[Withdrawal, ...]:
    told: list[Withdrawal] = []
    while making.chance(share):
        told.append(Withdrawal(
            said.valid_from + timedelta(seconds=making.random.randint(0, 90 * _DAY)),
            None if making.chance(0.5) else making.some(sorted(said.recipients), 1, 2),
            None if making.chance(0.5) else making.some(sorted(said.categories), 1, 3),
        ))  # fmt: skip
    return tuple(sorted(told, key=lambda each: each.at))


def _override(making: _Making, about: Record) -> Override:
    begins = making.days(-40, 5)
    return Override(
        ConsentId(making.number()), about.subject, about.sender, making.some(sorted(about.recipients), 1, 3),
        making.some(sorted(about.categories), 2, 4), about.need, begins,
        begins + timedelta(seconds=making.random.randint(10 * _DAY, 60 * _DAY)), "law", making.chance(0.5),
        begins + timedelta(days=making.random.randint(1, 10)) if making.chance(0.2) else None,
    )  # fmt: skip
