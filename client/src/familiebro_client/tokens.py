"""Who the system is: a token source is an `httpx.Auth`, so that one serves both the async and the blocking client."""

import asyncio
import base64
import threading
import time
from collections.abc import AsyncGenerator, Callable, Generator
from urllib.parse import quote_plus

import httpx
from pydantic import BaseModel, ValidationError

from familiebro_client.errors import TokenDenied, told

TokenSource = httpx.Auth
"""What the client takes: it sets the Authorization header of each request."""
RENEW_BEFORE_S = 60.0
_RENEW_AT_MOST = 0.5
"""Of a short token's life at most this part is given up by renewing early."""


class _Given(BaseModel):
    access_token: str
    expires_in: int


class _Denied(BaseModel):
    error: str


class Bearer(httpx.Auth):
    """A token that somebody else keeps fresh, such as the user's own from the municipality's login.

    Args:
        fetch: returns the token; called for each request.
    """

    def __init__(self, fetch: Callable[[], str]) -> None:
        self._fetch = fetch

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Put the token on the request."""
        request.headers["Authorization"] = "Bearer " + self._fetch()
        yield request


class ClientCredentials(httpx.Auth):
    """A registered system's own token (RFC 6749, 4.4): fetched when first needed, renewed before it ends.

    One token serves every acting person. Concurrent calls wait for one fetch; a token that is refused meanwhile is
    fetched anew, once. Use one in one event loop, or in any number of threads.

    Args:
        address: Familiebro's address, without a path.
        client_id: what the system is registered as.
        secret: its secret; kept out of every `repr` and message.
        monotonic: a clock, for tests.
    """

    def __init__(
        self, address: str, client_id: str, secret: str, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._desk = httpx.URL(secure(address) + "/oauth2/token")
        pair = f"{quote_plus(client_id)}:{quote_plus(secret)}"
        self._basic = "Basic " + base64.b64encode(pair.encode()).decode("ascii")
        self._monotonic = monotonic
        self._token: str | None = None
        self._renew_at = 0.0
        self._waiting = asyncio.Lock()
        self._blocking = threading.Lock()

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Put a fresh token on the request."""
        with self._blocking:
            if not self._fresh():
                answer = yield self._ask()
                answer.read()
                self._take(answer)
            used = self._put_on(request)
        answer = yield request
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            with self._blocking:
                if self._token == used:
                    desk = yield self._ask()
                    desk.read()
                    self._take(desk)
                self._put_on(request)
            yield request

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Put a fresh token on the request."""
        async with self._waiting:
            if not self._fresh():
                answer = yield self._ask()
                await answer.aread()
                self._take(answer)
            used = self._put_on(request)
        answer = yield request
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            async with self._waiting:
                if self._token == used:
                    desk = yield self._ask()
                    await desk.aread()
                    self._take(desk)
                self._put_on(request)
            yield request

    def _fresh(self) -> bool:
        return self._token is not None and self._monotonic() < self._renew_at

    def _ask(self) -> httpx.Request:
        headers = {"Authorization": self._basic}
        return httpx.Request("POST", self._desk, data={"grant_type": "client_credentials"}, headers=headers)

    def _take(self, answer: httpx.Response) -> None:
        """Keep the token that was given.

        Raises:
            TokenDenied: the desk does not know the system, or its secret.
            FamiliebroError: the desk is busy or down.
        """
        if not answer.is_success:
            try:
                denied = _Denied.model_validate_json(answer.content)
            except ValidationError:
                raise told(answer) from None
            raise TokenDenied(denied.error)
        try:
            given = _Given.model_validate_json(answer.content)
        except ValidationError:
            raise told(answer) from None
        early = min(RENEW_BEFORE_S, given.expires_in * _RENEW_AT_MOST)
        self._token, self._renew_at = given.access_token, self._monotonic() + given.expires_in - early

    def _put_on(self, request: httpx.Request) -> str:
        token = self._token or ""
        request.headers["Authorization"] = "Bearer " + token
        return token


def secure(address: str) -> str:
    """Return the address without a slash at its end.

    Raises:
        ValueError: tokens and families' words would travel in the clear: it is not https, and not this machine.
    """
    url = httpx.URL(address)
    if url.scheme != "https" and not (url.scheme == "http" and url.host in {"127.0.0.1", "::1", "localhost"}):
        msg = "Familiebro's address must begin with https://"
        raise ValueError(msg)
    return address.rstrip("/")
