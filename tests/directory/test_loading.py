"""The database is made equal to the files, in one transaction, by the owner; what owners have said since stays."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from alembic import command

from services.directory import load as loading
from services.directory.domain.model import Catalogue, OfferId
from services.directory.load import DATA, load
from services.directory.store import showings, versions
from shared.migrations import config_for
from tests.conftest import Databases
from tests.directory.conftest import AT, TODAY
from tests.directory.copies import Copy, copied, say, serving
from tests.support.keys import Keys

ONE = OfferId("helsingoer-gravidgruppe")
LATER = AT + timedelta(days=1)
TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
def copy(loaded: Databases) -> Iterator[Copy]:
    """A directory of the test's own."""
    with copied(loaded, "directory_loading") as made:
        yield made


def changes(url: str, catalogue: Catalogue, at: datetime = AT) -> dict[str, tuple[int, int, int]]:
    """Load, and return what was added, changed and ended, per table that was touched."""
    done = asyncio.run(load(catalogue, url, at))
    return {table: (each.added, each.changed, each.removed) for table, each in done.items() if not each.nothing}


def without(catalogue: Catalogue, *numbers: str) -> Catalogue:
    return replace(catalogue, offers={key: each for key, each in catalogue.offers.items() if key not in numbers})


def saying(catalogue: Catalogue, name: str) -> Catalogue:
    return replace(catalogue, offers={**catalogue.offers, ONE: replace(catalogue.offers[ONE], name=name)})


def told(copy: Copy, number: str = ONE) -> list[dict[str, Any]]:
    """Return an offer's versions, oldest first."""
    statement = "SELECT number, kind, holds_from, said, by_unit FROM offer_version WHERE offer = $1 ORDER BY number"
    return asyncio.run(copy.rows(statement, number))


def shown(copy: Copy, number: str = ONE) -> list[tuple[date, date, str]]:
    """Return the stretches of days an offer is shown: from, to before, and under what name."""
    statement = "SELECT from_day, to_day, shown FROM showing WHERE offer = $1 ORDER BY from_day"
    rows = asyncio.run(copy.rows(statement, number))
    return [(row["from_day"], row["to_day"], row["shown"]["name"]) for row in rows]


def everything(copy: Copy) -> dict[str, list[dict[str, Any]]]:
    """Return all the directory holds, but what the loading says of itself."""
    tables = ("region", "municipality", "postcode", "legal_basis", "organisation", "unit", "offer", "offer_version",
              "showing", "pulse", "ledger_entry")  # fmt: skip
    return {table: asyncio.run(copy.rows(f"SELECT t::text FROM {table} t ORDER BY 1")) for table in tables}


async def one_of(copy: Copy, keys: Keys, number: str = ONE) -> dict[str, Any]:
    """Return what the service answers of an offer."""
    async with serving(copy, keys) as (_, client):
        answer = await client.get(f"/offers/{number}")
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told


def test_loading_again_changes_nothing(copy: Copy, catalogue: Catalogue) -> None:
    before = everything(copy)
    assert changes(copy.owner, catalogue, LATER) == {}
    assert everything(copy) == before


def test_every_offer_of_the_files_has_a_first_version_that_always_held(copy: Copy, catalogue: Catalogue) -> None:
    rows = asyncio.run(copy.rows("SELECT offer, number, kind, holds_from, by_unit FROM offer_version"))
    assert {row["offer"] for row in rows} == set(catalogue.offers)
    assert {(row["number"], row["kind"], row["holds_from"], row["by_unit"]) for row in rows} == {
        (1, "created", date.min, None)
    }


def test_a_changed_file_makes_a_new_version_and_keeps_the_old(copy: Copy, catalogue: Catalogue) -> None:
    assert changes(copy.owner, saying(catalogue, "Et nyt navn"), LATER) == {"offer": (0, 1, 0)}
    old, new = told(copy)
    assert (old["said"]["name"], new["said"]["name"]) == (catalogue.offers[ONE].name, "Et nyt navn")
    assert (new["number"], new["kind"], new["holds_from"]) == (2, "imported", TOMORROW)
    assert shown(copy) == [
        (date.min, TOMORROW, catalogue.offers[ONE].name), (TOMORROW, date.max, "Et nyt navn")]  # fmt: skip
    entries = asyncio.run(copy.rows("SELECT entry FROM ledger_entry WHERE entry->>'offer' = $1", ONE))
    assert [row["entry"]["version"] for row in entries] == [1, 2]


def test_what_an_owner_has_said_since_is_not_overwritten(copy: Copy, catalogue: Catalogue) -> None:
    owners = replace(catalogue.offers[ONE], name="Hvad ejeren siger")
    asyncio.run(say(copy, catalogue, [owners]))
    done = asyncio.run(load(saying(catalogue, "Hvad filen siger"), copy.owner, LATER))
    assert (done["offer"].changed, done["offer"].kept) == (0, 1)
    assert [each["said"]["name"] for each in told(copy)] == [catalogue.offers[ONE].name, "Hvad ejeren siger"]


def test_an_owners_offer_does_not_end_when_the_files_no_longer_name_it(copy: Copy, catalogue: Catalogue) -> None:
    asyncio.run(say(copy, catalogue, [catalogue.offers[ONE]], confirms=True))
    assert changes(copy.owner, without(catalogue, ONE), LATER) == {}
    assert shown(copy)[-1][1] == date.max


def test_an_offer_that_left_the_files_ends_stays_on_record_and_comes_back(
    copy: Copy, catalogue: Catalogue, keys: Keys
) -> None:
    left = without(catalogue, ONE)
    assert changes(copy.owner, left) == {"offer": (0, 0, 1)}
    assert changes(copy.owner, left, LATER) == {}
    answered = asyncio.run(one_of(copy, keys))
    assert (answered["name"], answered["valid_to"], answered["version"]) == (
        catalogue.offers[ONE].name, str(TODAY), 2)  # fmt: skip
    assert [each["kind"] for each in told(copy)] == ["created", "ended"]
    assert changes(copy.owner, catalogue, LATER) == {"offer": (0, 1, 0)}
    assert shown(copy)[-1][:2] == (TOMORROW, date.max)


def test_a_unit_that_left_the_files_closes_and_its_offers_keep_their_owner(copy: Copy, catalogue: Catalogue) -> None:
    unit = catalogue.offers[ONE].unit
    asyncio.run(say(copy, catalogue, [catalogue.offers[ONE]], confirms=True))
    gone = [one.id for one in catalogue.offers.values() if one.unit == unit or unit in one.partners]
    running = [key for key in gone if (catalogue.offers[key].valid_to or date.max) > TODAY]
    left = without(catalogue, *gone)
    left = replace(left, units={key: each for key, each in catalogue.units.items() if key != unit})
    touched = changes(copy.owner, left)
    assert touched == {"unit": (0, 1, 0), "offer": (0, 0, len(running) - 1)}
    assert changes(copy.owner, left, LATER) == {}
    [row] = asyncio.run(copy.rows("SELECT said FROM unit WHERE id = $1", unit))
    assert row["said"]["valid_to"] == str(TODAY)
    [head] = asyncio.run(copy.rows("SELECT unit FROM offer WHERE id = $1", ONE))
    assert head["unit"] == unit
    assert shown(copy)[-1][1] == date.max
    changes(copy.owner, catalogue, LATER)
    [row] = asyncio.run(copy.rows("SELECT said FROM unit WHERE id = $1", unit))
    assert "valid_to" not in row["said"]


def test_an_organisation_by_another_name_is_shown_anew(copy: Copy, catalogue: Catalogue, keys: Keys) -> None:
    owner = catalogue.organisations[catalogue.units[catalogue.offers[ONE].unit].organisation]
    renamed = replace(owner, name="Kommunen ved Sundet")
    more = replace(catalogue, organisations={**catalogue.organisations, owner.id: renamed})
    assert changes(copy.owner, more) == {"organisation": (0, 1, 0)}
    answered = asyncio.run(one_of(copy, keys))
    assert (answered["organisation"]["name"], answered["version"]) == ("Kommunen ved Sundet", 1)


def test_a_version_that_holds_from_later_is_shown_from_that_day(copy: Copy, catalogue: Catalogue, keys: Keys) -> None:
    soon = TODAY + timedelta(days=30)
    asyncio.run(say(copy, catalogue, [replace(catalogue.offers[ONE], name="Fra næste måned")], holds_from=soon))
    assert shown(copy) == [
        (date.min, soon, catalogue.offers[ONE].name), (soon, date.max, "Fra næste måned")]  # fmt: skip
    assert asyncio.run(one_of(copy, keys))["name"] == catalogue.offers[ONE].name
    asyncio.run(say(copy, catalogue, [replace(catalogue.offers[ONE], name="Allerede nu")]))
    assert [each[2] for each in shown(copy)] == [catalogue.offers[ONE].name, "Allerede nu"]


@pytest.mark.parametrize("where", [(showings, "show_anew"), (versions, "_put_showings"), (versions, "_put_heads")])
def test_a_load_broken_off_in_the_middle_leaves_everything_as_it_was(
    copy: Copy, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch, where: tuple[Any, str]
) -> None:
    async def broken(*_: object) -> None:
        raise ConnectionResetError

    before = everything(copy)
    unit = next(iter(catalogue.units.values()))
    spoilt = replace(saying(catalogue, "Nyt"), units={**catalogue.units, unit.id: replace(unit, name="Nyt navn")})
    monkeypatch.setattr(*where, broken)
    with pytest.raises(ConnectionResetError):
        changes(copy.owner, spoilt, LATER)
    assert everything(copy) == before


def test_two_loads_at_once_are_one_after_the_other(copy: Copy, catalogue: Catalogue) -> None:
    async def both() -> list[int]:
        more = saying(catalogue, "Et nyt navn")
        done = await asyncio.gather(*(load(more, copy.owner, LATER) for _ in range(2)))
        return sorted(each["offer"].changed for each in done)

    assert asyncio.run(both()) == [0, 1]
    assert len(told(copy)) == 2


def test_the_command_tells_what_it_did(
    copy: Copy, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DIRECTORY_OWNER_DATABASE_URL", copy.owner)
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
        "UPDATE region SET name = ''",
        "UPDATE offer_version SET reason = 'x'",
        "DELETE FROM offer_version",
        "DELETE FROM offer",
        "TRUNCATE offer",
        "DELETE FROM unit",
        "DELETE FROM ledger_entry",
        "DROP TABLE offer",
        "CREATE TABLE mine (id int)",
    ],
)
async def test_the_app_role_cannot_rewrite_what_was(loaded: Databases, statement: str) -> None:
    connection = await asyncpg.connect(loaded.app("directory"))
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    finally:
        await connection.close()


def test_the_migrated_database_is_what_tables_says(dbs: Databases) -> None:
    owner = dbs.owner("directory")
    assert command.check(config_for(DATA.parent, owner)) is None  # type: ignore[func-returns-value]
