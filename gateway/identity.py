"""Who stands at the door, and as whom the services get to know them.

A token from outside is checked here and goes no further. What goes on is a token of the gateway's own, for one
service, for a minute at most, saying only what the services need. It is kept while it is fresh, so that signing
costs once a minute and not once a request.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from gateway import problems
from gateway.addresses import holds_cpr
from gateway.clients import Client
from gateway.problems import Refused
from shared.auth import Role, TokenSigner, TokenVerifier, VerifiedClaims
from shared.clock import now
from shared.problems import TokenRefused

OUTSIDE = "familiebro"
"""The audience of every token that comes from outside."""
_LIFETIME = timedelta(seconds=60)
_RENEW_BEFORE = timedelta(seconds=10)
_MOST_KEPT = 8192
_ACTING_USER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_SOR = re.compile(r"\d{11,20}")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody whose token from outside was checked; `acting_user` is the person behind a system (R66)."""

    claims: VerifiedClaims
    digest: bytes
    acting_user: str | None

    @property
    def key(self) -> str:
        """Return what the limits count by."""
        return f"{self.claims.issuer}|{self.claims.subject}"


class Reception:
    """Checks tokens from outside and hands out inner ones."""

    def __init__(
        self, verifier: TokenVerifier, signer: TokenSigner, own_issuer: str, clients: Mapping[str, Client]
    ) -> None:
        self._verifier = verifier
        self._signer = signer
        self._own = own_issuer
        self._clients = clients
        self._admitted: set[bytes] = set()
        self._kept: dict[tuple[bytes, str, str | None], tuple[float, str]] = {}

    def identify(self, headers: Mapping[str, str]) -> Visitor | None:
        """Return who calls, or nothing if no token came.

        Raises:
            TokenRefused: a token came that opens nothing here.
            Refused: the acting person is missing where one must be named, or named where none may be.
        """
        given = headers.get("authorization")
        user, organisation = headers.get("familiebro-acting-user"), headers.get("familiebro-acting-organisation")
        if given is None:
            if user is not None or organisation is not None:
                raise Refused(problems.ACTING_USER_REFUSED)
            return None
        scheme, _, token = given.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise TokenRefused
        claims = self._verifier.verify(token)
        digest = sha256(token.encode()).digest()
        if digest not in self._admitted:
            self._admit(digest, claims)
        return Visitor(claims, digest, self._acting_user(claims, user, organisation))

    def _admit(self, digest: bytes, claims: VerifiedClaims) -> None:
        """Look over a verified token the first time it comes."""
        self._look_over(claims)
        if len(self._admitted) >= _MOST_KEPT:
            self._admitted.clear()
        self._admitted.add(digest)

    def _look_over(self, claims: VerifiedClaims) -> None:
        """Refuse what a genuine token from outside may not say of itself."""
        if Role.SERVICE in claims.roles or claims.loa is None or claims.acting_user is not None:
            raise TokenRefused
        if claims.system != (claims.issuer == self._own):
            raise TokenRefused
        # The subject stands in the ledger as who acted: a pseudonym or a number, never a name or an address (R54).
        words: tuple[object, ...] = (claims.subject, claims.unit, claims.profession, claims.citizen)
        for word in words:
            if word is not None and (not isinstance(word, str) or not _WORD.fullmatch(word) or holds_cpr(word)):
                raise TokenRefused

    def _acting_user(self, claims: VerifiedClaims, user: str | None, organisation: str | None) -> str | None:
        if not claims.system:
            if user is not None or organisation is not None:
                raise Refused(problems.ACTING_USER_REFUSED)
            return None
        client = self._clients.get(claims.subject)
        if client is None:
            raise TokenRefused
        if not user or not organisation:
            raise Refused(problems.ACTING_USER_REQUIRED)
        if not _ACTING_USER.fullmatch(user) or holds_cpr(user) or not _SOR.fullmatch(organisation):
            raise Refused(problems.ACTING_USER_MALFORMED)
        if organisation != client.org_sor:
            raise Refused(problems.ACTING_ORGANISATION_FOREIGN)
        return user

    def inner_token(self, visitor: Visitor, service: str) -> str:
        """Return the Authorization header by which `service` gets to know the visitor."""
        place = (visitor.digest, service, visitor.acting_user)
        at = now()
        kept = self._kept.get(place)
        if kept is not None and at.timestamp() < kept[0]:
            return kept[1]
        claims = visitor.claims
        left = claims.expires_at - at
        lifetime = min(_LIFETIME, left)
        content = {
            "roles": sorted(claims.roles),
            "loa": claims.loa,
            "unit": claims.unit,
            "profession": claims.profession,
            "citizen": claims.citizen,
            "system": claims.system,
            "acting_user": visitor.acting_user,
        }
        made = "Bearer " + self._signer.sign(
            claims.subject, service, lifetime, {name: value for name, value in content.items() if value is not None}
        )
        fresh_until = at + (lifetime - _RENEW_BEFORE if lifetime == _LIFETIME else left)
        self._keep(place, fresh_until.timestamp(), made, at.timestamp())
        return made

    def _keep(self, place: tuple[bytes, str, str | None], until: float, made: str, at: float) -> None:
        if len(self._kept) >= _MOST_KEPT:
            self._kept = {key: value for key, value in self._kept.items() if value[0] > at}
        if len(self._kept) >= _MOST_KEPT:
            self._kept.clear()
        self._kept[place] = (until, made)
