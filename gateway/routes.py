"""Which public address leads to which service: data, not code. What is not named here leads nowhere."""

from collections.abc import Mapping
from dataclasses import dataclass

PREFIX = "/api/v1"
SERVICES = ("directory", "consent", "referral")
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
AUDIT = "audit"
_PATIENCE_S = 10.0
_LEDGER_PATIENCE_S = 120.0


@dataclass(frozen=True, slots=True)
class Route:
    """Where a first segment leads. `audit` leads to one service's ledger; the directory may be read by anyone."""

    service: str
    reads_are_open: bool = False
    patience_s: float = _PATIENCE_S


SEGMENTS: Mapping[str, Route] = {
    "offers": Route("directory", reads_are_open=True),
    "units": Route("directory", reads_are_open=True),
    "organisations": Route("directory", reads_are_open=True),
    "municipalities": Route("directory", reads_are_open=True),
    "regions": Route("directory", reads_are_open=True),
    "persons": Route("consent"),
    "consents": Route("consent"),
    "refusals": Route("consent"),
    "my": Route("consent"),
    "referrals": Route("referral"),
    "tasks": Route("referral"),
    "events": Route("referral"),
}
# /audit/{service}/… is the service's /audit/…; a whole ledger takes longer to hand over than an answer.
LEDGERS: Mapping[str, Route] = {
    "consent": Route("consent", patience_s=_LEDGER_PATIENCE_S),
    "referral": Route("referral", patience_s=_LEDGER_PATIENCE_S),
}
# Questions that are asked with a body, and change nothing.
OPEN_QUESTIONS = frozenset({"/offers/search"})


def find(path: str) -> tuple[Route, str] | None:
    """Return the route of a public path and the path at its service, or nothing if it leads nowhere."""
    if not path.startswith(PREFIX + "/") or path.endswith("/"):
        return None
    inner = path[len(PREFIX) :]
    first, _, rest = inner[1:].partition("/")
    if first == AUDIT:
        name, _, rest = rest.partition("/")
        ledger = LEDGERS.get(name)
        return (ledger, f"/{AUDIT}/{rest}") if ledger and rest else None
    route = SEGMENTS.get(first)
    return (route, inner) if route else None


def is_open(route: Route, method: str, inner: str) -> bool:
    """Say whether anyone may ask this without a token."""
    return route.reads_are_open and (method == "GET" or (method == "POST" and inner in OPEN_QUESTIONS))


def public(service: str, inner: str) -> str:
    """Return the public path of a service's own path."""
    if inner.startswith(f"/{AUDIT}/"):
        return f"{PREFIX}/{AUDIT}/{service}{inner[len(AUDIT) + 1 :]}"
    return PREFIX + inner
