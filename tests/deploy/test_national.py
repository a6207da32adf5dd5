"""The made-up national directory: readable, the same each time, and as the real data and seed 003 are."""

from collections import Counter
from itertools import islice

import asyncpg
import pytest

from deploy import databases
from deploy.bench.country import HAS, SEED, Country, country
from deploy.bench.national import fill, national, read
from services.directory.domain.codes import Access, Form, OrganisationKind, UnitKind
from services.directory.domain.document import Document, to_document
from services.directory.domain.figures.kinds import Door, door, recognise
from services.directory.domain.geography import Point, distance_km
from services.directory.domain.model import MunicipalityCode, Offer
from shared.migrations import upgrade
from tests.conftest import PASSWORD, SERVICES_DIR, Databases

MANY = 2000


@pytest.fixture(scope="module")
def land() -> Country:
    return country()


@pytest.fixture(scope="module")
def documents(land: Country) -> list[Document]:
    return list(national(SEED, MANY, land))


@pytest.fixture(scope="module")
def offers(land: Country, documents: list[Document]) -> list[Offer]:
    """Every document read strictly: a flaw in any of them fails here."""
    return [read(document, land.catalogue) for document in documents]


@pytest.fixture(scope="module")
def owner(dbs: Databases) -> str:
    """The owner's address of a directory database of its own: the other tests' holds only the real data."""
    roles = [role for service in databases.SERVICES for role in databases.roles(service)]
    databases.prepare(dbs.server.url(), dict.fromkeys(roles, PASSWORD), {"directory": "national"})
    address = dbs.server.url("national", databases.owner("directory"), PASSWORD)
    upgrade(SERVICES_DIR / "directory", address)
    return address


def share(count: int, of: int) -> float:
    return count / of


def test_every_document_is_an_offer_and_says_all_it_says(documents: list[Document], offers: list[Offer]) -> None:
    assert len({offer.id for offer in offers}) == MANY
    for document, offer in zip(documents, offers, strict=True):
        again = to_document(offer)
        assert set(document) == set(again)
        assert sorted(document["themes"]) == again["themes"]
        assert not offer.example


def test_the_same_seed_makes_the_same_directory_and_another_another(documents: list[Document]) -> None:
    again = country(SEED)
    assert list(islice(national(SEED, MANY, again), 100)) == documents[:100]
    assert list(national(SEED, 20)) == documents[:20], "a short one begins a long one"
    assert list(national(SEED + 1, 20)) != documents[:20]


def test_the_whole_country_takes_part(land: Country, offers: list[Offer]) -> None:
    given = Counter(code for offer in offers for code in offer.municipalities)
    assert set(given) == set(land.catalogue.municipalities)
    for place in land.places:
        for kind in (UnitKind.FAMILY_HOUSE, UnitKind.HEALTH_VISITING, UnitKind.DAYCARE, UnitKind.SOCIAL_AUTHORITY,
                     UnitKind.JOBCENTER, UnitKind.VOLUNTARY):  # fmt: skip
            assert land.units[place.municipality.code, kind]
    owners = Counter(
        land.catalogue.organisations[land.catalogue.units[offer.unit].organisation].kind for offer in offers
    )
    assert owners[OrganisationKind.MUNICIPALITY] > owners[OrganisationKind.VOLUNTARY] > owners[OrganisationKind.REGION]


def test_themes_and_forms_are_spread_as_in_the_real_data(land: Country, offers: list[Offer]) -> None:
    for of in ("themes", "form"):
        real: Counter[str] = Counter(each for offer in land.patterns for each in getattr(offer, of))
        made: Counter[str] = Counter(each for offer in offers for each in getattr(offer, of))
        assert set(made) <= set(real)
        for each, count in real.items():
            assert share(made[each], MANY) == pytest.approx(share(count, len(land.patterns)), abs=0.12), each


def test_municipalities_have_the_kinds_of_figure_10_as_often_as_told(land: Country, offers: list[Offer]) -> None:
    own = {place.municipality.code: set[str]() for place in land.places}
    for offer in offers:
        if land.catalogue.units[offer.unit].kind in {UnitKind.FAMILY_HOUSE, UnitKind.HEALTH_VISITING}:
            for code in offer.municipalities:
                own[code] |= recognise(offer).kinds
    for kind, percent in HAS.items():
        has = share(sum(kind in kinds for kinds in own.values()), len(own))
        assert has <= percent / 100 + 0.12, kind
    assert share(sum("parenting_course" in kinds for kinds in own.values()), len(own)) > 0.5


def test_the_typology_has_its_four_groups(land: Country) -> None:
    groups = Counter(place.group for place in land.places)
    for group, count in ((1, 19), (2, 25), (3, 37), (4, 11)):
        assert share(groups[group], 98) == pytest.approx(count / 92, abs=0.12)
    for place in land.places:
        (house,) = land.units[place.municipality.code, UnitKind.FAMILY_HOUSE]
        assert house.multidisciplinary is (place.group in {1, 2})


def test_cafes_are_mostly_open_and_mentors_mostly_are_not(offers: list[Offer]) -> None:
    opened = {Access.OPEN, Access.OPEN_ANONYMOUS, Access.SELF_REFERRAL}

    def open_share(form: Form) -> float:
        told = [offer for offer in offers if form in offer.form and offer.access]
        return share(sum(bool(offer.access & opened) for offer in told), len(told))

    assert open_share(Form.CAFE) > 0.6
    assert open_share(Form.CAFE) > open_share(Form.MENTOR)


def test_venues_lie_in_their_municipality(land: Country, offers: list[Offer]) -> None:
    placed = [(offer, venue) for offer in offers for venue in offer.venues if venue.latitude is not None]
    assert share(len(placed), MANY) > 0.3
    for offer, venue in placed:
        assert venue.postcode is not None
        assert venue.latitude is not None
        assert venue.longitude is not None
        town = land.catalogue.postcodes[venue.postcode]
        assert distance_km(Point(venue.latitude, venue.longitude), Point(town.latitude, town.longitude)) < 3
        assert not offer.municipalities or town.municipality in offer.municipalities


def test_a_house_with_one_way_in_has_no_offer_with_another(land: Country, offers: list[Offer]) -> None:
    entrances = {land.units[place.municipality.code, UnitKind.FAMILY_HOUSE][0].id: place.door for place in land.places}
    told = [(entrances[offer.unit], door(offer)) for offer in offers if offer.unit in entrances and offer.access]
    assert {way for way, _ in told} == set(Door)
    assert all(way in {Door.BOTH, of} for way, of in told)


async def test_it_fills_a_database_and_adds_only_what_is_new(owner: str) -> None:
    said: list[str] = []
    assert await fill(owner, 40, said.append) == 40
    assert await fill(owner, 60, said.append) == 20
    assert said[-1] == "60 of 60 offers"
    connection = await asyncpg.connect(owner)
    try:
        shown = await connection.fetch("SELECT offer, shown->>'name' AS name FROM showing WHERE offer LIKE 'n-%'")
        assert await connection.fetchval("SELECT count(*) FROM offer_version WHERE offer LIKE 'n-%'") == 60
    finally:
        await connection.close()
    assert {row["offer"]: row["name"] for row in shown} == {each["id"]: each["name"] for each in national(SEED, 60)}


def test_names_are_many_and_danish(offers: list[Offer]) -> None:
    assert len({offer.name for offer in offers}) > MANY / 2
    assert any(sign in offer.name for offer in offers for sign in "æøå")
    assert len({offer.summary for offer in offers}) > MANY / 10
    assert MunicipalityCode("0217") in {code for offer in offers for code in offer.municipalities}
