"""The sealer on a real PostgreSQL: every committed row sealed, once; what is missing noticed; nothing else."""

import asyncio
import json
import random
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from deploy import databases, postgres
from shared import sealer as sealing
from shared.db import Database
from shared.ids import new_id
from shared.ledger import Actor, Entry, append, entry
from shared.merkle import leaf_hash, root_of
from shared.migrations import upgrade
from shared.sealer import NoteSigner, Sealer, gap_content, make_log_key
from tests.conftest import PASSWORD, SERVICES_DIR

SCRATCH = "sealer_test"
ORIGIN = "familiebro/test"
LEDGER = ("ledger_entry", "ledger_leaf", "ledger_checkpoint")
WRITERS, EACH = 12, 25


@dataclass(frozen=True, slots=True)
class Ledger:
    """A ledger of this test's own: a sealer, and the ways in."""

    sealer: Sealer
    database: Database
    app_url: str
    owner_url: str
    admin_url: str

    @asynccontextmanager
    async def connected(self, url: str | None = None) -> AsyncIterator[Any]:
        """Lend a connection: the app role's, or another's."""
        connection = await asyncpg.connect(url or self.app_url)
        try:
            yield connection
        finally:
            await connection.close()

    async def write(self, count: int = 1) -> list[Entry]:
        """Commit entries, each in a transaction of its own."""
        written = [make_entry() for _ in range(count)]
        async with self.connected() as connection:
            for one in written:
                await append(connection, one)
        return written

    async def write_and_roll_back(self) -> None:
        """Draw a number for a row that never is."""
        async with self.connected() as connection:
            transaction = connection.transaction()
            await transaction.start()
            await append(connection, make_entry())
            await transaction.rollback()

    async def seal_all(self) -> None:
        """Seal until twice in a row there was nothing: a gap settles one round after its row is missed."""
        idle = 0
        while idle < 2:
            idle = 0 if await self.sealer.seal() else idle + 1

    async def fetch(self, query: str, *arguments: object) -> list[Any]:
        """Read as a superuser."""
        async with self.connected(self.admin_url) as connection:
            return list(await connection.fetch(query, *arguments))

    async def break_in(self, *statements: str) -> None:
        """Do as a superuser who steps round the triggers."""
        async with self.connected(self.admin_url) as connection:
            await connection.execute("SET session_replication_role = replica")
            for statement in statements:
                await connection.execute(statement)

    async def sealed(self) -> list[UUID]:
        """Return the sealed entries' ids, in the order of the tree."""
        rows = await self.fetch("SELECT entry_id FROM ledger_leaf WHERE entry_id IS NOT NULL ORDER BY seq")
        return [row["entry_id"] for row in rows]

    async def gaps(self) -> list[int]:
        """Return the numbers whose absence is sealed."""
        rows = await self.fetch("SELECT gap FROM ledger_leaf WHERE gap IS NOT NULL ORDER BY gap")
        return [row["gap"] for row in rows]

    async def absent(self) -> list[int]:
        """Return the numbers below the highest that no row has."""
        query = """
        SELECT g.n FROM generate_series(1, (SELECT max(n) FROM ledger_entry)) AS g(n)
        WHERE NOT EXISTS (SELECT FROM ledger_entry e WHERE e.n = g.n) ORDER BY 1
        """
        return [row["n"] for row in await self.fetch(query)]


def make_entry() -> Entry:
    """Return an entry like any other."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return entry("tried", at=at, actor=Actor("unit", "user"), request_id=str(new_id()))


@pytest.fixture(scope="module")
def scratch(server: postgres.Server) -> Iterator[postgres.Server]:
    """Make a database of this module's own, migrated by its owner."""
    roles = [role for service in databases.SERVICES for role in databases.roles(service)]
    databases.prepare(server.url(), dict.fromkeys(roles, PASSWORD), {"consent": SCRATCH})
    upgrade(SERVICES_DIR / "consent", server.url(SCRATCH, databases.owner("consent"), PASSWORD))
    yield server
    asyncio.run(_drop(server))


async def _drop(server: postgres.Server) -> None:
    connection = await asyncpg.connect(server.url())
    await connection.execute(f"DROP DATABASE {SCRATCH} WITH (FORCE)")
    await connection.close()


@pytest.fixture
async def ledger(scratch: postgres.Server, tmp_path: Path) -> AsyncIterator[Ledger]:
    """Give an empty ledger."""
    key_file = tmp_path / "log.key"
    key_file.write_text(make_log_key()[0])
    app = scratch.url(SCRATCH, databases.app("consent"), PASSWORD)
    database = Database(scratch.url(SCRATCH, databases.sealer("consent"), PASSWORD), 4, "test")
    await database.open()
    made = Ledger(
        Sealer(database, NoteSigner(ORIGIN, key_file), pause_s=0.001),
        database,
        app,
        scratch.url(SCRATCH, databases.owner("consent"), PASSWORD),
        scratch.url(SCRATCH),
    )
    await made.break_in(f"TRUNCATE {', '.join(LEDGER)} RESTART IDENTITY")
    yield made
    await database.close()


async def _write_at_random(ledger: Ledger, chance: random.Random) -> list[Entry]:
    """Write with pauses before and after each number is drawn; roll some back."""
    committed = []
    async with ledger.connected() as connection:
        for _ in range(EACH):
            transaction = connection.transaction()
            await transaction.start()
            if chance.random() < 0.5:
                await connection.execute("SELECT pg_current_xact_id()")  # as if it had written something else first
            await asyncio.sleep(chance.choice((0, 0, 0.001, 0.01)))
            written = [make_entry() for _ in range(chance.choice((1, 1, 2)))]
            for one in written:
                await append(connection, one)
                await asyncio.sleep(chance.choice((0, 0, 0.001, 0.01)))
            if chance.random() < 0.2:
                await transaction.rollback()
            else:
                await transaction.commit()
                committed += written
    return committed


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_among_many_writers_every_committed_row_is_sealed_once_and_only_absent_numbers_become_gaps(
    ledger: Ledger, seed: int
) -> None:
    running = [asyncio.create_task(ledger.sealer.run()) for _ in range(2)]
    chance = random.Random(seed)  # noqa: S311 - a repeatable run, no secret
    async with asyncio.timeout(30):
        writers = [_write_at_random(ledger, random.Random(chance.random())) for _ in range(WRITERS)]  # noqa: S311
        committed = [one.id for part in await asyncio.gather(*writers) for one in part]
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    await ledger.seal_all()
    sealed = await ledger.sealed()
    assert sorted(sealed) == sorted(committed)
    assert await ledger.gaps() == await ledger.absent()
    assert await ledger.gaps(), "the writers rolled nothing back: this run shows nothing"


async def test_each_leaf_is_the_hash_of_its_row_and_each_checkpoint_the_root_of_its_leaves(ledger: Ledger) -> None:
    for _ in range(7):
        await ledger.write(3)
        await ledger.write_and_roll_back()
        await ledger.sealer.seal()
    await ledger.write()
    await ledger.seal_all()
    rows = await ledger.fetch(
        "SELECT l.seq, l.hash, l.gap, e.entry::text AS entry FROM ledger_leaf l "
        "LEFT JOIN ledger_entry e ON e.id = l.entry_id ORDER BY l.seq"
    )
    assert [row["seq"] for row in rows] == list(range(len(rows)))
    for row in rows:
        assert row["hash"] == leaf_hash(gap_content(row["gap"]) if row["gap"] else row["entry"].encode())
    hashes = [row["hash"] for row in rows]
    for row in await ledger.fetch("SELECT size, note, edge FROM ledger_checkpoint"):
        stated = row["note"].split("\n")
        assert (stated[0], stated[1]) == (ORIGIN, str(row["size"]))
        assert b64encode(root_of(hashes[: row["size"]])).decode() == stated[2]
    assert len(await ledger.gaps()) == 7


async def test_rows_are_sealed_in_the_order_of_transaction_and_number(ledger: Ledger) -> None:
    await ledger.write(5)
    await ledger.seal_all()
    await ledger.write(5)
    await ledger.seal_all()
    rows = await ledger.fetch("SELECT id FROM ledger_entry ORDER BY xid, n")
    assert await ledger.sealed() == [row["id"] for row in rows]


async def test_one_transactions_rows_are_sealed_by_number_wherever_they_lie(ledger: Ledger) -> None:
    written = [make_entry() for _ in range(3)]
    async with ledger.connected() as connection, connection.transaction():
        for one in written:
            await append(connection, one)
    await ledger.break_in(  # moves the row behind the others
        "CREATE TEMP TABLE moved AS SELECT * FROM ledger_entry WHERE n = 1",
        "DELETE FROM ledger_entry WHERE n = 1",
        "INSERT INTO ledger_entry (xid, n, id, entry) OVERRIDING SYSTEM VALUE SELECT xid, n, id, entry FROM moved",
    )
    await ledger.seal_all()
    assert await ledger.sealed() == [one.id for one in written]


async def test_a_rolled_back_number_becomes_a_gap(ledger: Ledger) -> None:
    await ledger.write()
    await ledger.write_and_roll_back()
    await ledger.write()
    await ledger.seal_all()
    assert await ledger.gaps() == [2]


async def test_a_number_drawn_first_and_committed_last_never_becomes_a_gap(ledger: Ledger) -> None:
    # The older transaction (it wrote elsewhere first) draws the later number and commits first. The younger one
    # is then beyond every completed transaction, and no snapshot's xmax speaks of it.
    async with ledger.connected() as older, ledger.connected() as younger:
        first, second = older.transaction(), younger.transaction()
        await first.start()
        await older.execute("SELECT pg_current_xact_id()")
        await second.start()
        await append(younger, make_entry())
        await append(older, make_entry())
        await first.commit()
        await ledger.seal_all()
        assert await ledger.gaps() == []
        await second.commit()
    await ledger.seal_all()
    assert await ledger.gaps() == []
    assert len(await ledger.sealed()) == 2


async def test_a_row_removed_before_it_is_sealed_becomes_a_gap(ledger: Ledger) -> None:
    written = await ledger.write(3)
    await ledger.break_in(f"DELETE FROM ledger_entry WHERE id = '{written[1].id}'")
    await ledger.seal_all()
    assert await ledger.gaps() == [2]
    assert await ledger.sealed() == [written[0].id, written[2].id]


async def test_a_long_open_transaction_holds_back_what_began_after_it_and_is_sealed_when_it_commits(
    ledger: Ledger,
) -> None:
    before = await ledger.write(2)
    async with ledger.connected() as connection:
        transaction = connection.transaction()
        await transaction.start()
        late = make_entry()
        await append(connection, late)
        after = await ledger.write(2)
        await ledger.seal_all()
        assert await ledger.sealed() == [one.id for one in before]
        await transaction.commit()
    await ledger.seal_all()
    assert await ledger.sealed() == [one.id for one in (*before, late, *after)]
    assert await ledger.gaps() == []


async def test_two_sealers_at_once_seal_each_row_once(ledger: Ledger) -> None:
    written = [one.id for one in await ledger.write(40)]
    sealed = await asyncio.gather(*(ledger.sealer.seal() for _ in range(4)))
    assert sum(sealed) == len(written)
    assert sorted(await ledger.sealed()) == sorted(written)


async def test_a_sealer_with_nothing_to_do_writes_nothing(ledger: Ledger) -> None:
    await ledger.write()
    await ledger.seal_all()
    before = await ledger.fetch("SELECT size, note FROM ledger_checkpoint")
    assert await ledger.sealer.seal() == 0
    assert await ledger.fetch("SELECT size, note FROM ledger_checkpoint") == before


@pytest.mark.parametrize("size", [1, 3, 4, 5, 11])
async def test_small_batches_never_tear_a_transaction_apart(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(sealing, "_BATCH", size)
    written = []
    for count in (1, 4, 2, 5, 1):
        async with ledger.connected() as connection, connection.transaction():
            for _ in range(count):
                written.append(make_entry())
                await append(connection, written[-1])
        await ledger.write_and_roll_back()
    written += await ledger.write()
    await ledger.seal_all()
    assert await ledger.sealed() == [one.id for one in written]
    assert await ledger.gaps() == await ledger.absent()


@pytest.mark.parametrize("change", ["edge", "note"])
async def test_a_sealer_signs_nothing_upon_a_checkpoint_that_is_not_its_own(ledger: Ledger, change: str) -> None:
    await ledger.write(2)
    await ledger.seal_all()
    other = leaf_hash(b"another history").hex()
    new = {"edge": f"edge = ARRAY['\\x{other}'::bytea]", "note": "note = replace(note, 'sealed-at', 'sealed-it')"}
    await ledger.break_in(f"UPDATE ledger_checkpoint SET {new[change]}")
    await ledger.write()
    with pytest.raises(sealing.HistoryChanged):
        await ledger.sealer.seal()
    assert len(await ledger.fetch("SELECT size FROM ledger_checkpoint")) == 1


async def test_a_sealer_does_not_start_anew_when_its_checkpoints_are_gone(ledger: Ledger) -> None:
    await ledger.write(2)
    await ledger.seal_all()
    await ledger.break_in("DELETE FROM ledger_checkpoint")
    with pytest.raises((sealing.HistoryChanged, asyncpg.UniqueViolationError)):
        await ledger.sealer.seal()
    assert await ledger.fetch("SELECT size FROM ledger_checkpoint") == []


async def test_a_sealer_says_so_when_the_database_was_carried_to_a_server_with_lower_transaction_numbers(
    ledger: Ledger,
) -> None:
    await ledger.write(2)
    await ledger.seal_all()
    await ledger.break_in("UPDATE ledger_checkpoint SET horizon = '99999999999'")
    await ledger.write()
    with pytest.raises(sealing.HistoryChanged):
        await ledger.sealer.seal()


@pytest.mark.parametrize("table", LEDGER)
@pytest.mark.parametrize(
    "statement", ["UPDATE {table} SET {column} = {column}", "DELETE FROM {table}", "TRUNCATE {table}"]
)
async def test_neither_the_app_role_nor_the_owner_can_change_the_ledger(
    ledger: Ledger, table: str, statement: str
) -> None:
    await ledger.write()
    await ledger.seal_all()
    column = {"ledger_entry": "entry", "ledger_leaf": "hash", "ledger_checkpoint": "note"}[table]
    before = await ledger.fetch(f"SELECT * FROM {table}")
    sql = statement.format(table=table, column=column)
    async with ledger.connected() as app, ledger.connected(ledger.owner_url) as owner:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.execute(sql)
        with pytest.raises(asyncpg.RaiseError, match="append-only"):
            await owner.execute(sql)
    assert await ledger.fetch(f"SELECT * FROM {table}") == before
    assert len(before) == 1


async def test_what_is_sealed_is_the_text_as_it_was_written(ledger: Ledger) -> None:
    text = '{"id": "x",  "b":"æøå \\u2014", "a":1.0}'
    async with ledger.connected() as connection:
        await append(connection, Entry(new_id(), text))
    await ledger.seal_all()
    rows = await ledger.fetch("SELECT hash FROM ledger_leaf")
    assert [row["hash"] for row in rows] == [leaf_hash(text.encode())]
    assert json.loads(text)["b"] == "æøå —"


async def test_transaction_ids_are_ordered_as_numbers_when_they_gain_a_digit(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """9 comes before 10, and 99 before 100: as text they would not, and a full batch would skip what it passed over."""
    monkeypatch.setattr(sealing, "_BATCH", 2)
    made = {xid: make_entry() for xid in (100, 9, 99, 10, 101, 8)}
    for xid, one in made.items():
        await ledger.break_in(
            f"INSERT INTO ledger_entry (xid, id, entry) VALUES ('{xid}', '{one.id}', '{one.text}'::json)"
        )
    await ledger.seal_all()
    assert await ledger.sealed() == [made[xid].id for xid in sorted(made)]


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO ledger_leaf (seq, gap, hash) VALUES (999999, 999999, 'x')",
        "INSERT INTO ledger_checkpoint VALUES (999999, '1', 1, '{}', '{}', 'x')",
        "INSERT INTO ledger_entry (xid, id, entry) VALUES ('1', gen_random_uuid(), '{}')",
        "INSERT INTO ledger_entry (n, id, entry) OVERRIDING SYSTEM VALUE VALUES (7, gen_random_uuid(), '{}')",
    ],
)
async def test_the_app_role_may_write_entries_and_nothing_else_of_the_ledger(ledger: Ledger, statement: str) -> None:
    async with ledger.connected() as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
        await append(connection, make_entry())


async def test_the_sealers_role_may_seal_and_nothing_else(ledger: Ledger, scratch: postgres.Server) -> None:
    async with ledger.connected(scratch.url(SCRATCH, databases.sealer("consent"), PASSWORD)) as connection:
        for statement in ("SELECT * FROM consent", "SELECT * FROM person", "UPDATE ledger_leaf SET gap = 1",
                          "INSERT INTO ledger_entry (id, entry) VALUES (gen_random_uuid(), '{}')"):  # fmt: skip
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
        assert await connection.fetchval("SELECT count(*) FROM ledger_entry") == 0
