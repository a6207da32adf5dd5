"""What is recorded about somebody decides who is asked, from the very next decision on (R26–R28, R38, R39, R45)."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from shared.clock import danish_date
from tests.conftest import Databases
from tests.support.families import Clock, Desk, days, new_need, today
from tests.support.keys import Keys
from tests.support.town import (
    DAYCARE,
    NORTH,
    NORTH_HOUSE,
    SOUTH,
    SOUTH_HOUSE,
    VISITING,
    assert_problem,
    client_of,
    consent_app,
    counted,
    entries_of,
    messages_of,
    rows,
)
from tests.support.wire import representative_in

AT_HOME = {"municipality": NORTH, "acting_municipality": NORTH, "basis": "cpr_address", "since": days(-40)}
AWAY = {"municipality": SOUTH, "acting_municipality": SOUTH, "basis": "custody_holder", "since": days(-1)}


@pytest.fixture
def midwives(consent: httpx.AsyncClient, keys: Keys) -> Desk:
    """The midwives' desk."""
    return Desk(consent, keys)


@pytest.fixture
def clock() -> Clock:
    """A clock that can be moved."""
    return Clock()


@pytest.fixture
async def later(
    dbs: Databases, keys: Keys, directory_url: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Desk]:
    """The midwives' desk, where time passes as the clock says."""
    app = clock.rules(consent_app(dbs, keys, directory_url), monkeypatch)
    async with client_of(app) as client:
        yield Desk(client, keys, clock=lambda: clock.at)


async def changed(
    desk: Desk, dbs: Databases, path: str, body: dict[str, Any]
) -> tuple[list[str], set[tuple[str, str]]]:
    """Record a fact; return the ledger's entries, and the messages' kinds and subjects."""
    trace = {"X-Request-Id": str(uuid4())}
    answer = await desk.post(path, body, **trace)
    assert answer.status_code == 201, answer.text
    url, number = dbs.admin("consent"), trace["X-Request-Id"]
    messages = {(told["kind"], told["subject"]) for _, told in await messages_of(url, number)}
    return [each["kind"] for each in await entries_of(url, number)], messages


async def causes(dbs: Databases, subject: str) -> list[str]:
    """Return why words about somebody were invalidated, one by one."""
    sql = """SELECT e.cause FROM consent_event e JOIN consent c ON c.id = e.consent_id
             WHERE c.subject = $1::uuid AND e.kind = 'invalidated' ORDER BY e.id"""
    return [row["cause"] for row in await rows(dbs.admin("consent"), sql, subject)]


async def asked(desk: Desk, person: str) -> list[tuple[str, str]]:
    return [(each["person"], each["capacity"]) for each in (await desk.told(f"/persons/{person}"))["ask"]]


async def test_a_pregnant_woman_s_word_covers_her_child_till_it_is_born(midwives: Desk, dbs: Databases) -> None:
    """R28: from the birth on nobody's word opens anything till custody is known, and then theirs alone does."""
    mother, need = await midwives.person(), new_need()
    unborn = await midwives.expected(mother)
    await midwives.yes(unborn, need, given_by=mother)
    assert await midwives.reason(unborn, need) == "covered"
    born = {"born_on": days(0)}
    assert await changed(midwives, dbs, f"/persons/{unborn}/birth", born) == (
        ["birth_recorded", "consent_invalidated"],
        {("birth", unborn), ("consent_invalidated", unborn)},
    )
    assert await causes(dbs, unborn) == ["birth"]
    assert await midwives.reason(unborn, need) == "nobody_to_ask"
    assert await midwives.to_do(unborn) == ["birth"]
    await midwives.done(f"/persons/{unborn}/custody", {"holders": [mother], "since": days(0)})
    told = await midwives.answer(unborn, need)
    assert (told["reason"], told["ask"]) == ("needs_new", [{"person": mother, "capacity": "custody"}])
    await midwives.yes(unborn, need, given_by=mother)
    assert await midwives.reason(unborn, need) == "covered"


async def test_a_birth_may_tell_who_holds_custody_in_one_step_and_happens_once(midwives: Desk) -> None:
    mother, father = await midwives.person(), await midwives.person()
    child = await midwives.expected(mother)
    body = {"born_on": days(0), "custody_holders": [mother, father]}
    await midwives.done(f"/persons/{child}/birth", body)
    assert sorted(await asked(midwives, child)) == sorted([(mother, "custody"), (father, "custody")])
    told = await midwives.told(f"/persons/{child}")
    assert (told["birth_date"], told["due_date"]) == (days(0), None)
    assert_problem(await midwives.post(f"/persons/{child}/birth", body), 409, "already_born")


async def test_a_mother_s_refusal_in_pregnancy_opens_nothing_when_the_child_is_born(midwives: Desk) -> None:
    mother, need = await midwives.person(), new_need()
    child = await midwives.expected(mother)
    await midwives.no(child, need, given_by=mother)
    await midwives.done(f"/persons/{child}/birth", {"born_on": days(0), "custody_holders": [mother]})
    assert await midwives.reason(child, need) == "refused"


async def test_before_birth_nobody_but_the_mother_speaks_for_the_child(midwives: Desk) -> None:
    mother, father = await midwives.person(), await midwives.person()
    word = midwives.word(await midwives.expected(mother), given_by=father)
    assert_problem(await midwives.post("/consents", word), 422, "not_their_own_word")


@pytest.mark.parametrize("day", [1, 400, -400])
async def test_a_birth_lies_neither_ahead_nor_far_from_its_time(midwives: Desk, dbs: Databases, day: int) -> None:
    child = await midwives.expected(await midwives.person())
    before = await counted(dbs.admin("consent"))
    assert_problem(await midwives.post(f"/persons/{child}/birth", {"born_on": days(day)}), 422, "impossible_birth")
    assert await counted(dbs.admin("consent")) == before


async def test_two_holders_of_custody_must_both_say_yes_and_one_no_closes(midwives: Desk) -> None:
    """R27."""
    mother, father = await midwives.person(), await midwives.person()
    child, need = await midwives.child(mother, father), new_need()
    first = await midwives.done("/consents", midwives.word(child, need=need, given_by=mother))
    assert [each["person"] for each in first["still_to_ask"]] == [father]
    told = await midwives.answer(child, need)
    assert (told["reason"], [each["person"] for each in told["ask"]]) == ("holder_missing", [father])
    second = await midwives.done("/consents", midwives.word(child, need=need, given_by=father))
    assert second["still_to_ask"] == []
    assert await midwives.reason(child, need) == "covered"
    await midwives.no(child, need, given_by=father)
    assert await midwives.reason(child, need) == "refused"


async def test_one_holder_is_enough_where_the_reason_was_recorded(midwives: Desk) -> None:
    mother, father = await midwives.person(), await midwives.person()
    child, need = await midwives.child(mother, father), new_need()
    await midwives.yes(child, need, given_by=mother, alone_because="not_essential_decision")
    assert await midwives.reason(child, need) == "covered"


async def test_a_change_of_custody_asks_the_new_holder_and_hears_the_old_one_no_more(
    midwives: Desk, dbs: Databases
) -> None:
    mother, father, other = [await midwives.person() for _ in range(3)]
    child, need = await midwives.child(mother, father), new_need()
    for parent in (mother, father):
        await midwives.yes(child, need, given_by=parent)
    body = {"holders": [mother, other], "since": days(-1)}
    assert await changed(midwives, dbs, f"/persons/{child}/custody", body) == (
        ["custody_recorded", *["consent_invalidated"] * 2],
        {("custody_changed", child), ("consent_invalidated", child)},
    )
    told = await midwives.answer(child, need)
    assert (told["reason"], {each["person"] for each in told["ask"]}) == ("needs_new", {mother, other})
    assert await midwives.to_do(child) == ["custody_changed"] * 2
    assert await causes(dbs, child) == ["custody_changed"] * 2
    word = midwives.word(child, need=need, given_by=father)
    assert_problem(await midwives.post("/consents", word), 422, "without_custody")
    await midwives.yes(child, need, given_by=other)
    assert await midwives.reason(child, need) == "holder_missing"
    await midwives.yes(child, need, given_by=mother)
    assert await midwives.reason(child, need) == "covered"


async def test_a_parent_who_loses_custody_opens_nothing_by_that(midwives: Desk) -> None:
    """R27: where one agreed and the other did not, the one that is left is asked anew."""
    mother, father = await midwives.person(), await midwives.person()
    child, need = await midwives.child(mother, father), new_need()
    await midwives.yes(child, need, given_by=mother)
    await midwives.no(child, need, given_by=father)
    await midwives.done(f"/persons/{child}/custody", {"holders": [mother], "since": days(-1)})
    assert await midwives.reason(child, need) == "needs_new"


async def test_what_was_said_before_custody_began_counts_not(midwives: Desk) -> None:
    mother = await midwives.person()
    child = await midwives.child()
    await midwives.done(f"/persons/{child}/custody", {"holders": [mother], "since": days(0)})
    early = midwives.word(child, given_by=mother, given_at=f"{days(-3)}T10:00:00+01:00")
    assert_problem(await midwives.post("/consents", early), 422, "without_custody")


async def test_of_a_child_nobody_holds_custody_of_nobody_can_consent(midwives: Desk) -> None:
    mother, child = await midwives.person(), await midwives.child()
    assert_problem(await midwives.post("/consents", midwives.word(child, given_by=mother)), 422, "nobody_to_ask")


async def test_custody_of_somebody_grown_up_is_held_by_nobody(midwives: Desk) -> None:
    mother, grown = await midwives.person(), await midwives.person()
    body = {"holders": [mother], "since": days(-1)}
    assert_problem(await midwives.post(f"/persons/{grown}/custody", body), 422, "not_a_child")
    unborn = await midwives.expected(mother)
    assert_problem(await midwives.post(f"/persons/{unborn}/custody", body), 422, "not_a_child")


async def test_custody_is_held_by_grown_up_people_named_once(midwives: Desk, dbs: Databases) -> None:
    mother, child, sibling = await midwives.person(), await midwives.child(), await midwives.child()
    unborn = await midwives.expected(mother)
    before = await counted(dbs.admin("consent"))
    for holders in ([mother, mother], [sibling], [child], [unborn], [mother, sibling]):
        body = {"holders": holders, "since": days(-1)}
        assert_problem(await midwives.post(f"/persons/{child}/custody", body), 422, "wrong_holders")
    assert await counted(dbs.admin("consent")) == before


async def test_at_fifteen_the_young_one_speaks_alone(later: Desk, clock: Clock) -> None:
    """R26: the day before the parents are asked, on the day their word is no answer any more."""
    mother = await later.person()
    tomorrow = danish_date(clock.at) + timedelta(days=1)
    if (tomorrow.month, tomorrow.day) == (2, 29):  # nobody turns fifteen that day
        clock.move(days=1)
        tomorrow += timedelta(days=1)
    born = tomorrow.replace(year=tomorrow.year - 15)
    young, need = await later.child(mother, born=born.isoformat()), new_need()
    await later.yes(young, need, given_by=mother)
    assert_problem(await later.post("/consents", later.word(young, need=need)), 422, "too_young")
    assert await later.reason(young, need) == "covered"
    clock.move(days=1)
    told = await later.answer(young, need)
    assert (told["reason"], told["ask"]) == ("needs_new", [{"person": young, "capacity": "self"}])
    assert_problem(
        await later.post("/consents", later.word(young, need=need, given_by=mother)), 422, "not_their_own_word"
    )
    await later.yes(young, need)
    assert await later.reason(young, need) == "covered"


async def test_a_young_mother_signs_for_herself_and_for_her_child(midwives: Desk) -> None:
    need = new_need()
    mother = await midwives.person(birth_date=f"{today().year - 16}-01-02")
    unborn = await midwives.expected(mother)
    await midwives.yes(mother, need)
    await midwives.yes(unborn, need, given_by=mother)
    child = await midwives.child(mother, born=days(-20))
    await midwives.yes(child, need, given_by=mother)
    assert [await midwives.reason(each, need) for each in (mother, unborn, child)] == ["covered"] * 3


async def test_under_fifteen_a_mother_signs_for_nobody(midwives: Desk) -> None:
    mother = await midwives.person(birth_date=f"{today().year - 13}-01-02")
    unborn = await midwives.expected(mother)
    assert_problem(await midwives.post("/consents", midwives.word(unborn, given_by=mother)), 422, "too_young")


@pytest.mark.rule(
    "R38",
    enforced_by=("services.consent.actions.people:record_residence", "services.consent.domain.following:left_behind"),
)
async def test_on_moving_the_old_municipality_s_consents_end_and_the_region_s_stand(
    midwives: Desk, dbs: Databases
) -> None:
    """R38: the regional midwives and the new house go on; every road that names the old municipality is closed."""
    person, need = await midwives.person(), new_need()
    await midwives.done(f"/persons/{person}/residence", AT_HOME)
    old = await midwives.yes(person, need, recipients=[NORTH_HOUSE])
    await midwives.yes(person, need, recipients=[SOUTH_HOUSE])
    assert await midwives.reason(person, need, recipient=NORTH_HOUSE) == "covered"
    entries, messages = await changed(midwives, dbs, f"/persons/{person}/residence", AWAY)
    assert (entries[0], messages) == ("residence_recorded", {("consent_invalidated", person)})
    assert set(entries[1:]) == {"consent_invalidated"}
    assert await midwives.reason(person, need, recipient=NORTH_HOUSE) == "needs_new"
    assert await midwives.reason(person, need, recipient=SOUTH_HOUSE) == "covered"
    assert await midwives.to_do(person) == ["moved"]
    told = (await midwives.told("/consents", need=need))["consents"]
    assert {each["id"] for each in told if each["invalidated_at"]} == {old}


@pytest.mark.rule(
    "R38",
    enforced_by=("services.consent.actions.people:record_residence", "services.consent.domain.following:left_behind"),
)
async def test_a_first_home_ends_what_names_another_municipality_and_nothing_else(
    midwives: Desk, dbs: Databases
) -> None:
    """R38: what was agreed to before anybody knew which municipality acts, too."""
    person, need = await midwives.person(), new_need()
    await midwives.yes(person, need, recipients=[NORTH_HOUSE])
    other = await midwives.yes(person, need, recipients=[SOUTH_HOUSE])
    await midwives.done(f"/persons/{person}/residence", AT_HOME)
    assert await midwives.reason(person, need, recipient=NORTH_HOUSE) == "covered"
    assert await midwives.reason(person, need, recipient=SOUTH_HOUSE) == "needs_new"
    assert await causes(dbs, person) == ["moved"]
    assert [(each["kind"], each["consent"]) for each in await midwives.follow_ups(person)] == [("moved", other)]


async def test_moving_within_the_municipality_ends_nothing(midwives: Desk, dbs: Databases) -> None:
    person, need = await midwives.person(), new_need()
    await midwives.yes(person, need, recipients=[NORTH_HOUSE])
    for home in (AT_HOME, AT_HOME | {"since": days(-2), "municipality": SOUTH, "basis": "crisis_centre"}):
        assert await changed(midwives, dbs, f"/persons/{person}/residence", home) == (["residence_recorded"], set())
    assert await midwives.reason(person, need, recipient=NORTH_HOUSE) == "covered"


async def test_what_a_protected_person_agreed_to_of_where_they_are_is_asked_about_in_so_many_words(
    midwives: Desk, dbs: Databases
) -> None:
    """R45."""
    person, need = await midwives.person(), new_need()
    both: dict[str, Any] = {"categories": ["contact", "health"]}
    await midwives.yes(person, need, **both)
    path, body = f"/persons/{person}/protection", {"protected": True, "since": days(0)}
    assert await changed(midwives, dbs, path, body) == (["protection_recorded"], {("protection", person)})
    assert await midwives.reason(person, need, categories=["contact"]) == "protected"
    assert await midwives.reason(person, need) == "covered"
    assert (await midwives.told(f"/persons/{person}"))["protected"] is True
    word = midwives.word(person, need=need, **both)
    assert_problem(await midwives.post("/consents", word), 422, "address_is_protected")
    await midwives.yes(person, need, **both, protected_address=True)
    assert await midwives.reason(person, need, categories=["contact"]) == "covered"
    await midwives.done(path, body | {"protected": False})
    assert await midwives.reason(person, need, categories=["contact"]) == "covered"


async def test_a_representative_speaks_alone_from_their_day_on(midwives: Desk, dbs: Databases) -> None:
    person, guardian, need = await midwives.person(), await midwives.person(), new_need()
    await midwives.yes(person, need)
    path = f"/persons/{person}/representative"
    assert await changed(midwives, dbs, path, representative_in(guardian, days(-2))) == (
        ["representative_recorded", "consent_invalidated"],
        {("representative", person), ("consent_invalidated", person)},
    )
    assert await asked(midwives, person) == [(guardian, "representative")]
    assert await midwives.reason(person, need) == "needs_new"
    assert_problem(await midwives.post("/consents", midwives.word(person)), 422, "spoken_for")
    await midwives.yes(person, need, given_by=guardian)
    assert await midwives.reason(person, need) == "covered"
    await midwives.done(path, representative_in(None, days(0)))
    assert await asked(midwives, person) == [(person, "self")]
    assert await midwives.reason(person, need) == "needs_new"
    assert await causes(dbs, person) == ["speaker_changed"] * 2
    assert await midwives.to_do(person) == ["speaker_changed"] * 2
    told = (await midwives.told(f"/persons/{person}/history"))["facts"]
    assert [each["said"].get("basis") for each in told] == [None, *["Værgebeskikkelse, set den dag."] * 2]


@pytest.mark.parametrize(
    ("what", "body"),
    [
        ("custody", {"holders": ["mother"], "since": days(1)}),
        ("custody", {"holders": ["mother"], "since": "1899-12-31"}),
        ("residence", AT_HOME | {"since": days(1)}),
        ("residence", AT_HOME | {"since": "1899-12-31"}),
        ("protection", {"protected": True, "since": days(1)}),
        ("protection", {"protected": True, "since": "1899-12-31"}),
        ("representative", representative_in("mother", days(1))),
        ("representative", representative_in(None, "1899-12-31")),
    ],
)
async def test_a_fact_holds_from_a_day_that_can_be(
    midwives: Desk, dbs: Databases, what: str, body: dict[str, Any]
) -> None:
    mother = await midwives.person()
    child = await midwives.child(mother)
    for name in ("holders", "person"):
        if body.get(name):
            body = body | {name: mother if name == "person" else [mother]}
    before = await counted(dbs.admin("consent"))
    assert_problem(await midwives.post(f"/persons/{child}/{what}", body), 422, "impossible_day")
    assert await counted(dbs.admin("consent")) == before


async def test_nobody_is_their_own_representative(midwives: Desk) -> None:
    person = await midwives.person()
    body = representative_in(person, days(0))
    assert_problem(await midwives.post(f"/persons/{person}/representative", body), 422, "no_representative")


async def test_the_history_keeps_everything_and_tells_each_unit_what_it_recorded_itself(midwives: Desk) -> None:
    """R24, R59: what another unit recorded is told neither as a fact of its own nor along with another."""
    mother, need = await midwives.person(), new_need()
    child = await midwives.child(mother)
    await midwives.yes(child, need, given_by=mother, recipients=[VISITING])
    visitors = midwives.at(VISITING)
    await visitors.done(f"/persons/{child}/residence", AT_HOME)
    await midwives.done(f"/persons/{child}/protection", {"protected": True, "since": days(0)})
    told = (await visitors.told(f"/persons/{child}/history"))["facts"]
    assert [(each["kind"], each["holds_from"]) for each in told] == [("residence", AT_HOME["since"])]
    assert "holders" not in told[0]["said"]
    own = (await midwives.told(f"/persons/{child}/history"))["facts"]
    assert [each["kind"] for each in own] == ["registered", "custody", "protection"]
    assert [each["said"].get("residence") for each in own] == [None] * 3
    assert own[2]["said"] == {"protected": True}


async def test_where_somebody_moved_is_told_to_the_unit_that_recorded_it(midwives: Desk) -> None:
    """R59: having recorded an earlier home is no reason to be told the new one."""
    person, need = await midwives.person(), new_need()
    await midwives.yes(person, need, recipients=[DAYCARE])
    await midwives.done(f"/persons/{person}/residence", AT_HOME)
    home = {"municipality": NORTH, "acting_municipality": NORTH, "basis": "cpr_address", "since": AT_HOME["since"]}
    assert (await midwives.told(f"/persons/{person}"))["residence"] == home
    await midwives.at(DAYCARE).done(f"/persons/{person}/residence", AWAY)
    assert (await midwives.told(f"/persons/{person}"))["residence"] is None
    assert (await midwives.at(DAYCARE).told(f"/persons/{person}"))["residence"]["municipality"] == SOUTH


async def test_a_version_grows_with_everything_a_decision_rests_on(midwives: Desk) -> None:
    person = await midwives.person()
    versions = []
    for body in (None, True, False):
        if body is not None:
            await midwives.done(f"/persons/{person}/protection", {"protected": body, "since": days(0)})
        answer = await midwives.get(f"/persons/{person}")
        versions.append(answer.json()["version"])
        assert answer.headers["etag"] == f'"{versions[-1]}"'
    assert versions == sorted(set(versions))
