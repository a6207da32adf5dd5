"""What the directory does: find offers and say how each fits; tell of units and places as they are on a day."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson

from services.directory import store
from services.directory.domain import errors
from services.directory.domain.matching import Criterion
from services.directory.domain.search import Place, Search, criteria
from shared.db import Connection
from shared.problems import CursorRefused, NotThere

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


async def offer(connection: Connection, number: str) -> bytes:
    """Return an offer's JSON, an ended one's too.

    Raises:
        NotThere: there is none.
    """
    shown = await store.offer(connection, number)
    if shown is None:
        raise NotThere
    return shown.encode()


async def units(connection: Connection, on: date, fields: Collection[str] | None = None) -> bytes:
    """Return every unit as JSON, with `fields` or all there are, and the region it lies in on that day."""
    found = await store.units(connection, on)
    if fields is not None:
        found = [{key: value for key, value in each.items() if key in fields} for each in found]
    return orjson.dumps({"units": found})


async def unit(connection: Connection, number: str, on: date) -> bytes:
    """Return a unit's JSON.

    Raises:
        NotThere: there is none.
    """
    found = await store.units(connection, on, number)
    if not found:
        raise NotThere
    return orjson.dumps(found[0])


async def organisations(connection: Connection) -> bytes:
    """Return every organisation as JSON."""
    return f'{{"organisations":{await store.organisations(connection)}}}'.encode()


async def municipalities(connection: Connection, on: date) -> bytes:
    """Return the municipalities there are on that day as JSON, each with its region (R46, R47)."""
    return orjson.dumps({"municipalities": await store.municipalities(connection, on)})


async def regions(connection: Connection, on: date) -> bytes:
    """Return the regions there are on that day as JSON."""
    return orjson.dumps({"regions": await store.regions(connection, on)})


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


def _cursor(last: Any) -> str:  # noqa: ANN401 - a database row
    return f"{last['score']}.{last['rank']}.{last['id']}"


def _with_match(row: Any, named: list[Criterion], told: dict[int, str]) -> str:  # noqa: ANN401 - a database row
    mask: int = row["mask"]
    if mask not in told:
        told[mask] = _match(mask, named)
    shown: str = row["shown"]
    return f'{shown[:-1]},"match":{told[mask]}}}'


def _match(mask: int, named: list[Criterion]) -> str:
    matched = [criterion for place, criterion in enumerate(named) if mask >> place & 1]
    unknown = [criterion for criterion in named if criterion not in matched]
    return orjson.dumps({"matched": matched, "unknown": unknown}).decode()
