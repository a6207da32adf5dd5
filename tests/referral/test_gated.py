"""What hangs on a request is told no more than the request: a recipient that may read nothing of it reads nothing."""

from typing import Any
from uuid import uuid4

import pytest

from shared.auth import Role
from tests.referral.deciding import World
from tests.referral.holding import House
from tests.referral.test_handovers import ATTENDED, written
from tests.referral.test_meetings import TODAY, call, held, received
from tests.support.story import Headers, Sent
from tests.support.town import FAMILY_HOUSE, MIDWIFERY, assert_problem, entries_of

ABSENT = {"sender": True, "recipient": True, "family": {"present": False, "absence": "wished_not_to"}}
OF_THE_FAMILY = ["checklist", "meeting_on", "attendance", "lacks", "responsible", "taken_over_at"]


async def handed(world: World) -> Sent:
    """Return a handover that the family house has read, and of which the midwives have written their side."""
    subject = str(uuid4())
    sent = await world.posted((subject, "health"), (subject, "own_wish"), subject=subject, kind="handover")
    assert (await world.play.read(sent.referral, world.play.recipient())).status_code == 200
    assert (await written(world, sent, world.play.sender(), 0, attendance=ABSENT)).status_code == 200
    return sent


async def test_a_recipient_reads_a_handover_only_while_it_may_read_something_of_the_request(world: World) -> None:
    """R23: what was withdrawn is told no more, before any worker has come by."""
    sent = await handed(world)
    house, path = world.play.recipient(), f"/tasks/{sent.task}/handover"
    assert (await call(world, "GET", path, house)).json()["attendance"]["absence"] == "wished_not_to"
    world.consent.permit([(sent.subject, "own_wish")])
    assert (await call(world, "GET", path, house)).json()["attendance"]["absence"] == "wished_not_to"
    world.consent.permit([])
    told = await call(world, "GET", path, house)
    assert (told.status_code, told.json()["withheld"]) == (200, "no_consent")
    assert {each: told.json()[each] for each in OF_THE_FAMILY} == dict.fromkeys(OF_THE_FAMILY)
    assert "wished_not_to" not in told.text


async def test_a_recipient_that_may_read_nothing_cannot_read_a_handover_by_writing_it(world: World) -> None:
    sent = await handed(world)
    world.consent.permit([])
    told = await written(world, sent, world.play.recipient(), 1, attendance=ATTENDED)
    assert_problem(told, 409, "wrong_state")
    assert "ticked" not in told.text
    world.consent.permit([(sent.subject, "health")])
    seen = await call(world, "GET", f"/tasks/{sent.task}/handover", world.play.recipient())
    assert seen.json()["attendance"]["absence"] == "wished_not_to", "nothing of it was written"


async def test_a_handover_is_not_shown_to_its_recipient_while_consent_is_down(world: World) -> None:
    sent = await handed(world)
    world.consent.down_for = frozenset({"read"})
    told = await call(world, "GET", f"/tasks/{sent.task}/handover", world.play.recipient())
    assert_problem(told, 503)
    assert "wished_not_to" not in told.text


async def test_to_a_recipient_that_may_read_nothing_a_meeting_is_not_there(world: World) -> None:
    """R23."""
    sent = await received(world)
    number = await held(world, sent, world.play.sender(), family={"present": False, "absence": "wished_not_to"})
    house = world.play.recipient()
    assert "wished_not_to" in (await call(world, "GET", f"/meetings/{number}", house)).text
    world.consent.permit([])
    told = await call(world, "GET", f"/meetings/{number}", house)
    assert_problem(told, 404, "not_there")
    kinds = [each["kind"] for each in await entries_of(world.play.dbs.admin("referral"), told.headers["x-request-id"])]
    assert kinds == ["access_refused"]
    assert (await call(world, "GET", f"/tasks/{sent.task}/meetings", house)).json() == {"meetings": []}
    assert_problem(await call(world, "POST", f"/meetings/{number}/answers", house, {"comes": True}), 404, "not_there")
    assert (await call(world, "GET", f"/meetings/{number}", world.play.sender())).status_code == 200


async def test_a_meeting_is_not_shown_to_its_recipient_while_consent_is_down(world: World) -> None:
    sent = await received(world)
    number = await held(world, sent, world.play.sender())
    world.consent.down_for = frozenset({"read"})
    for path in (f"/meetings/{number}", f"/tasks/{sent.task}/meetings"):
        assert_problem(await call(world, "GET", path, world.play.recipient()), 503)


async def agenda(world: World) -> tuple[Sent, str, str]:
    """Return a request on the agenda of a forum, the forum, and the item."""
    host: Headers = world.play.keys.party("referral", Role.REFER, Role.RECEIVE, unit=MIDWIFERY, user="m")
    body = {"kind": "tf", "municipality": "0217", "on": TODAY.isoformat(), "units": [FAMILY_HOUSE]}
    forum = (await call(world, "POST", "/forums", host, body)).json()["id"]
    subject = str(uuid4())
    sent = await world.posted((subject, "health"), (subject, "own_wish"), subject=subject, kind="agenda_item")
    assert (await world.play.read(sent.referral, world.play.recipient())).status_code == 200
    put = await call(world, "POST", f"/forums/{forum}/items", host, {"referral": sent.referral})
    assert put.status_code == 201, put.text
    return sent, forum, put.json()["id"]


async def test_a_forum_leaves_out_an_item_of_which_the_unit_may_read_nothing(world: World) -> None:
    sent, forum, item = await agenda(world)
    house = world.play.recipient()
    assert sent.referral in (await call(world, "GET", f"/forums/{forum}", house)).text
    world.consent.permit([])
    told = await call(world, "GET", f"/forums/{forum}", house)
    assert (told.status_code, told.json()["items"]) == (200, [])
    assert_problem(await call(world, "GET", f"/forums/{forum}/items/{item}", house), 404, "not_there")
    assert sent.referral in (await call(world, "GET", f"/forums/{forum}", world.play.sender())).text
    world.consent.down_for = frozenset({"read"})
    assert_problem(await call(world, "GET", f"/forums/{forum}", house), 503)


async def kinds_of(world: World, answer: Any, referral: str) -> list[str]:
    """Return what the ledger has of one call about a request."""
    assert answer.status_code == 200, answer.text
    told = await entries_of(world.play.dbs.admin("referral"), answer.headers["x-request-id"])
    return [each["kind"] for each in told if each.get("referral") == referral]


@pytest.mark.parametrize("path", ["/forums/{forum}", "/forums/{forum}/items/{item}"])
async def test_a_reading_of_an_agenda_is_on_the_ledger(world: World, path: str) -> None:
    """R50."""
    sent, forum, item = await agenda(world)
    path = path.format(forum=forum, item=item)
    by_house = await call(world, "GET", path, world.play.recipient())
    assert await kinds_of(world, by_house, sent.referral) == ["record_read"]
    by_midwives = await call(world, "GET", path, world.play.sender())
    assert await kinds_of(world, by_midwives, sent.referral) == ["own_record_read"]


async def test_a_reading_of_a_waiting_list_is_on_the_ledger_of_each_who_waits(world: World) -> None:
    """R50."""
    house = House(world)
    run = await house.run()
    sent = await house.listed()
    for path in (f"/runs/{run}/waiting", f"/tasks/{sent.task}/waiting"):
        answer = await call(world, "GET", path, world.play.recipient())
        assert await kinds_of(world, answer, sent.referral) == ["record_read"]
