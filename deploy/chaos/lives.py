"""What people do while processes die: one referral after another, each act repeated until it is acknowledged."""

import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from io import StringIO
from typing import Any

import httpx

from deploy.demo import identities
from deploy.demo.playing import HOUSE, MIDWIVES, Play
from deploy.demo.telling import Telling
from deploy.system import System
from shared.ids import new_id

THERAPIST = "family-therapist"
MIDWIFE = "midwife"
_PATIENCE_S = 60.0
_PAUSE_S = 0.05
_AGAIN = frozenset({None, 401, 502, 503, 504})


class OutOfTime(Exception):
    """Something was not acknowledged, however often it was tried."""


@dataclass(slots=True)
class Done:
    """What one life was told is done, to be looked for afterwards; `wrong`: what must never have happened."""

    secret: str
    person: str = ""
    need: str = ""
    consent: str = ""
    referral: str = ""
    task: str = ""
    key: str = ""
    report: str = ""
    messages: dict[str, str] = field(default_factory=dict)
    states: list[str] = field(default_factory=list)
    withdrawn: bool = False
    wrong: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Actor:
    """Lives one family's story after another until told to stop, through clients of its own."""

    system: System
    stop: threading.Event
    chance: random.Random
    lived: list[Done] = field(default_factory=list)
    unfinished: list[Done] = field(default_factory=list)
    refused: int = 0
    _play: Play | None = None

    def run(self) -> None:
        """Live until told to stop; what has begun by then is finished."""
        while not self.stop.is_set():
            life = Done(secret=f"ord-{new_id()}")
            self.unfinished.append(life)
            self._live(life)
            self.unfinished.remove(life)
            self.lived.append(life)
        if self._play is not None:
            self._play.close()

    def _live(self, life: Done) -> None:
        system = identities.SYSTEM
        life.person = self._made(system, "/persons", {"birth_date": "2005-03-14"})
        life.report = self._made(MIDWIFE, "/concern-reports", _report(life))
        life.need = str(new_id())
        life.consent = self._made(system, "/consents", _consent(life))
        life.key = str(new_id())
        life.referral, life.task = self._posted(system, life)
        if not self._until_read(life):
            life.wrong.append("never arrived")
            return
        self._say(life, THERAPIST, "question")
        self._say(life, system, "answer")
        for step, state in (("acceptance", "accepted"), ("start", "in_progress"), ("completion", "completed")):
            if self.chance.random() < 0.25:  # noqa: PLR2004 - some stories end early
                break
            self._step(life, step, state)
        if self.chance.random() < 0.5:  # noqa: PLR2004
            self._withdraw(life)

    def _posted(self, who: str, life: Done) -> tuple[str, str]:
        body = {
            "need": life.need, "purpose": "early_support", "recipients": [HOUSE],
            "own_words": {"subject": life.person, "text": life.secret},
            "seen_by_family_at": (datetime.now(UTC) - timedelta(minutes=1)).isoformat(), "serious_concern": False,
            "information": [{"subject": life.person, "category": "pregnancy", "text": life.secret}],
        }  # fmt: skip
        answer = self._until(who, lambda to: to.post("/referrals", json=body, headers={"Idempotency-Key": life.key}))
        answer.raise_for_status()
        told = answer.json()
        return str(told["id"]), str(told["tasks"][0]["id"])

    def _until_read(self, life: Done) -> bool:
        deadline = time.monotonic() + _PATIENCE_S
        while time.monotonic() < deadline:
            answer = self._until(THERAPIST, lambda to: to.get(f"/referrals/{life.referral}"))
            if answer.status_code == httpx.codes.OK and life.secret in answer.text:
                return True
            time.sleep(_PAUSE_S)
        return False

    def _say(self, life: Done, who: str, kind: str) -> None:
        body = {"kind": kind, "information": [{"subject": life.person, "category": "pregnancy", "text": life.secret}]}
        key = str(new_id())
        path = f"/tasks/{life.task}/messages"
        answer = self._until(who, lambda to: to.post(path, json=body, headers={"Idempotency-Key": key}))
        answer.raise_for_status()
        life.messages[key] = str(answer.json()["id"])

    def _step(self, life: Done, step: str, state: str) -> None:
        """Take a step; where the answer was lost on the way, look whether it was taken."""
        body = {"outcome": "goal_reached"} if step == "completion" else {}
        deadline = time.monotonic() + _PATIENCE_S
        while time.monotonic() < deadline:
            seen = self._until(THERAPIST, lambda to: to.get(f"/referrals/{life.referral}"))
            seen.raise_for_status()
            task = seen.json()["tasks"][-1]
            if task["state"] == state:
                life.states.append(state)
                return
            version = {"If-Match": f'"{task["version"]}"'}
            answer = self._once(THERAPIST, partial(httpx.Client.post, url=f"/tasks/{life.task}/{step}", json=body,
                                                   headers=version))  # fmt: skip
            if answer is not None and answer.status_code in {409, 422, 404}:
                life.wrong.append(f"{step}: {answer.status_code} {answer.json().get('code')}")
                return
        raise OutOfTime(step)

    def _withdraw(self, life: Done) -> None:
        """Withdraw the consent; from the moment it is acknowledged nothing of it may be read."""
        path = f"/consents/{life.consent}/withdrawal"
        answer = self._until(identities.SYSTEM, lambda to: to.post(path, json={}))
        if answer.status_code not in {201, 409}:
            life.wrong.append(f"withdrawal: {answer.status_code}")
            return
        life.withdrawn = True
        for _ in range(3):
            seen = self._once(THERAPIST, lambda to: to.get(f"/referrals/{life.referral}"))
            texts = [] if seen is None or seen.status_code != httpx.codes.OK else _of_others(seen.json())
            if life.secret in texts:
                life.wrong.append("read after the withdrawal")

    def _made(self, who: str, path: str, body: Mapping[str, Any]) -> str:
        key = str(new_id())
        answer = self._until(who, lambda to: to.post(path, json=body, headers={"Idempotency-Key": key}))
        answer.raise_for_status()
        return str(answer.json()["id"])

    def _until(self, who: str, ask: Callable[[httpx.Client], httpx.Response]) -> httpx.Response:
        """Repeat until somebody answers who is up; the key makes it one act."""
        deadline = time.monotonic() + _PATIENCE_S
        while time.monotonic() < deadline:
            answer = self._once(who, ask)
            if answer is not None:
                return answer
            time.sleep(_PAUSE_S)
        raise OutOfTime(who)

    def _once(self, who: str, ask: Callable[[httpx.Client], httpx.Response]) -> httpx.Response | None:
        try:
            answer = ask(self._clients().as_(who))
        except (httpx.TransportError, httpx.HTTPStatusError):
            self.refused += 1
            return None
        if answer.status_code in _AGAIN:
            self.refused += 1
            if answer.status_code == httpx.codes.UNAUTHORIZED:
                self._play = None
            return None
        return answer

    def _clients(self) -> Play:
        if self._play is None:
            self._play = Play(self.system, Telling(StringIO()))
        return self._play


def _of_others(told: Mapping[str, Any]) -> list[str]:
    pieces = [*told["information"], *(piece for each in told["dialogue"] for piece in each["information"])]
    return [piece["text"] for piece in pieces if piece["author"] != HOUSE]


def _report(life: Done) -> dict[str, Any]:
    """Return a report of concern for a child to come: it waits for nothing that dies beside it."""
    return {
        "ground": "unborn_may_need_support", "child": {"unborn": True}, "words": {"concern": life.secret},
        "where": {"stays_in": "0217"}, "reporter": {"name": "Jordemoderen"},
        "parents": {"why_not": "left_to_authority"},
    }  # fmt: skip


def _consent(life: Done) -> Mapping[str, Any]:
    at = datetime.now(UTC)
    return {
        "subject": life.person, "given_by": life.person, "sender": MIDWIVES, "recipients": [HOUSE],
        "categories": ["pregnancy", "own_wish", "course"], "purpose": "early_support", "need": life.need,
        "mutual": True, "method": "oral", "given_at": (at - timedelta(seconds=1)).isoformat(),
        "valid_until": (at + timedelta(days=100)).isoformat(), "told_of_withdrawal": True, "active_choice": True,
        "notice": "samtykke-da-1", "oral_note": "Sagt ved konsultationen.", "not_written_because": "Aftalt på stedet.",
        "supersedes": [],
    }  # fmt: skip
