"""All answers of a person on one page, who has seen what about them, and what is told by law (R17, R52)."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.consent.actions import reading
from services.consent.domain.model import Capacity, Effect
from services.consent.domain.told import Cause, Event, GroundLine, SeenLine, State, Told
from services.consent.paper.overview import overview
from services.consent.paper.page import Heading, Items, Page
from services.consent.paper.pdf import pdf
from services.consent.paper.web import html
from services.consent.paper.words import HIDDEN_PLACE, day
from shared.vocabulary import CATEGORY_DANISH, PURPOSE_DANISH, Category, Purpose
from tests.support.pages import ON, Reading, assert_harmless, days_of_asking, on_paper, on_screen, solid
from tests.support.told import DAY, JASMIN, JONATHAN, SAID, THILDE, told, tolds

AFTER = SAID + 2 * DAY


SEEN = (
    SeenLine(date(2026, 5, 6), JASMIN, "Familiehuset", "Helsingør Kommune", Purpose.EARLY_SUPPORT, Category.HEALTH),
    SeenLine(date(2026, 5, 7), THILDE, "Familierådgivningen", "Helsingør Kommune", Purpose.EARLY_SUPPORT,
             Category.NETWORK, "RSL § 11 c, stk. 1"),
)  # fmt: skip


GROUND = GroundLine(
    date(2026, 5, 2), date(2026, 6, 1), JASMIN, "Familierådgivningen", ("Jobcentret", "Skolen"),
    frozenset({Category.NETWORK, Category.HEALTH}), "BL § 132", "familien flytter",
)  # fmt: skip
ALWAYS = 4


def items(page: Page) -> list[str]:
    """Return the lines of every list of a page but the last, which is the same on each."""
    found = [block.lines for block in page.blocks if isinstance(block, Items)]
    assert len(found[-1]) == ALWAYS
    return [line for lines in found[:-1] for line in lines]


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
    grounds = [replace(GROUND, unit_name=text, recipients=(text,), law=text, danish=text)]
    page = overview(some, lines, on, THILDE, grounds)
    found = Reading(html(page))
    assert_harmless(found)
    tags = [tag for tag, _ in found.tags]
    assert tags.count("tr") == len(some) + tags.count("thead")
    assert tags.count("li") == len(lines) + len(grounds) + ALWAYS
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


def test_a_no_among_all_is_as_wide_as_it_is() -> None:
    no = told(effect=Effect.FORBID, valid_until=None, basis={})
    wide = "Familiehuset (Helsingør Kommune) (begge veje) Helbred Hvad det end skal bruges til Gælder, til det bliver"
    assert wide in on_screen(overview([no], [], ON, THILDE))


def test_how_often_is_said_once_where_it_is_the_same_for_all() -> None:
    thrice = [replace(SEEN[0], category=kind) for _ in range(3) for kind in (Category.HEALTH, Category.PREGNANCY)]
    same, mixed = (items(overview([], some, ON, THILDE)) for some in (thrice, thrice[1:]))
    assert "så graviditet, helbred (3 gange). Til" in same[0]
    assert "så graviditet (3 gange), helbred (2 gange). Til" in mixed[0]


OTHER_SEEN: dict[str, Any] = {
    "on": ON,
    "subject": THILDE,
    "unit_name": "Skolen",
    "organisation_name": "Fredensborg Kommune",
    "purpose": Purpose.PRACTICAL_HELP,
    "law": "SUL § 43, stk. 2, nr. 1",
}


@pytest.mark.parametrize("field", OTHER_SEEN)
def test_what_differs_is_not_told_as_one(field: str) -> None:
    changed = replace(SEEN[0], **{field: OTHER_SEEN[field]})
    assert len(items(overview([], [SEEN[0], changed], ON, THILDE))) == 2


_SOME = st.builds(
    SeenLine,
    on=st.dates(date(2026, 5, 1), date(2026, 5, 3)),
    subject=st.sampled_from([JASMIN, THILDE]),
    unit_name=st.sampled_from(["Huset", "Skolen"]),
    organisation_name=st.sampled_from(["", "Kommunen"]),
    purpose=st.sampled_from([Purpose.EARLY_SUPPORT, Purpose.PRACTICAL_HELP]),
    category=st.sampled_from([Category.CONTACT, Category.HEALTH, Category.COURSE]),
    law=st.sampled_from([None, "BL § 132"]),
)
_LINE = re.compile(r"(.+?): (.+) så (.+)\. Til: (.+?)\. (Loven: .+|Der er sagt ja til det)\.")


def counted(said: str) -> Iterator[tuple[str, int]]:
    """Say how often each kind was seen: what stands after the last holds for all, if nothing stands before."""
    parts = [part.strip(")").partition(" (") for part in said.split(", ")]
    each_its_own = any(often for _, _, often in parts[:-1])
    for kind, _, often in parts:
        yield kind, int(((often if each_its_own else parts[-1][2]) or "1 gang").split()[0])


@given(lines=st.lists(_SOME, max_size=30))
@settings(max_examples=200, deadline=None)
def test_nothing_that_was_seen_is_lost_or_told_twice(lines: list[SeenLine]) -> None:
    for subject in (THILDE, JASMIN):
        about = [replace(line, subject=THILDE) for line in lines if line.subject == subject]
        found = [_LINE.fullmatch(line) for line in items(overview([], about, ON, THILDE))]
        read = [match.groups() for match in found if match is not None]
        assert len(read) == len(found)
        assert [groups[0] for groups in read] == sorted((groups[0] for groups in read), reverse=True)
        assert len({(on, *rest) for on, *rest in ((on, who, to, why) for on, who, _, to, why in read)}) == len(read)
        seen = Counter[tuple[str, ...]]()
        for on, who, what, to, why in read:
            seen.update({(on, who, kind, to, why): often for kind, often in counted(what)})
        assert seen == Counter(
            (
                day(line.on),
                f"{line.unit_name} (Kommunen)" if line.organisation_name else line.unit_name,
                CATEGORY_DANISH[line.category].lower(),
                PURPOSE_DANISH[line.purpose].lower(),
                "Der er sagt ja til det" if line.law is None else "Loven: barnets lov § 132",
            )
            for line in about
        )


def test_each_hears_only_of_their_own_under_their_own_heading() -> None:
    text = on_screen(overview([], [SEEN[0], replace(SEEN[0], subject=THILDE, unit_name="Skolen")], ON, THILDE))
    assert (
        text.index("Om dig") < text.index("Skolen") < text.index("Om den, du svarer for") < text.index("Familiehuset")
    )


def test_a_place_that_is_hidden_is_not_named_and_no_empty_brackets_are_printed() -> None:
    hidden = replace(SEEN[0], unit_name=HIDDEN_PLACE, organisation_name="")
    unknown = replace(SEEN[0], organisation_name="")
    page = overview([], [hidden, unknown], ON, THILDE)
    why = "Til: tidlig støtte til familien. Der er sagt ja til det."
    assert items(page) == [
        f"6. maj 2026: Et sted så helbred. {why} Stedet vises ikke, fordi adressen er beskyttet.",
        f"6. maj 2026: Familiehuset så helbred. {why}",
    ]
    assert "()" not in on_screen(page)
    assert reading.HIDDEN.name == HIDDEN_PLACE


def test_what_the_law_lets_be_told_is_said_with_who_to_ask() -> None:
    told_since = "Familierådgivningen {} fortælle Jobcentret og Skolen om helbred, netværk og familie uden jeres ja"
    law = "Loven: barnets lov § 132: familien flytter. Du kan spørge Familierådgivningen om grunden."
    days = {
        date(2026, 5, 1): f"{told_since.format('må')}, fra 2. maj 2026 til 1. juni 2026. {law}",
        date(2026, 5, 2): f"{told_since.format('må')}, til 1. juni 2026. {law}",
        date(2026, 6, 1): f"{told_since.format('må')}, til 1. juni 2026. {law}",
        date(2026, 6, 2): f"{told_since.format('måtte')}, fra 2. maj 2026 til 1. juni 2026. {law}",
    }
    assert {on: items(overview([], [], on, THILDE, [GROUND])) for on in days} == {
        on: [told] for on, told in days.items()
    }
    text = on_screen(overview([told()], SEEN, ON, THILDE, [replace(GROUND, on=ON, law="SUL § 43"), GROUND]))
    assert text.index("Om dit barn") < text.index("Fortalt efter loven, uden jeres ja")
    assert text.index("sundhedsloven § 43") < text.index("barnets lov § 132")
    both = items(overview([], [], ON, THILDE, [GROUND, replace(GROUND, on=ON)]))
    assert ["fra" in line for line in both] == [False, False]
    newest = items(overview([], [], ON, THILDE, [GROUND, replace(GROUND, on=date(2026, 5, 3), law="SUL § 43")]))
    assert [law in line for line, law in zip(newest, ("sundhedsloven", "barnets lov"), strict=True)] == [True, True]


def test_where_nothing_is_told_by_law_the_page_is_silent_about_it() -> None:
    assert "Fortalt efter loven" not in on_screen(overview([told()], SEEN, ON, THILDE))
    own = on_screen(overview([], [], ON, THILDE, [replace(GROUND, subject=THILDE)]))
    assert own.index("Om dig") < own.index("Fortalt efter loven")
    assert "Om den" not in own


WAITED = told(capacity=Capacity.PREGNANT)
BORN = replace(WAITED, events=(Event(State.INVALIDATED, AFTER, cause=Cause.BIRTH),))


@pytest.mark.parametrize(
    ("words", "on", "heading"),
    [
        ([WAITED], ON, "Om det barn, du venter"),
        ([BORN], date(2026, 5, 5), "Om det barn, du venter"),
        ([BORN], ON, "Om barnet"),
        ([told(), WAITED], ON, "Om barnet"),
        ([BORN, told()], ON, "Om dit barn"),
        ([told(capacity=Capacity.REPRESENTATIVE)], ON, "Om den, du svarer for"),
    ],
)
def test_the_heading_knows_whether_the_child_is_born(words: list[Told], on: date, heading: str) -> None:
    headings = [block.text for block in overview(words, [], on, THILDE).blocks if isinstance(block, Heading)]
    assert [each for each in headings if each.startswith("Om ")] == ["Om dig", heading]
