"""What may be kept by whoever asked, and how to ask whether it is still so: ETag, Last-Modified, Cache-Control."""

from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import sha256

from fastapi import Request, Response

from shared.version import tag as versioned

JSON = "application/json"
# Public knowledge: a minute old is young enough to read; whoever changes something asks with the version.
_KEEP = "public, max-age=60"


def cached(
    request: Request, body: bytes, *, version: int | None = None, changed: datetime | None = None, media: str = JSON
) -> Response:
    """Return the answer with its tag, or 304 where the caller has it already.

    The tag holds the body's digest, and before it the version's number where there is one: it goes into `If-Match`.
    """
    digest = sha256(body).hexdigest()[:32]
    tag = f'W/"{digest}"' if version is None else versioned(version, digest)
    headers = {"ETag": tag, "Cache-Control": _KEEP, "Vary": "Accept"}
    if changed is not None:
        headers["Last-Modified"] = format_datetime(changed.astimezone(UTC).replace(microsecond=0), usegmt=True)
    if _known(request, tag):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=media)


def _known(request: Request, tag: str) -> bool:
    """Say whether the caller has this very answer. Time alone proves nothing: what is shown changes by the day, too."""
    held = request.headers.get("if-none-match")
    if held is None:
        return False
    wanted = tag.removeprefix("W/")
    return held.strip() == "*" or wanted in {each.strip().removeprefix("W/") for each in held.split(",")}
