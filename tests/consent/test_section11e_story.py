"""A meeting under § 11 e from the first matter to the word to the parents, as its people live it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from tests.conftest import Databases
from tests.consent.section11e_world import AUTHORITY, DAYCARE, MIDWIVES, SECRET, VISITORS, World, the_world
from tests.support.keys import Keys
from tests.support.town import rows


@pytest.fixture
async def world(dbs: Databases, keys: Keys) -> AsyncIterator[World]:
    """The municipality."""
    async with the_world(dbs, keys) as lent:
        yield lent


async def test_a_meeting_from_the_first_matter_to_the_word_to_the_parents(world: World) -> None:
    child = await world.child()
    opened = await world.matter(child)
    assert opened.status_code == 201, opened.text
    assert (opened.json()["state"], opened.json()["earlier"]) == ("open", [])
    matter = opened.json()["id"]
    called = await world.call(matter)
    assert called.status_code == 201, called.text
    assert "frivilligt" in called.json()["voluntary"]
    meeting = called.json()["id"]
    visitor, daycare = world.by(VISITORS), world.by(DAYCARE)
    early = await world.ask("POST", f"/meetings/{meeting}/opening", visitor)
    assert (early.status_code, early.json()["code"]) == (403, "section_11e_room_closed")
    await world.now(meeting)
    assert (await world.ask("POST", f"/meetings/{meeting}/opening", visitor)).status_code == 200
    assert (await world.ask("GET", f"/meetings/{meeting}/room", daycare)).status_code == 403
    assert (await world.ask("POST", f"/meetings/{meeting}/presence", daycare)).status_code == 200
    unsaid = await world.ask("POST", f"/meetings/{meeting}/brought", daycare,
                             json={"category": "child_development", "text": SECRET})  # fmt: skip
    assert unsaid.json()["code"] == "section_11e_sharing_not_chosen"
    assert (await world.bring(meeting)).status_code == 201
    seen = (await world.ask("GET", f"/meetings/{meeting}/room", visitor)).json()
    assert [each["text"] for each in seen["brought"]] == [SECRET]
    assert {each["unit"] for each in seen["present"]} == {VISITORS, DAYCARE}
    ended = await world.ask("POST", f"/meetings/{meeting}/end", visitor)
    assert ended.json()["state"] == "held"
    assert (await world.ask("GET", f"/meetings/{meeting}/room", visitor)).status_code == 403
    assert await rows(world.dbs.admin("consent"), "SELECT id FROM section11e_brought WHERE meeting = $1", meeting) == []
    one = (await world.ask("GET", f"/meetings/{meeting}", visitor)).json()
    assert [each["category"] for each in one["categories"]] == ["child_development"]
    assert SECRET not in str(one)
    outcome = await world.ask("POST", f"/meetings/{meeting}/outcome", visitor, json={"outcome": "seek_consent"})
    assert outcome.status_code == 200, outcome.text
    told = {"informed_at": datetime.now(UTC).isoformat()}
    assert (await world.ask("POST", f"/meetings/{meeting}/informing", visitor, json=told)).status_code == 200
    left = (await world.ask("GET", f"/matters/{matter}", visitor)).json()
    assert left["remaining"] == {"primary": 0, "follow_up": 1}
    again = await world.call(matter)
    assert (again.status_code, again.json()["code"]) == (409, "section_11e_already_called")
    follow = await world.call(matter, kind="follow_up", special_circumstances="Nyt forhold siden sidst.")
    assert (follow.status_code, follow.json()["state"]) == (201, "awaiting_approval")
    approved = await world.ask("POST", f"/meetings/{follow.json()['id']}/approval", world.leader(),
                               json={"approves": True})  # fmt: skip
    assert approved.json()["state"] == "scheduled", approved.text


async def test_who_the_law_leaves_out_is_refused_with_what_is_lawful_instead(world: World) -> None:
    matter = (await world.matter(await world.child())).json()["id"]
    refused = await world.call(matter, attendees=[world.guest(MIDWIVES), world.guest(AUTHORITY)])
    told = refused.json()
    assert (refused.status_code, told["code"]) == (422, "section_11e_not_a_party")
    assert [each["unit"] for each in told["refused"]] == [MIDWIVES]
    assert {each["rule"] for each in told["instead"]} == {"R15", "R29", "R17"}
    (kept,) = await rows(world.dbs.admin("consent"), "SELECT * FROM section11e_refused WHERE matter = $1", matter)
    assert (kept["code"], kept["units"], kept["rule"]) == ("section_11e_not_a_party", [MIDWIVES], "R3")


async def test_a_meeting_that_is_not_there_is_none(world: World) -> None:
    answer = await world.ask("GET", f"/meetings/{uuid4()}/room", world.by(DAYCARE))
    assert answer.status_code == 404
