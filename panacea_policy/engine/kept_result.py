"""A result as plain data and back: what the next process need not derive again.

Rows are kept column by column, in 32 bits where that is enough. Symbols are kept by number: whoever keeps a
result tells what the numbers meant, and what they mean now.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from panacea_policy.engine.compiled import Compiled
from panacea_policy.engine.frame import Limits
from panacea_policy.engine.relation import Relation
from panacea_policy.engine.result import Result, RuleStats
from panacea_policy.engine.values import Codes, Symbols, Type

#: A result with more cells takes longer to keep and read than it spares.
MOST_CELLS: Final = 8_000_000

_NARROW: Final = np.iinfo(np.int32)
_SYMBOL, _SMALL, _WIDE = 0, 1, 2


class KeptResult(msgspec.Struct, frozen=True, array_like=True):
    """A result. ``relations``: the names of all relations, then of those facts that are held apart from
    what was derived from them. ``sizes``: how many rows each has (int64). ``forms``: of each of their columns
    the block that holds it (int8). ``symbols`` and ``small`` (int32) and ``wide`` (int64): the blocks.
    ``rounds``: see `Result`. ``stats``: positions of rules, rounds and rows (int64).
    """

    relations: tuple[str, ...]
    facts: tuple[str, ...]
    sizes: bytes
    forms: bytes
    symbols: bytes
    small: bytes
    wide: bytes
    rounds: dict[str, tuple[int, ...]]
    stats: tuple[bytes, bytes, bytes]


def keep_result(result: Result) -> KeptResult | None:
    """A result as data; None for one that is too large, or whose relations have changed since."""
    relations = result.relations
    apart = [name for name, held in result.facts.items() if held.count and held is not relations[name]]
    held = [*relations.items(), *((name, result.facts[name]) for name in apart)]
    cells = sum(relation.size * relation.arity for _, relation in held)
    if not result.current or cells > MOST_CELLS or any(each.alive() is not None for _, each in held):
        return None
    blocks: tuple[list[Codes], list[Codes], list[Codes]] = ([], [], [])
    forms: list[int] = []
    for name, relation in held:
        for column, type in zip(relation.columns(), result.compiled.decls[name].types, strict=True):
            form = _form(column, type)
            forms.append(form)
            blocks[form].append(column)
    stats = sorted(result.stats.items())
    return KeptResult(
        tuple(relations),
        tuple(apart),
        _bytes([relation.size for _, relation in held], np.int64),
        _bytes(forms, np.int8),
        _joined(blocks[_SYMBOL], np.int32),
        _joined(blocks[_SMALL], np.int32),
        _joined(blocks[_WIDE], np.int64),
        {name: tuple(map(int, ends)) for name, ends in result.rounds.items()},
        (
            _bytes([position for position, _ in stats], np.int64),
            _bytes([each.rounds for _, each in stats], np.int64),
            _bytes([each.tuples for _, each in stats], np.int64),
        ),
    )


def restore_result(
    kept: KeptResult, compiled: Compiled, symbols: Symbols, numbers: NDArray[np.int32] | None = None
) -> Result:
    """The result again, to be followed. ``numbers``: what the symbols' numbers are now, by what they were,
    negative for one that is gone; None where they are the same.

    Raises KeyError, IndexError or ValueError for data that is no result of the program. What no longer stands
    for anything is in no relation that is as it was: a result with renamed symbols is not for reading.
    """
    rows = _Rows(kept, compiled, numbers, len(symbols))
    relations = _Held(rows, {name: at for at, name in enumerate(kept.relations)})
    first = len(kept.relations)
    apart = _Held(rows, {name: first + at for at, name in enumerate(kept.facts)})
    positions, rounds, tuples = (np.frombuffer(each, np.int64).tolist() for each in kept.stats)
    stats = {
        position: RuleStats(times, new)
        for position, times, new in zip(positions, rounds, tuples, strict=True)
    }
    facts = _Facts(relations, apart, compiled)
    return Result(compiled, symbols, relations, facts, stats, Limits(), kept.rounds)


class _Rows:
    """The columns of kept relations, by number."""

    def __init__(
        self, kept: KeptResult, compiled: Compiled, numbers: NDArray[np.int32] | None, symbols: int
    ) -> None:
        names = (*kept.relations, *kept.facts)
        widths = np.array([len(compiled.decls[name].types) for name in names], np.int64)
        sizes = np.frombuffer(kept.sizes, np.int64)
        forms = np.frombuffer(kept.forms, np.int8)
        if len(sizes) != len(names) or len(forms) != widths.sum() or (len(sizes) and int(sizes.min()) < 0):
            raise ValueError("sizes and columns do not fit the program")
        held = np.frombuffer(kept.symbols, np.int32)
        most = symbols if numbers is None else len(numbers)
        if len(held) and not 0 <= int(held.min()) <= int(held.max()) < most:
            raise ValueError("a number that no symbol has")
        blocks: list[NDArray[np.integer]] = [
            held if numbers is None else numbers[held],
            np.frombuffer(kept.small, np.int32),
            np.frombuffer(kept.wide, np.int64),
        ]
        each = np.repeat(sizes, widths)
        starts = np.zeros(len(forms), np.int64)
        for form, block in enumerate(blocks):
            chosen = forms == form
            ends = np.cumsum(each[chosen])
            if (int(ends[-1]) if len(ends) else 0) != len(block):
                raise ValueError("the columns are not of one length")
            starts[chosen] = ends - each[chosen]
        self._blocks = blocks
        self._sizes: list[int] = sizes.tolist()
        self._widths: list[int] = widths.tolist()
        self._forms: list[int] = forms.tolist()
        self._starts: list[int] = starts.tolist()
        self._first: list[int] = (np.cumsum(widths) - widths).tolist()

    def relation(self, number: int) -> Relation:
        """A relation, by its number."""
        size, width, first = self._sizes[number], self._widths[number], self._first[number]
        made = Relation(width)
        if size:
            columns = [
                self._blocks[self._forms[column]][self._starts[column] : self._starts[column] + size]
                for column in range(first, first + width)
            ]
            made.append([column.astype(np.int64) for column in columns], size, distinct=True)
        return made


class _Held(Mapping[str, Relation]):
    """Kept relations by name, each made when it is looked at."""

    def __init__(self, rows: _Rows, numbers: Mapping[str, int]) -> None:
        self._rows = rows
        self._numbers = numbers
        self._made: dict[str, Relation] = {}

    def __getitem__(self, name: str) -> Relation:
        found = self._made.get(name)
        if found is None:
            found = self._made[name] = self._rows.relation(self._numbers[name])
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._numbers

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)


class _Facts(Mapping[str, Relation]):
    """The facts among kept relations: those that rules derive more of are held apart, where there are any."""

    def __init__(self, relations: _Held, apart: _Held, compiled: Compiled) -> None:
        self._relations = relations
        self._apart = apart
        self._compiled = compiled

    def __getitem__(self, name: str) -> Relation:
        if name in self._apart:
            return self._apart[name]
        if name not in self._compiled.uses:
            return self._relations[name]
        if name not in self._relations:
            raise KeyError(name)
        return Relation(len(self._compiled.decls[name].types))

    def __iter__(self) -> Iterator[str]:
        return iter(self._relations)

    def __len__(self) -> int:
        return len(self._relations)


def _form(column: Codes, type: Type) -> int:
    """The block that holds a column."""
    if type is Type.SYMBOL:
        return _SYMBOL
    if type is Type.FLOAT or not len(column):
        return _WIDE
    fits = int(column.min()) >= _NARROW.min and int(column.max()) <= _NARROW.max
    return _SMALL if fits else _WIDE


def _joined(columns: Sequence[Codes], type: type[np.int32] | type[np.int64]) -> bytes:
    if not columns:
        return b""
    return np.concatenate(columns).astype(type).tobytes()


def _bytes(numbers: Sequence[int], type: type[np.int8] | type[np.int64]) -> bytes:
    return np.array(numbers, type).tobytes()
