"""Units at their desks, and the families they meet: each call is right in everything, for a test to vary."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from string import ascii_uppercase
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from services.consent.api import decisions
from shared import clock
from shared.auth import Role
from shared.clock import danish_date
from tests.support.keys import Keys
from tests.support.town import MIDWIFERY
from tests.support.wire import consent_in, decision_in, person_in, question_in, refusal_in

_CHANCE = random.Random()  # noqa: S311 - numbers nobody has used in this database, not secrets


def _real() -> datetime:
    return datetime.now(UTC)


def today() -> date:
    """Return the day it is in Denmark."""
    return danish_date(_real())


def days(number: int) -> str:
    """Return the day so many days from today, as it is written."""
    return (today() + timedelta(days=number)).isoformat()


def replacement_number(born: date) -> dict[str, str]:
    """Return an X-eCPR that tells that day, of a person of this century (R43): one person's, and nobody's so far."""
    letters = "".join(_CHANCE.choices(ascii_uppercase, k=2))
    return {"kind": "x-ecpr", "value": f"{born:%d%m%y}7{letters}{_CHANCE.randrange(10)}"}


def made_up_number() -> tuple[str, dict[str, str]]:
    """Return a birth date, and a number with a day plus 60 that tells it: nobody can have it (R43)."""
    born = date(1990, 1, 1) + timedelta(days=_CHANCE.randrange(3_000))
    value = f"{born.day + 60}{born:%m%y}{_CHANCE.randrange(10_000):04}"
    return born.isoformat(), {"kind": "cpr", "value": value}


def somebody() -> date:
    """Return a birth date of this century, so that few people of a test have the same."""
    return date(2001, 1, 1) + timedelta(days=_CHANCE.randrange(2_000))


@dataclass(slots=True)
class Clock:
    """The moment an application lives in; its tokens and its database keep the real time."""

    at: datetime = field(default_factory=_real)

    def rules(self, app: FastAPI, patch: pytest.MonkeyPatch) -> FastAPI:
        """Have an application read this clock."""
        app.dependency_overrides[clock._now] = lambda: self.at
        patch.setattr(decisions, "now", lambda: self.at, raising=False)
        return app

    def move(self, **by: int) -> None:
        """Let time pass."""
        self.at += timedelta(**by)


@dataclass(frozen=True, slots=True)
class Desk:
    """A unit that records, and may decide on other legal grounds, at the consent service."""

    client: httpx.AsyncClient
    keys: Keys
    unit: str = MIDWIFERY
    roles: tuple[Role, ...] = (Role.RECORD_CONSENT, Role.LEGAL_OVERRIDE)
    clock: Callable[[], datetime] = _real

    def at(self, unit: str) -> "Desk":
        """Return another unit's desk."""
        return replace(self, unit=unit)

    @property
    def headers(self) -> dict[str, str]:
        """What the unit comes with."""
        return self.keys.party("consent", *self.roles, unit=self.unit)

    async def post(self, path: str, body: Any, **headers: str) -> httpx.Response:
        """Send a body."""
        return await self.client.post(path, json=body, headers=self.headers | headers)

    async def get(self, path: str, **params: str) -> httpx.Response:
        """Read."""
        return await self.client.get(path, params=params, headers=self.headers)

    async def done(self, path: str, body: Any) -> dict[str, Any]:
        """Send a body that is taken; return the answer."""
        answer = await self.post(path, body)
        assert answer.status_code == 201, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def told(self, path: str, **params: str) -> dict[str, Any]:
        """Read what is there."""
        answer = await self.get(path, **params)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def person(self, **changes: Any) -> str:
        """Register somebody of 21, or else; return the id."""
        return str((await self.done("/persons", person_in(**changes)))["id"])

    async def expected(self, mother: str, due: int = 60) -> str:
        """Register a child that somebody expects."""
        return str((await self.done("/persons", {"expected": {"mother": mother, "due_date": days(due)}}))["id"])

    async def child(self, *holders: str, born: str | None = None) -> str:
        """Register a child of two, with its custody holders; born on another day, if told."""
        day = born or days(-730)
        child = str((await self.done("/persons", {"birth_date": day}))["id"])
        if holders:
            await self.done(f"/persons/{child}/custody", {"holders": list(holders), "since": day})
        return child

    def word(self, subject: str, make: Callable[..., dict[str, Any]] = consent_in, **changes: Any) -> dict[str, Any]:
        """Return a word of just now, as this unit would record it."""
        at = self.clock()
        said = {"sender": self.unit, "given_at": at.isoformat()}
        if make is consent_in:
            said["valid_until"] = (at + timedelta(days=90)).isoformat()
        return make(subject, **said | changes)

    async def yes(self, subject: str, need: str, **changes: Any) -> str:
        """Record a consent said just now; return its id."""
        return str((await self.done("/consents", self.word(subject, need=need, **changes)))["id"])

    async def no(self, subject: str, need: str, **changes: Any) -> str:
        """Record a refusal said just now; return its id."""
        return str((await self.done("/refusals", self.word(subject, refusal_in, need=need, **changes)))["id"])

    async def answer(self, subject: str, need: str, **changes: Any) -> dict[str, Any]:
        """Return what is decided when this unit would tell about health, unless told otherwise."""
        asked = decision_in(question_in(subject, need, sender=self.unit, **changes))
        headers = self.keys.service("referral", "consent")
        answer = await self.client.post("/internal/decisions", json=asked, headers=headers)
        assert answer.status_code == 201, answer.text
        (told,) = answer.json()["answers"]
        return dict(told)

    async def reason(self, subject: str, need: str, **changes: Any) -> str:
        """Return why it may be told, or may not."""
        return str((await self.answer(subject, need, **changes))["reason"])

    async def follow_ups(self, subject: str) -> list[dict[str, Any]]:
        """Return what this unit has still to do about somebody, however much it has to do about others."""
        page = await self.told("/follow-ups", limit="200")
        found = list(page["follow_ups"])
        while page["next"] is not None:
            page = await self.told("/follow-ups", limit="200", after=page["next"])
            found += page["follow_ups"]
        return [each for each in found if each["subject"] == subject]

    async def to_do(self, subject: str) -> list[str]:
        """Return the kinds of what this unit has still to do about somebody."""
        return [each["kind"] for each in await self.follow_ups(subject)]


def new_need() -> str:
    """Return a need that nothing was said about."""
    return str(uuid4())
