"""One playing of the story: the parties' HTTP clients, and what they do over and over."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from deploy.demo import identities
from deploy.demo.telling import Telling
from deploy.keys import SYSTEM_CLIENT, SYSTEM_SOR
from deploy.system import System
from familiebro_client import Acting, ClientCredentials, FamiliebroBlocking, told
from shared.ids import new_id

HOUSE = "helsingoer-smaaboernshuset"
HEALTH_VISITING = "helsingoer-sundhedstjenesten"
MIDWIVES = "noh-jordemodercenter"
UNIT_NAMES: Mapping[str, str] = {
    HOUSE: "Småbørnshuset",
    HEALTH_VISITING: "Sundhedstjenesten",
    MIDWIVES: "Jordemodercentret",
}


@dataclass(slots=True)
class Play:
    """One playing of the story: the parties' clients, and what has come of it so far."""

    system: System
    tell: Telling
    made: dict[str, Any] = field(default_factory=dict)
    clients: dict[str, httpx.Client] = field(default_factory=dict)
    opened: list[httpx.Client] = field(default_factory=list)
    _midwife: FamiliebroBlocking | None = None

    def as_(self, who: str) -> httpx.Client:
        """Return the HTTP client of a party, with its own token."""
        if who not in self.clients:
            headers = dict(identities.ACTING) if who == identities.SYSTEM else {}
            self.clients[who] = self._client({**headers, "Authorization": "Bearer " + self._token(who)})
        return self.clients[who]

    @property
    def midwife(self) -> FamiliebroBlocking:
        """The midwives' system as its makers would build it: with the published client, for a named midwife (R66)."""
        if self._midwife is None:
            gateway, secret = self.system.url("gateway"), self.system.keys.secret(SYSTEM_CLIENT)
            tokens, acting = ClientCredentials(gateway, SYSTEM_CLIENT, secret), Acting(identities.MIDWIFE, SYSTEM_SOR)
            self._midwife = FamiliebroBlocking(gateway, tokens, acting=acting)
        return self._midwife

    def with_token(self, token: str) -> httpx.Client:
        """Return a client with any token at all."""
        return self._client({"Authorization": "Bearer " + token})

    def post(self, who: str, path: str, body: Mapping[str, Any], **headers: str) -> httpx.Response:
        """Post as a party."""
        return self.as_(who).post(path, json=body, headers={"Idempotency-Key": str(new_id()), **headers})

    def _token(self, who: str) -> str:
        if who == identities.SYSTEM:
            return identities.system_token(self.system.keys, self.system.url("gateway"))
        return identities.token(self.system.keys, who, logins=self.made.get("logins"))

    def _client(self, headers: Mapping[str, str]) -> httpx.Client:
        client = httpx.Client(base_url=self.system.url("gateway") + "/api/v1", headers=headers, timeout=15)
        self.opened.append(client)
        return client

    def close(self) -> None:
        """Close every client."""
        if self._midwife is not None:
            self._midwife.close()
        for client in self.opened:
            client.close()


def read(playing: Play, who: str) -> dict[str, Any]:
    """Read this play's referral as a party."""
    answer = playing.as_(who).get(f"/referrals/{playing.made['referral']}")
    answer.raise_for_status()
    body: dict[str, Any] = answer.json()
    return body


def all_tasks(playing: Play, who: str) -> list[dict[str, Any]]:
    """Return a recipient's whole work list, page by page."""
    found: list[dict[str, Any]] = []
    after: str | None = None
    while True:
        page = playing.as_(who).get("/tasks", params={"limit": 200, **({"after": after} if after else {})}).json()
        found += page["tasks"]
        after = page["next"]
        if after is None:
            return found


def events(playing: Play) -> list[told.Event]:
    """Return what the midwives' system has heard about this play's referral, as a polling system reads it."""
    return [event for event in playing.midwife.events() if str(event.referral) == playing.made["referral"]]


def wait_for(so: Callable[[], bool], seconds: float) -> bool:
    """Wait until something is so; say whether it became so in time."""
    deadline = time.monotonic() + seconds
    while not so():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True
