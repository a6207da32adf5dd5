"""Withdrawal works at once: nothing more is read or delivered, tasks end or are narrowed, all are told once (R23)."""

import asyncio
import random
from contextlib import suppress
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.problems import StaleVersion
from shared.vocabulary import REASON_DANISH, Reason
from tests.referral.deciding import Kind, World
from tests.support.story import Sent
from tests.support.town import FAMILY_HOUSE, assert_problem, commits_failing, counted, rows
from tests.support.wire import referral_in

_ENDINGS = "SELECT payload FROM outbox WHERE topic = 'task_ending' AND payload->>'referral' = $1"


def all_of(subject: str) -> list[Kind]:
    """Return every kind that a referral of the tests tells about its subject."""
    return [(subject, "health"), (subject, "own_wish")]


async def sent_about(world: World, subject: str) -> Sent:
    """Return a referral that went out with everything."""
    return await world.posted(*all_of(subject), subject=subject)


async def about_two(world: World) -> tuple[Sent, str, str]:
    """Return a referral that went out with everything about two persons."""
    first, second = str(uuid4()), str(uuid4())
    told = [*referral_in(first)["information"], *referral_in(second)["information"]]
    kinds = [*all_of(first), (second, "health")]
    return await world.posted(*kinds, subject=first, information=told), first, second


async def seen(world: World, sent: Sent) -> dict[str, Any]:
    """Return what the recipient sees now."""
    answer = await world.play.read(sent.referral, world.play.recipient())
    assert answer.status_code == 200
    told: dict[str, Any] = answer.json()
    return told


async def test_the_very_next_read_shows_nothing_though_no_worker_has_run(world: World) -> None:
    sent = await sent_about(world, str(uuid4()))
    assert len((await seen(world, sent))["information"]) == 3
    world.consent.permit([])
    world.consent.otherwise = "withdrawn"
    after = await seen(world, sent)
    assert (after["information"], {each["reason"] for each in after["withheld"]}) == ([], {"withdrawn"})
    assert after["tasks"][0]["state"] == "received"


async def test_a_withdrawal_between_post_and_delivery_stops_it(world: World) -> None:
    subject = str(uuid4())
    sent = await world.posted(subject=subject)
    assert (await world.task(sent))["state"] == "awaiting_consent"
    world.consent.permit(all_of(subject))
    world.consent.permit([])
    await world.hear(sent)
    assert (await world.task(sent))["state"] == "awaiting_consent"
    assert_problem(await world.play.read(sent.referral, world.play.recipient()), 404, "not_there")
    assert await world.heard(sent) == ([], [])
    assert world.consent.endings_of(sent.referral) == []
    await world.permit(sent, *all_of(subject))
    assert await world.heard(sent) == (["referral_arrived"], ["sent"]), "without a withdrawal it is delivered"


async def test_a_withdrawal_while_the_worker_delivers_shows_nothing_and_ends_it(world: World) -> None:
    """The decision said yes, and the withdrawal was committed before the task was written as sent."""
    subject = str(uuid4())
    sent = await world.posted(subject=subject)
    await world.carry()
    world.consent.permit(all_of(subject))
    world.consent.afterwards = lambda: world.consent.permit([])
    await world.hear(sent)
    world.consent.afterwards = None
    assert (await world.task(sent))["state"] == "consent_ended", "it looks once more, whoever heard the withdrawal"
    assert await world.heard(sent) == (["referral_arrived", "consent_ended"], ["sent", "consent_ended"])
    assert [each.kind for each in world.consent.endings_of(sent.referral)] == ["ended"]


async def test_a_post_kept_while_consent_was_down_is_not_delivered_after_a_withdrawal(world: World) -> None:
    subject = str(uuid4())
    world.consent.permit(all_of(subject))
    world.consent.down_for = frozenset({"send"})
    body = referral_in(subject, need=str(uuid4()))
    answer = await world.play.referral.post("/referrals", json=body, headers=world.play.sender())
    number = assert_problem(answer, 503, "unavailable")["kept"].removeprefix("/api/v1/referrals/")
    world.consent.down_for = frozenset()
    world.consent.permit([])
    await world.carry()
    assert_problem(await world.play.read(number, world.play.recipient()), 404, "not_there")
    assert await world.play.events(world.play.recipient(), number) == []


async def test_a_task_ends_once_all_are_told_and_a_consent_given_anew_opens_it_no_more(world: World) -> None:
    subject = str(uuid4())
    sent = await sent_about(world, subject)
    await world.play.read(sent.referral, world.play.recipient())
    await world.permit(sent)
    assert await world.heard(sent) == (["referral_arrived", "consent_ended"], ["sent", "received", "consent_ended"])
    (ending,) = world.consent.endings_of(sent.referral)
    assert (ending.kind, ending.need, ending.task) == ("ended", UUID(sent.need), UUID(sent.task))
    assert (ending.recipient, ending.subjects) == (FAMILY_HOUSE, (UUID(subject),))
    told = await seen(world, sent)
    assert (told["information"], told["withheld"], told["dialogue"]) == ([], [], [])
    assert [(each["state"], each["state_name"], each["turn"]) for each in told["tasks"]] == [
        ("consent_ended", "Samtykket er ophørt, og der må ikke udveksles mere", "nobody")
    ]
    asked = len(world.consent.asked)
    await world.permit(sent, *all_of(subject))
    again = await seen(world, sent)
    assert (again["information"], again["tasks"][0]["state"]) == ([], "consent_ended")
    assert len(world.consent.asked) == asked, "there is nothing to ask any more"
    assert (await world.heard(sent))[0] == ["referral_arrived", "consent_ended"]
    assert len(world.consent.endings_of(sent.referral)) == 1
    assert_problem(await world.play.say(sent, "question", world.play.recipient()), 409, "wrong_state")
    assert_problem(await world.play.accept(sent.task, 3), 409, "wrong_state")


async def test_where_one_of_two_withdraws_the_task_goes_on_and_all_hear_it_once(world: World) -> None:
    sent, first, second = await about_two(world)
    await world.play.read(sent.referral, world.play.recipient())
    for _ in range(3):
        await world.permit(sent, *all_of(first))
    assert await world.heard(sent) == (["referral_arrived", "consent_changed"], ["sent", "received", "consent_changed"])
    (ending,) = world.consent.endings_of(sent.referral)
    assert (ending.kind, ending.subjects, ending.recipient) == ("narrowed", (UUID(second),), FAMILY_HOUSE)
    assert {each["subject"] for each in (await seen(world, sent))["information"]} == {first}
    assert (await world.task(sent))["state"] == "received"
    stale = await world.play.accept(sent.task, 2)
    assert_problem(stale, 412, "stale_version")
    assert (await world.play.accept(sent.task, 3)).status_code == 200
    await world.permit(sent)
    assert [(each.kind, each.subjects) for each in world.consent.endings_of(sent.referral)[1:]] == [
        ("ended", (UUID(first),))
    ]


@pytest.mark.parametrize("seed", range(6))
async def test_every_narrowing_is_told_once_and_no_widening_is(world: World, seed: int) -> None:
    """Against a model in plain sets, over a walk through what may be told."""
    sent, first, second = await about_two(world)
    dice, kinds = random.Random(seed), [*all_of(first), (second, "health")]  # noqa: S311 - no secret
    open_, expected, told = set(kinds), ["referral_arrived"], []
    for step in range(14):
        fewer = 0 if step == 13 else 1
        now = set(dice.sample(kinds, dice.randint(fewer, len(kinds)) * fewer))
        gone = tuple(sorted({UUID(subject) for subject, _ in open_ - now}))
        await world.permit(sent, *now)
        if gone:
            expected.append("consent_changed" if now else "consent_ended")
            told.append(("narrowed" if now else "ended", gone))
        open_ = now
    assert (await world.heard(sent))[0] == expected
    assert [(each.kind, each.subjects) for each in world.consent.endings_of(sent.referral)] == told
    assert len({each.id for each in world.consent.endings_of(sent.referral)}) == len(told)
    assert expected[-1] == "consent_ended"


async def test_another_reason_for_the_same_changes_nothing_for_anybody(world: World) -> None:
    subject = str(uuid4())
    sent = await world.posted((subject, "health"), subject=subject)
    world.consent.otherwise = "refused"
    await world.permit(sent, (subject, "health"))
    told = await world.task(sent)
    assert (told["version"], [each["reason"] for each in told["missing"]]) == (1, ["refused"])
    assert await world.heard(sent) == (["referral_arrived"], ["sent"])


async def test_many_workers_at_once_tell_of_a_narrowing_once(world: World) -> None:
    subject = str(uuid4())
    sent = await sent_about(world, subject)
    world.consent.permit([(subject, "health")])

    async def look() -> None:
        with suppress(StaleVersion):
            await world.play.reconsider(sent.referral)

    await asyncio.gather(*[look() for _ in range(6)])
    assert await world.heard(sent) == (["referral_arrived", "consent_changed"], ["sent", "consent_changed"])
    assert len(await rows(world.play.dbs.admin("referral"), _ENDINGS, sent.referral)) == 1


@pytest.mark.parametrize("table", ["task", "event", "outbox", "ledger_entry"])
@pytest.mark.parametrize("left", [0, 1], ids=["ended", "narrowed"])
async def test_an_ending_is_written_whole_or_not_at_all(world: World, table: str, left: int) -> None:
    subject = str(uuid4())
    sent = await sent_about(world, subject)
    await world.carry()
    world.consent.permit(all_of(subject)[:left])
    url = world.play.dbs.admin("referral")
    before = await counted(url)
    async with commits_failing(url, [table]):
        with pytest.raises(Exception, match="the commit fails"):
            await world.play.reconsider(sent.referral)
    assert await counted(url) == before
    await world.play.reconsider(sent.referral)
    assert len(await rows(url, _ENDINGS, sent.referral)) == 1


async def test_an_ending_that_consent_cannot_take_is_told_later_as_the_same(world: World) -> None:
    sent = await sent_about(world, str(uuid4()))
    world.consent.down_for = frozenset({"ending"})
    await world.permit(sent)
    assert world.consent.endings_of(sent.referral) == []
    world.consent.down_for = frozenset()
    url = world.play.dbs.admin("referral")
    await rows(url, "UPDATE outbox SET due_at = now() WHERE done_at IS NULL AND payload->>'referral' = $1",
               sent.referral)  # fmt: skip
    await world.carry()
    (row,) = await rows(url, _ENDINGS + " AND payload->>'id' = $2 AND done_at IS NOT NULL", sent.referral,
                        str(world.consent.endings_of(sent.referral)[0].id))  # fmt: skip
    assert row is not None


async def test_a_narrowing_is_on_the_ledger_without_words(world: World) -> None:
    subject = str(uuid4())
    sent = await sent_about(world, subject)
    await world.permit(sent, (subject, "health"))
    sql = "SELECT entry::text AS entry FROM ledger_entry WHERE entry->>'kind' = 'task_consent_changed' AND "
    (row,) = await rows(world.play.dbs.admin("referral"), sql + "entry->>'task' = $1", sent.task)
    assert not [word for word in ("Sover", "møde", "network-group") if word in row["entry"]]


async def test_a_ground_in_law_opens_just_what_was_asked(world: World) -> None:
    subject = str(uuid4())
    world.consent.ground = "legal_ground"
    sent = await world.posted((subject, "health"), subject=subject)
    told = await seen(world, sent)
    assert [each["category"] for each in told["information"]] == ["health"]
    assert {(each["category"], each["reason"]) for each in told["withheld"]} == {("own_wish", "no_consent")}
    assert "Jeg vil gerne" not in str(told)


async def test_the_sender_sees_what_is_missing_now_and_whom_to_ask(world: World) -> None:
    subject, other = str(uuid4()), str(uuid4())
    world.consent.otherwise, world.consent.ask = "holder_missing", [{"person": other, "capacity": "custody"}]
    sent = await sent_about(world, subject)
    assert (await world.task(sent))["missing"] == []
    world.consent.permit([(subject, "own_wish")])
    (missing,) = (await world.task(sent))["missing"]
    assert missing == {
        "subject": subject,
        "category": "health",
        "category_name": "Helbred",
        "reason": "holder_missing",
        "why": REASON_DANISH[Reason.HOLDER_MISSING],
        "ask": [{"person": other, "capacity": "custody"}],
    }
    assert {(each.occasion, each.unit) for each in world.consent.asked[-2:]} == {("check", "region-midwifery")}
    world.consent.permit(all_of(subject))
    assert (await world.task(sent))["missing"] == []


async def test_a_waiting_task_says_whom_to_ask_from_the_beginning_and_as_it_is_now(world: World) -> None:
    subject, other = str(uuid4()), str(uuid4())
    world.consent.otherwise, world.consent.ask = "holder_missing", [{"person": other, "capacity": "custody"}]
    posted = await world.play.post(subject, need=str(uuid4()))
    asked = {(whom["person"], whom["capacity"]) for each in posted["tasks"][0]["missing"] for whom in each["ask"]}
    assert asked == {(other, "custody")}
    world.consent.otherwise, world.consent.ask = "refused", []
    told = (await world.play.read(posted["id"], world.play.sender())).json()["tasks"][0]["missing"]
    assert {(each["reason"], tuple(each["ask"])) for each in told} == {("refused", ())}


async def test_whom_to_ask_is_told_to_no_recipient(world: World) -> None:
    subject, other = str(uuid4()), str(uuid4())
    world.consent.otherwise, world.consent.ask = "holder_missing", [{"person": other, "capacity": "custody"}]
    sent = await world.posted((subject, "health"), subject=subject)
    read = await world.play.read(sent.referral, world.play.recipient())
    said = await world.play.say(sent, "question", world.play.recipient())
    assert (read.status_code, said.status_code) == (200, 201)
    assert read.json()["withheld"]
    assert said.json()["withheld"]
    assert other not in read.text + said.text
    assert "custody" not in read.text + said.text


async def test_the_sender_reads_its_own_words_though_what_is_missing_cannot_be_asked(world: World) -> None:
    subject, other = str(uuid4()), str(uuid4())
    world.consent.ask = [{"person": other, "capacity": "self"}]
    sent = await world.posted((subject, "health"), subject=subject)
    world.consent.permit([])
    world.consent.down_for = frozenset({"check"})
    (missing,) = (await world.task(sent))["missing"]
    assert (missing["category"], missing["ask"]) == ("own_wish", [{"person": other, "capacity": "self"}])
    world.consent.down_for = frozenset()
    assert len((await world.task(sent))["missing"]) == 2


async def test_what_was_missing_before_whom_to_ask_was_kept_is_still_read(world: World) -> None:
    subject = str(uuid4())
    sent = await world.posted((subject, "health"), subject=subject)
    kept = f'[["{subject}", "own_wish", "no_consent"]]'
    await rows(world.play.dbs.admin("referral"), "UPDATE task SET missing = $2::jsonb WHERE id::text = $1",
               sent.task, kept)  # fmt: skip
    world.consent.down_for = frozenset({"check"})
    assert [each["ask"] for each in (await world.task(sent))["missing"]] == [[]]
