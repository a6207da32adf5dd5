"""Only the named addresses lead anywhere, and each to its service."""

import httpx
import pytest

from gateway import routes
from tests.gateway.support import Echo, Issuers, get_raw

API = "/api/v1"
WAYS = [
    ("/offers", "directory", "/offers"),
    ("/offers/o-1", "directory", "/offers/o-1"),
    ("/units/u-1", "directory", "/units/u-1"),
    ("/organisations", "directory", "/organisations"),
    ("/municipalities/0101", "directory", "/municipalities/0101"),
    ("/regions", "directory", "/regions"),
    ("/figures/gaps", "directory", "/figures/gaps"),
    ("/routing", "directory", "/routing"),
    ("/routing/questions", "directory", "/routing/questions"),
    ("/hsds/3.0/services", "directory", "/hsds/3.0/services"),
    ("/hsds/3.0/", "directory", "/hsds/3.0/"),
    ("/reminders", "directory", "/reminders"),
    ("/imports/1", "directory", "/imports/1"),
    ("/audit/directory/ledger/export", "directory", "/audit/ledger/export"),
    ("/persons", "consent", "/persons"),
    ("/consents", "consent", "/consents"),
    ("/refusals", "consent", "/refusals"),
    ("/overrides", "consent", "/overrides"),
    ("/follow-ups", "consent", "/follow-ups"),
    ("/disclosures/check", "consent", "/disclosures/check"),
    ("/notices", "consent", "/notices"),
    ("/my/consents", "consent", "/my/consents"),
    ("/my/referrals", "referral", "/my/referrals"),
    ("/my/referrals/1", "referral", "/my/referrals/1"),
    ("/my/tasks/1/messages", "referral", "/my/tasks/1/messages"),
    ("/my/events", "referral", "/my/events"),
    ("/my/meetings/1/answers", "referral", "/my/meetings/1/answers"),
    ("/my/steps/1/done", "referral", "/my/steps/1/done"),
    ("/my/attachments/1/content", "referral", "/my/attachments/1/content"),
    ("/my/referrals-of-others", "consent", "/my/referrals-of-others"),
    ("/referrals/1", "referral", "/referrals/1"),
    ("/courses/1", "referral", "/courses/1"),
    ("/runs/1/waiting", "referral", "/runs/1/waiting"),
    ("/tasks", "referral", "/tasks"),
    ("/meetings/1/record", "referral", "/meetings/1/record"),
    ("/steps/1/done", "referral", "/steps/1/done"),
    ("/forums", "referral", "/forums"),
    ("/attachments/1/content", "referral", "/attachments/1/content"),
    ("/events", "referral", "/events"),
    ("/webhooks/1/deliveries", "referral", "/webhooks/1/deliveries"),
    ("/section-11e/meetings/1", "consent", "/section-11e/meetings/1"),
    ("/my/section-11e-meetings", "consent", "/my/section-11e-meetings"),
    ("/audit/consent/section-11e/uninformed", "consent", "/audit/section-11e/uninformed"),
    ("/concern-reports/1", "concern", "/concern-reports/1"),
    ("/my/concern-reports/1", "concern", "/my/concern-reports/1"),
    ("/audit/concern/ledger/export", "concern", "/audit/ledger/export"),
    ("/audit/consent/ledger/export", "consent", "/audit/ledger/export"),
    ("/audit/referral/disclosures", "referral", "/audit/disclosures"),
]


@pytest.mark.parametrize(("public", "service", "inner"), WAYS)
def test_each_first_segment_leads_to_its_service(
    door: httpx.Client, issuers: Issuers, upstreams: dict[str, str], public: str, service: str, inner: str
) -> None:
    got = door.get(API + public, headers=issuers.person(), params={"q": "vågen mor"})
    assert got.status_code == 200
    assert got.json()["path"] == inner
    assert upstreams[service].endswith(f":{got.json()['port']}")
    assert got.json()["query"] == "q=v%C3%A5gen+mor" or got.json()["query"] == "q=v%C3%A5gen%20mor"


@pytest.mark.parametrize(
    ("public", "inner"),
    [("/hsds/3.0", "/hsds/3.0"), ("/hsds/3.0/", "/hsds/3.0/"), ("/hsds/3.0/services/1", "/hsds/3.0/services/1")],
)
def test_the_standard_is_answered_where_its_readers_look(door: httpx.Client, public: str, inner: str) -> None:
    assert door.get(public).json()["path"] == inner


@pytest.mark.parametrize("path", ["/figures/coverage", "/hsds/3.0/taxonomies", "/reminders", "/imports"])
def test_only_reading_public_knowledge_is_open(door: httpx.Client, path: str) -> None:
    assert door.post(API + path, json={}).status_code == 401


@pytest.mark.parametrize("path", ["/reminders", "/imports/1"])
def test_an_owners_own_matters_are_not_open(door: httpx.Client, path: str) -> None:
    assert door.get(API + path).status_code == 401


def test_every_named_segment_is_covered_by_the_test_above() -> None:
    led = {"/".join(way.split("/")[1:3]) for way, _, _ in WAYS} & routes.SEGMENTS.keys()
    assert led | {way.split("/")[1] for way, _, _ in WAYS} == {*routes.SEGMENTS, routes.AUDIT}


@pytest.mark.parametrize(
    "path",
    ["/api/v1/internal/decisions", "/internal/decisions", "/api/v1/decisions", "/api/v1/audit", "/api/v1/audit/ledger",
     "/api/v1/audit/gateway/ledger", "/hsds", "/hsds/3.1/services", "/hsds/3.0/services/",
     "/api/v1/audit/consent", "/api/v1/audit/consent/", "/api/v1/offers/",
     "/api/v1", "/api/v1/", "/api/v2/offers", "/offers", "/openapi.json", "/api/v1/openapi.json", "/metrics",
     "/api/v1/health/ready", "/API/v1/offers", "/api/v1/OFFERS", "/static", "/static/start.html", "/openapi/x.json"],
)  # fmt: skip
def test_what_is_not_named_leads_nowhere(door: httpx.Client, echo: Echo, issuers: Issuers, path: str) -> None:
    got = door.get(path, headers=issuers.person())
    assert got.status_code == 404
    assert got.headers["content-type"] == "application/problem+json"
    assert got.json()["fix_by"] == "sender"
    assert not echo.seen


@pytest.mark.parametrize(
    "target",
    ["/api/v1/offers/../internal/decisions", "/api/v1/offers/%2e%2e/internal", "/api/v1/offers%2f..%2finternal",
     "/api/v1//internal/decisions", "//api/v1/offers", "/api/v1/offers//x", "/api/v1/./offers", "/api/v1/offers/.",
     "/api/v1/offers/..", "/api/v1/offers\\..\\internal", "/api/v1/offers%5c..%5cinternal", "/api/v1/offers%00",
     "/api/v1/offers/%0d%0aX-Evil:1", "/api/v1/offers;x=1", "/api/v1/offers/%252e%252e/internal",
     "/api/v1/offers/\xe5", "/api/v1/%6fffers", "/api/v1/offers/" + "a" * 600, "/api/v1/offers?q=" + "a" * 2100,
     "/api/v1/offers?q=%00", "/api/v1/offers?q=%0d%0aX:1", "/api/v1/offers?q=\xe5", "/api/v1/offers?a=<b>",
     "/static/../main.py", "/static/%2e%2e/main.py", "/api/v1/offers/~root/.git/config"],
)  # fmt: skip
def test_path_tricks_are_refused_and_never_forwarded(port: int, echo: Echo, target: str) -> None:
    echo.seen.clear()
    status, headers, body = get_raw(port, target)
    assert status == 400
    assert b"internal/" not in body
    assert "uvicorn" not in headers.get("server", "")
    assert not echo.seen


def test_an_absolute_target_still_meets_the_allow_list(port: int, echo: Echo) -> None:
    echo.seen.clear()
    status, _, _ = get_raw(port, "http://127.0.0.1:1/internal/decisions")
    assert status in {400, 404}
    assert not echo.seen


@pytest.mark.parametrize("method", ["OPTIONS", "HEAD", "TRACE", "PROPFIND"])
def test_other_methods_are_not_passed_on(door: httpx.Client, echo: Echo, issuers: Issuers, method: str) -> None:
    got = door.request(method, API + "/offers", headers=issuers.person())
    assert got.status_code in {400, 405}
    assert not echo.seen


def test_the_directory_may_be_read_without_a_token(door: httpx.Client) -> None:
    for got in (door.get(API + "/offers"), door.post(API + "/offers/search", json={"week": 17})):
        assert got.status_code == 200
        assert "authorization" not in dict(got.json()["headers"])


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/offers"), ("PUT", "/offers/1"), ("DELETE", "/offers/1"), ("POST", "/offers/search/x"),
     ("POST", "/units"), ("GET", "/persons"), ("GET", "/my/consents"), ("GET", "/my/referrals"),
     ("POST", "/my/tasks/1/decline"), ("GET", "/my/events"), ("GET", "/referrals/1"), ("GET", "/tasks"),
     ("GET", "/audit/consent/ledger/export")],
)  # fmt: skip
def test_everything_else_needs_a_token(door: httpx.Client, echo: Echo, method: str, path: str) -> None:
    got = door.request(method, API + path)
    assert got.status_code == 401
    assert got.headers["www-authenticate"].startswith("Bearer")
    assert got.json()["code"] == "token_refused"
    assert not echo.seen
