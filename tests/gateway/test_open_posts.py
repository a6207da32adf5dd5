"""What anybody may post without a token: a citizen's concern and its receipt, and nothing beside them (R36)."""

import httpx
import pytest

from gateway import routes
from tests.gateway.support import Echo, Issuers, app, serving
from tests.support.logs import everything_logged

API = "/api/v1"
OPEN = ("/concern-reports/citizen", "/concern-reports/receipts")
LIMIT = 256 * 1024


def test_these_two_are_all_there_are() -> None:
    assert frozenset(OPEN) == routes.OPEN_POSTS


@pytest.mark.parametrize("path", OPEN)
def test_a_citizen_needs_no_token_and_none_is_made_up_for_them(door: httpx.Client, path: str) -> None:
    got = door.post(API + path, json={"a": 1}, headers={"Idempotency-Key": "key-of-mine-1"})
    assert (got.status_code, got.json()["path"], got.json()["body"]) == (200, path, '{"a":1}')
    headers = dict(got.json()["headers"])
    assert "authorization" not in headers
    assert headers["idempotency-key"] == "key-of-mine-1"


@pytest.mark.parametrize("path", OPEN)
def test_nothing_of_where_they_come_from_goes_along_or_is_logged(
    door: httpx.Client, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    logs = everything_logged(monkeypatch)
    sent = {"X-Forwarded-For": "203.0.113.77", "Forwarded": "for=203.0.113.77", "User-Agent": "Zebrabrowser",
            "Cookie": "zebra=1", "Referer": "https://zebra.example"}  # fmt: skip
    got = door.post(API + path, json={}, headers=sent)
    seen = (str(got.json()["headers"]) + logs.getvalue()).lower()
    assert "zebra" not in seen
    assert "203.0.113.77" not in seen
    assert "127.0.0.1" not in logs.getvalue()


@pytest.mark.parametrize("path", OPEN)
def test_a_request_id_that_is_used_elsewhere_too_does_not_tell_who_is_anonymous(
    door: httpx.Client, issuers: Issuers, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """A page that sends one id with all its requests would have it on every ledger, beside the login's pseudonym."""
    logs, given = everything_logged(monkeypatch), "01a20262-ff72-74e6-9f69-e7e0788311b4"
    got = door.post(API + path, json={}, headers=issuers.person(citizen="pseudonym-1") | {"X-Request-Id": given})
    followed = dict(got.json()["headers"])["x-request-id"]
    assert followed == got.headers["x-request-id"] != given
    assert given not in logs.getvalue()


def test_who_has_a_login_may_use_it(door: httpx.Client, issuers: Issuers) -> None:
    got = door.post(API + OPEN[0], json={}, headers=issuers.person(citizen="pseudonym-1"))
    assert dict(got.json()["headers"])["authorization"].startswith("Bearer ")


@pytest.mark.parametrize("path", OPEN)
def test_a_token_that_is_none_opens_nothing_here_either(
    door: httpx.Client, issuers: Issuers, echo: Echo, path: str
) -> None:
    echo.seen.clear()
    for headers in (issuers.person(lifetime_s=-60), {"Authorization": "Bearer rubbish"}):
        assert door.post(API + path, json={}, headers=headers).status_code == 401
    assert not echo.seen


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/concern-reports"), ("GET", "/concern-reports"), ("GET", "/concern-reports/filed"),
     ("GET", "/concern-reports/citizen"), ("PUT", "/concern-reports/citizen"), ("DELETE", "/concern-reports/receipts"),
     ("GET", "/concern-reports/receipts"), ("POST", "/concern-reports/citizen/x"),
     ("POST", "/concern-reports/citizens"),
     ("POST", "/concern-reports/1/additions"), ("GET", "/my/concern-reports"), ("POST", "/my/concern-reports"),
     ("POST", "/referrals/citizen"), ("POST", "/section-11e/citizen")],
)  # fmt: skip
def test_whatever_stands_beside_them_needs_a_token(door: httpx.Client, echo: Echo, method: str, path: str) -> None:
    echo.seen.clear()
    assert door.request(method, API + path).status_code == 401
    assert not echo.seen


def test_a_stranger_who_guesses_receipts_is_slowed_down(issuers: Issuers, upstreams: dict[str, str]) -> None:
    with serving(app(issuers, upstreams, anonymous_requests_per_minute=3)) as port:
        api = f"http://127.0.0.1:{port}{API}"
        codes = [httpx.post(api + path, json={}).status_code for path in (*OPEN, *OPEN)]
        last = httpx.post(api + OPEN[1], json={})
    assert codes == [200, 200, 200, 429]
    assert int(last.headers["retry-after"]) >= 1


@pytest.mark.parametrize("path", OPEN)
def test_a_strangers_body_is_bounded(door: httpx.Client, echo: Echo, path: str) -> None:
    echo.seen.clear()
    got = door.post(API + path, content=b" " * (LIMIT + 1), headers={"Content-Type": "application/json"})
    assert (got.status_code, got.json()["code"]) == (413, "too_large")
    assert not echo.seen
