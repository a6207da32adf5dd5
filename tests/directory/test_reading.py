"""Reading the data files: each kind of mistake is told with file, table and field."""

from datetime import date

import pytest

from services.directory.domain.errors import BadData
from services.directory.domain.model import Membership, RegionCode
from services.directory.domain.places import memberships
from services.directory.domain.reading import read

GOOD = {
    "regions.csv": "code,name,valid_from,valid_to,successor,source\n"
    "1084,Region Hovedstaden,2007-01-01,2027-01-01,oest,R47\n"
    "oest,Region Østdanmark,2027-01-01,,,R47\n",
    "municipalities.csv": "code,name,region_code,valid_from,valid_to,source\n"
    "0217,Helsingør,1084,2007-01-01,,R46\n",
    "organisations.toml": """
[[organisation]]
id = "by"
name = "Byen"
kind = "municipality"
municipality = "0217"
source = [{ seed = "kommuner", lines = "2" }]
""",
    "units.toml": """
[[unit]]
id = "hus"
name = "Huset"
aliases = []
organisation = "by"
kind = "family_house"
sector = "municipal_social"
municipality = "0217"
source = [{ seed = "000", lines = "1-2" }]
""",
    "offers/hus.toml": """
[[offer]]
id = "gruppe"
name = "Gruppe"
unit = "hus"
municipalities = ["0217"]
summary = "En gruppe."
themes = ["network"]
access = ["open"]
as_of = 2024-05-31
source = [{ seed = "000", lines = "3", says = "alt" }]

[offer.target]
child_age_months_from = 0
child_age_months_to = 12
""",
}  # fmt: skip
OFFERS, UNITS, OWNERS, PLACES, REGIONS = (
    "offers/hus.toml",
    "units.toml",
    "organisations.toml",
    "municipalities.csv",
    "regions.csv",
)
MISTAKES = {
    "an unknown key": (OFFERS, "as_of", "colour = 1\nas_of", "gruppe", "colour"),
    "an unknown key within": (OFFERS, "child_age_months_from = 0", "shoe_size = 40", "gruppe.target", "shoe_size"),
    "an unknown code": (OFFERS, '["network"]', '["netvork"]', "gruppe", "themes"),
    "a dangling unit": (OFFERS, 'unit = "hus"', 'unit = "slot"', "gruppe", "unit"),
    "a dangling municipality": (OFFERS, '"0217"', '"0218"', "gruppe", "municipalities"),
    "a dangling region": (OFFERS, "summary", 'regions = ["1099"]\nsummary', "gruppe", "regions"),
    "a dangling partner": (OFFERS, "summary", 'partners = ["slot"]\nsummary', "gruppe", "partners"),
    "a contradictory range": (OFFERS, "_to = 12", "_to = 12\nparent_age_from = 30\nparent_age_to = 20", "gruppe.target",
                              "parent_age_to"),
    "a number out of bounds": (OFFERS, "_to = 12", "_to = 999", "gruppe.target", "child_age_months_to"),
    "a number that is text": (OFFERS, "_to = 12", '_to = "12"', "gruppe.target", "child_age_months_to"),
    "a missing name": (OFFERS, 'name = "Gruppe"', "", "gruppe", "name"),
    "a blank name": (OFFERS, '"Gruppe"', '" "', "gruppe", "name"),
    "a missing date": (OFFERS, "as_of = 2024-05-31", "", "gruppe", "as_of"),
    "an impossible date": (OFFERS, "2024-05-31", '"2024-02-31"', "gruppe", "as_of"),
    "an end before the beginning": (OFFERS, "summary", "valid_from = 2025-01-01\nvalid_to = 2024-01-01\nsummary",
                                    "gruppe", "valid_to"),
    "no theme": (OFFERS, '["network"]', "[]", "gruppe", "themes"),
    "the same alias twice": (OFFERS, "summary", 'aliases = ["a", "a"]\nsummary', "gruppe", "aliases"),
    "nationwide and in one place": (OFFERS, "summary", "nationwide = true\nsummary", "gruppe", "nationwide"),
    "referrers without referral": (OFFERS, "summary", 'referrers = ["midwife"]\nsummary', "gruppe", "referrers"),
    "a flag that is text": (OFFERS, "summary", 'example = "yes"\nsummary', "gruppe", "example"),
    "a list that is text": (OFFERS, '["open"]', '"open"', "gruppe", "access"),
    "a table that is text": (OFFERS, "[offer.target]\nchild_age_months_from = 0\nchild_age_months_to = 12",
                             'target = "alle"', "gruppe", "target"),
    "care levels out of bounds": (OFFERS, "_to = 12", "_to = 12\npregnancy_care_levels = [5]", "gruppe.target",
                                  "pregnancy_care_levels"),
    "no source": (OFFERS, '[{ seed = "000", lines = "3", says = "alt" }]', "[]", "gruppe", "source"),
    "a source that is text": (OFFERS, '[{ seed = "000", lines = "3", says = "alt" }]', '["000"]', "gruppe", "source"),
    "an unknown seed": (OFFERS, '"000"', '"777"', "gruppe.source[0]", "seed"),
    "lines backwards": (OFFERS, 'lines = "3"', 'lines = "9-3"', "gruppe.source[0]", "lines"),
    "a civil registration number": (OFFERS, "En gruppe.", "Ring 610190-1234.", "gruppe", "summary"),
    "an id with a space": (OFFERS, '"gruppe"', '"min gruppe"', "min gruppe", "id"),
    "an offer without an id": (OFFERS, 'id = "gruppe"', "", "offer 1", "id"),
    "an offer twice": (OFFERS, "\n[[offer]]", GOOD[OFFERS] + "\n[[offer]]", "gruppe", "id"),
    "something else than offers": (OFFERS, "\n[[offer]]", "\nx = 1\n[[offer]]", "file", "x"),
    "a file that is not TOML": (OFFERS, "[[offer]]", "[[offer", "file", ""),
    "a dangling organisation": (UNITS, 'organisation = "by"', 'organisation = "land"', "hus", "organisation"),
    "an unknown sector": (UNITS, "municipal_social", "municipal_sozial", "hus", "sector"),
    "a dangling place of an organisation": (OWNERS, '"0217"', '"0218"', "by", "municipality"),
    "a dangling region of an organisation": (OWNERS, 'municipality = "0217"', 'region = "1"', "by", "region"),
    "a municipality of three digits": (PLACES, "0217", "217", "line 2", "code"),
    "a municipality without a region": (PLACES, "1084", "1099", "line 2", "region_code"),
    "a municipality that ends first": (PLACES, "2007-01-01,,", "2007-01-01,2006-01-01,", "line 2", "valid_to"),
    "a municipality without a beginning": (PLACES, "2007-01-01", "", "line 2", "valid_from"),
    "a row with too many cells": (PLACES, "R46", "R46,x", "line 2", "(too many cells)"),
    "a row that breaks off": (PLACES, "Helsingør", '"Hel"singør', "after line 1", ""),
    "a successor that is not there": (REGIONS, ",oest,", ",vest,", "1084", "successor"),
    "a successor that begins another day": (REGIONS, "oest,Region Østdanmark,2027", "oest,Region Østdanmark,2028",
                                            "1084", "valid_to"),
    "an end without a successor": (REGIONS, ",oest,", ",,", "line 2", "successor"),
}  # fmt: skip


def test_good_files_are_read() -> None:
    catalogue = read(GOOD)
    assert [offer.name for offer in catalogue.offers.values()] == ["Gruppe"]


@pytest.mark.parametrize(("file", "good", "bad", "table", "field"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_told_with_file_table_and_field(file: str, good: str, bad: str, table: str, field: str) -> None:
    assert good in GOOD[file]
    with pytest.raises(BadData) as caught:
        read(GOOD | {file: GOOD[file].replace(good, bad, 1)})
    told = [(flaw.file, flaw.table, flaw.field) for flaw in caught.value.flaws]
    assert (file, table, field) in told
    assert f"{file}: {table}: {field}: " in str(caught.value)


@pytest.mark.parametrize("missing", [REGIONS, PLACES, OWNERS, UNITS])
def test_a_missing_file_is_named(missing: str) -> None:
    with pytest.raises(BadData, match=missing):
        read({name: text for name, text in GOOD.items() if name != missing})


def test_every_mistake_is_told_at_once() -> None:
    spoilt = GOOD | {
        OFFERS: GOOD[OFFERS].replace('["network"]', '["x"]'),
        UNITS: GOOD[UNITS].replace("family_house", "castle"),
    }
    with pytest.raises(BadData) as caught:
        read(spoilt)
    assert {flaw.file for flaw in caught.value.flaws} == {OFFERS, UNITS}


def test_the_successor_takes_over_on_its_first_day() -> None:
    catalogue = read(GOOD)
    first, turn = date(2007, 1, 1), date(2027, 1, 1)
    old, new = RegionCode("1084"), RegionCode("oest")
    assert memberships(catalogue.regions, catalogue.municipalities) == [
        Membership("0217", old, first, turn),
        Membership("0217", new, turn, None),
        Membership("1084", old, first, turn),
        Membership("1084", new, turn, None),
        Membership("oest", new, turn, None),
    ]


def test_regions_that_follow_each_other_in_a_ring_end_somewhere() -> None:
    ring = GOOD[REGIONS].replace("2027-01-01,,,R47", "2027-01-01,2028-01-01,1084,R47")
    with pytest.raises(BadData) as caught:
        read(GOOD | {REGIONS: ring})
    assert [flaw.table for flaw in caught.value.flaws] == ["oest"]
