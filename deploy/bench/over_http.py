"""The rows measured over HTTP, eight clients, against pgbench with eight clients on the same rows."""

import time
from collections.abc import Iterable
from dataclasses import dataclass

from deploy.bench import bare, family, wire
from deploy.bench.bench import MOST_A_SECOND, Bench
from deploy.bench.driver import Load
from deploy.bench.family import families
from deploy.bench.figures import Mark, Round, Row
from shared.ids import new_id

P99_MS = 60.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How one row is measured: what is sent where, and what bare PostgreSQL does instead."""

    name: str
    service: str
    requests: Iterable[bytes]
    script: bare.Script
    against: str
    mark: Mark
    unique: bool = False


def posting(bench: Bench) -> Row:
    """Post the story's referral: two people, two recipients, what is told of nine kinds; it goes out at once."""
    return measured(bench, Plan(
        "post a referral", "gateway", posts(bench), bare.posting(bench.seeded),
        "bare PostgreSQL, same rows: SELECT of what decides, INSERT of the decision, and the service's own one "
        "statement with key, referral, pieces, 2 tasks, 4 events and ledger entry; two commits, as two databases "
        "need; pgbench, 8 clients, prepared. Ours has the token checked and exchanged, too",
        Mark(0.08, P99_MS), unique=True,
    ))  # fmt: skip


def reading(bench: Bench) -> Row:
    """Read a referral as the family therapist, who has opened it before."""
    return measured(bench, Plan(
        "read a referral as recipient", "gateway",
        [wire.request("GET", f"/api/v1/referrals/{each}", bench.seeded.reader) for each in bench.seeded.referrals],
        bare.reading(bench.seeded),
        "bare PostgreSQL, same rows: the service's own SELECT of the referral, SELECT of what decides, INSERT of the "
        "decision; pgbench, 8 clients, prepared",
        Mark(0.10, P99_MS),
    ))  # fmt: skip


def posts(bench: Bench) -> Iterable[bytes]:
    """Return posts enough for every round, each with a key of its own; bodies differ by family."""
    pace = bench.pace
    many = int(MOST_A_SECOND * (pace.warm_s + pace.ours_s) * pace.rounds)
    bodies = [family.referral(each) for each in families()]
    for place in range(many):
        headers = {**bench.seeded.midwives, "Idempotency-Key": str(new_id())}
        yield wire.request("POST", "/api/v1/referrals", headers, bodies[place % len(bodies)])


def measured(bench: Bench, plan: Plan) -> Row:
    """Measure in turn: ours, bare, ours, bare."""
    pace = bench.pace
    ours: list[Round] = []
    theirs: list[float] = []
    port = bench.system.ports[plan.service]
    with Load(port, plan.requests, bench.folder, bench.processes, bench.postmaster, unique=plan.unique) as load:
        for place in range(pace.rounds):
            ours.append(load.round(pace.warm_s, pace.ours_s))
            # The sealers get time to finish, so that bare PostgreSQL has the machine to itself.
            time.sleep(pace.settle_s)
            theirs.append(bench.bare(plan.script))
            bench.tell(f"{plan.name}: round {place + 1} of {pace.rounds}, "
                       f"{ours[-1].rate:,.0f}/s, bare {theirs[-1]:,.0f}/s")  # fmt: skip
    return Row(plan.name, ours, theirs, plan.against, plan.mark, bench.memory_mb(), frozenset(bench.processes))
