"""What tests of § 11 e do besides: a recorded no, a follow-up agreed to, a clock that is moved, a search for words."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from fastapi import FastAPI

from shared import clock
from shared.auth import Role
from tests.conftest import Databases
from tests.consent.conftest import Headers
from tests.consent.section11e_world import DAYCARE, VISITORS, World
from tests.support.town import assert_problem, rows
from tests.support.wire import person_in, refusal_in


@dataclass
class Clock:
    """A clock that stands where it is put; what is asked of the application is asked then."""

    at: datetime

    def __call__(self) -> datetime:
        """Return the moment."""
        return self.at

    def put(self, app: FastAPI) -> None:
        """Have an application read this clock."""
        app.dependency_overrides[clock._now] = self

    def goes(self, **by: float) -> None:
        """Let time pass, or set it back."""
        self.at += timedelta(**by)


def clocked(world: World) -> Clock:
    """Put a clock into the world's application, that stands at this moment."""
    made = Clock(datetime.now(UTC))
    transport = world.client._transport
    assert isinstance(transport, httpx.ASGITransport)
    assert isinstance(transport.app, FastAPI)
    made.put(transport.app)
    return made


def recorder(world: World, unit: str = VISITORS) -> Headers:
    """Return the header of somebody who registers people and what they say."""
    return world.by(unit, None, Role.RECORD_CONSENT, Role.CONVENE)


async def posted(world: World, path: str, body: Any, who: Headers | None = None) -> dict[str, Any]:
    """Post something outside § 11 e that is right; return the answer."""
    answer = await world.client.post(path, json=body, headers=who or recorder(world))
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def refused_for(world: World, child: str) -> tuple[str, dict[str, Any]]:
    """Let a mother with custody say no to telling the daycare about the child; return the no's id and what it says."""
    mother = (await posted(world, "/persons", person_in()))["id"]
    await posted(world, f"/persons/{child}/custody", {"holders": [mother], "since": "2023-05-01"})
    body = refusal_in(child, given_by=mother, sender=VISITORS, recipients=[DAYCARE], categories=["child_development"])
    return str((await posted(world, "/refusals", body))["id"]), body


async def called(world: World, child: str | None = None, **told: Any) -> tuple[str, str]:
    """Open a matter and call its meeting; return both ids."""
    matter = (await world.matter(child or await world.child())).json()["id"]
    answer = await world.call(matter, **told)
    assert answer.status_code == 201, answer.text
    return str(matter), str(answer.json()["id"])


async def held(world: World, child: str | None = None) -> tuple[str, str]:
    """Hold a matter's meeting, from the call to the end; return both ids."""
    meeting = await world.held(child)
    return str((await world.state(meeting))["matter"]), meeting


async def hold(world: World, meeting: str) -> str:
    """Hold a meeting that is called: it begins now, the daycare comes, it ends; return where it stands."""
    await world.now(meeting)
    for step, who in (("opening", VISITORS), ("presence", DAYCARE), ("end", VISITORS)):
        answer = await world.ask("POST", f"/meetings/{meeting}/{step}", world.by(who))
        assert answer.status_code == 200, answer.text
    return str(answer.json()["state"])


async def follow_up(world: World, matter: str) -> str:
    """Call a follow-up and have a leader approve it; return its id."""
    answer = await world.call(matter, kind="follow_up", special_circumstances="Nyt siden sidst.")
    assert answer.status_code == 201, answer.text
    number = str(answer.json()["id"])
    agreed = await world.ask("POST", f"/meetings/{number}/approval", world.leader(), json={"approves": True})
    assert agreed.json()["state"] == "scheduled", agreed.text
    return number


async def no(world: World, answer: httpx.Response, status: int, code: str, rule: str | None = None) -> dict[str, Any]:
    """Assert a refusal, its rule, and that its code and caller were kept for the auditor and on the ledger."""
    told = assert_problem(answer, status, code)
    assert rule is None or told.get("rule") == rule, told
    number = told["instance"].removeprefix("urn:uuid:")
    sql = (
        "SELECT r.code, r.rule FROM section11e_refused r JOIN ledger_entry l ON l.id = r.ledger_id "
        "WHERE l.entry->>'request' = $1 AND l.entry->>'kind' = 'section11e_refused' AND l.entry->>'code' = r.code"
    )
    kept = await rows(world.dbs.admin("consent"), sql, number)
    assert [each["code"] for each in kept] == [code], kept
    assert rule is None or kept[0]["rule"] == rule
    return told


async def found(dbs: Databases, words: str) -> list[str]:
    """Return the tables of the consent service with a row that holds these words in clear, in any column."""
    url = dbs.admin("consent")
    names = [row["tablename"] for row in await rows(url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    sql = " UNION ALL ".join(f"SELECT '{name}' AS name FROM {name} t WHERE t::text LIKE $1" for name in names)
    return [row["name"] for row in await rows(url, sql, f"%{words}%")]
