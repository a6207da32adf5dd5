"""The same post twice is one post, and of two answers to one version one is given."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from services.referral.actions.context import unless_moved
from shared.problems import StaleVersion
from tests.support.story import Sent, Story
from tests.support.town import FAMILY_HOUSE, assert_problem, rows
from tests.support.wire import message_in, referral_in


async def _post(play: Story, body: dict[str, Any], headers: dict[str, str], path: str) -> httpx.Response:
    return await play.referral.post(path, json=body, headers=headers)


async def test_twenty_equal_posts_at_once_are_one_referral(play: Story) -> None:
    subject, once = await play.person(), play.sender() | {"Idempotency-Key": str(uuid4())}
    body = referral_in(subject)
    answers = await asyncio.gather(*[_post(play, body, once, "/referrals") for _ in range(20)])
    assert {answer.status_code for answer in answers} == {201}
    (number,) = {answer.json()["id"] for answer in answers}
    assert sum("idempotency-replayed" in answer.headers for answer in answers) == 19
    sql = "SELECT 1 FROM piece WHERE subject = $1 AND referral_id = $2"
    assert len(await rows(play.dbs.admin("referral"), sql, UUID(subject), UUID(number))) == 3
    assert_problem(await _post(play, body | {"offers": []}, once, "/referrals"), 409, "idempotency_conflict")


async def test_twenty_equal_messages_at_once_are_one(play: Story) -> None:
    sent = await play.received()
    once = play.recipient() | {"Idempotency-Key": str(uuid4())}
    body, path = message_in(sent.subject), f"/tasks/{sent.task}/messages"
    answers = await asyncio.gather(*[_post(play, body, once, path) for _ in range(20)])
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert {str(answer.json()["withheld"]) for answer in answers} == {str(answers[0].json()["withheld"])}


async def test_a_message_sent_again_is_the_same_though_the_task_has_ended_meanwhile(play: Story) -> None:
    sent = await play.received()
    once = play.recipient() | {"Idempotency-Key": str(uuid4())}
    body, path = message_in(sent.subject), f"/tasks/{sent.task}/messages"
    first = await _post(play, body, once, path)
    assert (await play.decline(sent.task, 3)).status_code == 200
    again = await _post(play, body, once, path)
    assert (again.status_code, again.json()["id"]) == (201, first.json()["id"])
    assert again.json()["withheld"] == first.json()["withheld"]
    assert_problem(await _post(play, body, play.recipient(), path), 409, "wrong_state")


async def test_of_two_acceptances_of_one_version_one_is_made(play: Story) -> None:
    sent = await play.received()
    answers = await asyncio.gather(*[play.accept(sent.task, 2) for _ in range(2)])
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    sql = "SELECT 1 FROM ledger_entry WHERE entry->>'kind' = 'task_accepted' AND entry->>'referral' = $1"
    assert len(await rows(play.dbs.admin("referral"), sql, sent.referral)) == 1


@pytest.mark.parametrize("step", ["acceptance", "decline"])
@pytest.mark.parametrize(
    ("tag", "status", "code"),
    [
        (None, 428, "version_required"),
        ('"1"', 412, "stale_version"),
        ('"99"', 412, "stale_version"),
        ("2", 412, "stale_version"),
        ("*", 412, "stale_version"),
        ('"2" "2"', 412, "stale_version"),
        ('"' + "9" * 40 + '"', 412, "stale_version"),
    ],
)
async def test_an_answer_names_the_version_it_was_read_at(
    play: Story, step: str, tag: str | None, status: int, code: str
) -> None:
    sent: Sent = await play.received()
    headers = play.recipient(FAMILY_HOUSE) | ({"If-Match": tag} if tag else {})
    body = {"reason": "no_capacity", "no_alternative": True} if step == "decline" else {}
    assert_problem(await _post(play, body, headers, f"/tasks/{sent.task}/{step}"), status, code)


async def test_a_weak_tag_is_no_version(play: Story) -> None:
    """If-Match compares strongly (RFC 9110, 13.1.1): of a weak tag nobody knows just what was read."""
    sent = await play.received()
    headers = play.recipient() | {"If-Match": 'W/"2"'}
    refused = await _post(play, {}, headers, f"/tasks/{sent.task}/acceptance")
    assert_problem(refused, 428, "version_required")


async def test_two_first_readings_at_once_are_one_receipt(play: Story) -> None:
    sent = await play.sent()
    answers = await asyncio.gather(*[play.read(sent.referral, play.recipient()) for _ in range(5)])
    assert {(answer.status_code, answer.json()["tasks"][0]["state"]) for answer in answers} == {(200, "received")}
    assert [each["kind"] for each in await play.events(play.sender(), sent.referral)] == ["sent", "received"]


async def test_different_questions_at_once_are_all_kept(play: Story) -> None:
    sent = await play.received()
    path = f"/tasks/{sent.task}/messages"
    bodies = [message_in(sent.subject) for _ in range(6)]
    answers = await asyncio.gather(*[_post(play, body, play.recipient(), path) for body in bodies])
    stored = await rows(play.dbs.admin("referral"), "SELECT id FROM message WHERE task_id = $1", UUID(sent.task))
    assert {str(row["id"]) for row in stored} == {each.json()["id"] for each in answers if each.status_code == 201}
    assert [answer.status_code for answer in answers] == [201] * 6
    assert len(stored) == 6


async def test_taking_back_needs_no_version_though_the_recipient_reads_at_that_moment(play: Story) -> None:
    for _ in range(6):
        sent = await play.sent()
        taken_back, *_ = await asyncio.gather(
            play.referral.post(f"/referrals/{sent.referral}/withdrawal", json={}, headers=play.sender()),
            *[play.read(sent.referral, play.recipient()) for _ in range(3)],
        )
        assert taken_back.status_code == 201
        assert [task["state"] for task in taken_back.json()["tasks"]] == ["withdrawn"]


@pytest.mark.parametrize("moves", [0, 1, 7])
async def test_what_needs_no_version_is_done_anew_as_often_as_the_task_moves(moves: int) -> None:
    done: list[int] = []

    async def attempt() -> int:
        done.append(1)
        if len(done) <= moves:
            raise StaleVersion
        return len(done)

    assert await unless_moved(attempt) == moves + 1


async def test_a_task_that_never_rests_is_said_to_have_moved() -> None:
    async def attempt() -> None:
        raise StaleVersion

    with pytest.raises(StaleVersion):
        await unless_moved(attempt)
