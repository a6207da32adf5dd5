"""Meetings under § 11 e at once: hundreds of attempts from four processes over one database, one of each admitted (R6).

Nothing is counted beforehand and hoped to last: an index decides, and holds with the application's check taken away.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, ExitStack
from typing import Any

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from shared.db import Database
from shared.ids import new_id
from tests.conftest import Databases
from tests.consent.section11e_steps import called, no
from tests.consent.section11e_world import AUTHORITY, DAYCARE, SECRET, UNITS, VISITORS, World, the_world
from tests.support.keys import Keys
from tests.support.serving import Teller, process, serving
from tests.support.town import assert_problem, rows

PROCESSES = 4
AT_ONCE = 200
TRIES = 10


@pytest.fixture(scope="module")
def addresses(dbs: Databases, keys: Keys, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """Four processes of the consent service over one database; return where each answers."""
    teller, logs = Teller(), tmp_path_factory.mktemp("section11e")
    teller.say(UNITS)
    with ExitStack() as stack:
        server = stack.enter_context(serving(lambda: teller))
        told = {
            "DATABASE_URL": dbs.app("consent"), "TRUSTED_KEYS": str(keys.trusted), "DIRECTORY_URL": server.url,
            "IDENTITY_KEY": str(keys.private("consent")), "IDENTIFIER_KEYS": str(keys.identifiers),
        }  # fmt: skip
        them = [process("services.consent", told, "CONSENT_", logs / f"{number}") for number in range(PROCESSES)]
        with ThreadPoolExecutor(PROCESSES) as pool:
            started = list(pool.map(lambda each: each.__enter__(), them))
        for each in them:
            stack.push(each)
        yield [each.url for each in started]


@pytest.fixture
async def worlds(addresses: list[str], dbs: Databases, keys: Keys) -> AsyncIterator[list[World]]:
    """The municipality, as each of the processes serves it."""
    await rows(dbs.admin("consent"), "UPDATE section11e_presence SET left_at = greatest(now(), came_at) "
               "WHERE left_at IS NULL")  # fmt: skip
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(httpx.AsyncClient(base_url=url, timeout=20)) for url in addresses]
        yield [World(client, dbs, keys, Teller()) for client in clients]


async def at_once(worlds: Sequence[World], many: int, attempt: Any) -> Counter[str]:
    """Make many attempts at once, spread over the processes; return how often each answer came: a code, or `yes`.

    Whoever is told that there is no time just now tries again, as a client does.
    """

    async def answered(n: int) -> httpx.Response:
        for _ in range(TRIES):
            answer: httpx.Response = await attempt(worlds[n % len(worlds)], n)
            if answer.status_code != 503:
                break
        return answer

    answers = await asyncio.gather(*(answered(n) for n in range(many)))
    return Counter("yes" if each.is_success else str(each.json().get("code")) for each in answers)


async def count(world: World, sql: str, *given: Any) -> int:
    """Return how many rows there are."""
    return len(await rows(world.dbs.admin("consent"), sql, *given))


async def test_of_two_hundred_first_matters_about_a_child_one_needs_no_leader(worlds: list[World]) -> None:
    child = await worlds[0].child()

    async def open_it(world: World, n: int) -> httpx.Response:
        who = world.by((VISITORS, DAYCARE)[n % 2], f"somebody-{n}")
        return await world.ask("POST", "/matters", who, json={"child": child, "about": f"Trivsel {n}"})

    found = await at_once(worlds, AT_ONCE, open_it)
    assert found == {"yes": 1, "section_11e_new_matter_needs_reason": AT_ONCE - 1}
    matters = await rows(worlds[0].dbs.admin("consent"), "SELECT ordinal, state FROM section11e_matter "
                         "WHERE child = (SELECT identity FROM person WHERE id = $1)", child)  # fmt: skip
    assert [tuple(each) for each in matters] == [(1, "open")]


async def test_of_two_hundred_calls_one_is_admitted_and_of_two_hundred_follow_ups_one_and_of_thirds_none(
    worlds: list[World],
) -> None:
    world = worlds[0]
    matter = (await world.matter(await world.child())).json()["id"]

    async def call(at: World, n: int, **told: Any) -> httpx.Response:
        return await at.call(matter, user=f"visitor-{n}", **told)

    async def follow(at: World, n: int) -> httpx.Response:
        return await call(at, n, kind="follow_up", special_circumstances="Nyt siden sidst.")

    admitted = "SELECT by_user, id::text FROM section11e_meeting WHERE matter = $1 AND kind = $2"
    refused = "SELECT 1 FROM section11e_refused WHERE matter = $1 AND code = $2"
    for kind, attempt in (("primary", call), ("follow_up", follow)):
        before = await count(world, refused, matter, "section_11e_already_called")
        assert await at_once(worlds, AT_ONCE, attempt) == {"yes": 1, "section_11e_already_called": AT_ONCE - 1}, kind
        ((user, meeting),) = await rows(world.dbs.admin("consent"), admitted, matter, kind)
        assert await count(world, refused, matter, "section_11e_already_called") == before + AT_ONCE - 1
        if kind == "follow_up":
            await two_leaders(worlds, meeting)
        await world.now(meeting)
        for step, who in (("opening", world.by(VISITORS, user)), ("presence", world.by(DAYCARE)),
                          ("end", world.by(VISITORS, user))):  # fmt: skip
            answer = await world.ask("POST", f"/meetings/{meeting}/{step}", who)
            assert answer.status_code == 200, answer.text
        assert answer.json()["state"] == "held"
    assert await at_once(worlds, 40, call) == {"SECTION_11E_EXHAUSTED": 40}
    assert await at_once(worlds, 40, follow) == {"SECTION_11E_EXHAUSTED": 40}


async def two_leaders(worlds: Sequence[World], meeting: str) -> None:
    """Have many leaders say yes and no at once: one is heard, and it stands as that one said."""

    async def decide(world: World, n: int) -> httpx.Response:
        leader = world.leader(AUTHORITY, f"leader-{n}")
        body = {"approves": n % 2 == 0}
        answer = await world.ask("POST", f"/meetings/{meeting}/approval", leader, json=body)
        if answer.is_success:
            heard.append((f"leader-{n}", answer.json()["state"]))
        else:
            told = assert_problem(answer, 409, "section_11e_wrong_state")
            assert told["state"] in {"scheduled", "declined"}
        return answer

    heard: list[tuple[str, str]] = []
    assert await at_once(worlds, 12, decide) == {"yes": 1, "section_11e_wrong_state": 11}
    row = await worlds[0].state(meeting)
    assert [(row["approved_by"], row["state"])] == heard
    if row["state"] == "declined":  # so that the story goes on: what was declined takes no place
        await rows(worlds[0].dbs.admin("consent"), "UPDATE section11e_meeting SET state = 'scheduled' WHERE id = $1",
                   meeting)  # fmt: skip


async def test_two_leaders_at_once_decide_a_matter_once(worlds: list[World]) -> None:
    child = await worlds[0].child()
    await worlds[0].matter(child)
    matter = (await worlds[0].matter(child, reason="Nye forhold.")).json()["id"]

    async def decide(world: World, n: int) -> httpx.Response:
        return await world.ask("POST", f"/matters/{matter}/approval", world.leader(AUTHORITY, f"leader-{n}"),
                               json={"approves": n % 2 == 0})  # fmt: skip

    assert await at_once(worlds, 12, decide) == {"yes": 1, "section_11e_wrong_state": 11}


async def inserted(dbs: Databases, sql: str, many: int, *given: Any) -> Counter[str]:
    """Run a statement many times, four at once, as the service's own role; return what came of each."""

    async def once(pool: Any) -> str:
        try:
            await pool.execute(sql, new_id(), *given)
        except asyncpg.UniqueViolationError as error:
            return str(error.constraint_name)
        return "yes"

    async with asyncpg.create_pool(dbs.app("consent"), min_size=0, max_size=4) as pool:
        return Counter(await asyncio.gather(*(once(pool) for _ in range(many))))


async def test_with_the_applications_check_taken_away_the_index_still_admits_one(worlds: list[World]) -> None:
    world = worlds[0]
    matter, meeting = await called(world)
    await world.ask("POST", f"/meetings/{meeting}/cancellation", world.by(VISITORS))
    columns = [row["name"] for row in await rows(world.dbs.admin("consent"), "SELECT column_name AS name FROM "
               "information_schema.columns WHERE table_name = 'section11e_meeting'")]  # fmt: skip
    for state, taken in (("scheduled", 1), ("held", 0), ("cancelled", 24), ("not_held", 24), ("lapsed", 24)):
        told = ", ".join({"id": "$1", "state": f"'{state}'"}.get(name, name) for name in columns)
        sql = (
            f"INSERT INTO section11e_meeting ({', '.join(columns)}) SELECT {told} FROM section11e_meeting WHERE id = $2"
        )
        found = await inserted(world.dbs, sql, 24, meeting)
        assert found == +Counter({"yes": taken, "section11e_once": 24 - taken}), state
    again = "UPDATE section11e_meeting SET state = 'held' WHERE id = $2 AND $1::uuid IS NOT NULL"
    assert await inserted(world.dbs, again, 2, meeting) == {"section11e_once": 2}
    sql = (
        "INSERT INTO section11e_matter SELECT $1, child, ordinal, unit, municipality, about, reason, state, "
        "approved_by, approved_at, by_unit, by_user, recorded_at, ledger_id FROM section11e_matter WHERE id = $2"
    )
    assert await inserted(world.dbs, sql, 24, matter) == {"section11e_matter_ordinal": 24}


async def test_what_is_acknowledged_as_brought_was_in_the_room_before_the_end_and_nobody_reads_it_after(
    worlds: list[World],
) -> None:
    world = worlds[0]
    meeting = await world.opened()
    visitor, daycare, path = world.by(VISITORS), world.by(DAYCARE), f"/meetings/{meeting}"
    for who in (visitor, daycare):
        assert (await world.ask("POST", f"{path}/choice", who, json={"shares": True})).status_code == 200
    kept: list[str] = []
    over = asyncio.Event()

    async def do(at: World, n: int) -> httpx.Response:
        if n == 60:
            answer = await at.ask("POST", f"{path}/end", visitor)
            over.set()
            return answer
        who = (visitor, daycare)[n % 2]
        if n % 3 == 0:
            late = over.is_set()
            answer = await at.ask("GET", f"{path}/room", who)
            assert not (late and answer.is_success)
            return answer
        answer = await at.ask("POST", f"{path}/brought", who, json={"category": "health", "text": f"{SECRET} {n}"})
        if answer.is_success:
            kept.append(answer.json()["id"])
        return answer

    found = await at_once(worlds, 120, do)
    assert set(found) <= {"yes", "section_11e_room_closed"}, found
    entries = await rows(world.dbs.admin("consent"), "SELECT entry->>'kind' AS kind FROM ledger_entry "
                         "WHERE entry->>'meeting' = $1 ORDER BY n", meeting)  # fmt: skip
    kinds = [each["kind"] for each in entries]
    end = kinds.index("section11e_ended")
    assert kinds.count("section11e_ended") == 1
    assert kinds[:end].count("section11e_brought") == len(kept)
    assert not {"section11e_brought", "section11e_room_read"} & set(kinds[end:])
    for each in worlds:
        answer = await each.ask("GET", f"{path}/room", daycare)
        assert_problem(answer, 403, "section_11e_room_closed")
        assert SECRET not in answer.text
    assert await count(world, "SELECT 1 FROM section11e_brought WHERE meeting = $1", meeting) == 0


async def test_a_meeting_is_opened_or_called_off_and_never_both(worlds: list[World]) -> None:
    outcomes = Counter[str]()
    for n in range(6):
        user = f"convener-{n}"
        matter = (await worlds[0].matter(await worlds[0].child())).json()["id"]
        meeting = (await worlds[0].call(matter, user=user)).json()["id"]
        await worlds[0].now(meeting)
        who = worlds[0].by(VISITORS, user)
        steps = ("opening", "cancellation")
        asked = [worlds[(n + k) % PROCESSES].ask("POST", f"/meetings/{meeting}/{steps[(n + k) % 2]}", who)
                 for k in range(4)]  # fmt: skip
        answers = await asyncio.gather(*asked)
        assert sorted(each.status_code for each in answers) == [200, 409, 409, 409]
        (won,) = [each.json()["state"] for each in answers if each.is_success]
        assert (await worlds[0].state(meeting))["state"] == won
        came = await count(worlds[0], "SELECT 1 FROM section11e_presence WHERE meeting = $1", meeting)
        assert came == (won == "open")
        outcomes[won] += 1
    assert sum(outcomes.values()) == 6


async def test_two_who_call_meetings_of_two_matters_about_one_child_for_one_time_get_one(worlds: list[World]) -> None:
    child = await worlds[0].child()
    first = (await worlds[0].matter(child)).json()["id"]
    second = (await worlds[0].matter(child, DAYCARE, reason="Nye forhold.")).json()["id"]
    agreed = await worlds[0].ask("POST", f"/matters/{second}/approval", worlds[0].leader(), json={"approves": True})
    assert agreed.status_code == 200
    wanted = worlds[0].wanted()

    async def call(world: World, n: int) -> httpx.Response:
        unit, other, matter = ((VISITORS, DAYCARE, first), (DAYCARE, VISITORS, second))[n % 2]
        return await world.call(matter, unit, f"u-{n}", starts_at=wanted["starts_at"], ends_at=wanted["ends_at"],
                                attendees=[world.guest(other)])  # fmt: skip

    found = await at_once(worlds, 12, call)
    assert found == {"yes": 1, "section_11e_already_called": 5, "section_11e_overlapping": 6}


async def test_a_refusal_is_kept_over_the_one_connection_there_is(dbs: Databases, keys: Keys) -> None:
    """Whoever held one while they waited for another would starve the pool when many are refused at once."""
    async with the_world(dbs, keys) as world:
        matter, _ = await called(world)
        transport = world.client._transport
        assert isinstance(transport, httpx.ASGITransport)
        assert isinstance(transport.app, FastAPI)
        transport.app.state.database = narrow = Database(dbs.app("consent"), 1, "consent")
        await narrow.open()
        try:
            await no(world, await world.call(matter), 409, "section_11e_already_called", "R6")
        finally:
            await narrow.close()
