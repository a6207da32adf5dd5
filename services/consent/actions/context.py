"""What every use case needs: who acts, the entry that says so, and news for the referral service."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.consent import store
from services.consent.domain import errors
from services.consent.domain.model import NeedId, PersonId, UnitFacts, UnitId
from services.consent.domain.regimes import OUTSIDE
from services.consent.store.people import By
from shared import ledger, outbox
from shared.auth import Role, VerifiedClaims, unit_of
from shared.db import Connection, Transaction
from shared.ids import new_id
from shared.ledger import Actor

TO_REFERRAL = "consent_event"


WORKER = Actor(None, "consent-worker")


@dataclass(frozen=True, slots=True)
class Clockwork:
    """The worker, that acts because a moment has come; each of its deeds has a request id of its own."""

    at: datetime
    request_id: str
    user: str = WORKER.user

    def by(self, ledger_id: UUID, at: datetime | None = None) -> By:
        """Return who recorded what the ledger entry tells of."""
        return By(None, self.user, at or self.at, ledger_id)

    def entry(self, kind: str, at: datetime | None = None, **facts: object) -> ledger.Entry:
        """Return a ledger entry."""
        return ledger.entry(kind, at=at or self.at, actor=WORKER, request_id=self.request_id, as_id=None, **facts)


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

    def by(self, ledger_id: UUID, at: datetime | None = None) -> By:
        """Return who recorded what the ledger entry tells of."""
        return By(self.caller.unit, self.caller.user, at or self.at, ledger_id)

    def entry(self, kind: str, at: datetime | None = None, **facts: object) -> ledger.Entry:
        """Return a ledger entry."""
        return ledger.entry(kind, at=at or self.at, actor=self.actor, request_id=self.request_id, as_id=None, **facts)


Acting = Request | Clockwork


async def must_know(connection: Connection, request: Request, people: Collection[PersonId]) -> None:
    """Let pass who has to do with every one of the persons (R59).

    Raises:
        UnknownPerson: one is not there, or not this unit's: the same to whoever asks.
    """
    if not await store.people.known_to(connection, request.unit, people):
        raise errors.UnknownPerson


async def must_record(
    connection: Connection, request: Request, units: Mapping[UnitId, UnitFacts], person: PersonId
) -> None:
    """Let pass an authority that itself has to do with the person: what it records decides who speaks for them.

    Raises:
        UnknownPerson: not this unit's.
        NotForThisUnit: it is outside the authorities, or not known to the directory.
    """
    if not await store.people.met(connection, request.unit, person):
        raise errors.UnknownPerson
    unit = units.get(UnitId(request.unit))
    if unit is None or unit.sector in OUTSIDE:
        raise errors.NotForThisUnit


async def whose(connection: Connection, caller: VerifiedClaims) -> PersonId | None:
    """Return the person a citizen is; None, for anybody else and for whom nothing is kept."""
    if caller.citizen is None or Role.CITIZEN not in caller.roles:
        return None
    return await store.people.person_of_login(connection, caller.citizen)


async def refuse(connection: Connection, request: Request, **about: str) -> None:
    """Commit to the ledger that somebody reached for what is not theirs, before they are told no (R50)."""
    await ledger.append(connection, request.entry("access_refused", None, **about))


async def tell_referral(
    transaction: Transaction, kind: str, needs: Iterable[NeedId], subject: PersonId, request_id: str
) -> None:
    """Have the referral service look anew at what rests on the words about a person; ids only."""
    for need in sorted(set(needs)):
        payload = {"id": str(new_id()), "kind": kind, "need": str(need), "subject": str(subject)}
        await outbox.put(transaction, TO_REFERRAL, payload, request_id)
