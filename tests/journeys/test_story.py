"""Case 1 of seed 001 over real sockets, and what it must have left behind and must not have."""

import json
import re
from io import StringIO
from pathlib import Path

import asyncpg
import psutil
import pytest

from deploy import databases
from deploy.demo import story
from deploy.demo.telling import Telling
from deploy.system import System
from shared.personal import looks_like_cpr

pytestmark = pytest.mark.journey
FEWEST_CHECKS = 40
# Pieces of what is said in the story: none may turn up in a log.
SAID = ("Thilde", "Jonathan", "slagteri", "plejefamilie", "læreplads", "Torsdage", "møde andre unge", "2005-03-14")


@pytest.fixture(scope="module")
def told(system: System) -> Telling:
    """The story, played once for the tests of this module."""
    telling = Telling(StringIO())
    story.play(system, telling)
    return telling


def logs(system: System) -> dict[str, str]:
    """Return every process's log, PostgreSQL's too."""
    files = [*(system.folder / "logs").glob("*.log"), system.folder / "postgres.log"]
    return {file.stem: file.read_text() for file in files}


def test_every_step_and_every_refusal_comes_out_as_told(told: Telling) -> None:
    assert told.failures == []
    assert told.checks >= FEWEST_CHECKS


def test_nothing_said_and_no_token_reaches_a_log(system: System, told: Telling) -> None:
    assert told.checks
    for name, text in logs(system).items():
        assert not [word for word in SAID if word in text], name
        assert not looks_like_cpr(text), name
        assert "eyJ" not in text, f"a token in the log of {name}"


def test_a_request_can_be_followed_through_every_service(system: System, told: Telling) -> None:
    assert told.checks
    lines = {name: text.splitlines() for name, text in logs(system).items() if name != "postgres"}
    seen = {
        name: {json.loads(line).get("request_id") for line in each if '"request_id"' in line}
        for name, each in lines.items()
    }
    through = seen["gateway"] & seen["referral"] & seen["consent"]
    assert through, "no request id is in the logs of gateway, referral and consent"
    assert seen["gateway"] & seen["referral-worker"], "a worker's line does not say which request it follows"


def test_every_log_line_is_json_with_a_service_and_a_time(system: System, told: Telling) -> None:
    assert told.checks
    for name, text in logs(system).items():
        if name != "postgres":
            for line in text.splitlines():
                told_line = json.loads(line)
                assert told_line["timestamp"]
                assert told_line["level"]


def test_each_service_has_its_own_process_database_and_role(system: System, told: Telling) -> None:
    assert told.checks
    assert len({process.pid for process in system.running.values()}) == len(system.running)
    for service in databases.SERVICES:
        own = re.search(r"//(\w+):.*/(\w+)$", system.database_url(service))
        assert own
        assert own.groups() == (databases.app(service), service)


@pytest.mark.parametrize("service", databases.SERVICES)
@pytest.mark.parametrize("other", databases.SERVICES)
async def test_no_service_can_open_another_services_database(system: System, service: str, other: str) -> None:
    address = system.database_url(service).rsplit("/", 1)[0] + "/" + other
    if service == other:
        connection = await asyncpg.connect(address)
        assert await connection.fetchval("SELECT current_user") == databases.app(service)
        await connection.close()
    else:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await asyncpg.connect(address)


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="only Linux tells what a process has loaded")
def test_the_gateways_process_carries_no_database_driver(system: System) -> None:
    loaded = Path(f"/proc/{system.running['gateway'].pid}/maps").read_text()
    assert "aiohttp" in loaded
    assert "asyncpg" not in loaded
    assert "sqlalchemy" not in loaded


def test_the_serving_processes_stay_small(system: System, told: Telling) -> None:
    assert told.checks
    for name, process in system.running.items():
        assert psutil.Process(process.pid).memory_info().rss < 150 * 1024 * 1024, name
