"""The figures over HTTP, on the real data: open to read, declared complete only by a municipality's own editors."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import date, timedelta
from typing import Any, Literal

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from services.directory.actions.figures import Figures
from services.directory.domain.figures.kinds import Kind
from services.directory.settings import Settings
from shared.auth import Role
from shared.clock import danish_date, now
from shared.db import Database
from tests.conftest import Databases
from tests.support.keys import Keys

HELSINGOER, HOUSE = "0217", "helsingoer-smaaboernshuset"
LATER = {"on": "2027-01-01"}
GAPS: dict[str, Any] = {"postcode": "3000", "within_km": 30, "child_age_months": 9}


@pytest.fixture
async def editor(app: FastAPI, keys: Keys) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who edits for the whole organisation of Helsingør."""
    headers = keys.party("directory", Role.EDIT_ORGANISATION, unit=HOUSE)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://it", headers=headers) as made:
        yield made


async def row(client: httpx.AsyncClient, code: str) -> dict[str, Any]:
    answer = await client.get("/figures/offers")
    assert answer.status_code == 200, answer.text
    return next(each for each in answer.json()["municipalities"] if each["code"] == code)


async def gap(client: httpx.AsyncClient, kind: str, **asked: Any) -> dict[str, Any]:
    answer = await client.post("/figures/gaps", json=asked)
    assert answer.status_code == 200, answer.text
    return next(each for each in [*answer.json()["kinds"], *answer.json()["themes"]] if each["code"] == kind)


async def test_every_municipality_has_a_row_and_every_kind_a_cell(client: httpx.AsyncClient) -> None:
    told = (await client.get("/figures/offers")).json()
    assert len(told["municipalities"]) == 98
    assert [kind["code"] for kind in told["kinds"]] == list(Kind)
    assert all(set(each["kinds"]) == set(Kind) for each in told["municipalities"])
    for kind, states in told["totals"].items():
        assert sum(states.values()) == 98, kind
    cell = (await row(client, "0561"))["kinds"]["group"]
    assert cell["state"] == "some"
    assert cell["offers"] == cell["open"] + cell["assessed"] + cell["both"] + cell["unsaid"] > 0


async def test_the_table_follows_the_regions(client: httpx.AsyncClient) -> None:
    before = (await client.get("/figures/offers", params={"region": "1084", "on": "2026-12-31"})).json()
    assert len(before["municipalities"]) == 29
    after = (await client.get("/figures/offers", params={"region": "oestdanmark", **LATER})).json()
    assert len(after["municipalities"]) == 46
    assert {each["region"] for each in after["municipalities"]} == {"oestdanmark"}
    gone = await client.get("/figures/offers", params={"region": "1084", **LATER})
    assert (gone.status_code, gone.json()["code"]) == (422, "unknown_region")


async def test_the_summary_stands_beside_the_survey_and_ranks_nobody(client: httpx.AsyncClient) -> None:
    told = (await client.get("/figures/summary")).json()
    assert [each["number"] for each in told["figures"]] == [3, 5, 6, 7, 10, 11]
    assert "ikke en rangordning" in told["no_ranking"]
    assert all(each["difference"] for each in told["figures"])
    survey = {each["code"]: each["survey"] for each in told["figures"][3]["answers"]}
    assert survey["open"]["all"] == 91
    for figure in told["figures"]:
        for answer in figure["answers"]:
            assert answer["source"]["lines"]
            everybody = answer["directory"]["all"]
            assert everybody["percent_of"] <= everybody["of"]
            assert everybody["of"] + everybody["no_data"] <= 98


async def test_what_is_near_a_place_is_told_with_its_distance(client: httpx.AsyncClient) -> None:
    asked: dict[str, Any] = {**GAPS, "theme": ["network", "grief"]}
    in_address = await client.get("/figures/gaps", params=asked)
    in_body = await client.post("/figures/gaps", json=asked)
    assert in_address.content == in_body.content
    told = in_address.json()
    assert told["municipality"] == {"code": HELSINGOER, "name": "Helsingør"}
    assert [each["code"] for each in told["themes"]] == ["network", "grief"]
    for each in [*told["kinds"], *told["themes"]]:
        distances = [one["distance_km"] for one in each["nearest"]]
        assert distances == sorted(distances)
        assert all(distance <= 30 for distance in distances)
        assert (each["finding"] == "some") == bool(distances)
        assert each["finding"] != "missing", "nobody has declared all around"


async def test_a_place_must_be_named_and_known(client: httpx.AsyncClient) -> None:
    assert (await client.get("/figures/gaps")).status_code == 422
    unknown = await client.get("/figures/gaps", params={"postcode": "0001"})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown_postcode")
    unknown = await client.get("/figures/gaps", params={"municipality": "9999"})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown_municipality")
    by_code = await client.get("/figures/gaps", params={"municipality": HELSINGOER})
    assert by_code.json()["municipality"]["code"] == HELSINGOER


async def test_only_the_municipalitys_own_editors_declare(client: httpx.AsyncClient, keys: Keys) -> None:
    word = {"municipality": "0101", "kind": "mentor"}
    house = keys.party("directory", Role.EDIT_ORGANISATION, unit=HOUSE)
    offers_only = keys.party("directory", Role.EDIT_OFFERS, unit=HOUSE)
    stranger = keys.party("directory", Role.EDIT_ORGANISATION, unit="no-such-unit")
    for headers, body, status in (
        ({}, word, 401), (house, word, 403), (stranger, word, 403),
        (offers_only, {**word, "municipality": HELSINGOER}, 403), (house, {**word, "municipality": "9999"}, 422),
        (house, {"municipality": HELSINGOER, "kind": "everything"}, 422),
    ):  # fmt: skip
        answer = await client.post("/figures/coverage", json=body, headers=headers)
        assert answer.status_code == status, (body, answer.text)
    assert (await client.get("/figures/coverage")).json() == {"declarations": []}


async def test_a_word_turns_no_data_into_none_until_it_is_taken_back(
    editor: httpx.AsyncClient, loaded: Databases
) -> None:
    word = {"municipality": HELSINGOER, "kind": "mentor"}
    first = await editor.get("/figures/offers")
    assert (await row(editor, HELSINGOER))["kinds"]["mentor"]["state"] == "no_data"
    made = await editor.post("/figures/coverage", json=word)
    assert made.status_code == 201, made.text
    today = danish_date(now())
    assert made.json()["declared_on"] == today.isoformat()
    assert made.json()["lapses_on"] == date(today.year + 1, today.month, today.day).isoformat()
    again = await editor.get("/figures/offers", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 200, "the answer is another now"
    assert (await row(editor, HELSINGOER))["kinds"]["mentor"]["state"] == "none"
    assert (await gap(editor, "mentor", municipality=HELSINGOER, within_km=1))["finding"] == "missing"
    assert [each["kind"] for each in (await editor.get("/figures/coverage")).json()["declarations"]] == ["mentor"]
    after_a_year = {"on": made.json()["lapses_on"]}
    assert (await editor.get("/figures/coverage", params=after_a_year)).json() == {"declarations": []}
    assert (await editor.post("/figures/coverage", json={**word, "complete": False})).status_code == 201
    assert (await row(editor, HELSINGOER))["kinds"]["mentor"]["state"] == "no_data"
    assert await entries(loaded) == [(HELSINGOER, True), (HELSINGOER, False)]


async def entries(loaded: Databases) -> list[tuple[str, bool]]:
    connection = await asyncpg.connect(loaded.app("directory"))
    try:
        rows = await connection.fetch("""
            SELECT entry->>'municipality' AS place, (entry->>'complete')::boolean AS complete
            FROM ledger_entry WHERE entry->>'kind' = 'coverage_declared' ORDER BY n""")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("UPDATE coverage SET complete = true")
    finally:
        await connection.close()
    return [(row["place"], row["complete"]) for row in rows]


async def test_a_day_far_from_today_is_refused(client: httpx.AsyncClient) -> None:
    today = danish_date(now())
    for days, status in ((400, 200), (401, 422), (-400, 200), (-401, 422)):
        on = (today + timedelta(days=days)).isoformat()
        answers = [
            await client.get(f"/figures/{path}", params={"on": on}) for path in ("offers", "summary", "coverage")
        ]
        answers.append(await client.get("/figures/gaps", params={"postcode": "3000", "on": on}))
        answers.append(await client.post("/figures/gaps", json={"postcode": "3000", "on": on}))
        assert {each.status_code for each in answers} == {status}, on
        if status == 422:
            assert {each.json()["code"] for each in answers} == {"malformed"}
            where = [each.json()["errors"][0]["where"] for each in answers]
            assert where == [["query", "on"]] * 4 + [["body", "on"]]


class Queue(asyncio.Lock):
    """A lock that tells when so many are waiting for it."""

    def __init__(self, length: int) -> None:
        super().__init__()
        self.lock = asyncio.Lock()
        self.full = asyncio.Event()
        self._length = length

    async def acquire(self) -> Literal[True]:
        """Wait for the lock."""
        self._length -= 1
        if self._length == 0:
            self.full.set()
        async with self.lock:
            return await super().acquire()


async def test_who_waits_to_be_counted_holds_no_connection_and_a_few_days_at_most_wait(
    client: httpx.AsyncClient, app: FastAPI
) -> None:
    figures: Figures = app.state.figures
    database: Database = app.state.database
    today = danish_date(now())
    days = [(today + timedelta(days=number)).isoformat() for number in range(1, 5)]

    async def asked(on: str) -> httpx.Response:
        return await client.post("/figures/gaps", json={"postcode": "3000", "on": on})

    figures._counting = Queue(4 * 10)
    async with asyncio.timeout(30), figures._counting.lock:  # somebody's count takes long
        waiting = [asyncio.create_task(asked(on)) for on in days for _ in range(10)]
        await figures._counting.full.wait()
        async with AsyncExitStack() as held:  # every connection there is, and nobody has one
            for _ in range(Settings.model_fields["pool_size"].default):
                await held.enter_async_context(database.connection())
        one_more = await asked((today + timedelta(days=9)).isoformat())
        assert (one_more.status_code, one_more.json()["code"], one_more.json()["what"]) == (
            503,
            "unavailable",
            "figures",
        )
        assert not any(each.done() for each in waiting)
        waiting.append(asyncio.create_task(asked(today.isoformat())))
    assert {each.status_code for each in await asyncio.gather(*waiting)} == {200}
    assert (await asked((today + timedelta(days=9)).isoformat())).status_code == 200


async def test_an_unchanged_answer_is_not_sent_twice(client: httpx.AsyncClient) -> None:
    for path in ("/figures/offers", "/figures/summary", "/figures/coverage", "/figures/gaps?municipality=0217"):
        first = await client.get(path)
        second = await client.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (second.status_code, second.content) == (304, b""), path


@pytest.mark.parametrize("asked", [{"postcode": "3000"}, {"municipality": "0217", "child_age_months": 9}])
async def test_nobody_on_the_way_keeps_an_answer_about_a_family(client: httpx.AsyncClient, asked: Any) -> None:
    answer = await client.get("/figures/gaps", params=asked)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
