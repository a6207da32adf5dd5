"""Region Østdanmark takes over on 1 January 2027 (R47): searches, counts and what is shown follow it that day."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

import httpx
import pytest
from fastapi import FastAPI

from services.directory.actions.reminding import follow_the_law
from services.directory.domain.model import Catalogue
from shared import clock
from shared.db import Database
from tests.conftest import Databases
from tests.directory.copies import Copy, copied, serving
from tests.support.keys import Keys

OLD, NEW = "region-hovedstaden", "region-oestdanmark"
LAST, FIRST = date(2026, 12, 31), date(2027, 1, 1)


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 9, tzinfo=UTC)


def _on(day: date) -> Callable[[], datetime]:
    return lambda: at(day)


@pytest.fixture
def copy(loaded: Databases) -> Iterator[Copy]:
    """A directory of the test's own."""
    with copied(loaded, "directory_turn") as made:
        yield made


async def found(app: FastAPI, client: httpx.AsyncClient, day: date, **asked: object) -> dict[str, object]:
    """Return what a search finds on a day, by the clock."""
    app.dependency_overrides[clock._now] = _on(day)
    await app.state.finder.renew(day)
    await app.state.finder.settled()
    answer = await client.post("/offers/search", json={"limit": 200, **asked})
    assert answer.status_code == 200, answer.text
    told: dict[str, object] = answer.json()
    return told


async def test_who_asks_for_either_region_is_answered_for_both_from_the_first_day(copy: Copy, keys: Keys) -> None:
    async with serving(copy, keys) as (app, client):
        before = {code: (await found(app, client, LAST, organisation=code))["total"] for code in (OLD, NEW)}
        ahead = {
            code: (await found(app, client, LAST, organisation=code, on=str(FIRST)))["total"] for code in (OLD, NEW)
        }
        after = {code: (await found(app, client, FIRST, organisation=code))["total"] for code in (OLD, NEW)}
        zealand = (await found(app, client, LAST, organisation="region-sjaelland"))["total"]
    assert before[OLD] > 0 == before[NEW]  # type: ignore[operator] # a number
    assert ahead[OLD] == ahead[NEW] == after[OLD] == after[NEW] == before[OLD] + zealand  # type: ignore[operator]


async def test_counts_name_the_new_region_from_the_first_day(copy: Copy, keys: Keys) -> None:
    async with serving(copy, keys) as (app, client):
        counted = {}
        for day in (LAST, FIRST):
            told = await found(app, client, day, facets=["organisation"], region="1084")
            counted[day] = {each["value"] for each in told["facets"]["organisation"]["counts"]}  # type: ignore[index]
    assert OLD in counted[LAST]
    assert NEW not in counted[LAST]
    assert NEW in counted[FIRST]
    assert OLD not in counted[FIRST]


async def test_what_is_shown_names_the_new_region_once_the_worker_has_seen_the_day(
    copy: Copy, keys: Keys, catalogue: Catalogue
) -> None:
    offer = next(one.id for one in catalogue.offers.values() if catalogue.units[one.unit].organisation == OLD)
    database = Database(copy.app, 1, "tests")
    await database.open()
    async with serving(copy, keys) as (_, client):
        shown = []
        for day in (LAST, FIRST, FIRST):
            async with database.transaction() as transaction:
                followed = await follow_the_law(transaction, at(day))
            answer = (await client.get(f"/offers/{offer}")).json()
            shown.append((followed, answer["organisation"]["id"], answer["version"]))
    await database.close()
    assert shown == [(False, OLD, 1), (True, NEW, 1), (False, NEW, 1)]
