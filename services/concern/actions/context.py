"""What every use case needs: who acts, when, under which request id, and the entry that says so."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared import ledger
from shared.auth import VerifiedClaims, unit_of
from shared.db import Connection
from shared.ledger import Actor

WORKER = Actor(None, "concern-worker")
# Whoever gives no name: the ledger says that somebody did it, and nothing else.
ANONYMOUS = Actor(None, "anonymous")


@dataclass(frozen=True, slots=True)
class Clockwork:
    """The worker, that acts because a moment has come; each of its deeds has a request id of its own."""

    at: datetime
    request_id: str

    @property
    def actor(self) -> Actor:
        """Who acts, as the ledger names it."""
        return WORKER

    def entry(self, kind: str, *, as_id: UUID | None = None, **facts: object) -> ledger.Entry:
        """Return a ledger entry: ids and codes only."""
        return ledger.entry(kind, at=self.at, actor=WORKER, request_id=self.request_id, as_id=as_id, **facts)


@dataclass(frozen=True, slots=True)
class Nobody:
    """Somebody without a login, or who wants to be nobody: when, and under which request id (R36)."""

    at: datetime
    request_id: str

    @property
    def actor(self) -> Actor:
        """Nobody, as the ledger names it."""
        return ANONYMOUS

    def entry(self, kind: str, *, as_id: UUID | None = None, **facts: object) -> ledger.Entry:
        """Return a ledger entry: ids and codes only."""
        return ledger.entry(kind, at=self.at, actor=ANONYMOUS, request_id=self.request_id, as_id=as_id, **facts)


@dataclass(frozen=True, slots=True)
class Request:
    """Who asks, when, and under which request id. The unit is the verified caller's, never the body's."""

    caller: VerifiedClaims
    at: datetime
    request_id: str

    @property
    def unit(self) -> str:
        """The unit the caller acts for."""
        return unit_of(self.caller)

    @property
    def user(self) -> str:
        """Who acts: behind a system the named person."""
        return self.caller.user

    @property
    def actor(self) -> Actor:
        """Who acts, as the ledger names it."""
        return Actor(self.caller.unit, self.caller.user)

    def entry(self, kind: str, *, as_id: UUID | None = None, **facts: object) -> ledger.Entry:
        """Return a ledger entry: ids and codes only."""
        return ledger.entry(kind, at=self.at, actor=self.actor, request_id=self.request_id, as_id=as_id, **facts)


Acting = Request | Clockwork | Nobody


async def refuse(connection: Connection, request: Request | Nobody, **about: str) -> None:
    """Commit to the ledger that somebody reached for what is not theirs, before they are told no (R50)."""
    await ledger.append(connection, request.entry("access_refused", as_id=None, **about))


async def refuse_step(connection: Connection, request: Request | Nobody, code: str, rule: str, **about: str) -> None:
    """Commit to the ledger that the rules did not allow what was asked: which rule, never what was written."""
    await ledger.append(connection, request.entry("concern_refused", as_id=None, code=code, rule=rule, **about))
