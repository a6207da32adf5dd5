"""Identifiers at rest: sealed, and found by a keyed hash, with keys that are not in the database (R45)."""

import hmac
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from services.consent.domain.identifiers import Identifier, IdentifierKind, Issuer
from shared import sealing
from shared.sealing import KEY_BYTES as KEY_BYTES
from shared.sealing import KeyRing, read_keys
from shared.sealing import KeysRefused as KeysRefused
from shared.sealing import SealBroken as SealBroken
from shared.sealing import with_new_seal as with_new_seal

# What a key is used for stands in front of what it is used on, so that no use can stand in for another.
_SEALING, _LOOKING_UP, _DIGESTING = b"familiebro/identifier/1", b"familiebro/lookup/1\0", b"familiebro/digest/1\0"
_SEALING_WORDS = b"familiebro/section11e/1"


class Vault:
    """Seals identifiers with AES-256-GCM and finds them by HMAC-SHA256.

    The newest key seals, older ones open what they sealed: so keys can be turned. `seal` maps key id -> 32 bytes.
    """

    def __init__(self, current: str, seal: Mapping[str, bytes], lookup: bytes) -> None:
        self._ring = KeyRing(_SEALING, current, seal)
        self._words = KeyRing(_SEALING_WORDS, current, seal)
        self._lookup = lookup

    @classmethod
    def from_file(cls, path: Path) -> "Vault":
        """Return the vault with the keys of a file, as `new_keys` makes it.

        Raises:
            KeysRefused: there is none, it has another form, or a key is weak or used twice.
        """
        keys = read_keys(path, "lookup")
        return cls(keys.current, keys.seal, keys.others["lookup"])

    def seal(self, person: UUID, identifier: Identifier) -> bytes:
        """Return the identifier sealed for that person: key id, nonce, ciphertext and tag; never twice the same."""
        plain = f"{identifier.issuer or ''}\0{identifier.reveal()}".encode()
        return self._ring.seal(_bound(person, identifier.kind), plain)

    def open(self, person: UUID, kind: IdentifierKind, sealed: bytes) -> Identifier:
        """Return what was sealed for that person as that kind.

        Raises:
            SealBroken: another's, another kind's, changed, or of a key that is gone.
        """
        plain = self._ring.open(_bound(person, kind), sealed)
        issuer, _, value = plain.decode().partition("\0")
        return Identifier(kind, value, Issuer(issuer) if issuer else None)

    def seal_words(self, meeting: UUID, words: str) -> bytes:
        """Return what was brought to a meeting, sealed for that meeting (R12)."""
        return self._words.seal(meeting.bytes, words.encode())

    def open_words(self, meeting: UUID, sealed: bytes) -> str:
        """Return what was sealed for that meeting.

        Raises:
            SealBroken: another's, changed, or of a key that is gone.
        """
        return self._words.open(meeting.bytes, sealed).decode()

    def is_current(self, sealed: bytes) -> bool:
        """Say whether the newest key sealed it."""
        return self._ring.is_current(sealed)

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
    return sealing.new_keys("lookup")


def _bound(person: UUID, kind: IdentifierKind) -> bytes:
    return person.bytes + kind.encode()
