"""Runs of an offer: its places are respected, however many accept at once, and come back however a task ends."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from shared.auth import Role
from tests.referral.deciding import World
from tests.referral.holding import House
from tests.support.story import Sent
from tests.support.town import VISITING, assert_problem, counted, entries_of, refused_once

ENDINGS: dict[str, tuple[str, Any]] = {
    "the family says no": ("family-decline", {"reason": "timing"}),
    "it is not reached": ("not-reached", {}),
    "the sender marks an error": ("error", {}),
}


@pytest.fixture
def house(world: World) -> House:
    """The family house, and somebody it helps."""
    return House(world)


async def placed(house: House, run: str) -> Sent:
    """Take on a referral and give it a place."""
    sent = await house.taken_on()
    answer = await house.step(sent, "place", {"run": run})
    assert answer.status_code == 200, answer.text
    assert answer.json()["run"] == run
    return sent


async def test_fifty_who_are_given_a_place_at_once_get_the_five_there_are(house: House) -> None:
    run = await house.run(5)
    sent = [await house.taken_on() for _ in range(50)]
    versions = [await house.version(each) for each in sent]
    recipient, client = house.world.play.recipient(), house.world.play.referral
    answers = await asyncio.gather(
        *(
            client.post(
                f"/tasks/{each.task}/place", json={"run": run}, headers=recipient | {"If-Match": f'"{version}"'}
            )
            for each, version in zip(sent, versions, strict=True)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [409] * 45
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"run_full"}
    assert await house.places(run) == (5, 0)
    assert [bool((await house.row(each))["run"]) for each in sent].count(True) == 5


@pytest.mark.parametrize("how", ENDINGS)
async def test_however_a_task_ends_its_place_is_free_again(house: House, how: str) -> None:
    run = await house.run(1)
    sent = await placed(house, run)
    assert_problem(await house.step(await house.taken_on(), "place", {"run": run}), 409, "run_full")
    step, body = ENDINGS[how]
    headers = house.world.play.sender() if step == "error" else None
    assert (await house.step(sent, step, body, headers)).status_code == 200
    assert await house.places(run) == (0, 1)
    await placed(house, run)


async def test_a_place_comes_back_when_the_sender_takes_the_referral_back(house: House) -> None:
    run = await house.run(1)
    sent = await placed(house, run)
    path = f"/referrals/{sent.referral}/withdrawal"
    assert (await house.world.play.referral.post(path, json={}, headers=house.world.play.sender())).status_code == 201
    assert await house.places(run) == (0, 1)


async def test_a_place_comes_back_in_the_moment_consent_ends(house: House) -> None:
    run = await house.run(1)
    sent = await placed(house, run)
    await house.world.permit(sent)
    assert (await house.row(sent))["state"] == "consent_ended"
    assert await house.places(run) == (0, 1)


async def test_a_place_is_kept_while_the_course_goes_on_and_comes_back_when_it_stops(house: House) -> None:
    run = await house.run(1)
    sent = await placed(house, run)
    assert (await house.step(sent, "start", {})).status_code == 200
    assert await house.places(run) == (1, 0)
    assert (await house.step(sent, "drop-out", {"reason": "moved"})).status_code == 200
    assert await house.places(run) == (0, 1)


async def test_a_task_that_moves_to_another_run_leaves_its_place(house: House) -> None:
    first, second = await house.run(1), await house.run(1)
    sent = await placed(house, first)
    assert (await house.step(sent, "place", {"run": first})).status_code == 200, "its own place is not in its way"
    assert (await house.step(sent, "place", {"run": second})).status_code == 200
    assert (await house.places(first), await house.places(second)) == ((0, 1), (1, 0))


@pytest.mark.parametrize("before", ["received", "declined", "in progress"])
async def test_only_what_was_taken_on_and_has_not_begun_gets_a_place(house: House, before: str) -> None:
    run, sent = await house.run(), await house.received()
    if before == "declined":
        await house.world.play.decline(sent.task, 2)
    if before == "in progress":
        await house.world.play.accept(sent.task, 2)
        await house.step(sent, "start", {})
    told = assert_problem(await house.step(sent, "place", {"run": run}), 409, "wrong_state")
    assert ("accept" in told["allowed"]) is (before == "received")
    assert await house.places(run) == (0, 5)


async def test_places_cannot_be_fewer_than_are_taken(house: House) -> None:
    run = await house.run(3)
    for _ in range(2):
        await placed(house, run)
    client, recipient = house.world.play.referral, house.world.play.recipient() | {"If-Match": '"1"'}
    told = assert_problem(
        await client.patch(f"/runs/{run}", json={"places": 1}, headers=recipient), 409, "places_taken"
    )
    assert told["taken"] == 2
    changed = await client.patch(f"/runs/{run}", json={"places": 2}, headers=recipient)
    assert (changed.status_code, changed.json()["free"], changed.headers["etag"]) == (200, 0, '"2"')
    stale = await client.patch(f"/runs/{run}", json={"places": 9}, headers=recipient)
    assert_problem(stale, 412, "stale_version")


async def test_places_and_acceptances_that_change_at_once_never_leave_more_than_there_are(house: House) -> None:
    run = await house.run(6)
    sent = [await house.taken_on() for _ in range(6)]
    client, recipient = house.world.play.referral, house.world.play.recipient()
    fewer = client.patch(f"/runs/{run}", json={"places": 3}, headers=recipient | {"If-Match": '"1"'})
    await asyncio.gather(*(house.step(each, "place", {"run": run}) for each in sent), fewer)
    told = await house.get(f"/runs/{run}")
    assert told["taken"] <= told["places"]


async def test_a_closed_run_takes_nobody_more_and_leaves_everybody_theirs(house: House) -> None:
    run = await house.run(3)
    await placed(house, run)
    client, recipient = house.world.play.referral, house.world.play.recipient()
    closed = await client.post(f"/runs/{run}/closing", json={}, headers=recipient | {"If-Match": '"1"'})
    assert (closed.status_code, closed.json()["taken"]) == (200, 1)
    late = await house.taken_on()
    assert_problem(await house.step(late, "place", {"run": run}), 409, "run_closed")
    again = await client.post(f"/runs/{run}/closing", json={}, headers=recipient | {"If-Match": '"2"'})
    assert_problem(again, 409, "run_closed")
    assert [each["id"] for each in (await house.get("/runs", only_open=True, limit=200))["runs"]].count(run) == 0


async def test_another_units_run_is_not_there_and_the_attempt_is_on_the_ledger(house: House) -> None:
    run, sent = await house.run(), await house.taken_on()
    play = house.world.play
    other = play.keys.party("referral", Role.RECEIVE, unit=VISITING) | {"If-Match": '"1"'}
    before = await counted(play.dbs.admin("referral"))
    number = {"X-Request-Id": str(uuid4())}
    assert_problem(await play.referral.get(f"/runs/{run}", headers=other | number), 404, "not_there")
    assert await counted(play.dbs.admin("referral")) == refused_once(before)
    (entry,) = await entries_of(play.dbs.admin("referral"), number["X-Request-Id"])
    assert entry["kind"] == "access_refused"
    for method, path, body in (
        ("PATCH", f"/runs/{run}", {"places": 9}),
        ("POST", f"/runs/{run}/closing", {}),
        ("GET", f"/runs/{run}/waiting", None),
        ("POST", f"/runs/{run}/invitations", {"count": 1}),
    ):
        assert_problem(await play.referral.request(method, path, json=body, headers=other), 404, "not_there")
    theirs = (await play.referral.get("/runs", headers=other)).json()["runs"]
    assert run not in [each["id"] for each in theirs]
    assert_problem(await house.step(sent, "place", {"run": str(uuid4())}), 404, "not_there")


async def test_the_same_post_of_a_run_makes_one(house: House) -> None:
    client, headers = house.world.play.referral, house.world.play.recipient() | {"Idempotency-Key": str(uuid4())}
    body = {"offer": house.offer, "starts_on": "2027-01-11", "places": 4}
    first, second = [await client.post("/runs", json=body, headers=headers) for _ in range(2)]
    assert first.json() == second.json()
    assert second.headers["idempotency-replayed"] == "true"


@pytest.mark.parametrize(
    "wrong",
    [{"places": 0}, {"places": -1}, {"places": 10_001}, {"places": "8"}, {"places": True}, {"starts_on": "11/1-2027"},
     {"starts_on": 0}, {"offer": "to tilbud"}, {"offer": "610190-1234"}, {"offer": ""}, {"named": "x"}],
)  # fmt: skip
async def test_a_run_that_is_wrong_in_a_field_is_refused(house: House, wrong: dict[str, Any]) -> None:
    body = {"offer": house.offer, "starts_on": "2027-01-11", "places": 4} | wrong
    answer = await house.world.play.referral.post("/runs", json=body, headers=house.world.play.recipient())
    assert_problem(answer, 422)
    assert "610190" not in answer.text


@pytest.mark.parametrize("offer", ["no-such-offer", "old-group"])
async def test_a_run_and_a_list_are_of_an_offer_that_is_in_the_directory_and_goes_on(house: House, offer: str) -> None:
    body = {"offer": offer, "starts_on": "2027-01-11", "places": 4}
    answer = await house.world.play.referral.post("/runs", json=body, headers=house.world.play.recipient())
    assert_problem(answer, 422, "unknown_offer")
    assert_problem(await house.put_on_list(await house.taken_on(), offer=offer), 422, "unknown_offer")


@pytest.mark.parametrize("wrong", [{}, {"places": 0}, {"places": None}, {"offer": "another"}])
async def test_a_change_that_is_wrong_in_a_field_is_refused(house: House, wrong: dict[str, Any]) -> None:
    run = await house.run()
    headers = house.world.play.recipient() | {"If-Match": '"1"'}
    assert_problem(await house.world.play.referral.patch(f"/runs/{run}", json=wrong, headers=headers), 422)


async def test_the_run_is_part_of_the_course_and_hidden_with_it(house: House) -> None:
    """Which group a family goes to is the recipient's telling (R23)."""
    run = await house.run()
    sent = await placed(house, run)
    assert (await house.world.task(sent))["run"] == run
    house.world.consent.permit([], "family-house", "region-midwifery")
    hidden = await house.world.play.read(sent.referral, house.world.play.sender())
    assert hidden.json()["tasks"][0]["run"] is None
    assert run not in hidden.text
