"""A unit's own system that takes webhooks, on a real socket, and a clock that a test moves."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from fastapi import FastAPI

from services.referral.actions.sending import Post, follow, serve
from services.referral.delivering import Reach, Sender
from services.referral.domain.webhooks import Tempo
from services.referral.sealing import Seal
from services.referral.settings import read_networks
from shared.auth import Role
from shared.clock import now
from tests.conftest import Databases
from tests.referral.deciding import World
from tests.support.keys import Keys
from tests.support.serving import serving
from tests.support.story import Headers, Sent
from tests.support.town import FAMILY_HOUSE, MIDWIFERY, rows

SUBJECT = "00000000-0000-4000-8000-00000000a001"
KINDS = [(SUBJECT, "health"), (SUBJECT, "own_wish")]
COURSE = [(SUBJECT, "course")]


@dataclass(slots=True)
class Receiver:
    """Answers as it is told, and keeps what came: headers and body. `status` may look at the message."""

    status: Callable[[dict[str, Any]], int] = lambda _: 204
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    came: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    wait_s: float = 0
    at_once: int = 0
    most_at_once: int = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one ASGI event stream."""
        if scope["type"] != "http":
            while (message := await receive())["type"] != "lifespan.shutdown":
                await send({"type": f"{message['type']}.complete"})
            await send({"type": "lifespan.shutdown.complete"})
            return
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        try:
            body, more = b"", True
            while more:
                message = await receive()
                body, more = body + message.get("body", b""), message.get("more_body", False)
            self.came.append(({name.decode(): value.decode() for name, value in scope["headers"]}, body))
            if self.wait_s:
                await asyncio.sleep(self.wait_s)
            headers = [*self.headers, (b"content-length", b"0")]
            await send({"type": "http.response.start", "status": self.status(json.loads(body)), "headers": headers})
            await send({"type": "http.response.body", "body": b""})
        finally:
            self.at_once -= 1

    @property
    def told(self) -> list[dict[str, Any]]:
        """What came, read."""
        return [json.loads(body) for _, body in self.came]

    def types(self, referral: str | None = None) -> list[str]:
        """Return the types of what came, in order."""
        return [each["type"] for each in self.told if referral in {None, each["data"].get("referral")}]


class Clock:
    """The present, as a test has it."""

    def __init__(self) -> None:
        self._ahead = timedelta(0)

    def __call__(self) -> datetime:
        """Return the moment: the real one, and all that a test has let pass."""
        return now() + self._ahead

    def on(self, **by: float) -> None:
        """Let time pass."""
        self._ahead += timedelta(**by)


@dataclass(frozen=True, slots=True)
class Hooked:
    """The referral service, a consent service a test decides for, and a receiver."""

    world: World
    post: Post
    receiver: Receiver
    url: str
    clock: Clock

    def midwives(self) -> Headers:
        """Return the header of the sender's own system."""
        return self.world.play.keys.party("referral", Role.REFER, Role.RECEIVE, unit=MIDWIFERY, user="system-1")

    def house(self) -> Headers:
        """Return the header of the recipient's own system."""
        return self.world.play.keys.party("referral", Role.REFER, Role.RECEIVE, unit=FAMILY_HOUSE, user="system-2")

    async def ask(self, method: str, path: str, headers: Headers | None = None, **told: Any) -> Any:
        """Ask the service, as the midwives where nobody else is named."""
        return await self.world.play.referral.request(method, path, headers=headers or self.midwives(), **told)

    async def make(self, headers: Headers | None = None, **told: Any) -> dict[str, Any]:
        """Make a webhook."""
        answer = await self.ask("POST", "/webhooks", headers, json={"url": self.url + "/hook?key=hemmelig", **told})
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def sent(self) -> Sent:
        """Post a referral: the midwives hear `sent`, the house `referral_arrived`."""
        self.world.consent.permit(KINDS)
        self.world.consent.permit(COURSE, FAMILY_HOUSE, MIDWIFERY)
        told = await self.world.play.post(SUBJECT, need=str(uuid4()))
        return Sent(SUBJECT, told["need"], "", told["id"], told["tasks"][0]["id"])

    async def read(self, sent: Sent) -> None:
        """Have the house read it: the midwives hear `received`."""
        assert (await self.world.play.read(sent.referral, self.world.play.recipient())).status_code == 200

    async def accept(self, sent: Sent) -> None:
        """Have the house take it on: the midwives hear `accepted`, where the course may be told."""
        assert (await self.world.play.accept(sent.task, 2)).status_code == 200

    async def carry(self, *webhooks: dict[str, Any]) -> None:
        """Follow what happened, and carry out each webhook's job."""
        await follow(self.post)
        for each in webhooks:
            await serve(self.post, UUID(each["id"]))

    async def seen(self, webhook: dict[str, Any]) -> dict[str, Any]:
        """Return the webhook as its unit sees it."""
        told: dict[str, Any] = (await self.ask("GET", f"/webhooks/{webhook['id']}")).json()
        return told

    async def deliveries(self, webhook: dict[str, Any], status: str | None = None) -> list[dict[str, Any]]:
        """Return its deliveries as its unit sees them."""
        told = {} if status is None else {"status": status}
        answer = await self.ask("GET", f"/webhooks/{webhook['id']}/deliveries", params=told)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["deliveries"]
        return found


@asynccontextmanager
async def hooked(dbs: Databases, keys: Keys, world: World) -> AsyncIterator[Hooked]:
    """Lend all of it, with no webhook of anybody before or after."""
    app: FastAPI = world.play.app
    receiver, clock, state = Receiver(), Clock(), app.state
    sender = Sender(Reach(read_networks("127.0.0.0/8")))
    post = Post(
        state.database, state.consent, state.directory, state.units, sender, Seal.from_file(keys.webhooks), Tempo(),
        clock, lambda: 0.0,
    )  # fmt: skip
    await rows(dbs.admin("referral"), "DELETE FROM webhook")
    with serving(lambda: receiver) as server:
        await sender.open()
        try:
            yield Hooked(world, post, receiver, server.url, clock)
        finally:
            await sender.close()
            await rows(dbs.admin("referral"), "DELETE FROM webhook")
