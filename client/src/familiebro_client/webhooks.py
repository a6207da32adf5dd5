"""Whether a webhook really comes from Familiebro, and what it says (Standard Webhooks, version 1 signatures)."""

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from pydantic import ValidationError

from familiebro_client.errors import FamiliebroError
from familiebro_client.told import Told

TOLERANCE_S = 300
_PREFIX = "whsec_"
_LEAST_BYTES = 16
_MOST_SIGNATURES = 20


class WebhookRefused(FamiliebroError):
    """It is not Familiebro's, not whole, or too old: answer 4xx, and do nothing. `why` is a code."""

    def __init__(self, why: str) -> None:
        super().__init__(f"webhook refused: {why}")
        self.why = why


class WebhookData(Told):
    """Ids only (of a `test`, the webhook's own): read the referral, as far as consent permits at that moment."""

    event: UUID | None = None
    referral: UUID | None = None
    task: UUID | None = None
    webhook: UUID | None = None


class Webhook(Told):
    """What has happened. `id` is the same however often it is sent: keep it, and do nothing the second time."""

    id: str
    type: str
    timestamp: datetime
    data: WebhookData


class _Body(Told):
    type: str
    timestamp: datetime
    data: WebhookData


def verify(
    secrets: str | Sequence[str],
    headers: Mapping[str, str],
    body: bytes,
    *,
    tolerance_s: float = TOLERANCE_S,
    now: float | None = None,
) -> Webhook:
    """Return a webhook that Familiebro signed.

    Args:
        secrets: `whsec_…` as Familiebro gave it; during a rotation the old one and the new one.
        headers: the request's, in any case.
        body: the bytes as they came: never parsed and written again.
        tolerance_s: how old, or how far ahead, it may be, in seconds.
        now: seconds since 1970, for tests.

    Raises:
        WebhookRefused: it is not to be believed.
        ValueError: a secret of yours is none.
    """
    keys = [_key(each) for each in ([secrets] if isinstance(secrets, str) else secrets)]
    if not keys:
        msg = "no secret is given"
        raise ValueError(msg)
    given = {name.lower(): value for name, value in headers.items()}
    number, at, signed = (given.get(f"webhook-{part}", "") for part in ("id", "timestamp", "signature"))
    if not number or not at or not signed:
        raise WebhookRefused("headers_missing")
    if not (at.isascii() and at.isdigit()):
        raise WebhookRefused("timestamp_malformed")
    if abs((time.time() if now is None else now) - int(at)) > tolerance_s:
        raise WebhookRefused("timestamp_out_of_tolerance")
    content = b".".join((number.encode(), at.encode(), body))
    if not _signed_by_one(keys, signed, content):
        raise WebhookRefused("signature_wrong")
    try:
        told = _Body.model_validate_json(body)
    except ValidationError:
        raise WebhookRefused("body_malformed") from None
    return Webhook(id=number, type=told.type, timestamp=told.timestamp, data=told.data)


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX) + "==")
    except (binascii.Error, ValueError):
        key = b""
    if len(key) < _LEAST_BYTES:
        msg = "a webhook secret is whsec_ and base64 of at least 16 bytes"
        raise ValueError(msg) from None
    return key


def _signed_by_one(keys: Sequence[bytes], signed: str, content: bytes) -> bool:
    """Compare every signature with every key, in a time that does not tell which was near."""
    right = [b"v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()) for key in keys]
    given = [each.encode() for each in signed.split(" ")[:_MOST_SIGNATURES]]
    return any([hmac.compare_digest(one, other) for one in right for other in given])  # noqa: C419 - all of them
