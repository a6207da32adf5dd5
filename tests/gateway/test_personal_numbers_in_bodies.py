"""A civil registration number passes the gateway in a body, and in nothing else; nothing says it there (R45)."""

import json

import httpx
import pytest

from tests.gateway.support import Echo, Issuers
from tests.support.logs import everything_logged

CPR = "6101901234"
BODY = {"birth_date": "1990-01-01", "identifier": {"kind": "cpr", "value": CPR}}


def test_a_body_with_a_number_reaches_the_service_as_it_was_sent(
    door: httpx.Client, echo: Echo, issuers: Issuers, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs = everything_logged(monkeypatch)
    got = door.post("/api/v1/persons", json=BODY, headers=issuers.person() | {"Idempotency-Key": "once-0001"})
    assert got.status_code == 200
    [seen] = echo.seen
    assert json.loads(seen["body"]) == BODY
    assert CPR not in json.dumps({key: value for key, value in seen.items() if key != "body"})
    assert CPR not in logs.getvalue()
    assert "request" in logs.getvalue()


@pytest.mark.parametrize("status", [422, 500])
def test_a_service_that_fails_leaves_no_number_in_the_log(
    door: httpx.Client, echo: Echo, issuers: Issuers, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    echo.says("/persons", status, {"content-type": "text/plain"}, CPR.encode())
    logs = everything_logged(monkeypatch)
    got = door.post("/api/v1/persons", json=BODY, headers=issuers.person())
    assert got.status_code >= 400
    assert echo.seen
    assert CPR not in logs.getvalue()
    assert "request" in logs.getvalue()
