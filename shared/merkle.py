"""RFC 6962 / RFC 9162 Merkle trees: leaf and node hashes, a growing right edge, proofs.

The edge ("compact range") holds the roots of the full subtrees that cover the leaves so far, largest
first: enough to append and to name the root without reading the leaves again.
"""

from collections.abc import Sequence
from hashlib import sha256

EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(content: bytes) -> bytes:
    """Return the hash of a leaf (RFC 9162, 2.1.1)."""
    return sha256(b"\x00" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node (RFC 9162, 2.1.1)."""
    return sha256(b"\x01" + left + right).digest()


class Edge:
    """The right edge of a tree of `size` leaves: appends, and names the root."""

    def __init__(self, size: int = 0, hashes: Sequence[bytes] = ()) -> None:
        if size.bit_count() != len(hashes):
            msg = f"a tree of {size} leaves has {size.bit_count()} full subtrees, not {len(hashes)}"
            raise ValueError(msg)
        self.size = size
        self.hashes = list(hashes)

    def append(self, leaf: bytes) -> None:
        """Add the hash of one more leaf."""
        joined, size = leaf, self.size
        while size & 1:
            joined = node_hash(self.hashes.pop(), joined)
            size >>= 1
        self.hashes.append(joined)
        self.size += 1

    def root(self) -> bytes:
        """Return the tree's root hash."""
        if not self.hashes:
            return EMPTY_ROOT
        joined = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            joined = node_hash(left, joined)
        return joined


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Return the root over leaf hashes."""
    edge = Edge()
    for leaf in leaves:
        edge.append(leaf)
    return edge.root()


def _split(count: int) -> int:
    return 1 << ((count - 1).bit_length() - 1)


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Return the path that proves leaf `index` is in the tree over `leaves` (RFC 9162, 2.1.3.1)."""
    if not 0 <= index < len(leaves):
        raise IndexError(index)
    if len(leaves) == 1:
        return []
    half = _split(len(leaves))
    if index < half:
        return [*inclusion_proof(leaves[:half], index), root_of(leaves[half:])]
    return [*inclusion_proof(leaves[half:], index - half), root_of(leaves[:half])]


def consistency_proof(leaves: Sequence[bytes], earlier: int) -> list[bytes]:
    """Return the proof that the tree over the first `earlier` leaves grew into this one (RFC 9162, 2.1.4.1)."""
    if not 0 < earlier <= len(leaves):
        raise IndexError(earlier)
    return _subproof(leaves, earlier, whole=True)


def _subproof(leaves: Sequence[bytes], earlier: int, *, whole: bool) -> list[bytes]:
    if earlier == len(leaves):
        return [] if whole else [root_of(leaves)]
    half = _split(len(leaves))
    if earlier <= half:
        return [*_subproof(leaves[:half], earlier, whole=whole), root_of(leaves[half:])]
    return [*_subproof(leaves[half:], earlier - half, whole=False), root_of(leaves[:half])]
