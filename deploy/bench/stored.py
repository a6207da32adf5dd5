"""Decisions over HTTP with a thousand consents stored and with a million, and many questions in one call."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import permutations
from random import Random
from typing import Any

from deploy.bench import bare, family, million, wire
from deploy.bench.bench import QUICK, Bench
from deploy.bench.driver import Load
from deploy.bench.family import FAMILIES, Kind, number
from deploy.bench.figures import Factor, Mark, Round, Row
from deploy.bench.over_http import Plan, measured
from deploy.bench.seeding import READER
from deploy.demo import identities
from deploy.demo.playing import HEALTH_VISITING, HOUSE, MIDWIVES
from shared.auth import ServiceIdentity
from shared.ids import new_id

RATIO = 0.20
P99_MS = 25.0
MOST_GROWTH = 1.3
BATCH = 50
MOST_OF_BATCH = 3.0
BOTH_NEEDS = (Kind.NEED, Kind.EARLIER_NEED)
_NAME = "decision over HTTP, {:,} consents"
MANY, MANY_QUICK = (_NAME.format(consents) for consents in (million.CONSENTS, million.QUICK_CONSENTS))
_PER_FAMILY = 2
_REQUESTS = 20_000
_BATCHES = 500
_SEED = 4058
_AGAINST = (
    "bare PostgreSQL with as many consents, same rows: the service's own two statements, the SELECT of what decides "
    "(2 people, their 4 words) and the INSERT of the ledger entry and whom it is about while nobody has changed; "
    "pgbench, 8 clients, prepared"
)


@dataclass(frozen=True, slots=True)
class Stored:
    """What was measured: the rows, and how many times longer something takes than something else."""

    rows: Sequence[Row]
    factors: Sequence[Factor]


@dataclass(frozen=True, slots=True)
class Shape:
    """What a batch is about, and the calls that ask it: of so many families, so many calls, so many questions each."""

    name: str
    calls: Callable[[int, int, int], Iterator[dict[str, Any]]]
    note: str


def deciding(bench: Bench) -> Stored:
    """Measure with a thousand consents stored, store a million, measure again, then batches; one after the other."""
    consents = million.QUICK_CONSENTS if bench.pace is QUICK else million.CONSENTS
    families = million.families_for(consents)
    few = _decision(bench, FAMILIES * family.CONSENTS, FAMILIES, BOTH_NEEDS[:1])
    bench.tell(f"storing {consents:,} consents")
    million.fill(bench.system, consents)
    many = _decision(bench, consents, families, BOTH_NEEDS)
    together = [_batch(bench, ONE_FAMILY, families, clients) for clients in (1, 8)]
    apart = _batch(bench, MANY_FAMILIES, families, 8)
    return Stored([few, many, *together, apart], [
        Factor(f"decision over HTTP, {consents:,} consents stored against {FAMILIES * family.CONSENTS:,}, p50",
               (many.at(0.5) or 0) / (few.at(0.5) or 1), MOST_GROWTH),
        *(Factor(f"{row.name}, against one", 1 / row.ratio, MOST_OF_BATCH) for row in together),
    ])  # fmt: skip


def questions(families: int, needs: Sequence[Kind], count: int) -> Iterator[dict[str, Any]]:
    """Return decisions asked as the referral service does, about families taken by chance from all of them."""
    rng = Random(_SEED)  # noqa: S311 - made-up questions
    for _ in range(count):
        place = rng.randrange(families)
        asked = family.decision(family.made(place, rng.choice(needs)), MIDWIVES, identities.PEOPLE[READER].user)
        yield asked | {"referral": str(number(Kind.REFERRAL, place))}


def about_one_family(families: int, count: int, size: int) -> Iterator[dict[str, Any]]:
    """Return calls of `size` different questions about one family under one need, as for what is to be read together.

    May this unit tell that one this kind about this person? Each kind that is told of two people, on every road
    between three units, there and back.
    """
    for asked in questions(families, BOTH_NEEDS, count):
        every = [
            question | {"sender": sender, "recipient": recipient, "back": recipient == MIDWIVES, "categories": [kind]}
            for sender, recipient in permutations((MIDWIVES, HOUSE, HEALTH_VISITING), 2)
            for question in asked["questions"]
            for kind in question["categories"]
        ]
        yield asked | {"questions": every[:size]}


def about_many_families(families: int, count: int, size: int) -> Iterator[dict[str, Any]]:
    """Return calls of `size` questions about as many different people, each about all kinds; two of each family."""
    asked = questions(families, BOTH_NEEDS, count * -(-size // _PER_FAMILY))
    for first in asked:
        together = [first, *(next(asked) for _ in range(-(-size // _PER_FAMILY) - 1))]
        yield first | {"questions": [question for each in together for question in each["questions"]][:size]}


ONE_FAMILY = Shape("about one family", about_one_family, "")
MANY_FAMILIES = Shape(
    "about 50 people of 25 families", about_many_families, "; no mark: 25 times the people, words and rows"
)


def _decision(bench: Bench, consents: int, families: int, needs: Sequence[Kind]) -> Row:
    return measured(bench, Plan(
        _NAME.format(consents), "consent",
        [_request(each, _headers(bench)) for each in questions(families, needs, _REQUESTS)],
        bare.deciding(bench.seeded, families, needs), _AGAINST, Mark(RATIO, P99_MS),
    ))  # fmt: skip


def _batch(bench: Bench, shape: Shape, families: int, clients: int) -> Row:
    """Measure in turn: one question a call, fifty a call."""
    pace, port = bench.pace, bench.system.ports["consent"]
    name = f"{BATCH} questions {shape.name}, {clients} client{'s' if clients > 1 else ''}"
    headers = _headers(bench)
    rounds: dict[int, list[Round]] = {1: [], BATCH: []}
    with ExitStack() as stack:
        loads = {
            size: stack.enter_context(Load(
                port, [_request(each, headers) for each in shape.calls(families, _BATCHES, size)], bench.folder,
                bench.processes, bench.postmaster, clients=clients,
            ))
            for size in rounds
        }  # fmt: skip
        for place in range(pace.rounds):
            for size, load in loads.items():
                rounds[size].append(load.round(pace.warm_s, pace.ours_s))
            rates = ", ".join(f"{size}: {told[-1].rate:,.0f}/s" for size, told in rounds.items())
            bench.tell(f"{name}: round {place + 1} of {pace.rounds}, {rates}")
    ones = [each.rate for each in rounds[1]]
    against = f"one such question in one call, as many clients: the same service, in turn{shape.note}"
    return Row(name, rounds[BATCH], ones, against,
               rss_mb=bench.memory_mb(), ours_are=frozenset(bench.processes))  # fmt: skip


def _headers(bench: Bench) -> Mapping[str, str]:
    token = ServiceIdentity("referral", bench.system.keys.identity("referral")).token("consent")
    return {"Authorization": f"Bearer {token}", "X-Request-Id": str(new_id())}


def _request(body: Mapping[str, Any], headers: Mapping[str, str]) -> bytes:
    return wire.request("POST", "/internal/decisions", headers, body)
