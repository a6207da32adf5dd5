"""Of a course that may not be told, nothing tells what the answer was: no page, no cut, no feed, no other's task."""

from typing import Any
from uuid import uuid4

from services.referral.store.referrals import NEWEST
from tests.referral.deciding import World
from tests.support.story import Sent
from tests.support.town import FAMILY_HOUSE, MIDWIFERY, VISITING

ROAD = ("health", "own_wish")


async def answered(world: World, how: str, **changes: Any) -> Sent:
    """Return a request that the family house has answered so, and the midwives may hear nothing of it."""
    subject = str(uuid4())
    kinds = [(subject, each) for each in ROAD]
    world.consent.permit(kinds, MIDWIFERY, VISITING)
    sent = await world.posted(*kinds, subject=subject, **changes)
    assert (await world.play.read(sent.referral, world.play.recipient())).status_code == 200
    await say_as(world, sent, said_before=True)
    answer = await (world.play.accept if how == "accepted" else world.play.decline)(
        sent.task, await version(world, sent)
    )
    assert answer.status_code == 200, answer.text
    return sent


async def version(world: World, sent: Sent) -> int:
    """Return the task's version as the house reads it."""
    seen = (await world.play.read(sent.referral, world.play.recipient())).json()["tasks"]
    return int(seen[0]["version"])


async def say_as(world: World, sent: Sent, times: int = 1, *, said_before: bool = False) -> None:
    """Let the midwives say something before the answer, or the house after it, so many times."""
    who = world.play.sender() if said_before else world.play.recipient()
    for _ in range(times):
        assert (await world.play.say(sent, "clarification", who)).status_code == 201


async def page(world: World, sent: Sent, **params: Any) -> dict[str, Any]:
    """Return a page of the thread as the midwives see it."""
    path = f"/tasks/{sent.task}/messages"
    answer = await world.play.referral.get(path, params=params, headers=world.play.sender())
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def test_a_page_of_a_thread_is_full_and_ends_alike_after_a_yes_and_a_no(world: World) -> None:
    told = []
    for how in ("accepted", "declined"):
        sent = await answered(world, how)
        if how == "accepted":
            await say_as(world, sent, 3)
        seen = await page(world, sent, limit=1)
        told.append((len(seen["messages"]), seen["next"]))
    assert told[0] == told[1] == (1, None)


async def test_a_page_goes_on_from_what_is_shown(world: World) -> None:
    sent = await answered(world, "accepted")
    await say_as(world, sent, 2)
    await say_as(world, sent, 2, said_before=True)
    await say_as(world, sent, 2)
    shown: list[str] = []
    before: dict[str, str] = {}
    while True:
        seen = await page(world, sent, limit=1, **before)
        shown += [each["id"] for each in seen["messages"]]
        assert len(seen["messages"]) == 1
        if seen["next"] is None:
            break
        assert seen["next"] == shown[-1]
        before = {"before": seen["next"]}
    assert len(shown) == 3
    assert len((await page(world, sent, limit=3))["messages"]) == 3
    assert (await page(world, sent, limit=3))["next"] is None


async def test_what_may_not_be_told_pushes_nothing_out_of_the_newest_messages(world: World) -> None:
    sent = await answered(world, "accepted")
    before = (await world.play.read(sent.referral, world.play.sender())).json()
    await say_as(world, sent, NEWEST + 1)
    after = (await world.play.read(sent.referral, world.play.sender())).json()
    assert len(before["dialogue"]) == 1
    assert (after["dialogue"], after["dialogue_next"]) == (before["dialogue"], [])


async def test_where_the_first_who_accepts_has_it_the_feed_tells_nothing_by_the_other_task(world: World) -> None:
    told = []
    for how in ("accepted", "declined"):
        sent = await answered(world, how, recipients=[FAMILY_HOUSE, VISITING], first_accepts=True)
        await world.play.read(sent.referral, world.play.recipient(VISITING))
        heard = await world.play.events(world.play.sender(), sent.referral)
        told.append([(each["kind"], each["withheld"], each["task"] == sent.task) for each in heard])
    assert told[0] == told[1]
    assert told[0][-1] == (None, "no_consent", True)


async def test_where_the_first_who_accepts_has_it_all_is_heard_once_the_course_may_be_told(world: World) -> None:
    sent = await answered(world, "declined", recipients=[FAMILY_HOUSE, VISITING], first_accepts=True)
    await world.play.read(sent.referral, world.play.recipient(VISITING))
    world.consent.permit([(sent.subject, "course")], FAMILY_HOUSE, MIDWIFERY)
    heard = await world.play.events(world.play.sender(), sent.referral)
    assert [each["kind"] for each in heard][-2:] == ["declined", "received"]


async def test_one_look_at_the_feed_asks_consent_once_of_each_request(world: World) -> None:
    sent = await answered(world, "accepted")
    midwives = world.play.sender()
    after = (await world.play.events(midwives, sent.referral))[-1]["cursor"]
    await say_as(world, sent, 20)
    asked = len(world.consent.asked)
    seen = await world.play.referral.get("/events", params={"limit": 1, "after": after}, headers=midwives)
    assert (seen.status_code, seen.json()["events"]) == (200, [])
    assert len(world.consent.asked) - asked == 1
    world.consent.permit([(sent.subject, "course")], FAMILY_HOUSE, MIDWIFERY)
    seen = await world.play.referral.get("/events", params={"limit": 200, "after": after}, headers=midwives)
    assert len(seen.json()["events"]) == 20, "none is skipped once it may be told"
