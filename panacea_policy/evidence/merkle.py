"""Merkle trees (RFC 6962, section 2.1): roots, proofs of inclusion, and that one tree grew from another."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

EMPTY = hashlib.sha256(b"").digest()

#: The hash of the complete subtree ``(level, index)``: leaves ``index << level`` to ``(index + 1) << level``.
Node = Callable[[int, int], bytes]


def leaf_hash(entry: bytes) -> bytes:
    """The hash of an entry as a leaf."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees side by side."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def grown(peaks: Sequence[bytes], size: int, leaf: bytes) -> list[bytes]:
    """The peaks of a tree of ``size`` leaves after one more: the roots of its complete subtrees, largest
    first.
    """
    found, node = list(peaks), leaf
    while size & 1:
        node = node_hash(found.pop(), node)
        size >>= 1
    return [*found, node]


def root_of(peaks: Sequence[bytes]) -> bytes:
    """The root of a tree from the roots of its complete subtrees."""
    if not peaks:
        return EMPTY
    *rest, root = peaks
    for peak in reversed(rest):
        root = node_hash(peak, root)
    return root


class Tree:
    """A tree in memory, level by level. Appending is O(1) on average, a proof is O(log n)."""

    def __init__(self, leaves: Sequence[bytes] = ()) -> None:
        self._levels: list[list[bytes]] = [[]]
        for leaf in leaves:
            self.append(leaf)

    def __len__(self) -> int:
        return len(self._levels[0])

    def append(self, leaf: bytes) -> None:
        """Add the hash of a leaf."""
        level = 0
        self._levels[0].append(leaf)
        while len(self._levels[level]) % 2 == 0:
            left, right = self._levels[level][-2:]
            level += 1
            if level == len(self._levels):
                self._levels.append([])
            self._levels[level].append(node_hash(left, right))

    def node(self, level: int, index: int) -> bytes:
        """The hash of a complete subtree."""
        return self._levels[level][index]

    def root(self, size: int | None = None) -> bytes:
        """The root when the tree had ``size`` leaves; now, if None."""
        size = len(self) if size is None else size
        return root_of([self.node(level, index) for level, index in complete(0, size)])

    def inclusion(self, index: int, size: int | None = None) -> list[bytes]:
        """See `inclusion`."""
        return inclusion(index, len(self) if size is None else size, self.node)

    def consistency(self, first: int, second: int | None = None) -> list[bytes]:
        """See `consistency`."""
        return consistency(first, len(self) if second is None else second, self.node)


def complete(first: int, last: int) -> list[tuple[int, int]]:
    """The complete subtrees that make up the leaves from ``first`` to ``last``, left to right.

    ``first`` is a multiple of the largest power of two not above ``last - first``, as in every subtree that
    RFC 6962 speaks of.
    """
    found = []
    while first < last:
        level = (last - first).bit_length() - 1
        found.append((level, first >> level))
        first += 1 << level
    return found


def _subtree(first: int, last: int, node: Node) -> bytes:
    return root_of([node(level, index) for level, index in complete(first, last)])


def inclusion(index: int, size: int, node: Node) -> list[bytes]:
    """The proof that leaf ``index`` is in the tree of ``size`` leaves (section 2.1.1), from the leaf upwards.

    Raises ValueError for a leaf beyond the tree.
    """
    if not 0 <= index < size:
        raise ValueError(f"there is no leaf {index} in a tree of {size}")
    path: list[bytes] = []
    first, last = 0, size
    while last - first > 1:
        middle = first + _split(last - first)
        if index < middle:
            path.append(_subtree(middle, last, node))
            last = middle
        else:
            path.append(_subtree(first, middle, node))
            first = middle
    return path[::-1]


def consistency(first: int, second: int, node: Node) -> list[bytes]:
    """The proof that the tree of ``first`` leaves is the beginning of that of ``second`` (section 2.1.2).

    Raises ValueError where ``first`` is none, or beyond ``second``.
    """
    if not 0 < first <= second:
        raise ValueError(f"a tree of {first} leaves is no beginning of one of {second}")
    return _consistent(first, 0, second, True, node)


def _consistent(size: int, first: int, last: int, whole: bool, node: Node) -> list[bytes]:
    if size == last - first:
        return [] if whole else [_subtree(first, last, node)]
    middle = _split(last - first)
    if size <= middle:
        return [
            *_consistent(size, first, first + middle, whole, node),
            _subtree(first + middle, last, node),
        ]
    return [
        *_consistent(size - middle, first + middle, last, False, node),
        _subtree(first, first + middle, node),
    ]


def _split(count: int) -> int:
    """The largest power of two below ``count``."""
    return 1 << ((count - 1).bit_length() - 1)


def included(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether a proof shows the leaf at ``index`` of the tree with that root (RFC 9162, section 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    found, position, last = leaf, index, size - 1
    for each in path:
        if last == 0:
            return False
        if position & 1 or position == last:
            found = node_hash(each, found)
            while position and not position & 1:
                position, last = position >> 1, last >> 1
        else:
            found = node_hash(found, each)
        position, last = position >> 1, last >> 1
    return last == 0 and found == root


def consistent(first: int, second: int, path: Sequence[bytes], before: bytes, after: bytes) -> bool:
    """Whether a proof shows the one tree to be the beginning of the other (RFC 9162, section 2.1.4.2)."""
    if first == second:
        return not path and before == after
    if not 0 < first < second or not path:
        return False
    hashes = [before, *path] if first & (first - 1) == 0 else list(path)
    position, last = first - 1, second - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    old = new = hashes[0]
    for each in hashes[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            old, new = node_hash(each, old), node_hash(each, new)
            while position and not position & 1:
                position, last = position >> 1, last >> 1
        else:
            new = node_hash(new, each)
        position, last = position >> 1, last >> 1
    return last == 0 and old == before and new == after
