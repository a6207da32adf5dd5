"""Whom a citizen's login is, and for whom that person speaks today: told to the service that shows families theirs."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.consent import store
from services.consent.actions.reading import spoken_for
from services.consent.domain.model import PersonId
from services.consent.domain.people import Facts, turns_capable
from shared import ledger
from shared.clock import danish_date
from shared.db import Connection, Transaction
from shared.ledger import Actor


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody, with every id they have been known by; `protected`: where they live is not told to others."""

    person: PersonId
    also: tuple[UUID, ...]
    protected: bool


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who a login is; nobody, where nothing is kept. `speaks_for` holds the person itself from fifteen years on."""

    me: Known | None
    speaks_for: tuple[Known, ...]


async def speaker(transaction: Transaction, citizen: str, user: str, at: datetime, request_id: str) -> Speaker:
    """Return who the login is and for whom it speaks on the day; that it was told is on the ledger (R26, R50).

    From the fifteenth birthday on a person speaks for itself, and nobody else sees what is about it, unless
    somebody has been recorded to speak for it anew (R27).
    """
    person = await store.people.person_of_login(transaction, citizen)
    held = None if person is None else await store.people.facts_of(transaction, person)
    told = Speaker(None, ()) if held is None else await _speaker(transaction, held[0], held[2], at)
    written = ledger.entry(
        "speaker_told", at=at, actor=Actor(None, user), request_id=request_id,
        subject=None if told.me is None else str(told.me.person),
        speaks_for=[str(each.person) for each in told.speaks_for],
    )  # fmt: skip
    await ledger.append(transaction, written)
    return told


async def _speaker(connection: Connection, person: PersonId, facts: Facts, at: datetime) -> Speaker:
    me = await _known(connection, person, facts)
    day = danish_date(at)
    capable = turns_capable(facts)
    own = [me] if capable is not None and capable <= day else []
    others = [
        await _known(connection, other, theirs)
        for other, theirs in await spoken_for(connection, person, day)
        if other != person
    ]
    return Speaker(me, (*own, *others))


async def _known(connection: Connection, person: PersonId, facts: Facts) -> Known:
    group = {UUID(each) for each in await store.people.group(connection, person)}
    return Known(person, tuple(sorted(group - {person})), facts.protected)
