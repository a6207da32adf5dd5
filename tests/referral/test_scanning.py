"""Where a scanner is set up, nothing is told before it has found nothing; while it is down, files wait."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from pydantic import ValidationError

from services.referral.scanning import Scanner
from services.referral.settings import WorkerSettings
from shared.problems import Unavailable
from tests.referral.attached import (
    DOCUMENT,
    again,
    attached,
    bring,
    carry,
    declared,
    fetch,
    numbered,
    scanning,
)
from tests.referral.deciding import World
from tests.support import filed
from tests.support.filed import EICAR, Clamd, clamd
from tests.support.story import Sent
from tests.support.town import assert_problem, entries_of, rows

PERSON = str(UUID(int=1))
WISH, HEALTH = (PERSON, "own_wish"), (PERSON, "health")
# The test string within a document that is otherwise in order: in a comment at its end.
INFECTED = DOCUMENT + b"%" + EICAR + b"\n"


@pytest.fixture
def scanner() -> Iterator[Clamd]:
    """A scanner that speaks clamd's own protocol."""
    with clamd() as running:
        yield running


@pytest.fixture
async def sent(world: World) -> Sent:
    """A referral that its recipient has read, while files are scanned."""
    scanning(world)
    posted = await world.posted(WISH, HEALTH, subject=PERSON)
    assert (await world.play.read(posted.referral, world.play.recipient())).status_code == 200
    return posted


async def state(world: World, number: str) -> tuple[str, str | None, bool]:
    told = (await world.play.referral.get(f"/attachments/{number}", headers=world.play.sender())).json()
    return told["state"], told["why"], told["scanned"]


async def kept(world: World, number: str) -> int:
    sql = "SELECT 1 FROM attachment_content WHERE attachment_id = $1"
    return len(await rows(world.play.dbs.admin("referral"), sql, UUID(number)))


async def test_a_file_is_told_to_nobody_before_it_is_scanned(world: World, sent: Sent, scanner: Clamd) -> None:
    number = await declared(world, sent, world.play.sender())
    answer = await bring(world, number, world.play.sender())
    assert (answer.status_code, answer.json()["state"]) == (202, "scanning")
    early = await fetch(world, number, world.play.sender())
    assert_problem(early, 409, "not_scanned_yet")
    assert int(early.headers["retry-after"]) > 0
    assert_problem(await fetch(world, number, world.play.recipient()), 404, "not_there")
    assert number not in (await world.play.read(sent.referral, world.play.recipient())).text
    await carry(world, scanner.url)
    # What other tests left waiting for a scanner comes along.
    assert scanner.scanned.count(DOCUMENT) >= 1
    assert await state(world, number) == ("clean", None, True)
    assert (await fetch(world, number, world.play.recipient())).content == DOCUMENT
    assert (await world.heard(sent))[0][-1] == "attachment"


async def test_an_infected_file_is_let_go_and_only_its_author_hears_of_it(
    world: World, sent: Sent, scanner: Clamd
) -> None:
    asked, request = numbered(world.play.sender())
    number = await declared(world, sent, asked, content=INFECTED)
    assert (await bring(world, number, asked, INFECTED)).status_code == 202
    await carry(world, scanner.url)
    assert await state(world, number) == ("refused", "infected", True)
    assert await kept(world, number) == 0
    assert_problem(await fetch(world, number, world.play.sender()), 409, "wrong_state")
    to_recipient, to_sender = await world.heard(sent)
    assert to_sender[-1] == "attachment_refused"
    assert "attachment" not in str(to_recipient)
    entries = await entries_of(world.play.dbs.admin("referral"), request)
    assert [(each["kind"], each.get("why")) for each in entries][-1] == ("attachment_refused", "infected")


async def test_a_file_waits_while_the_scanner_is_down_and_is_scanned_when_it_is_back(
    world: World, sent: Sent, scanner: Clamd
) -> None:
    number = await attached(world, sent, world.play.sender())
    for down in ("tcp://127.0.0.1:1", "unix:///nowhere/clamd.sock", ""):
        await again(world)
        await carry(world, down)
        assert (await state(world, number))[0] == "scanning"
    assert await kept(world, number) == 1
    await again(world)
    await carry(world, scanner.url)
    assert (await state(world, number))[0] == "clean"


@pytest.mark.parametrize("after", ["before it was written", "after it was written"])
async def test_a_worker_that_dies_while_it_scans_loses_and_doubles_nothing(
    world: World, sent: Sent, scanner: Clamd, after: str
) -> None:
    """The message is taken on lease: whoever takes it next scans again, and writes once."""
    number = await attached(world, sent, world.play.sender())
    if after == "before it was written":
        await Scanner(scanner.url).is_clean(DOCUMENT)
    else:
        await carry(world, scanner.url)
        sql = "UPDATE outbox SET done_at = NULL, due_at = now() WHERE topic = 'scan'"
        await rows(world.play.dbs.admin("referral"), sql)
    await again(world)
    await carry(world, scanner.url)
    sql = "SELECT 1 FROM piece WHERE attachment = $1"
    assert len(await rows(world.play.dbs.admin("referral"), sql, UUID(number))) == 1
    assert (await world.heard(sent))[0].count("attachment") == 1


async def test_consent_withdrawn_while_it_is_scanned_keeps_the_file_from_its_recipient(
    world: World, sent: Sent, scanner: Clamd
) -> None:
    number = await attached(world, sent, world.play.sender())
    world.consent.permit([WISH])
    await carry(world, scanner.url)
    assert (await state(world, number))[0] == "clean"
    assert_problem(await fetch(world, number, world.play.recipient()), 404, "not_there")


async def test_where_no_scanner_is_set_up_readers_are_told_so(world: World) -> None:
    sent = await world.posted(WISH, HEALTH, subject=PERSON)
    number = await attached(world, sent, world.play.sender())
    told = await world.play.referral.get(f"/attachments/{number}", headers=world.play.recipient())
    assert (told.json()["state"], told.json()["scanned"]) == ("clean", False)


@pytest.mark.parametrize("size", [0, 1, 65_536, 65_537, 1_000_000])
async def test_the_scanner_gets_every_byte(scanner: Clamd, size: int) -> None:
    content = bytes(number % 251 for number in range(size))
    assert await Scanner(scanner.url).is_clean(content)
    assert scanner.scanned == [content]


async def test_the_scanner_is_found_at_a_unix_socket(tmp_path: Path) -> None:
    double = Clamd()
    server = await asyncio.start_unix_server(double.serve, tmp_path / "clamd.sock")
    async with server:
        there = Scanner(f"unix://{tmp_path}/clamd.sock")
        assert await there.is_clean(DOCUMENT)
        assert not await there.is_clean(EICAR)


@pytest.mark.parametrize(
    "says",
    [b"", b"stream: OK", b"OK\0", b"stream: \0", b"stream: Can't open file ERROR\0", b"UNKNOWN COMMAND\0",
     b"stream: OK ERROR\0", b"\xff\xfe\0", b"x" * 5000 + b"\0"],
)  # fmt: skip
async def test_what_is_no_verdict_is_not_clean(scanner: Clamd, says: bytes) -> None:
    scanner.says = says
    with pytest.raises(Unavailable):
        await Scanner(scanner.url).is_clean(DOCUMENT)


async def test_a_scanner_that_has_had_enough_has_not_said_clean(scanner: Clamd) -> None:
    scanner.largest = 100_000
    with pytest.raises(Unavailable):
        await Scanner(scanner.url).is_clean(bytes(9_000_000))


async def test_a_scanner_that_says_nothing_is_not_waited_for_longer_than_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("services.referral.scanning._ANSWER_S", 0.3)
    stuck = asyncio.Event()

    async def never(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await stuck.wait()
        writer.close()

    server = await asyncio.start_server(never, "127.0.0.1", 0)
    try:
        with pytest.raises(Unavailable):
            await Scanner(f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}").is_clean(DOCUMENT)
    finally:
        stuck.set()
        await asyncio.sleep(0.05)
        server.close()


@pytest.mark.parametrize("url", ["http://clamd", "clamd:3310", "tcp://clamd", "unix://clamd", "tcp://a b:1", "x"])
def test_a_scanners_address_that_cannot_be_one_stops_the_start(url: str) -> None:
    """A wrong address must not pass for none: then nothing would be scanned, unseen."""
    with pytest.raises(ValidationError) as refused:
        WorkerSettings(clamd_url=url)
    assert "clamd_url" in {error["loc"][0] for error in refused.value.errors()}


def test_the_test_string_hides_in_a_document_that_is_otherwise_in_order() -> None:
    assert EICAR in INFECTED
    assert INFECTED != DOCUMENT
    assert filed.document() == DOCUMENT
