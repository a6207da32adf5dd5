"""Families at the referral service: their logins, whom they speak for, and what they call."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx

from shared.auth import Role
from tests.referral.deciding import World
from tests.support.town import FAMILY_HOUSE

Headers = dict[str, str]


@dataclass(frozen=True, slots=True)
class Parent:
    """Somebody with a login of their own."""

    world: World
    person: str
    login: str

    @property
    def headers(self) -> Headers:
        """What they come with."""
        return self.world.play.keys.party("referral", Role.CITIZEN, citizen=self.login, user=f"user-{self.login}")

    def speaks_for(self, *children: str, grown: bool = True, protected: tuple[str, ...] = ()) -> None:
        """Have consent say, from now on, for whom they speak."""
        self.world.consent.speaks(self.login, self.person, *children, grown=grown, protected=protected)

    async def get(self, path: str, **params: Any) -> httpx.Response:
        """Read."""
        return await self.world.play.referral.get(path, params=params, headers=self.headers)

    async def post(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """Send a body."""
        return await self.world.play.referral.post(path, json=body or {}, headers=self.headers | headers)

    async def sees(self, referral: str) -> dict[str, Any]:
        """Read a request that is there for them."""
        answer = await self.get(f"/my/referrals/{referral}")
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def lists(self) -> list[str]:
        """Return the ids of everything that is there for them."""
        answer = await self.get("/my/referrals", limit=100)
        assert answer.status_code == 200, answer.text
        return [each["id"] for each in answer.json()["referrals"]]

    async def task(self, referral: str) -> dict[str, Any]:
        """Return the only task of a request as they see it."""
        (told,) = (await self.sees(referral))["tasks"]
        assert isinstance(told, dict)
        return told

    async def step(self, referral: str, path: str, body: Any = None) -> httpx.Response:
        """Take a step with the only task, as it was read."""
        task = await self.task(referral)
        return await self.post(f"/my/tasks/{task['id']}/{path}", body, **{"If-Match": f'"{task["version"]}"'})

    async def says(self, task: str, kind: str, subject: str, text: str, **more: Any) -> httpx.Response:
        """Say something in a thread."""
        body = {"kind": kind, "information": [{"subject": subject, "category": "own_wish", "text": text}]} | more
        return await self.post(f"/my/tasks/{task}/messages", body)

    async def asks_for_help(self, text: str = "Vi vil gerne tale med nogen.", **more: Any) -> dict[str, Any]:
        """Ask for help oneself; return the answer."""
        answer = await self.post("/my/referrals", help_in(text, **more))
        assert answer.status_code == 201, answer.text
        told: dict[str, Any] = answer.json()
        return told


def parent(world: World, *children: str) -> Parent:
    """Return somebody new, who speaks for themselves and for children."""
    made = Parent(world, str(uuid4()), f"login-{uuid4().hex}")
    made.speaks_for(*children)
    return made


def help_in(text: str = "Vi vil gerne tale med nogen.", **more: Any) -> dict[str, Any]:
    """Return what somebody of a family writes when they ask for help themselves."""
    return {"purpose": "early_support", "recipients": [FAMILY_HOUSE], "own_words": {"text": text}} | more


def texts(told: dict[str, Any]) -> list[str]:
    """Return every text an answer holds, the referral's own first."""
    pieces = [*told["information"], *(piece for each in told["dialogue"] for piece in each["information"])]
    return [piece["text"] for piece in pieces]
