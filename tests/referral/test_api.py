"""The family's story in small, over the real services: waiting, sent, read, asked, answered, accepted, withdrawn."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from tests.support.story import Story
from tests.support.town import (
    FAMILY_HOUSE,
    JOBCENTER,
    MIDWIFERY,
    VISITING,
    assert_problem,
    entries_of,
    messages_of,
    rows,
)
from tests.support.wire import message_in, referral_in


def words(answer: Any) -> list[str]:
    return [each["text"] for each in answer.json()["information"] if each["text"]]


async def test_the_story(play: Story) -> None:
    subject = await play.person()
    posted = await play.post(subject)
    number, task = posted["id"], posted["tasks"][0]
    assert (task["state"], {each["reason"] for each in task["missing"]}) == ("awaiting_consent", {"no_consent"})
    assert_problem(await play.read(number, play.recipient()), 404, "not_there")

    consent = await play.say_yes(subject, posted["need"])
    await play.reconsider(number)
    read = await play.read(number, play.recipient())
    assert words(read) == ["Jeg vil gerne møde andre.", "Sover dårligt."]
    assert [each["offer"] for each in read.json()["information"]].count("network-group") == 1
    assert read.json()["tasks"][0]["state"] == "received"

    asked = await play.referral.post(
        f"/tasks/{task['id']}/messages", json=message_in(subject), headers=play.recipient()
    )
    assert asked.status_code == 201
    assert asked.json()["withheld"][0]["reason"] == "recipient_not_named"
    answered = await play.referral.post(
        f"/tasks/{task['id']}/messages", json=message_in(subject, "answer"), headers=play.sender()
    )
    assert (answered.status_code, answered.json()["withheld"]) == (201, [])

    version = (await play.read(number, play.recipient())).headers["etag"].strip('"')
    accepted = await play.accept(task["id"], int(version))
    assert accepted.json()["state"] == "accepted"
    kinds = [event["kind"] for event in await play.events(play.recipient(), number)]
    assert kinds == ["referral_arrived", "answer"]
    heard = await play.events(play.sender(), number)
    assert [event["kind"] for event in heard] == ["sent", "received", "question", None]
    assert heard[-1]["withheld"] == "recipient_not_named"

    await play.say_yes_to_the_course(subject, posted["need"])
    assert [event["kind"] for event in await play.events(play.sender(), number)][-1] == "accepted"

    payload = await play.withdraw_consent(consent)
    after = (await play.read(number, play.recipient())).json()
    assert after["information"] == []
    assert {each["reason"] for each in after["withheld"]} == {"withdrawn"}
    told = await play.tell_of_consent(payload)
    assert told.json() == {"referrals": 1}
    await play.carry()
    assert (await play.read(number, play.sender())).json()["tasks"][0]["state"] == "consent_ended"
    assert [event["kind"] for event in await play.events(play.recipient(), number)][-1] == "consent_ended"


async def test_a_recipients_own_word_opens_nothing_that_was_told_to_it(play: Story) -> None:
    """R18: only who would tell may record the consent to it; both ways or the lifting of a no is no way round."""
    subject = await play.person()
    posted = await play.post(subject)
    number, need = posted["id"], posted["need"]
    await play.say_yes(subject, need, categories=["own_wish"])
    await play.reconsider(number)
    mine = {"sender": FAMILY_HOUSE, "recipients": [MIDWIFERY], "categories": ["own_wish", "health"]}
    await play.say_yes(subject, need, **mine, mutual=True)
    assert words(await play.read(number, play.recipient())) == ["Jeg vil gerne møde andre."]


async def test_both_ways_lets_the_sender_hear_from_the_recipient(play: Story) -> None:
    subject = await play.person()
    posted = await play.post(subject)
    await play.say_yes(subject, posted["need"], mutual=True)
    await play.reconsider(posted["id"])
    await play.read(posted["id"], play.recipient())
    asked = await play.referral.post(
        f"/tasks/{posted['tasks'][0]['id']}/messages", json=message_in(subject), headers=play.recipient()
    )
    assert (asked.status_code, asked.json()["withheld"]) == (201, [])


async def test_each_step_is_on_the_ledger(play: Story) -> None:
    sent = await play.received()
    await play.say(sent, "question", play.recipient())
    await play.say(sent, "answer", play.sender())
    await play.accept(sent.task, 4)
    await play.referral.post(f"/referrals/{sent.referral}/withdrawal", json={}, headers=play.sender())
    sql = (
        "SELECT entry->>'kind' AS kind, entry::text AS entry FROM ledger_entry WHERE entry->>'referral' = $1 ORDER BY n"
    )
    found = await rows(play.dbs.admin("referral"), sql, sent.referral)
    assert [row["kind"] for row in found] == [
        "referral_posted",
        "task_received",
        "message_kept",
        "message_kept",
        "task_accepted",
        "task_withdrawn",
        "referral_withdrawn",
    ]
    told = "".join(row["entry"] for row in found)
    assert not [word for word in ("Sover", "møde", "stået", "network-group") if word in told]


async def test_a_referral_that_waits_leaves_a_message_to_the_worker_when_consent_may_be_on_its_way(play: Story) -> None:
    subject, sent = await play.person(), {"X-Request-Id": str(uuid4())}
    await play.post(subject, play.sender() | sent, need=str(uuid4()))
    assert [topic for topic, _ in await messages_of(play.dbs.admin("referral"), sent["X-Request-Id"])] == ["reconsider"]
    (entry,) = await entries_of(play.dbs.admin("referral"), sent["X-Request-Id"])
    assert entry["kind"] == "referral_posted"
    assert entry["tasks"] == {FAMILY_HOUSE: "awaiting_consent"}


async def test_each_recipient_gets_what_it_was_named_for(play: Story) -> None:
    subject, need = await play.person(), str(uuid4())
    await play.say_yes(subject, need)
    await play.say_yes(subject, need, recipients=[VISITING], categories=["own_wish"])
    posted = await play.post(subject, need=need, recipients=[FAMILY_HOUSE, VISITING, JOBCENTER])
    assert {each["recipient"]: each["state"] for each in posted["tasks"]} == {
        FAMILY_HOUSE: "sent",
        VISITING: "sent",
        JOBCENTER: "awaiting_consent",
    }
    assert len(words(await play.read(posted["id"], play.recipient(FAMILY_HOUSE)))) == 2
    visitor = await play.read(posted["id"], play.recipient(VISITING))
    assert words(visitor) == ["Jeg vil gerne møde andre."]
    assert [(each["category"], each["reason"]) for each in visitor.json()["withheld"]] == [
        ("health", "category_not_named")
    ]
    assert_problem(await play.read(posted["id"], play.recipient(JOBCENTER)), 404, "not_there")


async def test_consents_word_is_heard_once(play: Story) -> None:
    sent = await play.sent()
    payload = {"id": str(uuid4()), "kind": "consent_given", "need": sent.need, "subject": sent.subject}
    answers = await asyncio.gather(*[play.tell_of_consent(payload) for _ in range(5)])
    assert sorted(answer.json()["referrals"] for answer in answers) == [0, 0, 0, 0, 1]


async def test_what_was_taken_back_before_it_went_out_was_never_there_for_its_recipient(play: Story) -> None:
    subject = await play.person()
    posted = await play.post(subject)
    taken = await play.referral.post(f"/referrals/{posted['id']}/withdrawal", json={}, headers=play.sender())
    assert taken.json()["tasks"][0]["state"] == "never_sent"
    await play.say_yes(subject, posted["need"])
    await play.reconsider(posted["id"])
    assert_problem(await play.read(posted["id"], play.recipient()), 404, "not_there")
    assert await play.events(play.recipient(), posted["id"]) == []
    listed = (await play.referral.get("/tasks", params={"limit": 200}, headers=play.recipient())).json()["tasks"]
    assert posted["id"] not in {each["referral"] for each in listed}


async def test_the_work_list_shows_what_went_out_and_nothing_of_the_family(play: Story) -> None:
    waiting, sent = await play.post(await play.person()), await play.sent()
    after, lines = "", list[dict[str, Any]]()
    while True:
        told = {"limit": 200} | ({"after": after} if after else {})
        page = (await play.referral.get("/tasks", params=told, headers=play.recipient())).json()
        lines += page["tasks"]
        if page["next"] is None:
            break
        after = page["next"]
    found = {each["referral"]: each for each in lines}
    assert waiting["id"] not in found
    line = found[sent.referral]
    assert line.keys() == {
        "id", "referral", "sender", "purpose", "kind", "priority", "state", "turn", "version", "changed_at",
        "answer_by", "offer_by", "overdue", "allowed",
    }  # fmt: skip
    assert (line["state"], line["turn"], line["overdue"]) == ("sent", "recipient", None)


@pytest.mark.parametrize("answer", ["accepted", "declined"])
async def test_no_way_round_lets_the_sender_hear_an_answer_that_consent_does_not_cover(
    play: Story, answer: str
) -> None:
    """Not by reading, answering, taking back or sending the same post again (R26: the course has a kind too)."""
    subject, need = await play.person(), str(uuid4())
    await play.say_yes(subject, need)
    once = play.sender() | {"Idempotency-Key": str(uuid4())}
    body = referral_in(subject, need=need)
    posted = (await play.referral.post("/referrals", json=body, headers=once)).json()
    task = posted["tasks"][0]["id"]
    await play.read(posted["id"], play.recipient())
    answered = await (play.accept if answer == "accepted" else play.decline)(task, 2)
    assert answered.json()["state"] == answer
    path = f"/tasks/{task}/messages"
    got = [
        await play.referral.post("/referrals", json=body, headers=once),
        await play.read(posted["id"], play.sender()),
        await play.referral.post(path, json=message_in(subject, "answer"), headers=play.sender()),
        await play.referral.get("/events", headers=play.sender()),
    ]
    assert got[2].status_code == 201, "whether an answer is taken would tell what was decided"
    withdrawal = f"/referrals/{posted['id']}/withdrawal"
    got.append(await play.referral.post(withdrawal, json={}, headers=play.sender()))
    assert got[-1].status_code == 201
    heard = "".join(str(await play.events(play.sender(), posted["id"])))
    assert not [each.text for each in got[:3] + got[4:] if answer in each.text or "no_capacity" in each.text]
    assert f"'{answer}'" not in heard
    assert got[0].json()["tasks"][0]["withheld"] == "recipient_not_named"


async def test_taking_back_does_not_tell_what_another_recipient_answered(play: Story) -> None:
    subject, need = await play.person(), str(uuid4())
    await play.say_yes(subject, need, recipients=[FAMILY_HOUSE, VISITING])
    posted = await play.post(subject, need=need, recipients=[FAMILY_HOUSE, VISITING])
    tasks = {each["recipient"]: each["id"] for each in posted["tasks"]}
    await play.read(posted["id"], play.recipient())
    assert (await play.decline(tasks[FAMILY_HOUSE], 2)).status_code == 200
    answer = await play.referral.post(f"/referrals/{posted['id']}/withdrawal", json={}, headers=play.sender())
    states = {each["recipient"]: (each["state"], each["reason"]) for each in answer.json()["tasks"]}
    assert states == {FAMILY_HOUSE: (None, None), VISITING: ("withdrawn", None)}


async def test_the_feed_never_skips_what_a_slower_transaction_commits_later(play: Story) -> None:
    sent = await play.sent()
    url, add = (
        play.dbs.app("referral"),
        "INSERT INTO event (id, unit, kind, referral_id, task_id, at) VALUES ($1, $2, $3, $4, $5, now())",
    )
    slow, fast = await asyncpg.connect(url), await asyncpg.connect(url)
    unit = VISITING
    begun = slow.transaction()
    await begun.start()
    late, early = uuid4(), uuid4()
    await slow.execute(add, late, unit, "late", UUID(sent.referral), UUID(sent.task))
    await fast.execute(add, early, unit, "question", UUID(sent.referral), UUID(sent.task))
    assert await play.events(play.recipient(unit), sent.referral) == []
    await begun.commit()
    assert [each["kind"] for each in await play.events(play.recipient(unit), sent.referral)] == ["late", "question"]
    await slow.close()
    await fast.close()


async def test_looking_anew_changes_nothing_when_consent_has_not_changed(play: Story) -> None:
    sent = await play.received()
    await play.reconsider(sent.referral)
    assert (await play.read(sent.referral, play.sender())).json()["tasks"][0]["state"] == "received"
    await play.reconsider(str(uuid4()))
    assert [each["kind"] for each in await play.events(play.sender(), sent.referral)] == ["sent", "received"]


async def test_units_know_the_sender(play: Story) -> None:
    sent = await play.received()
    told = (await play.read(sent.referral, play.recipient())).json()
    assert (told["sender"], told["you_are"]) == (MIDWIFERY, "recipient")
