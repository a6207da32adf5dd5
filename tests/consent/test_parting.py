"""Merging and parting pass nobody by: what would open ends, and nobody sees what was another's (R27, R42)."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.conftest import Databases
from tests.consent.test_overrides import ground_in
from tests.support.families import Desk, days, new_need, somebody
from tests.support.keys import Keys
from tests.support.town import FAMILY_HOUSE, VISITING, assert_problem, counted, rows

WHY = "Registreret to gange ved samme besøg."
GUARDED = {"since": days(-1), "basis": "guardianship"}


@pytest.fixture
def midwives(consent: httpx.AsyncClient, keys: Keys) -> Desk:
    """The midwives' desk."""
    return Desk(consent, keys)


def merging(desk: Desk, kept: str, other: str) -> Any:
    return desk.post(f"/persons/{kept}/merger", {"other": other, "reason": WHY})


async def merged(desk: Desk, kept: str, other: str) -> None:
    await desk.done(f"/persons/{kept}/merger", {"other": other, "reason": WHY})


async def parted(desk: Desk, kept: str, other: str) -> None:
    await desk.done(f"/persons/{kept}/merger/undoing", {"other": other, "reason": WHY})


async def asked(desk: Desk, person: str) -> set[str]:
    return {each["person"] for each in (await desk.told(f"/persons/{person}"))["ask"]}


async def causes(dbs: Databases, need: str) -> list[str | None]:
    """Return why each consent under a need ended, in the order in which they did."""
    sql = """SELECT e.cause FROM consent_event e JOIN consent c ON c.id = e.consent_id
             WHERE c.need = $1::uuid ORDER BY e.id"""
    return [row["cause"] for row in await rows(dbs.admin("consent"), sql, need)]


@pytest.mark.parametrize("turned", [False, True])
async def test_a_merger_that_brings_a_representative_ends_what_stood_about_both(
    midwives: Desk, dbs: Databases, *, turned: bool
) -> None:
    """Whoever is named by the other record alone does not speak past a holder's no."""
    mother, father, guardian, need = *[await midwives.person() for _ in range(3)], new_need()
    child, twice = await midwives.child(mother, father), await midwives.child()
    await midwives.no(child, need, given_by=mother)
    await midwives.yes(child, need, given_by=father)
    await midwives.done(f"/persons/{twice}/representative", {"person": guardian, **GUARDED})
    await midwives.yes(twice, need, given_by=guardian)
    assert await midwives.reason(twice, need) == "covered"
    await merged(midwives, *((twice, child) if turned else (child, twice)))
    assert [await midwives.reason(each, need) for each in (child, twice)] == ["needs_new"] * 2
    assert await causes(dbs, need) == ["merged"] * 2
    assert "speaker_changed" in await midwives.to_do(twice if turned else child)


async def test_a_holder_who_speaks_as_representative_by_the_other_record_is_asked_anew(midwives: Desk) -> None:
    """R28: it is another right; and whoever speaks for somebody since later speaks still."""
    mother, need = await midwives.person(), new_need()
    child, twice = await midwives.child(mother), await midwives.child()
    young, again = await midwives.person(), await midwives.person()
    for one, since in ((twice, -1), (young, -9 * 365), (again, -1)):
        told = {"person": mother, **GUARDED, "since": days(since)}
        await midwives.done(f"/persons/{one}/representative", told)
    for one in (child, twice, again):
        await midwives.yes(one, need, given_by=mother)
    await merged(midwives, child, twice)
    assert [await midwives.reason(each, need) for each in (child, twice)] == ["needs_new"] * 2
    assert (await asked(midwives, young), await asked(midwives, again)) == ({young}, {mother})
    await merged(midwives, young, again)
    assert (await midwives.reason(young, need), await asked(midwives, young)) == ("needs_new", {mother})


async def test_two_holders_of_one_child_become_one_and_what_one_of_them_had_agreed_to_ends(midwives: Desk) -> None:
    """R27: a merger of the two makes one word out of two that were needed."""
    one, two = await midwives.person(), await midwives.person()
    child, need = await midwives.child(one, two), new_need()
    await midwives.yes(child, need, given_by=two)
    assert await midwives.reason(child, need) == "holder_missing"
    await merged(midwives, one, two)
    assert await midwives.reason(child, need) == "needs_new"
    await midwives.yes(child, need, given_by=one)
    await parted(midwives, one, two)
    assert (await midwives.reason(child, need), await asked(midwives, child)) == ("needs_new", {one, two})


async def test_a_merger_that_leaves_everybody_asked_ends_nothing(midwives: Desk, dbs: Databases) -> None:
    one, two, father, need = *[await midwives.person() for _ in range(3)], new_need()
    child, twice = await midwives.child(two, father), await midwives.child(one)
    unborn = await midwives.expected(two)
    for subject, by in ((child, two), (child, father), (unborn, two), (one, one), (twice, one)):
        await midwives.yes(subject, need, given_by=by)
    await merged(midwives, one, two)
    await merged(midwives, child, twice)
    answers = [await midwives.reason(each, need) for each in (child, unborn, one, two, twice)]
    assert (answers, await causes(dbs, need)) == (["covered"] * 5, [])


@pytest.mark.parametrize("turned", [False, True])
async def test_a_no_said_while_two_records_were_one_is_not_lost_on_undoing(
    midwives: Desk, dbs: Databases, *, turned: bool
) -> None:
    """Whoever had agreed before, and refused meanwhile, is not covered again: the no may have been theirs."""
    one, two, need = await midwives.person(), await midwives.person(), new_need()
    await midwives.yes(one, need)
    await midwives.yes(two, need)
    kept, gone = (two, one) if turned else (one, two)
    await merged(midwives, kept, gone)
    await midwives.no(one, need)
    await parted(midwives, kept, gone)
    assert [await midwives.reason(each, need) for each in (kept, gone)] == ["refused", "needs_new"]
    assert await causes(dbs, need) == ["merged"] * 2
    assert ["speaker_changed" in await midwives.to_do(each) for each in (one, two)] == [True, True]
    await midwives.yes(gone, need)
    assert [await midwives.reason(each, need) for each in (kept, gone)] == ["refused", "covered"]


async def test_undoing_ends_what_was_agreed_to_about_children_of_either_and_nobody_else_s(
    midwives: Desk, dbs: Databases
) -> None:
    mother, again, father, other = [await midwives.person() for _ in range(4)]
    child, need, elsewhere = await midwives.child(again, father), new_need(), new_need()
    await merged(midwives, mother, again)
    for by in (mother, father):
        await midwives.yes(child, need, given_by=by)
    await midwives.yes(father, elsewhere)
    await midwives.yes(other, elsewhere)
    await parted(midwives, mother, again)
    assert await causes(dbs, need) == ["merged"] * 2
    assert [await midwives.reason(each, elsewhere) for each in (father, other)] == ["covered"] * 2
    told = await midwives.told("/consents", need=need)
    assert {each["state"] for each in told["consents"]} == {"invalidated"}


async def test_a_birth_recorded_while_two_records_were_one_is_of_both(midwives: Desk) -> None:
    """R28: what the pregnant woman had agreed to does not come back."""
    mother, need = await midwives.person(), new_need()
    unborn, again = await midwives.expected(mother), await midwives.expected(mother)
    await midwives.yes(unborn, need, given_by=mother)
    await merged(midwives, again, unborn)
    await midwives.done(f"/persons/{unborn}/birth", {"born_on": days(0), "custody_holders": [mother]})
    await parted(midwives, again, unborn)
    assert await midwives.reason(unborn, need) == "needs_new"
    for each in (unborn, again):
        told = await midwives.told(f"/persons/{each}")
        assert [voice["capacity"] for voice in told["ask"]] == ["custody"]


@pytest.mark.parametrize("turned", [False, True])
async def test_custody_recorded_while_two_records_were_one_is_of_both(midwives: Desk, *, turned: bool) -> None:
    """R27: whoever was added meanwhile is asked about either."""
    mother, father, need = await midwives.person(), await midwives.person(), new_need()
    child, twice = await midwives.child(mother), await midwives.child()
    await midwives.yes(child, need, given_by=mother)
    kept, gone = (twice, child) if turned else (child, twice)
    await merged(midwives, kept, gone)
    await midwives.done(f"/persons/{child}/custody", {"holders": [mother, father], "since": days(0)})
    await parted(midwives, kept, gone)
    assert [await asked(midwives, each) for each in (child, twice)] == [{mother, father}] * 2
    assert await midwives.reason(child, need) == "needs_new"


async def test_undoing_drops_a_holder_and_opens_nothing_by_it(midwives: Desk) -> None:
    mother, father, need = await midwives.person(), await midwives.person(), new_need()
    child, twice = await midwives.child(father), await midwives.child(mother)
    await merged(midwives, child, twice)
    await midwives.yes(child, need, given_by=father)
    await midwives.no(child, need, given_by=mother)
    await parted(midwives, child, twice)
    assert [await asked(midwives, each) for each in (child, twice)] == [{father}, {mother}]
    assert await midwives.reason(child, need) == "needs_new"


@pytest.mark.parametrize("protected", ["kept", "gone"])
async def test_protection_lifted_while_two_records_were_one_stands_where_it_stood(
    midwives: Desk, protected: str
) -> None:
    """R45: nobody knows of which of the two it was said."""
    kept, gone = await midwives.person(), await midwives.person()
    path = f"/persons/{kept if protected == 'kept' else gone}/protection"
    await midwives.done(path, {"protected": True, "since": days(-1)})
    await merged(midwives, kept, gone)
    await midwives.done(path, {"protected": False, "since": days(0)})
    assert (await midwives.told(f"/persons/{kept}"))["protected"] is False
    await parted(midwives, kept, gone)
    told = [(await midwives.told(f"/persons/{each}"))["protected"] for each in (kept, gone)]
    assert told == [protected == "kept", protected == "gone"]


async def test_no_other_ground_tells_where_somebody_is_reached_whom_the_other_record_protects(midwives: Desk) -> None:
    """R45: as when protection is recorded."""
    one, two, need = await midwives.person(), await midwives.person(), new_need()
    await midwives.done("/overrides", ground_in(one, need, categories=["contact"]))
    await midwives.done("/overrides", ground_in(one, need))
    asked_for = {"recipient": VISITING, "categories": ["contact"]}
    assert await midwives.reason(one, need, **asked_for) == "legal_ground"
    await midwives.done(f"/persons/{two}/protection", {"protected": True, "since": days(0)})
    await merged(midwives, one, two)
    assert await midwives.reason(one, need, **asked_for) == "no_consent"
    assert await midwives.reason(one, need, recipient=VISITING) == "legal_ground"


@pytest.mark.parametrize("kind", ["protection", "custody"])
async def test_who_was_named_is_named_still_when_something_is_recorded_while_they_are_one(
    midwives: Desk, kind: str
) -> None:
    """R42: a child's holder who went by another id meanwhile is asked by their own again, and their no closes."""
    mother, again, father = [await midwives.person() for _ in range(3)]
    child, need = await midwives.child(again, father), new_need()
    guarded = await midwives.person()
    await midwives.done(f"/persons/{guarded}/representative", {"person": again, **GUARDED})
    unborn = await midwives.expected(again)
    await midwives.no(child, need, given_by=again)
    await merged(midwives, mother, again)
    custody = {"holders": [mother, father], "since": days(0)}
    protection = {"protected": True, "since": days(0)}
    await midwives.done(f"/persons/{child}/{kind}", custody if kind == "custody" else protection)
    for each in (guarded, unborn):
        await midwives.done(f"/persons/{each}/protection", protection)
    await parted(midwives, mother, again)
    assert [await asked(midwives, each) for each in (child, guarded, unborn)] == [{again, father}, {again}, {again}]
    await midwives.yes(child, need, given_by=father)
    assert await midwives.reason(child, need) == "refused"


async def test_a_child_s_records_part_as_they_were_though_its_parents_were_merged_meanwhile(midwives: Desk) -> None:
    mother, again, father = [await midwives.person() for _ in range(3)]
    child, twice = await midwives.child(mother, father), await midwives.child(again)
    await merged(midwives, mother, again)
    await merged(midwives, child, twice)
    assert await asked(midwives, child) == {mother, father}
    await parted(midwives, mother, again)
    assert await asked(midwives, child) == {mother, again, father}  # each is asked, till the child's records part
    await parted(midwives, child, twice)
    assert [await asked(midwives, each) for each in (child, twice)] == [{mother, father}, {again}]


@pytest.mark.parametrize("turned", [False, True])
async def test_who_logs_in_gets_nothing_by_a_merger_that_other_units_hold(
    midwives: Desk, dbs: Databases, *, turned: bool
) -> None:
    """R59: a unit that gives a login to a record of its own reaches no other unit's words by it."""
    born, login = somebody().isoformat(), f"l-{uuid4().hex}"
    known, parent, own = [await midwives.person(birth_date=born) for _ in range(3)]
    await midwives.yes(known, new_need(), recipients=[FAMILY_HOUSE])
    child = await midwives.child(parent)
    await midwives.no(child, new_need(), given_by=parent)
    await midwives.done("/overrides", ground_in(child, new_need()))  # the visitors know the child by that
    mine = await midwives.person(birth_date=born, login=login)
    another = await midwives.person(birth_date=born, login=f"l-{uuid4().hex}")
    before = await counted(dbs.admin("consent"))
    for other in (known, parent, another):
        answer = await merging(midwives, *((other, mine) if turned else (mine, other)))
        assert_problem(answer, 409, "cannot_merge")
    assert await counted(dbs.admin("consent")) == before
    await merged(midwives, *((own, mine) if turned else (mine, own)))
    for other in (known, another):  # the login came along
        assert_problem(await merging(midwives, own, other), 409, "cannot_merge")
    await merged(midwives, known, parent)  # whom nobody can log in as


async def test_three_mergers_at_once_wait_for_one_another(midwives: Desk) -> None:
    """Each holds rows that the next one needs: one at a time, and none fails for it."""
    for _ in range(8):
        born = somebody().isoformat()
        a, b, c = [await midwives.person(birth_date=born) for _ in range(3)]
        answers = await asyncio.gather(*[merging(midwives, *each) for each in ((a, b), (b, a), (c, b))])
        assert sorted(each.status_code for each in answers) == [201, 201, 409]
