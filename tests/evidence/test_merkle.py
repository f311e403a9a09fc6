"""Merkle trees against the definition of RFC 6962, written down as it stands there."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panacea_policy.evidence.merkle import (
    EMPTY,
    Tree,
    consistent,
    grown,
    included,
    leaf_hash,
    node_hash,
    root_of,
)

LEAVES = [leaf_hash(bytes([n])) for n in range(80)]


def split(n: int) -> int:
    k = 1
    while 2 * k < n:
        k *= 2
    return k


def mth(leaves: Sequence[bytes]) -> bytes:
    """MTH(D[n]) of section 2.1."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return node_hash(mth(leaves[:k]), mth(leaves[k:]))


def path(m: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH(m, D[n]) of section 2.1.1."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return [*path(m, leaves[:k]), mth(leaves[k:])]
    return [*path(m - k, leaves[k:]), mth(leaves[:k])]


def subproof(m: int, leaves: Sequence[bytes], whole: bool) -> list[bytes]:
    """SUBPROOF(m, D[n], b) of section 2.1.2."""
    n = len(leaves)
    if m == n:
        return [] if whole else [mth(leaves)]
    k = split(n)
    if m <= k:
        return [*subproof(m, leaves[:k], whole), mth(leaves[k:])]
    return [*subproof(m - k, leaves[k:], False), mth(leaves[:k])]


def test_the_empty_tree_and_the_published_root_of_one_empty_leaf() -> None:
    assert Tree().root() == EMPTY
    # The first test vector of Certificate Transparency's reference implementation.
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"


@pytest.mark.parametrize("size", range(1, 71))
def test_roots_and_every_proof_are_those_of_the_definition(size: int) -> None:
    tree = Tree(LEAVES)
    root = mth(LEAVES[:size])
    assert tree.root(size) == root
    for index in range(size):
        proof = tree.inclusion(index, size)
        assert proof == path(index, LEAVES[:size])
        assert included(LEAVES[index], index, size, proof, root)
    for first in range(1, size + 1):
        proof = tree.consistency(first, size)
        assert proof == subproof(first, LEAVES[:size], True)
        assert consistent(first, size, proof, mth(LEAVES[:first]), root)


def test_peaks_grow_into_the_same_root() -> None:
    peaks: list[bytes] = []
    for size, leaf in enumerate(LEAVES):
        peaks = grown(peaks, size, leaf)
        assert root_of(peaks) == mth(LEAVES[: size + 1])


@given(st.data())
def test_a_proof_with_anything_changed_is_refused(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 70))
    index = data.draw(st.integers(0, size - 1))
    tree, root = Tree(LEAVES), mth(LEAVES[:size])
    proof = tree.inclusion(index, size)
    flipped = data.draw(st.integers(0, len(proof) - 1))
    altered = [*proof]
    altered[flipped] = hashlib.sha256(altered[flipped]).digest()
    assert not included(LEAVES[index], index, size, altered, root)
    assert not included(LEAVES[index], index, size, proof[:-1], root)
    assert not included(LEAVES[index], index, size, [*proof, root], root)
    assert not included(hashlib.sha256(LEAVES[index]).digest(), index, size, proof, root)
    assert not included(LEAVES[index], size, size, proof, root)
    other = data.draw(st.integers(0, size - 1).filter(lambda n: n != index))
    assert not included(LEAVES[index], other, size, proof, root)


@given(st.data())
def test_a_tree_that_did_not_grow_from_another_is_refused(data: st.DataObject) -> None:
    second = data.draw(st.integers(2, 70))
    first = data.draw(st.integers(1, second - 1))
    proof = Tree(LEAVES).consistency(first, second)
    before, after = mth(LEAVES[:first]), mth(LEAVES[:second])
    forged = [leaf_hash(b"forged"), *LEAVES[1:]]
    assert not consistent(first, second, proof, mth(forged[:first]), after)
    assert not consistent(first, second, proof, before, mth(forged[:second]))
    assert not consistent(first, second, proof[:-1], before, after)
    assert not consistent(first, second, [*proof, after], before, after)
    assert not consistent(second, first, proof, after, before)
    assert not consistent(0, second, proof, EMPTY, after)


def test_no_proof_for_what_is_not_there() -> None:
    tree = Tree(LEAVES[:5])
    with pytest.raises(ValueError, match="no leaf 5"):
        tree.inclusion(5)
    with pytest.raises(ValueError, match="no beginning"):
        tree.consistency(6, 5)
