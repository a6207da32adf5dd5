"""The Merkle tree against published vectors, a plain definition, and verifiers written from RFC 9162."""

from collections.abc import Sequence
from hashlib import sha256

import pytest

from shared.merkle import EMPTY_ROOT, Edge, consistency_proof, inclusion_proof, leaf_hash, root_of

# The test vectors of Certificate Transparency (google/certificate-transparency, merkletree/merkle_tree_test.cc).
INPUTS = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
LARGEST = 40
LEAVES = [leaf_hash(b"leaf %d" % number) for number in range(130)]


def node(left: bytes, right: bytes) -> bytes:
    """Hash an inner node, here by itself: RFC 9162, 2.1.1."""
    return sha256(b"\x01" + left + right).digest()


def plain_root(leaves: Sequence[bytes]) -> bytes:
    """Give the root as RFC 9162, 2.1.1 defines it, with no thought of speed."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    half = max(2**power for power in range(8) if 2**power < len(leaves))
    return node(plain_root(leaves[:half]), plain_root(leaves[half:]))


def included(index: int, size: int, leaf: bytes, path: Sequence[bytes], root: bytes) -> bool:
    """Verify an inclusion proof, step by step as RFC 9162, 2.1.3.2."""
    if index >= size:
        return False
    fn, sn, r = index, size - 1, leaf
    for p in path:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            r = node(p, r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node(r, p)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and r == root


def grew(first: int, second: int, first_root: bytes, second_root: bytes, path: Sequence[bytes]) -> bool:
    """Verify a consistency proof, step by step as RFC 9162, 2.1.4.2."""
    if first == second:
        return not path and first_root == second_root
    if not path:
        return False
    steps = [first_root, *path] if first & (first - 1) == 0 else list(path)
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = steps[0]
    for c in steps[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node(c, fr), node(c, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node(sr, c)
        fn, sn = fn >> 1, sn >> 1
    return fr == first_root and sr == second_root and sn == 0


@pytest.mark.parametrize("size", range(1, 9))
def test_the_root_is_the_published_one(size: int) -> None:
    assert root_of([leaf_hash(content) for content in INPUTS[:size]]).hex() == ROOTS[size - 1]


def test_the_root_of_nothing_is_the_hash_of_nothing() -> None:
    assert root_of([]).hex() == EMPTY_ROOT.hex() == EMPTY


def test_an_edge_gives_the_root_of_the_plain_definition_at_every_size() -> None:
    edge = Edge()
    for size, leaf in enumerate(LEAVES):
        assert edge.root() == plain_root(LEAVES[:size])
        edge.append(leaf)
    assert edge.root() == plain_root(LEAVES)


def test_an_edge_taken_up_again_goes_on_as_if_it_had_never_stopped() -> None:
    for stop in range(len(LEAVES)):
        whole = Edge()
        for leaf in LEAVES[:stop]:
            whole.append(leaf)
        resumed = Edge(whole.size, tuple(whole.hashes))
        for leaf in LEAVES[stop : stop + 9]:
            whole.append(leaf)
            resumed.append(leaf)
        assert (resumed.size, resumed.hashes, resumed.root()) == (whole.size, whole.hashes, whole.root())


@pytest.mark.parametrize(("size", "hashes"), [(1, 0), (3, 1), (4, 2), (0, 1)])
def test_an_edge_that_cannot_be_is_refused(size: int, hashes: int) -> None:
    with pytest.raises(ValueError, match="full subtrees"):
        Edge(size, LEAVES[:hashes])


def test_every_inclusion_proof_verifies_and_proves_only_its_own_leaf() -> None:
    for size in range(1, LARGEST + 1):
        leaves = LEAVES[:size]
        root = plain_root(leaves)
        for index in range(size):
            path = inclusion_proof(leaves, index)
            assert included(index, size, leaves[index], path, root)
            assert not included(index, size, LEAVES[LARGEST + 1], path, root)
            assert not included(index, size, leaves[index], [*path, root], root)
            for other in range(size):
                assert other == index or not included(other, size, leaves[index], path, root)


def test_every_consistency_proof_verifies_and_proves_only_its_own_growth() -> None:
    for size in range(1, LARGEST + 1):
        leaves = LEAVES[:size]
        root = plain_root(leaves)
        for earlier in range(1, size + 1):
            path = consistency_proof(leaves, earlier)
            earlier_root = plain_root(leaves[:earlier])
            assert grew(earlier, size, earlier_root, root, path)
            forged = plain_root([*leaves[: earlier - 1], LEAVES[LARGEST + 1]])
            assert not grew(earlier, size, forged, root, path)


@pytest.mark.parametrize("index", [-1, 3])
def test_a_leaf_that_is_not_there_has_no_inclusion_proof(index: int) -> None:
    with pytest.raises(IndexError):
        inclusion_proof(LEAVES[:3], index)


@pytest.mark.parametrize("earlier", [0, -1, 4])
def test_a_tree_that_never_was_has_no_consistency_proof(earlier: int) -> None:
    with pytest.raises(IndexError):
        consistency_proof(LEAVES[:3], earlier)
