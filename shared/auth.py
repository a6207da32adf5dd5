"""Who is calling: tokens are checked here and nowhere else, and `VerifiedClaims` comes only from here.

Every token is ES256, with an issuer we trust, an audience and an end. python-jose stays in this one
module (docs/adr/0007). A verified token is remembered until it ends, so that a signature is checked once.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

import orjson
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import Depends, Request
from jose import jwk, jwt
from jose.exceptions import JOSEError

from shared.clock import now
from shared.ids import new_id
from shared.problems import MissingScope, TokenRefused

ALGORITHM = "ES256"
_REMEMBERED = 4096
_LEEWAY_S = 5
SERVICE_TOKEN_LIFETIME = timedelta(minutes=5)
_RENEW_BEFORE = timedelta(minutes=1)


class Assurance(StrEnum):
    """How surely a person was identified (NSIS, R60)."""

    LOW = "lav"
    SUBSTANTIAL = "betydelig"
    HIGH = "hoej"


ENOUGH = frozenset({Assurance.SUBSTANTIAL, Assurance.HIGH})


class Role(StrEnum):
    """What an identity may do. `edit_offers`: its own unit's offers; `edit_organisation`: all its organisation's.

    `legal_override`: decide that something is told on another legal ground than consent (R74). `convene`: call and take
    part in a meeting under RSL § 11 e. `lead`: approve what a leader must, and see what is overdue in the municipality.
    `report`: report concern for a child by name (R29). `receive_reports`: take such reports in, for the authority.
    """

    REFER = "refer"
    RECEIVE = "receive"
    RECORD_CONSENT = "record_consent"
    LEGAL_OVERRIDE = "legal_override"
    CITIZEN = "citizen"
    AUDITOR = "auditor"
    CONVENE = "convene"
    LEAD = "lead"
    REPORT = "report"
    RECEIVE_REPORTS = "receive_reports"
    EDIT_OFFERS = "edit_offers"
    EDIT_ORGANISATION = "edit_organisation"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class VerifiedClaims:
    """An identity that was checked: by whom it was told, who it is, and for whom it acts.

    `unit` is the unit (enhed) whose behalf it acts on; `acting_user` is the authorised person behind a
    system (R66); `citizen` is the pseudonym of a citizen's login.
    """

    issuer: str
    subject: str
    expires_at: datetime
    roles: frozenset[Role]
    unit: str | None = None
    profession: str | None = None
    acting_user: str | None = None
    citizen: str | None = None
    system: bool = False
    loa: Assurance | None = None

    @property
    def user(self) -> str:
        """The person who acts: behind a system the named user, otherwise the subject itself."""
        return self.acting_user or self.subject


def make_key() -> dict[str, str]:
    """Return a new private ES256 key as a JWK."""
    private = ec.generate_private_key(ec.SECP256R1())
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    told = jwk.construct(pem.decode(), ALGORITHM).to_dict()
    return {name: value.decode() if isinstance(value, bytes) else str(value) for name, value in told.items()}


def public_part(private: Mapping[str, str]) -> dict[str, str]:
    """Return the public half of a private JWK."""
    return {name: value for name, value in private.items() if name != "d"}


class TokenSigner:
    """Signs tokens in one issuer's name."""

    def __init__(self, issuer: str, private: Mapping[str, str]) -> None:
        self._issuer = issuer
        self._key = jwk.construct(dict(private), ALGORITHM)

    def sign(self, subject: str, audience: str, lifetime: timedelta, claims: Mapping[str, object]) -> str:
        """Return a token for `audience`, valid from now for `lifetime`."""
        at = now()
        content = {
            **claims,
            "iss": self._issuer,
            "sub": subject,
            "aud": audience,
            "iat": int(at.timestamp()),
            "exp": int((at + lifetime).timestamp()),
            "jti": str(new_id()),
        }
        return str(jwt.encode(content, self._key, algorithm=ALGORITHM))


class ServiceIdentity:
    """A service's own tokens, one per audience, renewed before they end."""

    def __init__(self, name: str, key_file: Path) -> None:
        self.name = name
        self._signer = TokenSigner(name, orjson.loads(key_file.read_bytes()))
        self._held: dict[str, tuple[datetime, str]] = {}

    def token(self, audience: str) -> str:
        """Return a token that `audience` accepts for at least a minute more."""
        held = self._held.get(audience)
        if held is None or held[0] - _RENEW_BEFORE <= now():
            token = self._signer.sign(self.name, audience, SERVICE_TOKEN_LIFETIME, {"roles": [Role.SERVICE]})
            held = (now() + SERVICE_TOKEN_LIFETIME, token)
            self._held[audience] = held
        return held[1]


class TokenVerifier:
    """Checks tokens for one audience against the issuers it trusts; `services` among them speak for themselves only."""

    def __init__(self, audience: str, trusted: Mapping[str, Mapping[str, str]], services: Iterable[str] = ()) -> None:
        self._audience = audience
        self._services = frozenset(services)
        self._keys = {issuer: jwk.construct(dict(key), ALGORITHM) for issuer, key in trusted.items()}
        self._remembered: dict[bytes, VerifiedClaims] = {}

    @classmethod
    def from_file(
        cls, audience: str, trusted_keys: Path, issuers: Iterable[str], services: Iterable[str] = ()
    ) -> "TokenVerifier":
        """Trust just `issuers` and `services` out of the file issuer -> public JWK."""
        held, themselves = orjson.loads(trusted_keys.read_bytes()), frozenset(services)
        trusted = {*issuers, *themselves}
        return cls(audience, {issuer: held[issuer] for issuer in trusted if issuer in held}, themselves)

    def verify(self, token: str) -> VerifiedClaims:
        """Return who the token speaks for.

        Raises:
            TokenRefused: forged, expired, for another audience, or by an issuer not trusted here.
        """
        digest = sha256(token.encode()).digest()
        known = self._remembered.get(digest)
        if known is None:
            known = self._check(token)
            if len(self._remembered) >= _REMEMBERED:
                self._remembered.clear()
            self._remembered[digest] = known
        if known.expires_at <= now():
            self._remembered.pop(digest, None)
            raise TokenRefused
        return known

    def _check(self, token: str) -> VerifiedClaims:
        try:
            issuer = str(jwt.get_unverified_claims(token).get("iss"))
            key = self._keys.get(issuer)
            if key is None:
                raise TokenRefused
            claims = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                audience=self._audience,
                issuer=issuer,
                options={
                    "require_exp": True,
                    "require_iat": True,
                    "require_sub": True,
                    "require_aud": True,
                    "require_iss": True,
                    "leeway": _LEEWAY_S,
                },
            )
            told = _claims(claims)
        except (JOSEError, ValueError, TypeError, AttributeError, KeyError) as error:
            raise TokenRefused from error
        if issuer in self._services and told.roles != {Role.SERVICE}:
            raise TokenRefused
        return told


def _claims(claims: Mapping[str, Any]) -> VerifiedClaims:
    if not isinstance(claims["roles"], list):
        raise TokenRefused
    roles = frozenset(role for role in Role if role.value in claims["roles"])
    loa = None if Role.SERVICE in roles else Assurance(claims["loa"])
    if loa is not None and loa not in ENOUGH:
        raise TokenRefused
    if Role.SERVICE in roles and claims["sub"] != claims["iss"]:
        raise TokenRefused
    return VerifiedClaims(
        issuer=claims["iss"],
        subject=claims["sub"],
        expires_at=datetime.fromtimestamp(claims["exp"], UTC),
        roles=roles,
        loa=loa,
        unit=claims.get("unit"),
        profession=claims.get("profession"),
        acting_user=claims.get("acting_user"),
        citizen=claims.get("citizen"),
        system=bool(claims.get("system", False)),
    )


def bearer(request: Request) -> str:
    """Return the token of the Authorization header.

    Raises:
        TokenRefused: there is none.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise TokenRefused
    return token


def verified(request: Request) -> VerifiedClaims:
    """Return who calls, by the token in the Authorization header.

    Raises:
        TokenRefused: there is none, or none that is accepted here.
    """
    verifier: TokenVerifier = request.app.state.verifier
    claims = verifier.verify(bearer(request))
    request.scope["familiebro.caller"] = claims
    return claims


async def _caller(request: Request) -> VerifiedClaims:
    return verified(request)


Caller = Annotated[VerifiedClaims, Depends(_caller)]


def with_role(*allowed: Role) -> Callable[..., Any]:
    """Return a dependency that lets pass only callers with one of `allowed`."""

    async def check(caller: Caller) -> VerifiedClaims:
        if caller.roles.isdisjoint(allowed):
            raise MissingScope
        return caller

    return check


def unit_of(caller: VerifiedClaims) -> str:
    """Return the unit the caller acts for.

    Raises:
        MissingScope: it acts for none.
    """
    if caller.unit is None:
        raise MissingScope
    return caller.unit
