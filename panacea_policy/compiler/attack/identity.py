"""Stable 64-bit identities of facts and instances, made of names alone.

Each name is hashed once (BLAKE2b, 8 bytes); what is made of names mixes their hashes, many at a time, with
the finalizer of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014). Nothing depends on the order in which
names were met, so the same fact has the same identity in every process and in every model that it occurs
in.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from panacea_policy.engine import Symbols

Words = NDArray[np.uint64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_30, _27, _31 = np.uint64(30), np.uint64(27), np.uint64(31)


def name_key(text: str) -> int:
    """The identity of a name."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")


def mixed(words: Words) -> Words:
    """Each word spread over all bits; one to one."""
    found = words + _GOLDEN
    found ^= found >> _30
    found *= _FIRST
    found ^= found >> _27
    found *= _SECOND
    found ^= found >> _31
    return found


def chained(start: Words, columns: Sequence[Words]) -> Words:
    """The identity of rows: a beginning, then each column in order."""
    found = mixed(start)
    for column in columns:
        found = mixed(found ^ column)
    return found


def told_apart(keys: Words) -> Words:
    """The same identities, but that equal ones are told apart by their occurrence."""
    ordered = np.sort(keys)
    if not (ordered[1:] == ordered[:-1]).any():
        return keys
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    same = np.flatnonzero(ordered[1:] == ordered[:-1]) + 1
    occurrence = np.ones(len(same), np.int64)
    for place in range(1, len(same)):
        if same[place] == same[place - 1] + 1:
            occurrence[place] = occurrence[place - 1] + 1
    found = keys.copy()
    found[order[same]] = mixed(mixed(ordered[same]) + occurrence.astype(np.uint64))
    return found


class SymbolKeys:
    """The identities of the values that the engine's symbols stand for."""

    def __init__(self, symbols: Symbols) -> None:
        self._symbols = symbols
        self._keys = np.zeros(0, np.uint64)
        self._known = np.zeros(0, np.bool_)

    def of(self, ids: NDArray[np.int64]) -> Words:
        """The identity of each symbol. Shape as ``ids``."""
        if len(self._keys) < len(self._symbols):
            more = len(self._symbols) - len(self._keys)
            self._keys = np.concatenate([self._keys, np.zeros(more, np.uint64)])
            self._known = np.concatenate([self._known, np.zeros(more, np.bool_)])
        asked = np.zeros(len(self._keys), np.bool_)
        asked[ids] = True
        new = np.flatnonzero(asked & ~self._known)
        if len(new):
            value = self._symbols.value
            texts = [_text_of(value(each)) for each in new.tolist()]
            digests = b"".join([blake2b(each.encode(), digest_size=8).digest() for each in texts])
            self._keys[new] = np.frombuffer(digests, "<u8")
            self._known[new] = True
        return self._keys[ids]


def _text_of(value: Hashable) -> str:
    """A text for a value that no value of another type has."""
    if isinstance(value, tuple) and len(value) == 1:
        return f"={value[0]}"
    return f"{type(value).__name__} {value!r}"
