"""Tokens: only what was checked becomes an identity, and only while it holds."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from jose import jwk, jwt

from shared import auth
from shared.auth import Assurance, Role, ServiceIdentity, TokenSigner, TokenVerifier, make_key, public_part
from shared.clock import now
from shared.problems import TokenRefused
from tests.support.keys import Keys

HOUR = timedelta(hours=1)
KEY = make_key()
OTHER = make_key()
PARTY = {"roles": ["refer"], "loa": "betydelig", "unit": "noh"}


def verifier(audience: str = "consent") -> TokenVerifier:
    """Return a verifier that trusts the issuer `gateway`."""
    return TokenVerifier(audience, {"gateway": public_part(KEY)})


def signed(claims: dict[str, Any] | None = None, *, issuer: str = "gateway", key: dict[str, str] = KEY,
           audience: str = "consent", lifetime: timedelta = HOUR, subject: str = "u1") -> str:  # fmt: skip
    """Return a token."""
    return TokenSigner(issuer, key).sign(subject, audience, lifetime, PARTY if claims is None else claims)


@pytest.mark.parametrize("roles", [["refer"], ["service", "refer"], []])
def test_a_services_key_speaks_for_the_service_only(roles: list[str]) -> None:
    """Whoever gets hold of one service's key cannot record a consent in a unit's name at another."""
    trusting = TokenVerifier("consent", {"referral": public_part(KEY)}, ["referral"])
    itself = signed({"roles": ["service"]}, issuer="referral", subject="referral")
    assert trusting.verify(itself).roles == {Role.SERVICE}
    with pytest.raises(TokenRefused):
        trusting.verify(signed(PARTY | {"roles": roles}, issuer="referral", subject="referral"))


def part(content: dict[str, Any]) -> str:
    """Return a part of a token as it is written."""
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def unsigned() -> str:
    """Return a token that says it needs no signature."""
    payload = json.loads(base64.urlsafe_b64decode(signed().split(".")[1] + "=="))
    return f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(payload)}."


def signed_with_the_public_key_as_a_secret() -> str:
    """Return the classic confusion of a public key with a shared secret."""
    payload = json.loads(base64.urlsafe_b64decode(signed().split(".")[1] + "=="))
    head = f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part(payload)}"
    mac = hmac.new(json.dumps(public_part(KEY)).encode(), head.encode(), hashlib.sha256).digest()
    return f"{head}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def tampered() -> str:
    """Return a genuine token whose content was changed afterwards."""
    head, payload, signature = signed().split(".")
    content = json.loads(base64.urlsafe_b64decode(payload + "=="))
    return f"{head}.{part(content | {'unit': 'another'})}.{signature}"


BAD: dict[str, Callable[[], str]] = {
    "another key": lambda: signed(key=OTHER),
    "an unknown issuer": lambda: signed(issuer="somebody"),
    "another audience": lambda: signed(audience="referral"),
    "expired": lambda: signed(lifetime=-HOUR),
    "no signature": unsigned,
    "a shared secret": signed_with_the_public_key_as_a_secret,
    "tampered with": tampered,
    "low assurance": lambda: signed(PARTY | {"loa": "lav"}),
    "no assurance": lambda: signed({"roles": ["refer"]}),
    "an unknown assurance": lambda: signed(PARTY | {"loa": "meget"}),
    "roles as a text": lambda: signed(PARTY | {"roles": "refer,auditor"}),
    "no roles": lambda: signed({"loa": "betydelig"}),
    "a service's role for somebody else": lambda: signed({"roles": ["service"]}, subject="referral"),
    "rubbish": lambda: "a.b.c",
    "nothing": lambda: "",
    "not even ASCII": lambda: "æ.ø.å",
}


@pytest.mark.parametrize("why", BAD)
def test_a_token_that_is_not_sound_opens_nothing(why: str) -> None:
    with pytest.raises(TokenRefused):
        verifier().verify(BAD[why]())


@pytest.mark.parametrize("missing", ["exp", "iat", "sub", "aud", "iss"])
def test_every_claim_that_bounds_a_token_must_be_there(missing: str) -> None:
    at = int(now().timestamp())
    content = {**PARTY, "iss": "gateway", "sub": "u1", "aud": "consent", "iat": at, "exp": at + 60}
    del content[missing]
    token = str(jwt.encode(content, jwk.construct(KEY, auth.ALGORITHM), algorithm=auth.ALGORITHM))
    with pytest.raises(TokenRefused):
        verifier().verify(token)


def test_a_sound_token_tells_who_calls() -> None:
    claims = verifier().verify(signed(PARTY | {"acting_user": "JM-1", "roles": ["refer", "unheard-of"]}))
    assert (claims.unit, claims.user, claims.roles) == ("noh", "JM-1", frozenset({Role.REFER}))
    assert claims.loa is Assurance.SUBSTANTIAL


def test_a_remembered_token_is_forgotten_when_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    checker, token = verifier(), signed()
    assert checker.verify(token) is checker.verify(token)
    later = now() + 2 * HOUR
    monkeypatch.setattr(auth, "now", lambda: later)
    with pytest.raises(TokenRefused):
        checker.verify(token)


def test_memory_of_tokens_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "_REMEMBERED", 3)
    checker = verifier()
    for number in range(10):
        assert checker.verify(signed(subject=f"u{number}")).subject == f"u{number}"
    assert len(checker._remembered) <= 3


def test_a_service_renews_its_token_before_it_ends(keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    identity = ServiceIdentity("referral", keys.private("referral"))
    first = identity.token("consent")
    assert identity.token("consent") == first
    assert identity.token("directory") != first
    later = now() + auth.SERVICE_TOKEN_LIFETIME - timedelta(seconds=30)
    monkeypatch.setattr(auth, "now", lambda: later)
    assert identity.token("consent") != first


def test_the_public_part_holds_no_secret() -> None:
    assert "d" in KEY
    assert set(public_part(KEY)) == {"kty", "crv", "x", "y", "alg"}
