"""The HSDS addresses: what each filter lets through, what is kept by whom, and how a wrong question is told."""

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from services.directory.domain.document import from_document
from services.directory.domain.hsds.files import read_hsds
from services.directory.domain.hsds.ids import identified, organization_id, place_id, service_id, unit_id
from services.directory.domain.hsds.taxonomies import TAXONOMIES, TERMS
from services.directory.domain.model import Catalogue, OfferId, UnitId
from services.directory.finder import Finder
from services.directory.load import load
from tests.conftest import Databases
from tests.directory.conftest import AT
from tests.directory.copies import Copy, copied, serving
from tests.directory.hsds_world import EARLIER, ENDED, FAR, NEAR, SAID, pages, rich, told
from tests.support.keys import Keys


@pytest.fixture
async def hsds_client(app: FastAPI, loaded: Databases, catalogue: Catalogue) -> AsyncIterator[httpx.AsyncClient]:
    """The service with the standard's addresses, and a few offers that say all there is to say."""
    http = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://it/hsds/3.0")
    async with rich(loaded, catalogue), http as made:
        yield made


async def found(client: httpx.AsyncClient, path: str = "/services", **asked: Any) -> set[str]:
    """Return the ids of everything a list holds."""
    return {each["id"] async for some in pages(client, path, per_page=200, **asked) for each in some["contents"]}


CAFE, CLASS, GONE = service_id(NEAR.id), service_id(FAR.id), service_id(ENDED.id)


async def test_an_ended_service_has_left_the_list_and_stays_on_record(hsds_client: httpx.AsyncClient) -> None:
    listed = await found(hsds_client)
    assert {CAFE, CLASS} <= listed
    assert GONE not in listed
    assert (await told(hsds_client, f"/services/{GONE}"))["status"] == "inactive"
    assert (await told(hsds_client, f"/services/{CAFE}"))["status"] == "active"


async def test_a_service_is_found_by_its_terms_and_by_those_above_them(hsds_client: httpx.AsyncClient) -> None:
    for key, cafe, class_ in (
        ("theme:network", True, False), ("access:professional_referral", False, True), ("weekday:tue", True, False),
        ("language:ar", True, False), ("accessibility:lift", True, False), ("referrer:midwife", False, True),
        ("fact:target.pregnancy_week_from", False, True), ("fact:target", True, True),
        ("fact:run.wait_weeks", True, False), ("fact:run", True, True), ("fact:contact", False, False),
        ("fact:venue.postcode", True, False), ("fact:venue", True, False), ("fact:example", False, False),
        ("unit_kind:daycare", False, False), ("fact:party.id", False, False),
    ):  # fmt: skip
        listed = await found(hsds_client, taxonomy_term_id=TERMS[key].id)
        assert (CAFE in listed, CLASS in listed) == (cafe, class_), key


async def test_a_term_is_a_filter_for_just_those_services_that_show_it(hsds_client: httpx.AsyncClient) -> None:
    bearing: dict[str, set[str]] = {}
    for line in (await hsds_client.get("/services", params={"format": "ndjson", "full": "true"})).text.splitlines():
        service = json.loads(line)
        # What a unit is stands below `organization`, and is no term of the service.
        for key in terms_in({name: held for name, held in service.items() if name != "organization"}):
            bearing.setdefault(key, set()).add(service["id"])
    assert len(bearing) > 60
    for key in sorted(bearing.keys() - {"fact:contact.url"}):
        assert await found(hsds_client, taxonomy_term_id=TERMS[key].id) == bearing[key], key


def terms_in(shown: Any) -> set[str]:
    """Return the codes of every term somewhere within."""
    if isinstance(shown, list):
        return {code for each in shown for code in terms_in(each)}
    if not isinstance(shown, dict):
        return set()
    own = {shown["taxonomy_term"]["code"]} if "taxonomy_term" in shown else set()
    return own | {code for key, each in shown.items() if key != "taxonomy_term" for code in terms_in(each)}


async def test_a_taxonomy_finds_what_bears_any_of_its_terms(hsds_client: httpx.AsyncClient) -> None:
    assert {CAFE, CLASS} <= await found(hsds_client, taxonomy_id=TAXONOMIES["language"].id)
    assert CAFE not in await found(hsds_client, taxonomy_id=TAXONOMIES["referrer"].id)
    assert await found(hsds_client, taxonomy_id=TAXONOMIES["fact"].id) == await found(hsds_client)
    assert await found(hsds_client, taxonomy_id=TAXONOMIES["sector"].id) == set()


async def test_several_filters_are_all_to_be_met(hsds_client: httpx.AsyncClient) -> None:
    theme, language = TERMS["theme:network"].id, TAXONOMIES["language"].id
    both = await found(hsds_client, taxonomy_term_id=theme, taxonomy_id=language)
    assert both == await found(hsds_client, taxonomy_term_id=theme) & await found(hsds_client, taxonomy_id=language)
    assert CAFE in both


async def test_an_organisation_finds_what_its_units_give(hsds_client: httpx.AsyncClient, catalogue: Catalogue) -> None:
    unit = catalogue.units[NEAR.unit]
    of_unit = await found(hsds_client, organization_id=unit_id(unit.id))
    of_owner = await found(hsds_client, organization_id=organization_id(unit.organisation))
    assert {CAFE, CLASS} <= of_unit < of_owner
    assert await found(hsds_client, organization_id=identified("organization", "nobody")) == set()
    full = await told(hsds_client, f"/organizations/{organization_id(unit.organisation)}")
    assert {each["id"] for each in full["services"]} == of_owner


async def test_modified_after_holds_from_that_very_moment_and_a_date_from_danish_midnight(
    hsds_client: httpx.AsyncClient,
) -> None:
    later = await found(hsds_client, modified_after=(EARLIER + timedelta(microseconds=1)).isoformat())
    assert CLASS not in later
    assert CAFE in later
    for same in (EARLIER.isoformat(), "2026-03-01T09:00:00+01:00", "2026-03-01", "2026-03-01T08:00:00Z"):
        assert CLASS in await found(hsds_client, modified_after=same), same
    assert CLASS not in await found(hsds_client, modified_after="2026-03-02")
    answer = await hsds_client.get("/services?per_page=500&modified_after=2026-03-01T09:00:00.000001+01:00")
    assert CLASS not in {each["id"] for each in answer.json()["contents"]}
    assert await found(hsds_client, modified_after="2199-01-01") == set()


@pytest.mark.parametrize(
    "bad", ["2026-03-01T08:00:00", "i går", "2026-13-01", "1772352000", "2026-03-01T08:00:00 CET", "610190-1234", ""]
)
async def test_a_moment_without_its_zone_or_wrongly_written_is_refused(
    hsds_client: httpx.AsyncClient, bad: str
) -> None:
    answer = await hsds_client.get("/services", params={"modified_after": bad})
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")
    assert answer.json()["errors"][0]["where"][-1] == "modified_after"


@pytest.mark.parametrize(
    ("asked", "cafe", "class_"),
    [
        ({"age_months": 9}, True, False),
        ({"age_months": 13}, False, False),
        ({"gestation_week": 30}, True, True),
        ({"gestation_week": 30, "only_matched": "true"}, False, True),
        ({"gestation_week": 10}, True, False),
        ({"language": "ar"}, True, False),
        ({"language": ["ar", "da"]}, True, True),
        ({"language": "ar", "only_matched": "true"}, True, False),
        ({"max_cost": 100}, True, False),
        ({"max_cost": 200}, True, True),
        ({"has_capacity": "true"}, True, False),
        ({"has_capacity": "false"}, True, True),
        ({"municipality": "0751"}, False, True),
        ({"referrer_type": "midwife"}, True, True),
        ({"referrer_type": "dentist"}, True, False),
        ({"municipality": "0217", "language": "ar", "max_cost": 0}, True, False),
        ({"search": "babycafe"}, True, False),
    ],
)
async def test_our_own_filters(hsds_client: httpx.AsyncClient, asked: Any, cafe: bool, class_: bool) -> None:  # noqa: FBT001 - a table
    for path, first, second in (
        ("/services", CAFE, CLASS),
        ("/service_at_locations", place_id(NEAR.id, 0), place_id(FAR.id, 0)),
    ):
        listed = await found(hsds_client, path, **asked)
        assert (first in listed, second in listed) == (cafe, class_), path


async def test_what_is_searched_for_comes_best_first_and_in_pages(hsds_client: httpx.AsyncClient) -> None:
    whole = [
        each["id"] async for some in pages(hsds_client, "/services", search="babycafé") for each in some["contents"]
    ]
    assert whole[0] == CAFE
    assert len(whole) == len(set(whole))
    streamed = await hsds_client.get("/services", params={"search": "babycafé", "format": "ndjson"})
    assert [json.loads(line)["id"] for line in streamed.text.splitlines()] == whole


async def test_proximity_counts_metres_from_the_middle_of_the_postcode(hsds_client: httpx.AsyncClient) -> None:
    # The house lies 4,220 m from the middle of 3000 Helsingør; the barn tells its postcode only.
    house, barn, hall = place_id(NEAR.id, 0), place_id(NEAR.id, 1), place_id(FAR.id, 0)
    for metres, within in ((4200, {barn}), (4240, {barn, house}), (500_000, {barn, house})):
        listed = await found(hsds_client, "/service_at_locations", postcode="3000", proximity=metres)
        assert listed & {house, barn, hall} == within, metres
    assert hall not in await found(hsds_client, "/service_at_locations", postcode="3000")
    assert hall in await found(hsds_client, "/service_at_locations", postcode="8000")


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"postcode": "0000"}, "unknown_postcode"),
        ({"postcode": "3000x"}, "malformed"),
        ({"proximity": "100"}, "place_incomplete"),
        ({"postcode": "3000", "proximity": "0"}, "malformed"),
        ({"postcode": "3000", "proximity": "nær"}, "malformed"),
        ({"municipality": "9999"}, "unknown_municipality"),
        ({"language": "xx"}, "malformed"),
        ({"age_months": "-1"}, "malformed"),
        ({"referrer_type": "king"}, "malformed"),
        ({"full": "perhaps"}, "malformed"),
        ({"search": "6101901234"}, "cpr_refused"),
    ],
)
async def test_a_wrong_filter_is_told_before_anything_is_sent(
    hsds_client: httpx.AsyncClient, asked: dict[str, str], code: str
) -> None:
    for form in ("json", "ndjson"):
        answer = await hsds_client.get("/service_at_locations", params={**asked, "format": form})
        assert (answer.status_code, answer.json()["code"]) == (422, code), form


async def test_minimal_is_all_services_on_one_page(hsds_client: httpx.AsyncClient) -> None:
    made = await told(hsds_client, "/services", minimal="true")
    assert {each["id"] for each in made["contents"]} == await found(hsds_client)
    assert made["total_pages"] == 1
    assert all(set(each) == {"id", "name", "status", "last_modified"} for each in made["contents"])
    (cafe,) = [each for each in made["contents"] if each["id"] == CAFE]
    assert cafe["last_modified"] == SAID.isoformat()
    assert len((await told(hsds_client, "/services", minimal="true", per_page=3))["contents"]) == 3
    assert (await hsds_client.get("/services", params={"per_page": 501})).status_code == 422


async def test_terms_by_taxonomy_by_parent_and_at_the_top(hsds_client: httpx.AsyncClient) -> None:
    basis = TAXONOMIES["legal_basis"]
    whole = await found(hsds_client, "/taxonomy_terms", taxonomy_id=basis.id)
    top = await found(hsds_client, "/taxonomy_terms", taxonomy_id=basis.id, top_only="true")
    health = await found(hsds_client, "/taxonomy_terms", parent_id=TERMS["legal_basis:SUL"].id)
    assert whole == {term.id for term in basis.terms.values()}
    assert top == {term.id for term in basis.terms.values() if term.parent is None}
    assert health == {term.id for term in basis.terms.values() if term.code.startswith("SUL-")}
    assert await found(hsds_client, "/taxonomy_terms", parent_id=identified("term", "nobody")) == set()
    assert await found(hsds_client, "/taxonomy_terms", parent_id=TERMS["theme:grief"].id) == set()


async def test_organizations_are_organisations_and_the_units_below_them(
    hsds_client: httpx.AsyncClient, catalogue: Catalogue
) -> None:
    listed = await found(hsds_client, "/organizations")
    assert len(listed) == len(catalogue.organisations) + len(catalogue.units)
    unit = catalogue.units[NEAR.unit]
    one = await told(hsds_client, f"/organizations/{unit_id(unit.id)}")
    assert one["parent_organization_id"] == organization_id(unit.organisation)
    owner = await told(hsds_client, f"/organizations/{one['parent_organization_id']}")
    schemes = {each["identifier_scheme"]: each["identifier"] for each in owner["organization_identifiers"]}
    assert schemes["DK-KOMKODE"] == "0217"


async def test_made_up_examples_are_in_no_list_and_answer_by_their_ids(
    hsds_client: httpx.AsyncClient, catalogue: Catalogue
) -> None:
    made_up = next(each for each in catalogue.offers.values() if each.example and each.valid_to is None)
    number, owner = service_id(made_up.id), catalogue.units[made_up.unit]
    for asked in ({}, {"minimal": "true"}, {"search": made_up.name}):
        assert number not in await found(hsds_client, **asked), asked
    for one in (unit_id(owner.id), organization_id(owner.organisation)):
        for full in ("false", "true"):
            told_of = await told(hsds_client, f"/organizations/{one}", full_service=full)
            assert number not in {each["id"] for each in told_of["services"]}
    assert (await told(hsds_client, f"/services/{number}"))["id"] == number


@pytest.fixture
def copy(loaded: Databases) -> Iterator[Copy]:
    """A database of the test's own."""
    with copied(loaded, "hsds_meanwhile") as made:
        yield made


def with_new_unit(catalogue: Catalogue, name: str) -> tuple[Catalogue, str]:
    """Return the catalogue with one more unit and an offer of its own, both of that name."""
    unit = replace(catalogue.units[NEAR.unit], id=UnitId(name), name=name)
    new = replace(NEAR, id=OfferId(name), unit=unit.id)
    units, offers = {**catalogue.units, unit.id: unit}, {**catalogue.offers, new.id: new}
    return replace(catalogue, units=units, offers=offers), name


async def test_while_a_new_index_is_built_nobody_is_told_less_or_turned_away(
    copy: Copy, catalogue: Catalogue, keys: Keys
) -> None:
    addresses = (
        "/services/{offer}", "/services?full=true&search=babycafé", "/service_at_locations/{place}",
        "/organizations/{unit}?full_service=true", "/services?organization_id={unit}",
        "/services?full=true&format=ndjson", "/organizations?full_service=true&search={name}",
    )  # fmt: skip
    async with serving(copy, keys) as (_, client):
        for number, address in enumerate(addresses):
            catalogue, name = with_new_unit(catalogue, f"helt-nyt-{number}")
            await load(catalogue, copy.owner, AT)
            ids = {"offer": service_id(name), "place": place_id(name, 0), "unit": unit_id(name), "name": name}
            answer = await client.get("/hsds/3.0" + address.format(**ids))
            assert answer.status_code == 200, (address, answer.text[:200])
            assert ids["offer"] in answer.text, address


async def test_an_offer_of_a_unit_that_came_between_two_questions_is_told(
    copy: Copy, catalogue: Catalogue, keys: Keys
) -> None:
    """The index is new when it is looked at, and old when the offer is read."""
    more, name = with_new_unit(catalogue, "helt-nyt")
    async with serving(copy, keys) as (app, client):
        finder: Finder = app.state.finder

        async def meanwhile(today: date) -> bool:
            del finder.renew
            as_new = await finder.renew(today)
            await load(more, copy.owner, AT)
            return as_new

        finder.renew = meanwhile  # type: ignore[method-assign]
        answer = await client.get(f"/hsds/3.0/services/{service_id(name)}")
        assert (answer.status_code, answer.json()["organization"]["name"]) == (200, name)


async def test_the_same_answer_is_not_sent_twice(hsds_client: httpx.AsyncClient) -> None:
    for path in ("/", "/services", f"/services/{CAFE}", "/taxonomies", "/organizations", "/service_at_locations"):
        first = await hsds_client.get(path)
        again = await hsds_client.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b""), path
        assert first.headers["Cache-Control"].startswith("public")
    one = await hsds_client.get(f"/services/{CAFE}")
    assert one.headers["Last-Modified"] == "Fri, 20 Nov 2026 08:00:00 GMT"
    other = await hsds_client.get(f"/services/{CLASS}", headers={"If-None-Match": one.headers["ETag"]})
    assert other.status_code == 200


@pytest.mark.parametrize("asked", [{"age_months": "9"}, {"gestation_week": "20"}, {"search": "sorg"}])
async def test_nobody_on_the_way_keeps_a_question_that_may_describe_a_family(
    hsds_client: httpx.AsyncClient, asked: dict[str, str]
) -> None:
    for form in ("json", "ndjson"):
        answer = await hsds_client.get("/services", params={**asked, "format": form})
        assert answer.headers["Cache-Control"] == "no-store"


async def test_what_is_sent_out_can_be_taken_in_again(hsds_client: httpx.AsyncClient, catalogue: Catalogue) -> None:
    streamed = await hsds_client.get("/services", params={"full": "true", "format": "ndjson"})
    rows = read_hsds([json.loads(line) for line in streamed.text.splitlines()], catalogue)
    assert not any(row.notes for row in rows)
    held = {each.id: each for each in map(from_document, (row.offer for row in rows))}
    assert held[NEAR.id] == NEAR
    assert held[FAR.id] == FAR
    real = {number: one for number, one in held.items() if number in catalogue.offers}
    assert real
    assert all(one == catalogue.offers[number] for number, one in real.items())
    paged = [page async for page in pages(hsds_client, "/services", full="true", per_page=500)]
    assert [row.offer for page in paged for row in read_hsds(page, catalogue)] == [row.offer for row in rows]


async def test_a_question_in_the_body_is_answered_as_one_in_the_address(hsds_client: httpx.AsyncClient) -> None:
    asked = {"age_months": 9, "language": ["ar"], "per_page": 500, "modified_after": "2026-03-02", "full": True}
    for path in ("/services", "/service_at_locations"):
        answer = await hsds_client.post(path, json=asked, headers={"If-None-Match": "*"})
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.json() == await told(hsds_client, path, **asked)
        assert answer.json()["contents"]
        lines = await hsds_client.post(path, json={"age_months": 9, "format": "ndjson"})
        assert lines.text == (await hsds_client.get(path, params={"age_months": 9, "format": "ndjson"})).text
        wrong = await hsds_client.post(path, json={"age_months": "old", "unheard_of": 1})
        assert (wrong.status_code, wrong.json()["code"]) == (422, "malformed")
