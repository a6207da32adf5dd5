"""Reading the data files: each kind of mistake is told with file, table and field."""

from datetime import date, timedelta

import pytest

from services.directory.domain.codes import (
    LegalBasis,
    Profession,
    UnitKind,
)
from services.directory.domain.errors import BadData
from services.directory.domain.fields import UNKNOWN_FIELD
from services.directory.domain.matching import NATION
from services.directory.domain.model import MunicipalityCode, RegionCode
from services.directory.domain.places import areas, region_of
from services.directory.domain.reading import read

GOOD = {
    "regions.csv": "code,name,valid_from,valid_to,successor,source\n"
    "1084,Region Hovedstaden,2007-01-01,2027-01-01,oest,R47\n"
    "oest,Region Østdanmark,2027-01-01,,,R47\n",
    "municipalities.csv": "code,name,region_code,valid_from,valid_to,source\n"
    "0217,Helsingør,1084,2007-01-01,,R46\n",
    "postcodes.csv": "code,name,municipality,latitude,longitude\n3000,Helsingør,0217,56.03,12.58\n",
    "legal_basis.toml": """
[[basis]]
code = "BL-30"
law = "LBK 890/2026"
title = "Forebyggende tilbud"
valid_from = 2024-01-01
valid_to = 2030-01-01
requires_decision = true
source = "R68"
[[basis]]
code = "SUL-121"
law = "LBK 275/2025"
title = "Sundhedsplejerske"
source = "R68"
""",
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
OFFERS, UNITS, OWNERS, PLACES, REGIONS, POSTCODES, BASES = (
    "offers/hus.toml",
    "units.toml",
    "organisations.toml",
    "municipalities.csv",
    "regions.csv",
    "postcodes.csv",
    "legal_basis.toml",
)


def within(field: str, table: str, line: str) -> tuple[str, str, str, str, str]:
    """Return a mistake that a line within the offer's target, or another table of it, makes."""
    return OFFERS, "[offer.target]", f"[offer.{table}]\n{line}\n[offer.target]", f"gruppe.{table}", field


def said(field: str, line: str) -> tuple[str, str, str, str, str]:
    """Return a mistake that a line of the offer's own makes."""
    return OFFERS, "summary", f"{line}\nsummary", "gruppe", field


def listed(field: str, table: str, line: str) -> tuple[str, str, str, str, str]:
    """Return a mistake in the first of a list of tables within the offer."""
    return OFFERS, "summary", f"{table} = [{{ {line} }}]\nsummary", f"gruppe.{table}[0]", field


def of_unit(field: str, line: str, table: str = "hus") -> tuple[str, str, str, str, str]:
    """Return a mistake in a unit."""
    return UNITS, "aliases = []", line, table, field


def aimed(field: str, line: str) -> tuple[str, str, str, str, str]:
    """Return a mistake in whom the offer is for."""
    return OFFERS, "_to = 12", f"_to = 12\n{line}", "gruppe.target", field


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
    "an id with a space": (OFFERS, '"gruppe"', '"min gruppe"', "offer 1", "id"),
    "an id with a line's end": (OFFERS, '"gruppe"', '"gruppe\\n"', "offer 1", "id"),
    "an id in capitals": (OFFERS, '"gruppe"', '"Gruppe-1"', "Gruppe-1", "id"),
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
    "a row with too many cells": (PLACES, "R46", "R46,x", "line 2", "for_mange_celler"),
    "a row that breaks off": (PLACES, "Helsingør", '"Hel"singør', "after line 1", ""),
    "a successor that is not there": (REGIONS, ",oest,", ",vest,", "1084", "successor"),
    "a successor that begins another day": (REGIONS, "oest,Region Østdanmark,2027", "oest,Region Østdanmark,2028",
                                            "1084", "valid_to"),
    "an end without a successor": (REGIONS, ",oest,", ",,", "line 2", "successor"),
    "an unknown language": said("languages", 'languages = ["da", "klingon"]'),
    "an unknown answer to other municipalities": said("other_municipalities", 'other_municipalities = "maybe"'),
    "terms for others without a yes": said("other_municipalities_terms", 'other_municipalities_terms = "Ring."'),
    "terms for others with a no": said(
        "other_municipalities_terms", 'other_municipalities = "no"\nother_municipalities_terms = "Efter aftale."'),
    "nationwide and closed to others": (
        OFFERS, 'municipalities = ["0217"]', 'nationwide = true\nother_municipalities = "no"', "gruppe",
        "other_municipalities"),
    "a price below nothing": said("price_kr", "price_kr = -1"),
    "a price in parts of a krone": said("price_kr", "price_kr = 49.5"),
    "a price that is a truth": said("price_kr", "price_kr = true"),
    "a legal basis that is no code": said("legal_basis", 'legal_basis = ["servicelov"]'),
    "a legal basis nobody has described": said("legal_basis", 'legal_basis = ["BL-29"]'),
    "a legal basis that is over": (
        OFFERS, "as_of = 2024-05-31", 'as_of = 2030-01-01\nlegal_basis = ["BL-30"]', "gruppe", "legal_basis"),
    "a legal basis that was not yet": (
        OFFERS, "as_of = 2024-05-31", 'as_of = 2023-12-31\nlegal_basis = ["BL-30"]', "gruppe", "legal_basis"),
    "a telephone of five digits": within("phone", "contact", 'phone = "12345"'),
    "a telephone of another script": within("phone", "contact", 'phone = "٤٩٢٨٢٨٢٨"'),
    "a mailbox without a place": within("email", "contact", 'email = "tilbud@"'),
    "an address that runs": within("url", "contact", 'url = "javascript:alert(1)"'),
    "an address of a file": within("url", "contact", 'url = "file:///etc/passwd"'),
    "an address with a line's end": within("url", "contact", 'url = "https://example.dk/\\n"'),
    "an unknown key of a contact": within("name", "contact", 'name = "Ring til os"'),
    "a postcode of three digits": listed("postcode", "venues", 'postcode = "300"'),
    "a postcode that is not there": listed("postcode", "venues", 'postcode = "9999"'),
    "a place in Sweden": listed("longitude", "venues", "latitude = 59.33, longitude = 18.07"),
    "a place in Greenland": listed("latitude", "venues", "latitude = 64.18, longitude = 12.0"),
    "half a point": listed("longitude", "venues", "latitude = 56.03"),
    "a point that is no number": listed("latitude", "venues", "latitude = nan, longitude = 12.0"),
    "an unknown accessibility": listed("accessibility", "venues", 'accessibility = ["trampoline"]'),
    "a run without a name": listed("label", "runs", "said_on = 2026-01-01"),
    "a run without the day it was said": listed("said_on", "runs", 'label = "Hold 1"'),
    "a run that ends before it starts": listed(
        "ends_on", "runs", 'label = "Hold 1", said_on = 2026-01-01, starts_on = 2026-03-01, ends_on = 2026-02-01'),
    "more free places than places": listed(
        "free", "runs", 'label = "Hold 1", said_on = 2026-01-01, places = 8, free = 9'),
    "a wait of half a week": listed("wait_weeks", "runs", 'label = "Hold 1", said_on = 2026-01-01, wait_weeks = 0.5'),
    "two runs of one name": said(
        "runs", 'runs = [{ label = "1", said_on = 2026-01-01 }, { label = "1", said_on = 2026-01-02 }]'),
    "runs that are no list": said("runs", 'runs = "to hold"'),
    "due dates backwards": aimed("due_to", "due_from = 2026-12-01\ndue_to = 2026-11-01"),
    "weeks backwards": aimed("pregnancy_week_to", "pregnancy_week_from = 20\npregnancy_week_to = 19"),
    "an unknown audience": aimed("audience", 'audience = ["uncle"]'),
    "too many criteria": aimed("criteria", f"criteria = {[str(number) for number in range(51)]}"),
    "sessions backwards": within("sessions_to", "dose", "sessions_from = 8\nsessions_to = 6"),
    "an unknown weekday": within("days", "dose", 'days = ["man"]'),
    "an hour there is not": within("starts_at", "dose", 'starts_at = "24:00"'),
    "an hour with a line's end": within("starts_at", "dose", 'starts_at = "10:00\\n"'),
    "an hour without minutes": within("ends_at", "dose", 'ends_at = "10"'),
    "an end before the beginning of the day": within("ends_at", "dose", 'starts_at = "12:00"\nends_at = "10:00"'),
    "childcare that is text": within("childcare", "dose", 'childcare = "ja"'),
    "a script": said("price", 'price = "<script>alert(1)</script>"'),
    "a tag in an alias": said("aliases", 'aliases = ["<b>Gruppen</b>"]'),
    "a comment of HTML": said("led_by", 'led_by = "sundhedsplejerske <!-- x -->"'),
    "a control character": said("led_by", 'led_by = "sundhed\\u0007splejerske"'),
    "text turned around": said("led_by", 'led_by = "sundhed\\u202esplejerske"'),
    "a text without end": said("led_by", f'led_by = "{"a" * 2001}"'),
    "a list without end": said("aliases", f"aliases = {[str(number) for number in range(201)]}"),
    "a civil registration number among methods": said("methods", 'methods = ["COS-P", "6101901234"]'),
    "a civil registration number as a key": said(UNKNOWN_FIELD, '"610190-1234" = 1'),
    "a civil registration number as an id": (OFFERS, '"gruppe"', '"x-610190-1234"', "offer 1", "id"),
    "a moment for a date": (OFFERS, "as_of = 2024-05-31", "as_of = 2024-05-31T10:00:00", "gruppe", "as_of"),
    "a date of the year 10": (OFFERS, "as_of = 2024-05-31", "as_of = 0010-05-31", "gruppe", "as_of"),
    "a CVR number with a wrong digit": (OWNERS, "municipality = ", 'cvr = "12345678"\nmunicipality = ', "by", "cvr"),
    "a successor of an organisation that never ends": (
        OWNERS, "municipality = ", 'successor = "by"\nmunicipality = ', "by", "successor"),
    "an organisation that ends first": (
        OWNERS, "municipality = ", "valid_from = 2020-01-01\nvalid_to = 2019-01-01\nmunicipality = ", "by", "valid_to"),
    "a SOR code with a wrong digit": of_unit("sor", 'sor = "325401000016005"'),
    "a location number with a wrong digit": of_unit("gln", 'gln = "5790000000001"'),
    "ages nobody counts in": of_unit("for_ages", 'for_ages = "0-99"'),
    "an unknown profession": of_unit("professions", 'professions = ["plumber"]'),
    "a successor of a unit that is not there": of_unit("successor", 'valid_to = 2027-01-01\nsuccessor = "slot"'),
    "a unit's venue in Norway": of_unit("latitude", "venue = { latitude = 59.9, longitude = 10.7 }", "hus.venue"),
    "a unit's unknown kind of door": of_unit("door", "contact = { door = 1 }", "hus.contact"),
    "a unit of an unknown kind": (UNITS, "family_house", "castle", "hus", "kind"),
    "a postcode of another municipality's code": (POSTCODES, "0217", "0218", "line 2", "municipality"),
    "a postcode without a middle": (POSTCODES, "56.03,12.58", ",", "line 2", "latitude"),
    "a postcode in Rome": (POSTCODES, "56.03", "41.9", "line 2", "latitude"),
    "a postcode whose place is a word": (POSTCODES, "56.03", "north", "line 2", "latitude"),
    "a basis that ends first": (BASES, "2030-01-01", "2023-01-01", "basis 1", "valid_to"),
    "a basis without a law": (BASES, 'law = "LBK 890/2026"', "", "basis 1", "law"),
    "a basis twice": (BASES, '"SUL-121"', '"BL-30"', "basis 2", "id"),
}  # fmt: skip


def test_good_files_are_read() -> None:
    catalogue = read(GOOD)
    assert [offer.name for offer in catalogue.offers.values()] == ["Gruppe"]
    assert catalogue.postcodes["3000"].name == "Helsingør"
    assert catalogue.bases[LegalBasis.BL_30].requires_decision


def test_everything_a_unit_may_say_is_read() -> None:
    more = """aliases = ["Familiehuset"]
sor = "264781000016005"
valid_from = 2020-01-01
professions = ["midwife", "health_visitor"]
for_ages = "0-18"
multidisciplinary = true
task_agreement = false
contact = { phone = "49282828" }
venue = { postcode = "3000" }
"""
    made = next(iter(read(GOOD | {UNITS: GOOD[UNITS].replace("aliases = []", more)}).units.values()))
    assert (made.kind, made.sor, made.for_ages) == (UnitKind.FAMILY_HOUSE, "264781000016005", "0-18")
    assert made.professions == {Profession.MIDWIFE, Profession.HEALTH_VISITOR}
    assert (made.multidisciplinary, made.task_agreement) == (True, False)
    assert (made.contact.phone, made.venue.postcode) == ("49282828", "3000")


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
    for place in (MunicipalityCode("0217"), old):
        assert region_of(catalogue, place, turn - timedelta(days=1)) == catalogue.regions[old]
        assert region_of(catalogue, place, turn) == catalogue.regions[new]
        assert region_of(catalogue, place, first - timedelta(days=1)) is None
    assert areas(catalogue, "0217", turn - timedelta(days=1)) == {"0217", old, NATION}
    assert areas(catalogue, "0217", turn) == areas(catalogue, old, turn) == {"0217", old, new, NATION}


def test_regions_that_follow_each_other_in_a_ring_end_somewhere() -> None:
    ring = GOOD[REGIONS].replace("2027-01-01,,,R47", "2027-01-01,2028-01-01,1084,R47")
    with pytest.raises(BadData) as caught:
        read(GOOD | {REGIONS: ring})
    assert [flaw.table for flaw in caught.value.flaws] == ["oest"]
