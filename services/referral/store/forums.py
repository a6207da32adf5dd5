"""Forums and their agendas."""

from datetime import datetime
from typing import Any
from uuid import UUID

from asyncpg import UniqueViolationError

from services.referral.domain.errors import AlreadyThere
from services.referral.domain.forums import Decided, Decision, Forum, ForumKind, Hears, Item
from services.referral.domain.model import MessageId, ReferralId, UnitId
from services.referral.store.meetings import presence
from shared.db import Connection, Transaction
from shared.problems import StaleVersion

_ADD = """
INSERT INTO forum (id, kind, municipality, host, meets_on, units, at, by_user) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
_OF_UNIT = "SELECT * FROM forum WHERE units @> ARRAY[$1::text] AND id > $2 ORDER BY id LIMIT $3"
_PUT = "INSERT INTO forum_item (id, forum_id, referral_id, at, by_user, version) VALUES ($1, $2, $3, $4, $5, 1)"
_DECIDE = """
UPDATE forum_item SET version = version + 1, decision = $3, family_present = $4, absence = $5, hears = $6,
    decided_at = $7, decided_by = $8, message_id = $9
WHERE id = $1 AND version = $2 RETURNING version
"""


async def add(transaction: Transaction, forum: Forum, user: str, at: datetime) -> None:
    """Write a forum."""
    await transaction.execute(
        _ADD, forum.id, forum.kind, forum.municipality, forum.host, forum.on, list(forum.units), at, user
    )


async def find(connection: Connection, number: UUID) -> Forum | None:
    """Return a forum."""
    row = await connection.fetchrow("SELECT * FROM forum WHERE id = $1", number)
    return None if row is None else _forum(row)


async def of_unit(connection: Connection, unit: UnitId, after: UUID, most: int) -> list[Forum]:
    """Return the forums a unit is on, the oldest first."""
    return [_forum(row) for row in await connection.fetch(_OF_UNIT, unit, after, most)]


async def put(transaction: Transaction, item: Item, user: str, at: datetime) -> None:
    """Write a referral onto an agenda.

    Raises:
        AlreadyThere: it is on it.
    """
    try:
        await transaction.execute(_PUT, item.id, item.forum, item.referral, at, user)
    except UniqueViolationError as error:
        raise AlreadyThere from error


async def agenda(connection: Connection, forum: UUID) -> list[Item]:
    """Return all that is on a forum's agenda."""
    return [_item(row) for row in
            await connection.fetch("SELECT * FROM forum_item WHERE forum_id = $1 ORDER BY id", forum)]  # fmt: skip


async def item(connection: Connection, forum: UUID, number: UUID) -> Item | None:
    """Return one item of a forum's agenda."""
    row = await connection.fetchrow("SELECT * FROM forum_item WHERE forum_id = $1 AND id = $2", forum, number)
    return None if row is None else _item(row)


async def decide(transaction: Transaction, about: Item, decided: Decided) -> int:
    """Write what was decided, and return the item's new version.

    Raises:
        StaleVersion: somebody was faster.
    """
    version = await transaction.fetchval(
        _DECIDE, about.id, about.version, decided.decision, decided.family.present, decided.family.absence,
        decided.hears, decided.at, decided.by, decided.message,
    )  # fmt: skip
    if version is None:
        raise StaleVersion
    return int(version)


def _forum(row: Any) -> Forum:  # noqa: ANN401 - a database row
    return Forum(
        row["id"], ForumKind(row["kind"]), row["municipality"], UnitId(row["host"]), row["meets_on"],
        tuple(map(UnitId, row["units"])),
    )  # fmt: skip


def _item(row: Any) -> Item:  # noqa: ANN401 - a database row
    return Item(
        row["id"], row["forum_id"], ReferralId(row["referral_id"]), row["version"],
        None if row["decision"] is None else _decided(row),
    )  # fmt: skip


def _decided(row: Any) -> Decided:  # noqa: ANN401 - a database row
    return Decided(
        Decision(row["decision"]), presence(row), None if row["hears"] is None else Hears(row["hears"]),
        MessageId(row["message_id"]), UnitId(row["decided_by"]), row["decided_at"],
    )  # fmt: skip
