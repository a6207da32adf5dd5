"""Finding offers over HTTP, on the real data: every question is answered as the plain rules judge."""

from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from services.directory.domain.codes import (
    Access,
    Accessibility,
    Audience,
    Form,
    Language,
    LegalBasis,
    PreventionLevel,
    Profession,
    Theme,
    Weekday,
)
from services.directory.domain.danish import fold
from services.directory.domain.geography import Point
from services.directory.domain.matching import Criterion, Match, Need, Verdict, failed, match, nearest_km, reach
from services.directory.domain.model import Catalogue, Offer
from services.directory.domain.places import areas, middles
from services.directory.domain.search import Facet
from shared.clock import danish_date, now

THILDE: dict[str, Any] = {"municipality": "0217", "gestation_week": 17, "parent_age": 21, "referrer": "midwife"}
MICHELLE: dict[str, Any] = {
    "municipality": "0265", "child_age_months": 9, "audience": ["mother"], "theme": ["network"]}  # fmt: skip
NETWORK_GROUP, FATHERS_GROUP = "case1-netvaerksgruppe-anbragte-moedre", "case1-frivillig-faedregruppe"


async def found(client: httpx.AsyncClient, **asked: Any) -> list[dict[str, Any]]:
    """Return every offer of the answer, page by page."""
    offers: list[dict[str, Any]] = []
    page: dict[str, str] = {}
    while True:
        answer = await client.post("/offers/search", json={"limit": 200, "include_examples": True, **asked, **page})
        assert answer.status_code == 200, answer.text
        told = answer.json()
        offers += told["offers"]
        if told["next"] is None:
            assert len(offers) == told["total"] + told["nearly"]
            return offers
        page = {"after": told["next"]}


_SETS: dict[str, Any] = {
    "audience": Audience, "theme": Theme, "language": Language, "legal_basis": LegalBasis, "weekday": Weekday,
    "accessibility": Accessibility, "method": fold,
}  # fmt: skip
_CODES: dict[str, Any] = {
    "access": Access, "referrer": Profession, "form": Form, "prevention_level": PreventionLevel,
    "due_date": date.fromisoformat,
}  # fmt: skip
_PLACES = frozenset({"municipality", "region", "home_municipality", "postcode", "latitude", "longitude", "on"})


def need_of(asked: dict[str, Any], catalogue: Catalogue, on: date) -> Need:
    """Return the need a question's parameters name, its places looked up."""
    said: dict[str, Any] = {
        name: frozenset(map(_SETS[name], value)) if name in _SETS else _CODES.get(name, _as_it_is)(value)
        for name, value in asked.items()
        if name not in _PLACES
    }
    here = asked.get("municipality") or asked.get("region")
    point = Point(asked["latitude"], asked["longitude"]) if "latitude" in asked else None
    if "postcode" in asked:
        point = middles(catalogue).postcodes[asked["postcode"]]
    return Need(
        areas=frozenset() if here is None else areas(catalogue, here, on),
        home=areas(catalogue, asked["home_municipality"], on) if "home_municipality" in asked else frozenset(),
        near=point,
        **said,
    )


def _as_it_is(value: Any) -> Any:
    return value


def judged(asked: dict[str, Any], catalogue: Catalogue) -> dict[str, tuple[Offer, Match]]:
    """Return each offer there is on the day asked about, with how it stands by the plain rules."""
    today = danish_date(now())
    on = date.fromisoformat(asked["on"]) if "on" in asked else today
    need, places = need_of(asked, catalogue, on), middles(catalogue)
    return {
        one.id: (one, match(reach(one, today, places), need))
        for one in catalogue.offers.values()
        if (one.valid_from is None or one.valid_from <= on) and (one.valid_to is None or on < one.valid_to)
    }


def sorted_out(verdicts: Match) -> list[set[str]]:
    """Return the criteria matched, unknown and failed."""
    return [{each.value for each, verdict in verdicts.items() if verdict is kind} for kind in Verdict]


SOON = (danish_date(now()) + timedelta(days=60)).isoformat()
NEEDS: list[dict[str, Any]] = [
    *({"municipality": code} for code in ("0217", "0751", "0101", "0265")),
    *({"region": code} for code in ("1081", "1082", "1083", "1084", "1085")),
    *({"home_municipality": code} for code in ("0217", "0751", "0101")),
    *({"gestation_week": week} for week in (4, 17, 19, 20, 42)),
    *({"child_age_months": months} for months in (0, 1, 8, 9, 12, 18, 36, 83, 84, 216)),
    *({"parent_age": age} for age in (10, 21, 25, 26, 29, 30, 99)),
    *({"first_time_parents": each} for each in (True, False)),
    *({"due_date": day} for day in ("2026-12-24", "2027-06-01")),
    *({"pregnancy_care_level": level} for level in (1, 2, 3, 4)),
    *({"audience": [each]} for each in Audience),
    *({"theme": [each]} for each in Theme),
    *({"access": each} for each in Access),
    *({"referrer": each} for each in Profession),
    *({"form": each} for each in Form),
    *({"prevention_level": each} for each in PreventionLevel),
    *({"method": [each]} for each in ("COS-P", "cos-p", "Marte Meo", "MARTE MEO", "ukendt metode")),
    *({"legal_basis": [each]} for each in ("BL-30", "SUL-121", "SEL-11")),
    *({"language": [each]} for each in ("da", "ar", "en")),
    *({"weekday": [each]} for each in Weekday),
    *({each: True} for each in ("childcare", "meal", "transport", "interpreter", "free_places")),
    {"accessibility": ["lift", "step_free"]}, {"max_price_kr": 0}, {"max_price_kr": 500},
    *({"postcode": "3000", "within_km": km} for km in (1, 10, 30, 100, 500)),
    {"latitude": 56.15, "longitude": 10.21, "within_km": 20},
    THILDE, MICHELLE,
    {"municipality": "0217", "child_age_months": 9, "audience": ["mother", "child"], "access": "open"},
    {"theme": ["network", "grief"], "form": "group", "parent_age": 21, "referrer": "health_visitor"},
    {"municipality": "0217", "home_municipality": "0265"}, {"region": "1084", "home_municipality": "0217"},
    {"municipality": "0217", "postcode": "8000", "within_km": 50}, {"region": "1084", "on": SOON},
    {"municipality": "0217", "on": SOON}, {"region": "oestdanmark", "on": SOON},
    {"audience": ["father"], "access": "open", "weekday": ["thu", "sat"], "max_price_kr": 0},
    {"gestation_week": 20, "pregnancy_care_level": 3, "legal_basis": ["SUL-83"], "language": ["da"]},
]  # fmt: skip


KINDS = sorted({" ".join(asked) for asked in NEEDS})


@pytest.mark.parametrize("kind", KINDS)
async def test_the_service_judges_as_the_rules_do(client: httpx.AsyncClient, catalogue: Catalogue, kind: str) -> None:
    for asked in NEEDS:
        if " ".join(asked) == kind:
            verdicts = {number: told for number, (_, told) in judged(asked, catalogue).items() if not failed(told)}
            told = {
                each["id"]: [set(each["match"][kind]) for kind in ("matched", "unknown", "failed")]
                for each in await found(client, **asked)
            }
            assert told == {number: sorted_out(each) for number, each in verdicts.items()}, asked


@pytest.mark.parametrize("most", [1, 2])
async def test_near_misses_come_last_and_say_what_they_fail(
    client: httpx.AsyncClient, catalogue: Catalogue, most: int
) -> None:
    offers = await found(client, **THILDE, failing=most)
    told = {each["id"]: [set(each["match"][kind]) for kind in ("matched", "unknown", "failed")] for each in offers}
    expected = {
        number: sorted_out(verdicts)
        for number, (_, verdicts) in judged(THILDE, catalogue).items()
        if failed(verdicts) <= most
    }
    assert told == expected
    misses = [len(each["match"]["failed"]) for each in offers]
    assert misses == sorted(misses)
    assert set(misses) == set(range(most + 1))


@pytest.mark.parametrize("within", [1, 5, 30])
async def test_distances_are_those_of_the_nearest_place(
    client: httpx.AsyncClient, catalogue: Catalogue, within: int
) -> None:
    places = middles(catalogue)
    for each in await found(client, postcode="3000", within_km=within, sort="distance"):
        at = reach(catalogue.offers[each["id"]], danish_date(now()), places)
        km = nearest_km(at, places.postcodes["3000"])
        assert each["match"]["distance_km"] == (None if km is None else round(km, 1))
        assert each["match"]["distance_approximate"] == (km is not None and not at.points)


COUNTED: dict[str, list[Any]] = {
    "audience": list(Audience), "theme": list(Theme), "referrer": list(Profession), "access": list(Access),
    "form": list(Form), "prevention_level": list(PreventionLevel), "language": list(Language),
    "legal_basis": list(LegalBasis),
}  # fmt: skip
LISTS = frozenset({"audience", "theme", "language", "legal_basis", "method"})
FACETED = [
    {}, {"municipality": "0217"}, {"region": "1084", "on": SOON}, THILDE, MICHELLE,
    {"theme": ["grief"], "access": "open"}, {"audience": ["father"], "form": "group", "referrer": "midwife"},
]  # fmt: skip


@pytest.mark.parametrize("asked", FACETED, ids=str)
async def test_facets_count_what_asking_for_each_value_would_match(
    client: httpx.AsyncClient, catalogue: Catalogue, asked: dict[str, Any]
) -> None:
    answer = (
        await client.post("/offers/search", json={"include_examples": True, **asked, "facets": list(COUNTED)})
    ).json()["facets"]
    for facet, values in COUNTED.items():
        expected = {}
        for value in values:
            alone = {**asked, facet: [value] if facet in LISTS else value}
            verdicts = [told for _, told in judged(alone, catalogue).values() if not failed(told)]
            count = sum(told[Criterion(facet)] is Verdict.MATCHED for told in verdicts)
            if count:
                expected[str(value)] = count
        assert {each["value"]: each["count"] for each in answer[facet]["counts"]} == expected, facet


@pytest.mark.parametrize("asked", [{}, {"theme": ["network"]}, {"on": SOON, "access": "open"}], ids=str)
async def test_municipalities_are_counted_as_asking_for_each_would_match(
    client: httpx.AsyncClient, catalogue: Catalogue, asked: dict[str, Any]
) -> None:
    answer = (
        await client.post("/offers/search", json={"include_examples": True, **asked, "facets": ["municipality"]})
    ).json()["facets"]
    counted = {each["value"]: each["count"] for each in answer["municipality"]["counts"]}
    for code in ("0217", "0751", "0101", "0400", "0840"):
        verdicts = [told for _, told in judged({**asked, "municipality": code}, catalogue).values() if not failed(told)]
        assert counted.get(code, 0) == sum(told[Criterion.MUNICIPALITY] is Verdict.MATCHED for told in verdicts)
    names = {each["value"]: each["name"] for each in answer["municipality"]["counts"]}
    assert names["0217"] == "Helsingør"


async def test_a_facet_follows_every_filter_but_its_own(client: httpx.AsyncClient) -> None:
    async def themes(**asked: Any) -> dict[str, int]:
        told = (
            await client.post("/offers/search", json={"include_examples": True, **asked, "facets": ["theme"]})
        ).json()["facets"]["theme"]
        return {each["value"]: each["count"] for each in told["counts"]}

    free, own, other = await themes(), await themes(theme=["grief"]), await themes(access="open")
    assert own == free
    assert sum(other.values()) < sum(free.values())


async def test_organisations_are_counted_as_narrowing_to_each_would_give(client: httpx.AsyncClient) -> None:
    answer = (
        await client.post(
            "/offers/search", json={"include_examples": True, "theme": ["grief"], "facets": ["organisation"]}
        )
    ).json()
    for each in answer["facets"]["organisation"]["counts"]:
        narrowed = await client.post(
            "/offers/search", json={"include_examples": True, "theme": ["grief"], "organisation": each["value"]}
        )
        assert narrowed.json()["total"] == each["count"]


async def test_all_facets_can_be_asked_for_at_once(client: httpx.AsyncClient) -> None:
    answer = (await client.post("/offers/search", json={"include_examples": True, "facets": list(Facet)})).json()
    assert list(answer["facets"]) == [facet.value for facet in Facet]
    for facet in answer["facets"].values():
        counts = [each["count"] for each in facet["counts"]]
        assert counts == sorted(counts, reverse=True)
