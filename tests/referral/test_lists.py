"""The two lists: what a recipient has to do, and what a sender has sent; a filter never tells what is hidden."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.referral.domain.deadlines import overdue
from services.referral.domain.lifecycle import TaskState
from services.referral.domain.model import Clock
from shared.clock import now
from tests.referral.deciding import World
from tests.referral.holding import House
from tests.support.story import Headers, Sent
from tests.support.town import FAMILY_HOUSE, MIDWIFERY, assert_problem, rows

DAY = timedelta(days=1)


async def listed(world: World, path: str, headers: Headers, **query: Any) -> list[dict[str, Any]]:
    """Return a whole list, page by page."""
    found, after = list[dict[str, Any]](), None
    while True:
        params = query | {"limit": 100} | ({} if after is None else {"after": after})
        answer = await world.play.referral.get(path, params=params, headers=headers)
        assert answer.status_code == 200, answer.text
        told = answer.json()
        found += told["tasks" if path == "/tasks" else "referrals"]
        after = told["next"]
        if after is None:
            return found


async def work(world: World, sent: Sent, **query: Any) -> list[dict[str, Any]]:
    """Return a request's lines in its recipient's work list."""
    lines = await listed(world, "/tasks", world.play.recipient(), **query)
    return [each for each in lines if each["referral"] == sent.referral]


async def own(world: World, sent: Sent, **query: Any) -> int:
    """Return how often a request stands in its sender's list."""
    lines = await listed(world, "/referrals", world.play.sender(), **query)
    return [each["id"] for each in lines].count(sent.referral)


async def posted(world: World, **changes: Any) -> Sent:
    """Post a request that goes out at once."""
    subject = str(uuid4())
    return await world.posted((subject, "own_wish"), (subject, "health"), subject=subject, **changes)


async def answered(world: World, step: str = "decline") -> Sent:
    """Post a request and have it read and answered."""
    sent = await posted(world)
    await world.play.read(sent.referral, world.play.recipient())
    body = {"reason": "no_capacity", "no_alternative": True} if step == "decline" else {}
    headers = world.play.recipient() | {"If-Match": '"2"'}
    done = await world.play.referral.post(f"/tasks/{sent.task}/{step}", json=body, headers=headers)
    assert done.status_code == 200, done.text
    return sent


async def test_the_work_list_shows_what_is_open_or_what_has_ended(world: World) -> None:
    running, done = await posted(world), await answered(world)
    assert [len(await work(world, each, open="true")) for each in (running, done)] == [1, 0]
    assert [len(await work(world, each, open="false")) for each in (running, done)] == [0, 1]
    assert [len(await work(world, each)) for each in (running, done)] == [1, 1]


async def test_several_of_a_filter_are_either_and_several_filters_are_all_of_them(world: World) -> None:
    sent = await posted(world, priority="urgent")
    assert await work(world, sent, priority=["routine", "urgent"], turn=["sender", "recipient"], kind="referral")
    assert await work(world, sent, priority="urgent")
    assert not await work(world, sent, priority="routine")
    assert not await work(world, sent, turn=["sender", "nobody"])
    assert not await work(world, sent, kind=["sparring", "advice"])
    assert not await work(world, sent, kind="referral", priority="asap")


async def test_a_line_says_what_can_be_done_from_here(world: World) -> None:
    sent = await posted(world)
    [line] = await work(world, sent)
    [read] = (await world.play.read(sent.referral, world.play.recipient())).json()["tasks"]
    assert line["allowed"] == ["read"]
    [line] = await work(world, sent)
    assert line["allowed"] == read["allowed"] != []


@pytest.mark.parametrize(("back", "late"), [(DAY, "answer"), (-DAY, None)])
async def test_only_what_is_late_is_listed_where_that_is_asked_for(
    world: World, back: timedelta, late: str | None
) -> None:
    house = House(world)
    sent = await house.received()
    await house.due(sent, answer_by=back)
    assert [each["overdue"] for each in await work(world, sent)] == [late]
    assert len(await work(world, sent, overdue="true")) == (1 if late else 0)


@pytest.mark.parametrize("state", TaskState)
async def test_the_list_chooses_what_is_late_by_the_rule_for_it(world: World, state: TaskState) -> None:
    """The rule stands in the domain, and PostgreSQL chooses by its own words for it: they agree for every state."""
    sent, at = await posted(world), now()
    reason = "other" if state in {"declined", "family_declined", "dropped_out", "completed"} else None
    for answer_by, offer_by in ((DAY, DAY), (DAY, -DAY), (-DAY, DAY), (-DAY, -DAY)):
        clock = Clock(at - answer_by, at - offer_by)
        await rows(
            world.play.dbs.admin("referral"),
            "UPDATE task SET state = $1, reason = $2, answer_by = $3, offer_by = $4, stands_since = NULL WHERE id = $5",
            state.value, reason, clock.answer_by, clock.offer_by, UUID(sent.task),
        )  # fmt: skip
        expected = overdue(state, clock, now())
        shown = await work(world, sent, overdue="true")
        if state in {"draft", "awaiting_consent", "never_sent"}:
            assert shown == []
        else:
            assert [each["overdue"] for each in shown] == ([] if expected is None else [expected])


@pytest.mark.parametrize(
    "query",
    ["open=perhaps", "kind=visit", "priority=now", "overdue=soon", "turn=mine", "limit=0", "limit=201", "after=x",
     "state=sent", "turn="],
)  # fmt: skip
async def test_a_filter_there_is_not_is_malformed(world: World, query: str) -> None:
    answer = await world.play.referral.get(f"/tasks?{query}", headers=world.play.recipient())
    assert_problem(answer, 422, "malformed")


@pytest.mark.parametrize("query", ["open=perhaps", "kind=visit", "need=6101901234"])
async def test_a_filter_of_ones_own_requests_there_is_not_is_malformed(world: World, query: str) -> None:
    answer = await world.play.referral.get(f"/referrals?{query}", headers=world.play.sender())
    assert_problem(answer, 422)
    assert "6101901234" not in answer.text


async def test_ones_own_requests_by_kind_and_by_need(world: World) -> None:
    sent = await posted(world)
    assert await own(world, sent, kind=["advice", "referral"], need=sent.need) == 1
    assert await own(world, sent, kind="advice") == 0
    assert await own(world, sent, need=str(uuid4())) == 0


@pytest.mark.parametrize("step", ["decline", "acceptance"])
async def test_a_request_of_which_the_course_is_hidden_is_open_whatever_became_of_it(world: World, step: str) -> None:
    sent = await answered(world, step)
    world.consent.permit([], FAMILY_HOUSE, MIDWIFERY)
    assert (await own(world, sent, open="true"), await own(world, sent, open="false")) == (1, 0)


async def test_a_request_that_may_be_seen_to_have_ended_is_not_open(world: World) -> None:
    sent = await answered(world)
    told = {(sent.subject, each) for each in ("course", "own_wish", "health")}
    world.consent.permit(told, FAMILY_HOUSE, MIDWIFERY)
    assert (await own(world, sent, open="true"), await own(world, sent, open="false")) == (0, 1)


async def test_a_page_is_full_though_much_is_left_out(world: World) -> None:
    need = str(uuid4())
    ended = [await posted(world, need=need) for _ in range(3)]
    for each in ended:
        done = await world.play.referral.post(
            f"/referrals/{each.referral}/withdrawal", json={}, headers=world.play.sender()
        )
        assert done.status_code == 201
    last = await posted(world, need=need)
    query = {"need": need, "open": "true", "limit": "1"}
    told = (await world.play.referral.get("/referrals", params=query, headers=world.play.sender())).json()
    assert [each["id"] for each in told["referrals"]] == [last.referral]


async def test_who_asks_about_somebody_nobody_knows_is_told_so_at_once(world: World) -> None:
    subject = str(uuid4())
    told = await world.play.post(subject, need=str(uuid4()))
    assert ["id" in each for each in told["notices"]] == [True]
    assert subject not in told["notices"][0]
    read = (await world.play.read(told["id"], world.play.sender())).json()
    assert told["notices"][0] in read["notices"]


async def test_who_asks_about_somebody_who_can_be_asked_is_told_nothing(world: World) -> None:
    subject = str(uuid4())
    world.consent.ask = [{"person": subject, "capacity": "self"}]
    assert (await world.play.post(subject, need=str(uuid4())))["notices"] == []


async def test_of_what_waits_for_consent_too_long_its_sender_hears_once(world: World) -> None:
    house, subject = House(world), str(uuid4())
    told = await world.play.post(subject, need=str(uuid4()))
    sent = Sent(subject, told["need"], "", told["id"], told["tasks"][0]["id"])
    await house.look(now() + 13 * DAY)
    assert await house.heard(sent) == ([], [])
    await house.look(now() + 15 * DAY)
    await house.look(now() + 16 * DAY)
    assert await house.heard(sent) == ([], ["late"])
