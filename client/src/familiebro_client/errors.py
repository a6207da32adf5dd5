"""What can go wrong, as exceptions. None carries the body, the token or the answer's text in its message."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from familiebro_client.lists import FixBy


class FamiliebroError(Exception):
    """Anything that goes wrong between this client and Familiebro."""

    retry_after: float | None = None
    """Seconds that Familiebro asked to wait, where it did."""


class ConnectionLost(FamiliebroError):
    """No answer came. `sent` is True where the request may have arrived: what it asked for may have been done."""

    def __init__(self, *, sent: bool) -> None:
        super().__init__("no answer came; " + ("it may have been done" if sent else "nothing was sent"))
        self.sent = sent


class OutcomeUnknown(FamiliebroError):
    """A first try got no answer, and the next was refused, maybe because the first succeeded: read, and see."""

    def __init__(self, refused: "ProblemAnswer") -> None:
        super().__init__(f"it may have been done by an earlier try; then: {refused}")
        self.refused = refused


class UnexpectedAnswer(FamiliebroError):
    """An answer that is not Familiebro's: a proxy's page, or a newer shape than this client reads."""

    def __init__(self, status: int, request_id: str | None, fields: Sequence[str] = ()) -> None:
        at = f", at {', '.join(fields)}" if fields else ""
        super().__init__(f"{status}: not an answer this client reads{at} (request {request_id or 'unknown'})")
        self.status = status
        self.request_id = request_id


class TokenDenied(FamiliebroError):
    """The token desk said no; `error` is RFC 6749's code, such as `invalid_client`. Trying again does not help."""

    def __init__(self, error: str) -> None:
        super().__init__(f"no token was given: {error}")
        self.error = error


class _Body(BaseModel):
    """A problem as it comes (RFC 9457)."""

    model_config = ConfigDict(extra="allow")

    title: str
    status: int
    detail: str
    code: str
    fix_by: FixBy
    instance: str
    errors: list[dict[str, Any]] = []


class ProblemAnswer(FamiliebroError):
    """Familiebro said no. Subclasses tell the kinds apart; `code` is stable, and what a program should look at.

    Attributes:
        status: the HTTP status.
        code: what it is, such as `wrong_state`.
        title: for the developer, in English.
        detail: for the person at the screen, in Danish.
        fix_by: whose move it is.
        request_id: for whoever helps.
        errors: of a malformed request, where and what; never what was sent.
        more: what this problem adds, such as `allowed`, `lacks` or `closed`.
    """

    def __init__(self, body: _Body, retry_after: float | None) -> None:
        self.status, self.code, self.title, self.detail = body.status, body.code, body.title, body.detail
        self.fix_by = body.fix_by
        self.request_id = body.instance.removeprefix("urn:uuid:")
        self.errors = body.errors
        self.more: Mapping[str, Any] = {k: v for k, v in (body.model_extra or {}).items() if k != "type"}
        self.retry_after = retry_after
        super().__init__(f"{self.status} {self.code} (request {self.request_id})")


class NotAuthenticated(ProblemAnswer):
    """401: the token opens nothing here, even when fetched anew."""


class NotAllowed(ProblemAnswer):
    """403: known, and without the right; or no acting person was named."""


class NotThere(ProblemAnswer):
    """404: absent, or another's."""


class Conflict(ProblemAnswer):
    """409: not as things stand."""


class WrongState(Conflict):
    """409 `wrong_state`: the task does not allow that step."""

    @property
    def allowed(self) -> list[str]:
        """Return the steps it does allow."""
        return [str(each) for each in self.more.get("allowed", ())]


class KeyUsed(Conflict):
    """409 `idempotency_conflict`: the key was used with other content. A changed request needs a new key."""


class NotReceived(Conflict):
    """409 `municipality_not_connected`: the concern report reached nobody. Show `detail` now: the person must ring."""


class Stale(ProblemAnswer):
    """412: somebody has changed it since you read it. Read it again, and decide again."""


class Malformed(ProblemAnswer):
    """400, 413, 415, 422, 428: what was sent is not what the address takes; see `errors` and `more`."""


class TooMany(ProblemAnswer):
    """429: too many requests, and longer to wait than this client had patience for."""


class Unavailable(ProblemAnswer):
    """503: something is down, and nothing was let through."""

    @property
    def kept(self) -> str | None:
        """Return the address of what was written, where it was kept: the same key again does not double it."""
        kept = self.more.get("kept")
        return kept if isinstance(kept, str) else None


class Failed(ProblemAnswer):
    """500: something failed at Familiebro; what was sent may be stored. Repeat a post with its key."""


_BY_CODE: Mapping[str, type[ProblemAnswer]] = {
    "wrong_state": WrongState,
    "idempotency_conflict": KeyUsed,
    "municipality_not_connected": NotReceived,
}
_BY_STATUS: Mapping[int, type[ProblemAnswer]] = {
    401: NotAuthenticated,
    403: NotAllowed,
    404: NotThere,
    409: Conflict,
    412: Stale,
    429: TooMany,
    500: Failed,
    502: Unavailable,
    503: Unavailable,
    504: Unavailable,
}


def told(answer: httpx.Response) -> ProblemAnswer | UnexpectedAnswer:
    """Return what an answer that is no success says."""
    wait = _seconds(answer.headers.get("retry-after"))
    try:
        body = _Body.model_validate_json(answer.content)
    except ValidationError:
        unread = UnexpectedAnswer(answer.status_code, answer.headers.get("x-request-id"))
        unread.retry_after = wait
        return unread
    kind = _BY_CODE.get(body.code) or _BY_STATUS.get(answer.status_code)
    if kind is None:
        kind = Malformed if answer.is_client_error else Failed
    return kind(body, wait)


def _seconds(retry_after: str | None) -> float | None:
    """Return a Retry-After of either form (RFC 9110, 10.2.3) as seconds from now."""
    if retry_after is None:
        return None
    if retry_after.strip().isascii() and retry_after.strip().isdigit():
        return float(retry_after)
    try:
        until = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())
