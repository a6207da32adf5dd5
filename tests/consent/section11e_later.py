"""The municipality of § 11 e at a moment of the test's own, under a code of its own: what is counted is the test's.

The moments are years ahead: a room that another test left open is over by then.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import httpx
import orjson
import pytest

from tests.conftest import Databases
from tests.consent.section11e_world import DAYCARE, HERE, UNITS, VISITORS, World
from tests.support.families import Clock
from tests.support.keys import Keys
from tests.support.serving import Teller, serving
from tests.support.town import client_of, consent_app, rows

_CODES = count(9001)
HOUR, DAY, MOST = timedelta(hours=1), timedelta(days=1), timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Later(World):
    """That municipality, and its clock."""

    clock: Clock
    code: str

    async def called(self, starts_at: datetime, ends_at: datetime, child: str | None = None, **told: Any) -> str:
        """Call a meeting for then; return its id."""
        period = {"starts_at": starts_at.isoformat(), "ends_at": ends_at.isoformat()}
        return await self.meeting(child, **period, **told)

    async def begun(self, starts_at: datetime, ends_at: datetime) -> str:
        """Call a meeting, and open it as its time comes, with the daycare in the room; return its id."""
        meeting = await self.called(starts_at, ends_at)
        self.clock.at = max(starts_at, self.clock.at)
        for who, step in ((VISITORS, "opening"), (DAYCARE, "presence")):
            answer = await self.ask("POST", f"/meetings/{meeting}/{step}", self.by(who))
            assert answer.status_code == 200, answer.text
        return meeting

    async def after(self, hours: float = 1) -> str:
        """Hold a meeting from now on, and let it end by itself; return its id."""
        starts_at = self.clock.at
        meeting = await self.begun(starts_at, starts_at + hours * HOUR)
        self.clock.at = starts_at + hours * HOUR
        assert (await self.look(meeting)).status_code == 403
        return meeting

    async def look(self, meeting: str, unit: str = DAYCARE) -> httpx.Response:
        """Look at what is on the table."""
        return await self.ask("GET", f"/meetings/{meeting}/room", self.by(unit))

    async def told(self, meeting: str, kind: str) -> list[dict[str, Any]]:
        """Return a meeting's ledger entries of a kind, oldest first."""
        found = await rows(
            self.dbs.admin("consent"),
            "SELECT entry::text AS entry FROM ledger_entry WHERE entry->>'meeting' = $1 AND entry->>'kind' = $2 "
            "ORDER BY n", meeting, kind,
        )  # fmt: skip
        return [orjson.loads(row["entry"]) for row in found]

    async def on_the_table(self, meeting: str) -> int:
        """Return how many pieces are kept of what was brought."""
        sql = "SELECT id FROM section11e_brought WHERE meeting = $1"
        return len(await rows(self.dbs.admin("consent"), sql, meeting))

    async def jobs(self, meeting: str) -> dict[str, timedelta]:
        """Return a meeting's jobs, each with how long after it was put it is to be done."""
        sql = "SELECT entrypoint, payload, execute_after - created AS wait FROM queue.pgqueuer WHERE dedupe_key LIKE $1"
        found = await rows(self.dbs.admin("consent"), sql, f"%{meeting}")
        assert {row["payload"].decode() for row in found} <= {meeting}
        return {row["entrypoint"]: row["wait"] for row in found}


@asynccontextmanager
async def later_world(dbs: Databases, keys: Keys, at: datetime, patch: pytest.MonkeyPatch) -> AsyncIterator[Later]:
    """Lend it."""
    code, clock, teller = str(next(_CODES)), Clock(at), Teller()
    teller.say({"units": [unit | ({"municipality": code} if unit["municipality"] == HERE else {})
                          for unit in UNITS["units"]]})  # fmt: skip
    with serving(lambda: teller) as server:
        async with client_of(clock.rules(consent_app(dbs, keys, server.url), patch)) as client:
            yield Later(client, dbs, keys, teller, clock, code)
    # A room of then is open for long: nobody of another test's shall be in it.
    await rows(dbs.admin("consent"), "UPDATE section11e_presence SET left_at = came_at WHERE left_at IS NULL")
