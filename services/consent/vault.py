"""Identifiers at rest: sealed, and found by a keyed hash, with keys that are not in the database (R45)."""

import hmac
import json
import re
import secrets
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.consent.domain.identifiers import Identifier, IdentifierKind, Issuer

KEY_BYTES = 32
_FEWEST_VALUES = 16  # of 32 random bytes, 16 values or fewer come up once in some hundred million million keys
_NONCE_BYTES = 12
_KEY_ID = re.compile(r"[A-Za-z0-9-]{1,32}", re.ASCII)
# What a key is used for stands in front of what it is used on, so that no use can stand in for another.
_SEALING, _LOOKING_UP, _DIGESTING = b"familiebro/identifier/1", b"familiebro/lookup/1\0", b"familiebro/digest/1\0"


class KeysRefused(Exception):
    """The file of keys is missing, misshapen or weak; says where and what, never a key."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path}: {why}")


class SealBroken(Exception):
    """It is not what this vault sealed for that person and kind, or the key it names is gone."""


class Vault:
    """Seals identifiers with AES-256-GCM and finds them by HMAC-SHA256.

    The newest key seals, older ones open what they sealed: so keys can be turned. `seal` maps key id -> 32 bytes.
    """

    def __init__(self, current: str, seal: Mapping[str, bytes], lookup: bytes) -> None:
        self._current = current
        self._keys = {name: AESGCM(key) for name, key in seal.items()}
        self._lookup = lookup

    @classmethod
    def from_file(cls, path: Path) -> "Vault":
        """Return the vault with the keys of a file, as `new_keys` makes it.

        Raises:
            KeysRefused: there is none, it has another form, or a key is weak or used twice.
        """
        told = _json(path)
        if told.keys() != {"current", "seal", "lookup"} or not isinstance(told["seal"], dict):
            raise KeysRefused(path, "must hold current, seal and lookup, and nothing else")
        if not all(_KEY_ID.fullmatch(name) for name in told["seal"]):
            raise KeysRefused(path, "a key's id is 1 to 32 letters, digits and hyphens")
        if not isinstance(told["current"], str) or told["current"] not in told["seal"]:
            raise KeysRefused(path, "current does not name a key in seal")
        seal = {name: _key(path, f"seal {name}", written) for name, written in told["seal"].items()}
        lookup = _key(path, "lookup", told["lookup"])
        if len({*seal.values(), lookup}) != len(seal) + 1:
            raise KeysRefused(path, "two keys are the same; each must be its own")
        return cls(told["current"], seal, lookup)

    def seal(self, person: UUID, identifier: Identifier) -> bytes:
        """Return the identifier sealed for that person: key id, nonce, ciphertext and tag; never twice the same."""
        nonce, header = secrets.token_bytes(_NONCE_BYTES), _header(self._current)
        plain = f"{identifier.issuer or ''}\0{identifier.reveal()}".encode()
        bound = _bound(header, person, identifier.kind)
        return header + nonce + self._keys[self._current].encrypt(nonce, plain, bound)

    def open(self, person: UUID, kind: IdentifierKind, sealed: bytes) -> Identifier:
        """Return what was sealed for that person as that kind.

        Raises:
            SealBroken: another's, another kind's, changed, or of a key that is gone.
        """
        name, rest = _key_id(sealed), sealed[1 + sealed[0] :] if sealed else b""
        key = self._keys.get(name)
        if key is None:
            raise SealBroken("no key of that id")
        bound = _bound(_header(name), person, kind)
        try:
            plain = key.decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], bound)
        except (InvalidTag, ValueError):  # ValueError: shorter than a nonce
            raise SealBroken("changed, or another's") from None
        issuer, _, value = plain.decode().partition("\0")
        return Identifier(kind, value, Issuer(issuer) if issuer else None)

    def is_current(self, sealed: bytes) -> bool:
        """Say whether the newest key sealed it."""
        return _key_id(sealed) == self._current

    def reseal(self, person: UUID, kind: IdentifierKind, sealed: bytes) -> bytes:
        """Return it sealed with the newest key; itself, if it is already.

        Raises:
            SealBroken: see `open`.
        """
        return sealed if self.is_current(sealed) else self.seal(person, self.open(person, kind, sealed))

    def lookup(self, identifier: Identifier) -> bytes:
        """Return the 32 bytes by which it is found: the same for the same number of the same kind and issuer."""
        told = "\0".join((identifier.kind, identifier.issuer or "", identifier.reveal()))
        return self._hash(_LOOKING_UP, told.encode())

    def digest(self, content: bytes) -> bytes:
        """Return a 32-byte digest of what may hold an identifier: without the key, trying all numbers tells nothing."""
        return self._hash(_DIGESTING, content)

    def _hash(self, use: bytes, content: bytes) -> bytes:
        return hmac.digest(self._lookup, use + content, sha256)


def new_keys() -> str:
    """Return the text of a new file of keys: one to seal with, one to look up by."""
    return json.dumps({"current": "1", "seal": {"1": _new_key()}, "lookup": _new_key()}, indent=1) + "\n"


def with_new_seal(text: str) -> str:
    """Return a file of keys with one more, which seals from now on; the others still open."""
    told: dict[str, Any] = json.loads(text)
    name = str(1 + max((int(each) for each in told["seal"] if each.isdecimal()), default=0))
    told |= {"current": name, "seal": {**told["seal"], name: _new_key()}}
    return json.dumps(told, indent=1) + "\n"


def _new_key() -> str:
    return b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def _header(name: str) -> bytes:
    return bytes([len(name)]) + name.encode()


def _key_id(sealed: bytes) -> str:
    return sealed[1 : 1 + sealed[0]].decode("latin-1") if sealed else ""


def _bound(header: bytes, person: UUID, kind: IdentifierKind) -> bytes:
    return _SEALING + header + person.bytes + kind.encode()


def _json(path: Path) -> Mapping[str, Any]:
    """Return the object in a file; the parser's own error is not passed on, since it holds the text."""
    told: object = None
    try:
        told = json.loads(path.read_text())
    except OSError as error:
        raise KeysRefused(path, error.strerror or "cannot be read") from None
    except ValueError:
        pass
    if not isinstance(told, dict):
        raise KeysRefused(path, "is not a JSON object")
    return told


def _key(path: Path, what: str, written: object) -> bytes:
    key = _decoded(written)
    if len(key) != KEY_BYTES or len(set(key)) <= _FEWEST_VALUES:
        raise KeysRefused(path, f"the key {what} is not {KEY_BYTES} random bytes in base64")
    return key


def _decoded(written: object) -> bytes:
    try:
        return b64decode(written, validate=True) if isinstance(written, str) else b""
    except (NotBase64, ValueError):
        return b""
