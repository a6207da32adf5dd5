"""Pages of the HSDS lists: the more there is of each entry, the shorter; each entry comes once."""

import json
from collections.abc import AsyncIterator
from itertools import zip_longest
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from services.directory.actions import hsds as actions
from services.directory.domain.hsds.ids import organization_id
from services.directory.domain.model import Catalogue
from tests.conftest import Databases
from tests.directory.hsds_world import NEAR, pages, rich, told


@pytest.fixture
async def hsds_client(app: FastAPI, loaded: Databases, catalogue: Catalogue) -> AsyncIterator[httpx.AsyncClient]:
    """The service with the standard's addresses, and a few offers that say all there is to say."""
    http = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://it/hsds/3.0")
    async with rich(loaded, catalogue), http as made:
        yield made


@pytest.mark.parametrize(
    ("path", "asked", "most"),
    [
        ("/services", {"full": "true"}, 100),
        ("/service_at_locations", {"full": "true"}, 100),
        ("/organizations", {"full": "true"}, 100),
        ("/organizations", {"full_service": "true"}, 10),
    ],
)
async def test_a_page_with_all_there_is_is_shorter_and_tells_so(
    hsds_client: httpx.AsyncClient, path: str, asked: Any, most: int
) -> None:
    short = await told(hsds_client, path, per_page=3, **asked)
    assert short["size"] == len(short["contents"]) == 3
    lines = (await hsds_client.get(path, params={**asked, "format": "ndjson"})).text.splitlines()
    held = [page async for page in pages(hsds_client, path, per_page=500, **asked)]
    assert [each["id"] for page in held for each in page["contents"]] == [json.loads(line)["id"] for line in lines]
    for number, page in enumerate(held, start=1):
        assert page["size"] == len(page["contents"]) <= most
        assert (page["page_number"], page["total_pages"], page["total_items"]) == (number, len(held), len(lines))
        assert (page["first_page"], page["last_page"]) == (number == 1, number == len(held))
    beyond = await told(hsds_client, path, per_page=500, page=len(held) + 1, **asked)
    assert (beyond["contents"], beyond["last_page"], beyond["total_pages"]) == ([], False, len(held))
    assert (await hsds_client.get(path, params={**asked, "per_page": 501})).status_code == 422


async def test_a_body_asks_for_no_longer_pages_than_an_address(hsds_client: httpx.AsyncClient) -> None:
    for path in ("/services", "/service_at_locations"):
        asked: dict[str, Any] = {"full": True, "per_page": 500}
        assert (await hsds_client.post(path, json=asked)).json() == await told(hsds_client, path, **asked)


async def test_organizations_with_many_services_make_more_pages(
    hsds_client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "MOST_SERVICES", 20)
    held = [page async for page in pages(hsds_client, "/organizations", full_service="true")]
    counts = [[len(each["services"]) for each in page["contents"]] for page in held]
    assert any(len(page) < 10 for page in counts[:-1]), "some page is cut by its services"
    assert all(sum(page) <= 20 or len(page) == 1 for page in counts)
    whole = (await told(hsds_client, "/organizations", per_page=500))["contents"]
    assert [each["id"] for page in held for each in page["contents"]] == [each["id"] for each in whole]
    nothing = await told(hsds_client, "/organizations", full_service="true", search="xylofon")
    assert (nothing["total_pages"], nothing["last_page"], nothing["empty"]) == (0, True, True)


async def test_of_an_organization_with_very_many_services_the_last_come_by_id_and_name(
    hsds_client: httpx.AsyncClient, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"/organizations/{organization_id(catalogue.units[NEAR.unit].organisation)}"
    whole = (await told(hsds_client, address, full_service="true"))["services"]
    brief = (await told(hsds_client, address))["services"]
    assert len(whole) > 3
    monkeypatch.setattr(actions, "MOST_ALONE", 3)
    assert (await told(hsds_client, address, full_service="true"))["services"] == whole[:3] + brief[3:]
    lines = (await hsds_client.get("/organizations", params={"full_service": "true", "format": "ndjson"})).text
    [line] = [each for each in map(json.loads, lines.splitlines()) if address.endswith(each["id"])]
    assert line["services"] == whole[:3] + brief[3:]


@given(services=st.lists(st.integers(0, 400), max_size=40), per_page=st.integers(1, 10))
def test_pages_of_organizations_are_as_long_as_they_may_be(services: list[int], per_page: int) -> None:
    made = actions.sheets(services, per_page)
    assert [at for each in made for at in each] == list(range(len(services)))
    for each, following in zip_longest(made, made[1:]):
        held = [services[at] for at in each]
        assert 1 <= len(held) <= per_page
        assert len(held) == 1 or sum(held) <= actions.MOST_SERVICES
        if following is not None:
            assert len(held) == per_page or sum(held) + services[following[0]] > actions.MOST_SERVICES
