"""Give out the offers there are as a file, part by part: none of it waits for the rest or is held for long."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime
from hashlib import sha256

from services.directory.domain import errors
from services.directory.domain.model import Catalogue
from services.directory.domain.places import areas
from services.directory.domain.rights import also_known_as
from services.directory.domain.transfer.closing import Writer, writer
from services.directory.domain.transfer.columns import Place, places
from services.directory.domain.transfer.flat import needed, telling
from services.directory.domain.transfer.rows import VERSION, Document, Format
from services.directory.store import exports, showings
from services.directory.store.exports import Told, Wanted
from shared.db import Connection, Database

_TABLES = frozenset({Format.CSV, Format.XLSX})


def wanted(
    catalogue: Catalogue, on: date, municipality: str | None, organisation: str | None, unit: str | None,
    modified_after: datetime | None, *, examples: bool = False,
) -> Wanted:  # fmt: skip
    """Return which offers are meant; those of a municipality are all that reach it (R46, R47), as in a search.

    Raises:
        UnknownMunicipality: there is none with that code on that day.
    """
    owners = None if organisation is None else also_known_as(organisation, catalogue, on, date.min)
    if municipality is None:
        return Wanted(on, unit, owners, modified_after, examples=examples)
    around = areas(catalogue, municipality, on) if municipality in catalogue.municipalities else frozenset[str]()
    if not around:
        raise errors.UnknownMunicipality
    return Wanted(on, unit, owners, modified_after, around, examples)


async def tag(connection: Connection, asked: Wanted, how: Format) -> str:
    """Return what tells this file from one of other offers, of another day, or before a change."""
    pulse = await showings.pulse(connection)
    owners, around = sorted(asked.organisations or ()), sorted(asked.areas or ())
    told = (pulse, how, asked.on, asked.unit, owners, asked.modified_after, around, asked.examples)
    return f'W/"{sha256(repr(told).encode()).hexdigest()[:32]}"'


async def export(database: Database, asked: Wanted, how: Format) -> AsyncIterator[bytes]:
    """Yield the file; importing it changes nothing. Each offer bears the number of its newest version.

    A table's offers are read once for the columns they need, and once more to be written. Should one have come
    meanwhile that needs another column, the file breaks off: half an offer is never told.
    """
    columns: set[Place] = set()
    if how in _TABLES:
        async for told in exports.documents(database, asked):
            columns |= await asyncio.to_thread(_needed, told)
    made = writer(how, places(columns))
    async for told in exports.documents(database, asked):
        yield await asyncio.to_thread(_part, made, told)
    yield made.end()


def _needed(told: Sequence[Told]) -> set[Place]:
    return needed(map(_document, told))


def _part(made: Writer, told: Sequence[Told]) -> bytes:
    return made.part(map(_document, told))


def _document(told: Told) -> Document:
    return {**telling(json.loads(told.said)), VERSION: told.version}
