"""`decide` in process: against other engines with the same rules, and against PostgreSQL answering by SQL."""

import time
from datetime import date, timedelta
from uuid import UUID

from deploy.bench import bare, family
from deploy.bench.bench import Bench, Pace
from deploy.bench.costs import LOAD
from deploy.bench.engines.comparing import Comparison, Tell, compare
from deploy.bench.engines.world import WORDS, world
from deploy.bench.family import Kind, number
from deploy.bench.figures import Round, Row
from deploy.bench.scratch import MANY
from deploy.demo.playing import HOUSE, MIDWIVES
from deploy.demo.story import PURPOSE
from services.consent.domain.decision import Held, decide
from services.consent.domain.model import (
    Capacity,
    ConsentId,
    Disclosure,
    Effect,
    NeedId,
    PersonId,
    Record,
    Regime,
    UnitId,
)
from services.consent.domain.people import Facts
from shared.clock import now
from shared.ids import new_id
from shared.vocabulary import Category, Purpose

_CATEGORIES = frozenset(map(Category, family.TOLD_TO_HOUSE))
_AGAINST = (
    "PostgreSQL answering the same question by one SQL statement over the same {count} (yes or no for each of 6 "
    "categories, without the reason), one connection, prepared; ours has the records in hand, and has been asked before"
)


def with_engines(pace: Pace, tell: Tell) -> Comparison:
    """Decide with a thousand live words about many people in hand, beside Cedar, Casbin and Rego."""
    return compare(world(), WORDS, pace.rounds, pace.bare_s / 2, tell)


def with_one(bench: Bench) -> Row:
    """Decide with one record in hand."""
    return _measured(bench, "decide in process, 1 record", 1, Kind.NEED_OF_ONE)


def with_many(bench: Bench) -> Row:
    """Decide with a thousand live records of this person's in hand, one of which answers."""
    return _measured(bench, f"decide in process, {MANY:,} records", MANY, Kind.NEED_OF_MANY)


def held(count: int, need: Kind) -> Held:
    """Return `count` live consents about Thilde under one need in hand, the first to the house."""
    units = [UnitId(HOUSE if place == 1 else f"unit-{place}") for place in range(1, count + 1)]
    return Held([_record(need, each) for each in units], {_person(): Facts(born=date(1998, 5, 12))})


def question(need: Kind) -> Disclosure:
    """Return the question: may the midwives tell the house six kinds about Thilde?"""
    return Disclosure(
        _person(), UnitId(MIDWIVES), UnitId(HOUSE), Purpose(PURPOSE), NeedId(number(need, 0)), _CATEGORIES
    )  # fmt: skip


def _record(need: Kind, recipient: UnitId) -> Record:
    at = now()
    return Record(
        ConsentId(new_id()), Effect.PERMIT, _person(), _person(), Capacity.SELF, UnitId(MIDWIVES),
        frozenset({recipient}), _CATEGORIES, Purpose(PURPOSE), NeedId(number(need, 0)), at - timedelta(days=1),
        at + timedelta(days=180), mutual=True,
        basis={(UnitId(MIDWIVES), recipient): Regime.HEALTH_TO_OTHER},
    )  # fmt: skip


def _person() -> PersonId:
    return PersonId(UUID(family.made(0)["thilde"]))


def _measured(bench: Bench, name: str, count: int, need: Kind) -> Row:
    script = bare.ruling(need, family.TOLD_TO_HOUSE)
    asked, in_hand = question(need), held(count, need)
    ours: list[Round] = []
    theirs: list[float] = []
    for place in range(bench.pace.rounds):
        ours.append(_round(asked, in_hand, bench.pace.bare_s / 2))
        theirs.append(bench.bare(script, clients=1))
        bench.tell(f"{name}: round {place + 1} of {bench.pace.rounds}, {ours[-1].rate:,.0f}/s, SQL {theirs[-1]:,.0f}/s")
    return Row(name, ours, theirs, _AGAINST.format(count=f"{count:,} consents" if count > 1 else "consent"),
               ours_are=frozenset({LOAD}))  # fmt: skip


def _round(asked: Disclosure, in_hand: Held, seconds: float) -> Round:
    at = now()
    latencies: list[float] = []
    cpu, begun = time.process_time(), time.perf_counter()
    last, until = begun, begun + seconds
    while last < until:
        answers = decide(asked, in_hand, at)
        if not all(answer.permitted for answer in answers):
            msg = "the benchmark's own question was not answered with yes"
            raise RuntimeError(msg)
        done = time.perf_counter()
        latencies.append(1000 * (done - last))
        last = done
    return Round(len(latencies), last - begun, latencies, {LOAD: time.process_time() - cpu})
