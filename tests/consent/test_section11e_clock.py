"""What the clock brings to meetings under § 11 e: rooms close by themselves, and leaders hear of what is overdue."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import UUID, uuid4

import pytest

from services.consent import worker
from services.consent.actions.section11e import clock
from services.consent.domain.section11e.duties import Duty, due, missing, owed, prompt
from services.consent.domain.section11e.meetings import State
from services.consent.store.section11e_jobs import Job
from shared.clock import COPENHAGEN
from shared.db import Database
from shared.queue import NotYet
from tests.conftest import Databases
from tests.consent.section11e_later import DAY, HOUR, MOST, Later, later_world
from tests.consent.section11e_world import DAYCARE, NEIGHBOUR, SECRET, VISITORS
from tests.support.families import Clock
from tests.support.keys import Keys
from tests.support.town import client_of, consent_app, rows

NOON = datetime(2034, 11, 23, 12, tzinfo=UTC)
CALLERS = f"{NEIGHBOUR}-authority"
BOTH = [Duty.OUTCOME, Duty.INFORMING]


def here(*told: int, fold: int = 0) -> datetime:
    """Return a moment on the wall in Denmark, as UTC."""
    return datetime(*told, tzinfo=COPENHAGEN, fold=fold).astimezone(UTC)  # type: ignore[arg-type,misc]


@pytest.fixture
async def world(dbs: Databases, keys: Keys, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Later]:
    """The municipality, at noon."""
    async with later_world(dbs, keys, NOON, monkeypatch) as lent:
        yield lent


@pytest.fixture
async def database(dbs: Databases) -> AsyncIterator[Database]:
    """What the worker reaches the database by."""
    lent = Database(dbs.app("consent"), 6, "test-clock")
    await lent.open()
    yield lent
    await lent.close()


@pytest.mark.rule("R12", enforced_by="services.consent.actions.section11e.around:settle")
@pytest.mark.rule("R12", enforced_by="services.consent.domain.section11e.meetings:is_open")
async def test_r12_a_room_is_closed_at_its_end_to_the_microsecond_though_no_worker_runs(world: Later) -> None:
    """Who looks too late ends it, and that stays, though they are refused."""
    meeting = await world.begun(NOON, NOON + HOUR)
    assert (await world.bring(meeting)).status_code == 201
    world.clock.at = NOON + HOUR - MOST
    assert SECRET in (await world.look(meeting)).text
    world.clock.at = NOON + HOUR
    late = await world.look(meeting)
    assert (late.status_code, late.json()["code"]) == (403, "section_11e_room_closed")
    assert await world.on_the_table(meeting) == 0
    row = await world.state(meeting)
    assert (row["state"], row["ended_at"]) == ("held", NOON + HOUR)
    (ended,) = await world.told(meeting, "section11e_ended")
    assert (ended["by_itself"], ended["ended_at"]) == (True, (NOON + HOUR).isoformat())


@pytest.mark.rule("R12", enforced_by="services.consent.actions.section11e.refusing:note")
async def test_r12_a_room_that_was_seen_closed_stays_closed_when_the_clock_is_set_back(
    world: Later, dbs: Databases, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In this process, and in one that starts later."""
    meeting = await world.begun(NOON, NOON + HOUR)
    await world.bring(meeting)
    world.clock.at = NOON + HOUR
    assert (await world.look(meeting)).status_code == 403
    world.clock.at = NOON + HOUR / 2
    refused = {
        ("GET", "room"): 403, ("POST", "presence"): 403, ("POST", "departure"): 403, ("POST", "opening"): 409,
        ("POST", "end"): 409,
    }  # fmt: skip
    answers = {(method, step): await world.ask(method, f"/meetings/{meeting}/{step}", world.by(VISITORS))
               for method, step in refused}  # fmt: skip
    assert {step: answer.status_code for step, answer in answers.items()} == refused
    assert not [answer for answer in answers.values() if SECRET in answer.text]
    another = Clock(NOON + HOUR / 2).rules(consent_app(dbs, keys, "http://127.0.0.1:1"), monkeypatch)
    async with client_of(another) as client:
        path = f"/section-11e/meetings/{meeting}/room"
        assert (await client.get(path, headers=world.by(DAYCARE))).status_code == 403
    assert await world.on_the_table(meeting) == 0
    assert len(await world.told(meeting, "section11e_ended")) == 1


@pytest.mark.parametrize(
    ("starts_at", "ends_at"),
    [
        (here(2034, 10, 29, 2, 30), here(2034, 10, 29, 2, 30, fold=1)),
        (here(2035, 3, 25, 1, 30), here(2035, 3, 25, 3, 30)),
        (here(2034, 12, 31, 23, 30), here(2035, 1, 1, 0, 30)),
        (here(2036, 2, 29, 23, 30), here(2036, 3, 1, 0, 30)),
    ],
    ids=["summer time ends", "summer time begins", "a year ends", "a leap day ends"],
)
@pytest.mark.rule("R12", enforced_by="services.consent.actions.section11e.clock:end")
async def test_r12_an_hour_is_an_hour_and_fourteen_days_are_fourteen_on_every_night(
    dbs: Databases, keys: Keys, monkeypatch: pytest.MonkeyPatch, database: Database, starts_at: datetime,
    ends_at: datetime,
) -> None:  # fmt: skip
    """On the wall it may be none or two; what counts is what passes."""
    assert ends_at - starts_at == HOUR
    async with later_world(dbs, keys, starts_at - DAY, monkeypatch) as world:
        meeting = await world.begun(starts_at, ends_at)
        world.clock.at = ends_at - MOST
        assert (await world.look(meeting)).status_code == 200
        assert await clock.end(database, UUID(meeting), ends_at - MOST) == MOST
        assert await clock.end(database, UUID(meeting), ends_at) is None
        assert (await world.look(meeting)).status_code == 403
        row = await world.state(meeting)
        assert (row["state"], row["ended_at"], row["inform_by"]) == ("held", ends_at, ends_at + 14 * DAY)
        for duty, within in ((Duty.OUTCOME, DAY), (Duty.INFORMING, 14 * DAY)):
            assert await clock.escalate(database, UUID(meeting), duty, ends_at + within - MOST) == MOST
            assert await world.told(meeting, "section11e_overdue") == []


@pytest.mark.rule("R12", enforced_by="services.consent.actions.section11e.clock:end")
async def test_r12_the_clock_ends_a_meeting_once_however_many_look(world: Later, database: Database) -> None:
    meeting = await world.begun(NOON, NOON + HOUR)
    await world.bring(meeting)
    assert await clock.end(database, UUID(meeting), NOON) == HOUR
    assert (await world.state(meeting))["state"] == "open"
    late = NOON + 3 * DAY
    looks = [clock.end(database, UUID(meeting), late) for _ in range(4)]
    found = await asyncio.gather(*looks, clock.sweep(database, late - DAY))
    assert found[:4] == [None] * 4
    assert await world.on_the_table(meeting) == 0
    (ended,) = await world.told(meeting, "section11e_ended")
    assert (ended["ended_at"], ended["by_itself"]) == ((NOON + HOUR).isoformat(), True)
    assert (ended["actor"]["unit"], ended["actor"]["user"]) == (None, "consent-worker")
    assert SECRET not in str(ended)


async def test_what_never_began_or_was_called_off_is_spent_by_no_clock(world: Later, database: Database) -> None:
    """It lapses, and another may be called; what was called off stays so; of what is not there, nothing comes."""
    never, off = [await world.called(NOON, NOON + HOUR) for _ in range(2)]
    assert (await world.ask("POST", f"/meetings/{off}/cancellation", world.by(VISITORS))).status_code == 200
    await clock.sweep(database, NOON + HOUR)
    assert await clock.end(database, UUID(off), NOON + HOUR) is None
    assert await clock.end(database, uuid4(), NOON + HOUR) is None
    assert [(await world.state(each))["state"] for each in (never, off)] == ["lapsed", "cancelled"]
    for duty in Duty:
        assert await clock.escalate(database, UUID(never), duty, NOON + 99 * DAY) is None
        assert await clock.escalate(database, uuid4(), duty, NOON) is None
    world.clock.at = NOON + 2 * HOUR
    again = await world.call(str((await world.state(never))["matter"]), starts_at=(NOON + 3 * HOUR).isoformat(),
                             ends_at=(NOON + 4 * HOUR).isoformat())  # fmt: skip
    assert again.status_code == 201, again.text


@pytest.mark.rule("R7", enforced_by="services.consent.actions.section11e.around:settle_matter")
async def test_r7_what_is_left_in_a_matter_is_right_though_nobody_ended_its_meeting(world: Later) -> None:
    """A meeting whose time is up is held when the follow-up is called, and one that never began is not in the way."""
    held = await world.begun(NOON, NOON + HOUR)
    lapsed = await world.called(NOON, NOON + HOUR)
    world.clock.at = NOON + 2 * HOUR
    period = {"starts_at": (NOON + 3 * HOUR).isoformat(), "ends_at": (NOON + 4 * HOUR).isoformat()}
    special = {"kind": "follow_up", "special_circumstances": "Nyt forhold siden sidst."}
    matter = str((await world.state(held))["matter"])
    left = (await world.ask("GET", f"/matters/{matter}", world.by(VISITORS))).json()
    assert left["meetings"] == [{"kind": "primary", "state": "held"}]
    follow = await world.call(matter, **period, **special)
    assert (follow.status_code, follow.json().get("state")) == (201, "awaiting_approval")
    again = await world.call(str((await world.state(lapsed))["matter"]), **period)
    assert (again.status_code, (await world.state(lapsed))["state"]) == (201, "lapsed")


@pytest.mark.rule("R14", enforced_by="services.consent.actions.section11e.clock:escalate")
@pytest.mark.rule("R14", enforced_by="services.consent.actions.section11e.clock:sweep")
@pytest.mark.parametrize("by_jobs", [True, False], ids=["its jobs come", "its jobs are lost"])
async def test_r14_the_leader_the_call_names_is_told_once_of_each_thing_that_is_overdue(
    world: Later, database: Database, *, by_jobs: bool
) -> None:
    """The outcome a day after, the parents fourteen days after; by however many workers at once."""
    meeting = await world.after()
    ended = NOON + HOUR

    async def all_look(at: datetime) -> list[str]:
        jobs = [clock.escalate(database, UUID(meeting), duty, at) for duty in (*Duty, *Duty) if by_jobs]
        sweeps = [clock.sweep(database, at) for _ in range(2) if not by_jobs]
        await asyncio.gather(*jobs, *sweeps)
        return [each["what"] for each in await world.told(meeting, "section11e_overdue")]

    for at, told in ((ended + DAY - MOST, 0), (ended + DAY, 1), (ended + 14 * DAY - MOST, 1), (ended + 14 * DAY, 2),
                     (ended + 15 * DAY, 2), (NOON, 2)):  # fmt: skip
        assert await all_look(at) == BOTH[:told]
    sql = "SELECT kind, to_user, at FROM section11e_escalation WHERE meeting = $1 ORDER BY at"
    kept = await rows(world.dbs.admin("consent"), sql, meeting)
    assert [tuple(row) for row in kept] == [
        ("outcome", "leader-1", ended + DAY), ("informing", "leader-1", ended + 14 * DAY)]  # fmt: skip
    first, second = await world.told(meeting, "section11e_overdue")
    assert (first["due"], second["due"]) == ((ended + DAY).isoformat(), (ended + 14 * DAY).isoformat())
    assert {each["leader"] for each in (first, second)} == {"leader-1"}
    assert not {"child", "necessity", "says"} & {*first, *second}


@pytest.mark.rule("R14", enforced_by="services.consent.domain.section11e.duties:owed")
async def test_r14_what_was_done_in_time_is_told_to_nobody(world: Later, database: Database) -> None:
    """The parents told, or why they are not: either will do."""
    told, untold = await world.after(), await world.after()
    for meeting, said in ((told, {"informed_at": world.clock.at.isoformat()}),
                          (untold, {"not_informed_because": "mistanke_overgreb"})):  # fmt: skip
        for step, body in (("outcome", {"outcome": "nothing"}), ("informing", said)):
            answer = await world.ask("POST", f"/meetings/{meeting}/{step}", world.by(VISITORS), json=body)
            assert answer.status_code == 200, answer.text
        for duty in Duty:
            assert await clock.escalate(database, UUID(meeting), duty, NOON + 99 * DAY) is None
    await clock.sweep(database, NOON + 99 * DAY)
    assert [await world.told(each, "section11e_overdue") for each in (told, untold)] == [[], []]
    world.clock.at = NOON + 99 * DAY
    asked = (await world.ask("GET", "/prompts", world.by(VISITORS))).json()["prompts"]
    assert not {told, untold} & {each["meeting"] for each in asked}
    listed = (await world.ask("GET", "/overdue", world.leader())).json()
    assert listed == {"municipality": world.code, "counts": {"outcome": 0, "informing": 0}, "overdue": []}


@pytest.mark.rule("R14", enforced_by="services.consent.actions.section11e.clock:overdue")
async def test_r14_a_leader_sees_what_is_overdue_in_their_municipality_and_no_other(
    world: Later, database: Database
) -> None:
    one, two = await world.after(), await world.after()
    ended = {one: NOON + HOUR, two: NOON + 2 * HOUR}
    world.clock.at = ended[one] + 14 * DAY
    await clock.escalate(database, UUID(one), Duty.OUTCOME, ended[one] + DAY)
    answer = await world.ask("GET", "/overdue", world.leader())
    seen = answer.json()
    assert (seen["municipality"], seen["counts"]) == (world.code, {"outcome": 2, "informing": 1})
    assert [(each["meeting"], each["what"], each["escalated_to"]) for each in seen["overdue"]] == [
        (one, "outcome", "leader-1"), (two, "outcome", None), (one, "informing", None)]  # fmt: skip
    first = seen["overdue"][0]
    assert (first["unit"], first["leader"]) == (VISITORS, "leader-1")
    assert datetime.fromisoformat(first["escalated_at"]) == ended[one] + DAY
    assert datetime.fromisoformat(first["due"]) == ended[one] + DAY
    assert "23. november 2034" in first["says"]
    assert "24. november 2034 kl. 14.00" in first["says"]
    child = str((await rows(world.dbs.admin("consent"), "SELECT child FROM section11e_matter WHERE id = $1",
                            first["matter"]))[0]["child"])  # fmt: skip
    assert child not in answer.text
    none = {"counts": {"outcome": 0, "informing": 0}, "overdue": []}
    elsewhere = (await world.ask("GET", "/overdue", world.leader(f"{NEIGHBOUR}-authority"))).json()
    assert not {one, two} & {each["meeting"] for each in elsewhere["overdue"]}
    for unit in ("nobody-knows-it", "11e-midwives"):
        assert (await world.ask("GET", "/overdue", world.leader(unit))).json() == {"municipality": None} | none
    await world.ask("POST", f"/meetings/{one}/outcome", world.by(VISITORS), json={"outcome": "seek_consent"})
    left = (await world.ask("GET", "/overdue", world.leader())).json()
    assert left["counts"] == {"outcome": 1, "informing": 1}


async def test_that_a_leader_looked_is_on_the_ledger_and_who_may_not_is_refused(world: Later) -> None:
    answer = await world.ask("GET", "/overdue", world.leader())
    sql = "SELECT entry::text AS entry FROM ledger_entry WHERE entry->>'kind' = $1 AND entry->>'municipality' = $2"
    (kept,) = await rows(world.dbs.admin("consent"), sql, "section11e_overdue_read", world.code)
    assert answer.headers["x-request-id"] in kept["entry"]
    assert (await world.ask("GET", "/overdue", world.by(VISITORS))).status_code == 403
    assert (await world.ask("GET", "/prompts", world.leader())).status_code == 403
    assert (await world.ask("GET", "/prompts", world.by(VISITORS, system=True, acting_user="x"))).status_code == 403


@pytest.mark.rule("R14", enforced_by="services.consent.actions.section11e.clock:prompts")
async def test_r14_the_unit_that_called_is_asked_in_time_what_is_due_soonest_first(
    dbs: Databases, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In Danish, while there is time and when there is none; others are asked nothing; what is done is not asked."""
    async with later_world(dbs, keys, here(2034, 10, 20, 12), monkeypatch) as world:
        unit = world.by(CALLERS)
        meeting = await _held_elsewhere(world)
        ended = world.clock.at
        told = (await world.ask("GET", "/prompts", unit)).json()["prompts"]
        told = [each for each in told if each["meeting"] == meeting]
        assert [(each["what"], each["late"], datetime.fromisoformat(each["due"])) for each in told] == [
            ("outcome", False, ended + DAY), ("informing", False, ended + 14 * DAY)]  # fmt: skip
        assert told[1]["says"] == (
            "Fortæl forældrene, at mødet den 20. oktober 2034 er holdt, eller skriv, hvorfor de ikke får det at vide. "
            "Fristen er den 3. november 2034 kl. 12.00."
        )
        others = (await world.ask("GET", "/prompts", world.by(NEIGHBOUR))).json()["prompts"]
        assert meeting not in {each["meeting"] for each in others}
        world.clock.at = ended + 14 * DAY
        late = (await world.ask("GET", "/prompts", unit)).json()["prompts"]
        late = [each for each in late if each["meeting"] == meeting]
        assert {each["late"] for each in late} == {True}
        assert "Fristen var den 3. november 2034" in late[1]["says"]
        for step, body in (("outcome", {"outcome": "nothing"}), ("informing", {"informed_at": ended.isoformat()})):
            assert (await world.ask("POST", f"/meetings/{meeting}/{step}", unit, json=body)).status_code == 200
        done = (await world.ask("GET", "/prompts", unit)).json()["prompts"]
        assert meeting not in {each["meeting"] for each in done}


async def _held_elsewhere(world: Later) -> str:
    """Hold a meeting that the neighbour's authority calls for an hour from now; return its id. It ends now."""
    matter = (await world.matter(await world.child(units=(CALLERS, NEIGHBOUR)), CALLERS)).json()["id"]
    starts_at = world.clock.at
    period = {"starts_at": starts_at.isoformat(), "ends_at": (starts_at + HOUR).isoformat()}
    guests = [world.guest(NEIGHBOUR)]
    called = await world.call(matter, CALLERS, profession="social_worker", attendees=guests, **period)
    meeting = str(called.json()["id"])
    for who, step in ((CALLERS, "opening"), (NEIGHBOUR, "presence")):
        assert (await world.ask("POST", f"/meetings/{meeting}/{step}", world.by(who))).status_code == 200
    world.clock.at = starts_at + HOUR
    await world.look(meeting, NEIGHBOUR)
    return meeting


async def test_each_job_is_put_with_what_it_belongs_to_and_says_only_which_meeting(world: Later) -> None:
    """Calling puts the end; ending puts the overwriting, and a look at each duty. What is refused puts nothing."""
    meeting = await world.called(NOON + DAY, NOON + DAY + HOUR)
    assert await world.jobs(meeting) == {Job.END: DAY + HOUR}
    refused = await world.call(str((await world.state(meeting))["matter"]))
    count = "SELECT count(*) AS many FROM queue.pgqueuer"
    (before,) = await rows(world.dbs.admin("consent"), count)
    assert (await world.call(str((await world.state(meeting))["matter"]))).status_code == refused.status_code != 201
    assert await rows(world.dbs.admin("consent"), count) == [before]
    held = await world.begun(NOON + HOUR, NOON + 2 * HOUR)
    ended = await world.ask("POST", f"/meetings/{held}/end", world.by(VISITORS))
    assert ended.json()["state"] == "held"
    assert await world.jobs(held) == {
        Job.END: 2 * HOUR, Job.OVERWRITE: 0 * HOUR, Job.OUTCOME: DAY, Job.INFORMING: 14 * DAY}  # fmt: skip
    alone = await world.called(world.clock.at, world.clock.at + HOUR)
    assert (await world.ask("POST", f"/meetings/{alone}/opening", world.by(VISITORS))).status_code == 200
    world.clock.move(hours=1)
    assert (await world.look(alone, VISITORS)).status_code == 403
    assert (await world.state(alone))["state"] == "not_held"
    assert set(await world.jobs(alone)) == {Job.END, Job.OVERWRITE}


async def test_a_job_that_comes_too_early_by_the_services_clock_is_kept_till_it_is_time(
    world: Later, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it does when the clock was set back: the database's says now, the service's says not yet."""
    meeting = await world.begun(NOON, NOON + HOUR)
    works, payload = worker.works(database), meeting.encode()
    ended = NOON + HOUR
    for job, at, early in (
        (Job.END, ended - 40 * DAY, 40 * DAY), (Job.END, ended - MOST, MOST), (Job.END, ended, None),
        (Job.OUTCOME, ended, DAY), (Job.OUTCOME, ended + DAY, None),
        (Job.INFORMING, ended - HOUR, 14 * DAY + HOUR), (Job.INFORMING, ended + 14 * DAY, None),
    ):  # fmt: skip
        monkeypatch.setattr(worker, "now", lambda at=at: at)
        if early is None:
            await works[job](payload)
        else:
            with pytest.raises(NotYet) as kept:
                await works[job](payload)
            assert kept.value.wait == early
    assert [each["what"] for each in await world.told(meeting, "section11e_overdue")] == BOTH
    assert set(works) == set(Job)


@pytest.mark.rule("R13", enforced_by="services.consent.actions.section11e.clock:overwrite")
async def test_r13_where_the_words_stood_the_database_gives_the_room_back(world: Later, database: Database) -> None:
    meeting = await world.begun(NOON, NOON + HOUR)
    await world.bring(meeting, text=SECRET * 50)
    await clock.sweep(database, NOON + 9999 * DAY)
    size = "SELECT pg_relation_size('section11e_brought') AS bytes"
    (before,) = await rows(world.dbs.admin("consent"), size)
    await worker.works(database)[Job.OVERWRITE](meeting.encode())
    (after,) = await rows(world.dbs.admin("consent"), size)
    assert before["bytes"] > after["bytes"] == 0


@pytest.mark.rule("R14", enforced_by="services.consent.domain.section11e.duties:due")
def test_r14_what_is_owed_when_and_how_it_is_said() -> None:
    """Of a meeting that was held, and nothing else; a day for the outcome, fourteen for the parents."""
    for duty, state, concluded, informed in product(Duty, State, [True, False], [True, False]):
        done = {Duty.OUTCOME: concluded, Duty.INFORMING: informed}[duty]
        assert owed(duty, state, concluded=concluded, informed=informed) == (state is State.HELD and not done)
    assert {duty: due(duty, NOON) - NOON for duty in Duty} == {Duty.OUTCOME: DAY, Duty.INFORMING: timedelta(days=14)}
    for duty in Duty:
        said = [prompt(duty, "1. maj", "2. maj", late=late) for late in (False, True)]
        said.append(missing(duty, "1. maj", "2. maj"))
        assert len(set(said)) == 3
        assert not [each for each in said if "1. maj" not in each or "2. maj" not in each or "{" in each]
