"""The way out to a unit's own system: one signed POST, to nowhere but the open internet.

What a name leads to is asked at each connection, and each address that is really called is looked at once more, so
that a name which answers differently the second time gets nowhere (DNS rebinding).
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from ipaddress import ip_address

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from standardwebhooks import Webhook

from services.referral.domain.errors import WebhookRefused
from services.referral.domain.webhooks import Address, Networks, Verdict, check_reach, judge, open_to, read_address

_TIMEOUT = aiohttp.ClientTimeout(total=15, sock_connect=5)
_LOOK_UP_S = 5.0
_KEEP_ALIVE_S = 15
_READ_BYTES = 16 * 1024
_LONGEST_ASKED = timedelta(seconds=1_000_000)
_AGENT = "Familiebro-Webhooks/1"
_STREAM = socket.SOCK_STREAM

LookUp = Callable[[str, int], Awaitable[Sequence[str]]]
"""What a host's name leads to, as addresses."""


async def look_up(host: str, port: int) -> Sequence[str]:
    """Return the addresses a name leads to, as the system tells; none, if nobody knows it."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(_LOOK_UP_S):
            found = await loop.getaddrinfo(host, port, type=_STREAM)
    except (OSError, UnicodeError):  # a TimeoutError is an OSError
        return []
    return list(dict.fromkeys(str(each[4][0]) for each in found))


@dataclass(frozen=True, slots=True)
class Reach:
    """Which addresses may be called: the open internet, and the networks let in by name."""

    allowed: Networks
    look_up: LookUp = look_up

    async def check(self, url: str) -> Address:
        """Let pass an address that something may be sent to.

        Raises:
            WebhookRefused: it is misshapen, or leads, in any of its answers, to where nothing is sent.
        """
        address = read_address(url)
        literal = address.ip
        found = [str(literal)] if literal is not None else await self.look_up(address.host, address.port)
        check_reach(address, found, self.allowed)
        return address


class _Refused(OSError):
    """An address that nothing is sent to."""


class _Resolver(AbstractResolver):
    """Looks a name up at each connection, and refuses it whole if one of its addresses is inside."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return where to connect."""
        found = await self._reach.look_up(host, port)
        if not found:
            raise OSError
        if not all(open_to(ip_address(each.partition("%")[0]), self._reach.allowed) for each in found):
            raise _Refused
        return [
            ResolveResult(
                hostname=host, host=each, port=port, proto=0, flags=socket.AI_NUMERICHOST,
                family=socket.AF_INET6 if ":" in each else socket.AF_INET,
            )
            for each in found
            if family in {socket.AF_UNSPEC, socket.AF_INET6 if ":" in each else socket.AF_INET}
        ]  # fmt: skip

    async def close(self) -> None:
        """Nothing is held open."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of an attempt: a status, or in a code why there is none."""

    verdict: Verdict
    status: int | None = None
    failure: str | None = None
    asked_for: timedelta | None = None


class Sender:
    """Sends to webhooks: no proxies, no redirects, no cookies, and never to an address inside."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Make the pooled session; needs a running event loop."""
        connector = aiohttp.TCPConnector(
            resolver=_Resolver(self._reach), use_dns_cache=False, limit=256, limit_per_host=64,
            keepalive_timeout=_KEEP_ALIVE_S, socket_factory=self._socket,
        )  # fmt: skip
        self._session = aiohttp.ClientSession(
            connector=connector, timeout=_TIMEOUT, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False,
            trust_env=False, skip_auto_headers=("Accept", "Accept-Encoding"),
        )  # fmt: skip

    async def close(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()

    def _socket(self, info: aiohttp.AddrInfoType) -> socket.socket:
        """Make the socket for one address, and only for one that may be called: the last look before the call."""
        family, kind, proto, _, (host, *_) = info
        if not open_to(ip_address(str(host).partition("%")[0]), self._reach.allowed):
            raise _Refused
        return socket.socket(family, kind, proto)

    async def send(self, url: str, number: str, at: datetime, content: bytes, keys: Sequence[bytes]) -> Answer:
        """Post the message, signed with each of `keys`; return what came of it, whatever that is."""
        if self._session is None:
            return Answer(Verdict.FAILED, failure="not_open")
        try:
            read_address(url)
            async with self._session.post(
                url, data=content, headers=signed(number, at, content, keys), allow_redirects=False
            ) as answer:
                verdict = judge(answer.status)
                if verdict is Verdict.DELIVERED:  # whatever else it says: it was taken
                    with suppress(aiohttp.ClientError, OSError):
                        await answer.content.read(_READ_BYTES)
                    return Answer(verdict, answer.status)
                await answer.content.read(_READ_BYTES)
                return Answer(verdict, answer.status, None, asked_for(answer.headers, at))
        except (aiohttp.ClientError, WebhookRefused, OSError, ValueError) as error:  # a TimeoutError is an OSError
            return Answer(Verdict.FAILED, failure=_why(error))


def signed(number: str, at: datetime, content: bytes, keys: Sequence[bytes]) -> Mapping[str, str]:
    """Return the headers of a message, with a signature for each secret that holds (standardwebhooks.com)."""
    signatures = [Webhook(key).sign(number, at, content.decode()) for key in keys]
    return {
        "Content-Type": "application/json",
        "User-Agent": _AGENT,
        "webhook-id": number,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def asked_for(headers: Mapping[str, str], at: datetime) -> timedelta | None:
    """Return how long the receiver asks to be left alone, at most a million seconds: so many, or till a date."""
    told = headers.get("Retry-After", "").strip()
    if not told:
        return None
    if told.isdecimal() and told.isascii():
        return min(timedelta(seconds=int(told[:9])), _LONGEST_ASKED)
    try:
        until = parsedate_to_datetime(told)
        aware = until if until.tzinfo is not None else until.replace(tzinfo=UTC)
        return min(max(timedelta(0), aware - at), _LONGEST_ASKED)
    except (ValueError, OverflowError):
        return None


def _why(error: Exception) -> str:
    """Return in a code why there was no answer: never the error's own words, which hold the address."""
    causes: list[BaseException | None] = [error, error.__cause__, error.__context__, getattr(error, "os_error", None)]
    if any(isinstance(each, (_Refused, WebhookRefused)) for each in causes):
        return "address_refused"
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, (aiohttp.ClientSSLError, aiohttp.ClientConnectorCertificateError)):
        return "certificate"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "unknown_host"
    if isinstance(error, (aiohttp.ClientConnectorError, ConnectionError)):
        return "no_connection"
    return "no_answer"
