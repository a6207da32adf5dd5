"""Every address of every service, asked by every kind of caller: who is told what must not be told?"""

import asyncio
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any, NamedTuple
from uuid import uuid4

import aiohttp
import httpx
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from tests.support.leaks import held

AT_ONCE = 16
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
# A body nobody takes: every model forbids what it does not know. What takes no body is done as it is.
HARMLESS = {"sweep": True}
Headers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Address:
    """One method of one path of a service; `queries` and `example` are what its description says of them."""

    service: str
    method: str
    path: str
    queries: tuple[str, ...] = ()
    example: Any = field(default=None, compare=False)

    @property
    def names(self) -> list[str]:
        """The parameters in the path."""
        return [piece.split("}")[0] for piece in self.path.split("{")[1:]]

    def at(self, values: Mapping[str, str]) -> str:
        """Return the path with its parameters filled."""
        return self.path.format(**values)


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who asks: `header` by the door they come to; None: they do not come to that door.

    `may_spend`: what they ask without a body does not change where the meeting stands, since it is not theirs.
    """

    name: str
    header: Callable[[str], Headers | None]
    may_spend: bool = True


class Ask(NamedTuple):
    """One request."""

    door: str
    caller: str
    address: Address
    method: str
    url: str
    headers: Headers
    body: bytes | None


class Hit(NamedTuple):
    """Who was told one of the secrets, where."""

    secret: str
    door: str
    caller: str
    method: str
    path: str


@dataclass(slots=True)
class Swept:
    """What came of a sweep."""

    asked: int = 0
    hits: set[Hit] = field(default_factory=set)
    answered: dict[Address, set[int]] = field(default_factory=dict)
    by_caller: dict[str, set[int]] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)
    tags: dict[tuple[str, str, str], str] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    def of(self, secret: str) -> set[Hit]:
        """Return who was told that secret."""
        return {hit for hit in self.hits if hit.secret == secret}


def described(document: Mapping[str, Any], service: str) -> Iterator[Address]:
    """Give every address that a service's OpenAPI description names."""
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            queries = tuple(each["name"] for each in told.get("parameters", []) if each["in"] == "query")
            yield Address(service, method.upper(), path, queries, _example(document, told))


def undescribed(app: FastAPI, service: str, known: Iterable[Address]) -> Iterator[Address]:
    """Give every address an application takes that its description does not name."""
    there = {(each.method, each.path) for each in known}
    for route in iter_route_contexts(app.routes):
        path = str(route.path).replace(":path}", "}")
        for method in sorted((route.methods or set()) - {"HEAD"}):
            if (method, path) not in there:
                yield Address(service, method, path)


def _example(document: Mapping[str, Any], told: Mapping[str, Any]) -> Any:
    content = told.get("requestBody", {}).get("content", {}).get("application/json", {})
    name = str(content.get("schema", {}).get("$ref", "")).rpartition("/")[2]
    examples = document.get("components", {}).get("schemas", {}).get(name, {}).get("examples", [])
    return examples[0] if examples else None


@dataclass(frozen=True, slots=True)
class Map:
    """What is filled in where: `ids` by service and parameter, `queries` by name; `writable` ids are safe to post to.

    `bodies`: what is posted to a path instead of what nobody takes, by whom; None of it changes anything.
    """

    ids: Mapping[tuple[str, str], Sequence[str]]
    queries: Mapping[str, str]
    writable: Collection[tuple[str, str]]
    odd: Sequence[str] = ()

    def paths(self, address: Address, *, odd: bool) -> list[str]:
        """Return the paths to ask: with every id that is known, and if `odd` with ids of quite other things."""
        writes = address.method in WRITES
        choices = []
        for name in address.names:
            key = (address.service, name)
            known = self.ids.get(key, ()) if not writes or key in self.writable else ()
            choices.append([*known] or [str(uuid4())])
        found = [address.at(dict(zip(address.names, values, strict=True))) for values in product(*choices)]
        if odd and address.names and not writes:
            found += [address.at(dict.fromkeys(address.names, each)) for each in self.odd]
        return found

    def asked(self, address: Address) -> list[str]:
        """Return the query strings to ask with: none, each that is known by itself, and all of them."""
        known = {name: self.queries[name] for name in address.queries if name in self.queries}
        singles = [str(httpx.QueryParams({name: value})) for name, value in known.items()]
        together = [str(httpx.QueryParams(known))] if len(known) > 1 else []
        return ["", *(f"?{each}" for each in singles + together)]


async def sweep(asks: Iterable[Ask], secrets: Mapping[str, str]) -> Swept:
    """Ask everything, a few at a time; whatever is answered, headers too, is searched for every secret."""
    swept, left = Swept(), iter(asks)

    async def work(session: aiohttp.ClientSession) -> None:
        for ask in left:
            await _one(session, ask, secrets, swept)

    connector = aiohttp.TCPConnector(limit=AT_ONCE, force_close=False)
    timeout = aiohttp.ClientTimeout(total=60)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout, auto_decompress=False) as session:
        await asyncio.gather(*(work(session) for _ in range(AT_ONCE)))
    return swept


async def _one(session: aiohttp.ClientSession, ask: Ask, secrets: Mapping[str, str], swept: Swept) -> None:
    swept.asked += 1
    async with session.request(
        ask.method, ask.url, data=ask.body, headers=dict(ask.headers), allow_redirects=False
    ) as answer:
        content, status = await answer.read(), answer.status
        told = b"\n".join(b": ".join(pair) for pair in answer.raw_headers)
    swept.answered.setdefault(ask.address, set()).add(status)
    swept.by_caller.setdefault(ask.caller, set()).add(status)
    if status >= httpx.codes.INTERNAL_SERVER_ERROR and status != httpx.codes.SERVICE_UNAVAILABLE:
        swept.broken.append(f"{status} {ask.method} {ask.address.path} by {ask.caller}")
    if "no-store" not in answer.headers.get("cache-control", "") and ask.address.service not in {
        "directory",
        "gateway",
    }:
        swept.kept.add(f"{ask.method} {ask.address.path}")
    if status == httpx.codes.OK and "etag" in answer.headers:
        swept.tags[ask.door, ask.caller, ask.url] = answer.headers["etag"]
    texts = tuple(secrets.values())
    found = held(content, texts) | held(told, texts)
    for name, secret in secrets.items():
        if secret in found:
            swept.hits.add(Hit(name, ask.door, ask.caller, ask.method, ask.address.path))


def encoded(body: Any) -> bytes:
    """Return a body as it is sent."""
    return json.dumps(body).encode()
