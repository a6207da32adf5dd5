"""Who has not the role for it is told no, and the no is on the ledger (R50)."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from shared.auth import Role
from tests.conftest import Databases
from tests.consent.section11e_world import AUTHORITY, JOBCENTER, World, the_world
from tests.support.keys import Keys
from tests.support.town import assert_problem, entries_of


@pytest.fixture
async def world(dbs: Databases, keys: Keys) -> AsyncIterator[World]:
    """The municipality."""
    async with the_world(dbs, keys) as lent:
        yield lent


async def test_a_jobcenter_without_the_role_is_on_the_ledger_with_what_it_reached_for(world: World) -> None:
    meeting = str(uuid4())
    who = world.by(JOBCENTER, "job-1", Role.REFER)
    for path, ids in (("/matters", {}), (f"/meetings/{meeting}/presence", {"meeting": meeting})):
        answer = await world.ask("POST", path, who, json={})
        assert_problem(answer, 403, "missing_scope")
        (entry,) = await entries_of(world.dbs.admin("consent"), answer.headers["x-request-id"])
        assert (entry["kind"], entry["code"]) == ("access_refused", "missing_scope")
        assert entry["actor"] == {"unit": JOBCENTER, "user": "job-1"}
        assert entry["address"] == f"POST /section-11e{path.replace(meeting, '{meeting}')}"
        assert {name: entry[name] for name in ids} == ids


async def test_a_leader_at_a_rooms_door_is_on_the_ledger(world: World) -> None:
    answer = await world.ask("GET", f"/meetings/{uuid4()}/room", world.leader(AUTHORITY))
    assert_problem(answer, 403, "missing_scope")
    (entry,) = await entries_of(world.dbs.admin("consent"), answer.headers["x-request-id"])
    assert (entry["kind"], entry["actor"]["user"]) == ("access_refused", "leader-1")


async def test_who_is_nobody_leaves_no_entry(world: World) -> None:
    answer = await world.client.get(f"/section-11e/meetings/{uuid4()}/room")
    assert answer.status_code == 401
    assert await entries_of(world.dbs.admin("consent"), answer.headers["x-request-id"]) == []
