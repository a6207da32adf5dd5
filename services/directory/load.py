"""Make the database equal to the data files: `python -m services.directory.load [--data DIR]`, as the owner role.

One transaction; running it again changes nothing and says so. An offer that has left the files ends today
and stays on record; what else has left them is removed, unless an ended offer still needs it.
"""

import argparse
import asyncio
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeAlias

import asyncpg
import orjson

from services.directory.domain.errors import BadData
from services.directory.domain.model import Catalogue
from services.directory.domain.reading import read
from services.directory.rows import KEYS, Row, rows
from services.directory.settings import Migrations
from shared.clock import danish_date, monotonic, now

DATA = Path(__file__).parent / "data"
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
_ONE_LOADER = 4711_0217
_KINDS = frozenset({".csv", ".toml"})
# What an ended offer may still need, and by which column.
_NEEDED_BY: Mapping[str, str] = {
    "unit": "SELECT unit FROM offer",
    "organisation": "SELECT organisation FROM offer UNION SELECT organisation FROM unit",
    "municipality": "SELECT municipality FROM unit WHERE municipality IS NOT NULL",
    "region": "SELECT region FROM unit WHERE region IS NOT NULL UNION SELECT region FROM membership",
}


@dataclass(frozen=True, slots=True)
class Change:
    """What loading did to one table."""

    held: int
    added: int
    changed: int
    removed: int

    @property
    def nothing(self) -> bool:
        """True when the table was already as the files say."""
        return not (self.added or self.changed or self.removed)


def read_folder(folder: Path) -> Catalogue:
    """Return what the files below `folder` say.

    Raises:
        BadData: they are wrong, or not there.
    """
    files = sorted(path for path in folder.rglob("*") if path.suffix in _KINDS)
    return read({path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in files})


async def load(catalogue: Catalogue, owner_url: str, today: date) -> dict[str, Change]:
    """Make the database equal to the catalogue, in one transaction; return what changed, per table."""
    wanted = rows(catalogue)
    connection = await asyncpg.connect(owner_url)
    try:
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", _ONE_LOADER)
            held = {table: await _held(connection, table, wanted[table]) for table in wanted}
            for table in wanted:
                await _put(connection, table, _differing(table, wanted[table], held[table]))
            gone = {table: await _let_go(connection, table, wanted, held, today) for table in reversed(wanted)}
        changes = {table: _told(table, wanted[table], held[table], gone[table]) for table in wanted}
        for table in (table for table, change in changes.items() if not change.nothing):
            await connection.execute(f"ANALYZE {table}")
    finally:
        await connection.close()
    return changes


def _key(table: str, row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(row[column] for column in KEYS[table])


async def _held(connection: Connection, table: str, wanted: Sequence[Row]) -> dict[tuple[str, ...], Row]:
    columns = ", ".join(wanted[0]) if wanted else "*"
    found = await connection.fetch(f"SELECT {columns} FROM {table}")  # noqa: S608 - our own names
    return {_key(table, row): row for row in map(dict, found)}


def _differing(table: str, wanted: Sequence[Row], held: Mapping[tuple[str, ...], Row]) -> list[Row]:
    return [row for row in wanted if held.get(_key(table, row)) != row]


async def _put(connection: Connection, table: str, differing: Sequence[Row]) -> None:
    if not differing:
        return
    columns, key = list(differing[0]), KEYS[table]
    values = ", ".join(f"${place}" for place in range(1, len(columns) + 1))
    rest = [f"{column} = excluded.{column}" for column in columns if column not in key]
    await connection.executemany(
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({values}) "  # noqa: S608 - our own names
        f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {', '.join(rest)}",
        [tuple(row.values()) for row in differing],
    )


async def _let_go(
    connection: Connection,
    table: str,
    wanted: Mapping[str, Sequence[Row]],
    held: Mapping[str, Mapping[tuple[str, ...], Row]],
    today: date,
) -> int:
    """End or remove what the files no longer name; return how many rows that touched."""
    kept = {_key(table, row) for row in wanted[table]}
    gone = [row for key, row in held[table].items() if key not in kept]
    if table == "offer":
        running = [row for row in gone if row["valid_to"] is None or row["valid_to"] > today]
        return await _end(connection, running, today)
    needed = set()
    if gone and table in _NEEDED_BY:
        needed = {row[0] for row in await connection.fetch(_NEEDED_BY[table])}
    free = [_key(table, row) for row in gone if _key(table, row)[0] not in needed]
    where = " AND ".join(f"{column} = ${place}" for place, column in enumerate(KEYS[table], start=1))
    await connection.executemany(f"DELETE FROM {table} WHERE {where}", free)  # noqa: S608 - our own names
    return len(free)


async def _end(connection: Connection, ending: Sequence[Row], today: date) -> int:
    for row in ending:
        begins = row["valid_from"] if row["valid_from"] is not None and row["valid_from"] < today else None
        shown = orjson.loads(row["shown"]) | {"valid_from": begins, "valid_to": today}
        await connection.execute(
            "UPDATE offer SET valid_from = $2, valid_to = $3, shown = $4 WHERE id = $1",
            row["id"], begins, today, orjson.dumps(shown).decode(),
        )  # fmt: skip
    return len(ending)


def _told(table: str, wanted: Sequence[Row], held: Mapping[tuple[str, ...], Row], gone: int) -> Change:
    differing = _differing(table, wanted, held)
    changed = sum(_key(table, row) in held for row in differing)
    return Change(len(wanted), len(differing) - changed, changed, gone)


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
    changes = asyncio.run(load(catalogue, Migrations().owner_database_url.get_secret_value(), danish_date(now())))
    for table, change in changes.items():
        _say(f"  {table:13} {change.held:6}   added {change.added}, changed {change.changed}, ended {change.removed}")
    nothing = all(change.nothing for change in changes.values())
    _say(f"{'Nothing to change' if nothing else 'Done'}, {monotonic() - started:.2f} s.")
    return 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
