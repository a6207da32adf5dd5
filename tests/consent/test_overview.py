"""All answers of a person on one page, and who has seen what about them (R52)."""

from dataclasses import fields, replace
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from services.consent.domain.model import Capacity, Effect
from services.consent.domain.told import Event, GroundLine, SeenLine, State, Told
from services.consent.paper.overview import overview
from services.consent.paper.pdf import pdf
from services.consent.paper.web import html
from shared.vocabulary import Category, Purpose
from tests.support.pages import ON, Reading, assert_harmless, days_of_asking, on_paper, on_screen, solid
from tests.support.told import DAY, JASMIN, JONATHAN, SAID, THILDE, told, tolds

AFTER = SAID + 2 * DAY


SEEN = (
    SeenLine(date(2026, 5, 6), JASMIN, "Familiehuset", "Helsingør Kommune", Purpose.EARLY_SUPPORT, Category.HEALTH),
    SeenLine(date(2026, 5, 7), THILDE, "Familierådgivningen", "Helsingør Kommune", Purpose.EARLY_SUPPORT,
             Category.NETWORK, "RSL § 11 c, stk. 1"),
)  # fmt: skip


def test_the_page_of_all_shows_each_answer_and_who_has_seen_what() -> None:
    own = told(subject=THILDE, capacity=Capacity.SELF, effect=Effect.FORBID, valid_until=None)
    other = told(given_by=JONATHAN, events=(Event(State.WITHDRAWN, AFTER),))
    page = overview([own, told(), other], SEEN, ON, THILDE)
    text = on_screen(page)
    assert text.index("Om dig") < text.index("Du sagde nej 4. maj 2026") < text.index("Om dit barn")
    assert "Du sagde ja 4. maj 2026" in text
    assert "Den anden med forældremyndighed sagde ja 4. maj 2026" in text
    assert "Gælder, udløber om 84 dage" in text
    assert "Trukket tilbage 6. maj 2026" in text
    seen = "6. maj 2026: Familiehuset (Helsingør Kommune) så helbred. Til: tidlig støtte til familien. Der er sagt ja"
    assert seen in text
    assert "7. maj 2026: Familierådgivningen (Helsingør Kommune) så netværk og familie." in text
    assert text.index("7. maj 2026: Familie") < text.index(seen)
    assert "Loven: " in text
    assert "§ 11 c, stk. 1" in text
    assert_harmless(Reading(html(page)))
    assert solid("§ 11 c, stk. 1") in solid(on_paper(page))


def test_nothing_yet_is_said_too() -> None:
    text = on_screen(overview([], [], ON, THILDE))
    assert "Der er ikke svaret noget endnu." in text
    assert "Ingen har set noget." in text


def test_who_has_seen_it_is_a_place_and_never_an_employee() -> None:
    told_of = {"on", "subject", "unit_name", "organisation_name", "purpose", "category", "law"}
    assert {field.name for field in fields(SeenLine)} == told_of


@given(some=st.lists(tolds(), max_size=4), on=days_of_asking, text=st.text(max_size=40))
@settings(max_examples=30, deadline=None)
def test_the_page_of_all_is_whole_whatever_is_in_it(some: list[Told], on: date, text: str) -> None:
    lines = [replace(line, unit_name=text, organisation_name=text, law=text) for line in SEEN]
    page = overview(some, lines, on, THILDE)
    reading = Reading(html(page))
    assert_harmless(reading)
    tags = [tag for tag, _ in reading.tags]
    assert tags.count("tr") == len(some) + tags.count("thead")
    assert pdf(page).startswith(b"%PDF")


def test_what_was_seen_again_the_same_day_is_one_line_with_how_often() -> None:
    line = SEEN[0]
    again = [line, line, replace(line, category=Category.NETWORK), replace(line, on=date(2026, 5, 9))]
    text = on_screen(overview([], again, ON, THILDE))
    assert "6. maj 2026: Familiehuset (Helsingør Kommune) så helbred (2 gange), netværk og familie (1 gang)." in text
    assert "9. maj 2026: Familiehuset (Helsingør Kommune) så helbred." in text
    assert text.count("Familiehuset") == 2


def test_what_may_be_told_by_law_is_there_with_whom_to_ask() -> None:
    kinds, law = frozenset({Category.CARE_LEVEL}), "SUL § 41, stk. 2, nr. 1"
    line = GroundLine(date(2026, 5, 4), date(2026, 6, 2), THILDE, "Jordemodercentret", ("Sundhedstjenesten",), kinds,
                      law, "nødvendigt for behandlingen")  # fmt: skip
    text = on_screen(overview([], [], ON, THILDE, [line]))
    assert (
        "Jordemodercentret må fortælle Sundhedstjenesten om niveau i svangreomsorgen uden jeres ja, til 2. juni" in text
    )
    assert "Du kan spørge Jordemodercentret om grunden." in text
    assert "uden jeres ja" not in on_screen(overview([], [], ON, THILDE))


def test_a_mutual_yes_says_so_among_all() -> None:
    assert "Familiehuset (Helsingør Kommune) (begge veje)" in on_screen(overview([told(mutual=True)], [], ON, THILDE))
