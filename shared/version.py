"""Versions, as ETag and If-Match carry them."""

import re
from typing import Annotated

from fastapi import Depends, Header

from shared.problems import StaleVersion, VersionRequired

# After the version may stand a digest of the answer: what is shown can change without a new version. A weak tag is no
# version here: If-Match compares strongly (RFC 9110, 13.1.1).
_TAG = re.compile(r'"(\d{1,9})(?:\.[0-9a-f]{1,64})?"', re.ASCII)


def tag(version: int, shown: str = "") -> str:
    """Return the version as an entity tag, with a digest of what is shown where that is more than the version."""
    return f'"{version}.{shown}"' if shown else f'"{version}"'


async def _version(
    if_match: Annotated[
        str | None, Header(description="required: the version as you read it, in quotes; 412 if it is stale")
    ] = None,
) -> int:
    if if_match is None:
        raise VersionRequired
    if if_match.strip().startswith("W/"):
        raise VersionRequired
    found = _TAG.fullmatch(if_match.strip())
    if found is None:
        raise StaleVersion
    return int(found.group(1))


async def _perhaps(
    if_match: Annotated[
        str | None, Header(description="the version as you read it, in quotes, where you were told one; 412 if stale")
    ] = None,
) -> int | None:
    return None if if_match is None else await _version(if_match)


ExpectedVersion = Annotated[int, Depends(_version)]
# For an address where only some of the callers are told a version: the use case says who must name it.
PerhapsVersion = Annotated[int | None, Depends(_perhaps)]
