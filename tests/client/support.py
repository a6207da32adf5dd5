"""A Familiebro of a test's own, in front of which either client may stand, and what it was asked."""

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx

from familiebro_client import Acting, ClientCredentials, Familiebro, FamiliebroBlocking, Patience
from familiebro_client.tokens import TokenSource

ADDRESS = "https://familiebro.example"
SECRET = "only-for-tests-and-long-enough"
MOTHER = UUID("01a20262-ff72-74e6-9f69-e7e0788311b4")
MIDWIFE = Acting("JM-0417", "99990000001")
Reply = httpx.Response | Exception


def problem(status: int, code: str, headers: dict[str, str] | None = None, **more: Any) -> httpx.Response:
    """Return a problem as Familiebro tells it."""
    body = {"type": "urn:familiebro:problem:" + code, "title": "no", "status": status, "detail": "nej", "code": code,
            "fix_by": "time", "instance": "urn:uuid:00000000-0000-0000-0000-000000000001", **more}  # fmt: skip
    return httpx.Response(status, json=body, headers={"Content-Type": "application/problem+json", **(headers or {})})


def posted(**more: Any) -> httpx.Response:
    """Return the answer to a post."""
    return httpx.Response(201, json={"id": str(MOTHER), "need": str(MOTHER), "tasks": [], **more})


@dataclass(slots=True)
class Desk:
    """Gives tokens and answers, in the order they are told; the last answer stays."""

    replies: list[Reply]
    lifetime_s: int = 3600
    tokens: int = 0
    denied: httpx.Response | None = None
    asked: list[httpx.Request] = field(default_factory=list)
    refuses: set[str] = field(default_factory=set)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer."""
        if request.url.path == "/oauth2/token":
            return self._token()
        if request.headers.get("authorization", "").removeprefix("Bearer ") in self.refuses:
            return problem(401, "token_refused")
        self.asked.append(request)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, Exception):
            raise reply
        return httpx.Response(reply.status_code, content=reply.content, headers=reply.headers)

    def _token(self) -> httpx.Response:
        if self.denied is not None:
            return httpx.Response(self.denied.status_code, content=self.denied.content, headers=self.denied.headers)
        self.tokens += 1
        body = {"access_token": f"token-{self.tokens}", "token_type": "Bearer", "expires_in": self.lifetime_s}
        return httpx.Response(200, json=body)

    def keys(self) -> list[str | None]:
        """Return the keys that came."""
        return [each.headers.get("idempotency-key") for each in self.asked]

    def bodies(self) -> list[Any]:
        """Return the bodies that came."""
        return [json.loads(each.content) if each.content else None for each in self.asked]


class Standing:
    """One of the two clients in front of a desk; `do` runs a call of either to its end."""

    def __init__(self, kind: type[Familiebro] | type[FamiliebroBlocking]) -> None:
        self.kind = kind

    def do(
        self,
        desk: Callable[[httpx.Request], httpx.Response],
        what: Callable[[Any], Any],
        *,
        tokens: TokenSource | None = None,
        patience: Patience | None = None,
        acting: Acting | None = MIDWIFE,
    ) -> Any:
        """Run `what` with a client; return what it gives, an iteration as a list."""
        told: dict[str, Any] = {"acting": acting, "patience": patience, "transport": httpx.MockTransport(desk)}
        source = tokens or ClientCredentials(ADDRESS, "region", SECRET)
        if self.kind is FamiliebroBlocking:
            with FamiliebroBlocking(ADDRESS, source, **told) as client:
                made = what(client)
                return list(made) if isinstance(made, Iterator) else made

        async def run() -> Any:
            async with Familiebro(ADDRESS, source, **told) as client:
                made = what(client)
                return [each async for each in made] if hasattr(made, "__aiter__") else await made

        return asyncio.run(run())
