"""The clocks survive: restarts, lost jobs, clocks set back, nights without an hour and years that end (R32)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.concern.actions import clock
from services.concern.actions.context import Clockwork
from services.concern.domain.clocks import Done, Due
from services.concern.domain.overdue import WATCHED_DANISH, Watch, Watched, escalates_to, run_out, running
from services.concern.store.clocks import untold
from services.concern.worker import minding
from shared.db import Database
from shared.ids import new_id
from shared.queue import Queue
from tests.concern.office import CALM, Office
from tests.concern.test_reception import NAMED, RECEPTION
from tests.concern.test_worker import worker
from tests.conftest import Databases
from tests.support.town import NORTH, SOUTH_AUTHORITY, entries_of, rows

TICK = timedelta(microseconds=1)
ASSESS, ACKNOWLEDGE, PARENTS = Watched.ASSESS, Watched.ACKNOWLEDGE, Watched.PARENTS
R32 = pytest.mark.rule("R32", enforced_by="services.concern.actions.clock:escalate")


@pytest.fixture
async def database(dbs: Databases) -> AsyncIterator[Database]:
    """The worker's way to the database."""
    opened = Database(dbs.app("concern"), 4, "test-concern-worker")
    await opened.open()
    yield opened
    await opened.close()


async def _told(office: Office, report: str) -> dict[str, Any]:
    """Return who was told of which of the report's clocks."""
    found = await office.of(report, "SELECT clock, to_user, at, ledger_id FROM escalation WHERE report = $1")
    return {row["clock"]: row for row in found}


async def _looked(database: Database, report: str, at: datetime) -> list[bool]:
    """Try each clock of one report at a moment; say which was told of now."""
    return [await clock.escalate(database, UUID(report), each, Clockwork(at, str(new_id()))) for each in Watched]


@R32
@pytest.mark.parametrize(
    ("received", "assess_by", "acknowledge_by"),
    [
        # An ordinary Tuesday; the night without an hour; the night with two; over a year's end; Store Bededag is none.
        ("2026-11-10T09:00:00Z", "2026-11-11T09:00:00Z", "2026-11-17T23:00:00Z"),
        ("2026-03-28T20:00:00Z", "2026-03-29T20:00:00Z", "2026-04-08T22:00:00Z"),
        ("2026-10-24T20:00:00Z", "2026-10-25T20:00:00Z", "2026-10-31T23:00:00Z"),
        ("2026-12-30T10:00:00Z", "2026-12-31T10:00:00Z", "2027-01-07T23:00:00Z"),
        ("2026-04-30T10:00:00Z", "2026-05-01T10:00:00Z", "2026-05-07T22:00:00Z"),
    ],
)
async def test_r32_somebody_is_told_at_the_moment_and_not_a_tick_before(
    office: Office, database: Database, received: str, assess_by: str, acknowledge_by: str
) -> None:
    office.at = datetime.fromisoformat(received)
    report = await office.reported()
    row = await office.row(report)
    until = {ASSESS: datetime.fromisoformat(assess_by), ACKNOWLEDGE: datetime.fromisoformat(acknowledge_by),
             PARENTS: office.at + timedelta(days=14)}  # fmt: skip
    assert (row["assess_by"], row["acknowledge_by"], row["inform_by"]) == tuple(until.values())
    for number, (each, moment) in enumerate(until.items(), 1):
        assert each not in [watched for watched, now in zip(Watched, await _looked(database, report, moment - TICK),
                                                            strict=True) if now]  # fmt: skip
        assert await _looked(database, report, moment) == [watched is each for watched in Watched]
        told = await _told(office, report)
        assert len(told) == number
        assert told[each.value]["at"] == moment


@R32
async def test_r32_the_person_who_is_named_is_told_once_by_however_many(office: Office, database: Database) -> None:
    named = await office.client.put(RECEPTION, headers=office.leader(), json=NAMED | {"escalates_to": "leader-9"})
    assert named.status_code == 200
    office.at = datetime.now(UTC) - timedelta(hours=25)
    report = await office.reported()
    by = [Clockwork(datetime.now(UTC), str(new_id())) for _ in range(6)]
    done = await asyncio.gather(*(clock.escalate(database, UUID(report), ASSESS, each) for each in by))
    assert sorted(done) == [False] * 5 + [True]
    told = await _told(office, report)
    assert {each: row["to_user"] for each, row in told.items()} == {"assess": "leader-9"}
    (entry,) = await entries_of(office.dbs.admin("concern"), by[done.index(True)].request_id)
    assert (entry["kind"], entry["report"], entry["clock"], entry["to"]) == (
        "concern_clock_run_out", report, "assess", "leader-9",
    )  # fmt: skip
    assert entry["actor"] == {"unit": None, "user": "concern-worker"}
    assert entry["id"] == str(told["assess"]["ledger_id"])


@R32
async def test_r32_where_nobody_is_named_the_unit_itself_is_told(office: Office, database: Database) -> None:
    office.at = datetime.now(UTC) - timedelta(hours=25)
    where = {"stays_in": "0219", "custody": "one", "holder_in": "0219"}
    report = await office.reported(where=where)
    assert await clock.look(database, datetime.now(UTC)) >= 1
    assert (await _told(office, report))["assess"]["to_user"] == f"unit:{SOUTH_AUTHORITY}"


@R32
async def test_r32_a_clock_set_back_tells_nobody_early_and_takes_nothing_back(
    office: Office, database: Database
) -> None:
    office.at = datetime(2026, 6, 2, 8, tzinfo=UTC)
    report = await office.reported()
    late = office.at + timedelta(hours=24)
    job = f"{report}:assess".encode()
    # Put by the database's clock, done by this one's: set back, the job waits, an hour at most.
    assert await clock.serve(database, job, office.at - timedelta(days=3)) == timedelta(hours=1)
    assert await clock.serve(database, job, late - timedelta(minutes=5)) == timedelta(minutes=5)
    assert await _told(office, report) == {}
    assert await clock.serve(database, job, late) is None
    before = await _told(office, report)
    assert list(before) == ["assess"]
    assert await _looked(database, report, office.at) == [False] * 3
    assert await clock.serve(database, job, late + timedelta(days=1)) is None
    assert await _told(office, report) == before


@R32
async def test_r32_what_was_done_in_time_is_told_to_nobody(office: Office, database: Database) -> None:
    office.at = datetime(2026, 6, 2, 8, tzinfo=UTC)
    report = await office.in_state("closed")
    await office.done(report, "acknowledgement")
    assert await _looked(database, report, office.at + timedelta(days=60)) == [False] * 3
    for each in Watched:
        assert await clock.serve(database, f"{report}:{each}".encode(), office.at + timedelta(days=60)) is None
    assert await clock.serve(database, f"{new_id()}:assess".encode(), office.at) is None, "no such report"


@R32
async def test_r32_the_jobs_are_put_with_the_report_and_by_its_moments(office: Office) -> None:
    report = await office.reported()
    row = await office.row(report)
    jobs = await office.of(
        report, "SELECT dedupe_key, execute_after FROM queue.pgqueuer WHERE dedupe_key LIKE '%' || $1::uuid || '%'"
    )
    found = {each["dedupe_key"].rpartition(":")[2]: each["execute_after"] for each in jobs}
    assert found.keys() == {"assess", "acknowledge", "parents"}
    for name, by in (("assess", "assess_by"), ("acknowledge", "acknowledge_by"), ("parents", "inform_by")):
        assert abs(found[name] - row[by]) < timedelta(seconds=30)
    told = await office.reported(parents={"informed_at": office.now.isoformat()})
    jobs = await office.of(told, "SELECT 1 FROM queue.pgqueuer WHERE dedupe_key LIKE '%' || $1::uuid || '%'")
    assert len(jobs) == 2, "the parents know already"


async def test_a_later_word_that_somebody_still_has_to_tell_them_starts_that_clock_again(
    office: Office, database: Database
) -> None:
    report = await office.reported(parents={"why_not": "childs_safety"})
    assert (await office.row(report))["parents_to_tell"] is False
    told = await office.done(report, "informing", {"why_not": "not_reached"})
    assert told["parents_to_tell"] is True
    jobs = await office.of(report, "SELECT dedupe_key FROM queue.pgqueuer WHERE dedupe_key LIKE '%' || $1::uuid || '%'")
    assert any(each[0].endswith("parents") for each in jobs)
    assert (await _looked(database, report, office.now + timedelta(days=15)))[2] is True


@R32
async def test_r32_whoever_dies_in_the_middle_leaves_nothing_half_done(
    office: Office, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The entry could not be written: then nobody is said to have been told, and the next look finds it."""
    office.at = datetime.now(UTC) - timedelta(hours=25)
    report = await office.reported()

    async def die(*_: object) -> None:
        raise ConnectionResetError

    with monkeypatch.context() as dying:
        dying.setattr("services.concern.actions.clock.ledger.append", die)
        with pytest.raises(Exception, match="database"):
            await clock.escalate(database, UUID(report), ASSESS, Clockwork(datetime.now(UTC), str(new_id())))
    assert await _told(office, report) == {}
    await clock.look(database, datetime.now(UTC))
    assert list(await _told(office, report)) == ["assess"]


@R32
async def test_r32_assessed_at_the_same_moment_it_is_one_or_the_other(office: Office, database: Database) -> None:
    """Both hold the report: whoever comes first decides, and nobody is told of what was done before."""
    office.at = datetime.now(UTC) - timedelta(hours=25)
    report = await office.reported()
    office.at = None
    by = Clockwork(datetime.now(UTC), str(new_id()))
    answer, told = await asyncio.gather(
        office.step(report, "assessment", CALM), clock.escalate(database, UUID(report), ASSESS, by)
    )
    assert answer.status_code == 200
    assert list(await _told(office, report)) == (["assess"] if told else [])
    assert await clock.escalate(database, UUID(report), ASSESS, by) is False


async def _a_day_passes(office: Office, report: str) -> None:
    """Let the jobs of a report that was received a day ago be as old as it is: the database's clock is nobody's."""
    await office.of(
        report,
        "UPDATE queue.pgqueuer SET execute_after = execute_after - interval '1 day' "
        "WHERE dedupe_key LIKE '%' || $1::uuid || '%'",
    )


@asynccontextmanager
async def _minded(database: Database, url: str) -> AsyncIterator[None]:
    queue = Queue(url, "test-concern-queue", dead_after=timedelta(seconds=1), look_every=timedelta(seconds=0.3))
    running_ = asyncio.create_task(minding(queue, database))
    try:
        yield
    finally:
        running_.cancel()
        await asyncio.gather(running_, return_exceptions=True)


@R32
async def test_r32_a_job_that_fell_due_while_no_worker_ran_is_done_by_the_next(
    office: Office, database: Database, dbs: Databases
) -> None:
    office.at = datetime.now(UTC) - timedelta(hours=24) + timedelta(seconds=0.2)
    report = await office.reported()
    await _a_day_passes(office, report)
    await asyncio.sleep(0.3)
    assert await _told(office, report) == {}
    async with _minded(database, dbs.app("concern")):
        for _ in range(200):
            if await _told(office, report):
                break
            await asyncio.sleep(0.05)
    assert list(await _told(office, report)) == ["assess"]
    jobs = await office.of(report, "SELECT dedupe_key FROM queue.pgqueuer WHERE dedupe_key LIKE '%' || $1::uuid || '%'")
    assert len(jobs) == 2, "done, it is gone; the others wait"


@R32
async def test_r32_what_no_job_is_left_for_is_found_by_looking(
    office: Office, database: Database, dbs: Databases
) -> None:
    office.at = datetime.now(UTC) - timedelta(days=20)
    lost = [await office.reported() for _ in range(3)]
    await rows(dbs.admin("concern"), "DELETE FROM queue.pgqueuer")
    async with database.connection() as connection:
        found = await untold(connection, datetime.now(UTC), 500)
    assert {(str(each.report), each.clock) for each in found} >= {(each, clock_) for each in lost for clock_ in Watched}
    assert await clock.look(database, datetime.now(UTC)) >= 9
    for report in lost:
        assert set(await _told(office, report)) == set(Watched)
    assert await clock.look(database, datetime.now(UTC)) == 0


@R32
async def test_r32_the_workers_process_minds_the_clocks(office: Office, dbs: Databases, tmp_path: Path) -> None:
    office.at = datetime.now(UTC) - timedelta(hours=24)
    report = await office.reported()
    await _a_day_passes(office, report)
    told = {
        "CONCERN_DATABASE_URL": dbs.app("concern"), "CONCERN_SEALER_DATABASE_URL": dbs.sealer("concern"),
        "CONCERN_LEDGER_KEY": str(office.keys.ledger), "CONCERN_SEAL_EVERY_S": "0.02",
    }  # fmt: skip
    with worker(told, tmp_path / "log"):
        for _ in range(200):
            if await _told(office, report):
                break
            await asyncio.sleep(0.05)
    assert list(await _told(office, report)) == ["assess"]
    assert NORTH not in (tmp_path / "log").read_text()


def test_what_has_run_out_is_what_runs_and_whose_moment_has_come() -> None:
    at = datetime(2026, 6, 2, 8, tzinfo=UTC)
    watch = Watch(Due(at, at + TICK), Done(), at + 2 * TICK, to_tell=True)
    assert list(running(watch)) == list(Watched) == list(WATCHED_DANISH)
    assert [len(run_out(watch, at + n * TICK)) for n in range(-1, 3)] == [0, 1, 2, 3]
    done = Watch(watch.by, Done(at, at), watch.inform_by, to_tell=False)
    assert run_out(done, at + timedelta(days=99)) == {}
    assert (escalates_to("leader-1", "unit-1"), escalates_to(None, "unit-1")) == ("leader-1", "unit:unit-1")
