"""How much and how often: limits hold, and say when to come back."""

import time
from collections.abc import Iterator

import httpx
import pytest

from gateway.limits import Limiter
from gateway.problems import Refused
from tests.gateway.support import CLIENT, SECRET, Echo, Issuers, app, raw, serving

TASKS = "/api/v1/tasks"
LIMIT = 256 * 1024


def test_a_bucket_fills_again_with_time() -> None:
    limiter = Limiter(60)
    for _ in range(60):
        limiter.take("nina", 0.0)
    with pytest.raises(Refused) as refused:
        limiter.take("nina", 0.5)
    assert refused.value.headers == {"Retry-After": "1"}
    limiter.take("nina", 1.0)
    limiter.take("jonas", 1.0)
    with pytest.raises(Refused):
        limiter.take("nina", 1.0)


def test_the_limiter_remembers_a_bounded_number_of_callers() -> None:
    limiter = Limiter(60, most_callers=100)
    for number in range(1000):
        limiter.take(str(number), 0.0)
    assert len(limiter) == 100


def test_a_person_who_asks_too_often_is_told_when_to_come_back(
    issuers: Issuers, upstreams: dict[str, str], echo: Echo
) -> None:
    with serving(app(issuers, upstreams, requests_per_minute=3)) as port:
        api = f"http://127.0.0.1:{port}{TASKS}"
        codes = [httpx.get(api, headers=issuers.person()).status_code for _ in range(4)]
        last = httpx.get(api, headers=issuers.person())
        other = httpx.get(api, headers=issuers.person(user="jonas"))
    assert codes == [200, 200, 200, 429]
    assert last.json()["code"] == "rate_limited"
    assert 1 <= int(last.headers["retry-after"]) <= 21
    assert other.status_code == 200
    assert len(echo.seen) == 4


def test_strangers_and_bad_tokens_are_counted_by_address(issuers: Issuers, upstreams: dict[str, str]) -> None:
    with serving(app(issuers, upstreams, anonymous_requests_per_minute=4)) as port:
        api = f"http://127.0.0.1:{port}"
        bad = issuers.person(lifetime_s=-60)
        codes = [
            httpx.get(f"{api}/api/v1/offers").status_code,
            httpx.get(f"{api}{TASKS}", headers=bad).status_code,
            httpx.get(f"{api}/docs").status_code,
            httpx.get(f"{api}/nowhere").status_code,
            httpx.get(f"{api}/api/v1/offers").status_code,
            httpx.get(f"{api}{TASKS}", headers=bad).status_code,
            httpx.get(f"{api}/docs").status_code,
            httpx.get(f"{api}/health/live").status_code,
            httpx.get(f"{api}{TASKS}", headers=issuers.person()).status_code,
        ]
    assert codes == [200, 401, 200, 404, 429, 429, 429, 200, 200]


def test_guessing_a_secret_is_slow(issuers: Issuers, upstreams: dict[str, str]) -> None:
    with serving(app(issuers, upstreams, token_requests_per_minute=2)) as port:
        codes = [
            httpx.post(
                f"http://127.0.0.1:{port}/oauth2/token",
                data={"grant_type": "client_credentials"},
                auth=(CLIENT, SECRET if last else "guess"),
            ).status_code
            for last in (False, False, True)
        ]
    assert codes == [401, 401, 429]


def test_an_address_before_our_own_proxy_is_believed_and_no_other(issuers: Issuers, upstreams: dict[str, str]) -> None:
    def ask(port: int, forwarded: str) -> int:
        got = httpx.get(f"http://127.0.0.1:{port}/api/v1/offers", headers={"X-Forwarded-For": forwarded})
        return got.status_code

    with serving(app(issuers, upstreams, anonymous_requests_per_minute=1, trusted_proxies=("127.0.0.1",))) as port:
        behind = [ask(port, "192.0.2.1"), ask(port, "192.0.2.2"), ask(port, "192.0.2.9, 192.0.2.2"),
                  ask(port, "2001:db8::1"), ask(port, "2001:db8::2")]  # fmt: skip
    with serving(app(issuers, upstreams, anonymous_requests_per_minute=1)) as port:
        alone = [ask(port, "192.0.2.1"), ask(port, "192.0.2.2")]
    assert behind == [200, 200, 429, 200, 429]
    assert alone == [200, 429]


def test_a_body_at_the_limit_passes(door: httpx.Client, issuers: Issuers) -> None:
    got = door.post(TASKS, content=b"x" * LIMIT, headers=issuers.person())
    assert got.status_code == 200
    assert len(got.json()["body"]) == LIMIT


@pytest.mark.parametrize("size", [LIMIT + 1, 1024 * 1024, 4 * 1024 * 1024])
def test_a_body_said_to_be_too_large_is_refused(door: httpx.Client, echo: Echo, issuers: Issuers, size: int) -> None:
    got = door.post(TASKS, content=b"x" * size, headers=issuers.person())
    assert got.status_code == 413
    assert got.json()["code"] == "too_large"
    assert not echo.seen


def test_a_body_that_turns_out_too_large_is_refused(door: httpx.Client, echo: Echo, issuers: Issuers) -> None:
    got = door.post(TASKS, content=(b"x" * 65536 for _ in range(8)), headers=issuers.person())
    assert got.status_code == 413
    assert got.json()["code"] == "too_large"
    assert not echo.seen


def test_a_huge_declared_length_is_refused_without_waiting_for_it(port: int, echo: Echo, issuers: Issuers) -> None:
    echo.seen.clear()
    head = f"POST {TASKS} HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer {issuers.token()}\r\n"
    status, headers, _ = raw(port, f"{head}Content-Length: 99999999999\r\n\r\n{{".encode())
    assert status == 413
    assert headers["connection"] == "close"
    assert not echo.seen


def test_a_body_that_never_comes_is_not_waited_for(
    port: int, echo: Echo, issuers: Issuers, monkeypatch: pytest.MonkeyPatch
) -> None:
    echo.seen.clear()
    monkeypatch.setattr("gateway.exchange._BODY_PATIENCE_S", 0.2)
    head = f"POST {TASKS} HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer {issuers.token()}\r\n"
    status, headers, _ = raw(port, f"{head}Content-Length: 10\r\n\r\n{{".encode())
    assert status == 408
    assert headers["connection"] == "close"
    assert not echo.seen


def test_a_body_that_comes_drop_by_drop_is_not_waited_for_for_ever(
    door: httpx.Client, echo: Echo, issuers: Issuers, monkeypatch: pytest.MonkeyPatch
) -> None:
    echo.seen.clear()
    monkeypatch.setattr("gateway.exchange._WHOLE_BODY_PATIENCE_S", 0.3)

    def drops() -> Iterator[bytes]:
        for _ in range(40):
            time.sleep(0.02)
            yield b"x"

    got = door.post(TASKS, content=drops(), headers=issuers.person())
    assert got.status_code == 408
    assert not echo.seen
