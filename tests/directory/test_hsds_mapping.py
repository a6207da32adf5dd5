"""An offer as an HSDS service: nothing is lost on the way there and back, and every code has its Danish name."""

import string
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid5

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from services.directory.domain import codes
from services.directory.domain.hsds.facts import FACTS, Kind
from services.directory.domain.hsds.ids import NAMESPACE, identified, service_id
from services.directory.domain.hsds.links import as_uri
from services.directory.domain.hsds.organizations import to_organization
from services.directory.domain.hsds.paging import cut, page
from services.directory.domain.hsds.returning import from_service, is_ours
from services.directory.domain.hsds.services import Meta, to_service, to_service_at_location
from services.directory.domain.hsds.taxonomies import TAXONOMIES, TERM_BY_ID, TERMS, narrower
from services.directory.domain.hsds.world import world
from services.directory.domain.model import (
    Catalogue,
    Contact,
    Dose,
    MunicipalityCode,
    Offer,
    OfferId,
    RegionCode,
    Run,
    Source,
    Target,
    UnitId,
    Venue,
)
from shared.vocabulary import Sector

DAY = date(2026, 11, 22)
META = Meta(datetime(2026, 11, 1, 12, 30, tzinfo=UTC), date(2026, 10, 1))
UNIT = UnitId("helsingoer-sundhedstjenesten")

texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=30)
days = st.dates(date(1990, 1, 1), date(2090, 1, 1))
flags = st.none() | st.booleans()
numbers = st.none() | st.integers(0, 300)
clocks = st.times().map(lambda at: at.strftime("%H:%M"))
hosts = st.text(string.ascii_lowercase + "æøå", min_size=1, max_size=12)
urls = st.builds(
    lambda host, path: f"https://{host}.dk/{path}", hosts, st.from_regex(r"[^\s<>\"']{0,12}", fullmatch=True)
)


def several(held: Any) -> Any:
    """Return any set of a closed list's codes."""
    return st.frozensets(st.sampled_from(list(held)), max_size=4)


def maybe(held: Any) -> Any:
    """Return one of them or none."""
    return st.none() | held


def words(most: int = 3) -> Any:
    """Return some texts."""
    return st.lists(texts, max_size=most).map(tuple)


contacts = st.builds(
    Contact,
    function=maybe(texts),
    phone=maybe(st.from_regex(r"(\+45 )?\d\d \d\d \d\d \d\d", fullmatch=True)),
    email=maybe(st.from_regex(r"[a-z]{1,8}@[a-z]{1,8}\.dk", fullmatch=True)),
    url=maybe(urls),
)
venues = st.builds(
    Venue,
    name=maybe(texts),
    address=maybe(texts),
    postcode=maybe(st.sampled_from(["3000", "8000", "0001"])),
    city=maybe(texts),
    latitude=maybe(st.floats(54.5, 57.8)),
    longitude=maybe(st.floats(8.0, 15.3)),
    accessibility=several(codes.Accessibility),
    note=maybe(texts),
)
runs = st.builds(
    Run, label=texts, said_on=days, starts_on=maybe(days), ends_on=maybe(days),
    places=numbers, free=numbers, waiting=numbers, wait_weeks=numbers,
)  # fmt: skip
targets = st.builds(
    Target,
    audience=several(codes.Audience),
    pregnancy_week_from=numbers, pregnancy_week_to=numbers, child_age_months_from=numbers, child_age_months_to=numbers,
    parent_age_from=numbers, parent_age_to=numbers, due_from=maybe(days), due_to=maybe(days),
    pregnancy_care_levels=st.lists(st.integers(1, 4), max_size=4).map(tuple),
    first_time_parents=flags,
    criteria=words(),
)  # fmt: skip
doses = st.builds(
    Dose,
    sessions_from=numbers, sessions_to=numbers, minutes_per_session_from=numbers, minutes_per_session_to=numbers,
    hours_per_week_from=numbers, hours_per_week_to=numbers, weeks=numbers, group_size_from=numbers,
    group_size_to=numbers, days=several(codes.Weekday), starts_at=maybe(clocks), ends_at=maybe(clocks),
    schedule=maybe(texts), childcare=flags, meal=flags, transport=flags,
)  # fmt: skip
offers = st.builds(
    Offer,
    id=st.from_regex(r"[a-z][a-z0-9-]{0,30}", fullmatch=True).map(OfferId),
    name=texts,
    unit=st.just(UNIT),
    summary=texts,
    as_of=days,
    source=st.lists(
        st.builds(Source, st.sampled_from(["001", "kommuner"]), st.just("12-14"), maybe(texts)), max_size=3
    ).map(tuple),
    themes=several(codes.Theme),
    aliases=words(),
    partners=words(),
    municipalities=several([MunicipalityCode("0217"), MunicipalityCode("0751")]),
    regions=several([RegionCode("1084"), RegionCode("1082")]),
    nationwide=st.booleans(),
    access=several(codes.Access),
    referrers=several(codes.Profession),
    form=several(codes.Form),
    methods=words(),
    legal_basis=several(codes.LegalBasis),
    prevention_level=maybe(st.sampled_from(codes.PreventionLevel)),
    languages=several(codes.Language),
    interpreter=flags,
    led_by=maybe(texts),
    contact=contacts,
    venues=st.lists(venues, max_size=3).map(tuple),
    runs=st.lists(runs, max_size=3).map(tuple),
    price=maybe(texts),
    price_kr=numbers,
    other_municipalities=maybe(st.sampled_from(codes.OtherMunicipalities)),
    other_municipalities_terms=maybe(texts),
    funding_until=maybe(days),
    valid_from=maybe(days),
    valid_to=maybe(days),
    example=st.booleans(),
    target=targets,
    dose=doses,
)


def there_and_back(offer: Offer, catalogue: Catalogue) -> Offer:
    """Send an offer out as JSON and read it again."""
    told = orjson.loads(orjson.dumps(to_service(offer, world(catalogue, DAY), META)))
    assert is_ours(told)
    return from_service(told)


@settings(max_examples=300, deadline=None)
@given(offer=offers)
def test_any_offer_comes_back_exactly(catalogue: Catalogue, offer: Offer) -> None:
    assert there_and_back(offer, catalogue) == offer


def test_every_real_offer_comes_back_exactly(catalogue: Catalogue) -> None:
    assert catalogue.offers
    for offer in catalogue.offers.values():
        assert there_and_back(offer, catalogue) == offer


@settings(max_examples=100, deadline=None)
@given(offer=offers)
def test_what_is_shown_elsewhere_comes_back_too(catalogue: Catalogue, offer: Offer) -> None:
    later = world(catalogue, date(2027, 6, 1))
    assert from_service(to_service(offer, later, Meta(META.modified_at))) == offer


PLAIN = Offer(
    OfferId("sorggruppe"), "Sorggruppe", UNIT, "En gruppe for forældre.", date(2026, 1, 1), (Source("001", "1"),),
    frozenset({codes.Theme.GRIEF}),
)  # fmt: skip


def served(offer: Offer, catalogue: Catalogue, meta: Meta = META) -> dict[str, Any]:
    """Return an offer as a service."""
    return to_service(offer, world(catalogue, DAY), meta)


def test_months_are_told_in_years_and_exactly(catalogue: Catalogue) -> None:
    made = served(replace(PLAIN, target=Target(child_age_months_from=6, child_age_months_to=18)), catalogue)
    assert (made["minimum_age"], made["maximum_age"]) == (0.5, 1.5)
    held = {each["taxonomy_term"]["code"]: each["value"] for each in made["attributes"]}
    assert held["fact:target.child_age_months_from"] == "6"
    assert held["fact:target.child_age_months_to"] == "18"


def test_a_parents_age_is_the_age_only_where_no_childs_is_told(catalogue: Catalogue) -> None:
    young = Target(parent_age_from=15, parent_age_to=25)
    assert served(replace(PLAIN, target=young), catalogue)["minimum_age"] == 15
    both = replace(young, child_age_months_from=12)
    assert "maximum_age" not in served(replace(PLAIN, target=both), catalogue)


def test_weeks_of_pregnancy_and_who_may_refer_are_told_in_words_and_as_terms(catalogue: Catalogue) -> None:
    offer = replace(
        PLAIN,
        target=Target(
            audience=frozenset({codes.Audience.PREGNANT, codes.Audience.MOTHER}),
            pregnancy_week_from=12, pregnancy_week_to=20, parent_age_to=25, pregnancy_care_levels=(3, 4),
            first_time_parents=True, criteria=("Bor i kommunen",),
        ),
        access=frozenset({codes.Access.PROFESSIONAL_REFERRAL}),
        referrers=frozenset({codes.Profession.MIDWIFE, codes.Profession.HEALTH_VISITOR}),
        other_municipalities=codes.OtherMunicipalities.BY_AGREEMENT, other_municipalities_terms="mod betaling",
    )  # fmt: skip
    made = served(offer, catalogue)
    assert made["eligibility_description"] == (
        "For gravide og mødre. Gravide, uge 12 til 20. Forælderens alder: til og med 25 år. "
        "Svangreomsorg på niveau 3 og 4. For førstegangsforældre. Bor i kommunen."
    )
    assert made["application_process"] == (
        "En fagperson kan henvise. Disse kan henvise: sundhedsplejerske og jordemoder. "
        "Familier fra andre kommuner kan komme efter aftale. Vilkår: mod betaling"
    )
    assert {"referrer:midwife", "referrer:health_visitor"} <= {e["taxonomy_term"]["code"] for e in made["attributes"]}


def test_what_is_not_said_is_left_out(catalogue: Catalogue) -> None:
    made = served(PLAIN, catalogue, Meta(META.modified_at))
    assert not {"minimum_age", "url", "email", "fees_description", "languages", "service_areas", "assured_date",
                "assurer_email", "schedules", "wait_time", "interpretation_services"} & set(made)  # fmt: skip
    assert None not in made.values()


def test_an_ended_offer_and_one_to_come_are_inactive(catalogue: Catalogue) -> None:
    assert served(PLAIN, catalogue)["status"] == "active"
    assert served(replace(PLAIN, valid_to=DAY), catalogue)["status"] == "inactive"
    assert served(replace(PLAIN, valid_from=date(2026, 11, 23)), catalogue)["status"] == "inactive"
    assert served(replace(PLAIN, valid_from=DAY, valid_to=date(2026, 11, 23)), catalogue)["status"] == "active"


def test_the_assurer_is_a_function_mailbox_and_only_of_what_was_confirmed(catalogue: Catalogue) -> None:
    unit = replace(catalogue.units[UNIT], contact=Contact(email="sundhedsplejen@example.dk"))
    held = replace(catalogue, units={**catalogue.units, UNIT: unit})
    assert served(PLAIN, held)["assurer_email"] == "sundhedsplejen@example.dk"
    assert "assurer_email" not in served(PLAIN, held, Meta(META.modified_at))


def test_a_whole_address_names_its_region_and_a_half_one_is_told_by_attributes(catalogue: Catalogue) -> None:
    whole = Venue(address="Havnegade 1", postcode="3000", city="Helsingør")
    half = Venue(postcode="3000")
    made = served(replace(PLAIN, venues=(whole, half)), catalogue)
    first, second = (each["location"] for each in made["service_at_locations"])
    assert first["addresses"][0]["state_province"] == "Region Hovedstaden"
    assert "attributes" not in first
    assert "addresses" not in second
    assert [each["value"] for each in second["attributes"]] == ["3000"]
    later = to_service(replace(PLAIN, venues=(whole,)), world(catalogue, date(2027, 1, 1)), META)
    assert later["service_at_locations"][0]["location"]["addresses"][0]["state_province"] == "Region Østdanmark"


def test_a_unit_of_a_region_follows_it_to_its_successor(catalogue: Catalogue) -> None:
    owners = {one.id for one in catalogue.organisations.values() if one.region == "1084"}
    unit = next(one for one in catalogue.units.values() if one.organisation in owners)
    before = to_organization(unit, world(catalogue, date(2026, 12, 31)))
    after = to_organization(unit, world(catalogue, date(2027, 1, 1)))
    assert before["parent_organization_id"] != after["parent_organization_id"]


def test_places_and_times_of_day(catalogue: Catalogue) -> None:
    dose = Dose(days=frozenset({codes.Weekday.WED, codes.Weekday.MON}), starts_at="10:00", ends_at="12:00")
    run = Run("Forår", date(2026, 11, 1), date(2027, 2, 1), None, 8, 3, 0, 1)
    made = served(replace(PLAIN, dose=dose, runs=(run,)), catalogue)
    weekly, spring = made["schedules"]
    assert {key: weekly[key] for key in ("freq", "byday", "opens_at", "closes_at")} == {
        "freq": "WEEKLY", "byday": "MO,WE", "opens_at": "10:00", "closes_at": "12:00"}  # fmt: skip
    assert "timezone" not in weekly
    assert "Europe/Copenhagen" in weekly["notes"]
    assert (spring["valid_from"], spring["description"]) == ("2027-02-01", "Forår")
    assert spring["notes"] == "8 pladser, 3 ledige, 0 på venteliste, oplyst 1. november 2026"
    assert made["wait_time"] == "Forår: ca. 1 uge (oplyst 1. november 2026)"


def test_a_service_at_a_location_tells_its_service_once(catalogue: Catalogue) -> None:
    offer = replace(PLAIN, venues=(Venue(name="Huset"), Venue(name="Laden")))
    made = to_service_at_location(offer, 1, world(catalogue, DAY), META)
    assert made["location"]["name"] == "Laden"
    assert made["service_id"] == made["service"]["id"] == service_id(offer.id)
    assert "service_at_locations" not in made["service"]


def test_ids_are_always_the_same() -> None:
    assert service_id("sorggruppe") == "3c19c3e0-e5e2-5c83-abc3-331f7f998f8a"


@given(st.lists(st.text(max_size=20), min_size=1, max_size=4))
def test_an_id_is_a_uuid_of_version_5_under_one_namespace(parts: list[str]) -> None:
    assert identified(*parts) == str(uuid5(NAMESPACE, ":".join(parts)))


def test_no_id_stands_for_two_things(catalogue: Catalogue) -> None:
    seen: dict[str, str] = {}

    def walk(told: Any, path: str) -> None:
        if isinstance(told, dict):
            # A term, an organization and what they hold stand wherever they are spoken of.
            if "id" in told and not {"taxonomy_term", "organization"} & set(path.split(".")):
                assert seen.setdefault(told["id"], path + str(told.get("link_id"))) == path + str(told.get("link_id"))
                seen[told["id"]] = "taken"
            for key, value in told.items():
                walk(value, f"{path}.{key}")
        if isinstance(told, list):
            for value in told:
                walk(value, path)

    for offer in catalogue.offers.values():
        walk(served(offer, catalogue), "")
    assert len(seen) > len(catalogue.offers)


@pytest.mark.parametrize("listed", ["theme", "audience", "access", "referrer", "form", "prevention_level", "language",
                                    "legal_basis", "accessibility", "weekday", "other_municipalities",
                                    "organisation_kind", "unit_kind", "profession", "sector"])  # fmt: skip
def test_every_code_of_every_closed_list_has_a_danish_name(listed: str) -> None:
    kinds: dict[str, Any] = {
        "theme": codes.Theme, "audience": codes.Audience, "access": codes.Access, "referrer": codes.Profession,
        "form": codes.Form, "prevention_level": codes.PreventionLevel, "language": codes.Language,
        "legal_basis": codes.LegalBasis, "accessibility": codes.Accessibility, "weekday": codes.Weekday,
        "other_municipalities": codes.OtherMunicipalities, "organisation_kind": codes.OrganisationKind,
        "unit_kind": codes.UnitKind, "profession": codes.Profession, "sector": Sector,
    }  # fmt: skip
    assert set(map(str, kinds[listed])) <= set(TAXONOMIES[listed].terms)
    assert all(term.name.strip() for term in TAXONOMIES[listed].terms.values())


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("BL-29", "barnets lov § 29"),
        ("SEL-82a", "serviceloven § 82 a"),
        ("DTL-3a-4", "dagtilbudsloven § 3 a, stk. 4"),
        ("DTL-4-2", "dagtilbudsloven § 4, stk. 2"),
        ("B1344-13", "bekendtgørelse om forebyggende sundhedsydelser (nr. 1344) § 13"),
    ],
)
def test_a_provision_is_written_as_the_law_is_cited(code: str, said: str) -> None:
    assert TERMS[f"legal_basis:{code}"].name == said


def test_terms_have_one_id_each_and_their_parents_are_there() -> None:
    assert len(TERM_BY_ID) == len(TERMS)
    for term in TERMS.values():
        assert term.parent is None or term.parent in TAXONOMIES[term.taxonomy].terms
    assert {each.code for each in narrower(TERMS["legal_basis:FSL"])} == {"FSL", "FSL-4"}


def test_facts_stand_where_the_document_has_them() -> None:
    whole: dict[str, Any] = {"target": Target.__slots__, "dose": Dose.__slots__, "run": Run.__slots__,
                             "venue": Venue.__slots__, "contact": Contact.__slots__, "": Offer.__slots__}  # fmt: skip
    for code, fact in FACTS.items():
        group, _, name = code.rpartition(".")
        assert group == "party" or name in whole[group], code
        assert fact.name
        assert fact.kind is not Kind.OTHER or group in {"run", "venue", "party"}


@given(urls)
def test_an_address_becomes_a_uri_or_is_not_told(url: str) -> None:
    made = as_uri(url)
    assert made is None or (Draft202012Validator.FORMAT_CHECKER.conforms(made, "uri") and as_uri(made) == made)


@pytest.mark.parametrize(
    ("url", "uri"),
    [
        ("https://example.dk/a?b=c#d", "https://example.dk/a?b=c#d"),
        ("https://rødovre.dk/børn", "https://xn--rdovre-bya.dk/b%C3%B8rn"),
        ("https://example.dk/50%", "https://example.dk/50%25"),
        ("https://example.dk/a%20b", "https://example.dk/a%20b"),
        ("https://navn@example.dk/", None),
        ("https://[::1/", None),
        ("https:///sti", None),
        ("https://exa mple.dk", None),
    ],
)
def test_letters_of_an_address_are_made_plain(url: str, uri: str | None) -> None:
    assert as_uri(url) == uri


@given(total=st.integers(0, 60), per_page=st.integers(1, 20), beyond=st.integers(0, 3))
def test_pages_put_together_are_the_whole(total: int, per_page: int, beyond: int) -> None:
    whole = list(range(total))
    pages = max(-(-total // per_page), 1)
    told = [page(cut(whole, at, per_page), total, at, per_page) for at in range(1, pages + beyond + 1)]
    assert [each for one in told for each in one["contents"]] == whole
    assert [one["page_number"] for one in told if one["first_page"]] == [1]
    assert [one["page_number"] for one in told if one["last_page"]] == [pages]
    assert all(one["empty"] == (not one["contents"]) == (one["size"] == 0) for one in told)
    assert {one["total_items"] for one in told} == {total}
