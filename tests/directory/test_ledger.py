"""The ledger: an entry for each version of an offer, with the digest of what it says, and nothing about people."""

import json
from typing import Any

from deploy import databases
from shared import ledger
from shared.auth import Role
from shared.db import Database
from shared.sealer import NoteSigner, Sealer
from tests.conftest import PASSWORD, Databases
from tests.directory.edited_world import DATABASE, A, B, World
from tests.directory.edited_world import edited as edited
from tests.directory.edited_world import the_world as the_world
from tests.support.keys import Keys
from tests.support.town import assert_problem, entries_of, rows

_KEPT = """
SELECT v.number, v.said::text AS said, v.holds_from, v.kind, v.by_user, e.entry::text AS entry
FROM offer_version v JOIN ledger_entry e ON e.id = v.ledger_id WHERE v.offer = $1 ORDER BY v.number
"""


async def test_each_version_has_an_entry_with_the_digest_of_its_document(world: World) -> None:
    number = await world.make(price_kr=0)
    await world.change(number, price_kr=20, summary="Blåbærgrød, æbler og ø")
    await world.change(number, price_kr=30, holds_from=world.after(10))
    await world.send("POST", f"{number}/confirmation", {}, world.by())
    await world.send("POST", f"{number}/owner", {"unit": B, "reason": "Flyttet"}, world.editor())
    await world.send("POST", f"{number}/end", {"on": str(world.after(20)), "reason": "Slut"}, world.by(B))
    kept = await rows(world.admin_url, _KEPT, number)
    assert [each["number"] for each in kept] == list(range(1, len(kept) + 1)) == list(range(1, 10))
    for each in kept:
        entry = json.loads(each["entry"])
        assert entry["digest"] == ledger.digest(json.loads(each["said"]))
        assert (entry["offer"], entry["version"], entry["kind"]) == (number, each["number"], f"offer_{each['kind']}")
        assert entry["holds_from"] == each["holds_from"].isoformat()
        assert entry["actor"]["user"] == each["by_user"]


async def test_an_entry_holds_codes_and_ids_only(world: World) -> None:
    body = {"offer": world.said(name="Zebragruppen", summary="Zebra"), "reason": "Zebrabevilling"}
    answer = await world.client.post("/offers", json=body, headers=world.by())
    [entry] = await entries_of(world.admin_url, answer.headers["X-Request-Id"])
    assert set(entry) == {"id", "kind", "at", "actor", "request", "offer", "version", "holds_from", "digest"}
    assert "Zebra" not in str(entry)
    assert entry["actor"] == {"unit": A, "user": "user-1"}


async def test_behind_a_system_the_named_user_is_on_the_ledger(world: World) -> None:
    by = world.keys.party("directory", Role.EDIT_OFFERS, unit=A, user="system-1", acting_user="nurse-1", system=True)
    answer = await world.client.post("/offers", json={"offer": world.said()}, headers=by)
    [entry] = await entries_of(world.admin_url, answer.headers["X-Request-Id"])
    assert entry["actor"] == {"unit": A, "user": "nurse-1"}


async def test_what_was_refused_is_no_change_and_has_no_entry(world: World) -> None:
    number = await world.make()
    for answer in (
        await world.change(number, themes=[]),
        await world.change(number, world.by(B), summary="Fremmed"),
        await world.send("POST", f"{number}/confirmation", {}, world.by(), **{"If-Match": '"7"'}),
    ):
        assert answer.is_client_error
        assert await entries_of(world.admin_url, answer.headers["X-Request-Id"]) == []


async def test_a_post_that_is_repeated_has_one_entry(world: World) -> None:
    request: dict[str, Any] = {
        "json": {"offer": world.said()},
        "headers": {**world.by(), "Idempotency-Key": "proeve-noegle-1"},
    }
    answers = [await world.client.post("/offers", **request) for _ in range(3)]
    found = [await entries_of(world.admin_url, answer.headers["X-Request-Id"]) for answer in answers]
    assert list(map(len, found)) == [1, 0, 0]


async def test_the_auditor_reads_the_changes_once_they_are_sealed(world: World, edited: Databases, keys: Keys) -> None:
    number = await world.make()
    url = edited.server.url(DATABASE, databases.sealer("directory"), PASSWORD)
    database = Database(url, 1, "sealer")
    await database.open()
    await Sealer(database, NoteSigner("familiebro/directory", keys.ledger)).seal()
    await database.close()
    answer = await world.client.get("/audit/ledger/export", headers=keys.party("directory", Role.AUDITOR))
    assert answer.status_code == 200
    assert number in answer.text
    assert_problem(await world.client.get("/audit/ledger/export", headers=world.by()), 403, "missing_scope")
