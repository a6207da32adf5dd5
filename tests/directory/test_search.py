"""Finding offers over HTTP, on the real data."""

from datetime import date
from itertools import pairwise
from typing import Any

import httpx
import pytest

from services.directory import actions
from services.directory.domain.codes import Access, Audience, Form, PreventionLevel, Profession, Theme
from services.directory.domain.danish import sort_name
from services.directory.domain.matching import NATION, Need, Verdict, fits, match
from services.directory.domain.model import Catalogue
from services.directory.domain.search import Search
from shared.clock import danish_date, now
from shared.db import Database

THILDE: dict[str, Any] = {"municipality": "0217", "gestation_week": 17, "parent_age": 21, "referrer": "midwife"}
NETWORK_GROUP, FATHERS_GROUP = "case1-netvaerksgruppe-anbragte-moedre", "case1-frivillig-faedregruppe"


async def found(client: httpx.AsyncClient, **asked: Any) -> list[dict[str, Any]]:
    """Return every offer of the answer, page by page."""
    offers: list[dict[str, Any]] = []
    page: dict[str, str] = {}
    while True:
        answer = await client.post("/offers/search", json={"limit": 200, **asked, **page})
        assert answer.status_code == 200, answer.text
        told = answer.json()
        offers += told["offers"]
        if told["next"] is None:
            assert len(offers) == told["total"]
            return offers
        page = {"after": told["next"]}


async def test_thilde_is_shown_the_network_group_and_the_fathers_group(client: httpx.AsyncClient) -> None:
    answer = await client.get("/offers", params=THILDE)
    offers = {offer["id"]: offer for offer in answer.json()["offers"]}
    assert offers[NETWORK_GROUP]["match"] == {
        "matched": ["municipality", "gestation_week"], "unknown": ["parent_age", "referrer"]}  # fmt: skip
    assert offers[FATHERS_GROUP]["match"] == {
        "matched": ["municipality", "referrer"], "unknown": ["gestation_week", "parent_age"]}  # fmt: skip
    assert offers[NETWORK_GROUP]["example"] is True


async def test_the_same_question_in_a_body_has_the_same_answer(client: httpx.AsyncClient) -> None:
    asked = {**THILDE, "audience": ["pregnant", "father"], "theme": ["network", "fathers"]}
    in_address = await client.get("/offers", params=asked)
    in_body = await client.post("/offers/search", json=asked)
    assert in_address.json()["total"] > 0
    assert in_address.content == in_body.content


async def test_examples_can_be_left_out(client: httpx.AsyncClient) -> None:
    ids = {offer["id"] for offer in await found(client, **THILDE, include_examples=False)}
    assert ids
    assert not ids & {NETWORK_GROUP, FATHERS_GROUP}


async def test_more_matched_criteria_come_first_and_names_stand_in_danish_order(client: httpx.AsyncClient) -> None:
    offers = await found(client, **THILDE)
    keys = [(-len(offer["match"]["matched"]), sort_name(offer["name"]), offer["id"]) for offer in offers]
    assert keys == sorted(keys)


async def test_pages_hold_every_offer_once(client: httpx.AsyncClient) -> None:
    whole = [offer["id"] for offer in await found(client)]
    paged = [offer["id"] for offer in await found(client, limit=7)]
    assert len(whole) > 200
    assert paged == whole


async def test_a_last_page_that_is_full_has_no_next(client: httpx.AsyncClient) -> None:
    total = (await client.get("/offers", params=THILDE)).json()["total"]
    answer = await client.get("/offers", params={**THILDE, "limit": total})
    assert answer.json()["next"] is None


NEEDS = [
    {"municipality": "0217"}, {"municipality": "0751"}, {"municipality": "0101"},
    *({"gestation_week": week} for week in (4, 17, 19, 20, 42)),
    *({"child_age_months": months} for months in (0, 1, 8, 9, 12, 18, 36, 83, 84, 216)),
    *({"parent_age": age} for age in (10, 21, 25, 26, 29, 30, 99)),
    *({"audience": [each]} for each in Audience),
    *({"theme": [each]} for each in Theme),
    *({"access": each} for each in Access),
    *({"referrer": each} for each in Profession),
    *({"form": each} for each in Form),
    *({"prevention_level": each} for each in PreventionLevel),
    THILDE,
    {"municipality": "0217", "child_age_months": 9, "audience": ["mother", "child"], "access": "open"},
    {"theme": ["network", "grief"], "form": "group", "parent_age": 21, "referrer": "health_visitor"},
]  # fmt: skip


@pytest.mark.parametrize("asked", NEEDS, ids=str)
async def test_the_database_judges_as_the_rules_do(
    client: httpx.AsyncClient, catalogue: Catalogue, asked: dict[str, Any]
) -> None:
    place = catalogue.municipalities.get(asked.get("municipality", ""))
    areas = frozenset() if place is None else frozenset({place.code, place.region, NATION})
    said: dict[str, Any] = {
        name: frozenset(map(_CODES[name], value)) if name in _CODES else value
        for name, value in asked.items()
        if name != "municipality"
    }
    need = Need(areas=areas, **said)
    today = danish_date(now())
    judged = {offer.id: match(offer, need) for offer in catalogue.offers.values()
              if offer.valid_to is None or today < offer.valid_to}  # fmt: skip
    expected = {
        number: [{c.value for c, v in verdicts.items() if v is kind} for kind in (Verdict.MATCHED, Verdict.UNKNOWN)]
        for number, verdicts in judged.items() if fits(verdicts)
    }  # fmt: skip
    told = {each["id"]: [set(each["match"]["matched"]), set(each["match"]["unknown"])]
            for each in await found(client, **asked)}  # fmt: skip
    assert told == expected


_CODES: dict[str, Any] = {"audience": Audience, "theme": Theme}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("fødselsdepression", "Screening af fædre for fødselsdepression"),
        ("fodselsdepression", "Screening af fædre for fødselsdepression"),
        ("foedselsdepression", "Screening af fædre for fødselsdepression"),
        ("fødselsdepresion", "Screening af fædre for fødselsdepression"),
        ("fædregrupper", "Frivillig fædregruppe"),
        ("gravide", "Gravidgruppe"),
        ("cos-p", "Tryghedscirklen (COS-P)"),
        ("Mødrehjælpen", "Babycafé i Familiens Hus"),
    ],
)
async def test_free_text_finds_whatever_the_spelling(client: httpx.AsyncClient, text: str, name: str) -> None:
    assert name in {offer["name"] for offer in await found(client, q=text)}


async def test_what_is_written_stands_before_what_only_looks_alike(client: httpx.AsyncClient) -> None:
    offers = await found(client, q="fædregruppe")
    assert "fædregruppe" in offers[0]["name"].lower()


@pytest.mark.parametrize("text", ["og", "xyzzyq", "'); DROP TABLE offer; --", "!!!", "\\", "%%", "\U0001f476"])
async def test_odd_free_text_finds_nothing_and_breaks_nothing(client: httpx.AsyncClient, text: str) -> None:
    assert await found(client, q=text) == []


async def test_unit_and_organisation_narrow_the_answer(client: httpx.AsyncClient) -> None:
    of_unit = await found(client, unit="helsingoer-smaaboernshuset")
    of_owner = await found(client, organisation="helsingoer-kommune")
    assert {offer["unit"]["id"] for offer in of_unit} == {"helsingoer-smaaboernshuset"}
    assert {offer["id"] for offer in of_unit} < {offer["id"] for offer in of_owner}


async def test_an_offer_past_its_time_leaves_the_search_and_stays_on_record(client: httpx.AsyncClient) -> None:
    ended = "helsingoer-smaaboernsraadgivningen-oplaeg"
    assert ended not in {offer["id"] for offer in await found(client, municipality="0217")}
    assert (await client.get(f"/offers/{ended}")).json()["valid_to"] == "2026-01-01"


async def test_the_old_regions_offers_are_found_in_region_oestdanmark(database: Database) -> None:
    nothing = Search(Need(), "0219", None, None, "region-hovedstaden", True, 200, None)  # noqa: FBT003
    async with database.connection() as connection:
        before, after = [await actions.find(connection, nothing, day) for day in (date(2026, 12, 31), date(2027, 1, 1))]
    assert before.total > 0
    assert after.offers == before.offers


async def test_an_offer_tells_everything_the_source_says(client: httpx.AsyncClient) -> None:
    offer = (await client.get("/offers/ballerup-gravidgruppe-under-26")).json()
    assert offer["target"]["parent_age_to"] == 25
    assert offer["source"][0]["seed"] == "003"
    assert set(offer["unit"]) == {"id", "name"}
    assert "match" not in offer


@pytest.mark.parametrize("path", ["/offers/no-such", "/units/no-such"])
async def test_what_is_not_there_is_told_as_a_problem(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_there")
    assert answer.headers["content-type"] == "application/problem+json"


BAD = {
    "unknown parameter": ({"colour": "blue"}, "malformed"),
    "unknown municipality": ({"municipality": "9999"}, "unknown_municipality"),
    "a region's code": ({"municipality": "1084"}, "unknown_municipality"),
    "municipality by name": ({"municipality": "Odder"}, "malformed"),
    "unknown audience": ({"audience": ["uncle"]}, "malformed"),
    "unknown theme": ({"theme": ["knitting"]}, "malformed"),
    "unknown access": ({"access": "ajar"}, "malformed"),
    "unknown referrer": ({"referrer": "plumber"}, "malformed"),
    "week too early": ({"gestation_week": 3}, "malformed"),
    "week too late": ({"gestation_week": 43}, "malformed"),
    "child too old": ({"child_age_months": 217}, "malformed"),
    "parent too young": ({"parent_age": 9}, "malformed"),
    "a word for a number": ({"parent_age": "young"}, "malformed"),
    "no offers a page": ({"limit": 0}, "malformed"),
    "too many a page": ({"limit": 201}, "malformed"),
    "a blank text": ({"q": "  "}, "malformed"),
    "a control character": ({"q": "a\x00b"}, "malformed"),
    "a long text": ({"q": "a" * 301}, "malformed"),
    "a cursor that is none": ({"after": "x"}, "cursor_refused"),
    "a cursor to no offer": ({"after": "3.0.no-such"}, "cursor_refused"),
    "a CPR in text": ({"q": "mor 610190-1234"}, "cpr_refused"),
    "a CPR in a code": ({"theme": ["6101901234"]}, "cpr_refused"),
    "a CPR in a number": ({"parent_age": "7501901234"}, "cpr_refused"),
    "a CPR in a cursor": ({"after": "610190-1234"}, "cpr_refused"),
    "a CPR in an unknown parameter": ({"cpr": "610190-1234"}, "cpr_refused"),
}


@pytest.mark.parametrize("body", [True, False], ids=["in a body", "in a query"])
@pytest.mark.parametrize(("asked", "code"), BAD.values(), ids=BAD.keys())
async def test_a_bad_question_gets_a_clear_answer(
    client: httpx.AsyncClient, asked: dict[str, Any], code: str, *, body: bool
) -> None:
    sent = client.post("/offers/search", json=asked) if body else client.get("/offers", params=asked)
    answer = await sent
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    [value] = (str(each[0] if isinstance(each, list) else each) for each in asked.values())
    told = {key: each for key, each in answer.json().items() if key != "instance"}
    assert len(value) < 4 or value not in str(told)


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b"\xff", b"null"])
async def test_a_body_that_is_no_object_is_refused(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.post("/offers/search", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")


async def test_names_of_all_offers_stand_in_danish_order(client: httpx.AsyncClient) -> None:
    names = [sort_name(offer["name"]) for offer in await found(client)]
    assert all(one <= other for one, other in pairwise(names))
