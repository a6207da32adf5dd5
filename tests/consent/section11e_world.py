"""A municipality with its daycare, health visitors, authority and PPR, a neighbour, and those the law leaves out."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from shared.auth import Role
from tests.conftest import Databases
from tests.consent.conftest import Headers
from tests.support.keys import Keys
from tests.support.serving import Teller, serving
from tests.support.town import client_of, consent_app, rows
from tests.support.wire import person_in

HERE, THERE = "0217", "0230"
VISITORS, DAYCARE, AUTHORITY, PPR, SCHOOL = "11e-visitors", "11e-daycare", "11e-authority", "11e-ppr", "11e-school"
NEIGHBOUR, CONTRACTED, UNSAID = "11e-neighbour", "11e-contracted", "11e-unsaid"
MIDWIVES, JOBCENTER, GP, VOLUNTEERS, HOSPITAL = (
    "11e-midwives", "11e-jobcenter", "11e-gp", "11e-volunteers", "11e-hospital",
)  # fmt: skip
PURPOSE = "tidligt_forebyggende_samarbejde"
SECRET = "hun-graeder-hver-morgen-og-vil-ikke-hjem"


def _unit(name: str, kind: str, sector: str, party: str, row: str, place: str | None = HERE) -> dict[str, Any]:
    return {"id": name, "name": name.title(), "organisation": f"org-{name}", "organisation_name": name, "kind": kind,
            "sector": sector, "municipality": place, "party_11e": party, "party_11e_row": row,
            "party_11e_reason": f"Sådan er det med {name}.", "authority": kind == "social_authority"}  # fmt: skip


UNITS = {"units": [
    _unit(VISITORS, "health_visiting", "municipal_health", "in", "municipal_health"),
    _unit(DAYCARE, "daycare", "municipal_daycare", "in", "daycare"),
    _unit(AUTHORITY, "social_authority", "municipal_social", "in", "authority"),
    _unit(PPR, "ppr", "municipal_education", "in", "ppr_counted_in"),
    _unit(SCHOOL, "school", "municipal_education", "in", "school"),
    _unit(NEIGHBOUR, "daycare", "municipal_daycare", "in", "daycare", THERE),
    _unit(f"{NEIGHBOUR}-authority", "social_authority", "municipal_social", "in", "authority", THERE),
    _unit(CONTRACTED, "substance_treatment", "private", "in", "task_agreement"),
    _unit(UNSAID, "substance_treatment", "private", "conditional", "agreement_unknown"),
    _unit(MIDWIVES, "midwifery", "regional_health", "out", "regional_health", None),
    _unit(HOSPITAL, "hospital", "regional_health", "out", "regional_health", None),
    _unit(GP, "general_practice", "private_health", "out", "general_practice"),
    _unit(JOBCENTER, "jobcenter", "municipal_employment", "out", "employment_and_benefits"),
    _unit(VOLUNTEERS, "voluntary", "civil_society", "out", "civil_society"),
]}  # fmt: skip


@dataclass(frozen=True, slots=True)
class World:
    """The consent service among those units, and people who act for them."""

    client: httpx.AsyncClient
    dbs: Databases
    keys: Keys
    directory: Teller

    def by(self, unit: str, user: str | None = None, *roles: Role, **told: Any) -> Headers:
        """Return the header of somebody who takes part in such meetings for a unit."""
        return self.keys.party("consent", *(roles or (Role.CONVENE,)), unit=unit, user=user or f"{unit}-1", **told)

    def leader(self, unit: str = AUTHORITY, user: str = "leader-1") -> Headers:
        """Return the header of a leader."""
        return self.by(unit, user, Role.LEAD)

    async def ask(self, method: str, path: str, who: Headers, **told: Any) -> httpx.Response:
        """Ask the service."""
        return await self.client.request(method, f"/section-11e{path}", headers=who, **told)

    async def child(self, born: str = "2023-05-01", units: tuple[str, ...] = (VISITORS, DAYCARE)) -> str:
        """Register a child, known to units, with a mother who holds custody of it."""
        first = self.by(units[0], None, Role.RECORD_CONSENT, Role.CONVENE)
        mother = (await self.client.post("/persons", json=person_in(), headers=first)).json()["id"]
        made = await self.client.post("/persons", json={"birth_date": born}, headers=first)
        assert made.status_code == 201, made.text
        child = str(made.json()["id"])
        for unit in units:
            await rows(self.dbs.admin("consent"), "INSERT INTO acquaintance (unit, person, since) "
                       "VALUES ($1, $2, now()) ON CONFLICT DO NOTHING", unit, child)  # fmt: skip
        del mother
        return child

    async def matter(self, child: str, unit: str = VISITORS, **told: Any) -> httpx.Response:
        """Open a matter."""
        body = {"child": child, "about": "Trivsel i dagtilbuddet"} | told
        return await self.ask("POST", "/matters", self.by(unit), json=body)

    async def call(self, matter: str, unit: str = VISITORS, user: str | None = None, **told: Any) -> httpx.Response:
        """Call a meeting in half an hour, with the daycare."""
        who = self.by(unit, user)
        return await self.ask("POST", f"/matters/{matter}/meetings", who, json=self.wanted(**told))

    def wanted(self, **told: Any) -> dict[str, Any]:
        """Return a call as it is sent: with the daycare, in half an hour, after an attempt that was not possible."""
        at = datetime.now(UTC)
        return {
            "kind": "primary", "purpose": PURPOSE, "starts_at": (at + timedelta(minutes=30)).isoformat(),
            "ends_at": (at + timedelta(minutes=90)).isoformat(), "profession": "health_visitor",
            "necessity": "Vi skal vide, om barnet får støtte to steder.",
            "consent_attempt": {"impossible": "not_reached", "why": "Ringet tre gange og skrevet."},
            "leader": "leader-1", "attendees": [self.guest(DAYCARE)],
        } | told  # fmt: skip

    def guest(self, unit: str, user: str | None = None, **told: Any) -> dict[str, Any]:
        """Return somebody who is invited."""
        return {"user": user or f"{unit}-1", "profession": "pedagogue", "unit": unit} | told

    async def meeting(self, child: str | None = None, **told: Any) -> str:
        """Open a matter and call its meeting; return the meeting's id."""
        made = await self.matter(child or await self.child())
        assert made.status_code == 201, made.text
        called = await self.call(made.json()["id"], **told)
        assert called.status_code == 201, called.text
        return str(called.json()["id"])

    async def now(self, meeting: str, **by: float) -> None:
        """Let a meeting have begun a moment ago, or at `by` from now."""
        starts = datetime.now(UTC) + timedelta(**(by or {"seconds": -1}))
        await rows(self.dbs.admin("consent"), "UPDATE section11e_meeting SET starts_at = $2, ends_at = "
                   "$2::timestamptz + (ends_at - starts_at), opened_at = CASE WHEN opened_at IS NULL THEN NULL "
                   "ELSE least(opened_at, $2) END WHERE id = $1", meeting, starts)  # fmt: skip

    async def opened(self, child: str | None = None, **told: Any) -> str:
        """Call a meeting, let its time come, and open it; return its id. The daycare is in the room."""
        meeting = await self.meeting(child, **told)
        await self.now(meeting)
        begun = await self.ask("POST", f"/meetings/{meeting}/opening", self.by(VISITORS))
        assert begun.status_code == 200, begun.text
        came = await self.ask("POST", f"/meetings/{meeting}/presence", self.by(DAYCARE))
        assert came.status_code == 200, came.text
        return meeting

    async def bring(self, meeting: str, unit: str = DAYCARE, text: str = SECRET) -> httpx.Response:
        """Choose to share, and put something on the table."""
        who = self.by(unit)
        await self.ask("POST", f"/meetings/{meeting}/choice", who, json={"shares": True})
        body = {"category": "child_development", "text": text}
        return await self.ask("POST", f"/meetings/{meeting}/brought", who, json=body)

    async def held(self, child: str | None = None, **told: Any) -> str:
        """Hold a meeting from call to end; return its id."""
        meeting = await self.opened(child, **told)
        ended = await self.ask("POST", f"/meetings/{meeting}/end", self.by(VISITORS))
        assert ended.json()["state"] == "held", ended.text
        return meeting

    async def over(self, meeting: str) -> None:
        """Let a meeting's time be up, without anybody ending it."""
        await self.now(meeting, hours=-5)

    async def state(self, meeting: str) -> Mapping[str, Any]:
        """Return the meeting's row."""
        (row,) = await rows(self.dbs.admin("consent"), "SELECT * FROM section11e_meeting WHERE id = $1", meeting)
        return dict(row)


@asynccontextmanager
async def the_world(dbs: Databases, keys: Keys) -> AsyncIterator[World]:
    """Lend it, over a real directory's answers."""
    teller = Teller()
    teller.say(UNITS)
    with serving(lambda: teller) as server:
        async with client_of(consent_app(dbs, keys, server.url)) as client:
            admin = dbs.admin("consent")  # whoever a test before this one left in a room has gone home
            await rows(admin, "UPDATE section11e_presence SET left_at = greatest(now(), came_at) WHERE left_at IS NULL")
            await rows(admin, "DELETE FROM section11e_brought")
            yield World(client, dbs, keys, teller)
