"""What every use case needs around it: the database, the other services, the clock's answer, who asks."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from services.referral import store
from services.referral.domain.errors import ClosedUnit, NotAParty, OwnUnitClosed
from services.referral.domain.model import Referral, ReferralId, TaskId, UnitId
from shared import ledger
from shared.auth import VerifiedClaims, unit_of
from shared.clock import danish_date
from shared.contracts import UnitOut
from shared.db import Database
from shared.http import Upstream
from shared.ledger import Actor, Entry
from shared.problems import StaleVersion, Unavailable
from shared.units import UnitMirror, closed, notices

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
        about = str(referral if isinstance(referral, UUID) else referral.id)
        return ledger.entry(
            kind, at=self.at, actor=self.actor, request_id=self.request_id, as_id=None, referral=about, **facts
        )

    async def units(self) -> Mapping[str, UnitOut]:
        """Return the directory's units by id.

        Raises:
            Unavailable: the directory has never answered.
        """
        return await self.mirror.all(self.directory, self.request_id)

    async def notices(self, named: Iterable[UnitId]) -> list[str]:
        """Return, in Danish, what has become of the units named (R47); nothing, if the directory never answered."""
        return notices(named, await self._units_known(), danish_date(self.at))

    async def may_send(self, to: Iterable[UnitId]) -> None:
        """Let pass only who is open today, to units that are.

        Raises:
            OwnUnitClosed: the caller's unit is closed.
            ClosedUnit: one of `to` is.
            Unavailable: the directory has never answered: then nobody knows.
        """
        units, on = await self.units(), danish_date(self.at)
        self._check_own(units)
        gone = [closed(units[each], units, on) for each in to if each in units]
        told = [each.told() for each in gone if each is not None]
        if told:
            raise ClosedUnit(told)

    async def may_read(self) -> None:
        """Let pass a unit that is open today, as far as the directory has told: reading does not wait for it.

        Raises:
            OwnUnitClosed: the caller's unit is closed.
        """
        self._check_own(await self._units_known())

    def _check_own(self, units: Mapping[str, UnitOut]) -> None:
        own = units.get(self.unit)
        gone = None if own is None else closed(own, units, danish_date(self.at))
        if gone is not None:
            raise OwnUnitClosed([gone.told()])

    async def _units_known(self) -> Mapping[str, UnitOut]:
        try:
            return await self.units()
        except Unavailable:
            return {}


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
