"""What may be kept, and how to ask whether it is still so."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from email.utils import format_datetime, parsedate_to_datetime

import httpx
import pytest

from services.directory.domain.model import Catalogue, OfferId
from shared import clock
from tests.conftest import Databases
from tests.directory.conftest import TODAY
from tests.directory.copies import Copy, copied, say, serving
from tests.support.keys import Keys

ONE = OfferId("helsingoer-gravidgruppe")
PATHS = ["/offers", "/offers?theme=grief&limit=3", f"/offers/{ONE}", "/units", "/units/helsingoer-smaaboernshuset",
         "/organisations", "/municipalities", "/regions?on=2027-01-01"]  # fmt: skip


@pytest.fixture
def copy(loaded: Databases) -> Iterator[Copy]:
    """A directory of the test's own."""
    with copied(loaded, "directory_caching") as made:
        yield made


@pytest.mark.parametrize("path", PATHS)
async def test_what_is_public_may_be_kept_for_a_minute_and_asked_for_by_its_tag(
    client: httpx.AsyncClient, path: str
) -> None:
    first = await client.get(path)
    assert first.headers["cache-control"] == "public, max-age=60"
    tag = first.headers["etag"]
    for held in (tag, f'"another", {tag}', "*", tag.removeprefix("W/"), f"W/{tag.removeprefix('W/')}"):
        again = await client.get(path, headers={"If-None-Match": held})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    other = await client.get(path, headers={"If-None-Match": '"another"'})
    assert (other.status_code, other.content) == (200, first.content)


@pytest.mark.parametrize(
    "asked", ["q=sorg", "child_age_months=9", "gestation_week=20", "parent_age=36", "due_date=2027-02-01",
              "first_time_parents=true", "pregnancy_care_level=3", "home_municipality=0217", "postcode=3000"],
)  # fmt: skip
async def test_what_describes_a_family_is_kept_nowhere(client: httpx.AsyncClient, asked: str) -> None:
    answer = await client.get(f"/offers?municipality=0217&{asked}")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert "etag" not in answer.headers


async def test_another_question_has_another_tag(client: httpx.AsyncClient) -> None:
    tags = [(await client.get("/offers", params={"limit": limit})).headers["etag"] for limit in (1, 2)]
    assert tags[0] != tags[1]


async def test_an_offer_says_when_it_changed_last(client: httpx.AsyncClient) -> None:
    first = await client.get(f"/offers/{ONE}")
    changed = parsedate_to_datetime(first.headers["last-modified"])
    assert changed == datetime.fromisoformat(first.json()["modified_at"]).replace(microsecond=0)
    # Time alone proves nothing: what is shown of an offer changes with the day, and with its unit's name.
    for since in (changed, changed + timedelta(days=1)):
        asked = {"If-Modified-Since": format_datetime(since, usegmt=True)}
        assert (await client.get(f"/offers/{ONE}", headers=asked)).status_code == 200


async def test_the_tag_goes_before_the_day(client: httpx.AsyncClient) -> None:
    first = await client.get(f"/offers/{ONE}")
    asked = {"If-None-Match": '"another"', "If-Modified-Since": first.headers["last-modified"]}
    assert (await client.get(f"/offers/{ONE}", headers=asked)).status_code == 200


async def test_a_question_in_a_body_and_what_went_wrong_are_kept_nowhere(client: httpx.AsyncClient) -> None:
    for answer in (
        await client.post("/offers/search", json={"q": "sorg"}),
        await client.post("/offers/search", json={"colour": 1}),
        await client.get("/offers", params={"colour": 1}),
        await client.get("/offers/no-such"),
    ):
        assert answer.headers["cache-control"] == "no-store"
        assert "etag" not in answer.headers


async def test_what_has_changed_has_another_tag(copy: Copy, catalogue: Catalogue, keys: Keys) -> None:
    async with serving(copy, keys) as (_, client):
        paths = [f"/offers/{ONE}", "/offers?municipality=0217&limit=200"]
        tags = [(await client.get(path)).headers["etag"] for path in paths]
        later = [datetime.fromisoformat("2026-11-22T10:00:00+00:00")]
        await say(copy, catalogue, [replace(catalogue.offers[ONE], name="Et nyt navn")], at=later[0])
        for path, tag in zip(paths, tags, strict=True):
            assert (await client.get(path, headers={"If-None-Match": tag})).status_code == 200
        told = await client.get(f"/offers/{ONE}")
        assert told.headers["etag"].startswith('"2.')
        assert told.headers["last-modified"] == format_datetime(later[0], usegmt=True)


def _at(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


async def test_an_offer_that_is_flagged_meanwhile_has_another_tag_and_the_same_version(
    copy: Copy, catalogue: Catalogue, keys: Keys
) -> None:
    await say(copy, catalogue, [replace(catalogue.offers[ONE], as_of=TODAY)])
    last = TODAY + timedelta(days=90)
    async with serving(copy, keys) as (app, client):
        answers = []
        for day in (last, last + timedelta(days=1)):
            moment = datetime.combine(day, time(9), UTC)
            app.dependency_overrides[clock._now] = _at(moment)
            answers.append(await client.get(f"/offers/{ONE}"))
    assert [answer.json()["flagged"] for answer in answers] == [False, True]
    tags = [answer.headers["etag"] for answer in answers]
    assert tags[0] != tags[1]
    assert tags[0].partition(".")[0] == tags[1].partition(".")[0]
