"""Evaluations kept on disk: what a check derived, and what its findings ask, for the next process to follow.

An entry is of one model's folder and one program. It is a hint about nothing but time: facts are made anew
each time, and only what follows from the very same facts is taken over. An entry that is damaged or does not
fit is none.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Hashable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from numpy.typing import NDArray

from panacea_policy.caches import cache_folder, leave_newest, read_sealed, write_sealed
from panacea_policy.compiler.askings import RuleAskings
from panacea_policy.engine import Compiled, Result, Symbols
from panacea_policy.engine.kept_result import KeptResult, keep_result, restore_result

if TYPE_CHECKING:
    from panacea_policy.compiler.evaluation import Evaluation

_MARK = b"panacea run 1\n"
#: Some megabytes each: one for each model in use.
MOST = 8
#: A run of which so large a part was derived anew is worth keeping in place of the one that it followed.
_SHARE = 0.1


class _Kept(msgspec.Struct, frozen=True, array_like=True):
    """A run. ``symbols``: what the numbers in it stand for, as MessagePack: mostly compared, not read."""

    symbols: bytes
    askings: bytes
    result: KeptResult


class KeptRun:
    """A run that was kept, to be followed (see `Evaluation.follow`)."""

    def __init__(self, kept: _Kept) -> None:
        self._kept = kept

    @property
    def askings(self) -> Mapping[str, RuleAskings]:
        """What its undecided findings asked."""
        try:
            return msgspec.msgpack.decode(self._kept.askings, type=dict[str, RuleAskings])
        except (msgspec.DecodeError, RecursionError):
            return {}

    def result(self, compiled: Compiled, symbols: Symbols) -> Result | None:
        """What it derived, in the numbers of these symbols; None where they stand in another order, which
        the order of rows follows.
        """
        try:
            numbers = None
            if _encoded(symbols) != self._kept.symbols:
                numbers = _numbers(self._kept.symbols, symbols)
                if numbers is None:
                    return None
            return restore_result(self._kept.result, compiled, symbols, numbers)
        except (msgspec.DecodeError, RecursionError, TypeError, LookupError, ValueError):
            return None


class KeptRuns:
    """The runs in one folder. Several processes may use it at once; losing it only costs time."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder if folder is not None else cache_folder() / "runs"

    def get(self, root: Path, program: str) -> KeptRun | None:
        """The last run of a model, by its folder and the digest of its program."""
        name = _name(root, program)
        payload = read_sealed(name, _MARK, self.folder)
        if payload is None:
            return None
        try:
            kept = msgspec.msgpack.decode(payload, type=_Kept)
        except (msgspec.DecodeError, RecursionError):
            return None
        with suppress(OSError):
            os.utime(self.folder / name)
        return KeptRun(kept)

    def put(self, root: Path, program: str, evaluation: Evaluation) -> None:
        """Keep a run whose symbols are those of the program and its facts alone, unless it says little that
        the one it followed does not.
        """
        result = evaluation.widest
        if result is None or not evaluation.plain_symbols or not _is_worth_it(result):
            return
        kept = keep_result(result)
        if kept is not None:
            askings = msgspec.msgpack.encode(evaluation.askings)
            try:
                symbols = _encoded(evaluation.symbols)
            except TypeError:
                return
            payload = msgspec.msgpack.encode(_Kept(symbols, askings, kept))
            if write_sealed(_name(root, program), _MARK, payload, self.folder):
                leave_newest(self.folder, MOST)


def _is_worth_it(result: Result) -> bool:
    differences = result.differences
    return differences is None or len(differences.touched) > _SHARE * len(result.relations)


def _name(root: Path, program: str) -> str:
    return hashlib.sha256(f"{root}\n{program}".encode("utf-8", "surrogateescape")).hexdigest()


def _encoded(symbols: Symbols) -> bytes:
    """What the numbers stand for. Raises TypeError for what no fact speaks of."""
    return msgspec.msgpack.encode(symbols.values(), enc_hook=_text)


def _text(value: object) -> str:
    if isinstance(value, str):  # a reference
        return str(value)
    raise TypeError(f"no fact speaks of a {type(value).__name__}")


def _numbers(kept: bytes, symbols: Symbols) -> NDArray[np.int32] | None:
    """What the numbers of kept symbols are now, -1 for those that are gone; None where the order of others
    changed.
    """
    values = [_value(each) for each in msgspec.msgpack.decode(kept, type=list[object])]
    found = map(symbols.find, values)
    numbers = np.fromiter((-1 if each is None else each for each in found), np.int32, len(values))
    left = numbers[numbers >= 0]
    return numbers if bool(np.all(left[1:] > left[:-1])) else None


def _value(decoded: object) -> Hashable:
    """A symbol's value, which is made of texts, numbers, truth values and tuples."""
    if isinstance(decoded, list):
        return tuple(map(_value, decoded))
    if decoded is None or isinstance(decoded, str | bool | int | float):
        return decoded
    raise ValueError("no value of a symbol")
