"""The gateway as its own process: what it carries, and what it writes down."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import httpx

from deploy.postgres import free_port
from tests.gateway.support import ACTING, CLIENT, SECRET, SOR, Echo, Issuers, get_raw

ROOT = Path(__file__).parents[2]
ANYTHING = """
import json, sys
import gateway.main, gateway.__main__ as _
print(json.dumps(sorted(sys.modules)))
"""
BARRED = ("asyncpg", "sqlalchemy", "alembic", "services", "deploy", "tests")
BARRED_KIT = ("db", "ledger", "outbox", "idempotency", "audit", "schema", "migrations", "sealer", "cursor", "units")


def test_the_gateway_carries_no_database_driver_and_no_service() -> None:
    done = subprocess.run([sys.executable, "-c", ANYTHING], cwd=ROOT, capture_output=True, text=True, check=True)
    carried = set(json.loads(done.stdout))
    barred = {*BARRED, *(f"shared.{name}" for name in BARRED_KIT)}
    assert "gateway.door" in carried
    assert not {name for name in carried if name in barred or name.split(".")[0] in BARRED}


@contextmanager
def _process(issuers: Issuers, upstreams: dict[str, str], log: Path) -> Iterator[int]:
    port = free_port()
    environment = os.environ | {
        "GATEWAY_PORT": str(port),
        "GATEWAY_TRUSTED_KEYS": str(issuers.trusted),
        "GATEWAY_IDENTITY_KEY": str(issuers.identity),
        "GATEWAY_CLIENTS": str(issuers.clients),
        "GATEWAY_IDENTITY_PROVIDERS": "demo-idp",
        **{f"GATEWAY_{name.upper()}_URL": url for name, url in upstreams.items()},
    }
    with (
        log.open("w") as told,
        subprocess.Popen(
            [sys.executable, "-m", "gateway"], cwd=ROOT, env=environment, stderr=told, stdout=told
        ) as process,
    ):
        try:
            with httpx.Client(transport=httpx.HTTPTransport(retries=8)) as client:
                client.get(f"http://127.0.0.1:{port}/health/live", timeout=20)
            yield port
        finally:
            process.terminate()
            process.wait(15)


def test_log_lines_tell_what_happened_and_nothing_of_what_was_said(
    issuers: Issuers, upstreams: dict[str, str], echo: Echo, tmp_path: Path
) -> None:
    assert not echo.seen
    given, log, token = str(uuid4()), tmp_path / "log", issuers.token()
    number = str(uuid4())
    with _process(issuers, upstreams, log) as port:
        api = f"http://127.0.0.1:{port}"
        own = {"Authorization": f"Bearer {token}", "X-Request-Id": given}
        httpx.post(f"{api}/api/v1/referrals/{number}?q=hemmelig", json={"words": "fortroligt"}, headers=own)
        httpx.get(f"{api}/api/v1/persons/ThildeHansen?name=Thilde", headers=own)
        httpx.get(f"{api}/thilde/hansen", headers=own)
        got = httpx.post(f"{api}/oauth2/token", data={"grant_type": "client_credentials"}, auth=(CLIENT, SECRET))
        system = got.json()["access_token"]
        httpx.get(f"{api}/api/v1/tasks", headers={"Authorization": f"Bearer {system}"} | ACTING)
        get_raw(port, "/api/v1/persons/6101901234?cpr=610190-1234")
        get_raw(port, "/api/v1/persons/a6101901234")
    text = log.read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    requests = [line for line in lines if line["event"] == "request"]
    first = requests[0]
    assert {name: first[name] for name in ("method", "path", "status", "unit", "request_id", "service")} == {
        "method": "POST", "path": f"/api/v1/referrals/{number}", "status": 200, "unit": "unit-1",
        "request_id": given, "service": "gateway",
    }  # fmt: skip
    assert first["ms"] > 0
    assert [line["path"] for line in requests[1:]] == [
        "/api/v1/persons/*", "*", "/oauth2/token", "/api/v1/tasks", "*", "*",
    ]  # fmt: skip
    assert [line["status"] for line in requests] == [200, 200, 404, 200, 200, 400, 400]
    for said in ("hemmelig", "fortroligt", "hilde", "010190", "q=", SECRET, token, token.split(".")[2],
                 system.split(".")[2], ACTING["Familiebro-Acting-User"], SOR, "Bearer"):  # fmt: skip
        assert said not in text


def test_it_ends_in_order_when_told_to(issuers: Issuers, upstreams: dict[str, str], tmp_path: Path) -> None:
    log = tmp_path / "log"
    with _process(issuers, upstreams, log) as port:
        assert httpx.get(f"http://127.0.0.1:{port}/health/live").status_code == 200
    assert "Traceback" not in log.read_text()
    assert '"error"' not in log.read_text()
