"""The concern worker as a process: what happened is sealed by it, under the log's own name."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

from shared.auth import Role
from tests.conftest import Databases
from tests.support.keys import Keys
from tests.support.serving import ROOT, until


@contextmanager
def worker(told: Mapping[str, str], log: Path) -> Iterator[None]:
    """Run it for the length of a block; it ends well when it is told to."""
    command = [sys.executable, "-m", "services.concern.worker"]
    with (
        log.open("wb") as out,
        subprocess.Popen(command, env=os.environ | told, cwd=ROOT, stdout=out, stderr=out) as running,
    ):
        try:
            until(lambda: b'"working"' in log.read_bytes())
            yield
        finally:
            running.terminate()
        assert running.wait(10) == 0, log.read_text()


async def test_the_worker_seals_what_happened(
    concern: httpx.AsyncClient, dbs: Databases, keys: Keys, tmp_path: Path
) -> None:
    auditor = keys.party("concern", Role.AUDITOR)
    read = await concern.get("/audit/ledger/export", headers=auditor)  # is on the ledger, even where nothing is sealed
    told = {
        "CONCERN_DATABASE_URL": dbs.app("concern"), "CONCERN_SEALER_DATABASE_URL": dbs.sealer("concern"),
        "CONCERN_LEDGER_KEY": str(keys.ledger), "CONCERN_SEAL_EVERY_S": "0.02",
    }  # fmt: skip
    export = ""
    with worker(told, tmp_path / "log"):
        for _ in range(200):
            export = (await concern.get("/audit/ledger/export", headers=auditor)).text
            if read.headers["x-request-id"] in export:
                break
            await asyncio.sleep(0.02)
    assert read.headers["x-request-id"] in export
    assert export.rstrip().splitlines()[-1].startswith('{"checkpoint":"familiebro/concern')
