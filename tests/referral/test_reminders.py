"""What is late is told once to those who can do something about it, and never tells what may not be told."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from services.referral import worker
from services.referral.domain.reminding import Due, Patience, Reminder
from services.referral.store.reminders import WANTED
from shared.auth import Role
from shared.clock import now
from shared.db import Database
from tests.referral.deciding import World
from tests.referral.families import parent
from tests.referral.holding import EVER, House
from tests.support.story import Sent
from tests.support.town import FAMILY_HOUSE, MIDWIFERY, VISITING, assert_problem, rows
from tests.support.wire import message_in

DAY = timedelta(days=1)
LATE = "SELECT count(*) AS n FROM reminder WHERE task_id = $1"


@pytest.fixture
def house(world: World) -> House:
    """The family house, and somebody it helps."""
    return House(world)


async def reminded(house: House, sent: Sent) -> int:
    """Return how many reminders were sent of a task."""
    (row,) = await rows(house.world.play.dbs.admin("referral"), LATE, UUID(sent.task))
    return int(row["n"])


async def test_the_recipient_is_reminded_before_and_both_when_it_is_late(house: House) -> None:
    sent = await house.received()
    await house.look()
    assert (await house.heard(sent))[0] == []
    await house.due(sent, answer_by=-2 * DAY)
    await house.look()
    at_house, at_midwives = await house.heard(sent)
    assert at_house == ["due_soon"]
    assert at_midwives == ["sent", "received"]
    await house.due(sent, answer_by=DAY)
    await house.look()
    at_house, at_midwives = await house.heard(sent)
    assert (at_house, at_midwives[-1]) == (["due_soon", "late"], "late")
    await house.due(sent, answer_by=8 * DAY)
    await house.look()
    at_house, at_midwives = await house.heard(sent)
    assert (at_house, at_midwives[-2:]) == (["due_soon", "late"], ["late", "escalated"])


async def test_each_reminder_is_sent_once_by_however_many_workers(house: House) -> None:
    sent = [await house.received() for _ in range(5)]
    for each in sent:
        await house.due(each, answer_by=8 * DAY)
    await asyncio.gather(*(house.look() for _ in range(3)))
    await house.look()
    for each in sent:
        assert (await house.heard(each))[0] == ["late"]
        assert (await house.heard(each))[1].count("escalated") == 1
        assert await reminded(house, each) == 2


async def test_a_question_stops_the_clock_and_nothing_gets_late_till_it_is_answered(house: House) -> None:
    sent = await house.received()
    play = house.world.play
    await house.due(sent, answer_by=timedelta(seconds=-30))
    assert (await play.say(sent, "question", play.recipient())).status_code == 201
    await house.look(now() + 20 * DAY)
    assert (await house.heard(sent))[0] == []
    path = f"/tasks/{sent.task}/messages"
    assert (
        await play.referral.post(path, json=message_in(sent.subject, "answer"), headers=play.sender())
    ).status_code == 201
    await house.look(now() + 20 * DAY)
    assert (await house.heard(sent))[0] == ["late"]


async def test_what_was_answered_in_time_or_has_ended_is_reminded_of_by_nobody(house: House) -> None:
    accepted, declined, back = await house.taken_on(), await house.received(), await house.received()
    await house.world.play.decline(declined.task, 2)
    await house.world.play.referral.post(
        f"/referrals/{back.referral}/withdrawal", json={}, headers=house.world.play.sender()
    )
    for each in (accepted, declined, back):
        await house.due(each, answer_by=9 * DAY)
    await house.look()
    assert [await reminded(house, each) for each in (accepted, declined, back)] == [0, 0, 0]


async def test_an_offer_that_has_not_begun_is_late_by_itself(house: House) -> None:
    sent, begun = await house.taken_on(), await house.taken_on()
    await house.step(begun, "start", {})
    for each in (sent, begun):
        await house.due(each, answer_by=40 * DAY, offer_by=DAY)
    await house.look()
    assert (await house.heard(sent))[0] == ["late"]
    assert (await house.heard(sent))[1][-2:] == ["accepted", "late"]
    assert (await house.heard(begun))[0] == []


async def test_a_sender_who_may_not_hear_the_course_cannot_tell_yes_from_no_by_what_is_late(house: House) -> None:
    """After a yes an offer gets late and after a no nothing does: neither may show (R23)."""
    told: list[Any] = []
    for how in ("accept", "decline"):
        sent = await house.received(course=False)
        await (house.world.play.accept if how == "accept" else house.world.play.decline)(sent.task, 2)
        await house.due(sent, answer_by=60 * DAY, offer_by=9 * DAY)
        await house.look()
        listed = await house.world.play.referral.get(
            "/referrals/late", params={"limit": 200}, headers=house.world.play.sender()
        )
        mine = [each for each in listed.json()["late"] if each["referral"] == sent.referral]
        told.append(((await house.heard(sent))[1], mine))
        assert await reminded(house, sent) == (2 if how == "accept" else 0), "or the test would pass for nothing"
    assert told[0] == told[1] == (["sent", "received", None], [])


async def test_once_the_course_may_be_told_the_sender_hears_that_it_is_late(house: House) -> None:
    sent = await house.taken_on(course=False)
    await house.due(sent, offer_by=9 * DAY)
    await house.look()
    house.world.consent.permit([(sent.subject, "course")], FAMILY_HOUSE, MIDWIFERY)
    assert (await house.heard(sent))[1] == ["sent", "received", "accepted", "late", "escalated"]


async def test_a_late_answer_is_told_even_where_the_course_may_not_be(house: House) -> None:
    """That nobody has answered tells nothing of an answer."""
    sent = await house.received(course=False)
    await house.due(sent, answer_by=DAY)
    await house.look()
    assert (await house.heard(sent))[1][-1] == "late"


async def test_a_coordinator_at_the_recipients_is_called_too_and_a_stranger_is_not(house: House) -> None:
    for unit, expected in ((FAMILY_HOUSE, ["late", "escalated"]), (VISITING, ["late"])):
        sent = await house.received()
        body = {"unit": unit, "user": "user-7", "since": "2026-05-04"}
        path = f"/courses/{sent.need}/coordinator"
        assert (
            await house.world.play.referral.put(path, json=body, headers=house.world.play.sender())
        ).status_code == 200
        await house.due(sent, answer_by=8 * DAY)
        await house.look()
        assert (await house.heard(sent))[0] == expected
        assert await house.world.play.events(house.world.play.recipient(VISITING), sent.referral) == []


async def test_a_look_that_begins_where_the_last_one_ended_finds_what_got_late_since(house: House) -> None:
    sent, long_ago = await house.received(), await house.received()
    await house.due(sent, answer_by=DAY)
    await house.due(long_ago, answer_by=30 * DAY)
    await house.look(since=now() - 14 * DAY)
    assert (await house.heard(sent))[0] == ["late"]
    assert (await house.heard(long_ago))[0] == []
    await house.look(since=EVER)
    assert (await house.heard(long_ago))[0] == ["late"], "the first look of a worker goes through everything"


async def test_every_reminder_is_on_the_ledger_without_a_word(house: House) -> None:
    sent = await house.received()
    await house.due(sent, answer_by=DAY)
    await house.look()
    (row,) = await rows(
        house.world.play.dbs.admin("referral"),
        "SELECT entry::text AS told FROM ledger_entry WHERE entry->>'kind' = 'task_reminded' AND entry->>'task' = $1",
        sent.task,
    )  # fmt: skip
    assert '"reminder":"late"' in row["told"]
    assert '"due":"answer"' in row["told"]
    assert sent.subject not in row["told"]


async def test_the_worker_goes_on_looking_after_the_database_was_away(house: House) -> None:
    sent = await house.received()
    await house.due(sent, answer_by=DAY)
    database = Database(house.world.play.dbs.app("referral"), 1, "reminding")
    looking = asyncio.create_task(worker.reminding(database, Patience(), 0.01))
    await asyncio.sleep(0.05)
    assert (await reminded(house, sent), looking.done()) == (0, False)
    await database.open()
    for _ in range(500):
        if await reminded(house, sent):
            break
        await asyncio.sleep(0.02)
    assert await reminded(house, sent) == 1
    looking.cancel()
    with suppress(asyncio.CancelledError):
        await looking
    await database.close()


@pytest.mark.parametrize("due", Due)
async def test_the_worker_asks_an_index_that_holds_only_what_runs(house: House, due: Due) -> None:
    """A million tasks that have ended cost a look nothing."""
    connection = await asyncpg.connect(house.world.play.dbs.admin("referral"))
    for other_way in ("seqscan", "bitmapscan", "sort", "incremental_sort"):  # only the index gives the order by itself
        await connection.execute(f"SET enable_{other_way} = off")
    arguments = (EVER, now(), EVER, uuid4(), Reminder.LATE, 200)
    plan = await connection.fetch(f"EXPLAIN {WANTED[due]}", *arguments)
    await connection.close()
    assert f"using task_{due}_due" in "\n".join(row[0] for row in plan)


async def test_the_unit_lists_what_it_is_late_with_and_nobody_elses(house: House) -> None:
    late, in_time, asked = [await house.received() for _ in range(3)]
    for each in (late, asked):
        await house.due(each, answer_by=DAY)
    await house.world.play.say(asked, "question", house.world.play.recipient())
    told = {each["id"]: each for each in (await house.get("/tasks/late", limit=200))["tasks"]}
    assert told[late.task]["due"] == "answer"
    assert not {in_time.task, asked.task} & told.keys()
    assert late.subject not in str(told)
    other = await house.world.play.referral.get("/tasks/late", headers=house.world.play.recipient(VISITING))
    assert late.task not in other.text


async def test_the_sender_lists_what_others_are_late_with_in_full_pages(house: House) -> None:
    """A page that is short although more follows would tell of what may not be told."""
    shown = [await house.received(course=False) for _ in range(3)]
    hidden = [await house.taken_on(course=False) for _ in range(3)]
    last = await house.received(course=False)
    for each in (*shown, *hidden, last):
        await house.due(each, answer_by=DAY, offer_by=DAY)
    found: list[str] = []
    after: dict[str, Any] = {}
    while True:
        answer = await house.world.play.referral.get(
            "/referrals/late", params={"limit": 2} | after, headers=house.world.play.sender()
        )
        assert answer.status_code == 200
        page = answer.json()
        found += [each["task"]["id"] for each in page["late"]]
        if page["next"] is None:
            break
        assert len(page["late"]) == 2
        after = {"after": page["next"]}
    assert [task for task in found if task in {each.task for each in (*shown, *hidden, last)}] == [
        each.task for each in (*shown, last)
    ]


async def test_what_is_late_is_not_shown_while_consent_does_not_answer_after_a_yes_or_a_no(house: House) -> None:
    for how in (house.world.play.accept, house.world.play.decline):
        sent = await house.received(course=False)
        await how(sent.task, 2)
        await house.due(sent, offer_by=DAY)
        house.world.consent.down_for = frozenset({"hear"})
        answer = await house.world.play.referral.get("/referrals/late", headers=house.world.play.sender())
        assert_problem(answer, 503, "unavailable")
        house.world.consent.down_for = frozenset()


async def test_the_sender_hands_the_follow_up_over_wherever_the_task_stands(house: House) -> None:
    sent, hidden = await house.received(), await house.taken_on(course=False)
    play = house.world.play
    for each in (sent, hidden):
        answer = await play.referral.put(f"/tasks/{each.task}/owner", json={"user": "user-7"}, headers=play.sender())
        assert (answer.status_code, answer.json()["follow_up_owner"]) == (200, "user-7")
        found = await rows(
            play.dbs.admin("referral"),
            "SELECT entry->>'owner' AS owner, entry->>'before' AS before FROM ledger_entry "
            "WHERE entry->>'kind' = 'task_owner_changed' AND entry->>'task' = $1", each.task,
        )  # fmt: skip
        assert [(row["owner"], row["before"]) for row in found] == [("user-7", "midwife-1")]
    assert (answer.json()["state"], "etag" in answer.headers) == (None, False)


async def test_the_recipient_does_not_choose_who_follows_up_for_the_sender(house: House) -> None:
    sent = await house.received()
    both = house.world.play.keys.party("referral", Role.REFER, Role.RECEIVE, unit=FAMILY_HOUSE)
    answer = await house.world.play.referral.put(f"/tasks/{sent.task}/owner", json={"user": "user-7"}, headers=both)
    assert_problem(answer, 409, "not_your_turn")


@pytest.mark.parametrize("wrong", [{}, {"user": ""}, {"user": "Anna Hansen"}, {"user": "6101901234"}, {"user": 7}])
async def test_an_owner_that_is_no_users_code_is_refused(house: House, wrong: dict[str, Any]) -> None:
    sent = await house.received()
    answer = await house.world.play.referral.put(
        f"/tasks/{sent.task}/owner", json=wrong, headers=house.world.play.sender()
    )
    assert_problem(answer, 422)
    assert "6101901234" not in answer.text
    assert "Anna" not in answer.text


async def test_whoever_is_asked_is_reminded_once_of_a_question_that_has_waited(house: House) -> None:
    sent = await house.received()
    play = house.world.play
    assert (await play.say(sent, "question", play.recipient())).status_code == 201
    await house.look(now() + 13 * DAY)
    assert "question_waits" not in (await house.heard(sent))[1]
    await asyncio.gather(*(house.look(now() + 15 * DAY) for _ in range(3)))
    await house.look(now() + 16 * DAY)
    at_house, at_midwives = await house.heard(sent)
    assert at_midwives.count("question_waits") == 1
    assert "question_waits" not in at_house


async def test_of_an_answered_question_nobody_is_reminded(house: House) -> None:
    sent = await house.received()
    play = house.world.play
    assert (await play.say(sent, "question", play.recipient())).status_code == 201
    answer = message_in(sent.subject, "answer")
    said = await play.referral.post(f"/tasks/{sent.task}/messages", json=answer, headers=play.sender())
    assert said.status_code == 201
    await house.look(now() + 15 * DAY)
    assert "question_waits" not in (await house.heard(sent))[1]


async def test_somebody_of_the_family_who_is_asked_is_reminded_and_nobody_else(house: House) -> None:
    play, mother, father = house.world.play, parent(house.world), parent(house.world)
    told = [{"subject": each.person, "category": "wellbeing", "text": "x"} for each in (mother, father)]
    kinds = [(each.person, kind) for each in (mother, father) for kind in ("own_wish", "health", "wellbeing")]
    sent = await house.world.posted(*kinds, subject=mother.person, information=told)
    await play.read(sent.referral, play.recipient())
    body = message_in(mother.person) | {"to": "family"}
    said = await play.referral.post(f"/tasks/{sent.task}/messages", json=body, headers=play.recipient())
    assert said.status_code == 201, said.text
    await house.look(now() + 15 * DAY)
    hers = [each["kind"] for each in (await mother.get("/my/events")).json()["events"]]
    assert hers == ["question", "question_waits"]
    assert (await father.get("/my/events")).json()["events"] == []
