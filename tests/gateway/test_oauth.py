"""A registered system's way to a token: RFC 6749, 4.4, and every way it fails."""

import base64
import json
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from gateway.clients import hash_secret, matches, read_clients
from tests.gateway.support import ACTING, CLIENT, SECRET, Issuers, app, bearer, claims_of, registration, settings

GRANT = {"grant_type": "client_credentials"}


def _ask(door: httpx.Client, form: dict[str, str] | None = None, **other: Any) -> httpx.Response:
    return door.post("/oauth2/token", data=GRANT if form is None else form, **other)


@pytest.mark.parametrize("way", ["basic", "post"])
def test_a_registered_system_gets_a_token_that_opens_the_door(door: httpx.Client, way: str) -> None:
    if way == "basic":
        got = _ask(door, auth=(CLIENT, SECRET))
    else:
        got = _ask(door, {**GRANT, "client_id": CLIENT, "client_secret": SECRET})
    assert got.status_code == 200
    assert got.headers["cache-control"] == "no-store"
    assert got.headers["pragma"] == "no-cache"
    told = got.json()
    assert told["token_type"] == "Bearer"
    assert told["expires_in"] == 600
    assert told["scope"] == "record_consent refer"
    opened = door.get("/api/v1/tasks", headers=bearer(told["access_token"]) | ACTING)
    assert opened.status_code == 200
    assert set(claims_of(opened.json())["roles"]) == {"refer", "record_consent"}


def test_a_system_may_ask_for_fewer_roles(door: httpx.Client) -> None:
    told = _ask(door, {**GRANT, "scope": "refer"}, auth=(CLIENT, SECRET)).json()
    opened = door.get("/api/v1/tasks", headers=bearer(told["access_token"]) | ACTING)
    assert told["scope"] == "refer"
    assert claims_of(opened.json())["roles"] == ["refer"]


@pytest.mark.parametrize(
    ("form", "auth", "status", "error"),
    [
        (GRANT, (CLIENT, "wrong"), 401, "invalid_client"),
        (GRANT, ("nobody", SECRET), 401, "invalid_client"),
        (GRANT, (CLIENT, ""), 401, "invalid_client"),
        (GRANT, (CLIENT, "x" * 300), 401, "invalid_client"),
        (GRANT, None, 401, "invalid_client"),
        ({**GRANT, "client_id": CLIENT}, None, 401, "invalid_client"),
        ({**GRANT, "client_id": CLIENT, "client_secret": "wrong"}, None, 401, "invalid_client"),
        ({**GRANT, "client_id": CLIENT, "client_secret": SECRET}, (CLIENT, SECRET), 400, "invalid_request"),
        ({**GRANT, "client_id": "other"}, (CLIENT, SECRET), 400, "invalid_request"),
        ({"grant_type": "password"}, (CLIENT, SECRET), 400, "unsupported_grant_type"),
        ({"scope": "refer"}, (CLIENT, SECRET), 400, "invalid_request"),
        ({**GRANT, "scope": "auditor"}, (CLIENT, SECRET), 400, "invalid_scope"),
        ({**GRANT, "scope": "service"}, (CLIENT, SECRET), 400, "invalid_scope"),
    ],
)
def test_every_wrong_request_gets_the_error_of_the_rfc(
    door: httpx.Client, form: dict[str, str], auth: tuple[str, str] | None, status: int, error: str
) -> None:
    got = _ask(door, form, auth=auth)
    assert got.status_code == status
    assert got.json()["error"] == error
    assert got.headers["cache-control"] == "no-store"
    assert ("www-authenticate" in got.headers) == (status == 401)
    assert SECRET not in got.text


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (json.dumps(GRANT).encode(), "application/json"),
        (b"grant_type=client_credentials&grant_type=password", "application/x-www-form-urlencoded"),
        (b"&&&", "application/x-www-form-urlencoded"),
        (b"\xff\xfe", "application/x-www-form-urlencoded"),
        (b"", "application/x-www-form-urlencoded"),
        (b"&".join(b"a%d=1" % n for n in range(50)), "application/x-www-form-urlencoded"),
    ],
)
def test_a_form_that_is_none_is_an_invalid_request(door: httpx.Client, content: bytes, kind: str) -> None:
    got = door.post("/oauth2/token", content=content, headers={"Content-Type": kind}, auth=(CLIENT, SECRET))
    assert got.status_code == 400
    assert got.json()["error"] == "invalid_request"


def test_credentials_in_the_address_are_refused(door: httpx.Client) -> None:
    got = door.post("/oauth2/token", params={"client_id": CLIENT, "client_secret": SECRET}, data=GRANT)
    assert got.status_code == 400
    assert got.json()["error"] == "invalid_request"


@pytest.mark.parametrize("given", ["Basic !!!", "Basic " + base64.b64encode(b"nocolon").decode(), "Bearer x", "Basic"])
def test_a_broken_authorization_is_an_invalid_client(door: httpx.Client, given: str) -> None:
    got = _ask(door, headers={"Authorization": given})
    assert got.status_code == 401
    assert got.json()["error"] == "invalid_client"


def test_a_token_is_posted_for(door: httpx.Client) -> None:
    got = door.get("/oauth2/token")
    assert got.status_code == 405
    assert got.headers["allow"] == "POST"


def test_a_form_beyond_all_reason_is_refused(door: httpx.Client) -> None:
    assert _ask(door, {**GRANT, "scope": "x" * 10_000}, auth=(CLIENT, SECRET)).status_code == 413


def test_a_secret_is_kept_only_as_its_salted_hash() -> None:
    first, second = hash_secret("same"), hash_secret("same")
    assert first != second
    assert "same" not in first
    assert matches("same", first)
    assert matches("same", second)
    assert not matches("other", first)
    assert not matches("same", "scrypt$nonsense")


@pytest.mark.parametrize(
    "wrong",
    [{"roles": ["service"]}, {"roles": ["citizen"]}, {"roles": ["boss"]}, {"org_sor": "123"}, {"secret_hash": "plain"},
     {"unit": ""}, {"unknown": 1}],
)  # fmt: skip
def test_a_wrong_registration_stops_the_start(issuers: Issuers, wrong: dict[str, Any]) -> None:
    file = issuers.folder / "wrong.json"
    file.write_text(json.dumps({CLIENT: registration(**wrong)}))
    with pytest.raises(ValidationError):
        read_clients(file)


def test_an_identity_provider_without_a_key_stops_the_start(issuers: Issuers, upstreams: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="no trusted key"):
        app(issuers, upstreams, identity_providers=("demo-idp", "nobody"))


@pytest.mark.parametrize("name", ["gateway", "consent", "referral", "concern", "directory"])
def test_a_service_is_no_identity_provider(issuers: Issuers, upstreams: dict[str, str], name: str) -> None:
    with pytest.raises(ValidationError):
        settings(issuers, upstreams, identity_providers=(name,))
