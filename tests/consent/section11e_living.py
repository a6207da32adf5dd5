"""One child's matters under § 11 e, as a model in plain words beside the real service, for `test_section11e_model`."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import uuid4

import httpx
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from tests.conftest import Databases
from tests.consent.conftest import Headers
from tests.consent.section11e_steps import Clock
from tests.consent.section11e_world import World
from tests.support.keys import Keys
from tests.support.serving import Teller
from tests.support.town import client_of, consent_app


@dataclass
class Met:
    """A meeting as the model has it: what happened to it, and nothing the service says of it."""

    id: str
    matter: int
    kind: str
    starts: datetime
    ends: datetime
    invited: set[str]
    waits: bool
    over: str = ""
    opened: datetime | None = None
    room: set[str] = field(default_factory=set)
    shares: dict[str, bool] = field(default_factory=dict)
    table: list[str] = field(default_factory=list)
    met: bool = False

    @property
    def stands(self) -> str:
        """Where it stands, told from what happened."""
        if self.over:
            return self.over
        return "open" if self.opened else "awaiting_approval" if self.waits else "scheduled"

    def open_at(self, at: datetime) -> bool:
        """Say whether somebody in the room sees anything."""
        return not self.over and self.opened is not None and self.opened <= at < self.ends

    def end(self) -> str:
        """Let it be over, as what it was."""
        self.over = ("held" if self.met else "not_held") if self.opened else "lapsed"
        self.room, self.table = set(), []
        return self.over


class Life(RuleBasedStateMachine):
    """One child, its matters and their meetings, four people, a leader, and a clock that is not to be trusted."""

    dbs: ClassVar[Databases]
    keys: ClassVar[Keys]
    url: ClassVar[str]
    runner: ClassVar[asyncio.Runner]
    looking: ClassVar[Any]

    def __init__(self) -> None:
        super().__init__()
        self.stack = AsyncExitStack()
        self.clock = Clock(datetime.now(UTC))
        self.matters: list[tuple[str, str]] = []
        self.meetings: list[Met] = []
        self.suffix, self.steps = uuid4().hex[:8], 0

    def begins(self) -> None:
        """Have the service begin, after another has ended, over the same database."""

        async def anew() -> httpx.AsyncClient:
            await self.stack.aclose()
            app = consent_app(self.dbs, self.keys, self.url)
            self.clock.put(app)
            return await self.stack.enter_async_context(client_of(app))

        self.world = World(self.runner.run(anew()), self.dbs, self.keys, Teller())

    def who(self, unit: str) -> Headers:
        """Return the header of the one person of a unit in this life."""
        return self.world.by(unit, f"{unit}-{self.suffix}")

    def ask(self, method: str, path: str, who: Headers, body: Any = None) -> httpx.Response:
        """Ask; whatever was said or done has its entry on the ledger, and no answer fails."""
        number = str(uuid4())
        told = who | {"X-Request-Id": number}
        answer = self.runner.run(self.world.ask(method, path, told, json=body))
        assert answer.status_code < 500, answer.text
        kinds = {row["kind"] for row in self.look("SELECT entry->>'kind' AS kind FROM ledger_entry "
                                                  "WHERE entry->>'request' = $1", number)}  # fmt: skip
        again = path.endswith("/presence") and answer.is_success
        assert kinds or again, f"{path} left nothing on the ledger"
        assert ("section11e_refused" in kinds) is not answer.is_success
        return answer

    def look(self, sql: str, *given: Any) -> list[Any]:
        """Look into the database."""
        found: list[Any] = self.runner.run(self.looking.fetch(sql, *given))
        return found

    def step(self, meeting: Met, name: str, unit: str, body: Any = None) -> tuple[str, Any]:
        """Take a step with a meeting; return `yes` or the problem's code, and the answer."""
        method = "GET" if name == "room" else "POST"
        leads = name == "approval"
        who = self.world.leader(user=f"leader-{self.suffix}") if leads else self.who(unit)
        answer = self.ask(method, f"/meetings/{meeting.id}/{name}", who, body)
        told = answer.json()
        return ("yes" if answer.is_success else told["code"].removeprefix("section_11e_")), told

    def draw(self, data: st.DataObject) -> Met:
        """Choose a meeting, mostly one that goes on."""
        going = [each for each in self.meetings if not each.over] or self.meetings
        return data.draw(st.sampled_from([*going, self.meetings[-1]]))

    def hindrance(
        self, place: int, state: str, starts: datetime, ends: datetime, *, follow: bool, special: bool
    ) -> str | None:
        """Return the code of what stands in the way of a meeting, if anything does."""
        mine = [each for each in self.meetings if each.matter == place]
        spent = [each.kind for each in mine if each.over == "held"]
        taken = [each.kind for each in mine if not each.over or each.over == "held"]
        crossing = [each for each in self.meetings if not each.over and each.starts < ends and starts < each.ends]
        hindrances = {
            "not_approved": state != "open", "special_reason_missing": follow and not special,
            "exhausted": len(spent) == 2, "already_called": ("follow_up" if follow else "primary") in taken,
            "follow_up_too_soon": follow and "primary" not in spent, "overlapping": bool(crossing),
        }  # fmt: skip
        return next((code for code, there in hindrances.items() if there), None)

    def elsewhere(self, unit: str, meeting: Met) -> bool:
        """Say whether somebody is in another room."""
        return any(unit in each.room for each in self.meetings if each is not meeting)
