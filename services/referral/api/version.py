"""Versions of a task, as ETag and If-Match carry them."""

import re
from typing import Annotated

from fastapi import Depends, Header

from shared.problems import StaleVersion, VersionRequired

_TAG = re.compile(r'^(?:W/)?"(\d{1,9})"$')


def tag(version: int) -> str:
    """Return the version as an entity tag."""
    return f'"{version}"'


async def _version(
    if_match: Annotated[
        str | None, Header(description="required: the task's version as you read it, in quotes; 412 if it is stale")
    ] = None,
) -> int:
    if if_match is None:
        raise VersionRequired
    found = _TAG.match(if_match.strip())
    if found is None:
        raise StaleVersion
    return int(found.group(1))


ExpectedVersion = Annotated[int, Depends(_version)]
