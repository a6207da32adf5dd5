"""Only named headers pass, in either direction; nothing is smuggled."""

from uuid import UUID, uuid4

import httpx
import pytest

from tests.gateway.support import Echo, Issuers, bearer, raw

TASKS = "/api/v1/tasks"
PASSED = {
    "content-type": "application/json",
    "accept": "application/json",
    "accept-language": "da",
    "if-match": '"3"',
    "if-none-match": '"2"',
    "idempotency-key": "k-1",
}


def test_named_headers_reach_the_service_and_no_other(door: httpx.Client, issuers: Issuers) -> None:
    sent = issuers.person() | PASSED | {
        "X-Forwarded-For": "10.0.0.1", "Forwarded": "for=10.0.0.1", "Cookie": "a=b", "X-Evil": "1",
        "Proxy-Authorization": "Basic eDp5", "X-Original-URL": "/internal/decisions", "Familiebro-Unit": "other",
    }  # fmt: skip
    got = door.post(TASKS, content=b"{}", headers=sent)
    reached = dict(got.json()["headers"])
    assert {name: reached[name] for name in PASSED} == PASSED
    assert set(reached) == {*PASSED, "authorization", "x-request-id", "host", "content-length"}
    assert got.json()["body"] == "{}"
    assert not reached["host"].startswith("gateway")


def test_named_headers_reach_the_caller_and_no_other(door: httpx.Client, echo: Echo, issuers: Issuers) -> None:
    echo.says(
        "/tasks", 200,
        {"etag": '"7"', "link": "</tasks?after=1>; rel=next", "cache-control": "private",
         "idempotency-replayed": "true",
         "set-cookie": "a=b", "x-internal": "secret", "server": "uvicorn", "access-control-allow-origin": "*"},
    )  # fmt: skip
    got = door.get(TASKS, headers=issuers.person())
    assert got.headers["etag"] == '"7"'
    assert got.headers["cache-control"] == "private"
    assert got.headers["idempotency-replayed"] == "true"
    assert "link" in got.headers
    for name in ("set-cookie", "x-internal", "server", "access-control-allow-origin"):
        assert name not in got.headers


def test_a_page_of_a_service_keeps_its_own_policy_and_comes_with_no_other(
    door: httpx.Client, echo: Echo, issuers: Issuers
) -> None:
    policy = "default-src 'none'; style-src 'sha256-abc'; frame-ancestors 'none'"
    echo.says("/tasks", 200, {"content-security-policy": policy})
    got = door.get(TASKS, headers=issuers.person())
    assert got.headers.get_list("content-security-policy") == [policy]


@pytest.mark.parametrize("path", [TASKS, "/", "/docs", "/nowhere", "/health/live", "/oauth2/token", "/static/docs.js"])
def test_every_answer_carries_the_security_headers(door: httpx.Client, issuers: Issuers, path: str) -> None:
    got = door.get(path, headers=issuers.person() if path == TASKS else {})
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["referrer-policy"] == "no-referrer"
    assert got.headers["x-frame-options"] == "DENY"
    assert got.headers["cross-origin-opener-policy"] == "same-origin"
    assert "frame-ancestors 'none'" in got.headers["content-security-policy"]
    assert "cache-control" in got.headers
    assert "server" not in got.headers
    assert str(UUID(got.headers["x-request-id"])) == got.headers["x-request-id"]


@pytest.mark.parametrize(
    ("service_says", "caller_reads"),
    [("/persons/7", "/api/v1/persons/7"), ("{own}/persons/7", "/api/v1/persons/7"),
     ("/audit/ledger/x", "/api/v1/audit/consent/ledger/x"), ("https://evil.example/x", None), ("//evil.example", None)],
)  # fmt: skip
def test_a_location_is_public_or_left_out(
    door: httpx.Client, echo: Echo, issuers: Issuers, upstreams: dict[str, str], service_says: str,
    caller_reads: str | None,
) -> None:  # fmt: skip
    echo.says("/persons", 201, {"location": service_says.replace("{own}", upstreams["consent"])})
    got = door.post("/api/v1/persons", json={}, headers=issuers.person())
    assert got.status_code == 201
    assert got.headers.get("location") == caller_reads


def test_a_request_id_is_followed_through(door: httpx.Client, issuers: Issuers) -> None:
    given = str(uuid4())
    got = door.get(TASKS, headers=issuers.person() | {"X-Request-Id": given})
    assert got.headers.get_list("x-request-id") == [given]
    assert dict(got.json()["headers"])["x-request-id"] == given


def test_an_answer_has_one_request_id_even_if_the_service_says_another(
    door: httpx.Client, echo: Echo, issuers: Issuers
) -> None:
    echo.says("/tasks", 200, {"x-request-id": str(uuid4())})
    given = str(uuid4())
    got = door.get(TASKS, headers=issuers.person() | {"X-Request-Id": given})
    assert got.headers.get_list("x-request-id") == [given]


@pytest.mark.parametrize("garbage", ["no-uuid", "6101901234", "<script>", "a" * 500, "../../etc"])
def test_a_request_id_that_is_no_uuid_is_replaced(door: httpx.Client, issuers: Issuers, garbage: str) -> None:
    got = door.get(TASKS, headers=issuers.person() | {"X-Request-Id": garbage})
    assert str(UUID(got.headers["x-request-id"])) == got.headers["x-request-id"]
    assert garbage not in got.text
    assert dict(got.json()["headers"])["x-request-id"] == got.headers["x-request-id"]


def test_a_problem_names_the_request_id(door: httpx.Client) -> None:
    got = door.get("/api/v1/nowhere")
    assert got.json()["instance"] == f"urn:uuid:{got.headers['x-request-id']}"


@pytest.mark.parametrize(
    "name", ["Authorization", "Content-Type", "If-Match", "Idempotency-Key", "X-Request-Id", "Familiebro-Acting-User"]
)
def test_a_header_that_comes_twice_is_refused(door: httpx.Client, echo: Echo, issuers: Issuers, name: str) -> None:
    good = issuers.person()["Authorization"]
    value = good if name == "Authorization" else str(uuid4())
    twice = [(name, value), (name, value)] + ([] if name == "Authorization" else [("Authorization", good)])
    got = door.get(TASKS, headers=twice)
    assert got.status_code == 400
    assert got.json()["code"] == "malformed_header"
    assert got.json()["where"] == name.lower()
    assert not echo.seen


@pytest.mark.parametrize("value", ["\xe5", "a\x0b", "k" * 9000])
def test_a_header_with_signs_it_may_not_hold_is_refused(port: int, echo: Echo, issuers: Issuers, value: str) -> None:
    echo.seen.clear()
    token = issuers.token()
    request = (
        f"GET {TASKS} HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer {token}\r\nIdempotency-Key: {value}\r\n"
        "Connection: close\r\n\r\n"
    )
    status, _, _ = raw(port, request.encode("latin-1"))
    assert status == 400
    assert not echo.seen


@pytest.mark.parametrize(
    "odd",
    ["Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
     "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
     "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
     "Content-Length: -2\r\n\r\n{}",
     "Content-Length: 2, 2\r\n\r\n{}",
     "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
     "X-Evil: 1\r\n folded: 2\r\nContent-Length\r\n\r\n{}"],
)  # fmt: skip
def test_two_ways_to_read_one_request_are_no_way_in(port: int, echo: Echo, issuers: Issuers, odd: str) -> None:
    echo.seen.clear()
    head = f"POST {TASKS} HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer {issuers.token()}\r\n"
    status, _, _ = raw(port, (head + odd).encode())
    assert status == 400
    assert not echo.seen


def test_a_hop_by_hop_header_cannot_remove_what_the_gateway_adds(door: httpx.Client, issuers: Issuers) -> None:
    got = door.get(TASKS, headers=issuers.person() | {"Connection": "keep-alive, authorization, x-request-id"})
    reached = dict(got.json()["headers"])
    assert reached["authorization"].startswith("Bearer ")
    assert reached["x-request-id"] == got.headers["x-request-id"]


def test_an_upgrade_is_not_taken_up(door: httpx.Client, issuers: Issuers) -> None:
    got = door.get(TASKS, headers=issuers.person() | {"Connection": "Upgrade", "Upgrade": "h2c"})
    assert got.status_code == 200
    assert "upgrade" not in dict(got.json()["headers"])


def test_a_packed_body_is_refused(door: httpx.Client, echo: Echo, issuers: Issuers) -> None:
    got = door.post(TASKS, content=b"\x1f\x8b", headers=issuers.person() | {"Content-Encoding": "gzip"})
    assert got.status_code == 415
    assert not echo.seen


def test_a_chunked_body_arrives_whole(door: httpx.Client, issuers: Issuers) -> None:
    got = door.post(TASKS, content=iter([b'{"a":', b"1", b"}"]), headers=bearer(issuers.token()))
    assert got.json()["body"] == '{"a":1}'
    assert dict(got.json()["headers"])["content-length"] == "7"


def test_the_body_of_a_get_stays_outside(door: httpx.Client, issuers: Issuers) -> None:
    got = door.request("GET", TASKS, content=b"hidden", headers=issuers.person())
    assert got.status_code == 200
    assert got.json()["body"] == ""
