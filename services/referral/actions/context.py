"""What every use case needs around it: the database, the other services, the clock's answer, who asks."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from services.referral import upstream
from services.referral.domain.deadlines import Terms
from services.referral.domain.errors import ClosedUnit, NotAParty, OwnUnitClosed
from services.referral.domain.family import Reader, knows, places, questions
from services.referral.domain.lifecycle import HIDDEN_FROM_RECIPIENT, Party
from services.referral.domain.model import PersonId, Referral, ReferralId, Task, TaskId, UnitId, by_family
from services.referral.domain.permit import NOTHING_ASKED
from services.referral.store import referrals
from services.referral.upstream import OfferMirror
from shared import ledger
from shared.auth import VerifiedClaims
from shared.clock import danish_date
from shared.contracts import UnitOut
from shared.db import Database
from shared.http import Upstream
from shared.ledger import Actor, Entry
from shared.problems import StaleVersion, Unavailable
from shared.units import UnitMirror, closed, notices
from shared.vocabulary import Occasion

_T = TypeVar("_T")
_TRIES = 8
_ASKS = "referral-family"


@dataclass(frozen=True, slots=True)
class Context:
    """One request's surroundings. Who acts is the verified caller, never what a body says.

    `me`: the unit the caller acts for, or a family member as an author. `speaks_for`: for a family member, itself
    and the children it answers for today, as consent says; `myself`, every id that member has been known by;
    `protected`, those of the children of whom it is not told where they live.
    """

    database: Database
    consent: Upstream
    directory: Upstream
    mirror: UnitMirror
    caller: VerifiedClaims
    at: datetime
    request_id: str
    me: UnitId
    terms: Terms
    offers: OfferMirror
    speaks_for: frozenset[PersonId] = frozenset()
    myself: frozenset[PersonId] = frozenset()
    protected: frozenset[PersonId] = frozenset()

    @property
    def reader(self) -> Reader:
        """The family member who asks, as the rules know it."""
        return Reader(self.myself, self.speaks_for, self.protected)

    @property
    def actor(self) -> Actor:
        """Who acts, as the ledger names it; a family member is no unit."""
        return Actor(None if by_family(self.me) else self.me, self.caller.user)

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
        own = units.get(self.me)
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
        found = await referrals.find(connection, number)
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
        found = await referrals.of_task(connection, task)
    if found is None:
        await refuse(context, task)
        raise NotAParty
    return found


async def party_to(context: Context, referral: Referral, task: Task) -> Party:
    """Return what the caller is to a task.

    Raises:
        NotAParty: nothing, or it is not told of that task; the attempt is on the ledger.
        Unavailable: consent does not answer, and the family may be told of it only with its word.
    """
    found = _party(context, referral, task)
    if found is Party.FAMILY and task.id not in await places_told(context, referral):
        found = None
    if found is None:
        await refuse(context, task.id, referral.need)
        raise NotAParty
    return found


def _party(context: Context, referral: Referral, task: Task) -> Party | None:
    if context.me == referral.sender:
        return Party.SENDER
    if by_family(context.me):
        return Party.FAMILY if knows(referral, context.reader) else None
    reached = task.recipient == context.me and task.state not in HIDDEN_FROM_RECIPIENT
    return Party.RECIPIENT if reached else None


async def note_reading(context: Context, about: Mapping[ReferralId, bool]) -> None:
    """Write that requests are read without a decision of consent's; of each, whether it is the caller's own (R50)."""
    async with context.database.connection() as connection:
        for number, is_own in about.items():
            await ledger.append(connection, context.entry("own_record_read" if is_own else "record_read", number))


async def places_told(context: Context, referral: Referral) -> frozenset[TaskId]:
    """Return the tasks that somebody of the family is told of at this moment; consent is asked where that needs it.

    It is asked beforehand, for the sender: nothing is told to anybody by it.

    Raises:
        Unavailable: consent does not answer: nothing is shown.
    """
    asked = questions(referral, context.reader)
    permits = NOTHING_ASKED
    if asked:
        asks = Actor(referral.sender, _ASKS)
        permits = await upstream.ask(context.consent, referral, asked, Occasion.CHECK, asks, context.request_id)
    return places(referral, context.reader, permits)


async def refuse(context: Context, number: UUID, need: UUID | None = None) -> None:
    """Commit to the ledger that somebody asked for what is not theirs, before they are told no."""
    written = context.entry("access_refused", number, need=need and str(need))
    async with context.database.connection() as connection:
        await ledger.append(connection, written)
