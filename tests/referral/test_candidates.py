"""Several candidates, of whom the first who accepts has it: to a sender that may not hear the course, a yes is a no."""

from typing import Any
from uuid import uuid4

import pytest

from tests.referral.deciding import World
from tests.referral.test_answers_hidden import Ear
from tests.support.story import Sent
from tests.support.town import FAMILY_HOUSE, MIDWIFERY, VISITING, VOLUNTEERS
from tests.support.wire import message_in, referral_in

CANDIDATES = [FAMILY_HOUSE, VISITING]
ANSWERS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "a yes": [("acceptance", {})],
    "a no": [("decline", {"reason": "no_capacity", "no_alternative": True})],
    "a no with another way": [("decline", {"reason": "wrong_recipient", "alternative": {"unit": VOLUNTEERS}})],
    "the family's no": [("family-decline", {"reason": "timing"})],
    "a yes that was completed": [("acceptance", {}), ("start", {}), ("completion", {"outcome": "goal_reached"})],
    "a yes that was given up": [("acceptance", {}), ("start", {}), ("drop-out", {"reason": "moved"})],
}
WHEN = ["before the answer", "after the answer", "never"]


async def answer(world: World, told: dict[str, Any], subject: str, how: str, when: str) -> None:
    """Have the first candidate answer; the other reads before it, after it, or not at all, and then says something."""
    first, other = sorted(told["tasks"], key=lambda task: CANDIDATES.index(task["recipient"]))
    if when == "before the answer":
        await world.play.read(told["id"], world.play.recipient(other["recipient"]))
    read = await world.play.read(told["id"], world.play.recipient(first["recipient"]))
    etag = read.headers["etag"]
    for call, body in ANSWERS[how]:
        headers = world.play.recipient(first["recipient"]) | {"If-Match": etag}
        taken = await world.play.referral.post(f"/tasks/{first['id']}/{call}", json=body, headers=headers)
        assert taken.is_success, taken.text
        etag = taken.headers["etag"]
    if when == "after the answer":
        await world.play.read(told["id"], world.play.recipient(other["recipient"]))
    if when != "never":
        await world.play.referral.post(
            f"/tasks/{other['id']}/messages", json=message_in(subject), headers=world.play.recipient(other["recipient"])
        )


async def listed(world: World, number: str) -> list[dict[str, Any]]:
    """Return the request as it stands in its sender's list, without ids."""
    query = {"limit": "100"}
    while True:
        page = (await world.play.referral.get("/referrals", params=query, headers=world.play.sender())).json()
        for line in page["referrals"]:
            if line["id"] == number:
                return [{key: value for key, value in task.items() if key != "id"} for task in line["tasks"]]
        assert page["next"] is not None, "it is in its sender's list"
        query["after"] = page["next"]


async def heard(world: World, told: dict[str, Any]) -> list[tuple[int | None, str | None, str | None]]:
    """Return what the sender hears: of which of its first tasks, what kind, or why not."""
    tasks = {task["id"]: place for place, task in enumerate(told["tasks"])}
    events = await world.play.events(world.play.sender(), told["id"])
    return [(tasks.get(each["task"]), each["kind"], each["withheld"]) for each in events]


async def tried(ear: Ear, told: dict[str, Any], subject: str) -> None:
    """Try, as the sender, everything that there is to try on the request and on each of its tasks."""
    number, tasks = told["id"], [task["id"] for task in told["tasks"]]
    for task in tasks:
        await ear.ask("GET", f"/tasks/{task}/messages")
        await ear.ask("POST", f"/tasks/{task}/messages", message_in(subject, "answer"))
        await ear.ask("POST", f"/tasks/{task}/messages", message_in(subject, "answer"), **{"If-Match": '"1"'})
        await ear.ask("POST", f"/tasks/{task}/reopening", {"reason": "family_asked"})
        for call in ("proposal/agreement", "proposal/refusal", "withdrawal", "error"):
            for version in ("1", "2", "3"):
                await ear.ask("POST", f"/tasks/{task}/{call}", {}, **{"If-Match": f'"{version}"'})
    await ear.ask("GET", f"/referrals/{number}")
    await ear.ask("POST", f"/referrals/{number}/sending", {})
    for unit in CANDIDATES:
        await ear.ask("POST", f"/referrals/{number}/recipients", {"recipients": [unit]})
    await ear.ask("POST", f"/referrals/{number}/withdrawal", {})
    await ear.ask("POST", f"/referrals/{number}/withdrawal", {})
    await ear.ask("POST", f"/referrals/{number}/closing", {})
    await ear.ask("GET", f"/referrals/{number}")


async def everything(world: World, how: str, when: str, course: bool) -> list[Any]:  # noqa: FBT001 - told or not
    """Return all that the sender reads, has in its list, hears and is answered to what it tries."""
    subject, ear = str(uuid4()), Ear(world)
    for unit in CANDIDATES:
        world.consent.permit([(subject, "health"), (subject, "own_wish")], recipient=unit)
        world.consent.permit([(subject, "course")] if course else [], unit, MIDWIFERY)
    body = referral_in(subject, need=str(uuid4()), recipients=CANDIDATES, first_accepts=True)
    told = (await ear.ask("POST", "/referrals", body)).json()
    await answer(world, told, subject, how, when)
    await world.hear(Sent(subject, told["need"], "", told["id"], told["tasks"][0]["id"]))
    await ear.ask("GET", f"/referrals/{told['id']}")
    before = [await listed(world, told["id"]), await heard(world, told)]
    await tried(ear, told, subject)
    return [before, *ear.notes, await listed(world, told["id"]), await heard(world, told)]


@pytest.mark.parametrize("when", WHEN)
@pytest.mark.parametrize("how", [how for how in ANSWERS if how != "a yes"])
async def test_whatever_the_first_answered_all_that_the_sender_learns_is_equal(
    world: World, how: str, when: str
) -> None:
    """R26: a yes takes the request back from the others, and not even that may be seen."""
    yes = await everything(world, "a yes", when, course=False)
    other = await everything(world, how, when, course=False)
    for place, (one, another) in enumerate(zip(yes, other, strict=True)):
        assert one == another, place
    assert all(task["state"] is None for task in yes[0][0]), "of no candidate is it told how it stands"


async def test_where_the_course_is_permitted_yes_and_no_differ(world: World) -> None:
    """Without this the test above would pass if nothing were ever told."""
    yes = await everything(world, "a yes", "before the answer", course=True)
    other = await everything(world, "a no", "before the answer", course=True)
    assert sorted(task["state"] for task in yes[0][0]) == ["accepted", "withdrawn"]
    assert sorted(task["state"] for task in other[0][0]) == ["declined", "in_dialogue"]
    assert yes[0][1] != other[0][1]
