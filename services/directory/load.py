"""Bring the data files into the database: `python -m services.directory.load [--data DIR]`, as the owner role.

One transaction; running it again changes nothing and says so. What an owner has changed since stays as the owner
said it. An offer that has left the files ends today and stays on record; a unit that has left them closes, as long
as an offer needs it.
"""

import argparse
import asyncio
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

import asyncpg

from services.directory.domain import routing
from services.directory.domain.errors import BadData
from services.directory.domain.model import Catalogue, Offer, OfferId, OrganisationId, UnitId
from services.directory.domain.reading import read
from services.directory.domain.versions import ALWAYS, Head, Kind
from services.directory.rows import KEYS, Row, rows
from services.directory.settings import Migrations
from services.directory.store import reference, showings, versions
from services.directory.store.versions import NewVersion
from shared.clock import danish_date, monotonic, now
from shared.db import Connection, teach_json
from shared.ids import new_id
from shared.ledger import Actor

DATA = Path(__file__).parent / "data"
EDITORS = Actor(None, "catalogue-editors")
_ONE_LOADER = 4711_0217
_KINDS = frozenset({".csv", ".toml"})
_READ = ("regions.csv", "municipalities.csv", "postcodes.csv", "legal_basis.toml", "organisations.toml", "units.toml")
_LEFT = "Tilbuddet står ikke længere i de kilder, kataloget bygger på."


@dataclass(frozen=True, slots=True)
class Change:
    """What loading did to one table; `kept` are those an owner has changed since, which stay as they are."""

    held: int
    added: int = 0
    changed: int = 0
    removed: int = 0
    kept: int = 0

    @property
    def nothing(self) -> bool:
        """True when the table was already as the files say."""
        return not (self.added or self.changed or self.removed)


def read_folder(folder: Path) -> Catalogue:
    """Return what the files below `folder` say.

    Raises:
        BadData: they are wrong, or not there.
    """
    files = [folder / name for name in _READ] + sorted((folder / "offers").glob("*.toml"))
    catalogue = read({path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in files if path.exists()})
    if (folder / routing.FILE).exists():
        routing.check_against(routing.read_rules((folder / routing.FILE).read_text("utf-8")), catalogue)
    return catalogue


async def load(catalogue: Catalogue, owner_url: str, at: datetime) -> dict[str, Change]:
    """Make the database equal to the catalogue, in one transaction; return what changed, per table."""
    connection: Connection = await asyncpg.connect(owner_url)
    await teach_json(connection)
    try:
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", _ONE_LOADER)
            await versions.hold_units(connection, changing=True)
            catalogue = await _with_what_is_still_needed(connection, catalogue, danish_date(at))
            changes = {table: await _put(connection, table, wanted) for table, wanted in rows(catalogue).items()}
            changes["offer"] = await _put_offers(connection, catalogue, at)
            if not all(change.nothing for table, change in changes.items() if table != "offer"):
                await showings.show_anew(connection, catalogue, danish_date(at))
        for table in (*changes, "showing", "offer_version"):
            if not changes.get(table, changes["offer"]).nothing:
                await connection.execute(f"ANALYZE {table}")
    finally:
        await connection.close()
    return changes


async def _with_what_is_still_needed(connection: Connection, catalogue: Catalogue, today: date) -> Catalogue:
    """Return the catalogue with the units and organisations that have left the files, closed from today on.

    What its organisation has closed stays closed as it said.
    """
    held = await reference.catalogue(connection)
    units, organisations = dict(catalogue.units), dict(catalogue.organisations)
    for unit, place in held.units.items():
        if unit not in units:
            units[UnitId(unit)] = place if place.valid_to is not None else replace(place, valid_to=today)
    for row in await connection.fetch("SELECT id FROM unit WHERE closed_because IS NOT NULL"):
        number, closed = UnitId(row["id"]), held.units[row["id"]]
        units[number] = replace(units[number], valid_to=closed.valid_to, successor=closed.successor)
    for whose in {unit.organisation for unit in units.values()} - organisations.keys():
        owner = held.organisations[whose]
        organisations[OrganisationId(whose)] = owner if owner.valid_to else replace(owner, valid_to=today)
    return replace(catalogue, units=units, organisations=organisations)


async def _put(connection: Connection, table: str, wanted: Sequence[Row]) -> Change:
    """Make a reference table equal to the rows; those that are no longer named stay, unless nothing needs them."""
    key = KEYS[table]
    held = {row[key]: row for row in map(dict, await connection.fetch(_select(table, wanted)))}
    differing = [row for row in wanted if held.get(row[key]) != row]
    if differing:
        columns = list(differing[0])
        values = ", ".join(f"${place}" for place in range(1, len(columns) + 1))
        rest = ", ".join(f"{column} = excluded.{column}" for column in columns if column != key)
        await connection.executemany(
            f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({values}) "  # noqa: S608 - our own names
            f"ON CONFLICT ({key}) DO UPDATE SET {rest}",
            [tuple(row.values()) for row in differing],
        )
    changed = sum(row[key] in held for row in differing)
    return Change(len(wanted), len(differing) - changed, changed)


def _select(table: str, wanted: Sequence[Row]) -> str:
    columns = ", ".join(f"{name}::text" if name == "said" else name for name in wanted[0]) if wanted else KEYS[table]
    return f"SELECT {columns} FROM {table}"  # noqa: S608 - our own names


async def _put_offers(connection: Connection, catalogue: Catalogue, at: datetime) -> Change:
    everything = await connection.fetch("SELECT id FROM offer")
    heads = await versions.heads(connection, [row["id"] for row in everything], for_change=True)
    request, today = str(new_id()), danish_date(at)
    new, kept = [], 0
    for number, offer in catalogue.offers.items():
        head = heads.get(number)
        if head is None:
            new.append(NewVersion(1, Kind.CREATED, offer, ALWAYS, at, EDITORS, None, request, None, editorial=True))
        elif not head.editorial:
            kept += 1
        elif head.offer != offer:
            new.append(_next(head, Kind.IMPORTED, at, request, None, offer))
    added = sum(each.number == 1 for each in new)
    gone = _gone(heads, catalogue, today)
    new += [_next(head, Kind.ENDED, at, request, _LEFT, _ended(head, today)) for head in gone]
    if new:
        await versions.add(connection, new, catalogue)
    return Change(len(catalogue.offers), added, len(new) - added - len(gone), len(gone), kept)


def _gone(heads: Mapping[OfferId, Head], catalogue: Catalogue, today: date) -> list[Head]:
    """Return those that have left the files and still run."""
    left = [head for number, head in heads.items() if number not in catalogue.offers and head.editorial]
    return [head for head in left if head.offer.valid_to is None or head.offer.valid_to > today]


def _ended(head: Head, today: date) -> Offer:
    begins = head.offer.valid_from if head.offer.valid_from is not None and head.offer.valid_from < today else None
    return replace(head.offer, valid_from=begins, valid_to=today)


def _next(head: Head, kind: Kind, at: datetime, request: str, reason: str | None, said: Offer) -> NewVersion:
    today = danish_date(at)
    return NewVersion(head.version + 1, kind, said, today, at, EDITORS, reason, request, head.confirmed, editorial=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Load, and tell the person at the screen what was done; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m services.directory.load", description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA, help="folder with the data files")
    folder: Path = parser.parse_args(arguments).data
    started = monotonic()
    _say(f"Reading {folder} ...")
    try:
        catalogue = read_folder(folder)
    except (BadData, OSError, UnicodeDecodeError) as error:
        _say(f"Nothing was loaded:\n{error}")
        return 1
    _say(f"Loading {len(catalogue.offers)} offers, {len(catalogue.units)} units ...")
    changes = asyncio.run(load(catalogue, Migrations().owner_database_url.get_secret_value(), now()))
    for table, change in changes.items():
        told = f"added {change.added}, changed {change.changed}, ended {change.removed}"
        _say(f"  {table:13} {change.held:6}   {told}{f', kept as its owner says {change.kept}' if change.kept else ''}")
    nothing = all(change.nothing for change in changes.values())
    _say(f"{'Nothing to change' if nothing else 'Done'}, {monotonic() - started:.2f} s.")
    return 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
