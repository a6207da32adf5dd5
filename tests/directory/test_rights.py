"""Who may change an offer: the people of the unit that owns it and their organisation's editors, and nobody else."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest

from services.directory.domain.model import Catalogue, UnitId
from services.directory.domain.rights import Editor, abandoned, editable, may_edit
from shared.auth import Assurance, Role
from tests.directory.edited_world import (
    CLOSED,
    CLOSED_ON,
    DAY,
    HERE,
    MOVED,
    NEIGHBOUR,
    NEXT_DOOR,
    ONLY,
    UNITS,
    A,
    B,
    C,
    World,
    peopled,
    unit,
)
from tests.directory.edited_world import edited as edited
from tests.directory.edited_world import the_world as the_world
from tests.support.keys import Keys
from tests.support.town import assert_problem, counted

TODAY = date(2026, 11, 22)
OF = {each.id: each.organisation for each in UNITS}
# For each unit, whose people own its offers: a closed one's are its successor's, or nobody's but the editors'.
OWNERS = {A: A, B: B, C: C, NEIGHBOUR: NEIGHBOUR, ONLY: ONLY, MOVED: A, CLOSED: None}


@pytest.mark.parametrize(("own", "whose", "whole"), list(product(OWNERS, OWNERS, [False, True])))
def test_every_unit_and_every_other(catalogue: Catalogue, own: UnitId, whose: UnitId, whole: bool) -> None:  # noqa: FBT001
    open_still = own not in {CLOSED, MOVED}
    expected = open_still and (OF[own] == OF[whose] if whole else OWNERS[whose] == own)
    assert may_edit(Editor(own, whole), whose, peopled(catalogue), TODAY) == expected


def test_the_list_of_units_says_the_same_of_each(catalogue: Catalogue) -> None:
    world = peopled(catalogue)
    for own, whole in product(OWNERS, (False, True)):
        editor = Editor(own, whole)
        assert set(editable(editor, world, TODAY)) == {
            each for each in world.units if may_edit(editor, each, world, TODAY)
        }
    assert editable(Editor(UnitId("findes-ikke"), whole_organisation=True), world, TODAY) == []


def test_a_unit_that_closes_tomorrow_is_open_today(catalogue: Catalogue) -> None:
    world = peopled(catalogue)
    assert may_edit(Editor(MOVED, whole_organisation=False), MOVED, world, CLOSED_ON - DAY)
    assert not may_edit(Editor(MOVED, whole_organisation=False), MOVED, world, CLOSED_ON)
    assert not may_edit(Editor(A, whole_organisation=False), MOVED, world, CLOSED_ON - DAY)
    assert may_edit(Editor(A, whole_organisation=False), MOVED, world, CLOSED_ON)


def test_a_region_that_ends_by_law_leaves_its_units_to_the_next_ones_editors(catalogue: Catalogue) -> None:
    merged = date(2027, 1, 1)
    old = next(each for each in catalogue.units.values() if each.id == "noh-jordemodercenter")
    new = next(one.id for one in catalogue.organisations.values() if one.region == "oestdanmark")
    other = unit(UnitId("proeve-oest"), new)
    world = replace(catalogue, units={**catalogue.units, other.id: other})
    assert not may_edit(Editor(other.id, whole_organisation=True), old.id, world, merged - DAY)
    assert may_edit(Editor(other.id, whole_organisation=True), old.id, world, merged)


def test_a_closed_unit_is_abandoned_since_the_last_of_its_line_closed(catalogue: Catalogue) -> None:
    world = peopled(catalogue)
    later = CLOSED_ON + timedelta(days=5)
    line = {CLOSED: unit(CLOSED, valid_to=CLOSED_ON, successor=C), C: unit(C, valid_to=later)}
    assert abandoned(world, TODAY) == {CLOSED: CLOSED_ON}
    assert abandoned(world, CLOSED_ON - DAY) == {}
    assert abandoned(replace(world, units=world.units | line), TODAY) == {CLOSED: later, C: later}


CALLERS: dict[str, tuple[int, Any]] = {
    "its own unit": (200, lambda keys: _of(keys, A, Role.EDIT_OFFERS)),
    "its organisation's editor": (200, lambda keys: _of(keys, B, Role.EDIT_ORGANISATION)),
    "an editor of the unit itself": (200, lambda keys: _of(keys, A, Role.EDIT_ORGANISATION)),
    "another unit of the organisation": (403, lambda keys: _of(keys, B, Role.EDIT_OFFERS)),
    "another organisation": (403, lambda keys: _of(keys, NEIGHBOUR, Role.EDIT_OFFERS)),
    "another organisation's editor": (403, lambda keys: _of(keys, NEIGHBOUR, Role.EDIT_ORGANISATION, Role.EDIT_OFFERS)),
    "a closed unit": (403, lambda keys: _of(keys, CLOSED, Role.EDIT_OFFERS)),
    "a closed unit's editor": (403, lambda keys: _of(keys, CLOSED, Role.EDIT_ORGANISATION)),
    "a unit nobody knows": (403, lambda keys: _of(keys, "findes-ikke", Role.EDIT_OFFERS, Role.EDIT_ORGANISATION)),
    "no unit": (403, lambda keys: _of(keys, None, Role.EDIT_OFFERS, Role.EDIT_ORGANISATION)),
    "its own unit without the role": (403, lambda keys: _of(keys, A, Role.REFER, Role.RECEIVE, Role.RECORD_CONSENT)),
    "no role": (403, lambda keys: _of(keys, A)),
    "a citizen": (403, lambda keys: keys.party("directory", Role.CITIZEN, unit=A, citizen="login")),
    "an auditor": (403, lambda keys: _of(keys, A, Role.AUDITOR)),
    "a service": (403, lambda keys: keys.service("consent", "directory")),
    "a service that says to be an editor": (
        401, lambda keys: keys.party("directory", Role.EDIT_OFFERS, unit=A, issuer="consent")),
    "somebody too lightly identified": (
        401, lambda keys: keys.party("directory", Role.EDIT_OFFERS, unit=A, loa=Assurance.LOW)),
    "somebody for another door": (401, lambda keys: keys.party("referral", Role.EDIT_OFFERS, unit=A)),
    "somebody of yesterday": (
        401, lambda keys: keys.party("directory", Role.EDIT_OFFERS, unit=A, lifetime=timedelta(minutes=-1))),
    "nobody": (401, lambda _keys: {}),
}  # fmt: skip
CHANGES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "change": ("PUT", "", {}),
    "confirm": ("POST", "/confirmation", {}),
    "end": ("POST", "/end", {"on": "2030-01-01", "reason": "Slut"}),
    "hand over": ("POST", "/owner", {"unit": C, "reason": "Flyttet"}),
}


def _of(keys: Keys, unit: str | None, *roles: Role) -> dict[str, str]:
    return keys.party("directory", *roles, unit=unit)


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("what", CHANGES)
async def test_every_change_knows_its_callers(world: World, what: str, caller: str) -> None:
    number = await world.make()
    method, path, body = CHANGES[what]
    said, tag = await world.document(number)
    body = body or ({"offer": said | {"summary": "Andet."}} if what == "change" else {})
    status, headers = CALLERS[caller]
    before = await counted(world.admin_url)
    answer = await world.client.request(
        method, f"/offers/{number}{path}", json=body, headers={**headers(world.keys), "If-Match": tag}
    )
    assert answer.status_code == status, answer.text
    if status >= 400:
        assert_problem(answer, status)
        assert await counted(world.admin_url) == before


@pytest.mark.parametrize("caller", CALLERS)
async def test_a_new_offer_knows_its_callers(world: World, caller: str) -> None:
    status, headers = CALLERS[caller]
    answer = await world.client.post("/offers", json={"offer": world.said()}, headers=headers(world.keys))
    assert answer.status_code == (201 if status == 200 else status), answer.text


@pytest.mark.parametrize("caller", CALLERS)
async def test_what_is_overdue_is_for_those_who_can_do_something_about_it(world: World, caller: str) -> None:
    """Whoever edits something may ask; a stranger is told of nothing but its own."""
    status, headers = CALLERS[caller]
    answer = await world.client.get("/reminders", headers=headers(world.keys))
    asks = status == 200 or caller.startswith(("another", "a closed", "a unit nobody"))
    assert answer.status_code == (200 if asks else status), answer.text
    if asks and caller.startswith(("another organisation", "a closed", "a unit nobody")):
        own = {NEIGHBOUR} if caller.startswith("another organisation") else set()
        assert {each["unit"] for each in answer.json()["reminders"]} <= own


@pytest.mark.parametrize("caller", CALLERS)
async def test_closing_a_unit_is_its_organisations_editors_alone(world: World, caller: str) -> None:
    status, headers = CALLERS[caller]
    body = {"on": str(world.after(-1)), "successor": C, "reason": "Nedlagt"}
    answer = await world.client.post(f"/units/{A}/closing", json=body, headers=headers(world.keys))
    # A day that is over stops those who may, and only those.
    expected = (422 if "editor" in caller and "says" not in caller else 403) if status == 200 else status
    assert answer.status_code == expected, answer.text


async def test_who_may_not_is_told_so_before_which_version_it_is(world: World) -> None:
    number = await world.make()
    answer = await world.send("POST", f"{number}/confirmation", {}, world.by(NEIGHBOUR), **{"If-Match": '"9"'})
    assert_problem(answer, 403, "not_owner")


async def test_nobody_gives_their_offer_to_a_unit_by_writing_its_name(world: World) -> None:
    number = await world.make()
    for other in (B, NEIGHBOUR):
        assert_problem(await world.change(number, unit=other), 403, "not_owner")
    assert (await world.change(number, world.editor(), unit=B)).status_code == 200
    assert_problem(await world.change(number, world.editor(), unit=NEIGHBOUR), 403, "not_owner")
    assert (await world.shown(number))["organisation"]["id"] == HERE != NEXT_DOOR
