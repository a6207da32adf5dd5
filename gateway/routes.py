"""Which public address leads to which service: data, not code. What is not named here leads nowhere."""

from collections.abc import Mapping
from dataclasses import dataclass

PREFIX = "/api/v1"
SERVICES = ("directory", "consent", "referral", "concern")
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
AUDIT = "audit"
_PATIENCE_S = 10.0
_LEDGER_PATIENCE_S = 120.0
_FILE_PATIENCE_S = 120.0
# A file of offers; what the directory itself takes is a setting of its own (DIRECTORY_MAX_IMPORT_BYTES).
_LARGEST_FILE = 26_000_000
# A file in a referral; what the service itself takes is a setting of its own (REFERRAL_MAX_ATTACHMENT_BYTES).
_LARGEST_ATTACHMENT = 10_000_000
# A standard's own addresses, answered where the standard's readers look for them, too.
HSDS = "/hsds/3.0"


@dataclass(frozen=True, slots=True)
class Route:
    """Where the first segment leads, or the first two; two go before one.

    `audit` leads to one service's ledger; the directory may be read by anyone.

    `largest_body`: bytes passed through as they come; None: the gateway's own limit.
    """

    service: str
    reads_are_open: bool = False
    patience_s: float = _PATIENCE_S
    largest_body: int | None = None


SEGMENTS: Mapping[str, Route] = {
    "offers": Route("directory", reads_are_open=True),
    "units": Route("directory", reads_are_open=True),
    "organisations": Route("directory", reads_are_open=True),
    "municipalities": Route("directory", reads_are_open=True),
    "regions": Route("directory", reads_are_open=True),
    "figures": Route("directory", reads_are_open=True),
    "routing": Route("directory", reads_are_open=True),
    "hsds": Route("directory", reads_are_open=True, patience_s=_FILE_PATIENCE_S),
    "reminders": Route("directory"),
    "imports": Route("directory", patience_s=_FILE_PATIENCE_S, largest_body=_LARGEST_FILE),
    "persons": Route("consent"),
    "consents": Route("consent"),
    "refusals": Route("consent"),
    "my": Route("consent"),
    "my/referrals": Route("referral"),
    "my/tasks": Route("referral"),
    "my/events": Route("referral"),
    "my/meetings": Route("referral"),
    "my/steps": Route("referral"),
    "my/concern-reports": Route("concern"),
    "my/attachments": Route("referral", patience_s=_FILE_PATIENCE_S, largest_body=_LARGEST_ATTACHMENT),
    "overrides": Route("consent"),
    "follow-ups": Route("consent"),
    "disclosures": Route("consent"),
    "notices": Route("consent", reads_are_open=True),
    "referrals": Route("referral"),
    "tasks": Route("referral"),
    "meetings": Route("referral"),
    "steps": Route("referral"),
    "forums": Route("referral"),
    "courses": Route("referral"),
    "runs": Route("referral"),
    "attachments": Route("referral", patience_s=_FILE_PATIENCE_S, largest_body=_LARGEST_ATTACHMENT),
    "events": Route("referral"),
    "webhooks": Route("referral"),
    "section-11e": Route("consent"),
    "concern-reports": Route("concern"),
}
# /audit/{service}/… is the service's /audit/…; a whole ledger takes longer to hand over than an answer.
LEDGERS: Mapping[str, Route] = {
    "directory": Route("directory", patience_s=_LEDGER_PATIENCE_S),
    "consent": Route("consent", patience_s=_LEDGER_PATIENCE_S),
    "referral": Route("referral", patience_s=_LEDGER_PATIENCE_S),
    "concern": Route("concern", patience_s=_LEDGER_PATIENCE_S),
}
# Questions that are asked with a body, and change nothing.
OPEN_QUESTIONS = frozenset({
    "/offers/search", "/figures/gaps", "/routing/questions", f"{HSDS}/services", f"{HSDS}/service_at_locations",
})  # fmt: skip

# What anybody may post without a token: a citizen's concern for a child, and the receipt of one (R36).
OPEN_POSTS = frozenset({"/concern-reports/citizen", "/concern-reports/receipts"})


def is_api(path: str) -> bool:
    """Say whether a path is the services', not the gateway's own."""
    return path.startswith((PREFIX + "/", HSDS + "/")) or path == HSDS


def is_unlinked(path: str) -> bool:
    """Say whether a request keeps no id of its caller's: one used elsewhere too would tell who is anonymous (R36)."""
    return path.removeprefix(PREFIX) in OPEN_POSTS


def find(path: str) -> tuple[Route, str] | None:
    """Return the route of a public path and the path at its service, or nothing if it leads nowhere."""
    if not path.startswith(PREFIX + "/") and is_api(path):
        path = PREFIX + path
    if path == f"{PREFIX}{HSDS}/":
        return SEGMENTS["hsds"], f"{HSDS}/"
    if not path.startswith(PREFIX + "/") or path.endswith("/"):
        return None
    inner = path[len(PREFIX) :]
    first, _, rest = inner[1:].partition("/")
    if first == AUDIT:
        name, _, rest = rest.partition("/")
        ledger = LEDGERS.get(name)
        return (ledger, f"/{AUDIT}/{rest}") if ledger and rest else None
    route = SEGMENTS.get(f"{first}/{rest.partition('/')[0]}") or SEGMENTS.get(first)
    return (route, inner) if route else None


def is_open(route: Route, method: str, inner: str) -> bool:
    """Say whether anyone may ask this without a token."""
    if method == "POST" and inner in OPEN_POSTS:
        return True
    return route.reads_are_open and (method == "GET" or (method == "POST" and inner in OPEN_QUESTIONS))


def public(service: str, inner: str) -> str:
    """Return the public path of a service's own path."""
    if inner.startswith(f"/{AUDIT}/"):
        return f"{PREFIX}/{AUDIT}/{service}{inner[len(AUDIT) + 1 :]}"
    return PREFIX + inner
