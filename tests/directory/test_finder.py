"""The index in memory is as the database is, whoever changes it, and whatever happens meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.directory import finder as finding
from services.directory.domain.codes import Theme
from services.directory.domain.matching import Need
from services.directory.domain.model import Catalogue, Offer, OfferId, Run
from services.directory.domain.search import Facet, Search, Sort
from services.directory.domain.versions import DEMOTED_AFTER
from services.directory.finder import Finder, words
from services.directory.load import load
from shared import clock
from shared.auth import Role
from shared.db import Database
from tests.conftest import Databases
from tests.directory.conftest import AT, TODAY
from tests.directory.copies import Copy, copied, say, serving
from tests.support.keys import Keys

ONE = OfferId("helsingoer-gravidgruppe")
WORDS = words()
SEARCHES = [
    Search(Need(), day, text=text, facets=tuple(Facet), sort=sort, limit=200)
    for day in (TODAY, TODAY + timedelta(days=10))
    for text, sort in ((None, Sort.NAME), ("sorg", Sort.RELEVANCE), (None, Sort.WAITING))
]


@pytest.fixture
def copy(loaded: Databases) -> Iterator[Copy]:
    """A directory of the test's own."""
    with copied(loaded, "directory_finding") as made:
        yield made


@asynccontextmanager
async def built(copy: Copy) -> AsyncIterator[tuple[Finder, Database]]:
    """Build an index of what the database holds now."""
    database = Database(copy.app, 4, "tests")
    await database.open()
    made = Finder(database, WORDS, DEMOTED_AFTER.days)
    async with database.connection() as connection:
        await made.refresh(connection, TODAY)
    yield made, database
    await made.close()
    await database.close()


async def caught_up(finder: Finder, database: Database, today: date = TODAY) -> None:
    """Let the index take in all there is."""
    async with database.connection() as connection:
        while not await finder.refresh(connection, today):
            await finder.settled()


def ids(answer: httpx.Response) -> set[str]:
    assert answer.status_code == 200, answer.text
    return {offer["id"] for offer in answer.json()["offers"]}


async def named(client: httpx.AsyncClient, text: str) -> list[str]:
    """Return the names of the offers that answer a text."""
    answer = await client.post("/offers/search", json={"q": text, "sort": "name", "include_examples": True})
    assert answer.status_code == 200, answer.text
    return [offer["name"] for offer in answer.json()["offers"] if answer.json()["whole_text"]]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["create", "change", "later", "end", "confirm", "back"]),
        st.integers(0, 5),
        st.sampled_from(["Sorggruppe", "Babycafé", "Åben legestue", "Xylofon"]),
        st.integers(1, 9),
    ),
    min_size=1,
    max_size=8,
)  # fmt: skip


def worded(step: str, one: Offer, name: str, weeks: int) -> Offer:
    """Return what an owner says of an offer at a step."""
    if step == "end":
        return replace(one, valid_from=None, valid_to=TODAY + timedelta(days=weeks - 1))
    if step == "back":
        return replace(one, valid_to=None)
    if step == "confirm":
        return one
    run = Run("hold", TODAY, ends_on=TODAY + timedelta(days=weeks), wait_weeks=weeks)
    return replace(one, name=name, themes=frozenset({Theme.GRIEF}), runs=(run,))


@given(steps=STEPS, often=st.booleans())
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
def test_after_any_changes_the_index_is_as_one_built_anew(
    loaded: Databases, catalogue: Catalogue, steps: list[tuple[str, int, str, int]], *, often: bool
) -> None:
    async def follow(copy: Copy) -> None:
        held = dict(enumerate(list(catalogue.offers.values())[:4]))
        async with built(copy) as (finder, database):
            for step, which, name, weeks in steps:
                stem = held.get(which, replace(catalogue.offers[ONE], id=OfferId(f"nyt-{which}")))
                held[which] = worded(step, stem, name, weeks)
                later = TODAY + timedelta(days=weeks) if step == "later" else TODAY
                await say(copy, catalogue, [held[which]], holds_from=later, confirms=step == "confirm")
                if often:
                    await caught_up(finder, database)
            await caught_up(finder, database)
            async with built(copy) as (anew, _):
                assert finder.seen == anew.seen
                for search in SEARCHES:
                    assert finder.search(search, TODAY) == anew.search(search, TODAY)

    with copied(loaded, "directory_following") as copy:
        asyncio.run(follow(copy))


async def test_a_change_by_another_process_is_seen_by_the_very_next_search(
    copy: Copy, catalogue: Catalogue, keys: Keys
) -> None:
    async with AsyncExitStack() as stack:
        one, other = [(await stack.enter_async_context(serving(copy, keys)))[1] for _ in range(2)]
        owner = keys.party("directory", Role.EDIT_OFFERS, unit=catalogue.offers[ONE].unit)
        for name in ("Xylofonklubben", "Zitherklubben"):
            read = await one.get(f"/offers/{ONE}/document")
            sent = {"offer": read.json() | {"name": name}, "reason": "Nyt navn"}
            kept = await one.put(f"/offers/{ONE}", json=sent, headers={**owner, "If-Match": read.headers["etag"]})
            assert kept.status_code == 200, kept.text
            assert await named(other, name) == [name]
            assert await named(one, name) == [name]
        assert await named(other, "Xylofonklubben") == []


async def test_facets_and_totals_are_as_new_as_the_page(copy: Copy, catalogue: Catalogue, keys: Keys) -> None:
    async with serving(copy, keys) as (_, client):
        asked = {"q": "qwrtzux", "facets": ["theme"]}
        assert (await client.post("/offers/search", json=asked)).json()["total"] == 0
        renamed = replace(catalogue.offers[ONE], name="Qwrtzux", themes=frozenset({Theme.GRIEF}))
        await say(copy, catalogue, [renamed])
        told = (await client.post("/offers/search", json=asked)).json()
        assert told["total"] == 1
        assert told["facets"]["theme"]["counts"] == [{"value": "grief", "name": "sorg, tab", "count": 1}]


async def test_very_many_changes_are_taken_in_beside_the_index_that_answers(
    copy: Copy, catalogue: Catalogue, keys: Keys
) -> None:
    many = [replace(one, name=f"Xylofon {number}") for number, one in enumerate(catalogue.offers.values())]
    many = [one for one in many if one.valid_to is None]
    assert len(many) > finding._MOST_AT_ONCE
    async with serving(copy, keys) as (app, client):
        finder: Finder = app.state.finder
        before = finder.seen
        await say(copy, catalogue, many)
        assert await named(client, "xylofon") == []
        assert finder.seen == before
        await finder.settled()
        answer = await client.post("/offers/search", json={"q": "xylofon", "limit": 1, "include_examples": True})
        assert answer.json()["total"] == len(many)


async def test_many_small_changes_one_by_one_are_each_taken_in(copy: Copy, catalogue: Catalogue) -> None:
    async with built(copy) as (finder, database):
        first = finder._index
        for number in range(5):
            await say(copy, catalogue, [replace(catalogue.offers[ONE], name=f"Xylofon {number}")])
            await caught_up(finder, database)
        assert finder._index is first


async def test_units_and_places_are_as_new_as_the_database(copy: Copy, catalogue: Catalogue, keys: Keys) -> None:
    unit = catalogue.units[catalogue.offers[ONE].unit]
    renamed = replace(catalogue, units={**catalogue.units, unit.id: replace(unit, name="Huset ved Sundet")})
    async with serving(copy, keys) as (_, client):
        assert (await client.get(f"/units/{unit.id}")).json()["name"] == unit.name
        await load(renamed, copy.owner, AT)
        assert (await client.get(f"/units/{unit.id}")).json()["name"] == "Huset ved Sundet"
        asked = {"unit": unit.id, "limit": 1}
        [shown] = (await client.post("/offers/search", json=asked)).json()["offers"]
        assert shown["unit"]["name"] == "Huset ved Sundet"


async def test_an_offer_of_a_unit_that_is_new_itself_is_found(copy: Copy, catalogue: Catalogue, keys: Keys) -> None:
    unit = replace(catalogue.units[catalogue.offers[ONE].unit], id="helt-nyt-hus", name="Helt nyt hus")  # type: ignore[arg-type]
    new = replace(catalogue.offers[ONE], id=OfferId("helt-nyt-tilbud"), unit=unit.id, name="Xylofonklubben")
    more = replace(
        catalogue, units={**catalogue.units, unit.id: unit}, offers={**catalogue.offers, new.id: new}
    )  # fmt: skip
    async with serving(copy, keys) as (app, client):
        await load(more, copy.owner, AT)
        await named(client, "xylofonklubben")
        await app.state.finder.settled()
        assert await named(client, "xylofonklubben") == ["Xylofonklubben"]


async def test_without_a_database_it_is_not_ready_and_the_first_search_after_is_answered(
    loaded: Databases, keys: Keys
) -> None:
    with_port = loaded.app("directory").rsplit("/", 1)[0] + "/directory_not_there"
    missing = Copy("", with_port, "", "")
    async with serving(missing, keys) as (app, client):
        ready = await client.get("/health/ready")
        assert (ready.status_code, ready.json()["parts"]) == (503, {"database": False, "offers": False})
        assert (await client.post("/offers/search", json={})).status_code == 503
        assert (await client.get("/units")).status_code == 503
        await _moved(app, loaded.app("directory"))
        assert (await client.post("/offers/search", json={})).json()["total"] > 200
        assert (await client.get("/health/ready")).json() == {
            "ready": True,
            "parts": {"database": True, "offers": True},
        }


async def _moved(app: FastAPI, url: str) -> None:
    """Let the database be there from now on."""
    database: Database = app.state.database
    await database.close()
    database._url = url
    await database.open()


async def test_on_a_new_day_a_run_that_is_over_counts_no_more(copy: Copy, catalogue: Catalogue) -> None:
    run = Run("hold", TODAY, ends_on=TODAY, free=3, wait_weeks=0)
    await say(copy, catalogue, [replace(catalogue.offers[ONE], runs=(run,))])
    async with built(copy) as (finder, database):
        asked = Search(Need(free_places=True), TODAY + timedelta(days=1), limit=200)
        verdicts = {hit.key.partition(".")[0]: hit.verdicts for hit in finder.search(asked, TODAY).hits}
        assert verdicts[ONE]["free_places"] == "matched"  # type: ignore[index]
        async with database.connection() as connection:
            assert not await finder.refresh(connection, TODAY + timedelta(days=1))
        await finder.settled()
        verdicts = {hit.key.partition(".")[0]: hit.verdicts for hit in finder.search(asked, asked.on).hits}
        assert verdicts[ONE]["free_places"] == "unknown"  # type: ignore[index]


async def test_a_search_on_a_new_day_has_the_index_built_anew(copy: Copy, keys: Keys) -> None:
    async with serving(copy, keys) as (app, client):
        finder: Finder = app.state.finder
        morning = datetime.combine(finder._day + timedelta(days=1), datetime.min.time(), UTC) + timedelta(hours=9)
        _at(app, morning)
        answer: Any = await client.post("/offers/search", json={})
        assert answer.status_code == 200
        await finder.settled()
        assert finder._day == morning.date()


def _at(app: FastAPI, moment: datetime) -> None:
    """Let the service's clock show a moment."""
    app.dependency_overrides[clock._now] = lambda: moment


async def test_a_page_is_whole_though_texts_are_let_go_meanwhile(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = [{"municipality": code, "limit": 6} for code in ("0217", "0265", "0561", "0851") for _ in range(6)]
    for body in asked:  # every text is in memory
        await client.post("/offers/search", json=body)
    monkeypatch.setattr(finding, "_MOST_SHOWN", 2)
    others = [{"municipality": code, "limit": 30} for code in ("0630", "0751", "0370", "0360")]
    answers = await asyncio.gather(*(client.post("/offers/search", json=body) for body in asked + others))
    for answer in answers[: len(asked)]:
        told = answer.json()
        assert len(told["offers"]) == min(told["total"], 6)
