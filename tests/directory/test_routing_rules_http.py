"""Who to turn to, asked over HTTP: open to all, about nobody, kept nowhere; and what only services ask of offers."""

from typing import Any

import httpx
import pytest

from services.directory.api.routing import RoutingOut, RoutingTableOut
from shared.auth import Role
from shared.contracts import OfferFactsOut
from tests.conftest import Databases
from tests.support.keys import Keys
from tests.support.town import counted

ASKED = {"municipality": "0217", "need": "authority", "pregnancy_week": 17}
DECIDED, OPEN = "helsingoer-saerligt-stoettede-forloeb", "helsingoer-gravidgruppe"


async def ask(client: httpx.AsyncClient, **changes: Any) -> httpx.Response:
    body = {key: value for key, value in (ASKED | changes).items() if value is not None}
    return await client.post("/routing/questions", json=body)


async def test_thilde_in_her_seventeenth_week_is_the_houses(client: httpx.AsyncClient) -> None:
    """Case 1: pregnant in Helsingør (seed 000, 157-162)."""
    answer = await ask(client)
    told = RoutingOut.model_validate(answer.json())
    assert [each.unit for each in told.units] == ["helsingoer-smaaboernshuset"]
    assert "gravide" in told.units[0].why
    assert told.units[0].source[0].lines == "157-160"
    assert told.gaps == []


@pytest.mark.rule("R39", enforced_by="services.directory.actions.routing:answer")
async def test_an_answer_says_whose_municipality_is_the_authority(client: httpx.AsyncClient) -> None:
    """R39: a child follows whoever has custody, before birth too."""
    assert "familiens egen kommune" in (await ask(client)).json()["note"]
    assert (await ask(client, need="midwifery")).json()["note"] is None


async def test_the_question_is_open_and_its_answer_is_nobody_elses_to_keep(
    client: httpx.AsyncClient, loaded: Databases
) -> None:
    before = await counted(loaded.admin("directory"))
    answer = await ask(client)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert await counted(loaded.admin("directory")) == before


async def test_a_gap_is_said_aloud_with_whom_to_ask(client: httpx.AsyncClient) -> None:
    told = RoutingOut.model_validate((await ask(client, municipality="0101")).json())
    assert told.units == []
    (gap,) = told.gaps
    assert gap.ask is not None
    assert gap.ask.id == "koebenhavn-kommune"
    assert gap.says.endswith("Spørg Københavns Kommune.")


@pytest.mark.parametrize(
    "wrong",
    [
        {"municipality": "217"}, {"municipality": "6101901234"}, {"municipality": None}, {"municipality": 217},
        {"need": "money"}, {"need": None}, {"pregnancy_week": 43}, {"pregnancy_week": -1}, {"pregnancy_week": "17"},
        {"pregnancy_week": True}, {"pregnancy_week": None}, {"child_age_months": 3},
        {"pregnancy_week": None, "child_age_months": 72}, {"pregnancy_week": None, "child_age_months": 3.5},
        {"born": "2026-01-01"}, {"name": "Thilde"},
    ],
)  # fmt: skip
async def test_a_question_is_a_week_or_an_age_and_nothing_else(client: httpx.AsyncClient, wrong: Any) -> None:
    answer = await ask(client, **wrong)
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")
    assert "6101901234" not in answer.text


@pytest.mark.parametrize("path", ["/routing/questions", "/routing"])
async def test_an_unknown_municipality_is_told(client: httpx.AsyncClient, path: str) -> None:
    asked = {"municipality": "9999"}
    answer = await (ask(client, **asked) if path.endswith("questions") else client.get(path, params=asked))
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_municipality")


async def test_an_owner_sees_every_rule_and_gap_of_its_municipality(client: httpx.AsyncClient) -> None:
    answer = await client.get("/routing", params={"municipality": "0217"})
    told = RoutingTableOut.model_validate(answer.json())
    found = {
        each.need: [
            (one.pregnancy_week_from, one.child_age_months_to, [unit.unit for unit in one.units])
            for one in each.stretches
        ]
        for each in told.needs
    }
    assert [each for _, _, each in found["authority"]] == [  # type: ignore[index] # a code is its text
        ["helsingoer-smaaboernshuset"], ["helsingoer-smaaboernshuset"], ["helsingoer-familieraadgivningen"],
    ]  # fmt: skip
    assert found["daycare_support"] == [(0, 71, [])]  # type: ignore[index] # a code is its text
    daycare = next(each for each in told.needs if each.need == "daycare_support")
    assert "Spørg Helsingør Kommune." in daycare.stretches[0].gaps[0].says


@pytest.mark.rule("R35", enforced_by="services.directory.actions.routing:offers")
@pytest.mark.rule("R69", enforced_by="services.directory.actions.routing:offers")
async def test_a_service_is_told_what_the_authority_opens_and_whom_to_ask(
    client: httpx.AsyncClient, keys: Keys
) -> None:
    """R35, R69: an offer after § 32 is a request; the municipality's own rule says to whom."""
    headers = keys.service("referral", "directory")
    answer = await client.post("/internal/offers", json={"ids": [DECIDED, OPEN, "no-such"]}, headers=headers)
    told = {each.id: each for each in OfferFactsOut.model_validate(answer.json()).offers}
    assert told.keys() == {DECIDED, OPEN}
    assert told[DECIDED].needs_authority == ("Barnets lov § 32",)
    assert [each.unit for each in told[DECIDED].authorities] == [
        "helsingoer-smaaboernshuset", "helsingoer-familieraadgivningen",
    ]  # fmt: skip
    assert (told[OPEN].needs_authority, told[OPEN].authorities, told[OPEN].ended) == ((), (), False)


async def test_a_provision_that_is_no_longer_in_force_asks_for_nothing(client: httpx.AsyncClient, keys: Keys) -> None:
    """An open talk that its source still counts under the old § 52 too is not closed by it."""
    body = {"ids": ["esbjerg-familiens-hus-indledende-samtale"]}
    answer = await client.post("/internal/offers", json=body, headers=keys.service("referral", "directory"))
    (told,) = OfferFactsOut.model_validate(answer.json()).offers
    assert told.needs_authority == ()


async def test_only_services_ask_of_offers(client: httpx.AsyncClient, keys: Keys) -> None:
    body = {"ids": [OPEN]}
    assert (await client.post("/internal/offers", json=body)).status_code == 401
    person = keys.party("directory", Role.EDIT_OFFERS, unit="helsingoer-smaaboernshuset")
    assert (await client.post("/internal/offers", json=body, headers=person)).status_code == 403


async def test_a_house_with_authority_is_told_as_one(client: httpx.AsyncClient) -> None:
    found = {each["id"]: each["authority"] for each in (await client.get("/units")).json()["units"]}
    assert found["helsingoer-smaaboernshuset"]
    assert found["aarhus-myndighed"]
    assert not found["helsingoer-sundhedstjenesten"]
