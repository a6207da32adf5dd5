"""An authority's office for the tests: reports to look at, steps to take, and a clock that stands where it is put."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI

from shared import clock
from shared.auth import Role
from tests.concern.world import professionals
from tests.conftest import Databases
from tests.support.keys import Keys
from tests.support.town import DAYCARE, NORTH_AUTHORITY, SOUTH, SOUTH_AUTHORITY, entries_of, rows

Headers = dict[str, str]
STATES = ("received", "assessed", "passed_on", "closed")
TOLD_SOUTH = {"stays_in": SOUTH, "custody": "one", "holder_in": SOUTH}
CALM = {"danger": False, "acute_measures": False, "running_measures": False}
BEGUN = {"examination": False, "mapping": True, "measures": True}


def minutes(at: datetime, **changes: Any) -> dict[str, Any]:
    """Return the minutes of a meeting that was held an hour before."""
    held = at - timedelta(hours=1)
    body = {
        "held_at": held.isoformat(), "present": ["reporter", "family", "adviser"],
        "family_view": "Vi er trætte, Kvistehuset er koldt.", "professional_view": "Kvistehuset: Ask er træt.",
        "steps": [{"what": "Morgenhjælp i Kvistehuset", "owner": "adviser", "by": day(at, 7).isoformat()}],
    }  # fmt: skip
    return body | changes


def day(at: datetime, later: int) -> date:
    """Return the day in Denmark so many days later."""
    return clock.danish_date(at + timedelta(days=later))


@dataclass
class Office:
    """The application with its clock in hand; `at` None: the real time."""

    client: httpx.AsyncClient
    app: FastAPI
    dbs: Databases
    keys: Keys
    at: datetime | None = None
    headers: Headers = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Put the clock in hand, and the northern reception at the desk."""
        self.app.dependency_overrides[clock._now] = lambda: self.now
        self.headers = self.reception()

    @property
    def now(self) -> datetime:
        """The present moment, as the application has it."""
        return self.at or datetime.now(UTC)

    def reception(self, unit: str = NORTH_AUTHORITY, user: str = "adviser-1") -> Headers:
        """Return somebody at an authority's reception."""
        return self.keys.party("concern", Role.RECEIVE_REPORTS, unit=unit, user=user)

    def southern(self) -> Headers:
        """Return somebody at the southern authority's reception."""
        return self.reception(SOUTH_AUTHORITY, "adviser-2")

    def daycare(self) -> Headers:
        """Return the pedagogue who reports."""
        return self.keys.party("concern", Role.REPORT, unit=DAYCARE, user="pedagogue-1")

    def auditor(self) -> Headers:
        """Return an auditor."""
        return self.keys.party("concern", Role.AUDITOR)

    def leader(self, unit: str = NORTH_AUTHORITY) -> Headers:
        """Return a leader of a unit."""
        return self.keys.party("concern", Role.LEAD, unit=unit, user="leader-1")

    async def reported(self, **changes: Any) -> str:
        """Return the id of a report of the daycare's; the parents are not told, unless `changes` says so."""
        body = professionals(parents={"why_not": "left_to_authority"}) | changes
        answer = await self.client.post("/concern-reports", headers=self.daycare(), json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def by_citizen(self, **changes: Any) -> str:
        """Return the id of a report that nobody has put their name to."""
        body = {"ground": "neglect", "where": {"stays_in": "0217"}, "words": {"concern": "Barnet er alene."}}
        told = await self.client.post("/concern-reports/citizen", json=body | {"anonymous": True} | changes)
        assert told.status_code == 201, told.text
        found = await rows(self.dbs.admin("concern"), "SELECT id FROM report ORDER BY id DESC LIMIT 1")
        return str(found[0]["id"])

    async def of(self, report: str, sql: str) -> list[Any]:
        """Return what a query finds; `$1` is the report."""
        return await rows(self.dbs.admin("concern"), sql, UUID(report))

    async def row(self, report: str) -> Any:
        """Return a report's row."""
        (found,) = await self.of(report, "SELECT * FROM report WHERE id = $1")
        return found

    async def step(
        self, report: str, what: str, body: Mapping[str, Any] | None = None, headers: Headers | None = None,
        version: int | None = None,
    ) -> httpx.Response:  # fmt: skip
        """Post a step with the newest version, or another."""
        version = (await self.row(report))["version"] if version is None else version
        sent = (headers or self.headers) | {"If-Match": f'"{version}"'}
        return await self.client.post(f"/concern-reports/{report}/{what}", headers=sent, json=dict(body or {}))

    async def done(self, report: str, what: str, body: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        """Take a step that must be possible, and return the answer."""
        answer = await self.step(report, what, body, **more)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def in_state(self, state: str, **changes: Any) -> str:
        """Return a report that stands there."""
        report = await self.reported(**changes)
        if state == "received":
            return report
        await self.done(report, "assessment", CALM)
        if state == "passed_on":
            await self.done(report, "passing-on", {"municipality": SOUTH, "facts": TOLD_SOUTH})
        if state == "closed":
            await self.done(report, "informing", {"informed_at": self.now.isoformat()})
            await self.done(report, "closing", {"outcomes": ["mapping", "measures"]})
        return report

    async def entries(self, answer: httpx.Response) -> list[dict[str, Any]]:
        """Return the ledger's entries of an answer."""
        return await entries_of(self.dbs.admin("concern"), answer.headers["x-request-id"])
