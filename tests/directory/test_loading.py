"""The database is made equal to the files, in one transaction, by the owner; the service only reads."""

import asyncio
from dataclasses import replace
from datetime import date
from pathlib import Path

import asyncpg
import pytest
from alembic import command

from services.directory import load as loading
from services.directory.domain.model import Catalogue, OfferId
from services.directory.load import DATA, load
from shared.migrations import config_for
from tests.conftest import Databases
from tests.directory.conftest import TODAY

GONE = OfferId("helsingoer-gravidgruppe")


def changes(dbs: Databases, catalogue: Catalogue, today: date = TODAY) -> dict[str, tuple[int, int, int]]:
    """Load, and return what was added, changed and ended, per table that was touched."""
    done = asyncio.run(load(catalogue, dbs.owner("directory"), today))
    return {table: (each.added, each.changed, each.removed) for table, each in done.items() if not each.nothing}


async def shown(dbs: Databases, number: str) -> str:
    connection = await asyncpg.connect(dbs.app("directory"))
    try:
        return str(await connection.fetchval("SELECT shown::text FROM offer WHERE id = $1", number))
    finally:
        await connection.close()


def test_loading_again_changes_nothing(loaded: Databases, catalogue: Catalogue) -> None:
    assert changes(loaded, catalogue) == {}


def test_an_offer_that_left_the_files_ends_and_comes_back(loaded: Databases, catalogue: Catalogue) -> None:
    left = replace(catalogue, offers={key: each for key, each in catalogue.offers.items() if key != GONE})
    try:
        assert changes(loaded, left) == {"offer": (0, 0, 1)}
        assert f'"valid_to":"{TODAY}"' in asyncio.run(shown(loaded, GONE))
        assert changes(loaded, left) == {}
    finally:
        back = changes(loaded, catalogue)
    assert back == {"offer": (0, 1, 0)}


def test_a_unit_an_ended_offer_needs_stays(loaded: Databases, catalogue: Catalogue) -> None:
    unit = catalogue.offers[GONE].unit
    kept = {key: each for key, each in catalogue.offers.items() if each.unit != unit and unit not in each.partners}
    left = replace(catalogue, offers=kept, units={key: each for key, each in catalogue.units.items() if key != unit})
    try:
        touched = changes(loaded, left)
    finally:
        changes(loaded, catalogue)
    assert set(touched) == {"offer"}


def test_a_unit_nobody_needs_is_removed(loaded: Databases, catalogue: Catalogue) -> None:
    spare = replace(next(iter(catalogue.units.values())), id="spare-unit")  # type: ignore[arg-type]
    more = replace(catalogue, units={**catalogue.units, spare.id: spare})
    assert changes(loaded, more) == {"unit": (1, 0, 0)}
    assert changes(loaded, catalogue) == {"unit": (0, 0, 1)}


def test_a_load_that_fails_leaves_everything_as_it_was(loaded: Databases, catalogue: Catalogue) -> None:
    one = catalogue.offers[GONE]
    spoilt = replace(one, name="Et andet navn", valid_from=date(2026, 1, 1), valid_to=date(2025, 1, 1))
    with pytest.raises(asyncpg.PostgresError):
        changes(loaded, replace(catalogue, offers={**catalogue.offers, GONE: spoilt}))
    assert changes(loaded, catalogue) == {}


def test_the_command_tells_what_it_did(
    loaded: Databases, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DIRECTORY_OWNER_DATABASE_URL", loaded.owner("directory"))
    assert loading.main([]) == 0
    assert "Nothing to change" in capsys.readouterr().out
    assert loading.main(["--data", str(DATA)]) == 0


def test_the_command_names_what_is_wrong_and_loads_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert loading.main(["--data", str(tmp_path)]) == 1
    assert "Nothing was loaded" in capsys.readouterr().out


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO region (code, name, valid_from, sort_name, source) VALUES ('x', 'x', now(), 'x', 'x')",
        "UPDATE offer SET example = true",
        "DELETE FROM offer",
        "TRUNCATE offer",
        "DELETE FROM unit",
        "DROP TABLE offer",
        "CREATE TABLE mine (id int)",
    ],
)
async def test_the_app_role_only_reads(loaded: Databases, statement: str) -> None:
    connection = await asyncpg.connect(loaded.app("directory"))
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    finally:
        await connection.close()


def test_the_migrated_database_is_what_tables_says(dbs: Databases) -> None:
    owner = dbs.owner("directory")
    assert command.check(config_for(DATA.parent, owner)) is None  # type: ignore[func-returns-value]
