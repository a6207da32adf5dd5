"""Receipts (kvitteringer): what whoever reports without a login has in hand; kept as a fingerprint, never in clear."""

import re
import secrets
from hashlib import sha256
from typing import Any

from services.concern.actions.context import Acting
from services.concern.domain.errors import UnknownReport
from services.concern.store import reports
from shared import ledger
from shared.db import Connection

# No digits, so that none looks like a civil registration number; no I and no O, which are read as others.
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_GROUPS, _GROUP = 7, 4  # 28 of 24 letters: 128 bits
_BETWEEN = re.compile(r"[\s\-–‑.]")
LONGEST_WRITTEN = 80


def new_receipt() -> str:
    """Return a receipt that nobody guesses, in groups that can be written down by hand."""
    signs = "".join(secrets.choice(_LETTERS) for _ in range(_GROUPS * _GROUP))
    return "-".join(signs[at : at + _GROUP] for at in range(0, len(signs), _GROUP))


def fingerprint(receipt: str) -> bytes:
    """Return what is kept of a receipt, however it was written: SHA-256, enough for what has 128 bits."""
    return sha256(_BETWEEN.sub("", receipt).upper().encode()).digest()


async def look_up(transaction: Connection, receipt: str, asked: Acting) -> Any:  # noqa: ANN401 - a database row
    """Return when the report of that receipt was received and acknowledged, and nothing else of it.

    Raises:
        UnknownReport: there is none.
    """
    row = await reports.by_receipt(transaction, fingerprint(receipt))
    if row is None:
        raise UnknownReport
    await ledger.append(transaction, asked.entry("concern_receipt_read", report=str(row["id"])))
    return row
