"""The registered systems (anvendersystemer): which unit each acts for, with which roles, and its secret's hash.

The file is one JSON object, client_id -> registration:

    {"region-midwives": {"name": "…", "secret_hash": "scrypt$16384$8$1$<salt, hex>$<hash, hex>",
                         "unit": "…", "profession": "…", "roles": ["refer"], "org_sor": "<SOR, 11–20 digits>"}}

`python -m gateway.clients` reads a secret from standard input and prints its hash; with no input it makes a secret.
"""

import hashlib
import hmac
import os
import re
import secrets
import sys
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter

from shared.auth import Role

_COST, _BLOCK, _PARALLEL = 16384, 8, 1
_HASH = re.compile(r"scrypt\$(\d{4,6})\$(\d{1,2})\$(\d)\$([0-9a-f]{32,128})\$([0-9a-f]{64,128})")
_NOT_FOR_SYSTEMS = frozenset({Role.SERVICE, Role.CITIZEN})


def _for_systems(roles: frozenset[Role]) -> frozenset[Role]:
    if not _NOT_FOR_SYSTEMS.isdisjoint(roles):
        msg = "a system is neither a service of Familiebro nor a citizen"
        raise ValueError(msg)
    return roles


class Client(BaseModel):
    """One registered system. `org_sor` is the organisation it acts for (R48, R66)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=200)
    secret_hash: str = Field(pattern=f"^{_HASH.pattern}$", repr=False)
    unit: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")
    profession: str | None = None
    roles: Annotated[frozenset[Role], AfterValidator(_for_systems)]
    org_sor: str = Field(pattern=r"^\d{11,20}$")


_CLIENTS = TypeAdapter(dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")], Client])


def hash_secret(secret: str, salt: bytes | None = None) -> str:
    """Return what the file keeps of a secret."""
    salt = salt or os.urandom(16)
    return f"scrypt${_COST}${_BLOCK}${_PARALLEL}${salt.hex()}${_scrypt(secret, salt, _COST, _BLOCK, _PARALLEL).hex()}"


def matches(secret: str, secret_hash: str) -> bool:
    """Say whether `secret` is the one that was hashed, in a time that does not tell how nearly."""
    found = _HASH.fullmatch(secret_hash)
    if found is None:
        return False
    cost, block, parallel, salt, kept = found.groups()
    made = _scrypt(secret, bytes.fromhex(salt), int(cost), int(block), int(parallel))
    return hmac.compare_digest(made, bytes.fromhex(kept)[: len(made)])


def _scrypt(secret: str, salt: bytes, cost: int, block: int, parallel: int) -> bytes:
    return hashlib.scrypt(secret.encode(), salt=salt, n=cost, r=block, p=parallel, maxmem=128 * 1024 * 1024, dklen=32)


def read_clients(file: Path) -> dict[str, Client]:
    """Return the registered systems.

    Raises:
        ValidationError: the file is not as described above.
    """
    return _CLIENTS.validate_json(file.read_bytes())


if __name__ == "__main__":
    given = "" if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    new = given or secrets.token_urlsafe(32)
    if not given:
        print(f"secret: {new}")  # noqa: T201 - what the person at the keyboard asked for
    print(f"secret_hash: {hash_secret(new)}")  # noqa: T201
