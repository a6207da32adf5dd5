"""Courses: which referrals of a need a unit is a party to, and who coordinates them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from services.referral.domain.courses import Coordinator
from services.referral.domain.lifecycle import HIDDEN_FROM_RECIPIENT, TOLD_NO_LONGER, TaskState, ended
from services.referral.domain.model import ReferralId, UnitId
from shared.db import Connection, Transaction

_NEVER_OUT = ", ".join(f"'{state}'" for state in sorted(HIDDEN_FROM_RECIPIENT))
_REACHED = f"""
SELECT r.id FROM referral r WHERE r.need = $1 AND r.id > $3 AND (r.sender = $2 OR EXISTS (
    SELECT FROM task t WHERE t.referral_id = r.id AND t.recipient = $2 AND t.state NOT IN ({_NEVER_OUT})))
ORDER BY r.id LIMIT $4
"""  # noqa: S608 - our own states
# A unit knows of those it has sent to under the need, and of those whose referral has reached it.
_KNOWN = f"""
SELECT t.recipient AS unit FROM referral r JOIN task t ON t.referral_id = r.id WHERE r.need = $1 AND r.sender = $2
UNION SELECT r.sender FROM referral r JOIN task t ON t.referral_id = r.id
WHERE r.need = $1 AND t.recipient = $2 AND t.state NOT IN ({_NEVER_OUT})
"""  # noqa: S608 - our own states
# A recipient takes part as long as it is told of its task; a sender from when something went out until it ended with no
# answer. One that was answered counts on, whatever the answer was.
_LIVE = f"""
SELECT EXISTS (SELECT FROM referral r JOIN task t ON t.referral_id = r.id
    WHERE r.need = $1 AND t.state NOT IN ({_NEVER_OUT}) AND (
        (t.recipient = $2 AND t.state <> ALL($3::text[]))
        OR (r.sender = $2 AND (t.answered OR t.state <> ALL($4::text[])))))
"""  # noqa: S608 - our own states
_SENDERS_TO = f"""
SELECT DISTINCT r.sender FROM referral r JOIN task t ON t.referral_id = r.id
WHERE r.need = $1 AND t.recipient = $2 AND t.state NOT IN ({_NEVER_OUT})
"""  # noqa: S608 - our own states
_SENT_TO = """
SELECT DISTINCT r.id FROM referral r JOIN task t ON t.referral_id = r.id
WHERE r.need = $1 AND r.sender = $2 AND t.recipient = ANY($3::text[])
"""
_NAMED = 'SELECT unit, "user", since, by_unit FROM coordinator WHERE need = $1 ORDER BY since DESC, id DESC'
_NAME = """
INSERT INTO coordinator (id, need, unit, "user", since, at, by_unit, by_user) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""


async def reached(connection: Connection, need: UUID, unit: UnitId, after: UUID, most: int) -> list[ReferralId]:
    """Return the referrals of a need that the unit has sent or got, oldest first."""
    return [ReferralId(row["id"]) for row in await connection.fetch(_REACHED, need, unit, after, most)]


async def takes_part(connection: Connection, need: UUID, unit: UnitId) -> bool:
    """Say whether a unit is a live party: something went out from it or to it, and has not come to nothing."""
    over = [state.value for state in TaskState if ended(state)]
    return bool(await connection.fetchval(_LIVE, need, unit, sorted(TOLD_NO_LONGER), over))


async def senders_to(connection: Connection, need: UUID, unit: UnitId) -> frozenset[UnitId]:
    """Return the units whose requests under a need have reached a unit."""
    return frozenset(UnitId(row["sender"]) for row in await connection.fetch(_SENDERS_TO, need, unit))


async def sent_to(
    connection: Connection, need: UUID, sender: UnitId, recipients: Collection[UnitId]
) -> list[ReferralId]:
    """Return what a unit has sent under a need to any of some recipients."""
    found = await connection.fetch(_SENT_TO, need, sender, list(recipients))
    return [ReferralId(row["id"]) for row in found]


async def known_to(connection: Connection, need: UUID, unit: UnitId) -> frozenset[UnitId]:
    """Return the units of the course that a party knows of by its own referrals, itself included."""
    found = await connection.fetch(_KNOWN, need, unit)
    return frozenset(UnitId(row["unit"]) for row in found) | {unit}


async def coordinator_of(connection: Connection, need: UUID) -> Coordinator | None:
    """Return who coordinates a course now; who may be told of it is the caller's to decide."""
    named = await coordinators_of(connection, need)
    return named[0] if named else None


async def coordinators_of(connection: Connection, need: UUID) -> Sequence[Coordinator]:
    """Return who coordinates a course and who did, the newest first."""
    found = await connection.fetch(_NAMED, need)
    return [Coordinator(UnitId(row["unit"]), row["user"], row["since"], UnitId(row["by_unit"])) for row in found]


async def name_coordinator(
    transaction: Transaction, number: UUID, need: UUID, named: Coordinator, by_unit: UnitId, by_user: str, at: datetime
) -> None:
    """Write who coordinates from a day on; those before are kept."""
    await transaction.execute(_NAME, number, need, named.unit, named.user, named.since, at, by_unit, by_user)
