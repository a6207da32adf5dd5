"""Who has not the role for it is told no, and the no is on the ledger where the address asks who it is (R50)."""

from uuid import uuid4

import httpx

from shared.auth import Role
from tests.concern.conftest import Headers
from tests.conftest import Databases
from tests.support.keys import Keys
from tests.support.town import JOBCENTER, assert_problem, entries_of


async def test_a_caseworker_without_the_role_is_on_the_ledger_with_what_was_reached_for(
    concern: httpx.AsyncClient, dbs: Databases, keys: Keys, daycare: Headers
) -> None:
    jobcenter = keys.party("concern", Role.REFER, unit=JOBCENTER, user="job-1")
    report = str(uuid4())
    for who, method, path in (
        (jobcenter, "POST", "/concern-reports"),
        (daycare, "GET", "/concern-reports"),
        (jobcenter, "GET", f"/concern-reports/{report}"),
    ):
        answer = await concern.request(method, path, headers=who, json={})
        assert_problem(answer, 403, "missing_scope")
        (entry,) = await entries_of(dbs.admin("concern"), answer.headers["x-request-id"])
        assert (entry["kind"], entry["code"]) == ("access_refused", "missing_scope")
        assert entry["address"] == f"{method} {path.replace(report, '{report}')}"
        assert entry.get("report") == (report if report in path else None)


async def test_who_is_nobody_leaves_no_entry(concern: httpx.AsyncClient, dbs: Databases) -> None:
    answer = await concern.get("/concern-reports")
    assert answer.status_code == 401
    assert await entries_of(dbs.admin("concern"), answer.headers["x-request-id"]) == []
