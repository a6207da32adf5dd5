"""The ledger: what happened, written in the transaction of what it tells of, and sealed into a Merkle tree.

An entry is one line of canonical JSON, kept as text, so that what is hashed is what is stored. Writers
only insert: no row is locked, nothing waits. A sealer (`shared.sealer`) gives the committed rows their
places in the tree afterwards (docs/adr/0006).

An entry holds codes, times and opaque identifiers: never names, free text or personal numbers (R54).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson

from shared.db import Connection
from shared.ids import new_id

# xid before n: a row's transaction id exists before its number is drawn. The sealer's search for
# missing numbers rests on that order.
INSERT_ENTRY = "INSERT INTO ledger_entry (id, entry) VALUES ($1, $2::json)"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it: a unit, and the person or system acting there (opaque ids)."""

    unit: str | None
    user: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened, ready to be written."""

    id: UUID
    text: str


def entry(
    kind: str, *, at: datetime, actor: Actor, request_id: str, as_id: UUID | None = None, **facts: object
) -> Entry:
    """Return the entry that says `actor` did `kind` at `at`, with `facts` (codes and ids only)."""
    number = as_id or new_id()
    content: Mapping[str, Any] = {
        **facts,
        "id": str(number),
        "kind": kind,
        "at": at.isoformat(),
        "actor": {"unit": actor.unit, "user": actor.user},
        "request": request_id,
    }
    return Entry(number, orjson.dumps(content, option=orjson.OPT_SORT_KEYS).decode())


def digest(content: object) -> str:
    """Return SHA-256 (hex) of the content as canonical JSON: what an entry says of something it does not hold."""
    return sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


async def append(connection: Connection, written: Entry) -> None:
    """Write the entry in the transaction that `connection` is in."""
    await connection.execute(INSERT_ENTRY, written.id, written.text)
