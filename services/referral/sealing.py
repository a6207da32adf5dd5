"""What a webhook is signed with and where it goes, sealed at rest with keys that are not in the database (R45)."""

import secrets
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
_FEWEST_VALUES = 16  # of 32 random bytes, 16 values or fewer come up once in some hundred million million keys
_NONCE_BYTES = 12
_USE = b"familiebro/webhook/1"


class KeysRefused(Exception):
    """The file of keys is missing or weak; says where and what, never a key."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path}: {why}")


class SealBroken(Exception):
    """It is not what was sealed for that webhook and use, or the key is gone."""


class Seal:
    """Seals with AES-256-GCM: the first key seals, each opens what it sealed, so that keys can be turned."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = [AESGCM(key) for key in keys]

    @classmethod
    def from_file(cls, path: Path) -> "Seal":
        """Return the seal with the keys of a file: 32 random bytes in base64, one key a line, the newest first.

        Raises:
            KeysRefused: there is none, or a line is no such key.
        """
        try:
            keys = [b64decode(line, validate=True) for line in path.read_text().split()]
        except (OSError, NotBase64, ValueError):
            raise KeysRefused(path, "cannot be read") from None
        if not keys or any(len(key) != KEY_BYTES or len(set(key)) <= _FEWEST_VALUES for key in keys):
            raise KeysRefused(path, f"must hold keys of {KEY_BYTES} random bytes in base64, one a line")
        return cls(keys)

    def seal(self, webhook: UUID, use: str, plain: bytes) -> bytes:
        """Return it sealed for that webhook and use: nonce, ciphertext and tag; never twice the same."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._keys[0].encrypt(nonce, plain, _bound(webhook, use))

    def open(self, webhook: UUID, use: str, sealed: bytes) -> bytes:
        """Return what was sealed.

        Raises:
            SealBroken: another's, another use's, changed, or its key is gone.
        """
        for key in self._keys:
            try:
                return key.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _bound(webhook, use))
            except (InvalidTag, ValueError):  # ValueError: shorter than a nonce
                continue
        raise SealBroken


def new_keys() -> str:
    """Return the text of a new file of keys."""
    return b64encode(secrets.token_bytes(KEY_BYTES)).decode() + "\n"


def with_new_key(text: str) -> str:
    """Return a file of keys with one more, which seals from now on; the others still open."""
    return new_keys() + text


def _bound(webhook: UUID, use: str) -> bytes:
    return _USE + webhook.bytes + use.encode()
