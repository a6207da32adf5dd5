"""Searching 10,000 offers, over HTTP and in the directory itself, against the plainest SQL on the same offers."""

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import asyncpg
import httpx

from deploy.bench import national, plain, wire
from deploy.bench.asking import FACETS, PAGE, QUESTIONS, Question, questions
from deploy.bench.bench import QUICK, Bench
from deploy.bench.driver import Load
from deploy.bench.figures import Mark, Round, Row
from services.directory.domain.model import Catalogue
from services.directory.settings import Settings
from shared.clock import danish_date, now
from shared.db import Connection, teach_json

OFFERS = 10_000
_QUICK_ROUNDS = 2
RATIO, P99_MS = 0.35, 40.0
_SAMPLE = 24
_MOST_SHOWN = 200
_BUILT_S = 120
_AGAINST = (
    "the plainest SQL on the same {offers:,} offers: one table, typed columns with GIN and GiST indexes, three "
    "filters, a text and the page of {page} as one JSON with the total{facets}; {questions} questions by turns on both "
    "sides, {hits:.0f} hits each on average; pgbench, 8 clients, prepared, generic plans. Ours always has the counts "
    "of {counts} facets, says of each offer which criteria match and {reads}"
)
# Within so many seconds every connection has planned every question.
_PLANNED_S = 2
# The service itself has its statements planned once a connection.
_PLANNED_ONCE = "-c plan_cache_mode=force_generic_plan -c jit=off"


class Disagreed(Exception):
    """The directory and plain SQL answer a question differently where they must not: the rows have no figures."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The offers there are, and the questions put to both sides; each finds something by plain SQL."""

    catalogue: Catalogue
    offers: int
    today: date
    stale: date
    questions: Sequence[Question]
    hits: float


def searching(bench: Bench) -> Sequence[Row]:
    """Fill the directory, see that both sides answer alike, and measure both."""
    asked, told = asyncio.run(_prepared(bench))
    sides = {facets: plain.scripts(asked.questions, asked.catalogue, asked.today, asked.stale, facets=facets)
             for facets in (False, True)}  # fmt: skip
    ours: dict[str, list[Round]] = {"gateway": [], "directory": []}
    bare: dict[bool, list[float]] = {False: [], True: []}
    rounds = _QUICK_ROUNDS if bench.pace is QUICK else bench.pace.rounds
    with ExitStack() as stack:
        loads = {name: stack.enter_context(_load(bench, name, asked)) for name in ours}
        for place in range(rounds):
            for name, load in loads.items():
                ours[name].append(load.round(bench.pace.warm_s, bench.pace.ours_s))
            for facets, scripts in sides.items():
                bare[facets].append(bench.bare(*scripts, options=_PLANNED_ONCE, warm=_PLANNED_S))
            rates = [f"{done[-1].rate:,.0f}/s by the {name}" for name, done in ours.items()]
            rates += [f"plain {bare[False][-1]:,.0f}/s, with facet counts {bare[True][-1]:,.0f}/s"]
            bench.tell(f"search: round {place + 1} of {rounds}, {', '.join(rates)}")
    return [
        Row(f"search, {name}" + (", SQL counting too" if facets else ""), ours[name], bare[facets],
            _against(asked, facets=facets, reads=told), Mark() if facets else Mark(RATIO, P99_MS),
            bench.memory_mb(), frozenset(bench.processes))
        for facets in (False, True) for name in ours
    ]  # fmt: skip


def _against(asked: Asked, *, facets: bool, reads: str) -> str:
    return _AGAINST.format(
        offers=asked.offers, page=PAGE, questions=len(asked.questions), hits=asked.hits, counts=len(FACETS),
        reads=reads,
        facets=f" and the counts of {len(FACETS)} facets, each following the other filters" if facets else "",
    )  # fmt: skip


def _load(bench: Bench, name: str, asked: Asked) -> Load:
    path = "/api/v1/offers/search" if name == "gateway" else "/offers/search"
    headers = bench.seeded.midwives if name == "gateway" else {}
    requests = [wire.request("POST", path, headers, each.body()) for each in asked.questions]
    return Load(bench.system.ports[name], requests, bench.folder, bench.processes, bench.postmaster)


async def _prepared(bench: Bench) -> tuple[Asked, str]:
    """Fill both sides, choose the questions; return them, and what is to be said of how both read words."""
    system, today = bench.system, danish_date(now())
    await national.fill(system.database_url("directory", role="owner"), OFFERS, _seldom(bench))
    bench.tell("the same offers in a plain table")
    catalogue, offers = await plain.fill(system.database_url("directory", role="admin"), today)
    stale = today - timedelta(days=Settings.model_fields["demoted_after_days"].default)
    connection: Connection = await asyncpg.connect(system.database_url("directory", role="admin"))
    await teach_json(connection)
    try:
        async with httpx.AsyncClient(base_url=system.url("directory"), timeout=20) as client:
            await _built(client, offers)
            both = Both(connection, client, catalogue, today, stale)
            asked, hits = await _that_find_something(both)
            bench.tell(f"{len(asked)} questions; do both sides answer alike?")
            await both.agree(asked[:_SAMPLE])
            words = await both.words(asked[:_SAMPLE])
    finally:
        await connection.close()
    return Asked(catalogue, offers, today, stale, asked, hits), words


def _seldom(bench: Bench) -> Any:  # noqa: ANN401 - a teller
    """Return a teller that passes on every fifth word."""
    told: Iterator[int] = iter(range(10**6))
    return lambda what: bench.tell(what) if next(told) % 5 == 0 else None


async def _built(client: httpx.AsyncClient, offers: int) -> None:
    """Ask until the directory has taken all offers in.

    Raises:
        TimeoutError: it has not in good time.
    """
    async with asyncio.timeout(_BUILT_S):
        while (await _ask(client, {"limit": 1, "include_examples": True}))["total"] != offers:  # noqa: ASYNC110 - it says nothing of itself
            await asyncio.sleep(0.2)


async def _ask(client: httpx.AsyncClient, body: Mapping[str, Any]) -> dict[str, Any]:
    answer = await client.post("/offers/search", json=body)
    answer.raise_for_status()
    told: dict[str, Any] = answer.json()
    return told


async def _that_find_something(both: "Both") -> tuple[list[Question], float]:
    """Return the first questions that plain SQL finds something for, and how much on average."""
    kept: list[Question] = []
    hits = 0
    for question in questions(both.catalogue.municipalities, count=3 * QUESTIONS):
        found = (await both.by_sql(question))["total"]
        if found and len(kept) < QUESTIONS:
            kept.append(question)
            hits += found
    return kept, hits / len(kept)


@dataclass(frozen=True, slots=True)
class Both:
    """Both sides, to put the same question to."""

    connection: Connection
    client: httpx.AsyncClient
    catalogue: Catalogue
    today: date
    stale: date

    async def by_sql(self, question: Question, *, facets: bool = False, limit: int = PAGE) -> dict[str, Any]:
        """Return plain SQL's answer."""
        sql = plain.statement(text=question.text is not None, facets=facets, limit=limit)
        given = plain.values(question, self.catalogue, self.today, self.stale)
        told: dict[str, Any] = await self.connection.fetchval(sql, *given)
        return told

    async def agree(self, asked: Sequence[Question]) -> None:
        """See that both give the same offers in the same order with the same counts, where no words are asked.

        Raises:
            Disagreed: they do not.
        """
        for question in (Question(each.municipality, each.child_age_months, each.theme, None) for each in asked):
            ours, theirs = await _ask(self.client, question.body()), await self.by_sql(question, facets=True)
            if answer(ours) != answer(theirs) or counts(ours) != theirs_counts(theirs):
                raise Disagreed(json.dumps(question.body(), ensure_ascii=False))

    async def words(self, asked: Sequence[Question]) -> str:
        """Say how far both find the same by words; they read words differently (compounds, thesaurus, spelling)."""
        theirs_of_ours = theirs_in_all = ours_in_all = 0
        for question in asked:
            told = await _ask(self.client, question.body(facets=False, limit=_MOST_SHOWN))
            ours = {each["id"] for each in told["offers"]}
            theirs = {each["id"] for each in (await self.by_sql(question, limit=_MOST_SHOWN))["offers"]}
            theirs_of_ours += len(theirs & ours)
            theirs_in_all += len(theirs)
            ours_in_all += len(ours)
        return (f"reads words by ideas and parts: it finds {theirs_of_ours / theirs_in_all:.0%} of SQL's hits, and "
                f"{ours_in_all / theirs_in_all:.1f} times as many")  # fmt: skip


def answer(told: Mapping[str, Any]) -> tuple[int, list[str]]:
    """Return an answer's total and its page's offers in their order."""
    return told["total"], [each["id"] for each in told["offers"]]


def counts(told: Mapping[str, Any]) -> Mapping[str, Mapping[str, int]]:
    """Return our facet counts, by facet and value."""
    return {facet: {each["value"]: each["count"] for each in one["counts"]} for facet, one in told["facets"].items()}


def theirs_counts(told: Mapping[str, Any]) -> Mapping[str, Mapping[str, int]]:
    """Return plain SQL's facet counts in the same form."""
    return {facet: one or {} for facet, one in told["facets"].items()}
