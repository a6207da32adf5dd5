"""What was known when: every version is kept, and any day can be asked as it was known at any moment."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from services.directory.domain.codes import Theme
from services.directory.domain.model import Offer, OfferId
from services.directory.domain.versions import (
    ALWAYS,
    FOREVER,
    Kind,
    Stretch,
    Version,
    as_known,
    ended,
    from_day,
    handed_on,
    holding,
    shown_days,
    timeline,
)
from tests.directory.edited_world import DAY, A, B, C, World, unit
from tests.directory.edited_world import edited as edited
from tests.directory.edited_world import the_world as the_world
from tests.support.tables import refusals
from tests.support.town import assert_problem, rows

FIRST = date(2026, 6, 1)
DAYS = [FIRST + n * DAY for n in range(7)]
OFFER = Offer(OfferId("o"), "O", A, "s", FIRST, (), frozenset({Theme.NETWORK}))
MIDDAY = datetime(2026, 6, 1, 12, tzinfo=UTC)
stretches = st.lists(st.tuples(st.integers(-1, 6), st.integers(0, 9), st.integers(0, 3), st.integers(0, 3)), max_size=5)


def version(number: int, holds_from: date, **changes: Any) -> Version:
    at = MIDDAY + number * timedelta(minutes=1)
    return Version(number, Kind.CHANGED, at, holds_from, replace(OFFER, **changes), A, "user-1", None)


def told(words: Sequence[tuple[int, int, int, int]]) -> list[Version]:
    """Return a new offer and the words after it: from which day, at what price, when it begins and how long it is."""
    made = [version(1, ALWAYS, price_kr=0)]
    for day, price, begins, length in words:
        holds_from = ALWAYS if day < 0 else DAYS[day]
        first = DAYS[begins] if begins else None
        last = (first or FIRST) + (length + begins) * DAY if length else None
        made.append(version(len(made) + 1, holds_from, price_kr=price, valid_from=first, valid_to=last))
    return made


def said_on(versions: Sequence[Version], on: date) -> Offer | None:
    """Return what is shown on a day, in the plainest way."""
    held = as_known(versions, on, MIDDAY + DAY)
    if held is None or not (held.offer.valid_from or ALWAYS) <= on < (held.offer.valid_to or FOREVER):
        return None
    return held.offer


def standing(versions: Sequence[Version]) -> list[Stretch]:
    return [Stretch(each.offer, each.holds_from) for each in timeline(versions)]


def after(versions: Sequence[Version], words: Sequence[Stretch]) -> list[Version]:
    """Return the versions with more words said."""
    made = list(versions)
    for offer, day in words:
        made.append(replace(version(len(made) + 1, day), offer=offer))
    return made


@given(stretches)
def test_the_timeline_is_what_each_day_is_asked(words: list[tuple[int, int, int, int]]) -> None:
    versions = told(words)
    days = [each.holds_from for each in timeline(versions)]
    assert days == sorted(set(days))
    for on in [ALWAYS, *DAYS]:
        known = as_known(versions, on, MIDDAY + DAY)
        held = holding(standing(versions), on)
        assert known is not None
        assert held is not None
        assert (known.offer, known.holds_from) == held


@given(stretches, st.integers(0, 6))
def test_saying_again_what_holds_changes_no_day(words: list[tuple[int, int, int, int]], today: int) -> None:
    versions = told(words)
    again = after(versions, from_day(standing(versions), DAYS[today]))
    assert [said_on(again, on) for on in DAYS] == [said_on(versions, on) for on in DAYS]


@given(stretches, st.integers(0, 6), st.integers(0, 6))
@example([(1, 0, 2, 0)], 2, 0)  # what was to begin on the day of the end, and what held before it was planned
@example([(1, 0, 2, 3)], 2, 0)
def test_an_end_takes_away_every_day_after_it_and_no_other(
    words: list[tuple[int, int, int, int]], last: int, today: int
) -> None:
    versions = told(words)
    new = ended(standing(versions), DAYS[last], DAYS[today])
    over = after(versions, new)
    lengthened = standing(versions)[-1].offer.valid_to
    for on in DAYS:
        was, now = said_on(versions, on), said_on(over, on)
        if on >= DAYS[last]:
            assert now is None
        elif was is not None:
            assert now is not None
            assert now.price_kr == was.price_kr
        elif now is not None:  # an end that is moved to a later day
            assert any(each.offer.valid_to is not None and each.offer.valid_to <= on for each in standing(versions))
    assert lengthened is None or new[-1].offer.valid_to == DAYS[last]
    for offer, day in new:
        period = shown_days(offer, day)
        assert period is None or period[0] < period[1] <= DAYS[last]
        assert offer.valid_from is None or offer.valid_to is None or offer.valid_from < offer.valid_to


@pytest.mark.parametrize(("closes", "heir_closes"), list(product(range(7), [None, *range(7)])))
def test_each_day_is_said_of_the_unit_that_is_there(closes: int, heir_closes: int | None) -> None:
    heir_end = None if heir_closes is None else DAYS[heir_closes]
    units = {
        A: unit(A, valid_to=DAYS[closes], successor=B),
        B: unit(B, valid_to=heir_end, successor=None if heir_end is None else C),
        C: unit(C),
    }
    own, planned = replace(OFFER, unit=A), replace(OFFER, unit=A, price_kr=5)
    made = handed_on([Stretch(own, ALWAYS), Stretch(planned, DAYS[3])], units)
    assert [each.holds_from for each in made] == sorted({each.holds_from for each in made})
    for on in DAYS:
        held = holding(made, on)
        assert held is not None
        taken_over = C if heir_end is not None and on >= heir_end else B
        assert held.offer == replace(planned if on >= DAYS[3] else own, unit=A if on < DAYS[closes] else taken_over)


def test_what_nobody_takes_over_stays_where_it_was() -> None:
    lost = [Stretch(replace(OFFER, unit=A), ALWAYS)]
    assert handed_on(lost, {A: unit(A, valid_to=DAYS[2])}) == lost


Word = tuple[int, int | None, int]
words_said = st.lists(st.tuples(st.integers(1, 90), st.one_of(st.none(), st.integers(-3, 3)), st.integers(1, 99)),
                      min_size=1, max_size=5)  # fmt: skip


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=words_said)
async def test_any_day_can_be_asked_as_it_was_known_at_any_moment(world: World, said: list[Word]) -> None:
    """The model is a list: a day is what the last word by then says that counts from that day or before."""
    begin = world.at
    number = await world.make(price_kr=0)
    model: list[tuple[datetime, date, int]] = [(world.at, ALWAYS, 0)]
    for minutes, days, price in said:
        world.at += timedelta(minutes=minutes)
        if days is None:  # a confirmation changes nothing
            answer = await world.send("POST", f"{number}/confirmation", {}, world.by())
            assert answer.status_code == 200
        elif (await world.change(number, price_kr=price, holds_from=world.after(days))).status_code == 200:
            model.append((world.at, world.after(days), price))
    today = world.today
    for moment, on in product({at for at, _, _ in model}, (today + n * DAY for n in range(-4, 5))):
        expected = [price for at, day, price in model if at <= moment and day <= on][-1]
        shown = await world.shown(number, on=on, known_at=moment.isoformat())
        assert shown["price_kr"] == expected
    assert [(await world.shown(number, on=day))["price_kr"] for day in (today, today + 4 * DAY)] == [
        [price for _, first, price in model if first <= day][-1] for day in (today, today + 4 * DAY)
    ]
    before = {"on": str(today), "known_at": (begin - timedelta(minutes=1)).isoformat()}
    assert_problem(await world.client.get(f"/offers/{number}", params=before), 404, "not_there")
    world.at = begin


async def test_every_version_says_who_when_and_why(world: World) -> None:
    number = await world.make()
    start = world.at
    world.at = start + timedelta(minutes=1)
    said = (await world.document(number))[0] | {"price_kr": 20, "name": "Nyt navn"}
    body = {"offer": said, "reason": "Ny pris"}
    assert (await world.send("PUT", number, body, world.by(A, user="user-7"))).status_code == 200
    world.at = start + timedelta(minutes=2)
    await world.send("POST", f"{number}/owner", {"unit": B, "reason": "Ny enhed"}, world.editor(C))
    told_of = [
        (each["number"], each["kind"], each["unit"], each["reason"], each["changed"])
        for each in await world.versions(number)
    ]
    assert told_of == [
        (1, "created", A, None, []),
        (2, "changed", A, "Ny pris", ["name", "price_kr"]),
        (3, "handed_over", C, "Ny enhed", ["unit"]),
    ]
    second = (await world.client.get(f"/offers/{number}/versions/2")).json()
    assert (second["price_kr"], second["unit"]["id"], second["version"]) == (20, A, 2)
    assert "user-7" not in (await world.client.get(f"/offers/{number}/versions")).text
    kept = await rows(world.admin_url, "SELECT by_user FROM offer_version WHERE offer = $1 ORDER BY number", number)
    assert [each["by_user"] for each in kept] == ["editor-1", "user-7", "editor-1"]


@pytest.mark.parametrize("path", ["", "/document", "/versions", "/versions/1"])
async def test_an_offer_that_is_not_there_is_not_there(world: World, path: str) -> None:
    assert_problem(await world.client.get(f"/offers/findes-ikke{path}"), 404, "not_there")


async def test_a_version_there_is_not_yet_is_not_there(world: World) -> None:
    number = await world.make()
    assert_problem(await world.client.get(f"/offers/{number}/versions/2"), 404, "not_there")


async def test_the_versions_and_the_ledger_cannot_be_changed_by_app_nor_owner(world: World) -> None:
    await world.make()
    for url in (world.app_url, world.owner_url):
        refused = await refusals(url, ("offer_version", "ledger_entry"))
        assert set(refused.values()) <= {"InsufficientPrivilegeError", "RaiseError"}
    assert set((await refusals(world.app_url, ("offer_version",))).values()) == {"InsufficientPrivilegeError"}
