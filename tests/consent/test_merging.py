"""Two records of one person: merged, every no counts for both; undone, each tells what it told before (R42)."""

import asyncio
from itertools import pairwise
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.conftest import Databases
from tests.support.families import Desk, days, new_need, replacement_number, somebody
from tests.support.keys import Keys
from tests.support.town import FAMILY_HOUSE, NORTH, VISITING, assert_problem, counted, entries_of, rows
from tests.support.wire import HOUR, NOW, decision_in, question_in

WHY = "Registreret to gange ved samme besøg."
GUARDED = {"since": days(-1), "basis": "guardianship"}


@pytest.fixture
def midwives(consent: httpx.AsyncClient, keys: Keys) -> Desk:
    """The midwives' desk."""
    return Desk(consent, keys)


async def merged(desk: Desk, kept: str, other: str) -> dict[str, Any]:
    return await desk.done(f"/persons/{kept}/merger", {"other": other, "reason": WHY})


async def parted(desk: Desk, kept: str, other: str) -> dict[str, Any]:
    return await desk.done(f"/persons/{kept}/merger/undoing", {"other": other, "reason": WHY})


async def records(dbs: Databases, *people: str) -> list[dict[str, Any]]:
    """Return the rows of people, but for their versions."""
    sql = "SELECT * FROM person WHERE id = ANY($1::uuid[]) ORDER BY id"
    found = await rows(dbs.admin("consent"), sql, [UUID(each) for each in people])
    return [{name: value for name, value in dict(row).items() if name != "version"} for row in found]


@pytest.mark.parametrize("closes", ["no", "withdrawal"])
async def test_a_no_under_either_record_closes_both_from_the_very_next_decision(midwives: Desk, closes: str) -> None:
    one, two, need = await midwives.person(), await midwives.person(), new_need()
    await midwives.yes(one, need)
    if closes == "no":
        await midwives.no(two, need)
    else:
        taken = await midwives.yes(two, need)
        await midwives.done(f"/consents/{taken}/withdrawal", {})
    assert await midwives.reason(one, need) == "covered"
    await merged(midwives, one, two)
    expected = "refused" if closes == "no" else "withdrawn"
    assert [await midwives.reason(each, need) for each in (one, two)] == [expected] * 2
    await parted(midwives, one, two)
    assert [await midwives.reason(each, need) for each in (one, two)] == ["needs_new", expected]


async def test_a_yes_under_either_record_covers_both(midwives: Desk) -> None:
    one, two, need = await midwives.person(), await midwives.person(), new_need()
    await midwives.yes(two, need)
    await merged(midwives, one, two)
    assert [await midwives.reason(each, need) for each in (one, two)] == ["covered"] * 2


async def test_each_tells_the_referral_service_to_look_anew(midwives: Desk, dbs: Databases) -> None:
    one, two, need = await midwives.person(), await midwives.person(), new_need()
    await midwives.yes(two, need)
    for path, kind, ends in (
        ("merger", "persons_merged", []),
        ("merger/undoing", "persons_parted", [("consent_invalidated", two)]),
    ):
        answer = await midwives.post(f"/persons/{one}/{path}", {"other": two, "reason": WHY})
        entry, *ended = await entries_of(dbs.admin("consent"), answer.headers["x-request-id"])
        assert (entry["kind"], entry["subject"], entry["other"]) == (kind, one, two)
        assert [(each["kind"], each["subject"]) for each in ended] == ends
        assert WHY not in str(entry)
        sql = "SELECT payload->>'kind' AS kind, payload->>'need' AS need FROM outbox WHERE request_id = $1::uuid"
        told = await rows(dbs.admin("consent"), sql, answer.headers["x-request-id"])
        kinds = {kind, *(kind for kind, _ in ends)}
        assert {(each["kind"], each["need"]) for each in told} == {(each, need) for each in kinds}


async def test_what_a_parent_said_under_another_record_is_the_same_parent_s(midwives: Desk) -> None:
    """A holder of custody who was registered twice is one holder, and is asked once."""
    mother, again, father = await midwives.person(), await midwives.person(), await midwives.person()
    child, need = await midwives.child(again, father), new_need()
    for parent in (again, father):
        await midwives.yes(child, need, given_by=parent)
    assert_problem(await midwives.post("/consents", midwives.word(child, given_by=mother)), 422, "without_custody")
    await merged(midwives, mother, again)
    assert await midwives.reason(child, need) == "covered"
    assert {each["person"] for each in (await midwives.told(f"/persons/{child}"))["ask"]} == {mother, father}
    await midwives.no(child, need, given_by=mother, categories=["network"])
    assert await midwives.reason(child, need, categories=["network"]) == "refused"
    await parted(midwives, mother, again)
    assert await midwives.reason(child, need) == "needs_new"
    assert {each["person"] for each in (await midwives.told(f"/persons/{child}"))["ask"]} == {again, father}


async def test_a_child_registered_once_by_each_parent_needs_both_when_it_is_one(midwives: Desk) -> None:
    """R27: the no of the parent that only the other record names closes, and their word is needed."""
    mother, father = await midwives.person(), await midwives.person()
    one, two, need = await midwives.child(mother), await midwives.child(father), new_need()
    await midwives.yes(one, need, given_by=mother)
    assert await midwives.reason(one, need) == "covered"
    await merged(midwives, one, two)
    assert await midwives.reason(one, need) == "holder_missing"
    await parted(midwives, one, two)
    await midwives.no(two, need, given_by=father)
    assert await midwives.reason(one, need) == "needs_new"
    await midwives.yes(one, need, given_by=mother)
    assert await midwives.reason(one, need) == "covered"
    await merged(midwives, one, two)
    assert [await midwives.reason(each, need) for each in (one, two)] == ["refused"] * 2


async def test_protection_of_either_record_protects_both(midwives: Desk) -> None:
    """R45."""
    one, two, need = await midwives.person(), await midwives.person(), new_need()
    await midwives.yes(one, need, categories=["contact"])
    await midwives.done(f"/persons/{two}/protection", {"protected": True, "since": days(0)})
    await merged(midwives, one, two)
    assert await midwives.reason(one, need, categories=["contact"]) == "protected"


async def test_undoing_restores_exactly_what_was(midwives: Desk, dbs: Databases) -> None:
    mother, father = await midwives.person(), await midwives.person()
    one, two = await midwives.child(mother), await midwives.child(father)
    home = {"municipality": NORTH, "acting_municipality": NORTH, "basis": "dispute", "since": days(-9)}
    await midwives.done(f"/persons/{two}/residence", home)
    await midwives.done(f"/persons/{two}/protection", {"protected": True, "since": days(0)})
    before = await records(dbs, one, two)
    await merged(midwives, one, two)
    assert await records(dbs, one, two) != before
    assert (await midwives.told(f"/persons/{two}"))["id"] == one
    assert (await midwives.told(f"/persons/{one}"))["residence"]["basis"] == "dispute"
    await parted(midwives, one, two)
    assert await records(dbs, one, two) == before
    kinds = [each["kind"] for each in (await midwives.told(f"/persons/{one}/history"))["facts"]]
    assert kinds == ["registered", "custody", "merger", "parting"]


async def test_mergers_of_mergers_are_undone_one_by_one_the_last_one_first(midwives: Desk, dbs: Databases) -> None:
    """What is undone is a merger: a record that came along with another goes back with it, and not by itself."""
    born, need = somebody().isoformat(), new_need()
    one, two, three = [await midwives.person(birth_date=born) for _ in range(3)]
    await midwives.done(f"/persons/{three}/protection", {"protected": True, "since": days(0)})
    await midwives.no(three, need)
    before = await records(dbs, one, two, three)
    await merged(midwives, two, three)
    between = await records(dbs, one, two, three)
    await merged(midwives, one, two)
    assert [await midwives.reason(each, need) for each in (one, two, three)] == ["refused"] * 3
    for kept, other in ((one, three), (two, three), (two, one), (one, one)):
        path = f"/persons/{kept}/merger/undoing"
        assert_problem(await midwives.post(path, {"other": other, "reason": WHY}), 409, "not_merged")
    await parted(midwives, one, two)
    assert await records(dbs, one, two, three) == between
    await parted(midwives, two, three)
    assert await records(dbs, one, two, three) == before
    assert [await midwives.reason(each, need) for each in (one, two, three)] == ["no_consent", "no_consent", "refused"]


async def test_of_two_mergers_into_one_record_the_last_is_undone_first(midwives: Desk, dbs: Databases) -> None:
    """R45: undoing the first by itself would forget that the other's address is protected."""
    born = somebody().isoformat()
    one, two, three = [await midwives.person(birth_date=born) for _ in range(3)]
    await midwives.done(f"/persons/{three}/protection", {"protected": True, "since": days(0)})
    before = await records(dbs, one, two, three)
    for other in (two, three):
        await merged(midwives, one, other)
    assert_problem(
        await midwives.post(f"/persons/{one}/merger/undoing", {"other": two, "reason": WHY}), 409, "not_merged"
    )
    assert (await midwives.told(f"/persons/{one}"))["protected"] is True
    for other in (three, two):
        await parted(midwives, one, other)
    assert await records(dbs, one, two, three) == before
    await merged(midwives, one, two)
    await parted(midwives, one, two)
    assert await records(dbs, one, two, three) == before


async def test_records_that_cannot_be_one_person_s_are_not_merged(midwives: Desk, dbs: Databases) -> None:
    person, other = await midwives.person(), await midwives.person()
    mother, guardian = await midwives.person(), await midwives.person()
    child, sibling = await midwives.child(mother, person), await midwives.child(other, guardian)
    unborn, anothers = await midwives.expected(mother), await midwives.expected(person)
    young = await midwives.person(birth_date="2008-05-05")
    for one, by in ((person, mother), (other, guardian)):
        await midwives.done(f"/persons/{one}/representative", {"person": by, **GUARDED})
    before = await counted(dbs.admin("consent"))
    for kept, gone in (
        (person, person),
        (person, young),  # born on different days
        (person, mother),  # one speaks for the other
        (mother, person),
        (unborn, anothers),  # two mothers expect them
        (unborn, child),
        (child, sibling),  # four people would hold custody
        (person, other),  # two people would speak for one
    ):
        answer = await midwives.post(f"/persons/{kept}/merger", {"other": gone, "reason": WHY})
        assert_problem(answer, 409, "cannot_merge")
    assert await counted(dbs.admin("consent")) == before


async def test_merging_what_is_merged_is_a_conflict_whichever_way(midwives: Desk) -> None:
    one, two = await midwives.person(), await midwives.person()
    await merged(midwives, one, two)
    for kept, other in ((one, two), (two, one)):
        answer = await midwives.post(f"/persons/{kept}/merger", {"other": other, "reason": WHY})
        assert_problem(answer, 409, "cannot_merge")


@pytest.mark.parametrize("chain", [False, True])
async def test_of_mergers_at_once_none_is_half_made(midwives: Desk, dbs: Databases, *, chain: bool) -> None:
    """Whichever comes first, every record goes by an id that goes by itself."""
    born, need = somebody().isoformat(), new_need()
    people = [await midwives.person(birth_date=born) for _ in range(4 if chain else 2)]
    await midwives.no(people[-1], need)
    pairs = list(pairwise(people)) if chain else [tuple(people), tuple(people[::-1])] * 5
    answers = await asyncio.gather(
        *[midwives.post(f"/persons/{kept}/merger", {"other": other, "reason": WHY}) for kept, other in pairs]
    )
    if not chain:
        assert sorted(each.status_code for each in answers) == [201] + [409] * 9
    assert {each.status_code for each in answers} <= {201, 409}
    found = {each["id"]: each["identity"] for each in await records(dbs, *people)}
    assert all(found[each] == each for each in found.values())
    done = [pair for pair, each in zip(pairs, answers, strict=True) if each.status_code == 201]
    assert all(found[UUID(kept)] == found[UUID(other)] for kept, other in done)
    if not chain or len(done) == 3:
        assert [await midwives.reason(each, need) for each in people] == ["refused"] * len(people)


async def test_a_merger_and_a_no_at_once_close_whichever_comes_first(midwives: Desk) -> None:
    for _ in range(3):
        one, two, need = await midwives.person(), await midwives.person(), new_need()
        await midwives.yes(one, need)
        await asyncio.gather(merged(midwives, one, two), midwives.no(two, need))
        assert [await midwives.reason(each, need) for each in (one, two)] == ["refused"] * 2


async def test_either_unit_that_knew_one_knows_both_till_it_is_undone(midwives: Desk) -> None:
    """R59: and each record's numbers find the person it is of."""
    born = somebody()
    number, house = replacement_number(born), midwives.at(FAMILY_HOUSE)
    two = await house.person(birth_date=born.isoformat(), identifiers=[number])
    one = await midwives.person(birth_date=born.isoformat())
    await midwives.person(birth_date=born.isoformat(), identifiers=[number])
    await merged(midwives, one, two)
    assert (await house.told(f"/persons/{one}"))["id"] == one
    found = await house.post("/persons/lookup", {"identifier": number})
    assert found.json()["id"] == one
    await parted(midwives, one, two)
    assert_problem(await house.get(f"/persons/{one}"), 404)
    assert (await house.post("/persons/lookup", {"identifier": number})).json()["id"] == two
    assert_problem(await midwives.at(VISITING).get(f"/persons/{two}"), 404)


async def test_what_was_recorded_about_both_stays_with_the_record_it_was_said_of(midwives: Desk) -> None:
    """A word recorded while they were one is kept under the record that was kept, and closes there."""
    one, two, need = await midwives.person(), await midwives.person(), new_need()
    await midwives.yes(one, need, given_at=(NOW - HOUR).isoformat())
    await merged(midwives, one, two)
    await midwives.no(two, need)
    await parted(midwives, one, two)
    assert [await midwives.reason(each, need) for each in (one, two)] == ["refused", "no_consent"]


async def test_an_address_protected_while_they_were_one_stays_protected_for_both(midwives: Desk) -> None:
    """R45: and what else was recorded meanwhile holds for both, too."""
    one, two, guardian = await midwives.person(), await midwives.person(), await midwives.person()
    await merged(midwives, one, two)
    await midwives.done(f"/persons/{two}/protection", {"protected": True, "since": days(0)})
    await midwives.done(f"/persons/{two}/representative", {"person": guardian, **GUARDED})
    await parted(midwives, one, two)
    told = [await midwives.told(f"/persons/{each}") for each in (one, two)]
    assert [each["protected"] for each in told] == [True, True]
    assert [each["ask"][0]["person"] for each in told] == [guardian, guardian]


async def test_what_families_do_at_once_waits_and_never_fails(midwives: Desk) -> None:
    """A merger of a parent's records, custody, words and decisions about the children hold rows in one order."""
    one, two = await midwives.person(), await midwives.person()
    children, need = [await midwives.child(one) for _ in range(3)], new_need()
    for _ in range(3):
        jobs = [midwives.post(f"/persons/{one}/merger", {"other": two, "reason": WHY})]
        for child in children:
            jobs.append(midwives.post(f"/persons/{child}/custody", {"holders": [one, two], "since": days(-1)}))
            jobs.append(midwives.post("/consents", midwives.word(child, need=need, given_by=one)))
            asked = [question_in(each, need) for each in (*children, two, one)]
            jobs.append(
                midwives.client.post("/internal/decisions", json=decision_in(*asked), headers=referral(midwives))
            )
        answers = await asyncio.gather(*jobs)
        assert {each.status_code for each in answers} <= {201, 422}  # custody of one who is two by now
        await parted(midwives, one, two)


def referral(desk: Desk) -> dict[str, str]:
    return desk.keys.service("referral", "consent")
