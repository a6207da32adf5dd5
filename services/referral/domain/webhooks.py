"""The rules of webhooks: which addresses are let in, when it is tried again, and what is told (standardwebhooks.com).

A unit's own system is told that something happened: ids and a code. What it may hear is decided when it is sent.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit
from uuid import UUID

from services.referral.domain.errors import WebhookRefused

Ip = IPv4Address | IPv6Address
Networks = Sequence[IPv4Network | IPv6Network]

SECRET_PREFIX = "whsec_"  # noqa: S105 - what every secret begins with, by the specification
SECRET_BYTES = 32
BOTH_SIGN_FOR = timedelta(hours=24)
MOST_BYTES = 20_000
LONGEST_URL = 500
MOST_OF_A_UNIT = 10
WITHHELD = "withheld"
TEST = "test"
_HTTPS_PORT = 443
_FIRST_FREE_PORT = 1024
_LAST_PORT = 65_535
_LONGEST_HOST = 253
# Networks that `ipaddress` calls global, or not private, and that still lead to a machine of somebody's own.
_INNER = (
    IPv4Network("100.64.0.0/10"), IPv4Network("192.88.99.0/24"), IPv6Network("64:ff9b::/96"),
    IPv6Network("64:ff9b:1::/48"), IPv6Network("2002::/16"), IPv6Network("2001::/32"), IPv6Network("fec0::/10"),
)  # fmt: skip


class Verdict(StrEnum):
    """What an attempt came to."""

    DELIVERED = "delivered"
    GONE = "gone"
    SLOW_DOWN = "slow_down"
    FAILED = "failed"


_SAYS: Mapping[int, Verdict] = {
    410: Verdict.GONE,
    429: Verdict.SLOW_DOWN,
    502: Verdict.SLOW_DOWN,
    504: Verdict.SLOW_DOWN,
}


class Status(StrEnum):
    """Where a delivery stands; `dead` is given up on, and can be asked for again."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"


class Standing(StrEnum):
    """How an address is doing. `failing`: it has not answered for a while, and is only asked now and then."""

    WORKING = "working"
    FAILING = "failing"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a webhook goes, read apart."""

    url: str
    secure: bool
    host: str
    port: int

    @property
    def ip(self) -> Ip | None:
        """The address itself, where the host is written as one."""
        return _literal(self.host)


@dataclass(frozen=True, slots=True)
class Told:
    """What one message tells: ids and a code."""

    event: UUID
    kind: str
    referral: UUID
    task: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class Tempo:
    """How patiently, and how much at once: seconds between attempts, calls at once, and pauses of a silent address."""

    waits: Sequence[timedelta] = tuple(
        timedelta(seconds=each) for each in (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
    )
    at_once: int = 4
    silent_after: int = 3
    first_pause: timedelta = timedelta(seconds=5)
    longest_pause: timedelta = timedelta(minutes=10)
    longest_asked_for: timedelta = timedelta(hours=1)

    def again(self, attempts: int, chance: float, asked_for: timedelta | None = None) -> timedelta | None:
        """Return how long to wait after that many attempts; None: there are no more.

        Args:
            attempts: how many were made, this one included.
            chance: between 0 and 1: up to a fifth more, so that not everything comes at the same moment.
            asked_for: what the receiver asked for (Retry-After); it only ever makes it later.
        """
        if attempts > len(self.waits):
            return None
        wait: timedelta = self.waits[attempts - 1] * (1 + chance / 5)
        return max(wait, min(asked_for or timedelta(0), self.longest_asked_for))

    def pause(self, failures: int, chance: float, asked_for: timedelta | None = None) -> timedelta:
        """Return how long an address that failed so often in a row is left alone altogether."""
        told = min(asked_for or timedelta(0), self.longest_asked_for)
        if failures < self.silent_after:
            return told
        doublings = min(failures - self.silent_after, 10)
        grown: timedelta = self.first_pause * (1 << doublings) * (1 + chance / 5)
        return max(told, min(grown, self.longest_pause))

    def wider(self, at_once: int) -> int:
        """Return how many calls at once come after a round that went well: twice as many, up to the most."""
        return min(at_once * 2, self.at_once)


def judge(status: int) -> Verdict:
    """Return what an answer's status means, by the specification; a redirect is a failure."""
    if 200 <= status < 300:  # noqa: PLR2004 - HTTP's success
        return Verdict.DELIVERED
    return _SAYS.get(status, Verdict.FAILED)


def read_address(url: str) -> Address:
    """Return an address that is written as a webhook's must be; where it leads is another question.

    Raises:
        WebhookRefused: it is no https or http address, holds a login, or writes its host in a way that hides it.
    """
    if len(url) > LONGEST_URL or not url.isascii() or any(each <= " " or each in '\\"<>^`{|}' for each in url):
        raise WebhookRefused("url")
    try:
        parts = urlsplit(url)
        port, host = parts.port, (parts.hostname or "").rstrip(".")
    except ValueError as error:
        raise WebhookRefused("url") from error
    if parts.scheme not in {"https", "http"}:
        raise WebhookRefused("scheme")
    if parts.username is not None or parts.password is not None or parts.fragment or "@" in parts.netloc:
        raise WebhookRefused("login_or_fragment")
    secure = parts.scheme == "https"
    if not host or len(host) > _LONGEST_HOST or "%" in host or _disguised(host):
        raise WebhookRefused("host")
    return Address(url, secure, host, (443 if secure else 80) if port is None else port)


def check_reach(address: Address, leads_to: Iterable[str], allowed: Networks) -> None:
    """Let pass an address that leads to the open internet only, or to a network that was let in by name.

    Raises:
        WebhookRefused: one of what it leads to is inside, or it is neither encrypted nor let in.
    """
    found = [ip_address(each.partition("%")[0]) for each in leads_to]
    if not found:
        raise WebhookRefused("unknown_host")
    if all(let_in(each, allowed) for each in found):
        return
    if not address.secure:
        raise WebhookRefused("scheme")
    if not all(open_to(each, allowed) for each in found):
        raise WebhookRefused("network")
    if address.port != _HTTPS_PORT and not _FIRST_FREE_PORT <= address.port <= _LAST_PORT:
        raise WebhookRefused("port")


def open_to(ip: Ip, allowed: Networks) -> bool:
    """Say whether a call may go there: the open internet, or a network that was let in."""
    return let_in(ip, allowed) or _public(_plain(ip))


def let_in(ip: Ip, allowed: Networks) -> bool:
    """Say whether a network was let in by name that holds the address."""
    plain = _plain(ip)
    return any(plain.version == network.version and plain in network for network in allowed)


def _plain(ip: Ip) -> Ip:
    """Return the IPv4 address that an IPv6 address only wraps."""
    mapped = ip.ipv4_mapped if isinstance(ip, IPv6Address) else None
    return ip if mapped is None else mapped


def _public(ip: Ip) -> bool:
    if not ip.is_global or ip.is_multicast or ip.is_reserved or ip.is_unspecified:
        return False
    return not any(ip.version == network.version and ip in network for network in _INNER)


def _literal(host: str) -> Ip | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _disguised(host: str) -> bool:
    """Say whether a host is a number in another writing: 2130706433, 0x7f.1, 127.1 and 0177.0.0.1 are all 127.0.0.1."""
    last = host.rpartition(".")[2]
    return _literal(host) is None and (last.isdigit() or last.startswith("0x") or ":" in host)


def body(kind: str, at: datetime, data: Mapping[str, str]) -> bytes:
    """Return what is sent: at most 20 kB, and far from it."""
    return json.dumps({"type": kind, "timestamp": at.isoformat(), "data": data}, separators=(",", ":")).encode()


def content(told: Told) -> bytes:
    """Return what is sent of an event."""
    ids = {"event": str(told.event), "referral": str(told.referral), "task": str(told.task)}
    return body(told.kind, told.at, ids)


def written(secret: bytes) -> str:
    """Return a secret as its owner keeps it."""
    return SECRET_PREFIX + b64encode(secret).decode()


def read_secret(text: str) -> bytes:
    """Return the bytes of a secret as its owner keeps it."""
    return b64decode(text.removeprefix(SECRET_PREFIX), validate=True)
