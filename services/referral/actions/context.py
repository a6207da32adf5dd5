"""What every use case needs around it: the database, the other services, the clock's answer, who asks."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from services.referral import store
from services.referral.domain.errors import NotAParty
from services.referral.domain.model import Referral, ReferralId, TaskId, UnitId
from shared import ledger
from shared.auth import VerifiedClaims, unit_of
from shared.contracts import UnitOut
from shared.db import Database
from shared.http import Upstream
from shared.ledger import Actor, Entry
from shared.problems import StaleVersion
from shared.units import UnitMirror

_T = TypeVar("_T")
_TRIES = 8


@dataclass(frozen=True, slots=True)
class Context:
    """One request's surroundings. The unit and user are the verified caller's, never the body's."""

    database: Database
    consent: Upstream
    directory: Upstream
    mirror: UnitMirror
    caller: VerifiedClaims
    at: datetime
    request_id: str

    @property
    def unit(self) -> UnitId:
        """The unit the caller acts for."""
        return UnitId(unit_of(self.caller))

    @property
    def actor(self) -> Actor:
        """Who acts, as the ledger names it."""
        return Actor(self.unit, self.caller.user)

    def entry(self, kind: str, referral: Referral | UUID, **facts: object) -> Entry:
        """Return a ledger entry about a referral."""
        number = referral if isinstance(referral, UUID) else referral.id
        return ledger.entry(
            kind, at=self.at, actor=self.actor, request_id=self.request_id, referral=str(number), **facts
        )

    async def units(self) -> Mapping[str, UnitOut]:
        """Return the directory's units by id."""
        return await self.mirror.all(self.directory, self.request_id)


async def unless_moved(attempt: Callable[[], Awaitable[_T]]) -> _T:
    """Do what needs no version of the caller's: where a task moves between reading and writing, do it anew.

    Raises:
        StaleVersion: it moved each time.
    """
    for _ in range(_TRIES - 1):
        with suppress(StaleVersion):
            return await attempt()
    return await attempt()


async def find(context: Context, number: ReferralId) -> Referral:
    """Return the referral, or refuse as if it were not there; the refusal is on the ledger (R50).

    Raises:
        NotAParty: it is not there.
    """
    async with context.database.connection() as connection:
        found = await store.referral(connection, number)
    if found is None:
        await refuse(context, number)
        raise NotAParty
    return found


async def find_by_task(context: Context, task: TaskId) -> Referral:
    """Return the referral of a task, or refuse as if it were not there.

    Raises:
        NotAParty: it is not there.
    """
    async with context.database.connection() as connection:
        found = await store.referral_of_task(connection, task)
    if found is None:
        await refuse(context, task)
        raise NotAParty
    return found


async def refuse(context: Context, number: UUID, need: UUID | None = None) -> None:
    """Commit to the ledger that somebody asked for what is not theirs, before they are told no."""
    written = context.entry("access_refused", number, need=need and str(need))
    async with context.database.connection() as connection:
        await ledger.append(connection, written)
