"""A consent service of a test's own: it decides as it is told at that moment, and keeps what it was asked and told."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from services.referral.actions.following import TASK_ENDING, Surroundings, reconsider, tell_endings
from services.referral.actions.posting import RECONSIDER
from services.referral.domain.model import ReferralId
from shared.clock import now
from shared.contracts import DecisionIn, TaskEndingIn
from shared.outbox import Carrier, Message
from tests.support.story import Sent, Story
from tests.support.town import FAMILY_HOUSE, MIDWIFERY

Kind = tuple[str, str]
"""A subject, and a category."""


@dataclass(slots=True)
class Decider:
    """What it permits: kinds, told on by a unit to another; anything else is not consented to."""

    permitted: dict[tuple[str, str], set[Kind]] = field(default_factory=dict)
    ground: str = "covered"
    otherwise: str = "no_consent"
    ask: list[dict[str, str]] = field(default_factory=list)
    down_for: frozenset[str] = frozenset()
    afterwards: Callable[[], None] | None = None
    asked: list[DecisionIn] = field(default_factory=list)
    endings: list[TaskEndingIn] = field(default_factory=list)
    speakers: dict[str, dict[str, Any]] = field(default_factory=dict)

    def permit(self, kinds: Iterable[Kind], sender: str = MIDWIFERY, recipient: str = FAMILY_HOUSE) -> None:
        """Permit just these from now on, on that road."""
        self.permitted[sender, recipient] = set(kinds)

    def speaks(self, login: str, me: str, *children: str, grown: bool = True, protected: Iterable[str] = ()) -> None:
        """Let a login be somebody, who speaks for themselves, if grown, and for children."""
        hidden = frozenset(protected)
        told = [{"person": each, "also": [], "protected": each in hidden} for each in (me, *children)]
        self.speakers[login] = {"me": told[0], "speaks_for": told[0 if grown else 1 :]}

    def endings_of(self, referral: str) -> list[TaskEndingIn]:
        """Return what was told of one referral."""
        return [each for each in self.endings if each.referral == UUID(referral)]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one ASGI event stream."""
        if scope["type"] != "http":
            while (message := await receive())["type"] != "lifespan.shutdown":
                await send({"type": f"{message['type']}.complete"})
            await send({"type": "lifespan.shutdown.complete"})
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        status, told = self._answer(scope["path"], json.loads(body or b"null"))
        await send({"type": "http.response.start", "status": status, "headers": [(b"connection", b"close")]})
        await send({"type": "http.response.body", "body": json.dumps(told).encode()})

    def _answer(self, path: str, body: Any) -> tuple[int, Any]:
        if path == "/internal/task-endings":
            if "ending" in self.down_for:
                return 503, {}
            self.endings.append(TaskEndingIn.model_validate(body))
            return 201, {}
        if path == "/internal/speakers":
            told = self.speakers.get(body["citizen"])
            nobody: dict[str, Any] = {"me": None, "speaks_for": []}
            return (503, {}) if "speakers" in self.down_for else (200, nobody if told is None else told)
        if path == "/health/ready":
            return (503 if self.down_for else 200), {}
        assert path == "/internal/decisions"
        asked = DecisionIn.model_validate(body)
        if asked.occasion in self.down_for:
            return 503, {}
        self.asked.append(asked)
        answers = [
            self._of(place, category, (str(each.subject), category) in self.permitted.get(road, set()))
            for place, each in enumerate(asked.questions)
            for road in [(each.sender, each.recipient)]
            for category in each.categories
        ]
        if self.afterwards is not None:
            self.afterwards()
        return 201, {"id": str(uuid4()), "answers": answers}

    def _of(self, place: int, category: str, permitted: bool) -> dict[str, Any]:  # noqa: FBT001 - one of two
        reason, ask = (self.ground, []) if permitted else (self.otherwise, self.ask)
        return {"question": place, "category": category, "permitted": permitted, "reason": reason, "ask": ask}


@dataclass(frozen=True, slots=True)
class World:
    """The referral service before a consent service that a test decides for."""

    play: Story
    consent: Decider

    async def posted(self, *kinds: Kind, subject: str, need: str | None = None, **changes: Any) -> Sent:
        """Post a referral while just these kinds are permitted."""
        self.consent.permit(kinds)
        told = await self.play.post(subject, need=need or str(uuid4()), **changes)
        return Sent(subject, told["need"], "", told["id"], told["tasks"][0]["id"])

    async def permit(self, sent: Sent, *kinds: Kind) -> None:
        """Permit just these kinds from now on, and have consent's word of it heard and followed."""
        self.consent.permit(kinds)
        await self.hear(sent)

    async def hear(self, sent: Sent) -> None:
        """Bring consent's word that something changed, and follow it, as both workers do."""
        word = {"id": str(uuid4()), "kind": "consent_withdrawn", "need": sent.need, "subject": sent.subject}
        assert (await self.play.tell_of_consent(word)).status_code == 201
        await self.carry()

    async def carry(self) -> None:
        """Carry out what is due, as the referral worker does."""
        state = self.play.app.state

        async def look_anew(message: Message) -> None:
            around = Surroundings(state.database, state.consent)
            await reconsider(around, ReferralId(UUID(message.payload["referral"])), now(), message.request_id)

        carrier = Carrier(state.database, {RECONSIDER: look_anew, TASK_ENDING: tell_endings(state.consent)})
        while await carrier.carry_batch():
            pass

    async def task(self, sent: Sent) -> dict[str, Any]:
        """Return the task as its sender sees it."""
        told: dict[str, Any] = (await self.play.read(sent.referral, self.play.sender())).json()["tasks"][0]
        return told

    async def heard(self, sent: Sent) -> tuple[list[str | None], list[str | None]]:
        """Return the kinds of events the recipient has heard, and those the sender has."""
        parties = (self.play.recipient(), self.play.sender())
        told = [await self.play.events(party, sent.referral) for party in parties]
        return [each["kind"] for each in told[0]], [each["kind"] for each in told[1]]
