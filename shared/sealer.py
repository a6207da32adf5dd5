"""Seals committed ledger rows into the Merkle tree, in batches, and signs what it sealed.

**No committed row is skipped.** A row carries its transaction's id. Below `pg_snapshot_xmin` no
transaction is open, so rows under that horizon can gain no more company: the sealer takes those between
the last horizon and this one, ordered by (xid, n), and never looks back.

**A row removed before it is sealed is noticed.** Rows are numbered by a sequence, and a row's
transaction id is assigned before its number is drawn. A number that is missing below one already sealed
belonged to a transaction that had its id by then: a lower one than the sealer itself gets when it then asks
for its own. Once the horizon has reached that id, the number cannot turn up any more, and the sealer seals its
absence as a leaf of its own. What is behind a sealed absence is a transaction that was rolled back, a server
that stopped hard (numbers it had drawn ahead are lost), or a row that somebody removed: the auditor sees it.

A snapshot's xmax would not do as that moment: it is one past the newest *completed* transaction, and a running
transaction beyond it can already have drawn a number that an older one's committed number exceeds.

**It signs only what grows from what it signed.** The edge it goes on from must give the root of its own last
checkpoint; else whoever can write to the database could have a changed history signed at the next round. A
log's key is therefore never exchanged: a new key is a new log.
"""

import asyncio
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from hmac import compare_digest
from pathlib import Path
from typing import Any

import asyncpg
import orjson
import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.clock import now
from shared.db import Connection, Database
from shared.merkle import Edge, leaf_hash
from shared.problems import Unavailable

log = structlog.get_logger()
_LOCK = 7_470_001
_BATCH = 20_000
_STOPPED_S = 30
_ED25519 = b"\x01"
_LAST = """
SELECT size, horizon::text, highest_n, pending_gaps, edge, note FROM ledger_checkpoint ORDER BY size DESC LIMIT 1
"""
# WITH TIES: the batch's last transaction comes whole, however large it is.
_NEW = """
SELECT e.xid::text AS xid_text, e.n, e.id, e.entry::text AS content FROM ledger_entry e
WHERE e.xid >= $1::text::xid8 AND e.xid < $2::text::xid8 ORDER BY e.xid FETCH FIRST $3 ROWS WITH TIES
"""
_LEAVES = """
INSERT INTO ledger_leaf (seq, entry_id, gap, hash)
SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::bigint[], $4::bytea[])
"""
_CHECKPOINT = """
INSERT INTO ledger_checkpoint (size, horizon, highest_n, pending_gaps, edge, note)
VALUES ($1, $2::text::xid8, $3, $4::jsonb, $5, $6)
"""


class HistoryChanged(Exception):
    """What is in the database does not follow from the last signed checkpoint; nothing more may be signed."""


class NoteSigner:
    """Signs checkpoints as C2SP signed notes, with Ed25519."""

    def __init__(self, origin: str, key_file: Path) -> None:
        self.origin = origin
        self._key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(key_file.read_text().strip()))
        public = self._key.public_key().public_bytes_raw()
        self._key_id = sha256(origin.encode() + b"\n" + _ED25519 + public).digest()[:4]

    def checkpoint(self, size: int, root: bytes, at: datetime) -> str:
        """Return the signed checkpoint: origin, size, root, time, signature."""
        text = f"{self.origin}\n{size}\n{b64encode(root).decode()}\nsealed-at {at.isoformat()}\n"
        signature = b64encode(self._key_id + self._key.sign(text.encode())).decode()
        return f"{text}\n— {self.origin} {signature}\n"

    def has_signed(self, note: str, size: int, root: bytes) -> bool:
        """Say whether `note` is a checkpoint this signer made for that size and root."""
        text, _, last = note.rpartition("\n\n")
        stated = f"{self.origin}\n{size}\n{b64encode(root).decode()}\n"
        # Ed25519 gives one text always the same signature: signing again is checking.
        again = b64encode(self._key_id + self._key.sign(f"{text}\n".encode())).decode()
        return f"{text}\n".startswith(stated) and compare_digest(last.encode(), f"— {self.origin} {again}\n".encode())


def make_log_key() -> tuple[str, str]:
    """Return a new Ed25519 key pair as hexadecimal (private, public)."""
    key = Ed25519PrivateKey.generate()
    return key.private_bytes_raw().hex(), key.public_key().public_bytes_raw().hex()


def gap_content(n: int) -> bytes:
    """Return what is hashed for a number that never came."""
    return orjson.dumps({"kind": "gap", "n": n})


@dataclass(slots=True)
class _Sealed:
    """Where sealing had come to."""

    edge: Edge
    horizon: str
    highest_n: int
    pending: dict[int, str]


class Sealer:
    """Seals one service's ledger; any number may run, one works at a time."""

    def __init__(self, database: Database, signer: NoteSigner, *, pause_s: float = 0.25) -> None:
        self._database = database
        self._signer = signer
        self._pause_s = pause_s

    async def run(self) -> None:
        """Seal for ever; when the database is down, wait and try again."""
        while True:
            try:
                sealed = await self.seal()
            except (Unavailable, asyncpg.PostgresError) as error:
                log.warning("sealing_waits", error=type(error).__qualname__)
                sealed = 0
            except HistoryChanged as error:
                log.critical("sealing_stopped", reason=str(error))
                await asyncio.sleep(_STOPPED_S)
                continue
            if sealed < _BATCH:
                await asyncio.sleep(self._pause_s)

    async def seal(self) -> int:
        """Seal what is committed and settled; return how many leaves were added.

        Raises:
            HistoryChanged: the database is not as the last checkpoint left it.

        """
        async with self._database.transaction() as transaction:
            if not await transaction.fetchval("SELECT pg_try_advisory_xact_lock($1)", _LOCK):
                return 0
            last = await self._last(transaction)
            horizon = await transaction.fetchval("SELECT pg_snapshot_xmin(pg_current_snapshot())::text")
            if int(horizon) < int(last.horizon):
                raise HistoryChanged("the server's transaction numbers are behind the last checkpoint's horizon")
            rows = await transaction.fetch(_NEW, last.horizon, horizon, _BATCH)
            if len(rows) >= _BATCH:
                horizon = str(int(rows[-1]["xid_text"]) + 1)
            rows.sort(key=lambda row: (int(row["xid_text"]), row["n"]))
            # Asked for only now, after the rows are read; an idle sealer uses up no transaction ids.
            ceiling = await transaction.fetchval("SELECT pg_current_xact_id()::text") if rows else horizon
            leaves = [(row["n"], row["id"], leaf_hash(row["content"].encode())) for row in rows]
            gaps = _settle(last, [n for n, _, _ in leaves], horizon, ceiling)
            if not leaves and not gaps:
                return 0
            await self._write(transaction, last, leaves, gaps, horizon)
        return len(leaves) + len(gaps)

    async def _last(self, connection: Connection) -> _Sealed:
        row = await connection.fetchrow(_LAST)
        if row is None:
            return _Sealed(Edge(), "0", 0, {})
        pending = {int(n): str(seen) for n, seen in row["pending_gaps"].items()}
        try:
            edge = Edge(row["size"], row["edge"])
        except ValueError as error:
            raise HistoryChanged(str(error)) from error
        if not self._signer.has_signed(row["note"], edge.size, edge.root()):
            msg = f"the checkpoint of size {edge.size} is not one this log signed"
            raise HistoryChanged(msg)
        return _Sealed(edge, row["horizon"], row["highest_n"], pending)

    async def _write(
        self, connection: Connection, last: _Sealed, leaves: list[tuple[int, Any, bytes]], gaps: list[int], horizon: str
    ) -> None:
        first = last.edge.size
        entries: list[Any] = [entry for _, entry, _ in leaves] + [None] * len(gaps)
        missing: list[int | None] = [None] * len(leaves) + list(gaps)
        hashes = [hashed for _, _, hashed in leaves] + [leaf_hash(gap_content(n)) for n in gaps]
        for hashed in hashes:
            last.edge.append(hashed)
        at = now()
        note = self._signer.checkpoint(last.edge.size, last.edge.root(), at)
        await connection.execute(_LEAVES, list(range(first, last.edge.size)), entries, missing, hashes)
        pending: Mapping[str, str] = {str(n): seen for n, seen in last.pending.items()}
        await connection.execute(
            _CHECKPOINT, last.edge.size, horizon, last.highest_n, orjson.dumps(pending).decode(), last.edge.hashes, note
        )
        if gaps:
            log.error("ledger_numbers_missing", numbers=gaps)
        log.debug("sealed", leaves=len(hashes), size=last.edge.size)


def _settle(last: _Sealed, numbers: list[int], horizon: str, ceiling: str) -> list[int]:
    """Bring `last.pending` up to date; return the missing numbers that can no longer turn up."""
    for n in numbers:
        last.pending.pop(n, None)
    highest = max(numbers, default=last.highest_n)
    arrived = set(numbers)
    for n in range(last.highest_n + 1, highest):
        if n not in arrived:
            last.pending[n] = ceiling
    last.highest_n = max(last.highest_n, highest)
    gaps = sorted(n for n, seen in last.pending.items() if int(seen) <= int(horizon))
    for n in gaps:
        del last.pending[n]
    return gaps
