"""What a concern report says, sealed at rest with keys that are not in the database (R45)."""

from collections.abc import Mapping
from pathlib import Path
from uuid import UUID

from shared import sealing
from shared.sealing import KeyRing, read_keys
from shared.sealing import KeysRefused as KeysRefused
from shared.sealing import SealBroken as SealBroken
from shared.sealing import with_new_seal as with_new_seal

_USE = b"familiebro/concern/1"


class Seal:
    """Seals words with AES-256-GCM: the current key seals, older ones open what they sealed, so keys can be turned."""

    def __init__(self, current: str, keys: Mapping[str, bytes]) -> None:
        self._ring = KeyRing(_USE, current, keys)

    @classmethod
    def from_file(cls, path: Path) -> "Seal":
        """Return the seal with the keys of a file, as `new_keys` makes it.

        Raises:
            KeysRefused: there is none, it has another form, or a key is weak or used twice.
        """
        keys = read_keys(path)
        return cls(keys.current, keys.seal)

    def seal(self, owner: UUID, what: str, words: bytes) -> bytes:
        """Return the words sealed for that owner (a report, say) and for what they are of it; never twice the same."""
        return self._ring.seal(_bound(owner, what), words)

    def open(self, owner: UUID, what: str, sealed: bytes) -> bytes:
        """Return what was sealed.

        Raises:
            SealBroken: another owner's, another thing of its, changed, or of a key that is gone.
        """
        return self._ring.open(_bound(owner, what), sealed)

    def reseal(self, owner: UUID, what: str, sealed: bytes) -> bytes:
        """Return it sealed with the current key; itself, if it is already.

        Raises:
            SealBroken: see `open`.
        """
        return sealed if self._ring.is_current(sealed) else self.seal(owner, what, self.open(owner, what, sealed))


def new_keys() -> str:
    """Return the text of a new file of keys."""
    return sealing.new_keys()


def _bound(owner: UUID, what: str) -> bytes:
    return owner.bytes + what.encode()
