"""Where a registered system gets its token: OAuth 2.0 client credentials (RFC 6749, 4.4).

A system's token says `system`, and assurance `betydelig`: a registered system with its own secret over TLS stands in
for the system certificate (OCES) that the health side uses, which is counted as substantial (R60). The token alone
opens nothing: each call must also name the person who acts (R66).
"""

import asyncio
import base64
import binascii
import re
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import parse_qsl, unquote_plus

import orjson
import structlog

from gateway import problems
from gateway.clients import Client, hash_secret, matches
from gateway.exchange import Answer, Request
from gateway.identity import OUTSIDE
from gateway.limits import Limiter
from gateway.problems import Refused
from shared.auth import Assurance, Role, TokenSigner
from shared.clock import monotonic

log = structlog.get_logger()
_LARGEST_FORM = 4096
_HASHES_AT_ONCE = 2
_MOST_PARAMETERS = 10
_LONGEST_SECRET = 256
_CLIENT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_SAID = {
    "invalid_request": "The request is not a client_credentials request as RFC 6749, 4.4 has it.",
    "invalid_client": "The client is unknown, or its secret is wrong.",
    "unsupported_grant_type": "Only client_credentials is served here.",
    "invalid_scope": "The client is not registered for a scope it asks for.",
}


class _Denied(Exception):
    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


class TokenDesk:
    """Gives registered systems their tokens."""

    def __init__(
        self, clients: Mapping[str, Client], signer: TokenSigner, strangers: Limiter, attempts: Limiter, lifetime_s: int
    ) -> None:
        self._clients = clients
        self._signer = signer
        self._strangers = strangers
        self._attempts = attempts
        self._lifetime = timedelta(seconds=lifetime_s)
        self._nobody = hash_secret("nobody has this secret")
        self._hashing = asyncio.Semaphore(_HASHES_AT_ONCE)

    async def serve(self, request: Request) -> Answer:
        """Return a token, or why not, as RFC 6749, 5.1 and 5.2 have it.

        Raises:
            Refused: wrong method, too much, or too often.
        """
        self._strangers.take(request.address, monotonic())
        if request.method != "POST":
            raise Refused(problems.METHOD, {"Allow": "POST"})
        try:
            form = await self._form(request)
            name, secret = _credentials(request.headers.get("authorization"), form)
            self._attempts.take(f"{name}|{request.address}", monotonic())
            client = await self._known(name, secret)
            roles = _granted(client, form.get("grant_type"), form.get("scope"))
        except _Denied as denied:
            log.info("token_denied", error=denied.error, request_id=request.request_id)
            return _denial(denied.error)
        request.unit = client.unit
        return self._token(name, client, roles)

    async def _form(self, request: Request) -> dict[str, str]:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        raw = await request.body(_LARGEST_FORM)
        if request.query or kind != "application/x-www-form-urlencoded":
            raise _Denied("invalid_request")
        try:
            pairs = parse_qsl(raw.decode("ascii"), strict_parsing=True, errors="strict",
                              max_num_fields=_MOST_PARAMETERS)  # fmt: skip
        except ValueError as error:
            raise _Denied("invalid_request") from error
        form = dict(pairs)
        if len(form) != len(pairs):
            raise _Denied("invalid_request")
        return form

    async def _known(self, name: str, secret: str) -> Client:
        """Return the client whose secret this is; an unknown client costs as much time as a wrong secret."""
        client = self._clients.get(name)
        kept = client.secret_hash if client else self._nobody
        async with self._hashing:
            right = await asyncio.to_thread(matches, secret, kept)
        if client is None or not right:
            raise _Denied("invalid_client")
        return client

    def _token(self, name: str, client: Client, roles: frozenset[Role]) -> Answer:
        claims = {
            "system": True,
            "loa": Assurance.SUBSTANTIAL,
            "roles": sorted(roles),
            "unit": client.unit,
            "profession": client.profession,
        }
        token = self._signer.sign(
            name, OUTSIDE, self._lifetime, {key: value for key, value in claims.items() if value is not None}
        )
        body = {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": int(self._lifetime.total_seconds()),
            "scope": " ".join(sorted(roles)),
        }
        return _json(200, body)


def _credentials(authorization: str | None, form: Mapping[str, str]) -> tuple[str, str]:
    """Return client and secret, given in exactly one of the two ways of RFC 6749, 2.3.1."""
    in_body = "client_id" in form or "client_secret" in form
    if authorization is None:
        if not in_body:
            raise _Denied("invalid_client")
        name, secret = form.get("client_id", ""), form.get("client_secret", "")
    else:
        if "client_secret" in form:
            raise _Denied("invalid_request")
        name, secret = _basic(authorization)
        if form.get("client_id", name) != name:
            raise _Denied("invalid_request")
    if not _CLIENT_ID.fullmatch(name) or not 0 < len(secret) <= _LONGEST_SECRET:
        raise _Denied("invalid_client")
    return name, secret


def _basic(authorization: str) -> tuple[str, str]:
    scheme, _, given = authorization.partition(" ")
    if scheme.lower() != "basic":
        raise _Denied("invalid_client")
    try:
        name, colon, secret = base64.b64decode(given.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise _Denied("invalid_client") from error
    if not colon:
        raise _Denied("invalid_client")
    return unquote_plus(name), unquote_plus(secret)


def _granted(client: Client, grant_type: str | None, asked: str | None) -> frozenset[Role]:
    if grant_type != "client_credentials":
        raise _Denied("unsupported_grant_type" if grant_type else "invalid_request")
    if asked is None:
        return client.roles
    wanted = set(asked.split())
    if not wanted or not wanted <= {role.value for role in client.roles}:
        raise _Denied("invalid_scope")
    return frozenset(Role(each) for each in wanted)


def _denial(error: str) -> Answer:
    answer = _json(401 if error == "invalid_client" else 400, {"error": error, "error_description": _SAID[error]})
    if error == "invalid_client":
        answer.headers.append((b"www-authenticate", b'Basic realm="familiebro", charset="UTF-8"'))
    return answer


def _json(status: int, body: Mapping[str, object]) -> Answer:
    headers = [
        (b"content-type", b"application/json"),
        (b"cache-control", b"no-store"),
        (b"pragma", b"no-cache"),
    ]
    return Answer(status, headers, orjson.dumps(body))
