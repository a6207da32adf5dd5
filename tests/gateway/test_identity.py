"""Who gets in, as whom the services know them, and that nobody can act as another."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime

import httpx
import pytest

from shared.auth import Role, TokenVerifier, make_key
from shared.problems import TokenRefused
from tests.gateway.support import ACTING, CLIENT, Echo, Issuers, bearer, claims_of

TASKS = "/api/v1/tasks"


def _b64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _forged_wrong_key(issuers: Issuers) -> str:
    return issuers.token(key=make_key())


def _forged_alg_none(issuers: Issuers) -> str:
    _, payload, _ = issuers.token().split(".")
    return f"{_b64(json.dumps({'alg': 'none', 'typ': 'JWT'}).encode())}.{payload}."


def _forged_hs256_with_the_public_key(issuers: Issuers) -> str:
    _, payload, _ = issuers.token().split(".")
    signed = f"{_b64(json.dumps({'alg': 'HS256', 'typ': 'JWT'}).encode())}.{payload}"
    public = json.loads(issuers.trusted.read_text())["demo-idp"]
    return f"{signed}.{_b64(hmac.digest(json.dumps(public).encode(), signed.encode(), hashlib.sha256))}"


def _tampered_payload(issuers: Issuers) -> str:
    head, payload, signature = issuers.token().split(".")
    content = json.loads(base64.urlsafe_b64decode(payload + "=="))
    return f"{head}.{_b64(json.dumps({**content, 'unit': 'unit-2'}).encode())}.{signature}"


def _expired(issuers: Issuers) -> str:
    return issuers.token(lifetime_s=-60)


def _wrong_audience(issuers: Issuers) -> str:
    return issuers.token(audience="elsewhere")


def _trusted_by_others_but_not_an_identity_provider(issuers: Issuers) -> str:
    return issuers.token(issuer="stranger-idp")


def _a_service_of_ours(issuers: Issuers) -> str:
    return issuers.token("consent", Role.SERVICE, issuer="consent")


def _unknown_issuer(issuers: Issuers) -> str:
    return issuers.token(issuer="evil", key=make_key())


def _low_assurance(issuers: Issuers) -> str:
    return issuers.token(loa="lav")


def _no_assurance(issuers: Issuers) -> str:
    return issuers.token(loa=None)


def _service_role_from_outside(issuers: Issuers) -> str:
    return issuers.token("nina", Role.SERVICE, Role.REFER)


def _service_role_in_the_issuers_own_name(issuers: Issuers) -> str:
    return issuers.token("demo-idp", Role.SERVICE)


def _system_from_outside(issuers: Issuers) -> str:
    return issuers.token(CLIENT, system=True)


def _acting_user_from_outside(issuers: Issuers) -> str:
    return issuers.token(acting_user="B7XK2")


def _an_inner_token(issuers: Issuers) -> str:
    return issuers.token(issuer="gateway", audience="consent")


def _gateway_token_of_no_system(issuers: Issuers) -> str:
    return issuers.token(issuer="gateway")


def _gateway_token_of_an_unregistered_system(issuers: Issuers) -> str:
    return issuers.token("gone", issuer="gateway", system=True)


def _cpr_as_subject(issuers: Issuers) -> str:
    return issuers.token("6101901234")


def _name_and_address_as_subject(issuers: Issuers) -> str:
    return issuers.token("Nina Nielsen <nina@example.dk>")


def _empty_subject(issuers: Issuers) -> str:
    return issuers.token("")


def _unit_that_is_no_code(issuers: Issuers) -> str:
    return issuers.token(unit={"any": "thing"})


BAD = [
    _forged_wrong_key, _forged_alg_none, _forged_hs256_with_the_public_key, _tampered_payload, _expired,
    _wrong_audience, _trusted_by_others_but_not_an_identity_provider, _a_service_of_ours, _unknown_issuer,
    _low_assurance, _no_assurance, _service_role_from_outside, _service_role_in_the_issuers_own_name,
    _system_from_outside, _acting_user_from_outside, _an_inner_token, _gateway_token_of_no_system,
    _gateway_token_of_an_unregistered_system, _cpr_as_subject, _unit_that_is_no_code,
    _name_and_address_as_subject, _empty_subject,
]  # fmt: skip


@pytest.mark.parametrize("made", BAD, ids=[made.__name__.strip("_") for made in BAD])
@pytest.mark.parametrize("path", [TASKS, "/api/v1/offers"])
def test_a_bad_token_opens_nothing(door: httpx.Client, echo: Echo, issuers: Issuers, made: object, path: str) -> None:
    assert callable(made)
    got = door.get(path, headers=bearer(made(issuers)) | {"X-Made": "by a test"})
    assert got.status_code == 401
    assert got.headers["www-authenticate"].startswith("Bearer")
    assert got.json()["code"] == "token_refused"
    assert not echo.seen


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer  x", "Basic Zm9vOmJhcg==", "Bearer x", "Bearer a.b.c", "x" * 9000]
)
def test_a_header_that_is_no_token_is_refused(door: httpx.Client, echo: Echo, header: str) -> None:
    got = door.get(TASKS, headers={"Authorization": header})
    assert got.status_code in {400, 401}
    assert not echo.seen


def test_the_outer_token_never_reaches_a_service(door: httpx.Client, issuers: Issuers) -> None:
    token = issuers.token()
    got = door.get(TASKS, headers=bearer(token))
    assert got.status_code == 200
    assert token not in got.text
    assert token.split(".")[2] not in got.text


def test_the_service_learns_who_it_is_and_no_more(door: httpx.Client, issuers: Issuers) -> None:
    given = issuers.person(Role.REFER, Role.AUDITOR, loa="hoej", email="nina@example.org", citizen=None)
    told = claims_of(door.get(TASKS, headers=given).json())
    assert {name: told[name] for name in ("iss", "aud", "sub", "unit", "profession", "loa", "system")} == {
        "iss": "gateway", "aud": "referral", "sub": "nina", "unit": "unit-1", "profession": "5175", "loa": "hoej",
        "system": False,
    }  # fmt: skip
    assert set(told["roles"]) == {"refer", "auditor"}
    assert "email" not in told
    assert "acting_user" not in told


def test_a_citizens_pseudonym_is_passed_on(door: httpx.Client, issuers: Issuers) -> None:
    given = issuers.person(Role.CITIZEN, unit=None, profession=None, citizen="p-77")
    told = claims_of(door.get("/api/v1/my/consents", headers=given).json())
    assert told["citizen"] == "p-77"
    assert told["aud"] == "consent"
    assert "unit" not in told


def test_the_inner_token_lives_a_minute_at_most_and_never_longer_than_the_outer(
    door: httpx.Client, issuers: Issuers
) -> None:
    at = datetime.now(UTC).timestamp()
    long = claims_of(door.get(TASKS, headers=issuers.person()).json())
    short = claims_of(door.get(TASKS, headers=issuers.person(user="short", lifetime_s=20)).json())
    assert long["exp"] - at <= 61
    assert short["exp"] - at <= 21
    assert short["exp"] > at


def test_the_inner_token_is_signed_once_and_kept(door: httpx.Client, issuers: Issuers) -> None:
    given = issuers.person()
    first, again = (claims_of(door.get(TASKS, headers=given).json())["jti"] for _ in range(2))
    other = claims_of(door.get("/api/v1/my/consents", headers=given).json())
    assert first == again
    assert other["jti"] != first


def test_a_kept_inner_token_is_not_given_to_another_acting_user(door: httpx.Client, system: dict[str, str]) -> None:
    told = [
        claims_of(door.get(TASKS, headers=system | {"Familiebro-Acting-User": user}).json())["acting_user"]
        for user in ("B7XK2", "C9AA1", "B7XK2")
    ]
    assert told == ["B7XK2", "C9AA1", "B7XK2"]


def test_an_inner_token_opens_only_the_service_it_is_for(door: httpx.Client, issuers: Issuers) -> None:
    echoed = door.get(TASKS, headers=issuers.person()).json()
    inner = dict(echoed["headers"])["authorization"].removeprefix("Bearer ")
    assert TokenVerifier.from_file("referral", issuers.trusted, ["gateway"]).verify(inner).subject == "nina"
    with pytest.raises(TokenRefused):
        TokenVerifier.from_file("consent", issuers.trusted, ["gateway"]).verify(inner)
    assert door.get(TASKS, headers=bearer(inner)).status_code == 401


def test_a_system_acts_for_the_person_it_names(door: httpx.Client, system: dict[str, str]) -> None:
    echoed = door.get(TASKS, headers=system).json()
    told = claims_of(echoed)
    assert told["acting_user"] == "B7XK2"
    assert told["system"] is True
    assert told["sub"] == CLIENT
    assert told["unit"] == "midwives"
    assert told["loa"] == "betydelig"
    assert "familiebro-acting-user" not in dict(echoed["headers"])


@pytest.mark.parametrize("absent", list(ACTING))
@pytest.mark.parametrize("path", [TASKS, "/api/v1/offers"])
def test_a_system_that_does_not_name_who_acts_is_refused(
    door: httpx.Client, echo: Echo, system: dict[str, str], absent: str, path: str
) -> None:
    got = door.get(path, headers={name: value for name, value in system.items() if name != absent})
    assert got.status_code == 403
    assert got.json()["code"] == "acting_user_required"
    assert not echo.seen


@pytest.mark.parametrize(
    ("name", "value"),
    [("Familiebro-Acting-User", "6101901234"), ("Familiebro-Acting-User", "610190-1234"),
     ("Familiebro-Acting-User", "a6101901234"), ("Familiebro-Acting-User", "a b"),
     ("Familiebro-Acting-User", "a" * 65), ("Familiebro-Acting-User", "a/b"),
     ("Familiebro-Acting-Organisation", "123"), ("Familiebro-Acting-Organisation", "1234512345123x")],
)  # fmt: skip
def test_a_malformed_acting_person_is_refused(
    door: httpx.Client, echo: Echo, system: dict[str, str], name: str, value: str
) -> None:
    got = door.get(TASKS, headers=system | {name: value})
    assert got.status_code == 422
    assert got.json()["code"] == "acting_user_malformed"
    assert value not in got.text
    assert not echo.seen


def test_a_system_acts_only_for_its_own_organisation(door: httpx.Client, echo: Echo, system: dict[str, str]) -> None:
    got = door.get(TASKS, headers=system | {"Familiebro-Acting-Organisation": "999990000099999"})
    assert got.status_code == 403
    assert got.json()["code"] == "acting_organisation_foreign"
    assert not echo.seen


@pytest.mark.parametrize("name", list(ACTING))
def test_a_person_cannot_act_as_another(door: httpx.Client, echo: Echo, issuers: Issuers, name: str) -> None:
    for who in (issuers.person(), {}):
        got = door.get("/api/v1/offers", headers=who | {name: ACTING[name]})
        assert got.status_code == 422
        assert got.json()["code"] == "acting_user_refused"
    assert not echo.seen
