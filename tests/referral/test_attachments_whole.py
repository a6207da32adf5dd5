"""Whose a file is beyond the units, and that it is whole or not there, whatever breaks off."""

import asyncio
import subprocess
import sys
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.referral.attached import DOCUMENT, attached, bring, contents, declare, declared, fetch
from tests.referral.deciding import World
from tests.referral.families import parent
from tests.support.logs import everything_logged
from tests.support.serving import ROOT
from tests.support.story import Sent
from tests.support.town import assert_problem, rows

PERSON = str(UUID(int=1))


@pytest.fixture
async def sent(world: World) -> Sent:
    """A referral about one person that its recipient has read; own words and health may be told."""
    posted = await world.posted((PERSON, "own_wish"), (PERSON, "health"), subject=PERSON)
    assert (await world.play.read(posted.referral, world.play.recipient())).status_code == 200
    return posted


async def test_a_person_fetches_what_is_about_themselves_and_nobody_elses(world: World) -> None:
    """R57: insight in one's own; another's file is not there, and the attempt is on the ledger."""
    thilde, stranger = parent(world), parent(world)
    about = (thilde.person, "own_wish"), (thilde.person, "health")
    sent = await world.posted(*about, subject=thilde.person)
    number = await attached(world, sent, world.play.sender())
    address = f"/my/attachments/{number}/content"
    (piece,) = [each for each in (await thilde.sees(sent.referral))["information"] if each["attachment"]]
    assert piece["attachment"] == number
    got = await thilde.get(address)
    assert (got.status_code, got.content) == (200, DOCUMENT)
    assert got.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert_problem(await stranger.get(address), 404, "not_there")
    assert_problem(await thilde.get(f"/my/attachments/{uuid4()}/content"), 404, "not_there")
    assert_problem(await fetch(world, number, thilde.headers), 403, "missing_scope")
    told = await rows(
        world.play.dbs.admin("referral"),
        "SELECT entry->>'kind' AS kind FROM ledger_entry WHERE entry->>'attachment' = $1 ORDER BY n", number,
    )  # fmt: skip
    assert [row["kind"] for row in told][-1] == "attachment_read"


async def test_a_file_about_the_other_parent_is_not_there_for_a_parent(world: World) -> None:
    jonathan, thilde = parent(world), parent(world)
    told = [{"subject": person, "category": "health", "text": "Sover."} for person in (jonathan.person, thilde.person)]
    sent = await world.posted((thilde.person, "health"), subject=thilde.person, information=told)
    number = await attached(world, sent, world.play.sender(), subject=thilde.person)
    assert (await thilde.get(f"/my/attachments/{number}/content")).status_code == 200
    assert_problem(await jonathan.get(f"/my/attachments/{number}/content"), 404, "not_there")
    assert number not in str(await jonathan.sees(sent.referral))


async def test_an_upload_that_breaks_off_keeps_nothing_and_may_come_again(world: World, sent: Sent) -> None:
    number = await declared(world, sent, world.play.sender())

    came = iter(
        [{"type": "http.request", "body": DOCUMENT[:100], "more_body": True}, {"type": "http.disconnect"}]
    )  # fmt: skip
    answered: list[Any] = []

    async def receive() -> Any:
        return next(came)

    async def send(message: Any) -> None:
        answered.append(message)

    headers = [(name.lower().encode(), value.encode()) for name, value in world.play.sender().items()]
    path = f"/attachments/{number}/content"
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "PUT", "path": path,
        "raw_path": path.encode(), "query_string": b"", "headers": headers, "scheme": "http", "root_path": "",
    }  # fmt: skip
    await world.play.app(scope, receive, send)
    assert answered[0]["status"] == 400
    assert await contents(world, number) == 0
    assert (await bring(world, number, world.play.sender())).status_code == 200


async def test_two_who_bring_the_same_file_at_once_keep_it_once(world: World, sent: Sent) -> None:
    number = await declared(world, sent, world.play.sender())
    answers = await asyncio.gather(*(bring(world, number, world.play.sender()) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    found = await rows(world.play.dbs.admin("referral"), "SELECT 1 FROM piece WHERE attachment = $1", UUID(number))
    assert len(found) == 1


async def test_no_log_tells_a_files_name(world: World, sent: Sent, monkeypatch: pytest.MonkeyPatch) -> None:
    written = everything_logged(monkeypatch)
    number = await attached(world, sent, world.play.sender())
    await fetch(world, number, world.play.recipient())
    await bring(world, number, world.play.sender())
    await declare(world, sent, world.play.sender(), name="Thilde.exe")
    assert number in written.getvalue()
    assert "Thilde" not in written.getvalue()


def test_what_serves_knows_no_parser_of_strangers_files() -> None:
    """They run in a process of their own alone; see ADR 15."""
    told = (
        "import services.referral.main, services.referral.worker, sys; "
        "print({'PIL', 'pypdf', 'puremagic'} & {*sys.modules})"
    )
    ran = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True, cwd=ROOT)
    assert ran.stdout.strip() == "set()"
