"""Bad input to § 11 e: every field, every step in every state, other parties' meetings, units that change (R2, R12)."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from shared.auth import Role
from shared.units import UnitMirror
from tests.conftest import Databases
from tests.consent.section11e_steps import called, hold, no, posted
from tests.consent.section11e_world import (
    AUTHORITY,
    DAYCARE,
    NEIGHBOUR,
    PURPOSE,
    SCHOOL,
    UNITS,
    VISITORS,
    World,
    the_world,
)
from tests.consent.test_bad_input import send
from tests.consent.test_section11e_domain import CAN
from tests.support.bad_input import BODIES, CHOICES, CODES, IDS, MOMENTS, TEXTS, TRUTHS, Spoilt, spoilt
from tests.support.keys import Keys
from tests.support.serving import Process, Teller, process, serving
from tests.support.town import addresses_of, assert_problem, consent_app, counted
from tests.support.wire import person_in

SOMEBODY = UUID(int=1)
SOON = datetime.now(UTC) + timedelta(minutes=30)
GUEST = {"user": "paedagog-3", "profession": "pedagogue", "unit": DAYCARE, "agreement": "A", "elsewhere_because": "B"}
CALL = {
    "kind": "follow_up", "purpose": PURPOSE, "starts_at": SOON.isoformat(), "ends_at": SOON.isoformat(),
    "profession": "health_visitor", "necessity": "Derfor.", "special_circumstances": "Nyt.", "leader": "leader-1",
    "consent_attempt": {"refusal": str(SOMEBODY), "impossible": "not_reached", "why": "Ringet."}, "attendees": [GUEST],
}  # fmt: skip
MATTER, MEETING = f"/section-11e/matters/{SOMEBODY}", f"/section-11e/meetings/{SOMEBODY}"
RIGHT: Mapping[str, Any] = {
    "/section-11e/matters": {"child": str(SOMEBODY), "about": "Trivsel", "reason": "Nyt."},
    f"{MATTER}/meetings": CALL,
    f"{MATTER}/approval": {"approves": True},
    f"{MEETING}/approval": {"approves": True},
    f"{MEETING}/attendees": {"attendees": [GUEST]},
    f"{MEETING}/choice": {"shares": True},
    f"{MEETING}/brought": {"category": "health", "text": "Noget."},
    f"{MEETING}/outcome": {"outcome": "nothing"},
    f"{MEETING}/informing": {"informed_at": SOON.isoformat(), "not_informed_because": "mistanke_overgreb"},
    "/section-11e/terms": {"ppr": True, "unborn": True, "unborn_basis": "Notat 4"},
}
WITHOUT = {f"{MEETING}/{step}" for step in ("cancellation", "opening", "presence", "departure", "end")}


def without(values: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    """Return the wrong values but for what is right in a field: nothing, or what a rule answers."""
    return {name: value for name, value in values.items() if not any(each in name for each in names)}


MAY_LACK, RULED = without(TEXTS, "null"), without(TEXTS, "null", "empty", "blank")
PEOPLE: Mapping[str, Any] = {
    "a text for a list": "X",
    "an object": {},
    "null": None,
    "nobody": [],
    "numbers": [7],
    "too many": [GUEST] * 2_001,
}
GUESTS: Mapping[str, Any] = {
    "user": CODES, "profession": CHOICES, "unit": CODES, "agreement": MAY_LACK, "elsewhere_because": MAY_LACK,
}  # fmt: skip
PLACES: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "/section-11e/matters": {"child": IDS, "about": TEXTS, "reason": MAY_LACK},
    f"{MATTER}/meetings": {
        "kind": CHOICES, "purpose": {"a number": 7, "null": None, "a list": [PURPOSE], "too long": "x" * 101},
        "starts_at": MOMENTS, "ends_at": MOMENTS, "profession": CHOICES, "leader": CODES, "attendees": PEOPLE,
        "necessity": without(TEXTS, "empty", "blank"), "special_circumstances": RULED,
        "consent_attempt.refusal": without(IDS, "null"), "consent_attempt.impossible": without(CHOICES, "null"),
        "consent_attempt.why": MAY_LACK, **{f"attendees.0.{name}": values for name, values in GUESTS.items()},
    },
    f"{MATTER}/approval": {"approves": TRUTHS},
    f"{MEETING}/approval": {"approves": TRUTHS},
    f"{MEETING}/attendees": {"attendees": PEOPLE} | {f"attendees.0.{name}": told for name, told in GUESTS.items()},
    f"{MEETING}/choice": {"shares": TRUTHS},
    f"{MEETING}/brought": {"category": CHOICES, "text": TEXTS},
    f"{MEETING}/outcome": {"outcome": CHOICES},
    f"{MEETING}/informing": {"informed_at": without(MOMENTS, "null"), "not_informed_because": without(CHOICES, "null")},
    "/section-11e/terms": {"ppr": TRUTHS, "unborn": TRUTHS, "unborn_basis": MAY_LACK},
}  # fmt: skip


@pytest.fixture(scope="module")
def running(dbs: Databases, keys: Keys, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """The consent service as its own process, logging everything it ever logs."""
    teller = Teller()
    teller.say(UNITS)
    with serving(lambda: teller) as server:
        told = {
            "DATABASE_URL": dbs.app("consent"), "TRUSTED_KEYS": str(keys.trusted), "DIRECTORY_URL": server.url,
            "IDENTITY_KEY": str(keys.private("consent")), "IDENTIFIER_KEYS": str(keys.identifiers),
        }  # fmt: skip
        with process("services.consent", told, "CONSENT_", tmp_path_factory.mktemp("consent") / "log") as made:
            yield made


@pytest.fixture
async def world(dbs: Databases, keys: Keys) -> AsyncIterator[World]:
    """The municipality."""
    async with the_world(dbs, keys) as lent:
        yield lent


def test_every_address_of_section_11e_that_takes_a_body_is_here(dbs: Databases, keys: Keys) -> None:
    every = addresses_of(consent_app(dbs, keys, "http://127.0.0.1:1"))
    told = {re.sub(r"\{.*?\}", str(SOMEBODY), each.partition(" ")[2]) for each in every if "POST /section-11e" in each}
    assert told == set(RIGHT) | WITHOUT
    for path, body in RIGHT.items():
        fields = {place.split(".")[0] for place in PLACES[path]}
        assert fields == set(body) - {"consent_attempt"} | ({"consent_attempt"} & fields)


@pytest.mark.parametrize("path", RIGHT)
def test_no_field_takes_what_is_wrong_and_neither_answer_nor_log_repeats_it(
    running: Process, dbs: Databases, keys: Keys, path: str
) -> None:
    who = keys.party("consent", Role.CONVENE, Role.LEAD, unit=VISITORS)
    before = asyncio.run(counted(dbs.admin("consent")))
    cases = [case for place, values in PLACES[path].items() for case in spoilt(RIGHT[path], place, values)]
    cases += [Spoilt("an unknown field", RIGHT[path] | {"cpr": "0201609995"}, personal=False)]
    with httpx.Client(base_url=running.url, timeout=15) as client:
        for case in cases:
            answer = send(client, running, who, path, json.dumps(case.body).encode())
            told = assert_problem(answer, 422, "cpr_refused" if case.personal else "malformed")
            assert told["errors"], case.name
        for content in BODIES.values():
            assert_problem(send(client, running, who, path, content), 422, "malformed")
    assert asyncio.run(counted(dbs.admin("consent"))) == before


async def test_attendees_and_times_that_cannot_be_are_refused_by_their_rule(world: World) -> None:
    matter = (await world.matter(await world.child())).json()["id"]
    at = datetime.now(UTC)

    def time(starts: timedelta, lasts: timedelta) -> dict[str, Any]:
        return {"starts_at": (at + starts).isoformat(), "ends_at": (at + starts + lasts).isoformat()}

    hour, guest = timedelta(hours=1), world.guest
    wrong: list[tuple[dict[str, Any], int, str]] = [
        ({"attendees": [guest(DAYCARE, f"u-{n}") for n in range(1_000)]}, 422, "section_11e_wrong_attendees"),
        ({"attendees": [guest(DAYCARE, f"u-{n}") for n in range(20)]}, 422, "section_11e_wrong_attendees"),
        ({"attendees": [guest(DAYCARE), guest(DAYCARE)]}, 422, "section_11e_wrong_attendees"),
        ({"attendees": [guest(DAYCARE), guest(SCHOOL, f"{VISITORS}-1")]}, 422, "section_11e_wrong_attendees"),
        ({"attendees": [guest(VISITORS, "a-colleague")]}, 422, "section_11e_wrong_attendees"),
        ({"attendees": [guest("11e-nowhere")]}, 422, "section_11e_not_a_party"),
        (time(-timedelta(minutes=1), hour), 422, "section_11e_wrong_time"),
        (time(timedelta(days=91), hour), 422, "section_11e_wrong_time"),
        (time(timedelta(days=36_500), hour), 422, "section_11e_wrong_time"),
        (time(hour, -hour), 422, "section_11e_wrong_time"),
        (time(hour, 0 * hour), 422, "section_11e_wrong_time"),
        (time(hour, 5 * hour), 422, "section_11e_wrong_time"),
        ({"leader": f"{VISITORS}-1"}, 403, "section_11e_not_theirs_to_approve"),
    ]
    for told, status, code in wrong:
        await no(world, await world.call(matter, **told), status, code)
    whole = [guest(DAYCARE, f"u-{n}") for n in range(19)]
    assert (await world.call(matter, attendees=whole, **time(hour, 4 * hour))).status_code == 201


async def test_two_meetings_about_a_child_do_not_overlap_whatever_matter_they_are_of(world: World) -> None:
    child = await world.child()
    matter, meeting = await called(world, child)
    another = (await world.matter(child, DAYCARE, reason="Nye forhold.")).json()["id"]
    await world.ask("POST", f"/matters/{another}/approval", world.leader(), json={"approves": True})
    row, step = await world.state(meeting), timedelta(minutes=10)
    starts, ends = row["starts_at"], row["ends_at"]

    async def at(first: datetime, last: datetime) -> httpx.Response:
        return await world.call(another, DAYCARE, attendees=[world.guest(VISITORS)], starts_at=first.isoformat(),
                                ends_at=last.isoformat())  # fmt: skip

    for first, last in ((starts, ends), (starts - step, starts + step), (ends - step, ends + step),
                        (starts + step, ends - step), (starts - step, ends + step)):  # fmt: skip
        await no(world, await at(first, last), 409, "section_11e_overlapping", "R6")
    assert (await at(ends, ends + step)).status_code == 201
    assert matter != another


async def in_state(world: World, state: str) -> str:
    """Bring a meeting into a state, as it comes there in life; return its id."""
    if state in {"awaiting_approval", "declined"}:
        meeting = await world.held()
        matter = str((await world.state(meeting))["matter"])
        made = await world.call(matter, kind="follow_up", special_circumstances="Nyt.")
        meeting = made.json()["id"]
        if state == "declined":
            no_ = {"approves": False}
            assert (await world.ask("POST", f"/meetings/{meeting}/approval", world.leader(), json=no_)).is_success
    else:
        _, meeting = await called(world)
        if state == "cancelled":
            assert (await world.ask("POST", f"/meetings/{meeting}/cancellation", world.by(VISITORS))).is_success
        elif state == "held":
            assert await hold(world, meeting) == "held"
        elif state in {"open", "not_held"}:
            await world.now(meeting)
            for step in ("opening", "end")[: 1 + (state == "not_held")]:
                assert (await world.ask("POST", f"/meetings/{meeting}/{step}", world.by(VISITORS))).is_success
        elif state == "lapsed":
            await world.over(meeting)
            await world.ask("GET", f"/meetings/{meeting}", world.by(VISITORS))
    assert (await world.state(meeting))["state"] == state
    await world.now(meeting)
    return meeting


@pytest.mark.parametrize("state", [
    "awaiting_approval", "declined", "scheduled", "cancelled", "open", "held", "not_held", "lapsed",
])  # fmt: skip
async def test_no_step_is_taken_from_a_state_where_it_has_no_place(world: World, state: str) -> None:
    meeting = await in_state(world, state)
    can = sorted(step for step, states in CAN.items() if state in states)
    before = dict(await world.state(meeting))
    tried = 0
    for step in sorted(set(CAN) - set(can)):
        method, who = (
            ("GET" if step == "room" else "POST"),
            world.leader() if step == "approval" else world.by(VISITORS),
        )
        body = deepcopy(RIGHT.get(f"{MEETING}/{step}"))
        if step == "attendees":
            body = {"attendees": [world.guest(SCHOOL)]}
        answer = await world.ask(method, f"/meetings/{meeting}/{step}", who, json=body)
        if step in {"presence", "departure", "brought", "room"}:
            await no(world, answer, 403, "section_11e_room_closed", "R12")
        else:
            told = await no(world, answer, 409, "section_11e_wrong_state", "R6")
            assert (told["state"], told["allowed"]) == (state, can), step
        tried += 1
    assert tried >= 6
    assert dict(await world.state(meeting)) == before


def steps_of(matter: str, meeting: str) -> Iterator[tuple[str, str, Any]]:
    """Yield every address about a matter or a meeting: method, path, and a body that is right."""
    for path in [*RIGHT, *WITHOUT]:
        if str(SOMEBODY) in path:
            number = matter if path.startswith(MATTER) else meeting
            yield "POST", path.removeprefix("/section-11e").replace(str(SOMEBODY), number), RIGHT.get(path)
    yield from (("GET", f"/matters/{matter}", None), ("GET", f"/meetings/{meeting}", None))
    yield "GET", f"/meetings/{meeting}/room", None


def bare(answer: httpx.Response) -> bytes:
    """Return an answer's body without its own request's id."""
    return answer.content.replace(answer.headers["x-request-id"].encode(), b"")


async def test_anothers_matter_or_meeting_is_not_there_byte_for_byte(world: World) -> None:
    meeting = await world.opened()
    assert (await world.bring(meeting)).status_code == 201
    matter = str((await world.state(meeting))["matter"])
    strangers = [world.by(SCHOOL, None, Role.CONVENE), world.by(SCHOOL, f"{DAYCARE}-1"),
                 world.by(f"{NEIGHBOUR}-authority", "leader-9", Role.LEAD, Role.CONVENE)]  # fmt: skip
    nowhere = str(uuid4())
    for stranger in strangers:
        theirs, nobodys = list(steps_of(matter, meeting)), list(steps_of(nowhere, nowhere))
        for (method, path, body), (_, empty, _) in zip(theirs, nobodys, strict=True):
            answers = [await world.ask(method, each, stranger, json=body) for each in (path, empty)]
            if [each.status_code for each in answers] == [403, 403]:
                assert {each.json()["code"] for each in answers} == {"missing_scope"}
                continue
            assert [each.status_code for each in answers] == [404, 404], path
            assert bare(answers[0]) == bare(answers[1]), path
    guest = world.by(DAYCARE)
    for step in ("attendees", "cancellation", "opening", "end", "outcome", "informing"):
        answer = await world.ask("POST", f"/meetings/{meeting}/{step}", guest, json=RIGHT.get(f"{MEETING}/{step}"))
        assert_problem(answer, 404, "not_there")  # who is invited does not lead it
    assert (await world.state(meeting))["state"] == "open"


async def test_a_system_or_somebody_of_no_unit_takes_no_step(world: World) -> None:
    meeting = await world.opened()
    matter = str((await world.state(meeting))["matter"])
    roles = (Role.CONVENE, Role.LEAD)
    system = world.by(VISITORS, "system-1", *roles, acting_user=f"{VISITORS}-1", system=True)
    nobodys = world.keys.party("consent", *roles)
    asked = [*steps_of(matter, meeting), ("POST", "/matters", RIGHT["/section-11e/matters"]),
             ("GET", "/meetings", None), ("GET", "/waiting", None),
             ("POST", "/terms", RIGHT["/section-11e/terms"])]  # fmt: skip
    before = await counted(world.dbs.admin("consent"))
    for method, path, body in asked:
        for who in (system, nobodys):
            assert_problem(await world.ask(method, path, who, json=body), 403, "missing_scope")
    after = await counted(world.dbs.admin("consent"))
    assert after["ledger_entry"] == before["ledger_entry"] + 2 * len(asked)  # that somebody tried is all that is kept
    assert after | {"ledger_entry": 0} == before | {"ledger_entry": 0}


async def test_a_child_that_is_not_the_units_is_not_there(world: World) -> None:
    foreign = await world.child(units=(SCHOOL,))
    grown = (await posted(world, "/persons", person_in()))["id"]
    answers = [await world.matter(each) for each in (foreign, str(uuid4()))]
    assert [each.status_code for each in answers] == [404, 404]
    assert bare(answers[0]) == bare(answers[1])
    await no(world, await world.matter(grown), 422, "section_11e_not_a_child", "R8")


def directory_says(world: World, unit: str, status: int = 200, **changed: Any) -> None:
    """Have the directory say something else of a unit, and the service ask it anew."""
    told = {"units": [each | (changed if each["id"] == unit else {}) for each in UNITS["units"]]}
    world.directory.say(told, status)
    transport = world.client._transport
    assert isinstance(transport, httpx.ASGITransport)
    assert isinstance(transport.app, FastAPI)
    transport.app.state.units = UnitMirror()


YESTERDAY = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
GONE: Mapping[str, Mapping[str, Any]] = {
    "out": {"party_11e": "out", "party_11e_reason": "Enheden er lagt om."},
    "conditional": {"party_11e": "conditional", "party_11e_reason": "Aftalen er udløbet."},
    "closed": {"valid_to": YESTERDAY},
    "another": {"id": "11e-another"},
}


@pytest.mark.parametrize("how", GONE)
async def test_who_is_a_party_no_more_neither_opens_a_meeting_nor_comes_to_one(world: World, how: str) -> None:
    _, meeting = await called(world)
    await world.now(meeting)
    path, visitor, daycare = f"/meetings/{meeting}", world.by(VISITORS), world.by(DAYCARE)
    directory_says(world, VISITORS, **GONE[how])
    told = await no(world, await world.ask("POST", f"{path}/opening", visitor), 422, "section_11e_not_a_party", "R3")
    assert [each["unit"] for each in told["refused"]] == [VISITORS]
    assert (await world.state(meeting))["state"] == "scheduled"
    await no(world, await world.matter(await world.child()), 422, "section_11e_not_a_party", "R3")
    directory_says(world, DAYCARE, **GONE[how])
    assert (await world.ask("POST", f"{path}/opening", visitor)).status_code == 200
    told = await no(world, await world.ask("POST", f"{path}/presence", daycare), 422, "section_11e_not_a_party", "R3")
    assert [each["unit"] for each in told["refused"]] == [DAYCARE]
    await no(world, await world.ask("GET", f"{path}/room", daycare), 403, "section_11e_room_closed", "R12")


async def test_without_the_directory_nobody_new_is_admitted_and_nothing_is_changed(world: World) -> None:
    child = await world.child()
    matter, meeting = await called(world)
    await world.now(meeting)
    directory_says(world, "", 503)
    before = await counted(world.dbs.admin("consent"))
    for answer in (
        await world.matter(child), await world.call(matter), await world.ask("POST", f"/meetings/{meeting}/opening",
                                                                             world.by(VISITORS)),
        await world.ask("POST", f"/meetings/{meeting}/presence", world.by(DAYCARE)),
        await world.ask("POST", "/terms", world.leader(AUTHORITY), json=RIGHT["/section-11e/terms"]),
    ):  # fmt: skip
        assert_problem(answer, 503, "unavailable")
    assert await counted(world.dbs.admin("consent")) == before
    directory_says(world, "")
    assert (await world.ask("POST", f"/meetings/{meeting}/opening", world.by(VISITORS))).status_code == 200
