"""The referral service before a real consent service, and the steps that a family's story is made of."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx
from fastapi import FastAPI

from services.referral.actions.following import TASK_ENDING, Surroundings, reconsider, tell_endings
from services.referral.actions.posting import RECONSIDER
from services.referral.domain.model import ReferralId
from shared.auth import Role
from shared.clock import now
from shared.outbox import Carrier, Message
from tests.conftest import Databases
from tests.support.keys import Keys
from tests.support.town import FAMILY_HOUSE, MIDWIFERY, acquainted, client_of, messages_of, referral_app
from tests.support.wire import consent_in, message_in, person_in, referral_in

Headers = dict[str, str]
BOTH_KINDS = ["health", "own_wish"]


@dataclass(frozen=True, slots=True)
class Story:
    """The services, and who plays."""

    dbs: Databases
    keys: Keys
    app: FastAPI
    referral: httpx.AsyncClient
    consent: httpx.AsyncClient

    def sender(self, user: str = "midwife-1") -> Headers:
        """Return the header of a midwife."""
        return self.keys.party("referral", Role.REFER, unit=MIDWIFERY, user=user)

    def recipient(self, unit: str = FAMILY_HOUSE) -> Headers:
        """Return the header of a recipient."""
        return self.keys.party("referral", Role.RECEIVE, unit=unit, user="therapist-1")

    async def person(self) -> str:
        """Register a person."""
        headers = self.keys.party("consent", Role.RECORD_CONSENT, unit=MIDWIFERY)
        answer = await self.consent.post("/persons", json=person_in(), headers=headers)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def say_yes(self, subject: str, need: str, **changes: Any) -> str:
        """Record a consent of own words and health, from the midwives to the family house."""
        sender = changes.get("sender", MIDWIFERY)
        await acquainted(self.dbs, subject, sender)
        headers = self.keys.party("consent", Role.RECORD_CONSENT, unit=sender)
        body = consent_in(subject, **({"need": need, "categories": BOTH_KINDS} | changes))
        answer = await self.consent.post("/consents", json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def say_yes_to_the_course(self, subject: str, need: str) -> str:
        """Record a consent to the midwives hearing what comes of it."""
        return await self.say_yes(
            subject, need, sender=FAMILY_HOUSE, recipients=[MIDWIFERY], categories=["course", "health"]
        )

    async def withdraw_consent(self, number: str) -> dict[str, Any]:
        """Withdraw a consent; return the message that consent's worker would carry."""
        headers = self.keys.party("consent", Role.RECORD_CONSENT, unit=MIDWIFERY)
        sent = {"X-Request-Id": str(uuid4())}
        answer = await self.consent.post(f"/consents/{number}/withdrawal", json={}, headers=headers | sent)
        assert answer.status_code == 201, answer.text
        ((_, payload),) = await messages_of(self.dbs.admin("consent"), sent["X-Request-Id"])
        return payload

    async def post(self, subject: str, headers: Headers | None = None, **changes: Any) -> dict[str, Any]:
        """Post a referral; return the answer's body."""
        body = referral_in(subject, **changes)
        answer = await self.referral.post("/referrals", json=body, headers=headers or self.sender())
        assert answer.status_code == 201, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def sent(self) -> "Sent":
        """Post a referral that consent covers."""
        subject, need = await self.person(), str(uuid4())
        consent = await self.say_yes(subject, need)
        posted = await self.post(subject, need=need)
        return Sent(subject, need, consent, posted["id"], posted["tasks"][0]["id"])

    async def read(self, number: str, headers: Headers) -> httpx.Response:
        """Read a referral."""
        return await self.referral.get(f"/referrals/{number}", headers=headers)

    async def received(self) -> "Sent":
        """Post a referral and have its recipient read it."""
        sent = await self.sent()
        assert (await self.read(sent.referral, self.recipient())).status_code == 200
        return sent

    async def say(self, sent: "Sent", kind: str, headers: Headers) -> httpx.Response:
        """Say something in the dialogue."""
        return await self.referral.post(
            f"/tasks/{sent.task}/messages", json=message_in(sent.subject, kind), headers=headers
        )

    async def accept(self, task: str, version: int) -> httpx.Response:
        """Take a task on, as the family house."""
        headers = self.recipient() | {"If-Match": f'"{version}"'}
        return await self.referral.post(f"/tasks/{task}/acceptance", json={}, headers=headers)

    async def decline(self, task: str, version: int) -> httpx.Response:
        """Decline a task, as the family house."""
        headers = self.recipient() | {"If-Match": f'"{version}"'}
        body = {"reason": "no_capacity", "no_alternative": True}
        return await self.referral.post(f"/tasks/{task}/decline", json=body, headers=headers)

    async def events(self, headers: Headers, number: str) -> list[dict[str, Any]]:
        """Return what a unit has heard about one referral, from the beginning."""
        heard: list[dict[str, Any]] = []
        after = ""
        while True:
            answer = await self.referral.get("/events", params={"limit": 200, "after": after}, headers=headers)
            assert answer.status_code == 200, answer.text
            page = answer.json()["events"]
            heard += [event for event in page if event["referral"] == number]
            if not page:
                return heard
            after = page[-1]["cursor"]

    async def reconsider(self, number: str) -> None:
        """Look at a referral anew, as the worker does."""
        around = Surroundings(self.app.state.database, self.app.state.consent)
        await reconsider(around, ReferralId(UUID(number)), now(), str(uuid4()))

    async def tell_of_consent(self, payload: dict[str, Any]) -> httpx.Response:
        """Bring consent's message, as its worker does."""
        headers = self.keys.service("consent", "referral")
        return await self.referral.post("/internal/consent-events", json=payload, headers=headers)

    async def carry(self) -> None:
        """Carry out everything the referral service has to follow, as its worker does."""
        around = Surroundings(self.app.state.database, self.app.state.consent)

        async def look_anew(message: Message) -> None:
            await reconsider(around, ReferralId(UUID(message.payload["referral"])), now(), message.request_id)

        carrier = Carrier(
            self.app.state.database, {RECONSIDER: look_anew, TASK_ENDING: tell_endings(self.app.state.consent)}
        )
        while await carrier.carry_batch():
            pass


@dataclass(frozen=True, slots=True)
class Sent:
    """A referral that went out: whom it is about, under which need and consent, and its only task."""

    subject: str
    need: str
    consent: str
    referral: str
    task: str


@asynccontextmanager
async def story(dbs: Databases, keys: Keys, directory_url: str, consent_url: str) -> AsyncIterator[Story]:
    """Lend a story that is about to begin."""
    app = referral_app(dbs, keys, directory_url, consent_url)
    async with client_of(app) as client, httpx.AsyncClient(base_url=consent_url, timeout=15) as consent:
        yield Story(dbs, keys, app, client, consent)
