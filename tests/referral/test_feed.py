"""The feed a polling system reads: in order, nothing skipped, nothing twice."""

import asyncpg
import pytest

from services.referral.domain.model import UnitId
from services.referral.store import events
from shared.cursor import START, Cursor
from shared.db import Connection
from shared.ids import new_id
from tests.conftest import Databases

_EVENT = "INSERT INTO event (xid, id, unit, kind, referral_id, task_id, at) VALUES ($1, $2, $3, 'sent', $2, $2, now())"


async def read_all(connection: Connection, unit: UnitId, page: int) -> list[int]:
    """Return the transaction ids of a unit's events, read page by page."""
    seen: list[int] = []
    cursor = START
    while rows := await events.feed(connection, unit, cursor, page):
        seen += [int(row["xid_text"]) for row in rows]
        cursor = Cursor(int(rows[-1]["xid_text"]), rows[-1]["id"])
    return seen


@pytest.mark.parametrize("page", [1, 2, 3, 50])
async def test_transaction_ids_are_ordered_as_numbers_when_they_gain_a_digit(dbs: Databases, page: int) -> None:
    unit = UnitId(f"feed-{new_id()}")
    admin = await asyncpg.connect(dbs.admin("referral"))
    app = await asyncpg.connect(dbs.app("referral"))
    try:
        await admin.execute("SET session_replication_role = replica")
        for xid in (100, 9, 99, 10, 101, 8):
            await admin.execute(_EVENT, xid, new_id(), unit)
        assert await read_all(app, unit, page) == [8, 9, 10, 99, 100, 101]
    finally:
        await admin.close()
        await app.close()
