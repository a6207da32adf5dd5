"""What was brought to a meeting under § 11 e is seen in its room, by those who are there, while it lasts: and nowhere.

Every route of every service, those its description names and those it does not, is asked by everybody: before, during
and after. Where anybody was told is compared with where they may be (R12).
"""

import asyncio
import base64
import gzip
import json
import threading
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import asyncpg
import httpx
import pytest
from fastapi import FastAPI, Response

from deploy import databases
from deploy.system import System
from gateway.pages import Pages
from services.concern import main as concern
from services.concern.settings import Settings as ConcernSettings
from services.consent import main as consent
from services.consent.settings import Settings as ConsentSettings
from services.directory import main as directory
from services.directory.settings import Settings as DirectorySettings
from services.referral import main as referral
from services.referral.settings import Settings as ReferralSettings
from shared.ids import new_id
from tests.support.leaks import forms, holds
from tests.support.serving import serving, until
from tests.support.stage import GATEWAY, IN_THE_ROOM, Stage
from tests.support.sweeping import Address, Caller, Hit, Map, Swept, described, sweep, undescribed

pytestmark = pytest.mark.journey
ROOM = "/section-11e/meetings/{meeting}/room"
ROLL = str(new_id()).replace("-", "")
# What is brought, and what is written elsewhere and may be read there: so the sweep is seen to find what there is.
SECRETS = {"brought": f"tavle{ROLL}", "necessity": f"grund{ROLL}", "letter": f"brev{ROLL}",
           "report": f"underretning{ROLL}"}  # fmt: skip
BROUGHT = {"category": "child_development", "text": f"Hun gemmer sig bag æblekassen, {SECRETS['brought']}, siger hun."}
# Who comes to the services' own ports, too; and who asks with every query, every id there is, and HEAD.
NEAR, THOROUGH = {*IN_THE_ROOM, "left", "leader", "auditor", "mother"}, {"present", "left", "auditor"}
CREATORS: Mapping[str, Callable[[], FastAPI]] = {
    "directory": lambda: directory.create_app(DirectorySettings()),
    "consent": lambda: consent.create_app(ConsentSettings()),
    "referral": lambda: referral.create_app(ReferralSettings()),
    "concern": lambda: concern.create_app(ConcernSettings()),
}
FEWEST_ADDRESSES, FEWEST_QUESTIONS, MOST_QUESTIONS = 200, 10_000, 25_000
OUTSIDE = ("/section-11e/meetings", "/section-11e/meetings/{meeting}", "/section-11e/matters/{matter}", ROOM,
           "/my/consents", "/my/disclosures", "/referrals/{referral}", "/offers?q=æblekassen")  # fmt: skip
KEPT_AT_WILL = {"/openapi.json", "/docs", "/redoc", "/docs/oauth2-redirect"}


@dataclass(slots=True)
class Played:
    """What came of it all."""

    stage: Stage
    addresses: list[Address]
    sweeps: dict[str, Swept] = field(default_factory=dict)
    heard: list[bytes] = field(default_factory=list)
    columns: dict[str, set[str]] = field(default_factory=dict)
    said: dict[str, Any] = field(default_factory=dict)


@contextmanager
def listening() -> Iterator[tuple[str, list[bytes]]]:
    """Listen as a unit's own system would; give the address, and everything that comes."""
    heard: list[bytes] = []

    class Ear(BaseHTTPRequestHandler):
        """Says yes to every message."""

        def do_POST(self) -> None:
            """Take one."""
            heard.append(str(self.headers).encode() + self.rfile.read(int(self.headers.get("content-length", "0"))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_told: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Ear) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/hook", heard
        server.shutdown()
        thread.join()


def every_address(system: System) -> list[Address]:
    """Return every address there is: what each service describes, what it does not, and the gateway's own pages."""
    found: list[Address] = []
    for service, create in CREATORS.items():
        known = list(described(httpx.get(system.url(service) + "/openapi.json").json(), service))
        with pytest.MonkeyPatch.context() as patch:
            for name, value in system._env(service).items():
                patch.setenv(name, value)
            found += [*known, *undescribed(create(), service, known)]
    own = [path for path in Pages.addresses(Pages(None)) if "static" not in path]  # type: ignore[arg-type]
    return [*found, *(Address(GATEWAY, "GET", path) for path in own), Address(GATEWAY, "POST", "/oauth2/token")]


async def columns_that_hold(system: System, secret: str) -> set[str]:
    """Return every table of every database in which a secret stands, in whatever form."""
    found = set()
    for service in databases.SERVICES:
        connection = await asyncpg.connect(system.database_url(service, role="admin"))
        try:
            tables = await connection.fetch(
                "SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables "
                "WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')"
            )
            for table in tables:
                rows = await connection.fetch(f"SELECT each::text AS row FROM {table['name']} each")
                whole = "\n".join(row["row"] for row in rows).encode()
                if any(form in whole for form in forms(secret)):
                    found.add(f"{service} {table['name']}")
            await connection.execute("CHECKPOINT")
        finally:
            await connection.close()
    return found


def files_that_hold(folder: Path, secret: str) -> Iterator[str]:
    """Give every file under a folder in which a secret stands: logs, the database's own files, its journal, keys."""
    for file in folder.rglob("*"):
        try:
            data = file.read_bytes() if file.is_file() else b""
        except FileNotFoundError:
            continue  # the database puts its journal's files away as it goes
        if any(form in data for form in forms(secret)):
            yield str(file.relative_to(folder))


def outsiders_see(stage: Stage) -> dict[tuple[str, str], bytes]:
    """Return what those who are not in the room, and may not know what kinds were shared, are told of the meeting."""
    told = {}
    for who in ("left", "not come", "colleague", "mother", "father", "jobcenter", "midwife's system"):
        for path in OUTSIDE:
            answer = stage.ask(who, "GET", path.format(**stage.ids))
            told[who, path] = answer.content.replace(answer.headers["x-request-id"].encode(), b"")
    return told


@pytest.fixture(scope="module")
def played(system: System) -> Iterator[Played]:
    """A meeting, from before it begins till after it has ended, and the sweeps of each."""
    stage = Stage.of(system)
    played = Played(stage, every_address(system))
    with listening() as (url, played.heard):
        stage.family()
        stage.listen("not come", url)
        stage.refer(f"Ring hellere end at skrive, {SECRETS['letter']}.")
        stage.call("Trivsel i dagtilbuddet", f"Vi skal vide, om hun får hjælp to steder, {SECRETS['necessity']}.")
        stage.report(f"Hun er tit sulten, {SECRETS['report']}.")
        _before(played)
        _during(played)
        _after(played)
        stage.made("not come", f"/webhooks/{stage.ids['webhook']}/test")
        until(lambda: len(played.heard) > 1)
        assert stage.ask("not come", "DELETE", f"/webhooks/{stage.ids['webhook']}").status_code == 204
        yield played


def _before(played: Played) -> None:
    stage = played.stage
    played.said["brought too early"] = stage.in_meeting("present", "brought", BROUGHT)
    asks = stage.asks(played.addresses, stage.callers(), [GATEWAY], stage.map())
    played.sweeps["before"] = asyncio.run(sweep(asks, SECRETS))


def _during(played: Played) -> None:
    stage, key = played.stage, {"Idempotency-Key": str(new_id())}
    until(lambda: stage.in_meeting("convener", "opening").is_success)
    for who in ("present", "left"):
        assert stage.in_meeting(who, "presence").is_success
    assert stage.in_meeting("present", "choice", {"shares": True}).is_success
    made = stage.in_meeting("present", "brought", BROUGHT, **key)
    assert made.status_code == 201, made.text
    played.said |= {"seen by who left": stage.ask("left", "GET", ROOM.format(**stage.ids))}
    assert stage.in_meeting("left", "departure").is_success
    one = outsiders_see(stage)
    assert stage.in_meeting("present", "brought", BROUGHT).status_code == 201
    played.said |= {"outsiders": (one, outsiders_see(stage)), "again": {
        who: stage.in_meeting(who, "brought", BROUGHT, **key) for who in ("present", "colleague", "left", "convener")
    }}  # fmt: skip
    ground, everybody = stage.map(made.json()["id"]), stage.callers()
    near = [each for each in everybody if each.name in NEAR or each.name.startswith("service")]
    asks = stage.asks(played.addresses, everybody, [GATEWAY], ground)
    asks += stage.asks(played.addresses, near, ["direct"], ground)
    asks += stage.asks(played.addresses, [each for each in near if each.name in THOROUGH], [GATEWAY], ground,
                       whole=True)  # fmt: skip
    asks += stage.asks(played.addresses, stage.strangers(), ["direct"], ground)
    played.sweeps["during"] = asyncio.run(sweep(asks, SECRETS))
    played.columns["during"] = asyncio.run(columns_that_hold(stage.system, SECRETS["brought"]))
    played.said["room"] = stage.ask("convener", "GET", ROOM.format(**stage.ids))


def _after(played: Played) -> None:
    stage = played.stage
    ended = stage.in_meeting("convener", "end")
    assert ended.json()["state"] == "held", ended.text
    tags = played.sweeps["during"].tags
    were = [each for each in stage.callers() if each.name in THOROUGH]
    asks = stage.asks(played.addresses, stage.callers(), [GATEWAY], stage.map(), tags=tags)
    asks += stage.asks(played.addresses, were, ["direct"], stage.map(), whole=True, tags=tags)
    played.sweeps["after"] = asyncio.run(sweep(asks, SECRETS))
    played.columns["after"] = asyncio.run(columns_that_hold(stage.system, SECRETS["brought"]))


@pytest.mark.rule("R12", enforced_by="services.consent.actions.section11e.room:look")
def test_r12_what_was_brought_is_seen_in_the_room_by_those_present_and_nowhere_else(played: Played) -> None:
    expected = {Hit("brought", door, who, "GET", ROOM) for door in (GATEWAY, "direct") for who in IN_THE_ROOM}
    assert played.sweeps["during"].of("brought") == expected


@pytest.mark.rule("R12", enforced_by="services.consent.domain.section11e.meetings:is_open")
@pytest.mark.parametrize("when", ["before", "after"])
def test_r12_before_and_after_nobody_sees_it_whatever_they_ask(played: Played, when: str) -> None:
    assert played.sweeps[when].of("brought") == set()


def test_the_sweep_asks_every_address_of_every_service_and_finds_nothing_broken(played: Played) -> None:
    asked = played.sweeps["during"]
    assert len(played.addresses) >= FEWEST_ADDRESSES
    assert set(asked.answered) == set(played.addresses)
    assert asked.asked >= FEWEST_QUESTIONS
    assert [each for swept in played.sweeps.values() for each in swept.broken] == []
    assert {"/internal/decisions", "/internal/consent-events", ROOM} <= {each.path for each in played.addresses}
    assert sum(swept.asked for swept in played.sweeps.values()) <= MOST_QUESTIONS


def test_what_may_be_read_is_found_where_it_may_be_so_the_sweep_asks_about_what_is_there(played: Played) -> None:
    for when, swept in played.sweeps.items():
        reasons = {hit.caller for hit in swept.of("necessity") if hit.door == GATEWAY}
        assert {"convener", "convener's colleague", "leader"} <= reasons, when
        assert not reasons & {"present", "left", "not come", "colleague", "mother", "father", "jobcenter"}, when
        letters = {hit.caller for hit in swept.of("letter")}
        assert letters == {"mother", "not come", "present, for another unit"}, when
        reports = {hit.caller for hit in swept.of("report")}
        assert {"present", "left"} <= reports, when
        assert not reports & {"convener", "mother", "father", "jobcenter", "midwife's system", "auditor"}, when
    ways = {hit.path for hit in played.sweeps["during"].of("letter")}
    assert {"/referrals/{referral}", "/referrals/{referral}/print", "/my/referrals/{referral}"} <= ways


def test_everybody_was_let_in_somewhere_and_kept_out_somewhere(played: Played) -> None:
    swept = played.sweeps["during"].by_caller
    for caller in played.stage.callers():
        assert 200 in swept[caller.name], caller.name
        assert {403, 404} & swept[caller.name], caller.name
    assert set(swept) >= {each.name for each in played.stage.strangers()}


def test_who_left_saw_it_while_there_and_not_a_moment_longer(played: Played) -> None:
    assert holds(played.said["seen by who left"].content, SECRETS["brought"])
    assert "left" not in {hit.caller for hit in played.sweeps["during"].of("brought")}


def test_before_the_meeting_begins_nothing_can_be_put_on_the_table(played: Played) -> None:
    early = played.said["brought too early"]
    assert (early.status_code, early.json()["code"]) == (403, "section_11e_room_closed")


def test_who_sends_the_same_again_is_told_an_id_and_a_colleague_with_the_same_key_nothing(played: Played) -> None:
    again = played.said["again"]
    assert {who: answer.status_code for who, answer in again.items()} == {
        "present": 201, "colleague": 404, "left": 403, "convener": 409,
    }  # fmt: skip
    assert not any(holds(answer.content, SECRETS["brought"]) for answer in again.values())


def test_to_those_outside_nothing_differs_by_a_byte_when_more_is_brought(played: Played) -> None:
    one, two = played.said["outsiders"]
    assert {key for key in one if one[key] != two[key]} == set()


def test_no_answer_about_anybody_may_be_kept_and_the_room_has_no_tag(played: Played) -> None:
    kept = {each for swept in played.sweeps.values() for each in swept.kept}
    assert {each for each in kept if each.split(" ")[1] not in KEPT_AT_WILL} == set()
    room = played.said["room"]
    assert (room.status_code, room.headers["cache-control"]) == (200, "no-store")
    assert not {"etag", "last-modified"} & set(room.headers)


@pytest.mark.parametrize("kept", ["*", 'W/"1"', '"room"'])
def test_after_the_end_who_kept_the_page_is_not_told_that_it_is_still_so(played: Played, kept: str) -> None:
    for who in IN_THE_ROOM:
        answer = played.stage.ask(who, "GET", ROOM.format(**played.stage.ids), **{"If-None-Match": kept})
        assert (answer.status_code, answer.json()["code"]) == (403, "section_11e_room_closed")


def test_nothing_of_it_stands_in_a_database_in_clear_even_during_and_nothing_at_all_after(played: Played) -> None:
    assert played.columns == {"during": set(), "after": set()}

    async def left() -> int:
        connection = await asyncpg.connect(played.stage.system.database_url("consent", role="admin"))
        try:
            return int(await connection.fetchval("SELECT count(*) FROM section11e_brought WHERE meeting = $1",
                                                 played.stage.ids["meeting"]))  # fmt: skip
        finally:
            await connection.close()

    assert asyncio.run(left()) == 0
    assert asyncio.run(columns_that_hold(played.stage.system, SECRETS["letter"])), "nothing is found in any column"


def test_no_file_of_the_system_holds_it_logs_journal_and_the_databases_own(played: Played) -> None:
    assert list(files_that_hold(played.stage.system.folder, SECRETS["brought"])) == []
    assert next(files_that_hold(played.stage.system.folder, SECRETS["letter"]), None), "nothing is found in any file"


def test_no_webhook_and_no_ledger_tells_it(played: Played) -> None:
    assert len(played.heard) > 1
    assert not any(holds(each, SECRETS["brought"]) for each in played.heard)
    for service in databases.WITH_LEDGER:
        address = f"/audit/{service}/ledger/export"
        until(lambda: played.stage.ask("auditor", "GET", address).status_code == 200)  # noqa: B023 - asked at once
        export = played.stage.ask("auditor", "GET", address)
        assert not any(form in export.content for secret in SECRETS.values() for form in forms(secret))
        if service == "consent":
            assert played.stage.ids["meeting"].encode() in export.content


def test_r12_a_cancelled_meeting_never_opens_and_spends_nothing(system: System) -> None:
    stage = Stage.of(system)
    stage.family()
    stage.call("Trivsel", "Vi skal vide, om hun får hjælp to steder.")
    assert stage.in_meeting("convener", "cancellation").json()["state"] == "cancelled"
    assert stage.in_meeting("convener", "opening").status_code in {403, 409}
    left = stage.ask("convener", "GET", f"/section-11e/matters/{stage.ids['matter']}").json()["remaining"]
    assert left == {"primary": 1, "follow_up": 1}


@pytest.mark.rule("R12", enforced_by="services.consent.actions.section11e.around:settle")
def test_r12_a_meeting_that_nobody_ends_closes_by_the_clock_and_its_room_is_empty(system: System) -> None:
    stage = Stage.of(system)
    stage.family()
    stage.refer("Ring hellere end at skrive.")
    stage.call("Trivsel", "Vi skal vide, om hun får hjælp to steder.", seconds=4)
    until(lambda: stage.in_meeting("convener", "opening").is_success)
    assert stage.in_meeting("present", "presence").is_success
    assert stage.in_meeting("present", "choice", {"shares": True}).is_success
    assert stage.in_meeting("present", "brought", BROUGHT).status_code == 201
    room = ROOM.format(**stage.ids)
    assert holds(stage.ask("convener", "GET", room).content, SECRETS["brought"])
    until(lambda: stage.ask("convener", "GET", room).status_code == 403)
    addresses = [each for each in every_address(system) if each.service == "consent"]
    swept = asyncio.run(sweep(stage.asks(addresses, stage.callers(), [GATEWAY], stage.map()), SECRETS))
    assert (swept.of("brought"), swept.broken) == (set(), [])
    one = stage.ask("convener", "GET", f"/section-11e/meetings/{stage.ids['meeting']}").json()
    assert (one["state"], one["inform_by"] is not None) == ("held", True)
    assert list(files_that_hold(system.folder, SECRETS["brought"])) == []


def packed_in(how: str, text: str) -> bytes:
    """Return a text as a leak might carry it."""
    page, zipped = text.encode(), BytesIO()
    with ZipFile(zipped, "w", ZIP_DEFLATED) as archive:
        archive.writestr("ark.xml", f"<v>{text}</v>")
    return {
        "plain": page, "json": json.dumps({"a": text}).encode(), "xml": text.encode("ascii", "xmlcharrefreplace"),
        "base64": base64.b64encode(b"xy" + page + b"z"), "url": base64.urlsafe_b64encode(b"q" + page),
        "hex": page.hex().encode(), "gzip": gzip.compress(page), "zlib": b"stream\n" + zlib.compress(page * 3),
        "xlsx": zipped.getvalue(), "utf-16": text.encode("utf-16"),
        "nested": json.dumps({"file": base64.b64encode(gzip.compress(json.dumps([text]).encode())).decode()}).encode(),
    }[how]  # fmt: skip


@pytest.mark.parametrize("how", ["plain", "json", "xml", "base64", "url", "hex", "gzip", "zlib", "xlsx", "utf-16",
                                 "nested"])  # fmt: skip
def test_a_leak_is_found_however_it_is_wrapped(how: str) -> None:
    assert holds(packed_in(how, "Hun gemmer sig bag æblekassen"), "bag æblekassen")
    assert not holds(packed_in(how, "Hun gemmer sig bag noget andet"), "bag æblekassen")


@pytest.mark.parametrize("how", ["plain", "nested", "header"])
def test_a_route_that_leaks_is_found_by_the_same_sweep(how: str) -> None:
    app = FastAPI(docs_url=None, redoc_url=None)

    @app.get("/referrals/{referral}/print")
    async def leaking(referral: str) -> Response:
        told = {"X-About": f"{referral} {SECRETS['brought']}"} if how == "header" else {}
        return Response(b"{}" if how == "header" else packed_in(how, SECRETS["brought"]), headers=told)

    @app.get("/hidden", include_in_schema=False)
    async def hidden() -> dict[str, str]:
        return {"text": SECRETS["brought"]}

    known = list(described(app.openapi(), "referral"))
    addresses = [*known, *undescribed(app, "referral", known)]

    class Elsewhere:
        def url(self, _service: str) -> str:
            return server.url

    with serving(lambda: app) as server:
        stage = Stage(Elsewhere(), None, {"somebody": None})  # type: ignore[arg-type,dict-item]
        asks = stage.asks(addresses, [Caller("somebody", lambda _door: {})], ["direct"], Map({}, {}, ()))
        swept = asyncio.run(sweep(asks, SECRETS))
    leaks = {hit.path for hit in swept.of("brought")}
    assert leaks == {"/referrals/{referral}/print", "/hidden"}
    assert {each.path for each in swept.answered} >= leaks
