"""Messages that follow a change: at least once, in the end, whatever happens to who carries them."""

import asyncio
from collections.abc import AsyncIterator, Callable

import asyncpg
import pytest

from shared import outbox
from shared.db import Database
from shared.ids import new_id
from shared.outbox import Carrier, Carry, Message
from shared.problems import Unavailable
from tests.conftest import Databases


@pytest.fixture
async def database(dbs: Databases) -> AsyncIterator[Database]:
    """The consent database, its outbox empty."""
    admin = await asyncpg.connect(dbs.admin("consent"))
    await admin.execute("TRUNCATE outbox")
    await admin.close()
    opened = Database(dbs.app("consent"), 6, "test")
    await opened.open()
    yield opened
    await opened.close()


async def put(database: Database, count: int = 1, topic: str = "told") -> None:
    """Write messages."""
    async with database.transaction() as transaction:
        for number in range(count):
            await outbox.put(transaction, topic, {"number": number}, str(new_id()))


async def make_due(database: Database) -> None:
    """Let waiting and leases run out."""
    async with database.connection() as connection:
        await connection.execute("UPDATE outbox SET due_at = now() - interval '1 second'")


def noting(carried: list[int], fail: Callable[[Message], bool] = lambda _: False) -> Carry:
    """Return what carries a message: notes its number, or fails."""

    async def carry(message: Message) -> None:
        if fail(message):
            raise Unavailable("referral")
        carried.append(message.payload["number"])

    return carry


async def put_and_fail(database: Database) -> None:
    """Write a message in a transaction that comes to nothing."""
    async with database.transaction() as transaction:
        await outbox.put(transaction, "told", {"number": 1}, str(new_id()))
        await transaction.execute("SELECT 1 / 0")


async def test_a_message_is_carried_once_and_done(database: Database) -> None:
    carried: list[int] = []
    await put(database, 3)
    carrier = Carrier(database, {"told": noting(carried)})
    assert await carrier.carry_batch() == 3
    assert await carrier.carry_batch() == 0
    assert sorted(carried) == [0, 1, 2]


async def test_a_rolled_back_change_leaves_no_message(database: Database) -> None:
    with pytest.raises(asyncpg.DivisionByZeroError):
        await put_and_fail(database)
    assert await Carrier(database, {}).carry_batch() == 0


async def test_a_message_that_cannot_be_carried_is_kept_and_tried_again(database: Database) -> None:
    carried: list[int] = []
    await put(database)
    carrier = Carrier(database, {"told": noting(carried, lambda message: message.attempts < 3)})
    for _ in range(3):
        assert await carrier.carry_batch() == 1
        assert await carrier.carry_batch() == 0, "it was not put off"
        await make_due(database)
    assert carried == [0]


async def test_a_message_that_never_can_be_carried_does_not_end_the_worker(database: Database) -> None:
    """After a thousand attempts (a weekend without the receiver) the wait is still a minute."""
    await put(database)
    async with database.connection() as connection:
        await connection.execute("UPDATE outbox SET attempts = 5000")
    assert await Carrier(database, {"told": noting([], lambda _: True)}).carry_batch() == 1
    async with database.connection() as connection:
        wait = await connection.fetchval("SELECT due_at - now() FROM outbox")
    assert 50 < wait.total_seconds() <= 60


async def test_a_carrier_that_dies_with_a_message_loses_it_to_the_next(database: Database) -> None:
    carried: list[int] = []
    await put(database)

    async def die(_: Message) -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await Carrier(database, {"told": die}).carry_batch()
    carrier = Carrier(database, {"told": noting(carried)})
    assert await carrier.carry_batch() == 0, "the lease still runs"
    await make_due(database)
    assert await carrier.carry_batch() == 1
    assert carried == [0]


async def test_several_carriers_never_take_the_same_message(database: Database) -> None:
    carried: list[int] = []
    await put(database, 60)
    carriers = [Carrier(database, {"told": noting(carried)}) for _ in range(5)]
    taken = await asyncio.gather(*(carrier.carry_batch() for carrier in carriers))
    assert sum(taken) == len(carried) == len(set(carried))


async def test_a_carrier_leaves_the_topics_of_others_alone(database: Database) -> None:
    carried: list[int] = []
    await put(database, topic="slow")
    assert await Carrier(database, {"told": noting(carried)}).carry_batch() == 0
    async with database.connection() as connection:
        kept = await connection.fetchrow("SELECT done_at, attempts FROM outbox")
    assert kept is not None
    assert (kept["done_at"], kept["attempts"]) == (None, 0)
    assert await Carrier(database, {"slow": noting(carried)}).carry_batch() == 1
    assert carried == [0]


async def test_a_carrier_takes_no_more_at_once_than_it_is_told(database: Database) -> None:
    carried: list[int] = []
    await put(database, 5)
    carrier = Carrier(database, {"told": noting(carried)}, batch=2)
    assert [await carrier.carry_batch() for _ in range(4)] == [2, 2, 1, 0]
