"""What is late in a municipality is counted, and listed with who was told; to its authority alone (R32)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.concern.actions import clock
from shared.db import Database
from tests.concern.office import Office
from tests.concern.test_reception import NAMED, RECEPTION
from tests.concern.world import SECRET
from tests.support.town import DAYCARE, NORTH, SOUTH, assert_problem

OVERDUE = "/concern-reports/overdue"
R32 = pytest.mark.rule("R32", enforced_by="services.concern.actions.overdue:overdue")


async def _overdue(office: Office, headers: dict[str, str] | None = None, **asked: Any) -> Any:
    answer = await office.client.get(OVERDUE, headers=headers or office.leader(), params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def _looked(office: Office, at: datetime) -> None:
    database = Database(office.dbs.app("concern"), 2, "test-look")
    await database.open()
    await clock.look(database, at)
    await database.close()


@R32
async def test_r32_what_is_late_is_counted_and_listed_with_who_was_told_and_when(office: Office) -> None:
    await office.client.put(RECEPTION, headers=office.leader(), json=NAMED | {"escalates_to": "leader-1"})
    before = (await _overdue(office))["counts"]
    office.at = datetime.now(UTC) - timedelta(hours=30)
    late = await office.reported()
    office.at = datetime.now(UTC)
    in_time = await office.reported()
    found = await _overdue(office, limit=200)
    assert found["municipality"] == NORTH
    assert found["counts"] == before | {"assess": before["assess"] + 1}
    told = {each["report"]: each for each in found["reports"]}
    assert in_time not in told
    (one,) = told[late]["clocks"]
    assert (one["clock"], one["hours_late"], one["told"], one["told_at"]) == ("assess", 6, None, None)
    await _looked(office, office.at)
    mine = await _overdue(office, mine=True, limit=200)
    (one,) = next(each for each in mine["reports"] if each["report"] == late)["clocks"]
    assert one["told"] == "leader-1"
    assert datetime.fromisoformat(one["told_at"]) == office.at
    assert SECRET not in str(mine)
    others = await _overdue(office, headers=office.headers, mine=True)
    assert late not in str(others), "adviser-1 was told of nothing"
    await office.done(late, "assessment", {"danger": True, "acute_measures": True, "running_measures": False})
    assert (await _overdue(office, limit=200))["counts"] == before
    assert late not in str(await _overdue(office, limit=200)), "done, however late, it is no more to be done"


@R32
async def test_r32_each_clock_is_counted_by_itself_and_pages_go_on(office: Office) -> None:
    before = (await _overdue(office))["counts"]
    office.at = datetime.now(UTC) - timedelta(days=15)
    late = [await office.reported() for _ in range(3)]
    office.at = None
    assert (await _overdue(office))["counts"] == {name: count + 3 for name, count in before.items()}
    seen: list[str] = []
    asked: dict[str, Any] = {"limit": 2}
    while True:
        page = await _overdue(office, **asked)
        seen += [each["report"] for each in page["reports"]]
        if page["next"] is None:
            break
        asked["after"] = page["next"]
    assert seen == sorted(seen)
    assert set(late) <= set(seen)
    assert len(seen) == len(set(seen))


async def test_another_municipality_sees_its_own_and_no_authority_sees_none(office: Office) -> None:
    office.at = datetime.now(UTC) - timedelta(hours=30)
    late = await office.reported()
    office.at = None
    theirs = await _overdue(office, headers=office.southern(), limit=200)
    assert theirs["municipality"] == SOUTH
    assert late not in str(theirs)
    for headers in (office.leader(DAYCARE), office.leader("nowhere"), office.reception(DAYCARE)):
        answer = await office.client.get(OVERDUE, headers=headers)
        assert_problem(answer, 403, "not_the_authority")
        (entry,) = await office.entries(answer)
        assert entry["kind"] == "access_refused"
    assert_problem(await office.client.get(OVERDUE, headers=office.daycare()), 403, "missing_scope")
    for wrong in ({"limit": 0}, {"limit": 201}, {"after": "x"}, {"mine": "perhaps"}):
        assert_problem(await office.client.get(OVERDUE, headers=office.leader(), params=wrong), 422)
    read = await office.client.get(OVERDUE, headers=office.leader())
    (entry,) = await office.entries(read)
    assert (entry["kind"], entry["municipality"]) == ("concern_overdue_read", NORTH)
