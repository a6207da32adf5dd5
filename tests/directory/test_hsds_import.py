"""An HSDS file taken in: ours exactly, others' as well as it goes, and what has no home here is named."""

import copy
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.directory.domain import offers as reading
from services.directory.domain.document import from_document
from services.directory.domain.fields import Fields
from services.directory.domain.hsds.files import Row, read_hsds
from services.directory.domain.hsds.leaves import Leaves
from services.directory.domain.hsds.organizations import to_organization
from services.directory.domain.hsds.services import Meta, to_service, to_service_at_location
from services.directory.domain.hsds.taxonomies import TERMS, attribute
from services.directory.domain.hsds.world import world
from services.directory.domain.model import Catalogue
from tests.directory.hsds_world import FAR, NEAR

DAY = date(2026, 11, 22)
META = Meta(datetime(2026, 11, 1, tzinfo=UTC))
FOREIGN: dict[str, Any] = {
    "id": "5a0c5b1e-8a44-4d9a-9d0e-0f6a3f0d1c11",
    "organization_id": "9ff2c1aa-0000-4d9a-9d0e-0f6a3f0d1c11",
    "name": "Toddler café ",
    "alternate_name": "Legecafé",
    "description": "A place to meet.",
    "url": "https://example.dk/cafe",
    "email": "cafe@example.dk",
    "status": "active",
    "minimum_age": 0,
    "maximum_age": 5,
    "eligibility_description": "Families with small children",
    "interpretation_services": "On request",
    "accreditations": "ISO 9001",
    "assured_date": "2026-05-04",
    "last_modified": "2026-06-04T10:00:00Z",
    "fees_description": "Pay what you can",
    "organization": {"id": "9ff2c1aa", "name": "helsingør sundhedstjeneste", "description": "x"},
    "phones": [{"id": "x", "number": "+45 12345678", "extension": 12}, {"id": "y", "number": "87654321"}],
    "contacts": [{"id": "z", "name": "Jane Doe", "title": "Coordinator"}],
    "languages": [{"id": "l", "code": "ara"}, {"id": "m", "name": "Engelsk"}, {"id": "n", "code": "tlh"}],
    "service_areas": [{"id": "a", "name": "Helsingør Kommune", "extent_type": "municipality"}, {"name": "Skåne"}],
    "cost_options": [{"id": "c", "amount": 25.0, "currency": "DKK"}],
    "schedules": [
        {"id": "s", "freq": "WEEKLY", "byday": "MO,TH", "opens_at": "09:00:00", "closes_at": "11:30Z"},
        {"id": "t", "freq": "MONTHLY", "byday": "2MO", "opens_at": "13:00"},
    ],
    "service_at_locations": [
        {
            "id": "p",
            "location": {
                "id": "q", "location_type": "physical", "name": "Huset", "latitude": 56.03, "longitude": 12.6,
                "addresses": [{
                    "id": "r", "address_1": "Havnegade 1", "address_2": "1. sal", "city": "Helsingør",
                    "state_province": "Hovedstaden", "postal_code": "3000", "country": "DK", "address_type": "physical",
                }],
                "accessibility": [{"id": "e", "description": "Elevator"}, {"id": "f", "description": "Braille"}],
            },
        },
        {"id": "v", "location": {"id": "w", "location_type": "virtual", "name": "Zoom"}},
    ],
    "attributes": [
        {"id": "1", "value": "x", "taxonomy_term": {"id": "2", "code": "abc", "name": "Netværk", "description": "d"}},
        {"id": "3", "taxonomy_term": {"id": "4", "code": "def", "name": "Chess", "description": "d"}},
    ],
}  # fmt: skip


def only(document: object, catalogue: Catalogue) -> Row:
    """Return the one row a document makes."""
    (row,) = read_hsds(document, catalogue)
    return row


def changed(**given: Any) -> dict[str, Any]:
    """Return the least of a foreign service with something besides."""
    return {"id": "one", "name": "One", "description": "Text.", "status": "active", **given}


@pytest.fixture
def known(catalogue: Catalogue) -> Catalogue:
    """A catalogue in which the foreign organization's name is a unit's."""
    unit = replace(catalogue.units[NEAR.unit], name="Helsingør Sundhedstjeneste")
    return replace(catalogue, units={**catalogue.units, unit.id: unit})


def test_another_directorys_service_is_read_as_far_as_it_goes(known: Catalogue) -> None:
    row = only(FOREIGN, known)
    assert row.offer == {
        "id": "hsds-5a0c5b1e-8a44-4d9a-9d0e-0f6a3f0d1c11",
        "name": "Toddler café",
        "summary": "A place to meet.",
        "aliases": ["Legecafé"],
        "as_of": "2026-05-04",
        "unit": NEAR.unit,
        "municipalities": ["0217"],
        "price": "Pay what you can",
        "price_kr": 25,
        "target": {
            "child_age_months_from": 0,
            "child_age_months_to": 71,
            "criteria": ["Families with small children"],
        },
        "dose": {"days": ["mon", "thu"], "starts_at": "09:00", "ends_at": "11:30"},
        "contact": {
            "url": "https://example.dk/cafe",
            "email": "cafe@example.dk",
            "phone": "12 34 56 78",
            "function": "Coordinator",
        },
        "languages": ["ar", "en"],
        "venues": [
            {
                "name": "Huset",
                "address": "Havnegade 1, 1. sal",
                "postcode": "3000",
                "city": "Helsingør",
                "latitude": 56.03,
                "longitude": 12.6,
                "accessibility": ["lift"],
            }
        ],
        "themes": ["network"],
    }


def test_what_has_no_home_here_is_named_each_thing(known: Catalogue) -> None:
    assert {note.field for note in only(FOREIGN, known).notes} == {
        "minimum_age",
        "accreditations",
        "interpretation_services",
        "last_modified",
        "organization.description",
        "phones[].extension",
        "phones[].number",
        "contacts[].name",
        "languages[].code",
        "service_areas[].name",
        "schedules[].freq",
        "schedules[].byday",
        "schedules[].opens_at",
        "service_at_locations[].location.location_type",
        "service_at_locations[].location.name",
        "service_at_locations[].location.accessibility[].description",
        "attributes[].taxonomy_term.code",
        "attributes[].taxonomy_term.name",
        "attributes[].taxonomy_term.description",
    }


def test_what_was_read_is_an_offer(known: Catalogue) -> None:
    fields = Fields("hsds", "1", only(FOREIGN, known).offer)
    _, made = reading.offer(fields, known)
    fields.done()
    assert made.name == "Toddler café"


def test_a_note_never_repeats_what_was_sent(known: Catalogue) -> None:
    said = " ".join(f"{note.field} {note.said}" for note in only(FOREIGN, known).notes)
    assert not any(word in said for word in ("Jane", "ISO 9001", "87654321", "Chess"))


@pytest.mark.parametrize(
    ("given_ages", "target"),
    [
        ((0, 1.5), {"child_age_months_from": 0, "child_age_months_to": 18}),
        ((0.5, None), {"child_age_months_from": 6}),
        ((None, 3), {"child_age_months_to": 47}),
        ((18, 25), {"parent_age_from": 18, "parent_age_to": 25}),
        ((18, None), {"parent_age_from": 18}),
        ((0, 99), {"parent_age_from": 0, "parent_age_to": 99}),
    ],
)
def test_ages_in_years_are_a_childs_in_months_or_a_parents(catalogue: Catalogue, given_ages: Any, target: Any) -> None:
    low, high = given_ages
    row = only(changed(minimum_age=low, maximum_age=high), catalogue)
    assert row.offer["target"] == target
    assert "minimum_age" in {note.field for note in row.notes}


@pytest.mark.parametrize(
    ("field", "value", "noted"),
    [
        ("minimum_age", "five", "minimum_age"),
        ("maximum_age", -1, "maximum_age"),
        ("status", "defunct", "status"),
        ("wait_time", "3 weeks", "wait_time"),
        ("application_process", "Call us", "application_process"),
        ("assured_date", "last year", "assured_date"),
        ("phones", [{"number": "+44 20 7946 0000"}], "phones[].number"),
        ("cost_options", [{"amount": 10, "currency": "GBP"}], "cost_options[].amount"),
        ("cost_options", [{"amount": 10.5, "currency": "DKK"}], "cost_options[].amount"),
        ("cost_options", [{"amount": 10}], "cost_options"),
        ("required_documents", [{"document": "Passport"}], "required_documents[].document"),
        ("something_new", {"deep": [1]}, "something_new.deep[]"),
        ("organization_id", "abc", "organization_id"),
    ],
)
def test_one_thing_without_a_home_is_one_note(catalogue: Catalogue, field: str, value: Any, noted: str) -> None:
    assert noted in {note.field for note in only(changed(**{field: value}), catalogue).notes}


@pytest.mark.parametrize(
    ("area", "read"),
    [
        ({"name": "Helsingør"}, {"municipalities": ["0217"]}),
        ({"name": "helsingoer kommune"}, {"municipalities": ["0217"]}),
        ({"uri": "urn:familiebro:municipality:0751"}, {"municipalities": ["0751"]}),
        ({"name": "Region Sjælland"}, {"regions": ["1085"]}),
        ({"name": "Denmark"}, {"nationwide": True}),
        ({"uri": "urn:familiebro:municipality:9999"}, {}),
        ({"name": "Malmø"}, {}),
    ],
)
def test_an_area_is_known_by_name_or_address(catalogue: Catalogue, area: Any, read: Any) -> None:
    offer = only(changed(service_areas=[area]), catalogue).offer
    assert {key: offer[key] for key in ("municipalities", "regions", "nationwide") if key in offer} == read


def test_a_place_outside_denmark_is_none(catalogue: Catalogue) -> None:
    far = {"location_type": "physical", "latitude": 51.5, "longitude": -0.1, "addresses": [{"country": "GB"}]}
    row = only(changed(service_at_locations=[{"location": far}]), catalogue)
    assert "venues" not in row.offer
    assert any(note.field.endswith("latitude") for note in row.notes)


def test_schedules_with_the_same_hours_are_one_and_another_is_noted(catalogue: Catalogue) -> None:
    row = only(changed(schedules=[
        {"freq": "WEEKLY", "byday": "MO", "opens_at": "10:00", "closes_at": "12:00"},
        {"freq": "WEEKLY", "byday": "WE", "opens_at": "10:00", "closes_at": "12:00"},
        {"freq": "WEEKLY", "byday": "FR", "opens_at": "14:00", "closes_at": "16:00"},
    ]), catalogue)  # fmt: skip
    assert row.offer["dose"] == {"days": ["mon", "wed"], "starts_at": "10:00", "ends_at": "12:00"}
    assert ("schedules[].byday" in {note.field for note in row.notes}) is True


def test_terms_of_ours_in_a_foreign_service_are_known(catalogue: Catalogue) -> None:
    held = [attribute("x", "service", key, "") for key in (
        "theme:grief", "audience:father", "prevention_level:selective", "legal_basis:BL-29", "legal_basis:BL",
        "language:ar")]  # fmt: skip
    row = only(changed(attributes=copy.deepcopy(held)), catalogue)
    assert row.offer["themes"] == ["grief"]
    assert row.offer["target"]["audience"] == ["father"]
    assert row.offer["prevention_level"] == "selective"
    assert row.offer["legal_basis"] == ["BL-29"]
    assert "attributes[].taxonomy_term.code" in {note.field for note in row.notes}


def services(catalogue: Catalogue) -> list[dict[str, Any]]:
    """Return two services of ours as they are sent."""
    at = world(catalogue, DAY)
    made: list[dict[str, Any]] = orjson.loads(orjson.dumps([to_service(each, at, META) for each in (NEAR, FAR)]))
    return made


def test_ours_come_back_from_every_wrapping(catalogue: Catalogue) -> None:
    held = services(catalogue)
    owner = to_organization(catalogue.units[NEAR.unit], world(catalogue, DAY))
    nested = {**owner, "services": held}
    for document in (held, {"contents": held, "page_number": 1}, nested, [nested], {"contents": [nested]}):
        rows = read_hsds(document, catalogue)
        assert [from_document(row.offer) for row in rows] == [NEAR, FAR]
        assert [row.place for row in rows] == [1, 2]
        assert not any(row.notes for row in rows)


def test_a_service_at_its_only_location_is_the_service(catalogue: Catalogue) -> None:
    made = orjson.loads(orjson.dumps(to_service_at_location(FAR, 0, world(catalogue, DAY), META)))
    assert from_document(only(made, catalogue).offer) == FAR


def test_what_was_added_to_ours_is_named(catalogue: Catalogue) -> None:
    service = services(catalogue)[0] | {"accreditations": "ISO"}
    service["attributes"].append({"id": "1", "taxonomy_term": {"code": "theirs", "name": "x"}})
    row = only(service, catalogue)
    assert from_document(row.offer) == NEAR
    assert {note.field for note in row.notes} == {"accreditations", "attributes"}


def test_what_was_changed_in_ours_is_what_counts(catalogue: Catalogue) -> None:
    service = services(catalogue)[0] | {"name": "Nyt navn", "description": "Ny tekst.", "email": "ny@example.dk"}
    made = from_document(only(service, catalogue).offer)
    assert (made.name, made.summary, made.contact.email) == ("Nyt navn", "Ny tekst.", "ny@example.dk")


@pytest.mark.parametrize("broken", [
    {"description": None}, {"service_areas": [{"uri": "urn:elsewhere"}]}, {"schedules": [{"byday": "XX"}]},
    {"service_at_locations": [{}]}, {"languages": ["da"]}, {"contacts": [{}]},
])  # fmt: skip
def test_ours_made_unreadable_is_read_as_others_are_and_said(catalogue: Catalogue, broken: Any) -> None:
    service = {key: value for key, value in (services(catalogue)[0] | broken).items() if value is not None}
    row = only(service, catalogue)
    assert row.offer["name"] == NEAR.name
    assert row.notes[0].field == ""


def test_an_unreadable_number_makes_it_no_longer_ours(catalogue: Catalogue) -> None:
    service = services(catalogue)[0]
    for each in service["attributes"]:
        if each["taxonomy_term"]["code"] == "fact:target.child_age_months_to":
            each["value"] = "twelve"
    assert only(service, catalogue).notes[0].field == ""


@pytest.mark.parametrize("nothing", [[], {"contents": []}, {"services": []}])
def test_an_empty_file_has_no_rows(catalogue: Catalogue, nothing: Any) -> None:
    assert read_hsds(nothing, catalogue) == []


@pytest.mark.parametrize("other", [[1], ["text"], [None], [[{}]], 5, "text", None])
def test_what_is_no_service_is_a_row_that_says_so(catalogue: Catalogue, other: Any) -> None:
    row = only(other, catalogue)
    assert (row.offer, row.notes[0].field) == ({}, "")


names = st.sampled_from([
    "id", "name", "description", "status", "phones", "number", "languages", "code", "schedules", "byday", "opens_at",
    "service_areas", "uri", "service_at_locations", "location", "location_type", "addresses", "postal_code", "latitude",
    "attributes", "taxonomy_term", "value", "cost_options", "amount", "currency", "organization", "services",
    "contents", "service", "minimum_age", "contacts", "title", "x",
])  # fmt: skip
usual = ["physical", "MO", "10:00", "theme:grief", "fact:id", "fact:unit", "fact:as_of", "WEEKLY", "3000", "DKK"]
leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(usual)
anything = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=5))
shaped = st.fixed_dictionaries({}, optional={
    "name": anything, "description": anything, "phones": anything, "schedules": st.lists(anything, max_size=2),
    "attributes": st.lists(st.fixed_dictionaries({"taxonomy_term": st.fixed_dictionaries({"code": leaves})}, optional={
        "value": leaves}), max_size=4),
    "cost_options": st.lists(st.fixed_dictionaries({"amount": leaves}), max_size=2), "minimum_age": leaves,
    "maximum_age": leaves, "service_at_locations": st.lists(anything, max_size=2), "service_areas": anything,
})  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(document=anything | st.lists(shaped, max_size=3))
def test_whatever_is_sent_there_is_an_answer(catalogue: Catalogue, document: Any) -> None:
    for row in read_hsds(document, catalogue):
        assert isinstance(row.offer, dict)


def test_a_document_of_any_depth_is_walked() -> None:
    deep: Any = {}
    for _ in range(5000):
        deep = {"a": [deep, 1]}
    assert len(Leaves(deep).left()) == 5000


def test_of_a_very_long_list_the_rest_is_named(catalogue: Catalogue) -> None:
    many = [attribute(str(place), "service", "theme:grief", "grief") for place in range(300)]
    row = only(changed(attributes=many), catalogue)
    assert row.offer["themes"] == ["grief"]
    assert "attributes[].value" in {note.field for note in row.notes}
    assert TERMS["theme:grief"].id


def test_a_service_without_a_text_is_described_by_its_name_and_a_long_one_is_cut(catalogue: Catalogue) -> None:
    short = only({"id": "one", "name": "One"}, catalogue)
    long = only(changed(description="ord " * 600), catalogue)
    assert short.offer["summary"] == "One"
    assert len(long.offer["summary"]) <= 2000
    assert {"description"} == {note.field for note in (*short.notes, *long.notes)}


def test_the_text_of_a_second_schedule_is_not_lost_unsaid(catalogue: Catalogue) -> None:
    weekly = {"freq": "WEEKLY", "opens_at": "10:00", "closes_at": "12:00"}
    row = only(changed(schedules=[{**weekly, "byday": "MO", "description": "Mandag"},
                                  {**weekly, "byday": "TU", "description": "Tirsdag"}]), catalogue)  # fmt: skip
    assert row.offer["dose"]["schedule"] == "Mandag"
    assert "schedules[].description" in {note.field for note in row.notes}


def test_the_mailbox_of_a_contact_is_the_services_where_it_has_none(catalogue: Catalogue) -> None:
    row = only(changed(contacts=[{"department": "Visitation", "email": "v@example.dk"}]), catalogue)
    assert row.offer["contact"] == {"email": "v@example.dk", "function": "Visitation"}


def test_the_same_thing_told_twice_is_told_once(catalogue: Catalogue) -> None:
    lift = {"description": "elevator"}
    place = {"location_type": "physical", "name": "Huset", "accessibility": [lift, lift]}
    areas = [{"name": "Helsingør"}, {"name": "Helsingør"}]
    row = only(changed(service_at_locations=[{"location": place}], service_areas=areas,
                       languages=[{"code": "da"}, {"code": "dan"}]), catalogue)  # fmt: skip
    assert row.offer["venues"] == [{"name": "Huset", "accessibility": ["lift"]}]
    assert (row.offer["municipalities"], row.offer["languages"]) == (["0217"], ["da"])


def test_a_flag_that_is_neither_is_no_word_of_ours(catalogue: Catalogue) -> None:
    service = services(catalogue)[0]
    for each in service["attributes"]:
        if each["taxonomy_term"]["code"] == "fact:interpreter":
            each["value"] = "perhaps"
    assert only(service, catalogue).notes[0].field == ""


def test_an_attribute_of_ours_that_no_offer_has_is_passed_over(catalogue: Catalogue) -> None:
    service = services(catalogue)[0]
    service["attributes"].append(attribute(service["id"], "service", "unit_kind:daycare", "daycare"))
    assert from_document(only(service, catalogue).offer) == NEAR
