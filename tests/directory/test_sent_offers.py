"""One offer as an owner sends it: all it may say, all that is wrong at once, and what is never told back."""

from datetime import date
from typing import Any

import pytest

from services.directory.domain import offers
from services.directory.domain.codes import Accessibility, OtherMunicipalities, Weekday
from services.directory.domain.errors import BadData, BadOffer, Flaw
from services.directory.domain.fields import UNKNOWN_FIELD, Fields
from services.directory.domain.model import Contact, Dose, Run, Target, Venue
from services.directory.domain.reading import read
from tests.directory.test_reading import GOOD

# Everything an offer may say, over what GOOD says of it.
FULL: dict[str, Any] = {
    "id": "fuld", "name": "Alt", "unit": "hus", "summary": "Alt, hvad der kan siges.", "as_of": "2026-01-01",
    "themes": ["network"], "municipalities": ["0217"], "access": ["professional_referral"], "referrers": ["midwife"],
    "languages": ["da", "ar"], "interpreter": True, "led_by": "en sundhedsplejerske", "price": "Gratis", "price_kr": 0,
    "other_municipalities": "by_agreement", "other_municipalities_terms": "Skriv til os.", "legal_basis": ["SUL-121"],
    "contact": {"function": "Huset", "phone": "+45 49 28 28 28", "email": "hus@example.dk", "url": "https://example.dk/hus"},
    "venues": [{"name": "Huset", "address": "Gaden 1", "postcode": "3000", "city": "Helsingør", "latitude": 56.03,
                "longitude": 12.6, "accessibility": ["lift"], "note": "Ring på."}],
    "runs": [{"label": "Forår", "said_on": "2026-01-01", "starts_on": "2026-03-01", "ends_on": "2026-03-01",
              "places": 8, "free": 0, "waiting": 3, "wait_weeks": 6}],
    "target": {"due_from": "2026-05-01", "due_to": "2026-05-01"},
    "dose": {"days": ["thu", "mon"], "starts_at": "10:00", "ends_at": "12:30", "childcare": True, "transport": False},
}  # fmt: skip


def sent(said: dict[str, Any]) -> tuple[Any, list[Flaw]]:
    """Read an offer as an owner sends it; return it with what looked odd."""
    fields = Fields("offer", "offer", said)
    _, made = offers.offer(fields, read(GOOD))
    fields.done()
    return made, fields.warnings


def flaws(said: dict[str, Any]) -> dict[str, str]:
    """Return what is wrong with what an owner sent: where, and how."""
    with pytest.raises(BadData) as caught:
        sent(said)
    return {flaw.where: flaw.said for flaw in caught.value.flaws if not flaw.warning}


def test_everything_an_offer_may_say_is_read() -> None:
    made, odd = sent(FULL)
    assert odd == []
    assert (made.languages, made.interpreter, made.price_kr) == ({"da", "ar"}, True, 0)
    assert made.other_municipalities is OtherMunicipalities.BY_AGREEMENT
    assert made.contact == Contact("Huset", "+45 49 28 28 28", "hus@example.dk", "https://example.dk/hus")
    lift = frozenset({Accessibility.LIFT})
    assert made.venues == (Venue("Huset", "Gaden 1", "3000", "Helsingør", 56.03, 12.6, lift, "Ring på."),)
    first = date(2026, 3, 1)
    assert made.runs == (Run("Forår", date(2026, 1, 1), first, first, 8, 0, 3, 6),)
    assert made.target == Target(due_from=date(2026, 5, 1), due_to=date(2026, 5, 1))
    assert made.dose == Dose(days=frozenset({Weekday.MON, Weekday.THU}), starts_at="10:00", ends_at="12:30",
                             childcare=True, transport=False)  # fmt: skip


def test_all_that_is_wrong_with_one_offer_is_told_at_once() -> None:
    wrong = FULL | {
        "name": " ", "themes": [], "price_kr": "50 kr.", "colour": "blå", "dose": {"starts_at": "kl. 10", "shoes": 1},
        "venues": [{"latitude": 59.0, "longitude": 18.0}], "contact": {"phone": "1"}, "runs": [{"label": "1"}],
    }  # fmt: skip
    assert set(flaws(wrong)) == {
        "name", "themes", "price_kr", "colour", "dose.starts_at", "dose.shoes", "venues[0].latitude",
        "venues[0].longitude", "contact.phone",
        "runs[0].said_on",
    }  # fmt: skip


def test_a_field_is_told_of_once() -> None:
    with pytest.raises(BadData) as caught:
        sent(FULL | {"name": "", "unit": ""})
    assert sorted(flaw.field for flaw in caught.value.flaws if flaw.field == "name") == ["name"]


ODD = {
    "free of charge, and kroner": ({"price_kr": 0, "price": "50 kr pr. gang"}, "price_kr"),
    "open, and only for the house's own": ({"access": ["open", "internal"], "referrers": []}, "access"),
    "open, and needs a decision": ({"access": ["open"], "referrers": [], "legal_basis": ["BL-30"]}, "access"),
}


@pytest.mark.parametrize(("more", "field"), ODD.values(), ids=ODD.keys())
def test_what_only_looks_odd_is_told_and_taken(more: dict[str, Any], field: str) -> None:
    made, odd = sent(FULL | more)
    assert made.id == "fuld"
    assert [flaw.field for flaw in odd] == [field]


def test_what_looks_odd_is_no_error_among_errors() -> None:
    with pytest.raises(BadData) as caught:
        sent(FULL | {"price_kr": 0, "price": "50 kr", "name": 7})
    told: Any = BadOffer(caught.value.flaws).extra["errors"]
    assert [each["where"] for each in told] == [["offer", "name"]]


SECRETS = ("6101901234", "610190-1234", "610190 1234", "610190‑1234")


@pytest.mark.parametrize("number", SECRETS)
@pytest.mark.parametrize("field", ["id", "name", "unit", "summary", "led_by", "prevention_level", "as_of", "price"])
def test_a_personal_number_is_refused_and_never_told_back(field: str, number: str) -> None:
    told = flaws(FULL | {field: number})
    assert field in told
    assert number not in str(told)


@pytest.mark.parametrize("number", SECRETS)
def test_a_personal_number_is_not_told_back_where_it_is_a_key_or_within(number: str) -> None:
    told = flaws(FULL | {number: 1, "aliases": [number], "dose": {number: 1}, "municipalities": [number]})
    assert {UNKNOWN_FIELD, "aliases", f"dose.{UNKNOWN_FIELD}", "municipalities"} == set(told)
    assert number not in str(told)


def test_only_what_looks_like_a_code_is_told_back() -> None:
    told = flaws(
        FULL
        | {
            "access": ["knitting"],
            "form": ["Mor er ked af det"],
            "partners": ["slot"],
            "en lang nøgle": 1,
            "referrers": [],
        }
    )
    assert told["access"].startswith("knitting er ikke en af ")
    assert "slot" in told["partners"]
    assert "ked af det" not in str(told)
    assert UNKNOWN_FIELD in told


def test_of_very_many_unknown_fields_some_are_named_and_the_rest_counted() -> None:
    told = flaws(FULL | {f"felt_{count}": 1 for count in range(300)})
    assert len(told) == 51
    with pytest.raises(BadData) as caught:
        sent(FULL | {f"felt_{count}": 1 for count in range(300)})
    assert caught.value.flaws[-1].said == "og 250 andre findes heller ikke som felter her"
