"""What comes first, which page it is on, what words find, and where and when: over HTTP, on the real data."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import httpx
import pytest

from services.directory.domain.danish import sort_name
from services.directory.domain.model import Catalogue, Offer, OfferId, Run
from services.directory.domain.places import areas
from shared.clock import danish_date, now
from tests.conftest import Databases
from tests.directory.copies import Copy, copied, say, serving
from tests.directory.test_search import FATHERS_GROUP, MICHELLE, NETWORK_GROUP, THILDE, found
from tests.support.keys import Keys

ONE = OfferId("helsingoer-gravidgruppe")
TODAY = danish_date(now())


@pytest.fixture
def copy(loaded: Databases) -> Iterator[Copy]:
    """A directory of the test's own."""
    with copied(loaded, "directory_asked") as made:
        yield made


async def ids(client: httpx.AsyncClient, **asked: Any) -> list[str]:
    return [offer["id"] for offer in await found(client, **asked)]


async def test_thilde_is_shown_the_network_group_and_the_fathers_group(client: httpx.AsyncClient) -> None:
    answer = await client.get("/offers", params={**THILDE, "include_examples": True})
    offers = {offer["id"]: offer for offer in answer.json()["offers"]}
    assert [offers[NETWORK_GROUP]["match"][each] for each in ("matched", "unknown", "failed")] == [
        ["municipality", "gestation_week"], ["parent_age", "referrer"], []]  # fmt: skip
    assert [offers[FATHERS_GROUP]["match"][each] for each in ("matched", "unknown", "failed")] == [
        ["municipality", "referrer"], ["gestation_week", "parent_age"], []]  # fmt: skip
    assert offers[NETWORK_GROUP]["example"] is True


async def test_michelle_is_shown_what_helped_her(client: httpx.AsyncClient) -> None:
    first = (await ids(client, **MICHELLE, q="ny i området, alene, netværk"))[:10]
    assert any(number.startswith("case3-") for number in first)


ASKED: list[dict[str, Any]] = [
    {}, THILDE, MICHELLE, {"q": "sorggruppe"}, {"region": "1084", "referrer": "midwife", "failing": 1},
    {"postcode": "3000", "within_km": 40, "sort": "distance"}, {"sort": "waiting", "theme": ["grief", "network"]},
    {"sort": "name", "access": "open"}, {"audience": ["father"], "facets": ["theme", "municipality"]},
    {"include_examples": False, "municipality": "0217"}, {"on": (TODAY + timedelta(days=50)).isoformat()},
    {"latitude": 56.15, "longitude": 10.21, "within_km": 30}, {"childcare": True, "max_price_kr": 0},
]  # fmt: skip


@pytest.mark.parametrize("asked", ASKED, ids=str)
async def test_the_same_question_in_a_body_has_the_same_answer(
    client: httpx.AsyncClient, asked: dict[str, Any]
) -> None:
    in_address = await client.get("/offers", params=asked)
    in_body = await client.post("/offers/search", json=asked)
    assert in_body.json()["total"] > 0
    assert in_address.content == in_body.content


@pytest.mark.parametrize("asked", ASKED, ids=str)
async def test_pages_hold_every_offer_once_in_one_order(client: httpx.AsyncClient, asked: dict[str, Any]) -> None:
    whole = await ids(client, **asked)
    assert len(set(whole)) == len(whole)
    paged = await ids(client, **asked, limit=max(1, len(whole) // 5))
    assert paged == whole
    if len(whole) <= 200:
        assert (await client.post("/offers/search", json={**asked, "limit": len(whole)})).json()["next"] is None


async def test_a_page_goes_on_after_the_same_offer_when_others_have_come_between(
    copy: Copy, catalogue: Catalogue, keys: Keys
) -> None:
    async with serving(copy, keys) as (_, client):
        whole = await ids(client, sort="name")
        asked: dict[str, Any] = {"sort": "name", "include_examples": True}
        first = (await client.post("/offers/search", json={**asked, "limit": 5})).json()
        await say(copy, catalogue, [replace(catalogue.offers[ONE], id=OfferId("aaa-nyt"), name="A først af alle")])
        second = await client.post("/offers/search", json={**asked, "limit": 200, "after": first["next"]})
        assert [offer["id"] for offer in second.json()["offers"]] == whole[5:205]
        assert (await ids(client, sort="name"))[0] == "aaa-nyt"


async def test_a_long_id_that_ends_like_a_date_has_a_next_page_too(
    copy: Copy, catalogue: Catalogue, keys: Keys
) -> None:
    long = [OfferId(f"{'a' * (100 - len(end))}{end}") for end in ("-hold-010227", "-hold-020227")]
    await say(copy, catalogue, [replace(catalogue.offers[ONE], id=each, name=f"Xylofon {each}") for each in long])
    async with serving(copy, keys) as (_, client):
        asked: dict[str, Any] = {"q": "xylofon", "sort": "name", "limit": 1}
        assert await ids(client, **asked) == long
        first = (await client.post("/offers/search", json=asked)).json()["next"]
        assert (await client.get("/offers", params={**asked, "after": first})).status_code == 200


async def test_more_matched_criteria_come_first(client: httpx.AsyncClient) -> None:
    matched = [len(offer["match"]["matched"]) for offer in await found(client, **THILDE)]
    assert matched == sorted(matched, reverse=True)
    assert len(set(matched)) > 1


async def test_names_stand_in_danish_order(copy: Copy, catalogue: Catalogue, keys: Keys) -> None:
    names = ["Aabenraa Øst", "Åben dør", "Aben", "Zoo", "Ærø", "Øen", "Ålen", "Aalen"]
    made = [replace(catalogue.offers[ONE], id=OfferId(f"x-{at}"), name=name) for at, name in enumerate(names)]
    await say(copy, catalogue, made)
    async with serving(copy, keys) as (_, client):
        told = [offer["name"] for offer in await found(client, sort="name") if offer["id"].startswith("x-")]
        assert told[:4] == ["Aben", "Zoo", "Ærø", "Øen"]
        assert told[4:] in (
            [*rest, "Aalen", "Ålen"] if each else [*rest, "Ålen", "Aalen"]
            for each in (True, False)
            for rest in (["Åben dør", "Aabenraa Øst"],)
        )
        every = [sort_name(offer["name"]) for offer in await found(client, sort="name")]
        assert all(one <= other for one, other in pairwise(every))


@pytest.mark.parametrize("also", [{}, {"theme": ["network"], "referrer": "midwife"}], ids=["alone", "with criteria"])
async def test_the_nearest_come_first_and_those_of_unknown_place_last(
    client: httpx.AsyncClient, also: dict[str, Any]
) -> None:
    offers = await found(client, postcode="3000", sort="distance", **also)
    far = [1e9 if offer["match"]["distance_km"] is None else offer["match"]["distance_km"] for offer in offers]
    assert far == sorted(far)
    assert far[0] < 20
    assert far[-1] > 200


async def test_no_offer_far_away_is_within_a_few_kilometres(client: httpx.AsyncClient) -> None:
    offers = await found(client, postcode="3000", within_km=5, sort="distance")
    far = [km for offer in offers if (km := offer["match"]["distance_km"]) is not None]
    assert max(far) < 20


async def test_the_shortest_wait_comes_first(copy: Copy, catalogue: Catalogue, keys: Keys) -> None:
    waits = {"x-lang": 30, "x-kort": 2, "x-ingen": 0, "x-ukendt": None}
    await say(copy, catalogue, [_waiting(catalogue, number, weeks) for number, weeks in waits.items()])
    async with serving(copy, keys) as (_, client):
        told = await ids(client, q="xylofon", sort="waiting")
        assert told == ["x-ingen", "x-kort", "x-lang", "x-ukendt"]


def _waiting(catalogue: Catalogue, number: str, weeks: int | None) -> Offer:
    run = Run("hold", TODAY, wait_weeks=weeks)
    return replace(catalogue.offers[ONE], id=OfferId(number), name="Xylofon", runs=(run,))


async def test_what_nobody_has_confirmed_for_long_is_flagged_and_comes_after_its_equals(
    copy: Copy, catalogue: Catalogue, keys: Keys
) -> None:
    ages = {"x-gammel": 121, "x-flaget": 91, "x-frisk": 90}
    made = [
        replace(catalogue.offers[ONE], id=OfferId(number), name="Xylofon", as_of=TODAY - timedelta(days=days))
        for number, days in ages.items()
    ]
    await say(copy, catalogue, made)
    await copy.rows("UPDATE offer SET confirmed_on = NULL, confirmed_by = NULL WHERE id LIKE 'x-%'")
    async with serving(copy, keys) as (_, client):
        offers = await found(client, q="xylofon")
        assert [(each["id"], each["flagged"]) for each in offers] == [
            ("x-flaget", True), ("x-frisk", False), ("x-gammel", True)]  # fmt: skip
        assert (await client.get("/offers/x-flaget")).json()["flagged"]
        assert not (await client.get("/offers/x-frisk")).json()["flagged"]


async def test_examples_can_be_left_out(client: httpx.AsyncClient) -> None:
    told = await ids(client, **THILDE, include_examples=False)
    assert told
    assert not {NETWORK_GROUP, FATHERS_GROUP} & set(told)


async def test_unit_and_organisation_narrow_the_answer(client: httpx.AsyncClient) -> None:
    of_unit = await found(client, unit="helsingoer-smaaboernshuset")
    of_owner = await found(client, organisation="helsingoer-kommune")
    assert {offer["unit"]["id"] for offer in of_unit} == {"helsingoer-smaaboernshuset"}
    assert {offer["id"] for offer in of_unit} < {offer["id"] for offer in of_owner}
    assert await found(client, unit="findes-ikke") == []


async def test_an_offer_past_its_time_leaves_the_search_and_stays_on_record(client: httpx.AsyncClient) -> None:
    ended = "helsingoer-smaaboernsraadgivningen-oplaeg"
    assert ended not in await ids(client, municipality="0217")
    assert (await client.get(f"/offers/{ended}")).json()["valid_to"] == "2026-01-01"


@pytest.mark.parametrize("day", ["2027-01-01", "2027-01-02", "2030-06-01"])
async def test_who_asks_for_the_old_region_is_answered_for_region_oestdanmark(
    client: httpx.AsyncClient, catalogue: Catalogue, day: str
) -> None:
    old = {code: set(await ids(client, region=code, on=day)) for code in ("1084", "1085", "oestdanmark")}
    assert old["1084"] == old["1085"] == old["oestdanmark"]
    units = [catalogue.units[catalogue.offers[OfferId(each)].unit] for each in old["1084"]]
    assert "region-sjaelland" in {unit.organisation for unit in units}
    assert "1085" in areas(catalogue, "1084", date.fromisoformat(day))


@pytest.mark.skipif(date(2026, 12, 31) <= TODAY, reason="the day of the old regions is over")
async def test_before_the_reform_the_two_regions_are_two(client: httpx.AsyncClient) -> None:
    old = {code: set(await ids(client, region=code, on="2026-12-31")) for code in ("1084", "1085")}
    assert old["1084"] != old["1085"]
    later = await client.post("/offers/search", json={"region": "oestdanmark", "on": "2026-12-31"})
    assert (later.status_code, later.json()["code"]) == (422, "unknown_region")


GROUPS = "sorggruppe"
SAME = [
    (GROUPS, "gruppe for sorg"), (GROUPS, "Sorggrupper"), (GROUPS, "sorg-gruppe"),
    ("fødselsdepression", "fodselsdepression"), ("fødselsdepression", "foedselsdepression"),
    ("fødselsdepression", "efterfødselsreaktion"), ("fødselsdepression", "FØDSELSDEPRESSIONER"),
    ("mødregruppe", "mødregrupper"), ("ensom", "ensomhed"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), SAME, ids=str)
async def test_what_means_the_same_finds_the_same(client: httpx.AsyncClient, one: str, other: str) -> None:
    first = set(await ids(client, q=one))
    assert first
    assert set(await ids(client, q=other)) == first


FIRST = [
    ("sorggruppe", "Familieterapi og traumebehandling"), ("gruppe for sorg", "Familieterapi og traumebehandling"),
    ("sorg gruppe", "Familieterapi og traumebehandling"), ("min mand slår mig", "Fri af Vold"),
    ("netværk for nye i byen", "Tilflytterbesøg af sundhedsplejersken"),
    ("fødselsdepression", "Screening af fædre for fødselsdepression"),
    ("fodselsdepression", "Screening af fædre for fødselsdepression"),
    ("efterfødselsreaktion", "Gruppe for fædre med efterfødselsreaktion"),
    ("far drikker for meget", "Fædre Universet"), ("teenager", "Mødregruppe for unge mødre"),
    ("jeg er bange for at miste mit barn", "Familieterapi og traumebehandling"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "name"), FIRST, ids=str)
async def test_what_answers_best_comes_first(client: httpx.AsyncClient, text: str, name: str) -> None:
    answer = (await client.post("/offers/search", json={"q": text})).json()
    assert answer["offers"][0]["name"] == name
    assert answer["taken_as"] == []


@pytest.mark.parametrize("text", ["enlig mor", "enlig forælder", "enlige forældre", "mor alene", "alenemor"])
async def test_a_lone_mother_in_roskilde_finds_the_lone_parents_network(client: httpx.AsyncClient, text: str) -> None:
    asked: dict[str, Any] = {"q": text, "municipality": "0265"}
    first = [offer["name"] for offer in await found(client, **asked)][:2]
    assert set(first) == {"Netværksgruppe for forældre, der er alene", "Soloforældretræf"}
    answer = (await client.post("/offers/search", json=asked)).json()
    assert ([offer["name"] for offer in answer["offers"]], answer["whole_text"]) == (["Soloforældretræf"], True)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("fødselsdepression", "Screening af fædre for fødselsdepression"),
        ("fødselsdepresion", "Screening af fædre for fødselsdepression"),
        ("efterfødselsreaktion", "Screening af fædre for fødselsdepression"),
        ("fædregrupper", "Frivillig fædregruppe"),
        ("gravide", "Gravidgruppe"),
        ("cos-p", "Tryghedscirklen (COS-P)"),
        ("Mødrehjælpen", "Babycafé i Familiens Hus"),
    ],
)
async def test_free_text_finds_whatever_the_spelling(client: httpx.AsyncClient, text: str, name: str) -> None:
    assert name in {offer["name"] for offer in await found(client, q=text)}


async def test_a_misspelt_word_is_told_with_what_it_was_taken_for(client: httpx.AsyncClient) -> None:
    told = (await client.post("/offers/search", json={"q": "fødselsdepresion"})).json()["taken_as"]
    assert [each[0] for each in told] == ["fødselsdepresion"]
    assert "fødselsdepression" in told[0]
    assert (await client.post("/offers/search", json={"q": "fødselsdepression"})).json()["taken_as"] == []


async def test_what_is_written_stands_before_what_only_looks_alike(client: httpx.AsyncClient) -> None:
    offers = await found(client, q="fædregruppe")
    assert "fædregruppe" in offers[0]["name"].lower()


@pytest.mark.parametrize("text", ["og", "xyzzyq", "'); DROP TABLE offer; --", "!!!", "\\", "%%", "\U0001f476"])
async def test_odd_free_text_breaks_nothing(client: httpx.AsyncClient, text: str) -> None:
    answer = await client.post("/offers/search", json={"q": text})
    assert answer.status_code == 200
    assert answer.json()["total"] < 150 or text in {"og", "!!!", "\\", "%%", "\U0001f476"}
