"""Threads: who is asked, whose turn it is, and a dialogue of ten thousand messages read part by part."""

import time
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.referral.store.referrals import NEWEST
from shared.ids import new_id
from tests.referral.deciding import World
from tests.support.story import Sent
from tests.support.town import FAMILY_HOUSE, MIDWIFERY, VISITING, assert_problem, rows
from tests.support.wire import message_in


async def begun(world: World, *kinds: str) -> Sent:
    """Post a request and have it read; each may tell the other of some kinds."""
    subject = str(uuid4())
    told = [(subject, each) for each in kinds or ("health", "own_wish")]
    sent = await world.posted(*told, subject=subject)
    world.consent.permit(told, FAMILY_HOUSE, MIDWIFERY)
    await world.play.read(sent.referral, world.play.recipient())
    return sent


async def say(world: World, sent: Sent, who: str, what: str, **more: Any) -> dict[str, Any]:
    """Say something; return the answer, with its status."""
    headers = world.play.sender() if who == "sender" else world.play.recipient()
    path = f"/tasks/{sent.task}/messages"
    answer = await world.play.referral.post(path, json=message_in(sent.subject, what) | more, headers=headers)
    told: dict[str, Any] = answer.json()
    return {"status": answer.status_code} | told


async def fill(world: World, sent: Sent, kinds: list[str], author: str = FAMILY_HOUSE) -> list[str]:
    """Write messages of a thread as though they had been said, one a kind; return their ids, oldest first."""
    admin, numbers = world.play.dbs.admin("referral"), [new_id() for _ in kinds]
    await rows(
        admin,
        "INSERT INTO message (id, task_id, kind, author, author_user, at, to_party) "
        "SELECT m.id, $2, m.kind, $3, 'somebody', now(), CASE WHEN m.kind = 'question' THEN 'sender' END "
        "FROM unnest($1::uuid[], $4::text[]) AS m(id, kind)",
        numbers, UUID(sent.task), author, kinds,
    )  # fmt: skip
    await rows(
        admin,
        "INSERT INTO piece (id, referral_id, message_id, subject, category, author, text, at) "
        "SELECT m.piece, $2, m.id, $3, 'health', $4, 'ord ' || m.place, now() "
        "FROM unnest($1::uuid[], $5::uuid[]) WITH ORDINALITY AS m(id, piece, place)",
        numbers, UUID(sent.referral), UUID(sent.subject), author, [new_id() for _ in kinds],
    )  # fmt: skip
    await rows(admin, "ANALYZE message, piece")
    return [str(each) for each in numbers]


@pytest.mark.parametrize(
    ("who", "to", "state", "turn"),
    [
        ("recipient", None, "in_dialogue", "sender"),
        ("recipient", "sender", "in_dialogue", "sender"),
        ("recipient", "family", "awaiting_family", "family"),
        ("sender", None, "received", "recipient"),
        ("sender", "family", "awaiting_family", "family"),
    ],
)
async def test_a_question_says_whose_turn_it_is_and_stops_the_recipients_clock(
    world: World, who: str, to: str | None, state: str, turn: str
) -> None:
    sent = await begun(world)
    told = await say(world, sent, who, "question", **({"to": to} if to else {}))
    task = await world.task(sent)
    assert (told["status"], task["state"], task["turn"]) == (201, state, turn)
    assert (task["stands_since"] is None) == (turn == "recipient")
    seen = (await world.play.read(sent.referral, world.play.sender())).json()["dialogue"][0]
    assert seen["to"] == (to or ("sender" if who == "recipient" else "recipient"))


async def test_a_step_reads_from_the_writers_own_side_what_is_allowed(world: World) -> None:
    sent = await begun(world)
    asked = await say(world, sent, "recipient", "question")
    answered = await say(world, sent, "sender", "answer")
    assert "accept" in asked["task"]["allowed"]
    assert "accept" not in answered["task"]["allowed"]
    assert "withdraw" in answered["task"]["allowed"]


async def test_who_was_asked_answers_that_question_and_the_others_still_wait(world: World) -> None:
    sent = await begun(world)
    first, second = [(await say(world, sent, "recipient", "question"))["id"] for _ in range(2)]
    assert (await say(world, sent, "sender", "answer", answers=first))["task"]["state"] == "in_dialogue"
    assert (await say(world, sent, "sender", "answer", answers=second))["task"]["state"] == "received"
    again = await say(world, sent, "sender", "answer", answers=first)
    assert (again["status"], again["code"]) == (422, "unknown_message")


async def test_an_answer_that_names_no_question_answers_all_that_waited(world: World) -> None:
    sent = await begun(world)
    for _ in range(3):
        await say(world, sent, "recipient", "question")
    assert (await say(world, sent, "sender", "answer"))["task"]["state"] == "received"


@pytest.mark.parametrize("answers", ["somebody else's", "nowhere's"])
async def test_only_an_open_question_to_oneself_is_answered(world: World, answers: str) -> None:
    sent = await begun(world)
    number = (await say(world, sent, "recipient", "question", to="family"))["id"]
    told = await say(world, sent, "sender", "answer", answers=number if answers == "somebody else's" else str(uuid4()))
    assert (told["status"], told["code"]) == (422, "unknown_message")


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "clarification", "to": "sender"}, {"kind": "question", "to": "system"},
        {"kind": "question", "to": "x"}, {"kind": "question", "answers": str(uuid4())}, {"kind": "proposal"},
        {"information": []},
        {"kind": "answer", "answers": "no"}, {"words": ""},
    ],
)  # fmt: skip
async def test_a_message_that_fits_no_kind_is_malformed(world: World, changes: dict[str, Any]) -> None:
    sent = await begun(world)
    told = await say(world, sent, "recipient", "question", **changes)
    assert (told["status"], told["code"]) == (422, "malformed")


@pytest.mark.parametrize(("who", "code"), [("recipient", "question"), ("sender", "question")])
async def test_nobody_asks_oneself(world: World, who: str, code: str) -> None:
    sent = await begun(world)
    told = await say(world, sent, who, code, to=who)
    assert (told["status"], told["code"]) == (409, "not_your_turn")


async def pages(world: World, sent: Sent, headers: dict[str, str], limit: int) -> list[list[dict[str, Any]]]:
    """Read a thread from its end to its beginning."""
    found, before = [], ""
    while True:
        query = {"limit": str(limit)} | ({"before": before} if before else {})
        answer = await world.play.referral.get(f"/tasks/{sent.task}/messages", params=query, headers=headers)
        assert answer.status_code == 200, answer.text
        found.append(answer.json()["messages"])
        if answer.json()["next"] is None:
            return found
        before = answer.json()["next"]


async def test_ten_thousand_messages_are_read_part_by_part_and_none_is_lost(world: World) -> None:
    """Reading the request reads the newest of them; asking goes on, and whose turn it is stays right."""
    sent = await begun(world)
    numbers = await fill(world, sent, ["question", *["clarification"] * 9_999])
    world.consent.asked.clear()
    started = time.perf_counter()
    seen = (await world.play.read(sent.referral, world.play.sender())).json()
    took = time.perf_counter() - started
    assert [each["id"] for each in seen["dialogue"]] == [numbers[0], *numbers[-NEWEST:]]
    assert seen["dialogue_next"] == [{"task": sent.task, "before": numbers[-NEWEST]}]
    assert took < 3
    found = await pages(world, sent, world.play.sender(), 200)
    assert [each["id"] for page in reversed(found) for each in page] == numbers
    assert {len(page) for page in found} <= {200, 0}
    assert all(each["information"] for page in found for each in page)
    answered = await say(world, sent, "sender", "answer", answers=numbers[0])
    assert answered["status"] == 201, "the oldest question is still open, however much was said since"
    again = (await world.play.read(sent.referral, world.play.sender())).json()
    assert numbers[0] not in {each["id"] for each in again["dialogue"]}


async def test_ten_thousand_open_questions_are_no_more_to_read_than_a_few_hundred(world: World) -> None:
    sent = await begun(world)
    numbers = await fill(world, sent, ["question"] * 10_000)
    seen = (await world.play.read(sent.referral, world.play.sender())).json()
    assert {numbers[0], numbers[-1]} <= {each["id"] for each in seen["dialogue"]}
    assert len(seen["dialogue"]) <= 2 * NEWEST
    assert (await say(world, sent, "sender", "answer"))["task"]["state"] == "received"


async def test_a_page_is_behind_the_same_gate_and_asks_of_that_page_alone(world: World) -> None:
    """R18, R50: what may not be told is withheld there too, and the reading is on the ledger."""
    sent = await begun(world)
    await fill(world, sent, ["clarification"] * 3)
    world.consent.permit([], FAMILY_HOUSE, MIDWIFERY)
    world.consent.asked.clear()
    (page,) = await pages(world, sent, world.play.sender(), 10)
    assert [each["information"] for each in page] == [[], [], []]
    assert {each["withheld"][0]["reason"] for each in page} == {"no_consent"}
    (asked,) = world.consent.asked
    assert (asked.occasion, [sorted(each.categories) for each in asked.questions]) == ("read", [["health"]])
    world.consent.down_for = frozenset({"read"})
    path = f"/tasks/{sent.task}/messages"
    down = await world.play.referral.get(path, headers=world.play.sender())
    assert_problem(down, 503)
    assert "ord" not in down.text
    own = await world.play.referral.get(path, headers=world.play.recipient())
    assert [each["information"][0]["text"] for each in own.json()["messages"]] == ["ord 1", "ord 2", "ord 3"]


async def test_a_thread_is_its_two_parties_alone(world: World) -> None:
    sent = await begun(world)
    for headers in (world.play.recipient(VISITING), world.play.recipient("jobcenter")):
        answer = await world.play.referral.get(f"/tasks/{sent.task}/messages", headers=headers)
        assert_problem(answer, 404, "not_there")


async def test_after_a_no_a_recipient_reads_its_own_words_only(world: World) -> None:
    """R59."""
    sent = await begun(world)
    await say(world, sent, "recipient", "question")
    await say(world, sent, "sender", "answer")
    assert (await world.play.decline(sent.task, 4)).status_code == 200
    (page,) = await pages(world, sent, world.play.recipient(), 10)
    assert [(each["kind"], len(each["information"])) for each in page] == [("question", 1), ("answer", 0)]


@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "201"}, {"before": "x"}, {"before": "6101901234"}])
async def test_a_page_that_cannot_be_is_malformed(world: World, query: dict[str, str]) -> None:
    sent = await begun(world)
    answer = await world.play.referral.get(f"/tasks/{sent.task}/messages", params=query, headers=world.play.sender())
    assert_problem(answer, 422, "malformed")
    assert "6101901234" not in answer.text


async def test_words_said_long_ago_are_corrected_too(world: World) -> None:
    """R57; the old ones are kept and shown as corrected."""
    sent = await begun(world)
    numbers = await fill(world, sent, ["clarification"] * (NEWEST + 5))
    ((piece,),) = await rows(
        world.play.dbs.admin("referral"), "SELECT id::text FROM piece WHERE message_id::text = $1", numbers[0]
    )
    path, body = f"/referrals/{sent.referral}/corrections", {"piece": piece, "text": "sådan var det"}
    assert (await world.play.referral.post(path, json=body, headers=world.play.recipient())).status_code == 204
    found = await pages(world, sent, world.play.sender(), 200)
    old, new = found[-1][0]["information"]
    assert (old["text"], old["corrected_by"], new["text"]) == ("ord 1", new["id"], "sådan var det")
    assert_problem(
        await world.play.referral.post(path, json=body, headers=world.play.recipient()), 409, "already_corrected"
    )
