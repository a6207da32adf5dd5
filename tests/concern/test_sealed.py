"""What is reported stands nowhere in clear: not in the database, its logs, its ledger, its queue or an error (R45)."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from services.concern.sealing import Seal, SealBroken, with_new_seal
from shared.auth import Role
from tests.concern.world import (
    CITIZEN,
    NUMBER,
    REPORTS,
    SECRET,
    Headers,
    citizens,
    kept,
    login,
    movers,
    professionals,
    sent,
    sent_by_citizen,
)
from tests.conftest import Databases
from tests.support.keys import Keys
from tests.support.logs import everything_logged
from tests.support.town import NORTH_AUTHORITY, client_of, concern_app, rows

NUMBERS = (NUMBER, NUMBER.replace("-", ""), "620190-1235", "6201901235")


def assert_nothing_in(everything: str, wanted: Sequence[str] = (SECRET, *NUMBERS)) -> None:
    """Assert that none of it is there, in text or as the bytes of a column."""
    for each in wanted:
        assert each not in everything
        assert each.encode().hex() not in everything


async def test_nothing_that_was_said_is_in_clear_anywhere(
    concern: httpx.AsyncClient, daycare: Headers, reception: Headers, keys: Keys, dbs: Databases,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Every column of every table, the queue's too, and every log line, after all of it was written and read."""
    logs = everything_logged(monkeypatch)
    told = await sent(concern, daycare)
    address = f"{REPORTS}/{told['id']}"
    await sent_by_citizen(concern, login(keys), reporter=professionals()["reporter"])
    old = keys.party("concern", Role.REPORT, unit=NORTH_AUTHORITY)
    assert (await concern.post(REPORTS, headers=old, json=movers())).status_code == 201
    original = (await concern.get(address, headers=reception)).json()["said"][0]["id"]
    body = {"text": SECRET, "corrects": original}
    assert (await concern.post(f"{address}/corrections", headers=daycare, json=body)).status_code == 201
    everything = await kept(dbs) + logs.getvalue()
    assert told["id"] in everything
    assert_nothing_in(everything)


@pytest.mark.parametrize(
    "spoil",
    [
        {"ground": SECRET},
        {"where": {"stays_in": SECRET}},
        {"where": {"stays_in": "0999"}},
        {"child": {"name": f"{SECRET} {NUMBER}"}},
        {"child": {"identifiers": [{"kind": "cpr", "value": f"{NUMBER}9 {SECRET}"}]}},
        {"child": {"identifiers": [{"kind": SECRET, "value": NUMBER}]}},
        {"child": {"birth_date": "1990-01-01", "name": SECRET}},
        {"words": {"concern": f"{SECRET}: {NUMBER}"}},
        {SECRET: NUMBER},
    ],
)
async def test_nothing_personal_is_in_a_refusal_or_what_is_logged_of_it(
    concern: httpx.AsyncClient, dbs: Databases, monkeypatch: pytest.MonkeyPatch, spoil: dict[str, Any]
) -> None:
    logs = everything_logged(monkeypatch)
    answer = await concern.post(CITIZEN, json=citizens(**spoil))
    assert answer.status_code == 422
    assert_nothing_in(answer.text + logs.getvalue())
    assert_nothing_in(await kept(dbs))


async def test_words_are_sealed_for_their_report_and_what_they_are(
    concern: httpx.AsyncClient, daycare: Headers, dbs: Databases, keys: Keys
) -> None:
    one, other = [(await sent(concern, daycare))["id"] for _ in range(2)]
    seal = Seal.from_file(keys.seals)
    held = await rows(
        dbs.admin("concern"), "SELECT original, what, sealed FROM words WHERE original = $1::text::uuid", one
    )
    assert {row["what"] for row in held} == {"child", "reporter", "original"}
    (foreign,) = {row["original"] for row in await rows(
        dbs.admin("concern"), "SELECT original FROM words WHERE original = $1::text::uuid", other)}  # fmt: skip
    for row in held:
        assert SECRET in orjson.dumps(orjson.loads(seal.open(row["original"], row["what"], row["sealed"]))).decode()
        for owner, what in ((foreign, row["what"]), (row["original"], "summary")):
            with pytest.raises(SealBroken):
                seal.open(owner, what, row["sealed"])


async def test_a_report_sealed_with_an_older_key_is_read_after_the_key_was_turned(
    concern: httpx.AsyncClient, daycare: Headers, reception: Headers, keys: Keys, dbs: Databases, tmp_path: Path,
    directory_url: str,
) -> None:  # fmt: skip
    told = await sent(concern, daycare)
    turned = tmp_path / "seals"
    turned.write_text(with_new_seal(keys.seals.read_text()))
    app = concern_app(dbs, keys, directory_url)
    app.state.seal = Seal.from_file(turned)
    async with client_of(app) as client:
        read = await client.get(f"{REPORTS}/{told['id']}", headers=reception)
    assert read.status_code == 200
    assert SECRET in read.text
