"""What the clock brings: consents end, come near their end, somebody turns fifteen, a law moves a unit."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from services.consent import store
from services.consent.actions.context import TO_REFERRAL, WORKER, Clockwork
from services.consent.actions.words import end
from services.consent.domain import errors
from services.consent.domain.following import REMIND_BEFORE, Kind, live
from services.consent.domain.model import ConsentId, NeedId, PersonId, Record
from services.consent.domain.told import Cause, State
from services.consent.store.people import By
from shared import ledger, outbox
from shared.clock import danish_date
from shared.contracts import UnitOut
from shared.db import Database, Transaction
from shared.ids import new_id

_BATCH = 200
_NOTICED_FOR = timedelta(days=60)
_LOOKED_BACK = timedelta(days=60)


async def write_expired(database: Database, at: datetime, *, since: datetime) -> int:
    """Write that consents have ended whose end came after `since`, and have what rests on them looked at anew.

    Return how many. The worker looks at everything when it starts, and from then on at the last days: what ended years
    ago is not gone through each half minute.

    A decision needs none of this: it reads the end itself.
    """
    written, after = 0, UUID(int=0)
    while True:
        async with database.connection() as connection:
            found = await store.words.expired(connection, since, at, _BATCH, after)
        for number, _ in found:
            written += await _expire(database, number, at)
        if len(found) < _BATCH:
            return written
        after = found[-1][0]


async def remind_of_ends(database: Database, at: datetime) -> int:
    """Remind the senders of consents that end within thirty days; return how many."""
    reminded = 0
    while True:
        async with database.transaction() as transaction:
            rows = await store.following.expiring(transaction, at, at + REMIND_BEFORE, _BATCH)
            for row in rows:
                await store.following.remind(
                    transaction, row["sender"], Kind.EXPIRING, PersonId(row["subject"]),
                    danish_date(row["valid_until"]), at, consent=ConsentId(row["id"]),
                )  # fmt: skip
        reminded += len(rows)
        if len(rows) < _BATCH:
            return reminded


async def greet_fifteen(database: Database, at: datetime) -> int:
    """Have units ask those who turned fifteen themselves; return how many turned."""
    today, turned = danish_date(at), 0
    async with database.connection() as connection:
        people = await store.following.turned_capable(connection, today - _LOOKED_BACK, today, at)
    for person in people:
        async with database.transaction() as transaction:
            # Once the row is held, what another worker has ended meanwhile is seen to have ended.
            touched = await store.people.touch(transaction, {person})
            words = await store.words.of_people(transaction, [person])
            standing = [each for each in words if each.given_by != person and live(each, at)]
            await _greet(transaction, person, standing, at)
            await end(transaction, standing, Cause.TURNED_15, Clockwork(at, str(new_id())), max(at, touched.moment))
        turned += bool(standing)
    return turned


async def notice_regions(database: Database, units: Mapping[str, UnitOut], at: datetime) -> int:
    """Tell the senders whose consents name a unit that the law has moved to another region (R47); return how many."""
    today, told = danish_date(at), 0
    for unit in units.values():
        since = unit.organisation_since
        if since is None or not since <= today < since + _NOTICED_FOR:
            continue
        about = f"{unit.id} {since}"
        async with database.transaction() as transaction:
            rows = await store.following.naming(transaction, [unit.id], about, at, _BATCH)
            for row in rows:
                await store.following.remind(
                    transaction, row["sender"], Kind.REGION_MOVED, PersonId(row["subject"]), today, at, about=about,
                    consent=ConsentId(row["id"]),
                )  # fmt: skip
        told += len(rows)
    return told


async def _expire(database: Database, number: ConsentId, at: datetime) -> int:
    request_id = str(new_id())
    async with database.transaction() as transaction:
        record = await store.words.one(transaction, number)
        if record is None or record.valid_until is None:
            return 0
        written = ledger.entry(
            "consent_expired", at=at, actor=WORKER, request_id=request_id, consent=str(number),
            subject=str(record.subject), need=str(record.need), ended_at=record.valid_until.isoformat(),
        )  # fmt: skip
        by = By(None, WORKER.user, at, written.id)
        try:
            await store.words.add_event(transaction, number, State.EXPIRED, record.valid_until, by)
        except errors.AlreadyWithdrawn:
            return 0  # another worker was faster
        await ledger.append(transaction, written)
        await _tell(transaction, "consent_expired", record.need, record.subject, request_id)
    return 1


async def _greet(transaction: Transaction, person: PersonId, records: Iterable[Record], at: datetime) -> None:
    """Remind each sender once: what is found again each minute is told once."""
    for unit in sorted({record.sender for record in records}):
        await store.following.remind(transaction, unit, Kind.TURNED_15, person, danish_date(at), at, about="turned_15")


async def _tell(transaction: Transaction, kind: str, need: NeedId, subject: PersonId, request_id: str) -> None:
    payload = {"id": str(new_id()), "kind": kind, "need": str(need), "subject": str(subject)}
    await outbox.put(transaction, TO_REFERRAL, payload, request_id)
