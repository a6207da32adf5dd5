"""The steps that runs, waiting lists and deadlines are tested by, before a consent service the test decides for."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx

from services.referral.actions.reminding import Looking, remind
from services.referral.domain.reminding import Patience
from shared.clock import now
from tests.referral.deciding import World
from tests.support.story import Headers, Sent
from tests.support.town import FAMILY_HOUSE, MIDWIFERY, rows

EVER = datetime.fromisoformat("1900-01-01T00:00:00+00:00")


@dataclass(frozen=True, slots=True)
class House:
    """The family house at work with somebody, and an offer whose list is nobody else's."""

    world: World
    subject: str = field(default_factory=lambda: str(uuid4()))
    offer: str = field(default_factory=lambda: f"group-{uuid4().hex[:6]}")

    async def received(self, *, course: bool = True, **changes: Any) -> Sent:
        """Have a referral come in and be read; `course`: the midwives may hear what comes of it."""
        kinds = [(self.subject, "health"), (self.subject, "own_wish")]
        sent = await self.world.posted(*kinds, subject=self.subject, **changes)
        told = [(self.subject, "course")] if course else []
        self.world.consent.permit(told, FAMILY_HOUSE, MIDWIFERY)
        assert (await self.world.play.read(sent.referral, self.world.play.recipient())).status_code == 200
        return sent

    async def taken_on(self, *, course: bool = True, **changes: Any) -> Sent:
        """Take on a referral."""
        sent = await self.received(course=course, **changes)
        assert (await self.world.play.accept(sent.task, await self.version(sent))).status_code == 200
        return sent

    async def listed(self, recommendation: str = "recommended", **changes: Any) -> Sent:
        """Take on a referral and put it on the waiting list."""
        sent = await self.taken_on()
        answer = await self.put_on_list(sent, recommendation, **changes)
        assert answer.status_code == 200, answer.text
        return sent

    async def run(self, places: int = 5, offer: str | None = None) -> str:
        """Make a run; return its id."""
        body = {"offer": offer or self.offer, "starts_on": "2027-01-11", "places": places}
        answer = await self.world.play.referral.post("/runs", json=body, headers=self.world.play.recipient())
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def get(self, path: str, **params: Any) -> Any:
        """Return what the house reads."""
        answer = await self.world.play.referral.get(path, params=params, headers=self.world.play.recipient())
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def places(self, run: str) -> tuple[int, int]:
        """Return how many places of a run are taken and free."""
        told = await self.get(f"/runs/{run}")
        return told["taken"], told["free"]

    async def step(self, sent: Sent, step: str, body: Any, headers: Headers | None = None) -> httpx.Response:
        """Take a step with the task as it stands."""
        version = {"If-Match": f'"{await self.version(sent)}"'}
        return await self.world.play.referral.post(
            f"/tasks/{sent.task}/{step}", json=body, headers=(headers or self.world.play.recipient()) | version
        )

    async def put_on_list(self, sent: Sent, recommendation: str = "recommended", **changes: Any) -> httpx.Response:
        """Put a task on the list, or assess it anew."""
        body = {"offer": self.offer, "recommendation": recommendation, "form": "group", "reason": "birth_is_near"}
        return await self.step(sent, "waiting", {k: v for k, v in (body | changes).items() if v is not None})

    async def invite(self, run: str, count: int, **headers: str) -> httpx.Response:
        """Invite the next ones."""
        return await self.world.play.referral.post(
            f"/runs/{run}/invitations", json={"count": count}, headers=self.world.play.recipient() | headers
        )

    async def order(self, run: str) -> list[str]:
        """Return the tasks that wait for a run, the next one first."""
        return [each["task"] for each in (await self.get(f"/runs/{run}/waiting", limit=200))["waiting"]]

    async def version(self, sent: Sent) -> int:
        """Return the task's version."""
        return int((await self.row(sent))["version"])

    async def row(self, sent: Sent) -> Any:
        """Return the task as it is kept."""
        (row,) = await rows(self.world.play.dbs.admin("referral"), "SELECT * FROM task WHERE id = $1", UUID(sent.task))
        return row

    async def due(self, sent: Sent, **ago: timedelta) -> None:
        """Let a task's deadlines, `answer_by` or `offer_by`, lie so long ago."""
        for column, each in ago.items():
            await rows(
                self.world.play.dbs.admin("referral"), f"UPDATE task SET {column} = $2 WHERE id = $1",
                UUID(sent.task), now() - each,
            )  # fmt: skip

    async def look(self, at: datetime | None = None, since: datetime = EVER) -> int:
        """Look for what is late, as the worker does."""
        database = self.world.play.app.state.database
        return await remind(Looking(database, at or now(), since, Patience(), str(uuid4())))

    async def heard(self, sent: Sent) -> tuple[list[str | None], list[str | None]]:
        """Return which reminders the house has heard of a task, and all that the midwives have heard."""
        at_house, at_midwives = await self.world.heard(sent)
        return [each for each in at_house if each in {"due_soon", "late", "escalated"}], at_midwives
