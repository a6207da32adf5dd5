"""No civil registration number in an address, however it is dressed up (R45)."""

import httpx
import pytest

from gateway.addresses import holds_cpr
from tests.gateway.support import Echo, Issuers, get_raw

CPR = "6101901234"
HIDDEN = [
    "/api/v1/persons/6101901234", "/api/v1/persons/610190-1234", "/api/v1/persons/a6101901234",
    "/api/v1/persons/%36%31%30%31%39%30%31%32%33%34", "/api/v1/persons/610190%2D1234",
    "/api/v1/persons/%2536101901234", "/api/v1/offers?cpr=6101901234", "/api/v1/offers?q=610190%201234",
    "/api/v1/offers?q=610190+1234", "/api/v1/offers?q=%25%33%36101901234", "/api/v1/offers?6101901234",
    "/6101901234", "/docs/6101901234", "/oauth2/token?x=6101901234", "/health/live?x=6101901234",
    "/api/v1/offers?q=%EF%BC%96101901234", "/api/v1/offers?q=6101901234",
]  # fmt: skip


@pytest.mark.parametrize("target", HIDDEN)
def test_a_cpr_shaped_string_in_the_address_is_refused(port: int, echo: Echo, target: str) -> None:
    echo.seen.clear()
    status, headers, body = get_raw(port, target)
    assert status == 400
    assert b'"cpr_in_url"' in body
    assert CPR.encode() not in body
    assert headers["content-type"] == "application/problem+json"
    assert not echo.seen


@pytest.mark.parametrize(
    "harmless",
    ["/api/v1/referrals/019a0101-9012-7345-8abc-6101901234ff", "/api/v1/units/123451234512345",
     "since=2026-01-01T00:00:00Z", "cursor=812345.019a0101-9012-7345-8abc-010190123456",
     "/api/v1/offers?gln=5798000000000"],
)  # fmt: skip
def test_ids_and_times_are_not_taken_for_personal_numbers(harmless: str) -> None:
    assert not holds_cpr(harmless)


def test_a_cpr_number_is_no_idempotency_key(door: httpx.Client, echo: Echo, issuers: Issuers) -> None:
    got = door.post("/api/v1/persons", json={}, headers=issuers.person() | {"Idempotency-Key": f"k-{CPR}"})
    assert got.status_code == 422
    assert CPR not in got.text
    assert not echo.seen
