"""The same post twice is one post: keys kept with the unit, a digest of the content and where the answer is.

The row is written in the transaction of the work itself, so two equal posts at once wait for one another.
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import Header
from pydantic import BaseModel, StringConstraints

from shared.db import Connection
from shared.problems import IdempotencyConflict

_KEPT = "INSERT INTO idempotency (unit, key, digest, made) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING"
_FOUND = "SELECT digest, made FROM idempotency WHERE unit = $1 AND key = $2"

IdempotencyKey = Annotated[
    Annotated[str, StringConstraints(min_length=8, max_length=128, pattern=r"^[A-Za-z0-9_.:-]+$")] | None,
    Header(alias="Idempotency-Key", description="Send the same key to repeat a post safely."),
]


@dataclass(frozen=True, slots=True)
class Once:
    """One post by one unit, told apart by its key and its content; without a key every post is its own."""

    unit: str
    key: str | None
    digest: bytes


def once(unit: str, key: str | None, body: BaseModel, *scope: object) -> Once:
    """Return what tells this post apart.

    `scope` is what else the content depends on: the method and the resource it goes to.
    """
    if key is None:
        return Once(unit, None, b"")
    told = [body.model_dump(), [str(part) for part in scope]]
    content = orjson.dumps(told, default=_in_order, option=orjson.OPT_SORT_KEYS)
    return Once(unit, key, sha256(content).digest())


def _in_order(value: frozenset[object]) -> list[str]:
    """Return a set's members in the same order in every process: Python's own order differs by process."""
    return sorted(map(str, value))


async def made_before(connection: Connection, post: Once) -> UUID | None:
    """Return what this very post made before, if it did.

    Raises:
        IdempotencyConflict: the key was used with other content.
    """
    if post.key is None:
        return None
    row = await connection.fetchrow(_FOUND, post.unit, post.key)
    if row is None:
        return None
    if row["digest"] != post.digest:
        raise IdempotencyConflict
    made: UUID = row["made"]
    return made


async def claim(connection: Connection, post: Once, making: UUID) -> UUID | None:
    """Keep the key for `making`, or return what the same post made before (waiting for it to commit).

    Raises:
        IdempotencyConflict: the key was used with other content.
    """
    if post.key is None or await connection.execute(_KEPT, post.unit, post.key, post.digest, making) == "INSERT 0 1":
        return None
    return await made_before(connection, post)


def replayed(headers: Any, *, again: bool) -> None:  # noqa: ANN401 - Starlette's mutable headers
    """Say in the answer's headers that it repeats an earlier one."""
    if again:
        headers["Idempotency-Replayed"] = "true"
