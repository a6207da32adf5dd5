"""What any service's ledger shows an auditor: the sealed entries, the checkpoint, and their own reading of it.

The auditor sees who, what kind, when and why, by opaque ids and codes; never what was said (R53).
"""

from collections.abc import AsyncIterator
from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response, StreamingResponse

from shared.auth import Role, VerifiedClaims, with_role
from shared.clock import Now
from shared.db import Database, InTransaction, TheDatabase
from shared.ledger import Actor, append, entry
from shared.problems import NotThere, request_id_of

Auditor = Annotated[VerifiedClaims, Depends(with_role(Role.AUDITOR))]
_PAGE = 500
_LINES = """
SELECT l.seq, encode(l.hash, 'hex') AS hash, l.gap, e.entry::text AS entry
FROM ledger_leaf l LEFT JOIN ledger_entry e ON e.id = l.entry_id
WHERE l.seq >= $1 AND l.seq < $2 ORDER BY l.seq
"""
router = APIRouter(tags=["audit"])


async def note_reading(
    transaction: InTransaction, auditor: VerifiedClaims, request: Request, at: Now, what: str
) -> None:
    """Write that the auditor read `what`: an auditor's reading is itself on the ledger (R53)."""
    actor = Actor(auditor.unit, auditor.user)
    await append(transaction, entry("audit_read", at=at, actor=actor, request_id=request_id_of(request), what=what))


@router.get("/audit/ledger/checkpoint", summary="The newest signed checkpoint of this service's ledger")
async def checkpoint(request: Request, transaction: InTransaction, auditor: Auditor, at: Now) -> Response:
    """Return the checkpoint as a C2SP signed note: origin, number of leaves, root, time, signature."""
    await note_reading(transaction, auditor, request, at, "checkpoint")
    note = await transaction.fetchval("SELECT note FROM ledger_checkpoint ORDER BY size DESC LIMIT 1")
    if note is None:
        raise NotThere
    return Response(note, media_type="text/plain; charset=utf-8")


@router.get("/audit/ledger/export", summary="The sealed ledger, a line an entry, to verify offline")
async def export(
    request: Request,
    database: TheDatabase,
    auditor: Auditor,
    at: Now,
    start: Annotated[int, Query(ge=0, description="first leaf")] = 0,
) -> Response:
    """Return NDJSON: `{seq, hash, entry | gap}` per leaf up to the newest checkpoint, and `{checkpoint}` last."""
    async with database.transaction() as transaction:
        await note_reading(transaction, auditor, request, at, "export")
        last = await transaction.fetchrow("SELECT size, note FROM ledger_checkpoint ORDER BY size DESC LIMIT 1")
    if last is None:
        raise NotThere
    return StreamingResponse(_lines(database, start, last["size"], last["note"]), media_type="application/x-ndjson")


async def _lines(database: Database, start: int, size: int, note: str) -> AsyncIterator[bytes]:
    for first in range(start, size, _PAGE):
        async with database.connection() as connection:
            rows = await connection.fetch(_LINES, first, min(first + _PAGE, size))
        for row in rows:
            line = {"seq": row["seq"], "hash": row["hash"], "entry": row["entry"]}
            if row["gap"] is not None:
                line = {"seq": row["seq"], "hash": row["hash"], "gap": row["gap"]}
            yield orjson.dumps(line) + b"\n"
    yield orjson.dumps({"checkpoint": note}) + b"\n"
