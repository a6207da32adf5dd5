"""Municipalities, regions, units and organisations over HTTP; and what only services are told."""

from typing import Any

import httpx
import pytest

from services.directory.api.found import OffersOut
from services.directory.api.places import MunicipalityList, RegionList
from services.directory.api.units import MirrorOut, OrganisationList, UnitList
from shared.auth import Role
from shared.contracts import UnitOut
from tests.support.keys import Keys


async def regions_of(client: httpx.AsyncClient, **asked: str) -> dict[str, str]:
    """Return each municipality's region."""
    told = (await client.get("/municipalities", params=asked)).json()["municipalities"]
    return {each["code"]: each["region"]["code"] for each in told}


@pytest.mark.parametrize(("day", "region"), [("2026-12-31", "1084"), ("2027-01-01", "oestdanmark")])
async def test_helsingoer_follows_to_region_oestdanmark(client: httpx.AsyncClient, day: str, region: str) -> None:
    found = await regions_of(client, on=day)
    assert len(found) == 98
    assert (found["0217"], found["0751"]) == (region, "1082")


async def test_today_is_a_day_too(client: httpx.AsyncClient) -> None:
    assert len(await regions_of(client)) == 98


async def test_before_the_reform_there_were_others(client: httpx.AsyncClient) -> None:
    assert await regions_of(client, on="2006-12-31") == {}


async def test_municipalities_stand_in_danish_order(client: httpx.AsyncClient) -> None:
    told = (await client.get("/municipalities")).json()["municipalities"]
    names = [each["name"] for each in told]
    assert names[0] == "Albertslund"
    assert names[-3:] == ["Aabenraa", "Aalborg", "Aarhus"]
    assert names.index("Ærø") < names.index("Aabenraa")


@pytest.mark.parametrize(("day", "number"), [("2026-12-31", 5), ("2027-01-01", 4)])
async def test_two_regions_become_one(client: httpx.AsyncClient, day: str, number: int) -> None:
    told = (await client.get("/regions", params={"on": day})).json()["regions"]
    assert len(told) == number
    assert ("oestdanmark" in {each["code"] for each in told}) == (number == 4)


@pytest.mark.parametrize(("day", "region"), [("2026-12-31", "1084"), ("2027-01-01", "oestdanmark")])
async def test_a_regions_own_unit_follows_too(client: httpx.AsyncClient, day: str, region: str) -> None:
    unit = (await client.get("/units/noh-jordemodercenter", params={"on": day})).json()
    assert (unit["sector"], unit["region"]) == ("regional_health", region)


@pytest.mark.parametrize("path", ["/municipalities", "/regions", "/units"])
@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"on": "2027-02-30"}, "malformed"),
        ({"on": "20270101"}, "malformed"),
        ({"on": "0"}, "malformed"),
        ({"on": "610190-1234"}, "cpr_refused"),
        ({"when": "2027-01-01"}, "malformed"),
    ],
)
async def test_a_bad_day_is_refused(client: httpx.AsyncClient, path: str, asked: dict[str, str], code: str) -> None:
    answer = await client.get(path, params=asked)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("/offers?limit=200", OffersOut),
        ("/offers?q=fodselsdepresion&facets=theme&facets=municipality", OffersOut),
        ("/units", UnitList),
        ("/organisations", OrganisationList),
        ("/municipalities", MunicipalityList),
        ("/regions", RegionList),
    ],
)
async def test_the_answer_is_what_the_documentation_says(client: httpx.AsyncClient, path: str, model: Any) -> None:
    answer = await client.get(path)
    read = model.model_validate_json(answer.content)
    assert read.model_dump(mode="json", exclude_unset=True) == answer.json()


async def test_services_are_told_every_unit(client: httpx.AsyncClient, keys: Keys) -> None:
    for issuer in ("consent", "referral", "concern"):
        answer = await client.get("/internal/units", headers=keys.service(issuer, "directory"))
        told = MirrorOut.model_validate_json(answer.content)
        assert len(told.units) == len((await client.get("/units")).json()["units"])
        assert set(answer.json()["units"][0]) == set(UnitOut.model_fields)


@pytest.mark.parametrize(
    ("who", "status"),
    [("nobody", 401), ("another audience", 401), ("forged", 401), ("a caseworker", 403), ("the gateway", 403)],
)
async def test_nobody_else_is_told_what_services_are(
    client: httpx.AsyncClient, keys: Keys, who: str, status: int
) -> None:
    headers = {
        "nobody": {},
        "another audience": keys.service("consent", "referral"),
        "forged": {"Authorization": keys.service("consent", "directory")["Authorization"][:-4] + "AAAA"},
        "a caseworker": keys.party("directory", Role.REFER, unit="helsingoer-smaaboernshuset"),
        "the gateway": keys.service("gateway", "directory"),
    }[who]
    answer = await client.get("/internal/units", headers=headers)
    assert answer.status_code == status


@pytest.mark.parametrize("path", ["/offers", "/units", "/organisations", "/municipalities", "/regions"])
async def test_public_knowledge_needs_no_token(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 200


async def test_the_service_says_it_is_ready(client: httpx.AsyncClient) -> None:
    assert (await client.get("/health/ready")).json() == {"ready": True, "parts": {"database": True, "offers": True}}
