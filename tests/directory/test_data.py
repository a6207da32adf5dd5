"""The real data: what it must hold, and that every source it names is there."""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from services.directory.domain.codes import LegalBasis, OrganisationKind
from services.directory.domain.geography import distance_km
from services.directory.domain.model import Catalogue, Source
from services.directory.domain.places import middles
from services.directory.domain.records import EAST, NORTH, SOUTH, WEST

SHARED = Path(__file__).parents[3] / "shared"
SEEDS, PLACES = SHARED / "seeds", SHARED / "domain" / "data" / "kommuner.csv"


def test_there_are_98_municipalities_in_five_regions_and_one_to_come(catalogue: Catalogue) -> None:
    assert len(catalogue.municipalities) == 98
    assert {place.region for place in catalogue.municipalities.values()} == {"1081", "1082", "1083", "1084", "1085"}
    assert set(catalogue.regions) == {"1081", "1082", "1083", "1084", "1085", "oestdanmark"}


def test_46_municipalities_follow_to_region_oestdanmark(catalogue: Catalogue) -> None:
    followers = [code for code, region in catalogue.regions.items() if region.successor == "oestdanmark"]
    assert sum(place.region in followers for place in catalogue.municipalities.values()) == 46


def test_there_are_offers_from_the_whole_country(catalogue: Catalogue) -> None:
    real = [offer for offer in catalogue.offers.values() if not offer.example]
    assert len(real) >= 150
    assert len({code for offer in real for code in offer.municipalities}) >= 25


def test_all_regions_and_voluntary_organisations_give_offers(catalogue: Catalogue) -> None:
    givers = [catalogue.organisations[catalogue.units[each.unit].organisation] for each in catalogue.offers.values()]
    assert {each.region for each in givers if each.kind is OrganisationKind.REGION} == {
        "1081", "1082", "1083", "1084", "1085"}  # fmt: skip
    voluntary = {each.name for each in givers if each.kind is OrganisationKind.VOLUNTARY and not each.example}
    assert len(voluntary) >= 5


def test_every_postcode_lies_in_a_municipality_and_in_denmark(catalogue: Catalogue) -> None:
    assert len(catalogue.postcodes) > 500
    assert {each.municipality for each in catalogue.postcodes.values()} <= set(catalogue.municipalities)
    points = [(each.latitude, each.longitude) for each in catalogue.postcodes.values()]
    assert all(SOUTH <= north <= NORTH and WEST <= east <= EAST for north, east in points)


def test_every_municipality_has_a_middle_near_its_own_postcodes(catalogue: Catalogue) -> None:
    places = middles(catalogue)
    assert set(places.municipalities) == set(catalogue.municipalities)
    far = {
        code.municipality
        for number, code in catalogue.postcodes.items()
        if distance_km(places.postcodes[number], places.municipalities[code.municipality]) > 75
    }
    assert far <= {"0101", "0411", "0400", "0492", "0741", "0825"}


def test_every_provision_is_described_and_every_one_named_is_in_force(catalogue: Catalogue) -> None:
    assert set(catalogue.bases) == set(LegalBasis)
    for offer in catalogue.offers.values():
        for code in offer.legal_basis:
            first, last = catalogue.bases[code].valid_from, catalogue.bases[code].valid_to
            assert first is None or first <= offer.as_of
            assert last is None or offer.as_of < last


def test_every_offer_has_a_source(catalogue: Catalogue) -> None:
    assert all(offer.source for offer in catalogue.offers.values())


@pytest.mark.skipif(not SEEDS.is_dir(), reason="the seeds are not beside this checkout: ../shared/seeds")
def test_every_line_named_as_a_source_is_there(catalogue: Catalogue) -> None:
    lengths = {path.name[:3]: len(path.read_text("utf-8").splitlines()) for path in SEEDS.glob("*.txt")}
    lengths["kommuner"] = len(PLACES.read_text("utf-8").splitlines())
    missing = [source for source in _sources(catalogue) if _last(source) > lengths.get(source.seed, 0)]
    assert missing == []


def _sources(catalogue: Catalogue) -> Iterable[Source]:
    for held in (catalogue.offers, catalogue.units, catalogue.organisations):
        for record in held.values():
            yield from record.source


def _last(source: Source) -> int:
    return int(re.split("-", source.lines)[-1])
