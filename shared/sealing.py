"""Sealing at rest: AES-256-GCM with keys from a JSON file, never from the database, that can be turned (R45).

The file holds `{"current": id, "seal": {id: key, …}}` and the further keys its owner names; a key is 32 random bytes
in base64. What is sealed is key id, nonce, ciphertext and tag.
"""

import json
import re
import secrets
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
_FEWEST_VALUES = 16  # of 32 random bytes, 16 values or fewer come up once in some hundred million million keys
_NONCE_BYTES = 12
_KEY_ID = re.compile(r"[A-Za-z0-9-]{1,32}", re.ASCII)


class KeysRefused(Exception):
    """The file of keys is missing, misshapen or weak; says where and what, never a key."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path}: {why}")


class SealBroken(Exception):
    """It is not what was sealed for that owner and use, or the key it names is gone."""


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """The keys of a file: which one seals, those that open (id -> 32 bytes), and the others by name."""

    current: str
    seal: Mapping[str, bytes]
    others: Mapping[str, bytes]


class KeyRing:
    """Seals with the current key; older ones open what they sealed.

    `use` stands in front of all that is bound to a seal, so that no use of a key can stand in for another.
    """

    def __init__(self, use: bytes, current: str, keys: Mapping[str, bytes]) -> None:
        self._use = use
        self._current = current
        self._keys = {name: AESGCM(key) for name, key in keys.items()}

    def seal(self, bound: bytes, plain: bytes) -> bytes:
        """Return it sealed; it opens only with the same `bound`. Never twice the same."""
        nonce, header = secrets.token_bytes(_NONCE_BYTES), _header(self._current)
        return header + nonce + self._keys[self._current].encrypt(nonce, plain, self._use + header + bound)

    def open(self, bound: bytes, sealed: bytes) -> bytes:
        """Return what was sealed.

        Raises:
            SealBroken: bound to something else, changed, or of a key that is gone.
        """
        name, rest = _key_id(sealed), sealed[1 + sealed[0] :] if sealed else b""
        key = self._keys.get(name)
        if key is None:
            raise SealBroken("no key of that id")
        try:
            return key.decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], self._use + _header(name) + bound)
        except (InvalidTag, ValueError):  # ValueError: shorter than a nonce
            raise SealBroken("changed, or another's") from None

    def is_current(self, sealed: bytes) -> bool:
        """Say whether the current key sealed it."""
        return _key_id(sealed) == self._current


def read_keys(path: Path, *others: str) -> Keys:
    """Return the keys of a file, as `new_keys` makes it with the same `others`.

    Raises:
        KeysRefused: there is none, it has another form, or a key is weak or used twice.
    """
    told = _json(path)
    wanted = ("current", "seal", *others)
    if told.keys() != set(wanted) or not isinstance(told["seal"], dict):
        raise KeysRefused(path, f"must hold {', '.join(wanted[:-1])} and {wanted[-1]}, and nothing else")
    if not all(_KEY_ID.fullmatch(name) for name in told["seal"]):
        raise KeysRefused(path, "a key's id is 1 to 32 letters, digits and hyphens")
    if not isinstance(told["current"], str) or told["current"] not in told["seal"]:
        raise KeysRefused(path, "current does not name a key in seal")
    seal = {name: _key(path, f"seal {name}", written) for name, written in told["seal"].items()}
    own = {name: _key(path, name, told[name]) for name in others}
    if len({*seal.values(), *own.values()}) != len(seal) + len(own):
        raise KeysRefused(path, "two keys are the same; each must be its own")
    return Keys(told["current"], seal, own)


def new_keys(*others: str) -> str:
    """Return the text of a new file of keys: one to seal with, and one for each of `others`."""
    keys = {"current": "1", "seal": {"1": _new_key()}, **{name: _new_key() for name in others}}
    return json.dumps(keys, indent=1) + "\n"


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
