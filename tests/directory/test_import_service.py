"""A file is sent in, tried or carried out: all or nothing, once, by whoever may; what comes out goes in again."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import orjson
import pytest

from deploy import databases
from services.directory.actions import importing
from services.directory.actions.importing import IMPORT, MOST_ATTEMPTS, carry_out
from services.directory.api.transfers import MEDIA
from services.directory.domain.transfer.rows import Format
from services.directory.main import create_app
from services.directory.settings import Settings
from services.directory.store import versions
from shared.auth import Role
from shared.db import Database
from shared.outbox import Carrier, Message
from shared.problems import Unavailable
from tests.conftest import PASSWORD, Databases
from tests.directory.bad_files import BAD_FILES, GOOD, OTHER, SECOND, UNIT, a_row
from tests.support.keys import Keys

COPY = "directory_imports"
# What keeping and refusing a file itself writes.
_ITS_OWN = frozenset({"import_job", "import_progress", "outbox", "idempotency", "alembic_version"})
JSON = {"Content-Type": "application/json"}


@pytest.fixture
async def copy(loaded: Databases) -> AsyncIterator[str]:
    """The name of a database of this test's own, with the data in it."""
    admin = await asyncpg.connect(loaded.server.url())
    owner, app = databases.owner("directory"), databases.app("directory")
    await admin.execute(f'CREATE DATABASE {COPY} TEMPLATE directory OWNER "{owner}"')
    await admin.execute(f'GRANT CONNECT ON DATABASE {COPY} TO "{app}"')
    yield COPY
    await admin.execute(f"DROP DATABASE {COPY} WITH (FORCE)")
    await admin.close()


@pytest.fixture
async def database(loaded: Databases, copy: str) -> AsyncIterator[Database]:
    """The copy, as the worker reaches it."""
    made = Database(loaded.server.url(copy, databases.app("directory"), PASSWORD), 4, "tests")
    await made.open()
    yield made
    await made.close()


@pytest.fixture
async def client(loaded: Databases, copy: str, keys: Keys) -> AsyncIterator[httpx.AsyncClient]:
    """The service on the copy."""
    url = loaded.server.url(copy, databases.app("directory"), PASSWORD)
    app = create_app(Settings(port=1, trusted_keys=keys.trusted, database_url=url, max_import_bytes=1_000_000))
    transport = httpx.ASGITransport(app=app)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://it") as made:
        yield made


@pytest.fixture
def editor(keys: Keys) -> dict[str, str]:
    """The header of somebody who edits the offers of `UNIT`."""
    return keys.party("directory", Role.EDIT_OFFERS, unit=UNIT)


async def _held(loaded: Databases) -> dict[str, list[str]]:
    """Return every row of every table that holds offers or what is said of them."""
    connection = await asyncpg.connect(loaded.server.url(COPY))
    names = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    tables = sorted({row["tablename"] for row in names} - _ITS_OWN)
    held = {each: sorted(map(str, await connection.fetch(f"SELECT * FROM {each}"))) for each in tables}
    await connection.close()
    return held


async def _sent(
    client: httpx.AsyncClient, editor: Mapping[str, str], body: bytes, media: str = JSON["Content-Type"], **asked: Any
) -> httpx.Response:
    return await client.post("/imports", content=body, headers={**editor, "Content-Type": media}, params=asked)


async def _carried(
    client: httpx.AsyncClient, database: Database, editor: Mapping[str, str], body: bytes,
    media: str = JSON["Content-Type"], **asked: Any,
) -> dict[str, Any]:  # fmt: skip
    """Send a file in, carry it out, and return how its sender sees it then."""
    sent = await _sent(client, editor, body, media, **{"dry_run": "false", **asked})
    assert sent.status_code == 202
    await carry_out(database, UUID(sent.json()["id"]))
    seen = await client.get(f"/imports/{sent.json()['id']}", headers=dict(editor))
    told: dict[str, Any] = seen.json()
    return told


@pytest.mark.parametrize("name", BAD_FILES)
async def test_a_bad_file_is_refused_with_a_word_and_nothing_of_it_is_kept(
    client: httpx.AsyncClient, database: Database, loaded: Databases, editor: dict[str, str], name: str
) -> None:
    body, how, code = BAD_FILES[name]
    before = await _held(loaded)
    seen = await _carried(client, database, editor, body, MEDIA[how])
    assert seen["state"] == "refused"
    assert code in {each["code"] for each in seen["report"]["findings"] if each["severity"] == "error"}
    assert not seen["report"]["written"]
    assert await _held(loaded) == before
    async with database.connection() as connection:
        assert await connection.fetchval("SELECT body FROM import_job WHERE id = $1", UUID(seen["id"])) is None


async def test_a_trial_says_what_would_become_of_the_file_and_writes_nothing(
    client: httpx.AsyncClient, database: Database, loaded: Databases, editor: dict[str, str]
) -> None:
    before = await _held(loaded)
    sent = await _sent(client, editor, orjson.dumps([GOOD, SECOND]))
    assert sent.status_code == 202
    assert sent.headers["Location"] == f"/api/v1/imports/{sent.json()['id']}"
    assert (sent.json()["state"], sent.json()["dry_run"], sent.json()["report"]) == ("waiting", True, None)
    await carry_out(database, UUID(sent.json()["id"]))
    seen = (await client.get(f"/imports/{sent.json()['id']}", headers=editor)).json()
    assert seen["state"] == "done"
    assert seen["report"] == {
        "dry_run": True, "written": False, "rows": 2, "created": 2, "changed": 0, "unchanged": 0, "errors": 0,
        "warnings": 0, "findings": [],
    }  # fmt: skip
    assert await _held(loaded) == before


async def test_what_is_written_is_a_version_with_who_and_why_and_on_the_ledger(
    client: httpx.AsyncClient, database: Database, editor: dict[str, str]
) -> None:
    seen = await _carried(client, database, editor, orjson.dumps([GOOD, SECOND]))
    assert (seen["state"], seen["report"]["written"], seen["report"]["created"]) == ("done", True, 2)
    assert (await client.get("/offers/babycafe")).json()["name"] == GOOD["name"]
    again = await _carried(client, database, editor, orjson.dumps([GOOD, {**SECOND, "price_kr": 20}]))
    assert [again["report"][each] for each in ("created", "changed", "unchanged")] == [0, 1, 1]
    async with database.connection() as connection:
        told = await connection.fetch(
            "SELECT offer, number, kind, by_unit, by_user, reason FROM offer_version "
            "WHERE offer = ANY($1::text[]) ORDER BY 1, 2", ["babycafe", "fars-legestue"],
        )  # fmt: skip
        entries = await connection.fetch("SELECT entry FROM ledger_entry WHERE entry->>'kind' = 'offers_imported'")
    assert [(row["offer"], row["number"]) for row in told] == [
        ("babycafe", 1), ("fars-legestue", 1), ("fars-legestue", 2)
    ]  # fmt: skip
    assert {(row["kind"], row["by_unit"], row["by_user"]) for row in told} == {("imported", UNIT, "user-1")}
    assert all(row["reason"] for row in told)
    assert {row["entry"]["digest"] for row in entries} == {seen["digest"], again["digest"]}


@pytest.mark.parametrize("how", list(Format))
async def test_what_is_exported_goes_in_again_and_changes_nothing(
    client: httpx.AsyncClient, database: Database, loaded: Databases, keys: Keys, how: Format
) -> None:
    before = await _held(loaded)
    exported = await client.get("/offers/export", params={"format": how, "organisation": "helsingoer-kommune"})
    assert exported.headers["Content-Type"].startswith(MEDIA[how])
    whole = keys.party("directory", Role.EDIT_ORGANISATION, unit=UNIT)
    seen = await _carried(client, database, whole, exported.content, MEDIA[how])
    report = seen["report"]
    assert report["errors"] == 0
    assert report["rows"] == report["unchanged"] > 10
    after = await _held(loaded)
    assert {each: rows for each, rows in after.items() if each != "ledger_entry"} == {
        each: rows for each, rows in before.items() if each != "ledger_entry"
    }


async def test_suspected_duplicates_are_told_and_keep_nothing_out(
    client: httpx.AsyncClient, database: Database, editor: dict[str, str]
) -> None:
    (shown,) = [
        each
        for each in (await client.get("/offers/export", params={"format": "json"})).json()["offers"]
        if each["id"] == "case-1-moedregruppe"
    ] or (await client.get("/offers/export", params={"format": "json", "unit": OTHER})).json()["offers"][:1]
    repeated = {**GOOD, "name": shown["name"], "municipalities": shown["municipalities"]}
    seen = await _carried(client, database, editor, orjson.dumps([repeated]))
    (found,) = [each for each in seen["report"]["findings"] if each.get("other", {}).get("id") == shown["id"]]
    assert (found["code"], found["severity"], found["line"]) == ("suspected_duplicate", "warning", 1)
    assert found["other"]["organisation"]
    assert seen["report"]["written"]


async def test_a_worker_that_dies_in_the_middle_leaves_nothing_and_another_does_it_once(
    client: httpx.AsyncClient, database: Database, loaded: Databases, editor: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    real = versions.add

    async def dies(connection: Any, *rest: Any, **how: Any) -> int:
        await real(connection, *rest, **how)
        admin = await asyncpg.connect(loaded.server.url(COPY))
        await admin.execute("SELECT pg_terminate_backend($1)", connection.get_server_pid())
        await admin.close()
        return await real(connection, *rest, **how)

    before = await _held(loaded)
    sent = (await _sent(client, editor, orjson.dumps([GOOD, SECOND]), dry_run="false")).json()
    monkeypatch.setattr(versions, "add", dies)
    with pytest.raises(Unavailable):
        await carry_out(database, UUID(sent["id"]))
    assert await _held(loaded) == before
    assert (await client.get(f"/imports/{sent['id']}", headers=editor)).json()["state"] == "running"
    monkeypatch.setattr(versions, "add", real)
    await carry_out(database, UUID(sent["id"]), 2)
    after = await _held(loaded)
    assert len(after["offer_version"]) == len(before["offer_version"]) + 2
    await carry_out(database, UUID(sent["id"]), 3)
    assert await _held(loaded) == after


async def test_two_workers_at_once_do_it_once(
    client: httpx.AsyncClient, database: Database, loaded: Databases, editor: dict[str, str]
) -> None:
    before = len((await _held(loaded))["offer_version"])
    sent = (await _sent(client, editor, orjson.dumps([GOOD, SECOND]), dry_run="false")).json()
    await asyncio.gather(*(carry_out(database, UUID(sent["id"])) for _ in range(2)), return_exceptions=True)
    assert (await client.get(f"/imports/{sent['id']}", headers=editor)).json()["report"]["created"] == 2
    assert len((await _held(loaded))["offer_version"]) == before + 2


async def test_an_offer_changed_while_the_file_was_looked_at_is_looked_at_anew(
    client: httpx.AsyncClient, database: Database, editor: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    await _carried(client, database, editor, orjson.dumps([GOOD]))
    real = importing._checked
    looks: list[Any] = []

    async def looked(*arguments: Any) -> Any:
        checked = await real(*arguments)
        if not looks:
            changed = {"offer": {**GOOD, "price_kr": 99}, "reason": "midt i det hele"}
            put = await client.put("/offers/babycafe", json=changed, headers={**editor, "If-Match": '"1"'})
            assert put.status_code == 200
        looks.append(checked)
        return checked

    monkeypatch.setattr(importing, "_checked", looked)
    seen = await _carried(client, database, editor, orjson.dumps([{**GOOD, "price_kr": 5}]))
    assert (len(looks), seen["report"]["changed"]) == (2, 1)
    async with database.connection() as connection:
        told = await connection.fetch("SELECT number, said FROM offer_version WHERE offer = 'babycafe' ORDER BY number")
    assert [(row["number"], row["said"].get("price_kr")) for row in told] == [(1, None), (2, 99), (3, 5)]


async def test_offers_that_change_faster_than_a_file_can_be_looked_at_leave_it_waiting(
    client: httpx.AsyncClient, database: Database, editor: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def overtaken(*_: Any) -> bool:
        return False

    monkeypatch.setattr(importing, "_concluded", overtaken)
    sent = (await _sent(client, editor, orjson.dumps([GOOD]), dry_run="false")).json()
    with pytest.raises(Unavailable):
        await carry_out(database, UUID(sent["id"]))


async def test_a_file_that_never_comes_to_an_end_is_given_up(
    client: httpx.AsyncClient, database: Database, editor: dict[str, str]
) -> None:
    sent = (await _sent(client, editor, orjson.dumps([GOOD]), dry_run="false")).json()
    await carry_out(database, UUID(sent["id"]), MOST_ATTEMPTS + 1)
    seen = (await client.get(f"/imports/{sent['id']}", headers=editor)).json()
    assert (seen["state"], seen["report"]["errors"]) == ("refused", 1)
    assert (await client.get("/offers/babycafe")).status_code == 404


async def test_who_asks_to_wait_gets_the_report_when_it_is_there(
    client: httpx.AsyncClient, database: Database, editor: dict[str, str]
) -> None:
    async def carry(message: Message) -> None:
        await carry_out(database, UUID(message.payload["job"]), message.attempts)

    working = asyncio.create_task(Carrier(database, {IMPORT: carry}, pause_s=0.01).run())
    headers = {**editor, **JSON, "Prefer": "respond-async, wait=20"}
    sent = await client.post("/imports?dry_run=false", content=orjson.dumps([GOOD]), headers=headers)
    working.cancel()
    assert (sent.status_code, sent.json()["state"], sent.json()["report"]["created"]) == (200, "done", 1)
    assert sent.headers["Preference-Applied"] == "wait=20"


async def test_the_same_file_sent_twice_with_one_key_is_one_import(
    client: httpx.AsyncClient, database: Database, editor: dict[str, str]
) -> None:
    headers = {**editor, **JSON, "Idempotency-Key": "key-number-1"}
    first = await client.post("/imports", content=orjson.dumps([GOOD]), headers=headers)
    again = await client.post("/imports", content=orjson.dumps([GOOD]), headers=headers)
    other = await client.post("/imports?dry_run=false", content=orjson.dumps([GOOD]), headers=headers)
    assert (first.status_code, again.status_code, other.status_code) == (202, 202, 409)
    assert first.json()["id"] == again.json()["id"]
    assert again.headers["Idempotency-Replayed"] == "true"
    async with database.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM import_job") == 1
        assert await connection.fetchval("SELECT count(*) FROM outbox WHERE topic = 'import'") == 1


@pytest.mark.parametrize(
    ("media", "asked"),
    [
        ("text/plain", {}), ("", {}), ("application/vnd.ms-excel", {}), ("multipart/form-data; boundary=x", {}),
        ("text/csv", {"profile": "hsds"}), ("text/csv; charset=ebcdic", {}),
    ],
)  # fmt: skip
async def test_a_kind_of_file_nobody_reads_is_said_at_once(
    client: httpx.AsyncClient, editor: dict[str, str], media: str, asked: dict[str, str]
) -> None:
    sent = await _sent(client, editor, b"id\na\n", media, **asked)
    assert (sent.status_code, sent.json()["code"]) == (415, "unknown_format")


async def test_a_file_that_is_too_large_is_said_at_once_and_not_kept(
    client: httpx.AsyncClient, database: Database, editor: dict[str, str]
) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(1000):
            yield b"x" * 100_000

    declared = await _sent(client, editor, b"x" * 1_000_001, "text/csv")
    streamed = await client.post("/imports", content=endless(), headers={**editor, "Content-Type": "text/csv"})
    assert [(each.status_code, each.json()["code"]) for each in (declared, streamed)] == [(413, "too_large")] * 2
    async with database.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM import_job") == 0


async def test_an_encoding_is_taken_where_the_sender_names_it(
    client: httpx.AsyncClient, database: Database, editor: dict[str, str]
) -> None:
    body = a_row(navn="Mødregruppe").decode().encode("latin-1")
    refused = await _carried(client, database, editor, body, "text/csv")
    (found,) = refused["report"]["findings"]
    assert (found["code"], found["offered"]) == ("encoding", "latin-1")
    chosen = await _carried(client, database, editor, body, "text/csv", encoding=found["offered"])
    declared = await _carried(client, database, editor, body, "text/csv; charset=ISO-8859-1")
    assert (chosen["report"]["created"], declared["report"]["unchanged"]) == (1, 1)
    assert (await client.get("/offers/a")).json()["name"] == "Mødregruppe"


async def test_only_editors_send_files_in_and_see_those_of_their_own_unit(
    client: httpx.AsyncClient, keys: Keys, editor: dict[str, str]
) -> None:
    sent = (await _sent(client, editor, orjson.dumps([GOOD]))).json()
    callers = {
        "nobody": {}, "referrer": keys.party("directory", Role.REFER, unit=UNIT),
        "of no unit": keys.party("directory", Role.EDIT_OFFERS),
        "another unit": keys.party("directory", Role.EDIT_OFFERS, unit=OTHER),
        "a colleague": keys.party("directory", Role.EDIT_ORGANISATION, unit=UNIT, user="user-2"),
    }  # fmt: skip
    posts = {name: (await _sent(client, headers, b"[]")).status_code for name, headers in callers.items()}
    reads = {
        name: (await client.get(f"/imports/{sent['id']}", headers=headers)).status_code
        for name, headers in callers.items()
    }
    assert posts == {"nobody": 401, "referrer": 403, "of no unit": 403, "another unit": 202, "a colleague": 202}
    assert reads == {"nobody": 401, "referrer": 403, "of no unit": 403, "another unit": 404, "a colleague": 200}


async def test_an_export_holds_what_was_asked_for(client: httpx.AsyncClient, editor: dict[str, str]) -> None:
    async def ids(**asked: str) -> set[str]:
        got = await client.get("/offers/export", params={"format": "ndjson", **asked})
        assert got.status_code == 200
        return {orjson.loads(line)["id"] for line in got.content.splitlines()}

    everything, of_unit = await ids(), await ids(unit=OTHER)
    assert len(everything) > 150
    assert of_unit
    assert of_unit < await ids(organisation="ballerup-kommune") | of_unit < everything
    here = await ids(municipality="0151")
    found = (await client.get("/offers", params={"municipality": "0151", "limit": "200"})).json()
    assert here == {each["id"] for each in found["offers"]}
    before = datetime.now(UTC).isoformat()
    assert await ids(modified_after=before) == set()
    made = await client.post("/offers", json={"offer": GOOD}, headers=editor)
    assert made.status_code == 201
    assert await ids(modified_after=before) == {"babycafe"}
    unknown = await client.get("/offers/export", params={"municipality": "9999"})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown_municipality")
    assert (await client.get("/offers/export", params={"bogus": "1"})).status_code == 422


async def test_an_export_is_kept_until_something_changes(client: httpx.AsyncClient, editor: dict[str, str]) -> None:
    first = await client.get("/offers/export")
    assert "max-age" in first.headers["Cache-Control"]
    tag = {"If-None-Match": first.headers["ETag"]}
    assert (await client.get("/offers/export", headers=tag)).status_code == 304
    assert (await client.get("/offers/export", params={"format": "json"}, headers=tag)).status_code == 200
    await client.post("/offers", json={"offer": GOOD}, headers=editor)
    assert (await client.get("/offers/export", headers=tag)).status_code == 200


@pytest.mark.parametrize("how", [Format.CSV, Format.XLSX])
async def test_the_template_says_on_trial_only_that_its_unit_is_an_example(
    client: httpx.AsyncClient, database: Database, editor: dict[str, str], how: Format
) -> None:
    template = await client.get("/offers/import-template", params={"format": how})
    seen = await _carried(client, database, editor, template.content, MEDIA[how], dry_run="true")
    assert {each["field"] for each in seen["report"]["findings"]} == {"unit"}


async def test_a_file_of_hsds_is_read_and_what_found_no_home_is_told(
    client: httpx.AsyncClient, database: Database, editor: dict[str, str]
) -> None:
    ours = await client.get("/hsds/3.0/services", params={"format": "ndjson", "full": "true"})
    foreign = {
        "id": "1",
        "name": "Mothers' group",
        "description": "Every Tuesday",
        "status": "active",
        "wait_time": "weeks",
    }
    body = b"\n".join([*ours.content.splitlines()[:5], orjson.dumps(foreign)])
    seen = await _carried(client, database, editor, body, MEDIA[Format.NDJSON], profile="hsds")
    assert seen["report"]["rows"] == (6 if ours.status_code == 200 else 1)
    assert "not_kept" in {each["code"] for each in seen["report"]["findings"]}
