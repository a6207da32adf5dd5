"""What the directory does: find offers, and say how each fits."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson

from services.directory import store
from services.directory.domain import errors
from services.directory.domain.matching import Criterion
from services.directory.query import Place, Search, criteria
from shared.db import Connection
from shared.problems import CursorRefused

_CURSOR = re.compile(r"^(\d{1,2})\.(\d{1,5})\.([a-z][a-z0-9-]{0,99})$")


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the answer: each offer's JSON with how it fits, and where to go on."""

    total: int
    offers: list[str]
    next: str | None


async def find(connection: Connection, asked: Search, today: date) -> Page:
    """Find the offers that may fit, best first; none that fails a criterion, and nobody is referred.

    Raises:
        UnknownMunicipality: the municipality is not one on that day.
        CursorRefused: the cursor names no offer.
    """
    rows = await store.search(connection, asked, today)
    first = rows[0]
    if not first["place_known"]:
        raise errors.UnknownMunicipality
    if not first["cursor_known"]:
        raise CursorRefused
    named = criteria(asked)
    told: dict[int, str] = {}
    page = [row for row in rows if row["id"] is not None][: asked.limit]
    offers = [_with_match(row, named, told) for row in page]
    return Page(first["total"], offers, _cursor(page[-1]) if len(rows) > asked.limit else None)


def place(cursor: str | None) -> Place | None:
    """Read a cursor.

    Raises:
        CursorRefused: it is not one of ours.
    """
    if cursor is None:
        return None
    shape = _CURSOR.match(cursor)
    if shape is None:
        raise CursorRefused
    return Place(int(shape[1]), int(shape[2]), shape[3])


def _cursor(last: Any) -> str:
    return f"{last['score']}.{last['rank']}.{last['id']}"


def _with_match(row: Any, named: list[Criterion], told: dict[int, str]) -> str:
    mask: int = row["mask"]
    if mask not in told:
        told[mask] = _match(mask, named)
    shown: str = row["shown"]
    return f'{shown[:-1]},"match":{told[mask]}}}'


def _match(mask: int, named: list[Criterion]) -> str:
    matched = [criterion for place, criterion in enumerate(named) if mask >> place & 1]
    unknown = [criterion for criterion in named if criterion not in matched]
    return orjson.dumps({"matched": matched, "unknown": unknown}).decode()
